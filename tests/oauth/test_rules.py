"""The rules of docker-credential-oauth about who gets what (R1 to R12), and the attacks on other programs that they are
drawn from: at least one test for each, named after it."""
import base64
import hashlib
import json
import os
import re
import signal
import ssl
import subprocess
import time
import unittest
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from faulty_provider import Answer, error, unsigned_token
from oauth_case import OauthCase
from oauth_world import HELPER, NOT_FOUND, Authority
from sandbox import SANITIZED, main

ACCESS = "canary-access-3b1c9d"
REFRESH = "canary-refresh-77aa02"
IDENTITY = "canary-identity-b5e0f1"
DEVICE = "canary-device-09e8d7"
CANARIES = (ACCESS, REFRESH, IDENTITY, DEVICE)
REGISTRY = "registry.example.test"
BROWSER = Path(__file__).resolve().parents[1] / "support/scripted_browser.py"


class RuleCase(OauthCase):
    """A scripted provider and a session with it."""
    registry = REGISTRY

    def setUp(self):
        super().setUp()
        self.provider = self.faulty()

    def rule(self, provider=None, **changes):
        provider = provider or self.provider
        return {"issuer": provider.issuer, "client_id": "cli", "scopes": ["openid"], "allow_http_loopback": True,
                "username": "alice", **changes}

    def session(self, host=REGISTRY, left=3600, provider=None, **changes):
        provider = provider or self.provider
        now = int(time.time())
        session = {"version": 1, "issuer": provider.issuer, "client_id": "cli",
                   "token_endpoint": f"{provider.issuer}/token", "revocation_endpoint": f"{provider.issuer}/revoke",
                   "identity": "alice", "refresh_token": REFRESH, "access_token": ACCESS,
                   "obtained": now - 3600 + min(left, 0), "expires": now + left,
                   "minted": [{"registry": host, "username": "alice", "secret": ACCESS, "obtained": now - 3600,
                               "expires": now + left}], **changes}
        self.world.write_session(session, host)

    def ready(self, left=3600, pattern=REGISTRY, **changes):
        self.world.configure_oauth({pattern: self.rule(**changes)})
        self.session(left=left)

    def login(self, host=None, *arguments, **options):
        return self.world.login(host, *arguments, decide=lambda code: None, **options)

    def tells_nothing(self, done):
        for canary in CANARIES:
            self.assertNotIn(canary, done.out + done.err, done)

    def fails(self, done, *words):
        self.assertEqual(done.code, 1, done)
        self.assertNotEqual(done.out, NOT_FOUND, done)
        for word in words:
            self.assertIn(word, done.out + done.err)
        self.tells_nothing(done)
        return done


# What looks like registry.example.test and is somebody else's.
LOOKALIKES = (
    "registry.example.test.attacker.test", "xregistry.example.test", "registry.example.testx", "example.test",
    "registry-example.test", "registryxexample.test", "registry.example.test:444", "registry.example.test:80",
    "a.registry.example.test", "http://registry.example.test", "https://registry.example.test@attacker.test",
    "https://attacker.test/registry.example.test", "https://attacker.test?registry.example.test",
    "https://attacker.test#registry.example.test", "https://attacker.test\\registry.example.test",
    "https://registry.example.test:pw@attacker.test/", "registry.example.test\u0000.attacker.test",
    "registry.example.tes\u0442", "*.example.test", "https://*", "oauth+https://registry.example.test",
)


