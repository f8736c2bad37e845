"""`tests/contract/run`, the contract for any program: its verdicts, and the two ways to prepare a store."""
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from sandbox import BIN, SandboxCase

RUN = Path(__file__).with_name("run")
USAGE = "no argument prints the usage line"


class Run(SandboxCase):
    def run_contract(self, *arguments):
        return subprocess.run([sys.executable, RUN, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "KEYBERTH_BIN": str(BIN)}, check=False)

    def script(self, name, text):
        path = self.world.root / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def test_a_program_that_keeps_the_contract(self):
        done = self.run_contract(BIN / "docker-credential-pass", "--only", USAGE)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(f"ok   {USAGE}\n", done.stdout)
        self.assertIn("1 of 1 cases kept, 0 broken, 0 skipped", done.stdout)

    def test_a_program_that_breaks_it(self):
        done = self.run_contract("/bin/true", "--only", USAGE, "-v")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(f"FAIL {USAGE}\n", done.stdout)
        self.assertIn("0 of 1 cases kept, 1 broken", done.stdout)
        self.assertIn("Tuples differ", done.stdout)

    def test_a_script_prepares_the_store_and_its_servers_are_ended(self):
        pid = self.world.root / "pid"
        setup = self.script("setup", f'touch "$HOME/prepared"\nsleep 1000 >/dev/null & echo $! > {pid}\necho STORE=$HOME')
        mine = self.script("docker-credential-mine", 'test -e "$STORE/prepared" && '
                           'echo "Usage: docker-credential-mine <store|get|erase|list|version>"; exit 1')
        done = self.run_contract(mine, "--setup", setup, "--only", USAGE, "-v")
        self.assertEqual(done.returncode, 0, done)
        self.world.wait_for(lambda: self.has_ended(pid.read_text().strip()), "the set-up's server to end")

    @staticmethod
    def has_ended(pid):
        """Gone, or never collected, as in a container whose first process does not look after orphans."""
        try:
            return ") Z " in Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return True

    def test_a_script_that_fails_fails_the_case(self):
        done = self.run_contract("/bin/true", "--setup", self.script("setup", "exit 3"), "--only", USAGE, "-v")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("failed with exit code 3", done.stdout)

    def test_no_such_program(self):
        done = self.run_contract("docker-credential-nowhere")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no such program: docker-credential-nowhere", done.stderr)


if __name__ == "__main__":
    import sandbox
    sandbox.main()
