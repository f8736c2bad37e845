"""The links between a client and a helper: each situation is set up, the advice is taken, and then all is well."""
import base64
import json
import os
import pty
import shutil
import subprocess
from pathlib import Path

from doctor import DoctorMixin
from pass_world import PassCase
from sandbox import BIN, main
from trouble import trouble


def encoded(user, password):
    return base64.b64encode(f"{user}:{password}".encode()).decode()


class ClientCase(DoctorMixin, PassCase):
    def setUp(self):
        super().setUp()
        self.config = Path(self.world.env["DOCKER_CONFIG"]) / "config.json"
        self.config.write_text('{"credsStore": "pass"}')

    def write(self, **settings):
        self.config.write_text(json.dumps(settings))

    def program_on_path(self, name, text="#!/bin/sh\necho version 1\n"):
        """A program in a folder of its own in front of PATH."""
        folder = self.world.root / "programs"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
        if not self.world.env["PATH"].startswith(f"{folder}:"):
            self.world.env["PATH"] = f"{folder}:{self.world.env['PATH']}"
        return folder / name


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
        for arguments in (["--colour"], ["now"]):
            done = self.world.run(self.program, "doctor", *arguments)
            self.assertEqual(done.code, 2, done)
            self.assertIn("doctor [--all | --store] [--json]", done.err)

    def test_a_broken_round_trip_is_a_problem(self):
        (self.world.store / ".gpg-id").write_text("0123456789ABCDEF0123456789ABCDEF01234567\n")
        self.assertTrue(self.problems("--store"))


class HelperNamesCase(ClientCase):
    """Pain 5: a credsStore that is not there, or of another system."""

    @trouble(5, "docker-credential-desktop, which")
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

    @trouble(6, "auth.json")
    def test_passwords_in_auth_json(self):
        folder = Path(self.world.env["XDG_CONFIG_HOME"]) / "containers"
        folder.mkdir()
        (folder / "auth.json").write_text(json.dumps({"auths": {"a.example": {"auth": encoded("alice", "pw")}}}))
        self.do(self.the_problem("passwords", f"{folder}/auth.json")[0])
        self.is_well()

    def test_a_secret_that_cannot_be_moved(self):
        self.write(credsStore="pass", auths={"a.example": {"registrytoken": "opaque"}})
        remedy = self.the_problem("passwords", "cannot be moved")
        self.assertEqual(remedy, ["docker logout 'a.example'"])
        self.do(remedy[0])
        self.is_well()

    def test_a_broken_entry_beside_others_costs_none_of_them(self):
        """docker drops logins when it rewrites a file with an entry that it cannot read: first the others are moved."""
        self.write(credsStore="pass", auths={"a.example": {"auth": encoded("a", "1")}, "broken.example": {"auth": "!!!"},
                                             "z.example": {"auth": encoded("z", "2")}})
        remedy = self.the_problem("passwords", "2 passwords stand")
        self.assertEqual(remedy, ["docker-credential-pass migrate"])
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
        remedy = self.the_problem("passwords", "podman keeps logins for a part of a registry in this file only")
        self.assertEqual(remedy, ["podman logout 'r.example/team'"])
        self.do(f"skopeo logout --authfile {auth} r.example/team")  # podman's code, without podman
        self.is_well()

class FileCase(ClientCase):
    def test_broken_json(self):
        self.config.write_text('{"credsStore": "pass",}')
        [line] = self.the_problem("config.json", "it is not a JSON object")
        done = self.world.run("sh", "-c", line)  # shows the place; the mending is a person's
        self.assertIn("line 1 column", done.err)
        self.config.write_text('{"credsStore": "pass"}')
        self.is_well()

    def test_a_byte_order_mark(self):
        """As editors of another system leave it behind."""
        self.config.write_bytes(b'\xef\xbb\xbf{"credsStore": "pass"}')
        self.assertIn("Error", self.world.run("docker", "logout", "x.example").err)
        [line] = self.the_problem("config.json", f"{self.config} starts with a byte order mark, which Docker does not read")
        self.do(line)
        self.is_well()
        self.assertNotIn("Error", self.world.run("docker", "logout", "x.example").err)

    def test_what_docker_does_not_read(self):
        """Docker takes the whole file for empty; compared with what the real docker says."""
        for text in ('{"auths":{"h.io":"str"}}', '{"auths":[]}', '{"credHelpers":{"a.io":3}}', '{"HttpHeaders":"x"}',
                     '{"detachKeys":3}', '{"HttpHeaders":{"a":1}}', '{"currentContext":[]}'):
            self.config.write_text(text[:-1] + ',"credsStore":"pass"}')
            [line] = self.the_problem("config.json", f"{self.config}: ")
            self.assertEqual(line, f"${{EDITOR:-nano}} '{self.config}'")
            self.assertIn("Error", self.world.run("docker", "logout", "x.example").err, text)
        for text in ('{"auths":null}', '{"auths":{"g.io":null}}', '{"detachKeys":null}', '{"unknown":3}', '{"HttpHeaders":{}}'):
            self.config.write_text(text[:-1] + ',"credsStore":"pass"}')
            self.is_well()
            self.assertNotIn("Error", self.world.run("docker", "logout", "x.example").err, text)

    def test_a_folder_in_its_place(self):
        self.config.unlink()
        self.config.mkdir()
        self.do(self.the_problem("config.json", "not a regular file")[0])
        self.do(self.the_problem("credsStore", "names no helper")[0] if self.problems() else "true")
        self.is_well()

    def test_without_home(self):
        del self.world.env["DOCKER_CONFIG"]
        home = self.world.env.pop("HOME")
        self.world.env["PASSWORD_STORE_DIR"] = str(self.world.store)
        [check] = [c for c in self.problems() if c["link"] == "config.json"]
        done = self.world.run("sh", "-c", f"{check['remedy'][0]}; echo $HOME")
        self.assertTrue(Path(done.out.strip()).is_dir(), done)
        self.assertNotEqual(done.out.strip(), home)

    def test_a_home_that_is_no_full_path(self):
        for check in self.problems(env={"HOME": "."}):
            self.assertIn("HOME is", check["finding"])
            done = self.world.run("sh", "-c", f"{check['remedy'][0]}; echo $HOME", env={"HOME": "."})
            self.assertTrue(done.out.startswith("/"), done)

    def test_file_of_another_user(self):
        """What `sudo docker login` leaves behind."""
        if os.getuid() != 0:
            self.skipTest("needs root to make a file of another user")
        user = 64321
        for path in [self.world.root, *self.world.root.rglob("*")]:
            os.chown(path, user, user, follow_symlinks=False)
        os.chown(self.config, 0, 0)
        self.config.chmod(0o600)
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", BIN / self.program, "doctor", "--json"]
        answer = json.loads(self.world.run(*as_user).out)
        [check] = [check for check in answer["checks"] if check["link"] == "config.json"]
        self.assertEqual(check["finding"], f"{self.config} belongs to root")
        self.assertEqual(check["remedy"], [f"sudo chown {user} '{self.config}'"])
        os.chown(self.config, user, user)  # sudo, which needs a terminal and a name
        self.assertNotIn("config.json", [c["link"] for c in json.loads(self.world.run(*as_user).out)["checks"]])


