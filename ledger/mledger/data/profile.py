"""The profile of a table, gathered in one pass: columns, groups, period."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as of

from mledger.data.columns import Counter, Words, label_of, summary_of
from mledger.data.content import plain_array, plain_type
from mledger.data.sketch import ERROR, RUN
from mledger.errors import InputError, MledgerError
from mledger.events.profile import ColumnProfile, ProfileRecorded

_RULE = re.compile(r"\s*(.+?)\s*(<=|>=|!=|=|<|>)\s*(.+?)\s*")
_COMPARE = {
    "<": pc.less,
    "<=": pc.less_equal,
    "=": pc.equal,
    "!=": pc.not_equal,
    ">=": pc.greater_equal,
    ">": pc.greater,
}
# Of several columns with days or moments, the one that tells the period of the data is called so.
_TIMES = frozenset(
    "date day time timestamp ts datetime event_time event_date created created_at recorded_at".split()
)
_BIRTH = re.compile(r"birth|\bdob\b", re.IGNORECASE)


class Profile(NamedTuple):
    """What a table looks like: the fields of profile.recorded, and the days that it covers."""

    rows: int
    columns: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    period: dict[str, str] | None
    time: str | None
    notes: list[str]

    @property
    def method(self) -> str | None:
        """How it was computed, if not exactly."""
        return f"quantiles within {ERROR:.1%} of the rows" if self.rows > RUN else None


class Wishes(NamedTuple):
    """What is asked of a profile: groups, the column of time, and the profile of the version before."""

    groups: Sequence[str] = ()
    time: str | None = None
    before: ProfileRecorded | None = None


class Profiler:
    """A profile in the making."""

    def __init__(self, schema: pa.Schema, wishes: Wishes) -> None:
        """Begin. Errors: InputError for a group or a column of time that is not there."""
        self._labels = column_labels(schema.names)
        held = {column.name: column for column in wishes.before.columns} if wishes.before else {}
        self._columns = [
            summary_of(field, held.get(label)) for field, label in zip(schema, self._labels, strict=True)
        ]
        self._time, self._notes = _time(schema, wishes)
        self._groups = [_group(schema, text) for text in dict.fromkeys(wishes.groups)]
        self._groups += _kept_groups(schema, wishes, self._notes)
        self._from: Any = None
        self._to: Any = None
        self.rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next rows."""
        self.rows += batch.num_rows
        for column, array in zip(self._columns, batch.columns, strict=True):
            column.add(array)
        for group in self._groups:
            group.add(plain_array(batch.column(group.column)))
        if self._time is not None:
            self._span(plain_array(batch.column(self._time)))

    def done(self) -> Profile:
        """The profile of all rows."""
        columns = [
            {"name": label} | column.fields()
            for label, column in zip(self._labels, self._columns, strict=True)
        ]
        groups = [row for group in self._groups for row in group.rows_of(self.rows)]
        label = None if self._time is None else self._labels[self._time]
        return Profile(self.rows, columns, groups, self._period(), label, self._notes)

    def _span(self, array: pa.Array) -> None:
        ends = pc.min_max(array)
        for end, better, name in ((ends["min"], min, "_from"), (ends["max"], max, "_to")):
            day = end.cast(pa.date32()).as_py() if end.is_valid else None
            held = getattr(self, name)
            if day is not None:
                setattr(self, name, day if held is None else better(held, day))

    def _period(self) -> dict[str, str] | None:
        if self._from is None:
            return None
        return {"start": self._from.isoformat(), "end": self._to.isoformat()}


def column_labels(names: Iterable[str]) -> list[str]:
    """What the columns are called in the ledger: a name that no event can hold goes by its place."""
    found: list[str] = []
    for place, name in enumerate(names, 1):
        label = name
        try:
            ColumnProfile(name=name)
        except MledgerError:
            label = f"column {place}"
        found.append(ColumnProfile(name=label).name)
    return found


# --- groups


class _Group:
    """Rows for which a comparison holds."""

    def __init__(self, column: int, name: str, compare: Callable[..., Any], value: pa.Scalar) -> None:
        self.column = column
        self._name = name
        self._compare = compare
        self._value = value
        self._rows = 0

    def add(self, array: pa.Array) -> None:
        self._rows += pc.sum(self._compare(array, self._value)).as_py() or 0

    def rows_of(self, rows: int) -> list[dict[str, Any]]:
        return [_group_row(self._name, self._rows, rows)]


