"""A locked keyring: unlocked when somebody is there to do it, else said plainly, and never taken for an empty one."""
import os
import signal
import time

import sandbox
from screen import ScreenWorld
from secretservice_world import DEFAULT, SecretServiceCase, docker_attributes, login

LOCKED = "GNOME Keyring is locked: its dialog was dismissed, or could not be shown"
DISMISSED = "GNOME Keyring is locked: its dialog was dismissed"
ADVICE = "gnome-keyring-daemon --replace --unlock"


class LockedAfterUse(SecretServiceCase):
    """Attributes stay visible."""

    def next_second(self):
        """Items carry their times in whole seconds."""
        now = int(time.time())
        self.world.wait_for(lambda: int(time.time()) > now, "the next second")

    def setUp(self):
        super().setUp()
        self.store()
        self.world.client.lock()

    def test_get_store_and_erase_say_so_and_change_nothing(self):
        self.assert_fails(self.helper("get", "r.example"), LOCKED, ADVICE)
        self.assert_fails(self.helper("store", login(secret="new")), LOCKED, ADVICE)
        self.assert_fails(self.helper("store", login(server="new.example")), LOCKED, ADVICE)
        self.assert_fails(self.helper("erase", "r.example"), LOCKED, ADVICE)
        self.world.client.unlock()
        [item] = self.world.client.items()
        self.assertEqual((item["attributes"]["server"], item["secret"]), ("r.example", b"wonder"))

    def test_list_still_works(self):
        self.assertEqual(self.list(), {"r.example": "alice"})

    def test_what_is_not_there_is_not_found_without_a_prompt(self):
        self.assert_absent("nothing.example")
        self.erase("nothing.example")

    def test_newer_unlocked_entry_elsewhere_is_enough(self):
        client = self.world.client
        self.next_second()
        client.create_item(docker_attributes("r.example", "bob"), b"b", collection=client.create_collection("work"))
        self.assertEqual(self.get(), ("bob", "b"))

    def test_newer_locked_entry_elsewhere_is_not_passed_over(self):
        client = self.world.client
        self.next_second()
        work = client.create_collection("work")
        client.create_item(docker_attributes("r.example", "bob"), b"b", collection=work)
        client.lock(work)
        self.assert_fails(self.helper("get", "r.example"), LOCKED)


class LockedSinceStart(SecretServiceCase):
    """Attributes are hidden."""

    def setUp(self):
        super().setUp()
        self.store()
        self.world.restart_locked()

    def test_get_store_and_erase_say_so_and_change_nothing(self):
        self.assert_fails(self.helper("get", "r.example"), LOCKED, ADVICE)
        self.assert_fails(self.helper("store", login(secret="new")), LOCKED, ADVICE)
        self.assert_fails(self.helper("erase", "r.example"), LOCKED, ADVICE)
        self.world.client.unlock()
        [item] = self.world.client.items()
        self.assertEqual((item["attributes"]["server"], item["secret"]), ("r.example", b"wonder"))

    def test_list_says_that_names_are_hidden(self):
        self.assert_fails(self.helper("list"), "GNOME Keyring is locked and hides what is stored", ADVICE)

    def test_advice_works(self):
        self.world.follow_advice()
        self.assertEqual(self.get(), ("alice", "wonder"))

    def test_foreign_item_with_the_same_attributes_is_known_after_unlocking(self):
        client = self.world.client
        client.unlock()
        client.create_item(docker_attributes("other.example", "bob", **{"xdg:schema": "org.example.Own"}), b"x")
        self.world.restart_locked()
        self.assert_fails(self.helper("get", "other.example"), LOCKED)
        self.world.client.unlock()
        self.assert_absent("other.example")


class ScreenCase(SecretServiceCase):
    def make_world(self):
        return ScreenWorld()


