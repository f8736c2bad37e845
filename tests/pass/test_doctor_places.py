"""`docker-credential-pass doctor` and the folders that HOME and other variables lead to: whose they are, who shares them.
What it prints is run here too, and is never a command that takes or closes what belongs to others."""
import json
import shutil

from pass_doctor import USER, DoctorCase, PlacesCase
from pass_helper import SERVER
from sandbox import main

TEAM, COLLEAGUE = 64322, 64323


class Astray(PlacesCase):
    """Variables that lead elsewhere: `export PASSWORD_STORE_DIR="$UNSET/"` makes it `/`."""

    def assert_blamed(self, link, variable, path, **options):
        report = self.doctor(env={variable: path}, **options)
        [check] = [check for check in report["checks"] if check["state"] == "problem"]
        self.assertEqual(check["link"], link)
        self.assertIn(f"{variable} leads", check["finding"])
        self.assert_seizes_nothing(report["checks"])
        for shell in ("sh", "bash", "zsh", "fish"):
            if shutil.which(shell):
                report = self.doctor("\n".join(check["remedy"]), env={variable: path}, shell=shell, **options)
                self.assertTrue(report["ok"], report)

    def test_store(self):
        for path in ("/", "/etc", "/usr"):
            with self.subTest(path=path):
                self.assert_blamed("password store", "PASSWORD_STORE_DIR", path)

    def test_keys(self):
        for path in ("/", "/etc", "/usr"):
            with self.subTest(path=path):
                self.assert_blamed("GnuPG", "GNUPGHOME", path)

    def test_roots_own(self):
        """To root they belong, and could be closed for everybody else."""
        self.own(self.world.root, 0, 0)
        for path in ("/", "/etc"):
            with self.subTest(path=path):
                self.assert_blamed("password store", "PASSWORD_STORE_DIR", path, user=0)
                self.assert_blamed("GnuPG", "GNUPGHOME", path, user=0)

    def test_folder_of_root_outside_the_home(self):
        """A store all right, but not below the home: perhaps that of a system service."""
        other = self.world.root / "service"
        shutil.copytree(self.world.store, other)
        self.own(other, 0, 0)
        other.chmod(0o700)
        self.assert_blamed("password store", "PASSWORD_STORE_DIR", str(other))

    def test_folder_that_cannot_be_made(self):
        self.assert_blamed("password store", "PASSWORD_STORE_DIR", "/srv/none/store")
        self.assert_blamed("GnuPG", "GNUPGHOME", "/srv/none/keys")

    def test_store_of_others_that_is_closed(self):
        other = self.world.root / "service"
        shutil.copytree(self.world.store, other)
        self.own(other, "games", TEAM)
        other.chmod(0o700)
        self.assert_blamed("password store", "PASSWORD_STORE_DIR", str(other))

    def test_new_disk(self):
        """In a container: nothing is on it yet but what mkfs has made."""
        disk = self.world.root / "disk"
        (disk / "lost+found").mkdir(parents=True)
        self.own(disk)
        disk.chmod(0o700)
        env = {"PASSWORD_STORE_DIR": str(disk)}
        [command] = self.found("problem", "recipients", "is not set up", env=env)["remedy"]
        self.assert_clean(command, env=env)

    def test_link_that_leads_outside_the_home(self):
        other = self.world.root / "service"
        self.world.store.rename(other)
        self.world.store.symlink_to(other)
        self.own(other, 0, 0)
        other.chmod(0o700)
        report = self.doctor()
        self.assertIn("belongs to root", report["checks"][-1]["finding"])
        self.assert_seizes_nothing(report["checks"])

    def test_link_inside_that_leads_elsewhere(self):
        self.world.folder.symlink_to("/etc")
        report = self.doctor()
        self.assertIn(f"{self.world.folder} belongs to root", report["checks"][-1]["finding"])
        self.assert_seizes_nothing(report["checks"])

    def test_stores_below_the_home_are_taken_back(self):
        """As root's commands leave them there: the default one, and one that a variable names."""
        other = self.world.home / "logins"
        shutil.copytree(self.world.store, other)
        for path, mode in ((self.world.store, 0o700), (self.world.store, 0o755), (other, 0o755)):
            with self.subTest(path=path.name, mode=mode):
                self.own(path, 0, 0)
                path.chmod(mode)
                env = {"PASSWORD_STORE_DIR": str(path)}
                [command] = self.found("problem", "password store", "belongs to root", env=env)["remedy"]
                self.assertEqual(command, f"sudo chown -R \"$(id -u):$(id -g)\" '{path}'")
                self.own(path)  # sudo, which needs a name
                path.chmod(0o700)
                self.assert_clean(env=env)


