"""docker-credential-oauth without a network: configuration, vault, what it answers and how fast. The vault is a real
password store; sessions are put into it behind the helper's back."""
import ast
import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pass_world import PassWorld
from sandbox import BIN, SANITIZED, SandboxCase, main

HELPER = BIN / "docker-credential-oauth"
NOT_FOUND = "credentials not found in native keychain\n"
REGISTRY = "registry.example.test"
RULE = {"issuer": "https://id.example.test", "client_id": "cli"}
KEY = f"oauth+https://{REGISTRY}"


class LightWorld(PassWorld):
    def __init__(self):
        super().__init__()
        self.env["XDG_CONFIG_DIRS"] = str(self.root / "etc")
        self.config = self.root / "config/docker-credential-oauth/config.json"
        self.system_config = self.root / "etc/docker-credential-oauth/config.json"
        self.helper = HELPER
        self.host = REGISTRY
        self.configure({REGISTRY: RULE})

    def configure(self, registries, vault="pass", **more):
        self.write(self.config, json.dumps({**({"vault": vault} if vault else {}), "registries": registries, **more}))

    def write(self, path, text):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(text)

    def call(self, action, input="", *arguments, **options):
        return self.run(self.helper, action, *arguments, input=input, **options)

    def put(self, server, user, secret, helper=None):
        entry = json.dumps({"ServerURL": server, "Username": user, "Secret": secret})
        done = self.run(helper or self.helper, "store", input=entry)
        assert done.code == 0, done
        return done

    def make_session(self, age=60, life=3600, key=KEY, registry=REGISTRY, **changes):
        start = int(time.time()) - age
        session = {"version": 1, "issuer": RULE["issuer"], "client_id": "cli",
                   "token_endpoint": "https://id.example.test/token", "identity": "alice", "refresh_token": "refresh",
                   "access_token": "access", "obtained": start, "expires": start + life,
                   "minted": [{"registry": registry, "username": "alice", "secret": "minted", "obtained": start,
                               "expires": start + life}], **changes}
        self.put(key, "oauth-session", json.dumps(session), BIN / "docker-credential-pass")
        return session

    def in_vault(self, server):
        done = self.run(BIN / "docker-credential-pass", "get", input=server)
        return json.loads(done.out)["Secret"] if done.code == 0 else None

    def alone_with(self, script):
        """Puts the helper into a folder of its own, where `script` is the network program (none if it is None)."""
        folder = self.root / "alone"
        folder.mkdir()
        self.helper = Path(shutil.copy(HELPER, folder))
        if script is not None:
            net = folder / "docker-credential-oauth-net"
            net.write_text("#!/bin/sh\n" + script)
            net.chmod(0o755)


class LightCase(SandboxCase):
    def make_world(self):
        return LightWorld()

    def answer(self, server=REGISTRY):
        done = self.world.call("get", server)
        self.assertEqual((done.code, done.err), (0, ""), done)
        found = json.loads(done.out)
        self.assertEqual(found["ServerURL"], server)
        return found["Username"], found["Secret"]

    def assert_not_found(self, server=REGISTRY):
        done = self.world.call("get", server)
        self.assertEqual((done.code, done.out, done.err), (1, NOT_FOUND, ""))

    def assert_fails(self, done, *words):
        self.assertEqual(done.code, 1, done)
        self.assertEqual(done.out.count("\n"), 1, done)
        for word in words:
            self.assertIn(word, done.out + done.err)


