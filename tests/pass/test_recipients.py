"""For whom entries are encrypted, and with which modes: everything pass promises about that."""
import json

from pass_helper import SERVER, HelperCase
from pass_world import FOLDER
from sandbox import main

STORE_INPUT = json.dumps({"ServerURL": SERVER, "Username": "alice", "Secret": "s3cret"})


class Recipients(HelperCase):
    def setUp(self):
        super().setUp()
        self.first = self.world.key
        self.second = self.world.new_key("Second <second@example.org>")

    def readers(self, server=SERVER, user="alice"):
        """Fingerprints of those whom an entry is encrypted for."""
        return self.readers_of(self.world.entry(server, user))

    def readers_of(self, path):
        packets = self.world.run("gpg", "--batch", "--list-packets", path).out
        subkeys = [line.split()[-1] for line in packets.splitlines() if line.startswith(":pubkey enc packet")]
        return {self.primary_key(subkey) for subkey in subkeys}

    def primary_key(self, subkey):
        listing = self.world.run("gpg", "--batch", "--with-colons", "--list-keys", subkey).out
        return next(line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr:"))

    def write_gpg_id(self, text, folder="."):
        path = self.world.store / folder / ".gpg-id"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def test_several_recipients(self):
        self.write_gpg_id(f"{self.first}\n{self.second}\n")
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.readers(), {self.first, self.second})
        self.world.run("gpg", "--batch", "--yes", "--delete-secret-keys", self.first)
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"), "the second can read it alone")

    def test_comments_blanks_and_names_in_gpg_id(self):
        self.write_gpg_id(f"# all of us\n\n  {self.first}   # me\n\tsecond@example.org\n#third@example.org")
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.readers(), {self.first, self.second})

    def test_last_line_without_line_break(self):
        self.write_gpg_id(self.second)
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.readers(), {self.second})

    def test_nearest_gpg_id_counts(self):
        self.write_gpg_id(f"{self.second}\n", FOLDER)
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.readers(), {self.second})
        server_folder = self.world.entry(SERVER, "x").parent
        self.write_gpg_id(f"{self.first}\n{self.second}\n", server_folder.relative_to(self.world.store))
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.readers(), {self.first, self.second})
        self.store("https://other.example", "bob", "x")
        self.assertEqual(self.readers("https://other.example", "bob"), {self.second})
        self.assertEqual(self.list(), {SERVER: "alice", "https://other.example": "bob"})

    def test_nearest_gpg_id_of_a_long_server_key(self):
        self.write_gpg_id(f"{self.second}\n", f"{FOLDER}-long")
        self.store("s" * 400, "alice", "s3cret")
        self.assertEqual(self.readers_of(next(self.world.store.rglob("*.gpg"))), {self.second})

    def test_works_with_a_subfolder_alone(self):
        (self.world.store / ".gpg-id").unlink()
        self.assertEqual(self.world.run("pass", "init", "-p", FOLDER, self.second).code, 0)
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.readers(), {self.second})

    def test_pass_init_encrypts_ours_again(self):
        self.store(SERVER, "alice", "s3cret")
        self.store("t" * 400, "us/er", "long")
        self.assertEqual(self.world.run("pass", "init", self.second).code, 0)
        self.assertEqual(self.readers(), {self.second})
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))
        self.assertEqual(self.get("t" * 400), ("us/er", "long"))

    def test_password_store_key_wins(self):
        self.store(SERVER, "alice", "s3cret", env={"PASSWORD_STORE_KEY": self.second})
        self.assertEqual(self.readers(), {self.second})
        self.store(SERVER, "alice", "s3cret", env={"PASSWORD_STORE_KEY": f" {self.second}\t{self.first} "})
        self.assertEqual(self.readers(), {self.first, self.second})

    def test_encrypt_to_of_gpg_conf_is_left_out(self):
        (self.world.gnupg / "gpg.conf").write_text(f"encrypt-to {self.second}\n")
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.readers(), {self.first})

    def test_hidden_recipients(self):
        self.store(SERVER, "alice", "s3cret", env={"PASSWORD_STORE_GPG_OPTS": "--throw-keyids"})
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))

    def test_gpg_id_without_keys(self):
        for text in ("", "\n\n", "# nobody\n"):
            self.write_gpg_id(text)
            self.assert_fails(self.call("store", STORE_INPUT), f"{self.world.store}/.gpg-id names no key", "pass init KEY")

    def test_one_bad_recipient_stores_nothing(self):
        self.write_gpg_id(f"{self.first}\nnobody@example.org\n")
        self.assert_fails(self.call("store", STORE_INPUT), "nobody@example.org", "is not in the key ring")
        self.assertFalse(self.world.folder.exists())

    def test_umask(self):
        for mask, folder, file in (("027", 0o750, 0o640), ("0007", 0o770, 0o660), ("nonsense", 0o700, 0o600)):
            with self.subTest(mask=mask):
                self.store(SERVER, "alice", "s3cret", env={"PASSWORD_STORE_UMASK": mask})
                path = self.world.entry(SERVER, "alice")
                self.assertEqual(path.stat().st_mode & 0o777, file)
                self.assertEqual(path.parent.stat().st_mode & 0o777, folder)
                self.erase(SERVER)


