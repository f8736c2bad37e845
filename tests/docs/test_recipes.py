"""The pages below docs/, done as they say: their commands are cut out and run, with a real engine, registry and ssh server,
and what they show is what appears. A block's second word says where it is run."""
import contextlib
import json
import re
import shutil
import socket
import subprocess
import tarfile
import threading
import unittest
from pathlib import Path

from docker_world import PASSWORD, USER, DockerMixin, traces_of, write_oci_image
from keyctl_world import KeyctlWorld
from pages import as_pattern, blocks, steps, text_for
from pass_world import PassWorld
from sandbox import BIN, SandboxCase, main

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
DEVCONTAINER = ROOT / "build/test-servers/node_modules/.bin/devcontainer"
REGISTRY = "registry.example.com"
IMAGE = f"{REGISTRY}/team/app"


class PassDocker(DockerMixin, PassWorld):
    pass


class KeyctlDocker(DockerMixin, KeyctlWorld):
    pass


class Recipe(SandboxCase):
    """A case about one page. The registry that it names is one on this machine."""
    page = None

    def setUp(self):
        super().setUp()
        # As on a person's account: everything in its usual place below HOME.
        del self.world.env["DOCKER_CONFIG"]
        self.world.env["PATH"] = f"{self.world.home}/.local/bin:{self.world.env['PATH']}"
        self.world.start_engine()
        self.world.start_registry()
        write_oci_image(self.world.root / "image")
        done = self.world.run("skopeo", "copy", "--dest-tls-verify=false", "--dest-creds", f"{USER}:{PASSWORD}",
                              f"oci:{self.world.root}/image:v1", f"docker://{self.world.registry}/team/app:latest")
        self.assertEqual(0, done.code, done)

    def text(self, kind, where):
        """The blocks of the page that are run there, with the registry that is really there."""
        return text_for(self.page, kind, where).replace(REGISTRY, self.world.registry)

    def do(self, where, run=None, **options):
        """Runs the commands of the page for a place, which have to succeed."""
        done = (run or self.world.run)("sh", "-e", "-c", self.text("sh", where), **options)
        self.assertEqual(0, done.code, done)
        return done

    def check_shown(self, where, run=None):
        """What the page shows for a place is what these commands say."""
        block = self.text("console", where)
        said = ""
        for command, _ in steps(block):
            done = (run or self.world.run)("sh", "-c", f"{command} 2>&1")
            said += f"$ {command}\n{done.out}"
        said = said.replace(str(self.world.home), "/home/me").replace(f"{BIN}/", "/usr/bin/")
        said = re.sub(r"host 127.0.0.1 port \d+", "host desk port 22", said.replace("\r", ""))
        varies = r"(?m)^\d+/\d+/\d+ \S+ socat\[\d+\]"
        self.assertRegex(re.sub(varies, "socat", said), as_pattern(re.sub(varies, "socat", block)))

    def log_in_here(self):
        """The login is in pass, for whoever asks."""
        done = self.world.run("docker-credential-pass", "store", input=json.dumps(
            {"ServerURL": self.world.registry, "Username": USER, "Secret": PASSWORD}))
        self.assertEqual(0, done.code, done)

    def no_image(self):
        """Takes the image away, so that the next pull has to be a real one."""
        self.world.docker("image", "rm", f"{self.world.registry}/team/app")

    def has_image(self):
        done = self.world.docker("image", "inspect", f"{self.world.registry}/team/app")
        self.assertEqual(0, done.code, done)


