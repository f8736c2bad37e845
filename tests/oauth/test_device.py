"""Device logins (RFC 8628): against the real provider, and against one that says what a real one cannot be made to say."""
import json
import re
import signal
import time
import unittest
from pathlib import Path

from faulty_provider import Answer, error, unsigned_token
from oauth_case import NOBODY, OauthCase
from oauth_world import HELPER, NOT_FOUND, SCOPES
from sandbox import SANITIZED, main

PENDING = error("authorization_pending")


class DeviceCase(OauthCase):
    registry = NOBODY

    def not_logged_in(self):
        self.assertIsNone(self.world.session())
        self.assertEqual(self.world.get().out, NOT_FOUND)

    def fails(self, done, *words):
        self.assertEqual(done.code, 1, (done, done.events))
        text = " ".join([done.err, *(event.get("message", "") for event in done.events)])
        for word in words:
            self.assertIn(word, text)
        self.assertNotRegex(text, r"[\x00-\x09\x0b-\x1f\x7f]", "a control character of the server got through")
        self.not_logged_in()


class RealProviderTest(DeviceCase):
    def start(self, **options):
        provider = self.world.start_provider(**options)
        self.world.configure_oauth()
        return provider

    def test_login(self):
        provider = self.start()
        done = self.world.login()
        self.assertEqual(done.code, 0, (done, done.events))
        self.assertEqual([event["event"] for event in done.events if event["event"] != "pending"],
                         ["verification", "done"], done.events)
        shown = done.events[0]
        self.assertEqual(shown["verification_uri"], f"{provider.issuer}/device")
        self.assertIn(shown["user_code"], shown["verification_uri_complete"])
        session = self.world.session()
        self.assertEqual(session["identity"], "alice")
        self.assertEqual(self.world.credential(), ("alice", session["access_token"]))
        self.assertTrue(provider.introspect(session["access_token"])["active"])
        self.assertEqual(provider.count()["statuses"].get("device_code 200"), 1)

    def test_login_as_people_see_it(self):
        """The code and the address are on standard error, nothing on standard output."""
        provider = self.start()
        seen = self.world.root / "seen"
        with seen.open("wb") as file:
            running = self.world.spawn(HELPER, "login", self.world.host, stderr=file)
        code = self.world.wait_for(lambda: re.search(r"\b[A-Z]{4}-[A-Z]{4}\b", seen.read_text()), "the code").group()
        provider.approve(code)
        done = running.finish()
        text = seen.read_text()
        self.assertEqual((done.code, done.out), (0, ""), text)
        for word in (f"{provider.issuer}/device", self.world.host, "alice", "keyctl"):
            self.assertIn(word, text)
        self.assertNotIn(self.world.session()["access_token"], text)
        self.assertNotIn(self.world.session()["refresh_token"], text)

    def test_pending_at_the_interval_of_the_provider(self):
        provider = self.start(interval=2)
        running = self.world.spawn(HELPER, "login", self.world.host, "--json")
        started = time.time()
        event = running.event("verification")
        self.world.wait_for(lambda: len(provider.count()["polls"]) == 2, "the second poll")
        provider.approve(event["user_code"])
        self.assertEqual(running.finish().code, 0)
        polls = provider.count()["polls"]
        self.assertGreaterEqual(polls[0] - started, 1.5, "the first poll came at once")
        self.assertGreaterEqual(len(polls), 3)
        for earlier, later in zip(polls, polls[1:]):
            self.assertGreaterEqual(later - earlier, 1.95)

    def test_no_interval_means_five_seconds(self):
        provider = self.start(interval=None)
        started = time.time()
        self.world.logged_in()
        self.assertGreaterEqual(provider.count()["polls"][0] - started, 4.9)

    def test_slow_down_adds_five_seconds_for_good(self):
        provider = self.start(slow_down=1)
        running = self.world.spawn(HELPER, "login", self.world.host, "--json")
        event = running.event("verification")
        self.world.wait_for(lambda: len(provider.count()["polls"]) == 2, "the poll after slow_down")
        provider.approve(event["user_code"])
        self.assertEqual(running.finish().code, 0)
        polls = provider.count()["polls"]
        self.assertGreaterEqual(len(polls), 3)
        for earlier, later in zip(polls, polls[1:]):
            self.assertGreaterEqual(later - earlier, 5.9)

    def test_denied(self):
        provider = self.start()
        self.fails(self.world.login(decide=provider.deny), "the person said no")

    def test_expired(self):
        provider = self.start(device_code=3)
        done = self.world.login(decide=lambda code: None)
        self.fails(done, "in time")
        self.assertLess(done.seconds, 60)  # and not after ten minutes
        self.assertLessEqual(len(provider.count()["polls"]), 3)

    @unittest.skipIf(SANITIZED, "the sanitizers want to be loaded first")
    def test_expiry_goes_by_the_monotonic_clock(self):
        """The wall clock jumps half an hour ahead while the person types: the code of ten minutes is still good."""
        library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
        if library is None:
            raise unittest.SkipTest("no libfaketime")
        provider = self.start()
        clock = self.world.root / "clock"
        clock.write_text("+0\n")
        fake = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        running = self.world.spawn(HELPER, "login", self.world.host, "--json", env=fake)
        event = running.event("verification")
        polls = len(provider.count()["polls"])
        clock.write_text("+30m\n")
        self.world.wait_for(lambda: len(provider.count()["polls"]) > polls + 1, "a poll after that")
        provider.approve(event["user_code"])
        done = running.finish()
        self.assertEqual(done.code, 0, done)
        self.assertGreater(self.world.session()["obtained"], time.time() + 1500)

    def test_control_c(self):
        provider = self.start()
        running = self.world.spawn(HELPER, "login", self.world.host, "--json")
        running.event("verification")
        running.signal(signal.SIGINT)
        done = running.finish()
        self.assertEqual(done.code, 130, done)
        self.not_logged_in()
        self.assertEqual(provider.count()["statuses"].get("device_code 200"), None)

    def test_provider_away_for_a_moment(self):
        provider = self.start()
        running = self.world.spawn(HELPER, "login", self.world.host, "--json")
        event = running.event("verification")
        provider.set(down=True)
        polls = len(provider.count()["polls"])
        self.world.wait_for(lambda: len(provider.count()["polls"]) > polls + 1, "polls in vain")
        provider.set(down=False)
        provider.approve(event["user_code"])
        self.assertEqual(running.finish().code, 0)

    def test_login_again_replaces(self):
        provider = self.start()
        self.world.logged_in()
        first = self.world.session()
        self.world.logged_in(login="bob")
        self.assertEqual(self.world.credential()[0], "bob")
        self.assertTrue(provider.introspect(self.world.credential()[1])["active"])
        self.assertNotEqual(self.world.session()["refresh_token"], first["refresh_token"])

    def test_first_login_remembers_what_it_was_told(self):
        provider = self.start()
        self.world.configure_oauth({})
        trust = self.world.authority.ca
        done = self.world.login(None, "--issuer", provider.issuer, "--client-id", "cli",
                                env={"SSL_CERT_FILE": str(trust), "CURL_CA_BUNDLE": str(trust)})
        self.assertEqual(done.code, 0, (done, done.events))
        rule = json.loads(self.world.oauth_config.read_text())["registries"][self.world.host]
        self.assertEqual(rule, {"preset": "oidc", "issuer": provider.issuer, "client_id": "cli"})
        self.assertEqual(self.world.credential()[0], "alice")
        self.assertTrue(self.world.session()["refresh_token"])

    def test_first_login_without_openid(self):
        """Scopes that bring no ID token are taken as they are, with the usual user name."""
        provider = self.start()
        self.world.configure_oauth({})
        trust = str(self.world.authority.ca)
        self.world.logged_in(None, "--issuer", provider.issuer, "--client-id", "cli", "--scope", "registry:pull",
                             env={"SSL_CERT_FILE": trust})
        self.assertNotIn("preset", json.loads(self.world.oauth_config.read_text())["registries"][self.world.host])
        self.assertEqual(self.world.credential()[0], "oauth2")

    def test_login_to_one_registry_of_a_wildcard(self):
        """It goes on as the wildcard's rule says; only what differs makes a rule of its own, which has the rest as well."""
        provider = self.start()
        self.world.host = "a.example.test"
        self.world.configure_oauth({"*.example.test": self.world.rule(username={"claim": "email", "until": "@"},
                                                                      scopes=[*SCOPES, "email"])})
        before = self.world.oauth_config.read_text()
        self.world.logged_in(None, "--client-id", "cli", "--issuer", provider.issuer, "--vault", "keyctl")
        self.assertEqual(self.world.oauth_config.read_text(), before)
        self.assertEqual(self.world.credential()[0], "alice")
        self.world.logged_in(None, "--client-id", "other")
        rules = json.loads(self.world.oauth_config.read_text())["registries"]
        self.assertEqual(rules[self.world.host], {**rules["*.example.test"], "client_id": "other"})
        self.assertEqual(rules["*.example.test"]["client_id"], "cli")
        self.assertEqual(self.world.credential()[0], "alice")

    def test_failed_login_remembers_nothing(self):
        provider = self.start()
        self.world.configure_oauth({})
        before = self.world.oauth_config.read_text()
        trust = self.world.authority.ca
        done = self.world.login(None, "--issuer", provider.issuer, "--client-id", "cli", decide=provider.deny,
                                env={"SSL_CERT_FILE": str(trust), "CURL_CA_BUNDLE": str(trust)})
        self.assertEqual(done.code, 1, done)
        self.assertEqual(self.world.oauth_config.read_text(), before)

    def test_unknown_client(self):
        self.start()
        self.world.configure_oauth({NOBODY: self.world.rule(client_id="nobody-knows")})
        self.fails(self.world.login(), "nobody-knows")


