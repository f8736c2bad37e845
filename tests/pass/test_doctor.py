"""`docker-credential-pass doctor` on the store and its logins: every trouble is set up for real; doctor names its cause and
prints commands; these are run, and then it finds nothing any more."""
import json
import os
import shutil
import subprocess
import unittest

from pass_doctor import DOCTOR, DoctorCase
from pass_helper import SERVER
from pass_world import FOLDER, end_processes_below
from sandbox import BIN, main
from trouble import trouble

OTHER = "https://other.example.org"


def login(server, user, secret="x"):
    return json.dumps({"ServerURL": server, "Username": user, "Secret": secret})


class Healthy(DoctorCase):
    def test_says_what_it_looked_at(self):
        self.store(SERVER, "alice", "s3cret")
        report = self.doctor()
        self.assertEqual([check["link"] for check in report["checks"]][:-1],
                         ["GnuPG", "password store", "recipients", "GPG key", "passphrase", "logins"])
        self.assertEqual({check["state"] for check in report["checks"]}, {"ok"})
        self.assertEqual(self.found("ok", "passphrase")["finding"], "the key has none")
        self.assertEqual(self.found("ok", "logins")["finding"], "1 login, readable")
        self.assertIn(self.world.key, self.found("ok", "recipients")["finding"])
        self.assertEqual(self.list(), {SERVER: "alice"})

    def test_user_names_with_slashes_are_no_trouble(self):
        self.store(SERVER, "us/er", "s3cret")
        self.world.write_entry(self.world.entry(OTHER, "robot/nested"), "by an older helper")
        self.store("https://long.example/" + "x" * 200, "y" * 260, "long")
        self.assert_clean()
        self.assertEqual(self.found("ok", "logins")["finding"], "3 logins, readable")

    @trouble(12, "1 login, readable")
    def test_user_name_with_a_slash_of_the_older_helper(self):
        done = self.call("store", login("r.example", "team/robot"), helper=self.older())
        self.assertEqual(done.code, 0, done)
        self.older_reads(12, "Username", "get", "r.example")
        self.assertEqual(self.get("r.example"), ("team/robot", "x"))
        self.assert_clean()

    def test_text_has_the_commands_beneath(self):
        self.world.store.chmod(0o755)
        done = self.world.run("docker-credential-pass", "doctor", "--store")
        self.assertEqual(done.code, 0, done)
        lines = done.out.splitlines()
        at = next(number for number, line in enumerate(lines) if "other users may read" in line)
        self.assertEqual(lines[at + 1].strip(), f"chmod go-rwx '{self.world.store}'")
        self.assertTrue(lines[at + 1].startswith("   "), done)