class Containers(Recipe):
    """With an image of a shell, socat and the docker command, made of this machine's own."""

    def make_world(self):
        return PassDocker()

    def setUp(self):
        super().setUp()
        tree = self.world.root / "tree"
        programs = ["sh", "uname", "id", "env", "cat", "chmod", "mkdir", "sleep", "socat", "jq", "docker",
                    BIN / "docker-credential-keyctl"]
        for name in programs:
            program = shutil.which(name, path=self.world.env["PATH"])
            shutil.copy(program, self._below(tree, f"/usr/bin/{Path(program).name}"))
            listing = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
            for library in re.findall(r"(/\S+) \(", listing):
                shutil.copy(library, self._below(tree, library))
        for folder in ("usr/local/bin", "root", "tmp", "etc"):
            (tree / folder).mkdir(parents=True, exist_ok=True)
        (tree / "bin").symlink_to("usr/bin")
        (tree / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        archive = self.world.root / "tree.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(tree, arcname=".")
        done = self.world.docker("import", "--change=ENV PATH=/usr/local/bin:/usr/bin:/bin", archive, "your-image")
        self.assertEqual(0, done.code, done)

    @staticmethod
    def _below(tree, path):
        target = tree / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def options(self, *more):
        """For docker run: the engine's socket, as job containers have it."""
        sock = f"{self.world.root}/docker.sock"
        return ["--network=host", f"--volume={sock}:{sock}", f"--env=DOCKER_HOST=unix://{sock}", "--env=HOME=/root", *more]

    def start_relay(self):
        """The relay of ci.md, in the background as the page starts it."""
        page, self.page = self.page, "ci.md"
        self.world.start("sh", "-e", "-c", self.text("sh", "host") + "wait\n", log="relay.log")
        self.page = page
        self.folder = Path(self.world.env["XDG_RUNTIME_DIR"]) / "credentials"
        self.world.wait_for((self.folder / "get.sock").is_socket, "the relay")


class ContinuousIntegration(Containers):
    page = "ci.md"

    def in_container(self, *argv, volume=True):
        more = [f"--volume={self.world.env['XDG_RUNTIME_DIR']}/credentials:/run/credentials"] if volume else []
        return self.world.docker("run", "--rm", *self.options(*more), "your-image", *argv)

    def test_keyctl_in_a_container_says_what_the_page_shows(self):
        self.check_shown("container", lambda *argv: self.in_container(*argv, volume=False))

    def test_container_with_the_logins_of_its_host(self):
        self.log_in_here()
        self.start_relay()
        self.do("container", self.in_container)
        self.has_image()
        self.assertEqual([], traces_of(PASSWORD, self.world.home / ".docker"))

    def ask(self, script, **options):
        """Runs a script in a container that is set up as the page says."""
        setup = self.text("sh", "container").replace("docker pull", "true")
        return self.in_container("sh", "-c", f"{setup}\n{script}", **options)

    def test_the_relay_gives_out_no_other_login_and_changes_nothing(self):
        self.log_in_here()
        other = json.dumps({"ServerURL": "other.example", "Username": USER, "Secret": "other secret"})
        self.assertEqual(0, self.world.run("docker-credential-pass", "store", input=other).code)
        self.start_relay()
        # Several times: an answer that gets lost does so now and then.
        done = self.ask("for i in 1 2 3 4 5 6 7 8 9 10; do\n"
                        "  echo other.example | docker-credential-host get || echo exit $?\n"
                        "done")
        self.assertEqual("credentials not found in native keychain\nexit 1\n" * 10, done.out)
        done = self.ask(f"echo {self.world.registry} | docker-credential-host erase")
        self.assertEqual(1, done.code, done)
        self.assertIn("the host's logins cannot be changed from here", done.out)
        self.assertIn(self.world.registry, self.world.run("docker-credential-pass", "list").out)

    def test_every_character_arrives(self):
        login = json.dumps({"ServerURL": self.world.registry, "Username": USER, "Secret": 'a\\nb"c\\\\d %s é'})
        self.assertEqual(0, self.world.run("docker-credential-pass", "store", input=login).code)
        self.start_relay()
        done = self.ask(f"printf %s {self.world.registry} | docker-credential-host get")
        self.assertEqual(json.loads(login), json.loads(done.out))

    def test_without_relay(self):
        self.check_shown("container-without-relay", lambda *argv: self.ask(argv[-1], volume=False))


class DevContainer(Containers):
    page = "devcontainer.md"

    def devcontainer(self, command, *arguments):
        done = self.world.run(DEVCONTAINER, command, "--workspace-folder", self.workspace, *arguments, timeout=60)
        self.assertEqual(0, done.code, done)

    def test_devcontainer(self):
        self.assertTrue(DEVCONTAINER.exists(), "the devcontainer command is missing; run scripts/install-test-servers")
        self.log_in_here()
        self.start_relay()
        self.workspace = self.world.root / "workspace"
        self.workspace.mkdir()
        self.do("workspace", cwd=self.workspace)
        settings = json.loads(self.text("json", ""))
        settings["runArgs"] = self.options()  # the registry and the engine of this test
        (self.workspace / ".devcontainer/devcontainer.json").write_text(json.dumps(settings))
        self.addCleanup(self.end_containers)
        self.devcontainer("up")
        self.devcontainer("exec", "sh", "-c", self.text("sh", "devcontainer"))
        self.has_image()

    def end_containers(self):
        for name in self.world.docker("ps", "--quiet").out.split():
            self.world.docker("kill", name)


class Job(Recipe):
    page = "ci.md"
    secrets = {"REGISTRY_USER": USER, "REGISTRY_PASSWORD": PASSWORD}

    def make_world(self):
        return KeyctlDocker()

    def test_kernel_memory(self):
        self.do("job", env=self.secrets)
        self.has_image()
        self.assertEqual("{}\n", self.world.call("list").out)
        self.assertEqual([], traces_of(PASSWORD, self.world.home))


class JobWithPass(Recipe):
    page = "ci.md"

    def make_world(self):
        return PassDocker(init=False, key=False)

    def test_pass(self):
        done = self.do("job-with-pass", env=Job.secrets)
        self.has_image()
        self.assertIn("round trip: a login made for this was stored, read and removed", done.out)
        self.assertEqual([], traces_of(PASSWORD, self.world.home))


class Wsl(Recipe):
    page = "wsl.md"
    windows = "/mnt/c/Program Files/Docker/Docker/resources/bin"

    def make_world(self):
        return PassDocker()

    def setUp(self):
        super().setUp()
        (self.world.home / ".docker").mkdir()

    def stand_in(self):
        """Something that is called docker-credential-wincred.exe, in a folder with a space, as on Windows."""
        self.log_in_here()
        folder = self.world.root / "Program Files"
        folder.mkdir()
        program = folder / "docker-credential-wincred.exe"
        program.write_text('#!/bin/sh\nexec docker-credential-pass "$@"\n')
        program.chmod(0o755)
        return folder

    def test_a_helper_that_is_gone(self):
        (self.world.home / ".docker/config.json").write_text('{"credsStore": "desktop.exe"}')
        self.check_shown("wsl")
        self.do("wsl")
        done = self.world.run("docker-credential-pass", "doctor")
        self.assertEqual(0, done.code, done)

    def test_windows_folders_in_path(self):
        self.world.env["PATH"] += f":{self.stand_in()}"
        self.do("windows-path")
        self.has_image()

    def test_windows_folders_elsewhere(self):
        folder = self.stand_in()
        script = self.text("sh", "no-windows-path")
        self.assertIn(self.windows, script)
        done = self.world.run("sh", "-e", "-c", script.replace(self.windows, str(folder)))
        self.assertEqual(0, done.code, done)
        self.has_image()


class Ssh(Recipe):
    """The desktop is an sshd on the loopback, whose port is ours from the beginning, and whose sessions live in the
    sandbox."""
    page = "ssh.md"

    def make_world(self):
        return PassDocker()

    def setUp(self):
        super().setUp()
        desk = self.world.root / "desk"
        self.world.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.world.root / "host-key")
        self.desktop = socket.socket()
        self.addCleanup(self.desktop.close)
        self.desktop.bind(("127.0.0.1", 0))
        self.port = self.desktop.getsockname()[1]
        environment = " ".join(f'"{name}={self.world.env[name]}"' for name in ("HOME", "GNUPGHOME", "PATH"))
        (self.world.root / "sshd_config").write_text(
            f"HostKey {self.world.root}/host-key\nPidFile none\nStrictModes no\n"
            f"AuthorizedKeysFile {self.world.home}/.ssh/authorized_keys\nPasswordAuthentication no\nUsePAM no\n"
            f"SetEnv {environment}\n")
        # The ssh command reads its configuration from the account's real home; this one adds what ~/.ssh/config would say.
        (self.world.root / "ssh_config").write_text(
            f"Host desk\n HostName 127.0.0.1\n Port {self.port}\n UserKnownHostsFile {self.world.root}/known\n"
            " StrictHostKeyChecking accept-new\n")
        ssh = self.world.home / ".local/bin/ssh"
        ssh.parent.mkdir(parents=True)
        ssh.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {self.world.root}/ssh_config "$@"\n')
        ssh.chmod(0o755)
        desk.mkdir()
        self.desk = desk

    def start_sshd(self):
        # sshd wants /run/sshd for itself: on a /run that nobody else sees.
        serve = f"mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec /usr/sbin/sshd -i -e -f {self.world.root}/sshd_config >&0"
        self.desktop.listen()

        def answer():
            with contextlib.suppress(OSError):
                while True:
                    with self.desktop.accept()[0] as connection:
                        self.world.start("unshare", "--mount", "sh", "-c", serve, stdin=connection, log="sshd.log")

        thread = threading.Thread(target=answer)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.desktop.shutdown, socket.SHUT_RDWR)

    def set_up(self):
        self.log_in_here()
        self.do("server")
        shutil.copy(self.world.home / ".ssh/registry-logins.pub", self.desk)
        self.do("desk", cwd=self.desk)

    def test_pull_with_the_login_of_another_machine(self):
        self.set_up()
        self.start_sshd()
        self.do("server-later")
        self.has_image()

    def test_a_desktop_that_opens_the_way_itself(self):
        """With ssh -R, as the page says; the desktop and the server are the same sshd."""
        self.set_up()
        self.start_sshd()
        own = self.world.root / "own-key"
        self.world.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", own)
        with open(self.world.home / ".ssh/authorized_keys", "a", encoding="ascii") as keys:
            keys.write(own.with_suffix(".pub").read_text())
        page = (DOCS / self.page).read_text()
        command = re.search(r"`(ssh -N -R .*?)`", page)[1].replace("2222", "0").replace(":22 ", f":{self.port} ")
        config = self.world.root / "ssh_config"
        server = config.read_text().replace("Host desk", f"Host server\n IdentityFile {own}\n ExitOnForwardFailure yes")
        config.write_text(server)
        self.world.start(*command.split(), log="way.log")
        log = self.world.root / "way.log"
        way = self.world.wait_for(lambda: re.search(r"Allocated port (\d+) ", log.read_text()), "the way")[1]
        config.write_text(server + re.search(r"(?s)```text\n(.*?)```", page)[1].replace("2222", way) +
                          f" UserKnownHostsFile {self.world.root}/known\n StrictHostKeyChecking accept-new\n")
        self.do("server-later")
        self.has_image()

    def test_the_key_can_do_nothing_but_get(self):
        self.set_up()
        self.start_sshd()
        done = self.world.run("ssh", "-i", self.world.home / ".ssh/registry-logins", "desk", "touch", self.desk / "touched",
                              input="nobody.example")
        self.assertEqual((1, "credentials not found in native keychain\n"), (done.code, done.out), done)
        self.assertFalse((self.desk / "touched").exists())
        done = self.world.run("docker-credential-desk", "erase", input=self.world.registry)
        self.assertEqual(1, done.code, done)
        self.assertIn(self.world.registry, self.world.run("docker-credential-pass", "list").out)

    def test_without_desktop(self):
        self.do("server")
        self.check_shown("server-without-desk")


