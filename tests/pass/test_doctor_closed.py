"""`docker-credential-pass doctor` and what keeps its user out: files of root, modes, links that lead nowhere. Keys that
are there but cannot be read, or only read with, must not be taken for lost ones. What it prints is run here too."""
import json
import shutil

from doctor import commands
from pass_doctor import GROUP, USER, DoctorCase, PlacesCase
from pass_helper import SERVER
from sandbox import main

LOGIN = json.dumps({"ServerURL": SERVER, "Username": "alice", "Secret": "s3cret"})
RINGS = ("pubring.kbx", "trustdb.gpg")


class Closed(PlacesCase):
    """As one call of gpg under sudo leaves them behind, or a copy that has lost its modes."""

    def setUp(self):
        super().setUp()
        self.succeeds(self.as_user(f"printf %s '{LOGIN}' | docker-credential-pass store"))
        self.world.end_agents()
        self.secret_keys = sorted((self.world.gnupg / "private-keys-v1.d").glob("*.key"))

    def call(self, action):
        text = LOGIN if action == "store" else SERVER
        return self.as_user(f"printf %s '{text}' | docker-credential-pass {action}")

    def close(self, *paths):
        """Makes them root's."""
        self.world.end_agents()
        for path in paths:
            self.own(path, 0, 0)
            path.chmod(0o700 if path.is_dir() else 0o600)

    def assert_taken_back(self, link, path, whole):
        """The command is what another user's rights to the file ask for, and is enough."""
        remedy = self.found("problem", link, f" belongs to root, and this is the user id {USER}")["remedy"]
        self.assertEqual(remedy, [f"sudo chown -R \"$(id -u):$(id -g)\" '{whole}'"])
        self.assertIn(str(path), self.found("problem", link)["finding"])
        # sudo needs a name, which this user has not.
        command = remedy[0].removeprefix("sudo ").replace("$(id -u):$(id -g)", f"{USER}:{GROUP}")
        self.succeeds(self.world.run("sh", "-c", command))
        self.assert_clean()

    def assert_told(self, *actions):
        """What docker shows names the cause, and nothing else to do."""
        for action in actions:
            self.world.end_agents()
            done = self.call(action)
            self.assert_fails(done, "gpg cannot get at its keys: ", str(self.world.gnupg))
            [command] = done.err.splitlines()[1:]
            self.assertRegex(command, "^  (sudo chown|chmod) ")

    def test_key_rings_of_root(self):
        for name in RINGS:
            with self.subTest(name=name):
                path = self.world.gnupg / name
                self.close(path)
                self.assert_told("get", "store")
                self.assert_taken_back("GnuPG", path, self.world.gnupg)

    def test_secret_keys_of_root(self):
        folder = self.world.gnupg / "private-keys-v1.d"
        for paths in (self.secret_keys, [folder]):
            with self.subTest(path=paths[0].name):
                self.close(*paths)
                self.assert_told("get")
                self.assert_taken_back("secret key", folder, self.world.gnupg)

    def test_secret_keys_of_root_beside_one_that_works(self):
        self.succeeds(self.as_user("gpg --batch --quiet --passphrase '' --quick-generate-key new@example.org"))
        self.close(*self.secret_keys)
        self.assert_taken_back("secret key", self.world.gnupg / "private-keys-v1.d", self.world.gnupg)

    def test_another_recipient_while_the_own_key_is_closed(self):
        """One's own key is not to be replaced because it cannot be seen."""
        recipients = self.world.store / ".gpg-id"
        own = recipients.read_text()
        for text in ("stranger@example.org\n", "# nobody\n"):
            with self.subTest(text=text):
                recipients.write_text(text)
                self.close(*self.secret_keys)
                [check] = [check for check in self.doctor()["checks"] if check["state"] == "problem"]
                self.assertEqual(check["remedy"], [f"sudo chown -R \"$(id -u):$(id -g)\" '{self.world.gnupg}'"])
        self.own(self.world.gnupg)
        recipients.write_text(own)
        self.assert_clean()

    def test_key_of_root_that_nobody_needs(self):
        stray = self.world.gnupg / "private-keys-v1.d" / f"{'A' * 40}.key"
        shutil.copy(self.secret_keys[0], stray)
        self.close(stray)
        self.assert_clean()

    def test_modes(self):
        for link, paths, actions in (("GnuPG", [self.world.gnupg], ("get", "store")),
                                     ("GnuPG", [self.world.gnupg / "trustdb.gpg"], ("get", "store")),
                                     ("secret key", self.secret_keys, ("get",))):
            with self.subTest(path=paths[0].name):
                self.world.end_agents()
                for path in paths:
                    path.chmod(0)
                self.assert_told(*actions)
                remedy = self.found("problem", link, f"the mode of {paths[0].parent}", "forbids you")["remedy"]
                self.assertEqual(remedy, [f"chmod -R u+rwX '{self.world.gnupg}'"])
                self.assert_clean(remedy[0])

    def test_folder_of_keys_that_may_not_be_written(self):
        """gpg makes locks there."""
        self.world.gnupg.chmod(0o500)
        [command] = self.found("problem", "GnuPG", "forbids you to use it")["remedy"]
        self.assert_clean(command)

    def test_init_makes_no_other_key(self):
        shutil.rmtree(self.world.store)
        self.close(self.world.gnupg / "pubring.kbx")
        done = self.as_user("docker-credential-pass init --no-passphrase")
        self.assert_fails(done, "pubring.kbx belongs to root", f"  sudo chown -R \"$(id -u):$(id -g)\" '{self.world.gnupg}'")
        self.assertFalse(self.world.store.exists())

    def test_recipients(self):
        path = self.world.store / ".gpg-id"
        self.close(path)
        self.assert_taken_back("recipients", path, path)
        path.chmod(0)
        [command] = self.found("problem", "recipients", f"the mode of {path} forbids you")["remedy"]
        self.assert_clean(command)

    def test_recipients_of_a_shared_store(self):
        """Nothing is taken from the others."""
        self.own(self.world.store, USER, GROUP + 1)
        self.world.store.chmod(0o2770)
        self.close(self.world.store / ".gpg-id")
        self.assert_seizes_nothing([self.found("problem", "recipients", "cannot read")])


    def test_logins(self):
        """sudo only where somebody else's files are to be taken back."""
        [path] = self.world.folder.rglob("*.gpg")
        for closed in (path, path.parent):
            with self.subTest(path=closed.name):
                closed.chmod(0)
                [command] = self.found("problem", "logins", "you may not read or change")["remedy"]
                self.assertEqual(command, f"chmod -R u+rwX '{self.world.folder}'")
                self.assert_clean(command)
                closed.chmod(0)
                self.own(closed, 0, 0)
                remedy = self.found("problem", "logins", "you may not read or change")["remedy"]
                self.assertEqual(remedy, [f"sudo chown -R \"$(id -u):$(id -g)\" '{self.world.folder}'", command])
                self.own(self.world.folder)
                self.assert_clean(command)


