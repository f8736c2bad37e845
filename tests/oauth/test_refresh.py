"""One refresh, however many ask, and whatever happens to those who ask. Requests are counted at the provider, which
ends a login when a refresh token comes back a second time."""
import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from faulty_provider import Answer, BlackHole
from oauth_case import OauthCase
from oauth_world import HELPER, NOT_FOUND
from sandbox import main

PROCESSES = 64
ROUNDS = 20
TRIALS = 100
LIMIT = 20 + 5  # seconds that no `get` may exceed, and what a machine with much else to do may add


class RefreshCase(OauthCase):
    def with_session(self, **options):
        self.world.start_provider(**options)
        self.world.configure_oauth()
        self.world.make_session()
        return self.world.provider

    def login_needed(self, done, host=None):
        """The answer for a login that is over: not "not found", and with the way out."""
        self.assertEqual(done.code, 1, done)
        self.assertNotEqual(done.out, NOT_FOUND, done)
        self.assertIn(f"docker-credential-oauth login {host or self.world.host}", done.out + done.err)


class ParallelTest(RefreshCase):
    def at_once(self, count, environments=(None,)):
        """So many helpers that all wait for their input, which comes at the same moment."""
        helpers = [self.world.spawn(HELPER, "get", stdin=subprocess.PIPE, env=environment)
                   for _ in range(count) for environment in environments]
        for helper in helpers:
            helper.process.stdin.write(self.world.host.encode())
            helper.process.stdin.close()
            helper.process.stdin = None
        return [helper.finish(60) for helper in helpers]

    def storm(self, provider, processes=PROCESSES, rounds=ROUNDS):
        seen = set()
        slowest = 0
        for number in range(1, rounds + 1):
            self.world.age_session()
            done = self.at_once(processes)
            slowest = max(slowest, *(one.seconds for one in done))
            self.assertEqual([one for one in done if one.code != 0], [], f"round {number}")
            answers = {one.out for one in done}
            self.assertEqual(len(answers), 1, f"round {number}: {answers}")
            self.assertEqual(provider.refreshes(), number)
            seen |= answers
        self.assertEqual(len(seen), rounds, "a round was answered with the token of another")
        count = provider.count()
        self.assertEqual(count["most_uses"], 1)
        self.assertEqual(count["statuses"], {"refresh_token 200": rounds})
        secret = json.loads(seen.pop())["Secret"]
        self.assertTrue(provider.introspect(secret)["active"] or rounds > 1)
        self.assertTrue(provider.introspect(self.world.credential()[1])["active"], "somebody was logged out")
        print(f"{processes} processes x {rounds} rounds: {provider.refreshes()} refreshes, "
              f"slowest get {slowest:.2f} s", file=sys.stderr)

    def test_64_processes_20_rounds(self):
        self.storm(self.with_session())

    def test_64_processes_20_rounds_against_a_provider_with_a_slow_store(self):
        """With 30 ms for each look into its store, oidc-provider does not notice that a token is used twice at once; the
        count does."""
        self.storm(self.with_session(slow=30))

    def test_one_refresh_with_and_without_a_login_session(self):
        """A cron job and a desktop: only one of them has XDG_RUNTIME_DIR."""
        provider = self.with_session(before=300)
        self.world.age_session()
        done = self.at_once(2, (None, {"XDG_RUNTIME_DIR": None}))
        self.assertEqual([one for one in done if one.code != 0], [])
        self.assertEqual(len({one.out for one in done}), 1, done)
        self.assertEqual((provider.refreshes(), provider.count()["most_uses"]), (1, 1))

    def test_one_refresh_without_a_state_folder(self):
        """The home cannot be written: the lock is taken in the runtime folder."""
        provider = self.with_session(before=300)
        self.world.age_session()
        done = self.at_once(4, ({"XDG_STATE_HOME": "/proc"},))
        self.assertEqual([one for one in done if one.code != 0], [])
        self.assertEqual(provider.refreshes(), 1)

    def test_one_refresh_for_registries_that_share_a_session(self):
        provider = self.world.start_provider()
        first, second = self.world.host, f"other-{self.world.host}"
        shared = self.world.rule(session="work")
        self.world.configure_oauth({first: shared, second: shared})
        self.world.session_key = lambda host=None: "oauth+https://session/work"
        self.world.make_session()
        self.world.age_session()
        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(self.world.credential, [first, second] * 4))
        self.assertEqual(len(set(done)), 1, done)
        self.assertEqual(provider.refreshes(), 1)

    def test_storm_on_a_refused_session_asks_once(self):
        """A tombstone: the provider refuses, and of 16 that ask only the first asks it."""
        provider = self.with_session()
        provider.post("/token/revocation", client_id="cli", token=self.world.session()["refresh_token"])
        self.world.age_session()
        for done in self.at_once(16):
            self.login_needed(done)
        self.assertEqual(provider.refreshes(), 1)
        self.login_needed(self.world.get())
        self.assertEqual(provider.refreshes(), 1)

    def test_storm_on_a_lost_answer_uses_the_token_once(self):
        provider = self.with_session(lose=1)
        self.world.age_session()
        for done in self.at_once(16):
            self.assertEqual(done.code, 1, done)
            self.assertNotEqual(done.out, NOT_FOUND)
        count = provider.count()
        self.assertEqual((count["grants"], count["most_uses"]), ({"refresh_token": 1}, 1))


