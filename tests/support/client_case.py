"""A world whose Docker has a configuration that a case changes, for the cases about clients and their files."""
import base64
import json
import os
import shutil
from pathlib import Path

from doctor import DoctorMixin
from pass_world import PassCase
from sandbox import BIN

USER_ID = 64321
AS_USER = (f"--reuid={USER_ID}", f"--regid={USER_ID}", "--clear-groups")
EDITOR = next((name for name in ("nano", "vim", "vi") if shutil.which(name)), "nano")


def encoded(user, password):
    return base64.b64encode(f"{user}:{password}".encode()).decode()


class ClientCase(DoctorMixin, PassCase):
    def setUp(self):
        super().setUp()
        self.config = Path(self.world.env["DOCKER_CONFIG"]) / "config.json"
        self.config.write_text('{"credsStore": "pass"}')

    def write(self, **settings):
        self.config.write_text(json.dumps(settings))

    def program_on_path(self, name, text="#!/bin/sh\necho version 1\n"):
        """A program in a folder of its own in front of PATH."""
        folder = self.world.root / "programs"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
        if not self.world.env["PATH"].startswith(f"{folder}:"):
            self.world.env["PATH"] = f"{folder}:{self.world.env['PATH']}"
        return folder / name

    def in_home(self):
        """Docker's configuration in its usual place, where there is none yet."""
        del self.world.env["DOCKER_CONFIG"]
        self.config = self.world.home / ".docker/config.json"
        self.config.parent.mkdir()

    def give_away(self):
        """The whole world belongs to another user (needs root)."""
        for path in [self.world.root, *self.world.root.rglob("*")]:
            os.chown(path, USER_ID, USER_ID, follow_symlinks=False)

    def as_user(self, **options):
        """What doctor finds for that user."""
        done = self.world.run("setpriv", *AS_USER, BIN / self.program, "doctor", "--json", **options)
        return json.loads(done.out)["checks"]
