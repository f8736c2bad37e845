"""What a person sees at a terminal during a login, and what becomes of it afterwards: the code, the QR code, the browser,
Ctrl-C, the registry's opinion, and Docker's configuration file."""
import contextlib
import json
import re
from pathlib import Path

from oauth_case import NOBODY, ProviderCase
from oauth_world import HELPER
from sandbox import main
from terminal import Terminal

CODE = r"\b[A-Z]{4}-[A-Z]{4}\b"
ESCAPE = "\x1b"


class Screen(Terminal):
    """A terminal with a login on it."""

    def __init__(self, case, *arguments, columns=100, **env):
        world = case.world
        super().__init__([*world.prefix, HELPER, "login", *arguments],
                         {**world.env, "TERM": "xterm-256color", "LANG": "C.UTF-8", **env}, columns)
        case.addCleanup(self.close)

    def qr(self):
        """The modules of the QR code on the screen, without the quiet zone; True is dark. Empty without one."""
        lines = [line for line in self.plain.split("\n") if re.fullmatch("[ █▀▄]{20,}", line)]
        ink = [[half for half in pair] for line in lines
               for pair in zip(*[{" ": "00", "█": "11", "▀": "10", "▄": "01"}[char] for char in line])]
        if not ink:
            return []
        dark = "1" if f"{ESCAPE}[30;107m" in self.text else "0"
        rows = [[module == dark for module in row] for row in ink]
        return [row[2:-2] for row in rows[2:2 + len(rows[0]) - 4]]


class ScreenCase(ProviderCase):
    def setUp(self):
        super().setUp()
        self.world.configure_oauth()

    def log_in(self, *arguments, code=0, **env):
        screen = Screen(self, self.world.host, *arguments, **env)
        self.provider.approve(screen.until(CODE))
        self.assertEqual(screen.finish(), code, screen.text)
        return screen


class CodeTest(ScreenCase):
    def test_everything_that_is_needed_to_decide(self):
        screen = self.log_in()
        for text in (f"{self.provider.issuer}/device", NOBODY, "localhost:", "cli", "offline_access", "10 minutes",
                     "never", "Ctrl-C", "Logged in", "alice", "docker-credential-keyctl", f"docker pull {NOBODY}/"):
            self.assertIn(text, screen.plain)
        self.assertNotIn("not granted", screen.plain)
        session = self.world.session()
        for name in ("access_token", "refresh_token", "id_token"):
            self.assertNotIn(session[name], screen.text)

    def test_qr_code(self):
        screen = self.log_in()
        rows = screen.qr()
        self.assertTrue(rows, screen.text)
        size = len(rows)
        self.assertEqual((size - 17) % 4, 0, size)
        self.assertEqual({len(row) for row in rows}, {size})
        finder = [[max(abs(x - 3), abs(y - 3)) != 2 for x in range(7)] for y in range(7)]
        for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
            self.assertEqual([row[left:left + 7] for row in rows[top:top + 7]], finder, screen.plain)
        self.assertEqual([rows[6][x] for x in range(8, size - 8)], [x % 2 == 0 for x in range(8, size - 8)])

    def test_qr_code_without_colours(self):
        screen = self.log_in(NO_COLOR="1")
        self.assertNotIn(ESCAPE, screen.text)
        rows = screen.qr()
        self.assertTrue(all(rows[0][:7]) and not any(rows[1][1:6]), screen.text)

    def test_no_qr_code_where_it_cannot_be_shown_or_is_not_wanted(self):
        for arguments, env in (((), {"columns": 30}), ((), {"LANG": "C"}), (("--no-qr",), {})):
            with self.subTest(str((arguments, env))):
                screen = self.log_in(*arguments, **env)
                self.assertEqual(screen.qr(), [])
                self.assertIn("user_code=", screen.plain)

    def test_control_c(self):
        screen = Screen(self, NOBODY)
        screen.until("Ctrl-C")
        screen.type(b"\x03")
        self.assertEqual(screen.finish(), 130, screen.text)
        self.assertIsNone(self.world.session())
        self.assertFalse((self.world.root / "docker/config.json").exists())


