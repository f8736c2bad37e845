"""The files by which clients find a helper, and the user who runs them: owners, kinds, texts, sudo, PATH."""
import json
import os
import shutil
from pathlib import Path

from client_case import EDITOR, USER_ID, ClientCase, encoded
from sandbox import BIN, main
from trouble import trouble


class FileCase(ClientCase):
    def test_broken_json(self):
        self.config.write_text('{"credsStore": "pass",}')
        where, line, by_hand, edit = self.the_problem("config.json", "it is not a JSON object")
        self.assertEqual(("See where:", "Mend it by hand:", f"  {EDITOR} '{self.config}'"), (where, by_hand, edit))
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
                     '{"detachKeys":3}', '{"HttpHeaders":{"a":1}}', '{"currentContext":[]}', '{"auths":{"h.io":{"auth":5}}}',
                     '{"auths":{"h.io":{"email":5}}}', '{"experimental":true}', '{"cliPluginsExtraDirs":"x"}',
                     '{"pruneFilters":"x"}', '{"features":{"a":1}}', '{"plugins":{"a":"b"}}', '{"plugins":{"a":{"b":1}}}',
                     '{"proxies":{"default":"x"}}', '{"proxies":{"default":{"httpProxy":1}}}'):
            self.config.write_text(text[:-1] + ',"credsStore":"pass"}')
            remedy = self.the_problem("config.json", f"{self.config}: ")
            self.assertEqual(["Mend it by hand:", f"  {EDITOR} '{self.config}'"], remedy)
            self.assertIn("Error", self.world.run("docker", "logout", "x.example").err, text)
        for text in ('{"features":{"a":"1"}}', '{"experimental":"enabled"}', '{"cliPluginsExtraDirs":[]}', '{"plugins":{"a":{"b":"c"}}}',
                     '{"auths":null}', '{"auths":{"g.io":null}}', '{"detachKeys":null}', '{"unknown":3}', '{"HttpHeaders":{}}'):
            self.config.write_text(text[:-1] + ',"credsStore":"pass"}')
            self.is_well()
            self.assertNotIn("Error", self.world.run("docker", "logout", "x.example").err, text)

    def test_what_docker_reads_all_the_same(self):
        """Bytes and numbers that are no concern of ours: docker reads the others, and we leave them as they are."""
        login = b'"auths": {"r.example": {"auth": "' + encoded("alice", "pw").encode() + b'"}}'
        for odd in (b'"note": "caf\xe9"', b'"caf\xe9": {"\xff\xfe": ["\xc3("]}', b'"note": "\xed\xa0\x80"', b'"note": "\\ud83d"',
                    b'"note": "\\ude00\\ud83d\\u0041"', b'"n": 1e400', b'"n": [-0.5E+9999, ' + b"1" * 400 + b"]",
                    b'"HttpHeaders": {"x": "\xe9"}', b'"credHelpers": {"\xe9.example": "pass", "\xe8.test": "pass"}'):
            self.config.write_bytes(b"{" + odd + b", " + login + b', "credsStore": "gone"}')
            self.assertNotIn("Error", self.world.run("docker", "logout", "x.example").err, odd)
            self.do("docker-credential-pass configure")
            self.do("docker-credential-pass migrate")
            self.assertEqual(b"{" + odd + b', "auths": {"r.example": {}}, "credsStore": "pass"}', self.config.read_bytes())
            self.is_well()
        for broken in (b'"n": 01', b'"n": 1e', b'"n": .5', b'"n": 1e400x', b'"note": "\\ud8"', b'"note": caf\xe9', b'"note": "\x01"'):
            self.config.write_bytes(b"{" + broken + b', "credsStore": "pass"}')
            self.assertIn("Error", self.world.run("docker", "logout", "x.example").err, broken)
            self.the_problem("config.json", "it is not a JSON object")

    def test_a_folder_in_its_place(self):
        self.in_home()
        self.config.mkdir()
        self.do(self.the_problem("config.json", "not a regular file")[0])
        self.do(self.the_problem("credsStore", "names no helper")[0] if self.problems() else "true")
        self.is_well()

    def test_without_home(self):
        del self.world.env["DOCKER_CONFIG"]
        home = self.world.env.pop("HOME")
        self.world.env["PASSWORD_STORE_DIR"] = str(self.world.store)
        [line] = self.the_problem("user", "HOME is not set")
        done = self.world.run("sh", "-c", f"{line}; echo $HOME")
        self.assertTrue(Path(done.out.strip()).is_dir(), done)
        self.assertNotEqual(done.out.strip(), home)
        self.world.env["DOCKER_CONFIG"] = str(self.config.parent)  # then nothing needs it
        self.is_well()

    def test_a_home_that_is_no_full_path(self):
        [line] = self.the_problem("user", "HOME is '.', no path from the root", env={"HOME": "."})
        done = self.world.run("sh", "-c", f"{line}; echo $HOME", env={"HOME": "."})
        self.assertTrue(done.out.startswith("/"), done)

    def test_file_of_another_user(self):
        """What `sudo docker login` leaves behind."""
        if os.getuid() != 0:
            self.skipTest("needs root to make a file of another user")
        self.in_home()
        self.config.write_text('{"credsStore": "pass"}')
        self.give_away()
        for path, mode in ((self.config, 0o600), (self.config.parent, 0o755), (self.config.parent, 0o700)):
            os.chown(path, 0, 0)
            path.chmod(mode)
            [check] = [check for check in self.as_user() if check["link"] == "config.json"]
            self.assertEqual(check["finding"], f"{path} belongs to root")
            self.assertEqual(check["remedy"], [f"sudo chown -R \"$(id -u):$(id -g)\" '{path}'"])
            self.do(f"chown -R {USER_ID}:{USER_ID} '{path}'")  # sudo, which needs a terminal and a name
            self.assertNotIn("config.json", [check["link"] for check in self.as_user()])

    def test_a_variable_that_leads_elsewhere(self):
        """Nothing outside of the home folder is moved or given away for it."""
        if os.getuid() != 0:
            self.skipTest("needs root to be another user")
        self.give_away()
        elsewhere = self.world.root / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "config.json").write_text("{}")
        for name, value, link in (("REGISTRY_AUTH_FILE", "/etc/shadow", "auth.json"), ("REGISTRY_AUTH_FILE", "/etc", "auth.json"),
                                  ("DOCKER_CONFIG", str(elsewhere), "config.json")):
            [check] = [check for check in self.as_user(env={name: value}) if check["link"] == link]
            self.assertEqual(("problem", f"export {name}="), (check["state"], check["remedy"][0].split('"')[0]), check)

    def test_a_home_of_somebody_else(self):
        """As `docker run --user` and su have it: one cause, which is told once."""
        if os.getuid() != 0:
            self.skipTest("needs root to be another user")
        self.give_away()
        for name in ("DOCKER_CONFIG", "GNUPGHOME"):
            del self.world.env[name]
        for home, why in (("/", "belongs to root: the user id 64321 may not write there"),
                          ("/root", "belongs to root: the user id 64321 may not write there"),
                          ("/none/such", "is not there and cannot be made")):
            [check] = [check for check in self.as_user(env={"HOME": home}) if check["state"] != "ok"]
            self.assertEqual(check["link"], "user")
            self.assertIn(f"HOME is {home}, which {why}; set it to a folder of your own", check["finding"])
            done = self.world.run("sh", "-c", f"{check['remedy'][0]}\necho $HOME")
            self.assertTrue(Path(done.out.strip()).is_dir(), done)
            Path(done.out.strip()).rmdir()

    def test_the_file_where_its_folder_is_wanted(self):
        self.write(credsStore="pass")
        wrong = {"DOCKER_CONFIG": str(self.config)}
        [line] = self.the_problem("config.json", "a file, where docker wants the folder it is in", env=wrong)
        self.do(f"{line}; docker-credential-pass doctor", env=wrong)

    def test_mounted_by_itself(self):
        """As containers have single files: there it cannot be replaced."""
        if os.getuid() != 0:
            self.skipTest("needs root to mount")
        self.config.write_text("{}")
        done = self.world.run("unshare", "--mount", "sh", "-c", f"mount --bind '{self.config}' '{self.config}' && "
                              "docker-credential-pass configure")
        self.assertEqual(1, done.code, done)
        self.assertIn("mounted by itself, as containers do with single files", done.err)
        self.assertEqual("{}", self.config.read_text())

    def test_an_empty_auth_json(self):
        auth = self.world.root / "auth.json"
        auth.touch()
        self.write(credsStore="pass")
        self.world.env["REGISTRY_AUTH_FILE"] = str(auth)
        self.assertNotEqual(0, self.world.run("skopeo", "login", "--get-login", "x.example").code)
        self.assertIn("end of JSON", self.world.run("skopeo", "login", "--get-login", "x.example").err)
        self.do(self.the_problem("auth.json", f"{auth} is empty, which podman and skopeo refuse")[0])
        self.assertNotIn("end of JSON", self.world.run("skopeo", "login", "--get-login", "x.example").err)
        self.is_well()

    def test_podmans_file_without_a_session(self):
        if os.getuid() != 0:
            self.skipTest("needs root to make a /run of its own")
        self.write(credsStore="pass")
        auth = json.dumps({"auths": {"r.example": {"auth": encoded("a", "1")}}})
        done = self.world.run("unshare", "--mount", "sh", "-ec", "mount -t tmpfs none /run; mkdir -p /run/containers/0; "
                              "cat > /run/containers/0/auth.json; unset XDG_RUNTIME_DIR; docker-credential-pass doctor", input=auth)
        self.assertIn("a password stands in /run/containers/0/auth.json, not encrypted: r.example", done.out)


class SudoCase(ClientCase):
    """Pains 2 and 8: under sudo it is root's logins, or root's rights on somebody else's files."""

    def test_sudo_without_a_home_of_ones_own(self):
        if os.getuid() != 0:
            self.skipTest("needs root")
        os.chown(self.world.home, 64321, 64321)
        shutil.rmtree(self.world.store)  # told of the right home only
        remedy = self.the_problem("user", "as root with the home folder of the user id 64321", env={"SUDO_USER": "alice"})
        self.assertEqual(remedy, ["For the logins of root:", '  export HOME="$(getent passwd "$(id -u)" | cut -d: -f6)"'])
        os.chown(self.world.home, 0, 0)  # as after sudo -H
        self.do("docker-credential-pass init --no-passphrase")
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
