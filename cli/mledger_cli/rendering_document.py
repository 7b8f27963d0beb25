"""Documents as lines for people: pure, at a given width."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mledger_cli import page, tables, text
from mledger_cli.page import Page

if TYPE_CHECKING:
    from mledger.reports.base import Document, Row, Table
    from mledger_cli.context import Settings

# The last cell of a row is broken over at most so many lines.
_LINES = 30


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
    """The rows under their titles; the events stand in front."""
    columns: list[tables.Column[Row]] = [
        tables.Column("events", lambda row: page.marked(row.numbers)[1:-1]),
        *(tables.Column(title, lambda row, n=n: row.cells[n], flexible=True) for n, title in _others(table)),  # type: ignore[misc]
        tables.Column(table.columns[-1], lambda row: row.cells[-1], lines=_LINES),
    ]
    cells = [[text.one_line(_spaced(str(column.cell(row)))) for column in columns] for row in table.rows]
    drawn = tables.Table(columns, width)
    drawn.learn(cells)
    yield drawn.titles()
    for row in cells:
        yield from drawn.lines(row)


def _others(table: "Table") -> Iterator[tuple[int, str]]:
    """The columns before the last, with their places."""
    return iter(list(enumerate(table.columns))[:-1])
