"""REL-002: releases whose code cannot be found again."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import correcting
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "REL-002",
    "The code of each release can be found again",
    severity="warning",
    why="A model that cannot be built again cannot be examined again.",
    fix="mledger correct EVENT --set FIELD=VALUE --reason TEXT",
    reads=("version.released", "run.started"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find releases whose run names no commit and no digest, or a commit with changes that nobody kept."""
    for version in dossier.versions:
        made = dossier.run_of(version)
        if made is None:
            continue
        run, start, body = made
        numbers = (version.source.number, start.number)
        fix = correcting(start.number, "git", '{"commit": "COMMIT"}')
        if body.git is None and body.code_digest is None:
            yield Found(f"run {run.name} of {version.name} names no commit", numbers, fix)
        elif body.git is not None and body.git.dirty and body.git.diff_digest is None:
            message = f"run {run.name} of {version.name} differs from its commit; the difference is not kept"
            yield Found(message, numbers, fix)
