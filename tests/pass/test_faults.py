"""Full disks, kills, many at once: what was stored before is still there. And what it costs, and what others can see."""
import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import sandbox
from pass_helper import HELPER, NOT_FOUND, SERVER, HelperCase
from sandbox import main


def payload(user, secret, server=SERVER):
    return json.dumps({"ServerURL": server, "Username": user, "Secret": secret})


class MountedStore(HelperCase):
    """A store on a file system of its own, in a mount namespace of its own."""

    def setUp(self):
        super().setUp()
        self.store(SERVER, "alice", "former")
        self.former = self.world.entry(SERVER, "alice").read_bytes()
        if self.world.run("unshare", "-m", "true").code != 0:
            raise unittest.SkipTest("mount namespaces are not allowed here")
        self.space = self.world.start("unshare", "-m", "sleep", "1000")
        ours = os.readlink("/proc/self/ns/mnt")
        self.world.wait_for(lambda: os.readlink(f"/proc/{self.space.pid}/ns/mnt") != ours, "the namespace")

    def inside(self, *argv, **options):
        return self.world.run("nsenter", "-t", self.space.pid, "-m", *argv, **options)

    def mount(self, *argv):
        done = self.inside("mount", *argv)
        if done.code != 0:
            raise unittest.SkipTest(f"mounting is not allowed here: {done.err.strip()}")

    def assert_former_is_there(self):
        done = self.inside(HELPER, "get", input=SERVER)
        self.assertEqual(json.loads(done.out), {"ServerURL": SERVER, "Username": "alice", "Secret": "former"})

    def test_read_only(self):
        self.mount("--bind", self.world.store, self.world.store)
        self.mount("-o", "remount,ro,bind", self.world.store)
        self.assert_former_is_there()
        self.assertEqual(json.loads(self.inside(HELPER, "list").out), {SERVER: "alice"})
        for action, text in (("store", payload("alice", "new")), ("store", payload("bob", "new")),
                             ("store", payload("bob", "new", "https://new.example")), ("erase", SERVER)):
            done = self.inside(HELPER, action, input=text)
            self.assert_fails(done, "Read-only file system", "mounted read-only", "findmnt -T")
        self.assertEqual(self.inside(HELPER, "erase", input="https://other.example").code, 0)
        self.assert_former_is_there()
        self.assertEqual(len(self.files()), 2)

    def fill(self):
        self.mount("-t", "tmpfs", "-o", "size=64k,mode=700", "none", self.world.store)
        path = self.world.entry(SERVER, "alice")
        copy = self.world.root / "former.gpg"
        copy.write_bytes(self.former)
        script = 'mkdir -p "${1%/*}" && cp "$2" "$1" && echo "$3" > "$4/.gpg-id" && cat /dev/zero > "$4/filler"'
        self.inside("sh", "-c", script, "sh", path, copy, self.world.key, self.world.store)

    def test_full_disk(self):
        self.fill()
        for text in (payload("alice", "new"), payload("bob", "new"), payload("bob", "new", "https://new.example")):
            done = self.inside(HELPER, "store", input=text)
            self.assert_fails(done, "No space left on device", "free some space", "df -h")
            self.assert_former_is_there()
        found = self.inside("find", self.world.store, "-mindepth", "1").out.split()
        names = sorted(os.path.relpath(path, self.world.store) for path in found)
        entry = os.path.relpath(self.world.entry(SERVER, "alice"), self.world.store)
        self.assertEqual(names, [".gpg-id", "docker-credential-helpers", os.path.dirname(entry), entry, "filler"],
                         "neither temporary files nor empty folders stay behind")
        self.assertEqual(self.inside(HELPER, "erase", input=SERVER).code, 0, "erase needs no space")

    def test_full_disk_later_emptied(self):
        self.fill()
        self.assertEqual(self.inside(HELPER, "store", input=payload("alice", "new")).code, 1)
        self.inside("rm", self.world.store / "filler")
        self.assertEqual(self.inside(HELPER, "store", input=payload("bob", "new")).code, 0)
        self.assertEqual(json.loads(self.inside(HELPER, "get", input=SERVER).out)["Secret"], "new")


