"""Tables: columns under titles, lines that fit the screen."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from mledger_cli import text

GAP = "  "
NARROWEST = 12
# What a column of several lines needs to stand beside the others, and one that is cut after its first.
COMFORT, COMFORT_CUT = 30, 60

T = TypeVar("T")


class Column(NamedTuple, Generic[T]):
    """One column of a table: its title and what it says of an item.

    Where a line would be too long, the cells of a column that has a `short` form take that, the first
    column first; if that is not enough, a `flexible` one is cut. A last column of several `lines` is broken
    instead, and cut after so many of them; where the others leave it little room it stands below them.
    """

    title: str
    cell: Callable[[T], object]
    right: bool = False
    flexible: bool = False
    lines: int = 0
    short: Callable[[str], str] | None = None


def day(moment: str) -> str:
    """A moment in short: its day."""
    return moment[:10]


def unprefixed(stream: str) -> str:
    """A stream in short: a model by its name alone, as commands take it."""
    return stream.removeprefix("model/")


class Table(Generic[T]):
    """The lines of a table; it learns the widths from the rows that it is given together."""

    def __init__(self, columns: Sequence[Column[T]], room: int | None) -> None:
        """Fit lines to so many columns of a screen, or to nothing."""
        self._columns = list(columns)
        self._room = room
        self._widths = [text.width(column.title) for column in columns]
        self._below: bool | None = None
        self._short: set[int] = set()

    def learn(self, rows: Sequence[Sequence[str]]) -> None:
        """Make the columns wide enough for these rows; the first ones decide which cells are short."""
        if self._below is None:
            for place, column in enumerate(self._columns):
                if column.short and self._too_wide(self._needed(rows)):
                    self._short.add(place)
        self._widths = self._needed(rows)
        if self._below is None:
            left = self._left_for_last()
            self._below = left is not None and left < min(self._comfort, self._widths[-1])

    def _needed(self, rows: Sequence[Sequence[str]]) -> list[int]:
        """The widths that these rows need, and those before."""
        widths = self._widths
        for row in rows:
            widths = list(map(max, widths, map(text.width, self._shown(row))))
        return widths

    def _shown(self, row: Sequence[str]) -> list[str]:
        """The cells, short where they have to be."""
        cells = zip(self._columns, row, strict=True)
        return [
            column.short(cell) if column.short and n in self._short else cell
            for n, (column, cell) in enumerate(cells)
        ]

    def _too_wide(self, widths: Sequence[int]) -> bool:
        """Whether the columns do not fit the screen; a last one of several lines may stand below."""
        beside = widths[:-1] if self._columns[-1].lines else widths
        return self._room is not None and sum(beside) + len(GAP) * (len(beside) - 1) > self._room

    @property
    def _comfort(self) -> int:
        return COMFORT_CUT if self._columns[-1].lines == 1 else COMFORT

    def titles(self) -> str:
        """The line of titles; a column that stands below has none."""
        titles = [column.title for column in self._columns]
        if not self._columns[-1].lines:
            return self._line(titles)
        others = self._line(titles[:-1], whole=not self._below)
        return others if self._below else f"{others}{GAP}{titles[-1]}"

    def lines(self, row: Sequence[str]) -> Iterator[str]:
        """The lines of one row."""
        row = self._shown(row)
        last = self._columns[-1].lines
        left = self._left_for_last()
        if not last or left is None:
            yield self._line(row)
        elif self._below:
            yield self._line(row[:-1])
            indent = self._fitted(len(row) - 1)[0] + len(GAP)
            for piece in _pieces(row[-1], (self._room or 0) - indent, last):
                yield f"{' ' * indent}{piece}"
        else:
            first, *others = _pieces(row[-1], max(left, NARROWEST), last) or [""]
            yield f"{self._line(row[:-1], whole=True)}{GAP}{first}".rstrip()
            indent = sum(self._fitted(len(row) - 1)) + len(GAP) * (len(row) - 1)
            yield from (f"{' ' * indent}{piece}" for piece in others)

    def _left_for_last(self) -> int | None:
        """What the other columns leave the last one of several lines; None if nothing limits it."""
        if self._room is None or not self._columns[-1].lines:
            return None
        others = self._widths[:-1]
        if self._below is False:
            others = self._fitted(len(others))
        return self._room - sum(others) - len(GAP) * len(others)

    def _line(self, cells: Sequence[str], *, whole: bool = False) -> str:
        """The cells side by side; `whole` keeps the spaces at the end."""
        parts = (
            text.padded(text.cut(cell, width), width, right=column.right)
            for column, width, cell in zip(self._columns, self._fitted(len(cells)), cells, strict=False)
        )
        line = GAP.join(parts)
        return line if whole else line.rstrip()

    def _fitted(self, count: int) -> list[int]:
        """The widths of the first columns, the flexible ones cut from the right to what the screen leaves."""
        fitted = self._widths[:count]
        if self._room is None:
            return fitted
        room = self._room
        if count < len(self._widths) and not self._below:
            room -= len(GAP) + min(self._comfort, self._widths[-1])
        excess = sum(fitted) + len(GAP) * (count - 1) - room
        for place in reversed([n for n, column in enumerate(self._columns[:count]) if column.flexible]):
            cut = max(0, min(excess, fitted[place] - NARROWEST))
            fitted[place] -= cut
            excess -= cut
        return fitted


def _pieces(cell: str, columns: int, lines: int) -> list[str]:
    """A cell in at most so many lines; nothing for nothing."""
    if not cell:
        return []
    if lines == 1:
        return [text.cut(cell, columns)]
    pieces = text.wrapped(cell, columns)
    if len(pieces) > lines:
        pieces[lines - 1 :] = [text.cut(" ".join(pieces[lines - 1 :]), columns)]
    return pieces
