"""Draws terminals: what commands print of the half year that `mledger demo` plays, as SVG.

    python docs/pictures.py            writes docs/pictures/
    python docs/pictures.py FOLDER     the same, from a folder that the demo has filled

Black on white, nothing but text: each line has the width that its characters have in a grid, whatever
font the reader's machine has.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from xml.sax.saxutils import escape

from click.testing import CliRunner

from mledger.testing.story import HOME, play
from mledger_cli.main import program

HERE = Path(__file__).resolve().parent / "pictures"
# The name of each picture, what is typed, and how many lines of it are shown; 0: all.
PICTURES = {
    "decisions": ("mledger decisions card-zones --tree", 0),
    "why": ("mledger why card-reader@1.0:n_neighbors", 41),
    "diff": ("mledger diff 2026-03-10 2026-03-20 card-zones", 0),
    "log": ("mledger log card-zones --until 2026-03-18 --limit 12", 0),
}
COLUMNS = 80
WIDE, HIGH, MARGIN = 8, 17, 16
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def pictures(folder: Path) -> Iterator[tuple[str, str]]:
    """The name of each picture with its SVG, of a folder that the demo has filled."""
    environment = {"MLEDGER_HOME": str(folder / HOME), "COLUMNS": str(COLUMNS), "NO_COLOR": "1"}
    for name, (typed, most) in PICTURES.items():
        with chdir(folder):
            done = CliRunner().invoke(program, typed.split()[1:], env=environment)
        if done.exit_code:
            raise SystemExit(f"{typed}: {done.output}")
        lines = done.stdout.splitlines()
        yield name, drawn(typed, [*lines[:most], "…"] if 0 < most < len(lines) else lines)


def drawn(typed: str, lines: list[str]) -> str:
    """A terminal in which a command was typed, with what it printed."""
    width, height = COLUMNS * WIDE + 2 * MARGIN, (len(lines) + 2) * HIGH + 2 * MARGIN
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">',
        f"<title>{escape(typed)}</title>",
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6" fill="#fff" stroke="#888"/>',
        f'<g font-family="{FONT}" font-size="13" fill="#000">',
        *_row(0, f"$ {typed}", ' font-weight="bold"'),
    ]
    for place, line in enumerate(lines, 2):
        rows += _row(place, line)
    return "\n".join([*rows, "</g>", "</svg>", ""])


def _row(place: int, line: str, style: str = "") -> Iterator[str]:
    """A line of the grid, at its place; what stands apart is placed apart, so that columns stay columns."""
    for words in re.finditer(r"\S+(?: \S+)*", line):
        x, y = MARGIN + words.start() * WIDE, MARGIN + (place + 1) * HIGH - 4
        room = f'textLength="{len(words[0]) * WIDE}" lengthAdjust="spacingAndGlyphs"'
        yield f'<text x="{x}" y="{y}" {room}{style}>{escape(words[0])}</text>'


def main(folder: Path | None) -> int:
    """Write all pictures."""
    with tempfile.TemporaryDirectory() as temporary:
        if folder is None:
            folder = Path(temporary, "half-a-year")
            play(folder)
        HERE.mkdir(exist_ok=True)
        for name, picture in pictures(folder):
            (HERE / f"{name}.svg").write_text(picture, encoding="utf-8")
            print(f"wrote docs/pictures/{name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None))
