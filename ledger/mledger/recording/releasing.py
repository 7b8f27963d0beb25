"""What a release takes from the run that made its files."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from mledger.core.digest import short
from mledger.data.hashing import Progress, hash_file
from mledger.errors import InputError
from mledger.events.fields import File
from mledger.recording.found import Found


def files_of(
    run: Found | None,
    paths: Sequence[Path],
    progress: Progress | None = None,
    others: Iterable[File] = (),
) -> list[File]:
    """The files of a release: those of the run, or the ones among them that lie at some paths.

    A file that lies there is hashed. It must be one that the run made, if the run recorded any: at its
    end, or among `others` that are known of it, its checkpoints and what was published of it.
    Errors: InputError, NotFoundError; RetryError for a file that changes meanwhile.
    """
    made = _made(run)
    if run is not None and not made and not paths:
        raise InputError(f"run {run.number} recorded no file", fix="name those of the release: --file PATH")
    if not paths:
        return list(made)
    known = (*made, *others)
    found = [_file(path, run, known, progress) for path in paths]
    for file in found:
        if sum(other.name == file.name for other in found) > 1:
            raise InputError(f"two files are called {file.name}", fix="give each a name of its own")
    return found


def _made(run: Found | None) -> tuple[File, ...]:
    """The files that a run recorded. Errors: InputError if it has not ended: nothing is final yet."""
    if run is None:
        return ()
    if run.ended is None:
        raise InputError(
            f"run {run.number} ({run.run.name}) has not ended", fix="mledger runs --open lists such runs"
        )
    return run.ended.artifacts


def _file(path: Path, run: Found | None, made: Iterable[File], progress: Progress | None) -> File:
    """The file at a path, as the run recorded it if it did. Errors: as `files_of`."""
    hashed = hash_file(path, progress)
    same = [file for file in made if file.sha256 == hashed.sha256]
    if same:  # of equal files the one that is called so
        file = min(same, key=lambda file: file.name != path.name)
        return file.model_copy(update={"size": hashed.size})
    if run is not None and made:
        theirs = {file.name: f"{file.name} {short(file.sha256)}" for file in made}
        known = theirs.get(path.name) or ", ".join(theirs.values())
        raise InputError(
            f"{path} ({short(hashed.sha256)}) is no file that run {run.number} made: it made {known}",
            fix=f"name the run that made it: --run RUN, or take the files of {run.run.name}: no --file",
        )
    return File(name=path.name, sha256=hashed.sha256, size=hashed.size)
