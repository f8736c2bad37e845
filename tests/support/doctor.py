"""What `doctor --json` of a helper says, and how a person takes its advice."""
import functools
import json
import re
import shlex
import shutil
import subprocess

SHELLS = [shell for shell in (["sh"], ["bash", "--norc"], ["zsh", "-f"], ["fish", "--no-config"]) if shutil.which(shell[0])]


class Report:
    """`ok` and `checks`, one dictionary (link, state, finding, remedy) each. Exit code and `ok` agree."""

    def __init__(self, done):
        if done.err:
            raise AssertionError(done)
        self.done = done
        self.answer = json.loads(done.out)
        self.ok, self.checks = self.answer["ok"], self.answer["checks"]
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
    report = Report(world.run(program, "doctor", "--store", "--json", **options))
    for check in report.checks:
        check_shells(check)
    return report


@functools.cache
def objection(command):
    """Why a command cannot be pasted into some shell that is installed; empty when each takes it."""
    for shell in SHELLS:
        done = subprocess.run([*shell, "-n", "-c", command], capture_output=True, text=True, check=False)
        if done.returncode or done.stderr:  # fish objects with status 0
            return f"{shell[0]}: {done.stderr}"
    # Without INTERACTIVE_COMMENTS, which is off, zsh hands them to the command.
    return "zsh: no comments at its prompt" if any(word.startswith("#") for word in shlex.split(command)) else ""


def check_shells(check):
    """Each command of a remedy fits every shell."""
    for command in commands(check):
        if re.match(r"[A-Z][a-z]+ ", command):
            continue  # words
        if why := objection(command):
            raise AssertionError(f"{command}\n{why}")


def commands(check):
    """The commands of a remedy, as one would paste them: its indented lines, or, without words around them, all."""
    indented = [line.strip() for line in check["remedy"] if line.startswith("  ")]
    return indented or check["remedy"]


class DoctorMixin:
    """For a SandboxCase. `program` is the helper under test."""
    program = "docker-credential-pass"

    def doctor(self, *options, program=None, **run_options):
        """The answer of `doctor --json`, whose exit code must agree with it."""
        return Report(self.world.run(program or self.program, "doctor", "--json", *options, **run_options)).answer

    def problems(self, *options, **run_options):
        return [check for check in self.doctor(*options, **run_options)["checks"] if check["state"] == "problem"]

    def the_problem(self, link, finding, *options, **run_options):
        """The only problem, which must be this one; returns its remedy, a list of lines."""
        found = self.problems(*options, **run_options)
        self.assertEqual([check["link"] for check in found], [link], found)
        self.assertIn(finding, found[0]["finding"])
        self.assertTrue(found[0]["remedy"], found)
        check_shells(found[0])
        return found[0]["remedy"]

    def do(self, command, **options):
        """Runs a line of advice as somebody would who pastes it into a shell."""
        done = self.world.run("sh", "-c", command, **options)
        self.assertEqual(done.code, 0, f"{command}: {done}")
        return done

    def is_well(self, *options, **run_options):
        answer = self.doctor(*options, **run_options)
        self.assertTrue(answer["ok"], answer)
        return answer
