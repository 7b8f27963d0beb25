"""The digest of a file that stood still meanwhile."""

import hashlib
import io
import os
import stat
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

from mledger.errors import InputError, NotFoundError, RetryError

Progress = Callable[[int, int], None]
"""Called with the bytes done and all, while a file is read."""


class Piece(Protocol):
    """One file, wherever it is kept."""

    @property
    def name(self) -> str:
        """What it is called; within a folder its path there, by slashes."""
        ...

    @property
    def size(self) -> int:
        """Its size in bytes, as it was when it was found."""
        ...

    def open(self) -> BinaryIO:
        """The file, to be read from its beginning. Errors: MledgerError alone."""
        ...

    def mark(self) -> Hashable:
        """What is another value once the file was changed. Errors: MledgerError alone."""
        ...


class Hashed(NamedTuple):
    """A file by its content."""

    name: str
    sha256: str
    size: int


class LocalFile(NamedTuple):
    """A file on this machine."""

    name: str
    path: Path
    size: int

    @classmethod
    def at(cls, path: Path, name: str | None = None) -> "LocalFile":
        """The file at a path. Errors: NotFoundError, InputError if it is none that can be read again."""
        try:
            found = path.stat()
        except OSError as error:
            raise _unreadable(path, error) from None
        if not stat.S_ISREG(found.st_mode):
            raise InputError(
                f"{path} is {_kind(found.st_mode)} and no file",
                fix="copy what it gives to a file, and name that",
            )
        return cls(name or path.name, path, found.st_size)

    def open(self) -> BinaryIO:
        """The file, unbuffered: whoever reads it takes large blocks."""
        try:
            return self.path.open("rb", buffering=0)
        except OSError as error:
            raise _unreadable(self.path, error) from None

    def mark(self) -> Hashable:
        """Device, inode, size, and when it was changed."""
        try:
            found = self.path.stat()
        except OSError as error:
            raise _unreadable(self.path, error) from None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def hash_file(path: str | os.PathLike[str], progress: Progress | None = None) -> Hashed:
    """The SHA-256 and size of a file on this machine.

    Errors: NotFoundError, InputError, and RetryError if it was changed while it was read.
    """
    piece = LocalFile.at(Path(path))
    return hash_pieces([piece], progress)[0]


def hash_pieces(pieces: Iterable[Piece], progress: Progress | None = None) -> list[Hashed]:
    """The SHA-256 and size of each file, in their order; errors as `hash_file`."""
    pieces = list(pieces)
    total, done, found = sum(piece.size for piece in pieces), 0, []
    for piece in pieces:
        found.append(_hash(piece, _Told(progress, done, total)))
        done += found[-1].size
    return found


def check_unchanged(piece: Piece, mark: Hashable) -> None:
    """Nothing, if the file is as it was when it had this mark. Errors: RetryError."""
    if piece.mark() != mark:
        raise RetryError(
            f"{piece.name} was changed while it was read: it has no digest yet",
            fix="wait until nobody writes to it, then run this again",
        )


class _Told(NamedTuple):
    """Whom to tell how far the reading of one file of several is."""

    progress: Progress | None
    before: int
    total: int


class _Watched(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, told: _Told) -> None:
        self._file = file
        self._told = told
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, block: Any, /) -> int:
        read: int = self._file.readinto(block)  # type: ignore[attr-defined]
        self.count += read
        if self._told.progress is not None:
            self._told.progress(self._told.before + self.count, self._told.total)
        return read


def _hash(piece: Piece, told: _Told) -> Hashed:
    mark = piece.mark()
    with piece.open() as file:
        watched = _Watched(file, told)
        try:
            digest = hashlib.file_digest(watched, "sha256").hexdigest()
        except OSError as error:
            raise RetryError(f"{piece.name} cannot be read: {error.strerror or error}") from None
    check_unchanged(piece, mark)
    return Hashed(piece.name, digest, watched.count)


def _unreadable(path: Path, error: OSError) -> InputError | NotFoundError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NotFoundError(f"there is no file {path}", fix="name the file, folder or URI that is meant")
    return InputError(f"{path} cannot be read: {error.strerror}", fix="let yourself read it: chmod u+r FILE")


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFLNK: "a link",
    }
    return kinds.get(stat.S_IFMT(mode), "something special")
