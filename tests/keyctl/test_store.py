"""docker-credential-keyctl against the real kernel: what it keeps, where, and for whom."""
import json

import sandbox
from keyctl_world import PREFIX, KeyctlCase, KeyctlWorld

NOT_FOUND = "credentials not found in native keychain\n"


def login(server="r.example", user="alice", secret="wonder"):
    return json.dumps({"ServerURL": server, "Username": user, "Secret": secret})


class Case(KeyctlCase):
    def store(self, *args, world=None):
        done = (world or self.world).call("store", login(*args))
        self.assertEqual((done.code, done.out, done.err), (0, "", ""))

    def get(self, server="r.example", world=None):
        done = (world or self.world).call("get", server)
        self.assertEqual((done.code, done.err), (0, ""), done)
        answer = json.loads(done.out)
        return answer["Username"], answer["Secret"]

    def assert_absent(self, server="r.example", world=None):
        done = (world or self.world).call("get", server)
        self.assertEqual((done.code, done.out, done.err), (1, NOT_FOUND, ""))

    def assert_fails(self, done, *texts):
        """Exit 1, one line on standard output, and all of `texts` on standard error."""
        self.assertEqual(done.code, 1, done)
        self.assertEqual(done.out.count("\n"), 1, done)
        for text in texts:
            self.assertIn(text, done.err)


class Layout(Case):
    def only_key(self):
        keys = self.world.keys()
        self.assertEqual(len(keys), 1, keys)
        return next(iter(keys.items()))

    def test_one_user_key_in_the_persistent_keyring(self):
        self.store("r.example:5000/team", "alice", "wonder")
        serial, description = self.only_key()
        # Possessors may do everything, others of the same user see the description, nobody else anything.
        self.assertEqual(description, f"user;0;0;3f010000;{PREFIX}r.example:5000/team")
        self.assertEqual(self.world.in_ring(f"keyctl print {serial}"), ":hex:" + b"alice\0wonder".hex())

    def test_neither_user_name_nor_secret_shows_in_the_list_of_keys(self):
        self.store("r.example", "some-user", "some-secret")
        listing = self.world.in_ring("cat /proc/keys")
        self.assertIn(f"{PREFIX}r.example", listing)
        self.assertNotIn("some-user", listing)
        self.assertNotIn("some-secret", listing)

    def test_semicolons_and_percent_signs_in_a_server_name(self):
        for server in ("a;b;c;d;e", "100%25/%00", "key:with:colons", "user;0;0;3f010000;x"):
            self.store(server, "u", f"secret of {server}")
        for server, _ in json.loads(self.world.call("list").out).items():
            self.assertEqual(self.get(server), ("u", f"secret of {server}"))
        self.assertEqual(len(self.world.keys()), 4)

    def test_a_second_user_takes_the_place_of_the_first_in_one_step(self):
        self.store("r.example", "zed", "1")
        before = self.only_key()
        self.store("r.example", "amy", "2")
        self.assertEqual(self.only_key(), before, "the kernel must have replaced the payload of the very same key")
        self.assertEqual(self.get(), ("amy", "2"))

    def test_erase_leaves_no_key(self):
        self.store()
        self.assertEqual(self.world.call("erase", "r.example").code, 0)
        self.assertEqual(self.world.keys(), {})

    def test_keys_of_other_programs_are_left_alone(self):
        self.world.in_ring("keyctl add user krb5:ticket x $ring; keyctl add keyring other '' $ring; "
                           f"keyctl add user {PREFIX[:-1]} x $ring; keyctl add user {PREFIX} x $ring")
        before = self.world.keys()
        self.store()
        self.assertEqual(json.loads(self.world.call("list").out), {"r.example": "alice"})
        self.world.call("erase", "r.example")
        self.world.call("erase", "krb5:ticket")
        self.assertEqual(self.world.keys(), before)