class BrowserTest(ScreenCase):
    def opened(self):
        """What the stub was called with, soon after."""
        path = self.world.root / "opened"
        self.world.wait_for(path.exists, "the browser")
        return path.read_text()

    def recorder(self, name):
        return self.world.add_program(name, f'echo chatter; echo chatter >&2; cd {self.world.root}\n'
                                            'printf "%s\\n" "$@" >opening && mv opening opened')

    def nothing_goes_on(self, mark):
        """No process has this in its environment any more: what a login began has come to its end."""
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark.encode() in path.read_bytes():
                    return False
        return True

    def test_browser_variable(self):
        browser = self.recorder("browser")
        screen = self.log_in(BROWSER=f"/nonexistent/browser:{browser} --new %s x")
        code = screen.until(CODE)
        self.assertEqual(self.opened(), f"--new\n{self.provider.issuer}/device?user_code={code}\nx\n")
        self.assertNotIn("chatter", screen.text)

    def test_no_shell(self):
        self.log_in(BROWSER=f"touch {self.world.root}/a;touch {self.world.root}/b")
        # Three words, and the address behind them: the program is run with these as they are.
        self.world.wait_for((self.world.root / "a;touch").exists, "the program")
        self.assertFalse((self.world.root / "a").exists())

    def test_display(self):
        self.recorder("xdg-open")
        self.log_in(DISPLAY=":99")
        self.assertIn(self.provider.issuer, self.opened())

    def test_where_none_can_open(self):
        self.recorder("xdg-open")
        mark = f"{self.world.root}/marked"
        for arguments, env in (((), {}), ((), {"DISPLAY": ":99", "SSH_CONNECTION": "1 2 3 4"}),
                               ((), {"WAYLAND_DISPLAY": "w", "CI": "true"}), (("--no-browser",), {"DISPLAY": ":99"})):
            with self.subTest(str((arguments, env))):
                self.log_in(*arguments, **env, MARK=mark)
                self.world.wait_for(lambda: self.nothing_goes_on(mark), "all that the login began")
                self.assertFalse((self.world.root / "opened").exists())

    def test_browser_that_fails_or_stays(self):
        for text in ("exit 3", "exec sleep 30"):
            with self.subTest(text):
                self.log_in(BROWSER=str(self.world.add_program("browser", text)))


class AfterwardsTest(ScreenCase):
    def with_registry(self, **changes):
        tokens = self.world.start_oauth_registry()
        rule = self.world.rule(realm_hosts=[tokens.realm.split("/")[2]], **changes)
        self.world.configure_oauth({self.world.host: rule})
        self.config = self.world.root / "docker/config.json"

    def test_registry_accepts(self):
        self.with_registry()
        self.config.write_text('{\n  "credHelpers": {\n    "%s": "pass"\n  },\n  "x": 1\n}\n' % self.world.host)
        screen = self.log_in()
        self.assertIn("accepted the credential", screen.plain)
        self.assertIn("no longer pass", screen.plain)
        self.assertEqual(self.config.read_text(),
                         '{\n  "credHelpers": {\n    "%s": "oauth"\n  },\n  "x": 1\n}\n' % self.world.host)

    def test_helper_of_every_registry_needs_no_entry(self):
        self.with_registry()
        self.config.write_text('{"credsStore": "oauth"}')
        self.log_in()
        self.assertEqual(self.config.read_text(), '{"credsStore": "oauth"}')

    def test_registry_refuses(self):
        """The token server wants the subject as user name. The session is kept, Docker is not told, and --force does."""
        self.with_registry(username="somebody-else")
        screen = self.log_in(code=1)
        self.assertRegex(screen.plain, r"token server \S+ of \S+ refused")
        self.assertIn("--force", screen.plain)
        self.assertIsNotNone(self.world.session())
        self.assertFalse(self.config.exists())
        self.log_in("--force")
        self.assertEqual(json.loads(self.config.read_text()), {"credHelpers": {self.world.host: "oauth"}})

    def test_realm_elsewhere_is_not_tried(self):
        self.with_registry()
        self.world.configure_oauth({self.world.host: self.world.rule()})
        screen = self.log_in()
        self.assertIn("realm_hosts", screen.plain)

    def test_broken_docker_configuration(self):
        self.with_registry()
        self.config.write_text('{"auths": ')
        screen = self.log_in(code=1)
        self.assertIn("the login is stored", screen.plain)
        self.assertEqual(self.config.read_text(), '{"auths": ')
        self.assertIsNotNone(self.world.session())


if __name__ == "__main__":
    main()
