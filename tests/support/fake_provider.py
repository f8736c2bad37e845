"""A Secret Service that misbehaves on purpose, for what no real one can be made to do.

Debian package: python3-jeepney."""
import threading

from jeepney import HeaderFields, MessageType, message_bus, new_error, new_method_return, new_signal
from jeepney.io.blocking import open_dbus_connection
from jeepney.low_level import MessageFlag
from jeepney.wrappers import DBusAddress
from secretservice_world import NAME, PROMPT

ITEM_PATH = "/org/freedesktop/secrets/collection/fake/1"
COLLECTION_PATH = "/org/freedesktop/secrets/collection/fake"
PROMPT_PATH = "/org/freedesktop/secrets/prompt/1"
SESSION_PATH = "/org/freedesktop/secrets/session/1"


class Refusal:
    """An error reply."""

    def __init__(self, name, text="refused on purpose"):
        self.name = name if "." in name else f"org.freedesktop.Secret.Error.{name}"
        self.text = text


class Completed:
    """A reply to Prompt, followed by the signal that the prompt has ended."""

    def __init__(self, signature, body):
        self.signature, self.body = signature, body


SILENCE = object()  # no reply at all


def item(**changes):
    """What GetAll answers for an item."""
    properties = {"Locked": ("b", False), "Created": ("t", 1), "Modified": ("t", 1), "Label": ("s", "x"),
                  "Attributes": ("a{ss}", {"server": "r.example", "username": "alice", "docker_cli": "1",
                                           "xdg:schema": "io.docker.Credentials"})}
    return "a{sv}", ({**properties, **changes},)


def plain_only(body):
    return ("vo", (("s", ""), SESSION_PATH)) if body[0] == "plain" else Refusal("org.freedesktop.DBus.Error.Failed")


# A provider with one unlocked item that can be read. Values are (signature, body) or a function from the call's body.
GOOD = {
    "SearchItems": ("aoao", ([ITEM_PATH], [])),
    "GetAll": item(),
    "Get": lambda body: ("v", (("b", False),)) if body[1] == "Locked" else ("v", (item()[1][0][body[1]],)),
    "OpenSession": plain_only,
    "GetSecret": ("(oayays)", ((SESSION_PATH, b"", b"wonder", "text/plain"),)),
    "ReadAlias": ("o", (COLLECTION_PATH,)),
    "Unlock": ("aoo", ([], PROMPT_PATH)),
    "CreateItem": ("oo", (ITEM_PATH, "/")),
    "Delete": ("o", ("/",)),
    "Prompt": ("", ()),
    "Dismiss": ("", ()),
    "Ping": ("", ()),
}


class FakeProvider:
    """Owns org.freedesktop.secrets on a bus and answers by method name from `GOOD`, changed by `changes`. `calls` is
    what it was asked: (method, path, body)."""

    def __init__(self, address, **changes):
        self.answers = {**GOOD, **changes}
        self.calls = []
        self.connection = open_dbus_connection(address)
        self.connection.send_and_get_reply(message_bus.RequestName(NAME), timeout=30)
        self.stopping = False
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def close(self):
        self.stopping = True
        self.thread.join()
        self.connection.close()

    def called(self, method):
        return [call for call in self.calls if call[0] == method]

    def serve(self):
        while not self.stopping:
            try:
                message = self.connection.receive(timeout=0.05)
            except TimeoutError:
                continue
            if message.header.message_type == MessageType.method_call:
                self.answer(message)

    def answer(self, message):
        fields = message.header.fields
        method, path = fields[HeaderFields.member], fields[HeaderFields.path]
        self.calls.append((method, path, message.body))
        answer = self.answers.get(method, Refusal("org.freedesktop.DBus.Error.UnknownMethod"))
        if callable(answer):
            answer = answer(message.body)
        if answer is SILENCE or message.header.flags & MessageFlag.no_reply_expected:
            return
        if isinstance(answer, Refusal):
            self.connection.send(new_error(message, answer.name, "s", (answer.text,)))
        elif isinstance(answer, Completed):
            self.connection.send(new_method_return(message))
            self.connection.send(new_signal(DBusAddress(path, interface=PROMPT), "Completed", answer.signature,
                                            answer.body))
        else:
            self.connection.send(new_method_return(message, *answer))
