"""What decisions expected, compared with what runs measured."""

import math
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from mledger.events.decision import DecisionProposed
from mledger.events.decision_parts import ExpectedEffect
from mledger.projections.dossier import Dossier
from mledger.projections.order import place
from mledger.projections.runs import Run

Result = Literal["reached", "missed", "contradicted", "not measured"]


class Effect(NamedTuple):
    """One expectation of a decision with the values before and after; None where nothing was measured."""

    decision: str
    title: str
    expected: ExpectedEffect
    before: float | None
    after: float | None
    result: Result
    numbers: tuple[str, ...]

    @property
    def observed(self) -> float | None:
        """By how much the metric moved."""
        return None if self.before is None or self.after is None else self.after - self.before


def effects(dossier: Dossier) -> Iterator[Effect]:
    """Each expected effect of each decision.

    After is what was measured by the last finished run that follows the decision: one that names it,
    or that made a version which does. Before is what was measured by the last other run that had
    finished before that one was started; released runs go before others. If there is none, it is the
    first run that follows the decision.
    """
    for event, body in dossier.decided(ended=True):
        follower = _follower(dossier, event.number)
        for expected in body.expected_effects:
            yield _effect(dossier, event.number, body, expected, follower)


def _effect(
    dossier: Dossier, number: str, body: DecisionProposed, expected: ExpectedEffect, follower: Run | None
) -> Effect:
    after = value_of(follower, expected.metric)
    base = _baseline(dossier, number, follower, expected.metric) if follower is not None else None
    before = value_of(base, expected.metric)
    numbers = (number, *_ends(base), *_ends(follower))
    moved = None if before is None or after is None else after - before
    return Effect(number, body.title, expected, before, after, judged(expected, moved), numbers)


def judged(expected: ExpectedEffect, moved: float | None) -> Result:
    """What came of an expectation: a half of it reached is missed, the other way is contradicted."""
    if moved is None or math.isnan(moved):
        return "not measured"
    size = _number(expected.size)
    if expected.direction == "none":
        return "reached" if abs(moved) <= _slack(size or 0.0) else "contradicted"
    forward = moved if expected.direction == "increase" else -moved
    if forward <= 0:
        return "contradicted"
    return "reached" if size is None or forward >= size - _slack(0.0) else "missed"


def _slack(size: float) -> float:
    """What counts as no difference: values are decimals that were written in binary."""
    return size + 1e-9


def value_of(run: Run | None, metric: str) -> float | None:
    """What a run measured of a metric as a whole; None if it did not, or no number came of it."""
    if run is None or run.end is None:
        return None
    found = [m.value for m in run.end.measures if m.name == metric and m.slice is None]
    return _number(found[-1]) if found else None


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _ends(run: Run | None) -> tuple[str, ...]:
    return (run.end.source.number,) if run is not None and run.end is not None else ()


def followers(dossier: Dossier, number: str) -> list[Run]:
    """The runs that follow a decision: those that name it, and those that made versions which do."""
    state, resolve = dossier.state, dossier.resolve
    found = [run for run in state.runs.started.values() if resolve(run.decision) == number]
    for version in state.versions.values():
        if number in map(resolve, version.decisions):
            run = state.runs.find(version.run, state.trail.resolve)
            if run is not None and run not in found:
                found.append(run)
    return sorted(found, key=lambda run: place(run.source.number))


def _follower(dossier: Dossier, number: str) -> Run | None:
    finished = [run for run in followers(dossier, number) if run.outcome == "finished"]
    return finished[-1] if finished else None


def _baseline(dossier: Dossier, decision: str, follower: Run, metric: str) -> Run | None:
    """The run that the follower is compared with."""
    state = dossier.state
    begun = place(follower.source.number)
    earlier = [
        run
        for run in state.runs.started.values()
        if run is not follower
        and run.end is not None
        and place(run.end.source.number) < begun
        and dossier.resolve(run.decision) != decision
        and value_of(run, metric) is not None
    ]
    made = [state.runs.find(v.run, state.trail.resolve) for v in state.versions.values()]
    released = [run for run in earlier if run in made]
    if not earlier:  # all runs follow the decision: the first of them is what the last improves on
        first = [run for run in followers(dossier, decision) if value_of(run, metric) is not None]
        return first[0] if first and first[0] is not follower else None
    best = released or earlier
    return max(best, key=lambda run: place(run.end.source.number)) if best else None  # type: ignore[union-attr]