class R1HostBindingTest(RuleCase):
    def test_r1_lookalikes_get_nothing(self):
        self.ready()
        self.assertEqual(self.world.credential(), ("alice", ACCESS))
        for name in LOOKALIKES:
            with self.subTest(name):
                done = self.world.get(name)
                self.assertEqual(done.code, 1, done)
                self.tells_nothing(done)
        self.assertEqual(self.provider.requests, [])

    def test_r1_wildcard_is_for_whole_labels(self):
        self.world.configure_oauth({"*.example.test": self.rule()})
        self.session()
        self.assertEqual(self.world.credential(), ("alice", ACCESS))
        for name in LOOKALIKES:
            with self.subTest(name):
                self.tells_nothing(self.world.get(name))
        self.assertEqual(self.provider.requests, [])

    def test_r1_the_same_registry_in_other_spellings(self):
        self.ready()
        for name in ("REGISTRY.Example.test", "registry.example.test.", "https://registry.example.test",
                     "https://registry.example.test/v2/", "registry.example.test:443", "registry.example.test/team/app"):
            with self.subTest(name):
                self.assertEqual(self.world.credential(name), ("alice", ACCESS))

    def test_r1_bare_star_is_refused(self):
        for pattern in ("*", "*.", "*test", "reg*.example.test", "a.*.test"):
            with self.subTest(pattern):
                self.world.configure_oauth({pattern: self.rule()})
                done = self.world.get()
                self.fails(done, "config.json:")

    def test_r1_refresh_token_goes_only_where_it_came_from(self):
        """Another issuer, client or token endpoint in the configuration: a new login, and no word to the new place."""
        other = self.faulty()
        for name, rule in {"issuer": self.rule(other), "client": self.rule(client_id="somebody"),
                           "endpoint": self.rule(endpoints={"token": f"{other.issuer}/token"})}.items():
            with self.subTest(name):
                self.world.configure_oauth({REGISTRY: rule})
                self.session(left=-5)
                self.fails(self.world.get(), f"docker-credential-oauth login {REGISTRY}")
                self.assertEqual(other.asked("/token"), [])
                self.assertEqual(self.provider.asked("/token"), [])

    def test_r1_fresh_credential_of_another_provider_is_not_served(self):
        other = self.faulty()
        self.world.configure_oauth({REGISTRY: self.rule(other)})
        self.session()
        self.fails(self.world.get(), f"docker-credential-oauth login {REGISTRY}")

    def test_r1_tampered_session_cannot_redirect_the_refresh_token(self):
        """A token endpoint in the vault that is not https and not allowed."""
        self.world.configure_oauth({REGISTRY: self.rule(allow_http_loopback=False, issuer="https://idp.example.test")})
        self.session(left=-5, issuer="https://idp.example.test")
        self.fails(self.world.get())
        self.assertEqual(self.provider.requests, [])


class RealmCase(RuleCase):
    """`token` reads the challenge of a registry, which may name anybody."""

    def setUp(self):
        super().setUp()
        self.registry, self.other = self.faulty(), self.faulty()
        self.world.host = self.registry.address
        self.other.answers["/token"] = Answer(body={"token": "for-whom"})

    def challenge(self, realm, **changes):
        self.registry.answers["/v2/"] = Answer(401, {}, {"WWW-Authenticate": f'Bearer realm="{realm}",service="s"'})
        self.world.configure_oauth({self.world.host: self.rule(**changes)})
        self.session(host=self.world.host)

    def token(self, *arguments):
        return self.world.oauth("token", f"{self.world.host}/team/app:pull", *arguments)

    def sent_credential(self, server):
        return [fields for _, _, fields in server.requests if "Authorization" in fields["headers"] or "password" in fields]


class R2RealmTest(RealmCase):
    def test_r2_realm_on_another_host_is_refused(self):
        self.challenge(f"{self.other.issuer}/token")
        self.fails(self.token(), self.other.address)
        self.assertEqual(self.other.requests, [])

    def test_r2_realm_on_a_configured_host_is_used(self):
        self.challenge(f"{self.other.issuer}/token", realm_hosts=[self.other.address])
        done = self.token()
        self.assertEqual((done.code, done.out.strip()), (0, "for-whom"), done)

    def test_r2_realms_nobody_may_name(self):
        for realm in ("http://169.254.169.254/latest/meta-data/", "https://10.0.0.1/token", "http://[::1]:1/token",
                      "file:///etc/passwd", "gopher://127.0.0.1/", f"http://{self.registry.address}@127.0.0.1:1/token",
                      f"http://{self.registry.address}.attacker.test/token", "//attacker.test/token", "/token", "",
                      "https://attacker.test/\r\nX: y"):
            with self.subTest(realm):
                self.challenge(realm.replace("\r\n", " "))
                self.fails(self.token())
                self.assertEqual(self.sent_credential(self.registry), [])

    def test_r2_get_never_asks_the_registry(self):
        self.challenge(f"{self.other.issuer}/token")
        self.assertEqual(self.world.credential(), ("alice", ACCESS))
        self.assertEqual(self.registry.requests, [])


