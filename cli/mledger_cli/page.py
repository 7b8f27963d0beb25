"""A page of statements: labels, wrapped text, event numbers at the right."""

from collections.abc import Callable, Iterable
from typing import Protocol

from mledger_cli import text

LABEL, LONGEST_LABEL = 14, 24
NARROWEST = 40
# Event numbers that a statement names one by one; beyond them it counts.
NAMED = 3
GAP = 2

Moment = Callable[[str], str]


class Source(Protocol):
    """The event behind a statement, as a page shows it."""

    @property
    def occurred(self) -> str:
        """When it happened."""
        ...

    @property
    def time(self) -> str:
        """When it was recorded."""
        ...


class Page:
    """Lines of at most `width` columns, built one statement after the other."""

    def __init__(self, width: int, moment: Moment | None = None) -> None:
        """Begin an empty page; `moment` says how times are shown, by default to the minute in UTC."""
        self.width = max(width, NARROWEST)
        self.lines: list[str] = []
        self._label = LABEL
        self._moment = moment or _minute

    def when(self, source: Source) -> str:
        """The day on which an event happened; how many days late it was recorded, if it was."""
        late = days_late(source)
        return f"{self._moment(source.occurred)[:10]}{f', LATE {late}d' if late else ''}"

    def moment(self, moment: str) -> str:
        """A moment as the page shows moments."""
        return self._moment(moment)

    def line(self, words: str = "", numbers: Iterable[str] = ()) -> None:
        """A statement over the whole width."""
        self._put("", words, marked(numbers))

    def make_room(self, labels: Iterable[str]) -> None:
        """Let labels that are longer than usual stand beside their statements, up to a limit."""
        self._label = min(max([LABEL, *(text.width(label) + 1 for label in labels)]), LONGEST_LABEL)

    def row(self, label: str, words: str, numbers: Iterable[str] = ()) -> None:
        """A statement beside its label; with an empty label it stands under the one before."""
        room = self._label - 1
        if text.width(label) > room:
            self._put("", label, "")
            label = ""
        self._put(text.padded(label, self._label), words, marked(numbers))

    def tree(self, mark: str, words: str, numbers: Iterable[str] = ()) -> None:
        """A statement behind a mark of its own, such as a dash further in."""
        self._put(mark, words, marked(numbers))

    def rows(self, label: str, items: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Statements of one kind under one label."""
        for place, (words, numbers) in enumerate(items):
            self.row("" if place else label, words, numbers)

    def gap(self) -> None:
        """An empty line between parts, never two, and none at the top."""
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def done(self) -> list[str]:
        """The lines of the page."""
        while self.lines and not self.lines[-1]:
            self.lines.pop()
        return self.lines

    def _put(self, label: str, words: str, mark: str) -> None:
        indent = text.width(label)
        room = self.width - indent - (text.width(mark) + GAP if mark else 0)
        first, *others = folded(words, room)
        line = label + (text.padded(first, room + GAP) + mark if mark else first)
        self.lines.append(line.rstrip())
        self.lines.extend(" " * indent + other for other in others)


def marked(numbers: Iterable[str]) -> str:
    """Event numbers in brackets, the first few of many: "[41]", "[41, 43.2, 44, +7]"."""
    found = list(dict.fromkeys(numbers))
    more = [f"+{len(found) - NAMED}"] if len(found) > NAMED + 1 else []
    shown = found[:NAMED] + more if more else found
    return f"[{', '.join(map(text.one_line, shown))}]" if shown else ""


def folded(words: str, columns: int) -> list[str]:
    """The lines of a text on one paragraph; a word that is too long is broken."""
    lines: list[str] = []
    for line in text.wrapped(" ".join(text.one_line(words).split()), columns):
        rest = line
        while text.width(rest) > columns:
            head = _head(rest, columns)
            lines.append(head)
            rest = rest[len(head) :]
        lines.append(rest)
    return lines


def _head(line: str, columns: int) -> str:
    """As much of a line as fits."""
    end = columns
    while end > 1 and text.width(line[:end]) > columns:
        end -= 1
    return line[:end]


def _minute(moment: str) -> str:
    return f"{moment[:10]} {moment[11:16]}Z"


def days_late(source: Source) -> int:
    """Whole days from occurrence to recording."""
    if source.occurred >= source.time:
        return 0
    from datetime import datetime

    return (datetime.fromisoformat(source.time) - datetime.fromisoformat(source.occurred)).days
