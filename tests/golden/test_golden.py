"""Bad invocations and payloads, one case a row of cases/*.json: arguments and standard input, and the wanted standard
output, standard error and exit code. Whatever happens, nothing that is stored may change.

A case is {"name", "args", "stdin", "stdout", "stderr", "exit"}. `stdin` is text, {"hex": "..."} for bytes,
{"repeat": ["text", times], "before": "", "after": ""} for bulk, or null for a closed descriptor. "close": ["stdout"] closes
another one, "full": true connects standard output to /dev/full. @ stands for the program's name.

KEYBERTH_REWRITE=1 in the environment writes what the pass helper answers now into the files; read the diff before you
commit it."""
import hashlib
import json
import os
import re
from pathlib import Path

from keyctl_world import KeyctlWorld
from pass_world import PassWorld
from sandbox import BIN, SandboxCase, main
from secretservice_world import SecretServiceWorld

FILES = sorted((Path(__file__).parent / "cases").glob("*.json"))
REWRITE = os.environ.get("KEYBERTH_REWRITE") == "1"
KEPT = {"ServerURL": "kept.example", "Username": "keeper", "Secret": "kept secret"}


def stdin_bytes(case):
    stdin = case.get("stdin", "")
    if isinstance(stdin, str):
        return stdin.encode()
    if "hex" in stdin:
        return bytes.fromhex(stdin["hex"])
    text, times = stdin["repeat"]
    return (stdin.get("before", "") + text * times + stdin.get("after", "")).encode()


def run_case(world, program, case):
    """Runs the helper as the case says, through a file for standard input so that closed descriptors can be had."""
    argv = [str(BIN / program), *case["args"]]
    closed = list(case.get("close", []))
    redirections = "".join(f" {number}>&-" for number, name in ((0, "stdin"), (1, "stdout"), (2, "stderr"))
                           if name in closed)
    if case.get("full"):
        redirections += " >/dev/full"
    if redirections:
        argv = ["sh", "-c", f'exec "$@"{redirections}', "sh", *argv]
    return world.run(*argv, input=b"" if "stdin" in closed else stdin_bytes(case))


def answer(program, done):
    return {"stdout": done.out.replace(program, "@"), "stderr": done.err.replace(program, "@"), "exit": done.code}


class Goldens(SandboxCase):
    """The base of one class for each helper. A wanted answer is the same for all of them."""
    program = None

    def setUp(self):
        super().setUp()
        self.assertEqual(0, self.helper("store", json.dumps(KEPT)).code)

    def helper(self, action, stdin=""):
        return self.world.run(BIN / self.program, action, input=stdin)

    def check(self, case):
        before = self.snapshot()
        done = run_case(self.world, self.program, case)
        got = answer(self.program, done)
        wanted = {key: case[key] for key in ("stdout", "stderr", "exit")}
        self.assertEqual(wanted, got, case["name"])
        self.assertEqual(before, self.snapshot(), f"{case['name']}: what was stored has changed")

    def test_help_behind_a_command_is_about_that_command(self):
        commands = re.findall(r"^  (\w+)(.*)\n {12}(.+)", self.helper("--help").out.split("Commands")[1], re.M)
        self.assertLessEqual({"configure", "migrate", "doctor"}, {name for name, _, _ in commands})
        before = self.snapshot()
        for name, synopsis, summary in commands:
            for arguments in (["--help"], ["-h"], ["registry.example", "--help"]):
                with self.subTest(name, arguments=arguments):
                    done = self.world.run(BIN / self.program, name, *arguments)
                    self.assertEqual((0, ""), (done.code, done.err))
                    self.assertTrue(done.out.startswith(f"Usage: {self.program} {name}{synopsis.removesuffix('...')}"), done.out)
                    self.assertIn(f"\n{summary}\n", done.out)
                    self.assertNotIn("URL] [--client-id ID] ...", done.out)
        self.assertEqual(before, self.snapshot())

    def snapshot(self):
        kept = json.loads(self.helper("get", KEPT["ServerURL"]).out)
        return kept, self.helper("list").out


class PassGolden(Goldens):
    program = "docker-credential-pass"

    def make_world(self):
        return PassWorld()

    def snapshot(self):
        digest = hashlib.sha256()
        for path in sorted(self.world.store.rglob("*")):
            digest.update(f"{path} {path.stat().st_mode} ".encode())
            digest.update(path.read_bytes() if path.is_file() else b"")
        return digest.hexdigest()

    def test_every_cut_of_a_good_payload_is_refused(self):
        good = json.dumps({"ServerURL": "kept.example", "Username": "other", "Secret": "new secret"})
        before = self.snapshot()
        for size in range(len(good)):
            done = self.helper("store", good[:size])
            wanted = "standard input is empty\n" if size == 0 else "the JSON on standard input is cut short\n"
            self.assertEqual((1, wanted), (done.code, done.out), f"after {size} bytes")
            self.assertIn(wanted.strip(), done.err)
        self.assertEqual(before, self.snapshot())

    def test_no_two_mistakes_share_a_sentence(self):
        """Each row has a "mistake" that it stands for; rows may share one, but two of them never share a message."""
        mistakes = {}
        for path in FILES:
            for case in json.loads(path.read_text()):
                if case["exit"] != 0 and not case.get("close"):
                    mistakes.setdefault(case["stdout"].split(" (at byte")[0], set()).add(case.get("mistake", case["name"]))
        self.assertGreaterEqual(len(mistakes), 20)
        for message, names in mistakes.items():
            self.assertEqual(1, len(names), f"{message!r} stands for several mistakes: {names}")

    def test_there_are_at_least_sixty_cases(self):
        self.assertGreaterEqual(sum(len(json.loads(path.read_text())) for path in FILES), 60)


class SecretServiceGolden(Goldens):
    program = "docker-credential-secretservice"

    def make_world(self):
        return SecretServiceWorld()

    def test_answers_every_case_alike(self):
        for path in FILES:
            for case in json.loads(path.read_text()):
                with self.subTest(case["name"]):
                    self.check(case)


class KeyctlGolden(Goldens):
    program = "docker-credential-keyctl"

    def make_world(self):
        return KeyctlWorld()

    def test_answers_every_case_alike(self):
        for path in FILES:
            for case in json.loads(path.read_text()):
                with self.subTest(case["name"]):
                    self.check(case)


class OauthGolden(Goldens):
    """Without rules, so that everything goes on to another helper: bad input does not get that far."""
    program = "docker-credential-oauth"

    def make_world(self):
        world = KeyctlWorld()
        config = world.root / "config/docker-credential-oauth/config.json"
        config.parent.mkdir()
        config.write_text('{"vault": "keyctl"}')
        return world

    def test_answers_every_case_alike(self):
        for path in FILES:
            for case in json.loads(path.read_text()):
                with self.subTest(case["name"]):
                    self.check(case)


def add_case(path, case):
    setattr(PassGolden, f"test_{path.stem}_{case['name'].replace(' ', '_')}", lambda self: self.check(case))


for file in FILES:
    for row in json.loads(file.read_text()):
        add_case(file, row)
del Goldens


def rewrite():
    world = PassWorld()
    try:
        world.run(BIN / PassGolden.program, "store", input=json.dumps(KEPT))
        for path in FILES:
            cases = json.loads(path.read_text())
            for case in cases:
                case.update(answer(PassGolden.program, run_case(world, PassGolden.program, case)))
            rows = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in cases)
            path.write_text(f"[\n{rows}\n]\n")
    finally:
        world.close()


if __name__ == "__main__":
    if REWRITE:
        rewrite()
    else:
        main()
