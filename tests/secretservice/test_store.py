"""docker-credential-secretservice against a real gnome-keyring: what it writes, finds, replaces and removes."""
import json
import os
import time
import unittest
from pathlib import Path

import sandbox
from secretservice_world import ITEM, OLD_HELPER, SecretServiceCase, SecretServiceWorld, docker_attributes, login

ATTRIBUTES = {"label": "Docker Credentials", "server": "r.example", "username": "alice", "docker_cli": "1",
              "xdg:schema": "io.docker.Credentials"}


class Layout(SecretServiceCase):
    def test_item_is_that_of_the_older_helpers(self):
        self.store()
        [item] = self.world.client.items()
        self.assertEqual(item["attributes"], ATTRIBUTES)
        self.assertEqual((item["label"], item["secret"]), ("r.example", b"wonder"))
        self.assertTrue(item["content_type"].startswith("text/plain"), item)
        self.assertTrue(item["path"].startswith("/org/freedesktop/secrets/collection/login/"), item)

    def test_default_collection_is_used_whatever_its_name(self):
        client = self.world.client
        work = client.create_collection("work")
        client.set_alias("default", work)
        self.store()
        self.assertTrue(client.items()[0]["path"].startswith(work + "/"))
        self.assertEqual(self.get(), ("alice", "wonder"))

    def test_item_in_another_collection_is_found_and_erased(self):
        client = self.world.client
        client.create_item(docker_attributes("r.example", "bob"), b"old", collection=client.create_collection("work"))
        self.assertEqual(self.get(), ("bob", "old"))
        self.assertEqual(self.list(), {"r.example": "bob"})
        self.erase()
        self.assertEqual(client.items(), [])


class Secrets(SecretServiceCase):
    def test_any_bytes_survive(self):
        for secret in ["", " ", "a\nb\r\n", "nul\0inside", "ünïcödé", "\\\"<>&", "x" * 70_000]:
            with self.subTest(secret[:20]):
                self.store(secret=secret)
                self.assertEqual(self.get(), ("alice", secret))
                self.assertEqual(self.world.client.items()[0]["secret"], secret.encode())

    def test_one_mebibyte_survives(self):
        secret = "x" * (1024 * 1024 - 200)
        self.store(secret=secret)
        self.assertEqual(self.get(), ("alice", secret))

    def test_little_lockable_memory_is_enough_and_no_word_about_it(self):
        limited = ["prlimit", "--memlock=65536"]
        if os.getuid() == 0:  # whom no limit binds
            limited = ["setpriv", "--bounding-set=-ipc_lock", *limited]
        done = self.world.run(*limited, sandbox.BIN / "docker-credential-secretservice", "store",
                              input=login(secret="y" * 8000))
        self.assertEqual((done.code, done.out, done.err), (0, "", ""), done)
        done = self.world.run(*limited, sandbox.BIN / "docker-credential-secretservice", "get", input="r.example")
        self.assertEqual((done.code, done.err), (0, ""), done)
        self.assertEqual(json.loads(done.out)["Secret"], "y" * 8000)

    def test_secret_does_not_cross_the_bus_in_clear(self):
        self.store()
        log = self.world.root / "monitor"
        monitor = self.world.start("dbus-monitor", "--session", log=log.name)
        self.world.wait_for(lambda: "NameLost" in log.read_text() or "NameAcquired" in log.read_text(), "the monitor")
        self.store(secret="s3cr3t-on-the-wire")
        self.assertEqual(self.get(), ("alice", "s3cr3t-on-the-wire"))
        self.world.wait_for(lambda: "GetSecret" in log.read_text(errors="replace"), "the traffic")
        monitor.terminate()
        monitor.wait(10)
        self.assertNotIn(b"s3cr3t", log.read_bytes())


class Duplicates(SecretServiceCase):
    def old_item(self, username, secret, **changes):
        return self.world.client.create_item(docker_attributes("r.example", username, **changes), secret)

    def test_store_replaces_other_user_names(self):
        self.old_item("bob", b"b")
        self.old_item("carol", b"c", label=None)
        self.store()
        [item] = self.world.client.items()
        self.assertEqual(item["attributes"], ATTRIBUTES)

    def test_store_leaves_other_servers_and_programs_alone(self):
        client = self.world.client
        client.create_item(docker_attributes("other.example", "bob"), b"b")
        client.create_item({"server": "r.example", "username": "mail"}, b"m")
        client.create_item({"server": "r.example", "docker_cli": "1", "xdg:schema": "org.example.Own"}, b"o")
        self.store()
        self.assertEqual(sorted(i["secret"] for i in client.items()), [b"b", b"m", b"o", b"wonder"])
        self.assertEqual(self.get(), ("alice", "wonder"))
        self.erase()
        self.assertEqual(sorted(i["secret"] for i in client.items()), [b"b", b"m", b"o"])

    def test_newest_wins_in_get_and_list(self):
        first = self.old_item("bob", b"b")
        self.old_item("carol", b"c")
        self.assertEqual(self.get(), ("carol", "c"))
        self.assertEqual(self.list(), {"r.example": "carol"})
        before = self.world.client.get(first, ITEM, "Modified")
        self.world.wait_for(lambda: int(time.time()) > before, "the next second")
        self.world.client.set(first, ITEM, "Label", "s", "touched")  # makes bob's the newest
        self.assertEqual(self.get(), ("bob", "b"))
        self.assertEqual(self.list(), {"r.example": "bob"})

    def test_erase_removes_all_of_a_server(self):
        for name in ["bob", "carol", "dave"]:
            self.old_item(name, b"x")
        self.erase()
        self.assertEqual(self.world.client.items(), [])


