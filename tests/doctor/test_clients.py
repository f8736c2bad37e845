"""The links between a client and a helper: each situation is set up, the advice is taken, and then all is well."""
import json
import os
import pty
import shutil
import subprocess
from pathlib import Path

from client_case import EDITOR, ClientCase, encoded
from doctor import check_shells, commands
from sandbox import BIN, main
from trouble import trouble


class WellCase(ClientCase):
    def test_all_is_well(self):
        answer = self.is_well()
        self.assertEqual(answer["helper"], self.program)
        links = {check["link"]: check["finding"] for check in answer["checks"]}
        self.assertEqual(links["program"], str(BIN / self.program))
        self.assertEqual(links["credsStore"], f"pass, in {self.config}")
        self.assertIn("stored, read and removed", links["round trip"])
        self.assertEqual(self.world.run(self.program, "list").out, "{}\n", "the login made for the test is gone")

    def test_text_names_each_link_and_the_outcome(self):
        done = self.world.run(self.program, "doctor")
        self.assertEqual((done.code, done.err), (0, ""), done)
        self.assertIn(f"  ok       credsStore: pass, in {self.config}\n", done.out)
        self.assertTrue(done.out.endswith("All is well.\n"), done)
        self.assertNotIn("\033", done.out)
        self.write()
        done = self.world.run(self.program, "doctor", env={"PATH": str(BIN) + ":/bin"})
        self.assertEqual(done.code, 0 if shutil.which("pass", path="/bin") else 1)

    def test_colour_on_a_terminal_only_and_not_with_no_color(self):
        for extra, expected in (({}, True), ({"NO_COLOR": "1"}, False)):
            master, slave = pty.openpty()
            process = subprocess.Popen([BIN / self.program, "doctor"], env={**self.world.env, **extra}, stdin=slave,
                                       stdout=slave, stderr=slave)
            os.close(slave)
            self.assertEqual(process.wait(30), 0)
            text = os.read(master, 65536)
            os.close(master)
            self.assertEqual(b"\033[32mok" in text, expected, text)

    def test_wrong_usage(self):
        for arguments in (["--colour"], ["now"], ["--all", "--store"]):
            done = self.world.run(self.program, "doctor", *arguments)
            self.assertEqual(done.code, 2, done)
            self.assertIn("doctor [--all | --store] [--json]", done.err)

    def test_a_broken_round_trip_is_a_problem(self):
        (self.world.store / ".gpg-id").write_text("0123456789ABCDEF0123456789ABCDEF01234567\n")
        self.assertTrue(self.problems("--store"))


