"""Hashes again what is recorded, and says what is not the same."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from mledger.data.capture import Captured, capture
from mledger.data.folder import parse_manifest
from mledger.data.hashing import Progress
from mledger.data.sources import CONTENT, MANIFEST, find_source
from mledger.datasets.places import found_at
from mledger.datasets.states import names, read, resolve
from mledger.errors import FormatError, InputError, NotFoundError, RetryError
from mledger.projections.datasets import DatasetState, DatasetVersion

if TYPE_CHECKING:
    from mledger.reader import Reader

Outcome = Literal["same", "same content", "changed", "missing", "unreachable", "not known where"]


class Rehashed(NamedTuple):
    """One state of a dataset, hashed again: what is recorded, what is there now.

    `details` names what is different: the file with both digests, of a folder each file.
    """

    name: str
    version: str
    event: str
    outcome: Outcome
    where: str | None = None
    details: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The outcome as `--json` prints it."""
        return self._asdict()


def rehash(
    reader: "Reader",
    dataset: str | None = None,
    *,
    path: "str | os.PathLike[str] | None" = None,
    progress: Progress | None = None,
) -> Iterator[Rehashed]:
    """Each recorded state, hashed again where it was read, or at `path`: of one dataset, or of all.

    NAME@VERSION means that state alone, and `path` is compared with it, or with the newest. Of
    several states that were read at the same place the newest is looked for there. Errors:
    NotFoundError, InputError.
    """
    if path is not None:
        if dataset is None:
            raise InputError(
                "--path is compared with one dataset, and none is named",
                fix="mledger data verify NAME --path FILE",
            )
        state = resolve(reader, dataset)
        held = read(reader, state.name)
        yield _one(reader, held, held.versions[str(state.version)], os.fspath(path), progress)
        return
    wanted = None if dataset is None else resolve(reader, dataset)
    for name in names(reader) if wanted is None else [wanted.name]:
        held = read(reader, name)
        only = wanted.version if wanted is not None and "@" in str(dataset) else None
        for version in _standing(held, only):
            where = None if version.location is None else found_at(reader, version.location)
            yield _one(reader, held, version, where, progress)


def _standing(state: DatasetState, only: str | None) -> list[DatasetVersion]:
    """The versions that should still be where they were read; if one is asked for, that one."""
    if only is not None:
        return [state.versions[only]]
    newest = {version.location: version for version in state.versions.values() if version.location}
    rest = [state.current] if state.current and state.current.location is None else []
    return [*newest.values(), *rest]


def _one(
    reader: "Reader",
    state: DatasetState,
    version: DatasetVersion,
    where: str | None,
    progress: Progress | None,
) -> Rehashed:
    about = (state.name, version.name, version.source.number)
    if where is None:
        return Rehashed(*about, "not known where")
    recorded = {digest.name: digest.sha256 for digest in version.digests}
    notes: tuple[str, ...] = ()
    try:
        source = find_source(where)
        try:
            captured = capture(source, None, progress, known=recorded.values())
        except FormatError as error:  # it was a table, and is none any more
            captured, notes = Captured(source.hash(), []), (error.message,)
    except NotFoundError:
        return Rehashed(*about, "missing", where)
    except RetryError as error:
        return Rehashed(*about, "unreachable", where, (error.message,))
    if captured.digested.whole.sha256 in recorded.values():
        return Rehashed(*about, "same", where)
    if captured.content is not None and captured.content == recorded.get(CONTENT):
        return Rehashed(*about, "same content", where)
    return Rehashed(*about, "changed", where, (*_differences(reader, recorded, captured), *notes))


def _differences(reader: "Reader", recorded: dict[str, str], captured: Captured) -> Iterator[str]:
    """What is different: of a folder each file, as far as its manifest is kept."""
    whole = captured.digested.whole
    if captured.digested.manifest is not None and MANIFEST in recorded:
        try:
            old = parse_manifest(reader.attachment(recorded[MANIFEST]))
        except NotFoundError:
            old = None
        if old is not None:
            yield from _files(old, parse_manifest(captured.digested.manifest))
            return
    name = MANIFEST if MANIFEST in recorded else next((n for n in recorded if n != CONTENT), CONTENT)
    there = "" if whole.name == name else f"{whole.name} "
    yield f"{name} was {recorded[name]}, and {there}is {whole.sha256}"


def _files(old: dict[str, str], new: dict[str, str]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield f"{name} was {old[name]}, and is gone"
        elif name not in old:
            yield f"{name} is new, {new[name]}"
        elif old[name] != new[name]:
            yield f"{name} was {old[name]}, and is {new[name]}"