class R3TransportTest(RuleCase):
    def test_r3_redirects_are_not_followed(self):
        other = self.faulty()
        for path in ("/token", "/.well-known/openid-configuration"):
            for status in (301, 302, 303, 307, 308):
                with self.subTest(f"{path} {status}"):
                    where = {"Location": f"{other.issuer}{path}?secret=1"}
                    self.provider.answers = {"/.well-known/oauth-authorization-server": Answer(404),
                                             path: Answer(status, {}, where)}
                    self.ready(left=-5)
                    done = self.fails(self.world.get()) if path == "/token" else self.login()
                    self.assertEqual(done.code, 1, done)
                    self.assertEqual(other.requests, [])
                    self.assertNotIn("secret=1", done.out + done.err)
                    self.assertIn(other.address, done.out + done.err)

    def test_r3_unknown_authority_wrong_name_and_no_way_around(self):
        ours, theirs = Authority(self.world), Authority(self.world, "theirs")
        self.provider = self.faulty(authority=theirs)
        trust = {"SSL_CERT_FILE": "", "NODE_TLS_REJECT_UNAUTHORIZED": "0", "CURL_INSECURE": "1", "GIT_SSL_NO_VERIFY": "1"}
        (self.world.home / ".curlrc").write_text("insecure\n")
        self.ready(left=-5, ca_file=str(ours.ca), allow_http_loopback=False)
        self.fails(self.world.get(env=trust), "certificate")
        self.assertEqual(self.provider.requests, [])
        self.ready(left=-5, ca_file=str(theirs.ca), allow_http_loopback=False)
        self.assertEqual(self.world.get().code, 0)

    def test_r3_http_is_for_loopback_literals_under_a_setting(self):
        for issuer in ("http://idp.example.test", "http://localhost:1", "http://10.0.0.1", "ftp://127.0.0.1", "http://127.0.0.1.nip.test",
                       "https://user@idp.example.test", "https://"):
            with self.subTest(issuer):
                self.world.configure_oauth({REGISTRY: self.rule(issuer=issuer)})
                self.fails(self.world.get(), "config.json:")
        self.world.configure_oauth({REGISTRY: self.rule(allow_http_loopback=False)})
        self.fails(self.world.get(), "config.json:")

    def test_r3_no_netrc_no_cookies(self):
        netrc = self.world.home / ".netrc"
        netrc.write_text("machine 127.0.0.1 login netrc-user password netrc-password\n")
        netrc.chmod(0o600)
        self.provider.answers["/token"] = [self.provider.tokens(), self.provider.tokens()]
        self.provider.answers["/.well-known/openid-configuration"] = Answer(
            body=self.provider.metadata, headers={"Set-Cookie": "a=b; Path=/"})
        self.ready()
        self.assertEqual(self.login().code, 0)
        for _, path, fields in self.provider.requests:
            self.assertNotIn("Authorization", fields["headers"], path)
            self.assertNotIn("Cookie", fields["headers"], path)

    def test_r3_old_tls_is_refused(self):
        authority = Authority(self.world)
        self.provider = self.faulty(authority=authority)
        context = self.provider.server.socket.context
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        self.ready(left=-5, ca_file=str(authority.ca), allow_http_loopback=False)
        self.fails(self.world.get())
        self.assertEqual(self.provider.requests, [])


class R4InputTest(RuleCase):
    def test_r4_keys_with_control_characters(self):
        self.ready()
        for name in (f"{REGISTRY}\rattacker.test", f"{REGISTRY}\x00", f"{REGISTRY}\x1b[m", f"{REGISTRY}\x7f",
                     f"attacker.test\r\n{REGISTRY}", f"{REGISTRY}\nattacker.test", f"attacker.test\n{REGISTRY}"):
            with self.subTest(repr(name)):
                done = self.world.get(name)
                self.assertEqual(done.code, 1, done)
                self.tells_nothing(done)

    def test_r4_long_and_empty_keys(self):
        self.ready()
        for name in ("https://" + "a" * 5000 + f".{REGISTRY}", f"https://{REGISTRY}/" + "a" * 5000, "https:///", "https://:443",
                     "", "https://@"):
            with self.subTest(name[:40]):
                done = self.world.get(name)
                self.assertEqual(done.code, 1, done)
                self.tells_nothing(done)

    def test_r4_credentials_that_would_break_a_header(self):
        for secret in ("line\nbreak", "carriage\rreturn", "nul\x00byte"):
            with self.subTest(repr(secret)):
                self.provider.answers["/token"] = self.provider.tokens(access_token=secret)
                self.ready(left=-5)
                self.assertEqual(self.world.get().code, 1)

    def test_r4_user_names_that_would_break_a_header(self):
        for name in ("two\nlines", "cr\r", "nul\x00", "esc\x1b[m", "a:b", "", "x" * 256):
            with self.subTest(repr(name[:20])):
                self.provider.answers["/token"] = self.provider.tokens(sub=name)
                self.world.configure_oauth({"127.0.0.1:9": self.rule(username={"claim": "sub"})})
                done = self.login("127.0.0.1:9")
                self.assertEqual(done.code, 1, (done, done.events))
                self.assertEqual(self.world.get("127.0.0.1:9").code, 1)


