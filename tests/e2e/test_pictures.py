"""The pictures of docs/ show what the programs say today: they are made again, and their words compared."""
import re
import subprocess
import sys
import unittest
from pathlib import Path

from picture import text_of
from sandbox import SandboxCase, main

SOURCE = Path(__file__).resolve().parents[2]


class PictureTest(SandboxCase):
    def words(self, svg):
        """The lines of a picture without what differs by time or machine: codes, keys, numbers, dates, GnuPG's version."""
        self.assertEqual(re.findall(r'(?:href|src)=|url\(|<script', svg), [], "a picture needs nothing from elsewhere")
        masks = ((r"\b[A-Z]{4}-[A-Z]{4}\b", "CODE"), (r"\b[0-9A-F]{40}\b", "KEY"), (r"\(GnuPG\) [\d.]+", "GPG"),
                 (r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?", "TIME"), (r"\b\d{3,}\b", "N"))
        text = "\n".join(text_of(svg))
        for pattern, word in masks:
            text = re.sub(pattern, word, text)
        return text.split("\n")

    def test_pictures_show_what_the_programs_say(self):
        if subprocess.run(["unshare", "--map-root-user", "--net", "--mount", "true"], capture_output=True, check=False).returncode:
            raise unittest.SkipTest("namespaces are not allowed here")
        committed = sorted((SOURCE / "docs").glob("*.svg"))
        self.assertIn("login", [path.stem for path in committed])
        done = subprocess.run([sys.executable, SOURCE / "scripts/capture", "--to", self.world.root / "docs"], capture_output=True,
                              text=True, check=False, timeout=100)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([path.name for path in committed], sorted(path.name for path in (self.world.root / "docs").iterdir()))
        for path in committed:
            with self.subTest(path.name):
                self.assertEqual(self.words((self.world.root / "docs" / path.name).read_text()), self.words(path.read_text()),
                                 f"docs/{path.name} is out of date: scripts/capture {path.stem}")
                self.assertIn(f"(docs/{path.name})", (SOURCE / "README.md").read_text())

    def test_code_in_the_picture_can_be_scanned(self):
        """The QR code is drawn in full: its three finders are where they belong."""
        svg = (SOURCE / "docs/login.svg").read_text()
        dark = [tuple(map(float, box)) for box in
                re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" fill="#000000"/>', svg)]
        left, top = min(x for x, *_ in dark), min(y for _, y, *_ in dark)

        def is_dark(row, column):
            x, y = left + column * 8.4 + 4, top + row * 9 + 4
            return any(bx <= x < bx + width and by <= y < by + height for bx, by, width, height in dark)

        size = round((max(x + width for x, _, width, _ in dark) - left) / 8.4)
        self.assertEqual((size - 17) % 4, 0, size)
        finder = [[max(abs(x - 3), abs(y - 3)) != 2 for x in range(7)] for y in range(7)]
        for row, column in ((0, 0), (0, size - 7), (size - 7, 0)):
            self.assertEqual([[is_dark(row + y, column + x) for x in range(7)] for y in range(7)], finder)


if __name__ == "__main__":
    main()
