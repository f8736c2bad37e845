"""A password store of its own for one test: a GnuPG home with one key, made once and copied from then on, and the
folder that `pass init` leaves behind."""
import base64
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from sandbox import Sandbox, SandboxCase

PASSPHRASE = "correct horse"
FOLDER = "docker-credential-helpers"

# An agent that derives a key in about a millisecond; the default takes a third of a second for each decryption.
AGENT_CONF = "s2k-count 65536\nallow-preset-passphrase\ndisable-scdaemon\nno-allow-external-cache\n"

PINENTRY = """#!/bin/sh
# Speaks the pinentry protocol; every line it is told goes to the log.
log={log}
echo "OK Pleased to meet you"
while read -r line; do
  printf '%s %s\\n' "$$" "$line" >> "$log"
  case $line in
    GETPIN*) {getpin} ;;
    CONFIRM*) {confirm} ;;
    GETINFO*pid*) echo "D $$"; echo OK ;;
    BYE*) echo "OK closing"; exit 0 ;;
    *) echo OK ;;
  esac
done
"""
GETPIN = {
    "answers": "echo 'D {passphrase}'; echo OK",
    "slow": "sleep 0.3; echo 'D {passphrase}'; echo OK",
    "empty": "echo OK",
    "wrong": "echo 'D not the passphrase'; echo OK",
    "cancels": "echo 'ERR 83886179 Operation cancelled <Pinentry>'",
    "hangs": "exec sleep 1000",
}


def cache_folder():
    """Where made keys are kept between tests and between test programs."""
    folder = os.environ.get("KEYBERTH_CACHE") or f"{tempfile.gettempdir()}/keyberth-test-cache-{os.getuid()}"
    path = Path(folder)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def end_processes_below(folder):
    """Ends what still runs with a path below `folder` on its command line: a stopped agent, a hanging pinentry."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if any(word.startswith(f"{folder}/".encode()) for word in words):
                os.kill(int(entry.name), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue


class PassWorld(Sandbox):
    """Options:

    passphrase  of the key; "" for a key without one, PASSPHRASE for one that is locked until someone unlocks it
    pinentry    what gpg-agent asks people with: one of GETPIN, "missing" (no such program) or a path
    init        False leaves out the password store; the key is there
    key         False leaves out the key too: an empty account
    git         True makes the store a git repository with `pass git init`
    """

    def __init__(self, passphrase="", pinentry="missing", init=True, key=True, git=False):
        super().__init__()
        self.passphrase = passphrase
        self.gnupg = self.home / ".gnupg"
        self.store = self.home / ".password-store"
        self.folder = self.store / FOLDER
        self.env["GNUPGHOME"] = str(self.gnupg)
        self.key = None
        if key:
            self._copy_made_key(passphrase)
        else:
            self.gnupg.mkdir(mode=0o700)
        self.set_pinentry(pinentry)
        if init and key:
            self.store.mkdir(mode=0o700)
            (self.store / ".gpg-id").write_text(f"{self.key}\n")
        if git:
            self.set_up_git()

    def _copy_made_key(self, passphrase):
        made = cache_folder() / f"gnupg-{'locked' if passphrase else 'open'}"
        with open(cache_folder() / "gnupg.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (made / "fingerprint").exists():
                self._make_key(made, passphrase)
        shutil.copytree(made, self.gnupg)
        self.gnupg.chmod(0o700)
        self.key = (self.gnupg / "fingerprint").read_text()
        (self.gnupg / "fingerprint").unlink()

    def _make_key(self, target, passphrase):
        # In a folder with a short name: gpg-agent's socket lives there.
        self.gnupg.mkdir(mode=0o700)
        (self.gnupg / "gpg-agent.conf").write_text(AGENT_CONF)
        fingerprint = self.new_key("Test <test@example.org>", passphrase)
        self.end_agents()
        (self.gnupg / "fingerprint").write_text(fingerprint)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.gnupg, target, ignore=shutil.ignore_patterns("S.*", "*.lock", ".#*", "*~"))
        shutil.rmtree(self.gnupg)

    def new_key(self, name, passphrase="", expires="never"):
        """Makes another key in this GnuPG home and returns its fingerprint."""
        done = self.run("gpg", "--batch", "--status-fd", "1", "--pinentry-mode", "loopback", "--passphrase", passphrase,
                        "--quick-generate-key", name, "future-default", "default", expires)
        created = [line.split()[3] for line in done.out.splitlines() if line.startswith("[GNUPG:] KEY_CREATED")]
        assert done.code == 0 and created, done
        return created[0]

    def set_pinentry(self, kind):
        """Chooses the pinentry. A running agent keeps its former one: call this before the first use of gpg."""
        path = self.root / "pinentry"
        self.pinentry_log = self.root / "pinentry.said"
        if kind in GETPIN:
            getpin = GETPIN[kind].format(passphrase=self.passphrase)
            confirm = "echo OK" if kind != "cancels" else "echo 'ERR 83886179 Operation cancelled <Pinentry>'"
            path.write_text(PINENTRY.format(log=self.pinentry_log, getpin=getpin, confirm=confirm))
            path.chmod(0o700)
        elif kind == "missing":
            path.unlink(missing_ok=True)
        else:
            path = Path(kind)
        (self.gnupg / "gpg-agent.conf").write_text(f"{AGENT_CONF}pinentry-program {path}\n")

    def prompts(self):
        """How often a pinentry was asked for a passphrase so far."""
        if not self.pinentry_log.exists():
            return 0
        return sum(" GETPIN" in line for line in self.pinentry_log.read_text().splitlines())

    def unlock(self):
        """Gives the passphrase to gpg-agent, as a login does that unlocks it."""
        done = self.run("gpgconf", "--list-dirs", "libexecdir")
        preset = Path(done.out.strip()) / "gpg-preset-passphrase"
        self.run("gpg-connect-agent", "/bye")
        listing = self.run("gpg", "--batch", "--with-colons", "--with-keygrip", "-K", self.key).out
        for line in listing.splitlines():
            if line.startswith("grp:"):
                done = self.run(preset, "--preset", line.split(":")[9], input=self.passphrase)
                assert done.code == 0, done

    def set_up_git(self):
        """Makes the store a git repository, as `pass git init` does."""
        (self.home / ".gitconfig").write_text("[user]\n\tname = Test\n\temail = test@example.org\n"
                                              "[init]\n\tdefaultBranch = main\n")
        done = self.run("pass", "git", "init")
        assert done.code == 0, done

    def entry(self, server, user):
        """The file in which older helpers keep this credential."""
        return self.folder / base64.urlsafe_b64encode(server.encode()).decode() / f"{user}.gpg"

    def write_entry(self, path, secret):
        """Encrypts `secret` into a file with gpg itself."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        done = self.run("gpg", "--batch", "--yes", "--quiet", "--trust-model", "always", "-r", self.key, "-o", path,
                        "-e", input=secret)
        assert done.code == 0, done

    def read_entry(self, path):
        """The bytes in an encrypted file, read with gpg itself."""
        done = self.run("gpg", "--batch", "--quiet", "-d", path)
        assert done.code == 0, done
        return done.raw_out

    def end_agents(self):
        try:
            subprocess.run(["gpgconf", "--kill", "all"], env=self.env, timeout=30, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        except subprocess.TimeoutExpired:
            pass
        end_processes_below(self.root)

    def close(self):
        self.end_agents()
        super().close()


class PassCase(SandboxCase):
    """A unittest case whose world is a PassWorld; give other options in `options`."""
    options = {}

    def make_world(self):
        return PassWorld(**self.options)
