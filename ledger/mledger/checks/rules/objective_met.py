"""GOAL-004: releases that miss what was agreed."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import shown
from mledger.checks.world import World
from mledger.projections.achieved import achieved
from mledger.projections.dossier import Dossier


@rule(
    "GOAL-004",
    "What is released reaches what was agreed",
    severity="error",
    why="A release below the agreed threshold needs somebody who says so and answers for it.",
    fix="mledger waive GOAL-004 {stream} --until DAY --reason TEXT",
    reads=("problem.framed", "version.released", "run.finished", "evaluation.recorded"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find the objectives that a release misses."""
    for version in dossier.versions:
        for objective in achieved(dossier.state, version):
            if objective.met is False:
                sign = "≥" if objective.direction == "maximize" else "≤"
                threshold, value = shown(objective.threshold), shown(objective.achieved)
                yield Found(
                    f"{objective.name} {value} of {version.name} misses the agreed {sign} {threshold}",
                    (*objective.numbers, version.source.number),
                )
