"""`configure`: what it writes, what it leaves alone, and the way back."""
import json
import os
import shutil
import subprocess
from pathlib import Path

from doctor import DoctorMixin
from pass_world import PassCase
from sandbox import BIN, main

OTHER = "#!/bin/sh\necho other version 1\n"


class ConfigureCase(DoctorMixin, PassCase):
    def setUp(self):
        super().setUp()
        self.config = Path(self.world.env["DOCKER_CONFIG"]) / "config.json"

    def configure(self, *arguments, code=0):
        done = self.world.run(self.program, "configure", *arguments)
        self.assertEqual(done.code, code, done)
        return done


class WriteCase(ConfigureCase):
    def test_nothing_there_yet(self):
        shutil.rmtree(self.config.parent)
        done = self.configure()
        self.assertEqual(self.config.read_text(), '{\n\t"credsStore": "pass"\n}\n')
        self.assertIn(f"{self.config}: credsStore is now pass (before: nothing)\n", done.out)
        self.assertEqual(self.config.stat().st_mode & 0o777, 0o600)
        self.is_well()

    def test_everything_else_stays(self):
        text = '{\n    "HttpHeaders": {"a": "b"},\n    "credsStore" :  "desktop",\n    "z": [ 1,2 ]\n}\n'
        self.config.write_text(text)
        self.config.chmod(0o640)
        self.configure()
        self.assertEqual(self.config.read_text(), text.replace('"desktop"', '"pass"'))
        self.assertEqual(self.config.stat().st_mode & 0o777, 0o640)

    def test_a_link_stays_a_link(self):
        real = self.world.root / "dotfiles.json"
        real.write_text("{}")
        self.config.symlink_to(real)
        self.configure()
        self.assertTrue(self.config.is_symlink())
        self.assertEqual(json.loads(real.read_text()), {"credsStore": "pass"})

    def test_single_registries(self):
        self.config.write_text('{"credsStore": "desktop"}')
        self.configure("--registry", "ghcr.io", "--registry=r.example:5000")
        self.assertEqual(json.loads(self.config.read_text()),
                         {"credsStore": "desktop", "credHelpers": {"ghcr.io": "pass", "r.example:5000": "pass"}})

    def test_podman_too(self):
        done = self.configure("--registry", "quay.io", "--containers")
        auth = Path(self.world.env["XDG_CONFIG_HOME"]) / "containers/auth.json"
        self.assertEqual(json.loads(auth.read_text()), {"credHelpers": {"quay.io": "pass"}})
        self.assertEqual(json.loads(self.config.read_text()), {"credHelpers": {"quay.io": "pass"}})
        self.assertIn(f"{auth}: credHelpers of quay.io is now pass", done.out)
        if shutil.which("skopeo"):  # it asks the helper that was named
            self.world.run(self.program, "store", input='{"ServerURL":"quay.io","Username":"u","Secret":"s"}')
            self.assertEqual(self.world.run("skopeo", "login", "--get-login", "quay.io").out, "u\n")

    def test_many_at_once(self):
        """Each of twenty edits at the same moment is in the file afterwards."""
        running = [subprocess.Popen([BIN / self.program, "configure", "--registry", f"r{i}.example"], env=self.world.env,
                                    stdout=subprocess.DEVNULL) for i in range(20)]
        self.assertEqual([process.wait(30) for process in running], [0] * 20)
        self.assertEqual(json.loads(self.config.read_text())["credHelpers"], {f"r{i}.example": "pass" for i in range(20)})
        self.configure("--undo")
        self.assertEqual(json.loads(self.config.read_text()), {})

    def test_the_name_that_clients_look_up(self):
        for registry in ("http://r.example:5000/v2/", "HTTPS://r.example:5000", "r.example:5000/team/app"):
            self.configure("--registry", registry)
        for registry in ("docker.io", "index.docker.io"):
            self.configure("--registry", registry, "--containers")
        auth = Path(self.world.env["XDG_CONFIG_HOME"]) / "containers/auth.json"
        self.assertEqual(json.loads(self.config.read_text())["credHelpers"],
                         {"r.example:5000": "pass", "https://index.docker.io/v1/": "pass"})
        self.assertEqual(json.loads(auth.read_text())["credHelpers"], {"docker.io": "pass"})

    def test_twice_changes_nothing_more(self):
        self.configure()
        before = self.config.stat()
        self.assertIn("credsStore is pass already", self.configure().out)
        self.assertEqual(self.config.stat().st_mtime_ns, before.st_mtime_ns)

    def test_tells_of_passwords(self):
        self.config.write_text('{"auths": {"a": {"auth": "YTpi"}}}')
        self.assertIn("docker-credential-pass migrate\n", self.configure().out)


