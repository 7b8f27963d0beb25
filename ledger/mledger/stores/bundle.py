"""A ledger read from a bundle: what is withheld is named."""

import hashlib
import json
import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple, NoReturn

from mledger.chain.entry import Entry, Head, Slot
from mledger.chain.statement import open_payload
from mledger.core.checkpoint import Checkpoint, parse_checkpoint
from mledger.core.envelope import parse_envelope
from mledger.core.manifest import CHECKPOINT, MANIFEST, bodies_name, parse_manifest
from mledger.core.merkle import TILE_LEVELS, Node, leaf_hash
from mledger.core.names import format_number
from mledger.core.note import parse_note
from mledger.core.tiles import WIDTH, Tile, parse_entries, parse_hashes, tiles
from mledger.errors import FormatError, InputError, IntegrityError
from mledger.events.governing import is_governance
from mledger.stores.base import EMPTY_HEAD, Kept, check_range
from mledger.stores.bundle_zip import BundleZip

_TILES_KEPT = 8
_NO_BODY = b"", b""
"""In the place of a body that is there twice: it fits no digest."""
_FIX = "ask for the bundle again, and tell whoever sent it"

Salted = tuple[bytes, bytes]
"""A salt and a body."""


class Index(NamedTuple):
    """What is found by something else than its position."""

    places: dict[bytes, list[tuple[int, int]]]
    """Where each event id stands."""
    governance: list[int]
    """The entries with an event that governs."""


