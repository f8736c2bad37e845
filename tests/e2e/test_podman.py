"""The real podman with each helper behind it: as root, and as an ordinary user, for whom it runs in a user namespace."""
import functools
import json
import os
import shutil
import sys
import unittest
from pathlib import Path

from docker_world import PASSWORD, USER, PodmanMixin
from doctor import Report, commands
from helper_worlds import on_each_helper
from keyctl_world import FORBID, KeyctlWorld
from pass_world import PassWorld, end_processes_below
from sandbox import BIN, main

WORLDS = on_each_helper(PodmanMixin)
HUB = "https://index.docker.io/v1/"
EACCES = "13"


def in_each_world(test):
    """The case, once with each helper."""
    @functools.wraps(test)
    def run(self):
        for kind in WORLDS:
            with self.subTest(kind.helper_name):
                world = kind()
                try:
                    world.start_podman()
                    test(self, world)
                finally:
                    world.close()
    return run


class PodmanCase(unittest.TestCase):
    maxDiff = None

    def succeeds(self, done):
        self.assertEqual(done.code, 0, done)
        return done

    def ask(self, world, action, entry=""):
        """The helper itself, without podman."""
        entry = json.dumps(entry) if isinstance(entry, dict) else entry
        return self.succeeds(world.run(f"docker-credential-{world.helper_name}", action, input=entry))

    def stored(self, world):
        return json.loads(self.ask(world, "list").out)

    def refused(self, done):
        self.assertNotEqual(done.code, 0, done)
        self.assertIn("authentication required", done.err)

    def from_login_to_logout(self, world):
        self.refused(world.pull())
        self.succeeds(world.log_in())
        self.assertEqual(self.stored(world), {world.registry: USER})
        self.assertEqual(world.traces(), [])
        self.assertEqual(self.succeeds(world.podman("login", "--get-login", world.registry)).out, f"{USER}\n")
        self.succeeds(world.pull())
        self.assertIn("team/hello", world.podman("images").out)
        self.succeeds(world.podman("logout", world.registry))
        self.assertEqual(self.stored(world), {})
        self.refused(world.pull())


class StoryTest(PodmanCase):
    @in_each_world
    def test_credential_helpers_in_registries_conf(self, world):
        world.name_for_all(world.helper_name)
        self.from_login_to_logout(world)
        self.assertFalse(world.auth_file.exists())

    @in_each_world
    def test_cred_helpers_in_the_auth_file(self, world):
        """podman writes into the runtime folder, where there is no such file yet, unless it is told which one."""
        world.env["REGISTRY_AUTH_FILE"] = str(world.auth_file)
        world.name_for_registry(world.helper_name)
        self.from_login_to_logout(world)
        self.assertFalse(json.loads(world.auth_file.read_text()).get("auths"))

    @in_each_world
    def test_logout_all(self, world):
        world.name_for_all(world.helper_name)
        self.ask(world, "store", {"ServerURL": "other.example", "Username": "o", "Secret": "s"})
        self.succeeds(world.log_in())
        self.succeeds(world.podman("logout", "--all"))
        self.assertEqual(self.stored(world), {})
        self.refused(world.pull())

    @in_each_world
    def test_logins_under_dockers_names(self, world):
        """docker stores Docker Hub's login by the address of its index, and other programs add https://."""
        world.name_for_all(world.helper_name)
        self.ask(world, "store", {"ServerURL": HUB, "Username": "hub", "Secret": "s"})
        self.ask(world, "store", {"ServerURL": f"https://{world.registry}", "Username": USER, "Secret": PASSWORD})
        self.assertEqual(world.podman("login", "--get-login", "docker.io").out, "hub\n")
        self.succeeds(world.pull())
        self.succeeds(world.podman("logout", "docker.io"))
        self.assertEqual(self.stored(world), {f"https://{world.registry}": USER})

    @in_each_world
    def test_a_login_that_docker_made(self, world):
        if not shutil.which("docker"):
            self.skipTest("no docker on this machine")
        world.name_for_all(world.helper_name)
        docker = world.home / ".docker"
        docker.mkdir()
        (docker / "config.json").write_text(json.dumps({"credsStore": world.helper_name}))
        self.succeeds(world.run("docker", "login", "-u", USER, "--password-stdin", world.registry, input=PASSWORD,
                                env={"DOCKER_HOST": f"unix://{world.root}/nobody"}))
        self.succeeds(world.pull())


