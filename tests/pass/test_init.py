"""docker-credential-pass init: from an empty account to a store that works, or nothing at all."""
from pass_helper import HELPER, SERVER, HelperCase
from pass_world import PASSPHRASE
from sandbox import main


class InitCase(HelperCase):
    options = {"key": False}

    def init(self, *options, **more):
        return self.world.run(HELPER, "init", *options, **more)

    def secret_keys(self):
        listing = self.world.run("gpg", "--batch", "--with-colons", "-K").out.splitlines()
        return [listing[at + 1].split(":")[9] for at, line in enumerate(listing) if line.startswith("sec:")]

    def assert_works(self):
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))
        self.assertIn(HELPER.removeprefix("docker-credential-"), self.world.run("pass", "ls").out.lower())

    def assert_nothing_made(self):
        self.assertEqual(self.secret_keys(), [])
        self.assertFalse(self.world.store.exists())


class EmptyAccount(InitCase):
    def test_without_passphrase(self):
        done = self.init("--no-passphrase")
        self.assertEqual((done.code, done.err), (0, ""), done)
        key, = self.secret_keys()
        for text in (f"Made the GPG key     {key}\n", f"Made the store       {self.world.store}\n", "no passphrase",
                     'docker-credential-pass configure\n', f"gpg --armor --export-secret-keys {key}\n"):
            self.assertIn(text, done.out)
        self.assertNotIn("question", done.out)
        self.assertEqual((self.world.store / ".gpg-id").read_text(), f"{key}\n")
        self.assertEqual(self.world.store.stat().st_mode & 0o777, 0o700)
        self.assert_works()
        listing = self.world.run("gpg", "--batch", "--with-colons", "-K").out.splitlines()
        self.assertEqual(next(line for line in listing if line.startswith("sec:")).split(":")[6], "", "does not expire")

    def test_pass_and_the_older_helper_work_with_it(self):
        self.assertEqual(self.init("--no-passphrase").code, 0)
        self.assertEqual(self.world.run("pass", "insert", "-m", "mail", input="x").code, 0)
        self.store(SERVER, "alice", "s3cret", helper=self.older())
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))

    def test_gnupg_home_that_does_not_exist(self):
        self.world.gnupg.joinpath("gpg-agent.conf").unlink()
        self.world.gnupg.rmdir()
        self.assertEqual(self.init("--no-passphrase").code, 0)
        self.assertEqual(self.world.gnupg.stat().st_mode & 0o777, 0o700)
        self.assert_works()

    def test_default_gnupg_home(self):
        self.world.run("rm", "-rf", self.world.gnupg)
        del self.world.env["GNUPGHOME"]
        done = self.init("--no-passphrase")
        self.assertEqual(done.code, 0, done)
        self.assert_works()

    def test_pinentry_asks_for_a_passphrase(self):
        self.world.passphrase = PASSPHRASE
        self.world.set_pinentry("answers")
        done = self.init()
        self.assertEqual(done.code, 0, done)
        self.assertNotIn("no passphrase", done.out)
        self.assertIn("read back; the third question was for this\n", done.out)
        self.assertGreaterEqual(self.world.prompts(), 1)
        self.assert_works()
        self.world.end_agents()
        self.world.set_pinentry("missing")
        self.assert_fails(self.call("get", SERVER), "is locked")

    def test_no_pinentry(self):
        done = self.init()
        self.assertEqual(done.code, 1, done)
        self.assertIn("gpg did not make a key", done.out)
        self.assertIn("docker-credential-pass init --no-passphrase\n", done.err)
        self.assert_nothing_made()

    def test_cancelled(self):
        self.world.set_pinentry("cancels")
        done = self.init()
        self.assertEqual(done.code, 1, done)
        self.assert_nothing_made()

    def test_pinentry_hangs(self):
        self.world.set_pinentry("hangs")
        done = self.init(env={"DOCKER_CREDENTIAL_TIMEOUT": "1"})
        self.assertEqual(done.code, 1, done)
        self.assertLess(done.seconds, 30)
        self.assertIn("nobody answered the question for the passphrase of the new GPG key", done.out)
        self.assertIn("DOCKER_CREDENTIAL_TIMEOUT=300", done.err)
        self.assertFalse(self.world.store.exists())

    def test_gpg_that_cannot_work_says_why(self):
        (self.world.gnupg / "gpg.conf").write_text(f"agent-program {self.world.root}/none\n")
        done = self.init("--no-passphrase")
        self.assertEqual(done.code, 1, done)
        self.assertRegex(done.out, "^gpg did not make a key: .")
        self.assertIn(f"ls -ld '{self.world.gnupg}'", done.err)
        self.assertNotIn("--no-passphrase", done.err)

    def test_file_in_the_place_of_the_store(self):
        place = self.world.home / "file"
        place.write_text("")
        done = self.init("--no-passphrase", env={"PASSWORD_STORE_DIR": str(place)})
        self.assertEqual(done.code, 1, done)
        self.assertIn(f"PASSWORD_STORE_DIR leads to {place}, which is no folder", done.err)
        self.assertIn('  export PASSWORD_STORE_DIR="$HOME/.password-store"\n', done.err)
        self.assertEqual("", place.read_text())

    def test_failure_takes_the_new_key_back(self):
        (self.world.home / "file").write_text("")
        done = self.init("--no-passphrase", env={"PASSWORD_STORE_DIR": str(self.world.home / "file/store")})
        self.assertEqual(done.code, 1, done)
        self.assertIn("cannot make the folder", done.err)
        self.assert_nothing_made()
        self.assertEqual(self.world.run("gpg", "--batch", "--with-colons", "-k").out.count("pub:"), 0)

    def test_without_gpg(self):
        tools = self.world.root / "tools"
        tools.mkdir()
        helper = self.world.run("sh", "-c", f"command -v {HELPER}").out.strip()
        done = self.world.run(helper, "init", env={"PATH": str(tools)})
        self.assert_fails(done, "gpg is not installed")
        self.assertFalse(self.world.store.exists())

    def test_wrong_arguments(self):
        for options in (("--no-pass",), ("KEY",), ("--no-passphrase", "x"), ("",)):
            done = self.init(*options)
            self.assertEqual(done.code, 2, done)
            self.assertIn("usage: docker-credential-pass init [--no-passphrase]\n", done.out)
        self.assert_nothing_made()