class RefuseCase(ConfigureCase):
    def test_wrong_usage(self):
        for arguments, words in ((["--registry"], "wants the name"), (["x"], "does not know x"), (["--registry", " "], "--registry: ")):
            done = self.configure(*arguments, code=2)
            self.assertIn(words, done.err)
            self.assertIn("usage: docker-credential-pass configure", done.err)
        for name in ("http://", "/", "https:///v2/", "a b", "*.example", "r.example:99999", "r.example:0", "r.example:", "ftp:x",
                     "--undo"):
            self.assertIn("--registry: ", self.configure("--registry", name, code=2).err)
            self.assertIn("--registry: ", self.configure(f"--registry={name}", "--containers", code=2).err)
        self.assertFalse(self.config.exists())

    def test_a_helper_that_docker_would_not_find(self):
        path = shutil.which(self.program, path=self.world.env["PATH"])
        done = self.world.run(path, "configure", env={"PATH": "/nowhere"})
        self.assertEqual(done.code, 1)
        self.assertIn("is not in PATH", done.err)
        self.assertFalse(self.config.exists())

    def test_broken_files_stay_as_they_are(self):
        for text in ("{", '{"credsStore": 1}', '{"credHelpers": []}', '{"credsStore":"a","CredsStore":"b"}', "[]", "{}x"):
            self.config.write_text(text)
            done = self.configure(code=1)
            self.assertIn(str(self.config), done.err)
            self.assertEqual(self.config.read_text(), text)
        self.assertEqual([p.name for p in self.config.parent.iterdir()], ["config.json"])

    def test_a_read_only_folder(self):
        self.config.parent.chmod(0o500)
        as_user = []
        if os.getuid() == 0:  # who may write everywhere
            user = 64321
            for path in [self.world.root, *self.world.root.rglob("*")]:
                os.chown(path, user, user, follow_symlinks=False)
            as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        done = self.world.run(*as_user, BIN / self.program, "configure")
        self.assertEqual(done.code, 1, done)
        self.assertIn(f"you may not write in {self.config.parent}\n", done.err)


class UndoCase(ConfigureCase):
    def undone(self, text, *arguments, undo=("--undo",)):
        self.config.write_text(text)
        self.configure(*arguments)
        self.assertNotEqual(self.config.read_text(), text)
        self.configure(*undo)
        self.assertEqual(self.config.read_text(), text)
        self.assertEqual([p.name for p in self.config.parent.iterdir()], ["config.json"])

    def test_there_was_nothing(self):
        self.undone('{\n\t"a": 1\n}\n')

    def test_there_was_another_helper(self):
        self.undone('{"credsStore": "desktop", "credHelpers": {"a": "b"}}')

    def test_registries(self):
        self.undone('{"credHelpers": {"a": "b"}}', "--registry", "a", "--registry", "c")

    def test_one_registry_of_two(self):
        self.config.write_text('{"credHelpers": {"a": "b"}}')
        self.configure("--registry", "a", "--registry", "c")
        self.configure("--undo", "--registry", "a")
        self.assertEqual(json.loads(self.config.read_text()), {"credHelpers": {"a": "b", "c": "pass"}})
        self.configure("--undo")
        self.assertEqual(json.loads(self.config.read_text()), {"credHelpers": {"a": "b"}})

    def test_the_first_state_counts(self):
        self.config.write_text('{"credsStore": "first"}')
        self.configure()
        self.world.run("docker-credential-keyctl", "configure")
        self.configure()
        self.configure("--undo")
        self.assertEqual(json.loads(self.config.read_text()), {"credsStore": "first"})

    def test_what_somebody_changed_since_stays(self):
        self.config.write_text('{"credsStore": "first"}')
        self.configure()
        self.config.write_text('{"credsStore": "second"}')
        self.assertIn("credsStore is second, not pass: left as it is", self.configure("--undo").out)
        self.assertEqual(self.config.read_text(), '{"credsStore": "second"}')

    def test_helpers_in_any_order(self):
        self.config.write_text('{"credsStore": "first"}')
        for program, arguments in (("keyctl", ()), ("pass", ()), ("keyctl", ("--undo",)), ("pass", ("--undo",))):
            self.assertEqual(self.world.run(f"docker-credential-{program}", "configure", *arguments).code, 0)
        self.assertEqual(self.config.read_text(), '{"credsStore": "first"}')
        self.assertEqual([p.name for p in self.config.parent.iterdir()], ["config.json"])

    def test_null_and_an_empty_name_come_back(self):
        """An empty one in credHelpers means the file itself, whatever credsStore says."""
        for text in ('{"credsStore": null, "a": 1}', '{"credsStore": ""}'):
            self.undone(text)
        for text in ('{"credsStore": "b", "credHelpers": {"r.example": ""}}', '{"credHelpers": {"r.example": null}}'):
            self.undone(text, "--registry", "r.example")

    def test_a_note_that_cannot_be_read(self):
        """The notes of before are not thrown away, and another file of that name is not overwritten."""
        self.config.write_text("{}")
        for number, name in ((1, "config.json.keyberth-undo.old"), (2, "config.json.keyberth-undo.old-2")):
            note = self.config.with_name("config.json.keyberth-undo")
            note.write_text(f"broken {number}")
            self.config.write_text("{}")
            done = self.configure(code=1)
            self.assertEqual(done.err, self.configure("--undo", code=1).err)
            self.assertIn(f"cannot change {note}: it is not a JSON object\n", done.err)
            self.do(done.err.splitlines()[2])
            self.assertEqual(f"broken {number}", self.config.with_name(name).read_text())
            self.configure()

    def test_without_a_note(self):
        self.config.write_text('{"credsStore": "pass", "a": 1}')
        self.configure("--undo")
        self.assertEqual(json.loads(self.config.read_text()), {"a": 1})

    def test_podman(self):
        auth = Path(self.world.env["XDG_CONFIG_HOME"]) / "containers/auth.json"
        auth.parent.mkdir()
        auth.write_text('{"credHelpers": {"quay.io": "other"}}')
        self.configure("--registry", "quay.io", "--containers")
        for undo in (("--registry", "quay.io", "--containers", "--undo"), ("--undo",), ("--undo", "--containers")):
            self.configure("--registry", "quay.io", "--containers")
            self.configure(*undo)
            self.assertEqual(json.loads(auth.read_text()), {"credHelpers": {"quay.io": "other"}}, undo)


if __name__ == "__main__":
    main()
