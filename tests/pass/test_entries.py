"""Entries of other programs, and ours as they see them."""
import json
import os

from pass_helper import SERVER, HelperCase
from sandbox import main


class Entries(HelperCase):
    def test_round_trip(self):
        self.store(SERVER, "alice", "wonder land")
        self.assertEqual(self.get(SERVER), ("alice", "wonder land"))
        self.assertEqual(self.list(), {SERVER: "alice"})
        self.erase(SERVER)
        self.assert_missing(SERVER)
        self.assertEqual(self.list(), {})
        self.assertEqual(self.files(), [".gpg-id"])
        self.assertFalse(self.world.folder.exists(), "pass removes emptied folders")

    def test_file_is_where_older_helpers_look_and_holds_the_secret_only(self):
        self.store(SERVER, "alice", "s3cret")
        path = self.world.entry(SERVER, "alice")
        self.assertEqual(self.world.read_entry(path), b"s3cret")
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(path.parent.stat().st_mode & 0o777, 0o700)
        self.assertEqual(self.world.folder.stat().st_mode & 0o777, 0o700)

    def test_older_helper_reads_erases_and_lists_ours(self):
        older = self.older()
        self.store(SERVER, "alice", "s3cret\nwith two lines")
        self.assertEqual(self.get(SERVER, helper=older), ("alice", "s3cret\nwith two lines"))
        self.assertEqual(self.list(helper=older), {SERVER: "alice"})
        self.erase(SERVER, helper=older)
        self.assert_missing(SERVER)

    def test_reads_replaces_and_erases_entries_of_the_older_helper(self):
        older = self.older()
        self.store(SERVER, "alice", "from the older one", helper=older)
        self.assertEqual(self.get(SERVER), ("alice", "from the older one"))
        self.assertEqual(self.list(), {SERVER: "alice"})
        self.store(SERVER, "alice", "from us")
        self.assertEqual(self.get(SERVER, helper=older), ("alice", "from us"))
        self.store(SERVER, "alice", "older again", helper=older)
        self.assertEqual(self.get(SERVER), ("alice", "older again"))
        self.erase(SERVER)
        self.assertEqual(self.list(helper=older), {})

    def test_pass_shows_and_lists_ours(self):
        self.store(SERVER, "alice", "s3cret")
        name = str(self.world.entry(SERVER, "alice").relative_to(self.world.store)).removesuffix(".gpg")
        self.assertEqual(self.world.run("pass", "show", name).out, "s3cret")
        listing = self.world.run("pass", "ls").out
        for word in name.split("/"):
            self.assertIn(word, listing)
        self.assertEqual(self.world.run("pass", "rm", "-f", name).code, 0)
        self.assert_missing(SERVER)

    def test_entries_of_pass_insert(self):
        name = str(self.world.entry(SERVER, "bob").relative_to(self.world.store)).removesuffix(".gpg")
        for options, typed, secret in (((), "pw\npw\n", "pw"), (("-e",), "one line\n", "one line"),
                                       (("-m",), "first\nuser: bob\n\n\r\n", "first\nuser: bob")):
            with self.subTest(options=options):
                self.assertEqual(self.world.run("pass", "insert", "-f", *options, name, input=typed).code, 0)
                self.assertEqual(self.get(SERVER), ("bob", secret))

    def test_entries_of_pass_edit(self):
        editor = self.world.root / "editor"
        editor.write_text("#!/bin/sh\nprintf 'edited\\nsecond line\\n' > \"$1\"\n")
        editor.chmod(0o700)
        self.store(SERVER, "alice", "s3cret")
        name = str(self.world.entry(SERVER, "alice").relative_to(self.world.store)).removesuffix(".gpg")
        done = self.world.run("pass", "edit", name, env={"EDITOR": str(editor)})
        self.assertEqual(done.code, 0, done)
        self.assertEqual(self.get(SERVER), ("alice", "edited\nsecond line"))

    def test_secret_bytes_survive_but_line_breaks_at_the_end(self):
        for secret, back in (("  spaces \t", "  spaces \t"), ("a\nb\r\nc", "a\nb\r\nc"), ("x\r\n\n\r", "x"), ("", ""),
                             ("\n", ""), ("ü€𝄞\u2028", "ü€𝄞\u2028"), ("z" * 500_000, "z" * 500_000), ("\0a", "\0a")):
            with self.subTest(secret=secret[:20]):
                self.store(SERVER, "alice", secret)
                self.assertEqual(self.get(SERVER), ("alice", back))

    def test_storing_another_user_replaces_the_former(self):
        self.store(SERVER, "zoe", "1")
        self.store(SERVER, "amy", "2")
        self.assertEqual(self.get(SERVER), ("amy", "2"))
        self.store(SERVER, "zoe", "3")
        self.assertEqual(self.get(SERVER), ("zoe", "3"))
        self.assertEqual(len(self.files()), 2)

    def test_newest_of_several_users_wins(self):
        for user, age in (("amy", 300), ("bob", 10), ("zoe", 600)):
            path = self.world.entry(SERVER, user)
            self.world.write_entry(path, user)
            self.set_age(path, age)
        self.assertEqual(self.get(SERVER), ("bob", "bob"))
        self.assertEqual(self.list(), {SERVER: "bob"})
        self.erase(SERVER)
        self.assertEqual(self.files(), [".gpg-id"])

    def test_servers_that_differ_in_the_port_only(self):
        self.store("host.example:5000", "alice", "1")
        self.store("host.example:5001", "bob", "2")
        self.assertEqual(self.get("host.example:5000"), ("alice", "1"))
        self.erase("host.example:5000")
        self.assertEqual(self.list(), {"host.example:5001": "bob"})

    def test_hub_login_made_by_podman_is_found_and_erased(self):
        self.store("docker.io", "alice", "hub")
        self.assertEqual(self.get("https://index.docker.io/v1/"), ("alice", "hub"))
        self.erase("https://index.docker.io/v1/")
        self.assertEqual(self.list(), {})

    def test_missing_server_and_erase_of_it(self):
        self.store(SERVER, "alice", "s3cret")
        self.assert_missing("https://other.example.org")
        self.erase("https://other.example.org")
        self.assertEqual(self.list(), {SERVER: "alice"})

    def test_foreign_names_in_the_folder_are_passed_over(self):
        self.store(SERVER, "alice", "s3cret")
        folder = self.world.folder
        for name in ("not base64!", "QQ", "QQ=", "aGk", ".git", ".hidden", "====", "QR=="):
            (folder / name).mkdir()
            self.world.write_entry(folder / name / "someone.gpg", "x")
        (folder / "docker-pass-initialized-check.gpg").write_bytes(b"left by an old helper")
        (folder / "aHR0cHM6Ly9maWxl").write_text("a file, not a folder")
        empty = self.world.entry("https://empty.example", "nobody").parent
        empty.mkdir()
        (empty / ".gpg-id").write_text("not an entry\n")
        (empty / "README").write_text("nor this\n")
        (empty / ".gpg").write_text("nor this\n")
        self.assertEqual(self.list(), {SERVER: "alice"})
        self.assert_missing("https://empty.example")
        self.assert_missing("https://file")
        self.erase("https://empty.example")
        self.assertTrue((empty / "README").exists(), "erase removes credentials, not the user's files")

    def test_server_folder_that_is_a_link(self):
        self.store(SERVER, "alice", "s3cret")
        link = self.world.entry("https://alias.example", "x").parent
        link.symlink_to(self.world.entry(SERVER, "x").parent)
        self.assertEqual(self.get("https://alias.example"), ("alice", "s3cret"))
        self.assertEqual(self.list(), {SERVER: "alice", "https://alias.example": "alice"})
        self.store("https://alias.example", "bob", "new")
        self.assertEqual(self.get(SERVER), ("bob", "new"))
        self.erase("https://alias.example")
        self.assertFalse(link.is_symlink())
        self.assertEqual(self.files(), [".gpg-id"])

    def test_whole_folder_that_is_a_link(self):
        elsewhere = self.world.root / "elsewhere"
        elsewhere.mkdir()
        self.world.folder.symlink_to(elsewhere)
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))
        self.assertEqual(len(list(elsewhere.rglob("*.gpg"))), 1)
        self.erase(SERVER)
        self.assertEqual(list(elsewhere.iterdir()), [])
        self.assertTrue(self.world.folder.is_symlink())

    def test_links_that_go_in_circles(self):
        self.store(SERVER, "alice", "s3cret")
        folder = self.world.entry(SERVER, "x").parent
        (folder / "loop").symlink_to(folder)
        (self.world.folder / "bG9vcA==").symlink_to("bG9vcA==")
        self.assertEqual(self.list(), {SERVER: "alice"})
        self.assert_missing("loop")
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))

    def test_thousand_entries(self):
        self.store(SERVER, "alice", "s3cret")
        original = self.world.entry(SERVER, "alice")
        for number in range(1, 1000):
            path = self.world.entry(f"registry-{number}.example.org", f"user{number}")
            path.parent.mkdir()
            os.link(original, path)
        listing = self.list()
        self.assertEqual(len(listing), 1000)
        self.assertEqual(listing["registry-7.example.org"], "user7")
        self.assertEqual(self.get("registry-999.example.org"), ("user999", "s3cret"))
        self.store("registry-5.example.org", "new", "other")
        self.erase("registry-6.example.org")
        self.assertEqual(len(self.list()), 999)
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))

    def test_store_elsewhere(self):
        for folder, env in (("elsewhere", {"PASSWORD_STORE_DIR": str(self.world.root / "elsewhere")}),
                            ("slash", {"PASSWORD_STORE_DIR": str(self.world.root / "slash") + "//"}),
                            ("relative", {"PASSWORD_STORE_DIR": "relative"}),
                            ("~", {"PASSWORD_STORE_DIR": "~"}), ("$HOME", {"PASSWORD_STORE_DIR": "$HOME"})):
            with self.subTest(folder=folder):
                top = self.world.root / folder
                options = {"env": env, "cwd": self.world.root}
                self.assert_missing(SERVER, **options)
                self.assertEqual(self.list(**options), {})
                self.erase(SERVER, **options)
                top.mkdir()
                (top / ".gpg-id").write_text(f"{self.world.key}\n")
                self.store(SERVER, "alice", "s3cret", **options)
                self.assertEqual(self.get(SERVER, **options), ("alice", "s3cret"))
                self.assertEqual([p.name for p in top.rglob("*.gpg")], ["alice.gpg"])