class RefreshTest(RefreshCase):
    def test_fresh_token_comes_from_the_vault(self):
        provider = self.with_session()
        before = provider.count()
        for _ in range(3):
            self.assertEqual(self.world.credential(), ("alice", self.world.session()["access_token"]))
        self.assertEqual(provider.count(), before)

    def test_rotated_token_is_stored_before_the_answer(self):
        provider = self.with_session()
        before = self.world.session()
        self.world.age_session()
        user, secret = self.world.credential()
        after = self.world.session()
        self.assertEqual((user, secret), ("alice", after["access_token"]))
        self.assertNotEqual(before["refresh_token"], after["refresh_token"])
        self.assertTrue(provider.introspect(secret)["active"])
        self.assertEqual(provider.refreshes(), 1)

    def test_provider_without_rotation(self):
        provider = self.with_session(rotate=False)
        token = self.world.session()["refresh_token"]
        for number in (1, 2):
            self.world.age_session()
            self.world.credential()
            self.assertEqual(self.world.session()["refresh_token"], token)
            self.assertEqual(provider.refreshes(), number)

    def test_tokens_of_half_a_minute(self):
        """They are used, too, and not renewed at each call."""
        provider = self.with_session(access_token=30)
        secrets = set()
        for _ in range(3):
            _, secret = self.world.credential()
            self.assertTrue(provider.introspect(secret)["active"])
            self.assertEqual(self.world.credential(), ("alice", secret))
            secrets.add(secret)
            self.world.age_session()
        self.assertEqual(len(secrets), 3)
        self.assertEqual(provider.refreshes(), 2)

    def test_provider_down_but_token_still_good(self):
        provider = self.with_session()
        self.world.age_session(3600 - 120)  # in its last two minutes: to be renewed, but good
        good = self.world.session()["access_token"]
        provider.set(down=True)
        self.assertEqual(self.world.credential(), ("alice", good))
        provider.stop()
        self.assertEqual(self.world.credential(), ("alice", good))

    def test_provider_down_and_token_expired(self):
        """An error, but no logout: it works again as soon as the provider does."""
        provider = self.with_session()
        port, session = provider.port, self.world.session()
        self.world.age_session()
        provider.stop()
        done = self.world.get()
        self.assertEqual(done.code, 1, done)
        self.assertNotEqual(done.out, NOT_FOUND)
        after = self.world.session()
        self.assertEqual(after["refresh_token"], session["refresh_token"])
        self.assertNotIn("refresh_sent", after)  # never sent, so it may be tried again
        self.assertNotIn("dead", after)
        self.assertTrue(port)

    def test_lost_answer_spends_the_token_once(self):
        provider = self.with_session(lose=1)
        self.world.age_session()
        for _ in range(3):
            done = self.world.get()
            self.login_needed(done)
            self.assertIn("not known whether the provider spent the refresh token", done.err)
            self.assertNotIn("try again", done.err)
        status = self.world.oauth("status").out
        self.assertIn("of no use: it cannot be renewed", status)
        self.assertIn(f"next step     docker-credential-oauth login {self.world.host}", status)
        self.assertNotIn("a new one is made", status)
        state = json.loads(self.world.oauth("status", "--json").out)["registries"][0]
        self.assertEqual((state["alive"], state["renewable"]), (False, False))
        count = provider.count()
        self.assertEqual((count["grants"]["refresh_token"], count["most_uses"]), (1, 1))

    def test_lost_answer_of_a_provider_without_rotation(self):
        """It has shown at a refresh before that it takes the same token again."""
        provider = self.with_session(rotate=False)
        self.world.age_session()
        self.world.credential()
        provider.set(lose=1)
        self.world.age_session()
        done = self.world.get()
        self.assertEqual(done.code, 1, done)
        self.assertNotIn("log in again", done.err)
        self.assertIn("alive\n", self.world.oauth("status").out)
        self.assertEqual(self.world.credential()[0], "alice")
        self.assertEqual(provider.refreshes(), 3)

    def test_busy_provider_is_asked_again(self):
        provider = self.with_session()
        self.world.age_session()
        provider.set(down=True)
        done = self.world.get()
        self.assertEqual(done.code, 1, done)
        self.assertIn("try again later", done.err)
        self.assertNotIn("refresh_sent", self.world.session())
        provider.set(down=False)
        self.assertEqual(self.world.credential()[0], "alice")

    def test_lost_answer_while_the_token_is_good(self):
        provider = self.with_session(lose=1)
        self.world.age_session(3600 - 120)
        good = self.world.session()["access_token"]
        for _ in range(3):
            self.assertEqual(self.world.credential(), ("alice", good))
        self.assertEqual(provider.count()["most_uses"], 1)
        self.assertIn("alive, but it cannot be renewed", self.world.oauth("status").out)
        self.world.age_session()
        self.login_needed(self.world.get())
        self.assertEqual(provider.count()["most_uses"], 1)

    def test_revoked_at_the_provider(self):
        provider = self.with_session()
        provider.post("/token/revocation", client_id="cli", token=self.world.session()["refresh_token"])
        self.world.age_session()
        for _ in range(2):
            self.login_needed(self.world.get())
        self.assertEqual(provider.refreshes(), 1)
        self.assertNotIn("refresh_token", self.world.session())

    def test_another_computer_with_the_same_vault_was_quicker(self):
        """The refresh is refused because somebody else did it: what is stored now counts."""
        provider = self.with_session()
        self.world.age_session()
        stale = self.world.session()
        self.world.credential()
        newer = self.world.session()
        self.assertNotEqual(stale["refresh_token"], newer["refresh_token"])
        # The other one stores while our request is on its way.
        self.world.write_session(stale)
        provider.set(before=1500)
        running = self.world.spawn(HELPER, "get", stdin=subprocess.PIPE)
        running.process.stdin.write(self.world.host.encode())
        running.process.stdin.close()
        running.process.stdin = None
        self.world.wait_for(lambda: provider.refreshes() == 2, "the second refresh")
        self.world.write_session(newer)
        done = running.finish()
        self.assertEqual(done.code, 0, done)
        self.assertEqual(json.loads(done.out)["Secret"], newer["access_token"])


