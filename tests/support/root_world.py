# SPDX-License-Identifier: Apache-2.0
"""A throwaway Debian: one of the roots that scripts/install-test-root has made, unpacked for one test."""
import os
import subprocess
import unittest
from pathlib import Path

from sandbox import Sandbox

ROOTS = Path(__file__).resolve().parents[2] / "build/test-root"

# pivot_root, not chroot: the kernel allows no user namespace, hence no keyring of one's own, below a chroot.
ENTER = """
set -e
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount --rbind /dev dev
pivot_root . mnt
umount -l /mnt
cd "$2"
shift 2
exec "$@"
"""


class RootWorld(Sandbox):
    """Programs run in it as root, without a network, and all end with the one that was started. `archive` is the root's."""

    def __init__(self, archive="root.tar"):
        if os.geteuid() != 0:
            raise unittest.SkipTest("a root of its own needs root")
        if not (ROOTS / archive).exists():
            raise unittest.SkipTest("mounts are not allowed here" if self.mounts_forbidden()
                                    else "there is no build/test-root; run scripts/install-test-root")
        super().__init__()
        self.path = self.root / "root"
        self.path.mkdir()
        try:
            subprocess.run(["tar", "-xf", ROOTS / archive, "-C", self.path, "--numeric-owner", "--xattrs"], check=True)
            (self.path / "tmp/empty").mkdir()
        except BaseException:
            self.close()
            raise

    @staticmethod
    def mounts_forbidden():
        return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0

    def entering(self, *argv, folder="/", network="--net"):
        """The command that runs a program in the root, with the environment of a fresh login. With an empty `network` it has
        that of the test."""
        return ["unshare", "--mount", "--pid", *network.split(), "--ipc", "--fork", "--kill-child", "--propagation=private", "--",
                "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "USER=root", "LANG=C.UTF-8",
                "DEBIAN_FRONTEND=noninteractive", "PYTHONDONTWRITEBYTECODE=1",
                "bash", "-c", ENTER, "enter", self.path, folder, *argv]

    def inside(self, *argv, folder="/", timeout=60, **options):
        return self.run(*self.entering(*argv, folder=folder), timeout=timeout, **options)
