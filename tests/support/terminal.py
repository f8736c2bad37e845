"""A terminal with one program on it, as a person has it in front of him."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time


class Terminal:
    """`text` is what the program has written so far, `plain` the same without colours. With `owner`, a user id, the terminal
    belongs to that user, as a login gives it to him."""

    def __init__(self, argv, env, columns=100, rows=60, owner=-1):
        self.text = ""
        self.master, slave = pty.openpty()
        os.fchown(slave, owner, -1)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            [str(word) for word in argv], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={name: value for name, value in env.items() if value is not None},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def read(self, wait):
        """What has come; false at the end."""
        if not select.select([self.master], [], [], wait)[0]:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:  # everybody has left the terminal
            return False
        self.text += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)

    def until(self, pattern, timeout=60):
        """Waits until it is on the screen, and returns it."""
        deadline = time.monotonic() + timeout
        while not (found := re.search(pattern, self.plain)):
            going = self.read(0.2)
            assert going and time.monotonic() < deadline, f"no {pattern!r} on the screen:\n{self.text}"
        return found.group()

    def type(self, keys):
        os.write(self.master, keys)

    def type_hidden(self, keys, timeout=60):
        """Types a secret once the terminal does not show it: docker asks first, and tells the terminal afterwards."""
        deadline = time.monotonic() + timeout
        while termios.tcgetattr(self.master)[3] & termios.ECHO:
            going = self.read(0.01)
            assert going and time.monotonic() < deadline, f"the terminal would show a secret:\n{self.text}"
        self.type(keys)

    def finish(self, timeout=60):
        """The exit code, once all has been read."""
        deadline = time.monotonic() + timeout
        while self.read(0.2) and time.monotonic() < deadline and self.process.poll() is None:
            pass
        code = self.process.wait(20)
        while select.select([self.master], [], [], 0.1)[0] and self.read(0):
            pass
        return code

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    @property
    def plain(self):
        return re.sub(r"\x1b\[[0-9;]*m", "", self.text)
