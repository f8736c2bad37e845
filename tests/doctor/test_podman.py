"""A machine with podman and without docker: configure, migrate and doctor speak of podman's files only."""
import json
import os
import shutil
from pathlib import Path

from client_case import AS_USER, EDITOR, ClientCase, encoded
from doctor import Report
from sandbox import BIN, main
from trouble import trouble

LOGIN = '{"ServerURL":"quay.io","Username":"u","Secret":"s"}'


class PodmanCase(ClientCase):
    def setUp(self):
        super().setUp()
        if not shutil.which("podman"):
            self.skipTest("no podman on this machine")
        shutil.rmtree(self.config.parent)
        del self.world.env["DOCKER_CONFIG"]
        self.world.env["XDG_CONFIG_HOME"] = str(self.world.home / ".config")
        self.world.without_programs("docker")
        self.folder = self.world.home / ".config/containers"
        self.folder.mkdir(parents=True)
        self.auth = self.folder / "auth.json"
        self.own = self.folder / "registries.conf.d/99-keyberth.conf"

    def run_helper(self, *arguments, code=0, **options):
        done = self.world.run(self.program, *arguments, **options)
        self.assertEqual(done.code, code, done)
        return done.out

    def conf(self, text, name="registries.conf.d/50-mine.conf"):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def who(self, registry="quay.io"):
        """The user name that podman finds."""
        command = ["podman", f"--root={self.world.root}/images", f"--runroot={self.world.root}/runroot",
                   "--storage-driver=vfs", "login", "--get-login", registry]
        return self.world.run(*command).out.strip()

    def check(self, link):
        [check] = [check for check in self.is_well()["checks"] if check["link"] == link]
        return check


