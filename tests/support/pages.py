"""The pages below docs/ as tests see them: blocks of commands, and what they say is shown. A block's second word says where
it is run. In what is shown, a line "..." stands for lines of no interest, and "..." in a line for anything there."""
import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.M | re.S)


def blocks(page):
    """(kind, where, text) of each."""
    return BLOCK.findall((DOCS / page).read_text())


def text_for(page, kind, where):
    """What a page has for a place, as one text."""
    found = [text for a_kind, place, text in blocks(page) if (a_kind, place) == (kind, where)]
    assert found, f"{page} has no {kind} for {where}"
    return "".join(found)


def steps(text):
    """(command, what it shows) of each command in the text of a console."""
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M)


def as_pattern(shown):
    """A regular expression for what a page shows."""
    lines = ["(?:.*\n)+" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n" for line in shown.splitlines()]
    return rf"\A{''.join(lines)}\Z"
