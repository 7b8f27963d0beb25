"""Publishes a log: files first, the checkpoint last."""

from typing import TYPE_CHECKING, NamedTuple

from mledger.chain.seal import envelope_of
from mledger.chain.statement import open_payload
from mledger.core import merkle
from mledger.core.checkpoint import Checkpoint
from mledger.core.tiles import CHECKPOINT, Tile, format_entries, tiles
from mledger.errors import DivergedError, FormatError, IntegrityError, ProofError
from mledger.exchange.places import Place

if TYPE_CHECKING:
    from mledger.reader import Reader

_OTHER = "publish to another place, and find out whose log that is"


def succession_path(number: int) -> str:
    """Where the note of the first succession lies, of the second, and so on."""
    return f"succession/{number}"


class Published(NamedTuple):
    """What was done: how many entries were there before and are now, and how many files that took."""

    origin: str
    before: int
    size: int
    files: int


def publish(reader: "Reader", note: bytes, place: Place) -> Published:
    """What publishing the log up to a checkpoint took; a place that is further already stays as it is.

    Whatever happens meanwhile, a reader of the place finds a whole log: each file is durable before the
    checkpoint that needs it, none is ever changed, and the checkpoint is replaced in one step by one that
    extends it. Errors: DivergedError if the place holds something else, ConflictError if another publishes
    at the same time, RetryError; IntegrityError if the ledger is not the checkpoint's.
    """
    new = reader.read_checkpoint(note)
    if merkle.root(reader.store, new.size) != new.root:
        raise IntegrityError(
            f"the first {new.size} entries are not those of the checkpoint", fix="mledger verify --full"
        )
    held = place.read(CHECKPOINT)
    old = _check_extends(reader, held)
    if old.size > new.size or held == note:
        return Published(new.origin, old.size, old.size, 0)
    made = sum(place.create(tile.path, _content(reader, tile)) for tile in tiles(new.size, old.size))
    for number, one in enumerate(reader.log_keys.all):
        if one.note is not None and one.seq < new.size:
            made += place.create(succession_path(number), one.note)
    place.replace(CHECKPOINT, note, held)
    return Published(new.origin, old.size, new.size, made + 1)


def _check_extends(reader: "Reader", held: bytes | None) -> Checkpoint:
    """The checkpoint that is there, which this ledger extends; that of nothing if none is."""
    if held is None:
        return Checkpoint(reader.origin, 0, merkle.EMPTY_ROOT)
    try:
        old = reader.read_checkpoint(held)
    except (FormatError, ProofError):
        raise DivergedError("the place holds the log of another ledger", fix=_OTHER) from None
    if old.size > reader.head.size:
        raise DivergedError(
            f"the place holds {old.size:,} entries, and this ledger has {reader.head.size:,}",
            fix="put the newest copy of the ledger back",
        )
    if merkle.root(reader.store, old.size) != old.root:
        raise DivergedError(
            f"the place holds another history: its {old.size:,} entries are not those here",
            fix=_OTHER,
        )
    return old


def _content(reader: "Reader", tile: Tile) -> bytes:
    """The bytes of one file of the log."""
    if tile.level is None:
        entries = reader.store.entries(tile.start, tile.start + tile.width)
        return format_entries([envelope_of(entry, open_payload(entry.payload)) for entry in entries])
    return b"".join(reader.store.hashes(merkle.TILE_LEVELS * tile.level, tile.start, tile.width))
