"""What `doctor --store --json` of a helper says, and how a person takes its advice."""
import json


class Report:
    """`ok` and `checks`, one dictionary (link, state, finding, remedy) each. Exit code and `ok` agree."""

    def __init__(self, done):
        if done.err:
            raise AssertionError(done)
        self.done = done
        answer = json.loads(done.out)
        self.ok, self.checks = answer["ok"], answer["checks"]
        problems = self.of("problem")
        if self.ok != (not problems) or done.code != (1 if problems else 0):
            raise AssertionError(f"ok, exit code and problems do not agree: {done}")
        for check in self.checks:
            if check["finding"].endswith(".") or "\n" in check["finding"]:
                raise AssertionError(f"not one line without a final stop: {check}")

    def of(self, state):
        return [check for check in self.checks if check["state"] == state]

    @property
    def links(self):
        return [check["link"] for check in self.checks]

    def __str__(self):
        return "\n".join(f"{c['state']} {c['link']}: {c['finding']} | {c['remedy']}" for c in self.checks)


def examine(world, program, **options):
    return Report(world.run(program, "doctor", "--store", "--json", **options))


def commands(check):
    """The commands of a remedy, as one would paste them: its indented lines, or, without words around them, all."""
    indented = [line.strip() for line in check["remedy"] if line.startswith("  ")]
    return indented or check["remedy"]
