"""`doctor --all`: which helper works here and now."""
import json
import re
import shlex
import shutil
from pathlib import Path

from doctor import DoctorMixin
from pass_world import PassCase
from sandbox import BIN, main
from secretservice_world import SecretServiceCase
from trouble import reads

FAMILY = ["secretservice", "pass", "keyctl", "oauth"]


class FamilyMixin(DoctorMixin):
    def members(self, **options):
        answer = json.loads(self.world.run(self.program, "doctor", "--all", "--json", **options).out)
        self.assertEqual([m["helper"] for m in answer["members"]], [f"docker-credential-{name}" for name in FAMILY])
        self.take = answer["take"]
        return dict(zip(FAMILY, answer["members"]))

    def table(self, code=0, **options):
        done = self.world.run(self.program, "doctor", "--all", **options)
        self.assertEqual((done.code, done.err), (code, ""), done)
        return done.out


class HeadlessCase(FamilyMixin, PassCase):
    """A server: no bus, a password store."""

    def test_table(self):
        members = self.members()
        self.assertFalse(members["secretservice"]["ok"])
        self.assertTrue(members["pass"]["ok"])
        self.assertEqual(self.take, "pass")
        table = self.table().splitlines()
        self.assertRegex(table[0], r"^helper +works +why not, and what mends it$")
        self.assertRegex(table[1], r"^secretservice +no +no D-Bus session bus")
        self.assertTrue([line for line in table if line.startswith("pass           yes")], table)
        self.assertEqual(table[-1], "Take pass: docker-credential-pass configure")
        self.do(table[-1].split(": ")[1])
        self.is_well()

    def test_one_damaged_login_is_not_the_store(self):
        """The store works for every other registry, and its own doctor, and that of another helper, name the one."""
        damaged = self.world.entry("r.example", "alice")
        self.world.write_entry(damaged, "pw")
        damaged.write_bytes(damaged.read_bytes()[:60])
        members = self.members()
        self.assertEqual((self.take, members["pass"]["ok"]), ("pass", False))
        self.assertEqual(("round trip", "ok"), tuple(members["pass"]["checks"][-1][name] for name in ("link", "state")))
        self.assertNotIn("problem", [check["state"] for check in members["oauth"]["checks"]])
        why = "gpg cannot decrypt the damaged login of r.example"
        self.assertRegex(self.table(), rf"(?m)^pass +yes +{why}\n +docker login 'r\.example'\n")
        self.do("docker-credential-pass configure")
        self.assertEqual(["docker login 'r.example'"], self.the_problem("logins", why))
        self.program = "docker-credential-oauth"
        self.the_problem("credsStore", f"docker keeps logins with docker-credential-pass, which has a problem: {why}")
        self.world.run("docker-credential-pass", "store",  # as docker login does
                       input='{"ServerURL":"r.example","Username":"alice","Secret":"pw"}')
        self.is_well()
        self.assertIn("\npass           yes\n", self.table())

    def test_nothing_works(self):
        shutil.rmtree(self.world.store)
        few = self.world.root / "few"
        few.mkdir()
        for name in ("docker-credential-pass",):
            (few / name).symlink_to(BIN / name)
        for name in ("gpg", "gpgconf", "gpg-agent"):
            (few / name).symlink_to(shutil.which(name))
        # A copy, for others are looked for beside the program.
        (few / "docker-credential-pass").unlink()
        shutil.copy(BIN / "docker-credential-pass", few)
        self.world.env["PATH"] = str(few)
        table = self.table(code=1)
        self.assertRegex(table, r"(?m)^keyctl +no +not installed\n +sudo apt install \./docker-credential-keyctl_\*\.deb$")
        self.assertRegex(table, r"(?m)^pass +no +the password store in \S+ is not set up\n.*\n? +.*docker-credential-pass init")
        self.assertIn("None of the stores works here yet", table)

    def test_a_program_of_another_kind(self):
        few = self.world.root / "few"
        few.mkdir()
        shutil.copy(BIN / "docker-credential-pass", few)
        for name, text in (("docker-credential-keyctl", "#!/bin/sh\necho nonsense\n"),
                           ("docker-credential-oauth", '#!/bin/sh\necho \'{"helper":1,"checks":[]}\'\n'),
                           ("docker-credential-secretservice", '#!/bin/sh\nexit 3\n')):
            (few / name).write_text(text)
            (few / name).chmod(0o755)
        self.world.env["PATH"] = f"{few}:/usr/bin:/bin"
        members = self.members()
        for name in ("secretservice", "keyctl", "oauth"):
            self.assertFalse(members[name]["ok"])
            self.assertIn("another program of that name", members[name]["checks"][0]["finding"])
            self.assertEqual([f"sudo apt install ./docker-credential-{name}_*.deb"], members[name]["checks"][0]["remedy"])
        self.assertTrue(members["pass"]["ok"])

    def test_no_libraries_of_a_desktop(self):
        """As in a container: everything is there but libsecret."""
        if self.world.run("unshare", "-m", "true").code != 0:
            self.skipTest("mounts of one's own are not allowed here")
        program = BIN / "docker-credential-secretservice"
        library = Path(re.search(r"=> (\S+/libsecret-1\.so\.0)", self.world.run("ldd", program).out)[1])
        everything, rest = self.world.root / "everything", self.world.root / "rest"
        everything.mkdir()
        rest.mkdir()
        for path in library.parent.iterdir():
            if not path.name.startswith("libsecret"):
                (rest / path.name).symlink_to(everything / path.name)
        inside = ("unshare", "-m", "sh", "-c", f"mount --bind {library.parent} {everything} && "
                  f'mount --bind {rest} {library.parent} && exec "$@"', "sh")
        reads(self, 18, "docker-credential-secretservice: error while",
              self.world.run(*inside, "sh", "-c", "PATH=/usr/bin; docker-credential-secretservice list"))
        done = self.world.run(*inside, self.program, "doctor", "--all")
        reads(self, 18, "secretservice  no", done)
        reads(self, 18, "sudo apt install libsecret", done)
        reads(self, 18, "Take pass", done)
        self.do(shlex.join([*inside, *done.out.splitlines()[-1].split(": ")[1].split()]))
        self.assertTrue(json.loads(self.world.run(*inside, self.program, "doctor", "--json").out)["ok"])

    def test_each_member_gives_the_same_answer(self):
        tables = set()
        for name in FAMILY:
            self.program = f"docker-credential-{name}"
            tables.add(self.table())
        self.assertEqual(1, len(tables), tables)


class DesktopCase(FamilyMixin, SecretServiceCase):
    """A desktop with an unlocked keyring."""
    program = "docker-credential-secretservice"

    def test_the_keyring_is_taken(self):
        self.assertTrue(self.members()["secretservice"]["ok"])
        self.assertEqual(self.take, "secretservice")
        self.assertIn("Take secretservice: docker-credential-secretservice configure", self.table())


if __name__ == "__main__":
    main()