class DoctorCase(PodmanCase):
    @trouble(6, "no registries.conf names a helper")
    def test_nothing_named_yet(self):
        self.run_helper("store", input=LOGIN)
        self.assertEqual(self.who(), "")
        remedy = self.the_problem("credential-helpers", "podman writes passwords into auth.json in plain text")
        self.assertEqual(remedy, ["docker-credential-pass configure --containers"])
        self.do(remedy[0])
        self.assertEqual(self.check("credential-helpers")["finding"], f"pass, in {self.own}")
        self.assertEqual(self.who(), "u")
        self.assertFalse((self.world.home / ".docker").exists())

    def test_registries_conf_names_it(self):
        """Wherever podman reads it: in the user's file, a file beside it, the one that a variable names."""
        self.run_helper("store", input=LOGIN)
        odd = '# a comment = [\nunqualified-search-registries = [\n  "a.example", # ]"\n]\n\'credential-helpers\' = [ "pass",\n # last\n]\n[aliases]\n'
        for path, text, env in ((self.conf(odd, "registries.conf"), odd, {}), (self.conf(""), odd, {}),
                                (self.world.root / "r.conf", odd, {"CONTAINERS_REGISTRIES_CONF": f"{self.world.root}/r.conf"})):
            self.conf("", "registries.conf")
            self.conf("")
            path.write_text(text)
            self.world.env.update(env)
            self.assertEqual(self.who(), "u")
            self.assertEqual(self.check("credential-helpers")["finding"], f"pass, in {path}")

    def test_the_last_file_counts(self):
        self.conf('credential-helpers = ["gone"]\n', "registries.conf")
        self.conf('credential-helpers = ["pass"]\n', "registries.conf.d/10.conf")
        last = self.conf('credential-helpers = ["other"]\n', "registries.conf.d/20.conf")
        self.conf('credential-helpers = ["gone"]\n', "registries.conf.d/30.txt")
        self.conf('[[registry]]\nlocation = "a"\ncredential-helpers = ["gone"]\n', "registries.conf.d/30.conf")
        self.program_on_path("docker-credential-other")
        note = self.check("credential-helpers")
        self.assertEqual((note["state"], note["finding"]),
                         ("note", "podman keeps logins with docker-credential-other, not here"))
        self.do(note["remedy"][1].strip())
        self.assertEqual(self.check("credential-helpers")["finding"], f"pass, in {self.own}")
        last.unlink()

    @trouble(5, "sends podman to docker-credential-desktop")
    def test_a_helper_that_is_not_there(self):
        self.run_helper("store", input=LOGIN)
        for text in ('["desktop"]', '["pass", "desktop"]', '["desktop", "containers-auth.json"]'):
            path = self.conf(f"credential-helpers = {text}\n", "registries.conf")
            remedy = self.the_problem("credential-helpers", f"{path} sends podman to docker-credential-desktop, which is not in PATH")
            self.do(remedy[0])
            self.is_well()
            self.assertEqual(self.who(), "u")
            self.own.unlink()

    def test_one_of_several_that_does_not_work(self):
        """It fails for every registry without a login."""
        self.run_helper("store", input=LOGIN)
        self.program_on_path("docker-credential-other", "#!/bin/sh\n[ $1 = version ] || { echo 'is it running?'; exit 1; }\n")
        for text in ('["pass", "other"]', '["other", "containers-auth.json", "pass"]'):
            self.conf(f"credential-helpers = {text}\n")
            remedy = self.the_problem("credential-helpers", "docker-credential-other, which does not work: is it running?")
            self.do(remedy[-1])
            self.is_well()
            self.assertEqual(self.who(), "u")
            self.own.unlink()

    def test_a_store_that_nobody_uses(self):
        """registries.conf counts, in both directions."""
        self.conf('credential-helpers = ["pass"]\n')
        other = Report(self.world.run("docker-credential-secretservice", "doctor", "--json"))
        self.assertTrue(other.ok, other)
        self.assertIn("session bus", [check["link"] for check in other.of("note")])
        docker = self.world.home / ".docker"
        docker.mkdir()
        (docker / "config.json").write_text('{"credsStore": "keyctl"}')
        self.conf('credential-helpers = ["secretservice"]\n')
        self.assertIn("session bus", [check["link"] for check in
                                      Report(self.world.run("docker-credential-secretservice", "doctor", "--json")).of("problem")])

    def test_a_file_of_docker_that_was_left(self):
        """podman reads its logins, but not its credsStore."""
        docker = self.world.home / ".docker"
        docker.mkdir()
        (docker / "config.json").write_text('{"credsStore": "pass"}')
        self.do(self.the_problem("credential-helpers", "podman writes passwords into auth.json in plain text")[0])
        self.is_well()

    def test_a_place_that_cannot_be_written(self):
        self.own.parent.mkdir(mode=0o500)
        self.give_away()
        found = [check for check in self.as_user() if check["state"] == "problem"]
        self.assertEqual(found[0]["link"], "credential-helpers")
        self.assertIn(f"you may not write in {self.own.parent}", found[0]["finding"])
        self.assertEqual(found[0]["remedy"], [f"chmod u+rwx '{self.own.parent}'"])

    def test_auth_json_names_it(self):
        self.run_helper("store", input=LOGIN)
        self.auth.write_text('{"credHelpers": {"quay.io": "pass"}}')
        self.assertEqual(self.check("credential-helpers")["finding"], "none; see credHelpers")
        self.assertEqual(self.who(), "u")
        self.conf('credential-helpers = ["other"]\n')  # without containers-auth.json nobody reads it
        self.program_on_path("docker-credential-other", "#!/bin/sh\necho credentials not found in native keychain; exit 1\n")
        self.assertEqual(self.who(), "")
        self.assertIn("other, not here", self.check("credential-helpers")["finding"])

    def test_the_file_of_the_session_is_none_to_rely_on(self):
        folder = Path(self.world.env["XDG_RUNTIME_DIR"]) / "containers"
        folder.mkdir()
        (folder / "auth.json").write_text('{"credHelpers": {"quay.io": "pass"}}')
        self.the_problem("credential-helpers", "no registries.conf names a helper")

    def test_a_file_that_podman_refuses(self):
        path = self.conf('credential-helpers = "pass"\n')
        remedy = self.the_problem("credential-helpers", f"{path}: its credential-helpers is no list of texts")
        self.assertEqual(remedy, [f"{EDITOR} '{path}'"])

    def test_nobody_speaks_of_docker(self):
        """Neither where the helper is missing in PATH nor under sudo."""
        if os.getuid() != 0:
            self.skipTest("needs root")
        self.run_helper("configure")
        found = {check["link"]: check for check in self.is_well(env={"SUDO_USER": "alice"})["checks"]}
        self.assertEqual(found["user"]["finding"], "under sudo podman uses the logins of root, not those of alice")
        self.assertEqual(found["user"]["remedy"], ["Run podman without sudo"])
        others = self.world.root / "others"
        for program in others.glob("docker-credential-*"):
            program.unlink()
        problems = self.problems(program=BIN / self.program)
        self.assertEqual(problems[0]["finding"], f"{self.program} is not in PATH, where podman looks for it")
        self.assertNotIn("docker ", json.dumps(problems))

    def test_with_docker_too_it_is_a_note(self):
        """Who has both may use podman for nothing that needs a login."""
        self.program_on_path("docker")
        docker = self.world.home / ".docker"
        docker.mkdir()
        (docker / "config.json").write_text('{"credsStore": "pass"}')
        self.assertNotIn("credential-helpers", [check["link"] for check in self.is_well()["checks"]])
        self.auth.write_text("{}")
        self.assertEqual(self.check("credential-helpers")["state"], "note")


