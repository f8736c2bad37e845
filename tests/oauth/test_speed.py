"""How quickly `get` answers without the network. The quickest of many counts, because it shows what the program can do,
whatever else this machine does; where it takes long to start any program, that is the measure."""
import sys
import unittest

from oauth_case import OauthCase
from oauth_world import HELPER, NOT_FOUND
from sandbox import SANITIZED, main
from test_light import LightWorld

CALLS = 25
STARTS = 8  # so many starts of a helper that does nothing may a `get` take on a slow machine


@unittest.skipIf(SANITIZED, "sanitizers take time, and leak detection does not go together with strace")
class SpeedTest(OauthCase):
    def within(self, seconds, code, world=None):
        """The answers to many calls, of which the quickest may take so many seconds."""
        world = world or self.world
        done, starts = [], []
        for _ in range(CALLS):
            starts.append(self.succeeds(world.run(HELPER, "--version")).seconds)
            done.append(world.run(HELPER, "get", input=world.host))
            self.assertEqual(done[-1].code, code, done[-1])
        quickest, start = min(one.seconds for one in done), min(starts)
        print(f"fastest get {quickest * 1000:.1f} ms, fastest start {start * 1000:.1f} ms", file=sys.stderr)
        self.assertLess(quickest, max(seconds, STARTS * start))
        return {one.out for one in done}

    def with_session(self):
        self.world.start_provider()
        self.world.configure_oauth()
        self.world.make_session()

    def test_logged_out_get_is_quick_and_needs_no_network(self):
        self.world.start_provider()
        self.world.configure_oauth()
        self.world.provider.reset()
        self.assertEqual(self.within(0.05, 1), {NOT_FOUND})
        self.assertEqual(self.world.provider.count()["connections"], 0)
        alone = self.world.run("unshare", "-n", HELPER, "get", input=self.world.host)
        self.assertEqual((alone.code, alone.out), (1, NOT_FOUND), alone)
        traced = self.world.run("strace", "-f", "-qq", "-e", "trace=socket,connect", "-o", self.world.root / "trace",
                                HELPER, "get", input=self.world.host)
        self.assertEqual(traced.out, NOT_FOUND, traced)
        self.assertNotIn("AF_INET", (self.world.root / "trace").read_text())

    def test_logged_out_get_with_a_password_store(self):
        world = LightWorld()
        self.addCleanup(world.close)
        self.assertEqual(self.within(0.05, 1, world), {NOT_FOUND})

    def test_get_from_the_vault_within_20_ms(self):
        self.with_session()
        self.assertEqual(len(self.within(0.02, 0)), 1)
        self.assertEqual(self.world.provider.count()["connections"], 0)

    def test_dead_session_is_as_quick(self):
        self.with_session()
        self.world.write_session({**self.world.session(), "dead": "revoked", "minted": []})
        said = self.within(0.05, 1)
        self.assertEqual(len(said), 1)
        self.assertNotIn(NOT_FOUND, said)
        self.assertIn("revoked", said.pop())
        self.assertEqual(self.world.provider.count()["connections"], 0)


if __name__ == "__main__":
    main()
