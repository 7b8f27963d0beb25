"""Where data lies, recorded and on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING

from mledger.data.remote import is_uri
from mledger.data.sources import Source

if TYPE_CHECKING:
    from mledger.reader import Reader

_LONGEST = 1000


def location(reader: "Reader", source: Source) -> str | None:
    """Where data was read: from the folder of the ledger if it is in there, else whole; None if unsayable."""
    text = source.location
    if not is_uri(text):
        path = Path(text).absolute()
        folder = _folder(reader)
        text = (
            path.relative_to(folder).as_posix() if folder and path.is_relative_to(folder) else path.as_posix()
        )
    return text if text.isprintable() and 0 < len(text) <= _LONGEST else None


def found_at(reader: "Reader", where: str) -> str:
    """The path or URI that a recorded location means here."""
    folder = _folder(reader)
    return where if is_uri(where) or folder is None else str(folder / where)


def _folder(reader: "Reader") -> Path | None:
    return reader.path.absolute().parent if reader.path is not None else None
