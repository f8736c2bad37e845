"""What a program says of itself: its commands, how each is called, and its options."""
import re
import subprocess

from sandbox import BIN


class Usage:
    """`synopses` has for each word that may stand first what --help of this word, else of the program, shows behind it."""

    def __init__(self, program, env=None):
        self.program = program
        self.env = env
        self.text = self._help("--help")
        actions, commands, options = re.search(r"\nActions.*?\n(.*)\nCommands.*?\n(.*)\nOptions.*?\n(.*)\nEnvironment",
                                               self.text, re.S).groups()
        self.actions = set(re.findall(r"^  (\w+)", actions, re.M))
        self.options = set(re.findall(r"(?<!\S)-[\w-]+", options.replace(",", "")))
        self.shown = {word: behind.strip() for word, behind in re.findall(r"^  (\w+)(.*)", commands, re.M)}
        self.synopses = {word: "" for word in self.actions}
        for word in self.shown:
            line = self._help(word, "--help").split("\n")[0]
            self.synopses[word] = re.fullmatch(rf"Usage: {program} {word} ?(.*)", line)[1]

    def _help(self, *words):
        return subprocess.run([BIN / self.program, *words], capture_output=True, text=True, check=True, env=self.env).stdout


def options_in(text):
    """The options that a line of words has."""
    return set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", text))
