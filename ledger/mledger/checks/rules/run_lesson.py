"""RUN-002: dead ends that taught nothing."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.world import World
from mledger.projections.deadends import dead_ends
from mledger.projections.dossier import Dossier


@rule(
    "RUN-002",
    "Each dead end has its lesson",
    severity="error",
    why="The map of what does not work is worth as much as the model; only those who were there can draw it.",
    fix="mledger conclude RUN --lesson TEXT",
    reads=("run.started", "run.finished", "run.failed", "run.abandoned", "run.concluded", "run.invalidated"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find runs that were refuted, failed, were given up or proved wrong, without a lesson."""
    for end in dead_ends(dossier.state):
        if not end.lesson:
            verdict = end.run.verdict or "inconclusive"
            fix = f"mledger conclude {end.run.source.number} --verdict {verdict} --lesson TEXT"
            yield Found(f"run {end.run.name} {end.how} and has no lesson", end.numbers, fix)
