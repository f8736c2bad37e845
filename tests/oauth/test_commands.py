"""logout, status, token and config check."""
import base64
import json
import os

from oauth_case import OauthCase
from oauth_world import HELPER, NOT_FOUND
from sandbox import main


class CommandCase(OauthCase):
    def ready(self, **options):
        provider = self.world.start_provider(**options)
        self.world.configure_oauth()
        self.world.make_session()
        return provider


class LogoutTest(CommandCase):
    def test_logout_revokes_then_erases(self):
        provider = self.ready()
        session = self.world.session()
        done = self.succeeds(self.world.oauth("logout", self.world.host))
        self.assertIn(self.world.host, done.err)
        self.assertGreaterEqual(provider.count()["paths"]["POST /token/revocation"], 1)
        self.assertFalse(provider.introspect(session["access_token"])["active"])
        status, answer = provider.post("/token", client_id="cli", grant_type="refresh_token",
                                       refresh_token=session["refresh_token"])
        self.assertEqual((status, answer["error"]), (400, "invalid_grant"))
        self.assertIsNone(self.world.session())
        self.assertEqual(self.world.get().out, NOT_FOUND)

    def test_logout_while_the_provider_is_away(self):
        """Erased here all the same, and it says that the provider could not be told."""
        for name in ("down", "stopped"):
            with self.subTest(name):
                provider = self.ready()
                if name == "down":
                    provider.set(down=True)
                else:
                    provider.stop()
                done = self.world.oauth("logout", self.world.host)
                self.assertIsNone(self.world.session(), done)
                self.assertRegex(done.err, "(?i)revoke|provider")
                self.assertEqual(self.world.get().out, NOT_FOUND)

    def test_logout_of_nobody(self):
        self.world.start_provider()
        self.world.configure_oauth()
        done = self.world.oauth("logout", self.world.host)
        self.assertIn(self.world.host, done.err)
        self.assertNotIn("POST /token/revocation", self.world.provider.count()["paths"])

    def test_logout_all(self):
        provider = self.world.start_provider()
        hosts = ["one.test", "two.test"]
        self.world.configure_oauth({host: self.world.rule() for host in hosts})
        sessions = [self.world.make_session(host) for host in hosts]
        self.succeeds(self.world.oauth("logout", "--all"))
        for host, session in zip(hosts, sessions):
            self.assertIsNone(self.world.session(host))
            self.assertFalse(provider.introspect(session["access_token"])["active"])

    def test_logout_when_the_rule_is_another_or_gone(self):
        """What was stored under the key of a former rule is known of, and ended."""
        provider = self.ready()
        self.world.env["SSL_CERT_FILE"] = str(self.world.authority.ca)
        for rules, argument in (({self.world.host: self.world.rule(session="company")}, self.world.host),
                                ({}, self.world.host), ({}, "--all")):
            with self.subTest(rules=rules, argument=argument):
                self.world.configure_oauth()
                self.world.logged_in()
                session = self.world.session()
                self.world.configure_oauth(rules)
                self.assertIn("was left in", self.world.oauth("doctor", "--store").out)
                done = self.succeeds(self.world.oauth("logout", argument))
                self.assertIn("revoked at the provider", done.err)
                self.assertIsNone(self.world.session())
                self.assertFalse(provider.introspect(session["refresh_token"])["active"])
                self.assertNotIn("was left in", self.world.oauth("doctor", "--store").out)

    def test_logout_by_the_protocol_tells_nobody(self):
        provider = self.ready()
        session = self.world.session()
        self.succeeds(self.world.oauth("erase", input=self.world.host))
        self.assertIsNone(self.world.session())
        self.assertEqual(provider.count()["connections"], 0)
        self.assertTrue(provider.introspect(session["access_token"])["active"])

    def test_logout_of_one_registry_of_a_shared_session(self):
        self.world.start_provider()
        first, second = self.world.host, f"other-{self.world.host}"
        shared = self.world.rule(session="work")
        self.world.configure_oauth({first: shared, second: shared})
        self.world.session_key = lambda host=None: "oauth+https://session/work"
        self.world.make_session()
        self.world.credential(second)
        self.succeeds(self.world.oauth("erase", input=first))
        for _ in range(2):
            self.assertEqual(self.world.get(first).out, NOT_FOUND)
            self.assertEqual(self.world.credential(second)[0], "alice")
        self.assertIn("not logged in", self.succeeds(self.world.oauth("status")).out)
        self.world.logged_in(first)
        self.assertEqual(self.world.credential(first), self.world.credential(second))
        self.succeeds(self.world.oauth("erase", input=second))
        self.world.logged_in(first)
        self.assertEqual(self.world.get(second).out, NOT_FOUND)


