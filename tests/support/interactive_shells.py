"""Shells as people use them: what does each offer behind the words that somebody has typed?

`offered(line)` returns the words that TAB would offer at the end of the line, as a set; descriptions are left out.

Debian packages: bash-completion, zsh, fish."""
import os
import pty
import select
import subprocess
import time


class Shell:
    """`prefix` is where the programs are installed; the shell knows of their completions only by the usual search."""

    def __init__(self, world, prefix):
        self.world = world
        self.env = {**world.env, "XDG_DATA_DIRS": f"{prefix}/share:/usr/share", "TERM": "dumb",
                    "PATH": f"{prefix}/bin:/usr/bin:/bin"}
        self.prefix = prefix


class TerminalShell(Shell):
    """A shell on a terminal. A key inserts every match into the line, which is then made the arguments of a printf."""
    insert_all = ""

    def command(self):
        raise NotImplementedError

    def __init__(self, world, prefix):
        super().__init__(world, prefix)
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(self.command(), stdin=slave, stdout=slave, stderr=slave, env=self.env,
                                        cwd=world.home, start_new_session=True)
        os.close(slave)
        world.children.append(self.process)
        self.lines = 0
        self._wait_for_prompt()

    def _wait_for_prompt(self, timeout=60):
        """Each prompt has a number: an earlier one may be drawn again below a list of matches."""
        shown = b""
        deadline = time.monotonic() + timeout
        while f"ready-{self.lines}> ".encode() not in shown:
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"waited for the prompt: {shown!r}"
            shown += os.read(self.master, 4096)

    def _answer(self, keys):
        """The words of the line that these keys make."""
        answer = self.world.root / "answer"
        answer.unlink(missing_ok=True)
        self.lines += 1
        # Start of line, end of line: the same keys in both shells. The quotes keep the echo apart from the prompt.
        os.write(self.master, f"{keys}\x01printf '%s\\n' \x05 >{answer}; PS1=ready-'{self.lines}> '\r".encode())
        self._wait_for_prompt()
        return answer.read_text().splitlines()

    def offered(self, line):
        kept = len(line.split()) - (not line.endswith(" "))
        before = self._answer(line)
        after = self._answer(line + self.insert_all)
        return set(after[kept:]) if after != before else set()

    def typed(self, keys):
        """The line's words after these keys, among them TAB."""
        return self._answer(keys)

    def close(self):
        os.close(self.master)


class Bash(TerminalShell):
    insert_all = "\x1b*"

    def command(self):
        start = self.world.home / ".bashrc"
        start.write_text("PS1='ready-0> '\n. /usr/share/bash-completion/bash_completion\n"
                         "bind 'set enable-bracketed-paste off'\n")
        return ["bash", "--noprofile", "--rcfile", start, "-i"]


class Zsh(TerminalShell):
    insert_all = "\x18a"

    def command(self):
        (self.world.home / ".zshrc").write_text(
            "PS1='ready-0> '\nunsetopt prompt_sp prompt_cr\nunset zle_bracketed_paste\n"
            f"fpath=({self.prefix}/share/zsh/site-functions $fpath)\n"
            "autoload -Uz compinit && compinit -u -D\n"
            "bindkey -e\n"
            "zle -C all-matches complete-word _generic\n"
            "bindkey '^Xa' all-matches\n"
            "zstyle ':completion:all-matches:*' completer _all_matches _complete\n"
            "zstyle ':completion:all-matches:*' insert true\n")
        self.env["ZDOTDIR"] = str(self.world.home)
        return ["zsh", "-d", "-i"]


class Fish(Shell):
    def offered(self, line):
        done = self.world.run("fish", "-c", f"complete -C {line!r}", env=self.env, cwd=self.world.home)
        assert (done.code, done.err) == (0, ""), done
        return {match.split("\t")[0] for match in done.out.splitlines()}

    def close(self):
        pass


SHELLS = {"bash": Bash, "zsh": Zsh, "fish": Fish}
