"""Where a secret must never be seen, and what a helper does to its own process and to the files it makes."""
import base64
import json
import os
import platform
import random
import re
import shutil
import stat
import subprocess
import unittest
from pathlib import Path

from keyctl_world import KeyctlWorld
from pass_world import PassWorld
from sandbox import BIN, SANITIZED, SandboxCase, main
from secretservice_world import SecretServiceWorld

SERVER = "hygiene.example:5000"
CANARY = "cAnArY-9f8e7d6c5b4a-of-the-registry"
ENTRY = json.dumps({"ServerURL": SERVER, "Username": "bird", "Secret": CANARY})


def forms(secret):
    """The bytes by which a secret could be recognised: plain, hexadecimal, and the middle of its base64 at each of the
    three offsets it can have inside something longer."""
    plain = secret.encode()
    found = [plain, plain.hex().encode(), plain.hex().upper().encode(), plain.decode().encode("utf-16-le")]
    for offset in range(3):
        found.append(base64.b64encode(b"\0" * offset + plain)[4:-4])
    return found


def has_secret(data):
    return any(form in data for form in forms(CANARY))


def files_below(root):
    return {path for path in Path(root).rglob("*") if path.is_file() or path.is_dir()}


class HygieneCase(SandboxCase):
    def ask(self, action, input="", **options):
        return self.world.run(self.program, action, input=input, **options)

    def store(self):
        done = self.ask("store", ENTRY)
        self.assertEqual(done.code, 0, done)

    @property
    def program(self):
        return BIN / f"docker-credential-{self.name}"

    @property
    def input_file(self):
        return self.world.root / "canary.input"

    @property
    def output_file(self):
        return self.world.root / "canary.output"

    def each_action(self):
        """Each action once, in an order in which each of them has something to do."""
        return (("store", ENTRY, ""), ("store", ENTRY, ""), ("list", "", SERVER), ("get", SERVER, CANARY),
                ("erase", SERVER, ""), ("get", SERVER, "credentials not found"))


class Rules:
    dumpable = False

    def test_a_secret_is_in_no_argument_environment_name_or_file(self):
        self.prepare()
        trace = self.world.root / "trace"
        for action, text, answer in self.each_action():
            done = self.world.run("strace", "-f", "-v", "-s", "65536", "-e", "trace=%file,execve,execveat", "-o", trace,
                                  self.program, action, input=text, env={"DOCKER_CREDENTIAL_LOG": "debug"})
            self.assertIn(answer, done.out, done)
            self.assertIn(f"execve(\"{self.program}\"", trace.read_text())
            self.assertFalse(has_secret(trace.read_bytes()), f"{action}: {trace.read_text()}")
            self.assertFalse(has_secret(done.raw_err), done)
            for path in files_below(self.world.root):
                self.assertFalse(has_secret(str(path).encode()), path)
                if path.is_file():
                    self.assertFalse(has_secret(path.read_bytes()), path)

    def test_debug_log_speaks_but_not_of_secrets(self):
        self.prepare()
        self.store()
        done = self.ask("get", SERVER, env={"DOCKER_CREDENTIAL_LOG": "debug"})
        self.assertNotEqual(done.err, "")
        self.assertFalse(has_secret(done.raw_err), done)
        self.assertIn(CANARY, done.out)

    def test_files_are_private_under_every_umask(self):
        for mask in (0o000, 0o022, 0o077):
            before = files_below(self.world.root)
            for action, text, _ in self.each_action()[:4]:
                self.ask(action, text, umask=mask)
            for path in files_below(self.world.root) - before:
                wanted = 0o700 if path.is_dir() else 0o600
                self.assertEqual(oct(stat.S_IMODE(path.stat().st_mode)), oct(wanted), f"{path} under umask {mask:03o}")
            done = self.ask("erase", SERVER)
            self.assertEqual(done.code, 0, done)

    def memory_at(self, action, text, *stop):
        """The memory of a helper at a point that gdb is told to stop at: all of it, also what is left out of ordinary
        core dumps."""
        self.input_file.write_text(text)
        core = self.world.root / "core"
        done = self.world.run("gdb", "--batch", "-nx", "-ex", "set confirm off", "-ex", "set debuginfod enabled off",
                              "-ex", "set dump-excluded-mappings on", "-ex", "set use-coredump-filter off",
                              *(word for command in stop for word in ("-ex", command)), "-ex",
                              f"run {action} < {self.input_file} > {self.output_file}", "-ex", f"gcore {core}", "-ex",
                              "kill", self.program, timeout=60)
        self.input_file.unlink()
        self.assertTrue(core.exists(), done)
        memory = core.read_bytes()
        core.unlink()
        return memory

    @unittest.skipIf(SANITIZED, "sanitizers keep freed memory")
    def test_no_secret_is_left_in_memory(self):
        self.prepare()
        memory = self.memory_at("store", ENTRY, "catch syscall exit_group")
        self.assertEqual(self.copies(memory), 0, "copies after store")
        memory = self.memory_at("get", SERVER, "catch syscall exit_group")
        self.assertIn(CANARY, self.output_file.read_text())
        self.assertEqual(self.copies(memory), 0, "copies after get")

    def test_the_search_in_memory_finds_a_secret(self):
        """So that the case above means something: just before the answer is written, it is there."""
        self.prepare()
        self.store()
        first_argument = {"x86_64": "$rdi", "aarch64": "$x0"}[platform.machine()]
        memory = self.memory_at("get", SERVER, "catch syscall write", f"condition 1 {first_argument} == 1")
        self.assertGreater(self.copies(memory), 0)

    def copies(self, memory):
        return memory.count(CANARY.encode())

    def test_process_shuts_itself_in(self):
        """Looked at from outside, while it waits for its input."""
        foreign = os.open("/dev/null", os.O_RDONLY)
        self.addCleanup(os.close, foreign)
        program = Path(shutil.copy(self.program, self.world.root))
        self.world.root.chmod(0o755)
        user = os.getuid() or random.randrange(1_000_000_000, 2_000_000_000)
        as_user = [] if os.getuid() else ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"]
        process = subprocess.Popen([*as_user, program, "get"], env=self.world.env, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(foreign,), umask=0)
        self.addCleanup(process.communicate)
        proc = Path(f"/proc/{process.pid}")

        def waits():
            return (proc / "comm").read_text().startswith("docker-cred") and "Umask:\t0077" in (proc / "status").read_text()

        self.world.wait_for(waits, "the helper with its umask set")
        self.world.wait_for(lambda: "S (sleeping)" in (proc / "status").read_text(), "the helper to read its input")
        self.assertEqual(sorted(os.listdir(proc / "fd")), ["0", "1", "2"])
        limit = next(line for line in (proc / "limits").read_text().splitlines() if line.startswith("Max core file size"))
        self.assertEqual(limit.split()[4:6], ["0", "0"])
        # The kernel gives the files of an undumpable process to root (proc(5)).
        self.assertEqual((proc / "environ").stat().st_uid, user if self.dumpable else 0)


