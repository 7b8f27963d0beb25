"""Attachments: files kept inside the ledger, named by their SHA-256."""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from mledger.core.digest import kept_in
from mledger.errors import InputError

if TYPE_CHECKING:
    from mledger.events.fields import File

MAX_ATTACHMENT = 16 << 20
"""Bytes of one attachment, at most; of a larger file an event names the digest, and it stays where it is."""


class Attachment(NamedTuple):
    """A file to be kept with the event that names it.

        config = Attachment.read("params.yaml", role="configuration")
        ledger.append("evidence.attached", "model/m", {..., "files": [config.file]}, attach=[config])

    Errors of both ways to make one: InputError if there are too many bytes, or a file cannot be read.
    """

    data: bytes
    name: str
    media_type: str | None = None
    role: str | None = None

    @classmethod
    def read(cls, path: str | os.PathLike[str], *, name: str | None = None, role: str | None = None) -> Self:
        """The file at `path`, under its own name unless another is given."""
        place = Path(path)
        try:
            size = place.stat().st_size
            data = b"" if size > MAX_ATTACHMENT else place.read_bytes()
        except OSError as error:
            message = f"{place} cannot be read: {error.strerror}"
            raise InputError(message, fix="name a file that is there") from None
        _check_size(max(size, len(data)), place.name)
        return cls.of(data, name or place.name, role=role)

    @classmethod
    def of(cls, data: bytes, name: str, *, media_type: str | None = None, role: str | None = None) -> Self:
        """These bytes under a name, which also tells the media type if none is given."""
        _check_size(len(data), name)
        return cls(data, name, media_type or _media_type(name), role)

    @property
    def sha256(self) -> bytes:
        """The digest under which it is kept, 32 bytes."""
        return hashlib.sha256(self.data).digest()

    @property
    def file(self) -> "File":
        """How the body of an event names it."""
        from mledger.events.fields import File

        return File(
            name=self.name,
            sha256=self.sha256.hex(),
            size=len(self.data),
            media_type=self.media_type,
            role=self.role,
            kept=True,
        )


def check_named(
    attachments: Iterable[Attachment], body: bytes, type: str, kept: Callable[[], Iterable[tuple[bytes, int]]]
) -> None:
    """Refuse a body that does not name its files, or that says of one that is not there that it is kept.

    `kept` tells what the ledger has already, by digest and size. Errors: InputError.
    """
    digests = {attachment.sha256.hex(): attachment.name for attachment in attachments}
    for digest, name in digests.items():
        if digest.encode() not in body:
            raise InputError(
                f"the {type} does not name its attachment {name} ({digest[:12]})",
                fix="put the digest into one of its fields, such as files or refs",
            )
    said = {digest: name for digest, name in kept_in(body) if digest not in digests}
    if said and (gone := said.keys() - {digest.hex() for digest, _ in kept()}):
        raise InputError(
            f"{said[min(gone)]} is said to be kept in the ledger, and is not attached",
            fix="attach it: --attach FILE; or leave out that it is kept",
        )


def _check_size(size: int, name: str) -> None:
    if size > MAX_ATTACHMENT:
        raise InputError(
            f"{name} has {size:,} bytes, and an attachment has at most {MAX_ATTACHMENT:,}",
            fix="record its digest and where it is kept",
        )


def _media_type(name: str) -> str | None:
    import mimetypes  # late: it reads the system's tables

    known = {".yaml": "application/yaml", ".yml": "application/yaml", ".diff": "text/x-diff"}
    return known.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
