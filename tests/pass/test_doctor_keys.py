"""`docker-credential-pass doctor` on keys, gpg-agent and passphrases: every trouble is set up for real; doctor names its
cause and prints commands; these are run, and then it finds nothing any more."""
import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from doctor import commands
from pass_doctor import DOCTOR, DoctorCase
from pass_helper import SERVER
from pass_world import FOLDER, PASSPHRASE, PassWorld
from sandbox import Done, main
from trouble import trouble

LOGIN = '{"ServerURL":"r.example","Username":"alice","Secret":"x"}'
CURSES = "/usr/bin/pinentry-curses"


class Keys(DoctorCase):
    def choose(self, *keys):
        (self.world.store / ".gpg-id").write_text("".join(f"{key}\n" for key in keys))

    @trouble(2, "is not in the key ring")
    def test_unknown_key(self):
        self.choose("0123456789ABCDEF0123456789ABCDEF01234567")
        self.older_reads(2, "exit status 1: gpg: KEY: skipped: No public", "store", LOGIN)
        remedy = self.problem("GPG key", "is not in the key ring", "0123456789ABCDEF")
        self.assertEqual(remedy, f"pass init {self.world.key}")
        self.assert_clean(remedy, notes=["logins"])  # the older helper leaves a folder behind

    def test_unknown_key_without_pass(self):
        tools = self.world.root / "tools"
        tools.mkdir()
        for name in ("gpg", "gpgconf", "gpg-connect-agent", "gpg-agent", "sh", "docker-credential-pass"):
            (tools / name).symlink_to(shutil.which(name, path=self.world.env["PATH"]))
        self.world.env["PATH"] = str(tools)
        self.choose("stranger@example.org")
        remedy = self.problem("GPG key", "is not in the key ring")
        self.assertEqual(remedy, f"echo {self.world.key} > '{self.world.store}/.gpg-id'")
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

    @trouble(2, "has expired")
    def test_expired_key(self):
        key = self.world.new_key("Short <short@example.org>", expires="seconds=1")
        self.choose(self.world.key, key)
        listing = ("gpg", "--batch", "--with-colons", "--list-keys", key)
        self.world.wait_for(lambda: "pub:e:" in self.world.run(*listing).out, "the key to expire")
        self.older_reads(2, "exit status 1: gpg: KEY: skipped: Unusable", "store", LOGIN)
        self.assert_clean(self.problem("GPG key", f"the GPG key {key}", "has expired"), notes=["logins"])

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

    @trouble(2, "does not trust")
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
        """What is set aside replaces nothing that was set aside before."""
        former = self.world.home / ".password-store.without-key"
        former.mkdir()
        self.store(SERVER, "alice", "s3cret")
        self.world.run("gpg", "--batch", "--yes", "--delete-secret-keys", self.world.key)
        self.assert_clean(self.problem("secret key", "whose secret half is not here"))
        self.assertEqual(list(former.iterdir()), [])
        self.assertTrue((self.world.home / ".password-store.without-key-2" / ".gpg-id").exists())

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

    @trouble(13, "gpg-agent does not answer", instead={"pkill": "kill, which spares the agents of other tests"})
    def test_agent_that_hangs(self):
        self.world.run("gpg-connect-agent", "/bye")
        agent = self.world.run("gpg-connect-agent", "GETINFO pid", "/bye").out.split()[1]
        self.world.run("kill", "-STOP", agent)
        remedy = self.problem("gpg-agent", "does not answer")
        self.assertEqual(remedy, 'pkill -KILL -u "$(id -u)" gpg-agent')
        self.assert_clean(f"kill -KILL {agent}")  # not those of other tests


class KeyServer(BaseHTTPRequestHandler):
    """HKP: answers every look-up with `key`."""
    key = b""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.key)

    def log_message(self, *_):
        pass


