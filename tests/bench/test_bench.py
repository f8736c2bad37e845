"""Our helpers against the distribution's golang-docker-credential-helpers over the same store in the same run. Prints the
table of the README; fails when we are slower than they are by more than the noise. KEYBERTH_BENCH_RUNS sets the number of counted runs."""
import json
import os
import unittest

from measure import paired, peak_memory
from pass_world import PassWorld
from sandbox import BIN, SANITIZED, main
from secretservice_world import SecretServiceWorld

# Pairs share the machine's noise, not all of it. A store in GNOME Keyring costs both of us mostly its own rewriting of the
# file, so "as fast" is all there is to be had.
SLOWER = 1.25
RUNS = int(os.environ.get("KEYBERTH_BENCH_RUNS", "15"))
SERVER = "registry.example.com"


@unittest.skipIf(SANITIZED, "a build with sanitizers is not to be timed")
class Bench(unittest.TestCase):
    def compare(self, world, kind):
        """Runs each action of both helpers and prints a row for each."""
        self.addCleanup(world.close)
        ours, theirs = BIN / f"docker-credential-{kind}", f"/usr/bin/docker-credential-{kind}"
        payload = json.dumps({"ServerURL": SERVER, "Username": "me", "Secret": "x" * 200}).encode()
        self.assertEqual(0, world.run(ours, "store", input=payload).code)
        for i in range(20):
            other = json.dumps({"ServerURL": f"r{i}.example.com", "Username": "me", "Secret": "y"})
            self.assertEqual(0, world.run(ours, "store", input=other).code)
        rows = {"get": SERVER.encode(), "store": payload, "list": b"unused", "not found": b"unknown.example.com"}
        slower = []
        print(f"\n{kind}, 21 entries, median of {RUNS} paired runs")
        print(f"{'':10} {'ours':>9} {'older':>9} {'ratio':>6}   {'cpu ms':>13}   {'peak MiB':>13}")
        for name, stdin in rows.items():
            action = "get" if name == "not found" else name
            pair = paired([ours, action], [theirs, action], world.env, stdin, RUNS)
            memory = [peak_memory([program, action], world.env, stdin) / 1024 for program in (ours, theirs)]
            self.assertEqual(1 if name == "not found" else 0, pair.ours.code, name)
            print(f"{name:10} {pair.ours.wall:6.1f} ms {pair.theirs.wall:6.1f} ms {pair.ratio:6.2f}   "
                  f"{pair.ours.cpu:5.1f} / {pair.theirs.cpu:5.1f}   "
                  f"{memory[0]:5.1f} / {memory[1]:5.1f}")
            if pair.ratio > SLOWER:
                slower.append(name)
        return slower

    def test_pass_is_not_slower(self):
        self.assertEqual([], self.compare(PassWorld(), "pass"))

    def test_secretservice_is_not_slower(self):
        self.assertEqual([], self.compare(SecretServiceWorld(), "secretservice"))


if __name__ == "__main__":
    main()