class QuestionsTest(PodmanCase):
    @in_each_world
    def test_what_podman_asks(self, world):
        """The key is host and port, Docker Hub's is docker.io; registries.conf comes before auth.json, and without
        containers-auth.json in it nobody looks there."""
        log = world.root / "asked"
        world.add_program("docker-credential-spy", f'key=$(cat)\ncase $key in *ServerURL*) key=;; esac\necho "$1 $key" >> {log}\n'
                          f'case $1 in store) exit 0;; esac\nprintf %s "$key" | docker-credential-{world.helper_name} "$1"')
        self.ask(world, "store", {"ServerURL": world.registry, "Username": USER, "Secret": PASSWORD})
        world.env["REGISTRY_AUTH_FILE"] = str(world.auth_file)
        world.name_for_registry("gone")
        world.name_for_all("spy")
        host = world.registry
        for command, asked in ((lambda: world.log_in(), [f"get {host}", "store "]),
                               (lambda: world.pull(), [f"get {host}"]),
                               (lambda: world.podman("login", "--get-login", f"{host}/team"), [f"get {host}"]),
                               (lambda: world.podman("logout", host), [f"erase {host}"]),
                               (lambda: world.podman("logout", "--all"), ["list unused"])):
            self.succeeds(command())
            self.assertEqual(log.read_text().splitlines(), asked)
            log.unlink()
        world.podman("login", "--get-login", "docker.io")
        self.assertEqual(log.read_text(), "get docker.io\n")


def lock_secretservice(world):
    world.restart_locked()
    return [], "is locked"


def lose_the_pass_store(world):
    shutil.rmtree(world.store)
    return [], "is not set up"


def forbid_the_kernel_keyring(world):
    return [sys.executable, FORBID, EACCES, "--"], "kernel"


class TroubleTest(PodmanCase):
    TROUBLE = {"secretservice": lock_secretservice, "pass": lose_the_pass_store, "keyctl": forbid_the_kernel_keyring}

    @in_each_world
    def test_a_store_that_does_not_work(self, world):
        """podman stops, shows what we say and what mends it, and puts the password nowhere else."""
        world.name_for_all(world.helper_name)
        self.succeeds(world.log_in())
        before, said = self.TROUBLE[world.helper_name](world)
        # The store of a lost pass has no login, but can take none.
        for command in (["login", "--tls-verify=false", "-u", USER, "--password-stdin", world.registry],
                        ["pull", "--tls-verify=false", world.image]):
            done = world.run(*before, *world.podman_command(*command), input=PASSWORD)
            self.assertNotEqual(done.code, 0, done)
            if world.helper_name == "pass" and command[0] == "pull":
                self.refused(done)
                continue
            ours = [line for line in done.err.splitlines() if line.startswith(f"docker-credential-{world.helper_name}: ")]
            self.assertEqual(len(ours), 1, done)
            self.assertIn(said, ours[0])
            self.assertIn(f"ing credentials - err: exit status 1, out: `{ours[0].split(': ', 1)[1]}`", done.err)
        self.assertEqual(world.traces(), [])

    @in_each_world
    def test_a_helper_that_is_missing(self, world):
        """podman's words for it, which docs/trouble.md explains."""
        world.name_for_all("gone")
        done = world.log_in()
        self.assertNotEqual(done.code, 0, done)
        self.assertIn("docker-credential-gone resolves to executable in current directory", done.err)
        self.assertEqual(world.traces(), [])


