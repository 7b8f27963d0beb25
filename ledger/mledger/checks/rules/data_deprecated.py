"""DATA-008: releases that rest on deprecated data."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import cut, state
from mledger.checks.world import World
from mledger.projections.dossier import Dossier
from mledger.projections.runs import short_name


@rule(
    "DATA-008",
    "No release rests on data that must not be used any more",
    severity="error",
    why="Data is deprecated because its use does harm; a model that was made from it goes on doing it.",
    fix="mledger append version.released {stream} --edit",
    reads=("version.released", "run.started", "dataset.deprecated"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find the data of releases that a deprecation names."""
    for version in dossier.versions:
        made = dossier.run_of(version)
        for use in made[2].datasets if made else ():
            found = dossier.datasets.get(short_name(use.name))
            for said in found.deprecations if found else ():
                if made is None or said.version not in {None, use.version}:
                    continue
                instead = f"; use {said.successor}" if said.successor else ""
                yield Found(
                    f"{version.name} uses {state(short_name(use.name), use.version)}, deprecated:"
                    f" {cut(said.reason)}{instead}",
                    (version.source.number, made[1].number, said.source.number),
                )
