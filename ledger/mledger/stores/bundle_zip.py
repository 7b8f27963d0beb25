"""Zips of bundles, read without believing them.

A bundle's zip is written in one way only (`mledger.exchange.bundle`): files stand one after the other,
uncompressed, with no comment and nothing between them. Whatever is otherwise is refused before a byte of
content is read: compressed files, links, names that climb or come twice, files that overlap.
"""

import os
import zipfile
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING

from mledger.core.manifest import is_name
from mledger.errors import FormatError, InputError, IntegrityError, NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAGIC = b"PK\x03\x04"
MOST_FILES = 1_000_000
MOST_EXTRA = 28
"""What zipfile adds to the list of files for one beyond 2 GiB, or placed there."""
_END = b"PK\x05\x06"
_LOCAL_HEADER = 30
_UTF8 = 0x800
_ZIP64_EXTRA = 20
"""What zipfile adds to the header of a file of 2 GiB or more."""
_REGULAR = 0o100000
_FIX = "ask for the bundle again, and tell whoever sent it"


def is_zip(path: str | os.PathLike[str]) -> bool:
    """Whether the file begins as a zip does; False also where there is none."""
    with suppress(OSError), Path(path).open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC
    return False


class BundleZip:
    """The files of one bundle; threads may read it at once."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the zip. Errors: NotFoundError, IntegrityError for one that no bundle is, StoreError."""
        self.path = Path(path)
        self._lock = Lock()
        try:
            self._file: IO[bytes] = self.path.open("rb")
        except FileNotFoundError:
            raise NotFoundError(f"there is no bundle {path}") from None
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror}") from None
        try:
            self._places = self._look()
        except BaseException:
            self._file.close()
            raise

    def names(self) -> list[str]:
        """The names of all files, in the order in which they stand."""
        return list(self._places)

    def size(self, name: str) -> int:
        """How many bytes a file has; FormatError if it is not there."""
        return self._place(name)[1]

    def read(self, name: str) -> bytes:
        """The bytes of a file; FormatError if it is not there."""
        start, size = self._place(name)
        return self._read(start, size)

    def pieces(self, name: str, most: int = 1 << 20) -> "Iterator[bytes]":
        """The bytes of a file, a piece at a time."""
        start, size = self._place(name)
        for at in range(0, size, most):
            yield self._read(start + at, min(most, size - at))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _place(self, name: str) -> tuple[int, int]:
        try:
            return self._places[name]
        except KeyError:
            raise FormatError(f"the bundle {self.path} lacks {name}", fix=_FIX) from None

    def _read(self, start: int, size: int) -> bytes:
        with self._lock, self._translated():
            self._file.seek(start)
            data = self._file.read(size)
        if len(data) != size:
            raise StoreError(f"{self.path} is shorter than it was a moment ago", fix="open it again")
        return data

    @contextmanager
    def _translated(self) -> "Iterator[None]":
        try:
            yield
        except ValueError:
            raise InputError(f"the bundle {self.path} is closed", fix="open it again") from None
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read: {error.strerror}") from None

    def _look(self) -> dict[str, tuple[int, int]]:
        """Where the bytes of each file begin, and how many they are."""
        try:
            with zipfile.ZipFile(self._file) as archive:
                return self._walk(archive)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OverflowError):
            raise self._refusal("it is no zip, or a damaged one") from None
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read: {error.strerror}") from None

    def _walk(self, archive: zipfile.ZipFile) -> dict[str, tuple[int, int]]:
        members = archive.infolist()
        if len(members) > MOST_FILES:
            raise self._refusal(f"it has {len(members):,} files")
        self._file.seek(-len(_END) - 18, os.SEEK_END)
        if archive.comment or not self._file.read().startswith(_END):
            raise self._refusal("something stands behind its end")
        places: dict[str, tuple[int, int]] = {}
        at = 0
        for member in members:
            name = member.orig_filename
            wrong = _wrong(member) or ("it is there twice" if name in places else None)
            if wrong:
                raise self._refusal(f"{name[:80]!r}: {wrong}")
            begins = self._header(member, at)
            places[name] = begins, member.file_size
            at = begins + member.file_size
        if at != archive.start_dir:
            raise self._refusal("there is something between its last file and its list of files")
        return places

    def _header(self, member: zipfile.ZipInfo, at: int) -> int:
        """Where the bytes of the file begin that should stand at `at`."""
        name = member.orig_filename.encode()
        self._file.seek(at)
        head = self._file.read(_LOCAL_HEADER + len(name))
        extra = int.from_bytes(head[28:30], "little")
        length = len(name).to_bytes(2, "little")
        same = head[:4] == MAGIC and head[_LOCAL_HEADER:] == name and head[26:28] == length
        plain = head[6:10] == member.flag_bits.to_bytes(2, "little") + b"\0\0" and extra in {0, _ZIP64_EXTRA}
        if member.header_offset != at or not same or not plain:
            raise self._refusal(f"{member.orig_filename!r} is not what the list of files says")
        return at + _LOCAL_HEADER + len(name) + extra

    def _refusal(self, why: str) -> IntegrityError:
        return IntegrityError(f"{self.path} is not a bundle: {why}", fix=_FIX)


def _wrong(member: zipfile.ZipInfo) -> str | None:
    """What no file of a bundle may be; None if it is nothing of that kind."""
    rules: list[tuple[Callable[[zipfile.ZipInfo], bool], str]] = [
        (lambda m: m.external_attr >> 28 not in {0, _REGULAR >> 12}, "it is a link or no file"),
        (lambda m: not is_name(m.orig_filename), "no file of a bundle is called so"),
        (lambda m: m.compress_type != zipfile.ZIP_STORED, "it is compressed"),
        (lambda m: bool(m.flag_bits & ~_UTF8), "it is encrypted, or its length stands behind it"),
        (lambda m: m.file_size != m.compress_size, "its length is not its length"),
        (lambda m: bool(m.comment) or len(m.extra) > MOST_EXTRA, "something is written beside its name"),
    ]
    return next((said for breaks, said in rules if breaks(member)), None)
