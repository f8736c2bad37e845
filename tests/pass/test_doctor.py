"""`docker-credential-pass doctor`: every trouble is set up for real; doctor names its cause and prints commands; these are
run, and then it finds nothing any more."""
import json
import os
import pty
import select
import shutil
import subprocess
import time
import unittest

from pass_helper import SERVER, HelperCase
from pass_world import FOLDER, PASSPHRASE, PassWorld, end_processes_below
from sandbox import BIN, main

DOCTOR = "docker-credential-pass doctor --store --json"
CURSES = "/usr/bin/pinentry-curses"
OTHER = "https://other.example.org"


class DoctorCase(HelperCase):
    """Calls of doctor, and of the commands it prints, by a shell in the test's world."""

    def doctor(self, before="", **options):
        """The report, after the commands `before` in the same shell."""
        done = self.world.run("sh", "-c", f"{before}\n{DOCTOR}", **options)
        report = json.loads(done.out[done.out.index('{"ok"'):])
        self.assertEqual(done.code, 0 if report["ok"] else 1, done)
        self.assertEqual(report["helper"], "docker-credential-pass")
        self.assertEqual(report["ok"], all(check["state"] != "problem" for check in report["checks"]))
        return report

    def found(self, state, link, *texts, **options):
        """The check of this link, which must be in this state, and its finding have these texts."""
        report = self.doctor(**options)
        checks = [check for check in report["checks"] if check["link"] == link and check["state"] == state]
        self.assertTrue(checks, report)
        for text in texts:
            self.assertTrue(any(text in check["finding"] for check in checks), f"{text} is not in {checks}")
        return next(check for check in checks if not texts or texts[0] in check["finding"])

    def problem(self, link, *texts, **options):
        check = self.found("problem", link, *texts, **options)
        self.assertTrue(check["remedy"], check)
        return "\n".join(check["remedy"])

    def note(self, link, *texts, **options):
        return "\n".join(self.found("note", link, *texts, **options)["remedy"])

    def assert_clean(self, before="", notes=(), **options):
        """Nothing is found any more; `before` is run in the shell that runs doctor."""
        report = self.doctor(before, **options)
        wrong = [check for check in report["checks"]
                 if check["state"] == "problem" or check["state"] == "note" and check["link"] not in notes]
        self.assertEqual(wrong, [])
        self.assertIn("stored, read and removed", report["checks"][-1]["finding"])

    def in_terminal(self, script):
        """Runs a script in a terminal where somebody types the passphrase."""
        controller, terminal = pty.openpty()
        self.addCleanup(os.close, controller)
        process = subprocess.Popen(["setsid", "--ctty", "--wait", "sh", "-c", script], stdin=terminal, stdout=terminal,
                                   stderr=terminal, env={**self.world.env, "TERM": "xterm"})
        os.close(terminal)
        seen, typed = b"", False
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            if select.select([controller], [], [], 0.05)[0]:
                try:
                    seen += os.read(controller, 65536)
                except OSError:  # nobody has the terminal open any more
                    time.sleep(0.01)
            if not typed and b"assphrase" in seen:
                os.write(controller, PASSPHRASE.encode() + b"\r")
                typed = True
        process.kill()
        self.assertTrue(typed, seen)
        self.assertEqual(process.wait(), 0, seen)


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

    def test_text_has_the_commands_beneath(self):
        self.world.store.chmod(0o755)
        done = self.world.run("docker-credential-pass", "doctor", "--store")
        self.assertEqual(done.code, 0, done)
        lines = done.out.splitlines()
        at = next(number for number, line in enumerate(lines) if "other users may read" in line)
        self.assertEqual(lines[at + 1].strip(), f"chmod go-rwx '{self.world.store}'")
        self.assertTrue(lines[at + 1].startswith("   "), done)


class SetUp(DoctorCase):
    def test_no_store(self):
        shutil.rmtree(self.world.store)
        remedy = self.problem("password store", f"there is no password store in {self.world.store}")
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

    def test_store_without_recipients(self):
        (self.world.store / ".gpg-id").unlink()
        remedy = self.problem("recipients", "is not set up")
        self.assertEqual(remedy, f"pass init {self.world.key}")
        self.assert_clean(remedy)

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


