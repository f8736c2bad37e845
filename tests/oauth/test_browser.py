"""Logins with --web in a browser that people use, and on a machine without IPv4."""
import json
import os
import signal
import subprocess
import sys
import urllib.parse
from pathlib import Path

from oauth_case import NOBODY, OauthCase
from oauth_world import HELPER
from sandbox import main

SUPPORT = Path(__file__).resolve().parents[1] / "support"


class BrowserCase(OauthCase):
    registry = NOBODY

    def log_in(self, browser, **env):
        self.page = self.world.root / "page"
        done = self.world.login(None, "--web", env={"BROWSER": str(SUPPORT / browser), "TEST_PAGE": str(self.page), **env})
        self.assertEqual(done.code, 0, (done, done.events))
        return done


class ChromiumTest(BrowserCase):
    def test_login_in_chromium(self):
        """The provider's pages, their forms, the way back, and our own page at the end, as a real browser sees them."""
        self.world.start_provider()
        self.world.configure_oauth()
        self.log_in("chromium_browser.py", TEST_LOGIN="alice", TEST_CERTIFICATE=str(self.world.authority.certificate))
        seen = json.loads(self.world.wait_for(lambda: self.page.exists() and self.page.read_text(), "the last page"))
        self.assertEqual(seen["steps"], ["signed in", "agreed"])
        self.assertEqual(seen["title"], "Logged in")
        self.assertEqual(seen["text"].split("\n\n"), ["Logged in", "You can close this page and go back to the terminal."])
        self.assertEqual(self.world.credential(), ("alice", self.world.session()["access_token"]))


class GoogleTest(BrowserCase):
    def test_asks_for_a_login_that_lasts(self):
        """Without access_type=offline Google gives no refresh token, and none again without prompt=consent."""
        running = self.world.spawn(HELPER, "login", "europe-docker.pkg.dev", "--client-id", "cli", "--web", "--no-browser",
                                   "--json")
        event = running.event("verification")
        running.signal(signal.SIGINT)
        running.finish()
        address = urllib.parse.urlparse(event["authorization_url"])
        query = urllib.parse.parse_qs(address.query)
        self.assertEqual(address.hostname, "accounts.google.com")
        self.assertEqual((query["access_type"], query["prompt"]), (["offline"], ["consent"]))
        self.assertEqual(query["client_id"], ["cli"])


class OnlyIpv6Test(BrowserCase):
    IN_NETWORK = "KEYBERTH_TEST_ONLY_IPV6"
    # A network of its own whose one address is ::1.
    NETWORK = ["unshare", "--map-root-user", "--net", "sh", "-ec",
               'ip link set lo up; ip address delete 127.0.0.1/8 dev lo; exec "$@"', "-"]

    def setUp(self):
        if self.IN_NETWORK in os.environ:
            super().setUp()

    def test_r8_waits_at_v6_where_there_is_no_v4(self):
        if self.IN_NETWORK not in os.environ:
            again = subprocess.run([*self.NETWORK, sys.executable, __file__, self.id().split(".", 1)[1]], capture_output=True,
                                   text=True, check=False, env={**os.environ, self.IN_NETWORK: "yes"}, timeout=60)
            self.assertEqual(again.returncode, 0, again.stderr)
            return
        provider = self.faulty(host="::1")
        self.world.configure_oauth({NOBODY: {"issuer": provider.issuer, "client_id": "cli", "scopes": ["read"],
                                             "allow_http_loopback": True, "username": "alice"}})
        done = self.log_in("scripted_browser.py", TEST_LOGIN="nobody", TEST_BEFORE="{path}?code=good&state={state}")
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(done.events[0]["authorization_url"]).query))
        self.assertRegex(query["redirect_uri"], r"^http://\[::1\]:\d+/callback$")
        self.assertEqual([sent["code"] for sent in provider.asked("/token")], ["good"])
        self.assertEqual(provider.asked("/token")[0]["redirect_uri"], query["redirect_uri"])


if __name__ == "__main__":
    main()