class SetUp(DoctorCase):
    @trouble(2, "password store: the")
    def test_no_store(self):
        shutil.rmtree(self.world.store)
        remedy = self.problem("password store", f"the password store in {self.world.store} is not set up")
        self.assertEqual(remedy, "docker-credential-pass init --no-passphrase")
        self.assert_clean(remedy)

    def test_store_folder_that_does_not_exist(self):
        env = {"PASSWORD_STORE_DIR": str(self.world.root / "not there")}
        self.assert_clean(self.problem("password store", "not there", env=env), env=env)

    def test_relative_folder(self):
        env = {"PASSWORD_STORE_DIR": ".password-store"}
        remedy = self.problem("password store", "PASSWORD_STORE_DIR is '.password-store', no path from the root", env=env)
        self.assert_clean(remedy, env=env, cwd=self.world.home)

    def test_folder_with_a_tilde_that_no_shell_replaced(self):
        env = {"PASSWORD_STORE_DIR": "~/.password-store"}
        self.assert_clean(self.problem("password store", "no path from the root", env=env), env=env)

    def test_no_home(self):
        done = self.world.run("env", "-u", "HOME", *DOCTOR.split())
        check = json.loads(done.out)["checks"][-1]
        self.assertIn("HOME is not set", check["finding"])
        # The home of whoever runs the tests is left alone: all that is asked is that the command names it.
        home = self.world.run("sh", "-c", f"unset HOME\n{check['remedy'][0]}\nprintf %s \"$HOME\"").out
        self.assertEqual(home, os.path.expanduser(f"~{self.world.run('id', '-un').out.strip()}"))

    @trouble(2, "recipients: the")
    def test_store_without_recipients(self):
        (self.world.store / ".gpg-id").unlink()
        self.older_reads(2, "exit status 1: Error: You must run", "store", login(SERVER, "alice"))
        remedy = self.problem("recipients", "is not set up")
        self.assertEqual(remedy, f"pass init {self.world.key}")
        self.assert_clean(remedy, notes=["logins"])  # the older helper leaves a folder behind

    def test_recipients_that_name_nobody(self):
        (self.world.store / ".gpg-id").write_text("# nobody yet\n")
        self.assert_clean(self.problem("recipients", "names no key"))

    def test_folder_of_keys_that_does_not_exist(self):
        env = {"GNUPGHOME": str(self.world.root / "keys")}
        remedy = self.problem("GnuPG", "GNUPGHOME names the folder", "is not there", env=env)
        # The keys are still elsewhere: another trouble, whose remedy helps.
        remedy += "\n" + self.problem("GPG key", "is not in the key ring", before=remedy, env=env)
        self.addCleanup(end_processes_below, self.world.root)
        self.assert_clean(remedy, env=env)
        self.assertTrue((self.world.home / ".password-store.without-key").exists(), "what was there is kept")

    def test_gpg_is_not_installed(self):
        helper = self.world.run("sh", "-c", "command -v docker-credential-pass").out.strip()
        tools = self.world.root / "tools"
        tools.mkdir()
        done = self.world.run(helper, *DOCTOR.split()[1:], env={"PATH": str(tools)})
        check = json.loads(done.out)["checks"][-1]
        self.assertEqual((done.code, check["link"], check["state"]), (1, "GnuPG", "problem"))
        self.assertIn("gpg is not installed", check["finding"])
        # That apt brings gpg is taken on trust.
        self.assertEqual(check["remedy"], ["apt install gnupg" if os.geteuid() == 0 else "sudo apt install gnupg"])
        self.assert_clean()

    def test_gpg_that_does_not_run(self):
        tools = self.world.root / "tools"
        tools.mkdir()
        (tools / "gpg2").write_text("#!/bin/sh\necho 'libgcrypt.so.20: cannot open' >&2\nexit 127\n")
        (tools / "gpg2").chmod(0o700)
        env = {"PATH": f"{tools}:{self.world.env['PATH']}"}
        self.assertIn("install --reinstall gnupg",
                      self.problem("GnuPG", "does not run: libgcrypt.so.20: cannot open", env=env))


