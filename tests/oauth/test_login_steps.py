"""What login does around the approval: the vault before it, the former session, the registry and Docker's file after it."""
import json
import signal

from faulty_provider import Answer, unsigned_token
from oauth_case import NOBODY, ProviderCase
from oauth_world import HELPER
from sandbox import main


class VaultTest(ProviderCase):
    def test_is_looked_at_before_anybody_is_asked(self):
        self.world.configure_oauth()
        for name, words in (("nonexistent", "not installed"), ("pass", "no password store yet")):
            done = self.world.login(None, "--vault", name)
            self.assertEqual(done.code, 1, done)
            self.assertEqual([event["event"] for event in done.events], ["error"], done)
            self.assertIn(words, done.err)
        self.assertEqual(self.provider.count()["grants"], {})

    def test_storing_fails(self):
        """The new grant, which nobody knows, is revoked."""
        self.world.configure_oauth()
        self.world.add_program("docker-credential-full", 'case $1 in list) echo "{}";; *) echo "no room"; exit 1;; esac')
        done = self.world.login(None, "--vault", "full")
        self.assertEqual(done.code, 1, done)
        self.assertIn("no room", done.err)
        self.assertGreaterEqual(self.provider.count()["paths"].get("POST /token/revocation", 0), 1)


class FormerTest(ProviderCase):
    def test_is_revoked_when_the_new_one_is_stored(self):
        self.world.configure_oauth()
        self.world.logged_in()
        former = self.world.session()["refresh_token"]
        self.world.logged_in()
        self.assertFalse(self.provider.introspect(former)["active"])
        self.assertTrue(self.provider.introspect(self.world.session()["refresh_token"])["active"])

    def test_stays_where_both_are_one_session_of_the_provider(self):
        provider = self.faulty()
        self.world.configure_oauth({NOBODY: {"issuer": provider.issuer, "client_id": "cli", "scopes": ["openid"],
                                             "allow_http_loopback": True}})
        for sid, revocations in (("first", 0), ("first", 0), ("second", 2)):
            tokens = provider.tokens()
            claims = {"iss": provider.issuer, "aud": "cli", "sub": "alice", "sid": sid, "iat": 1, "exp": 4102444800}
            tokens.body["id_token"] = unsigned_token(**claims)
            provider.answers["/token"] = tokens
            provider.answers["/revoke"] = Answer()
            self.world.logged_in(decide=lambda *_: None)
            self.assertEqual(len(provider.asked("/revoke")), revocations, sid)

    def test_provider_does_not_answer(self):
        """A line, not an error."""
        self.world.configure_oauth()
        self.world.logged_in()
        session = self.world.session()
        self.world.write_session({**session, "revocation_endpoint": "https://127.0.0.1:9/revoke"})
        self.assertEqual(self.world.login().code, 0)


class RegistryTest(ProviderCase):
    def registry(self, answer):
        """One that takes a user name and password, and answers so to whoever has them."""
        registry = self.faulty()
        wants = Answer(401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        registry.answers["/v2/"] = [wants, answer]
        self.world.host = registry.address
        self.world.configure_oauth({registry.address: self.world.rule(allow_http_loopback=True)})
        return registry

    def helpers(self):
        return json.loads(self.world.config.read_text())["credHelpers"]

    def test_cannot_answer_now(self):
        for status in (503, 429):
            registry = self.registry(Answer(status))
            done = self.world.logged_in()
            self.assertIn(f"cannot answer now (HTTP {status})", done.events[-1]["warning"])
            self.assertIsNone(done.events[-1]["accepted"])
            self.assertEqual(self.helpers()[registry.address], "oauth")
        for status in (401, 403):
            self.registry(Answer(status))
            self.assertEqual(self.world.login().code, 1)

    def test_control_c_while_it_is_asked(self):
        registry = self.registry(Answer(hang=True))
        running = self.world.spawn(HELPER, "login", self.world.host, "--json")
        self.provider.approve(running.event("verification")["user_code"])
        self.world.wait_for(lambda: len(registry.asked("/v2/")) > 1, "the trial")
        running.signal(signal.SIGINT)
        done = running.finish()
        self.assertEqual(done.code, 130, done)
        self.assertIsNotNone(self.world.session())
        self.assertIn("is stored", done.err)
        self.succeeds(self.world.run("sh", "-c", done.err.splitlines()[-1]))
        self.assertEqual(self.helpers()[registry.address], "oauth")


if __name__ == "__main__":
    main()
