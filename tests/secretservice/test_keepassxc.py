"""KeePassXC as provider: prompts for everything, and a window for much of it."""
import unittest
from shutil import which

import sandbox
from other_keyrings import KeePassXCWorld
from secretservice_world import NOT_FOUND, SecretServiceCase, docker_attributes, login

TWO_SECONDS = {"DOCKER_CREDENTIAL_TIMEOUT": "2"}
ASKED = "KeePassXC asked for your answer, and none came within 2 s"
WINDOW = "KeePassXC did not answer within 3 s; it may be waiting for you in a window of its own"


@unittest.skipUnless(which("keepassxc"), "needs Debian's keepassxc")
class KeePassXCCase(SecretServiceCase):
    def make_world(self):
        return KeePassXCWorld()


class OpenDatabase(KeePassXCCase):
    def test_store_get_list_erase(self):
        self.store()
        self.assertEqual(self.get(), ("alice", "wonder"))
        self.assertEqual(self.list(), {"r.example": "alice"})
        self.erase()
        self.assert_absent()
        self.assertEqual(self.list(), {})

    def test_any_bytes_survive(self):
        for n, secret in enumerate(["", "nul\0inside", "a\nb\n", "ünï"]):
            self.store(f"r{n}.example", secret=secret)
            self.assertEqual(self.get(f"r{n}.example"), ("alice", secret))

    def test_other_user_name_is_replaced(self):
        self.store(username="bob", secret="b")
        self.store()
        [item] = self.world.client.items(docker_cli="1")
        self.assertEqual(item["attributes"]["username"], "alice")
        self.assertEqual(self.get(), ("alice", "wonder"))

    def test_overwriting_asks_and_ends_in_time(self):
        self.store()
        done = self.helper("store", login(secret="new"), env=TWO_SECONDS)
        self.assert_fails(done, ASKED, "DOCKER_CREDENTIAL_TIMEOUT=SECONDS")
        self.assertEqual(self.get(), ("alice", "wonder"))


class ConfirmedAccess(KeePassXCCase):
    """KeePassXC's default: every entry is locked until the user allows this program to read it."""

    def make_world(self):
        return KeePassXCWorld(confirm_access=True)

    def test_get_asks_and_ends_in_time(self):
        self.world.client.create_item(docker_attributes("r.example", "bob"), b"b")
        self.assert_fails(self.helper("get", "r.example", env=TWO_SECONDS), ASKED)

    def test_list_does_not_ask(self):
        self.world.client.create_item(docker_attributes("r.example", "bob"), b"b")
        self.assertEqual(self.list(), {"r.example": "bob"})


class LockedDatabase(KeePassXCCase):
    def make_world(self):
        return KeePassXCWorld(open=False)

    def test_everything_asks_and_ends_in_time(self):
        for action, request, message in [("get", "r.example", WINDOW), ("erase", "r.example", WINDOW),
                                         ("list", "", WINDOW), ("store", login(), ASKED)]:
            with self.subTest(action):
                done = self.helper(action, request, env=TWO_SECONDS)
                self.assert_fails(done, message, "DOCKER_CREDENTIAL_TIMEOUT=SECONDS")


class SomebodyAtTheScreen(KeePassXCCase):
    def make_world(self):
        return KeePassXCWorld(confirm_access=True, screen=True)

    def test_allowed_access_gives_the_secret(self):
        self.world.client.create_item(docker_attributes("r.example", "bob"), b"b")
        process = self.begin("get", "r.example")
        self.world.press("Return")
        self.assertEqual(self.end(process), (0, '{"ServerURL":"r.example","Username":"bob","Secret":"b"}\n', ""))

    def test_denied_access_is_an_error(self):
        self.world.client.create_item(docker_attributes("r.example", "bob"), b"b")
        process = self.begin("get", "r.example")
        self.world.press("Escape")
        code, out, err = self.end(process)
        self.assertEqual((code, out), (1, "KeePassXC is locked: its dialog was dismissed\n"))

    def test_overwriting_is_allowed(self):
        self.store()
        process = self.begin("store", login(secret="new"))
        self.world.press("Return")
        self.assertEqual(self.end(process), (0, "", ""))


class LockedDatabaseOnScreen(KeePassXCCase):
    def make_world(self):
        return KeePassXCWorld(open=False, screen=True)

    def test_password_opens_it(self):
        process = self.begin("get", "r.example")
        self.world.type_password("pw")
        self.assertEqual(self.end(process), (1, NOT_FOUND, ""))


if __name__ == "__main__":
    sandbox.main()
