"""A document: sections of claims and tables, each with its events.

Whoever tells something out of the ledger makes a `Document` and leaves to others how it looks:

    Document("learning", "What was learnt", "model/credit-risk", (
        Section("Decisions", (
            Claim("auc: expected +0.004, observed +0.003, missed", ("46", "49"), label="Deeper trees"),
            Table(("metric", "value"), (Row(("auc", "0.9524"), ("48",)),)),
        )),
    ))

A report about a model is a function of its dossier, registered by `@report(name, title)`; one that
needs more registers itself by `register`. Others make documents as they like. `to_json` and `markdown`
are here; the command line prints one by `mledger_cli.rendering_document`. Texts are as they were
recorded: whoever renders them escapes them.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias

from mledger.checks.world import World
from mledger.core.markdown import escaped
from mledger.projections.dossier import Dossier
from mledger.registry import Registry


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement and the numbers of the events behind it, beside a label if it has one."""

    words: str
    numbers: tuple[str, ...] = ()
    label: str = ""

    def to_json(self) -> dict[str, object]:
        """The claim as `--json` prints it."""
        return {"label": self.label, "words": self.words, "events": list(self.numbers)}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, a text for each column, and the numbers of the events behind it."""

    cells: tuple[str, ...]
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under the titles of their columns; the longest text goes into the last one."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def to_json(self) -> dict[str, object]:
        """The table as `--json` prints it: each row an object, with its events."""
        rows = [
            dict(zip(self.columns, row.cells, strict=True)) | {"events": list(row.numbers)}
            for row in self.rows
        ]
        return {"columns": list(self.columns), "rows": rows}


Block: TypeAlias = Claim | Table


@dataclass(frozen=True, slots=True)
class Section:
    """What is said about one thing; `none` is said where there is nothing to say."""

    title: str
    blocks: tuple[Block, ...]
    none: str = "nothing recorded"

    def to_json(self) -> dict[str, object]:
        """The section as `--json` prints it."""
        return {"title": self.title, "blocks": [block.to_json() for block in self.blocks]}


@dataclass(frozen=True, slots=True)
class Document:
    """What a report says: `name` is the report's, `about` the stream or event that it is about.

    `subtitle` says up to where the ledger was read; `data` is what programs may want besides.
    """

    name: str
    title: str
    about: str
    sections: tuple[Section, ...]
    subtitle: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers of all events that it rests on, once each, in the order of first mention."""
        return tuple(dict.fromkeys(number for section in self.sections for number in _numbers(section)))

    def to_json(self) -> dict[str, object]:
        """The document as `--json` prints it."""
        return {
            "report": self.name,
            "title": self.title,
            "about": self.about,
            "subtitle": self.subtitle,
            "sections": [section.to_json() for section in self.sections],
            "events": list(self.numbers),
            **self.data,
        }

    def markdown(self) -> str:
        """The document as Markdown, the same bytes for the same document."""
        parts = [f"# {escaped(self.title)}", *([escaped(self.subtitle)] if self.subtitle else [])]
        for section in self.sections:
            parts.append(f"## {escaped(section.title)}")
            parts += ["\n".join(_listed(section)) if section.blocks else f"_{escaped(section.none)}_"]
        return "\n\n".join(parts) + "\n"


Make: TypeAlias = Callable[[Dossier], tuple[Section, ...]]
About: TypeAlias = Literal["model", "version", "dataset"]


class Report(NamedTuple):
    """A report: its name, its title, what it is about, and what tells it.

    Of a model, or of a version of one, it is told by a dossier and what is known of the world; of a
    dataset by the facts of its stream.
    """

    name: str
    title: str
    about: About
    tell: Callable[..., Document]

    def of(self, dossier: Dossier, world: World | None = None) -> Document:
        """The document about a model or a version of it."""
        return self.tell(dossier, world or World())


_reports: Registry[Report] = Registry("report", fix="mledger report")


def register(report: Report) -> Report:
    """The report itself, known by its name from now on."""
    return _reports.add(report.name, report)


def report(name: str, title: str) -> Callable[[Make], Make]:
    """A decorator that registers a function of a dossier as the report `name`."""

    def keep(make: Make) -> Make:
        def tell(dossier: Dossier, _world: World) -> Document:
            return Document(name, title, dossier.stream, make(dossier), known(dossier))

        register(Report(name, title, "model", tell))
        return make

    return keep


def known(dossier: Dossier) -> str:
    """Up to where the ledger was read, as a subtitle."""
    return f"as known on {dossier.day}, {dossier.entries:,} entries"


def find(name: str) -> Report:
    """The report of that name. Errors: NotFoundError with the nearest names."""
    _import_own()
    return _reports.get(name)


def names() -> list[str]:
    """The names of all reports, sorted."""
    _import_own()
    return list(_reports)


@cache
def _import_own() -> None:
    package = importlib.import_module("mledger.reports")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"mledger.reports.{module.name}")


def _numbers(section: Section) -> Iterator[str]:
    for block in section.blocks:
        for part in (block,) if isinstance(block, Claim) else block.rows:
            yield from part.numbers


def _listed(section: Section) -> Iterator[str]:
    """The lines of a section: claims as a list, tables with an empty line around them."""
    before: Block | None = None
    for block in section.blocks:
        if before is not None and (isinstance(block, Table) or isinstance(before, Table)):
            yield ""
        if isinstance(block, Claim):
            label = f"**{escaped(block.label)}** " if block.label else ""
            yield f"- {label}{escaped(block.words)}{cited(block.numbers)}"
        else:
            yield from _table(block)
        before = block


def _table(table: Table) -> Iterator[str]:
    yield _row((*table.columns, "events"))
    yield _row("---" for _ in (*table.columns, "events"))
    for row in table.rows:
        yield _row((*map(escaped, row.cells), ", ".join(row.numbers)))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def cited(numbers: Iterable[str]) -> str:
    """Event numbers behind a statement: " [41, 44]", or nothing."""
    found = ", ".join(dict.fromkeys(numbers))
    return f" \\[{found}\\]" if found else ""
