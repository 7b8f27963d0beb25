"""What one column looks like, without any of its rows.

Nothing is said of fewer than LEAST rows: no category, no quantile with fewer on one side, no mean of
fewer. Smallest and largest value are never said. A quantile is rounded to a thousandth of the range,
so that it is nobody's own number.
"""

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as of

from mledger.data.content import plain_array, plain_type, type_name
from mledger.data.sketch import Sketch
from mledger.events import free
from mledger.events.profile import ColumnProfile

LEAST = 10
"""Fewer rows than this are never told apart."""
COUNTED = 1_000
"""Different values are counted up to so many."""
LISTED = 50
"""At most so many categories are named; the rest is `other`."""
FEW = 20
"""A column of numbers with at most so many different ones has categories, too."""
PLACES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
BINS = 10
PER_BIN = 50
"""A bin has at least so many rows when it is made: with fewer, chance alone would look like a shift."""
_LONGEST = 100


class Summary:
    """One column as far as it was read: how many rows, how many without a value."""

    note: str | None = "a column of this type has no distribution that could be recorded"

    def __init__(self, field: pa.Field, before: ColumnProfile | None) -> None:
        """Begin; `before` is the same column in the version before, whose bins are used again."""
        self.name = field.name
        self.dtype = type_name(field.type)
        self.before = before
        self.rows = 0
        self.missing = 0

    def add(self, array: pa.Array) -> None:
        """Take in the next rows."""
        array = plain_array(array)
        self.rows += len(array)
        self.missing += array.null_count
        if array.null_count < len(array):
            self._take(array.drop_null() if array.null_count else array)

    def _take(self, array: pa.Array) -> None:
        """Take in values, of which none is null."""

    @property
    def held(self) -> int:
        """How many rows have a value."""
        return self.rows - self.missing

    def fields(self) -> dict[str, Any]:
        """The fields of the column's profile, its name aside."""
        return (
            {"dtype": self.dtype, "missing": self.missing}
            | self._found()
            | ({"note": self.note} if self.note else {})
        )

    def _found(self) -> dict[str, Any]:
        return {}


class Moments(Summary):
    """Days and moments: whether there is one. When they are is said by the period of the data."""

    note = None


