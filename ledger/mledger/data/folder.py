"""A folder by its manifest: its files, and one digest of all.

The manifest is text: a first line `mledger manifest 1`, then a line for each file with its SHA-256,
its size and its path from the folder, by one space, in the order of the paths' UTF-8 bytes. Each line
ends in a newline. The SHA-256 of these bytes is the digest of the folder.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from mledger.data.hashing import Hashed, LocalFile
from mledger.errors import FormatError, InputError

HEADER = "mledger manifest 1"


def files_of(folder: Path) -> list[LocalFile]:
    """The files below a folder, in the order of its manifest.

    A link to a file of the folder counts as a file of that content. Errors: InputError for a link that
    leads elsewhere, for what is neither file nor folder, for a name that no manifest can hold, and
    if there is no file.
    """
    root = Path(os.path.realpath(folder))
    found = sorted(_walk(folder, root, ""), key=lambda file: file.name.encode())
    if not found:
        raise InputError(f"{folder} holds no file", fix="name the folder that holds the data")
    return found


def manifest(files: Iterable[Hashed]) -> bytes:
    """The manifest of files, given in any order."""
    rows = sorted(files, key=lambda file: file.name.encode())
    lines = [HEADER, *(f"{row.sha256} {row.size} {row.name}" for row in rows)]
    return "".join(f"{line}\n" for line in lines).encode()


def parse_manifest(data: bytes) -> dict[str, str]:
    """The digest of each file by its path. Errors: FormatError if the bytes are no manifest."""
    header, *lines = data.decode(errors="replace").split("\n")
    rows = [line.split(" ", 2) for line in lines[:-1]]
    if header != HEADER or lines[-1:] != [""] or any(len(row) != 3 for row in rows):
        raise FormatError("this is no manifest of a folder", fix="take the one that the ledger names")
    return {name: sha256 for sha256, _, name in rows}


def manifest_digest(files: Iterable[Hashed]) -> str:
    """The digest of a folder that holds these files."""
    return hashlib.sha256(manifest(files)).hexdigest()


def check_name(name: str, where: str) -> str:
    """The path itself, if a manifest can hold it. Errors: InputError."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InputError(f"{where} holds a name that is no UTF-8: {name!r}", fix="rename it") from None
    if not name.isprintable():
        raise InputError(f"{where} holds a name with a control character: {name!r}", fix="rename it")
    return name


def _walk(folder: Path, root: Path, above: str) -> Iterator[LocalFile]:
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}", fix="chmod -R u+rX FOLDER") from None
    for entry in entries:
        path, name = Path(entry.path), check_name(above + entry.name, str(root))
        if entry.is_symlink():
            _check_link(path, root)
        if entry.is_dir():
            yield from _walk(path, root, f"{name}/")
        else:
            yield LocalFile.at(path, name)


def _check_link(link: Path, root: Path) -> None:
    """Refuse a link that leads out of the folder, nowhere, or to a folder, whose files are there already."""
    target = Path(os.path.realpath(link))
    if not target.is_relative_to(root):
        raise InputError(
            f"{link} is a link that leads out of the folder, to {target}",
            fix="put a copy of the file in its place, or take the link away",
        )
    if not target.is_file():
        what = "a folder" if target.is_dir() else "nothing that is a file"
        raise InputError(f"{link} is a link to {what}", fix=f"take the link away: rm {link}")