class _Values:
    """Rows by the value of a column, as far as a value is often enough there."""

    def __init__(self, column: int, name: str) -> None:
        self.column = column
        self._name = name
        self._counter = Counter()

    def add(self, array: pa.Array) -> None:
        self._counter.add(array.drop_null())

    def rows_of(self, rows: int) -> list[dict[str, Any]]:
        found = self._counter.categories(rows).get("categories", [])
        return [_group_row(f"{self._name} = {row['value']}", row["rows"], rows) for row in found]


def _group_row(name: str, rows: int, of_all: int) -> dict[str, Any]:
    return {"name": name, "rows": rows, "share": round(rows / of_all, 6) if of_all else 0.0}


def _kept_groups(schema: pa.Schema, wishes: Wishes, notes: list[str]) -> list[_Group | _Values]:
    """The groups of the version before that are not asked for anyway; what became of those that cannot be."""
    rules: dict[str, None] = {}
    for name in (group.name for group in wishes.before.groups) if wishes.before else ():
        column, equal, _ = name.partition(" = ")
        rules[column if equal else name] = None
    found = []
    for text in (rule for rule in rules if rule not in wishes.groups):
        try:
            found.append(_group(schema, text))
        except InputError as error:
            notes.append(
                f"a group of the version before is left out: {error.message.removeprefix('--group ')}"
            )
    return found


def _column_of(schema: pa.Schema, text: str) -> int | None:
    if text in schema.names:
        return int(schema.get_field_index(text))
    rule = _RULE.fullmatch(text)
    return int(schema.get_field_index(rule[1])) if rule and rule[1] in schema.names else None


def _group(schema: pa.Schema, text: str) -> _Group | _Values:
    """The group that a text means: a column, or a comparison like age<25. Errors: InputError."""
    place = _column_of(schema, text)
    if place is None:
        known = ", ".join(schema.names[:8])
        raise InputError(
            f"--group {text!r} names no column of the table",
            fix=f"name one of {known}, or compare it, like age<25",
        )
    field = schema.field(place)
    rule = None if text == field.name else _RULE.fullmatch(text)
    if rule is None:
        return _Values(place, field.name)
    type_, ordered = plain_type(field.type), rule[2] not in {"=", "!="}
    try:
        value = pa.scalar(rule[3]).cast(
            pa.float64() if of.is_decimal(type_) or of.is_integer(type_) else type_
        )
        _COMPARE[rule[2]](pa.array([], type_), value)
    except pa.ArrowException:
        value = None
    if value is None or (ordered and isinstance(summary_of(field, None), Words)):
        raise InputError(
            f"--group {text!r}: {field.name}, of type {field.type}, cannot be compared with {rule[3]!r}",
            fix="compare it with a value of its own type",
        )
    return _Group(place, f"{field.name} {rule[2]} {label_of(rule[3]) or '…'}", _COMPARE[rule[2]], value)


# --- time


def _time(schema: pa.Schema, wishes: Wishes) -> tuple[int | None, list[str]]:
    """The place of the column that tells the period, and what is to be said of it. Errors: InputError."""
    kinds = (of.is_date, of.is_timestamp)
    found = [n for n, field in enumerate(schema) if any(kind(plain_type(field.type)) for kind in kinds)]
    if wishes.time is not None:
        place = schema.get_field_index(wishes.time)
        if place not in found:
            known = ", ".join(schema.names[n] for n in found)
            raise InputError(
                f"--time {wishes.time!r} is no column of days or moments",
                fix=f"name one of {known}" if known else "leave it out: there is none",
            )
        return place, []
    before = wishes.before.time_column if wishes.before else None
    if before in schema.names and schema.get_field_index(before) in found:
        return int(schema.get_field_index(before)), []
    found = [n for n in found if not _BIRTH.search(schema.names[n])]
    likely = [n for n in found if schema.names[n].lower() in _TIMES]
    if len(found) == 1 or len(likely) == 1:
        return (likely or found)[0], []
    names = ", ".join(schema.names[n] for n in found)
    return None, [f"which column tells the period? --time with one of {names}"] if found else []
