# SPDX-License-Identifier: Apache-2.0
"""The Debian packages: what lintian says, and their life in a throwaway root beside and instead of the older helpers."""
import re
import subprocess
import tarfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from builds import HELPERS, PROGRAMS, packages, run, version
from root_world import RootWorld
from sandbox import SandboxCase, main

OLDER = "golang-docker-credential-helpers"
# What a package manager, not a package, writes.
BOOKS = re.compile(r"/(?:var/(?:lib/(?:dpkg|apt)|log|cache)|tmp|proc|dev|run)(?:/|$)|/etc/ld\.so\.cache$|/usr/share/(?:doc|man)$")


def stanzas(text):
    return [dict(re.findall(r"^([\w-]+): *((?:.|\n )*)", part, re.M)) for part in text.strip().split("\n\n")]


class Packages(unittest.TestCase):
    def test_lintian_has_nothing_to_say(self):
        folder = packages("deb")
        done = subprocess.run(["lintian", "--no-cfg", "--allow-root", "--display-info", "--pedantic", "--display-experimental",
                               "--tag-display-limit", "0", *folder.glob("*.changes")], capture_output=True, text=True, check=False)
        self.assertEqual("", done.stdout, done.stderr)
        self.assertLess(done.returncode, 3, done)

    def test_each_has_its_program_with_page_and_completions(self):
        for program in PROGRAMS:
            package = next(packages("deb").glob(f"{program}_*.deb"))
            files = set(re.findall(r" \.(/\S*[^/\s])$", run("dpkg-deb", "--contents", package), re.M))
            self.assertLessEqual({f"/usr/bin/{program}", f"/usr/share/man/man1/{program}.1.gz",
                                  f"/usr/share/bash-completion/completions/{program}",
                                  f"/usr/share/zsh/vendor-completions/_{program}",
                                  f"/usr/share/fish/vendor_completions.d/{program}.fish"}, files)
            for path in files:
                self.assertIn(program, path)


class Root(SandboxCase):
    def make_world(self):
        return RootWorld()

    def put(self, *files):
        """Copies files into the root's /packages; returns their names there."""
        folder = self.world.path / "tmp/packages"
        folder.mkdir(exist_ok=True)
        for file in files:
            run("cp", file, folder)
        return [f"/tmp/packages/{Path(file).name}" for file in files]

    def ours(self):
        return [next(packages("deb").glob(f"{program}_*.deb")) for program in PROGRAMS]

    def as_older(self, package, older):
        """The same package with another version, and a file that the present one no longer has."""
        folder = self.world.root / "repack"
        run("dpkg-deb", "--raw-extract", package, folder)
        control = folder / "DEBIAN/control"
        control.write_text(re.sub(r"^Version: .*$", f"Version: {older}", control.read_text(), flags=re.M))
        (folder / f"usr/share/gone-since-{older}-{package.name.split('_')[0]}").write_text("")
        result = self.world.root / f"{package.name.split('_')[0]}_{older}.deb"
        run("dpkg-deb", "--root-owner-group", "--build", folder, result)
        run("rm", "-r", folder)
        return result

    def inside(self, *argv, **options):
        done = self.world.inside(*argv, **options)
        self.assertEqual(done.code, 0, f"{argv}: {done}")
        return done.out

    def apt(self, *arguments):
        return self.inside("apt-get", "-y", "--no-install-recommends", "-o", "APT::Sandbox::User=root", *arguments, timeout=120)

    def state(self, package):
        done = self.world.inside("dpkg-query", "-W", "-f=${db:Status-Status} ${Version}", package)
        return done.out if done.code == 0 else ""

    def paths(self):
        found = {f"/{path.relative_to(self.world.path)}" for path in self.world.path.rglob("*")}
        return {path for path in found if not BOOKS.match(path)}

    def test_from_the_older_helpers_over_an_upgrade_to_nothing(self):
        before = self.paths()
        theirs = {path for path in self.inside("dpkg", "-L", OLDER).split() if not (self.world.path / path[1:]).is_dir()}
        self.assertIn("/usr/bin/docker-credential-pass", theirs)

        older = [self.as_older(package, "0.0.1") for package in self.ours()]
        passes = next(name for name in self.put(*older) if "credential-pass_" in name)
        self.inside("dpkg", "--install", passes)  # even dpkg alone knows what it replaces
        self.assertNotRegex(self.state(OLDER), "^installed")
        self.apt("install", *self.put(*older))
        for program in PROGRAMS:
            self.assertEqual(self.state(program), "installed 0.0.1")
        self.assertEqual(len([path for path in self.paths() if "gone-since" in path]), len(PROGRAMS))

        self.apt("install", *self.put(*self.ours()))
        for program in PROGRAMS:
            self.assertEqual(self.state(program), f"installed {version()}")
            self.assertEqual(self.inside(program, "version"), f"{program} (keyberth) v{version()}\n")
            self.assertIn(f"/usr/bin/{program}", self.paths())
        self.assertEqual([path for path in self.paths() if "gone-since" in path], [])
        self.assertEqual(self.world.inside("dpkg", "--audit").out, "")

        self.apt("remove", "docker-credential-pass")
        self.assertEqual(self.world.inside("docker-credential-pass", "version").code, 127)
        self.inside("docker-credential-secretservice", "version")
        self.apt("purge", *PROGRAMS)
        left = {path for path in self.paths() - before if "/__pycache__" not in path}
        self.assertEqual(left, set())
        self.assertEqual(before - self.paths() - theirs, set(), "something of somebody else is gone")

    def test_contract_of_the_installed_programs(self):
        """What debian/tests/control tells autopkgtest to run, in a place like those it runs in."""
        self.apt("install", *self.put(*self.ours()))
        with tarfile.open(next(packages("deb").glob("keyberth_*.tar.xz"))) as archive:
            archive.extractall(self.world.path / "tmp/source")
        source = next((self.world.path / "tmp/source").iterdir())
        tests = stanzas((source / "debian/tests/control").read_text())
        self.assertEqual({test["Features"] for test in tests}, {f"test-name=contract-{helper}" for helper in HELPERS})
        for package in {name for test in tests for name in re.split(r",\s*", test["Depends"].strip())}:
            self.assertRegex(self.state(package), "^installed ", f"{package} is not in the root")

        def outcome(test):
            return self.world.inside("sh", "-c", test["Test-Command"], folder=f"/tmp/source/{source.name}", timeout=400)

        with ThreadPoolExecutor(len(tests)) as pool:  # most of the time they wait
            for done in pool.map(outcome, tests):
                self.assertEqual(done.code, 0, done.out[-6000:] + done.err[-2000:])
                self.assertRegex(done.out, r"(\d{2}) of \1 cases kept, 0 broken, 0 skipped")


if __name__ == "__main__":
    main()
