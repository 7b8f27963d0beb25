"""The files of a log: their paths, what they hold, which ones a tree has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.core.tiles import (
    MAX_ENTRY,
    MAX_TILE_LEVEL,
    WIDTH,
    Tile,
    format_entries,
    format_index,
    parse_entries,
    parse_hashes,
    parse_path,
    tiles,
)
from mledger.errors import FormatError, InputError

LEVELS = st.none() | st.integers(0, MAX_TILE_LEVEL)
TILES = st.builds(Tile, LEVELS, st.integers(0, 10**21 - 1), st.integers(1, WIDTH))


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 999, 1), "tile/0/999.p/1"),
        (Tile(3, 1000, 255), "tile/3/x001/000.p/255"),
        (Tile(None, 1_234_067), "tile/entries/x001/x234/067"),
        (Tile(None, 5, 17), "tile/entries/005.p/17"),
    ],
)
def test_paths_are_those_of_the_specification(tile, path):
    """The paths are those that C2SP tlog-tiles gives as examples, or is made of."""
    assert tile.path == path
    assert parse_path(path) == tile


@given(TILES)
def test_a_path_names_one_tile(tile):
    """Each tile has a path of its own that leads back to it."""
    assert parse_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    "tile/0/0 tile/0/0000 tile/8/000 tile/10/000 tile/0/x000/000 tile/0/001/000 tile/0/x001 tile/0/000.p/0"
    " tile/0/000.p/256 tile/0/000.p/257 tile/0/000.p/01 tile/0/000.p tile/0/../0/000 /tile/0/000"
    " tile/data/000 tile/0/000/ tile/-1/000 tile/entries/000.p/999".split(),
)
def test_other_paths_are_refused(path):
    """A number with leading groups of zeros, a width of all, a path that climbs: none names a tile."""
    with pytest.raises(FormatError, match="no path of a tile"):
        parse_path(path)


@given(st.text(max_size=40))
def test_any_text_is_judged(text):
    """Whatever text is given, it is refused, or it is the one path of its tile."""
    try:
        tile = parse_path(f"tile/{text}")
    except FormatError:
        return
    assert tile.path == f"tile/{text}"


@given(st.integers(0, 10**18 - 1))
def test_indexes_read_back(index):
    """The groups of an index, put together, are its decimal."""
    assert int("".join(group.lstrip("x") for group in format_index(index).split("/"))) == index


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_entries_read_back(entries):
    """What went into a file of entries comes out."""
    assert parse_entries(format_entries(entries), len(entries)) == entries


@given(st.binary(max_size=200), st.integers(1, 5))
def test_any_bytes_are_entries_or_refused(data, width):
    """Whatever bytes are given, they are refused, or they are what those entries are written as."""
    try:
        found = parse_entries(data, width)
    except FormatError:
        return
    assert format_entries(found) == data


def test_limits():
    """An entry of 65,535 bytes fits, one more does not; hashes have 32 bytes each, no more and no fewer."""
    longest = bytes(MAX_ENTRY)
    assert parse_entries(format_entries([longest]), 1) == [longest]
    with pytest.raises(InputError):
        format_entries([longest + b"\0"])
    assert parse_hashes(bytes(64), 2) == [bytes(32)] * 2
    for length in (0, 63, 65, 96):
        with pytest.raises(FormatError):
            parse_hashes(bytes(length), 2)


@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_what_a_growing_tree_adds(one, other):
    """What an old tree has and what the new one adds is what the new one has, and no path changes."""
    old, new = sorted((one, other))
    whole, added = set(tiles(new)), list(tiles(new, old))
    assert len(added) == len(set(added))
    assert whole - set(tiles(old)) <= set(added) <= whole
    assert len({tile.path for tile in whole}) == len(whole)


def test_what_a_tree_has():
    """A tree of 70,000 leaves has three levels of tiles; those of each level hold its complete nodes."""
    held = {}
    for tile in tiles(70_000):
        assert tile.start == held.get(tile.level, 0)
        held[tile.level] = tile.start + tile.width
    assert held == {None: 70_000, 0: 70_000, 1: 273, 2: 1}
    assert list(tiles(0)) == []