class Odd(SecretServiceCase):
    def test_erase_of_nothing_is_silent(self):
        self.erase("nothing.example")

    def test_item_without_user_name(self):
        self.world.client.create_item(docker_attributes("r.example", None), b"x")
        self.assertEqual(self.get(), ("", "x"))
        self.assertEqual(self.list(), {"r.example": ""})

    def test_item_without_server_is_not_listed(self):
        self.world.client.create_item(docker_attributes(None, "bob"), b"x")
        self.assertEqual(self.list(), {})

    def test_items_before_0_5_0_are_listed(self):
        self.world.client.create_item(docker_attributes("r.example", "bob", label=None), b"x", label="r.example")
        self.assertEqual(self.list(), {"r.example": "bob"})

    def test_foreign_schema_is_not_ours(self):
        self.world.client.create_item(docker_attributes("r.example", "bob", **{"xdg:schema": "org.example.Own"}), b"x")
        self.assert_absent()
        self.assertEqual(self.list(), {})

    def test_alias_finds_what_another_client_stored(self):
        self.store("docker.io", "alice", "hub")
        self.assertEqual(self.get("https://index.docker.io/v1/"), ("alice", "hub"))
        self.erase("https://index.docker.io/v1/")
        self.assert_absent("docker.io")

    def test_attributes_may_hold_anything(self):
        for server, user in [("https://h.example/a b?c=d#e", "us/er"), ("ünï.example", "日本 \"quoted\""),
                             ("h.example:5000/" + "p" * 3000, "../../x")]:
            with self.subTest(server[:30]):
                self.store(server, user)
                self.assertEqual(self.get(server), (user, "wonder"))
        self.assertEqual(len(self.list()), 3)


@unittest.skipUnless(Path(OLD_HELPER).exists(), "needs Debian's golang-docker-credential-helpers")
class OlderHelper(SecretServiceCase):
    def old(self, action, request=""):
        return self.world.run(OLD_HELPER, action, input=request)

    def test_reads_and_lists_what_we_store(self):
        self.store()
        self.assertEqual(json.loads(self.old("get", "r.example").out),
                         {"ServerURL": "r.example", "Username": "alice", "Secret": "wonder"})
        self.assertEqual(json.loads(self.old("list").out), {"r.example": "alice"})
        self.assertEqual(self.old("erase", "r.example").code, 0)
        self.assert_absent()

    def test_we_read_list_replace_and_erase_what_it_stores(self):
        self.assertEqual(self.old("store", login(username="bob", secret="old")).code, 0)
        self.assertEqual(self.get(), ("bob", "old"))
        self.assertEqual(self.list(), {"r.example": "bob"})
        self.store()
        self.assertEqual(len(self.world.client.items()), 1)
        self.erase()
        self.assertEqual(self.world.client.items(), [])

    def test_its_two_user_names_give_the_newest(self):
        self.assertEqual(self.old("store", login(username="zed", secret="1")).code, 0)
        self.assertEqual(self.old("store", login(username="amy", secret="2")).code, 0)
        self.assertEqual(self.get(), ("amy", "2"))

    def test_label_of_0_9_is_not_the_key(self):
        self.world.client.create_item(docker_attributes("r.example", "bob"), b"new",
                                      label="Registry credentials for r.example")
        self.assertEqual(self.list(), {"r.example": "bob"})
        self.assertEqual(self.get(), ("bob", "new"))
        self.store(username="bob", secret="newer")
        [item] = self.world.client.items()
        self.assertEqual((item["label"], item["secret"]), ("r.example", b"newer"))


class NoDefaultCollection(SecretServiceCase):
    def make_world(self):
        return SecretServiceWorld("no-default")

    def test_nothing_is_stored_so_nothing_is_found(self):
        self.assert_absent()
        self.assertEqual(self.list(), {})
        self.erase()

    def test_store_says_how_to_make_one(self):
        self.assert_fails(self.helper("store", login()),
                          "GNOME Keyring has no default keyring yet, and none was made: its dialog was dismissed, or "
                          "could not be shown", "gnome-keyring-daemon --replace --unlock")

    def test_advice_works(self):
        self.world.follow_advice()
        self.store()
        self.assertEqual(self.get(), ("alice", "wonder"))


if __name__ == "__main__":
    sandbox.main()