class Shared(PlacesCase):
    """A store of several users, elsewhere."""

    def setUp(self):
        super().setUp()
        self.team = self.world.root / "team"
        shutil.copytree(self.world.store, self.team)
        self.world.env["PASSWORD_STORE_DIR"] = str(self.team)
        self.groups = f"--groups={TEAM}"
        self.world.root.chmod(0o711)
        self.own(self.team)
        login = json.dumps({"ServerURL": SERVER, "Username": "alice", "Secret": "s3cret"})
        self.succeeds(self.as_user(f"printf %s '{login}' | docker-credential-pass store"))

    def give(self, owner, folders, files):
        """The whole store to the owner and the team, with these modes."""
        self.own(self.team, owner, TEAM)
        for path in (self.team, *self.team.rglob("*")):
            path.chmod(folders if path.is_dir() else files)

    def assert_works(self, *texts):
        """Notes at most, and nothing that locks anybody out."""
        report = self.doctor()
        self.assertTrue(report["ok"], report)
        self.assert_seizes_nothing(report["checks"])
        for text in texts:
            self.assertIn(text, json.dumps(report))
        return report

    def test_of_somebody_else(self):
        self.give(COLLEAGUE, 0o2770, 0o660)
        report = self.assert_works("is shared with the group id 64322")
        [note] = [check for check in report["checks"] if check["state"] == "note"]
        self.assert_clean("\n".join(note["remedy"]))

    def test_of_ones_own(self):
        self.give(USER, 0o2770, 0o660)
        report = self.assert_works("is shared with the group id 64322")
        [note] = [check for check in report["checks"] if check["state"] == "note"]
        self.assert_clean("\n".join(note["remedy"]))

    def test_group_that_is_ones_own(self):
        """Made under umask 002, or meant to be shared: nobody can tell."""
        self.give(USER, 0o770, 0o660)
        self.own(self.team)
        self.assert_works("if it is for you alone: chmod go-rwx")

    def test_that_may_only_be_read(self):
        self.give(COLLEAGUE, 0o2750, 0o640)
        self.assertEqual(self.as_user(f"printf %s {SERVER} | docker-credential-pass get").code, 0)
        self.assert_works("can be read here, but not stored", "not tried, for nothing can be stored here")

    def test_that_may_only_be_read_and_has_a_key_that_is_not_here(self):
        """Who stores nothing needs none of the others' keys."""
        with (self.team / ".gpg-id").open("a") as file:
            file.write("colleague@example.org\n")
        self.give(COLLEAGUE, 0o2750, 0o640)
        self.assertEqual(self.as_user(f"printf %s {SERVER} | docker-credential-pass get").code, 0)
        self.assert_works("the GPG key colleague@example.org", "1 login, readable")

    def test_with_a_login_that_is_closed(self):
        self.give(COLLEAGUE, 0o2770, 0o660)
        for path in self.team.rglob("*.gpg"):
            path.chmod(0o600)
        report = self.doctor()
        self.assertIn(f"you may not read the files of {SERVER}; who stored them", json.dumps(report))
        self.assert_seizes_nothing(report["checks"])

    def test_everybody_may_write(self):
        self.give(USER, 0o2777, 0o666)
        [command] = self.found("problem", "password store", "everybody on this computer may change")["remedy"]
        self.assertEqual(command, f"chmod o-w '{self.team}'")
        self.assert_clean(command, notes=["password store"])
        self.give(COLLEAGUE, 0o2777, 0o666)
        self.assertEqual(self.found("problem", "password store", "everybody on this computer may change")["remedy"], [])


class Home(PlacesCase):
    options = {"key": False}

    def test_of_somebody_else(self):
        """As in a container that is run by a user whom it does not know: docker run --user 1000."""
        other = self.world.root / "roots"
        other.mkdir(mode=0o700)
        for home in ("/", str(other), "/nonexistent"):
            with self.subTest(home=home):
                env = {"HOME": home, "TMPDIR": str(self.world.root)}
                no_keys = "unset GNUPGHOME"
                report = self.doctor(no_keys, env=env)
                check = report["checks"][-1]
                self.assertEqual((check["link"], check["state"]), ("GnuPG", "problem"))
                self.assertIn(f"HOME is {home}, which ", check["finding"])
                done = self.as_user(f"{no_keys}; docker-credential-pass init --no-passphrase", env=env)
                self.assert_fails(done, f"HOME is {home}, which ", *check["remedy"])
                remedy = "\n".join((no_keys, *check["remedy"], "docker-credential-pass init --no-passphrase"))
                report = self.doctor(remedy, env=env)
                self.assertTrue(report["ok"], report)

    def test_store_only(self):
        env = {"HOME": "/"}
        check = self.doctor(env=env)["checks"][-1]
        self.assertEqual((check["link"], check["state"]), ("password store", "problem"))
        self.assertIn("HOME is /, which belongs to root", check["finding"])


class Sockets(DoctorCase):
    options = {"key": False}

    def setUp(self):
        super().setUp()
        done = self.world.run("gpgconf", "--list-dirs", "agent-socket", env={"GNUPGHOME": str(self.world.root / "x")})
        if not done.out.startswith(f"{self.world.root}/x/"):
            self.skipTest("gpg's sockets are in /run/user here, where no folder's path is too long for them")

    def folder(self, length):
        folder = self.world.root / ("g" * (length - len(str(self.world.root)) - 1))
        folder.mkdir(mode=0o700)
        return str(folder)

    def test_path_too_long(self):
        self.assertEqual(self.world.run("docker-credential-pass", "init", "--no-passphrase").code, 0)
        env = {"GNUPGHOME": self.folder(87)}
        remedy = self.problem("GnuPG", "too long for the sockets of gpg-agent, by 1 character: ", env=env)
        self.assert_clean(remedy, env=env)
        # Neither in the place of a home that is too long itself.
        env["HOME"] = env["GNUPGHOME"]
        self.assertEqual(self.found("problem", "GnuPG", "too long for the sockets of gpg-agent", env=env)["remedy"], [])

    def test_init_says_so(self):
        done = self.world.run("docker-credential-pass", "init", "--no-passphrase", env={"GNUPGHOME": self.folder(87)})
        self.assert_fails(done, "too long for the sockets of gpg-agent, by 1 character: ", 'export GNUPGHOME="$HOME/.gnupg"')

    def test_longest_path(self):
        env = {"GNUPGHOME": self.folder(86)}
        done = self.world.run("docker-credential-pass", "init", "--no-passphrase", env=env)
        self.assertEqual(done.code, 0, done)
        self.assert_clean(env=env)


if __name__ == "__main__":
    main()