class Team(DoctorCase):
    """Several keys are named: none of the commands makes the own key the only one."""

    def setUp(self):
        super().setUp()
        other = PassWorld()
        self.addCleanup(other.close)
        self.colleague = other.new_key("Colleague <colleague@example.org>")
        self.key = other.run("gpg", "--armor", "--export", self.colleague).raw_out
        self.id_file = self.world.store / ".gpg-id"

    def choose(self, *keys):
        self.id_file.write_text("".join(f"{key}\n" for key in keys))

    def import_key(self):
        self.succeeds(self.world.run("gpg", "--batch", "--import", input=self.key))
        return f"gpg --quick-lsign-key '{self.colleague}'"

    def assert_words(self, link, *texts):
        """No command mends it; what is to decide is said."""
        self.assertEqual(self.found("problem", link, *texts)["remedy"], [])

    def assert_looks_for(self, command, *texts):
        """The command may find nothing; what is left then is said."""
        check = self.found("problem", "GPG key", *texts, "gpg --import FILE")
        self.assertEqual(commands(check), [command])
        self.assertIn("Where nothing is found, nothing changes", check["remedy"][-1])
        return command

    def test_key_of_a_colleague_is_missing(self):
        KeyServer.key = self.key
        server = HTTPServer(("127.0.0.1", 0), KeyServer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        (self.world.gnupg / "dirmngr.conf").write_text(f"keyserver hkp://127.0.0.1:{server.server_port}\n")
        for tools in (self.world.env["PATH"], self.without_pass()):
            with self.subTest(tools=tools):
                self.world.env["PATH"] = tools
                self.choose(self.world.key, self.colleague)
                remedy = self.assert_looks_for("gpg --recv-keys " + self.colleague, f"the GPG key {self.colleague}",
                                               f"if nobody has it any more, leave it out: pass init '{self.world.key}'")
                if tools == self.without_pass():
                    break
                self.assertIn("if you have checked", self.found("problem", "GPG key", before=remedy)["finding"])
                self.assert_clean(self.problem("GPG key", "does not trust"))
                self.assertEqual(self.id_file.read_text(), f"{self.world.key}\n{self.colleague}\n")
                self.world.run("gpg", "--batch", "--yes", "--delete-keys", self.colleague)

    def without_pass(self):
        tools = self.world.root / "tools"
        if not tools.exists():
            tools.mkdir()
            for name in ("gpg", "gpgconf", "gpg-connect-agent", "gpg-agent", "sh", "docker-credential-pass"):
                (tools / name).symlink_to(shutil.which(name, path=self.world.env["PATH"]))
        return str(tools)

    def test_address_of_a_colleague(self):
        for name in ("colleague@example.org", "Colleague <colleague@example.org>"):
            self.choose(self.world.key, name)
            self.assert_looks_for("gpg --locate-external-keys 'colleague@example.org'", "is not in the key ring; import it")
        self.choose(self.world.key, "Colleague")
        self.assert_words("GPG key", "gpg --import FILE")
        self.assert_clean(self.import_key())

    def test_none_of_the_keys_is_there(self):
        self.choose("a@example.org", "b@example.org")
        self.assert_looks_for("gpg --locate-external-keys 'a@example.org'", "the GPG key a@example.org",
                              "leave it out: pass init 'b@example.org'")

    def test_one_key_of_a_store_that_others_may_have(self):
        """Read by them on this computer, or in their copies of the repository."""
        self.choose(self.colleague)
        self.world.store.chmod(0o750)
        own = f"only if nobody else uses the store, choose your own: pass init {self.world.key}"
        self.assert_looks_for("gpg --recv-keys " + self.colleague, "is not in the key ring", own)
        self.world.store.chmod(0o700)
        (self.world.store / ".git").mkdir()
        self.assert_looks_for("gpg --recv-keys " + self.colleague, "is not in the key ring", own)
        self.import_key()
        self.world.run("sh", "-c", f"echo {self.colleague}:6: | gpg --import-ownertrust")
        self.assert_words("secret key", f"let somebody who has one add yours: pass init {self.world.key} "
                                        f"'{self.colleague}'")
        self.choose()
        self.assert_words("recipients", f"only if nobody else uses the store: pass init {self.world.key}")

    def revoke(self, key):
        certificate = self.world.gnupg / "openpgp-revocs.d" / f"{key}.rev"
        certificate.write_text(certificate.read_text().replace(":-----BEGIN", "-----BEGIN"))
        self.succeeds(self.world.run("gpg", "--batch", "--import", certificate))

    def test_own_key_is_revoked(self):
        former = self.world.new_key("Former <former@example.org>")
        self.revoke(former)
        self.choose(former, self.colleague)
        remedy = self.problem("GPG key", "is revoked")
        self.assertEqual(remedy, f"pass init {self.world.key} '{self.colleague}'")
        self.assert_clean(f"{self.import_key()}\n{remedy}")
        self.assertEqual(self.id_file.read_text(), f"{self.world.key}\n{self.colleague}\n")

    def test_key_of_a_colleague_is_revoked(self):
        former = self.world.new_key("Former <former@example.org>")
        self.revoke(former)
        self.world.run("gpg", "--batch", "--yes", "--delete-secret-keys", former)
        self.choose(self.world.key, former)
        self.assert_words("GPG key", "is revoked; its owner needs another one, to be named in its place: "
                                     f"pass init KEY '{self.world.key}'")


class Locked(DoctorCase):
    options = {"passphrase": PASSPHRASE}

    def use(self, pinentry):
        self.world.end_agents()
        self.world.set_pinentry(pinentry)

    def assert_unlocked(self):
        self.assert_clean(notes=["passphrase"])
        self.note("passphrase", "gpg-agent has it, but when it forgets it")

    @trouble(3, "nobody can be asked")
    def test_no_terminal(self):
        self.use(CURSES)
        self.store(SERVER, "alice", "s3cret")
        self.older_reads(3, "gpg: decryption failed", "get", SERVER)
        remedy = self.problem("passphrase", "nobody can be asked for its passphrase here: there is no terminal")
        self.in_terminal(remedy)
        self.assert_unlocked()

    def test_store_that_is_shared(self):
        """The command that unlocks is for the own key, whoever else may read the logins."""
        (self.world.gnupg / "gpg.conf").write_text("trust-model always\n")
        key = self.world.new_key("Team <team@example.org>", PASSPHRASE)
        self.world.run("gpg", "--batch", "--yes", "--delete-secret-keys", key)
        (self.world.store / ".gpg-id").write_text(f"{key}\n{self.world.key}\n")
        self.use("answers")
        remedy = self.note("passphrase", "the key is locked")
        self.assertIn(f"--recipient '{self.world.key}'", remedy)
        self.world.end_agents()
        self.assertEqual(self.world.run("sh", "-c", remedy).code, 0)
        self.assert_clean()

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

    @trouble(4, "the key is locked")
    def test_pinentry_on_a_terminal(self):
        self.use(CURSES)
        answer = self.world.root / "answer"
        self.in_terminal(f'export GPG_TTY="$(tty)"\n{DOCTOR} > "{answer}"')
        self.world.history.append(((DOCTOR,), Done(0, answer.read_bytes(), b"", 0)))
        [note] = [check for check in json.loads(answer.read_text())["checks"] if check["state"] == "note"]
        self.world.end_agents()
        self.in_terminal("\n".join(note["remedy"]))
        self.assert_unlocked()

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


if __name__ == "__main__":
    main()
