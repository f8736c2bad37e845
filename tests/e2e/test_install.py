"""What `cmake --install` puts where, and how the installed programs are made."""
import re
import shutil
import stat
import subprocess
import unittest
from pathlib import Path

from sandbox import BIN, SANITIZED, SandboxCase, main

FAMILY = ("keyctl", "oauth", "pass", "secretservice")
BUILD = BIN.parent

# What a helper may load besides the C library: everything more costs start-up time at each call.
LIBRARIES = {
    "keyctl": {"libkeyutils.so.1"},
    "oauth": set(),
    "pass": set(),
    "secretservice": {"libsecret-1.so.0", "libgio-2.0.so.0", "libgobject-2.0.so.0", "libglib-2.0.so.0"},
}
C_LIBRARY = {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}


def cache(name):
    """A setting of the build folder."""
    return re.search(rf"^{name}:\w+=(.*)$", (BUILD / "CMakeCache.txt").read_text(), re.MULTILINE).group(1)


class InstallTest(SandboxCase):
    def install(self, prefix):
        stage = self.world.root / "stage"
        done = self.world.run("cmake", "--install", BUILD, "--prefix", prefix, env={"DESTDIR": str(stage)})
        self.assertEqual(done.code, 0, done)
        return stage, stage / prefix.lstrip("/")

    def test_any_prefix_below_destdir(self):
        for prefix in ("/usr", "/opt/some where/keyberth"):
            with self.subTest(prefix=prefix):
                stage, below = self.install(prefix)
                files = {path.relative_to(below) for path in stage.rglob("*") if path.is_file()}
                for name in FAMILY:
                    program = below / f"bin/docker-credential-{name}"
                    self.assertEqual(stat.S_IMODE(program.stat().st_mode), 0o755)
                    page = below / f"share/man/man1/docker-credential-{name}.1"
                    self.assertEqual(stat.S_IMODE(page.stat().st_mode), 0o644)
                    for completion in (f"bash-completion/completions/docker-credential-{name}",
                                       f"zsh/site-functions/_docker-credential-{name}",
                                       f"fish/vendor_completions.d/docker-credential-{name}.fish"):
                        self.assertIn(Path("share") / completion, files)
                programs = {path for path in files if path.parts[0] == "bin"}
                self.assertEqual(programs, {Path(f"bin/docker-credential-{name}") for name in FAMILY})
                shutil.rmtree(stage)

    def test_installed_programs_run(self):
        _, below = self.install("/opt/keyberth")
        self.world.env["PATH"] = f"{below}/bin:/usr/bin:/bin"
        for name in FAMILY:
            program = f"docker-credential-{name}"
            version = self.world.run(program, "--version")
            self.assertEqual(version.code, 0, version)
            self.assertRegex(version.out, rf"^{program} \(\S+\) v?{re.escape(cache('CMAKE_PROJECT_VERSION'))}\n$")
            done = self.world.run("mandoc", "-Tutf8", below / f"share/man/man1/{program}.1")
            self.assertEqual(done.code, 0, done)
            for section in ("EXIT STATUS", "ENVIRONMENT", "FILES", "SECURITY", "EXAMPLES"):
                self.assertIn(section, re.sub(r".\x08", "", done.out), program)

    def test_pass_stores_and_gets_from_there(self):
        """One real round trip with nothing of the build folder in PATH."""
        _, below = self.install("/opt/keyberth")
        self.world.env["PATH"] = f"{below}/bin:/usr/bin:/bin"
        self.addCleanup(self.world.run, "gpgconf", "--kill", "all")
        for action, text in (("init", ""), ("store", '{"ServerURL":"a.example","Username":"u","Secret":"s"}')):
            done = self.world.run("docker-credential-pass", action, *(["--no-passphrase"] if action == "init" else []),
                                  input=text)
            self.assertEqual(done.code, 0, done)
        done = self.world.run("docker-credential-pass", "get", input="a.example")
        self.assertEqual(done.out, '{"ServerURL":"a.example","Username":"u","Secret":"s"}\n')


@unittest.skipIf(SANITIZED, "sanitizers replace the usual protections")
class HardeningTest(unittest.TestCase):
    def readelf(self, name, *options):
        done = subprocess.run(["readelf", "-W", *options, BIN / f"docker-credential-{name}"], capture_output=True,
                              text=True, check=True)
        return done.stdout

    def test_protections(self):
        for name in FAMILY:
            with self.subTest(name):
                self.assertRegex(self.readelf(name, "-h"), r"Type:\s+DYN")
                segments = self.readelf(name, "-l")
                self.assertIn("GNU_RELRO", segments)
                self.assertIn("INTERP", segments)
                self.assertRegex(segments, r"GNU_STACK.* RW +0x")
                dynamic = self.readelf(name, "-d")
                self.assertRegex(dynamic, r"FLAGS_1\).*NOW.*PIE")
                self.assertNotRegex(dynamic, "RPATH|RUNPATH|TEXTREL")
                symbols = self.readelf(name, "--dyn-syms")
                self.assertIn("__stack_chk_fail", symbols)
                if cache("CMAKE_BUILD_TYPE") != "Debug":  # fortified calls need an optimizer
                    self.assertRegex(symbols, r"__(?!stack)\w+_chk")

    def test_libraries(self):
        for name in FAMILY:
            with self.subTest(name):
                needed = set(re.findall(r"NEEDED.*\[(.*)\]", self.readelf(name, "-d")))
                self.assertLessEqual(needed - C_LIBRARY, LIBRARIES[name])


if __name__ == "__main__":
    main()