class BundleStore:
    """A store in a bundle, to be read only: Store, Shelf, Attachments and Probes."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the bundle. Errors: NotFoundError, FormatError, IntegrityError if it is not written as one."""
        self.path = os.path.abspath(path)  # noqa: PTH100  links are followed when it is opened
        self.zip = BundleZip(path)
        try:
            data = self.zip.read(MANIFEST)
            self.manifest = parse_manifest(data)
            self._edition = hashlib.sha256(data).digest()
            self.note = self.zip.read(CHECKPOINT)
            self.checkpoint: Checkpoint = parse_checkpoint(parse_note(self.note).text)
            self._check_complete()
        except BaseException:
            self.zip.close()
            raise
        self._size = self.checkpoint.size
        self._withheld = frozenset(self.manifest.withheld)
        self._tile = lru_cache(_TILES_KEPT)(self._load)

    def _check_complete(self) -> None:
        """Refuse a bundle that lacks a file of its list, or of its log."""
        there = set(self.zip.names())
        # Before anything is counted up to a size that nobody has vouched for yet.
        if self.checkpoint.size > WIDTH * sum(name.startswith("tile/entries/") for name in there):
            message = (
                f"{self.path}: its checkpoint is of {self.checkpoint.size:,} entries, which are not there"
            )
            raise IntegrityError(message, fix=_FIX)
        listed = self.manifest.files.keys() | {MANIFEST}
        needed = {tile.path for tile in tiles(self.checkpoint.size)}
        for names, wrong in (
            (listed - there, "is gone from the bundle"),
            (there - listed, "is in the bundle, and not in its list of files"),
            (needed - there, "is missing in the log of the bundle"),
        ):
            if names:
                more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
                raise IntegrityError(f"{self.path}: {min(names)}{more} {wrong}", fix=_FIX)

    # --- Store

    def head(self) -> Head:
        """Where the ledger ended when the bundle was made."""
        return Head(self._size, self.hashes(0, self._size - 1, 1)[0]) if self._size else EMPTY_HEAD

    def append(
        self,
        entries: Sequence[Entry],  # noqa: ARG002
        nodes: Sequence[Node],  # noqa: ARG002
        *,
        after: Head,  # noqa: ARG002
        attachments: Sequence[Kept] = (),  # noqa: ARG002
    ) -> NoReturn:
        """Refuse: nobody appends to a bundle."""
        self._refuse()

    def entries(
        self, start: int = 0, stop: int | None = None, *, governance: bool = False
    ) -> Iterator[Entry]:
        """Entries in order; see `Store.entries`."""
        check_range(start, stop)
        stop = self._size if stop is None else min(stop, self._size)
        if not governance:
            return (self._tile(seq // WIDTH)[seq % WIDTH] for seq in range(start, stop))
        marked = self._index.governance
        chosen = range(bisect_left(marked, start), bisect_left(marked, stop))
        return (self._tile(marked[at] // WIDTH)[marked[at] % WIDTH] for at in chosen)

    def signed(self, start: int, stop: int | None = None) -> Iterator[Entry]:
        """Entries without slots; see `Store.signed`."""
        return (entry._replace(slots=()) for entry in self.entries(start, stop))

    def hashes(self, level: int, start: int, count: int) -> list[bytes]:
        """Nodes of the levels 0, 8, 16 and so on, as the tiles hold them; see `Store.hashes`."""
        check_range(start, start + count)
        tile_level, rest = divmod(level, TILE_LEVELS)
        stop = min(start + count, self._size >> level)
        found: list[bytes] = []
        while not rest and start < stop:
            hashes = self._hash_tile(tile_level, start // WIDTH)
            found += hashes[start % WIDTH : stop - start + start % WIDTH]
            start = (start // WIDTH + 1) * WIDTH
        return found

    def find(self, id: bytes) -> tuple[int, int] | None:
        """The place of an event; see `Store.find`."""
        places = self._index.places.get(id)
        return places[0] if places else None

    # --- Shelf

    def keep_checkpoint(self, size: int, note: bytes) -> NoReturn:  # noqa: ARG002
        """Refuse: nobody writes to a bundle."""
        self._refuse()

    def checkpoints(self) -> list[tuple[int, bytes]]:
        """Every checkpoint in the bundle, by size."""
        kept = {(self._size, self.note)}
        for name in self.zip.names():
            if name.startswith("checkpoints/"):
                size = int(name.removeprefix("checkpoints/").partition("-")[0])
                kept.add((size, self.zip.read(name)))
        return sorted(kept)

    # --- Attachments

    def attachments(self) -> list[tuple[bytes, int]]:
        """Name and size of each attachment in the bundle, by name."""
        names = (name for name in self.manifest.files if name.startswith("attachments/"))
        return sorted((bytes.fromhex(name[-64:]), self.zip.size(name)) for name in names)

    def attachment(self, sha256: bytes) -> bytes | None:
        """The bytes of an attachment."""
        name = f"attachments/{sha256.hex()}"
        return self.zip.read(name) if name in self.manifest.files else None

    def erase(self, places: Sequence[tuple[int, int]], attachments: Sequence[bytes]) -> NoReturn:  # noqa: ARG002
        """Refuse: nobody writes to a bundle."""
        self._refuse()

    # --- Probes

    def duplicate_ids(self) -> list[tuple[bytes, list[tuple[int, int]]]]:
        """Each event id that stands in more than one place."""
        return [(id_, places) for id_, places in self._index.places.items() if len(places) > 1]

    def strays(self) -> list[str]:
        """One line for each thing that is not as the bundle says; reads all of it."""
        from mledger.stores.bundle_probes import strays

        return strays(self)

    # --- LedgerStore

    def edition(self) -> bytes:
        """The SHA-256 of the manifest."""
        return self._edition

    def hold(self) -> NoReturn:
        """Refuse: nobody appends to a bundle."""
        self._refuse()

    def touched(self) -> bool:
        """Never: nobody writes to a bundle through a store."""
        return False

    def close(self) -> None:
        """Let go of the file."""
        self.zip.close()

    # --- what the files hold

    def bodies(self, index: int) -> dict[str, Salted]:
        """The salts and bodies of the 256 entries of a tile, by event number. Errors: FormatError."""
        name = bodies_name(index)
        return parse_bodies(self.zip.read(name)) if name in self.manifest.files else {}

    def _load(self, index: int) -> list[Entry]:
        """The entries of one tile; what cannot be read is an entry of no format."""
        width = min(WIDTH, self._size - index * WIDTH)
        leaves = self._hash_tile(0, index)
        try:
            held = parse_entries(self.zip.read(Tile(None, index, width).path), width)
        except FormatError:
            held = [b""] * width
        try:
            bodies = self.bodies(index)
        except FormatError:
            bodies = {}
        return [
            self._entry(index * WIDTH + at, leaf, data, bodies)
            for at, (leaf, data) in enumerate(zip(leaves, held, strict=True))
        ]

    def _entry(self, seq: int, leaf: bytes, data: bytes, bodies: dict[str, Salted]) -> Entry:
        try:
            payload, _, signature = parse_envelope(data)
        except FormatError:
            return Entry(seq, leaf, data, b"", ())
        try:
            events = open_payload(payload).events
        except FormatError:
            return Entry(seq, leaf, payload, signature, ())
        slots = []
        for at, event in enumerate(events):
            number = format_number(seq, at, len(events))
            salt, body = bodies.get(number, (None, None))
            withheld = body is None and number in self._withheld
            slots.append(Slot(event.id, is_governance(event.type), salt, body, withheld))
        return Entry(seq, leaf if leaf == leaf_hash(data) else b"", payload, signature, tuple(slots))

    def _hash_tile(self, level: int, index: int) -> list[bytes]:
        """The hashes of one tile; zeros, which fit nothing, if it has not its length."""
        width = min(WIDTH, (self._size >> TILE_LEVELS * level) - index * WIDTH)
        try:
            return parse_hashes(self.zip.read(Tile(level, index, width).path), width)
        except FormatError:
            return [bytes(32)] * width

    @cached_property
    def _index(self) -> Index:
        index = Index({}, [])
        for entry in self.entries():
            for at, slot in enumerate(entry.slots):
                index.places.setdefault(slot.id, []).append((entry.seq, at))
            if any(slot.governance for slot in entry.slots):
                index.governance.append(entry.seq)
        return index

    def _refuse(self) -> NoReturn:
        raise InputError(
            f"{self.path} is a bundle, which nobody writes to", fix="work with the ledger that it is of"
        )


def parse_bodies(data: bytes) -> dict[str, Salted]:
    """The salts and bodies in a file of them, by event number; FormatError if it is none."""
    found: dict[str, Salted] = {}
    try:
        for line in data.decode().removesuffix("\n").split("\n"):
            number, salted = _body_line(json.loads(line))
            found[number] = salted if number not in found else _NO_BODY
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise FormatError("a file of bodies is damaged", fix=_FIX) from None
    return found


def _body_line(row: dict[str, str]) -> tuple[str, Salted]:
    """The number, the salt and the body in a line of a file of bodies; any error if it is none."""
    event, salt, body = (row.pop(name) for name in ("event", "salt", "body"))
    if row or type(event) is not str:
        raise ValueError(event)
    return event, (bytes.fromhex(salt), body.encode())