class Reach(Case):
    """Stored in one place, found in all others of the same user."""

    def session(self, action, input=""):
        return self.world.run("keyctl", "session", "-", self.world.helper, action, input=input)

    def test_a_new_session_finds_what_another_stored(self):
        self.assertEqual(self.session("store", login()).code, 0)
        done = self.session("get", "r.example")
        self.assertEqual(done.out, '{"ServerURL":"r.example","Username":"alice","Secret":"wonder"}\n')
        self.assertEqual(json.loads(self.session("list").out), {"r.example": "alice"})
        self.assertEqual(self.session("erase", "r.example").code, 0)
        self.assert_absent()

    def test_no_session_is_changed_by_a_visit(self):
        show = "keyctl show @s | tail -n +2 | wc -l"
        done = self.world.run("keyctl", "session", "-", "sh", "-c", f"{show}; {self.world.helper} list; {show}")
        self.assertEqual(done.out.splitlines()[-3:], ["1", "{}", "1"], done)

    def test_a_process_without_any_session_keyring(self):
        world = KeyctlWorld(ordinary_user=True)
        self.addCleanup(world.close)
        self.store(world=world)
        self.assertEqual(self.get(world=world), ("alice", "wonder"))
        done = world.run("keyctl", "session", "-", world.helper, "get", input="r.example")
        self.assertEqual(done.code, 0, done)

    def test_another_user_finds_nothing(self):
        ours, theirs = KeyctlWorld(ordinary_user=True), KeyctlWorld(ordinary_user=True)
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        self.store(world=ours)
        self.assert_absent(world=theirs)
        serial = next(iter(ours.keys()))
        self.assertNotEqual(theirs.run("keyctl", "print", serial).code, 0)

    def test_a_process_that_merely_has_the_same_user_cannot_read_by_number(self):
        self.store()
        serial = next(iter(self.world.keys()))
        done = self.world.run("keyctl", "session", "-", "keyctl", "print", serial)
        self.assertIn("Permission denied", done.err)


class Sizes(Case):
    def test_the_largest_payload_fits(self):
        self.world.need_room()
        secret = "x" * (32766 - len("alice"))
        self.store("r.example", "alice", secret)
        self.assertEqual(self.get(), ("alice", secret))

    def test_one_byte_more_is_refused_and_changes_nothing(self):
        self.store()
        done = self.world.call("store", login("r.example", "alice", "x" * (32767 - len("alice"))))
        self.assert_fails(done, "user name and secret have 32767 bytes, the kernel keyring takes at most 32766",
                          '"r.example": "pass"')
        self.assertEqual(self.get(), ("alice", "wonder"))

    def test_a_server_name_as_long_as_the_kernel_takes(self):
        longest = "s" * (4095 - len(PREFIX))
        self.store(longest, "u", "p")
        self.assertEqual(self.get(longest), ("u", "p"))
        self.assertEqual(list(json.loads(self.world.call("list").out)), [longest])
        done = self.world.call("store", login(longest + "s", "u", "p"))
        self.assert_fails(done, "the server name has 4087 bytes, the kernel keyring takes at most 4086")
        self.assert_absent(longest + "s")
        self.assertEqual(self.world.call("erase", longest + "s").code, 0)

    def test_more_keys_than_the_first_look_has_room_for(self):
        self.world.need_room()
        self.world.in_ring("for i in $(seq 300); do keyctl add user other$i x $ring; done >/dev/null")
        self.store()
        self.assertEqual(json.loads(self.world.call("list").out), {"r.example": "alice"})


