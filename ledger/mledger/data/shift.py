"""How data moved from one profile to another.

The population stability index of a column is the sum over its bins or categories of
(q - p) * ln(q / p), with p and q the shares of rows in the one and the other profile; a share below
FLOOR counts as FLOOR. By custom, from MODERATE on it deserves a look, from LARGE on the column is
another one.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mledger.events.profile import ColumnProfile, Group, ProfileRecorded

MODERATE = 0.1
LARGE = 0.25
SHARES = 0.05
"""From so many points on, a change of the share of a group or of missing values is one."""
FLOOR = 0.0001
# A category that a profile does not name has at most so many rows there.
_UNNAMED = 9
# Shifts that one event names at most.
_MOST = 500


class Moved(NamedTuple):
    """How one thing differs between two profiles; `before` and `after` are shares, where there are some."""

    name: str
    metric: str
    value: float
    before: float | None = None
    after: float | None = None

    @property
    def threshold(self) -> float:
        """From where on it counts as a shift."""
        return LARGE if self.metric == "psi" else SHARES

    @property
    def above(self) -> float | None:
        """The largest threshold that it reached."""
        steps = (LARGE, MODERATE) if self.metric == "psi" else (SHARES,)
        return next((step for step in steps if abs(self.value) >= step), None)

    def field(self) -> dict[str, Any]:
        """The shift as dataset.refreshed says it."""
        return {
            "column": self.name[:200], "metric": self.metric, "value": self.value, "threshold": self.threshold
        }  # fmt: skip


class Change(NamedTuple):
    """How the schema differs in one column."""

    column: str
    change: str
    detail: str | None = None

    def field(self) -> dict[str, Any]:
        """The change as dataset.refreshed says it."""
        row = {"column": self.column, "change": self.change}
        return row | ({"detail": self.detail} if self.detail else {})


class Comparison(NamedTuple):
    """What is different between two profiles."""

    rows: tuple[int, int]
    schema: list[Change]
    psi: list[Moved]
    missing: list[Moved]
    groups: list[Moved]
    incomparable: list[str]
    """Columns of both whose distributions cannot be compared: text, days, what has no bins in common."""

    @property
    def moved(self) -> list[Moved]:
        """Everything that reached a threshold, what moved most first."""
        found = [moved for moved in (*self.psi, *self.missing, *self.groups) if moved.above is not None]
        return sorted(found, key=lambda moved: -abs(moved.value) / moved.threshold)

    def shifts(self) -> list[dict[str, Any]]:
        """The shifts to be recorded: each PSI, each group, and missing values where their share changed."""
        psi = sorted(self.psi, key=lambda moved: -moved.value)
        rest = [moved for moved in self.missing if abs(moved.value) >= SHARES / 10]
        return [moved.field() for moved in (*psi, *self.groups, *rest)[:_MOST]]


def compare(before: ProfileRecorded, after: ProfileRecorded) -> Comparison:
    """What moved from one profile to another of the same dataset."""
    old = {column.name: column for column in before.columns}
    both = [(old[column.name], column) for column in after.columns if column.name in old]
    psi, incomparable = [], []
    for one, two in both:
        value = _psi(one, two, before.rows, after.rows)
        if value is None:
            incomparable.append(two.name)
        else:
            psi.append(Moved(two.name, "psi", round(value, 4)))
    return Comparison(
        (before.rows, after.rows),
        list(_schema(before, after)),
        psi,
        list(_missing(both, before.rows, after.rows)),
        list(_groups(before.groups, after.groups)),
        incomparable,
    )


def _schema(before: ProfileRecorded, after: ProfileRecorded) -> Iterator[Change]:
    old = {column.name: column.dtype for column in before.columns}
    new = {column.name: column.dtype for column in after.columns}
    yield from (Change(name, "removed", old[name]) for name in old if name not in new)
    for name, dtype in new.items():
        if name not in old:
            yield Change(name, "added", dtype)
        elif old[name] and dtype and old[name] != dtype:
            yield Change(name, "retyped", f"{old[name]} to {dtype}")


def _missing(both: Sequence[tuple[ColumnProfile, ColumnProfile]], before: int, after: int) -> Iterator[Moved]:
    for one, two in both:
        if before and after and one.missing is not None and two.missing is not None:
            old, new = one.missing / before, two.missing / after
            yield Moved(two.name, "missing", round(new - old, 4), old, new)


def _groups(before: Sequence[Group], after: Sequence[Group]) -> Iterator[Moved]:
    """Each group of both; a value of a column whose values are groups in both may be new, or gone."""
    old, new = ({group.name: group.share or 0.0 for group in groups} for groups in (before, after))
    columns = [{_column(name) for name in names} for names in (old, new)]
    for name in dict.fromkeys([*new, *old]):
        if (name in old and name in new) or _column(name) in (columns[0] & columns[1]) - {None}:
            p, q = old.get(name, 0.0), new.get(name, 0.0)
            yield Moved(name, "share", round(q - p, 4), p, q)


def _column(group: str) -> str | None:
    """The column of which a group is a value."""
    column, equal, _ = group.partition(" = ")
    return column if equal else None


def _psi(one: ColumnProfile, two: ColumnProfile, before: int, after: int) -> float | None:
    """The index of a column; None if the two have no bins or categories in common."""
    edges = [[bin_.below for bin_ in column.bins] for column in (one, two)]
    if one.bins and edges[0] == edges[1]:
        return index([bin_.rows for bin_ in one.bins], [bin_.rows for bin_ in two.bins])
    if one.categories and two.categories:
        held = [_counts(column, rows) for column, rows in ((one, before), (two, after))]
        names = sorted(held[0].keys() | held[1].keys())
        old, new = (_with_unnamed(counts, other, names) for counts, other in (held, held[::-1]))
        return index(old, new)
    return None


_OTHER = ""


def _counts(column: ColumnProfile, rows: int) -> dict[str, int]:
    counts = {f"={category.value}": category.rows for category in column.categories}
    other = column.other
    if other is None:
        other = max(0, rows - (column.missing or 0) - sum(counts.values()))
    return counts | {_OTHER: other}


def _with_unnamed(counts: dict[str, int], other: dict[str, int], names: Sequence[str]) -> list[int]:
    """The counts by name; a value that is not named here has what it may have, if that fits the other side.

    It may be rare, and lie in `other`: then nothing moved, as far as anybody can tell.
    """
    total, of_other = sum(counts.values()), sum(other.values())
    found, rest = [], counts[_OTHER]
    for name in names:
        if name not in counts:
            fits = round(other[name] * total / of_other) if of_other else 0
            found.append(min(_UNNAMED, rest, fits))
            rest -= found[-1]
        elif name != _OTHER:
            found.append(counts[name])
    return [*found, rest]


def index(before: Sequence[int], after: Sequence[int]) -> float | None:
    """The population stability index of two distributions over the same places; None if one is empty."""
    if not sum(before) or not sum(after):
        return None
    total = 0.0
    for one, two in zip(before, after, strict=True):
        p, q = (max(count / sum(counts), FLOOR) for count, counts in ((one, before), (two, after)))
        total += (q - p) * math.log(q / p)
    return total