class Keys(DoctorCase):
    def choose(self, *keys):
        (self.world.store / ".gpg-id").write_text("".join(f"{key}\n" for key in keys))

    def test_unknown_key(self):
        self.choose("0123456789ABCDEF0123456789ABCDEF01234567")
        remedy = self.problem("GPG key", "is not in the key ring", "0123456789ABCDEF")
        self.assertEqual(remedy, f"pass init {self.world.key}")
        self.assert_clean(remedy)

    def test_unknown_key_of_the_folder(self):
        self.world.folder.mkdir()
        (self.world.folder / ".gpg-id").write_text("stranger@example.org\n")
        remedy = self.problem("GPG key", f"stranger@example.org, named in {self.world.folder}/.gpg-id")
        self.assertEqual(remedy, f"pass init --path='{FOLDER}' {self.world.key}")
        self.assert_clean(remedy)

    def test_unknown_key_in_the_environment(self):
        env = {"PASSWORD_STORE_KEY": "stranger@example.org"}
        self.assert_clean(self.problem("GPG key", "named in PASSWORD_STORE_KEY", env=env), env=env)

    def test_expired_key(self):
        key = self.world.new_key("Short <short@example.org>", expires="seconds=1")
        self.choose(self.world.key, key)
        listing = ("gpg", "--batch", "--with-colons", "--list-keys", key)
        self.world.wait_for(lambda: "pub:e:" in self.world.run(*listing).out, "the key to expire")
        self.assert_clean(self.problem("GPG key", f"the GPG key {key}", "has expired"))

    def test_expired_subkey(self):
        key = self.world.run("gpg", "--batch", "--status-fd", "1", "--pinentry-mode", "loopback", "--passphrase", "",
                             "--quick-generate-key", "Sub <sub@example.org>", "ed25519", "sign", "never").out.split()[-1]
        for command in (("--quick-add-key", key, "cv25519", "encr", "seconds=1"),):
            done = self.world.run("gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase", "", *command)
            self.assertEqual(done.code, 0, done)
        self.choose(key)
        listing = ("gpg", "--batch", "--with-colons", "--list-keys", key)
        self.world.wait_for(lambda: "sub:e:" in self.world.run(*listing).out, "the key to expire")
        self.assert_clean(self.problem("GPG key", "has expired"))

    def test_key_that_expires_soon(self):
        self.choose(self.world.new_key("Soon <soon@example.org>", expires="3d"))
        self.assert_clean(self.note("GPG key", "expires in 3 days"))

    def test_key_for_signatures_only(self):
        key = self.world.run("gpg", "--batch", "--status-fd", "1", "--pinentry-mode", "loopback", "--passphrase", "",
                             "--quick-generate-key", "Sign <sign@example.org>", "ed25519", "sign", "never").out.split()[-1]
        self.choose(key)
        remedy = self.problem("GPG key", "is made for signatures only")
        # gpg asks a person for the passphrase of the new part.
        self.assert_clean(remedy.replace("gpg ", "gpg --batch --pinentry-mode loopback --passphrase '' "))

    def test_revoked_key(self):
        key = self.world.new_key("Gone <gone@example.org>")
        certificate = self.world.gnupg / "openpgp-revocs.d" / f"{key}.rev"
        certificate.write_text(certificate.read_text().replace(":-----BEGIN", "-----BEGIN"))
        self.assertEqual(self.world.run("gpg", "--batch", "--import", certificate).code, 0)
        self.choose(key)
        remedy = self.problem("GPG key", "is revoked")
        self.assertEqual(remedy, f"pass init {self.world.key}")
        self.assert_clean(remedy)

    def test_disabled_key(self):
        done = self.world.run("gpg", "--batch", "--edit-key", self.world.key, "disable", "save")
        self.assertEqual(done.code, 0, done)
        self.assert_clean(self.problem("GPG key", "is disabled"))

    def bring_into_another_account(self, *export):
        other = PassWorld(key=False)
        self.addCleanup(other.close)
        for option in export:
            keys = self.world.run("gpg", option, self.world.key).raw_out
            other.run("gpg", "--batch", "--import", input=keys)
        other.store.mkdir(mode=0o700)
        (other.store / ".gpg-id").write_text(f"{self.world.key}\n")
        self.world, former = other, self.world
        return former.key

    def test_own_key_that_is_not_trusted(self):
        key = self.bring_into_another_account("--export", "--export-secret-keys")
        remedy = self.problem("GPG key", f"gpg does not trust the key {key}")
        self.assertEqual(remedy, f"echo {key}:6: | gpg --import-ownertrust")
        self.assert_clean(remedy)

    def test_key_of_somebody_else_that_is_not_trusted(self):
        key = self.bring_into_another_account("--export")
        own = self.world.new_key("Me <me@example.org>")
        self.choose(own, key)
        remedy = self.problem("GPG key", f"gpg does not trust the key {key}", "if you have checked")
        self.assert_clean(remedy)

    def test_secret_key_is_gone(self):
        """The key mismatch: .gpg-id and the logins know a key that was lost; a newer one is there."""
        self.store(SERVER, "alice", "s3cret")
        new = self.world.new_key("New <new@example.org>")
        self.world.run("gpg", "--batch", "--yes", "--delete-secret-keys", self.world.key)
        remedy = self.problem("secret key", "whose secret half is not here")
        self.assertEqual(remedy, f"pass init {new}")
        # pass cannot encrypt that login anew.
        login = self.problem("logins", f"nobody here has the key that could open the login of {SERVER}", before=remedy)
        self.assertEqual(login, f"docker login '{SERVER}'")
        self.store(SERVER, "alice", "again")  # what docker login does
        self.assert_clean()

    def test_secret_key_is_gone_and_there_is_no_other(self):
        self.store(SERVER, "alice", "s3cret")
        self.world.run("gpg", "--batch", "--yes", "--delete-secret-keys", self.world.key)
        self.assert_clean(self.problem("secret key", "whose secret half is not here"))
        self.assertTrue((self.world.home / ".password-store.without-key").exists())

    def test_recipients_are_not_signed(self):
        env = {"PASSWORD_STORE_SIGNING_KEY": self.world.key}
        self.assert_clean(self.problem("recipients", "is not signed", env=env), env=env)
        signer = self.world.new_key("Signer <signer@example.org>")
        env = {"PASSWORD_STORE_SIGNING_KEY": signer}
        self.assert_clean(self.problem("recipients", "is not by a key of PASSWORD_STORE_SIGNING_KEY", env=env), env=env)

    def test_signing_key_is_not_named_in_full(self):
        env = {"PASSWORD_STORE_SIGNING_KEY": self.world.key[-16:]}
        self.assert_clean(self.problem("recipients", "is not signed", env=env), env=env)

    def test_agent_that_may_not_be_started(self):
        self.world.end_agents()
        (self.world.gnupg / "gpg.conf").write_text("no-autostart\n")
        self.assert_clean(self.problem("gpg-agent", "is not running"))

    def test_agent_that_hangs(self):
        self.world.run("gpg-connect-agent", "/bye")
        agent = self.world.run("gpg-connect-agent", "GETINFO pid", "/bye").out.split()[1]
        self.world.run("kill", "-STOP", agent)
        remedy = self.problem("gpg-agent", "does not answer")
        self.assertEqual(remedy, 'pkill -KILL -u "$(id -u)" gpg-agent')
        self.assert_clean(f"kill -KILL {agent}")  # not those of other tests


