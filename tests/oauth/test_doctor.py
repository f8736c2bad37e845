"""`doctor` of the oauth helper: what it finds without the network, in the words of `get`, and that the command which it
prints mends it."""
import json
import os
import re
import shutil

from client_case import AS_USER, ClientCase
from doctor import Report, check_shells, commands
from oauth_world import HELPER, OauthMixin, OauthWorld
from sandbox import BIN, SandboxCase, main
from secretservice_world import OLD_HELPER, PASSWORD, SecretServiceWorld

NOBODY = "127.0.0.1:9"  # a registry that is not there, which a login survives
LINKS = ["network half", "configuration", "vault", "login", "round trip"]


class DoctorCase(SandboxCase):
    def make_world(self):
        world = OauthWorld()
        world.host = NOBODY
        return world

    def setUp(self):
        super().setUp()
        self.provider = self.world.start_provider()
        self.world.configure_oauth()
        self.world.oauth("configure")

    def doctor(self, *prefix, program=HELPER):
        """The report, without what the vault says about being in a user namespace, where the world keeps it."""
        report = Report(self.world.run(*prefix, program, "doctor", "--store", "--json"))
        report.checks = [check for check in report.checks if "of this user namespace only" not in check["finding"]]
        return report

    def only(self, state):
        """The one note or problem there is."""
        report = self.doctor()
        odd = report.of("note") + report.of("problem")
        self.assertEqual([check["state"] for check in odd], [state], report)
        return odd[0]

    def assert_well(self):
        report = self.doctor()
        self.assertEqual((report.links, report.of("note"), report.of("problem")), (LINKS, [], []), report)
        return report

    def follow(self, check, **options):
        [command] = commands(check)
        done = self.world.run("bash", "-c", command, **options)
        self.assertEqual(done.code, 0, done)

    def log_in(self, check, **env):
        """Runs the printed login, approved at the provider."""
        [command] = commands(check)
        running = self.world.spawn("sh", "-c", f"{command} --json", env=env)
        self.provider.approve(running.event("verification")["user_code"])
        done = running.finish()
        self.assertEqual(done.code, 0, done)

    def assert_words_of_get(self, problem):
        self.assertEqual(self.world.get().out, problem["finding"] + "\n")

    def assert_login_mends(self, finding):
        """There is one problem, which `get` tells in the same words, and the login that it prints mends it."""
        problem = self.only("problem")
        self.assert_words_of_get(problem)
        self.assertIn(finding, problem["finding"])
        self.assertEqual("round trip", self.doctor().links[-1], "one login that is over does not keep others away")
        self.log_in(problem)
        self.assert_well()


class LoginTest(DoctorCase):
    def test_all_well_is_said_offline_and_without_secrets(self):
        session = self.world.make_session()
        self.provider.stop()
        report = self.doctor("unshare", "-n")
        self.assertEqual((report.links, report.of("note"), report.of("problem")), (LINKS, [], []), report)
        [login] = [check["finding"] for check in report.checks if check["link"] == "login"]
        [rules] = [check["finding"] for check in report.checks if check["link"] == "configuration"]
        self.assertEqual(f"it has rules for {NOBODY}; yours are in {self.world.oauth_config}", rules)
        self.assertRegex(login, rf"^{NOBODY}: alice; credential good until .*, in \d+ minutes$")
        for name in ("access_token", "refresh_token", "id_token"):
            self.assertNotIn(session[name], report.done.out)

    def test_nobody_logged_in(self):
        note = self.only("note")
        self.assertEqual((note["finding"], commands(note)),
                         (f"nobody is logged in to {NOBODY}", [f"docker-credential-oauth login {NOBODY}"]))
        self.log_in(note)
        self.assert_well()

    def test_ended_by_the_provider(self):
        self.world.make_session()
        self.world.write_session({**self.world.session(), "dead": "the provider has revoked it", "minted": []})
        self.assert_login_mends("revoked")

    def test_other_client_than_the_rule_names(self):
        self.world.make_session(client_id="former", minted=[], expires=1)
        self.assert_login_mends("another provider or client")

    def test_expired_with_nothing_to_renew_it(self):
        self.world.make_session(refresh_token="")
        self.assert_well()
        self.world.age_session()
        self.assert_login_mends("gave nothing to renew it with")

    def test_renewal_whose_answer_was_lost(self):
        self.world.make_session(refresh_sent=1)
        self.world.age_session()
        self.assert_login_mends("not known whether the provider spent the refresh token")

    def test_expired_but_renewable_is_well(self):
        self.world.make_session()
        self.world.age_session()
        report = self.assert_well()
        self.assertIn("a new one is made when it is needed", report.checks[3]["finding"])
        self.assertEqual(self.provider.count()["connections"], 0)

    def test_damaged(self):
        self.world.write_session({"version": 1})
        problem = self.only("problem")
        self.assertIn("is incomplete", problem["finding"])
        self.log_in(problem)
        self.assert_well()

    def test_clock_that_is_behind(self):
        self.world.make_session()
        self.world.age_session(-7200)
        note = self.only("note")
        self.assertEqual((note["link"], note["finding"]),
                         ("clock", f"the login to {NOBODY} was made in 2 hours, so the clock of this machine is behind"))
        self.assertEqual(commands(note), ["sudo timedatectl set-ntp true"])
        self.world.age_session(7200)  # what a right clock sees
        self.assert_well()


