"""A kernel keyring of one's own for one test, so that the real one of whoever runs the tests is never touched. Either a
new user namespace (the kernel keeps persistent keyrings for each namespace), or a user id that nobody has.

Debian packages: keyutils, util-linux."""
import os
import random
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from sandbox import BIN, Sandbox, SandboxCase

FORBID = Path(__file__).with_name("forbid.py")
PREFIX = "keyberth:"

# Runs its argument, a shell script, in a session of its own that has the persistent keyring as $ring.
IN_RING = ["keyctl", "session", "-", "sh", "-c", 'ring=$(keyctl get_persistent @s) && eval "$0"']


def check_kernel():
    """Skips the test where the kernel or a container's seccomp profile forbids keyrings."""
    done = subprocess.run(["keyctl", "session", "-", "true"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise unittest.SkipTest(f"the kernel keyring is not allowed here: {done.stderr.strip()}")


class KeyctlWorld(Sandbox):
    """Everything that `run` starts shares one persistent keyring, empty at first.

    ordinary_user=True makes it that of a throwaway user id with the kernel's usual quota, which needs root. Otherwise it
    is that of a new user namespace, whose quota is that of the user who runs the tests (and of the cases that run at the
    same time): `roomy` says whether it is large, as root's is.
    """

    def __init__(self, ordinary_user=False):
        check_kernel()
        self.prefix = []
        self.user = None
        super().__init__()
        try:
            if ordinary_user:
                self._become_nobody()
            else:
                self._make_namespace()
        except BaseException:
            self.close()
            raise

    def _make_namespace(self):
        if subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True, check=False).returncode:
            raise unittest.SkipTest("new user namespaces are not allowed here")
        holder = self.start("unshare", "--user", "--map-root-user", "sleep", "infinity")
        self.wait_for(lambda: Path(f"/proc/{holder.pid}/comm").read_text() == "sleep\n", "the user namespace")
        self.prefix = ["nsenter", f"--user=/proc/{holder.pid}/ns/user", "--preserve-credentials", "--"]
        self.helper = BIN / "docker-credential-keyctl"

    def _become_nobody(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest("another user id needs root")
        user = self.user = random.randrange(1_000_000_000, 2_000_000_000)
        self.prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"]
        # The build folder may be closed to others.
        self.helper = Path(shutil.copy(BIN / "docker-credential-keyctl", self.root))
        self.env["PATH"] = f"{self.root}:{self.env['PATH']}"
        for path in (self.root, *self.root.iterdir()):
            os.chown(path, user, user)

    @property
    def roomy(self):
        with open("/proc/key-users", encoding="ascii") as file:
            lines = {line.split(":")[0].strip(): line.split() for line in file}
        return int(lines[str(os.geteuid())][4].split("/")[1]) > 1_000_000

    @property
    def largest_secret(self):
        """Bytes of user name and secret that certainly fit."""
        return 32766 if self.roomy else 8000

    def need_room(self):
        """Skips a test that fills more than a few kilobytes."""
        if not self.roomy:
            raise unittest.SkipTest("this user's quota of kernel keys is too small; root's is large enough")

    def run(self, *argv, **options):
        return super().run(*self.prefix, *argv, **options)

    def call(self, action, input=b"", **options):
        """Runs the helper under test."""
        return self.run(self.helper, action, input=input, **options)

    def call_forbidden(self, code, action, input=b"", operation=None, **options):
        """Runs the helper where the kernel refuses keyrings (or one operation of keyctl) with this errno."""
        only = [] if operation is None else [operation]
        return self.run(sys.executable, FORBID, code, *only, "--", self.helper, action, input=input, **options)

    def in_ring(self, script):
        """Output of a shell script that finds the persistent keyring's number in $ring."""
        done = self.run(*IN_RING, script)
        assert done.code == 0, done
        return "\n".join(line for line in done.out.splitlines() if not line.startswith("Joined session"))

    def keys(self):
        """What is in the persistent keyring, by serial number: type;uid;gid;permissions;description."""
        serials = self.in_ring("keyctl rlist $ring").split()
        return {int(serial): self.in_ring(f"keyctl rdescribe {serial}") for serial in serials}

    def close(self):
        if self.user is not None:
            # From outside: the user may have no quota left for a look at its own keyring.
            done = super().run("keyctl", "session", "-", "sh", "-c", f"keyctl revoke $(keyctl get_persistent @s {self.user})")
            assert done.code == 0, done
        super().close()


class KeyctlCase(SandboxCase):
    """A unittest case whose world is a KeyctlWorld; give other options in `options`."""
    options = {}

    def make_world(self):
        return KeyctlWorld(**self.options)
