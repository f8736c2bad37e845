"""The same requests to our helpers and to the distribution's (Debian's golang-docker-credential-helpers 0.6.4), on equal
fresh stores: standard output byte for byte, and whether the exit code is zero. And each reads, lists and erases what the
other stored. What differs must be in differences.json with its reason and verdict; what is there must differ."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import worlds
from differential_cases import CROSS, all_cases, login
from sandbox import BIN

OLD = Path("/usr/bin")
WRITTEN = Path(__file__).with_name("differences.json")


class Programs:
    """Both programs of one name, run by that name, in a world of their own or in the same one."""

    def __init__(self, kind):
        self.name = f"docker-credential-{kind}"
        self.world = worlds.KNOWN[kind].world
        for folder in (OLD, BIN):
            if not (folder / self.name).exists():
                raise unittest.SkipTest(f"{folder / self.name} is not there; Debian's package is golang-docker-credential-helpers")

    def run(self, world, folder, arguments, text=b""):
        """Standard output, and whether the program succeeded."""
        done = world.run(self.name, *arguments, input=text, env={"PATH": f"{folder}:{world.env['PATH']}"})
        return done.raw_out, done.code == 0

    def answers(self, folder, steps):
        world = self.world()
        try:
            return [self.run(world, folder, arguments, text) for arguments, text in steps]
        finally:
            world.close()

    def cross(self, writer, reader, logins):
        """What the writer answers about its own entries, and what the reader does; both then name what is left when the
        reader has erased them, where the one right answer is nothing."""
        world = self.world()
        try:
            stored = [self.run(world, writer, ["store"], login(*entry)) for entry in logins]
            questions = [(["get"], server) for server, _, _ in logins] + [(["list"], "")]
            own, other = ([self.run(world, folder, *question) for question in questions] for folder in (writer, reader))
            other += [self.run(world, reader, ["erase"], server) for server, _, _ in logins]
            other.append(self.run(world, writer, ["list"]))
            return stored + own + [(b"", True)] * len(logins) + [(b"{}\n", True)], [(b"", True)] * len(logins) + other
        finally:
            world.close()


def short(text):
    return text if len(text) < 100 else text[:60] + b"..." + text[-20:]


def differences(theirs, ours):
    """Numbers of the steps that differ, each with both answers."""
    return {number: f"theirs {short(old[0])!r} {'ok' if old[1] else 'failed'}, ours {short(new[0])!r} {'ok' if new[1] else 'failed'}"
            for number, (old, new) in enumerate(zip(theirs, ours), 1) if old != new}


def observe(kind):
    """Every case by name, and the steps in which it differs."""
    programs = Programs(kind)
    found = {name: differences(programs.answers(OLD, steps), programs.answers(BIN, steps)) for name, steps in all_cases().items()}
    for name, logins in CROSS.items():
        found[f"theirs-read-by-ours/{name}"] = differences(*programs.cross(OLD, BIN, logins))
        found[f"ours-read-by-theirs/{name}"] = differences(*reversed(programs.cross(BIN, OLD, logins)))
    return found


def written_differences(kind):
    """(case, step) to (verdict, reason), and those of them that may also be the same, by chance."""
    listed, unsteady = {}, set()
    for entry in json.loads(WRITTEN.read_text())["differences"]:
        for line in entry.get(kind, []):
            case, *steps = line.split(" ")
            for step in steps:
                assert (case, int(step)) not in listed, f"{case} {step} is listed twice for {kind}"
                listed[case, int(step)] = (entry["verdict"], entry["reason"])
                if entry.get("unsteady"):
                    unsteady.add((case, int(step)))
    return listed, unsteady


def table(kind, found, listed):
    """The outcome in a few lines. A case counts as worse when any of its steps is."""
    verdicts, reasons = [], {}
    for name, steps in found.items():
        marks = [listed.get((name, step), ("not listed", "")) for step in steps]
        words = {verdict for verdict, _ in marks}
        verdicts.append(next((word for word in ("not listed", "worse", "better") if word in words), "same"))
        for mark in set(marks):
            reasons[mark] = reasons.get(mark, 0) + 1
    lines = [f"docker-credential-{kind}, {len(found)} cases: " +
             ", ".join(f"{verdicts.count(word)} {word}" for word in ("same", "better", "worse", "not listed"))]
    for (verdict, reason), count in sorted(reasons.items(), key=lambda item: -item[1]):
        lines.append(f"  {count:4} {verdict:7} {reason}")
    return "\n".join(lines)


class Differential(unittest.TestCase):
    maxDiff = None

    def check(self, kind):
        found, (listed, unsteady) = observe(kind), written_differences(kind)
        print(table(kind, found, listed), flush=True)
        differing = {(name, step): text for name, steps in found.items() for step, text in steps.items()}
        unlisted = {place: text for place, text in differing.items() if place not in listed}
        self.assertEqual(unlisted, {}, "these differ and are not in differences.json")
        self.assertEqual([place for place in listed if place not in differing and place not in unsteady], [], "in differences.json, but the same")
        self.assertGreaterEqual(len(found), 100)

    def test_pass(self):
        self.check("pass")

    def test_secretservice(self):
        self.check("secretservice")


if __name__ == "__main__":
    import sandbox
    sandbox.main()