class StatusTest(CommandCase):
    def test_status_is_offline_and_says_who_and_until_when(self):
        provider = self.ready()
        provider.stop()
        done = self.succeeds(self.world.run("unshare", "-n", HELPER, "status"))
        for word in (self.world.host, "alice", "keyctl", provider.issuer):
            self.assertIn(word, done.out)
        for secret in ("access_token", "refresh_token", "id_token"):
            self.assertNotIn(self.world.session()[secret], done.out + done.err)

    def test_list_is_offline(self):
        self.ready()
        self.world.logged_in()
        self.world.provider.stop()
        done = self.succeeds(self.world.run("unshare", "-n", HELPER, "list"))
        self.assertEqual(json.loads(done.out), {self.world.host: "alice"})

    def test_status_json(self):
        self.ready()
        text = json.dumps(json.loads(self.succeeds(self.world.oauth("status", "--json")).out))
        self.assertIn(self.world.host, text)
        self.assertIn("alice", text)
        self.assertNotIn(self.world.session()["access_token"], text)

    def test_status_of_a_dead_session(self):
        self.ready()
        self.world.write_session({**self.world.session(), "dead": "the provider has revoked it", "minted": []})
        done = self.world.oauth("status")
        self.assertIn("revoked", done.out)
        self.assertIn(f"docker-credential-oauth login {self.world.host}", done.out + done.err)

    def test_status_of_nobody(self):
        self.world.start_provider()
        self.world.configure_oauth()
        done = self.world.oauth("status")
        self.assertIn(self.world.host, done.out + done.err)


class TokenTest(CommandCase):
    def ready_registry(self, **changes):
        self.world.start_provider()
        tokens = self.world.start_oauth_registry()
        realm = tokens.realm.split("/")[2]
        self.world.configure_oauth({self.world.host: self.world.rule(**{"realm_hosts": [realm], **changes})})
        return tokens

    def claims(self, token):
        part = token.strip().split(".")[1]
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

    def test_anonymous_first(self):
        tokens = self.ready_registry()
        self.world.make_session()
        done = self.succeeds(self.world.oauth("token", f"{self.world.host}/public/app:pull"))
        self.assertEqual(self.claims(done.out)["access"], [{"type": "repository", "name": "public/app", "actions": ["pull"]}])
        self.assertEqual(self.claims(done.out)["sub"], "")
        self.assertEqual(len(tokens.requests), 1)

    def test_with_the_credential(self):
        self.ready_registry()
        self.world.make_session()
        done = self.succeeds(self.world.oauth("token", f"{self.world.host}/team/app:pull,push"))
        claims = self.claims(done.out)
        self.assertEqual(claims["sub"], "alice")
        self.assertEqual(claims["access"], [{"type": "repository", "name": "team/app", "actions": ["pull", "push"]}])

    def test_with_a_robots_account_that_the_vault_has(self):
        """Nobody has a session, and get gives what an ordinary docker login stored: so does token ask with that."""
        tokens = self.ready_registry()
        tokens.accepts = lambda user, password: (user, password) == ("robot", "pw")
        stored = json.dumps({"ServerURL": self.world.host, "Username": "robot", "Secret": "pw"})
        self.succeeds(self.world.oauth("store", input=stored))
        for answer in ("password", "token"):
            with self.subTest(answer):
                self.world.configure_oauth({self.world.host: {**self.world.rules[self.world.host], "answer": answer}})
                self.assertEqual(self.world.credential(), ("robot", "pw"))
                done = self.succeeds(self.world.oauth("token", f"{self.world.host}/team/app:pull", "--explain"))
                self.assertEqual(self.claims(done.out)["sub"], "robot")
                self.assertIn("asked for robot", done.err)

    def test_an_action_that_registries_do_not_know(self):
        for actions in ("frob", "pull,frob", "", "PULL", "catalog"):
            with self.subTest(actions):
                done = self.world.oauth("token", f"registry.example.test/team/app:{actions}")
                self.assertEqual(done.code, 2, done)
                self.assertIn("pull, push, delete and *", done.err)

    def test_explain(self):
        self.ready_registry()
        self.world.make_session()
        done = self.succeeds(self.world.oauth("token", f"{self.world.host}/team/app", "--explain"))
        text = done.out + done.err
        for word in ("alice", "team/app", "pull", "test-registry"):
            self.assertIn(word, text)

    def test_logged_out(self):
        self.ready_registry()
        done = self.world.oauth("token", f"{self.world.host}/team/app:pull")
        self.assertEqual(done.code, 1, done)
        self.assertIn(f"docker-credential-oauth login {self.world.host}", done.err)

    def test_realm_on_another_host_is_refused(self):
        tokens = self.ready_registry(realm_hosts=[])
        self.world.make_session()
        done = self.world.oauth("token", f"{self.world.host}/team/app:pull")
        self.assertEqual(done.code, 1, done)
        self.assertIn("realm_hosts", done.err)
        self.assertIn(str(self.world.oauth_config), self.world.oauth("doctor").out)  # as it says
        self.assertEqual(tokens.requests, [])

    def test_expired_credential_is_renewed_first(self):
        self.ready_registry()
        self.world.make_session()
        self.world.age_session()
        done = self.succeeds(self.world.oauth("token", f"{self.world.host}/team/app:pull"))
        self.assertEqual(self.claims(done.out)["sub"], "alice")
        self.assertEqual(self.world.provider.refreshes(), 1)


