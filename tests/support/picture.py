"""Pictures of a terminal: what a program wrote, as SVG. Dark on light, one size of letters, nothing from elsewhere."""
import re
import unicodedata
from xml.etree import ElementTree
from xml.sax.saxutils import escape

COLUMNS = 100
WIDTH, HEIGHT, MARGIN = 8.4, 18, 16  # of a letter, of a line, around all
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
INK, PAPER, EDGE = "#1f2328", "#fbfbf9", "#d0d7de"
SVG = "http://www.w3.org/2000/svg"
SGR = re.compile(r"\x1b\[([0-9;]*)m")
BLOCKS = {" ": (False, False), "█": (True, True), "▀": (True, False), "▄": (False, True)}
MODULES = "30;107"  # the colours of a QR code: black on white
COLOURS = {"31": "#cf222e", "32": "#1a7f37", "33": "#9a6700"}  # red, green, yellow, dark enough for the paper


def runs(line):
    """Parts of a line: (text, state), where the state is "" for plain, "1" for bold, one of COLOURS, or MODULES."""
    state, at = "", 0
    for found in SGR.finditer(line):
        if found.start() > at:
            yield line[at:found.start()], state
        state, at = "" if found.group(1) in ("", "0") else found.group(1), found.end()
        assert state in ("", "1", MODULES, *COLOURS), f"no picture can be made of the colours {state}"
    if at < len(line):
        yield line[at:], state


def wrapped(line):
    """As a terminal of COLUMNS breaks it: lists of (text, state)."""
    rows, left = [[]], COLUMNS
    for text, state in runs(line):
        while text:
            if left == 0:
                rows.append([])
                left = COLUMNS
            rows[-1].append((text[:left], state))
            text, left = text[left:], max(0, left - len(text))
    return rows


def box(x, y, width, height, fill, more=""):
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}"{more}/>'


def modules(text, x, y):
    """Blocks drawn as boxes, without gaps between them: letters would leave some."""
    yield box(x, y, len(text) * WIDTH, HEIGHT, "#ffffff")
    for column, letter in enumerate(text):
        upper, lower = BLOCKS[letter]
        if upper or lower:
            yield box(round(x + column * WIDTH, 1), y if upper else y + HEIGHT / 2, WIDTH,
                      HEIGHT if upper and lower else HEIGHT / 2, "#000000")


def draw(text, title):
    """The SVG of a terminal with `text` on it."""
    rows = [row for line in text.rstrip("\n").split("\n") for row in wrapped(line)]
    width, height = COLUMNS * WIDTH + 2 * MARGIN, len(rows) * HEIGHT + 2 * MARGIN
    parts = [f'<svg xmlns="{SVG}" width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" role="img">',
             f"<title>{escape(title)}</title>",
             box(0.5, 0.5, width - 1, height - 1, PAPER, f' rx="8" stroke="{EDGE}"'),
             f'<g font-family="{FONT}" font-size="14" fill="{INK}" shape-rendering="crispEdges">']
    for number, row in enumerate(rows):
        x, y = MARGIN, MARGIN + number * HEIGHT
        for piece, state in row:
            assert all(unicodedata.category(letter)[0] != "C" for letter in piece), repr(piece)
            if state == MODULES:
                parts.extend(modules(piece, x, y))
            elif piece.strip():
                look = ' font-weight="700"' if state == "1" else f' fill="{COLOURS[state]}"' if state else ""
                parts.append(f'<text x="{x:g}" y="{y + 13:g}" textLength="{len(piece) * WIDTH:g}" xml:space="preserve"{look}>'
                             f"{escape(piece)}</text>")
            x = round(x + len(piece) * WIDTH, 1)
    return "\n".join([*parts, "</g>", "</svg>", ""])


def text_of(svg):
    """The letters in a picture, line by line; QR codes are none."""
    lines = {}
    for element in ElementTree.fromstring(svg).iter(f"{{{SVG}}}text"):
        lines.setdefault(float(element.get("y")), []).append(element.text)
    return ["".join(lines[y]) for y in sorted(lines)]