class ConfigurationTest(DoctorCase):
    def test_first_login(self):
        self.world.oauth_config.unlink()
        note = self.only("note")
        self.assertEqual(note["finding"], "no registry is configured yet")
        [command] = note["remedy"] = [
            commands(note)[0].replace("REGISTRY", NOBODY).replace("URL", self.provider.issuer).replace("ID", "cli")]
        self.assertIn("--client-id cli", command)
        self.log_in(note, SSL_CERT_FILE=str(self.world.authority.ca))
        self.assert_well()

    def test_mistakes_have_line_and_column(self):
        self.world.make_session()
        good = self.world.oauth_config.read_text()
        self.world.oauth_config.write_text(good.replace('"client_id"', '"clientid"'))
        problem = self.only("problem")
        check = self.world.oauth("config", "check")
        self.assertEqual((problem["link"], check.out), ("configuration", problem["finding"] + "\n"))
        self.assertRegex(problem["finding"], rf"^{self.world.oauth_config}:\d+:\d+: ")
        [word] = re.findall('did you mean "(.*)"', problem["remedy"][0])
        self.world.oauth_config.write_text(good.replace('"clientid"', f'"{word}"'))
        self.assert_well()

    def test_plain_http_is_a_problem_and_on_this_machine_a_note(self):
        self.world.make_session()
        good = self.world.oauth_config.read_text()
        self.world.oauth_config.write_text(good.replace("https://", "http://"))
        self.assertIn("https", self.only("problem")["finding"])
        self.world.configure_oauth({NOBODY: self.world.rule(allow_http_loopback=True)})
        note = self.only("note")
        self.assertIn("meant for tests", note["finding"])
        self.assertIn(str(self.world.oauth_config), note["remedy"][0])
        self.world.configure_oauth({NOBODY: self.world.rule()})
        self.assert_well()

    def test_file_that_others_can_write(self):
        self.world.make_session()
        self.world.oauth_config.chmod(0o666)
        self.follow(self.only("problem"))
        self.assert_well()

    def test_network_half_is_missing(self):
        self.world.make_session()
        alone = self.world.root / "alone"
        alone.mkdir()
        helper = shutil.copy(HELPER, alone)
        problem = self.doctor(program=helper).of("problem")
        self.assertEqual([check["link"] for check in problem], ["network half"])
        shutil.copy(BIN / "docker-credential-oauth-net", alone)
        self.assertEqual(self.doctor(program=helper).links, LINKS)


class DockerTest(DoctorCase):
    def setUp(self):
        super().setUp()
        self.world.make_session()
        self.config = self.world.root / "docker/config.json"

    def test_nobody_is_asked(self):
        self.config.unlink()
        note = self.only("note")
        self.assertEqual(note["finding"], f"Docker asks no helper for {NOBODY}")
        self.follow(note)
        self.assertEqual(json.loads(self.config.read_text())["credHelpers"], {NOBODY: "oauth"})
        self.assert_well()

    def test_another_helper_is_asked(self):
        for text in ({"credsStore": "pass"}, {"credsStore": "oauth", "credHelpers": {NOBODY: "pass"}}):
            with self.subTest(text):
                self.config.write_text(json.dumps(text))
                note = self.only("note")
                self.assertEqual(note["finding"], f"Docker asks docker-credential-pass for {NOBODY}")
                self.follow(note)
                self.assert_well()

    def test_docker_hub_has_a_name_of_its_own_in_that_file(self):
        self.world.host = "docker.io"
        self.world.configure_oauth({"docker.io": self.world.rule()})
        self.world.make_session()
        self.config.write_text("{}")
        note = self.only("note")
        self.assertEqual(note["finding"], "Docker asks no helper for docker.io")
        self.follow(note)
        self.assertEqual(json.loads(self.config.read_text())["credHelpers"], {"https://index.docker.io/v1/": "oauth"})
        self.assert_well()


class VaultTest(DoctorCase):
    def vault_line(self):
        return self.doctor().checks[2]["finding"]

    def test_which_and_why(self):
        self.assertEqual(self.vault_line(), "docker-credential-keyctl, as configured")
        self.world.configure_oauth(vault=None)
        self.assertRegex(self.vault_line(), "^docker-credential-keyctl, the first that works \\(secretservice: .*no D-Bus "
                                            "session bus.*; pass: there is no password store yet\\)$")

    def test_not_installed(self):
        self.world.configure_oauth(vault="nosuch")
        problem = self.only("problem")
        self.assertEqual(problem["link"], "vault")
        self.assertIn("docker-credential-nosuch is not installed", problem["finding"])

    def test_stranger_without_a_doctor_is_asked_for_its_list(self):
        folder = self.world.root / "stubs"
        folder.mkdir()
        (folder / "docker-credential-old").symlink_to(OLD_HELPER)
        self.world.env["PATH"] = f"{folder}:{self.world.env['PATH']}"
        self.world.configure_oauth(vault="old")
        problem = self.only("problem")
        self.assertTrue(problem["finding"].startswith("docker-credential-old: "), problem)
        (folder / "docker-credential-old").unlink()
        (folder / "docker-credential-old").write_text("#!/bin/sh\nexec docker-credential-keyctl list\n")
        (folder / "docker-credential-old").chmod(0o755)
        self.assertEqual(self.vault_line(), "docker-credential-old, as configured")


