"""docs/trouble.md: nothing on it goes without a case that vouches for it, see trouble.py. The cases of doctor are where
doctor is tested; here are those for the words of Docker and of other clients, with the older helpers and with ours."""
import ast
import json
import shutil
import unittest
from pathlib import Path

from docker_world import DockerMixin
from pass_world import PASSPHRASE, PassCase, PassWorld
from sandbox import SandboxCase, main
from trouble import reads, sections

TESTS = Path(__file__).resolve().parents[1]
OLDER = {"PATH": "/usr/local/bin:/usr/bin:/bin"}  # Debian's golang-docker-credential-helpers, and none of ours
HUB = "https://index.docker.io/v1/"


def claims():
    """(function, section, words) of every call in the tests that vouches for something."""
    for path in TESTS.glob("*/test_*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            values = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
            if name in ("trouble", "reads", "older", "older_reads", "log_in") and len(values) > 1 and isinstance(values[0], int):
                for words in values[1:] if name in ("reads", "log_in") else values[1:2]:
                    yield name, values[0], words


class Page(unittest.TestCase):
    def test_sections(self):
        self.assertEqual(list(sections()), list(range(1, 19)))
        for number, section in sections().items():
            self.assertTrue(section.checks or section.lines, number)
            if section.reported:
                self.assertRegex(section.text, "[Rr]eported|is reported", number)

    def test_every_word_is_vouched_for(self):
        left = {number: (list(section.checks), list(section.lines)) for number, section in sections().items()}
        for name, number, words in claims():
            section = sections()[number]
            found, kind = (section.check(words), 0) if name == "trouble" else (section.line(words), 1)
            if found in left[number][kind]:
                left[number][kind].remove(found)
        self.assertEqual({number: rest for number, rest in left.items() if any(rest)}, {}, "no case vouches for these")


class DockerWorld(DockerMixin, PassWorld):
    """In the words of the docker command that comes first in PATH, whichever helpers are asked."""


class WordsCase(SandboxCase):
    options = {}

    def make_world(self):
        return DockerWorld(**self.options)

    def setUp(self):
        super().setUp()
        if not Path("/usr/bin/docker-credential-pass").exists():
            self.skipTest("golang-docker-credential-helpers is not installed")
        self.world.start_registry()


class Login(WordsCase):
    def log_in(self, number, *words, helper=None, **options):
        self.world.configure(**{"credsStore": helper} if helper else {"auths": {"other.example": {}}})
        done = self.world.log_in(**options)
        reads(self, number, words[0], done, *words[1:])

    def test_older_helpers(self):
        self.log_in(1, "Error saving credentials", helper="secretservice", env=OLDER)
        shutil.rmtree(self.world.store)
        self.log_in(2, "Error saving credentials", helper="pass", env=OLDER)

    def test_helper_that_is_gone(self):
        self.log_in(5, 'exec: "docker-credential-desktop":', "err: docker-credential-desktop resolves", helper="desktop")
        self.log_in(5, 'exec: "docker-credential-desktop.exe":', "err: docker-credential-desktop.exe resolves",
                    helper="desktop.exe")
        program = self.world.add_program("docker-credential-desktop.exe", "")
        program.write_bytes(b"MZ\x90 not for Linux")
        self.log_in(5, "exec format error", helper="desktop.exe")

    def test_no_helper(self):
        self.log_in(6, "WARNING! Your credentials", "WARNING! Your password")

    def test_ours(self):
        shutil.rmtree(self.world.store)
        self.world.configure(credsStore="pass")
        done = self.world.log_in()
        reads(self, 15, "docker-credential-pass: ", done)
        reads(self, 15, "  set it up", done)
        reads(self, 15, "  or with a key", done)
        reads(self, 15, "Error saving credentials", done)

    def test_nameless_error(self):
        reads(self, 15, "Error from list function", self.world.run("docker-credential-secretservice", "list", env=OLDER))


class Logout(WordsCase):
    def log_out(self, **options):
        self.world.configure(credsStore="pass", auths={HUB: {}})
        return self.world.docker("logout", **options)

    def test_of_what_is_not_there(self):
        done = self.log_out(env=OLDER)
        reads(self, 9, "WARNING: could not erase", done)
        reads(self, 9, "https://index.docker.io/v1/: error erasing", done)
        done = self.log_out()
        reads(self, 9, "Removing login", done)
        self.assertEqual((done.code, done.err), (0, ""), done)


class Names(PassCase):
    def test_hub_of_docker_and_of_skopeo(self):
        self.world.run("docker-credential-pass", "store",
                       input=json.dumps({"ServerURL": HUB, "Username": "alice", "Secret": "x"}))
        auth = self.world.root / "auth.json"
        auth.write_text('{"credHelpers": {"docker.io": "pass"}}')
        command = ("skopeo", "login", "--authfile", auth, "--get-login", "docker.io")
        reads(self, 11, "level=fatal", self.world.run(*command, env=OLDER))
        reads(self, 11, "alice", self.world.run(*command))


class Locked(WordsCase):
    options = {"passphrase": PASSPHRASE, "pinentry": "/usr/bin/pinentry-curses"}

    def test_pull_without_a_login(self):
        self.world.start_engine()
        self.world.configure(credsStore="pass")
        self.assertIn("Login Succeeded", self.world.log_in(env=OLDER).out)
        image = f"{self.world.registry}/team/app"
        reads(self, 3, "Error response from daemon", self.world.docker("pull", image, env=OLDER))
        reads(self, 3, "docker-credential-pass: the GPG key", self.world.docker("pull", image))


if __name__ == "__main__":
    main()
