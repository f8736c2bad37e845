"""The demonstration that ./quickstart runs behind its build, whole and with parts missing."""
import os
import shutil
import subprocess
from pathlib import Path

from pass_world import end_processes_below
from sandbox import Sandbox, SandboxCase, main

DEMO = Path(__file__).resolve().parents[2] / "scripts/demo"


class QuickstartCase(SandboxCase):
    def make_world(self):
        world = Sandbox()
        # As quickstart calls it: nothing but these.
        world.env = {name: world.env[name] for name in ("PATH", "LANG", "USER", "TMPDIR")}
        return world

    def tearDown(self):
        self.addCleanup(end_processes_below, self.world.root)
        self.nothing_is_left()

    def demo(self, store, engine="true", **options):
        self.result = self.world.root / "result"
        return self.world.run(DEMO, store, engine, self.result, timeout=90, **options)

    def nothing_is_left(self):
        temporary = Path(self.world.env["TMPDIR"])
        self.assertEqual(list(temporary.iterdir()), [])
        left = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                about = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(temporary).encode() in about:
                left.append((entry.name, (entry / "cmdline").read_text()))
        self.assertEqual(left, [])
        self.assertNotIn(str(temporary), Path("/proc/mounts").read_text())

    def whole(self, store):
        done = self.demo(store)
        self.assertEqual(done.code, 0, done)
        self.assertIn("Login Succeeded", done.out, done)
        self.assertIn("No password in it.", done.out)
        self.assertIn('"credsStore": "%s"' % self.result.read_text().strip(), done.out)
        self.assertRegex(done.out, r'\{"127\.0\.0\.1:\d+":"alice"\}')
        self.assertIn('"Secret":"(the password)"', done.out)
        self.assertNotIn("correct-horse", done.out)
        self.assertTrue(done.out.rstrip().endswith("{}"), done)  # the list after the logout
        if os.getuid() == 0 and "push and pull are left out" not in done.out:
            self.assertRegex(done.out, r"\$ docker push --quiet \S+\n\s+127")
            self.assertRegex(done.out, r"\$ docker pull --quiet \S+\n\s+127")
        return done

    def without(self, *programs):
        """A PATH on which some programs are missing."""
        folder = self.world.root / "few"
        folder.mkdir()
        own, *others = self.world.env["PATH"].split(":")
        for other in others:
            for path in Path(other).iterdir() if Path(other).is_dir() else []:
                if path.name not in programs and not (folder / path.name).is_symlink():
                    (folder / path.name).symlink_to(path)
        self.world.env["PATH"] = f"{own}:{folder}"


class QuickstartTest(QuickstartCase):
    def test_keyctl(self):
        self.whole("keyctl")

    def test_pass(self):
        self.assertIn("docker-credential-pass init --no-passphrase", self.whole("pass").out)

    def test_secretservice(self):
        self.whole("secretservice")

    def test_auto_takes_pass_where_there_are_no_kernel_keyrings(self):
        self.without("unshare")
        done = self.whole("auto")
        self.assertEqual(self.result.read_text(), "pass\n")
        self.assertIn("using pass instead of keyctl", done.out)

    def test_without_an_engine(self):
        self.without("dockerd")
        done = self.demo("pass")
        self.assertEqual(done.code, 0, done)
        self.assertIn("No Docker engine (dockerd) here: push and pull are left out.", done.out)
        self.assertIn("Login Succeeded", done.out)

    def test_without_docker(self):
        self.without("docker", "dockerd")
        done = self.demo("pass")
        self.assertEqual(done.code, 0, done)
        self.assertIn("| docker-credential-pass store", done.out)
        self.assertIn('{"registry.example":"alice"}', done.out)
        self.assertTrue(done.out.rstrip().endswith("{}"), done)

    def interrupted(self, command):
        """Ctrl-C at the moment the demonstration calls a command with these arguments first."""
        program, *arguments = command.split()
        folder = self.world.root / "interrupting"
        folder.mkdir(exist_ok=True)
        once = folder / f"{program}.once"
        once.touch()
        real = shutil.which(program, path=self.world.env["PATH"])
        shim = folder / program
        shim.write_text(f"""#!/bin/sh
case " $* " in
  *" {' '.join(arguments)} "*) if rm {once} 2>/dev/null; then kill -INT 0; fi ;;
esac
exec {real} "$@"
""")
        shim.chmod(0o755)
        process = subprocess.Popen([DEMO, "pass", "true", self.world.root / "result"],
                                   env={**self.world.env, "PATH": f"{folder}:{self.world.env['PATH']}"}, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        out, _ = process.communicate(timeout=60)
        shim.unlink()
        if once.exists():
            self.assertIn("push and pull are left out", out)  # no engine may run here
            return
        self.assertEqual(process.returncode, 130, out)
        self.nothing_is_left()

    def test_interrupted(self):
        for command in ("docker-credential-pass init", "docker-registry serve", "dockerd --iptables=false", "docker login",
                        "docker pull"):
            with self.subTest(command):
                self.interrupted(command)


if __name__ == "__main__":
    main()
