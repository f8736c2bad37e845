"""The manual pages against the programs: each command, option and variable is in both, and nothing is in one alone."""
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

from sandbox import main
from usage import Usage, options_in

ROOT = Path(__file__).resolve().parents[2]
HELPERS = sorted(path.parent.name for path in (ROOT / "helpers").glob("*/main.cc"))
PAGES = sorted((ROOT / "man").glob("*.[1-8]"))
# The manuals of others that ours refer to.
OTHERS = {"1": ("curl", "docker", "docker-login", "git", "gnome-keyring-daemon", "gpg", "gpg-agent", "keepassxc", "keyctl",
                "pass", "secret-tool", "ssh"),
          "7": ("keyrings", "persistent-keyring", "user-keyring")}


def words(element):
    return " ".join("".join(element.itertext()).split())


def marked(element, kind):
    """The words that the page marks as of this kind (an mdoc macro), in the order in which they come."""
    return [words(part) for part in element.iter() if part.get("class") == kind]


class Page:
    """A page as mandoc reads it."""

    def __init__(self, path):
        html = subprocess.run(["mandoc", "-Thtml", "-Ofragment", path], capture_output=True, text=True, check=True).stdout
        self.root = xml.fromstring(f"<page>{html}</page>")
        self.options = set(marked(self.root, "Fl"))

    def synopses(self):
        """What stands behind each word that may come first."""
        found = {}
        for table in self.root.iterfind(".//table[@class='Nm']"):
            cell = table.findall(".//td")[1]
            first, _, behind = words(cell).partition(" ")
            if behind.startswith("| "):
                for word in [first, *behind[2:].split(" | ")]:
                    found[word] = [""]
            else:
                found.setdefault(first, []).append(behind)
        return {word: " | ".join(lines).replace(" ...]", "]...").replace("file | store", "file|store")
                for word, lines in found.items()}

    def described(self):
        """For each command, the options that are named where it is described, below its own heading."""
        found = {}
        for items in self.root.iter("dl"):
            for heading, body in zip(items.findall("dt"), items.findall("dd")):
                if marked(heading, "Cm"):
                    command = marked(heading, "Cm")[0].split()[0]
                    found.setdefault(command, set()).update(marked(heading, "Fl"), marked(body, "Fl"))
        return found

    def examples(self, program):
        """The calls of the program that are shown, as pairs of the command and what stands behind it."""
        text = "\n".join("".join(block.itertext()) for block in self.root.iter("pre")).replace("\\\n", " ")
        return re.findall(rf"{program} (\S+)(.*)", text)


class Programs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.helpers = {helper: (Usage(f"docker-credential-{helper}"), Page(ROOT / f"man/docker-credential-{helper}.1"))
                       for helper in HELPERS}
        assert len(cls.helpers) >= 4

    def test_the_page_calls_each_command_as_its_help_does(self):
        for usage, page in self.helpers.values():
            called = page.synopses()
            self.assertEqual(set(usage.synopses) | usage.options, set(called), usage.program)
            for command, synopsis in usage.synopses.items():
                self.assertEqual(synopsis.lower(), called[command].lower(), f"{usage.program} {command}")

    def test_the_page_describes_each_option_where_its_command_is(self):
        for usage, page in self.helpers.values():
            described = page.described()
            self.assertEqual(set(usage.synopses) - {"version"}, set(described) - {"version"}, usage.program)
            for command, options in described.items():
                self.assertEqual(options_in(usage.synopses[command]), options, f"{usage.program} {command}")

    def test_the_page_names_no_other_option(self):
        for usage, page in self.helpers.values():
            known = usage.options.union(*map(options_in, usage.synopses.values()))
            self.assertEqual(known, page.options, usage.program)
        login = options_in(self.helpers["oauth"][0].synopses["login"])
        self.assertLessEqual(Page(ROOT / "man/docker-credential-oauth.json.5").options, login)

    def test_the_examples_of_the_page_can_be_called(self):
        shown = 0
        for usage, page in self.helpers.values():
            for command, behind in page.examples(usage.program):
                shown += 1
                self.assertIn(command, usage.synopses)
                self.assertLessEqual(options_in(behind), options_in(usage.synopses[command]),
                                     f"{usage.program} {command}")
        self.assertGreater(shown, 5)

    def test_help_shows_each_command_as_the_help_of_this_command_does(self):
        for usage, _ in self.helpers.values():
            for command, shown in usage.shown.items():
                if shown.endswith(" ..."):
                    self.assertTrue(usage.synopses[command].startswith(shown.removesuffix("...")), command)
                else:
                    self.assertEqual(usage.synopses[command], shown)

    def test_the_page_names_each_variable_of_help(self):
        for usage, page in self.helpers.values():
            pattern = r"DOCKER_CREDENTIAL_\w+"
            self.assertEqual(set(re.findall(pattern, usage.text)), set(re.findall(pattern, " ".join(marked(page.root, "Ev")))))


class Pages(unittest.TestCase):
    def test_every_helper_has_one_with_the_promised_sections(self):
        for helper in HELPERS:
            page = (ROOT / f"man/docker-credential-{helper}.1").read_text()
            for section in ("ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES", "SECURITY"):
                self.assertRegex(page, rf"(?m)^\.Sh \"?{section}", f"{helper}: {section}")

    def test_say_the_same_of_what_every_helper_has(self):
        texts = {re.search(r"^\.Ss Set-up and trouble$(.*?)^\.S[sh] ", (ROOT / f"man/docker-credential-{helper}.1").read_text(),
                           re.S | re.M)[1] for helper in HELPERS}
        self.assertEqual(1, len(texts))

    def test_are_clean(self):
        """Where they are installed, beside the manuals that they refer to."""
        # mandoc looks up references in one folder, whatever MANPATH says: there, for nobody else.
        apart = ["unshare", "--user", "--map-root-user", "--mount"]
        if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
            self.skipTest("new namespaces are not allowed here")
        self.assertGreaterEqual(len(PAGES), 5)
        with tempfile.TemporaryDirectory() as folder:
            manuals = {f"man{page.suffix[1:]}/{page.name}": page.read_text() for page in PAGES}
            for section, names in OTHERS.items():
                for name in names:
                    manuals[f"man{section}/{name}.{section}"] = f".Dt X {section}\n.Sh NAME\n.Nm {name}\n.Nd a manual\n"
            for name, text in manuals.items():
                (Path(folder) / name).parent.mkdir(exist_ok=True)
                (Path(folder) / name).write_text(text)
            lint = 'mount --bind "$0" /usr/share/man && /usr/sbin/makewhatis /usr/share/man && exec mandoc -Tlint -Wall "$@"'
            done = subprocess.run([*apart, "sh", "-c", lint, folder, *PAGES], capture_output=True, text=True, check=False)
        self.assertEqual(("", "", 0), (done.stdout, done.stderr, done.returncode))


if __name__ == "__main__":
    main()
