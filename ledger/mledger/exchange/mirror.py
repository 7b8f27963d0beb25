"""Reads a published log, believing only what its checkpoint proves."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from mledger.chain.statement import NO_LEAF, Statement, open_payload
from mledger.core import merkle
from mledger.core.checkpoint import Checkpoint
from mledger.core.envelope import parse_envelope
from mledger.core.merkle import leaf_hash
from mledger.core.moment import Moment
from mledger.core.tiles import WIDTH, Tile, parse_entries, parse_hashes, tiles
from mledger.errors import FormatError, IntegrityError, MledgerError
from mledger.exchange.places import Place

_KEPT = 64
_FIX = "try again; if it stays so, tell whoever publishes the log"


class End(NamedTuple):
    """Where a log ends: the leaf and the recorded time of its last entry."""

    leaf: bytes = NO_LEAF
    time: Moment = Moment("")


class Mirror:
    """The log of one checkpoint at a place: its hashes and its entries."""

    def __init__(self, place: Place, checkpoint: Checkpoint) -> None:
        """Read the files that a tree of this size has."""
        self.checkpoint = checkpoint
        self._place = place
        self._hash_tile = lru_cache(_KEPT)(self._read_hashes)

    def hashes(self, level: int, start: int, count: int) -> list[bytes]:
        """Nodes of the levels 0, 8, 16 and 24; see `mledger.core.merkle.Hashes`."""
        found: list[bytes] = []
        stop = min(start + count, self.checkpoint.size >> level)
        while start < stop:
            index, skip = divmod(start, WIDTH)
            run = self._hash_tile(level // merkle.TILE_LEVELS, index)[skip : stop - index * WIDTH]
            found += run
            start += len(run)
        return found

    def root(self, size: int) -> bytes:
        """The root of the first `size` entries, as the hashes at the place have it."""
        return merkle.root(self, size)

    def check(self, old: int, end: End) -> End:
        """Where the log ends, once all that is new since `old` entries has been checked.

        Checked are the hashes, against the root of the checkpoint, and that each entry is one of this
        ledger, in its position, after the one before it. Errors: IntegrityError.
        """
        if self.root(self.checkpoint.size) != self.checkpoint.root:
            raise self._wrong("its hashes are not those of its checkpoint")
        for tile in tiles(self.checkpoint.size, old):
            if tile.level is not None:
                self._check_tile(tile.level, tile)
        for seq, data in self._entries(old):
            end = self._entry(seq, data, end)
        return end

    def _check_tile(self, level: int, tile: Tile) -> None:
        """A full tile is the node above it; partial ones are in the root, whole."""
        if tile.width == WIDTH:
            node = self.hashes(merkle.TILE_LEVELS * (level + 1), tile.index, 1)
            if node != [_node(self._hash_tile(level, tile.index))]:
                raise self._wrong(f"{tile.path} does not fit the hashes above it")

    def _entries(self, old: int) -> Iterator[tuple[int, bytes]]:
        """The entries from `old` on, each as its leaf says."""
        size = self.checkpoint.size
        for index in range(old // WIDTH, -(-size // WIDTH)):
            tile = Tile(None, index, min(WIDTH, size - index * WIDTH))
            try:
                held = parse_entries(self._read(tile), tile.width)
            except FormatError as error:
                raise self._wrong(f"{tile.path}: {error.message}") from None
            leaves = self._hash_tile(0, index)
            for seq, (data, leaf) in enumerate(zip(held, leaves, strict=True), tile.start):
                if leaf_hash(data) != leaf:
                    raise self._wrong(f"entry {seq} is not the one in the tree")
                if seq >= old:
                    yield seq, data

    def _entry(self, seq: int, data: bytes, end: End) -> End:
        try:
            envelope = parse_envelope(data)
            said: Statement = open_payload(envelope.payload)
        except FormatError as error:
            raise self._wrong(f"entry {seq}: {error.message}") from None
        wrong = (
            said.seq != seq or said.ledger != self.checkpoint.origin or said.key != envelope.keyid,
            said.prev != end.leaf,
            said.time < end.time,
        )
        if any(wrong):
            raise self._wrong(f"entry {seq} does not follow the one before it")
        return End(leaf_hash(data), said.time)

    def _read_hashes(self, level: int, index: int) -> list[bytes]:
        count = self.checkpoint.size >> merkle.TILE_LEVELS * level
        tile = Tile(level, index, min(WIDTH, count - index * WIDTH))
        try:
            return parse_hashes(self._read(tile), tile.width)
        except FormatError as error:
            raise self._wrong(f"{tile.path}: {error.message}") from None

    def _read(self, tile: Tile) -> bytes:
        """A file of the log; where a partial one is gone, the beginning of the full one."""
        data = self._place.read(tile.path)
        if data is not None:
            return data
        full = self._place.read(tile._replace(width=WIDTH).path)
        if full is None or tile.width == WIDTH:
            raise self._wrong(f"{tile.path} is missing")
        if tile.level is not None:
            return full[: tile.width * merkle.HASH_BYTES]
        at = 0
        for _ in range(tile.width):
            at += 2 + int.from_bytes(full[at : at + 2])
        return full[:at]

    def _wrong(self, what: str) -> MledgerError:
        return IntegrityError(f"the mirror of {self.checkpoint.origin} is damaged: {what}", fix=_FIX)


def _node(hashes: list[bytes]) -> bytes:
    """The root over the 256 hashes of a full tile."""
    while len(hashes) > 1:
        hashes = [merkle.node_hash(one, other) for one, other in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]