class Locked(DoctorCase):
    options = {"passphrase": PASSPHRASE}

    def use(self, pinentry):
        self.world.end_agents()
        self.world.set_pinentry(pinentry)

    def assert_unlocked(self):
        self.assert_clean(notes=["passphrase"])
        self.note("passphrase", "gpg-agent has it, but when it forgets it")

    def test_no_terminal(self):
        self.use(CURSES)
        remedy = self.problem("passphrase", "nobody can be asked for its passphrase here: there is no terminal")
        self.in_terminal(remedy)
        self.assert_unlocked()

    def test_terminal_that_is_none(self):
        self.use(CURSES)
        remedy = self.problem("passphrase", "there is no terminal", env={"GPG_TTY": "/dev/null"})
        self.in_terminal("GPG_TTY=/dev/null\n" + remedy)
        self.assert_unlocked()

    def test_pinentry_is_not_installed(self):
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.found("ok", "logins")["finding"], "1 login")
        remedy = self.problem("passphrase", f"{self.world.root}/pinentry is not installed")
        self.in_terminal(remedy)
        self.assert_unlocked()
        self.assertEqual(self.found("ok", "logins")["finding"], "1 login, readable")

    def test_pinentry_asks(self):
        self.use("answers")
        remedy = self.note("passphrase", "the key is locked; the next login or pull asks for its passphrase")
        self.assertEqual(self.world.prompts(), 1, "by the login that is made at the end, as doctor said")
        self.world.end_agents()
        self.assertEqual(self.world.run("sh", "-c", remedy).code, 0)
        self.assert_clean()

    def test_looking_asks_nobody(self):
        self.use(CURSES)
        self.store(SERVER, "alice", "s3cret")
        before = {path: path.stat().st_mtime_ns for path in self.world.store.rglob("*")}
        self.problem("passphrase", "there is no terminal")
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.world.store.rglob("*")}, before)

    def test_pinentry_for_displays(self):
        pinentry = self.world.root / "pinentry-gnome3"
        pinentry.write_text("#!/bin/sh\nexit 1\n")
        pinentry.chmod(0o700)
        self.use(pinentry)
        self.assertIn("gpg --output /dev/null", self.problem("passphrase", "neither a display nor a terminal"))

    def test_passphrase_in_a_file(self):
        file = self.world.root / "passphrase"
        file.write_text(PASSPHRASE)
        (self.world.gnupg / "gpg.conf").write_text(f"pinentry-mode loopback\npassphrase-file {file}\n")
        self.assert_clean()
        self.world.end_agents()
        file.write_text("wrong")
        remedy = self.problem("passphrase", "the passphrase that gpg.conf gives does not fit")
        self.world.set_pinentry("answers")
        self.assert_clean(remedy, notes=["passphrase"])

    def test_wrong_passphrase_in_the_users_options(self):
        file = self.world.root / "passphrase"
        file.write_text("wrong")
        env = {"PASSWORD_STORE_GPG_OPTS": f"--pinentry-mode loopback --passphrase-file {file}"}
        remedy = self.problem("passphrase", "that PASSWORD_STORE_GPG_OPTS gives does not fit", env=env)
        self.use("answers")
        self.assert_clean(remedy, env=env, notes=["passphrase"])