class SudoCase(ClientCase):
    """Pains 2 and 8: under sudo it is root's logins, or root's rights on somebody else's files."""

    def test_sudo_without_a_home_of_ones_own(self):
        if os.getuid() != 0:
            self.skipTest("needs root")
        os.chown(self.world.home, 64321, 64321)
        [check] = [c for c in self.problems(env={"SUDO_USER": "alice"}) if c["link"] == "user"]
        self.assertIn("as root with the home folder of 64321", check["finding"])
        self.assertTrue(check["remedy"][0].startswith("sudo usermod -aG docker 64321   #"), check)
        os.chown(self.world.home, 0, 0)  # as after sudo -H
        self.is_well(env={"SUDO_USER": "alice"})

    @trouble(2, "under sudo", instead={"usermod": "changes the machine's users: run without sudo"})
    def test_sudo_with_roots_home(self):
        if os.getuid() != 0:
            self.skipTest("needs root")
        [check] = [c for c in self.is_well(env={"SUDO_USER": "alice"})["checks"] if c["link"] == "user"]
        self.assertEqual(check["state"], "note")
        self.assertIn("uses the logins of root, not those of alice", check["finding"])
        self.assertNotIn("user", [c["link"] for c in self.is_well()["checks"]])

    def test_sudo_with_no_store_of_root(self):
        if os.getuid() != 0:
            self.skipTest("needs root")
        shutil.rmtree(self.world.store)
        [line] = self.the_problem("password store", "sudo looks for root's, without sudo it is that of alice", "--store",
                                  env={"SUDO_USER": "alice"})
        self.do(line)
        self.is_well(env={"SUDO_USER": "alice"})


class ProgramCase(ClientCase):
    def test_not_in_path(self):
        few = self.world.root / "few"
        few.mkdir()
        for folder in ("/usr/bin", "/bin"):
            for path in Path(folder).iterdir():
                if not path.name.startswith("docker-credential-") and not (few / path.name).is_symlink():
                    (few / path.name).symlink_to(path)
        [check] = [c for c in self.problems(program=BIN / self.program, env={"PATH": str(few)}) if c["link"] == "program"]
        self.assertIn("not in PATH", check["finding"])
        done = self.world.run("sh", "-c", f"{check['remedy'][0]}; {self.program} doctor --json", env={"PATH": str(few)})
        self.assertTrue(json.loads(done.out)["ok"], done)

    def test_found_by_a_relative_entry_of_path(self):
        """docker refuses such a program."""
        env = {"PATH": f"{BIN.name}:/usr/bin:/bin"}
        [check] = [c for c in self.problems(env=env, cwd=BIN.parent) if c["link"] == "program"]
        self.assertIn("no full path", check["finding"])
        done = self.world.run("sh", "-c", f"{check['remedy'][0]}; {self.program} doctor --json", env=env, cwd=BIN.parent)
        self.assertTrue(json.loads(done.out)["ok"], done)

    def test_another_program_comes_first(self):
        """The distribution's older helper is in the way."""
        other = self.program_on_path(self.program)
        found = [c for c in self.problems(program=BIN / self.program) if c["link"] == "program"]
        self.assertIn(f"docker takes {other}", found[0]["finding"])
        done = self.world.run("sh", "-c", f"{found[0]['remedy'][0]}; {self.program} doctor --json")
        self.assertTrue(json.loads(done.out)["ok"], done)


if __name__ == "__main__":
    main()
