"""What measured values say about criteria that were stated before."""

import math
import operator
from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple

from mledger.events.measures import Criterion, Metric

Suggestion = Literal["supported", "refuted", "inconclusive"]

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}


class Outcome(NamedTuple):
    """One criterion with the value that it is judged by; `met` is None if it was never measured."""

    criterion: Criterion
    value: Any = None
    met: bool | None = None

    @property
    def words(self) -> str:
        """The criterion as people write it."""
        where = f" on {self.criterion.dataset}" if self.criterion.dataset else ""
        return f"{self.criterion.metric} {self.criterion.operator} {exact(self.criterion.value)}{where}"


class Judged(NamedTuple):
    """What all criteria together suggest, None where there are none, and the outcome of each."""

    verdict: Suggestion | None
    outcomes: tuple[Outcome, ...]

    @property
    def unmeasured(self) -> tuple[Outcome, ...]:
        """The criteria on metrics that never came."""
        return tuple(outcome for outcome in self.outcomes if outcome.met is None)


def judge(criteria: Iterable[Criterion], metrics: Iterable[Metric]) -> Judged:
    """The verdict that follows: refuted if one is not met, inconclusive if one was not measured.

    A metric with steps is judged by its value at the last of them. What is not finite meets nothing.
    """
    measured = tuple(metrics)
    outcomes = tuple(_outcome(criterion, measured) for criterion in criteria)
    met = {outcome.met for outcome in outcomes}
    verdict: Suggestion | None = None
    if outcomes:
        verdict = "refuted" if False in met else "inconclusive" if None in met else "supported"
    return Judged(verdict, outcomes)


def _outcome(criterion: Criterion, metrics: tuple[Metric, ...]) -> Outcome:
    fitting = [
        m for m in metrics if m.name == criterion.metric and m.slice is None and _same_data(criterion, m)
    ]
    if not fitting:
        return Outcome(criterion)
    # A value of the whole run before those of steps, a later step before an earlier one.
    found = max(fitting, key=lambda m: (m.step is None, m.step or 0))
    value, limit = float(found.value), float(criterion.value)
    met = math.isfinite(value) and _COMPARE[criterion.operator](value, limit)
    return Outcome(criterion, found.value, met)


def _same_data(criterion: Criterion, metric: Metric) -> bool:
    return criterion.dataset is None or criterion.dataset == metric.dataset


def exact(value: Any) -> str:
    """A number in all its digits, without the point that a whole one does not need."""
    return value if isinstance(value, str) else repr(float(value)).removesuffix(".0")
