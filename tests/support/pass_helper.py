"""Calls of docker-credential-pass and of the distribution's older helper in a PassWorld, for the cases of tests/pass."""
import json
import os
import unittest
from pathlib import Path

from pass_world import PASSPHRASE, PassCase
from sandbox import Done
from terminal import Terminal

HELPER = "docker-credential-pass"
OLDER = Path("/usr/bin/docker-credential-pass")
NOT_FOUND = "credentials not found in native keychain\n"
SERVER = "https://registry.example.org"


class HelperCase(PassCase):
    """Adds the four actions, with the helper under test and, as `older_...`, with the distribution's."""

    def call(self, action, input="", helper=HELPER, **options):
        return self.world.run(helper, action, input=input, **options)

    def store(self, server, user, secret, **options):
        done = self.call("store", json.dumps({"ServerURL": server, "Username": user, "Secret": secret}), **options)
        self.assertEqual((done.code, done.out), (0, ""), done)

    def get(self, server, **options):
        """User name and secret; fails the test when there are none."""
        done = self.call("get", server, **options)
        self.assertEqual(done.code, 0, done)
        answer = json.loads(done.out)
        self.assertEqual(answer["ServerURL"], server)
        return answer["Username"], answer["Secret"]

    def erase(self, server, **options):
        done = self.call("erase", server, **options)
        self.assertEqual((done.code, done.out, done.err), (0, "", ""), done)

    def list(self, **options):
        done = self.call("list", **options)
        self.assertEqual((done.code, done.err), (0, ""), done)
        return json.loads(done.out)

    def assert_missing(self, server, **options):
        done = self.call("get", server, **options)
        self.assertEqual((done.code, done.out, done.err), (1, NOT_FOUND, ""), done)

    def assert_fails(self, done, *texts):
        """An error in the family's form: one line on standard output, the same with advice on standard error."""
        self.assertEqual(done.code, 1, done)
        self.assertEqual(done.out.count("\n"), 1, done)
        self.assertNotEqual(done.out, NOT_FOUND)
        self.assertTrue(done.err.startswith(f"{HELPER}: {done.out}  "), done)
        for text in texts:
            self.assertIn(text, done.err)

    def in_terminal(self, script):
        """Runs a script in a terminal where somebody types the passphrase when he is asked for it."""
        terminal = Terminal(["sh", "-c", script], {**self.world.env, "TERM": "xterm"})
        self.addCleanup(terminal.close)
        terminal.until("assphrase")
        terminal.type_hidden(PASSPHRASE.encode() + b"\r")
        self.assertEqual(terminal.finish(), 0, terminal.text)
        self.world.history.append(((script,), Done(0, terminal.text.encode(), b"", 0)))

    def files(self):
        """Every file in the store, without git's, as paths relative to it."""
        return sorted(str(path.relative_to(self.world.store)) for path in self.world.store.rglob("*")
                      if path.is_file() and ".git" not in path.relative_to(self.world.store).parts)

    def older(self):
        if not OLDER.exists():
            raise unittest.SkipTest("golang-docker-credential-helpers is not installed")
        return str(OLDER)

    def set_age(self, path, seconds):
        """Makes a file look as old as that."""
        time = path.stat().st_mtime - seconds
        os.utime(path, (time, time))