class Forbidden(HelperCase):
    """Folders of somebody else."""

    def setUp(self):
        super().setUp()
        self.store(SERVER, "alice", "s3cret")
        if os.geteuid() == 0:
            self.program = self.world.root / HELPER
            shutil.copy(shutil.which(HELPER, path=self.world.env["PATH"]), self.program)
            self.world.end_agents()
            subprocess.run(["chown", "-R", "65534:65534", self.world.root], check=True)
            self.prefix = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
        else:
            self.program = HELPER
            self.prefix = ()

    def forbid(self, path):
        path.chmod(0)
        if os.geteuid() == 0:
            os.chown(path, 0, 0)
        self.addCleanup(path.chmod, 0o700)

    def act(self, action, text=""):
        return self.world.run(*self.prefix, self.program, action, input=text)

    def test_folder_is_no_reason_to_say_not_found(self):
        self.assertEqual(self.act("get", SERVER).code, 0)
        self.forbid(self.world.folder)
        for done in (self.act("get", SERVER), self.act("list"), self.act("erase", SERVER),
                     self.act("store", payload("alice", "x"))):
            self.assert_fails(done, "Permission denied", "ls -ld")

    def test_one_server_does_not_spoil_the_list(self):
        path = self.world.entry("https://other.example", "bob")
        path.parent.mkdir()
        self.forbid(path.parent)
        self.assertEqual(json.loads(self.act("list").out), {SERVER: "alice"})
        self.assert_fails(self.act("get", "https://other.example"), "Permission denied")

    def test_entry_that_may_not_be_read(self):
        self.forbid(self.world.entry(SERVER, "alice"))
        self.assert_fails(self.act("get", SERVER), "Permission denied", "alice.gpg")
        self.assertEqual(json.loads(self.act("list").out), {SERVER: "alice"})

    def test_gpg_id_that_may_not_be_read(self):
        self.forbid(self.world.store / ".gpg-id")
        self.assert_fails(self.act("store", payload("alice", "x")), "Permission denied", ".gpg-id")


class KillCase(HelperCase):
    def kill_during_store(self, user, secret, longest):
        process = subprocess.Popen([HELPER, "store"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=self.world.env)
        process.stdin.write(payload(user, secret).encode())
        process.stdin.close()
        time.sleep(random.uniform(0, longest))
        process.kill()
        return process.wait() == -signal.SIGKILL

    def store_seconds(self):
        """The median: a first one that had to wait for something would let most kills come too late."""
        return sorted(self.world.run(HELPER, "store", input=payload("alice", "0")).seconds for _ in range(5))[2]

    def make_left_overs_old(self):
        for path in self.world.store.rglob(".kb-*"):
            self.set_age(path, 3700)


class Killed(KillCase):
    def test_old_or_new_but_never_nothing(self):
        self.world.run("gpg-connect-agent", "/bye")
        longest = 1.2 * self.store_seconds()
        current = ("alice", "0")
        killed = 0
        for trial in range(1, 151):
            wanted = (random.choice(("alice", "bob", "us/er", "x" * 300)), str(trial))
            killed += self.kill_during_store(*wanted, longest)
            found = self.get(SERVER)
            self.assertIn(found, (current, wanted), f"trial {trial}")
            current = found
        self.assertGreater(killed, 50, "the kills came too late to show anything")
        self.make_left_overs_old()
        self.store(SERVER, "alice", "last")
        self.store(SERVER, "y" * 300, "last")
        self.store(SERVER, "alice", "last")
        self.assertEqual(self.files(), [".gpg-id", str(self.world.entry(SERVER, "alice").relative_to(self.world.store))])

    def test_first_store(self):
        longest = 1.2 * self.store_seconds()
        for trial in range(40):
            self.erase(SERVER)
            self.kill_during_store("alice", str(trial), longest)
            done = self.call("get", SERVER)
            if done.code == 0:
                self.assertEqual(json.loads(done.out)["Secret"], str(trial))
            else:
                self.assertEqual(done.out, NOT_FOUND)
            self.assertIn(self.list(), ({}, {SERVER: "alice"}))


class KilledWithGit(KillCase):
    options = {"git": True}

    def test_repository_stays_usable(self):
        longest = 1.2 * self.store_seconds()
        for trial in range(30):
            self.kill_during_store("alice", str(trial), longest)
        # A git that was ended removes its lock; one that was killed by hand would need the user.
        self.world.wait_for(lambda: not (self.world.store / ".git/index.lock").exists(), "git to end")
        self.make_left_overs_old()
        self.store(SERVER, "alice", "last")
        self.assertEqual(self.world.run("git", "-C", self.world.store, "fsck", "--strict").code, 0)
        self.assertEqual(self.world.run("git", "-C", self.world.store, "status", "--porcelain").out, "")


class Parallel(HelperCase):
    def test_gets(self):
        self.store(SERVER, "alice", "s3cret")
        self.world.end_agents()  # so that they also meet while gpg-agent is started
        with ThreadPoolExecutor(20) as pool:
            answers = set(pool.map(lambda _: self.get(SERVER), range(20)))
        self.assertEqual(answers, {("alice", "s3cret")})

    def test_stores_and_erases_of_distinct_servers(self):
        servers = [f"host{number}.example" for number in range(20)]
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda server: self.store(server, "alice", server), servers))
            self.assertEqual(self.list(), dict.fromkeys(servers, "alice"))
            self.assertEqual(list(pool.map(self.get, servers)), [("alice", server) for server in servers])
            list(pool.map(self.erase, servers))
        self.assertEqual(self.files(), [".gpg-id"])
        self.assertFalse(self.world.folder.exists())

    def test_stores_of_one_server_leave_exactly_one(self):
        users = [f"user{number}" for number in range(20)]
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda user: self.store(SERVER, user, f"secret of {user}"), users))
        user, secret = self.get(SERVER)
        self.assertEqual(secret, f"secret of {user}")
        self.assertEqual(len(self.files()), 2)

    def test_reader_never_misses_while_a_writer_replaces(self):
        self.store(SERVER, "user0", "secret of user0")
        stop = False

        def write():
            number = 0
            while not stop:
                number += 1
                self.store(SERVER, f"user{number % 3}", f"secret of user{number % 3}")
            return number

        with ThreadPoolExecutor(1) as pool:
            writer = pool.submit(write)
            try:
                for _ in range(100):
                    user, secret = self.get(SERVER)
                    self.assertEqual(secret, f"secret of {user}")
                    self.assertEqual(list(self.list()), [SERVER])
            finally:
                stop = True
            self.assertGreater(writer.result(), 10)


