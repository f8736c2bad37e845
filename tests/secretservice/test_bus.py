"""What can be wrong between us and the keyring: the session bus and the start of the provider. Every case ends in time,
with its own sentence, and is never taken for "not found"."""
import os
import re
import signal
import socket
import threading
import unittest

import sandbox
from secretservice_world import ACTIONS, NAME, SecretServiceCase, SecretServiceWorld, login

NO_BUS = "no D-Bus session bus in this session, so no keyring can be reached"
NO_SERVICE = "no keyring service runs in this session, and none is installed that could be started"
STUCK = "GNOME Keyring does not respond"


class NoBus(SecretServiceCase):
    def make_world(self):
        return SecretServiceWorld(bus=False)

    def test_no_address(self):
        self.assert_every_action_fails(NO_BUS, "docker-credential-secretservice doctor --all")

    def test_empty_address_is_none(self):
        self.assert_every_action_fails(NO_BUS, env={"DBUS_SESSION_BUS_ADDRESS": ""})

    def test_no_bus_is_started_for_a_display(self):
        folder = self.world.root / "bin"
        folder.mkdir()
        (folder / "dbus-launch").write_text(f"#!/bin/sh\ntouch {self.world.root}/launched\nexit 1\n")
        (folder / "dbus-launch").chmod(0o755)
        env = {"DISPLAY": ":99", "PATH": f"{folder}:{self.world.env['PATH']}"}
        self.assert_every_action_fails(NO_BUS, env=env)
        self.assert_every_action_fails("DBUS_SESSION_BUS_ADDRESS asks to start a new session bus, which has no keyring",
                                       env={**env, "DBUS_SESSION_BUS_ADDRESS": "autolaunch:"})
        self.assertFalse((self.world.root / "launched").exists())

    @unittest.skipUnless(os.getuid() == 0, "needs to be root, as under sudo")
    def test_sudo_is_recognised(self):
        self.assert_every_action_fails(NO_BUS, "Run it without sudo", env={"SUDO_USER": "alice"})

    def test_garbage(self):
        for address in ["garbage", "disabled:", "tcp:host", "unix:"]:
            with self.subTest(address):
                self.assert_every_action_fails(f"DBUS_SESSION_BUS_ADDRESS is not the address of a bus: {address}",
                                               env={"DBUS_SESSION_BUS_ADDRESS": address})

    def test_socket_that_is_gone(self):
        address = f"unix:path={self.world.root}/gone"
        self.assert_every_action_fails(f"the D-Bus session bus at {address} cannot be reached: Could not connect: "
                                       "No such file or directory", env={"DBUS_SESSION_BUS_ADDRESS": address})

    def test_socket_that_nobody_listens_on(self):
        path = f"{self.world.root}/dead"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.close()
        address = f"unix:path={path}"
        self.assert_every_action_fails(f"the D-Bus session bus at {address} cannot be reached: Could not connect: "
                                       "Connection refused", env={"DBUS_SESSION_BUS_ADDRESS": address})

    def test_socket_that_never_answers(self):
        path = f"{self.world.root}/mute"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            self.assert_fails(self.helper("get", "r.example", env={"DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"}),
                              f"the D-Bus session bus at unix:path={path} does not answer (waited 3 s)")

    def test_socket_of_another_program(self):
        path = f"{self.world.root}/other"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()

            def answer():
                connection, _ = listener.accept()
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.close()
            threading.Thread(target=answer, daemon=True).start()
            done = self.helper("get", "r.example", env={"DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"})
        self.assertEqual((done.code, done.out.count("\n")), (1, 1), done)
        self.assertIn(f"the D-Bus session bus at unix:path={path} cannot be reached: ", done.out)


class FoundBus(SecretServiceCase):
    def test_socket_of_the_session_is_found_without_the_variable(self):
        self.store()
        self.assertEqual(self.get(env={"DBUS_SESSION_BUS_ADDRESS": ""}), ("alice", "wonder"))

    def test_runtime_folder_with_odd_letters(self):
        odd = self.world.root / "a b%,;ü"
        odd.symlink_to(self.world.root / "run")
        self.store()
        env = {"DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": str(odd)}
        self.assertEqual(self.get(env=env), ("alice", "wonder"))


