"""KeePassXC and KWallet behind the Secret Service, each on a private bus, without a screen.

Debian packages: keepassxc, xvfb, xdotool; libkf5wallet-bin, libqca-qt5-2-plugins."""
import base64
import hashlib
import os
import secrets
import signal
import socket
import unittest
import uuid
from pathlib import Path

from screen import Screen
from secretservice_world import COLLECTION, DEFAULT, NAME, DBusFailure, ROOT, SERVICE, SecretServiceWorld

DATABASE = """<?xml version="1.0" encoding="UTF-8"?>
<KeePassFile>
  <Meta>
    <Generator>Keyberth tests</Generator>
    <CustomData><Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{{{group}}}</Value></Item></CustomData>
  </Meta>
  <Root><Group><UUID>{encoded}</UUID><Name>Root</Name></Group></Root>
</KeePassFile>
"""

KEEPASSXC_SETTINGS = """[General]
ConfigVersion=2
UpdateCheckMessageShown=true
SingleInstance=false
[FdoSecrets]
Enabled=true
ShowNotification=false
ConfirmDeleteItem={confirm_delete}
ConfirmAccessItem={confirm_access}
"""


class KeePassXCWorld(Screen, SecretServiceWorld):
    """KeePassXC with an open database that exposes its root group; or with `open=False` with that database locked, so
    that it asks for the password in a window, which is seen with `screen=True` only."""
    dialog = ("--name", "Access Request|Unlock Database")

    def __init__(self, open=True, confirm_access=False, confirm_delete=False, screen=False):
        super().__init__(provider=None)
        self.env["QT_QPA_PLATFORM"] = "xcb" if screen else "offscreen"
        try:
            if screen:
                self.start_screen()
            self.make_database()
            (self.root / "keepassxc.ini").write_text(KEEPASSXC_SETTINGS.format(
                confirm_access=str(confirm_access).lower(), confirm_delete=str(confirm_delete).lower()))
            self.start_keepassxc(open)
        except BaseException:
            self.close()
            raise

    def make_database(self):
        group = uuid.uuid4()
        xml = self.root / "db.xml"
        xml.write_text(DATABASE.format(group=group, encoded=base64.b64encode(group.bytes).decode()))
        done = self.run("keepassxc-cli", "import", "-p", xml, self.root / "db.kdbx", input="pw\npw\n")
        if done.code != 0:
            raise AssertionError(done)

    def start_keepassxc(self, open, name=NAME, again=True):
        """`name` is what it will have on the bus; its own one is all it has while its Secret Service is off. On a busy
        machine one start in some thirty has the name and never answers; then there is a second one."""
        password = self.root / "password"
        password.write_text("pw\n")
        with password.open() as stdin:
            self.keyring = self.start("keepassxc", *(["--pw-stdin"] if open else []), "--config",
                                      self.root / "keepassxc.ini", "--localconfig", self.root / "local.ini",
                                      self.root / "db.kdbx", stdin=stdin)
        self.wait_for(lambda: self.client.name_has_owner(name), "KeePassXC on the bus")
        if name == NAME:
            try:
                self.wait_for(self.is_unlocked if open else self.answers, "KeePassXC and its database")
            except AssertionError:
                if not again:
                    raise
                self.kill_keepassxc()
                self.start_keepassxc(open, again=False)

    def kill_keepassxc(self):
        os.killpg(self.keyring.pid, signal.SIGKILL)  # it misses gentler signals while it starts
        self.keyring.wait(10)
        self.wait_for(lambda: not self.client.name_has_owner(), "KeePassXC to leave the bus")

    def answers(self):
        try:
            return self.client.get(ROOT, SERVICE, "Collections", timeout=2) is not None
        except (DBusFailure, TimeoutError):
            return False  # what is asked while KeePassXC starts may stay unanswered

    def is_unlocked(self):
        try:
            return self.answers() and not self.client.get(DEFAULT, COLLECTION, "Locked", timeout=2)
        except (DBusFailure, TimeoutError):
            return False  # the group is not exposed yet


KWALLET_SETTINGS = """[Wallet]
Enabled=true
First Use=false
Default Wallet=kdewallet
Use One Wallet=true
Prompt on Open=false
Leave Open=true
[org.freedesktop.secrets]
apiEnabled=true
"""


class KWalletWorld(Screen, SecretServiceWorld):
    """KWallet with an open wallet, opened as its PAM module does at login. With `encryption=False` it cannot find the
    plug-in that encrypts secrets on the bus, as where libqca-qt5-2-plugins is not installed."""
    dialog = ("--class", "kwalletd5")

    def __init__(self, encryption=True, screen=False):
        super().__init__(provider=None)
        self.prefix = [] if encryption else self.hide_plugins()
        self.env["QT_QPA_PLATFORM"] = "xcb" if screen else "offscreen"
        try:
            if screen:
                self.start_screen()
            (self.root / "config" / "kwalletrc").write_text(KWALLET_SETTINGS)
            salt = secrets.token_bytes(56)
            folder = self.root / "data" / "kwalletd"
            folder.mkdir()
            (folder / "kdewallet.salt").write_bytes(salt)
            self.key = hashlib.pbkdf2_hmac("sha512", b"testpw", salt, 50_000, 56)
            self.start_kwallet()  # makes the wallet, and shows it only when it is started again
            self.wait_for(lambda: (folder / "kdewallet.kwl").exists(), "the wallet")
            self.stop_kwallet()
            self.start_kwallet()
            self.wait_for(self.has_default, "the wallet's collection")
        except BaseException:
            self.close()
            raise

    def hide_plugins(self):
        """The beginning of a command line that runs the rest without them."""
        [folder] = Path("/usr/lib").glob("*/qca-qt5/crypto")
        prefix = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs none {folder} && exec "$@"', "sh"]
        if self.run(*prefix, "true").code != 0:
            self.close()
            raise unittest.SkipTest("may not mount, which hides the plug-in")
        return prefix

    def start_kwallet(self, name=NAME):
        reader, writer = os.pipe()
        os.write(writer, self.key)
        os.close(writer)
        path = self.root / "run" / "kwallet.socket"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            self.keyring = self.start(*self.prefix, "kwalletd5", "--pam-login", str(reader), str(listener.fileno()),
                                      pass_fds=(reader, listener.fileno()), env={"PAM_KWALLET5_LOGIN": str(path)})
        os.close(reader)
        with socket.socket(socket.AF_UNIX) as greeting:
            greeting.connect(str(path))
            greeting.sendall("".join(f"{k}={self.env[k]}\n" for k in [
                "DBUS_SESSION_BUS_ADDRESS", "HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME",
                "XDG_CACHE_HOME", "QT_QPA_PLATFORM", "LANG", "PATH",
                "DISPLAY"] if k in self.env).encode())
        self.wait_for(lambda: self.client.name_has_owner(name), "KWallet on the bus")
        self.wait_for(self.is_open, "the open wallet")

    def is_open(self):
        return self.client.call("/modules/kwalletd5", "org.kde.KWallet", "isOpen", "s", ("kdewallet",),
                                destination="org.kde.kwalletd5")[0]

    def stop_kwallet(self, how=signal.SIGTERM):
        os.killpg(self.keyring.pid, how)
        self.keyring.wait(10)
        self.wait_for(lambda: not self.client.name_has_owner(), "KWallet to leave the bus")

    def has_default(self):
        return self.client.call(ROOT, SERVICE, "ReadAlias", "s", ("default",))[0] != "/"
