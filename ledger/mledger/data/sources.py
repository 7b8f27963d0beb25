"""What people name as data: a file, a folder, a URI."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from mledger.data.folder import files_of, manifest, manifest_digest
from mledger.data.hashing import Hashed, LocalFile, Piece, Progress, check_unchanged, hash_pieces
from mledger.data.remote import find_remote, is_uri, public_uri
from mledger.errors import NotFoundError, StoreError

CONTENT = "content"
"""What the digest of a table's content is called, beside the names of files."""
MANIFEST = "manifest"
"""What the digest of a folder's manifest is called."""
_BLOCK = 1 << 20


class Source(NamedTuple):
    """Data as it was found: its name, where it lies, its files."""

    name: str
    location: str
    pieces: Sequence[Piece]
    folder: bool = False

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(piece.size for piece in self.pieces)

    def hash(self, progress: Progress | None = None) -> "Digested":
        """The digest by which the data is known: of the file, or of the folder's manifest.

        Errors: RetryError if a file was changed meanwhile, or cannot be reached.
        """
        found = hash_pieces(self.pieces, progress)
        if not self.folder:
            return Digested(found[0]._replace(name=_named(found[0].name)))
        size = sum(file.size for file in found)
        return Digested(Hashed(MANIFEST, manifest_digest(found), size), manifest(found))


class Digested(NamedTuple):
    """The digest of a file, or of a folder with the manifest that has it."""

    whole: Hashed
    manifest: bytes | None = None


@contextmanager
def at_hand(source: Source, progress: Progress | None = None) -> Iterator[Source]:
    """The data on this machine: itself, or a copy that is gone afterwards.

    Errors: RetryError, and StoreError if the disk has no room for it.
    """
    if all(isinstance(piece, LocalFile) for piece in source.pieces):
        yield source
        return
    with TemporaryDirectory(prefix="mledger-") as folder:
        yield _fetched(source, Path(folder), progress)


def _fetched(source: Source, folder: Path, progress: Progress | None) -> Source:
    copies: list[LocalFile] = []
    for n, piece in enumerate(source.pieces):
        path, before, mark = folder / str(n), sum(copy.size for copy in copies), piece.mark()
        try:
            with piece.open() as far, path.open("wb") as near:
                while block := far.read(_BLOCK):
                    near.write(block)
                    if progress is not None:
                        progress(before + near.tell(), source.size)
        except OSError as error:
            raise StoreError(
                f"no copy of {piece.name} can be written: {error.strerror}",
                fix="set TMPDIR to a folder with room",
            ) from None
        check_unchanged(piece, mark)
        copies.append(LocalFile.at(path, piece.name))
    return source._replace(pieces=copies)


def find_source(what: str | os.PathLike[str]) -> Source:
    """The data at a path or a URI. Errors: NotFoundError, InputError, RetryError."""
    text = os.fspath(what)
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    if is_uri(text):
        pieces, folder = find_remote(text)
        shown = public_uri(text)
        return Source(shown.rstrip("/").rpartition("/")[2] or shown, shown, pieces, folder)
    path = Path(text)
    if not path.is_dir():
        return Source(path.name, str(path), [LocalFile.at(path)])
    if not text:
        raise NotFoundError("no data is named", fix="name a file, a folder or a URI")
    name = path.name or path.resolve().name or "folder"
    return Source(name, str(path), files_of(path), folder=True)


def _named(name: str) -> str:
    """The name of a file among digests: one that is called like a digest of ours is told apart."""
    return f"./{name}" if name in {CONTENT, MANIFEST} else name
