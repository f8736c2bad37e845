"""docker-credential-keyctl where the kernel says no: quota used up, system calls forbidden, no persistent keyrings."""
import errno
import json
import subprocess
import unittest

import sandbox
from keyctl_world import KeyctlCase

GET_PERSISTENT = 22  # KEYCTL_GET_PERSISTENT


def login(server="r.example", user="alice", secret="wonder"):
    return json.dumps({"ServerURL": server, "Username": user, "Secret": secret})


class Quota(KeyctlCase):
    """A user id of its own has the kernel's usual 200 keys and 20,000 bytes."""
    options = {"ordinary_user": True}

    def setUp(self):
        super().setUp()
        self.limits = {}
        for name in ("maxkeys", "maxbytes"):
            with open(f"/proc/sys/kernel/keys/{name}", encoding="ascii") as file:
                self.limits[name] = int(file.read())
        if self.limits["maxbytes"] > 1_000_000 or self.limits["maxkeys"] > 2000:
            raise unittest.SkipTest("this machine's quota is too large to fill")

    def fill(self, size):
        """Stores logins of about `size` bytes until the kernel refuses one; returns their number and that refusal."""
        for count in range(10_000):
            done = self.world.call("store", login(f"r{count}.example", "u", "x" * size))
            if done.code != 0:
                return count, done
        raise AssertionError("the quota never came to an end")

    def test_bytes_used_up(self):
        count, refusal = self.fill(2000)
        self.assertEqual(refusal.code, 1)
        self.assertRegex(refusal.out, r"^the kernel's quota for the keys of this user is exhausted: \d+ of "
                         f"{self.limits['maxbytes']} bytes and \\d+ of {self.limits['maxkeys']} keys in use, "
                         r"this login takes 20\d\d bytes\n$")
        raised = (f"sudo sysctl kernel.keys.maxbytes={10 * self.limits['maxbytes']} "
                  f"kernel.keys.maxkeys={10 * self.limits['maxkeys']}\n")
        for advice in ("docker logout SERVER", raised):
            self.assertIn(advice, refusal.err)
        self.assertEqual(len(json.loads(self.world.call("list").out)), count)
        self.assertEqual(self.world.call("erase", "r0.example").code, 0)
        self.assertEqual(self.world.call("store", login("again.example", "u", "x" * 1990)).code, 0)

    def test_root_of_a_namespace_only_is_told_of_the_ordinary_limits(self):
        self.fill(2000)
        argv = ["unshare", "--user", "--map-root-user", self.world.helper, "store"]
        if self.world.run(*argv[:3], "true").code != 0:
            raise unittest.SkipTest("new user namespaces are not allowed here")
        done = self.world.run(*argv, input=login(secret="x" * 2000))
        self.assertEqual(done.code, 1, done)
        self.assertIn("sudo sysctl kernel.keys.maxbytes=", done.err)

    def test_a_refused_update_keeps_the_former_login(self):
        self.assertEqual(self.world.call("store", login()).code, 0)
        self.fill(2000)
        done = self.world.call("store", login("r.example", "bob", "y" * 5000))
        self.assertEqual(done.code, 1)
        self.assertIn("quota", done.out)
        self.assertEqual(json.loads(self.world.call("get", "r.example").out)["Secret"], "wonder")

    def test_number_of_keys_used_up(self):
        count, refusal = self.fill(1)
        self.assertIn("quota", refusal.out)
        self.assertGreater(count, self.limits["maxkeys"] // 2)
        self.assertEqual(len(json.loads(self.world.call("list").out)), count)
        self.assertEqual(json.loads(self.world.call("get", "r0.example").out)["Secret"], "x")

    def test_a_crowd_still_reads_when_the_last_byte_is_gone(self):
        self.fill(2000)
        for size in (200, 20, 1):
            for number in range(100):
                if self.world.call("store", login(f"s{size}-{number}", "u", "x" * size)).code != 0:
                    break
        argv = [*self.world.prefix, str(self.world.helper), "get"]
        crowd = [subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=self.world.env) for _ in range(20)]
        for process in crowd:
            out, err = process.communicate(b"r0.example", 30)
            self.assertEqual((process.returncode, err), (0, b""), out)

    def test_status_shows_the_quota(self):
        self.assertIn(f" of {self.limits['maxbytes']} bytes and ", self.world.call("status").out)


class Forbidden(KeyctlCase):
    """A seccomp filter answers as those of docker (EPERM) and podman (ENOSYS) do."""

    def assert_forbidden(self, code, reason):
        for action, text in (("get", "r.example"), ("store", login()), ("erase", "r.example"), ("list", "")):
            done = self.world.call_forbidden(code, action, text)
            self.assertEqual(done.code, 1, action)
            self.assertEqual(done.out, f"the kernel keyring may not be used here ({reason})\n")
            for advice in ("--security-opt seccomp=PROFILE.json", "add_key, keyctl and request_key",
                           "docker-credential-pass"):
                self.assertIn(advice, done.err)

    def test_refused_as_by_docker(self):
        self.assert_forbidden(errno.EPERM, "Operation not permitted")

    def test_refused_as_by_podman(self):
        self.assert_forbidden(errno.ENOSYS, "Function not implemented")

    def test_status_says_so_too(self):
        done = self.world.call_forbidden(errno.EPERM, "status")
        self.assertEqual(done.code, 1)
        self.assertIn("may not be used here", done.err)

    def test_what_needs_no_keyring_still_works(self):
        self.assertEqual(self.world.call_forbidden(errno.EPERM, "version").code, 0)
        done = self.world.call_forbidden(errno.EPERM, "get", "")
        self.assertEqual(done.out, "no credentials server URL\n")


class WithoutPersistentKeyrings(KeyctlCase):
    """A kernel built without them answers EOPNOTSUPP to that one operation; the user keyring takes their place."""

    def call(self, action, text="", **options):
        return self.world.call_forbidden(errno.EOPNOTSUPP, action, text, operation=GET_PERSISTENT, **options)

    def test_the_user_keyring_serves_instead(self):
        self.assertEqual(self.call("store", login()).code, 0)
        self.assertEqual(json.loads(self.call("get", "r.example").out)["Secret"], "wonder")
        self.assertEqual(json.loads(self.call("list").out), {"r.example": "alice"})
        self.assertIn("keyberth:r.example", self.world.run("keyctl", "list", "@u").out)
        self.assertEqual(self.call("erase", "r.example").code, 0)
        self.assertEqual(self.call("list").out, "{}\n")

    def test_debug_and_status_say_so(self):
        self.assertIn("taking the user keyring", self.call("list", env={"DOCKER_CREDENTIAL_LOG": "debug"}).err)
        text = self.call("status").out
        self.assertIn("in the user keyring _uid.0 of the kernel", text)
        self.assertIn("Expiry:  when the machine restarts or the last process of this user ends", text)


if __name__ == "__main__":
    sandbox.main()