class Folder(DoctorCase):
    def test_others_may_write(self):
        self.world.store.chmod(0o777)
        self.assert_clean(self.problem("password store", "other users may change whom logins are encrypted for"))
        self.assertEqual(self.world.store.stat().st_mode & 0o777, 0o700)

    def test_others_may_read(self):
        self.world.store.chmod(0o755)
        self.assert_clean(self.note("password store", "other users may read the names"))

    def test_store_that_is_meant_to_be_shared(self):
        self.world.store.chmod(0o770)
        self.assert_clean(env={"PASSWORD_STORE_UMASK": "007"})

    def test_keys_that_others_may_reach(self):
        self.world.gnupg.chmod(0o755)
        self.assert_clean(self.note("GnuPG", "other users may enter the folder of your keys"))

    def test_read_only_disk(self):
        if self.world.run("unshare", "-m", "true").code != 0:
            raise unittest.SkipTest("mounts of one's own are not allowed here")
        self.store(SERVER, "alice", "s3cret")
        mounted = (f"mount --bind '{self.world.store}' '{self.world.store}'\n"
                   f"mount -o remount,ro,bind '{self.world.store}'\n")

        def in_namespace(script):
            done = self.world.run("unshare", "-m", "sh", "-c", f"{mounted}{script}\n{DOCTOR}")
            return json.loads(done.out)

        check = in_namespace("")["checks"][-1]
        self.assertIn("is mounted read-only", check["finding"])
        report = in_namespace("\n".join(check["remedy"]))
        self.assertTrue(report["ok"], report)

    def test_full_disk(self):
        if self.world.run("unshare", "-m", "true").code != 0:
            raise unittest.SkipTest("mounts of one's own are not allowed here")
        mounted = (f"mount -t tmpfs -o size=64k,mode=700 none '{self.world.store}'\ncd '{self.world.store}'\n"
                   f"echo {self.world.key} > .gpg-id\nhead -c 100000 /dev/zero > filler 2> /dev/null\n")
        done = self.world.run("unshare", "-m", "sh", "-c",
                              f"{mounted}{DOCTOR} > '{self.world.root}/first'\nrm filler\n{DOCTOR}")
        check = json.loads((self.world.root / "first").read_text())["checks"][-1]
        self.assertIn("is full", check["finding"])
        self.assertEqual(check["remedy"], [f"df -h '{self.world.store}'"])
        self.assertTrue(json.loads(done.out)["ok"], done)

    def test_store_of_another_user(self):
        """As under sudo with the HOME of whoever called it: root must not work in another's store."""
        if os.geteuid() != 0 or shutil.which("runuser") is None:
            raise unittest.SkipTest("another user needs root")
        self.world.end_agents()
        shutil.copy(BIN / "docker-credential-pass", self.world.root)
        self.world.env["PATH"] = f"{self.world.root}:{self.world.env['PATH']}"
        nobody = subprocess.run(["chown", "-R", "nobody:nogroup", self.world.root], check=False)
        self.assertEqual(nobody.returncode, 0)
        self.addCleanup(subprocess.run, ["chown", "-R", "0:0", self.world.root], check=False)
        remedy = self.problem("GnuPG", f"{self.world.gnupg} belongs to nobody, and this is root", "as the owner")
        self.world.gnupg.chmod(0o700)
        self.assertEqual(remedy, "runuser -u 'nobody' -- docker-credential-pass doctor")
        self.world.env["PASSWORD_STORE_DIR"] = str(self.world.store)  # runuser brings the home that nobody has
        done = self.world.run("sh", "-c", f"{remedy} --store --json")
        self.assertTrue(json.loads(done.out)["ok"], done)
        os.chown(self.world.gnupg, 0, 0)
        self.assertIn(remedy, self.problem("password store", f"{self.world.store} belongs to nobody, and this is root"))

    def test_store_that_root_has_made(self):
        """The other way round: files that a docker command under sudo has left in the store of an ordinary user."""
        if os.geteuid() != 0:
            raise unittest.SkipTest("another user needs root")
        self.store(SERVER, "alice", "s3cret")
        self.world.end_agents()
        shutil.copy(BIN / "docker-credential-pass", self.world.root)
        self.world.env["PATH"] = f"{self.world.root}:{self.world.env['PATH']}"
        subprocess.run(["chown", "-R", "nobody:nogroup", self.world.root], check=True)
        subprocess.run(["chown", "-R", "0:0", self.world.folder], check=True)
        self.addCleanup(subprocess.run, ["chown", "-R", "0:0", self.world.root], check=False)
        as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *DOCTOR.split()]
        report = json.loads(self.world.run(*as_nobody).out)
        check = next(check for check in report["checks"] if check["state"] == "problem")
        self.assertIn(f"{self.world.folder} belongs to root, and this is nobody", check["finding"])
        # What an ordinary user does with sudo, and root needs none for.
        remedy = "\n".join(check["remedy"]).replace("sudo ", "").replace("$(id -u):$(id -g)", "nobody:nogroup")
        self.assertEqual(self.world.run("sh", "-c", remedy).code, 0)
        report = json.loads(self.world.run(*as_nobody).out)
        self.assertTrue(report["ok"], report)


