"""Sessions in each of the stores that come with docker-credential-oauth, and the choice among them."""
import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from helper_worlds import on_each_helper
from oauth_case import NOBODY
from oauth_world import NOT_FOUND, OauthMixin
from sandbox import SandboxCase, main

SecretServiceVault, PassVault, KeyctlVault = on_each_helper(OauthMixin)


class Story:
    def setUp(self):
        super().setUp()
        self.world.host = NOBODY
        self.provider = self.world.start_provider()

    def test_from_login_to_logout(self):
        self.world.configure_oauth()
        done = self.world.logged_in()
        self.assertIn(self.world.vault, json.dumps(done.events))
        first = self.world.session()
        self.assertEqual(self.world.credential(), ("alice", first["access_token"]))
        self.assertEqual(json.loads(self.world.oauth("list").out), {NOBODY: "alice"})

        self.world.age_session()
        self.provider.reset()
        with ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(lambda _: self.world.credential(), range(8)))
        self.assertEqual(len(answers), 1, answers)
        self.assertEqual(self.provider.refreshes(), 1)
        self.assertTrue(self.provider.introspect(answers.pop()[1])["active"])

        logout = self.world.oauth("logout", NOBODY)
        self.assertEqual(logout.code, 0, logout)
        self.assertIsNone(self.world.session())
        self.assertEqual(self.world.get().out, NOT_FOUND)

    def test_vault_of_its_own_choice(self):
        """Without a name in the configuration, the one that works here is taken, and login says which."""
        self.world.configure_oauth(vault=None)
        rules = json.loads(self.world.oauth_config.read_text())
        done = self.world.logged_in()
        self.assertIn(self.world.vault, json.dumps(done.events))
        self.assertIsNotNone(self.world.session())
        self.assertEqual(self.world.get().code, 0)
        self.assertEqual(json.loads(self.world.oauth_config.read_text()), {"vault": self.world.vault, **rules})


class PlainLogins:
    """docker login at a registry without a rule, where the configuration names no vault."""
    PLAIN = "plain.example.com"

    def make_password_store(self):
        made = self.world.run("docker-credential-pass", "init", "--no-passphrase", timeout=60)
        self.addCleanup(self.world.run, "gpgconf", "--kill", "all")
        self.assertEqual(made.code, 0, made)

    def migrate(self):
        """The password of Docker's file, out of it and into the vault."""
        auth = base64.b64encode(b"bob:pw").decode()
        file = Path(self.world.env["DOCKER_CONFIG"]) / "config.json"
        file.write_text(json.dumps({"auths": {self.PLAIN: {"auth": auth}}, "credsStore": "oauth"}))
        done = self.world.oauth("migrate")
        self.assertEqual(done.code, 0, done)
        self.assertNotIn(auth, file.read_text())

    def store(self):
        entry = {"ServerURL": self.PLAIN, "Username": "bob", "Secret": "pw"}
        return self.world.oauth("store", input=json.dumps(entry))

    def assert_found_in(self, vault):
        self.assertEqual(self.world.credential(self.PLAIN), ("bob", "pw"))
        self.assertEqual(json.loads(self.world.oauth("list").out), {self.PLAIN: "bob"})
        self.assertEqual(json.loads(self.world.oauth_config.read_text()), {"vault": vault})
        findings = [check["finding"] for check in json.loads(self.world.oauth("doctor", "--json").out)["checks"]]
        self.assertIn(f"docker-credential-{vault}, as configured", findings)
        self.assertEqual(self.world.oauth("erase", input=self.PLAIN).code, 0)
        self.assertEqual(self.world.run(f"docker-credential-{vault}", "list").out, "{}\n")
        self.assertEqual(self.world.get(self.PLAIN).out, NOT_FOUND)


class PassTest(Story, SandboxCase):
    def make_world(self):
        return PassVault()


class SecretServiceTest(Story, SandboxCase):
    def make_world(self):
        return SecretServiceVault()

    def test_its_choice_cannot_be_reached(self):
        """As from cron: an error, for another vault knows nothing of the login."""
        self.world.configure_oauth(vault=None)
        self.world.logged_in()
        self.world.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"
        get = self.world.get()
        self.assertEqual(get.code, 1)
        self.assertIn("docker-credential-secretservice", get.out)
        self.assertNotEqual(get.out, NOT_FOUND)
        status = self.world.oauth("status")
        self.assertIn("cannot be read: docker-credential-secretservice", status.out)
        self.assertEqual(self.world.oauth("logout", NOBODY).code, 1)


