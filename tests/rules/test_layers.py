"""The architecture as a test: who may include whom, where third-party headers may appear, and who may print. The same
checks run over a small tree that breaks each rule, so that a check that finds nothing is noticed."""
import re
import tempfile
import unittest
from pathlib import Path

from sandbox import main

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)
# Headers that are neither ours nor of the language, the C library or the kernel.
THIRD_PARTY = re.compile(r"^(nlohmann|toml\+\+|libsecret|gio|glib|keyutils|curl|openssl|qrencode|gpgme)")
# run_helper has the word; RealHost adds DOCKER_CREDENTIAL_LOG and a word to a person who waits; Screen speaks for the commands of the oauth helper,
# and the handler of Ctrl-C, which may not use it, says what the command has done so far.
PRINTERS = {"common/host.cc", "common/helper.cc", "helpers/oauth/net/screen.cc", "helpers/oauth/net/interrupt.cc"}
PRINTING = re.compile(r"std::(cout|cerr|clog)\b|\b(f?printf|puts|perror|g_printerr?|g_warning)\s*\("
                      r"|\bwrite\w*\s*\(\s*(STD(OUT|ERR)_FILENO|[12]\b)")
EXITING = re.compile(r"(?<![\w.:])(_?exit|abort|quick_exit|_Exit)\s*\(")
# A longer file has more than one reason.
LONGEST = 400
# The child between fork and exec must leave with _exit, and so must the handler of Ctrl-C.
LEAVERS = {"common/process.cc", "helpers/oauth/net/interrupt.cc"}


def sources(root):
    for folder in ("common", "helpers"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".cc", ".h"):
                yield path.relative_to(root).as_posix(), path.read_text()


def code_only(text):
    """Without comments and string literals, which may speak of anything."""
    text = re.sub(r"//.*", "", text)
    return re.sub(r'R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\\n])*"', '""', text)


def broken_rules(root):
    owners = {}
    for name, text in sources(root):
        folder = "/".join(name.split("/")[:2]) if name.startswith("helpers/") else "common"
        for quote, header in INCLUDE.findall(text):
            if quote == '"' and not header.startswith(("common/", folder + "/")):
                yield f"{name} includes {header}"
            if quote == "<" and THIRD_PARTY.match(header):
                library = header.split("/")[0].split(".")[0]
                owners.setdefault((folder, library), set()).add(name)
                if name.endswith(".h"):
                    yield f"{name} shows the third-party header {header} to others"
        if text.count("\n") > LONGEST:
            yield f"{name} has {text.count(chr(10))} lines"
        code = code_only(text)
        if name not in PRINTERS and PRINTING.search(code):
            yield f"{name} prints: {PRINTING.search(code).group()}"
        if name not in LEAVERS and EXITING.search(code):
            yield f"{name} exits: {EXITING.search(code).group()}"
    for (folder, library), files in owners.items():
        if len(files) > 1:
            yield f"{library} is included by {len(files)} files of {folder}: {', '.join(sorted(files))}"


class Layers(unittest.TestCase):
    def test_are_kept(self):
        self.assertGreater(len(list(sources(ROOT))), 30)
        self.assertEqual([], list(broken_rules(ROOT)))

    def test_breaking_a_rule_is_noticed(self):
        files = {
            "common/a.cc": '#include "helpers/pass/x.h"\n',
            "helpers/pass/b.cc": '#include "helpers/keyctl/x.h"\n#include <nlohmann/json.hpp>\n',
            "helpers/pass/c.cc": "#include <nlohmann/json.hpp>\nvoid f() { std::cout << 1; }\n",
            "helpers/pass/d.h": "#include <gio/gio.h>\n",
            "helpers/pass/h.cc": "\n" * 451,
            "helpers/pass/g.cc": "void w() { (void)write(2, text, 1); }\n",
            "helpers/pass/e.cc": "void g() { exit(1); }  // printf(\n",
            "helpers/pass/f.cc": '// std::cerr\nconst char* kText = "exit(1) printf(";\nvoid h() { host.exit(); }\n',
        }
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            broken = sorted(broken_rules(Path(folder)))
        self.assertEqual([
            "common/a.cc includes helpers/pass/x.h",
            "helpers/pass/b.cc includes helpers/keyctl/x.h",
            "helpers/pass/c.cc prints: std::cout",
            "helpers/pass/d.h shows the third-party header gio/gio.h to others",
            "helpers/pass/e.cc exits: exit(",
            "helpers/pass/g.cc prints: write(2",
            "helpers/pass/h.cc has 451 lines",
            "nlohmann is included by 2 files of helpers/pass: helpers/pass/b.cc, helpers/pass/c.cc",
        ], broken)


if __name__ == "__main__":
    main()
