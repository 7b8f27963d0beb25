"""What people and programs are shown: tables, facts, JSON.

The same characters appear on a terminal and in a file; colour says nothing that the text does not.
On a terminal, and where COLUMNS is set, lines fit the width; elsewhere nothing is cut.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from mledger_cli import screen, text
from mledger_cli.tables import GAP, NARROWEST, Column, Table

if TYPE_CHECKING:
    from datetime import tzinfo

# Rows that are aligned together: a listing of any length is printed as it comes.
BATCH = 500
BLOCK = "  "
STYLES = {"dim": "2", "good": "32", "bad": "1;31"}

T = TypeVar("T")


class Output:
    """Standard output of one command, as text or as JSON."""

    def __init__(
        self, *, as_json: bool = False, quiet: bool = False, colour: bool = False, zone: str | None = None
    ) -> None:
        """Print JSON if asked; `quiet` leaves out notes; `zone` shows times in that time zone."""
        self.as_json = as_json
        self.quiet = quiet
        self.colour = colour
        self.zone = zone

    def line(self, line: str = "") -> None:
        """Print one line of text, whole."""
        screen.write(text.escaped(line, newlines=True) + "\n")

    def prose(self, paragraph: str, *, hang: int = 0, style: str = "") -> None:
        """Print text that may be broken at spaces; a line that is goes on `hang` columns further in.

        A style is one of STYLES, and is seen on a terminal alone.
        """
        lines = self._wrapped(paragraph, 0, hang)
        screen.write("".join(f"{self._styled(line, style)}\n" for line in lines))

    def parts(self, *parts: str) -> None:
        """Print a line of several parts, broken between them where it would be too long."""
        room, line = screen.width(), ""
        for part in map(text.one_line, parts):
            if line and room is not None and text.width(line) + len(GAP) + text.width(part) > room:
                screen.write(f"{line}\n")
                line = BLOCK + part
            else:
                line = f"{line}{GAP}{part}" if line else part
        screen.write(f"{line}\n")

    def raw(self, data: str | bytes) -> None:
        """Print a document as it is: a template, a key, a proof."""
        screen.write(data)

    def note(self, line: str) -> None:
        """Tell a person what to do next, beside the output; left out by -q and --json."""
        if not self.quiet and not self.as_json:
            screen.warn(text.one_line(line))

    def json(self, value: object) -> None:
        """Print one JSON document."""
        screen.write(dumps(value, indent=2) + "\n")

    def facts(self, pairs: Mapping[str, object], value: object = None) -> None:
        """Print names with what belongs to them, None left out; as JSON the value, or else the pairs."""
        if self.as_json:
            self.json(pairs if value is None else value)
            return
        shown = {text.one_line(name): _cell(fact) for name, fact in pairs.items() if fact is not None}
        margin = max(map(text.width, shown), default=0) + len(GAP)
        for name, fact in shown.items():
            block = fact.startswith("\n")
            indent = BLOCK if block else " " * margin
            first, *others = (
                ["", *self._wrapped(fact[1:], len(BLOCK), len(BLOCK))]
                if block
                else self._wrapped(fact, margin)
            )
            label = self._styled(text.padded(name, margin) if first else name, "dim")
            screen.write("\n".join([label + first, *(f"{indent}{line}".rstrip() for line in others)]) + "\n")

    def table(self, items: Iterable[T], columns: Iterable[Column[T]], *, none: str = "nothing") -> None:
        """Print the items as rows as they come, or as one JSON array of what each `to_json` gives.

        `none` is said, beside the output, if there are no items.
        """
        if self.as_json:
            _json_array(items)
            return
        columns = list(columns)
        rows, table, begun = iter(items), Table(columns, screen.width()), False
        while batch := list(islice(rows, BATCH)):
            cells = [[text.one_line(_cell(column.cell(item))) for column in columns] for item in batch]
            table.learn(cells)
            if not begun:
                screen.write(self._styled(table.titles(), "dim") + "\n")
                begun = True
            screen.write("".join(f"{line}\n" for row in cells for line in table.lines(row)))
        if not begun:
            self.note(none)

    def moment(self, moment: str | None) -> str:
        """A moment as people are shown it: seconds in UTC, or with the offset of the zone asked for."""
        if not moment:
            return ""
        if self._zone is None:
            return f"{moment[:19]}Z"
        from datetime import datetime

        return datetime.fromisoformat(moment).astimezone(self._zone).isoformat(timespec="seconds")

    @cached_property
    def _zone(self) -> "tzinfo | None":
        """The time zone asked for."""
        if self.zone is None:
            return None
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.zone)

    def _styled(self, line: str, style: str) -> str:
        return f"\x1b[{STYLES[style]}m{line}\x1b[0m" if self.colour and style else line

    @staticmethod
    def _wrapped(fact: str, margin: int, hang: int = 0) -> list[str]:
        columns = screen.width()
        safe = text.escaped(fact, newlines=True)
        return (
            safe.split("\n")
            if columns is None
            else text.wrapped(safe, max(columns - margin, NARROWEST), hang)
        )


def _cell(value: object) -> str:
    """A value in a table or among facts: lists by commas, yes and no, nothing for None."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case set() | frozenset():
            return ", ".join(sorted(map(_cell, value)))
        case list() | tuple():
            return ", ".join(map(_cell, value))
        case _:
            return str(value)


def dumps(value: object, *, indent: int | None = None) -> str:
    """The JSON text of a value, safe to show on a terminal."""
    import json

    return text.json_escaped(json.dumps(_plain(value), ensure_ascii=False, indent=indent))


def _plain(value: object) -> object:
    """What JSON has for a value of ours: its `to_json`, named fields, hex for bytes, text for the rest."""
    if hasattr(value, "to_json"):
        return _plain(value.to_json())
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return value.hex()
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items()}
        case set() | frozenset():
            return sorted(map(_plain, value), key=str)
        case tuple() if hasattr(value, "_asdict"):
            return _plain(value._asdict())
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return str(value)


def _json_array(items: Iterable[object]) -> None:
    """Print a JSON array with one item a line, as they come."""
    mark = "["
    for item in items:
        screen.write(f"{mark}\n{dumps(item)}")
        mark = ","
    screen.write("[]\n" if mark == "[" else "\n]\n")
