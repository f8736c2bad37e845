"""A Secret Service of one's own: a private D-Bus daemon with an unlocked gnome-keyring, ready in about 60 ms, and a
small client to look at and change what is stored without the program under test.

Debian packages: dbus, gnome-keyring, python3-jeepney."""
import json
import os
import signal
import subprocess

from jeepney import DBusAddress, MatchRule, MessageType, Properties, message_bus, new_method_call
from jeepney.io.blocking import open_dbus_connection
from sandbox import BIN, Sandbox, SandboxCase

PASSWORD = b"testpw"
HELPER = BIN / "docker-credential-secretservice"
OLD_HELPER = "/usr/bin/docker-credential-secretservice"  # Debian's package golang-docker-credential-helpers, 0.6.4

NOT_FOUND = "credentials not found in native keychain\n"

NAME = "org.freedesktop.secrets"
ROOT = "/org/freedesktop/secrets"
DEFAULT = f"{ROOT}/aliases/default"
SERVICE = "org.freedesktop.Secret.Service"
COLLECTION = "org.freedesktop.Secret.Collection"
ITEM = "org.freedesktop.Secret.Item"
PROMPT = "org.freedesktop.Secret.Prompt"
GUILT_RIDDEN = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"

BUS_CONFIG = """<busconfig>
  <type>session</type>
  <listen>unix:path={root}/run/bus</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{root}/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class DBusFailure(Exception):
    """An error reply: `name` is the D-Bus error name."""

    def __init__(self, reply):
        self.name = reply.header.fields.get(4, "")
        super().__init__(f"{self.name}: {reply.body}")


class SecretsClient:
    """A plain client of the Secret Service with a session of its own. Every call has a time limit."""

    def __init__(self, address, timeout=30):
        self.timeout = timeout
        self.connection = open_dbus_connection(address)
        self.sessions = {}

    def close(self):
        self.connection.close()

    def call(self, path, interface, method, signature=None, body=(), destination=NAME, timeout=None):
        message = new_method_call(DBusAddress(path, destination, interface), method, signature, body)
        reply = self.connection.send_and_get_reply(message, timeout=timeout or self.timeout)
        if reply.header.message_type == MessageType.error:
            raise DBusFailure(reply)
        return reply.body

    def get(self, path, interface, name, timeout=None):
        reply = self.connection.send_and_get_reply(Properties(DBusAddress(path, NAME, interface)).get(name),
                                                   timeout=timeout or self.timeout)
        if reply.header.message_type == MessageType.error:
            raise DBusFailure(reply)
        return reply.body[0][1]

    def set(self, path, interface, name, signature, value):
        reply = self.connection.send_and_get_reply(
            Properties(DBusAddress(path, NAME, interface)).set(name, signature, value), timeout=self.timeout)
        if reply.header.message_type == MessageType.error:
            raise DBusFailure(reply)

    @property
    def session(self):
        owner = self.connection.send_and_get_reply(message_bus.GetNameOwner(NAME), timeout=self.timeout).body[0]
        if owner not in self.sessions:
            self.sessions[owner] = self.call(ROOT, SERVICE, "OpenSession", "sv", ("plain", ("s", "")))[1]
        return self.sessions[owner]

    def perform(self, prompt):
        """Carries out a prompt that needs nobody. Returns whether it was dismissed, and its result."""
        if prompt == "/":
            return False, None
        rule = MatchRule(type="signal", interface=PROMPT, member="Completed", path=prompt)
        self.connection.send_and_get_reply(message_bus.AddMatch(rule), timeout=self.timeout)
        with self.connection.filter(rule) as queue:
            self.call(prompt, PROMPT, "Prompt", "s", ("",))
            dismissed, result = self.connection.recv_until_filtered(queue, timeout=self.timeout).body
        return dismissed, result[1]

    def search(self, **attributes):
        """(unlocked, locked) item paths."""
        return self.call(ROOT, SERVICE, "SearchItems", "a{ss}", (attributes,))

    def items(self, **attributes):
        """What is stored, as a list of dictionaries; secrets of unlocked items only. No attributes mean all items."""
        found = []
        for locked, paths in enumerate(self.search(**attributes)):
            for path in paths:
                item = {"path": path, "locked": bool(locked), "label": self.get(path, ITEM, "Label"),
                        "attributes": self.get(path, ITEM, "Attributes")}
                if not locked:
                    [secret] = self.call(path, ITEM, "GetSecret", "o", (self.session,))
                    item["secret"], item["content_type"] = secret[2:]
                found.append(item)
        return found

    def create_item(self, attributes, secret=b"secret", label="", content_type="text/plain", collection=DEFAULT,
                    replace=False):
        """Stores an item as any other program could. Returns its path."""
        properties = {f"{ITEM}.Label": ("s", label), f"{ITEM}.Attributes": ("a{ss}", attributes)}
        item, prompt = self.call(collection, COLLECTION, "CreateItem", "a{sv}(oayays)b",
                                 (properties, (self.session, b"", secret, content_type), replace))
        if item == "/":
            _, item = self.perform(prompt)
        return item

    def create_collection(self, label, password=PASSWORD):
        """gnome-keyring only: a new unlocked collection, without a dialog. Returns its path."""
        return self.call(ROOT, GUILT_RIDDEN, "CreateWithMasterPassword", "a{sv}(oayays)",
                         ({f"{COLLECTION}.Label": ("s", label)}, (self.session, b"", password, "text/plain")))[0]

    def set_alias(self, name, collection):
        self.call(ROOT, SERVICE, "SetAlias", "so", (name, collection))

    def lock(self, path=DEFAULT):
        """Locks a collection (gnome-keyring: at once, without a dialog)."""
        return self.call(ROOT, SERVICE, "Lock", "ao", ([path],))

    def unlock(self, path=f"{ROOT}/collection/login", password=PASSWORD):
        """gnome-keyring only: unlocks a collection without a dialog."""
        self.call(ROOT, GUILT_RIDDEN, "UnlockWithMasterPassword", "o(oayays)",
                  (path, (self.session, b"", password, "text/plain")))

    def provider_pid(self):
        ask = message_bus.GetConnectionUnixProcessID(NAME)
        return self.connection.send_and_get_reply(ask, timeout=self.timeout).body[0]

    def name_has_owner(self, name=NAME):
        return bool(self.connection.send_and_get_reply(message_bus.NameHasOwner(name), timeout=self.timeout).body[0])


def docker_attributes(server, username, **changes):
    """The attributes that every helper gives its items. A change to None leaves that attribute out."""
    attributes = {"label": "Docker Credentials", "server": server, "username": username, "docker_cli": "1",
                  "xdg:schema": "io.docker.Credentials", **changes}
    return {name: value for name, value in attributes.items() if value is not None}


class SecretServiceWorld(Sandbox):
    """provider: "unlocked" (gnome-keyring with an open default collection), "locked" (the same after a restart: nobody
    has typed the password yet, attributes are hidden), "no-default" (gnome-keyring without any lasting collection), or
    None (a bus with nobody behind the name). `bus=False` starts nothing at all and leaves DBUS_SESSION_BUS_ADDRESS
    unset. There is no DISPLAY and no prompter, so that a prompt of gnome-keyring ends at once as dismissed; see
    prompts.py for a screen with somebody in front of it."""

    def __init__(self, provider="unlocked", bus=True):
        super().__init__()
        self.services = self.root / "services"
        self.services.mkdir()
        self.keyring = None
        self.dbus = None
        self._client = None
        try:
            if bus:
                self.start_bus()
                if provider == "locked":
                    self.start_keyring()
                    self.restart_locked()
                elif provider is not None:
                    self.start_keyring(unlock=provider != "no-default")
        except BaseException:
            self.close()
            raise

    def start_bus(self):
        config = self.root / "bus.conf"
        config.write_text(BUS_CONFIG.format(root=self.root))
        reader, writer = os.pipe()
        self.dbus = self.start("dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile",
                               f"--print-address={writer}", pass_fds=(writer,))
        os.close(writer)
        with os.fdopen(reader) as pipe:
            self.env["DBUS_SESSION_BUS_ADDRESS"] = pipe.readline().strip()

    @property
    def client(self):
        if self._client is None:
            self._client = SecretsClient(self.env["DBUS_SESSION_BUS_ADDRESS"])
        return self._client

    def start_keyring(self, unlock=True, password=PASSWORD):
        argv = ["gnome-keyring-daemon", "--foreground", "--components=secrets",
                f"--control-directory={self.root}/run/keyring"]
        self.keyring = self.start(*argv, *(["--unlock"] if unlock else []), stdin=subprocess.PIPE)
        self.keyring.stdin.write(password if unlock else b"")
        self.keyring.stdin.close()
        self.wait_for(self.client.name_has_owner, "gnome-keyring on the bus")

    def stop_keyring(self):
        os.killpg(self.keyring.pid, signal.SIGTERM)
        self.keyring.wait(10)
        self.wait_for(lambda: not self.client.name_has_owner(), "gnome-keyring to leave the bus")

    def follow_advice(self, password=PASSWORD):
        """What the helper tells people to do about gnome-keyring where there is no screen."""
        done = self.run("gnome-keyring-daemon", "--replace", "--unlock", input=password)
        if done.code != 0:
            raise AssertionError(done)
        self.wait_for(self.client.name_has_owner, "the new gnome-keyring")

    def restart_locked(self):
        """As after a login without the keyring's password: everything is there, locked, with hidden attributes."""
        self.stop_keyring()
        self.start_keyring(unlock=False)

    def helper(self, action, input=b"", **options):
        """Runs the helper under test."""
        return self.run(HELPER, action, input=input, **options)

    def close(self):
        if self._client is not None:
            self._client.close()
            self._client = None
        for process in self.children:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGCONT)  # one that a test has stopped would not see the signal to end
        super().close()