class R5TerminalTest(RuleCase):
    ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnirts\u2066 \x08\r"

    def see(self):
        """What a person's terminal gets from a login."""
        self.world.configure_oauth({"127.0.0.1:9": self.rule()})
        done = self.world.spawn(HELPER, "login", "127.0.0.1:9").finish()
        return done, done.raw_out + done.raw_err

    def clean(self, data):
        self.assertNotRegex(data.decode(), "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

    def test_r5_user_code_and_address(self):
        for member in ("user_code", "verification_uri", "verification_uri_complete"):
            with self.subTest(member):
                self.provider.device = {**self.provider.device, member: self.provider.device.get(member, "https://x/") + self.ESCAPES}
                _, data = self.see()
                self.clean(data)

    def test_r5_error_texts(self):
        self.provider.answers["/token"] = error("access_denied" + self.ESCAPES, error_description=self.ESCAPES + "x" * 5000)
        done, data = self.see()
        self.assertEqual(done.code, 1)
        self.clean(data)
        self.assertLess(len(data), 4000)

    def test_r5_errors_in_get(self):
        self.provider.answers["/token"] = error("oops" + self.ESCAPES, error_description=self.ESCAPES)
        self.ready(left=-5)
        done = self.fails(self.world.get())
        self.clean(done.raw_out + done.raw_err)
        self.assertEqual(done.out.count("\n"), 1)


class R6LimitsTest(RuleCase):
    def test_r6_huge_metadata(self):
        self.provider.answers["/.well-known/oauth-authorization-server"] = Answer(404)
        self.provider.answers["/.well-known/openid-configuration"] = Answer(body=b" " * 65536, repeat=64)
        self.ready()
        self.assertEqual(self.login().code, 1)

    def test_r6_huge_token_answers(self):
        for name, answer in {"body": self.provider.tokens(filler="x" * 70000),
                             "endless": Answer(body=b"x" * 65536, repeat=50000),
                             "header": Answer(body={}, headers={"X-Long": "x" * 500000}),
                             "deep": Answer(body=b'{"a":' * 5000 + b"1" + b"}" * 5000)}.items():
            with self.subTest(name):
                self.provider.answers["/token"] = answer
                self.ready(left=-5)
                done = self.fails(self.world.get())
                self.assertLess(done.seconds, 25)

    def test_r6_duplicate_members(self):
        self.provider.answers["/token"] = Answer(
            body=b'{"access_token":"a","access_token":"b","token_type":"Bearer","expires_in":3600}')
        self.ready(left=-5)
        self.fails(self.world.get())


class R7PhishingTest(RuleCase):
    def test_r7_get_never_starts_a_login(self):
        self.world.configure_oauth({REGISTRY: self.rule()})
        done = self.world.get()
        self.assertEqual(done.out, NOT_FOUND)
        self.ready(left=-5)
        self.provider.answers["/token"] = error("invalid_grant")
        self.fails(self.world.get())
        self.assertEqual(self.provider.asked("/device/auth"), [])

    def test_r7_login_says_who_asks_and_for_what(self):
        self.provider.device["verification_uri_complete"] = f"{self.provider.issuer}/device?user_code=ABCD-EFGH"
        self.world.configure_oauth({"127.0.0.1:9": self.rule()})
        text = self.world.spawn(HELPER, "login", "127.0.0.1:9").finish().err
        for word in ("docker-credential-oauth", "127.0.0.1:9", self.provider.address, "ABCD-EFGH"):
            self.assertIn(word, text)


class R8LoopbackTest(RuleCase):
    """The browser's way back. The browser here says what a test tells it; the provider's pages are not asked."""
    GOOD = "{path}?code=good&state={state}"

    def setUp(self):
        super().setUp()
        self.page = self.world.root / "page"
        self.world.host = "127.0.0.1:9"
        self.provider.answers["/token"] = self.provider.tokens(id_token=None)
        self.world.configure_oauth({self.world.host: self.rule(scopes=["read"])})

    def start(self, *knocks):
        return self.world.spawn(HELPER, "login", self.world.host, "--web", env={
            "BROWSER": str(BROWSER), "TEST_LOGIN": "nobody", "TEST_PAGE": str(self.page), "TEST_BEFORE": " ".join(knocks)})

    def opened(self):
        """Parameters of the address that the browser was given."""
        address = self.world.wait_for(lambda: self.page.exists() and re.search(r"opened (\S+)\n", self.page.read_text()),
                                      "the browser").group(1)
        return dict(urllib.parse.parse_qsl(urllib.parse.urlparse(address).query))

    def refused(self, *knocks):
        running = self.start(*knocks)
        done = running.finish()
        self.assertEqual(done.code, 1, done)
        self.assertEqual(self.provider.asked("/token"), [])
        self.assertIsNone(self.world.session())
        return done

    def ignored(self, *knocks):
        """None of these ends the wait or reaches the provider; the right one afterwards does."""
        done = self.start(*knocks, self.GOOD).finish()
        self.assertEqual(done.code, 0, (done, self.page.read_text()))
        self.assertEqual([fields["code"] for fields in self.provider.asked("/token")], ["good"])

    def test_r8_stray_requests_are_ignored(self):
        self.ignored("/favicon.ico", "/", "{path}", "/callback/x?code=evil&state={state}", "{path}?state={state}")

    def test_r8_wrong_state_is_refused(self):
        self.ignored("{path}?code=evil&state=wrong", "{path}?code=evil", "{path}?code=evil&state=",
                     "{path}?code=evil&state=wrong&state={state}", "{path}?error=access_denied&state=wrong")

    def test_r8_missing_or_wrong_iss_is_refused(self):
        self.provider.metadata["authorization_response_iss_parameter_supported"] = True
        for knock in (self.GOOD, f"{self.GOOD}&iss=https://attacker.test", f"{self.GOOD}&iss="):
            with self.subTest(knock):
                self.refused(knock)
        self.assertEqual(self.start(f"{self.GOOD}&iss={self.provider.issuer}").finish().code, 0)

    def test_r8_wrong_iss_is_refused_even_if_not_announced(self):
        self.refused(f"{self.GOOD}&iss=https://attacker.test")

    def test_r8_error_of_the_provider(self):
        done = self.refused("{path}?error=access_denied&error_description=no%1b[31m&state={state}")
        self.assertNotIn("\x1b", done.err)

    def test_r8_one_redirect_only(self):
        done = self.start(self.GOOD, "{path}?code=evil&state={state}").finish()
        self.assertEqual(done.code, 0, done)
        self.assertEqual([fields["code"] for fields in self.provider.asked("/token")], ["good"])

    def test_r8_listens_on_loopback_only_and_binds_the_code(self):
        running = self.start()
        query = self.opened()
        port = urllib.parse.urlparse(query["redirect_uri"]).port
        self.assertIn(urllib.parse.urlparse(query["redirect_uri"]).hostname, ("127.0.0.1", "::1"))
        listening = [line.split()[1] for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()
                     if f":{port:04X} " in line and line.split()[3] == "0A"]
        self.assertTrue(listening)
        for address in listening:
            self.assertIn(address.split(":")[0], ("0100007F", "00000000000000000000000001000000"))
        self.assertEqual((query["code_challenge_method"], query["response_type"]), ("S256", "code"))
        self.assertGreaterEqual(len(query["state"]), 22)
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"{query['redirect_uri']}?code=good&state={query['state']}", timeout=60).read()
        self.assertEqual(running.finish().code, 0)
        sent = self.provider.asked("/token")[0]
        self.assertGreaterEqual(len(sent["code_verifier"]), 43)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=")
        self.assertEqual(challenge.decode(), query["code_challenge"])
        self.assertEqual(sent["redirect_uri"], query["redirect_uri"])

    def test_r8_nonce_of_the_id_token(self):
        self.world.configure_oauth({self.world.host: self.rule(scopes=["openid"])})
        for nonce in ("wrong", None):
            with self.subTest(nonce):
                claims = {"iss": self.provider.issuer, "aud": "cli", "sub": "alice", "exp": int(time.time()) + 60}
                token = unsigned_token(**claims, **({"nonce": nonce} if nonce else {}))
                self.provider.answers["/token"] = self.provider.tokens(id_token=token)
                self.assertEqual(self.start(self.GOOD).finish().code, 1)
                self.assertIsNone(self.world.session())

    def test_r8_the_page_says_that_it_is_done(self):
        self.assertEqual(self.start(self.GOOD).finish().code, 0)
        self.assertRegex(self.world.wait_for(lambda: "TEST_BEFORE" in self.page.read_text() and self.page.read_text(), "page"),
                         "200 .*(?i:logged in|done|close)")

    def test_r8_control_c_while_waiting(self):
        running = self.start()
        self.opened()
        running.signal(signal.SIGINT)
        self.assertEqual(running.finish().code, 130)
        self.assertIsNone(self.world.session())

    def test_attack_loopback_hijack_takes_the_first_request(self):
        """Cellery listens on all interfaces without a state; gcr and git-credential-oauth take the first request."""
        self.ignored("{path}?code=evil", "/?code=evil&state=x")