class GetTest(LightCase):
    def test_fresh_credential_comes_from_the_vault(self):
        self.world.make_session()
        for server in (REGISTRY, f"https://{REGISTRY}", f"https://{REGISTRY.upper()}:443/v2/", f"{REGISTRY}/team/app"):
            self.assertEqual(self.answer(server), ("alice", "minted"))

    def test_R1_another_address_gets_nothing(self):
        self.world.make_session()
        for server in (f"{REGISTRY}:5000", f"x{REGISTRY}", f"{REGISTRY}.evil.test", f"http://{REGISTRY}",
                       f"user@{REGISTRY}", f"evil.test/{REGISTRY}", f"https://evil.test#{REGISTRY}"):
            self.assert_not_found(server)

    def test_sessions_are_not_handed_out(self):
        self.world.make_session()
        self.assert_not_found(KEY)
        self.assertEqual(self.world.call("list").out, "{}\n")

    def test_ended_login_says_so_at_once(self):
        self.world.make_session(dead="the provider has revoked it")
        done = self.world.call("get", REGISTRY)
        self.assert_fails(done, "the login to registry.example.test has ended: the provider has revoked it",
                          f"docker-credential-oauth login {REGISTRY}")
        self.assertNotIn("not found", done.out)

    @unittest.skipIf(SANITIZED, "strace and leak detection do not go together")
    def test_nothing_but_the_vault_is_asked(self):
        """Neither logged out nor with a fresh credential does anything open an internet socket."""
        for ready in (lambda: None, self.world.make_session):
            ready()
            self.world.call("get", REGISTRY)  # starts gpg's agent, which strace would wait for
            log = self.world.root / "strace"
            self.world.run("strace", "-f", "-e", "trace=socket,execve", "-o", log, HELPER, "get", input=REGISTRY)
            text = log.read_text()
            self.assertIn("docker-credential-pass", text)
            self.assertNotRegex(text, "AF_INET")
            self.assertNotIn("docker-credential-oauth-net", text)

    @unittest.skipIf(SANITIZED, "sanitized programs load what they like")
    def test_no_network_library_is_loaded(self):
        """By what the dynamic loader itself says of the running process."""
        def loaded(name):
            log = self.world.root / name
            done = self.world.run("sh", "-c", 'echo $$ >&2; exec "$0" get', HELPER, input=REGISTRY,
                                  env={"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(log)})
            pid = re.match(r"\d+", done.err)[0]
            files = {path: path.read_text() for path in log.parent.glob(f"{name}.*")}
            own = files.pop(log.with_name(f"{name}.{pid}"))
            self.assertIn("libc.so", own)
            self.assertNotRegex(own, "libcurl|libssl|libcrypto")
            return "".join(files.values())

        self.world.make_session()
        self.assertNotRegex(loaded("fresh"), "libcurl|libssl")
        self.world.make_session(age=4000)
        self.assertRegex(loaded("aged"), "libcurl|libssl")

    def test_aged_credential_and_no_network_program(self):
        self.world.alone_with(None)
        self.world.make_session(age=3500)
        self.assertEqual(self.answer(), ("alice", "minted"), "it is still good")
        self.world.make_session(age=3700)
        self.assert_fails(self.world.call("get", REGISTRY), "docker-credential-oauth-net is not installed")

    def test_renewed_credential(self):
        self.world.alone_with("""echo "$@" >&2; echo '{"username":"alice","secret":"new"}'""")
        self.world.make_session(age=3700)
        self.assertEqual(self.answer(), ("alice", "new"))
        self.assertEqual(json.loads(self.world.call("list").out), {REGISTRY: "alice"})

    def test_no_get_takes_longer_than_20_seconds(self):
        """However slow the provider is; what is still good is served then."""
        slow = LightWorld()
        self.addCleanup(slow.close)
        for world, age in ((self.world, 3500), (slow, 3700)):
            world.alone_with(f"echo $$ > {world.root}/pid; exec sleep 60\n")
            world.make_session(age=age)
        with ThreadPoolExecutor() as pool:
            good, expired = pool.map(lambda world: world.call("get", REGISTRY), (self.world, slow))
        for world, done in ((self.world, good), (slow, expired)):
            pid = int((world.root / "pid").read_text())
            self.assertEqual(Path(f"/proc/{pid}/comm").read_text(), "sleep\n", "it goes on alone")
            os.kill(pid, signal.SIGKILL)
            self.assertLess(done.seconds, 25)  # 18 of them are the helper's own
        self.assertIn('"Secret":"minted"', good.out)
        self.assert_fails(expired, "could not be renewed in time", "try again")

    def test_renewal_goes_on_when_the_caller_is_killed(self):
        self.world.alone_with(f"cd {self.world.root}; touch begun; until [ -e killed ]; do sleep 0.05; done; touch ended\n")
        self.world.make_session(age=3700)
        process = subprocess.Popen([self.world.helper, "get"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=self.world.env, start_new_session=True)
        process.stdin.write(REGISTRY.encode())
        process.stdin.close()
        self.world.wait_for((self.world.root / "begun").exists, "the network program")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        (self.world.root / "killed").touch()
        self.world.wait_for((self.world.root / "ended").exists, "its end")


class InteractiveTest(LightCase):
    """A login that `get` starts by itself, for those who opted in."""

    def setUp(self):
        super().setUp()
        session = self.world.make_session()
        entry = json.dumps({"ServerURL": KEY, "Username": "oauth-session", "Secret": json.dumps(session)})
        self.world.write(self.world.root / "entry", entry)
        self.world.call("erase", REGISTRY)
        # A login that shows something, waits for the person, and leaves a session.
        self.world.alone_with(f"""
            [ "$1 $2" = "login {REGISTRY}" ] || exit 1
            echo asked >> {self.world.root}/asked
            echo "enter the code 1234" >&2
            read answer; [ "$answer" = yes ] || exit 1
            exec docker-credential-pass store < {self.world.root}/entry\n""")

    def asked(self):
        path = self.world.root / "asked"
        return path.read_text().count("\n") if path.exists() else 0

    def get_at_terminal(self, typed, count=1, **env):
        """`count` gets at once, with a terminal of their own but all their streams captured, as docker does it. Returns
        what they answered and what the terminal showed."""
        code = ("import os, pty, subprocess, sys\n"
                "helper, server, typed, count = sys.argv[1:]\n"
                "pid, terminal = pty.fork()\n"
                "if pid == 0:\n"
                "    started = [subprocess.Popen([helper, 'get'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,\n"
                "                                stderr=subprocess.DEVNULL) for _ in range(int(count))]\n"
                "    for process in started:\n"
                "        process.stdin.write(server.encode()); process.stdin.close()\n"
                "    out = [process.stdout.read().decode() for process in started]\n"
                "    print('OUT' + repr(out), flush=True)\n"
                "    os._exit(0)\n"
                "shown = b''\n"
                "while True:\n"
                "    try:\n"
                "        data = os.read(terminal, 4096)\n"
                "    except OSError:\n"
                "        break\n"
                "    shown += data\n"
                "    if b'1234' in shown and typed:\n"
                "        os.write(terminal, typed.encode()); typed = ''\n"
                "print(shown.decode())\n")
        done = self.world.run("/usr/bin/python3", "-c", code, self.world.helper, REGISTRY, typed, count, env=env)
        answers = re.search(r"OUT(\[.*\])", done.out)
        self.assertIsNotNone(answers, done)
        return ast.literal_eval(answers[1]), done.out

    def test_login_at_the_terminal(self):
        self.world.configure({REGISTRY: RULE}, interactive="tty")
        answers, shown = self.get_at_terminal("yes\n")
        self.assertIn("enter the code 1234", shown)
        self.assertIn('"Secret":"minted"', answers[0])
        self.assertEqual(self.asked(), 1)

    def test_refused_login(self):
        self.world.configure({REGISTRY: RULE}, interactive="tty")
        answers, _ = self.get_at_terminal("no\n")
        self.assertEqual(answers, [NOT_FOUND])

    def test_one_prompt_for_parallel_calls(self):
        self.world.configure({REGISTRY: RULE}, interactive="tty")
        answers, _ = self.get_at_terminal("yes\n", count=4)
        for answer in answers:
            self.assertIn('"Secret":"minted"', answer)
        self.assertEqual(self.asked(), 1)

    def test_never_by_default_nor_in_a_build_nor_without_terminal(self):
        self.assertEqual(self.get_at_terminal("yes\n")[0], [NOT_FOUND])
        self.world.configure({REGISTRY: RULE}, interactive="tty")
        for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "BUILD_ID", "TF_BUILD"):
            self.assertEqual(self.get_at_terminal("yes\n", **{name: "true"})[0], [NOT_FOUND], name)
        self.assert_not_found()
        self.assertEqual(self.asked(), 0)


class PassThroughTest(LightCase):
    def test_registries_without_a_rule_are_the_vaults(self):
        self.world.put("other.test", "bob", "pw")
        self.assertEqual(self.answer("other.test"), ("bob", "pw"))
        self.assertEqual(self.answer("https://other.test/"), ("bob", "pw"))
        self.assertEqual(self.world.in_vault("other.test"), "pw")
        self.assertEqual(json.loads(self.world.call("list").out), {"other.test": "bob"})
        self.assertEqual(self.world.call("erase", "https://other.test").code, 0)
        self.assertEqual(self.world.call("erase", "other.test").code, 0)
        self.assert_not_found("other.test")

    def test_docker_hubs_own_tokens_are_carried(self):
        self.world.configure({"docker.io": RULE})
        key = "https://index.docker.io/v1/access-token"
        self.world.put(key, "bob", "pat")
        self.assertEqual(self.answer(key), ("bob", "pat"))
        self.assert_not_found("https://index.docker.io/v1/")

    def test_what_docker_hands_back_changes_nothing(self):
        session = self.world.make_session()
        for user, secret in (("alice", "minted"), ("<token>", "registry refresh token"), ("alice", "rejected")):
            self.world.put(f"https://{REGISTRY}", user, secret)
        self.assertEqual(json.loads(self.world.in_vault(KEY)), session)
        self.assertIsNone(self.world.in_vault(REGISTRY))

    def test_another_user_name_is_denied_while_somebody_is_logged_in(self):
        session = self.world.make_session()
        entry = json.dumps({"ServerURL": REGISTRY, "Username": "robot", "Secret": "pw"})
        done = self.world.run(self.world.helper, "store", input=entry)
        self.assert_fails(done, f"{REGISTRY} is logged in through OAuth, as alice")
        self.assertIn(f"docker-credential-oauth logout {REGISTRY}", done.err)
        self.assertEqual(json.loads(self.world.in_vault(KEY)), session)
        self.assertEqual(self.answer(), ("alice", "minted"))

    def test_a_robots_password_takes_the_place_of_a_lost_session(self):
        self.world.make_session(age=7200, refresh_sent=int(time.time()) - 60)
        self.world.put(REGISTRY, "robot", "pw")
        self.assertEqual(self.answer(), ("robot", "pw"))

    def test_a_robots_password_serves_while_nobody_is_logged_in(self):
        self.world.put(REGISTRY, "robot", "pw")
        self.assertEqual(self.answer(), ("robot", "pw"))
        self.assertEqual(self.world.call("erase", REGISTRY).code, 0)
        self.assert_not_found()

    def test_erase_is_a_local_logout(self):
        self.world.make_session()
        for server in (REGISTRY, f"http://{REGISTRY}", f"https://{REGISTRY}", REGISTRY):
            self.assertEqual(self.world.call("erase", server).code, 0)
        self.assertIsNone(self.world.in_vault(KEY))
        self.assert_not_found()

    def test_error_of_the_vault_is_passed_on(self):
        self.world.make_session()
        shutil.rmtree(self.world.gnupg / "private-keys-v1.d")
        self.world.end_agents()
        done = self.world.call("get", REGISTRY)
        self.assert_fails(done, "docker-credential-pass: ")
        self.assertNotIn("not found in native keychain", done.out)

    def test_debug_explains_without_secrets(self):
        self.world.make_session()
        done = self.world.call("get", REGISTRY, env={"DOCKER_CREDENTIAL_LOG": "debug"})
        self.assertIn("is fresh", done.err)
        for secret in ("minted", '"access"', '"refresh"'):
            self.assertNotIn(secret, done.err)


class VaultTest(LightCase):
    def test_the_first_that_works_is_taken(self):
        self.world.configure({REGISTRY: RULE}, vault=None)
        self.world.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nowhere"
        self.world.make_session()
        self.assertEqual(self.answer(), ("alice", "minted"))
        self.assertIn("docker-credential-pass", self.world.call("status").out)

    def test_missing_vault(self):
        self.world.configure({REGISTRY: RULE}, vault="nonsense")
        self.assert_fails(self.world.call("get", REGISTRY), "docker-credential-nonsense is not installed")

    def test_it_cannot_be_its_own(self):
        self.world.configure({}, vault="oauth")
        self.assert_fails(self.world.call("get", REGISTRY), "cannot be its own vault", f"{self.world.config}:1:")

    def test_vault_that_answers_nonsense(self):
        self.world.configure({REGISTRY: RULE}, vault="odd")
        for script in ("echo hello", "echo '{\"Username\":\"a\"}'", "printf 'a\\001b'; exit 1", "exec yes", "exit 3"):
            self.world.add_program("docker-credential-odd", script)
            done = self.world.call("get", REGISTRY)
            self.assert_fails(done, "docker-credential-odd")
            self.assertNotIn("\x01", done.out + done.err)

    def test_R10_what_a_failing_vault_printed_may_be_a_secret(self):
        """It answered, and came to grief while it ended: the answer is neither used nor quoted."""
        self.world.configure({REGISTRY: RULE}, vault="odd")
        for status in (1, 99):
            self.world.add_program("docker-credential-odd", f"""echo '{{"Secret":"canary"}}'; exit {status}""")
            for server in (REGISTRY, "elsewhere.test"):
                done = self.world.call("get", server)
                self.assert_fails(done, f"docker-credential-odd: it ended with status {status}")
                self.assertNotIn("canary", done.out + done.err)


class ConfigTest(LightCase):
    def test_mistake_stops_everything_and_has_a_place(self):
        self.world.write(self.world.config, '{\n  "registries": {"a.test": {"clientid": "x"}}\n}\n')
        for done in (self.world.call("get", REGISTRY), self.world.call("list"), self.world.call("config", "", "check")):
            self.assert_fails(done, f'{self.world.config}:2:29: "clientid" is not known here',
                              'did you mean "client_id"?')

    def test_mistake_on_the_command_line_blames_no_file(self):
        self.world.config.unlink()
        for option, value, words, hint in (
                ("--preset", "nope", 'there is no preset "nope"', "docker-credential-oauth config presets"),
                ("--issuer", "http://id.example.test", "https", "")):
            with self.subTest(option):
                done = self.world.call("login", "", "a.test", option, value, "--client-id", "c")
                self.assertEqual(done.code, 1, done)
                self.assertIn("on the command line: ", done.err)
                for text in (words, hint):
                    self.assertIn(text, done.err)
                self.assertNotIn("config.json", done.err)
                self.assertFalse(self.world.config.exists())

    def test_system_file_below_the_users(self):
        self.world.write(self.world.system_config, json.dumps({
            "vault": "keyctl", "registries": {"*.example.test": RULE, "sys.test": {"preset": "gitlab", "client_id": "s"}}}))
        self.world.configure({"sys.test": {"client_id": "mine"}})
        done = self.world.call("config", "", "check")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.out, "vault: pass\n*.example.test: https://id.example.test, client cli\n"
                                   "sys.test: gitlab, https://gitlab.com, client mine\nThe configuration is correct.\n")
        self.world.make_session()
        self.assertEqual(self.answer(), ("alice", "minted"))

    def test_R11_file_that_others_can_write_is_refused(self):
        self.world.config.chmod(0o666)
        done = self.world.call("get", REGISTRY)
        self.assert_fails(done, f"{self.world.config} can be written by other users",
                          f"chmod go-w '{self.world.config}'")
        self.world.run("sh", "-c", re.search("chmod .*", done.err)[0])
        self.assert_not_found()

    def test_check_of_a_named_file(self):
        other = self.world.root / "other.json"
        self.world.write(other, '{"registries": {"a.test": {"preset": "githib", "client_id": "x"}}}')
        self.assert_fails(self.world.call("config", "", "check", other), f"{other}:1:38", 'did you mean "github"?')
        self.assertEqual(self.world.call("config", "", "check", self.world.root / "none").code, 1)
        for arguments in ((), ("chek",), ("presets", "more")):
            self.assertEqual(self.world.call("config", "", *arguments).code, 2)

    def test_examples_of_the_man_page_are_correct(self):
        page = (Path(__file__).resolve().parents[2] / "man/docker-credential-oauth.json.5").read_text()
        examples = re.findall(r"^\.Bd -literal.*\n((?:.*\n)*?)\.Ed$", page, re.M)
        there = self.world.root / "there.pem"
        there.touch(0o600)
        for example in examples:
            # Files that the reader has, and this machine has not.
            self.world.write(self.world.config, re.sub(r'"/[\w/.-]+\.(pem|key|crt)"', f'"{there}"', example))
            done = self.world.call("config", "", "check")
            self.assertEqual(done.code, 0, f"{example}\n{done}")
        presets = re.findall(r"^[\w-]+", self.world.call("config", "", "presets").out, re.M)
        self.assertEqual(len(examples), len(presets) + 2)
        for name in presets:
            self.assertIn(f'"preset": "{name}"', "".join(examples))

    def test_every_member_is_in_the_man_page(self):
        page = (Path(__file__).resolve().parents[2] / "man/docker-credential-oauth.json.5").read_text()
        names = []
        for text in ('{"zzzzzzzz": 1}', '{"registries": {"a.test": {"zzzzzzzz": 1}}}',
                     '{"registries": {"a.test": {"mint": {"zzzzzzzz": 1}}}}',
                     '{"registries": {"a.test": {"username": {"zzzzzzzz": 1}}}}',
                     '{"registries": {"a.test": {"endpoints": {"zzzzzzzz": 1}}}}'):
            self.world.write(self.world.config, text)
            names += re.search("known here: (.*)", self.world.call("list").err)[1].split(", ")
        self.assertGreater(len(names), 35)
        for name in names:
            self.assertRegex(page, rf"(?m)^\.(It )?(Cm|Pq with Cm)\b.*\b{name}\b", name)

    def test_presets(self):
        done = self.world.call("config", "", "presets")
        for word in ("github\n  for       ghcr.io\n", "azure", "*.azurecr.io", "from documentation", "tried live"):
            self.assertIn(word, done.out)


class CommandTest(LightCase):
    def test_status(self):
        self.world.configure({REGISTRY: RULE, "second.test": RULE})
        self.world.make_session(age=1080)
        done = self.world.call("status", env={"TZ": "UTC"})
        self.assertEqual((done.code, done.err), (0, ""))
        for word in (f"{REGISTRY}\n  session       alive\n", "identity      alice", "provider      https://id.example.test",
                     "vault         docker-credential-pass", " UTC, in 4", "second.test\n  session       not logged in"):
            self.assertIn(word, done.out)
        found = json.loads(self.world.call("status", "", "--json").out)
        self.assertEqual(found["vault"], "pass")
        first, second = found["registries"]
        self.assertEqual((first["registry"], first["alive"], first["identity"]), (REGISTRY, True, "alice"))
        self.assertTrue(2400 < first["expires_in"] <= 2520)
        self.assertEqual(second, {"registry": "second.test", "logged_in": False})

    def test_network_commands_are_handed_over(self):
        self.world.alone_with('printf "<%s>" "$@"; exit 7\n')
        for name in ("login", "logout", "token"):
            done = self.world.run(self.world.helper, name, "a b", "--x")
            self.assertEqual((done.code, done.out), (7, f"<{name}><a b><--x>"))

    def test_network_program_is_missing(self):
        self.world.alone_with(None)
        for name in ("login", "logout", "token"):
            self.assert_fails(self.world.run(self.world.helper, name, REGISTRY),
                              "docker-credential-oauth-net is not installed", "install")

    def test_network_program_of_an_installation(self):
        """In libexec beside bin; never one that happens to be in PATH."""
        for folder in ("usr/bin", "usr/libexec/keyberth", "path"):
            (self.world.root / folder).mkdir(parents=True)
        self.world.helper = Path(shutil.copy(HELPER, self.world.root / "usr/bin"))
        self.world.env["PATH"] = f"{self.world.root}/path:/usr/bin:/bin"
        name = "docker-credential-oauth-net"
        for folder, word in (("path", "wrong"), ("usr/libexec/keyberth", "right")):
            (self.world.root / folder / name).write_text(f"#!/bin/sh\necho {word}\n")
            (self.world.root / folder / name).chmod(0o755)
        self.assertEqual(self.world.run(self.world.helper, "login").out, "right\n")
        (self.world.root / "usr/libexec/keyberth" / name).unlink()
        self.assertNotIn("wrong", self.world.run(self.world.helper, "login").out)


if __name__ == "__main__":
    main()
