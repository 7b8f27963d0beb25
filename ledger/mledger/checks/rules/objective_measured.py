"""GOAL-003: releases on which an objective was not measured."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.world import World
from mledger.projections.achieved import achieved
from mledger.projections.dossier import Dossier


@rule(
    "GOAL-003",
    "Each objective is measured on what is released",
    severity="warning",
    why="An objective that nobody measured is a promise that nobody kept.",
    fix="mledger append evaluation.recorded {stream} --edit",
    reads=("problem.framed", "version.released", "run.finished", "evaluation.recorded"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find the objectives that no run and no evaluation of a release measured."""
    for version in dossier.versions:
        for objective in achieved(dossier.state, version):
            if objective.met is None:
                yield Found(
                    f"{objective.name} is not measured on {version.name}",
                    (objective.source.number, version.source.number),
                )