class SecretServiceTest(Rules, HygieneCase):
    name = "secretservice"
    dumpable = True  # KeePassXC names its caller by /proc/PID/exe

    def make_world(self):
        return SecretServiceWorld()

    def prepare(self):
        pass


class PassTest(Rules, HygieneCase):
    name = "pass"

    def make_world(self):
        return PassWorld()

    def prepare(self):
        """The agent outlives the call that starts it, and strace and gdb would wait for it."""
        done = self.world.run("gpgconf", "--launch", "gpg-agent")
        self.assertEqual(done.code, 0, done)

    def test_gpg_gets_no_foreign_descriptors(self):
        self.prepare()
        said = self.world.root / "descriptors"
        folder = self.world.root / "bin"
        folder.mkdir()
        for name in ("gpg", "gpg2"):
            (folder / name).write_text(f"#!/bin/sh\nls -l /proc/$$/fd >> {said}\nexec /usr/bin/gpg \"$@\"\n")
            (folder / name).chmod(0o755)
        (self.world.root / "foreign").touch()
        foreign = os.open(self.world.root / "foreign", os.O_RDONLY)
        self.addCleanup(os.close, foreign)
        path = f"{folder}:{self.world.env['PATH']}"
        for action, text, answer in self.each_action()[1:4]:
            done = self.ask(action, text, pass_fds=(foreign,), env={"PATH": path})
            self.assertIn(answer, done.out, done)
        seen = re.findall(r"(\d+) -> (.*)", said.read_text())
        self.assertIn("0", dict(seen))
        # Besides gpg's own (0 to 2 and the status descriptor) the shell keeps its script and its standard output.
        self.assertLessEqual({int(number) for number, _ in seen}, {0, 1, 2, 3, 10, 11}, seen)
        self.assertNotIn(str(self.world.root / "foreign"), [target for _, target in seen])


class KeyctlTest(Rules, HygieneCase):
    name = "keyctl"

    def make_world(self):
        return KeyctlWorld()

    def prepare(self):
        pass


if __name__ == "__main__":
    main()
