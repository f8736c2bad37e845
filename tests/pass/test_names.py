"""User names and server keys that do not fit into a path."""
import json
import os

from pass_helper import SERVER, HelperCase
from pass_world import FOLDER
from sandbox import main

PLAIN_NAMES = ("alice", "with space", " edge ", "üñï€𝄞", "-dash", "--force", ".dot", "..dots", "...", "a*b?[c]", "q'uo\"te",
               "<token>", "50%", "50%25", "a%2E", "%", "x.gpg", "$(id)", "back\\slash", "a@example.org", "~", "\u202eabc",
               "b" * 251, "é" * 125)
ESCAPED_NAMES = {"us/er": "us%2Fer", "/abs": "%2Fabs", "end/": "end%2F", "//": "%2F%2F", ".": "%2E", "..": "%2E%2E",
                 "../../bank/login": "..%2F..%2Fbank%2Flogin", "a%2Fb": "a%252Fb", "a/%2Fb": "a%2F%252Fb", "%2E": "%252E",
                 "robot$proj/ci": "robot$proj%2Fci", "a%252Fb": "a%25252Fb", "50%/x": "50%25%2Fx"}
LONG_NAMES = ("b" * 252, "é" * 126, "n/" * 100, "x" * 700)
LONG_SERVERS = ("https://" + "h" * 182, "https://" + "h" * 190, "s" * 150 + "t" * 150, "s" * 300, "s" * 301, "s" * 450,
                "https://registry.example.org/" + "path/" * 250)


