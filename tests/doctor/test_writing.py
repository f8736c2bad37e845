"""Files that cannot be changed: doctor foresees it, configure and migrate say it, and nothing is left behind."""
import json
import os
import shlex
import shutil

from client_case import AS_USER, ClientCase, encoded
from doctor import commands
from sandbox import BIN, main


class WritingCase(ClientCase):
    """Docker's file in a folder where it cannot be replaced, as a user who would have to."""
    LOGIN = {"auths": {"r.example": {"auth": encoded("alice", "s3cret")}}}

    def setUp(self):
        super().setUp()
        if os.getuid() != 0:
            self.skipTest("needs root to mount, and to be another user")
        self.in_home()
        self.write(**self.LOGIN)
        self.as_other = False

    def files(self):
        return sorted(path.name for path in self.config.parent.iterdir())

    def run_in(self, setting, script):
        """Runs a script where `setting` holds: mounts of its own, and then perhaps as an ordinary user."""
        inner = shlex.join(["setpriv", *AS_USER, "sh", "-c", script]) if self.as_other else script
        return self.world.run("unshare", "--mount", "sh", "-c", f"{setting}\n{inner}", env={"CONFIG": str(self.config)})

    def blocked(self, setting, finding, remedy, mend=None):
        """Doctor says first what is in the way; configure and migrate say the same and leave nothing behind. `mend`: what to
        run for it, if not the advice itself."""
        before = self.config.read_text()
        listing = f"ls -A {shlex.quote(str(self.config.parent))}"
        done = self.run_in(setting, "docker-credential-pass doctor --json")
        checks = [check for check in json.loads(done.out)["checks"] if check["state"] == "problem"]
        self.assertEqual(["config.json", "credsStore", "passwords"], [check["link"] for check in checks])
        self.assertIn(finding, checks[0]["finding"])
        self.assertEqual(remedy, checks[0]["remedy"])
        for check, command in zip(checks[1:], ("configure", "migrate")):
            self.assertEqual(["Once the file can be changed:", f"  docker-credential-pass {command}"], check["remedy"])
            done = self.run_in(setting, f"docker-credential-pass {command}; {listing}")
            self.assertEqual(f"docker-credential-pass: {checks[0]['finding']}", done.err.splitlines()[0])
            self.assertIn(remedy[0], done.err)
            self.assertNotIn("keyberth-", done.err + done.out)
        self.assertEqual({}, json.loads(self.run_in(setting, "docker-credential-pass list").out))
        self.assertEqual(before, self.config.read_text())
        mend = mend if mend is not None else "\n".join(commands(checks[0]))
        if mend:
            then = "docker-credential-pass configure && docker-credential-pass migrate && docker-credential-pass doctor"
            done = self.run_in(setting, f"{mend}\n{then}")
            self.assertEqual((0, ""), (done.code, done.err), done)
            self.assertIn("All is well", done.out)

    def folder_on(self, options, more):
        folder = shlex.quote(str(self.config.parent))
        aside = shlex.quote(f"{self.world.root}/aside.json")
        return (f"cp \"$CONFIG\" {aside} && mount -t tmpfs {options} none {folder} && cp {aside} \"$CONFIG\" && "
                f"{more.replace('FOLDER', folder)}")

    def test_a_read_only_disk(self):
        folder = self.config.parent
        self.blocked(self.folder_on("", "mount -o remount,ro FOLDER"), f"the disk with {folder} is mounted read-only",
                     [f"mount -o remount,rw \"$(findmnt -n -o TARGET --target '{folder}')\""])

    def test_a_full_disk(self):
        self.blocked(self.folder_on("-o size=32k", "dd if=/dev/zero of=FOLDER/fill bs=4k status=none 2>/dev/null; true"),
                     f"the disk with {self.config.parent} is full", [f"df -h '{self.config.parent}'"],
                     mend=f"rm '{self.config.parent}/fill'")

    def test_a_file_mounted_by_itself(self):
        self.blocked('mount --bind "$CONFIG" "$CONFIG"', "cannot be replaced, because it is mounted by itself",
                     ["Mount the folder it is in, or change it outside."], mend='umount "$CONFIG"')

    def test_a_link_to_a_read_only_disk(self):
        """As systems have it whose configuration is generated."""
        real = self.world.root / "fixed"
        real.mkdir()
        self.config.rename(real / "config.json")
        self.config.symlink_to(real / "config.json")
        self.blocked(f"mount --bind '{real}' '{real}' && mount -o remount,bind,ro '{real}'",
                     f"the disk with {real} is mounted read-only, where the link {self.config} leads",
                     ["To have a file of its own in place of the link:",
                      f"  cp --remove-destination '{real}/config.json' '{self.config}'"])
        self.assertFalse(self.config.is_symlink())

    def test_a_link_to_what_is_not_ones_own(self):
        """It can be read: nobody is to own what root keeps elsewhere."""
        real = self.world.root / "system.json"
        self.config.rename(real)
        self.config.symlink_to(real)
        self.give_away()
        os.chown(self.world.root, 0, 0)
        self.world.root.chmod(0o755)
        os.chown(real, 0, 0)
        real.chmod(0o644)
        self.as_other = True
        self.blocked("true", f"you may not write in {self.world.root}, which belongs to root, where the link {self.config} leads",
                     ["To have a file of its own in place of the link:", f"  cp --remove-destination '{real}' '{self.config}'"])

    def test_immutable(self):
        for path in (self.config, self.config.parent):
            if self.world.run("chattr", "+i", path).code != 0:
                self.skipTest("this file system knows no such flag")
            try:
                self.blocked("true", f"{path} is marked as never to be changed", [f"chattr -i '{path}'"], mend="")
            finally:
                self.do(f"chattr -i '{path}'")
        self.do("docker-credential-pass configure && docker-credential-pass migrate")
        self.is_well()

    def test_folders_that_may_not_be_written(self):
        self.as_other = True
        for path in (self.config.parent, self.world.home):
            self.give_away()
            if path == self.world.home:  # docker's folder would have to be made
                for name in self.files():
                    (self.config.parent / name).unlink()
                self.config.parent.rmdir()
                path.chmod(0o500)
                done = self.run_in("true", "docker-credential-pass doctor; docker-credential-pass configure")
                self.assertIn(f"you may not write in {path}\n", done.out)
                self.assertIn(f"\n  chmod u+rwx '{path}'\n", done.err)
                done = self.run_in("true", f"chmod u+rwx '{path}'; docker-credential-pass configure; docker-credential-pass doctor")
                self.assertIn("All is well", done.out)
            else:
                path.chmod(0o500)
                self.blocked("true", f"you may not write in {path}", [f"chmod u+rwx '{path}'"])

    def test_what_needs_no_change_may_be_fixed(self):
        """A file that is mounted into a container for reading."""
        self.write(credsStore="pass")
        done = self.run_in('mount --bind "$CONFIG" "$CONFIG" && mount -o remount,bind,ro "$CONFIG"',
                           "docker-credential-pass doctor && docker-credential-pass configure")
        self.assertEqual(0, done.code, done)
        self.assertIn("credsStore is pass already", done.out)

    def test_a_disk_that_fills_up_meanwhile(self):
        """Not foreseen, for there is room for a small file: the logins are in the store, and still in the file."""
        self.write(**self.LOGIN, HttpHeaders={"X": "x" * 60000})
        setting = self.folder_on("-o size=84k", "true")
        done = self.run_in(setting, "docker-credential-pass configure; docker-credential-pass migrate; "
                           f"ls -A '{self.config.parent}'; docker-credential-pass list")
        self.assertIn(f"{self.config} still has what was moved: it is now in the file and in the store", done.err)
        self.assertIn('config.json\n{"r.example":"alice"}', done.out)


