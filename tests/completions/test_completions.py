"""What the shells offer behind TAB is what the programs understand: no command or option is left out, none is made up."""
import json
import re
from pathlib import Path

from interactive_shells import SHELLS
from sandbox import BIN, SandboxCase, main
from usage import Usage, options_in

ROOT = Path(__file__).resolve().parents[2]
BUILD = BIN.parent
HELPERS = ("keyctl", "oauth", "pass", "secretservice")


class Completions:
    """The cases, for each shell."""
    shell = None

    def setUp(self):
        super().setUp()
        prefix = self.world.root / "installed"
        done = self.world.run("cmake", "--install", BUILD, "--prefix", prefix)
        self.assertEqual(0, done.code, done)
        self.prefix = prefix
        self.shell = SHELLS[type(self).__name__.lower()](self.world, prefix)
        self.addCleanup(self.shell.close)

    def set_docker_config(self, text):
        (Path(self.world.env["DOCKER_CONFIG"]) / "config.json").write_text(text)

    def set_logins(self, **registries):
        folder = Path(self.world.env["XDG_STATE_HOME"]) / "docker-credential-oauth"
        folder.mkdir()
        (folder / "sessions.json").write_text(json.dumps({"version": 1, "registries": registries}))

    def offered(self, line):
        return self.shell.offered(f"docker-credential-{line}")

    def test_every_command_and_option(self):
        for helper in HELPERS:
            usage = Usage(f"docker-credential-{helper}", self.world.env)
            self.assertGreaterEqual(len(usage.synopses), 8)
            # Some shells show options at once, some after a dash.
            self.assertEqual(set(usage.synopses), {word for word in self.offered(f"{helper} ") if word[0] != "-"}, helper)
            self.assertLessEqual(self.offered(f"{helper} -") | {"-h", "-v"}, usage.options)
            self.assertLessEqual({"--help", "--version"}, self.offered(f"{helper} --"))
            for word, synopsis in usage.synopses.items():
                with self.subTest(helper=helper, command=word):
                    offered = self.offered(f"{helper} {word} --") | self.offered(f"{helper} {word} ")
                    words = re.findall(r"(?<!\S)[a-z]+(?!\S)", synopsis)
                    self.assertEqual(options_in(synopsis).union(words), {text.rstrip("=") for text in offered})

    def test_presets_and_vaults(self):
        presets = set(re.findall(r"^\w\S*", self.world.run(BIN / "docker-credential-oauth", "config", "presets").out, re.M))
        self.assertIn("github", presets)
        self.assertEqual(presets, self.offered("oauth login --preset "))
        vaults = self.offered("oauth login --vault ")
        self.assertLessEqual({"keyctl", "pass", "secretservice"}, vaults)
        self.assertNotIn("oauth", vaults)
        self.assertEqual(set(), self.offered("oauth login --issuer "))

    def test_registries_of_dockers_configuration(self):
        self.set_docker_config('{\n\t"auths": {\n\t\t"one.example": {},\n\t\t"https://index.docker.io/v1/": {}\n\t},\n'
                               '\t"credHelpers": {"two.example:5000": "pass"}, "HttpHeaders": {"User-Agent": "a.b"},\n'
                               '\t"$(touch ran).example": {}, "credsStore": "pass"}')
        registries = {"one.example", "https://index.docker.io/v1/", "two.example:5000"}
        self.assertEqual({"two.example:5000"}, self.offered("pass configure --registry two"))
        self.assertEqual(registries, self.offered("pass configure --registry "))
        self.assertEqual([], [path for path in self.world.root.rglob("ran")])
        self.assertLessEqual(registries, self.offered("oauth login "))

    def test_registries_of_oauth(self):
        folder = Path(self.world.env["XDG_CONFIG_HOME"]) / "docker-credential-oauth"
        folder.mkdir()
        rule = {"issuer": "https://idp.example", "client_id": "me"}
        (folder / "config.json").write_text(json.dumps({"registries": {"three.example": rule, "*.wild.example": rule}}))
        self.assertEqual({"three.example"}, self.offered("oauth login t"))
        self.assertEqual(set(), self.offered("oauth logout t"))
        self.set_logins(**{"four.example": "alice", "five.example:444": "bob"})
        self.assertEqual({"four.example"}, self.offered("oauth logout fo"))
        self.assertEqual({"four.example", "five.example:444"}, self.offered("oauth logout f"))
        self.assertEqual({"four.example/"}, self.offered("oauth token fo"))

    def test_an_older_helper_of_the_same_name_is_left_alone(self):
        """Each helper's completion is for this helper alone: the packages can be installed singly."""
        for file in (self.prefix / "share").rglob("*docker-credential-secretservice*"):
            file.unlink()
        self.assertEqual({"configure"}, self.offered("pass conf"))
        self.assertNotIn("configure", self.offered("secretservice conf"))

    def test_files_where_files_belong(self):
        (self.world.home / "rules.json").write_text("{}")
        self.assertEqual({"rules.json"}, self.offered("oauth config check ru"))
        self.assertEqual(set(), self.offered("oauth logout ru"))
        self.assertEqual(set(), self.offered("pass get ru"))


class Bash(Completions, SandboxCase):
    def test_tab(self):
        self.assertEqual(["docker-credential-pass", "configure", "--registry"],
                         self.shell.typed("docker-credential-pass conf\t--r\t"))
        self.assertEqual(["docker-credential-oauth", "login", "--preset=github"],
                         self.shell.typed("docker-credential-oauth login --preset=gith\t"))
        self.set_logins(**{"four.example:5000": "alice"})
        self.assertEqual(["docker-credential-oauth", "token", "four.example:5000/team"],
                         self.shell.typed("docker-credential-oauth token four.example:\tteam"))

    def test_an_option_is_offered_once(self):
        self.assertEqual({"--all", "--store"}, self.offered("pass doctor --json "))
        self.assertIn("--scope", self.offered("oauth login --scope a --"))

    def test_lint(self):
        file = ROOT / "completions/bash/docker-credential-helpers"
        done = self.world.run("shellcheck", file)
        self.assertEqual((0, ""), (done.code, done.out))
        # It is whole without the patterns that bash-completion switches on.
        done = self.world.run("bash", "-n", "+O", "extglob", file)
        self.assertEqual((0, ""), (done.code, done.err))


class Zsh(Completions, SandboxCase):
    def test_tab(self):
        self.assertEqual(["docker-credential-pass", "configure", "--registry"],
                         self.shell.typed("docker-credential-pass conf\t--r\t"))
        self.set_logins(**{"four.example:5000": "alice"})
        self.assertEqual(["docker-credential-oauth", "token", "four.example:5000/team"],
                         self.shell.typed("docker-credential-oauth token fo\tteam"))


class Fish(Completions, SandboxCase):
    def test_an_option_takes_its_value_with_an_equals_sign(self):
        self.assertEqual({"--preset=github"}, self.offered("oauth login --preset=gith"))


if __name__ == "__main__":
    main()
