"""Which recorded state a name, a file or a table is."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mledger.core.names import check_stream
from mledger.data.capture import capture
from mledger.data.extras import require
from mledger.data.sources import CONTENT, MANIFEST, find_source
from mledger.errors import InputError, NotFoundError
from mledger.projections.datasets import DatasetState, DatasetVersion, dataset
from mledger.registry import unknown

if TYPE_CHECKING:
    from mledger.reader import Reader


class State(NamedTuple):
    """One state of a dataset: by name, version and digest; `event` is the one that recorded it.

    A state that is not recorded has neither version nor event. `digest` is that of the content, of a
    folder's manifest, or of the only file; a record that names several files and no whole has none.
    """

    name: str
    version: str | None
    digest: str | None
    rows: int | None = None
    event: str | None = None

    def use(self, role: str) -> dict[str, object]:
        """The state as the field `datasets` of a run says it."""
        row = {"name": self.name, "version": self.version, "digest": self.digest, "role": role}
        return {name: value for name, value in row.items() if value is not None}


class Held(NamedTuple):
    """What is recorded of all datasets: states by the digests they hold, and datasets by names of files."""

    states: dict[str, list[State]]
    files: dict[str, str]


def read(reader: "Reader", name: str) -> DatasetState:
    """Everything that is recorded of a dataset; a state without versions if that is nothing.

    Errors: InputError for a name that no dataset can have.
    """
    stream = check_stream(f"dataset/{short(name)}", error=InputError)
    found = dataset.fold(reader.judged(reader.facts(stream)))
    found.stream = stream
    return found


def short(name: str) -> str:
    """The name without the kind of its stream."""
    return name.removeprefix("dataset/")


def names(reader: "Reader") -> list[str]:
    """The datasets of which anything is recorded, sorted."""
    return [short(stream) for stream in reader.stream_names() if stream.startswith("dataset/")]


def resolve(reader: "Reader", text: str) -> State:
    """The recorded state that NAME@VERSION means, 3 or v3; of NAME alone the one recorded last.

    Errors: NotFoundError with the nearest names or versions, InputError.
    """
    name, mark, version = text.rpartition("@")
    if not mark:
        name, version = text, ""
    found = read(reader, name)
    if found.current is None:
        raise NotFoundError(unknown("dataset", short(name), names(reader)), fix="mledger data list")
    if version not in found.versions and version[:1] == "v" and version[1:] in found.versions:
        version = version[1:]  # as people write them
    if mark and version not in found.versions:
        line = unknown(f"version of {found.name}", version, found.versions)
        raise NotFoundError(
            f"{line}; there are {', '.join(found.versions)}", fix=f"mledger data show {found.name}"
        )
    return state_of(found, found.versions[version] if mark else found.current)


def identify(reader: "Reader", data: Any, name: str) -> State:
    """The state of dataset `name` that some data is: a path, a URI, a data frame, an Arrow table.

    A table in memory is known by its content, also if a program that read it from a file of text gave
    it other types; a file by its digest, or its content. If no recorded state is the same, the state
    has the digest alone. Errors: as for reading the data.
    """
    found = read(reader, name)
    if isinstance(data, str | os.PathLike):
        digests = capture(find_source(data), known=digests_of(found)).sha256s
    else:
        digests = list(_digests_of_table(found, data))
    for digest in digests:
        if (version := holding(found, digest)) is not None:
            return state_of(found, version)
    return State(found.name, None, digests[0])


def held(reader: "Reader") -> Held:
    """What is recorded of all datasets."""
    found = Held({}, {})
    for name in names(reader):
        state = read(reader, name)
        newest = {digest.sha256: one for one in state.versions.values() for digest in one.digests}
        for sha256, version in newest.items():
            found.states.setdefault(sha256, []).append(state_of(state, version))
        found.files.update({digest.name: name for one in state.versions.values() for digest in one.digests})
    return found


def recognise(known: Held, path: str, name: str) -> State:
    """The known state that a file, a folder or a URI is, of dataset `name` first, then of any other.

    If none is the same, a state of `name` with the digest alone. Errors: as for reading the data,
    InputError for a name that no dataset can have.
    """
    digests = capture(find_source(path), known=known.states).sha256s
    same = [state for digest in digests for state in known.states.get(digest, ())]
    if same:
        return min(same, key=lambda state: state.name != name)
    called = known.files.get(Path(path).name, name)  # it was recorded so, and is another one now
    return State(short(check_stream(f"dataset/{called}", error=InputError)), None, digests[0])


def _digests_of_table(found: DatasetState, data: Any) -> Iterator[str]:
    """The digest of a table, and where a state has as many rows, those of what a file may have held."""
    require("pyarrow")
    from mledger.data.content import digest_of
    from mledger.data.tables import as_table
    from mledger.data.types import as_a_file_has_it

    table = as_table(data)
    yield (digest := digest_of(table))
    same = any(version.rows == table.num_rows for version in found.versions.values())
    if same and holding(found, digest) is None:
        yield from map(digest_of, as_a_file_has_it(table))


def state_of(dataset: DatasetState, version: DatasetVersion) -> State:
    """A version as a state."""
    return State(dataset.name, version.name, digest_of_version(version), version.rows, version.source.number)


def digest_of_version(version: DatasetVersion) -> str | None:
    """The one digest that stands for a version, if there is one."""
    held = {digest.name: digest.sha256 for digest in version.digests}
    only = next(iter(held.values())) if len(held) == 1 else None
    return held.get(CONTENT) or held.get(MANIFEST) or only


def digests_of(dataset: DatasetState) -> set[str]:
    """The digests of all its versions."""
    return {digest.sha256 for version in dataset.versions.values() for digest in version.digests}


def holding(dataset: DatasetState, sha256: str) -> DatasetVersion | None:
    """The newest version that was recorded with this digest."""
    versions = reversed(dataset.versions.values())
    return next((v for v in versions if any(digest.sha256 == sha256 for digest in v.digests)), None)