class Logins(DoctorCase):
    def test_folder_that_a_failed_login_left_empty(self):
        id_file = self.world.store / ".gpg-id"
        id_file.rename(self.world.root / "gpg-id")
        store = json.dumps({"ServerURL": OTHER, "Username": "bob", "Secret": "x"})
        (self.world.store / ".gpg-id").write_text("stranger@example.org\n")
        self.assertEqual(self.call("store", store, helper=self.older()).code, 1)
        (self.world.root / "gpg-id").rename(id_file)
        self.assertTrue(self.world.entry(OTHER, "bob").parent.is_dir())
        self.assertIn("no usernames", self.call("list", helper=self.older()).out)
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
        self.assert_clean(self.note("logins", f"passed over: {FOLDER}/registry.example.org"))
        self.assertEqual(json.loads(self.call("list", helper=self.older()).out), {SERVER: "alice"})

    def test_two_users(self):
        for user in ("alice", "bob"):
            older = self.call("store", json.dumps({"ServerURL": SERVER, "Username": user, "Secret": user}),
                              helper=self.older())
            self.assertEqual(older.code, 0, older)
        self.set_age(self.world.entry(SERVER, "alice"), 60)
        remedy = self.note("logins", f"{SERVER} has 2 logins: the newest, of bob, is answered, never that of alice")
        self.assertEqual(self.get(SERVER), ("bob", "bob"))
        self.assert_clean(remedy)
        self.assertEqual(self.get(SERVER, helper=self.older()), ("bob", "bob"))

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
