"""`doctor` finds what is wrong between Docker and the keyring, says it in the words of `get`, and the command that it
prints mends it: each is run, and the doctor asked again."""
import contextlib
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
import unittest
from shutil import which

import sandbox
from doctor import Report, commands, examine
from other_keyrings import KEEPASSXC_SETTINGS, KeePassXCWorld, KWalletWorld
from screen import ScreenWorld
from secretservice_world import (DEFAULT, HELPER, PASSWORD, SecretServiceCase, SecretServiceWorld, docker_attributes,
                                 login)
from terminal import Terminal
from trouble import reads, trouble

UNLOCK = """bash -c 'IFS= read -rsp "Keyring password: " p; echo >&2; printf %s "$p"' | gnome-keyring-daemon --replace --unlock"""
OLDER = "/usr/bin/docker-credential-secretservice"  # Debian's golang-docker-credential-helpers
LINKS = ["session bus", "keyring service", "encryption", "default keyring", "logins", "round trip"]


def knocks(listener):
    """How often somebody connected since the last time."""
    count = 0
    with contextlib.suppress(BlockingIOError):
        while listener.accept()[0].close() is None:
            count += 1
    return count


class DoctorCase(SecretServiceCase):
    def doctor(self, **options):
        return examine(self.world, HELPER, **options)

    def older(self, number, words, action, request="", **options):
        """The older helper says what docs/trouble.md has in this section."""
        if not os.path.exists(OLDER):
            self.skipTest("golang-docker-credential-helpers is not installed")
        reads(self, number, words, self.world.run(OLDER, action, input=request, **options))

    def problem(self, **options):
        """The one problem there is, which is the last thing that is said."""
        report = self.doctor(**options)
        self.assertEqual([report.checks[-1]], report.of("problem"), report)
        return report.checks[-1]

    def assert_words_of_get(self, problem, **options):
        self.assertEqual(self.helper("get", "r.example", **options).out, problem["finding"] + "\n")

    def assert_well(self, **options):
        report = self.doctor(**options)
        self.assertEqual((report.links, report.of("note"), report.of("problem")), (LINKS, [], []), report)

    def follow(self, check, index=0, typed=b"", **options):
        """Pastes a command of the remedy into a shell."""
        done = self.world.run("bash", "-c", commands(check)[index], input=typed, **options)
        self.assertEqual(done.code, 0, done)
        return done

    def unlock(self, check, password=PASSWORD):
        self.assertEqual(commands(check)[0], UNLOCK)
        self.follow(check, typed=password + b"\n")
        self.world.wait_for(self.world.client.name_has_owner, "the new gnome-keyring")


class AllWell(DoctorCase):
    def test_every_link_and_nothing_left_behind(self):
        self.store()
        before = self.world.client.items()
        self.assert_well()
        self.assertEqual(self.world.client.items(), before)

    def test_text(self):
        done = self.helper("doctor")
        self.assertIn("keyring service: GNOME Keyring runs\n", done.out)

    @trouble(17, "2 logins")
    def test_labels_of_every_release_are_fine(self):
        """0.9 labels an item "Registry credentials for SERVER" and lists the label."""
        client = self.world.client
        client.create_item(docker_attributes("new.example", "alice"), label="Registry credentials for new.example")
        self.older(17, "Registry credentials", "list")
        client.create_item(docker_attributes("old.example", "bob"), label="old.example")
        self.assert_well()
        self.assertEqual(self.list(), {"new.example": "alice", "old.example": "bob"})
        reads(self, 17, '{"new.example"', self.helper("list"))
        self.assertIn("2 logins", [check["finding"] for check in self.doctor().checks])


