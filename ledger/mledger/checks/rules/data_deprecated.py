"""DATA-008: releases that rest on deprecated data, or on retired files."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import cut
from mledger.checks.world import World
from mledger.projections.dossier import Dossier
from mledger.projections.usage import given_up


@rule(
    "DATA-008",
    "No release rests on data or files that must not be used any more",
    severity="error",
    why="What is retired does harm where it is used; a model that was made from it goes on doing it.",
    fix="mledger release {model}@VERSION --run RUN --notes TEXT",
    reads=("version.released", "run.started", "dataset.deprecated", "artifact.retired"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find what releases hold, or were made of, that was retired or deprecated."""
    for version in dossier.versions:
        for use in given_up(dossier.state, version, dossier.datasets):
            yield Found(cut(use.words, 160), use.numbers)