class FaultyProviderTest(DeviceCase):
    def setUp(self):
        super().setUp()
        self.provider = self.faulty()
        self.configure()

    def configure(self, **changes):
        self.world.configure_oauth({NOBODY: {"issuer": self.provider.issuer, "client_id": "cli", "scopes": ["openid"],
                                             "allow_http_loopback": True, "username": {"claim": "sub"}, **changes}})

    def login(self, *arguments, **options):
        return self.world.login(None, *arguments, decide=lambda code: None, **options)

    def logs_in(self, polls=None):
        done = self.login()
        self.assertEqual(done.code, 0, (done, done.events))
        self.assertEqual(self.world.credential()[0], "alice")
        if polls is not None:
            self.assertEqual(len(self.provider.asked("/token")), polls)

    def test_errors_with_status_200(self):
        """As GitHub answers."""
        self.provider.answers["/token"] = [Answer(200, {"error": "authorization_pending"}), self.provider.tokens()]
        self.logs_in(2)

    def test_pending_with_other_statuses(self):
        """403 as Auth0, 428 as Google."""
        self.provider.answers["/token"] = [error("authorization_pending", 403), error("authorization_pending", 428),
                                           self.provider.tokens()]
        self.logs_in(3)

    def test_numbers_as_text(self):
        self.provider.device.update(expires_in="600", interval="1")
        self.provider.answers["/token"] = [PENDING, self.provider.tokens(expires_in="3600")]
        self.logs_in(2)
        session = self.world.session()
        self.assertEqual(session["expires"] - session["obtained"], 3600)

    def test_slow_down_with_a_new_interval(self):
        """As GitHub: the interval it names counts."""
        times = []

        def token(_):
            times.append(time.monotonic())
            return error("slow_down", interval=7) if len(times) == 1 else self.provider.tokens()

        self.provider.answers["/token"] = token
        self.logs_in()
        self.assertGreaterEqual(times[1] - times[0], 5.9)

    def test_other_name_for_the_address(self):
        """As Google: verification_url."""
        self.provider.device["verification_url"] = self.provider.device.pop("verification_uri")
        self.logs_in()

    def test_no_expiry(self):
        self.provider.answers["/token"] = self.provider.tokens(expires_in=None)
        self.logs_in()

    def test_errors_that_end_it(self):
        for code in ("access_denied", "expired_token", "invalid_grant", "invalid_client", "unauthorized_client",
                     "authorization_declined", "something_new"):
            with self.subTest(code):
                self.provider.requests.clear()
                self.provider.answers["/token"] = error(code, error_description="because \x1b[31mof\x07 this")
                done = self.login()
                self.fails(done, "")
                self.assertEqual(len(self.provider.asked("/token")), 1)

    def test_answers_that_are_no_json(self):
        for name, answer in {"empty": Answer(400, b""), "page": Answer(404, "<html><script>x</script>\x1b[2Jgone</html>"),
                             "cut": Answer(200, '{"access_token": "a'), "array": Answer(200, [1]),
                             "bytes": Answer(400, b"\xff\xfe\x00"), "none": Answer(200, b"")}.items():
            with self.subTest(name):
                self.provider.answers["/token"] = answer
                done = self.login()
                self.fails(done, "")
                self.assertNotIn("<script>", done.err)

    def test_trouble_on_the_way_is_borne(self):
        """503, a torn connection and a page of a proxy: tried again, ever more slowly."""
        times = []

        def token(_):
            times.append(time.monotonic())
            answers = [Answer(503, "<html>"), Answer(reset=True), self.provider.tokens()]
            return answers[min(len(times), 3) - 1]

        self.provider.answers["/token"] = token
        done = self.login()
        self.assertEqual(done.code, 0, (done, done.events))
        self.assertEqual(len(times), 3)
        for pause, earlier, later in zip((2, 4), times, times[1:]):
            self.assertGreater(later - earlier, pause - 0.1)

    def test_token_of_another_type(self):
        self.provider.answers["/token"] = self.provider.tokens(token_type="mac")
        self.fails(self.login(), "mac")

    def test_no_access_token(self):
        self.provider.answers["/token"] = self.provider.tokens(access_token=None)
        self.fails(self.login(), "")

    def test_device_answers_that_are_of_no_use(self):
        good = self.provider.device
        for name, changes in {"no code": {"device_code": None}, "no user code": {"user_code": None},
                              "no address": {"verification_uri": None}, "a script": {"verification_uri": "javascript:alert(1)"},
                              "a file": {"verification_uri": "file:///etc/passwd"},
                              "userinfo": {"verification_uri": "https://good.example@evil.example/"},
                              "numbers": {"device_code": 7, "user_code": 7}, "expired": {"expires_in": 0}}.items():
            with self.subTest(name):
                self.provider.device = {key: value for key, value in {**good, **changes}.items() if value is not None}
                done = self.login()
                self.fails(done, "")
                if name != "expired":
                    self.assertEqual([event for event in done.events if event["event"] == "verification"], [])

    def test_errors_of_the_device_endpoint(self):
        for answer, word in ((error("invalid_scope", error_description="no such scope"), "no such scope"),
                             (error("unauthorized_client"), "does not allow"), (error("something_new"), "something_new"),
                             (error("device_flow_disabled", 200), "switched off"), (Answer(404, "<html>"), "404"),
                             (Answer(500, b""), "500")):
            with self.subTest(answer.body):
                self.provider.answers["/device/auth"] = answer
                self.fails(self.login(), word)

    def test_provider_without_device_flow(self):
        del self.provider.metadata["device_authorization_endpoint"]
        del self.provider.metadata["authorization_endpoint"]
        self.fails(self.login(), self.provider.address)

    def test_explicit_endpoints_need_no_discovery(self):
        self.configure(endpoints={"device": f"{self.provider.issuer}/device/auth", "token": f"{self.provider.issuer}/token",
                                  "authorization": f"{self.provider.issuer}/auth",
                                  "revocation": f"{self.provider.issuer}/revoke"})
        self.provider.answers["/.well-known/openid-configuration"] = Answer(404)
        self.provider.answers["/.well-known/oauth-authorization-server"] = Answer(404)
        self.logs_in()
        self.assertEqual([path for _, path, _ in self.provider.requests if "well-known" in path], [])

    def test_discovery_by_either_document(self):
        for missing in ("openid-configuration", "oauth-authorization-server"):
            with self.subTest(missing):
                self.provider.answers = {f"/.well-known/{missing}": Answer(404)}
                self.logs_in()

    def test_discovery_of_an_issuer_with_a_path(self):
        """Each of the three places where the document of such an issuer may be."""
        issuer = f"{self.provider.issuer}/realms/one"
        self.provider.metadata["issuer"] = issuer
        self.configure(issuer=issuer)
        places = ("/.well-known/oauth-authorization-server/realms/one", "/realms/one/.well-known/openid-configuration",
                  "/.well-known/openid-configuration/realms/one")
        token = unsigned_token(iss=issuer, aud="cli", sub="alice", exp=int(time.time()) + 600)
        for place in places:
            with self.subTest(place):
                self.provider.requests.clear()
                self.provider.answers = {other: Answer(404) for other in places if other != place}
                self.provider.answers.update({place: Answer(body=self.provider.metadata),
                                              "/token": self.provider.tokens(id_token=token)})
                self.logs_in()
                self.assertEqual(len(self.provider.asked(place)), 1)

    def test_device_code_stays_out_of_sight(self):
        done = self.login(env={"DOCKER_CREDENTIAL_LOG": "debug"})
        self.assertEqual(done.code, 0, done)
        for secret in ("device-code-4711", self.world.session()["access_token"], self.world.session()["refresh_token"]):
            self.assertNotIn(secret, done.err + done.out + json.dumps(done.events))


if __name__ == "__main__":
    main()