class NoBus(DoctorCase):
    def make_world(self):
        return SecretServiceWorld(bus=False)

    @trouble(1, "no D-Bus session bus")
    def test_server_without_a_desktop(self):
        self.older(1, "Failed to execute child process", "get", "r.example", env={"DISPLAY": ":99", "PATH": "/nowhere"})
        for env in [{}, {"DISPLAY": ":99"}]:
            found = self.problem(env=env)
            self.assertEqual(found["link"], "session bus")
            self.assert_words_of_get(found, env=env)
        self.assertEqual(commands(found), ["docker-credential-secretservice doctor --all"])
        table = self.follow(found).out.splitlines()
        self.assertNotIn("doctor --all", "\n".join(table), "advice to do what is being done")
        self.assertIn("inside of one; over ssh, log in to the desktop first.", "\n".join(table))
        self.assertEqual(table[-1], "Take keyctl: docker-credential-keyctl configure")
        self.world.run("sh", "-c", table[-1].split(": ")[1])
        config = json.loads((self.world.root / "docker/config.json").read_text())
        self.assertEqual(config, {"credsStore": "keyctl"})
        for helper in ["docker-credential-keyctl", HELPER]:  # nobody uses the second any more
            self.assertTrue(Report(self.world.run(helper, "doctor", "--json")).ok, helper)

    def test_a_store_that_somebody_uses(self):
        """It has to work, whoever keeps the other logins."""
        config = self.world.root / "docker/config.json"
        config.write_text('{"credsStore": "keyctl", "credHelpers": {"r.example": "secretservice"}}')
        self.assertEqual([check["link"] for check in Report(self.world.run(HELPER, "doctor", "--json")).of("problem")],
                         ["session bus"])

    def test_addresses_that_lead_nowhere(self):
        for address in ["garbage", "disabled:", "autolaunch:", f"unix:path={self.world.root}/gone"]:
            with self.subTest(address):
                env = {"DBUS_SESSION_BUS_ADDRESS": address}
                found = self.problem(env=env)
                self.assertEqual(found["link"], "session bus")
                self.assert_words_of_get(found, env=env)

    def test_socket_that_never_answers(self):
        path = f"{self.world.root}/mute"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            listener.setblocking(False)
            self.world.env["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={path}"
            report = self.doctor()
            self.assertIn("does not answer", report.of("problem")[0]["finding"])
            self.assertLess(report.done.seconds, 20)
            self.assertEqual(knocks(listener), 1)
            oauth = examine(self.world, "docker-credential-oauth")
            self.assertIn("does not answer", str(oauth))
            self.assertEqual(knocks(listener), 1, "it asks for the vault once")
            started = time.monotonic()
            terminal = Terminal([HELPER, "doctor", "--all"], self.world.env)
            self.addCleanup(terminal.close)
            terminal.until(r"waiting for docker-credential-secretservice \.\.\.\n")
            self.assertEqual(terminal.finish(), 0, "keyctl works")
            self.assertEqual(knocks(listener), 2, "for the one store, and for what is on top")
        self.assertIn("Take keyctl", terminal.text)
        self.assertLess(time.monotonic() - started, 20)


class StaleAddress(DoctorCase):
    """As over ssh, or in a tmux from before the last login."""

    def inside(self, *argv):
        """Runs where the user's bus is in its usual place."""
        script = ('mount -t tmpfs none /run && mkdir -p /run/user/$(id -u) && ln -s "$0" /run/user/$(id -u)/bus && '
                  'exec "$@"')
        return self.world.run("unshare", "-m", "sh", "-c", script, f"{self.world.root}/run/bus", *argv,
                              env={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"})

    @unittest.skipUnless(os.getuid() == 0, "needs to mount")
    @trouble(8, "cannot be reached")
    def test_the_bus_of_the_desktop_is_named(self):
        doctor = [HELPER, "doctor", "--store", "--json"]
        self.older(8, "Could not connect", "get", "r.example", env={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"})
        [found] = Report(self.inside(*doctor)).of("problem")
        self.assertIn("cannot be reached", found["finding"])
        [command] = commands(found)
        self.assertTrue(command.startswith("export DBUS_SESSION_BUS_ADDRESS="), command)
        mended = Report(self.inside("sh", "-c", f"{command}; {shlex.join(map(str, doctor))}"))
        self.assertEqual((mended.links, mended.of("problem")), (LINKS, []), mended)

    @unittest.skipUnless(os.getuid() == 0, "needs to mount")
    def test_a_bus_that_is_gone_is_not_named(self):
        """Its socket is still there; then nobody listens, or somebody who never answers."""
        os.killpg(self.world.dbus.pid, signal.SIGSTOP)
        for state in ("stopped", "gone"):
            with self.subTest(state):
                [found] = Report(self.inside(HELPER, "doctor", "--store", "--json")).of("problem")
                self.assertIn("cannot be reached", found["finding"])
                self.assertEqual(commands(found), ["docker-credential-secretservice doctor --all"])
            self.world.dbus.kill()
            self.world.dbus.wait(10)

    @unittest.skipUnless(os.getuid() == 0, "needs to be root, as under sudo")
    @trouble(8, "no D-Bus session bus", instead={"usermod": "changes the machine's users: run without sudo"})
    def test_sudo(self):
        """Root has no session bus of the user; without sudo there is nothing to mend."""
        found = self.problem(env={"SUDO_USER": "al ice", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"})
        self.assertIn("Run it without sudo", found["remedy"][0])
        self.assertEqual(commands(found), ["sudo usermod -aG docker 'al ice'"])
        self.problem(env={"SUDO_USER": "alice", "DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": "/nowhere"})
        self.assert_well()


class ActivationCase(DoctorCase):
    def make_world(self):
        return SecretServiceWorld(provider=None)

    def install(self, executable=None):
        """What the package gnome-keyring does for the session bus; or another program in its place."""
        name = "org.freedesktop.secrets.service"
        if executable:
            (self.world.services / name).write_text(
                f"[D-BUS Service]\nName=org.freedesktop.secrets\nExec={executable}\n")
        else:
            shutil.copy(f"/usr/share/dbus-1/services/{name}", self.world.services)
        self.world.client.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig",
                               destination="org.freedesktop.DBus")


class NoProvider(ActivationCase):
    @trouble(1, "no keyring service runs", instead={"apt install": "its file for the bus is put in place",
                                                    "doctor --all": "the other way out; NoBus takes it"})
    def test_from_nothing_installed_to_working(self):
        self.older(1, "GDBus.Error", "get", "r.example")
        self.older(1, "The name org.freedesktop.secrets", "store", login())
        found = self.problem()
        self.assertEqual(found["link"], "keyring service")
        self.assert_words_of_get(found)
        self.assertEqual(commands(found)[0], "sudo apt install gnome-keyring")
        self.install()
        found = self.problem()  # the bus starts it, and it has no keyring yet
        self.assertEqual((found["link"], found["finding"]), ("default keyring", "GNOME Keyring has no default keyring yet"))
        self.unlock(found)
        self.assert_well()

    def test_program_that_cannot_be_started(self):
        for executable in ["/nowhere/keyring", "/bin/false"]:
            with self.subTest(executable):
                self.install(executable)
                found = self.problem()
                self.assertEqual(found["link"], "keyring service")
                self.assert_words_of_get(found)
                self.assertIn("journalctl --user -n 50", "\n".join(found["remedy"]))


class Stuck(ActivationCase):
    @trouble(13, "GNOME Keyring does not respond")
    def test_stopped_provider(self):
        """Ended by the printed command, started again by the bus, unlocked by the next printed command."""
        self.install()
        self.world.start_keyring()
        self.store()
        os.kill(self.world.keyring.pid, signal.SIGSTOP)
        older = self.world.start(OLDER, "list") if os.path.exists(OLDER) else None
        report = self.doctor()
        [found] = report.of("problem")
        self.assertEqual(found["finding"], "GNOME Keyring does not respond")
        self.assertLess(report.done.seconds, 22)
        self.assertIsNone(older and older.poll(), "the older helper waits on")
        self.follow(found)
        self.world.wait_for(lambda: not self.world.client.name_has_owner(), "the stopped one to go")
        self.unlock(self.problem())
        self.assert_well()
        self.assertEqual(self.get(), ("alice", "wonder"))


class Locked(DoctorCase):
    def setUp(self):
        super().setUp()
        self.store()

    @trouble(7, "GNOME Keyring is locked", instead={"doctor --all": "the other way out; NoBus takes it"})
    def test_unlocked_from_a_terminal(self):
        for lock in [self.world.restart_locked, self.world.client.lock]:
            with self.subTest(lock.__name__):
                lock()
                self.older(8, "Cannot create an item", "store", login())
                found = self.problem()
                self.assertEqual((found["link"], found["finding"]), ("default keyring", "GNOME Keyring is locked"))
                self.assertTrue(self.helper("get", "r.example").out.startswith(found["finding"] + ": "))
                self.unlock(found)
                self.assert_well()
                self.assertEqual(self.get(), ("alice", "wonder"))

    def test_what_the_keyring_says_stands_below_the_question(self):
        """The Enter that ends a hidden password moves no cursor."""
        self.world.restart_locked()
        terminal = Terminal(["bash", "-c", UNLOCK], self.world.env)
        self.addCleanup(terminal.close)
        terminal.until("Keyring password: ")
        terminal.type_hidden(PASSWORD + b"\r")
        self.assertEqual(terminal.finish(), 0, terminal.text)
        question, _, said = terminal.plain.partition("\n")
        self.assertEqual(question, "Keyring password: ")
        self.assertTrue(said.strip(), "the keyring's daemon says where it is")

    def test_what_the_older_helper_makes_of_it(self):
        self.world.client.lock()
        self.older(7, "fatal error", "get", "r.example")
        self.world.restart_locked()
        self.older(7, "credentials not found", "get", "r.example")
        self.older(17, "account not defined", "list")

    def test_nothing_is_unlocked_by_looking(self):
        self.world.client.lock()
        self.problem()
        self.assertTrue(self.world.client.get(DEFAULT, "org.freedesktop.Secret.Collection", "Locked"))

    def test_wrong_password_leaves_it_locked(self):
        self.world.restart_locked()
        found = self.problem()
        self.world.run("bash", "-c", commands(found)[0], input=b"wrong\n")
        self.world.wait_for(self.world.client.name_has_owner, "the new gnome-keyring")
        self.assertEqual(self.problem()["finding"], found["finding"])

    def test_login_in_another_keyring(self):
        client = self.world.client
        work = client.create_collection("work")
        client.create_item(docker_attributes("w.example", "bob"), b"b", collection=work)
        client.items(server="w.example")  # a changed file would be read again when locked, and hide its names
        client.lock(work)
        report = self.doctor()
        [found] = report.of("problem")
        self.assertEqual(found["finding"], "GNOME Keyring keeps the login of w.example locked")
        self.assertEqual(commands(found), ["docker login 'w.example'"])
        self.store("w.example", "bob", "new")  # what that does
        # GNOME Keyring may read a changed file again at any time; a locked keyring hides its names from then on.
        self.assertNotIn("keeps the login", str(self.doctor()))
        self.assertEqual(self.get("w.example"), ("bob", "new"))

    def test_names_that_are_hidden(self):
        client = self.world.client
        client.create_item(docker_attributes("w.example", "bob"), b"b", collection=client.create_collection("work"))
        self.world.restart_locked()
        self.world.client.unlock()
        [found] = self.doctor().of("problem")
        self.assertEqual(self.helper("list").out, found["finding"] + "\n")
        self.assertIn("seahorse", found["remedy"][0])
        [work] = [path for path in self.world.client.get("/org/freedesktop/secrets", "org.freedesktop.Secret.Service",
                                                         "Collections") if path.endswith("/work")]
        self.world.client.unlock(work)
        self.assert_well()


class LockedBeforeAScreen(DoctorCase):
    def make_world(self):
        return ScreenWorld()

    def begin_doctor(self):
        process = subprocess.Popen([HELPER, "doctor", "--store", "--json"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.world.env)
        self.addCleanup(process.kill)
        return process

    def test_a_note_because_the_dialog_can_be_answered(self):
        self.world.client.lock()
        process = self.begin_doctor()
        self.world.type_password()
        report = Report(sandbox.Done(*self.raw(process)))
        [note] = report.of("note")
        self.assertEqual(note["finding"], "GNOME Keyring is locked")
        self.assertIn("seahorse", note["remedy"][0])
        self.assertEqual(report.of("problem"), [])
        self.assert_well()

    def test_dismissed(self):
        self.world.client.lock()
        process = self.begin_doctor()
        self.world.press("Escape")
        report = Report(sandbox.Done(*self.raw(process)))
        self.assertEqual([check["link"] for check in report.of("problem")], ["round trip"])

    def raw(self, process):
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err, 0


class SeveralLogins(DoctorCase):
    def test_the_printed_command_keeps_the_one_that_is_used(self):
        server = "https://r.example/v1/'x y'"
        client = self.world.client
        for user in ["alice", "bob"]:
            client.create_item(docker_attributes(server, user), user.encode())
        self.store("other.example")
        answered = self.get(server)
        report = self.doctor()
        [note] = report.of("note")
        self.assertTrue(report.ok)
        self.assertEqual(note["finding"], f"{server} has 2 logins; the newest is used, that of {answered[0]}")
        self.follow(note)
        self.assert_well()
        self.assertEqual(self.get(server), answered)
        [item] = client.items(server=server)
        self.assertEqual(item["attributes"]["username"], answered[0])
        self.assertEqual(self.get("other.example"), ("alice", "wonder"))

    @trouble(16, "logins: r.example has 2 logins")
    def test_of_the_older_helper(self):
        for user in ["alice", "bob"]:
            self.world.run(OLDER, "store", input=login(username=user, secret=f"of {user}"))
        [note] = self.doctor().of("note")
        self.follow(note)
        self.assert_well()
        self.assertEqual(self.get(), ("bob", "of bob"))


@unittest.skipUnless(which("keepassxc"), "needs Debian's keepassxc")
class KeePassXC(DoctorCase):
    def make_world(self):
        return KeePassXCWorld(confirm_access=True)

    def restart(self, enabled="true", **options):
        self.world.kill_keepassxc()
        ini = self.world.root / "keepassxc.ini"
        settings = KEEPASSXC_SETTINGS.format(confirm_delete="false", confirm_access="false")
        ini.write_text(settings.replace("Enabled=true", f"Enabled={enabled}"))
        self.world.start_keepassxc(**options)

    @trouble(14, "KeePassXC runs", instead={"Turn it on": "in its settings, here in their file"})
    def test_secret_service_that_is_turned_off(self):
        self.restart(enabled="false", open=True, name="org.keepassxc.KeePassXC.MainWindow")
        found = self.problem()
        self.assertEqual((found["link"], found["finding"]),
                         ("keyring service", "KeePassXC runs, but its Secret Service is turned off"))
        self.assert_words_of_get(found)
        self.restart(open=True)
        self.assert_well()

    @trouble(14, "KeePassXC keeps", instead={"": "in its settings, here in their file"})
    def test_confirmation_of_each_access(self):
        servers = ["a.example", "r.example"]
        for server in servers:
            self.world.client.create_item(docker_attributes(server, "bob"), b"b", label=server)
        found = self.problem()
        self.assertEqual(found["finding"], "KeePassXC keeps the login of a.example and 1 other locked")
        self.assertIn("Confirm when passwords are retrieved by clients", "\n".join(found["remedy"]))
        self.world.wait_for(lambda: self.saved() == servers, "the saved database")
        self.restart(open=True)  # with that turned off
        self.assert_well()
        self.assertEqual(self.get(), ("bob", "b"))

    def saved(self):
        return sorted(self.world.run("keepassxc-cli", "ls", self.world.root / "db.kdbx", input="pw\n").out.split())

    @trouble(14, "KeePassXC is locked", instead={"Open the window": "here it is started open"})
    def test_locked_database_is_neither_searched_nor_opened(self):
        self.restart(open=False)
        report = self.doctor()
        [found] = report.of("problem")
        self.assertEqual((found["link"], found["finding"]), ("default keyring", "KeePassXC is locked"))
        self.assertIn("unlock the database", found["remedy"][0])
        self.assertLess(report.done.seconds, 20)  # a person would have 60 for its window
        self.restart(open=True)
        self.assert_well()


@unittest.skipUnless(which("keepassxc"), "needs Debian's keepassxc")
class KeePassXCOnAScreen(DoctorCase):
    def make_world(self):
        return KeePassXCWorld(open=False, screen=True)

    def test_a_locked_database_is_a_note_and_opens_no_window_by_looking(self):
        report = self.doctor(env={"DOCKER_CREDENTIAL_TIMEOUT": "1"})
        [note] = report.of("note")
        self.assertEqual(note["finding"], "KeePassXC is locked")
        self.assertEqual([check["link"] for check in report.of("problem")], ["round trip"])


@unittest.skipUnless(which("kwalletd5"), "needs Debian's libkf5wallet-bin")
class KWallet(DoctorCase):
    def make_world(self):
        return KWalletWorld()

    def test_open_wallet(self):
        self.store()
        self.assert_well()

    @trouble(14, "KWallet runs")
    def test_secret_service_that_is_turned_off(self):
        settings = self.world.root / "config/kwalletrc"
        self.world.stop_kwallet()
        settings.write_text(settings.read_text().replace("apiEnabled=true", "apiEnabled=false"))
        self.world.start_kwallet("org.kde.kwalletd5")
        self.older(14, "The name org.freedesktop.secrets", "store", login())
        found = self.problem()
        self.assertEqual((found["link"], found["finding"]),
                         ("keyring service", "KWallet runs, but its Secret Service is turned off"))
        self.assert_words_of_get(found)
        self.follow(found)
        self.world.stop_kwallet()
        self.world.start_kwallet()  # by the next login to the desktop
        self.world.wait_for(self.world.has_default, "the wallet's collection")
        self.assert_well()

    def test_closed_wallet(self):
        done = self.world.client.call("/modules/kwalletd5", "org.kde.KWallet", "close", "sb", ("kdewallet", True),
                                      destination="org.kde.kwalletd5")
        self.assertEqual(done[0], 0)
        found = self.problem()
        self.assertEqual(found["finding"], "KWallet is locked")
        self.assertIn("kwalletmanager5", found["remedy"][0])


@unittest.skipUnless(which("kwalletd5"), "needs Debian's libkf5wallet-bin")
class KWalletWithoutEncryption(DoctorCase):
    def make_world(self):
        return KWalletWorld(encryption=False)

    def test_names_the_package_and_goes_on(self):
        report = self.doctor()
        [note] = report.of("note")
        self.assertEqual(note["link"], "encryption")
        self.assertEqual(commands(note), ["sudo apt install libqca-qt5-2-plugins"])
        self.assertEqual((report.links, report.of("problem")), (LINKS, []))


if __name__ == "__main__":
    sandbox.main()
