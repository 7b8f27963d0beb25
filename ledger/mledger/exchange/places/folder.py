"""A log in a folder, which a web server may hand out."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mledger.errors import InputError, StoreError
from mledger.exchange.places.base import MAX_READ, check_same, overtaken
from mledger.folders import sync

_NO_FILE = (FileNotFoundError, NotADirectoryError)


class Folder:
    """A place in a folder of this machine; see `Place`."""

    def __init__(self, root: Path) -> None:
        """Use the folder, which is made when the first file is."""
        self.root = root

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; see `Place.read`."""
        with _translated(self.root / path), suppress(*_NO_FILE), (self.root / path).open("rb") as file:
            data = file.read(MAX_READ + 1)
            return data if len(data) <= MAX_READ else None
        return None

    def create(self, path: str, data: bytes) -> bool:
        """Make a file; see `Place.create`."""
        target = self.root / path
        with _translated(target):
            _make_folders(target.parent)
            with _draft(target, data) as draft:
                try:
                    os.link(draft, target)
                except FileExistsError:
                    return check_same(str(self.root), path, self.read(path), data)
            sync(target.parent, strict=True)
        return True

    def replace(self, path: str, data: bytes, held: bytes | None) -> None:
        """Put a file in the place of another; see `Place.replace`."""
        target = self.root / path
        with _translated(target):
            _make_folders(target.parent)
            with _draft(target, data) as draft, _alone(target.parent):
                if self.read(path) != held:
                    raise overtaken(str(self.root), path)
                draft.replace(target)
            sync(target.parent, strict=True)


def open_place(address: str) -> Folder:
    """The place in the folder at `address`. Errors: InputError if something else is there."""
    root = Path(address)
    if root.exists() and not root.is_dir():
        raise InputError(f"{address} is a file, and a log lies in a folder", fix="name a folder")
    return Folder(root)


def _make_folders(folder: Path) -> None:
    """Make a folder and those above it, each durable in the one above."""
    if not folder.is_dir():
        if folder.parent != folder:
            _make_folders(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent, strict=True)


@contextmanager
def _draft(target: Path, data: bytes) -> Iterator[Path]:
    """A new file beside the target, durable, gone afterwards unless it was moved."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        yield draft
    finally:
        with suppress(OSError):
            draft.unlink()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder against others who publish to it; without flock (Windows) the last one wins."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(ImportError):
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreError(f"{path}: {reason}", fix="choose another folder, or make room") from None