class Log(HelperCase):
    def test_options_of_the_user_are_not_in_it(self):
        """They may hold a passphrase."""
        self.store(SERVER, "alice", "s3cret")
        done = self.call("get", SERVER, env={"DOCKER_CREDENTIAL_LOG": "debug",
                                             "PASSWORD_STORE_GPG_OPTS": "--pinentry-mode loopback --passphrase hunter2"})
        self.assertEqual(0, done.code, done)
        self.assertIn("debug: run gpg", done.err)
        self.assertNotIn("hunter2", done.err)


class Uninitialised(HelperCase):
    options = {"init": False}

    def store_call(self, **options):
        return self.call("store", json.dumps({"ServerURL": SERVER, "Username": "alice", "Secret": "s3cret"}), **options)

    def test_says_how_to_make_a_store(self):
        self.assert_missing(SERVER)
        self.assertEqual(self.list(), {})
        self.erase(SERVER)
        self.assert_fails(self.store_call(), "is not set up", "docker-credential-pass init\n", "pass init KEY")
        self.assertFalse(self.world.store.exists())

    def test_folder_without_gpg_id(self):
        self.world.store.mkdir()
        self.assert_fails(self.store_call(), "is not set up", "docker-credential-pass init\n")
        self.assertEqual(list(self.world.store.iterdir()), [], "no empty folder stays behind")

    def test_without_home(self):
        del self.world.env["HOME"]
        for done in (self.store_call(), self.call("get", SERVER), self.call("list"), self.call("erase", SERVER)):
            self.assert_fails(done, "HOME is not set", "PASSWORD_STORE_DIR")

    def test_store_without_home(self):
        self.world.store.mkdir()
        (self.world.store / ".gpg-id").write_text(f"{self.world.key}\n")
        self.world.env["PASSWORD_STORE_DIR"] = str(self.world.store)
        del self.world.env["HOME"]
        self.assertEqual(self.store_call().code, 0)
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))


if __name__ == "__main__":
    main()
