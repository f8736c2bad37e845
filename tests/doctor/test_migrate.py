"""`migrate`: passwords leave the files of real clients for the store, and none is ever lost on the way."""
import base64
import json
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

from docker_world import PASSWORD, USER, DockerMixin, write_oci_image
from doctor import DoctorMixin, commands
from pass_world import PASSPHRASE, PassCase, PassWorld
from sandbox import BIN, main


def encoded(user, password):
    return base64.b64encode(f"{user}:{password}".encode()).decode()


class MigrateMixin(DoctorMixin):
    def setUp(self):
        super().setUp()
        self.config = Path(self.world.env["DOCKER_CONFIG"]) / "config.json"
        self.backup = Path(f"{self.config}.keyberth-backup")

    def migrate(self, *arguments, code=0, **options):
        done = self.world.run(self.program, "migrate", *arguments, **options)
        self.assertEqual(done.code, code, done)
        return done

    def write(self, auths, **settings):
        self.config.write_text(json.dumps({"auths": auths, **settings}, indent="\t"))

    def read(self):
        return json.loads(self.config.read_text())

    def get(self, server):
        done = self.world.run(self.program, "get", input=server)
        return json.loads(done.out) if done.code == 0 else None

    def stored(self, server, username, secret):
        self.assertEqual(self.get(server), {"ServerURL": server, "Username": username, "Secret": secret})


