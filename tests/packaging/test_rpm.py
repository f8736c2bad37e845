# SPDX-License-Identifier: Apache-2.0
"""The RPM packages, built with Debian's rpmbuild: what rpmlint says, and what is in them."""
import re
import subprocess
import unittest

from builds import PROGRAMS, ROOT, packages, run, version
from sandbox import main


class Rpm(unittest.TestCase):
    def binary_packages(self):
        return [package for package in packages("rpm").glob("*.rpm") if not package.name.endswith(".src.rpm")]

    def test_rpmlint_has_nothing_to_say(self):
        done = subprocess.run(["rpmlint", "--config", ROOT / "packaging/rpm/rpmlint.toml", ROOT / "packaging/rpm/keyberth.spec",
                               *packages("rpm").glob("*.rpm")], capture_output=True, text=True, check=False)
        self.assertEqual([], re.findall(r"^\S+: [EW]: .*", done.stdout, re.M))
        self.assertRegex(done.stdout, "0 errors, 0 warnings")
        self.assertEqual(done.returncode, 0)

    def test_each_has_its_program_with_page_and_completions(self):
        found = self.binary_packages()
        self.assertEqual(len(found), len(PROGRAMS))
        for package in found:
            program, number = run("rpm", "-qp", "--queryformat", "%{NAME} %{VERSION}", package).split()
            self.assertEqual(number, version())
            files = set(run("rpm", "-qpl", package).split())
            self.assertLessEqual({f"/usr/bin/{program}", f"/usr/share/man/man1/{program}.1.gz",
                                  f"/usr/share/bash-completion/completions/{program}", f"/usr/share/zsh/site-functions/_{program}",
                                  f"/usr/share/fish/vendor_completions.d/{program}.fish"}, files)
            for path in files:
                self.assertRegex(path, rf"{program}|/\.build-id|^/usr/libexec/keyberth$")


if __name__ == "__main__":
    main()
