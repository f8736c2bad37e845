"""A screen with somebody in front of it: Xvfb, the prompter of gnome-keyring, and xdotool to type.

Debian packages: xvfb, xdotool, gcr."""
import os
import shutil
from pathlib import Path

from secretservice_world import PASSWORD, SecretServiceWorld

PROMPTERS = Path("/usr/share/dbus-1/services")


class Screen:
    """For a world to inherit from: windows and keys. `dialog` is what xdotool searches a dialog by."""
    dialog = ("--class", "gcr-prompter")

    def start_screen(self):
        # Without -noreset it starts anew whenever the last client goes, and refuses the next one that comes meanwhile.
        # A number of our own: servers that choose one by themselves get into each other's way when many come and go.
        display = f":{100 + os.getpid() % 59000}"
        reader, writer = os.pipe()
        self.start("Xvfb", display, "-displayfd", str(writer), "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset",
                   pass_fds=(writer,))
        os.close(writer)
        with os.fdopen(reader) as ready:
            ready.readline()
        self.env["DISPLAY"] = display

    def windows(self):
        return self.run("xdotool", "search", "--onlyvisible", *self.dialog).out.split()

    def has_window(self):
        return bool(self.windows())

    def window(self):
        """Waits for a dialog that keys go to."""
        self.wait_for(self.has_window, "a dialog on the screen")

        def focused():
            windows = self.windows()
            if self.run("xdotool", "getwindowfocus").out.strip() in windows:
                return True
            self.run("xdotool", "windowfocus", *windows[-1:])
            return False
        self.wait_for(focused, "the keyboard to belong to the dialog")

    def no_window(self):
        """Waits for it to go."""
        self.wait_for(lambda: not self.has_window(), "the dialog to go")

    def type_password(self, password=PASSWORD.decode(), times=1):
        """Types it into the dialog's one field, or two, and confirms."""
        self.window()
        for field in range(times):
            if field:
                self.run("xdotool", "key", "Tab")
            self.run("xdotool", "type", "--delay", "5", password)
        self.run("xdotool", "key", "Return")

    def press(self, key):
        self.window()
        self.run("xdotool", "key", key)


class ScreenWorld(Screen, SecretServiceWorld):
    """A SecretServiceWorld whose prompts appear on a screen."""

    def __init__(self, provider="unlocked"):
        super().__init__(provider=None, bus=False)
        try:
            self.start_screen()
            for service in PROMPTERS.glob("org.gnome.keyring.*Prompter.service"):
                shutil.copy(service, self.services)
            self.start_bus()
            self.start_keyring(unlock=provider != "no-default")
        except BaseException:
            self.close()
            raise
