"""docs/trouble.md as data, and the means by which the cases of other tests vouch for it.

The page has numbered sections. In their blocks stand what doctor prints ("  problem  link: finding", the remedy beneath)
and lines that other programs print. Each is vouched for by a case that sets the situation up for real: a finding of doctor
by the decorator `trouble`, a line by `reads`. tests/docs/test_trouble.py asks that nothing on the page is left out. Only
blocks marked `text reported` are not: what they quote could not be made to happen here."""
import functools
import json
import re
from pathlib import Path

from doctor import commands
from sandbox import BIN

PAGE = Path(__file__).resolve().parents[2] / "docs/trouble.md"
SECTION = re.compile(r"^## (\d+)\. (.*)\n((?:(?!## ).*\n)*)", re.M)
BLOCK = re.compile(r"^```(.*)\n((?:(?!```).*\n)*)```$", re.M)
CHECK = re.compile(r"  (problem|note   |ok     )  ([\w. -]+): (.*)")
INDENT = " " * 13


class Section:
    """`checks` as doctor --json has them, `lines` of anything else, `reported` lines that nobody vouches for."""

    def __init__(self, title, text):
        self.title, self.text = title, text
        self.checks, self.lines, self.reported = [], [], []
        for kind, block in BLOCK.findall(text):
            remedy = None
            for line in block.splitlines():
                check = CHECK.fullmatch(line)
                if kind == "text reported":
                    self.reported.append(line)
                elif check:
                    remedy = []
                    self.checks.append({"state": check[1].strip(), "link": check[2], "finding": check[3], "remedy": remedy})
                elif line.startswith(INDENT) and remedy is not None:
                    remedy.append(line.removeprefix(INDENT))
                elif line != "..." and not line.startswith("$ "):
                    self.lines.append(line)

    def check(self, words):
        """The only check whose link and finding have these words."""
        [check] = [check for check in self.checks if words in f"{check['link']}: {check['finding']}"]
        return check

    def line(self, words):
        """The only line that begins with these words, or has them."""
        [line] = [line for line in self.lines if line.startswith(words)] or [line for line in self.lines if words in line]
        return line


def sections():
    """By number."""
    return {int(number): Section(title, text) for number, title, text in SECTION.findall(PAGE.read_text())}


def general(text):
    """What a test's world shows, with the names that the page has in their place."""
    for name, folder in {"home": "/home/me", "docker": "/home/me/.docker", "config": "/home/me/.config",
                         "programs": "/usr/local/bin"}.items():
        text = re.sub(rf"/tmp/kb-\w+/{name}\b", folder, text)
    text = text.replace(f"{BIN}/", "/usr/bin/")
    for pattern, name in {r"127\.0\.0\.1:\d+": "r.example", r"\b[0-9A-F]{40}\b": "KEY", r'time="[^"]*" ': "",
                          r"kill -KILL \d+": "kill -KILL PID", r"/dev/pts/\d+": "/dev/pts/0"}.items():
        text = re.sub(pattern, name, text)
    return text


def reports(done):
    """The checks of each report of doctor, also of those of the family's members, in what a command has printed."""
    for line in done.raw_out.decode(errors="replace").splitlines():
        start = line.find('{"ok":')
        if start >= 0 and '"checks":' in line:
            answer = json.loads(line[start:])
            yield from (member["checks"] for member in answer.get("members", [answer]))


def trouble(number, words, instead=()):
    """Vouches for the check with these words in the section. In the case doctor must have said exactly that, each of the
    commands must have been run as it was printed, and the last report after it must have no problem. `instead` names
    commands that are not run, by words in them, each with the reason, or with what is run in their place."""

    def wrap(test):
        @functools.wraps(test)
        def run(self):
            test(self)
            vouch(self, sections()[number].check(words), dict(instead))
        return run
    return wrap


def vouch(case, wanted, instead):
    said = [(step, check) for step, (_, done) in enumerate(case.world.history) for checks in reports(done)
            for check in checks]
    found = [(step, check) for step, check in said
             if json.loads(general(json.dumps(check, ensure_ascii=False))) == wanted]
    case.assertTrue(found, f"doctor has not said what {PAGE.name} shows: {wanted}\nbut "
                    + "\n    ".join({general(str(check)) for _, check in said if check["state"] != "ok"}))
    step, check = found[0]
    later = case.world.history[step + 1:]
    for command in commands(check) if check["remedy"] else []:
        if not any(words in command for words in instead):
            case.assertTrue(any(command in " ".join(map(str, argv)) for argv, _ in later), f"never run: {command}")
    last = [checks for _, done in case.world.history for checks in reports(done)][-1]
    case.assertEqual([check for check in last if check["state"] == "problem"], [], "not well at the end")


def reads(case, number, words, done, *otherwise):
    """Vouches for the line with these words in the section: a program has just printed it. Or one of the lines with the
    words of `otherwise`, where another version of the program has other words."""
    printed = general((done.raw_out + done.raw_err).decode(errors="replace")).splitlines()
    section = sections()[number]
    lines = [section.line(each) for each in (words, *otherwise)]
    case.assertTrue(set(lines) & set(printed), f"none of {lines} in {printed}")