class Settings(SandboxCase):
    def test_what_is_in_dockers_file_stays(self):
        """Of each block that changes the file, the lines that do so."""
        file = self.world.home / ".docker/config.json"
        file.parent.mkdir()
        changes = [(page.name, where, "".join(re.findall(r".*/\.docker\b.*\n", text))) for page in sorted(DOCS.glob("*.md"))
                   for kind, where, text in blocks(page.name) if kind == "sh" and "/.docker/config.json" in text]
        self.assertEqual(5, len(changes), changes)
        for page, where, lines in changes:
            with self.subTest(page=page, where=where):
                known = {"auths": {"other.example": {"auth": "YTpi"}}, "credHelpers": {"b.example": "pass"}, "detachKeys": "ctrl-z"}
                file.write_text(json.dumps(known))
                self.succeeds(self.world.run("sh", "-e", "-c", lines))
                now = json.loads(file.read_text())
                self.assertEqual({**known, **now, "credHelpers": {**now["credHelpers"], **known["credHelpers"]}}, now)
                self.assertNotEqual(known, now)
                file.write_text("{")
                self.world.run("sh", "-c", lines)
                self.assertEqual("{", file.read_text(), "a file that is no JSON is left alone")


class Pages(unittest.TestCase):
    def test_every_block_is_tried(self):
        tests = Path(__file__).read_text()
        for page in sorted(DOCS.glob("*.md")):
            # These two have tests of their own, test_first_pull.py and test_trouble.py.
            for kind, where, _ in blocks(page.name) if page.name not in {"first-pull.md", "trouble.md"} else []:
                if kind in ("sh", "console"):
                    self.assertIn(f'"{where}"', tests, f"{page.name}: {kind}")


if __name__ == "__main__":
    main()
