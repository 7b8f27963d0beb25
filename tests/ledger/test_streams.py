"""The cache of streams gives what a walk over the ledger gives, whatever becomes of its file."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mledger.caches.search import Wanted
from mledger.caches.streams import streams_file
from mledger.chain.history import Fact, Streams
from mledger.errors import StoreError
from mledger.events import base as events
from mledger.ledger import What
from mledger.reader import Reader
from mledger.testing.simulator import Simulator
from tests.ledger.company import MODEL, Company

NAMES = ("ledger", "model/a", "model/b", "model/a-b", "dataset/a.b")
SOMEWHERE = Path("somewhere.db")
DATED = "2026-01-01T00:00:00.000000Z"

groups = st.lists(
    st.lists(st.tuples(st.sampled_from(NAMES), st.booleans()), min_size=1, max_size=3), max_size=6
)


def items(group: list[tuple[str, bool]]) -> list[What]:
    """Comments on these streams, some of them dated."""
    body = events.build("comment.added", {"on": "0", "text": "x"})
    return [What(body, stream, DATED if dated else None) for stream, dated in group]


def cached(sim: Simulator) -> Reader:
    """A reader that keeps a cache, of a ledger in memory."""
    return Reader(sim.store, clock=sim.clock, path=SOMEWHERE)


def scan(reader: Reader, stream: str, start: int = 0, stop: int | None = None) -> list[Fact]:
    """The facts of a stream by walking over everything."""
    return [fact for fact in reader.facts(None, start, stop) if fact.stream == stream]


def assert_right(reader: Reader) -> None:
    """Whatever is asked of the cache is what a walk says."""
    size = reader.head.size
    for name in NAMES:
        expected = scan(reader, name)
        assert list(reader.facts(name)) == expected
        assert list(reader.facts(name, 1, size - 1)) == scan(reader, name, 1, size - 1)
        assert list(reader.newest(name)) == expected[::-1]
    some = frozenset(NAMES[1:3])
    assert list(reader.facts(some, 1)) == [fact for fact in reader.facts(None, 1) if fact.stream in some]
    assert reader.stream_names() == sorted({fact.stream for fact in reader.facts()})
    dated = sorted({fact.seq for fact in reader.facts() if fact.occurred != fact.time})
    assert reader.streams.dated(0, size) == dated


@given(before=groups, after=groups, reopened=st.booleans(), seed=st.integers(0, 2))
def test_the_cache_gives_what_a_walk_gives(
    before: list[list[tuple[str, bool]]], after: list[list[tuple[str, bool]]], reopened: bool, seed: int
) -> None:
    """Facts of a stream, forwards and backwards, are those of a walk, while the ledger grows.

    The caches of earlier examples lie under the same name and belong to other histories.
    """
    sim = Simulator(seed=str(seed))
    reader = cached(sim)
    for part in (before, after):
        for group in part:
            sim.clock.forward(seconds=1)
            sim.ledger().append_all(items(group))
        assert_right(reader)
        if reopened:
            reader.streams.close()
            reader = cached(sim)
    assert_right(reader)
    reader.streams.close()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(Path.unlink, id="deleted"),
        pytest.param(lambda path: path.write_bytes(b"no cache at all" * 999), id="garbage"),
        pytest.param(lambda path: path.write_bytes(b""), id="emptied"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:5000]), id="cut short"),
        pytest.param(
            lambda path: _garble(path, b"CREATE TABLE place", b"CREATE TABL\xff place"), id="no UTF-8"
        ),
        pytest.param(lambda path: (path.unlink(), path.mkdir()), id="a folder"),
        pytest.param(lambda path: shutil.rmtree(path.parent), id="folder deleted"),
        pytest.param(lambda path: (shutil.rmtree(path.parent), path.parent.touch()), id="no folder"),
    ],
)
def test_a_cache_may_go_at_any_time(spoil: Callable[[Path], None], company: Company) -> None:
    """Whatever becomes of the file while nobody uses it, the next reader reads the same."""
    company.say("One.")
    with company.reader() as reader:
        expected = list(reader.facts(MODEL))
        path = streams_file(reader.genesis.leaf)
    assert path.exists()
    spoil(path)
    for _ in range(2):
        with company.reader() as reader:
            assert list(reader.facts(MODEL)) == expected == scan(reader, MODEL)


def _garble(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))


def test_one_reader_may_doubt_its_cache_twice(company: Company) -> None:
    """A full verification walks the cache from its beginning each time."""
    with company.reader() as reader:
        list(reader.facts(MODEL))
        assert [reader.verify(full=True).findings for _ in range(3)] == [[], [], []]


@pytest.fixture
def grown(company: Company) -> Company:
    """A ledger whose cache has a few pages."""
    with company.open() as ledger:
        for number in range(60):
            ledger.append_all(items([(f"model/m{number}-{place}", place == 3) for place in range(9)]))
    return company


@given(damage=st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=40)), min_size=1))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_cache_deceives_nobody_for_long(grown: Company, damage: list[tuple[int, bytes]]) -> None:
    """A cache that was written over gives the right facts, or an error of ours, or is found in full."""
    wanted = ["model/m3-1", "model/m59-8", "ledger"]
    with grown.reader() as reader:
        right = [scan(reader, name) for name in wanted]
        assert [list(reader.facts(name)) for name in wanted] == right
        path = streams_file(reader.genesis.leaf)
    with path.open("r+b") as file:
        length = path.stat().st_size
        for place, data in damage:
            file.seek(place % length)
            file.write(data)
    with grown.reader() as reader:
        try:
            told = [list(reader.facts(name)) for name in wanted]
            found = reader.verify(full=True).findings
        except StoreError:
            assert not path.exists()
        else:
            assert told == right or {finding.rule for finding in found} == {"cache.wrong"}
    with grown.reader() as reader:
        assert [list(reader.facts(name)) for name in wanted] == right


def test_a_cache_that_another_process_began_anew_is_no_trap(company: Company) -> None:
    """Two who use one cache while one of them throws it away still read the same."""
    with company.open() as ledger:
        ledger.append_all(items([("model/a", False), ("model/b", False)]))
    with company.reader() as one, company.reader() as other:
        list(one.facts("model/a"))
        other.streams.clear()
        company.say("More.", stream="model/b")
        assert list(other.facts("model/b")) == scan(other, "model/b")
        company.say("And more.", stream="model/a")
        for reader in (one, other):
            for name in ("model/a", "model/b", MODEL):
                assert list(reader.facts(name)) == scan(reader, name)


def test_streams_in_turn_are_read_together() -> None:
    """Read one after the other, each stream says what it says alone; entries are read once for all."""
    sim = Simulator()
    sim.ledger().append_all(items([(name, False) for name in NAMES * 2]))
    history, (last, *names) = Reader(sim.store, clock=sim.clock).history(), NAMES
    expected = {name: list(history.of(name).facts()) for name in NAMES}
    read: list[Streams] = []

    def reading(streams: Streams, start: int, stop: int) -> Iterator[Fact]:
        read.append(streams)
        return history.read(streams, start, stop)

    each = replace(history, read=reading).each(names)
    found = {name: (list(seen.of(name).facts()), list(seen.of(last).facts())) for name, seen in each}
    assert found == {name: (expected[name], expected[last]) for name in names}
    assert read == [frozenset(names), last]


def test_a_cache_whose_disk_is_full_stops_nobody(company: Company) -> None:
    """What was to be read from it is read all the same, and it is good for the next one."""
    names = [f"model/m-{n}-{'x' * 90}" for n in range(300)]
    with company.reader() as reader, company.reader() as other:
        assert reader.streams.names() == ["ledger", MODEL]
        words = reader.words
        for connection in (reader.streams._connection, words._connection):
            assert connection.execute("PRAGMA synchronous").fetchone() == (1,)
            connection.execute("PRAGMA max_page_count = 1")
        with company.open() as ledger:
            ledger.append_all(items([(name, False) for name in names]))
        assert reader.streams.names() == sorted([*names, "ledger", MODEL])
        assert sum(reader.words.count(Wanted())["stream"].values()) == 304
        assert other.streams.names() == sorted([*names, "ledger", MODEL])
        assert other.verify(full=True).findings == []
