"""What every case of the contract stands on: a program, a world with a fresh store, and short words for the actions."""
import json

import worlds  # noqa: F401  (first: it makes tests/support importable)
from sandbox import SandboxCase

NOT_FOUND = "credentials not found in native keychain\n"
NO_SERVER = "no credentials server URL\n"
NO_USERNAME = "no credentials username\n"


def login(server="r.example", user="alice", secret="wonder"):
    """The input of `store`."""
    return json.dumps({"ServerURL": server, "Username": user, "Secret": secret}, ensure_ascii=False)


class Contract(SandboxCase):
    """Subclasses say which program: `helper`, its built-in `name`, its `package` as a regular expression, its `traits`."""
    helper = None
    name = None
    package = "keyberth"
    traits = None

    def make_world(self):
        return self.traits.world()

    def world_prefix(self):
        """What to put before a program that is started without the world's help."""
        return getattr(self.world, "prefix", [])

    def call(self, action, text="", **options):
        return self.world.run(self.helper, action, input=text, **options)

    def store(self, server="r.example", user="alice", secret="wonder"):
        done = self.call("store", login(server, user, secret))
        self.assertEqual((done.code, done.out, done.err), (0, "", ""), done)

    def get(self, server="r.example"):
        """User name and secret; checks the answer's form."""
        done = self.call("get", server)
        self.assertEqual((done.code, done.err), (0, ""), f"get {server}: {done}")
        answer = json.loads(done.out)
        self.assertEqual(list(answer), ["ServerURL", "Username", "Secret"])
        self.assertEqual(answer["ServerURL"], server)
        return answer["Username"], answer["Secret"]

    def erase(self, server="r.example"):
        done = self.call("erase", server)
        self.assertEqual((done.code, done.out, done.err), (0, "", ""), f"erase {server}: {done}")

    def listing(self):
        done = self.call("list")
        self.assertEqual((done.code, done.err), (0, ""), done)
        return json.loads(done.out)

    def assert_absent(self, server):
        done = self.call("get", server)
        self.assertEqual((done.code, done.out, done.err), (1, NOT_FOUND, ""), f"get {server}")

    def assert_empty(self):
        self.assertEqual(self.call("list").out, "{}\n")
