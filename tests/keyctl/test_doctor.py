"""`docker-credential-keyctl doctor`: every trouble is set up for real; doctor names its cause and what mends it; that is
done, and then it finds nothing any more."""
import errno
import json
import sys
import unittest

import sandbox
from keyctl_world import FORBID, KeyctlCase
from pass_world import end_processes_below
from trouble import trouble

GET_PERSISTENT = 22  # KEYCTL_GET_PERSISTENT
REPORT = ("doctor", "--store", "--json")


def login(server="r.example", user="alice", secret="wonder"):
    return json.dumps({"ServerURL": server, "Username": user, "Secret": secret})


class DoctorCase(KeyctlCase):
    def report(self, *before):
        """Doctor's report; `before` is what runs it."""
        done = self.world.run(*before, self.world.helper, *REPORT)
        report = json.loads(done.out)
        self.assertEqual(done.code, 0 if report["ok"] else 1, done)
        self.assertEqual(report["helper"], "docker-credential-keyctl")
        return report

    def found(self, state, link, *texts, before=()):
        report = self.report(*before)
        check = next((check for check in report["checks"] if check["link"] == link), None)
        self.assertIsNotNone(check, report)
        self.assertEqual(check["state"], state, report)
        for text in texts:
            self.assertIn(text, check["finding"])
        self.assertEqual(report["ok"], all(check["state"] != "problem" for check in report["checks"]))
        return check

    def assert_clean(self, notes=(), before=()):
        report = self.report(*before)
        self.assertEqual([check for check in report["checks"]
                          if check["state"] == "problem" or check["state"] == "note" and check["link"] not in notes], [])
        self.assertIn("stored, read and removed", report["checks"][-1]["finding"])


