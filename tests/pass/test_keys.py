"""Keys that are locked, expired or gone, and files that are damaged: what gpg does with them, and what we say."""
import json
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from doctor import examine
from pass_helper import NOT_FOUND, SERVER, HelperCase
from pass_world import PASSPHRASE, PassWorld
from sandbox import main

STORE_INPUT = json.dumps({"ServerURL": SERVER, "Username": "alice", "Secret": "s3cret"})


class Damaged(HelperCase):
    def setUp(self):
        super().setUp()
        self.store(SERVER, "alice", "s3cret")
        self.path = self.world.entry(SERVER, "alice")
        self.whole = self.path.read_bytes()

    def assert_damaged(self):
        self.assert_fails(self.call("get", SERVER), f"the login of {SERVER} is damaged", "docker login")

    def test_entry_cut_short_at_every_byte(self):
        # gpg exits with 0 for many of these, and prints the secret for others.
        for size in range(len(self.whole)):
            self.path.write_bytes(self.whole[:size])
            done = self.call("get", SERVER)
            self.assertEqual(done.code, 1, f"{size} of {len(self.whole)} bytes: {done}")
            self.assertNotIn("s3cret", done.out + done.err)
            self.assertNotEqual(done.out, NOT_FOUND)
        self.path.write_bytes(self.whole)
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))

    def test_one_wrong_bit(self):
        for at in range(0, len(self.whole), 7):
            changed = bytearray(self.whole)
            changed[at] ^= 1
            self.path.write_bytes(changed)
            done = self.call("get", SERVER)
            self.assertEqual(done.code, 1, f"byte {at}: {done}")
            self.assertNotIn("s3cret", done.out + done.err)
            self.assertNotEqual(done.out, NOT_FOUND)

    def test_what_is_no_message_at_all(self):
        for content in (b"", b"hello", b"\0" * 200, os.urandom(300), self.whole + b"xx", self.whole + self.whole,
                        self.whole[:-8]):
            with self.subTest(content=content[:10]):
                self.path.write_bytes(content)
                self.assert_damaged()

    def test_message_that_nobody_encrypted(self):
        plain = self.world.root / "plain"
        plain.write_text("not secret")
        self.world.run("gpg", "--batch", "--yes", "-o", self.path, "--store", plain)
        self.assert_damaged()

    def test_advice_is_safe_to_copy(self):
        user = "x'; touch owned; '"
        self.store(SERVER, user, "s3cret")
        path = self.world.entry(SERVER, user)
        path.write_bytes(b"damaged")
        advice = self.call("get", SERVER).err.rstrip("\n").rpartition("backup: ")[2]
        self.assertEqual(self.world.run("sh", "-c", f"printf %s {advice}", cwd=self.world.root).out, str(path))
        self.assertFalse((self.world.root / "owned").exists())

    def test_very_large_file(self):
        with open(self.path, "wb") as file:
            file.truncate(1 << 32)
        self.assert_fails(self.call("get", SERVER), f"the login of {SERVER} is damaged", "docker login")

    def test_entry_that_is_a_pipe_or_a_folder_is_no_entry(self):
        self.path.unlink()
        os.mkfifo(self.path)
        self.assert_missing(SERVER)
        self.path.unlink()
        self.path.mkdir()
        self.assert_missing(SERVER)

    def test_does_not_disturb_list_erase_and_other_entries(self):
        self.path.write_bytes(b"hello")
        self.store("https://other.example", "bob", "fine")
        self.assertEqual(self.list(), {SERVER: "alice", "https://other.example": "bob"})
        self.assertEqual(self.get("https://other.example"), ("bob", "fine"))
        self.erase(SERVER)
        self.assert_missing(SERVER)

    def test_login_replaces_it(self):
        self.path.write_bytes(b"hello")
        self.store(SERVER, "alice", "new")
        self.assertEqual(self.get(SERVER), ("alice", "new"))