class PlaceCase(ClientCase):
    def test_an_auth_file_named_without_a_folder(self):
        auth = self.world.home / "auth.json"
        auth.write_text(json.dumps({"auths": {"r.example": {"auth": encoded("alice", "1")}}}))
        options = {"env": {"REGISTRY_AUTH_FILE": "auth.json"}, "cwd": self.world.home}
        [line] = self.the_problem("passwords", "a password stands in auth.json", **options)
        self.do(line, **options)
        self.is_well(**options)
        self.do("docker-credential-pass configure --registry s.example --containers", **options)
        self.assertEqual({"r.example": "pass", "s.example": "pass"}, json.loads(auth.read_text())["credHelpers"])
        self.do("docker-credential-pass configure --undo", **options)
        self.assertEqual({"auths": {"r.example": {}}}, json.loads(auth.read_text()))
        self.assertEqual([], list(self.world.home.glob("auth.json.*")))
        auth.unlink()  # and made anew
        self.do("docker-credential-pass configure --registry s.example --containers", **options)
        self.assertEqual({"credHelpers": {"s.example": "pass"}}, json.loads(auth.read_text()))

    def test_no_right_to_read_ones_own(self):
        if os.getuid() != 0:
            self.skipTest("needs root to be another user")
        self.in_home()
        self.write(credsStore="pass")
        for path, rights in ((self.config, "u+rw"), (self.config.parent, "u+rwx")):
            self.give_away()
            path.chmod(0)
            [check] = [check for check in self.as_user() if check["link"] == "config.json"]
            self.assertEqual(f"you may not read {path}, which is yours", check["finding"])
            self.assertEqual([f"chmod {rights} '{path}'"], check["remedy"])
            done = self.world.run("setpriv", *AS_USER, "sh", "-c", f"{check['remedy'][0]}; {BIN}/{self.program} doctor")
            self.assertEqual(0, done.code, done)

    def test_a_folder_to_be_made_in_that_of_somebody_else(self):
        if os.getuid() != 0:
            self.skipTest("needs root to be another user")
        self.give_away()
        self.world.without_programs("pass", "docker-credential-secretservice")  # which docker would take by itself
        other = self.world.home / "other"
        outside = self.world.root / "outside"
        for folder, remedy in ((other, f"sudo chown -R \"$(id -u):$(id -g)\" '{other}'"),
                               (outside, 'export DOCKER_CONFIG="$HOME"/.docker')):
            folder.mkdir(mode=0o755)
            checks = self.as_user(env={"DOCKER_CONFIG": str(folder / "docker")})
            checks = [check for check in checks if check["state"] == "problem"]
            self.assertIn(f"you may not write in {folder}, which belongs to root", checks[0]["finding"])
            self.assertEqual([remedy], checks[0]["remedy"])

    def test_what_is_in_the_way(self):
        self.in_home()
        folder = self.config.parent
        for path, target, why in ((self.config, "config.json", "is a link that leads back to itself"),
                                  (folder, ".docker", "is a link that leads back to itself"),
                                  (folder, "/nonexistent", "is a link to a folder that is not there"),
                                  (folder, None, "is a file, where a folder is wanted")):
            if path == folder:
                shutil.rmtree(folder)
            elsewhere = path.with_name(f"{path.name}.old")
            elsewhere.touch()
            if target:
                path.symlink_to(target)
            else:
                path.touch()
            [line] = self.the_problem("config.json", f"{path} {why}")
            self.assertEqual(f"mv -n '{path}' '{elsewhere}-2'", line)
            self.do(line)
            self.do("docker-credential-pass configure")
            self.is_well()
            elsewhere.with_name(f"{elsewhere.name}-2").unlink()

    def test_nothing_outside_of_home_is_moved(self):
        place = self.world.root / "outside"
        place.symlink_to(place)
        [line] = self.the_problem("config.json", "a link that leads back to itself", env={"DOCKER_CONFIG": str(place)})
        self.assertEqual('export DOCKER_CONFIG="$HOME"/.docker', line)


if __name__ == "__main__":
    main()