class PodmanAloneTest(PodmanCase):
    """A machine on which Docker never was."""

    def mend(self, world):
        """Takes doctor's advice until all is well; returns the links that were broken."""
        program = f"docker-credential-{world.helper_name}"
        broken = []
        while True:
            report = Report(world.run(program, "doctor", "--json"))
            self.assertNotIn("docker ", str(report).replace(f"{program} ", ""), report)
            self.assertNotIn("config.json", str(report), report)
            if report.ok:
                self.assertFalse((world.home / ".docker").exists())
                return broken
            problem = report.of("problem")[0]
            self.assertNotIn(problem["link"], broken, report)
            broken.append(problem["link"])
            for command in commands(problem):
                self.succeeds(world.run("sh", "-c", command))

    @in_each_world
    def test_from_a_password_in_the_file_to_a_pull(self, world):
        world.without_programs("docker")
        self.succeeds(world.log_in())
        [file] = [path for path in world.traces() if path.endswith("run/containers/auth.json")]
        self.assertEqual(self.mend(world), ["passwords", "credential-helpers"])
        self.assertEqual(world.traces(), [])
        self.succeeds(world.pull())
        os.unlink(file)  # the session ends, and with it the runtime folder
        self.succeeds(world.pull())
        self.succeeds(world.podman("logout", world.registry))
        self.refused(world.pull())
        self.succeeds(world.run(f"docker-credential-{world.helper_name}", "configure", "--undo"))
        self.succeeds(world.log_in())
        self.assertIn(file, world.traces())

    @in_each_world
    def test_the_commands_of_migrate(self, world):
        """What migrate itself prints is enough too."""
        world.without_programs("docker")
        program = f"docker-credential-{world.helper_name}"
        self.succeeds(world.log_in())
        told = self.succeeds(world.run(program, "migrate")).out
        [command] = [line.strip() for line in told.splitlines() if line.startswith(f"    {program}")]
        self.assertEqual(command, f"{program} configure --containers")
        self.succeeds(world.run("sh", "-c", command))
        self.assertTrue(Report(world.run(program, "doctor", "--json")).ok)
        os.unlink(f"{world.env['XDG_RUNTIME_DIR']}/containers/auth.json")
        self.succeeds(world.pull())


class OrdinaryUserMixin(PodmanMixin):
    """Everything belongs to a user without privileges, for whom podman makes a user namespace and is root in it."""
    user = 64322

    def start_podman(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest("another user id needs root")
        prefix, self.prefix = getattr(self, "prefix", None), []
        super().start_podman()
        shutil.copy(BIN / f"docker-credential-{self.helper_name}", self.root)  # the build folder may be closed to others
        self.env["PATH"] = f"{self.root}:{self.env['PATH']}"
        for path in [self.root, *self.root.rglob("*")]:
            os.chown(path, self.user, self.user, follow_symlinks=False)
        self.prefix = prefix or ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", "--"]
        self.name_for_all(self.helper_name)

    def podman(self, *arguments, **options):
        done = super().podman(*arguments, **options)
        if "cannot clone" in done.err or "cannot re-exec" in done.err:
            raise unittest.SkipTest(f"an ordinary user may not have a namespace here: {done.err}")
        return done


class OrdinaryPass(OrdinaryUserMixin, PassWorld):
    helper_name = "pass"
    prefix = []

    def run(self, *argv, **options):
        return super().run(*self.prefix, *argv, **options)

    def close(self):
        super().close()
        end_processes_below(self.root)  # the agent that podman's namespace had


class OrdinaryKeyctl(OrdinaryUserMixin, KeyctlWorld):
    helper_name = "keyctl"

    def __init__(self):
        super().__init__(ordinary_user=True)


class OrdinaryUserTest(PodmanCase):
    def test_login_pull_logout(self):
        """The files of pass are the same inside podman's namespace; the kernel's keyring is another one there."""
        for kind, seen_outside in ((OrdinaryPass, True), (OrdinaryKeyctl, False)):
            with self.subTest(kind.helper_name):
                world = kind()
                self.addCleanup(world.close)
                world.start_podman()
                self.refused(world.pull())
                self.succeeds(world.log_in())
                self.succeeds(world.pull())
                self.assertEqual(world.traces(), [])
                self.assertEqual(self.stored(world), {world.registry: USER} if seen_outside else {})
                inside = world.podman("unshare", f"docker-credential-{world.helper_name}", "list")
                self.assertEqual(json.loads(inside.out), {world.registry: USER})
                world.without_programs("docker")
                report = Report(world.run(f"docker-credential-{world.helper_name}", "doctor", "--json"))
                self.assertEqual([problem["link"] for problem in report.of("problem")], [] if seen_outside else ["reach"])
                self.succeeds(world.podman("logout", world.registry))
                self.refused(world.pull())


if __name__ == "__main__":
    main()