class Numbers(Summary):
    """Numbers of any kind; NaN counts as missing."""

    note = None

    def __init__(self, field: pa.Field, before: ColumnProfile | None) -> None:
        """Begin; see `Summary`."""
        super().__init__(field, before)
        self._whole = of.is_integer(plain_type(field.type))
        self._sketch = Sketch()
        self._counter = Counter()

    def _take(self, array: pa.Array) -> None:
        if of.is_decimal(array.type):
            array = array.cast(pa.float64())
        self._counter.add(array)
        values = array.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
        if not self._whole:
            strange = np.isnan(values)
            if lost := int(np.count_nonzero(strange)):
                self.missing += lost
                values = values[~strange]
        self._sketch.add(values)

    def _found(self) -> dict[str, Any]:
        found = self._counter.fields()
        if self.held < LEAST:
            return found
        sketch, round_ = self._sketch, self._rounding()
        found["mean"], found["deviation"] = sketch.mean, sketch.deviation
        places = [place for place in PLACES if min(place, 1 - place) * self.held >= LEAST]
        values = sketch.quantiles(places) if places else []
        found["quantiles"] = [
            {"at": place, "value": round_(value)} for place, value in zip(places, values, strict=True)
        ]
        if self._counter.few(FEW):
            found |= self._counter.categories(self.held)
        edges = (
            [float(bin_.below) for bin_ in self.before.bins if bin_.below is not None] if self.before else []
        )
        if not edges and not self._counter.few(FEW):
            edges = self._edges(round_)
        if edges:
            counts = sketch.counts(edges)
            found["bins"] = [
                {"below": edge, "rows": count} for edge, count in zip([*edges, None], counts, strict=True)
            ]
        return found

    def _edges(self, round_: Any) -> list[float]:
        """What cuts the column into bins of about as many rows each."""
        bins = min(BINS, self.held // PER_BIN)
        if bins < 2:
            return []
        found = self._sketch.quantiles([n / bins for n in range(1, bins)])
        return sorted({edge for value in found if math.isfinite(edge := float(round_(value)))})

    def _rounding(self) -> Any:
        """A function that rounds to a thousandth of the range between the outer quantiles, or less."""
        low, high = self._sketch.quantiles([0.05, 0.95])
        if not (high > low and math.isfinite(high - low)):
            return lambda value: value
        digits = -math.floor(math.log10((high - low) / 1_000))
        return lambda value: round(value, max(-300, min(digits, 300))) if math.isfinite(value) else value


class Words(Summary):
    """Text, and true and false: categories if they are few, lengths if it is text."""

    note = None

    def __init__(self, field: pa.Field, before: ColumnProfile | None) -> None:
        """Begin; see `Summary`."""
        super().__init__(field, before)
        self._counter = Counter()
        self._lengths: Sketch | None = None

    def _take(self, array: pa.Array) -> None:
        if self._lengths is None:
            held = dict(self._counter.values or {})
            self._counter.add(array)
            if self._counter.few(COUNTED):
                return
            self._lengths = _lengths_of(held)
        self._lengths.add(pc.utf8_length(array).to_numpy().astype(np.float64))

    def _found(self) -> dict[str, Any]:
        found = self._counter.fields()
        if 2 * self._counter.often() >= self.held:
            return found | self._counter.categories(self.held)
        lengths = self._lengths or _lengths_of(self._counter.values or {})
        places = [place for place in PLACES if min(place, 1 - place) * self.held >= LEAST]
        values = lengths.quantiles(places) if places else []
        found["lengths"] = [
            {"at": place, "value": value} for place, value in zip(places, values, strict=True)
        ]
        return found


class Counter:
    """How often each value is there, as long as there are few different ones."""

    def __init__(self) -> None:
        """Begin without values."""
        self.values: dict[Any, int] | None = {}

    def add(self, array: pa.Array) -> None:
        """Take in values, of which none is null."""
        if self.values is None:
            return
        counts = pc.value_counts(array)
        if len(counts) > COUNTED:
            self.values = None
            return
        for value, count in zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True):
            if value == value:  # noqa: PLR0124  NaN is missing
                self.values[value] = self.values.get(value, 0) + count
        if len(self.values) > COUNTED:
            self.values = None

    def few(self, most: int) -> bool:
        """Whether there are at most so many different values."""
        return self.values is not None and len(self.values) <= most

    def often(self) -> int:
        """How many rows have a value that is often enough there to be named."""
        return sum(count for count in (self.values or {}).values() if count >= LEAST)

    def fields(self) -> dict[str, Any]:
        """How many different values there are, or more than how many."""
        return {"distinct_above": COUNTED} if self.values is None else {"distinct": len(self.values)}

    def categories(self, rows: int) -> dict[str, Any]:
        """The values that are often enough there to be named, and how many rows have others."""
        named: dict[str, int] = {}
        for value, count in (self.values or {}).items():
            if (label := label_of(value)) is not None:
                named[label] = named.get(label, 0) + count
        often = sorted(((count, label) for label, count in named.items() if count >= LEAST), reverse=True)
        listed = sorted((label, count) for count, label in often[:LISTED])
        if not listed:
            return {}
        other = rows - sum(count for _, count in listed)
        return {
            "categories": [{"value": label, "rows": count} for label, count in listed],
            "other": other,
        }


def label_of(value: Any) -> str | None:
    """A value as a category is called; None if it is too long to be one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if len(text) > _LONGEST:
        return None
    try:
        return free.text(text)
    except ValueError:
        return text.encode("unicode_escape").decode()


def summary_of(field: pa.Field, before: ColumnProfile | None) -> Summary:
    """What gathers a column of this type."""
    type_ = plain_type(field.type)
    if of.is_integer(type_) or of.is_floating(type_) or of.is_decimal(type_):
        return Numbers(field, before)
    if of.is_boolean(type_) or of.is_string(type_) or of.is_large_string(type_) or of.is_string_view(type_):
        return Words(field, before)
    if of.is_date(type_) or of.is_timestamp(type_) or of.is_null(type_):
        return Moments(field, before)
    return Summary(field, before)


def _lengths_of(values: dict[Any, int]) -> Sketch:
    """The lengths of texts, each as often as it is there."""
    sketch = Sketch()
    if values:
        sketch.add(np.repeat([float(len(str(value))) for value in values], list(values.values())))
    return sketch