class Revoked(DoctorCase):
    def test_key_is_revoked_and_there_is_no_other(self):
        """It opens all the same what is there, so nothing is set aside."""
        self.store(SERVER, "alice", "s3cret")
        certificate = self.world.gnupg / "openpgp-revocs.d" / f"{self.world.key}.rev"
        certificate.write_text(certificate.read_text().replace(":-----BEGIN", "-----BEGIN"))
        self.succeeds(self.world.run("gpg", "--batch", "--import", certificate))
        [make, doctor] = commands(self.found("problem", "GPG key", "is revoked; it still opens what is there"))
        self.assertEqual(doctor, "docker-credential-pass doctor")
        remedy = self.problem("GPG key", "is revoked", before=make)
        self.assertRegex(remedy, "^pass init [0-9A-F]+$")
        self.assert_clean(remedy)
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))
        self.assertEqual([path.name for path in self.world.home.glob(".password-store*")], [".password-store"])


class InTheWay(DoctorCase):
    """No folder where one should be."""

    def setUp(self):
        super().setUp()
        self.store(SERVER, "alice", "s3cret")
        self.disk = self.world.root / "disk"

    def move_to_disk(self, folder):
        """There it is, but the disk is not mounted."""
        folder.rename(self.world.root / "unmounted")
        folder.symlink_to(self.disk)
        return f"{folder} is a link to {self.disk}, which is not there"

    def mount(self):
        (self.world.root / "unmounted").rename(self.disk)

    def test_store_on_a_disk_that_is_not_mounted(self):
        finding = self.move_to_disk(self.world.store)
        check = self.found("problem", "password store", finding)
        self.assertIn("Mount the disk", check["remedy"][0])
        text = json.dumps({"ServerURL": SERVER, "Username": "alice", "Secret": "x"})
        self.assert_fails(self.call("store", text), finding, "Mount the disk")
        self.assert_fails(self.world.run("docker-credential-pass", "init", "--no-passphrase"), finding, "Mount the disk")
        self.mount()
        self.assert_clean()
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))

    def test_store_on_a_disk_that_is_gone_for_good(self):
        self.move_to_disk(self.world.store)
        check = self.found("problem", "password store", "which is not there")
        self.assert_clean("\n".join(commands(check)))
        self.assertEqual((self.world.home / ".password-store.old").readlink(), self.disk)

    def test_keys_on_a_disk_that_is_not_mounted(self):
        self.world.end_agents()
        finding = self.move_to_disk(self.world.gnupg)
        self.found("problem", "GnuPG", finding)
        self.assert_fails(self.call("get", SERVER), finding, "Mount the disk")
        self.mount()
        self.assert_clean()

    def test_file(self):
        """What is set aside replaces nothing that was set aside before."""
        former = self.world.home / ".password-store.old"
        self.world.store.rename(former)
        self.world.store.write_text("a file")
        check = self.found("problem", "password store", f"{self.world.store} is no folder")
        self.assert_clean("\n".join(commands(check)))
        self.assertEqual((self.world.home / ".password-store.old-2").read_text(), "a file")
        self.assertTrue((former / ".gpg-id").exists())

    def test_variables_that_name_a_file(self):
        """Which has its own use."""
        self.disk.write_text("an image of a disk")
        for variable, link in (("PASSWORD_STORE_DIR", "password store"), ("GNUPGHOME", "GnuPG")):
            with self.subTest(variable=variable):
                env = {variable: str(self.disk)}
                check = self.found("problem", link, f"{variable} leads to {self.disk}, which is no folder", env=env)
                self.assert_clean("\n".join(commands(check)), env=env)
                self.assertTrue(self.disk.exists())

    def test_link_to_a_file(self):
        shutil.rmtree(self.world.store)
        self.disk.write_text("an image of a disk")
        self.world.store.symlink_to(self.disk)
        check = self.found("problem", "password store", f"is a link to {self.disk}, which is no folder")
        self.assert_clean("\n".join(commands(check)))
        self.assertTrue(self.disk.exists())


if __name__ == "__main__":
    main()