class PlaceOfTheChoiceTest(ClientCase):
    """The first login of docker login is refused when nobody can write down which vault has it: doctor foresees that."""
    program = "docker-credential-oauth"
    request = '{"ServerURL":"r.example","Username":"alice","Secret":"pw"}'

    def setUp(self):
        super().setUp()
        if os.getuid() != 0:
            self.skipTest("needs root to be another user")
        self.folder = self.world.home / ".config/docker-credential-oauth"
        self.folder.mkdir(parents=True)
        self.world.env["XDG_CONFIG_HOME"] = str(self.folder.parent)
        self.write(credsStore="oauth")
        self.give_away()

    def store(self):
        return self.world.run("setpriv", *AS_USER, HELPER, "store", input=self.request)

    def the_refusal(self, state="problem"):
        """What doctor says, and store as well; nothing is stored."""
        [check] = [check for check in self.as_user() if check["link"] == "configuration" and "refused" in check["finding"]]
        check_shells(check)
        self.assertEqual(state, check["state"])
        refused = self.store()
        self.assertEqual(1, refused.code)
        why = check["finding"].partition("which vault has it: ")[2]
        self.assertTrue(why)
        self.assertIn(f"the login was not stored, for it cannot be remembered which vault has it: {why}", refused.out)
        self.assertEqual([], list(self.world.folder.glob("*")))
        return check

    def assert_mended(self):
        self.assertEqual([], [check for check in self.as_user() if check["state"] == "problem"])
        done = self.store()
        self.assertEqual(0, done.code, done)
        self.assertEqual({"vault": "pass"}, json.loads((self.folder / "config.json").read_text()))

    def test_folder_of_root(self):
        """As `sudo docker login` may leave it behind."""
        for path in (self.folder.parent, self.folder):
            os.chown(path, 0, 0)
        self.folder.rmdir()
        [command] = self.the_refusal()["remedy"]
        self.assertEqual(f"sudo chown -R \"$(id -u):$(id -g)\" '{self.folder.parent}'", command)
        self.give_away()  # sudo, which needs a name
        self.assert_mended()

    def test_lock_of_root(self):
        (self.folder / ".lock").touch(0o600)
        [command] = self.the_refusal()["remedy"]
        self.assertEqual(f"sudo chown -R \"$(id -u):$(id -g)\" '{self.folder}/.lock'", command)
        self.give_away()
        self.assert_mended()

    def test_folder_that_cannot_be_written(self):
        self.folder.chmod(0o500)
        [command] = self.the_refusal()["remedy"]
        self.do(command)
        self.assert_mended()

    def test_place_of_the_machine(self):
        self.world.env["XDG_CONFIG_HOME"] = "/etc/xdg"
        system = self.world.root / "system/docker-credential-oauth/config.json"
        system.parent.mkdir(parents=True)
        system.write_text("{}")
        self.world.env["XDG_CONFIG_DIRS"] = str(system.parent.parent)
        self.assertEqual([f'Name the vault for all users of this machine, in {system}: {{"vault": "pass"}}'],
                         self.the_refusal()["remedy"])
        rule = {"registries": {"other.example": {"issuer": "https://id.example", "client_id": "x"}}}
        system.write_text(json.dumps(rule))
        self.write(credsStore="pass", credHelpers={"other.example": "oauth"})  # so nobody stores another login here
        self.the_refusal("note")
        system.write_text(json.dumps({"vault": "pass", **rule}))
        self.assertEqual(0, self.store().code)


class LockedVault(OauthMixin, SecretServiceWorld):
    vault = "secretservice"


class LockedVaultTest(DoctorCase):
    def make_world(self):
        world = LockedVault()
        world.host = NOBODY
        return world

    def test_what_its_own_doctor_says_mends_it(self):
        self.world.make_session()
        self.assert_well()
        self.world.restart_locked()
        problem = self.only("problem")
        self.assertEqual((problem["link"], problem["finding"]),
                         ("vault", "docker-credential-secretservice: GNOME Keyring is locked"))
        done = self.world.run("bash", "-c", commands(problem)[0], input=PASSWORD + b"\n")
        self.assertEqual(done.code, 0, done)
        self.world.wait_for(self.world.client.name_has_owner, "the new gnome-keyring")
        self.assert_well()


if __name__ == "__main__":
    main()