class MigrateCase(MigrateMixin, PassCase):
    def test_every_kind_of_login(self):
        self.write({"r.example:5000": {"auth": encoded("alice", "se:cret ü\"\\")},
                    "https://index.docker.io/v1/": {"auth": encoded("bob", "hub"), "email": "b@example"},
                    "token.example": {"auth": encoded("0" * 8, ""), "identitytoken": "identity"},
                    "old.example": {"username": "carol", "password": "members"},
                    "Case.example": {"AUTH": encoded("dave", "d") + "\n"},
                    "mark.example": {}}, psFormat="x")
        before = self.config.read_text()
        done = self.migrate()
        self.stored("r.example:5000", "alice", "se:cret ü\"\\")
        self.stored("https://index.docker.io/v1/", "bob", "hub")
        self.stored("token.example", "<token>", "identity")
        self.stored("old.example", "carol", "members")
        self.assertEqual(self.read(), {"auths": {"r.example:5000": {}, "https://index.docker.io/v1/": {"email": "b@example"},
                                                 "token.example": {}, "old.example": {}, "Case.example": {},
                                                 "mark.example": {}}, "psFormat": "x", "credsStore": "pass"})
        self.assertEqual(before.split("\n")[-2:], ['\t"psFormat": "x"', "}"])
        self.assertIn("  moved       r.example:5000 (alice)\n", done.out)
        for secret in ("se:cret", "members", "identity\n"):
            self.assertNotIn(secret, done.out)
        self.assertFalse(self.backup.exists())
        self.is_well()
        self.assertEqual(f"No passwords in plain text in {self.config}\n", self.migrate().out)
        self.config.write_text("{}")
        self.assertIn("To let docker keep its logins here: docker-credential-pass configure\n", self.migrate().out)

    def test_dry_run_changes_nothing(self):
        self.write({"a.example": {"auth": encoded("alice", "pw")}})
        before = self.config.read_text()
        self.assertIn("  would move  a.example (alice)\n", self.migrate("--dry-run").out)
        self.assertEqual(self.config.read_text(), before)
        self.assertIsNone(self.get("a.example"))
        self.assertEqual([p.name for p in self.config.parent.iterdir()], ["config.json"])

    def test_what_cannot_be_moved_stays(self):
        odd = {"token.example": {"registrytoken": "opaque"}, "odd.example": {"auth": "%%%"}, "none.example": {"auth": "YWJj"},
               "empty.example": {"auth": encoded("", "x")}}
        self.write({"a.example": {"auth": encoded("alice", "pw")}, **odd})
        done = self.migrate(code=1)
        self.assertEqual(self.read()["auths"], {"a.example": {}, **odd})
        for words in ("token.example (): it is a registry token", "odd.example (): its auth is not the base64",
                      "none.example (): its auth is not the base64", "empty.example (): no credentials username"):
            self.assertIn(f"  left        {words}", done.out)

    def test_another_login_in_the_store_is_not_overwritten(self):
        self.world.run(self.program, "store", input='{"ServerURL":"a.example","Username":"new","Secret":"new"}')
        self.write({"a.example": {"auth": encoded("alice", "old")}})
        before = self.config.read_text()
        self.assertIn("  left        a.example (alice): the store has another login for it (new)\n", self.migrate(code=1).out)
        self.stored("a.example", "new", "new")
        self.assertEqual(self.config.read_text(), before)

    def test_the_name_that_docker_asks_for(self):
        """Docker compares hosts when it looks into its file, and asks a helper for the host alone."""
        keys = {"https://a.example/v1/": "a.example", "http://b.example": "b.example", "c.example/some/path": "c.example",
                "https://d.example": "d.example", "https://index.docker.io/v1/access-token": "https://index.docker.io/v1/access-token"}
        self.write({key: {"auth": encoded("u", asked)} for key, asked in keys.items()})
        self.migrate()
        for asked in keys.values():
            self.stored(asked, "u", asked)
        self.assertEqual(self.read(), {"auths": {key: {} for key in keys}, "credsStore": "pass"})

    def test_an_empty_helper_means_the_file(self):
        self.write({"r.example": {"auth": encoded("u", "p")}}, credsStore="pass", credHelpers={"r.example": ""})
        self.migrate()
        self.stored("r.example", "u", "p")
        self.assertEqual(self.read()["credHelpers"], {"r.example": "pass"})

    def test_two_secrets_of_one_server(self):
        """A helper keeps one of them: neither goes."""
        both = {"i.example": {"auth": encoded("u", "p"), "identitytoken": "it"}, "t.example": {"identitytoken": "it", "registrytoken": "rt"}}
        self.write(both)
        done = self.migrate(code=1)
        self.assertIn("it has a password and an identity token", done.out)
        self.assertEqual(self.read(), {"auths": both})

    def test_clients_that_read_no_creds_store(self):
        """skopeo finds the login in Docker's file before, and with the printed command after."""
        del self.world.env["DOCKER_CONFIG"]
        self.config = self.world.home / ".docker/config.json"
        self.config.parent.mkdir()
        self.write({"r.example": {"auth": encoded("u", "p")}, "https://r.example": {"auth": encoded("u", "p")},
                    "https://index.docker.io/v1/": {"auth": encoded("hub", "p")}, "docker.io": {"auth": encoded("hub", "p")}})
        users = {"r.example": "u", "docker.io": "hub"}
        ask = ("skopeo", "login", "--get-login")
        self.assertEqual(users, {name: self.world.run(*ask, name).out.strip() for name in users})
        told = [line.strip() for line in self.migrate().out.splitlines() if "--containers" in line]
        self.assertEqual([f"docker-credential-pass configure --registry '{name}' --containers" for name in users], told)
        for command in told:
            self.do(command)
        self.assertEqual(users, {name: self.world.run(*ask, name).out.strip() for name in users})
        self.is_well()

    def test_the_login_of_the_file_or_of_the_store(self):
        """Both are there: neither goes before somebody has chosen."""
        for keep, secret, words in (("store", "new", "taken out   a.example (alice): the store keeps its own"),
                                    ("file", "old", "moved       a.example (alice)")):
            self.world.run(self.program, "store", input='{"ServerURL":"a.example","Username":"bob","Secret":"new"}')
            self.write({"a.example": {"auth": encoded("alice", "old")}})
            self.assertIn(f"\n  {self.program} migrate --keep {keep}\n", self.migrate(code=1).out)
            self.assertIn(words, self.migrate("--keep", keep).out)
            self.assertEqual(self.read(), {"auths": {"a.example": {}}, "credsStore": "pass"})
            self.assertEqual(self.get("a.example")["Secret"], secret)
            self.is_well()

    def test_a_login_that_another_helper_answers_for_stays(self):
        self.write({"a.example": {"auth": encoded("a", "1")}, "b.example": {"auth": encoded("b", "2")}}, credsStore="other",
                   credHelpers={"b.example": "pass"})
        done = self.migrate(code=1)
        self.assertIn("docker-credential-other is asked for it, and not this file, but it is not in PATH; take over with: "
                      "docker-credential-pass configure\n", done.out)
        self.stored("b.example", "b", "2")
        self.assertEqual(self.read(), {"auths": {"a.example": {"auth": encoded("a", "1")}, "b.example": {}},
                                       "credsStore": "other", "credHelpers": {"b.example": "pass"}})

    def test_broken_files_stay_as_they_are(self):
        for text in ("{", '{"auths": []}', '{"auths": {"a": 1}}', '{"auths":{"a":{"auth":"x","Auth":"y"}}}',
                     '{"auths":{"z.example":{"auth":"ejp6"},"b":{"auth":""},"b":{}}}'):
            self.config.write_text(text)
            self.assertIn(str(self.config), self.migrate(code=1).err)
            self.assertEqual(self.config.read_text(), text)

    def test_a_second_file_that_is_broken(self):
        """What became of the first is told all the same."""
        auth = self.world.root / "auth.json"
        auth.write_text('{"auths": []}')
        self.world.env["REGISTRY_AUTH_FILE"] = str(auth)
        self.write({"a.example": {"auth": encoded("alice", "pw")}})
        done = self.migrate(code=1)
        self.assertIn("  moved       a.example (alice)\n", done.out)
        self.assertTrue(done.out.endswith(f"cannot change {auth}: its auths is no object\n"
                                          "  mend it by hand; Docker cannot read it either\n"), done.out)
        self.stored("a.example", "alice", "pw")

    def test_a_folder_in_the_files_place(self):
        self.config.mkdir()
        for command in ("migrate", "configure"):
            done = self.world.run(self.program, command)
            self.assertEqual(f"{self.program}: not a regular file: {self.config}\n  see what mends it: {self.program} doctor\n", done.err)

    def test_wrong_usage(self):
        for arguments, words in ((["--force"], "migrate does not know --force"), (["--keep"], "--keep wants the word file or store"),
                                 (["--keep", "both"], "--keep wants the word file or store"),
                                 (["--keep="], "--keep wants the word file or store"), (["--keeps=file"], "not know --keeps=file")):
            self.assertIn(words, self.migrate(*arguments, code=2).err)

    def test_podmans_file(self):
        """auth.json has a credHelpers entry for each afterwards; parts of a registry stay, for podman asks no helper for them."""
        auth = self.world.root / "auth.json"
        auth.write_text(json.dumps({"auths": {"quay.io": {"auth": encoded("q", "1")}, "quay.io/team": {"auth": encoded("t", "2")}}}))
        self.world.env["REGISTRY_AUTH_FILE"] = str(auth)
        self.assertIn("quay.io/team (t): podman keeps logins for a part", self.migrate(code=1).out)
        self.assertEqual(json.loads(auth.read_text()), {"auths": {"quay.io": {}, "quay.io/team": {"auth": encoded("t", "2")}},
                                                        "credHelpers": {"quay.io": "pass"}})

    def test_an_interrupted_one_whose_backup_holds_more(self):
        """What stands nowhere else goes into the store; a newer login is not replaced by an older one."""
        self.world.run(self.program, "store", input='{"ServerURL":"newer.example","Username":"n","Secret":"new"}')
        self.write({}, credsStore="pass")
        self.backup.write_text(json.dumps({"auths": {"lost.example": {"auth": encoded("l", "only-here")},
                                                     "newer.example": {"auth": encoded("n", "old")}}}))
        [line] = self.the_problem("passwords", f"has left {self.backup}")
        self.do(line)
        self.stored("lost.example", "l", "only-here")
        self.stored("newer.example", "n", "new")
        self.assertFalse(self.backup.exists())
        self.is_well()

    def test_one_that_fails_leaves_no_second_copy(self):
        self.write({"a.example": {"auth": encoded("alice", "pw")}})
        before = self.config.read_text()
        (self.world.store / ".gpg-id").write_text("0123456789ABCDEF0123456789ABCDEF01234567\n")
        self.migrate(code=1)
        self.assertEqual(self.config.read_text(), before)
        self.assertEqual([p.name for p in self.config.parent.iterdir()], ["config.json"])

    def test_null_is_no_login_and_no_obstacle(self):
        self.write({"null.example": None, "a.example": {"auth": encoded("alice", "pw")}})
        self.migrate()
        self.assertEqual(self.read()["auths"], {"null.example": None, "a.example": {}})

    def test_undo_gives_the_setting_back_but_not_the_passwords(self):
        auth = self.world.root / "auth.json"
        auth.write_text(json.dumps({"auths": {"quay.io": {"auth": encoded("q", "1")}}}))
        self.world.env["REGISTRY_AUTH_FILE"] = str(auth)
        self.write({"a.example": {"auth": encoded("alice", "pw")}})
        self.migrate()
        self.assertEqual(self.world.run(self.program, "configure", "--undo").code, 0)
        self.assertEqual(self.read(), {"auths": {"a.example": {}}})
        self.assertEqual(json.loads(auth.read_text()), {"auths": {"quay.io": {}}})

    def test_a_login_changed_meanwhile_stays(self):
        """Somebody logs in while migrate works: that login is in the file afterwards. gpg is held up for it."""
        gpg = self.world.root / "slow/gpg"
        gpg.parent.mkdir()
        gpg.write_text(f"#!/bin/sh\ntouch {self.world.root}/reached\nwhile [ ! -e {self.world.root}/go ]; do sleep 0.01; done\n"
                       'exec /usr/bin/gpg "$@"\n')
        gpg.chmod(0o755)
        self.write({"a.example": {"auth": encoded("alice", "old")}, "b.example": {"auth": encoded("bob", "b")}})
        process = subprocess.Popen([BIN / self.program, "migrate"], stdout=subprocess.PIPE,
                                   env={**self.world.env, "PATH": f"{gpg.parent}:{self.world.env['PATH']}"})
        self.world.wait_for((self.world.root / "reached").exists, "gpg")
        self.write({"a.example": {"auth": encoded("alice", "new")}, "b.example": {"auth": encoded("bob", "b")}})
        (self.world.root / "go").touch()
        process.communicate(timeout=30)
        self.assertEqual(self.read()["auths"], {"a.example": {"auth": encoded("alice", "new")}, "b.example": {}})