class AccountWithKey(InitCase):
    options = {"init": False}

    def test_takes_the_key_that_is_there(self):
        for option in ((), ("--no-passphrase",)):
            with self.subTest(option=option):
                done = self.init(*option)
                self.assertEqual(done.code, 0, done)
                self.assertIn(f"Uses your GPG key    {self.world.key}\n", done.out)
                self.assertEqual(self.secret_keys(), [self.world.key])
                self.assert_works()
                self.world.run("rm", "-rf", self.world.store)

    def test_passes_over_keys_that_cannot_be_used(self):
        self.world.run("gpg", "--batch", "--yes", "--delete-secret-and-public-key", self.world.key)
        expired = self.world.new_key("Expired <e@example.org>", expires="seconds=1")
        listing = ("gpg", "--batch", "--with-colons", "-k", expired)
        self.world.wait_for(lambda: "pub:e:" in self.world.run(*listing).out, "the key to expire")
        sign_only = self.world.run("gpg", "--batch", "--passphrase", "", "--pinentry-mode", "loopback", "--status-fd", "1",
                                   "--quick-generate-key", "Signs <s@example.org>", "ed25519", "sign", "never")
        self.assertEqual(sign_only.code, 0)
        before = self.secret_keys()
        done = self.init("--no-passphrase")
        self.assertEqual(done.code, 0, done)
        self.assertIn("Made the GPG key", done.out)
        self.assertEqual(len(self.secret_keys()), len(before) + 1)
        self.assert_works()

    def test_twice(self):
        self.assertEqual(self.init().code, 0)
        before = (self.world.store / ".gpg-id").read_text()
        self.assert_fails(self.init(), "there is a password store already", "pass init KEY")
        self.assertEqual((self.world.store / ".gpg-id").read_text(), before)

    def test_refuses_any_store(self):
        for folder in ("", "docker-credential-helpers", "work/deep/er"):
            with self.subTest(folder=folder):
                (self.world.store / folder).mkdir(parents=True)
                (self.world.store / folder / ".gpg-id").write_text("somebody@example.org\n")
                for option in ((), ("--no-passphrase",)):
                    self.assert_fails(self.init(*option), "there is a password store already")
                self.assertEqual([p for p in self.world.store.rglob("*") if p.is_file()],
                                 [self.world.store / folder / ".gpg-id"])
                self.world.run("rm", "-rf", self.world.store)

    def test_empty_folder_is_fine(self):
        self.world.store.mkdir(mode=0o700)
        self.assertEqual(self.init().code, 0)
        self.assert_works()

    def test_store_elsewhere(self):
        self.world.env["PASSWORD_STORE_DIR"] = str(self.world.root / "a/b/store")
        self.assertEqual(self.init().code, 0)
        self.assert_works()
        self.assertFalse(self.world.store.exists())

    def test_signed_stores_are_left_to_pass(self):
        done = self.init(env={"PASSWORD_STORE_SIGNING_KEY": self.world.key})
        self.assert_fails(done, "PASSWORD_STORE_SIGNING_KEY is set", "pass init KEY")
        self.assertFalse(self.world.store.exists())


class AccountWithLockedKey(InitCase):
    options = {"init": False, "passphrase": PASSPHRASE}

    def test_asks_for_its_passphrase(self):
        self.world.set_pinentry("answers")
        done = self.init()
        self.assertEqual(done.code, 0, done)
        self.assertIn(f"Uses your GPG key    {self.world.key}\n", done.out)
        self.assertEqual(self.world.prompts(), 1)
        self.assert_works()

    def test_fails_when_nobody_can_be_asked(self):
        self.assert_fails(self.init(), "is locked", "docker-credential-pass init --no-passphrase")
        self.assertFalse(self.world.store.exists())
        self.assertEqual(self.secret_keys(), [self.world.key])

    def test_no_passphrase_makes_another_key(self):
        done = self.init("--no-passphrase")
        self.assertEqual(done.code, 0, done)
        self.assertIn("Made the GPG key", done.out)
        self.assertEqual(len(self.secret_keys()), 2)
        self.assert_works()


if __name__ == "__main__":
    main()
