"""What is wrong with a cache of words or of states stops nobody from reading."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mledger.caches.search import Wanted
from mledger.caches.snapshots import Snapshot, Snapshots, snapshots_file
from mledger.caches.streams import streams_file
from mledger.chain.entry import Entry
from mledger.errors import RetryError
from mledger.folding import NAME, overview_at
from mledger.projections.overview import overview
from mledger.reader import Reader
from mledger.stores.sqlite import SqliteStore
from tests.ledger.company import MODEL, Company

damages = st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=40)), min_size=1)


@pytest.mark.parametrize(
    "state", [b"", b"garbage", *map(zlib.compress, (b"", b"\xff", b"[]", b'{"models": 5}'))]
)
def test_a_state_that_is_none_is_passed_over(state: bytes, company: Company) -> None:
    """A snapshot that cannot be read is thrown away, and the overview folded from the opening."""
    with company.reader() as reader:
        expected = overview.fold(reader.facts())
        with closing(Snapshots(reader.genesis.leaf)) as snapshots:
            snapshots.keep(NAME, Snapshot(3, reader.entry(2).leaf, state))
        for _ in range(2):
            assert overview_at(reader, reader.history()) == expected
        assert reader.verify(full=True).findings == []


def _spoil(path: Path, damage: list[tuple[int, bytes]]) -> None:
    with path.open("r+b") as file:
        length = path.stat().st_size
        for place, data in damage:
            file.seek(place % length)
            file.write(data)


def _search(company: Company) -> Callable[[], object]:
    def search() -> object:
        with company.reader() as reader:
            found = list(reader.search(Wanted("credit")))
            counts = reader.words.count(Wanted("credit"))
            # What a search shows is read from the ledger, whatever the cache says.
            assert set(found) <= set(reader.facts())
        return found, counts

    return search


def _fold(company: Company) -> Callable[[], object]:
    def fold() -> object:
        with company.reader() as reader:
            return overview_at(reader, reader.history())

    return fold


@pytest.mark.parametrize(("kind", "ask"), [("words", _search), ("snapshots", _fold)])
@given(damage=damages)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_cache_is_no_error_of_sqlite(
    kind: str,
    ask: Callable[[Company], Callable[[], object]],
    company: Company,
    damage: list[tuple[int, bytes]],
) -> None:
    """A cache that was written over answers, or says that it is gone, and then answers anew."""
    answer = ask(company)
    with company.reader() as reader:
        path = snapshots_file(reader.genesis.leaf).with_suffix(f".{kind}")
        with closing(Snapshots(reader.genesis.leaf)) as snapshots:
            snapshots.keep(NAME, Snapshot(3, reader.entry(2).leaf, b"garbage"))
    right = answer()
    _spoil(path, damage)
    try:
        answer()
    except RetryError:
        assert not path.exists()
    path.unlink(missing_ok=True)
    assert answer() == right == answer()


@pytest.mark.parametrize("kind", ["streams", "words", "snapshots"])
def test_what_is_damaged_can_be_rebuilt(kind: str, company: Company) -> None:
    """Whatever state a cache is in, it is derived again from the ledger."""
    with company.reader() as reader:
        right = reader.rebuild()
        file = streams_file(reader.genesis.leaf).with_suffix(f".{kind}")
    _spoil(file, [(place, b"garbage") for place in range(0, file.stat().st_size, 500)])
    with company.reader() as reader:
        assert reader.rebuild() == right
        assert reader.verify(full=True).findings == []


class _Busy(SqliteStore):
    """A store of whose users another one is quicker: it reads on just after all was read here."""

    rival: Callable[[], object] | None = None

    def entries(self, start: int = 0, stop: int | None = None, **how: bool) -> Iterator[Entry]:
        yield from super().entries(start, stop, **how)
        if self.rival is not None and not how:
            rival, self.rival = self.rival, None
            rival()


def test_what_cannot_be_written_stops_no_verification(company: Company) -> None:
    """A wrong cache on a disk that takes nothing any more is found, and reading goes on beside it."""
    with company.reader() as reader:
        connection = reader.streams._connection
        connection.execute("DELETE FROM place WHERE seq = 3")
        connection.execute("PRAGMA query_only = ON")  # answers a write as a full disk does
        assert {finding.rule for finding in reader.verify(full=True).findings} == {"cache.wrong"}
        assert [fact.number for fact in reader.facts(MODEL)] == ["3"]


def test_what_others_read_on_meanwhile_is_not_wrong(company: Company, monkeypatch) -> None:
    """While a verification doubts the caches, another process reads them on: both stay, and are right."""
    monkeypatch.setattr("mledger.verification.verifying.SPAN", 2)
    search = _search(company)
    with company.reader() as reader:
        reader.streams.names()
    search()
    for text in ("Two", "more"):
        company.say(text, stream="model/other")

    def stream_names(done: int, _total: int) -> None:
        if done == 2:
            with company.reader() as other:
                other.streams.names()

    with Reader(_Busy(company.path, read_only=True), clock=company.clock, path=company.path) as reader:
        reader.progress = stream_names
        assert reader.genesis.seq == 0
        assert reader.verify(full=True).findings == []
        reader.store.rival = search
        assert reader.wrong_words() is None