class SecretServiceCase(SandboxCase):
    """A case with an unlocked gnome-keyring in `self.world`, and short words for what the helper should answer."""

    def make_world(self):
        return SecretServiceWorld()

    def helper(self, *args, **options):
        return self.world.helper(*args, **options)

    def begin(self, action, request, **env):
        """Starts the helper without waiting for its end."""
        process = subprocess.Popen([HELPER, action], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={**self.world.env, **env})
        process.stdin.write(request.encode())
        process.stdin.close()
        process.stdin = None
        self.addCleanup(process.kill)
        return process

    def end(self, process, timeout=60):
        """Exit code and texts of what was begun."""
        out, err = process.communicate(timeout=timeout)
        return process.returncode, out.decode(), err.decode()

    def store(self, server="r.example", username="alice", secret="wonder", **options):
        done = self.helper("store", login(server, username, secret), **options)
        self.assertEqual((done.code, done.out, done.err), (0, "", ""), done)

    def get(self, server="r.example", **options):
        """(user name, secret)"""
        done = self.helper("get", server, **options)
        self.assertEqual((done.code, done.err), (0, ""), done)
        answer = json.loads(done.out)
        self.assertEqual(answer["ServerURL"], server)
        return answer["Username"], answer["Secret"]

    def erase(self, server="r.example", **options):
        done = self.helper("erase", server, **options)
        self.assertEqual((done.code, done.out, done.err), (0, "", ""), done)

    def list(self, **options):
        done = self.helper("list", **options)
        self.assertEqual((done.code, done.err), (0, ""), done)
        return json.loads(done.out)

    def assert_absent(self, server="r.example", **options):
        done = self.helper("get", server, **options)
        self.assertEqual((done.code, done.out, done.err), (1, NOT_FOUND, ""), done)

    def assert_fails(self, done, message, *hints, within=20):
        """Exit 1 in time (D-Bus itself would wait 25 s, a person has 60), exactly the line `message` on standard output, and on standard error the same with all of
        `hints`."""
        self.assertEqual((done.code, done.out), (1, message + "\n"), done)
        self.assertTrue(done.err.startswith(f"{HELPER.name}: {message}\n"), done)
        for hint in hints:
            self.assertIn(hint, done.err)
        self.assertLess(done.seconds, within, done)

    def assert_every_action_fails(self, message, *hints, within=20, **options):
        for action, request in ACTIONS:
            with self.subTest(action):
                self.assert_fails(self.helper(action, request, **options), message, *hints, within=within)


def login(server="r.example", username="alice", secret="wonder"):
    return json.dumps({"ServerURL": server, "Username": username, "Secret": secret})


ACTIONS = [("get", "r.example"), ("store", login()), ("erase", "r.example"), ("list", "")]