class ConfigCheckTest(CommandCase):
    def check(self, text):
        self.world.oauth_config.parent.mkdir(exist_ok=True)
        self.world.oauth_config.write_text(text)
        return self.world.oauth("config", "check")

    def test_good(self):
        self.succeeds(self.check('{"registries": {"r.test": {"issuer": "https://idp.test", "client_id": "c"}}} // yes\n'))

    def test_mistakes_have_a_place_and_a_remedy(self):
        rule = '"issuer": "https://idp.test", "client_id": "c"'
        for text, place, word in (
                ('{"registries": {"r.test": {"isuer": "https://idp.test"}}}', "1:28", "issuer"),
                ('{\n "vualt": "pass"}', "2:2", "vault"),
                ('{"registries": {"r.test": {"issuer": "http://idp.test", "client_id": "c"}}}', "1:", "https"),
                ('{"registries": {"r.test": {"issuer": "https://idp.test"}}}', "1:", "client_id"),
                ('{"registries": {"r.test": {%s}, "R.test": {%s}}}' % (rule, rule), "1:", "same registry"),
                ('{"registries": {"*": {%s}}}' % rule, "1:17", "*"),
                ('{"registries": {"r.test": {%s, "client_key": "/k"}}}' % rule, "1:90", "client_certificate"),
                ('{"registries": ', "1:", "")):
            with self.subTest(text):
                done = self.check(text)
                self.assertEqual(done.code, 1, done)
                self.assertIn(f"{self.world.oauth_config}:{place}", done.out + done.err)
                self.assertIn(word, done.out + done.err)

    def test_what_is_named_must_be_there(self):
        rule = '"issuer": "https://idp.test", "client_id": "c"'
        locked = self.world.root / "locked.pem"
        locked.write_text("")
        locked.chmod(0)
        missing = self.world.root / "missing.pem"
        for text, place, word in (
                ('{\n "vault": "nonexistent"}', "2:11", "docker-credential-nonexistent is not in PATH"),
                ('{"registries": {"r.test": {%s,\n "ca_file": "%s"}}}' % (rule, missing), "2:13", str(missing)),
                ('{"registries": {"r.test": {%s,\n "ca_file": "%s"}}}' % (rule, locked), "2:13", str(locked)),
                ('{"registries": {"r.test": {%s, "client_key": "%s",\n "client_certificate": "%s"}}}'
                 % (rule, __file__, missing), "2:24", str(missing))):
            if str(locked) in text and os.access(locked, os.R_OK):
                continue  # nothing is locked to root
            with self.subTest(text):
                done = self.check(text)
                self.assertEqual(done.code, 1, done)
                self.assertIn(f"{self.world.oauth_config}:{place}: ", done.err)
                self.assertIn(word, done.err)
                alone = self.world.oauth("config", "check", self.world.oauth_config)
                self.assertEqual((done.code, done.err), (alone.code, alone.err))
        self.assertIn("not logged in", self.world.oauth("status").out, "a missing file is the affair of its registry")

    def test_the_systems_vault_does_not_count_under_the_users(self):
        system = self.world.root / "xdg/docker-credential-oauth/config.json"
        system.parent.mkdir(parents=True)
        system.write_text('{"vault": "nonexistent"}')
        self.world.env["XDG_CONFIG_DIRS"] = str(system.parents[1])
        self.succeeds(self.check('{"vault": "keyctl"}'))
        self.assertIn(f"{system}:1:11: ", self.check("{}").err)


if __name__ == "__main__":
    main()
