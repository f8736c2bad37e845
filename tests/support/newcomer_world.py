"""A fresh Debian with a person in front of it who has never heard of credential helpers: a terminal, apt with a copy of
Debian's packages, Docker, a registry called registry.example.com, and a provider of logins, idp.example.com.

Debian packages: those of docker_world and oauth_world, iproute2, and scripts/install-test-root."""
import ctypes
import os
import random
import re
import shutil
import subprocess
import time

from docker_world import PASSWORD, USER, DockerMixin, docker_commands, write_oci_image
from oauth_world import Authority, OauthMixin
from root_world import ROOTS, RootWorld
from terminal import Terminal

REGISTRY = "registry.example.com"
PROVIDER = "idp.example.com"
IMAGE = f"{REGISTRY}/team/app"
PASSPHRASE = "correct horse battery staple 7"
HOSTS = f"127.0.0.1 localhost {PROVIDER}\n127.0.0.2 {REGISTRY}\n"
PROMPT = "$ "
# What a program has drawn on a screen of its own is gone when it ends, as pinentry's question is.
OTHER_SCREEN = re.compile(r"\x1b\[\?1049h.*?\x1b\[\?1049l", re.S)
# Colours and the like, and what was written over.
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>78]|\x1b\([B0]|[^\n]*\r")

# What pam_systemd and pam_gnome_keyring do when somebody logs in at a desktop: a bus, and a keyring that the password
# of the login has opened.
DESKTOP = """
export DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
dbus-daemon --session --fork --nopidfile --address="$DBUS_SESSION_BUS_ADDRESS"
printf %s "$1" | gnome-keyring-daemon --daemonize --unlock --components=secrets >/dev/null 2>&1
"""
SHELL = "exec env PS1='$ ' bash --noprofile --norc --noediting -i"


class Hidden(str):
    """What somebody types only where it is not shown."""


def own_network(hosts):
    """Puts this process, and what it starts from now on, where it has the loopback and these hosts for itself."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x40020000):  # CLONE_NEWNET, CLONE_NEWNS
        raise OSError(ctypes.get_errno(), "unshare")
    for command in (["mount", "--make-rprivate", "/"], ["ip", "link", "set", "lo", "up"], ["mount", "--bind", hosts, "/etc/hosts"]):
        subprocess.run(command, check=True)


class NewcomerWorld(OauthMixin, DockerMixin, RootWorld):
    """The person is called "me", may use sudo and docker, and has a user id that nobody else has, hence an empty
    keyring in the kernel."""
    registry_address = "127.0.0.2:443"
    terminal = None
    uid = None

    def __init__(self, archive):
        super().__init__(archive=archive)
        self.uid = random.randrange(1_000_000_000, 2_000_000_000)
        try:
            (self.root / "hosts").write_text(HOSTS)
            own_network(self.root / "hosts")
            self.closing.append(lambda: subprocess.run(["umount", "-l", "/etc/hosts"], check=True))
            self.registry_tls = self.authority = Authority(self, names=(REGISTRY, PROVIDER))
            self.env["SSL_CERT_FILE"] = str(self.authority.ca)
            self._set_up_machine()
            self._add_person()
        except BaseException:
            self.close()
            raise

    # ---- the machine

    def _set_up_machine(self):
        for folder in ("proc", "sys", "dev", "var/cache/apt/archives/partial", "var/lib/apt/lists/partial"):
            (self.path / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(self.root / "hosts", self.path / "etc/hosts")
        with open(self.path / "etc/hosts", "a", encoding="ascii") as hosts:
            hosts.write(f"127.0.1.1 {os.uname().nodename}\n")
        authorities = self.path / "usr/local/share/ca-certificates"
        authorities.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.authority.ca, authorities / "example.crt")
        shutil.copytree(ROOTS / "pool", self.path / "srv/debian")
        (self.path / "etc/apt/sources.list").write_text("deb [trusted=yes] file:/srv/debian ./\n")
        self.as_root("apt-get update")
        # The engine runs outside; of Docker only the command is here, as Debian has it where there is a choice.
        commands = docker_commands()
        shutil.copy(commands[min(commands, key=lambda version: int(version.split(".")[0]))], self.path / "usr/local/bin/docker")

    def as_root(self, script):
        done = self.inside("sh", "-e", "-c", script)
        assert done.code == 0, done

    def _add_person(self):
        for name, line in (("passwd", f"me:x:{self.uid}:{self.uid}::/home/me:/bin/bash"), ("group", f"me:x:{self.uid}:"),
                           ("shadow", "me:*:19000:0:99999:7:::"), ("sudoers.d/me", "me ALL=(ALL) NOPASSWD: ALL")):
            with open(self.path / "etc" / name, "a", encoding="ascii") as file:
                file.write(f"{line}\n")
        for folder in ("home/me", f"run/user/{self.uid}"):
            (self.path / folder).mkdir(mode=0o700, parents=True)
            os.chown(self.path / folder, self.uid, self.uid)

    @property
    def home_of_person(self):
        return self.path / "home/me"

    # ---- what there is to be logged in to

    @property
    def engine_socket(self):
        return self.path / "run/docker.sock"

    def start_docker(self):
        self.start_engine()
        os.chown(self.engine_socket, self.uid, self.uid)

    def start_private_registry(self):
        self.start_registry()
        write_oci_image(self.root / "image")
        done = self.run("skopeo", "copy", "--dest-creds", f"{USER}:{PASSWORD}", f"oci:{self.root}/image:v1",
                        f"docker://{IMAGE}:latest")
        assert done.code == 0, done

    def start_oauth_services(self):
        """The same image, and only people of the provider get it."""
        self.start_private_registry()
        first = self.children.pop()
        first.terminate()
        first.wait()
        (self.root / "registry.log").unlink()
        self.start_provider(port=443, issuer=f"https://{PROVIDER}")
        self.start_oauth_registry()

    # ---- the person

    def sit_down(self, desktop=False, own_terminal=True):
        """The person logs in, at a desktop or otherwise. Without a terminal of his own it is root's, as after su."""
        login = ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups", "env", "-i", "-C", "/home/me",
                 "HOME=/home/me", "USER=me", "LOGNAME=me", "LANG=C.UTF-8", "TERM=xterm", "SHELL=/bin/bash",
                 "PATH=/usr/local/bin:/usr/bin:/bin", f"XDG_RUNTIME_DIR=/run/user/{self.uid}"]
        script = (DESKTOP if desktop else "") + SHELL
        argv = self.entering(*login, "bash", "-c", script, "login", PASSPHRASE, network="")
        self.terminal = Terminal(argv, self.env, owner=self.uid if own_terminal else 0)
        self._watch(0, {})

    def type(self, command, answers=None, timeout=120):
        """What stands on the terminal once a command has ended, without the command. `answers` says what the person does
        about what is shown: {pattern: what is typed, or a function of the match}, each once."""
        start = len(self.terminal.text)
        self.terminal.type(f"{command}\n".encode())
        return self._watch(start, dict(answers or {}), timeout).removeprefix(f"{command}\n")

    def _watch(self, start, answers, timeout=60):
        """Reads until the next prompt, and does what a person does meanwhile. What was shown, without what is gone."""
        deadline = time.monotonic() + timeout
        while True:
            shown = self.terminal.text[start:]
            for pattern, answer in answers.items():
                if match := re.search(pattern, shown):
                    typed = answer(match) if callable(answer) else answer
                    if typed:
                        (self.terminal.type_hidden if isinstance(typed, Hidden) else self.terminal.type)(typed.encode())
                    del answers[pattern]
                    break
            plain = CONTROL.sub("", OTHER_SCREEN.sub("", shown))
            if plain == PROMPT or plain.endswith(f"\n{PROMPT}"):
                return plain.removesuffix(PROMPT)
            going = self.terminal.read(0.1)
            assert going and time.monotonic() < deadline, f"waited for the end of:\n{shown}"

    def close(self):
        if self.terminal:
            self.terminal.close()
        if self.uid:  # the kernel keeps what somebody has for some days
            self.run("keyctl", "session", "-", "sh", "-c", f"keyctl revoke $(keyctl get_persistent @s {self.uid})")
        super().close()
