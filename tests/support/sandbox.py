"""A throwaway world for one test: its own HOME, XDG and runtime folders, a clean environment, and every process it
starts is gone when it ends. Nothing of the user who runs the tests is read or changed."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from dataclasses import dataclass
from pathlib import Path

BIN = Path(os.environ.get("KEYBERTH_BIN", Path(__file__).resolve().parents[2] / "build/release/bin"))
SANITIZED = os.environ.get("KEYBERTH_SANITIZED", "0") == "1"


@dataclass
class Done:
    """What a finished program left behind. Text is decoded strictly: a helper must write UTF-8."""
    code: int
    raw_out: bytes
    raw_err: bytes
    seconds: float

    @property
    def out(self):
        return self.raw_out.decode()

    @property
    def err(self):
        return self.raw_err.decode()

    def __str__(self):
        return f"exit {self.code} after {self.seconds:.2f} s\nstdout: {self.raw_out!r}\nstderr: {self.raw_err!r}"


class Sandbox:
    """Folders and environment. Subclasses ("worlds") start a keyring, a store or a server in it.

    `env` is what every program started here sees; change it freely. The path is short, because sockets live below it.
    `history` has what `run` ran so far and how it ended, as pairs of arguments and Done.
    """

    def __init__(self):
        self.root = Path(tempfile.mkdtemp(prefix="kb-", dir="/tmp"))
        self.children = []
        self.history = []
        self.env = {
            "PATH": f"{BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "USER": os.environ.get("USER", "root"),
        }
        for name, folder in {"HOME": "home", "XDG_RUNTIME_DIR": "run", "XDG_DATA_HOME": "data",
                             "XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache",
                             "XDG_STATE_HOME": "state", "DOCKER_CONFIG": "docker", "TMPDIR": "tmp"}.items():
            path = self.root / folder
            path.mkdir(mode=0o700)
            self.env[name] = str(path)
        if SANITIZED:
            self.env["ASAN_OPTIONS"] = "detect_leaks=1:abort_on_error=0:exitcode=99"
            self.env["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"

    @property
    def home(self):
        return Path(self.env["HOME"])

    def run(self, *argv, input=b"", timeout=100, env=None, **popen):
        """Runs to the end and returns Done. A program that outlives `timeout` fails the test, with its group killed."""
        if isinstance(input, str):
            input = input.encode()
        started = time.monotonic()
        process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={**self.env, **(env or {})}, start_new_session=True,
                                   **popen)
        try:
            out, err = process.communicate(input, timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(f"{argv} still ran after {timeout} s\nstdout: {out!r}\nstderr: {err!r}") from None
        done = Done(process.returncode, out, err, time.monotonic() - started)
        self.history.append((argv, done))
        return done

    def start(self, *argv, env=None, log=None, **popen):
        """Starts a server; `close` ends it. Its output goes to the file `log` below the root (default: its name)."""
        log = open(self.root / (log or f"{Path(str(argv[0])).name}.log"), "ab")
        process = subprocess.Popen([str(a) for a in argv], stdin=popen.pop("stdin", subprocess.DEVNULL), stdout=log,
                                   stderr=log, env={**self.env, **(env or {})}, start_new_session=True, **popen)
        log.close()
        self.children.append(process)
        return process

    def add_program(self, name, script):
        """Puts a shell script in front of everything else in PATH."""
        folder = self.root / "programs"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
        if not self.env["PATH"].startswith(f"{folder}:"):
            self.env["PATH"] = f"{folder}:{self.env['PATH']}"
        return folder / name

    def without_programs(self, *names):
        """As if they were not installed: PATH is one folder with links to all the others."""
        folder = self.root / "others"
        folder.mkdir()
        for place in self.env["PATH"].split(":"):
            for program in Path(place).iterdir() if Path(place).is_dir() else ():
                if program.name not in names and not (folder / program.name).is_symlink():
                    (folder / program.name).symlink_to(program)
        self.env["PATH"] = str(folder)

    def wait_for(self, condition, what, timeout=60):
        """Polls until `condition()` is true; fails with `what` when that takes longer than `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.01)
        logs = "".join(f"\n--- {p.name}\n{p.read_text(errors='replace')[-2000:]}" for p in self.root.glob("*.log"))
        raise AssertionError(f"waited {timeout} s for {what}{logs}")

    def close(self):
        for process in reversed(self.children):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in reversed(self.children):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        shutil.rmtree(self.root, ignore_errors=True)


class SandboxCase(unittest.TestCase):
    """A unittest case with `self.world`, made by `make_world` and closed afterwards."""
    maxDiff = None

    def make_world(self):
        return Sandbox()

    def setUp(self):
        self.world = self.make_world()
        self.addCleanup(self.world.close)

    def succeeds(self, done):
        self.assertEqual(done.code, 0, done)
        return done


def main():
    """For `if __name__ == "__main__"`: exits 77, ctest's skip code, when every case that ran was skipped (with its
    reason on the screen), so that a skip is never counted as a pass."""
    program = unittest.main(exit=False)
    result = program.result
    if result.wasSuccessful() and result.testsRun and len(result.skipped) == result.testsRun:
        sys.exit(77)
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
