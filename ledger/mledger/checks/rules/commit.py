"""LINK-003: commits that the repository does not have."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.links import commits_of
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "LINK-003",
    "Each commit that events name is in the repository",
    severity="error",
    why="A commit that was never pushed is lost with the laptop that has it.",
    fix="git fetch --all",
    reads=("run.started", "transform.recorded"),
    needs=("commits",),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:
    """Find commits of runs and transforms that `git cat-file -e` does not find."""
    for commit, numbers in commits_of(dossier).items():
        if (world.commits or {}).get(commit) is False:
            yield Found(
                f"commit {commit[:12]} is not in the repository: push it, or fetch it here", tuple(numbers)
            )
