"""Files that commands read and write: none half, few over another."""

import os
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from mledger.errors import FormatError, InputError, NotFoundError, StoreError

if TYPE_CHECKING:
    from mledger.core.trust import Pinned
    from mledger_cli.context import Settings

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
"""A file that must be there."""
NEW = click.Path(dir_okay=False, path_type=Path)
"""A file to be written."""
MAX_NOTE = 1 << 20
TRUST = click.option(
    "--trust",
    type=EXISTING,
    metavar="FILE",
    help="A trust file that came by another way: it must be this ledger, and extend the head in it.",
)
"""The option that names a trust file."""


def read(path: Path) -> bytes:
    """The bytes of a small file. Errors: InputError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_NOTE + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", fix=f"chmod u+r {path}") from None
    if len(data) > MAX_NOTE:
        raise FormatError(f"{path} is too large to be a checkpoint or a proof", fix="name the right file")
    return data


def read_note(path: Path, what: str = "no checkpoint") -> bytes:
    """The bytes of a checkpoint, whoever signed it. Errors: InputError, FormatError saying `what` it is."""
    from mledger.core.checkpoint import parse_checkpoint
    from mledger.core.note import parse_note

    data = read(path)
    try:
        parse_checkpoint(parse_note(data).text)
    except FormatError as error:
        raise FormatError(
            f"{path} is {what}: {error.message}", fix="make one: mledger checkpoint -o FILE"
        ) from None
    return data


def read_trust(path: Path) -> "Pinned":
    """What a trust file pins. Errors: InputError, FormatError."""
    from mledger.core.trust import parse_trust

    try:
        return parse_trust(read(path))
    except FormatError as error:
        fix = "whoever answers for the ledger makes one: mledger trust export -o FILE"
        raise FormatError(f"{path}: {error.message}", fix=fix) from None


def read_roots(path: Path) -> list[str]:
    """The certificates in a file of PEM. Errors: InputError, FormatError if there are none."""
    text = read(path).decode(errors="replace").replace("\r\n", "\n")
    begin, end = "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----"
    found = [begin + part.partition(end)[0] + end + "\n" for part in text.split(begin)[1:] if end in part]
    if not found:
        raise FormatError(
            f"{path} holds no certificate in PEM", fix="openssl x509 -inform der -in FILE -out FILE.pem"
        )
    return found


def check_new(path: Path) -> None:
    """Nothing, if a file can become of the path. Errors: InputError if one is there, NotFoundError."""
    if os.path.lexists(path):
        raise _taken(path)
    if not path.parent.is_dir():
        raise NotFoundError(f"there is no folder {path.parent}", fix=f"mkdir -p {quote(str(path.parent))}")


def _taken(path: Path) -> InputError:
    return InputError(f"{path} is there already", fix="choose another name with -o")


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet. Errors: InputError if it is, StoreError if it cannot be."""
    try:
        with path.open("xb") as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                path.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise _taken(path) from None
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}", fix="choose another place with -o"
        ) from None


def write(path: Path, data: bytes, *, add: bool = False) -> None:
    """Write a file in the place of what is there, or to the end of it. Errors: StoreError."""
    try:
        with path.open("ab" if add else "wb") as file:
            file.write(data)
    except OSError as error:
        fix = "choose another place for it"
        raise StoreError(f"{path} cannot be written: {error.strerror}", fix=fix) from None


def deliver(
    settings: "Settings", output: Path | None, data: bytes, what: str, row: dict[str, object]
) -> None:
    """Write a document to a new file, or print it; say `what` it is, or print the row: see `write_new`."""
    if output is not None:
        write_new(output, data)
    if settings.json:
        settings.out.json(row | {"file": output})
    elif output is None:
        settings.out.raw(data)
    else:
        settings.out.line(f"{what}, in {output}")