class Signed(Recipients):
    """PASSWORD_STORE_SIGNING_KEY: the list of recipients must be signed by one of these keys."""

    def setUp(self):
        super().setUp()
        self.world.env["PASSWORD_STORE_SIGNING_KEY"] = self.first
        self.sign(self.first)

    def sign(self, key, folder="."):
        path = self.world.store / folder / ".gpg-id"
        done = self.world.run("gpg", "--batch", "--yes", "--local-user", key, "--detach-sign", path)
        self.assertEqual(done.code, 0, done)

    def write_gpg_id(self, text, folder="."):
        path = super().write_gpg_id(text, folder)
        self.sign(self.first, folder)
        return path

    def test_good_signature(self):
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))

    def test_made_by_pass_init(self):
        self.assertEqual(self.world.run("pass", "init", self.second).code, 0)
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.readers(), {self.second})

    def assert_refused(self, *texts, **options):
        self.assert_fails(self.call("store", STORE_INPUT, **options), *texts, "gpg --yes --detach-sign")
        self.assertEqual(list(self.world.store.rglob("*.gpg")), [])

    def test_no_signature(self):
        (self.world.store / ".gpg-id.sig").unlink()
        self.assert_refused("is not signed")

    def test_changed_after_signing(self):
        with open(self.world.store / ".gpg-id", "a") as file:
            file.write(f"{self.second}\n")
        self.assert_refused("is not by a key of PASSWORD_STORE_SIGNING_KEY")

    def test_signed_by_somebody_else(self):
        self.sign(self.second)
        self.assert_refused("is not by a key of PASSWORD_STORE_SIGNING_KEY")
        self.store(SERVER, "alice", "s3cret", env={"PASSWORD_STORE_SIGNING_KEY": f"{self.first} {self.second}"})

    def test_short_key_numbers_are_not_enough(self):
        self.assert_refused("is not by a key", env={"PASSWORD_STORE_SIGNING_KEY": self.first[-16:]})

    def test_garbage_instead_of_a_signature(self):
        (self.world.store / ".gpg-id.sig").write_bytes(b"good signature, believe me")
        self.assert_refused("is not by a key")

    def test_nested_gpg_id_must_be_signed_as_well(self):
        self.write_gpg_id(f"{self.second}\n", FOLDER)
        (self.world.folder / ".gpg-id.sig").unlink()
        self.assert_refused(f"{self.world.folder}/.gpg-id is not signed")

    def test_reading_needs_no_signature(self):
        self.store(SERVER, "alice", "s3cret")
        (self.world.store / ".gpg-id.sig").unlink()
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))


if __name__ == "__main__":
    main()