class KilledTest(RefreshCase):
    def start_get(self):
        running = self.world.spawn(HELPER, "get", stdin=subprocess.PIPE)
        running.process.stdin.write(self.world.host.encode())
        running.process.stdin.close()
        running.process.stdin = None
        return running

    def renewal(self):
        """How many seconds one takes here and now."""
        self.world.age_session()
        return self.succeeds(self.world.get()).seconds

    def test_killed_callers(self):
        """The caller and all of its process group die at any moment: the renewal goes on, the next caller is served."""
        provider = self.with_session()
        renewal = self.renewal()
        expected = 1
        for trial in range(TRIALS // 4):
            self.world.age_session()
            before = provider.refreshes()
            running = self.start_get()
            time.sleep(random.uniform(0, renewal))
            running.kill()
            running.process.wait()
            _, secret = self.world.credential()
            self.assertTrue(provider.introspect(secret)["active"], f"trial {trial}")
            expected += 1
            self.assertEqual(provider.refreshes(), before + 1, f"trial {trial}")
        self.assertEqual(provider.count()["most_uses"], 1)
        self.assertEqual(provider.refreshes(), expected)

    def test_killed_holders(self):
        """The program that refreshes dies itself: before, during and after the exchange. Where the provider never saw
        the token, the next caller uses it; where it did, nobody uses it again."""
        provider = self.with_session()
        met = {"before": 0, "marked": 0, "during": 0, "after": 0}
        trials = TRIALS - TRIALS // 4
        renewal = min(self.renewal() for _ in range(3))
        for trial in range(trials):
            moment = ("before", "during", "after")[trial % 3]
            provider.set(before=300 if moment == "during" else 0)
            self.world.age_session()
            old = self.world.session()
            before = provider.refreshes()
            running = self.start_get()
            holder = self.world.wait_for(lambda: self.world.net_programs(), "the network half")
            if moment == "before":
                time.sleep(random.uniform(0, renewal / 3))
            else:
                self.world.wait_for(lambda: provider.refreshes() > before, "the refresh")
            if moment == "after":
                time.sleep(random.uniform(0, renewal))
            for pid in holder:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.assertLess(running.finish().seconds, LIMIT)
            provider.set(before=0)
            time.sleep(0.35 if moment == "during" else 0.05)  # the provider ends what it has begun
            self.recover(provider, old, provider.refreshes() > before, met)
            self.assertLessEqual(provider.count()["most_uses"], 1)
        print(f"{trials} holders killed: {met}", file=sys.stderr)
        for moment in ("before", "during", "after"):
            self.assertGreater(met[moment], 0, met)
        self.assertLess(met["marked"], trials // 3, met)

    def recover(self, provider, old, reached, met):
        """The next caller after a death: what it has to get."""
        left = self.world.session()
        done = self.world.get()
        if left["refresh_token"] != old["refresh_token"]:
            met["after"] += 1
        elif not reached and "refresh_sent" not in left:
            met["before"] += 1
        else:  # sent, or about to be sent in the next millisecond: nobody can know, so it is not tried again
            met["during" if reached else "marked"] += 1
            self.login_needed(done)
            self.assertLessEqual(provider.count()["most_uses"], 1)
            self.world.make_session()
            return
        self.assertEqual(done.code, 0, done)
        self.assertTrue(provider.introspect(json.loads(done.out)["Secret"])["active"])

    def test_killed_holder_while_the_token_is_good(self):
        """An exchange lost in the last minutes of a token costs nobody a login before that token ends."""
        provider = self.with_session(before=3000)
        self.world.age_session(3600 - 120)
        good = self.world.session()["access_token"]
        running = self.start_get()
        self.world.wait_for(lambda: provider.refreshes() == 1, "the refresh")
        for pid in self.world.net_programs():
            os.kill(pid, signal.SIGKILL)
        done = running.finish()
        self.assertEqual((done.code, json.loads(done.out)["Secret"]), (0, good), done)
        self.assertEqual(self.world.credential(), ("alice", good))
        self.assertEqual(provider.count()["most_uses"], 1)


class LibraryTest(RefreshCase):
    def test_get_from_the_vault_needs_no_network_library(self):
        self.with_session()
        asked, answer = self.world.root / "asked", self.world.root / "answer"
        self.world.add_program("docker-credential-slow",
                               f'[ "$1" != get ] || {{ >{asked}; until [ -e {answer} ]; do sleep 0.05; done; }}\n'
                               'exec docker-credential-keyctl "$@"')
        session = self.world.session()
        self.world.vault = "slow"
        self.world.configure_oauth()
        running = self.world.spawn(HELPER, "get", stdin=subprocess.PIPE, env={"LD_DEBUG": "files"})
        running.process.stdin.write(self.world.host.encode())
        running.process.stdin.close()
        running.process.stdin = None
        self.world.wait_for(asked.exists, "the question to the vault")
        maps = Path(f"/proc/{running.process.pid}/maps")
        loaded = maps.read_text() if os.access(maps, os.R_OK) and os.geteuid() == 0 else ""
        answer.touch()
        done = running.finish()
        self.assertEqual(json.loads(done.out)["Secret"], session["access_token"], done)
        if os.geteuid() == 0:
            self.assertIn("libc.so", loaded)
        for library in ("libcurl", "libssl", "libcrypto", "libqrencode", "libgio"):
            self.assertNotIn(library, loaded)
            self.assertNotIn(library, done.err)


class LimitTest(RefreshCase):
    def test_no_get_takes_longer_than_20_seconds(self):
        """A provider that is silent, drips, answers for ever, or cannot be reached. All at once, each with three
        callers, so that the wait for the lock counts too."""
        world = self.world
        providers, rules = [], {}

        def add(name, **changes):
            provider = self.faulty()
            providers.append(provider)
            endpoint = changes.pop("endpoint", f"{provider.issuer}/token")
            provider.answers["/token"] = changes.pop("answer", None)
            host = f"{name}-{world.host}"
            rules[host] = {"issuer": provider.issuer, "client_id": "cli", "scopes": ["openid"],
                           "endpoints": {"token": endpoint, "device": f"{provider.issuer}/device/auth"},
                           "allow_http_loopback": True}
            now = int(time.time())
            world.write_session({"version": 1, "issuer": provider.issuer, "client_id": "cli", "token_endpoint": endpoint,
                                 "refresh_token": "r", "access_token": "a", "obtained": now - 100, "expires": now - 1,
                                 "minted": []}, host)

        hole = BlackHole()
        self.addCleanup(hole.close)
        add("hang", answer=Answer(hang=True))
        add("drip", answer=Answer(body={"access_token": "a" * 900}, drip=0.5))
        add("headers", answer=Answer(raw=b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20000))
        add("endless", answer=Answer(body=b" " * 65536, repeat=100000))
        add("hole", endpoint=f"http://127.0.0.1:{hole.port}/token")
        world.configure_oauth(rules)
        with ThreadPoolExecutor(len(rules) * 3) as pool:
            done = list(pool.map(lambda host: (host, world.get(host, timeout=40)), list(rules) * 3))
        for host, one in done:
            print(f"{host}: {one.seconds:.1f} s, {one.out.strip()}", file=sys.stderr)
        for host, one in done:
            self.assertEqual(one.code, 1, (host, one))
            self.assertNotEqual(one.out, NOT_FOUND, (host, one))
            self.assertLess(one.seconds, LIMIT, (host, one))
        for provider in providers:
            self.assertLessEqual(len(provider.asked("/token")), 1, "a refresh token was sent twice")

    def test_vault_that_never_answers(self):
        self.world.add_program("docker-credential-stuck", "exec sleep 60")
        self.world.start_provider()
        self.world.vault = "stuck"
        self.world.configure_oauth()
        # A vault may wait for a person, but no longer than this says.
        done = self.world.get(timeout=40, env={"DOCKER_CREDENTIAL_TIMEOUT": "1"})
        self.assertEqual(done.code, 1, done)
        self.assertNotEqual(done.out, NOT_FOUND)
        self.assertLess(done.seconds, LIMIT)


if __name__ == "__main__":
    main()