class TwoLoginsCase(MigrateMixin, PassCase):
    """Different logins for one server: nothing is lost, and the printed commands come to an end."""
    KEEP = [f"docker-credential-pass migrate --keep {which}" for which in ("file", "store")]

    def store(self, server, user, secret):
        self.world.run(self.program, "store", input=json.dumps({"ServerURL": server, "Username": user, "Secret": secret}))

    def rehearsed(self, *arguments, code=0):
        """What is done is what the rehearsal said, word for word, and the rehearsal did nothing."""
        before = [(path, path.read_bytes()) for path in sorted(self.world.root.rglob("*.*")) if path.is_file()]
        said = self.migrate(*arguments, "--dry-run", code=code).out
        for path, content in before:
            self.assertEqual(content, path.read_bytes(), path)
        done = self.migrate(*arguments, code=code).out
        for would, was in (("would move  ", "moved       "), ("would take out  ", "taken out   "), ("would leave  ", "left        "),
                           ("would be removed", "removed")):
            said = said.replace(would, was)
        afterwards = ("See that it works", "  For podman", "    docker-credential-pass configure")
        self.assertEqual(said, "".join(line for line in done.splitlines(True) if not line.startswith(afterwards)))
        return done

    def test_the_rehearsal_of_each_choice(self):
        for arguments, code, words in (((), 1, "left "), (("--keep=store",), 0, "taken out "), (("--keep", "file"), 0, "moved ")):
            self.store("a.example", "bob", "new")
            self.write({"a.example": {"auth": encoded("alice", "old")}})
            self.assertIn(f"  {words}", self.rehearsed(*arguments, code=code))

    def test_the_rehearsal_of_what_cannot_be_moved(self):
        self.write({"odd.example": {"auth": "%%%"}, "a.example": {"auth": encoded("alice", "pw")}})
        self.rehearsed(code=1)

    def test_the_rehearsal_of_a_backup(self):
        self.write({}, credsStore="pass")
        self.backup.write_text(json.dumps({"auths": {"lost.example": {"auth": encoded("l", "only-here")}}}))
        self.assertIn("lost.example (l), which stood in the backup only", self.rehearsed())

    def advised(self):
        """Doctor's commands, until all is well."""
        asked = []
        for _ in range(3):
            found = [check for check in self.problems() if check["link"] == "passwords"]
            if not found:
                break
            self.assertTrue(all(commands(check) for check in found), found)
            for check in found:
                asked.append(commands(check))
                for command in commands(check):
                    self.world.run("sh", "-c", command)
        self.is_well()
        return asked

    def test_doctor_names_what_the_store_has_too(self):
        self.store("https://a.example", "bob", "new")
        self.write({"a.example": {"auth": encoded("alice", "old")}}, credsStore="pass")
        remedy = self.the_problem("passwords", "a password stands in")
        self.assertEqual(["The store has a login too for a.example.", "To keep the login of the file:", f"  {self.KEEP[0]}",
                          "To keep that of the store:", f"  {self.KEEP[1]}"], remedy)
        self.assertEqual([self.KEEP], self.advised())
        self.assertEqual("alice", self.get("a.example")["Username"])
        self.assertEqual("alice", self.get("https://a.example")["Username"])

    def test_in_one_file(self):
        for choice, user in zip(self.KEEP, ("bob", "alice")):
            self.world.run(self.program, "erase", input="r.example")
            self.write({"r.example": {"auth": encoded("alice", "1")}, "https://r.example": {"auth": encoded("bob", "2")}},
                       credsStore="pass")
            self.assertIn("Two of them are for one server", self.the_problem("passwords", "2 passwords")[0])
            self.assertIn("  left        https://r.example (bob): the store has another login for it (alice)\n", self.rehearsed(code=1))
            self.assertIn(choice, self.problems()[0]["remedy"][-1 if choice == self.KEEP[1] else -3])
            self.do(choice)
            self.is_well()
            self.assertEqual(user, self.get("r.example")["Username"])
            self.assertEqual({"r.example": {}, "https://r.example": {}}, self.read()["auths"])

    def test_in_two_files(self):
        """--keep chooses between file and store: what came from one file is not replaced by the other in the same run."""
        auth = self.world.root / "auth.json"
        self.world.env["REGISTRY_AUTH_FILE"] = str(auth)
        for choice in ((), ("--keep", "file"), ("--keep", "store")):
            self.world.run(self.program, "erase", input="a.example")
            self.write({"a.example": {"auth": encoded("alice", "1")}}, credsStore="pass")
            auth.write_text(json.dumps({"auths": {"a.example": {"auth": encoded("bob", "2")}}}))
            self.rehearsed(*choice, code=1)
            self.stored("a.example", "alice", "1")
            self.assertEqual(encoded("bob", "2"), json.loads(auth.read_text())["auths"]["a.example"]["auth"])
            self.assertEqual([self.KEEP], self.advised())
            self.stored("a.example", "bob", "2")