class Seen(HelperCase):
    """What programs are run, and what other processes can read in /proc meanwhile."""
    SECRET = "unmistakable-5ecret"

    def setUp(self):
        super().setUp()
        if sandbox.SANITIZED:
            raise unittest.SkipTest("the leak checker cannot run below strace")
        self.world.run("gpg-connect-agent", "/bye")

    def programs(self, action, text, env=None):
        """Runs an action below strace; returns the programs that were started after the helper itself."""
        log = self.world.root / "execs"
        done = self.world.run("strace", "-f", "-v", "-s", "100000", "-e", "trace=execve", "-e", "signal=none", "-o", log,
                              HELPER, action, input=text, env=env)
        if "ptrace" in done.err and "not permitted" in done.err:
            raise unittest.SkipTest("tracing is not allowed here")
        trace = log.read_text()
        self.assertNotIn(self.SECRET, trace)
        lines = [line for line in trace.splitlines() if "execve(" in line and line.endswith(" = 0")]
        return [os.path.basename(line.split('"')[1]) for line in lines[1:]]

    def test_an_entry_is_on_the_disk_before_its_name_is(self):
        """What a power cut leaves is decided by the order: write, fsync, rename, fsync of the folder."""
        log = self.world.root / "calls"
        done = self.world.run("strace", "-y", "-e", "trace=fsync,rename", "-e", "signal=none", "-o", log, HELPER, "store",
                              input=payload("alice", self.SECRET))
        if "ptrace" in done.err and "not permitted" in done.err:
            raise unittest.SkipTest("tracing is not allowed here")
        entry = self.world.entry(SERVER, "alice")
        calls = [line for line in log.read_text().splitlines() if line.endswith(" = 0")]
        self.assertRegex(calls[0], r"^fsync\(\d+<.*/\.kb-\w+>\)")
        self.assertRegex(calls[1], r'^rename\(".*/\.kb-\w+", ' + f'"{entry}"')
        self.assertRegex(calls[2], rf"^fsync\(\d+<{entry.parent}>\)")

    def test_one_gpg_for_get_and_store_and_nothing_for_the_rest(self):
        self.assertEqual(self.programs("store", payload("alice", self.SECRET)), ["gpg"])
        self.assertEqual(self.programs("get", SERVER), ["gpg"])
        self.assertEqual(self.programs("get", "https://missing.example"), [])
        self.assertEqual(self.programs("list", ""), [])
        self.assertEqual(self.programs("erase", SERVER), [])

    def test_with_git(self):
        self.world.set_up_git()
        programs = self.programs("store", payload("alice", self.SECRET))
        self.assertEqual([name for name in programs if name != "git"], ["gpg"])
        self.assertNotIn("gpg", self.programs("erase", SERVER))

    def test_nothing_of_it_in_files_and_messages(self):
        done = self.call("store", payload("alice", self.SECRET), env={"DOCKER_CREDENTIAL_LOG": "debug"})
        self.assertNotIn(self.SECRET, done.out + done.err)
        done = self.call("get", SERVER, env={"DOCKER_CREDENTIAL_LOG": "debug"})
        self.assertNotIn(self.SECRET, done.err)
        for path in self.world.root.rglob("*"):
            if path.is_file():
                self.assertNotIn(self.SECRET.encode(), path.read_bytes(), path)


if __name__ == "__main__":
    main()
