"""Tiles (C2SP tlog-tiles): a tree as files on any web server.

    checkpoint                      the signed note
    tile/<L>/<N>[.p/<W>]            256 hashes of the level 8 * L, from index 256 * N; W if they are fewer
    tile/entries/<N>[.p/<W>]        the data of 256 leaves, each after its length in two bytes, big-endian

N is written in groups of three digits, all but the last after an `x`: 1234067 is x001/x234/067. The last
file of each kind is partial, and has its width in its name: no file ever changes.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mledger.core.merkle import HASH_BYTES, TILE_LEVELS
from mledger.errors import FormatError, InputError

CHECKPOINT = "checkpoint"
WIDTH = 1 << TILE_LEVELS
MAX_ENTRY = (1 << 16) - 1
MAX_TILE_LEVEL = 7
"""The highest level of tiles that a tree of 2**63 leaves has."""

_NUMBER = r"((?:x[0-9]{3}/){0,6}[0-9]{3})"
_PATH = re.compile(rf"tile/(entries|[0-9])/{_NUMBER}(?:\.p/([1-9][0-9]{{0,2}}))?")


class Tile(NamedTuple):
    """One file of a log: its level (None for the data of leaves), its index, how many things it holds."""

    level: int | None
    index: int  # type: ignore[assignment]  # a field, over the method that every tuple has
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where the file is, seen from the log's address."""
        kind = "entries" if self.level is None else self.level
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{kind}/{format_index(self.index)}{partial}"

    @property
    def start(self) -> int:
        """The index, in its level, of the first thing that it holds."""
        return self.index * WIDTH


def format_index(index: int) -> str:
    """A tile's index as its path has it: x001/x234/067."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def parse_path(path: str) -> Tile:
    """The tile that a path names; FormatError unless the path is what `Tile.path` gives."""
    match = _PATH.fullmatch(path)
    if match:
        kind, number, width = match.groups()
        level = None if kind == "entries" else int(kind)
        tile = Tile(level, int(re.sub("[x/]", "", number)), int(width or WIDTH))
        if tile.path == path and tile.width <= WIDTH and (level or 0) <= MAX_TILE_LEVEL:
            return tile
    raise FormatError(f"{path[:80]!r} is no path of a tile")


def tiles(size: int, old: int = 0) -> Iterator[Tile]:
    """The files of a tree of `size` leaves that one of `old` leaves does not have, data before hashes.

    In this order a log may be written: whatever a file rests on is there already.
    """
    yield from _level(None, size, old)
    for level in range(MAX_TILE_LEVEL + 1):
        if not size >> TILE_LEVELS * level:
            return
        yield from _level(level, size >> TILE_LEVELS * level, old >> TILE_LEVELS * level)


def _level(level: int | None, count: int, old: int) -> Iterator[Tile]:
    """The files of one level that holds `count` things, without those that held the first `old`."""
    if count > old:
        for index in range(old // WIDTH, -(-count // WIDTH)):
            yield Tile(level, index, min(WIDTH, count - index * WIDTH))


def format_entries(entries: Sequence[bytes]) -> bytes:
    """The file that holds the data of these leaves; InputError if one is too long for a tile."""
    if any(len(data) > MAX_ENTRY for data in entries):
        raise InputError(f"a tile holds entries of at most {MAX_ENTRY} bytes")
    return b"".join(len(data).to_bytes(2) + data for data in entries)


def parse_entries(data: bytes, width: int) -> list[bytes]:
    """The data of the `width` leaves in a file; FormatError if it holds fewer or more."""
    found: list[bytes] = []
    at = 0
    for _ in range(width):
        end = at + 2 + int.from_bytes(data[at : at + 2])
        if at + 2 > len(data) or end > len(data):
            raise FormatError(f"the tile ends after {len(found)} of {width} entries")
        found.append(data[at + 2 : end])
        at = end
    if at != len(data):
        raise FormatError(f"the tile goes on for {len(data) - at} bytes after its {width} entries")
    return found


def parse_hashes(data: bytes, width: int) -> list[bytes]:
    """The `width` hashes in a file; FormatError if it has another length."""
    if len(data) != width * HASH_BYTES:
        raise FormatError(f"a tile of {width} hashes has {width * HASH_BYTES} bytes, this one {len(data)}")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
