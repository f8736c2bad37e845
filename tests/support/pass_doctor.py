"""Calls of `docker-credential-pass doctor`, and of the commands it prints, in a PassWorld."""
import json
import os
import shutil
import subprocess
import unittest

from doctor import check_shells
from pass_helper import HelperCase
from sandbox import BIN
from trouble import reads

DOCTOR = "docker-credential-pass doctor --store --json"
USER, GROUP = 64321, 64321  # who runs doctor, without a name, as in a container
SEIZES = ("chown", "chmod", "sudo", "runuser", "init", "mkdir", "mv ")


class DoctorCase(HelperCase):
    """Calls of doctor, and of the commands it prints, by a shell in the test's world."""

    def doctor(self, before="", **options):
        """The report, after the commands `before` in the same shell."""
        done = self.world.run("sh", "-c", f"{before}\n{DOCTOR}", **options)
        report = json.loads(done.out[done.out.index('{"ok"'):])
        self.assertEqual(done.code, 0 if report["ok"] else 1, done)
        self.assertEqual(report["helper"], "docker-credential-pass")
        self.assertEqual(report["ok"], all(check["state"] != "problem" for check in report["checks"]))
        return report

    def found(self, state, link, *texts, **options):
        """The check of this link, which must be in this state, and its finding have these texts."""
        report = self.doctor(**options)
        checks = [check for check in report["checks"] if check["link"] == link and check["state"] == state]
        for check in checks:
            check_shells(check)
        self.assertTrue(checks, report)
        for text in texts:
            self.assertTrue(any(text in check["finding"] for check in checks), f"{text} is not in {checks}")
        return next(check for check in checks if not texts or texts[0] in check["finding"])

    def older_reads(self, number, words, action, request="", **options):
        """The older helper says what docs/trouble.md has in this section."""
        reads(self, number, words, self.call(action, request, helper=self.older(), **options))

    def problem(self, link, *texts, **options):
        check = self.found("problem", link, *texts, **options)
        self.assertTrue(check["remedy"], check)
        return "\n".join(check["remedy"])

    def note(self, link, *texts, **options):
        return "\n".join(self.found("note", link, *texts, **options)["remedy"])

    def assert_clean(self, before="", notes=(), **options):
        """Nothing is found any more; `before` is run in the shell that runs doctor."""
        report = self.doctor(before, **options)
        wrong = [check for check in report["checks"]
                 if check["state"] == "problem" or check["state"] == "note" and check["link"] not in notes]
        self.assertEqual(wrong, [])
        self.assertIn("stored, read and removed", report["checks"][-1]["finding"])


@unittest.skipIf(os.geteuid() != 0 or shutil.which("setpriv") is None, "other users need root")
class PlacesCase(DoctorCase):
    """Doctor is run by an ordinary user, to whom the world belongs."""

    def setUp(self):
        super().setUp()
        self.groups = "--clear-groups"
        self.world.end_agents()
        shutil.copy(BIN / "docker-credential-pass", self.world.root)
        self.world.env["PATH"] = f"{self.world.root}:{self.world.env['PATH']}"
        self.own(self.world.root)

    def own(self, path, user=USER, group=GROUP):
        subprocess.run(["chown", "-R", f"{user}:{group}", path], check=True)

    def as_user(self, script, user=USER, shell="sh", env=None):
        return self.world.run("setpriv", f"--reuid={user}", f"--regid={user}", self.groups, shell, "-c", script,
                              env=env, cwd=self.world.root)

    def doctor(self, before="", user=USER, **options):
        done = self.as_user(f"{before}\n{DOCTOR}", user, **options)
        return json.loads(done.out[done.out.index('{"ok"'):])

    def assert_seizes_nothing(self, checks):
        for check in checks:
            for command in check["remedy"]:
                self.assertFalse(any(word in command for word in SEIZES), check)