class ConfigureCase(PodmanCase):
    def test_there_and_back(self):
        self.assertIn(f"{self.own}: credential-helpers is now pass (before: nothing)\n", self.run_helper("configure"))
        self.assertIn("credential-helpers is pass already", self.run_helper("configure", "--containers"))
        self.assertEqual(self.run_helper("configure", "--undo"), f"{self.own}: credential-helpers is nothing again\n")
        self.assertEqual(list(self.own.parent.iterdir()), [])
        self.assertEqual(self.run_helper("configure", "--undo"), "")

    def test_one_of_the_family_after_another(self):
        self.world.run("docker-credential-keyctl", "configure")
        self.assertIn("credential-helpers is now pass (before: keyctl)", self.run_helper("configure"))
        self.world.run("docker-credential-keyctl", "configure")
        self.assertIn("credential-helpers is keyctl, not pass: left as it is", self.run_helper("configure", "--undo"))
        self.assertIn('["keyctl"]', self.own.read_text())

    def test_a_file_that_is_read_later(self):
        later = self.conf('credential-helpers = ["other"]\n', "registries.conf.d/z.conf")
        done = self.world.run(self.program, "configure")
        self.assertEqual(done.code, 1, done)
        self.assertIn(f"{later} is read after {self.own} and names other helpers", done.err)

    def test_single_registries(self):
        self.run_helper("configure", "--registry", "quay.io")
        self.assertEqual(json.loads(self.auth.read_text()), {"credHelpers": {"quay.io": "pass"}})
        self.assertFalse((self.world.home / ".docker").exists())
        self.is_well()

    def test_what_stays_in_a_file_is_still_found(self):
        """Logins for a part of a registry, and what other helpers have."""
        self.program_on_path("docker-credential-other", """#!/bin/sh
if [ "$(cat)" = ghcr.io ]; then echo '{"Username":"o","Secret":"s"}'; else echo credentials not found in native keychain; exit 1; fi
""")
        for text, registry, user in (({"auths": {"quay.io/team": {"auth": encoded("part", "p")}}}, "quay.io/team", "part"),
                                     ({"credHelpers": {"ghcr.io": "other", "r.example": "pass"}}, "ghcr.io", "o")):
            self.auth.write_text(json.dumps(text))
            self.assertEqual(self.who(registry), user)
            told = self.run_helper("configure")
            self.assertIn(f"  after it podman asks {self.auth}, for what stays there\n", told)
            self.assertEqual(self.who(registry), user)
            self.is_well()
            self.assertIn("already", self.run_helper("configure"))
            self.run_helper("configure", "--undo")

    def test_a_single_registry_beside_one_for_all(self):
        self.run_helper("configure")
        told = self.world.run("docker-credential-keyctl", "configure", "--registry", "r.example").out
        self.assertIn(f"{self.own} lets podman ask others only; to let it ask here: docker-credential-keyctl configure --containers", told)

    def test_a_folder_that_podman_does_not_look_into(self):
        """It walks through the folder without following links."""
        self.run_helper("store", input=LOGIN)
        dots = self.world.home / "dots"
        dots.mkdir()
        (dots / "1.conf").write_text('credential-helpers = ["pass"]\n')
        self.own.parent.symlink_to(dots)
        self.assertEqual(self.who(), "")
        self.the_problem("credential-helpers", "podman writes passwords into auth.json in plain text")
        done = self.world.run(self.program, "configure")
        self.assertEqual(done.code, 1)
        self.assertIn("because it is a link", done.err)
        self.do(done.err.split(": ")[-1])
        self.run_helper("configure")
        self.assertEqual(self.who(), "u")
        self.is_well()

    def test_tells_of_passwords(self):
        self.auth.write_text(json.dumps({"auths": {"quay.io": {"auth": encoded("u", "p")}}}))
        self.assertIn(f"Passwords still stand in {self.auth}; move them into the store: docker-credential-pass migrate\n",
                      self.run_helper("configure"))


