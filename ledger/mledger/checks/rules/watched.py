"""CODE-001: watched files that changed without an event."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.links import mentions
from mledger.checks.words import cut, quoted
from mledger.checks.world import World
from mledger.projections.dossier import Dossier

# Files of parameters that `mledger decide` can compare with the last release.
READ = (".yaml", ".yml", ".json")
PARAMETERS = ("params", "config", "hparams", "hyperparameters")


@rule(
    "CODE-001",
    "Each watched file that changed since the last release has an event",
    severity="error",
    why="Documentation lags behind code unless the pipeline stops at the first change that nobody recorded.",
    fix="mledger decide {model}",
    reads=("*",),
    needs=("changes",),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:
    """Find changed files of which no event names the commit or the new digest."""
    known = mentions(dossier)
    for change in world.changes or ():
        if not any(name in known for name in (change.commit, change.sha256, *change.later) if name):
            commit = f" (commit {change.commit[:12]})" if change.commit else " (not committed)"
            what = "is gone" if change.sha256 is None else "changed"
            yield Found(
                f"{cut(change.path)} {what}{commit} and no event names that",
                (),
                _fix(dossier, change.path, change.commit, change.sha256),
                change.path,
            )


def _fix(dossier: Dossier, path: str, commit: str | None, sha256: str | None) -> str:
    """The line that records the change: with its digest, or with the commit that took the file away."""
    base = path.rsplit("/", 1)[-1].lower()
    category = "hyperparameter" if base.startswith(PARAMETERS) else "architecture"
    target = f"digest={sha256}" if sha256 else f"commit={commit or 'COMMIT'}"
    values = sha256 is not None and base.startswith(PARAMETERS) and base.endswith(READ)
    compared = f" --from-diff {quoted(path)}" if values else ""
    return (
        f"mledger decide {dossier.name}{compared} --set category={category}"
        f" --set refs.0.rel=see --set refs.0.{target}"
    )