class LockedCase(MigrateMixin, PassCase):
    options = {"passphrase": PASSPHRASE}

    def test_a_store_that_cannot_be_read_keeps_the_plain_text(self):
        """Encrypting needs no passphrase, reading back does: nothing may be taken out of the file."""
        self.write({"a.example": {"auth": encoded("alice", "pw")}})
        before = self.config.read_text()
        self.assertIn("is locked", self.migrate(code=1).err)
        self.assertEqual(self.config.read_text(), before)
        self.world.unlock()
        self.migrate()
        self.assertEqual(self.read()["auths"], {"a.example": {}})
        self.stored("a.example", "alice", "pw")

    def test_the_rehearsal_reads_the_store_too(self):
        self.world.run(self.program, "store", input='{"ServerURL":"a.example","Username":"bob","Secret":"new"}')
        self.write({"a.example": {"auth": encoded("alice", "pw")}})
        for choice in ((), ("--keep", "store"), ("--keep", "file")):
            self.assertIn("is locked", self.migrate(*choice, "--dry-run", code=1).err)
        self.world.unlock()
        self.assertIn("would leave", self.migrate("--dry-run", code=1).out)

    def test_a_backup_goes_when_its_logins_were_read_back(self):
        """It was the only place of this one."""
        self.write({}, credsStore="pass")
        self.backup.write_text(json.dumps({"auths": {"lost.example": {"auth": encoded("l", "only-here")}}}))
        self.assertIn("is locked", self.migrate(code=1).err)
        self.assertTrue(self.backup.exists())
        self.world.unlock()
        self.migrate()
        self.stored("lost.example", "l", "only-here")
        self.assertFalse(self.backup.exists())


