"""GOAL-001: models whose problem nobody framed."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "GOAL-001",
    "The problem is framed, with measures of success",
    severity="error",
    why="Without thresholds that were signed before the results, any result can be called a success.",
    fix="mledger append problem.framed {stream} --edit",
    reads=("problem.framed",),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find a model on which work goes on and whose problem is not framed."""
    state = dossier.state
    first = state.begun or next(iter(state.registrations), None)
    if not state.problems and (first is not None or state.trail.last is not None):
        number = first.number if first is not None else state.trail.last.source.number  # type: ignore[union-attr]
        yield Found("no problem is framed, so nothing says what success is", (number,))