class PlainSecretServiceTest(PlainLogins, SandboxCase):
    def make_world(self):
        return SecretServiceVault()

    def test_a_desktop_appears(self):
        """What went into pass over ssh is found there with a session bus and an open keyring, too."""
        self.make_password_store()
        bus = self.world.env["DBUS_SESSION_BUS_ADDRESS"]
        self.world.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"
        self.migrate()
        self.world.env["DBUS_SESSION_BUS_ADDRESS"] = bus
        self.assertEqual(self.world.run("docker-credential-secretservice", "list").out, "{}\n")
        self.assert_found_in("pass")

    def test_its_choice_cannot_be_reached(self):
        self.make_password_store()
        self.assertEqual(self.store().code, 0)
        self.world.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"
        get = self.world.get(self.PLAIN)
        self.assertEqual(get.code, 1)
        self.assertTrue(get.out.startswith("docker-credential-secretservice: "), get)
        self.assertEqual(self.world.oauth("list").code, 1)
        self.assertEqual(self.world.oauth("erase", input=self.PLAIN).code, 1)


class PlainKeyctlTest(PlainLogins, SandboxCase):
    def make_world(self):
        return KeyctlVault()

    def test_a_better_vault_appears(self):
        self.migrate()
        self.make_password_store()
        self.assert_found_in("keyctl")

    def test_nothing_is_remembered_before(self):
        """As long as there is nothing to be lost, the first that works is asked."""
        self.assertEqual(self.world.get(self.PLAIN).out, NOT_FOUND)
        self.assertEqual(self.world.oauth("list").out, "{}\n")
        self.assertEqual(self.world.oauth("erase", input=self.PLAIN).code, 0)
        checks = json.loads(self.world.oauth("doctor", "--store", "--json").out)["checks"]
        self.assertEqual((checks[-1]["link"], checks[-1]["state"]), ("round trip", "ok"), "the doctor tries it out")
        self.assertFalse(self.world.oauth_config.exists())

    def test_no_place_to_remember(self):
        """A login that might not be found again is refused, with the way out."""
        self.world.env["XDG_CONFIG_HOME"] = "/proc"  # nobody makes files there, not even root
        refused = self.store()
        self.assertEqual(refused.code, 1)
        self.assertIn("the login was not stored", refused.out)
        self.assertIn('"vault": "keyctl"', refused.err)
        self.assertEqual(self.world.run("docker-credential-keyctl", "list").out, "{}\n")
        system = self.world.root / "system"
        (system / "docker-credential-oauth").mkdir(parents=True)
        (system / "docker-credential-oauth/config.json").write_text('{"vault": "keyctl"}')
        self.world.env["XDG_CONFIG_DIRS"] = str(system)
        self.assertEqual(self.store().code, 0)
        self.assertEqual(self.world.credential(self.PLAIN), ("bob", "pw"))


class KeyctlTest(Story, SandboxCase):
    make_password_store = PlainLogins.make_password_store

    def make_world(self):
        return KeyctlVault()

    def test_a_better_vault_appears(self):
        """Later there is a password store: the login is still found where it was made."""
        self.world.configure_oauth(vault=None)
        self.world.logged_in()
        self.make_password_store()
        self.assertEqual(self.world.credential()[0], "alice")
        token = self.world.session()["refresh_token"]
        self.assertEqual(self.world.oauth("logout", NOBODY).code, 0)
        self.assertIsNone(self.world.session())
        self.assertFalse(self.provider.introspect(token)["active"])

    def test_another_vault_from_now_on(self):
        """The logins that stay behind are named, and logout reaches them."""
        other = "other.test"
        self.world.configure_oauth({host: self.world.rule() for host in (NOBODY, other)})
        self.world.logged_in()
        former = [self.world.session(), self.world.make_session(other)]
        self.make_password_store()
        done = self.world.logged_in(None, "--vault", "pass")
        self.assertIn(other, done.events[-1]["left_behind"])
        checks = json.loads(self.world.oauth("doctor", "--store", "--json").out)["checks"]
        self.assertIn([f"docker-credential-oauth logout '{other}'"],
                      [check.get("remedy") for check in checks if "was left in docker-credential-keyctl" in check["finding"]])
        self.assertEqual(self.world.get(other).out, NOT_FOUND)
        self.assertEqual(json.loads(self.world.oauth("list").out), {NOBODY: "alice"})
        self.assertEqual(self.world.oauth("logout", "--all").code, 0)
        self.assertEqual([self.world.session(host) for host in (NOBODY, other)], [None, None])
        for session in former:
            self.assertFalse(self.provider.introspect(session["refresh_token"])["active"])
        self.assertEqual(self.world.oauth("logout", "--all").err, "Nobody is logged in anywhere.\n")


if __name__ == "__main__":
    main()
