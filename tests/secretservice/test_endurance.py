"""Many entries, and helpers that are killed while they store."""
import os
import random
import signal
import subprocess
import time

import sandbox
from secretservice_world import HELPER, ROOT, SecretServiceCase, docker_attributes, login

SESSION = f"{ROOT}/collection/session"  # kept in memory only, so that filling it takes a second instead of a minute


class ManyEntries(SecretServiceCase):
    def setUp(self):
        super().setUp()
        for n in range(1000):
            self.world.client.create_item(docker_attributes(f"r{n}.example", f"user{n}"), f"secret{n}".encode(),
                                          collection=SESSION)

    def test_a_thousand_are_listed_and_found(self):
        started = time.monotonic()
        self.assertEqual(self.list(), {f"r{n}.example": f"user{n}" for n in range(1000)})
        self.assertLess(time.monotonic() - started, 3)  # the older helper takes 2.3 s on an idle machine, we 0.3
        for n in [0, 500, 999]:
            self.assertEqual(self.get(f"r{n}.example"), (f"user{n}", f"secret{n}"))
        self.assert_absent("r1000.example")
        self.erase("r500.example")
        self.assert_absent("r500.example")
        self.assertEqual(len(self.list()), 999)


class Killed(SecretServiceCase):
    def test_killed_store_leaves_the_old_or_the_new_secret(self):
        self.store(secret="secret0")
        pid = self.world.client.provider_pid()
        possible = {"secret0"}
        seed = os.urandom(4).hex()
        pause = random.Random(seed)
        completed = 0
        for n in range(1, 101):
            process = subprocess.Popen([HELPER, "store"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env=self.world.env)
            process.stdin.write(login(secret=f"secret{n}").encode())
            process.stdin.close()
            time.sleep(pause.uniform(0, 0.03))
            process.send_signal(signal.SIGKILL)
            completed += process.wait(10) == 0
            possible.add(f"secret{n}")
            username, secret = self.get()
            self.assertEqual(username, "alice")
            self.assertIn(secret, possible, f"seed {seed}, round {n}")
            # The provider may carry out a request whose sender is gone a little later.
            possible = {secret, f"secret{n}"}
        self.assertLess(completed, 100, "nothing was ever killed in time")
        self.assertEqual(self.world.client.provider_pid(), pid)
        self.assertEqual(len(self.world.client.items()), 1)
        self.store(secret="last")
        self.assertEqual(self.get(), ("alice", "last"))


if __name__ == "__main__":
    sandbox.main()