class ChangedCase(MigrateMixin, PassCase):
    """A hook of the store's repository changes each entry as soon as it is committed: it can be read, and is another."""
    options = {"git": True}

    def hook(self, *commands):
        path = self.world.store / ".git/hooks/post-commit"
        path.write_text("\n".join(["#!/bin/sh", *commands]) + "\n")
        path.chmod(0o755)

    def refused(self, username, secret):
        self.write({"a.example": {"auth": encoded("alice", "pw")}})
        before = self.config.read_text()
        done = self.migrate(code=1)
        self.stored("a.example", username, secret)
        self.assertEqual(self.config.read_text(), before)
        self.assertEqual([p.name for p in self.config.parent.iterdir()], ["config.json"])
        self.assertEqual(f"{self.program}: the store does not give back the login of a.example as it was stored, so it stays "
                         f"in the file\n  see why: {self.program} doctor\n", done.err)

    def test_another_secret_comes_back(self):
        other = self.world.root / "other.gpg"
        self.world.write_entry(other, "p")
        self.hook(f"cp '{other}' '{self.world.entry('a.example', 'alice')}'")
        self.refused("alice", "p")

    def test_another_user_comes_back(self):
        self.hook(f"mv '{self.world.entry('a.example', 'alice')}' '{self.world.entry('a.example', 'Alice')}'")
        self.refused("Alice", "pw")

    def test_nothing_comes_back(self):
        self.hook(f"rm '{self.world.entry('a.example', 'alice')}'")
        self.write({"a.example": {"auth": encoded("alice", "pw")}})
        before = self.config.read_text()
        self.assertIn("does not give back the login of a.example", self.migrate(code=1).err)
        self.assertEqual(self.config.read_text(), before)


