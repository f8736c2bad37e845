#!/usr/bin/python3
"""Chromium for $BROWSER: a real browser without a window opens the address, in which this script fills in the forms of the
test provider as a person would, as $TEST_LOGIN. What the last page shows goes to the file $TEST_PAGE. Nothing but this
machine can be reached from it; the server whose certificate is $TEST_CERTIFICATE is trusted.

Debian package: chromium. It is spoken to by the Chrome DevTools Protocol, through a pair of pipes."""
import base64
import hashlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
import urllib.parse

LIMIT = 40  # seconds for everything

# Fills in what the page asks for and presses its button. "busy" while a page is on its way.
ACT = """(() => {
  if (document.readyState !== 'complete') return 'busy';
  const login = document.querySelector('input[name=login]');
  const button = document.querySelector('form button[type=submit]');
  if (!button || document.body.dataset.pressed) return 'busy';
  document.body.dataset.pressed = 'yes';
  if (login) {
    login.value = LOGIN;
    document.querySelector('input[name=password]').value = 'x';
  }
  button.click();
  return login ? 'signed in' : 'agreed';
})()"""


class Chromium:
    def __init__(self, folder):
        to_browser, self.writer = os.pipe()
        self.reader, from_browser = os.pipe()
        command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--disable-extensions", "--disable-background-networking", "--disable-component-update",
                   f"--user-data-dir={folder}", "--remote-debugging-pipe",
                   "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"]
        if "TEST_CERTIFICATE" in os.environ:
            command.append(f"--ignore-certificate-errors-spki-list={fingerprint(os.environ['TEST_CERTIFICATE'])}")
        # The pipes are descriptors 3 and 4 of the browser.
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec 3<&{to_browser} 4>&{from_browser} "$@"', "-", *command, "about:blank"],
            pass_fds=(to_browser, from_browser), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.deadline, self.count, self.session, self.unread = time.monotonic() + LIMIT, 0, None, b""

    def call(self, method, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writer, json.dumps(message).encode() + b"\0")
        while (answer := self.receive()).get("id") != self.count:
            pass
        return answer.get("result", {})

    def receive(self):
        while b"\0" not in self.unread:
            left = self.deadline - time.monotonic()
            part = os.read(self.reader, 65536) if left > 0 and select.select([self.reader], [], [], left)[0] else b""
            if not part:
                raise SystemExit("chromium says nothing")
            self.unread += part
        message, self.unread = self.unread.split(b"\0", 1)
        return json.loads(message)

    def attach(self):
        """To the page that it began with."""
        while not (pages := [target for target in self.call("Target.getTargets")["targetInfos"] if target["type"] == "page"]):
            time.sleep(0.05)
        self.session = self.call("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)["sessionId"]

    def evaluate(self, script):
        """None while there is no page to evaluate it in."""
        return self.call("Runtime.evaluate", expression=script, returnByValue=True).get("result", {}).get("value")

    def close(self):
        self.process.kill()
        self.process.wait()


def fingerprint(certificate):
    """Base64 of the SHA-256 of a certificate's public key."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], capture_output=True, check=True)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key.stdout, capture_output=True, check=True)
    return base64.b64encode(hashlib.sha256(der.stdout).digest()).decode()


def main():
    address = sys.argv[1]
    redirect = urllib.parse.parse_qs(urllib.parse.urlparse(address).query)["redirect_uri"][0]
    act = ACT.replace("LOGIN", json.dumps(os.environ.get("TEST_LOGIN", "alice")))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Chromium(folder)
        try:
            browser.attach()
            browser.call("Page.navigate", url=address)
            done = []
            while not (browser.evaluate("location.href") or "").startswith(redirect):
                if (step := browser.evaluate(act)) not in (None, "busy"):
                    done.append(step)
                time.sleep(0.05)
            while browser.evaluate("document.readyState") != "complete":
                time.sleep(0.05)
            seen = {"steps": done, "title": browser.evaluate("document.title"), "text": browser.evaluate("document.body.innerText")}
            with open(os.environ["TEST_PAGE"], "w") as page:
                json.dump(seen, page)
        finally:
            browser.close()


main()