class SomebodyAtTheScreen(ScreenCase):
    def lock(self, restart=False):
        self.store()
        self.world.restart_locked() if restart else self.world.client.lock()

    def test_password_unlocks_get(self):
        for restart in [False, True]:
            with self.subTest(restart=restart):
                self.lock(restart)
                process = self.begin("get", "r.example")
                self.world.type_password()
                self.assertEqual(self.end(process),
                                 (0, '{"ServerURL":"r.example","Username":"alice","Secret":"wonder"}\n', ""))

    def test_password_unlocks_store(self):
        self.lock(restart=True)
        process = self.begin("store", login(secret="new"))
        self.world.type_password()
        self.assertEqual(self.end(process), (0, "", ""))
        self.assertEqual(self.get(), ("alice", "new"))

    def test_password_unlocks_erase(self):
        self.lock(restart=True)
        process = self.begin("erase", "r.example")
        self.world.type_password()
        self.assertEqual(self.end(process), (0, "", ""))
        self.assertEqual(self.world.client.items(), [])

    def test_escape_is_an_error_and_changes_nothing(self):
        self.lock(restart=True)
        for action, request in [("get", "r.example"), ("store", login(secret="new")), ("erase", "r.example")]:
            with self.subTest(action):
                process = self.begin(action, request)
                self.world.press("Escape")
                code, out, err = self.end(process)
                self.assertEqual((code, out), (1, DISMISSED + "\n"))
                self.assertIn("seahorse", err)
        self.world.client.unlock()
        self.assertEqual(self.get(), ("alice", "wonder"))

    def test_nobody_answers(self):
        self.lock()
        done = self.helper("get", "r.example", env={"DOCKER_CREDENTIAL_TIMEOUT": "1"})
        self.assert_fails(done, "GNOME Keyring asked for your answer, and none came within 1 s",
                          "DOCKER_CREDENTIAL_TIMEOUT=SECONDS")
        self.world.no_window()

    def test_parallel_calls_ask_once(self):
        self.lock(restart=True)
        processes = [self.begin("get", "r.example") for _ in range(5)]
        self.world.type_password()
        for process in processes:
            code, out, err = self.end(process)
            self.assertEqual((code, err), (0, ""))
            self.assertIn("wonder", out)
        self.world.no_window()

    def test_provider_dies_while_it_asks(self):
        self.lock()
        process = self.begin("get", "r.example")
        self.world.window()
        os.killpg(self.world.keyring.pid, signal.SIGKILL)
        code, out, _ = self.end(process)
        self.assertEqual((code, out), (1, "GNOME Keyring went away while it asked for your answer\n"))

    def test_bus_dies_while_the_provider_asks(self):
        self.lock()
        process = self.begin("get", "r.example")
        self.world.window()
        os.killpg(self.world.dbus.pid, signal.SIGKILL)
        code, out, _ = self.end(process)
        self.assertEqual((code, out), (1, "the D-Bus session bus went away\n"))

    def test_list_never_asks(self):
        self.lock(restart=True)
        self.assert_fails(self.helper("list"), "GNOME Keyring is locked and hides what is stored", "seahorse")
        self.assertFalse(self.world.has_window())


class FirstKeyring(ScreenCase):
    def make_world(self):
        return ScreenWorld("no-default")

    def test_store_makes_it_with_a_password_typed_twice(self):
        process = self.begin("store", login())
        self.world.type_password(times=2)
        self.assertEqual(self.end(process), (0, "", ""))
        self.assertEqual(self.get(), ("alice", "wonder"))
        self.assertEqual(self.world.client.get(DEFAULT, "org.freedesktop.Secret.Collection", "Locked"), False)

    def test_escape_says_that_none_was_made(self):
        process = self.begin("store", login())
        self.world.press("Escape")
        code, out, err = self.end(process)
        self.assertEqual((code, out),
                         (1, "GNOME Keyring has no default keyring yet, and none was made: its dialog was dismissed\n"))
        self.assertIn("choose a password", err)


if __name__ == "__main__":
    sandbox.main()