class NoProvider(SecretServiceCase):
    def make_world(self):
        return SecretServiceWorld(provider=None)

    def service(self, executable):
        (self.world.services / f"{NAME}.service").write_text(f"[D-BUS Service]\nName={NAME}\nExec={executable}\n")
        self.world.client.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig",
                               destination="org.freedesktop.DBus")

    def test_none_installed(self):
        self.assert_every_action_fails(NO_SERVICE, "sudo apt install gnome-keyring")

    def test_its_program_is_missing(self):
        self.service("/nowhere/keyring")
        for action, request in ACTIONS:
            done = self.helper(action, request)
            self.assertEqual(done.code, 1, done)
            self.assertTrue(done.out.startswith("the keyring service could not be started: "), done)
            self.assertIn("No such file or directory", done.out)
            self.assertIn("journalctl --user", done.err)

    def test_its_program_fails(self):
        self.service("/bin/false")
        done = self.helper("get", "r.example")
        self.assertEqual(done.code, 1, done)
        self.assertTrue(done.out.startswith("the keyring service could not be started: "), done)

    def test_its_program_never_takes_the_name(self):
        self.service("/bin/sleep 30")
        self.assert_fails(self.helper("get", "r.example"),
                          "the keyring service was started but is not ready after 10 s", "journalctl", within=22)

    def test_installed_one_is_started(self):
        # Starts without a password, so that there is a keyring but no default collection: enough to be asked.
        self.service(f"/usr/bin/gnome-keyring-daemon --foreground --components=secrets "
                     f"--control-directory={self.world.root}/run/keyring")
        self.assert_absent()
        self.assertTrue(self.world.client.name_has_owner())


class Trouble(SecretServiceCase):
    """The provider or the bus fails while we use it."""

    def assert_all_fail_in_mid_call(self, harm, message):
        """Lets every action send its first call to a stopped provider, then does `harm`."""
        os.kill(self.world.keyring.pid, signal.SIGSTOP)
        processes = [self.begin(action, request, DOCKER_CREDENTIAL_LOG="debug") for action, request in ACTIONS]
        for process in processes:
            while not re.match(rb"debug: (SearchItems|ReadAlias) ", process.stderr.readline()):
                self.assertIsNone(process.poll())
        harm()
        for process in processes:
            code, out, err = self.end(process)
            self.assertEqual((code, out), (1, message + "\n"))
            self.assertIn(message, err)

    def test_stopped_provider(self):
        self.store()
        os.kill(self.world.keyring.pid, signal.SIGSTOP)
        processes = [self.begin(action, request) for action, request in ACTIONS]
        for process in processes:
            code, out, err = self.end(process, timeout=22)
            self.assertEqual((code, out), (1, STUCK + "\n"))
            self.assertIn("stopped or stuck", err)
        os.kill(self.world.keyring.pid, signal.SIGCONT)
        self.assertEqual(self.get(), ("alice", "wonder"))

    def test_provider_killed_in_mid_call(self):
        self.assert_all_fail_in_mid_call(lambda: os.kill(self.world.keyring.pid, signal.SIGKILL),
                                         "the keyring service stopped before it had answered")

    def test_bus_killed_in_mid_call(self):
        self.assert_all_fail_in_mid_call(lambda: os.kill(self.world.dbus.pid, signal.SIGKILL),
                                         "the D-Bus session bus went away")

    def test_stopped_bus(self):
        os.kill(self.world.dbus.pid, signal.SIGSTOP)
        done = self.helper("get", "r.example")
        self.assertEqual(done.code, 1, done)
        self.assertIn("the D-Bus session bus at ", done.out)
        self.assertLess(done.seconds, 20)

    def test_parallel_calls_leave_the_provider_alone(self):
        self.store()
        pid = self.world.client.provider_pid()
        script = ('seq 500 | xargs -P 8 -I{} sh -c \'printf r.example | docker-credential-secretservice get\' '
                  '| sort | uniq -c')
        done = self.world.run("sh", "-c", script, timeout=90)
        self.assertEqual((done.code, done.err), (0, ""), done)
        self.assertEqual(done.out.split(maxsplit=1)[0], "500", done)
        self.assertEqual(self.world.client.provider_pid(), pid)

    def test_parallel_stores_of_one_server_leave_one_entry(self):
        payloads = [login(username=f"user{n}", secret=f"secret{n}") for n in range(12)]
        processes = [self.begin("store", payload) for payload in payloads]
        for process in processes:
            self.assertEqual(self.end(process), (0, "", ""))
        username, secret = self.get()
        self.assertEqual(username.removeprefix("user"), secret.removeprefix("secret"))


if __name__ == "__main__":
    sandbox.main()
