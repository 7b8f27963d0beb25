"""Decisions that may not hold any more, and why.

The conditions that count are those stated last, by the proposal or by a reaffirmation. They are
judged by what was recorded since, and a dataset also by the state that it was in when they were
stated: a condition that was broken when it was written is broken. Whoever reaffirms a decision
without stating conditions anew has seen what was known: only what comes after can break them. Once
broken, a condition stays so until somebody looks: that a metric has recovered since mends nothing.

Versions of a dataset stand in the order of their recording where both are recorded; a version that
is not there yet is compared by its name, the numbers in it as numbers. What cannot be compared breaks
a condition: a person has to look.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from mledger.projections.decisions import Condition, Decision
from mledger.projections.duties import DutiesState, Reading, order
from mledger.projections.statements import Citation

Versions = Mapping[str, Citation]
_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}
_DIGITS = re.compile(r"([0-9]+)")


class Lapse(NamedTuple):
    """A condition that does not hold any more: since which day, why, and the event that broke it.

    Of a date there is no such event, and the day is the last on which it holds.
    """

    condition: Condition
    day: str
    why: str
    source: Citation | None = None


def lapses(decision: Decision, of: DutiesState, datasets: Mapping[str, Versions]) -> Iterator[Lapse]:
    """What has broken the conditions of a decision in force, each condition once.

    `of` is the state of the stream on which it stands; `datasets` are the versions of each dataset
    that conditions name, by its name. Dates are given whether or not they have passed.
    """
    conditions, stated, looked = standing(decision)
    for condition in _dates(decision):
        yield Lapse(condition, condition.name, f"it holds until {condition.name}")
    for condition in conditions:
        if condition.of == "date":
            continue
        if condition.of == "dataset":
            yield from _of_dataset(condition, datasets.get(condition.name, {}), stated, looked)
        else:
            yield from _of_metric(condition, of, looked or stated)


def standing(decision: Decision) -> tuple[tuple[Condition, ...], Citation, Citation | None]:
    """The conditions that count, the event that states them, and the last look without new ones."""
    conditions, stated = decision.validity, decision.source
    looked: Citation | None = None
    for answer in decision.answers:
        if answer.verdict == "reaffirmed":
            looked = answer.source
            if answer.validity:
                conditions, stated, looked = answer.validity, answer.source, None
    return conditions, stated, looked


def last_day(decision: Decision) -> str | None:
    """The day by which a decision is to be looked at: that of its review, or the last on which it holds."""
    days = (decision.next_review, *(condition.name for condition in _dates(decision)))
    return min(filter(None, days), default=None)


def _dates(decision: Decision) -> Iterator[Condition]:
    """The conditions that end on a day, unless somebody has looked since."""
    conditions, _, looked = standing(decision)
    for condition in conditions:
        if condition.of == "date" and (looked is None or condition.name >= looked.time[:10]):
            yield condition


def _of_dataset(
    condition: Condition, versions: Versions, stated: Citation, looked: Citation | None
) -> Iterator[Lapse]:
    """The first version since then that breaks the condition, counting the one that stood then."""
    begin = order(looked or stated)
    later = [(name, source) for name, source in versions.items() if order(source) > begin]
    earlier = [(name, source) for name, source in versions.items() if order(source) < begin]
    for name, source in (*(earlier[-1:] if looked is None else ()), *later):
        holds = holds_of_version(condition, name, versions)
        if not holds:
            why = f"{condition.name} {name}, event {source.number}: {_stated(condition, holds)}"
            yield Lapse(condition, source.time[:10], why, source)
            return


def holds_of_version(condition: Condition, version: str, versions: Versions) -> bool | None:
    """Whether a version fits the condition; None if the two versions cannot be compared."""
    named = str(condition.value)
    holds = _HOLDS[condition.operator or "=="]
    if condition.operator in {"==", "!="}:
        return holds(version, named)
    if version in versions and named in versions:
        places = list(versions)
        return holds(places.index(version), places.index(named))
    return _compared(holds, natural(version), natural(named))


def natural(version: str) -> tuple[tuple[int, int | str], ...]:
    """The version in pieces, numbers as numbers: v10 comes after v9."""
    pieces = (piece for piece in _DIGITS.split(version) if piece)
    return tuple((1, int(p)) if p.isascii() and p.isdecimal() else (0, p) for p in pieces)


def _compared(
    holds: Callable[[Any, Any], bool],
    one: tuple[tuple[int, int | str], ...],
    other: tuple[tuple[int, int | str], ...],
) -> bool | None:
    """Whether the comparison holds of versions of one pattern; None if their words differ."""
    words = [[piece for kind, piece in version if not kind] for version in (one, other)]
    shorter = min(map(len, words))
    if words[0][:shorter] != words[1][:shorter] or not all(any(k for k, _ in v) for v in (one, other)):
        return None
    return holds(one, other)


def _of_metric(condition: Condition, of: DutiesState, since: Citation) -> Iterator[Lapse]:
    """The first reading since then that breaks the condition."""
    begin = order(since)
    for reading in of.readings:
        if reading.name == condition.name and order(reading.source) > begin and of.counts(reading):
            holds = holds_of_value(condition, reading.value)
            if not holds:
                why = f"{_told(reading)}: {_stated(condition, holds)}"
                yield Lapse(condition, reading.source.time[:10], why, reading.source)
                return


def holds_of_value(condition: Condition, value: Any) -> bool | None:
    """Whether a value fits the condition; what is not a number never does, None for what is no value."""
    try:
        return _HOLDS[condition.operator or "=="](float(value), float(condition.value))
    except (TypeError, ValueError):
        return None


def _stated(condition: Condition, outcome: bool | None) -> str:  # noqa: FBT001  an answer, no switch
    cannot = "" if outcome is not None else ", which cannot be compared"
    return f"it holds while {condition.words}{cannot}"


def _told(reading: Reading) -> str:
    of = f" of {reading.version}" if reading.version else ""
    return f"{reading.name} {reading.value} by {reading.by}{of}, event {reading.source.number}"
