"""The files of a version, put back from where they are kept.

A version is one of a model, with the files of its release and of its bundle, or a state of a dataset.

Each file is looked for in the ledger, at the path that was recorded, and in the places that somebody
names: folders and bundles. A copy is made beside the target and checked against its SHA-256; only when
all are there is anything moved, each file in one step. What lies there and is no file of any version
is never overwritten. Nothing is fetched from another machine.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from mledger import folders
from mledger.data.folder import parse_manifest
from mledger.data.hashing import hash_file
from mledger.data.remote import is_uri, public_uri
from mledger.data.sources import CONTENT, MANIFEST
from mledger.errors import InputError, NotFoundError, RetryError, StoreError
from mledger.events.fields import File
from mledger.events.release import ReleaseBundled
from mledger.events.version import VersionReleased
from mledger.projections.datasets import DatasetVersion, dataset
from mledger.registry import unknown
from mledger.reports.records import Records

if TYPE_CHECKING:
    from mledger.chain.history import Fact
    from mledger.reader import Reader
    from mledger.stores.bundle import BundleStore

_PIECE = 1 << 20
_ELSEWHERE = "name another folder, or let yourself write there"


class Put(NamedTuple):
    """A file of a version in its folder: whether it lay there, and if not, where it came from.

    `before` is the version whose file lay there instead.
    """

    name: str
    sha256: str
    how: Literal["lay there", "put there", "replaced"]
    source: str = ""
    before: str | None = None

    def to_json(self) -> dict[str, object]:
        """The file as `--json` prints it."""
        return self._asdict()


class Manifests(NamedTuple):
    """The files of each version of a model, or of each state of a dataset."""

    stream: str
    files: Mapping[str, Mapping[str, File]]

    @classmethod
    def of(cls, stream: str, facts: "Iterable[Fact]") -> "Manifests":
        """The files that were released as a version of a model, and those of its bundle."""
        found: dict[str, dict[str, File]] = {}
        records = Records.of(stream, facts)
        for _, body in records.of_type(VersionReleased):
            found.setdefault(body.version, {file.name: file for file in body.artifacts})
        for _, body in records.of_type(ReleaseBundled):
            if body.version in found:
                found[body.version] = {file.name: file for file in body.manifest} | found[body.version]
        return cls(stream, found)

    @classmethod
    def of_data(cls, reader: "Reader", stream: str) -> "Manifests":
        """The files of each state of a dataset; of a folder as far as its manifest is kept."""
        state = dataset.fold(reader.history().of(stream).facts())
        return cls(stream, {version.name: _files(reader, version) for version in state.versions.values()})

    def version(self, name: str) -> Mapping[str, File]:
        """The files of one version by name. Errors: NotFoundError."""
        kind, _, called = self.stream.partition("/")
        if name not in self.files:
            data = kind == "dataset"
            what = f"version of {called}" if data else "released version"
            fix = (
                f"mledger data show {called}"
                if data
                else f"mledger release {called}@{name} --run RUN --notes TEXT"
            )
            raise NotFoundError(unknown(what, name, self.files), fix=fix)
        if not self.files[name]:
            line = f"of {called}@{name} no file is known by its name: its manifest is not kept in the ledger"
            raise InputError(line, fix=f"mledger data show {called}@{name}")
        return self.files[name]

    def whose(self) -> dict[str, str]:
        """By SHA-256, the version that a file belongs to; the last of several."""
        return {file.sha256: version for version, files in self.files.items() for file in files.values()}


def _files(reader: "Reader", version: DatasetVersion) -> dict[str, File]:
    """The files of a state of a dataset, with where each was read."""
    digests = {digest.name: digest.sha256 for digest in version.digests if digest.name != CONTENT}
    folder = MANIFEST in digests
    if folder:
        try:
            digests = parse_manifest(reader.attachment(digests[MANIFEST]))
        except NotFoundError:
            return {}
    where = version.location
    if where is not None and not is_uri(where):
        root = reader.path.absolute().parent if reader.path is not None else Path.cwd()
        where = (root / where).as_uri()
    found = {}
    for name, sha256 in digests.items():
        called = name if folder else name.removeprefix("./")
        uri = f"{where.rstrip('/')}/{quote(name)}" if where and folder else where
        found[called] = File(name=called, sha256=sha256, uri=uri)
    return found


class _Staged(NamedTuple):
    """A file that is to be put: its checked copy, its target, and what lies there."""

    put: Put
    copy: Path
    target: Path
    mark: tuple[int, ...] | None


class Staging(NamedTuple):
    """All files of a version, found and checked; those that lie in the folder already need nothing."""

    folder: Path
    there: tuple[Put, ...]
    staged: tuple[_Staged, ...]

    def place(self) -> list[Put]:
        """Move all copies to their targets, each in one step; if one fails, what was there is put back.

        Errors: RetryError if a target was changed meanwhile, StoreError.
        """
        done: list[tuple[_Staged, Path | None]] = []
        try:
            for one in self.staged:
                done.append((one, _move(one)))  # noqa: PERF401  what is done counts if one fails
        except BaseException:
            for one, before in reversed(done):
                with suppress(OSError):
                    before.replace(one.target) if before is not None else one.target.unlink()
            raise
        for parent in {one.target.parent for one in self.staged}:
            folders.sync(parent)
        return sorted((*self.there, *(one.put for one in self.staged)), key=lambda put: put.name)


@contextmanager
def staging(
    reader: "Reader", stream: str, version: str, folder: Path, places: Sequence[Path] = ()
) -> Iterator[Staging]:
    """The files of a version, ready to be put into a folder, which is made if need be.

    Errors: NotFoundError for a version that nobody released; InputError naming what is in no place, or
    what lies in the folder and belongs to no version; StoreError.
    """
    if stream.startswith("dataset/"):
        manifests = Manifests.of_data(reader, stream)
    else:
        manifests = Manifests.of(stream, reader.history().of(stream).facts())
    wanted, whose = manifests.version(version), manifests.whose()
    kept = _Kept(reader, places)
    fresh = not folder.exists()
    with folders.translated(folder, fix=_ELSEWHERE):
        folder.mkdir(parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(prefix=".mledger-", dir=folder))
    try:
        there: list[Put] = []
        staged: list[_Staged] = []
        missing: list[File] = []
        for n, file in enumerate(wanted.values()):
            target = _target(folder, file.name)
            mark = _mark(target)  # before it is read: what changes from here on is noticed
            held = _digest(target)
            if held == file.sha256:
                there.append(Put(file.name, file.sha256, "lay there"))
                continue
            before = _before(target, held, whose)
            source = kept.copy(file, room / str(n))
            if source is None:
                missing.append(file)
                continue
            how: Literal["replaced", "put there"] = "replaced" if before else "put there"
            put = Put(file.name, file.sha256, how, source, before)
            staged.append(_Staged(put, room / str(n), target, mark))
        if missing:
            raise _missing(version, missing, places)
        yield Staging(folder, tuple(there), tuple(staged))
    finally:
        kept.close()
        shutil.rmtree(room, ignore_errors=True)
        if fresh:
            with suppress(OSError):
                folder.rmdir()


def _target(folder: Path, name: str) -> Path:
    """Where a file belongs. Errors: InputError for a name that leads out of the folder."""
    path = PurePosixPath(name)
    target = folder / path
    inside = not path.is_absolute() and ".." not in path.parts and path.parts
    if not inside or not target.parent.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{name!r} leads out of {folder}",
            fix="take it out by hand: mledger attachment get SHA256 -o FILE",
        )
    return target


def _digest(target: Path) -> str | None:
    """The SHA-256 of what lies there; None if nothing does. Errors: InputError if it is no file."""
    if not os.path.lexists(target):
        return None
    if target.is_symlink() or not target.is_file():
        raise InputError(f"{target} is no file, and is not overwritten", fix=f"mv {target} elsewhere")
    return hash_file(target).sha256


def _before(target: Path, held: str | None, whose: Mapping[str, str]) -> str | None:
    """The version whose file lies there. Errors: InputError if it is that of none."""
    if held is None:
        return None
    if held not in whose:
        raise InputError(
            f"{target} is {held[:12]}, a file of no version, and is not overwritten; nothing was changed",
            fix=f"move it away: mv {target} {target}.before",
        )
    return whose[held]


def _missing(version: str, missing: Sequence[File], places: Sequence[Path]) -> InputError:
    """An error that names each file and where it was looked for."""
    names = ", ".join(f"{file.name} ({file.sha256[:12]})" for file in missing)
    kept = [f"{file.name} is kept at {public_uri(file.uri)}" for file in missing if file.uri]
    looked = ", ".join(("the ledger", *map(str, places)))
    said = f"; {'; '.join(kept)}" if kept else ""
    return InputError(
        f"of {version} these files are nowhere: {names}; looked in {looked}{said}; nothing was changed",
        fix="name a place that has them: --from FOLDER, or --from BUNDLE.zip",
    )


# --- where files are kept


class _Kept:
    """Where files are looked for: the ledger, the places that are named, the path that was recorded."""

    def __init__(self, reader: "Reader", places: Sequence[Path]) -> None:
        self._reader, self._places = reader, places
        self._held = {name for name, _ in reader.store.attachments()}
        self._bundles: dict[Path, BundleStore] = {}

    def copy(self, file: File, copy: Path) -> str | None:
        """Make a checked copy; where it came from, None if it is in no place. Errors: StoreError."""
        if bytes.fromhex(file.sha256) in self._held:
            _write(copy, self._reader.attachment(file.sha256))
            return "the ledger"
        for place in self._places:
            if place.is_file():
                if self._from_bundle(place, file, copy):
                    return str(place)
                continue
            for candidate in (place / file.name, place / PurePosixPath(file.name).name):
                if _from_file(candidate, file, copy):
                    return str(candidate)
        if (local := _local(file.uri)) is not None and _from_file(local, file, copy):
            return str(local)
        return None

    def _from_bundle(self, place: Path, file: File, copy: Path) -> bool:
        """Whether a bundle holds the file, which is copied then. Errors: FormatError if it is no bundle."""
        if place not in self._bundles:
            from mledger.stores.bundle import BundleStore

            self._bundles[place] = BundleStore(place)
        data = self._bundles[place].attachment(bytes.fromhex(file.sha256))
        if data is None or hashlib.sha256(data).hexdigest() != file.sha256:
            return False
        _write(copy, data)
        return True

    def close(self) -> None:
        """Let go of the bundles."""
        for bundle in self._bundles.values():
            bundle.close()


def _local(uri: str | None) -> Path | None:
    """The path that a URI names on this machine."""
    parts = urlsplit(uri or "")
    return Path(unquote(parts.path)) if parts.scheme == "file" and parts.netloc in {"", "localhost"} else None


def _from_file(candidate: Path, file: File, copy: Path) -> bool:
    """Whether that is the file, which is copied then: the copy is what is checked."""
    if not candidate.is_file() or (file.size is not None and candidate.stat().st_size != file.size):
        return False
    digest = hashlib.sha256()
    with folders.translated(copy, fix=_ELSEWHERE), candidate.open("rb") as far, copy.open("wb") as near:
        while piece := far.read(_PIECE):
            digest.update(piece)
            near.write(piece)
        _synced(near)
    return digest.hexdigest() == file.sha256


def _write(copy: Path, data: bytes) -> None:
    with folders.translated(copy, fix=_ELSEWHERE), copy.open("wb") as near:
        near.write(data)
        _synced(near)


def _synced(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


# --- moving


def _mark(path: Path) -> tuple[int, ...] | None:
    """What tells that a file was changed."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _move(one: _Staged) -> Path | None:
    """Put a copy in its place; a second name of what lay there, until all is done."""
    if _mark(one.target) != one.mark:
        raise RetryError(f"{one.target} was changed meanwhile; nothing was changed")
    before = None
    try:
        one.target.parent.mkdir(parents=True, exist_ok=True)
        if one.mark is not None:
            before = one.copy.with_name(f"{one.copy.name}.before")
            try:
                os.link(one.target, before)
            except OSError:  # a file system without second names
                shutil.copy2(one.target, before)
        one.copy.replace(one.target)
    except OSError as error:
        raise StoreError(
            f"{one.target} cannot be put there: {error.strerror}; nothing was changed",
            fix=f"let yourself write there: chmod u+w {one.target.parent}",
        ) from None
    return before
