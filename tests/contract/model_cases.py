"""Random sequences of actions, compared after each step with a model of a few lines. KEYBERTH_MODEL_SEQUENCES,
KEYBERTH_MODEL_STEPS and KEYBERTH_MODEL_SEED change how many, how long and which; a failure prints its sequence."""
import os
import random

from base import Contract

HOST_FORMS = ["r.example", "https://r.example", "r.example:443"]
HUB = ["https://index.docker.io/v1/", "docker.io", "index.docker.io"]
SERVERS = [*HOST_FORMS, *HUB, "r.example/team", "r.example/team/app", "http://r.example", "r.example:5000",
           "https://index.docker.io/v1/access-token", "oauth+https://r.example", "odd name"]
USERS = ["alice", "bob", "<token>", "a/b", "zed"]

# Who else may answer, apart from the key itself; each group is tried as a whole, nearest first.
ELSEWHERE = {
    **{form: [HOST_FORMS] for form in HOST_FORMS},
    **{name: [HUB] for name in HUB},
    "r.example/team": [HOST_FORMS],
    "r.example/team/app": [["r.example/team"], HOST_FORMS],
}


class Model:
    def __init__(self):
        self.stored = {}

    def answers(self, server):
        """The logins that `get` may answer with; empty when it must say not found."""
        for group in ([server], *ELSEWHERE.get(server, [])):
            found = [self.stored[name] for name in group if name in self.stored]
            if found:
                return found
        return []

    def erase(self, server):
        for name in HUB if server in HUB else [server]:
            self.stored.pop(name, None)

    def listing(self):
        return {server: user for server, (user, _) in self.stored.items() if not server.startswith("oauth+https:")}


class RandomSequences(Contract):
    def check(self, part, parts=4):
        sequences = int(os.environ.get("KEYBERTH_MODEL_SEQUENCES", "40"))
        seed = int(os.environ.get("KEYBERTH_MODEL_SEED", "1"))
        model = Model()
        for number in range(part, sequences, parts):
            chance = random.Random(f"{seed}/{number}")
            trace = []
            try:
                for _ in range(int(os.environ.get("KEYBERTH_MODEL_STEPS", "20"))):
                    self.step(model, chance, trace)
            except AssertionError as problem:
                raise AssertionError(f"seed {seed}, sequence {number}, after\n  " + "\n  ".join(trace) + f"\n{problem}") from None

    def step(self, model, chance, trace):
        action = chance.choices(["store", "get", "erase", "list"], [4, 5, 2, 1])[0]
        server = chance.choice([name for name in SERVERS if self.traits.private_keys or not name.startswith("oauth+")])
        if action == "store":
            user, secret = chance.choice(USERS), chance.choice(["", "p", "<&>", "é\U0001f511"]) + str(chance.randrange(1000))
            trace.append(f"store {server} {user} {secret}")
            self.store(server, user, secret)
            model.stored[server] = (user, secret)
        elif action == "get":
            trace.append(f"get {server}")
            answers = model.answers(server)
            if answers:
                self.assertIn(self.get(server), answers)
            else:
                self.assert_absent(server)
        elif action == "erase":
            trace.append(f"erase {server}")
            self.erase(server)
            model.erase(server)
        else:
            trace.append("list")
            self.assertEqual(self.listing(), model.listing())

    def test_random_sequences_1_of_4(self):
        self.check(0)

    def test_random_sequences_2_of_4(self):
        self.check(1)

    def test_random_sequences_3_of_4(self):
        self.check(2)

    def test_random_sequences_4_of_4(self):
        self.check(3)