class MigrateCase(PodmanCase):
    def test_not_into_a_keyring_that_podman_does_not_reach(self):
        """For all but root it has a user namespace of its own, and that another kernel keyring."""
        self.auth.write_text(json.dumps({"auths": {"quay.io": {"auth": encoded("u", "p")}}}))
        before = self.auth.read_text()
        self.give_away()
        for option in ((), ("--dry-run",)):
            done = self.world.run("setpriv", *AS_USER, BIN / "docker-credential-keyctl", "migrate", *option)
            self.assertEqual(done.code, 1, done)
            self.assertRegex(done.out, r"(left|leave) +quay.io \(u\): podman asks in a user namespace of its own")
        self.assertEqual(self.auth.read_text(), before)

    def test_nothing_to_move(self):
        told = self.run_helper("migrate")
        self.assertEqual(told, "No passwords in plain text in podman's files\n"
                               "To let podman keep its logins here: docker-credential-pass configure --containers\n")
        self.do(told.splitlines()[1].split(": ")[1])
        self.assertEqual(self.run_helper("migrate"), "No passwords in plain text in podman's files\n")

    def test_with_registries_conf_auth_json_need_name_nobody(self):
        self.run_helper("configure")
        self.auth.write_text(json.dumps({"auths": {"quay.io": {"auth": encoded("u", "p")}}}))
        self.assertEqual(self.who(), "", "podman asks the helper only")
        self.do(self.the_problem("passwords", f"a password stands in {self.auth}")[0])
        self.assertEqual(self.who(), "u")
        self.assertEqual(json.loads(self.auth.read_text()), {"auths": {"quay.io": {}}})
        self.is_well()

    def test_another_helper_is_asked(self):
        self.program_on_path("docker-credential-other")
        self.conf('credential-helpers = ["other"]\n')
        self.auth.write_text(json.dumps({"auths": {"quay.io": {"auth": encoded("u", "p")}}}))
        told = self.run_helper("migrate", code=1)
        self.assertIn("docker-credential-other is asked for it, and not this file: take it out of the file, or take over "
                      "with: docker-credential-pass configure --containers\n", told)
        self.run_helper("configure", "--containers")
        self.run_helper("migrate")
        self.assertEqual(self.who(), "u")


if __name__ == "__main__":
    main()