class Logins(DoctorCase):
    @trouble(10, "1 folder without a login")
    def test_folder_that_a_failed_login_left_empty(self):
        id_file = self.world.store / ".gpg-id"
        id_file.rename(self.world.root / "gpg-id")
        (self.world.store / ".gpg-id").write_text("stranger@example.org\n")
        self.assertEqual(self.call("store", login(OTHER, "bob"), helper=self.older()).code, 1)
        (self.world.root / "gpg-id").rename(id_file)
        self.assertTrue(self.world.entry(OTHER, "bob").parent.is_dir())
        self.older_reads(10, "no usernames", "list")
        self.assert_clean(self.note("logins", f"1 folder without a login, as a failed docker login leaves them: {OTHER}"))
        self.assertEqual(self.call("list", helper=self.older()).out, "{}\n")

    def test_folder_with_something_else(self):
        path = self.world.entry(OTHER, "bob").parent / "notes.txt"
        path.parent.mkdir(parents=True)
        path.write_text("keep me")
        self.assert_clean(self.note("logins", "1 folder without a login"))
        self.assertEqual([file.read_text() for file in self.world.store.rglob("notes.txt")], ["keep me"])

    def test_names_that_no_server_has(self):
        self.world.write_entry(self.world.folder / "registry.example.org" / "alice.gpg", "by hand")
        self.store(SERVER, "alice", "s3cret")
        self.assertIn("illegal base64", self.call("list", helper=self.older()).out)
        (self.world.store / "registry.example.org").mkdir()
        self.assert_clean(self.note("logins", f"passed over: {FOLDER}/registry.example.org"))
        self.assertTrue((self.world.store / "registry.example.org-2" / "alice.gpg").exists(), "nothing is replaced")
        self.assertEqual(json.loads(self.call("list", helper=self.older()).out), {SERVER: "alice"})

    @trouble(16, "https://registry.example.org has 2 logins")
    def test_two_users(self):
        for user in ("alice", "bob"):
            older = self.call("store", login(SERVER, user, f"of {user}"), helper=self.older())
            self.assertEqual(older.code, 0, older)
        self.older_reads(16, "Username", "get", SERVER)
        self.set_age(self.world.entry(SERVER, "alice"), 60)
        remedy = self.note("logins", f"{SERVER} has 2 logins: the newest, of bob, is answered, never that of alice")
        self.assertEqual(self.get(SERVER), ("bob", "of bob"))
        self.assert_clean(remedy)
        self.assertEqual(self.get(SERVER, helper=self.older()), ("bob", "of bob"))

    def test_damaged_login(self):
        self.store(SERVER, "alice", "s3cret")
        self.store(OTHER, "bob", "fine")
        path = self.world.entry(SERVER, "alice")
        for content in (path.read_bytes()[:60], b"", b"garbage"):
            path.write_bytes(content)
            remedy = self.problem("logins", f"gpg cannot decrypt the damaged login of {SERVER}")
            self.assertEqual(remedy, f"docker login '{SERVER}'")
        self.store(SERVER, "alice", "again")  # what docker login does
        self.assert_clean()

    def test_names_are_made_harmless(self):
        self.world.write_entry(self.world.folder / "x\x1b[31m';touch owned;'" / "alice.gpg", "x")
        remedy = self.note("logins", "passed over")
        self.assertNotIn("\x1b", remedy)
        self.world.run("sh", "-c", remedy, cwd=self.world.root)
        self.assertFalse((self.world.root / "owned").exists())


class Git(DoctorCase):
    options = {"git": True}

    def test_clean_repository(self):
        self.store(SERVER, "alice", "s3cret")
        log = self.world.run("git", "-C", self.world.store, "log", "--all", "--format=%H").out
        self.assertEqual(self.found("ok", "git")["finding"], "every login is committed")
        self.assert_clean()
        self.assertEqual(self.world.run("git", "-C", self.world.store, "log", "--all", "--format=%H").out, log,
                         "the login that doctor makes is not for the history")
        self.assertEqual(self.world.run("git", "-C", self.world.store, "status", "--porcelain").out, "")

    def test_uncommitted_logins(self):
        self.world.write_entry(self.world.entry(SERVER, "alice"), "by hand")
        (self.world.store / "unrelated").write_text("left alone")
        self.assert_clean(self.note("git", "1 change is not committed"))
        self.assertIn("?? unrelated", self.world.run("git", "-C", self.world.store, "status", "--porcelain").out)

    def test_lock_of_a_killed_git(self):
        self.store(SERVER, "alice", "s3cret")
        (self.world.store / ".git" / "index.lock").touch()
        remedy = self.note("git", "a git command is running", "or was killed")
        self.assertTrue(remedy.startswith("pgrep -x git || rm "), remedy)
        self.assert_clean(remedy.partition("|| ")[2])  # other tests may run a git

    def test_nobody_to_commit_as(self):
        (self.world.home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
        remedy = self.note("git", "git does not know your name and address")
        self.assert_clean(remedy)

    def test_former_login_is_removed_from_the_repository_too(self):
        self.store(SERVER, "alice", "s3cret")
        self.world.write_entry(self.world.entry(SERVER, "old"), "former")
        self.set_age(self.world.entry(SERVER, "old"), 60)
        self.world.run("pass", "git", "add", "--all")
        self.world.run("pass", "git", "commit", "-m", "both")
        self.assert_clean(self.note("logins", "2 logins"))
        self.assertEqual(self.list(), {SERVER: "alice"})

    def test_repository_of_another_user(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest("another user needs root")
        subprocess.run(["chown", "-R", "nobody", self.world.store / ".git"], check=True)
        self.assert_clean(self.note("git", "dubious ownership"))


if __name__ == "__main__":
    main()