class Keys(HelperCase):
    def store_call(self):
        return self.call("store", STORE_INPUT)

    def test_missing_secret_key(self):
        self.store(SERVER, "alice", "s3cret")
        self.world.run("gpg", "--batch", "--yes", "--delete-secret-keys", self.world.key)
        self.assert_fails(self.call("get", SERVER), f"the secret key for the login of {SERVER} is not here",
                          "gpg --list-secret-keys", "gpg --import FILE")
        self.assertEqual(self.list(), {SERVER: "alice"})
        self.store("https://other.example", "bob", "encrypting needs no secret key")
        self.erase(SERVER)
        self.assert_missing(SERVER)

    def test_expired_key(self):
        self.store(SERVER, "alice", "former")
        key = self.world.new_key("Short <short@example.org>", expires="seconds=1")
        old = self.world.entry("https://old.example", "bob")
        old.parent.mkdir()
        done = self.world.run("gpg", "--batch", "--trust-model", "always", "-r", key, "-o", old, "-e", input="old")
        (self.world.store / ".gpg-id").write_text(f"{self.world.key}\n{key}\n")
        listing = ("gpg", "--batch", "--with-colons", "--list-keys", key)
        self.world.wait_for(lambda: "pub:e:" in self.world.run(*listing).out, "the key to expire")
        self.assert_fails(self.store_call(), f"the GPG key {key}, named in {self.world.store}/.gpg-id, has expired",
                          "docker-credential-pass doctor\n")
        self.assertEqual(self.get(SERVER), ("alice", "former"), "the former entry is still there")
        if done.code == 0:  # else the key had expired before it was used, on a slow machine
            self.assertEqual(self.get("https://old.example"), ("bob", "old"), "reading still works")
        [problem] = examine(self.world, "docker-credential-pass").of("problem")
        for command in problem["remedy"]:
            self.assertEqual(self.world.run("sh", "-c", command).code, 0)
        self.assertEqual(self.store_call().code, 0, "the advice helps")
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))

    def test_unknown_key(self):
        for key in ("0123456789ABCDEF0123456789ABCDEF01234567", "nobody@example.org", "-x", "<script>"):
            with self.subTest(key=key):
                (self.world.store / ".gpg-id").write_text(f"{key}\n")
                done = self.store_call()
                self.assert_fails(done, f"the GPG key {key}, named in", "is not in the key ring", "pass init KEY")
                self.assertLess(done.seconds, 9)
        self.assertEqual(self.files(), [".gpg-id"])
        self.assertFalse(self.world.folder.exists(), "no empty folder stays behind")

    def test_unknown_key_among_others(self):
        """Who says `pass init KEY` then, locks the others out."""
        (self.world.store / ".gpg-id").write_text(f"{self.world.key}\nnobody@example.org\n")
        done = self.store_call()
        self.assert_fails(done, "the GPG key nobody@example.org, named in", "gpg --import FILE, or gpg --recv-keys KEY")
        self.assertNotIn("pass init", done.err)

    def test_revoked_key(self):
        certificate = next((self.world.gnupg / "openpgp-revocs.d").iterdir())
        certificate.write_text(certificate.read_text().replace(":-----BEGIN", "-----BEGIN"))
        self.assertEqual(self.world.run("gpg", "--batch", "--import", certificate).code, 0)
        self.assert_fails(self.store_call(), "cannot be used for encryption", "revoked")

    def test_key_that_is_not_trusted(self):
        public = self.world.run("gpg", "--export", self.world.key).raw_out
        secret = self.world.run("gpg", "--export-secret-keys", self.world.key).raw_out
        other = PassWorld(key=False)
        self.addCleanup(other.close)
        other.run("gpg", "--batch", "--import", input=public + secret)
        other.store.mkdir()
        (other.store / ".gpg-id").write_text(f"{self.world.key}\n")
        done = other.run("docker-credential-pass", "store", input=STORE_INPUT)
        self.assert_fails(done, f"gpg does not trust the key {self.world.key}", "trust quit")
        other.run("gpg", "--import-ownertrust", input=f"{self.world.key}:6:\n")
        self.assertEqual(other.run("docker-credential-pass", "store", input=STORE_INPUT).code, 0)

    def test_without_gpg(self):
        self.store(SERVER, "alice", "s3cret")
        tools = self.world.root / "tools"
        tools.mkdir()
        helper = self.world.run("sh", "-c", "command -v docker-credential-pass").out.strip()
        for action, input in (("get", SERVER), ("store", STORE_INPUT)):
            done = self.world.run(helper, action, input=input, env={"PATH": str(tools)})
            self.assert_fails(done, "gpg is not installed", "apt install gnupg")
        self.assertEqual(self.world.run(helper, "list", env={"PATH": str(tools)}).code, 0)
        self.assertEqual(self.world.run(helper, "erase", input=SERVER, env={"PATH": str(tools)}).code, 0)

    def test_gpg2_is_preferred(self):
        tools = self.world.root / "tools"
        tools.mkdir()
        (tools / "gpg2").write_text(f"#!/bin/sh\ntouch {self.world.root}/used\nexec gpg \"$@\"\n")
        (tools / "gpg2").chmod(0o700)
        self.world.env["PATH"] = f"{tools}:{self.world.env['PATH']}"
        self.store(SERVER, "alice", "s3cret")
        self.assertTrue((self.world.root / "used").exists())
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))

    def test_agent_that_may_not_be_started(self):
        self.store(SERVER, "alice", "s3cret")
        self.world.end_agents()
        (self.world.gnupg / "gpg.conf").write_text("no-autostart\n")
        self.assert_fails(self.call("get", SERVER), "gpg-agent is not running", "gpgconf --launch gpg-agent")

    def test_agent_is_started_and_survives_us(self):
        self.store(SERVER, "alice", "s3cret")
        self.world.end_agents()
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))
        self.assertTrue(agents(self.world))

    def test_stopped_agent(self):
        self.store(SERVER, "alice", "s3cret")
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))
        for pid in agents(self.world):
            os.kill(pid, signal.SIGSTOP)
        done = self.call("get", SERVER, env={"DOCKER_CREDENTIAL_TIMEOUT": "1"})
        self.assert_fails(done, "gpg did not answer", "gpgconf --kill gpg-agent")
        self.assertLess(done.seconds, 20)
        self.assertEqual(self.list(), {SERVER: "alice"})

    def test_empty_and_strange_options(self):
        self.store(SERVER, "alice", "s3cret", env={"PASSWORD_STORE_GPG_OPTS": "  --no-throw-keyids\t--verbose \n"})
        self.assertEqual(self.get(SERVER, env={"PASSWORD_STORE_GPG_OPTS": "--verbose --verbose"}), ("alice", "s3cret"))
        done = self.call("store", STORE_INPUT, env={"PASSWORD_STORE_GPG_OPTS": "--no-such-option"})
        self.assert_fails(done, "gpg cannot encrypt", "no-such-option")


