"""Metrics by step, summed up and kept in one file."""

import csv
import gzip
import io
import math
from array import array
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mledger.attachment import MAX_ATTACHMENT, Attachment
from mledger.events.free import number

NO_STEP = -1
STEPS = 1 << 53
"""Steps are whole numbers below this, as JSON has them."""
_MAXIMIZE = frozenset({">", ">="})
_MINIMIZE = frozenset({"<", "<="})


class Key(NamedTuple):
    """Which metric, on which data, for which part of it."""

    name: str
    dataset: str | None = None
    slice: str | None = None


class Points:
    """The values of one metric in the order in which they came; 16 bytes each."""

    __slots__ = ("high", "low", "place", "steps", "values")

    def __init__(self, place: int) -> None:
        """Hold none; `place` is the metric's among those of its run."""
        self.place = place
        self.steps, self.values = array("q"), array("d")
        self.low: float | None = None
        self.high: float | None = None

    def add(self, value: float, step: int | None, low: float | None, high: float | None) -> None:
        """Take in one value, with the ends of its interval if it has one."""
        self.steps.append(NO_STEP if step is None else step)
        self.values.append(value)
        self.low, self.high = low, high

    @property
    def plain(self) -> bool:
        """Whether this is one value or none, and no series."""
        return not self.values or (len(self.values) == 1 and self.steps[0] == NO_STEP)


class Measured:
    """All metrics of a run."""

    def __init__(self) -> None:
        """Know none."""
        self.points: dict[tuple[str, str | None, str | None], Points] = {}
        self._places: dict[int, Points] = {}

    def begin(self, key: Key, place: int | None = None) -> None:
        """Know that a metric is measured; its place is the next one unless it is said."""
        if key not in self.points:
            points = self.points[key] = Points(len(self.points) if place is None else place)
            self._places[points.place] = points

    def at(self, place: int) -> Points:
        """The values of the metric at this place. Errors: LookupError."""
        return self._places[place]

    def metrics(self) -> list[dict[str, Any]]:
        """The field `metrics` of the event: the last value of each."""
        return [_last(Key(*key), points) for key, points in self.points.items() if points.values]

    def series(self, better: Mapping[str, str]) -> list[dict[str, Any]]:
        """The field `series`; `better` has the operator of the criterion on a metric, if there is one."""
        items = ((Key(*key), points) for key, points in self.points.items())
        return [_summed(key, points, better.get(key.name)) for key, points in items if not points.plain]

    def file(self) -> Attachment | None:
        """All values as CSV, packed if it is large; None if no metric has more than one.

        Errors: InputError if it is too large even so.
        """
        many = {Key(*key): points for key, points in self.points.items() if not points.plain}
        if not many:
            return None
        data = _csv(many.items())
        if len(data) <= MAX_ATTACHMENT // 4:
            return Attachment.of(data, "metrics.csv", media_type="text/csv", role="metrics by step")
        packed = gzip.compress(data, mtime=0)
        return Attachment.of(packed, "metrics.csv.gz", media_type="application/gzip", role="metrics by step")


def _last(key: Key, points: Points) -> dict[str, Any]:
    step = points.steps[-1]
    row: dict[str, Any] = {"name": key.name, "value": number(points.values[-1])}
    said = {
        "step": None if step == NO_STEP else step,
        "dataset": key.dataset,
        "slice": key.slice,
        "ci_low": points.low,
        "ci_high": points.high,
    }
    return row | {name: value for name, value in said.items() if value is not None}


def _summed(key: Key, points: Points, comparison: str | None) -> dict[str, Any]:
    finite = [n for n, value in enumerate(points.values) if math.isfinite(value)]
    low = min(finite, key=points.values.__getitem__, default=None)
    high = max(finite, key=points.values.__getitem__, default=None)
    best = high if comparison in _MAXIMIZE else low if comparison in _MINIMIZE else None
    said = {
        "dataset": key.dataset,
        "slice": key.slice,
        "count": len(points.values),
        "last": number(points.values[-1]),
        "last_step": _step(points, len(points.values) - 1),
        "best": None if best is None else points.values[best],
        "best_step": _step(points, best),
        "min": None if low is None else points.values[low],
        "max": None if high is None else points.values[high],
        "not_finite": len(points.values) - len(finite) or None,
    }
    return {"name": key.name} | {name: value for name, value in said.items() if value is not None}


def _step(points: Points, place: int | None) -> int | None:
    return None if place is None or points.steps[place] == NO_STEP else points.steps[place]


def _csv(items: Iterable[tuple[Key, Points]]) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("metric", "dataset", "slice", "step", "value"))
    for key, points in items:
        head = (key.name, key.dataset or "", key.slice or "")
        for step, value in zip(points.steps, points.values, strict=True):
            rows.writerow((*head, "" if step == NO_STEP else step, number(value)))
    return text.getvalue().encode()
