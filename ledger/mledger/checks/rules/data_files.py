"""DATA-004: files of data that are not the ones registered."""

from collections.abc import Iterator
from shlex import quote

from mledger.checks.base import Found, rule
from mledger.checks.words import plain, state
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "DATA-004",
    "The files of data that are here are those that were registered",
    severity="error",
    why="A file that changed since its digest was signed is other data under the same name.",
    fix="mledger data add FILE --as NAME --refresh --why WHY",
    reads=("dataset.registered", "dataset.refreshed"),
    needs=("hashes",),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:
    """Hash the files of the newest state of each dataset again, as far as they lie in the working tree."""
    hashes = world.hashes or {}
    for found in dossier.datasets.values():
        version = found.current
        for digest in version.digests if version else ():
            path = version.path_of(digest) if version else ""
            now = hashes.get(path)
            if version is not None and now is not None and now != digest.sha256:
                yield Found(
                    f"{plain(digest.name)} of {state(found.name, version.name)} changed:"
                    f" {digest.sha256[:12]} was signed, {now[:12]} is here",
                    (version.source.number,),
                    f"mledger data add {quote(plain(path))} --as {found.name} --refresh --why WHY",
                    path,
                )