class DeadKeys(Case):
    """Keys that somebody gave a time-out, revoked, or filled with something else."""

    def key(self):
        return next(iter(self.world.keys()))

    def expire(self):
        self.world.in_ring(f"keyctl timeout {self.key()} 1")
        self.world.wait_for(lambda: self.world.call("get", "r.example").code == 1, "the key to expire")

    def test_an_expired_login_is_said_to_be_one(self):
        self.store()
        self.expire()
        done = self.world.call("get", "r.example")
        self.assert_fails(done, "the login for r.example in the kernel keyring has expired", "docker login r.example")
        self.assertEqual(self.world.call("list").out, "{}\n")

    def test_a_revoked_login_is_said_to_be_one(self):
        self.store()
        self.world.in_ring(f"keyctl revoke {self.key()}")
        self.assert_fails(self.world.call("get", "r.example"), "the login for r.example in the kernel keyring was revoked",
                          "docker login r.example")

    def test_a_new_login_takes_the_place_of_an_expired_one(self):
        self.store()
        self.expire()
        self.store("r.example", "bob", "new")
        self.assertEqual(self.get(), ("bob", "new"))

    def test_a_new_login_takes_the_place_of_a_revoked_one(self):
        self.store()
        self.world.in_ring(f"keyctl revoke {self.key()}")
        self.store("r.example", "bob", "new")
        self.assertEqual(self.get(), ("bob", "new"))

    def test_a_new_login_does_not_inherit_a_time_out(self):
        self.store()
        self.world.in_ring(f"keyctl timeout {self.key()} 1000")
        self.store("r.example", "bob", "new")
        line = next(line for line in self.world.in_ring("cat /proc/keys").splitlines() if PREFIX in line)
        self.assertEqual(line.split()[3], "perm")

    def test_erase_removes_an_expired_login_for_good(self):
        self.store()
        self.expire()
        done = self.world.call("erase", "r.example")
        self.assertEqual((done.code, done.out, done.err), (0, "", ""))
        self.assert_absent()
        self.assertEqual(self.world.in_ring("keyctl rlist $ring").strip(), "")

    def test_erase_removes_a_revoked_login_for_good(self):
        self.store()
        self.world.in_ring(f"keyctl revoke {self.key()}")
        self.assertEqual(self.world.call("erase", "r.example").code, 0)
        self.assert_absent()
        self.assertEqual(self.world.in_ring("keyctl rlist $ring").strip(), "")

    def test_foreign_bytes_are_an_error_and_not_listed(self):
        self.store("good.example", "alice", "wonder")
        for number, payload in enumerate(("no-separator", "\\0secret-without-user")):
            self.world.in_ring(f"printf '{payload}' | keyctl padd user {PREFIX}bad{number}.example $ring")
            done = self.world.call("get", f"bad{number}.example")
            self.assert_fails(done, f"the login for bad{number}.example in the kernel keyring is damaged", "docker login")
            self.assertNotIn("separator", done.out + done.err)
        self.assertEqual(json.loads(self.world.call("list").out), {"good.example": "alice"})

    def test_a_key_whose_permissions_were_taken_away(self):
        self.store()
        self.world.in_ring(f"keyctl setperm {self.key()} 0x37010000")
        self.assert_fails(self.world.call("get", "r.example"), "the kernel does not let us search the keyring", "grep keyberth: /proc/keys")


class Status(Case):
    def test_what_is_stored_the_room_and_the_time_left(self):
        self.store()
        done = self.world.call("status")
        self.assertEqual((done.code, done.err), (0, ""))
        lines = done.out.splitlines()
        self.assertEqual(lines[0], "Logins:  1, in the persistent keyring _persistent.0 of the kernel")
        self.assertRegex(lines[1], r"^Quota:   \d+ of \d+ bytes and \d+ of \d+ keys in use by all keys of this user$")
        with open("/proc/sys/kernel/keys/persistent_keyring_expiry", encoding="ascii") as file:
            seconds = int(file.read())
        if seconds == 3 * 24 * 3600:
            self.assertEqual(lines[2], "Expiry:  when the machine restarts, or after 3 days without any use")
            self.assertRegex(lines[3], r"\([23] days were left; this command, like every use, starts the time anew\)")

    def test_debug_says_which_keyring(self):
        done = self.world.call("list", env={"DOCKER_CREDENTIAL_LOG": "debug"})
        self.assertIn("the user's persistent keyring", done.err)

    def test_arguments_are_wrong_usage(self):
        done = self.world.run(self.world.helper, "status", "now")
        self.assertEqual((done.code, done.out), (2, "status takes no arguments\n"))

    def test_help_tells_of_status_and_of_the_expiry(self):
        text = self.world.run(self.world.helper, "--help").out
        self.assertIn("  status\n", text)
        self.assertIn("until the machine restarts or nothing has used them for three", text)


if __name__ == "__main__":
    sandbox.main()