class HelperNamesCase(ClientCase):
    """Pain 5: a credsStore that is not there, or of another system."""

    @trouble(5, "sends docker to docker-credential-desktop, which")
    def test_stale_creds_store(self):
        self.write(credsStore="desktop")
        remedy = self.the_problem("credsStore", "docker-credential-desktop, which is not in PATH")
        self.assertEqual(remedy, ["docker-credential-pass configure"])
        self.do(remedy[0])
        self.is_well()

    @trouble(5, "docker-credential-desktop.exe, which is not in PATH")
    def test_stale_creds_store_in_wsl(self):
        self.write(credsStore="desktop.exe")
        self.do(self.the_problem("credsStore", "docker-credential-desktop.exe, which is not in PATH")[0])
        self.is_well()

    @trouble(5, "cannot be run")
    def test_creds_store_of_another_system(self):
        self.program_on_path("docker-credential-desktop.exe", "MZ\x90 not for Linux")
        self.write(credsStore="desktop.exe")
        remedy = self.the_problem("credsStore", "docker-credential-desktop.exe, which cannot be run")
        self.do(remedy[0])
        self.is_well()

    def test_a_helper_that_hangs(self):
        """It may be there for the next call: this is not the time to be led away from it."""
        path = self.program_on_path("docker-credential-slow", "#!/bin/sh\nexec sleep 1000\n")
        self.write(credsStore="slow", credHelpers={"r.example": "slow"})
        found = self.problems()
        self.assertEqual(["credsStore", "credHelpers"], [check["link"] for check in found])
        for check, who, take in zip(found, ("docker", "r.example"), ("", " --registry 'r.example'")):
            self.assertEqual(f"{self.config} sends {who} to {path}, which does not answer", check["finding"])
            self.assertEqual(["See what it waits for:", f"  '{path}' version", "Or keep logins here:",
                              f"  docker-credential-pass configure{take}"], check["remedy"])
            check_shells(check)
        self.program_on_path("docker-credential-slow")
        self.do(found[0]["remedy"][1])
        self.is_well()

    def test_stale_cred_helper(self):
        self.write(credsStore="pass", credHelpers={"gcr.io": "gone", "ghcr.io": "pass"})
        remedy = self.the_problem("credHelpers", "sends gcr.io to docker-credential-gone, which is not in PATH")
        self.do(remedy[0])
        answer = self.is_well()
        self.assertIn("pass for gcr.io, ghcr.io", json.dumps(answer))

    def test_stale_cred_helper_of_podman(self):
        auth_file = self.world.root / "auth.json"
        auth_file.write_text('{"credHelpers": {"quay.io": "gone"}}')
        self.world.env["REGISTRY_AUTH_FILE"] = str(auth_file)
        remedy = self.the_problem("credHelpers", f"{auth_file} sends quay.io to docker-credential-gone")
        self.do(remedy[0])
        self.is_well()
        self.assertEqual(json.loads(auth_file.read_text())["credHelpers"], {"quay.io": "pass"})

    def test_another_helper_that_works_is_only_a_note(self):
        self.program_on_path("docker-credential-other")
        self.write(credsStore="other")
        [note] = [check for check in self.is_well()["checks"] if check["link"] == "credsStore"]
        self.assertEqual(note["state"], "note")
        self.assertIn("docker-credential-other, not here", note["finding"])

    def test_an_older_helper_that_does_not_work(self):
        """It knows no doctor; what it says when it is asked for a login tells enough."""
        for said, is_fine in (("Cannot autolaunch D-Bus without X11 $DISPLAY", False),
                              ("credentials not found in native keychain", True)):
            self.program_on_path("docker-credential-secretservice", f"#!/bin/sh\n[ $1 = version ] || {{ echo '{said}'; exit 1; }}\n")
            self.write(credsStore="secretservice")
            if is_fine:
                self.is_well()
            else:
                self.the_problem("credsStore", f"which does not work: {said}")

    def test_a_foreign_helper_that_never_answers_well(self):
        """Docker Desktop's, while that is not running: it is there, and no login works."""
        self.program_on_path("docker-credential-desktop", "#!/bin/sh\n[ $1 = version ] || { echo 'is it running?'; exit 1; }\n")
        self.write(credHelpers={"gcr.io": "desktop"}, credsStore="pass")
        self.is_well()  # it may have no answer for others
        self.write(credsStore="desktop")
        remedy = self.the_problem("credsStore", "keeps logins with docker-credential-desktop, which does not work: is it running?")
        self.assertEqual(remedy[::2], ["This is what it says to everybody:", "Or keep them here:"])
        self.assertIn("is it running?", self.world.run("sh", "-c", remedy[1]).out)
        self.do(remedy[3])
        self.is_well()

    def test_podmans_other_file(self):
        """The printed command changes the file that it is about."""
        folder = Path(self.world.env["XDG_RUNTIME_DIR"]) / "containers"
        folder.mkdir()
        auth = folder / "auth.json"
        auth.write_text('{"credHelpers": {"quay.io": "gone"}}')
        self.write(credsStore="pass")
        remedy = self.the_problem("credHelpers", f"{auth} sends quay.io to docker-credential-gone")
        self.do(remedy[0])
        self.assertEqual({"quay.io": "pass"}, json.loads(auth.read_text())["credHelpers"])
        self.is_well()
        auth.write_text('{"auths": {"bad.example": {"auth": "!!!"}}}')
        self.do(self.the_problem("passwords", "the login of bad.example")[0])
        self.is_well()

    def test_podmans_file_with_names_of_dockers(self):
        folder = Path(self.world.env["XDG_CONFIG_HOME"]) / "containers"
        folder.mkdir()
        auth = folder / "auth.json"
        auth.write_text(json.dumps({"auths": {"https://index.docker.io/v1/": {"auth": encoded("hub", "p")},
                                              "https://dd.example": {"auth": encoded("d", "p")},
                                              "https://cc.example/v1/": {"auth": encoded("c", "p")}}}))
        users = {"docker.io": "hub", "dd.example": "d", "cc.example": "c"}
        ask = ("skopeo", "login", "--get-login")
        self.assertEqual(users, {name: self.world.run(*ask, name).out.strip() for name in users})
        self.do(self.the_problem("passwords", "3 passwords stand")[0])
        self.assertEqual(users, {name: self.world.run(*ask, name).out.strip() for name in users})
        self.assertNotIn("auth\"", auth.read_text())
        self.is_well()

    def test_another_of_the_family_that_does_not_work(self):
        """Whichever of them is asked: it is the one that docker uses whose trouble counts."""
        self.world.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nowhere"
        self.write(credsStore="secretservice")
        remedy = self.the_problem("credsStore", "docker keeps logins with docker-credential-secretservice, which does not work: ")
        self.assertEqual(remedy, ["This says what mends it:", "  docker-credential-secretservice doctor", "Or keep them here:",
                                  "  docker-credential-pass configure"])
        self.do(remedy[3])
        self.is_well()
        self.write(credsStore="pass", credHelpers={"r.example": "secretservice"})
        self.the_problem("credHelpers", "sends r.example to docker-credential-secretservice, which does not work: ")

    def test_with_the_store_to_be_mended_first(self):
        """From top to bottom, the printed commands do it. Where docker has a store that works, none leads away from it."""
        self.world.env["PASSWORD_STORE_DIR"] = str(self.world.home / "new")
        self.write(auths={"a.example": {"auth": encoded("alice", "pw")}})
        found = self.problems()
        self.assertEqual(["password store", "credsStore", "passwords"], [check["link"] for check in found])
        self.assertEqual(["Once the store works:", "  docker-credential-pass migrate"], found[2]["remedy"])
        for check in found:
            self.do(commands(check)[0])
        self.is_well()
        self.write(credsStore="pass")
        env = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
        answer = self.doctor(program="docker-credential-secretservice", env=env)
        [check] = [check for check in answer["checks"] if check["link"] == "credsStore"]
        self.assertEqual(("note", []), (check["state"], check["remedy"]))

    def test_used_for_single_registries(self):
        self.program_on_path("docker-credential-other")
        self.write(credsStore="other", credHelpers={"ghcr.io": "pass"})
        [check] = [check for check in self.is_well()["checks"] if check["link"] == "credsStore"]
        self.assertEqual((check["state"], check["finding"]), ("ok", "other; see credHelpers"))

    def test_no_helper_is_named(self):
        self.write(auths={"mark.example": {}})
        remedy = self.the_problem("credsStore", "writes passwords into it in plain text")
        self.do(remedy[0])
        self.is_well()

    def test_what_docker_takes_by_itself(self):
        """docker's own choice where nothing is set, compared with the real docker further down in tests/e2e."""
        self.config.unlink()
        few = self.world.root / "few"
        few.mkdir()
        for name in ("gpg", "gpgconf", "gpg-agent", "gpg-connect-agent"):
            (few / name).symlink_to(shutil.which(name))
        (few / "docker-credential-pass").symlink_to(BIN / "docker-credential-pass")
        self.world.env["PATH"] = str(few)
        self.the_problem("credsStore", "writes passwords into it in plain text")
        (few / "docker-credential-secretservice").symlink_to(BIN / "docker-credential-secretservice")
        self.the_problem("credsStore", "takes secretservice by itself")
        (few / "pass").symlink_to("/bin/true")
        [check] = [check for check in self.is_well()["checks"] if check["link"] == "credsStore"]
        self.assertIn("docker takes pass by itself", check["finding"])


