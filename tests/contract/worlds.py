"""Where a helper can run: the store it needs, made new for one case. Guessed by the program's name, or made by a script."""
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from keyctl_world import KeyctlWorld
from pass_world import PassWorld
from sandbox import Sandbox
from secretservice_world import SecretServiceWorld

MAX_INPUT = 1024 * 1024


class Traits:
    """What a store cannot help, and the contract therefore does not ask of it."""

    def __init__(self, world, strips_line_breaks=False, private_keys=True):
        self.world = world
        self.strips_line_breaks = strips_line_breaks  # at the end of a secret, as `pass insert` adds them
        self.private_keys = private_keys  # False: it keeps sessions under them itself, and hands out none


class OauthWorld(KeyctlWorld):
    """docker-credential-oauth without rules: every registry is passed through to its vault."""

    def __init__(self):
        super().__init__()
        folder = self.root / "config/docker-credential-oauth"
        folder.mkdir()
        (folder / "config.json").write_text('{"vault": "keyctl"}')


KNOWN = {
    # A password store's files are edited by people, whose editors end them with a line break.
    "pass": Traits(PassWorld, strips_line_breaks=True),
    "secretservice": Traits(SecretServiceWorld),
    "keyctl": Traits(KeyctlWorld),
    "oauth": Traits(OauthWorld, private_keys=False),
}


class ScriptWorld(Sandbox):
    """A fresh HOME in which a script has prepared the store. Lines NAME=VALUE that it prints are added to the
    environment; what it leaves running in the background is killed at the end of the case."""

    def __init__(self, script):
        super().__init__()
        if script is None:
            return
        output = self.root / "setup.out"
        with open(output, "wb") as out:
            process = subprocess.Popen([str(Path(script).resolve())], cwd=self.home, env=self.env,
                                       stdin=subprocess.DEVNULL, stdout=out, start_new_session=True)
        self.children.append(process)
        if process.wait(60) != 0:
            self.close()
            raise RuntimeError(f"{script} failed with exit code {process.returncode}")
        for line in output.read_text().splitlines():
            name, separator, value = line.partition("=")
            if separator:
                self.env[name] = value

    def close(self):
        for process in self.children:
            try:
                os.killpg(process.pid, 15)
            except ProcessLookupError:
                pass
        super().close()


def traits_for(binary, script=None):
    """Traits of any program named on a command line."""
    if script is not None:
        return Traits(lambda: ScriptWorld(script))
    kind = Path(binary).name.removeprefix("docker-credential-")
    return KNOWN.get(kind, Traits(lambda: ScriptWorld(None)))
