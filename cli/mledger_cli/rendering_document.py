"""Documents as lines for people: pure, at a given width."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from mledger_cli import page, tables, text
from mledger_cli.page import Page

if TYPE_CHECKING:
    from mledger.reports.base import Document, Table
    from mledger_cli.context import Settings

# No column is made narrower than that.
_NARROWEST = 8


def document_lines(document: "Document", width: int) -> list[str]:
    """A document for a screen: titles, claims with their labels, tables, event numbers everywhere."""
    from mledger.reports.base import Claim

    lines = [*_wrapped(f"{document.about}: {document.title}", width), *_wrapped(document.subtitle, width)]
    for section in document.sections:
        lines += ["", *_wrapped(section.title, width)]
        claims = Page(width)
        labelled = any(isinstance(block, Claim) and block.label for block in section.blocks)
        if not section.blocks:
            claims.line(f"  {section.none}")
        for block in section.blocks:
            if isinstance(block, Claim):
                if labelled:
                    claims.row(block.label, _spaced(block.words), block.numbers)
                else:
                    claims.tree("  ", _spaced(block.words), block.numbers)
                continue
            lines += claims.done()
            claims = Page(width)
            lines += _table(block, width)
        lines += claims.done()
    return lines


def _spaced(words: str) -> str:
    """Words of several lines on one."""
    return " ".join(words.split())


def show(settings: "Settings", document: "Document", form: str) -> None:
    """Print a document as JSON, as Markdown, or for the screen."""
    from mledger_cli import screen

    if settings.json:
        settings.out.json(document)
    elif form == "md":
        settings.out.raw(document.markdown())
    else:
        settings.out.raw("\n".join(document_lines(document, screen.width() or 100)) + "\n")


def _wrapped(words: str, width: int) -> list[str]:
    return page.folded(words, width) if words else []


def _table(table: "Table", width: int) -> Iterator[str]:
    """The rows under their titles, nothing cut: where a line is too long, the widest cells are broken."""
    titles = ["events", *table.columns]
    rows = [[page.marked(row.numbers)[1:-1], *map(_spaced, row.cells)] for row in table.rows]
    widths = _fitted(list(zip(titles, *rows, strict=True)), width)
    for row in (titles, *rows):
        cells = [page.folded(text.one_line(cell), columns) for cell, columns in zip(row, widths, strict=True)]
        for pieces in zip_longest(*cells, fillvalue=""):
            yield tables.GAP.join(map(text.padded, pieces, widths)).rstrip()


def _fitted(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """The widths of columns, the widest made narrower until all fit; words are broken last."""
    fitted = [max(map(text.width, column)) for column in columns]
    words = [max(text.width(word) for cell in column for word in cell.split() or [""]) for column in columns]
    for floors in (words, [_NARROWEST] * len(words)):
        while sum(fitted) + len(tables.GAP) * (len(fitted) - 1) > room:
            wide = [n for n, floor in enumerate(floors) if fitted[n] > floor]
            if not wide:
                break
            fitted[max(wide, key=fitted.__getitem__)] -= 1
    return fitted