class R9ClaimsTest(RuleCase):
    def user(self, name=None, source=None, **claims):
        now = int(time.time())
        token = unsigned_token(**{"iss": self.provider.issuer, "aud": "cli", "sub": name or "alice", "exp": now + 60, **claims})
        self.provider.answers["/token"] = self.provider.tokens(id_token=token)
        self.world.configure_oauth({"127.0.0.1:9": self.rule(username=source or {"claim": "sub"})})
        return self.login("127.0.0.1:9")

    def test_r9_names_that_registries_have(self):
        for name in ("robot$alice", "a+b@example.com", "ns/alice", "Ünïcödé"):
            with self.subTest(name):
                done = self.user(name)
                self.assertEqual(done.code, 0, (done, done.events))
                self.assertEqual(self.world.credential("127.0.0.1:9")[0], name)

    def test_r9_claims_that_are_no_names(self):
        for value in (7, None, ["alice"], {"a": 1}, True):
            with self.subTest(value):
                self.assertEqual(self.user(sub=value).code, 1)

    def test_r9_id_token_for_somebody_else(self):
        for name, claims in {"issuer": {"iss": "https://attacker.test"}, "audience": {"aud": "another-client"},
                             "authorized party": {"aud": ["cli", "x"], "azp": "x"}, "expired": {"exp": 1000}}.items():
            with self.subTest(name):
                self.assertEqual(self.user(**claims).code, 1)