class KilledCase(MigrateMixin, PassCase):
    def seconds_from(self, plain):
        """How long a whole run takes that moves all of them."""
        for server in plain:
            self.world.run(self.program, "erase", input=server)
        self.write(plain)
        return self.migrate().seconds

    def test_killed_at_any_moment(self):
        """40 times kill -9, spread over the run: each login is in the file or in the store, and the next run ends the work."""
        logins = {f"r{i}.example": (f"user{i}", f"secret-{i}") for i in range(4)}
        plain = {server: {"auth": encoded(*login)} for server, login in logins.items()}
        whole = min(self.seconds_from(plain) for _ in range(3))
        chance = random.Random(4)
        interrupted = 0
        for trial in range(40):
            for server in logins:
                if trial % 2:
                    self.world.run(self.program, "erase", input=server)
            self.write(plain)
            process = subprocess.Popen([BIN / self.program, "migrate"], env=self.world.env, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, start_new_session=True)
            time.sleep(whole * 1.1 * (trial + chance.random()) / 40)
            process.send_signal(signal.SIGKILL)
            interrupted += process.wait() == -signal.SIGKILL
            left = self.read()["auths"]
            for server, (user, secret) in logins.items():
                if left[server] != plain[server]:
                    self.assertEqual(left[server], {})
                    self.stored(server, user, secret)
            self.migrate()
            self.assertEqual(self.read()["auths"], {server: {} for server in logins})
            self.assertFalse(self.backup.exists())
        self.assertGreater(interrupted, 10)
        for server, login in logins.items():
            self.stored(server, *login)


class ClientWorld(DockerMixin, PassWorld):
    pass


class ClientCase(MigrateMixin, PassCase):
    """What real clients wrote, moved, and used again by them."""

    def make_world(self):
        return ClientWorld()

    def test_docker(self):
        self.world.start_registry()
        self.config.write_text('{"auths": {"mark.example": {}}}')  # else docker would take a helper by itself
        self.assertEqual(self.world.log_in().code, 0)
        self.assertIn(encoded(USER, PASSWORD), self.config.read_text())
        self.migrate()
        self.assertNotIn(encoded(USER, PASSWORD), self.config.read_text())
        self.stored(self.world.registry, USER, PASSWORD)
        self.world.start_engine()
        self.world.make_image(f"{self.world.registry}/team/hello:v1")
        pushed = self.world.docker("push", f"{self.world.registry}/team/hello:v1")  # docker finds it where it is now
        self.assertEqual(pushed.code, 0, pushed)
        self.assertEqual(self.world.tags("team/hello"), ["v1"])

    def test_skopeo(self):
        self.world.start_registry()
        auth = self.world.root / "auth.json"
        self.world.env["REGISTRY_AUTH_FILE"] = str(auth)
        done = self.world.run("skopeo", "login", "--tls-verify=false", "-u", USER, "--password-stdin", self.world.registry,
                              input=PASSWORD)
        self.assertEqual(done.code, 0, done)
        self.assertIn(encoded(USER, PASSWORD), auth.read_text())
        self.migrate()
        self.assertNotIn(encoded(USER, PASSWORD), auth.read_text())
        write_oci_image(self.world.root / "image")
        (self.world.root / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        done = self.world.run("skopeo", "--policy", self.world.root / "policy.json", "copy", "--dest-tls-verify=false",
                              f"oci:{self.world.root}/image:v1", f"docker://{self.world.registry}/team/hello:v1")
        self.assertEqual(done.code, 0, done)
        self.is_well()


if __name__ == "__main__":
    main()