def agents(world):
    """Process numbers of the agents of this world."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0] == b"gpg-agent" and str(world.gnupg).encode() in words:
            found.append(int(entry.parent.name))
    return found


class Locked(HelperCase):
    """A key with a passphrase that nobody has given yet."""
    options = {"passphrase": PASSPHRASE}

    def setUp(self):
        super().setUp()
        self.store(SERVER, "alice", "s3cret")

    def use(self, pinentry):
        self.world.end_agents()
        self.world.set_pinentry(pinentry)

    def test_store_list_and_erase_need_no_passphrase(self):
        self.assertEqual(self.list(), {SERVER: "alice"})
        self.erase(SERVER)
        self.assertEqual(self.world.prompts(), 0)

    def test_pinentry_answers(self):
        self.use("answers")
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))
        self.assertEqual(self.world.prompts(), 1)
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))
        self.assertEqual(self.world.prompts(), 1, "the agent remembers")

    def test_unlocked_before(self):
        self.world.unlock()
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))
        self.assertEqual(self.world.prompts(), 0)

    def test_no_pinentry(self):
        done = self.call("get", SERVER)
        self.assert_fails(done, f"the GPG key for the login of {SERVER} is locked", "there is no way to ask for it here",
                          f"gpg --output /dev/null --decrypt '{self.world.entry(SERVER, 'alice')}'\n", "pinentry-curses")
        self.assertLess(done.seconds, 20)

    def test_pinentry_without_terminal(self):
        self.use("/usr/bin/pinentry-curses")
        done = self.call("get", SERVER)
        self.assert_fails(done, "is locked", "there is no way to ask for it here")

    def test_pinentry_cancels(self):
        self.use("cancels")
        self.assert_fails(self.call("get", SERVER), "is locked: the question for its passphrase was cancelled")
        self.assertEqual(self.world.prompts(), 1)

    def test_wrong_passphrase(self):
        self.use("wrong")
        self.assert_fails(self.call("get", SERVER), "is locked: the passphrase was wrong")
        self.assertEqual(self.world.prompts(), 3, "gpg-agent asks three times")

    def test_empty_passphrase(self):
        self.use("empty")
        self.assert_fails(self.call("get", SERVER), "is locked: the passphrase was wrong")

    def test_pinentry_hangs(self):
        self.use("hangs")
        done = self.call("get", SERVER, env={"DOCKER_CREDENTIAL_TIMEOUT": "1"})
        self.assert_fails(done, "nobody answered the question for the passphrase", "DOCKER_CREDENTIAL_TIMEOUT=300",
                          "gpgconf --kill gpg-agent")
        self.assertLess(done.seconds, 20)

    def test_real_pinentry_on_our_terminal(self):
        # As in docker pull: standard input and output are pipes, but there is a terminal.
        self.use("/usr/bin/pinentry-curses")
        root = self.world.root
        (root / "asked").write_text(SERVER)
        self.in_terminal(f"cd {root}; docker-credential-pass get < asked > answer 2> errors || {{ cat errors; exit 1; }}")
        self.assertEqual(json.loads((root / "answer").read_text())["Secret"], "s3cret")

    def test_slow_answer_is_waited_for_by_those_that_come_later(self):
        # gpg-agent 2.2 lets a second gpg wait, without a word, as long as the first one's question is open.
        self.use("hangs")
        pinentry, go = self.world.root / "pinentry", self.world.root / "go"
        answer = f"while [ ! -e {go} ]; do sleep 0.05; done; echo 'D {PASSPHRASE}'; echo OK"
        pinentry.write_text(pinentry.read_text().replace("exec sleep 1000", answer))
        with ThreadPoolExecutor(4) as pool:
            first = pool.submit(self.call, "get", SERVER)
            self.world.wait_for(lambda: self.world.prompts() == 1, "the question")
            later = [pool.submit(self.call, "get", SERVER, env={"DOCKER_CREDENTIAL_TIMEOUT": "5"}) for _ in range(3)]
            time.sleep(6)  # longer than they wait for what needs no person
            go.touch()
            for call in (first, *later):
                self.assertEqual(json.loads(call.result().out)["Secret"], "s3cret", call.result())
        self.assertEqual(self.world.prompts(), 1)

    def test_parallel_gets_ask_once(self):
        self.use("slow")
        with ThreadPoolExecutor(20) as pool:
            results = list(pool.map(lambda _: self.call("get", SERVER), range(20)))
        for done in results:
            self.assertEqual(json.loads(done.out)["Secret"], "s3cret", done)
        self.assertEqual(self.world.prompts(), 1)

    def test_cancelling_once_is_enough_for_parallel_gets(self):
        self.use("cancels")
        pinentry, go = self.world.root / "pinentry", self.world.root / "go"
        pinentry.write_text(pinentry.read_text().replace(
            "echo 'ERR 8", f"while [ ! -e {go} ]; do sleep 0.05; done; echo 'ERR 8", 1))
        self.world.run("gpg-connect-agent", "/bye")
        errors = [self.world.root / f"errors{number}" for number in range(8)]
        processes = []
        for path in errors:
            with open(path, "wb") as file:
                processes.append(subprocess.Popen(
                    ["docker-credential-pass", "get"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=file,
                    env={**self.world.env, "DOCKER_CREDENTIAL_LOG": "debug"}))
            processes[-1].stdin.write(SERVER.encode())
            processes[-1].stdin.close()
        self.world.wait_for(lambda: all("run gpg" in path.read_text() for path in errors), "all to wait")
        self.world.wait_for(lambda: self.world.prompts() == 1, "the question")
        self.addCleanup(lambda: [process.kill() for process in processes])
        go.touch()
        for process, path in zip(processes, errors):
            self.assertEqual(process.wait(30), 1)
            self.assertIn("is locked: the question for its passphrase was cancelled", path.read_text())
        self.assertEqual(self.world.prompts(), 1)
        self.call("get", SERVER)
        self.assertEqual(self.world.prompts(), 2, "a later call asks again")

    def test_passphrase_in_a_file_by_gpg_conf(self):
        file = self.world.root / "passphrase"
        file.write_text(PASSPHRASE)
        (self.world.gnupg / "gpg.conf").write_text(f"batch\npinentry-mode loopback\npassphrase-file {file}\n")
        self.assertEqual(self.get(SERVER), ("alice", "s3cret"))

    def test_passphrase_in_a_file_by_the_users_options(self):
        file = self.world.root / "passphrase"
        file.write_text(PASSPHRASE)
        options = f"--pinentry-mode loopback  --passphrase-file {file}"
        self.assertEqual(self.get(SERVER, env={"PASSWORD_STORE_GPG_OPTS": options}), ("alice", "s3cret"))
        self.world.end_agents()
        file.write_text("wrong")
        done = self.call("get", SERVER, env={"PASSWORD_STORE_GPG_OPTS": options})
        self.assert_fails(done, "is locked: the passphrase was wrong")


if __name__ == "__main__":
    main()
