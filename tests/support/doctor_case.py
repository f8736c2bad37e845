"""What tests of `doctor` share: asking it, finding a check in its answer, and doing what it advises."""
import json


class DoctorMixin:
    """For a SandboxCase. `program` is the helper under test."""
    program = "docker-credential-pass"

    def doctor(self, *options, program=None, **run_options):
        """The answer of `doctor --json`, whose exit code must agree with it."""
        done = self.world.run(program or self.program, "doctor", "--json", *options, **run_options)
        self.assertEqual(done.err, "", done)
        answer = json.loads(done.out)
        self.assertEqual(done.code, 0 if answer["ok"] else 1, done)
        return answer

    def problems(self, *options, **run_options):
        return [check for check in self.doctor(*options, **run_options)["checks"] if check["state"] == "problem"]

    def the_problem(self, link, finding, *options, **run_options):
        """The only problem, which must be this one; returns its remedy, a list of lines."""
        found = self.problems(*options, **run_options)
        self.assertEqual([check["link"] for check in found], [link], found)
        self.assertIn(finding, found[0]["finding"])
        self.assertTrue(found[0]["remedy"], found)
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