class R10LogsTest(RuleCase):
    def test_r10_no_secret_in_any_output(self):
        self.provider.device["device_code"] = DEVICE
        identity = unsigned_token(iss=self.provider.issuer, aud="cli", sub="alice", exp=int(time.time()) + 60, x=IDENTITY)
        self.provider.answers["/token"] = self.provider.tokens(access_token=ACCESS, refresh_token=REFRESH, id_token=identity)
        self.world.configure_oauth({"127.0.0.1:9": self.rule()})
        self.world.host = "127.0.0.1:9"
        debug = {"DOCKER_CREDENTIAL_LOG": "debug"}
        done = self.login(env=debug)
        self.assertEqual(done.code, 0, (done, done.events))
        outputs = [json.dumps(done.events), done.err]
        self.world.age_session()
        got = self.world.get(env=debug)
        self.assertEqual(got.code, 0)
        outputs += [got.err]
        for action in (["status"], ["status", "--json"], ["config", "check"], ["list"], ["logout", self.world.host]):
            done = self.world.oauth(*action, env=debug)
            outputs += [done.out, done.err]
        for text in outputs:
            for canary in (*CANARIES, identity):
                self.assertNotIn(canary, text)


class R11AtRestTest(RuleCase):
    def test_r11_no_secret_in_any_file(self):
        self.provider.device["device_code"] = DEVICE
        self.provider.answers["/token"] = self.provider.tokens(access_token=ACCESS, refresh_token=REFRESH)
        self.world.configure_oauth({"127.0.0.1:9": self.rule()})
        self.world.host = "127.0.0.1:9"
        done = self.login()
        self.assertEqual(done.code, 0, (done, done.events))
        self.world.age_session()
        self.assertEqual(self.world.get().code, 0)
        files = [path for path in self.world.root.rglob("*") if path.is_file() and not path.is_symlink()]
        for path in files:
            data = path.read_bytes()
            for canary in CANARIES:
                self.assertNotIn(canary.encode(), data, path)
                self.assertNotIn(base64.b64encode(canary.encode()).rstrip(b"="), data, path)
        self.assertTrue(files)

    def test_r11_what_is_written_is_private(self):
        self.provider.answers["/token"] = self.provider.tokens()
        self.world.configure_oauth({"127.0.0.1:9": self.rule()})
        self.world.host = "127.0.0.1:9"
        self.addCleanup(os.umask, os.umask(0))
        self.assertEqual(self.login().code, 0)
        self.world.age_session()
        self.assertEqual(self.world.get().code, 0)
        for folder in ("run", "state", "cache"):
            for path in (self.world.root / folder).rglob("*"):
                self.assertEqual(path.lstat().st_mode & 0o077, 0, path)


class R12ProcessTest(RuleCase):
    def test_r12_argv_environment_and_limits(self):
        """Looked at while the network half waits for the provider."""
        self.provider.answers["/token"] = Answer(hang=True)
        self.ready(left=-5)
        running = self.world.spawn(HELPER, "get", stdin=subprocess.PIPE)
        running.process.stdin.write(REGISTRY.encode())
        running.process.stdin.close()
        running.process.stdin = None
        self.world.wait_for(lambda: self.provider.asked("/token"), "the refresh")
        for pid in (running.process.pid, *self.world.net_programs()):
            proc = Path(f"/proc/{pid}")
            limits = (proc / "limits").read_text()
            self.assertRegex(limits, r"Max core file size +0 +0")
            for name in ("cmdline", "environ") if os.geteuid() == 0 else ("cmdline",):
                data = (proc / name).read_bytes()
                for canary in CANARIES:
                    self.assertNotIn(canary.encode(), data)
        self.assertEqual(len(self.world.net_programs()), 1)
        for pid in self.world.net_programs():
            os.kill(pid, signal.SIGKILL)
        running.finish()

    @unittest.skipIf(SANITIZED, "strace and leak detection do not go together")
    def test_r12_not_dumpable(self):
        self.ready(left=-5)
        self.provider.answers["/token"] = self.provider.tokens()
        trace = self.world.root / "trace"
        done = self.world.run("strace", "-f", "-qq", "-e", "trace=prctl,execve", "-o", trace, HELPER, "get", input=REGISTRY)
        self.assertEqual(done.code, 0, done)
        text = trace.read_text()
        programs = {line.split()[0] for line in text.splitlines() if "execve(" in line and "docker-credential-oauth" in line
                    and line.endswith("= 0")}
        self.assertEqual(len(programs), 2, text)
        for pid in programs:
            self.assertRegex(text, rf"(?m)^{pid} +prctl\(PR_SET_DUMPABLE, (0|SUID_DUMP_DISABLE)")


