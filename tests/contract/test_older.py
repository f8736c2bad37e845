"""The contract against the distribution's older helpers: it must tell them apart from ours exactly as written in
older.json. That keeps the suite honest (it does find the defects it is there for) and the list true."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import worlds
from test_contract import PARTS


def broken_cases(program):
    """Sentences of the contract that this program breaks, each with what differed."""
    members = {"helper": Path(program), "name": Path(program).name, "package": r"[^()\n]+", "traits": worlds.traits_for(program)}
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(type("older", PARTS, members)).run(result)
    return {test.id().rsplit(".test_", 1)[-1].replace("_", " "): text for test, text in result.failures + result.errors}


class Older(unittest.TestCase):
    maxDiff = None

    def check(self, name):
        program = Path("/usr/bin") / name
        if not program.exists():
            raise unittest.SkipTest("needs Debian's package golang-docker-credential-helpers")
        written = json.loads((Path(__file__).parent / "older.json").read_text())
        listed = {case for cases in written["broken"][name].values() for case in cases}
        broken = broken_cases(program)
        unsteady = set(written["unsteady"])
        unlisted = {case: text for case, text in broken.items() if case not in listed | unsteady}
        self.assertEqual(unlisted, {}, "broken, but not in older.json")
        self.assertEqual(listed - unsteady - set(broken), set(), "in older.json, but kept")

    def test_pass_breaks_what_is_listed(self):
        self.check("docker-credential-pass")

    def test_secretservice_breaks_what_is_listed(self):
        self.check("docker-credential-secretservice")


if __name__ == "__main__":
    import sandbox
    sandbox.main()