class Names(HelperCase):
    def check(self, server, user):
        self.store(server, user, f"secret of {user}")
        self.assertEqual(self.get(server), (user, f"secret of {user}"))
        self.assertEqual(self.list(), {server: user})
        entry, = (name for name in self.files() if name != ".gpg-id")
        self.store(server, user, "second")
        self.assertEqual(self.get(server), (user, "second"))
        self.assertEqual(len(self.files()), 2)
        self.erase(server)
        self.assertEqual(self.files(), [".gpg-id"])
        self.assertEqual([path.name for path in self.world.store.iterdir()], [".gpg-id"], "no empty folder stays behind")
        return entry

    def test_ordinary_user_names_keep_their_file_names(self):
        for user in PLAIN_NAMES:
            with self.subTest(user=user):
                entry = self.check(SERVER, user)
                self.assertEqual(entry, str(self.world.entry(SERVER, user).relative_to(self.world.store)))

    def test_user_names_like_paths_are_escaped(self):
        for user, name in ESCAPED_NAMES.items():
            with self.subTest(user=user):
                self.assertEqual(os.path.basename(self.check(SERVER, user)), f"{name}.gpg")

    def test_user_names_like_paths_reach_nothing_else(self):
        bank = self.world.store / "bank/login.gpg"
        self.world.write_entry(bank, "untouched")
        before = bank.read_bytes()
        for user in ("../../bank/login", "..", ".", "../x", "/../../bank/login", "../../../../../../tmp/kb-outside"):
            self.store(SERVER, user, "x")
            self.assertEqual(self.get(SERVER)[0], user)
        self.erase(SERVER)
        self.assertEqual(bank.read_bytes(), before)
        self.assertEqual(self.files(), [".gpg-id", "bank/login.gpg"])
        self.assertFalse(os.path.exists("/tmp/kb-outside.gpg"))

    def test_names_that_look_escaped_are_told_apart(self):
        users = [*ESCAPED_NAMES, *ESCAPED_NAMES.values(), *PLAIN_NAMES]
        seen = set()
        for user in dict.fromkeys(users):
            self.store(SERVER, user, "x")
            seen.add(self.files()[1])
            self.assertEqual(self.get(SERVER)[0], user)
        self.assertEqual(len(seen), len(set(users)))

    def test_older_helper_reads_ordinary_names_of_ours(self):
        older = self.older()
        for user in PLAIN_NAMES:
            with self.subTest(user=user):
                self.store(SERVER, user, "s3cret")
                self.assertEqual(self.get(SERVER, helper=older), (user, "s3cret"))

    def test_nested_entries_of_older_helpers(self):
        older = self.older()
        self.store(SERVER, "us/er", "nested", helper=older)
        self.assertTrue(self.world.entry(SERVER, "us/er").exists())
        self.assertEqual(self.get(SERVER), ("us/er", "nested"))
        self.assertEqual(self.list(), {SERVER: "us/er"})
        self.store(SERVER, "us/er", "ours")
        self.assertEqual(self.get(SERVER), ("us/er", "ours"))
        self.assertEqual(len(self.files()), 2)
        self.store(SERVER, "tenant/group/user@example.org", "deep", helper=older)
        self.set_age(self.world.entry(SERVER, "us%2Fer"), 60)
        self.assertEqual(self.get(SERVER), ("tenant/group/user@example.org", "deep"))
        self.erase(SERVER)
        self.assertEqual(self.files(), [".gpg-id"])
        self.assertFalse(self.world.folder.exists())

    def test_long_server_keys(self):
        for server in LONG_SERVERS:
            with self.subTest(length=len(server)):
                entry = self.check(server, "alice")
                if len(server) > 189:
                    self.assertTrue(entry.startswith(f"{FOLDER}-long/"), entry)
                else:
                    self.assertEqual(entry, str(self.world.entry(server, "alice").relative_to(self.world.store)))

    def test_long_user_names(self):
        for user in LONG_NAMES:
            with self.subTest(user=user[:5]):
                self.assertTrue(self.check(SERVER, user).startswith(f"{FOLDER}-long/"))

    def test_long_keys_with_a_common_beginning_do_not_meet(self):
        # 150 bytes are exactly one piece of the path; the others go on below it.
        keys = ["s" * 150, "s" * 300, "s" * 450, "s" * 451]
        for number, key in enumerate(keys):
            self.store(key, "x" * 300 if number % 2 else "short/name", f"{number}")
        self.assertEqual(set(self.list()), set(keys))
        for number, key in enumerate(keys):
            self.assertEqual(self.get(key)[1], f"{number}")
        self.erase(keys[1])
        self.assertEqual(set(self.list()), {keys[0], keys[2], keys[3]})

    def test_short_name_replaces_a_long_one_and_the_other_way_round(self):
        self.store(SERVER, "alice", "1")
        self.store(SERVER, "long" * 100, "2")
        self.assertEqual(self.get(SERVER), ("long" * 100, "2"))
        self.assertEqual(len(self.files()), 2)
        self.store(SERVER, "alice", "3")
        self.assertEqual(self.get(SERVER), ("alice", "3"))
        self.assertEqual(self.files(), [".gpg-id", str(self.world.entry(SERVER, "alice").relative_to(self.world.store))])

    def test_older_helpers_and_pass_are_not_confused_by_long_names(self):
        older = self.older()
        self.store("https://short.example", "bob", "1")
        for server in LONG_SERVERS[1:]:
            self.store(server, "alice", "long")
        self.assertEqual(self.list(helper=older), {"https://short.example": "bob"})
        self.assertEqual(self.get("https://short.example", helper=older), ("bob", "1"))
        entry = next(name for name in self.files() if name.startswith(f"{FOLDER}-long/"))
        self.assertEqual(self.world.run("pass", "show", entry.removesuffix(".gpg")).out, "long")

    def test_foreign_files_in_the_folder_for_long_names(self):
        self.store("s" * 300, "alice", "long")
        top = self.world.store / f"{FOLDER}-long"
        for path in ("@QQ==.gpg", "QQ==/user.gpg", "QQ==/@QQ==.gpg", "QQ==/@x/@y.gpg", "bad name/@QQ==.gpg"):
            self.world.write_entry(top / path, "x")
        # One of them is where a long name of "A" would be; what list shows, get must find.
        self.assertEqual(self.list(), {"s" * 300: "alice", "A": "A"})
        self.assertEqual(self.get("A"), ("A", "x"))

    def test_names_too_long_for_any_path(self):
        for server, user in (("s" * 4000, "alice"), (SERVER, "u" * 4000), ("s" * 900_000, "alice")):
            done = self.call("store", json.dumps({"ServerURL": server, "Username": user, "Secret": "x"}))
            self.assert_fails(done, "too long for a file name")
            self.assert_missing(server)
        self.assertEqual(self.files(), [".gpg-id"])


if __name__ == "__main__":
    main()