class Ordinary(DoctorCase):
    """A user id of its own, outside of any namespace, with the kernel's usual 200 keys and 20,000 bytes."""
    options = {"ordinary_user": True}

    def limits(self):
        limits = {}
        for name in ("maxkeys", "maxbytes"):
            with open(f"/proc/sys/kernel/keys/{name}", encoding="ascii") as file:
                limits[name] = int(file.read())
        if limits["maxbytes"] > 1_000_000 or limits["maxkeys"] > 2000:
            raise unittest.SkipTest("this machine's quota is too large to fill")
        return limits

    def fill(self, count, size):
        for number in range(count):
            done = self.world.call("store", login(f"r{number}.example", "u", "x" * size))
            self.assertEqual(done.code, 0, done)

    def assert_advice(self, check):
        """The commands raise the limits tenfold. They are not run: the limits are the whole machine's."""
        limits = self.limits()
        settings = f"kernel.keys.maxbytes={10 * limits['maxbytes']} kernel.keys.maxkeys={10 * limits['maxkeys']}"
        self.assertEqual(check["remedy"], [f"sudo sysctl {settings}",
                                           f"printf '%s\\n' {settings} | sudo tee /etc/sysctl.d/60-keyberth.conf"])
        self.assertEqual(self.world.run("sh", "-c", check["remedy"][1].partition(" | ")[0]).out,
                         settings.replace(" ", "\n") + "\n")

    @trouble(11, "podman asks in a user namespace")
    def test_podman_that_has_a_keyring_of_its_own(self):
        conf = self.world.root / "registries.conf"
        conf.write_text('credential-helpers = ["keyctl"]')
        self.world.env["CONTAINERS_REGISTRIES_CONF"] = str(conf)
        self.world.add_program("docker", "exit 0")
        self.found("note", "reach", "podman asks in a user namespace of its own")
        self.world.without_programs("docker")
        check = self.found("problem", "reach", "podman asks in a user namespace of its own")
        done = self.world.run("sh", "-c", check["remedy"][1].strip())
        self.assertRegex(done.out, r"(?m)^keyctl +no +podman asks in a user namespace of its own")
        (self.world.root / "others/podman").unlink()  # skopeo makes no namespace
        self.found("ok", "reach")

    def test_healthy(self):
        self.world.call("store", login())
        self.assert_clean()
        self.found("ok", "reach", f"_persistent.{self.world.user}", "cron jobs and ssh sessions")
        self.found("ok", "quota", f" of {self.limits()['maxbytes']} bytes and ")
        self.found("ok", "logins", "1")
        with open("/proc/sys/kernel/keys/persistent_keyring_expiry", encoding="ascii") as file:
            days = int(file.read()) // 86400
        self.found("ok" if days else "note", "expiry", f"{days} days", " were left before this look")

    def test_no_room_for_another_login(self):
        count = (self.limits()["maxbytes"] - 3000) // 2100
        self.fill(count, 2000)
        self.assert_advice(self.found("problem", "quota", "a login with a token of 4 KiB does not fit any more"))
        self.assertEqual(len(json.loads(self.world.call("list").out)), count, "those that are there still work")
        # The other way to make room: docker logout.
        for number in range(3):
            self.assertEqual(self.world.call("erase", f"r{number}.example").code, 0)
        self.world.wait_for(lambda: self.report()["ok"], "the kernel to give the room back")
        self.assert_clean()

    def test_no_key_left(self):
        for number in range(self.limits()["maxkeys"] + 1):
            if self.world.call("store", login(f"r{number}.example", "u", "x")).code != 0:
                break
        check = self.found("problem", "quota", "does not fit any more")
        self.assert_advice(check)

    def test_little_room_is_left(self):
        self.fill(self.limits()["maxkeys"] * 85 // 100, 1)
        self.assert_advice(self.found("note", "quota", "little room is left"))
        self.assertTrue(self.report()["ok"])

    def test_damaged_login(self):
        self.world.call("store", login())
        self.world.in_ring("keyctl add user keyberth:bad.example 'no user name' $ring")
        check = self.found("problem", "logins", "damaged: the login of bad.example")
        self.assertEqual(check["remedy"], ["docker login 'bad.example'"])
        self.found("ok", "round trip", "stored, read and removed")  # so that doctor --all says that it works
        self.assertEqual(self.world.call("store", login("bad.example")).code, 0)  # what docker login does
        self.assert_clean()


    def test_expired_and_revoked_logins(self):
        for server, command in (("old.example", "timeout %d 1"), ("gone.example", "revoke %d")):
            self.world.call("store", login(server))
            key = next(key for key, description in self.world.keys().items() if description.endswith(server))
            self.world.in_ring("keyctl " + command % key)
            self.world.wait_for(lambda: self.world.call("get", server).code != 0, "the login to end")
            if "not found" in self.world.call("get", server).out:
                continue  # the kernel has swept it already
            check = self.found("problem", "logins", f"expired, revoked or damaged: the login of {server}")
            self.assertEqual(check["remedy"], [f"docker login '{server}'"])
            self.assertEqual(self.world.call("store", login(server)).code, 0)  # what docker login does
            self.assert_clean()


class Namespace(DoctorCase):
    def test_says_that_nobody_outside_sees_the_logins(self):
        self.assert_clean(notes=["reach"])
        self.found("note", "reach", "of this user namespace only")

    def test_reads_names_and_leaves_the_logins_alone(self):
        self.world.call("store", login())
        before = self.world.keys()
        self.assert_clean(notes=["reach"])
        self.assertEqual(self.world.keys(), before)


class Forbidden(DoctorCase):
    def forbid(self, code, *operation):
        return (sys.executable, FORBID, code, *operation, "--")

    @trouble(18, "Operation not permitted")
    def test_refused_by_a_container(self):
        for code, reason in ((errno.EPERM, "Operation not permitted"), (errno.ENOSYS, "Function not implemented")):
            check = self.found("problem", "kernel keyring", f"may not be used here ({reason})",
                               "allows add_key, keyctl and request_key", before=self.forbid(code))
        self.assert_clean(notes=["reach"])  # with a profile that allows them
        # The other way, in the container itself: another store.
        self.addCleanup(end_processes_below, self.world.root)
        done = self.world.run(*self.forbid(errno.EPERM), "sh", "-e", "-c", "\n".join(check["remedy"]))
        self.assertEqual(done.code, 0, done)
        done = self.world.run(*self.forbid(errno.EPERM), "docker-credential-pass", "doctor", "--json")
        self.assertTrue(json.loads(done.out)["ok"], done)
        with open(f"{self.world.env['DOCKER_CONFIG']}/config.json", encoding="utf-8") as file:
            self.assertEqual(json.load(file)["credsStore"], "pass")

    def test_kernel_without_persistent_keyrings(self):
        before = self.forbid(errno.EOPNOTSUPP, GET_PERSISTENT)
        check = self.found("note", "expiry", "this kernel has no persistent keyrings", "the last process of this user",
                           before=before)
        # Keeps a process of the user alive; it takes systemd, which these tests do without.
        self.assertEqual(check["remedy"], ['sudo loginctl enable-linger "$(id -un)"'])
        self.found("note", "reach", "_uid.0", before=before)
        self.assert_clean(notes=["expiry", "reach"], before=before)


if __name__ == "__main__":
    sandbox.main()
