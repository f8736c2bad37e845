"""KWallet as provider."""
import signal
import unittest
from shutil import which

import sandbox
from other_keyrings import KWalletWorld
from secretservice_world import ROOT, SecretServiceCase, login

ASKED = "KWallet asked for your answer, and none came within 2 s"


@unittest.skipUnless(which("kwalletd5"), "needs Debian's libkf5wallet-bin")
class KWalletCase(SecretServiceCase):
    def make_world(self):
        return KWalletWorld()


class OpenWallet(KWalletCase):
    def test_store_get_list_erase(self):
        self.store()
        self.assertEqual(self.get(), ("alice", "wonder"))
        self.store(secret="changed")
        self.assertEqual(self.get(), ("alice", "changed"))
        self.assertEqual(self.list(), {"r.example": "alice"})
        self.erase()
        self.assert_absent()
        self.assertEqual(self.list(), {})

    def test_other_user_name_is_replaced(self):
        self.store(username="bob", secret="b")
        self.store()
        self.assertEqual(len(self.world.client.items(docker_cli="1")), 1)
        self.assertEqual(self.get(), ("alice", "wonder"))

    def test_saved_entries_survive_a_restart(self):
        wallet = self.world.root / "data/kwalletd/kdewallet.kwl"
        before = wallet.stat().st_mtime_ns
        self.store()
        self.world.wait_for(lambda: wallet.stat().st_mtime_ns != before, "KWallet to save, some seconds later")
        self.world.stop_kwallet()
        self.world.start_kwallet()
        self.assertEqual(self.get(), ("alice", "wonder"))

    def test_zero_byte_is_refused_because_kwallet_would_cut_there(self):
        self.store()
        self.assert_fails(self.helper("store", login(secret="nul\0inside")),
                          "KWallet cannot keep a secret with a zero byte in it")
        self.assertEqual(self.get(), ("alice", "wonder"))

    def test_secret_that_a_killed_kwallet_had_not_saved_is_not_an_empty_one(self):
        self.store()
        self.world.stop_kwallet(signal.SIGKILL)
        self.world.start_kwallet()
        self.world.wait_for(self.world.has_default, "the wallet's collection")
        done = self.helper("get", "r.example")
        if done.code == 0:
            self.assertIn("wonder", done.out)  # it had saved it after all
        else:
            self.assert_fails(done, "KWallet has no secret for r.example; it was ended before it had saved one",
                              "docker login r.example")
        self.store(secret="again")
        self.assertEqual(self.get(), ("alice", "again"))


class WithoutEncryption(KWalletCase):
    """The plug-in that KWallet encrypts with is missing."""

    def make_world(self):
        return KWalletWorld(encryption=False)

    def test_secrets_go_as_they_are(self):
        done = self.helper("store", login(), env={"DOCKER_CREDENTIAL_LOG": "debug"})
        self.assertEqual(done.code, 0, done)
        self.assertIn("secrets travel unencrypted on the session bus", done.err)
        self.assertEqual(self.get(), ("alice", "wonder"))


class LockedWallet(KWalletCase):
    def test_get_store_and_erase_ask_and_end_in_time(self):
        self.store()
        self.world.client.lock(f"{ROOT}/collection/kdewallet")
        for action, request in [("get", "r.example"), ("store", login(secret="new")), ("erase", "r.example")]:
            with self.subTest(action):
                self.assert_fails(self.helper(action, request, env={"DOCKER_CREDENTIAL_TIMEOUT": "2"}), ASKED,
                                  "DOCKER_CREDENTIAL_TIMEOUT=SECONDS")
        self.assertEqual(self.list(), {"r.example": "alice"})


class SomebodyAtTheScreen(KWalletCase):
    def make_world(self):
        return KWalletWorld(screen=True)

    def test_password_opens_the_wallet(self):
        self.store()
        self.world.client.lock(f"{ROOT}/collection/kdewallet")
        process = self.begin("get", "r.example")
        self.world.type_password()
        self.assertEqual(self.end(process),
                         (0, '{"ServerURL":"r.example","Username":"alice","Secret":"wonder"}\n', ""))

    def test_escape_is_an_error(self):
        self.store()
        self.world.client.lock(f"{ROOT}/collection/kdewallet")
        process = self.begin("get", "r.example")
        self.world.press("Escape")
        code, out, err = self.end(process)
        self.assertEqual((code, out), (1, "KWallet is locked: its dialog was dismissed\n"))
        self.assertIn("kwalletmanager5", err)


if __name__ == "__main__":
    sandbox.main()
