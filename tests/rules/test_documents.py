"""The documents against what is there: links, commands, packages."""
import json
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from sandbox import BIN, main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
HELPERS = sorted(path.parent.name for path in (ROOT / "helpers").glob("*/main.cc"))
PAGES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md",
         *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md"))]


def blocks(text):
    return re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)


def anchors(path):
    """The names that a page's headings have as targets of links."""
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
            for title in re.findall(r"^#+ (.*)", path.read_text(), re.M)}


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for page in PAGES:
            for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", (ROOT / page).read_text()):
                if not target.startswith("https://"):
                    path = (ROOT / page).parent / target if target else ROOT / page
                    self.assertTrue(path.exists(), f"{page} links to {target}")
                    if anchor:
                        self.assertIn(anchor, anchors(path), f"{page} links to {target}")

    def test_paths_in_backquotes_exist(self):
        for page in PAGES:
            for name in re.findall(r"`\.?/?((?:tests|common|helpers|man|scripts|cmake|docs|completions)/[\w./-]+|quickstart|check)`",
                                   (ROOT / page).read_text()):
                if "NAME" not in name:
                    self.assertTrue((ROOT / name).exists(), f"{page} names {name}")

    def test_each_store_is_set_up_in_ten_lines(self):
        """Every helper is in the README with a block of commands that ends with a login, and valid configuration."""
        for helper in HELPERS:
            found = [block for block in blocks(README) if f"docker-credential-{helper} configure" in block and "docker login" in block]
            self.assertEqual(1, len(found), helper)
            self.assertLessEqual(found[0].count("\n"), 10, helper)
            self.assertIn("docker login", found[0])
        for text in re.findall(r"\{[^\n]*\"cred\w+\":[^\n]*?\}+", README):
            json.loads(text)

    def test_every_build_package_is_justified(self):
        packages = re.search(r"^build=\((.*?)\)", (ROOT / "scripts/install-packages").read_text(), re.S | re.M)[1].split()
        tools = {"g++", "cmake", "ninja-build", "pkg-config"}
        table = README.split("## Dependencies")[1].split("\n## ")[0]
        for package in set(packages) - tools:
            stem = re.sub(r"-dev$|\d.*", "", package)
            self.assertIn(stem, table, f"{package} has no line in the README's table")

    def test_the_readme_shows_what_a_program_says(self):
        """The advice in "When something fails" is that of the program, word for word."""
        shown = next(block for block in blocks(README) if "is not set up" in block).split("\n", 1)[1]
        with tempfile.TemporaryDirectory() as home:
            done = subprocess.run([BIN / "docker-credential-pass", "store"], capture_output=True, text=True, check=False,
                                  env={"HOME": home, "PATH": "/usr/bin:/bin"},
                                  input='{"ServerURL":"r.example","Username":"u","Secret":"s"}')
            self.assertEqual(shown, done.stderr.replace(home, "/home/me"))

    def test_no_placeholder_is_left(self):
        for page in PAGES:
            self.assertNotRegex((ROOT / page).read_text(), r"@[A-Z_]+@")

    def test_nothing_is_left_to_do(self):
        names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
        self.assertGreater(len(names), 50)
        unwanted = re.compile(r"TO" r"DO|FIX" r"ME|\bX" r"XX\b")
        for name in names:
            if name != "LICENSE" and (ROOT / name).is_file():
                found = unwanted.search((ROOT / name).read_text(errors="replace"))
                self.assertIsNone(found, f"{name}: {found and found.group()}")


if __name__ == "__main__":
    main()
