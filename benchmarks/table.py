"""The table: what was done, how fast, what the limit does, and whether that is enough."""

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

from benchmarks.measuring import Sample

WIDTH = 98
_COLUMNS = ("work", "ours", "limit", "ratio", "by cpu", "target", "met")
_WIDTHS = (38, 15, 15, 6, 6, 7, 3)


class Row(NamedTuple):
    """One line of the table.

    `ratio` is by the clock, `cpu` by processor time where that decides; `at_least` says which way is
    better. A row without `target` is there to be known.
    """

    work: str
    ours: str
    limit: str
    ratio: float
    target: float | None = None
    at_least: bool = True
    cpu: float | None = None
    details: dict[str, Any] = {}  # noqa: RUF012  never changed

    @property
    def met(self) -> str | None:
        """yes, no, or cpu: met by processor time, but not by the clock of this machine now."""
        if self.target is None:
            return None
        if self._good(self.ratio):
            return "yes"
        return "cpu" if self.cpu is not None and self._good(self.cpu) else "no"

    def _good(self, ratio: float) -> bool:
        if self.target is None:
            return True
        return ratio >= self.target if self.at_least else ratio <= self.target

    def to_json(self) -> dict[str, Any]:
        """The row as `--json` prints it."""
        return self._asdict() | {"met": self.met}


def rate(work: str, ours: Sample, limit: Sample, target: float | None = None, *, cores: int | None = None,
         waits: bool = False) -> Row:  # fmt: skip
    """The row of two rates: how many times as fast as the limit.

    `cores` is how many processors ours may use at once, for the ratio by processor time; with
    `waits` the disk decides, and there is none.
    """
    return Row(
        work,
        f"{1 / ours.wall:,.0f}/s",
        f"{1 / limit.wall:,.0f}/s",
        limit.wall / ours.wall,
        target,
        cpu=None if waits else limit.cpu / ours.cpu * (cores or 1),
        details={"ours": ours._asdict(), "limit": limit._asdict()},
    )


def took(work: str, seconds: float, limit: float, **details: Any) -> Row:
    """The row of a duration that has a limit in seconds."""
    return Row(work, show(seconds), show(limit), seconds / limit, 1, at_least=False, details=details)


def show(seconds: float) -> str:
    """A duration for people."""
    return f"{seconds * 1000:,.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def draw(rows: Sequence[Row]) -> str:
    """The table as text of at most `WIDTH` columns."""
    lines = [_line(_COLUMNS), "-" * WIDTH]
    for row in rows:
        first, *more = textwrap.wrap(row.work, _WIDTHS[0]) or [""]
        lines.append(_line((first, row.ours, row.limit, _number(row.ratio), _number(row.cpu), *_aim(row))))
        lines += [f"  {line}" for line in more]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    first, *rest = cells
    pairs = zip(rest, _WIDTHS[1:], strict=True)
    return " ".join((first.ljust(_WIDTHS[0]), *(cell.rjust(width) for cell, width in pairs))).rstrip()


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def _aim(row: Row) -> tuple[str, str]:
    if row.target is None:
        return "", ""
    return f"{'≥' if row.at_least else '≤'} {row.target:g}", row.met or ""
