"""Each way to make a registry credential of the provider's tokens."""
import base64
import json
import time

from faulty_provider import Answer
from oauth_case import NOBODY, ProviderCase
from oauth_world import SCOPES
from sandbox import main


class MintTest(ProviderCase):
    def logged_in(self, **changes):
        self.world.configure_oauth({NOBODY: self.world.rule(**changes)})
        self.world.logged_in()
        return self.world.credential()

    def renewed(self):
        self.world.age_session()
        return self.world.credential()

    def claims(self, token):
        part = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

    def test_access_token(self):
        self.assertEqual(self.logged_in(username="oauth2"), ("oauth2", self.world.session()["access_token"]))

    def test_user_name_up_to_an_at_sign(self):
        """Cellery's hub compares the name with what the provider says, cut there."""
        scopes = [*SCOPES, "email"]
        self.assertEqual(self.logged_in(username={"claim": "email"}, scopes=scopes)[0], "alice@example.com")
        self.assertEqual(self.logged_in(username={"claim": "email", "until": "@"}, scopes=scopes)[0], "alice")
        self.assertEqual(self.renewed()[0], "alice")

    def test_preset_docker_auth(self):
        self.world.configure_oauth({NOBODY: self.world.rule(preset="docker-auth", username=None)})
        self.world.logged_in(login="bob@corp.example")
        self.assertEqual(self.world.credential()[0], "bob")

    def test_id_token(self):
        """Its own end counts, not that of the access token."""
        self.provider.set(id_token=4)
        user, secret = self.logged_in(mint={"shape": "id-token"})
        self.assertEqual((user, self.claims(secret)["sub"], self.claims(secret)["aud"]), ("alice", "alice", "cli"))
        time.sleep(4)
        self.provider.set(id_token=3600)
        self.provider.reset()
        user, later = self.world.credential()
        self.assertGreater(self.claims(later)["exp"], self.claims(secret)["exp"])
        self.assertEqual((user, self.provider.refreshes()), ("alice", 1))

    def test_exchange(self):
        user, secret = self.logged_in(mint={"shape": "exchange", "audience": "the-registry"})
        known = self.provider.introspect(secret)
        self.assertEqual((user, known["active"], known["sub"], known["aud"]), ("alice", True, "alice", "the-registry"))
        self.assertNotEqual(secret, self.world.session()["access_token"])
        self.provider.reset()
        self.assertEqual(self.world.credential(), (user, secret))
        self.assertEqual(self.provider.count()["grants"], {})
        self.assertNotEqual(self.renewed()[1], secret)
        self.assertEqual(self.provider.count()["grants"], {"refresh_token": 1, "token-exchange": 1})

    def test_http_json(self):
        user, secret = self.logged_in(
            username={"field": "/data/user/name"},
            mint={"shape": "http-json", "endpoint": f"{self.provider.issuer}/__/mint", "secret_field": "/data/secret",
                  "expires_field": "/lifetime"})
        self.assertEqual(user, "robot$alice")
        self.assertRegex(secret, r"^minted-\d+$")
        self.assertEqual(self.world.credential(), (user, secret))
        self.assertNotEqual(self.renewed()[1], secret)

    def test_acr(self):
        registry = self.faulty()
        registry.answers["/oauth2/exchange"] = Answer(body={"refresh_token": "acr-refresh-token"})
        user, secret = self.logged_in(username="00000000-0000-0000-0000-000000000000", allow_http_loopback=True,
                                      mint={"shape": "acr", "tenant": "t", "endpoint": f"{registry.issuer}/oauth2/exchange"})
        self.assertEqual((user, secret), ("00000000-0000-0000-0000-000000000000", "acr-refresh-token"))
        sent = registry.asked("/oauth2/exchange")[-1]
        self.assertEqual((sent["grant_type"], sent["service"], sent["tenant"], sent["access_token"]),
                         ("access_token", NOBODY, "t", self.world.session()["access_token"]))

    def test_token_on_request(self):
        self.assertEqual(self.logged_in(answer="token"), ("<token>", self.world.session()["access_token"]))
        self.assertEqual(json.loads(self.world.oauth("list").out), {NOBODY: "<token>"})


if __name__ == "__main__":
    main()