class AttackTest(RealmCase):
    """The cases that the rules were drawn from."""

    def test_cve_2020_15157_credentials_to_a_host_that_answers_401(self):
        """containerd sent a registry's credentials to any host that asked for some."""
        self.challenge(f"{self.registry.issuer}/token")
        for name in (self.other.address, "attacker.test", f"{self.world.host}.attacker.test"):
            done = self.world.get(name)
            self.assertEqual(done.out, NOT_FOUND, done)
            self.tells_nothing(done)

    def test_cve_2026_33540_and_ghsa_3p65_attacker_names_the_realm(self):
        self.challenge("https://auth.attacker.test/token")
        self.fails(self.token(), "attacker.test")

    def test_cve_2026_12566_realm_on_internal_addresses(self):
        for address in ("http://169.254.169.254/", "https://192.168.0.1/token", "http://[fd00::1]/token", "https://0x7f.1/token"):
            with self.subTest(address):
                self.challenge(address)
                self.fails(self.token())

    def test_docker_credential_gcr_answers_for_any_host(self):
        self.challenge(f"{self.registry.issuer}/token")
        for name in ("attacker.test", "gcr.io.attacker.test", "127.0.0.1", "localhost"):
            self.assertEqual(self.world.get(name).out, NOT_FOUND)

    def test_cve_2024_53858_carriage_return_in_a_host(self):
        """Clone2Leak: gh, GitHub Desktop (CVE-2025-23040), GCM (CVE-2024-50338), git-lfs (CVE-2024-53263)."""
        self.challenge(f"{self.registry.issuer}/token")
        for name in (f"attacker.test\r{self.world.host}", f"https://attacker.test%0d%0a{self.world.host}",
                     f"https://attacker.test/\rhost={self.world.host}"):
            with self.subTest(repr(name)):
                done = self.world.get(name)
                self.assertEqual(done.code, 1)
                self.tells_nothing(done)

    def test_cve_2020_5260_newline_and_cve_2020_11008_empty_host(self):
        self.challenge(f"{self.registry.issuer}/token")
        for name in (f"https://\nhost={self.world.host}", "https:///path", "https://?x", f"attacker.test\n{self.world.host}"):
            with self.subTest(repr(name)):
                done = self.world.get(name)
                self.assertEqual(done.code, 1)
                self.tells_nothing(done)

    def test_cve_2024_52006_carriage_return_in_input(self):
        self.challenge(f"{self.registry.issuer}/token")
        done = self.world.get(f"{self.world.host}\r")
        self.assertTrue(done.code == 1 or json.loads(done.out)["ServerURL"].strip() == self.world.host, done)

    def test_cve_2024_50349_escapes_in_a_prompt(self):
        self.provider.device["user_code"] = "\x1b[1A\x1b[2KABCD"
        self.provider.device["verification_uri"] = "https://good.test\x1b[8m.attacker.test"
        self.world.configure_oauth({"127.0.0.1:9": self.rule()})
        self.assertNotIn(b"\x1b", self.world.spawn(HELPER, "login", "127.0.0.1:9").finish().raw_err)

    def test_cve_2021_41092_helper_missing_from_path(self):
        """docker goes on without a helper that it cannot find: login says so when docker could not find this one."""
        self.provider.answers["/token"] = self.provider.tokens()
        folder = self.world.root / "elsewhere"
        folder.mkdir()
        (folder / "docker-credential-keyctl").symlink_to(HELPER.with_name("docker-credential-keyctl"))
        self.world.configure_oauth({"127.0.0.1:9": self.rule()})
        done = self.world.spawn(HELPER, "login", "127.0.0.1:9", env={"PATH": f"{folder}:/usr/bin:/bin"}).finish()
        self.assertIn("PATH", done.err)

    @unittest.skipIf(SANITIZED, "the sanitizers want more addresses than there are here")
    def test_cve_2020_1702_huge_answer(self):
        self.provider.answers["/token"] = Answer(body=b"x" * 65536, repeat=100000)
        self.world.configure_oauth({self.world.host: self.rule()})
        self.session(host=self.world.host, left=-5)
        done = self.world.run("prlimit", f"--as={1 << 30}", HELPER, "get", input=self.world.host)
        self.fails(done)

    def test_cve_2022_27774_and_cve_2024_11053_secrets_follow_redirects(self):
        self.provider.answers["/token"] = Answer(307, {}, {"Location": f"{self.other.issuer}/token"})
        self.world.configure_oauth({self.world.host: self.rule()})
        self.session(host=self.world.host, left=-5)
        self.fails(self.world.get())
        self.registry.answers["/v2/"] = Answer(302, {}, {"Location": f"{self.other.issuer}/v2/"})
        self.session(host=self.world.host)
        self.fails(self.token())
        self.assertEqual(self.other.requests, [])

    def test_storm_2372_device_code_phishing(self):
        """No login that nobody asked for, and every login names registry, provider and client."""
        self.world.configure_oauth({self.world.host: self.rule()})
        for action in ("get", "erase"):
            self.world.oauth(action, input=self.world.host)
        self.world.oauth("list")
        self.world.oauth("status")
        self.assertEqual(self.provider.requests, [])

    def test_jwt_confusion_claims_of_a_token_from_elsewhere(self):
        """An ID token that a refresh brings for another person does not rename the user."""
        now = int(time.time())
        mine = unsigned_token(iss=self.provider.issuer, aud="cli", sub="alice", exp=now + 600)
        theirs = unsigned_token(iss=self.provider.issuer, aud="cli", sub="root", exp=now + 600)
        self.world.configure_oauth({self.world.host: self.rule(username={"claim": "sub"})})
        self.session(host=self.world.host, left=-5, id_token=mine)
        self.provider.answers["/token"] = self.provider.tokens(id_token=theirs)
        done = self.world.get()
        self.assertTrue(done.code == 1 or json.loads(done.out)["Username"] == "alice", done)

    def test_logs_at_rest(self):
        """ECR's helper writes a debug log readable by all; git-credential-oauth -verbose prints tokens."""
        self.provider.answers["/token"] = self.provider.tokens(access_token=ACCESS, refresh_token=REFRESH)
        self.world.configure_oauth({self.world.host: self.rule()})
        self.session(host=self.world.host, left=-5)
        done = self.world.get(env={"DOCKER_CREDENTIAL_LOG": "debug"})
        self.assertEqual(done.code, 0, done)
        for canary in CANARIES:
            self.assertNotIn(canary, done.err)
        files = [path for folder in ("home", "run", "data", "config", "cache", "state", "tmp")
                 for path in (self.world.root / folder).rglob("*") if path.is_file()]
        for path in files:
            for canary in CANARIES:
                self.assertNotIn(canary.encode(), path.read_bytes(), path)

    @unittest.skipIf(SANITIZED, "strace and leak detection do not go together")
    def test_plaintext_stores_and_files_made_public_first(self):
        """gcr writes its tokens to a file and closes it to others afterwards; ECR's old key gave the account away."""
        trace = self.world.root / "trace"
        self.provider.answers["/token"] = self.provider.tokens(access_token=ACCESS, refresh_token=REFRESH)
        self.world.configure_oauth({self.world.host: self.rule()})
        self.session(host=self.world.host, left=-5)
        done = self.world.run("strace", "-f", "-qq", "-s", "4096", "-e", "trace=openat,creat,write,pwrite64", "-o", trace, HELPER,
                              "get", input=self.world.host)
        self.assertEqual(done.code, 0, done)
        for line in trace.read_text(errors="replace").splitlines():
            if "O_CREAT" in line:
                self.assertRegex(line, r"0?600\)", "a file that others may read")

    @unittest.skipIf(SANITIZED, "strace and leak detection do not go together")
    def test_core_dumps_swap_environ_and_argv(self):
        """No variable and no argument of any program that a renewal starts holds a secret."""
        trace = self.world.root / "trace"
        self.provider.answers["/token"] = self.provider.tokens(access_token=ACCESS, refresh_token=REFRESH)
        self.world.configure_oauth({self.world.host: self.rule()})
        self.session(host=self.world.host, left=-5)
        done = self.world.run("strace", "-f", "-v", "-qq", "-s", "65536", "-e", "trace=execve,prctl,prlimit64,setrlimit", "-o",
                              trace, HELPER, "get", input=self.world.host)
        self.assertEqual(done.code, 0, done)
        text = trace.read_text(errors="replace")
        self.assertIn("execve(", text)
        for canary in CANARIES:
            self.assertNotIn(canary, text)
        self.assertRegex(text, r"RLIMIT_CORE, \{rlim_cur=0, rlim_max=0\}")

    def test_refresh_reuse_logs_nobody_out(self):
        """Two at once with one refresh token end a login: see test_refresh.py for 64. Here: eight, one request."""
        self.world.configure_oauth({self.world.host: self.rule()})
        self.session(host=self.world.host, left=-5)
        with ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(lambda _: self.world.credential(), range(8)))
        self.assertEqual(len(answers), 1)
        self.assertEqual(len(self.provider.asked("/token")), 1)


if __name__ == "__main__":
    main()
