# SPDX-License-Identifier: Apache-2.0
"""docs/first-pull.md, done as it says by somebody at the terminal of a fresh Debian: what the page shows is what appears."""
import re
import shutil
import unittest
from pathlib import Path

from builds import packages
from docker_world import PASSWORD, USER
from newcomer_world import IMAGE, PASSPHRASE, Hidden, NewcomerWorld
from pages import as_pattern, blocks, steps, text_for
from sandbox import SandboxCase, main

PAGE = "first-pull.md"
PERSON = {
    r"Do you want to continue\? \[Y/n\] ": "\r",
    r"Username: ": f"{USER}\r",
    r"Password: ": Hidden(f"{PASSWORD}\r"),
    r"(?s)protect your new key.*Passphrase: ": Hidden(f"{PASSPHRASE}\r"),
    r"(?s)re-enter.*Passphrase: ": Hidden(f"{PASSPHRASE}\r"),
    r"(?s)unlock the OpenPGP.*Passphrase: ": Hidden(f"{PASSPHRASE}\r"),
    r"\nKeyring password: \Z": Hidden(f"{PASSPHRASE}\r"),
}
CODE = r"([A-Z]{4}-[A-Z]{4})"


def without_gaps(text):
    """Versions of docker differ in their empty lines."""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines() if line.strip())


class Page(unittest.TestCase):
    def test_every_block_is_tried(self):
        tests = Path(__file__).read_text()
        for kind, where, _ in blocks(PAGE):
            self.assertEqual("console", kind)
            self.assertIn(f'self.follow("{where}"', tests)


class FirstPull(SandboxCase):
    archive = "fresh.tar"

    def make_world(self):
        return NewcomerWorld(self.archive)

    def setUp(self):
        super().setUp()
        for package in packages("deb").glob("docker-credential-*.deb"):
            shutil.copy(package, self.world.home_of_person)
        self.world.start_docker()

    def type(self, command, person=None):
        return self.world.type(command, {**PERSON, **(person or {})})

    def follow(self, where, person=None):
        """Types what the page says, and holds what appears against it."""
        for command, shown in steps(text_for(PAGE, "console", where)):
            said = self.type(command, person)
            self.assertRegex(without_gaps(said), as_pattern(without_gaps(shown)), f"{where}: {command}")

    def has_image(self):
        self.succeeds(self.world.docker("image", "inspect", IMAGE))


class Desktop(FirstPull):
    archive = "root.tar"  # with GNOME Keyring

    def test_secretservice(self):
        self.world.as_root("dpkg --purge golang-docker-credential-helpers pass")
        self.world.start_private_registry()
        self.world.sit_down(desktop=True)
        self.follow("secretservice")
        self.has_image()
        self.type("pkill gnome-keyring")
        self.world.docker("image", "rm", IMAGE)
        self.follow("secretservice-locked")
        self.has_image()


class Server(FirstPull):
    def test_pass(self):
        self.world.start_private_registry()
        self.world.sit_down()
        self.assertIn("Login Succeeded", self.type("docker login registry.example.com"))
        self.follow("pass")
        self.has_image()
        self.assertNotIn(PASSWORD, self.type("cat .docker/config.json; echo"))

    def test_pass_after_su(self):
        """gpg cannot ask at a terminal of another user; the command that the message gives makes one."""
        self.world.sit_down(own_terminal=False)
        self.type("sudo apt install ./docker-credential-pass_*.deb")
        said = self.type("docker-credential-pass init")
        self.assertRegex(said, r"(?m)^gpg may not ask at /dev/pts/\d+, which belongs to another user")
        self.assertIn("Made the store", self.type(re.search(r"script -qc .*", said)[0]))

    def test_keyctl(self):
        self.world.start_private_registry()
        self.world.sit_down()
        self.follow("keyctl")
        self.has_image()


class Oauth(FirstPull):
    def confirm(self, code):
        """In the browser of another device."""
        self.world.provider.approve(code[1])

    def test_oauth_without_what_apt_recommends(self):
        """Each message has the command that leads on, from nothing to the login."""
        self.world.start_oauth_services()
        self.world.sit_down()
        self.type("sudo apt install --no-install-recommends ./docker-credential-oauth_*.deb")
        login = next(command for command, _ in steps(text_for(PAGE, "console", "oauth")) if " login " in command)
        taken = []
        while not (said := self.type(login, {CODE: self.confirm})).startswith("docker-credential-oauth asks for a login"):
            taken.append(re.search(r"(?m)^ +((?:sudo|docker-credential-pass) .*)$", said)[1])
            self.assertLess(len(taken), 4, said)
            self.type(taken[-1])
        self.assertEqual(["sudo apt install ./docker-credential-pass_*.deb", "docker-credential-pass init",
                          "sudo apt install ca-certificates"], taken)
        self.assertIn("Logged in", said)

    def test_oauth(self):
        self.world.start_oauth_services()
        self.world.sit_down()
        self.follow("oauth", {CODE: self.confirm})
        self.has_image()


if __name__ == "__main__":
    main()
