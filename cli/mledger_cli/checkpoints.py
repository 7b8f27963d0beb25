"""The checkpoint that goes out: the newest kept, or a fresh one."""

from typing import TYPE_CHECKING

from mledger.errors import DeniedError, InputError, NotFoundError
from mledger_cli import opening
from mledger_cli.text import counted

if TYPE_CHECKING:
    from mledger_cli.context import Settings

FIX = "let its holder sign one: mledger checkpoint"


def to_go_out(settings: "Settings", key: str | None, *, kept: bool) -> bytes:
    """The note of a checkpoint over all entries, signed now if need be; with `kept` the newest there is.

    Where the key that signs them is not at hand, the newest one kept will do, and it is said what that
    leaves out.
    Errors: NotFoundError if there is none; and all that signing may raise, if a `key` was named.
    """
    from mledger.exchange.bundle import newest_note

    with opening.reader(settings) as reader:
        note, size = newest_note(reader.store.checkpoints()), reader.head.size
        covered = reader.read_checkpoint(note).size if note else 0
    if note is not None and (covered == size or kept):
        return _told(settings, note, size - covered)
    if kept:
        raise NotFoundError("no checkpoint is kept in the ledger", fix=FIX)
    try:
        with opening.for_checkpoints(settings, key) as ledger:
            return ledger.checkpoint()
    except (NotFoundError, DeniedError, InputError):
        if key is not None:
            raise
        if note is None:
            raise
    return _told(settings, note, size - covered)


def _told(settings: "Settings", note: bytes, beyond: int) -> bytes:
    if beyond:
        entries = counted(beyond, "entry", "entries")
        settings.out.note(f"{entries} since the last checkpoint are left out; {FIX}")
    return note