class LookUpCase(ClientCase):
    """Pain 11: a name in credHelpers that no client asks for."""

    @trouble(11, "docker never asks for")
    def test_names_that_are_never_looked_up(self):
        self.write(credHelpers={"http://r.example:5000/v2/": "pass"})
        remedy = self.the_problem("credHelpers", "docker never asks for http://r.example:5000/v2/, but for r.example:5000")
        self.do(remedy[0])
        self.is_well()
        self.write(credHelpers={"docker.io": "pass"})
        self.do(self.the_problem("credHelpers", "but for https://index.docker.io/v1/")[0])
        self.is_well()


class PlainTextCase(ClientCase):
    """Pain 6."""

    @trouble(6, ".docker/config.json")
    def test_passwords_in_config_json(self):
        self.write(credsStore="pass", auths={"a.example": {"auth": encoded("alice", "pw-in-the-file")}, "b.example": {}})
        remedy = self.the_problem("passwords", f"a password stands in {self.config}, not encrypted: a.example")
        self.assertNotIn("pw-in-the-file", self.world.run(self.program, "doctor").out)
        self.assertEqual(remedy, ["docker-credential-pass migrate"])
        self.do(remedy[0])
        self.is_well()

    @trouble(6, "containers/auth.json")
    def test_passwords_in_auth_json(self):
        folder = Path(self.world.env["XDG_CONFIG_HOME"]) / "containers"
        folder.mkdir()
        (folder / "auth.json").write_text(json.dumps({"auths": {"a.example": {"auth": encoded("alice", "pw")}}}))
        self.do(self.the_problem("passwords", f"{folder}/auth.json")[0])
        self.is_well()

    def test_a_secret_that_cannot_be_moved(self):
        self.write(credsStore="pass", auths={"a.example": {"registrytoken": "opaque"}})
        [note] = [check for check in self.is_well()["checks"] if check["link"] == "passwords"]
        self.assertIn("stays in", note["finding"])
        self.assertIn("it is a registry token", note["finding"])
        self.assertEqual(("note", []), (note["state"], note["remedy"]), "there is no other copy of it")

    def test_a_broken_entry_beside_others_costs_none_of_them(self):
        """docker drops logins when it rewrites a file with an entry that it cannot read: first the others are moved."""
        self.write(credsStore="pass", auths={"a.example": {"auth": encoded("a", "1")}, "broken.example": {"auth": "!!!"},
                                             "z.example": {"auth": encoded("z", "2")}})
        remedy = self.the_problem("passwords", "2 passwords stand")
        self.assertEqual(remedy, ["docker-credential-pass migrate"])
        [cause] = [check for check in self.doctor()["checks"] if "broken.example" in check["finding"]]
        self.assertIn("is broken (its auth is not the base64 of user:password), so that Docker takes the whole file for empty",
                      cause["finding"])
        self.assertEqual(("note", []), (cause["state"], cause["remedy"]), "what mends it costs the others")
        self.assertEqual(self.world.run("sh", "-c", remedy[0]).code, 1)  # one stays
        remedy = self.the_problem("passwords", "broken.example")
        self.assertEqual(remedy, ["docker logout 'broken.example'"])
        self.do(remedy[0])
        self.is_well()
        self.assertEqual(set(json.loads(self.world.run(self.program, "list").out)), {"a.example", "z.example"})

    def test_a_login_for_a_part_of_a_registry(self):
        folder = Path(self.world.env["XDG_CONFIG_HOME"]) / "containers"
        folder.mkdir()
        auth = folder / "auth.json"
        auth.write_text(json.dumps({"auths": {"r.example/team": {"auth": encoded("a", "1")}}}))
        [note] = [check for check in self.is_well()["checks"] if check["link"] == "passwords"]
        self.assertIn("podman keeps logins for a part of a registry in this file only", note["finding"])
        self.assertEqual(("note", []), (note["state"], note["remedy"]), "it works, and there is no other copy of it")

    def test_while_another_helper_is_asked(self):
        self.program_on_path("docker-credential-other")
        self.write(credsStore="pass", credHelpers={"r.example": "other"}, auths={"r.example": {"auth": encoded("a", "1")}})
        remedy = self.the_problem("passwords", "not encrypted, while docker asks docker-credential-other: r.example")
        self.assertEqual(remedy, ["Take what is in their entries out:", f"  {EDITOR} '{self.config}'"])
        self.write(credsStore="pass", credHelpers={"r.example": "keyctl"}, auths={"r.example": {"auth": encoded("a", "1")}})
        remedy = self.the_problem("passwords", "while docker asks docker-credential-keyctl: r.example")
        self.assertEqual(remedy, ["docker-credential-keyctl migrate"])
        self.write(credsStore="pass", credHelpers={"r.example": "other"},
                   auths={"r.example": {"auth": encoded("a", "1")}, "broken.example": {"auth": "!!!"}})
        self.assertEqual([f"{EDITOR} '{self.config}'"] * 2, [command for check in self.problems() for command in commands(check)])

    def test_an_entry_without_a_name(self):
        """docker logout '' would log out of Docker Hub."""
        self.write(credsStore="pass", auths={"": {"auth": "!!!"}})
        remedy = self.the_problem("passwords", 'the login of "" in')
        self.assertEqual(["Take that entry out:", f"  {EDITOR} '{self.config}'"], remedy)

    def test_twice_in_one_file(self):
        self.config.write_text('{"auths":{"r.example":{"auth":"YTox"},"r.example":{}},"credsStore":"pass"}')
        self.the_problem("passwords", "its auths has r.example twice")


if __name__ == "__main__":
    main()
