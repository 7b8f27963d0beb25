"""Dead ends: runs that led nowhere, and what they taught."""

from collections.abc import Iterator
from typing import NamedTuple

from mledger.projections.model import ModelState
from mledger.projections.runs import Run

# Verdicts after which nobody goes on.
_NOWHERE = frozenset({"refuted", "invalid"})


class DeadEnd(NamedTuple):
    """A run that led nowhere: how it ended, why if that is known, what it taught."""

    run: Run
    how: str
    reason: str | None
    lesson: str | None

    @property
    def numbers(self) -> tuple[str, ...]:
        """The events behind it."""
        return self.run.numbers


def dead_ends(state: ModelState) -> Iterator[DeadEnd]:
    """The runs that were refuted, failed, were given up or proved wrong, in the order of their start."""
    for run in state.runs.started.values():
        if run.end is not None and run.outcome in {"failed", "abandoned"}:
            how = "failed" if run.outcome == "failed" else "was given up"
            yield DeadEnd(run, how, run.end.failure, run.lesson)
        elif run.verdict in _NOWHERE:
            how = "was refuted" if run.verdict == "refuted" else "proved wrong"
            yield DeadEnd(run, how, _missed(run) if run.verdict == "refuted" else None, run.lesson)


def _missed(run: Run) -> str | None:
    """The criteria of a run with what was measured, as far as it was."""
    measured = [m for m in run.end.measures if m.slice is None] if run.end else []
    said = (
        f"{criterion}: {measure.value}"
        for criterion in run.criteria
        for measure in measured
        if criterion.startswith(f"{measure.name} ")
    )
    return "; ".join(said) or None
