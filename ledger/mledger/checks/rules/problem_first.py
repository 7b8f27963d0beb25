"""GOAL-002: runs that began before the problem was framed."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.world import World
from mledger.projections.dossier import Dossier
from mledger.projections.order import place


@rule(
    "GOAL-002",
    "No run began before the problem was framed",
    severity="warning",
    why="Thresholds that are signed after the first results can be fitted to them.",
    fix="mledger waive GOAL-002 {stream} --until DAY --reason TEXT",
    reads=("problem.framed", "run.started"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Compare the first problem with the runs before it."""
    problems, runs = dossier.state.problems, dossier.state.runs.started
    if not problems:
        return
    framed = problems[0].source.number
    early = [number for number in runs if place(number) < place(framed)]
    if early:
        named = runs[early[0]].name
        more = f" and {len(early) - 1} more" if len(early) > 1 else ""
        yield Found(f"run {named}{more} began before the problem was framed", (framed, *early))
