"""What somebody who owns the file can do behind our back, and the probes that find it."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from mledger.chain.entry import Entry
from mledger.core.merkle import Frontier
from mledger.errors import IntegrityError
from mledger.stores import sqlite_probes
from mledger.stores.sqlite import SqliteStore
from mledger.stores.sqlite_schema import INDEXES, PAGE_SIZE, TABLES, TRIGGERS
from mledger.testing.samples import refused, sample_entry, sample_run, sample_slot
from tests.stores.files import raw

SIZE = 600


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sound ledger: its tree complete, one event of governance, one entry of three events."""
    return _sound(tmp_path / "ledger")


def _sound(path: Path) -> Path:
    run = sample_run(0, SIZE)
    run[0] = sample_entry(0, sample_slot("opening", governance=True))
    run[7] = sample_entry(7, *(sample_slot(f"seven {n}") for n in range(3)))
    frontier = Frontier()
    with SqliteStore(path, create=True) as store:
        nodes = [node for entry in run for node in frontier.append(entry.leaf)]
        store.append(run, nodes, after=store.head())
    return path


def attack(path: Path, *statements: str) -> None:
    """Drop every trigger, run SQL, and put the triggers back, so that they tell nothing."""
    db = raw(path)
    for name in TRIGGERS:
        db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        db.execute(statement)
    for sql in TRIGGERS.values():
        db.execute(sql)
    db.close()


def strays(path: Path) -> list[str]:
    """What the probe says of the file."""
    with SqliteStore(path, read_only=True) as store:
        return store.strays()


def test_a_sound_ledger_has_no_strays(path: Path) -> None:
    """Nothing is said of a ledger that nobody touched, nor after an attack that did nothing."""
    assert strays(path) == []
    attack(path)
    assert strays(path) == []
    with SqliteStore(path) as store:
        assert store.duplicate_ids() == []


ROWS = {
    "an event taken out": ("DELETE FROM event WHERE n = 5000", "entry 5 has no event rows"),
    "the first of several taken out": ("DELETE FROM event WHERE n = 7000", "row 1, and no row 0"),
    "one in the middle taken out": ("DELETE FROM event WHERE n = 7001", "row 2, and no row 1"),
    "an event far behind the others": (
        "INSERT INTO event (n, id, governance) VALUES (7900, x'01', 0)",
        "entry 7 has an event row 900, and no row 3",
    ),
    "an event after the end": (
        f"INSERT INTO event (n, id, governance) VALUES ({SIZE * 1000}, x'01', 0)",
        f"event row {SIZE}.0 belongs to no entry",
    ),
    "an event before the beginning": (
        "INSERT INTO event (n, id, governance) VALUES (-5, x'01', 0)",
        "event row -1.995 belongs to no entry",
    ),
    "an entry taken out": ("DELETE FROM entry WHERE seq = 5", "entry 6 follows entry 4"),
    "the events of an entry taken out": (
        "DELETE FROM entry WHERE seq = 5",
        "event row 5.0 belongs to no entry",
    ),
    "the first entry taken out": ("DELETE FROM entry WHERE seq = 0", "the first entry is 1"),
    "an entry before the first": (
        "INSERT INTO entry VALUES (-1, x'00', x'00', '')",
        "the first entry is -1",
    ),
    "an entry far away": (
        "INSERT INTO entry VALUES (9000000, x'00', x'00', '')",
        f"entry 9000000 follows entry {SIZE - 1}",
    ),
    "a node taken out": ("DELETE FROM node WHERE idx = 0", "nodes 0 to 0 of level 8 are missing"),
    "the last node taken out": ("DELETE FROM node WHERE idx = 1", "nodes 1 to 1 of level 8 are missing"),
    "a node too many": ("INSERT INTO node VALUES (8, 2, x'00')", "node 2 of level 8 has no leaves under it"),
    "a node before the first": (
        "INSERT INTO node VALUES (16, -1, x'00')",
        "node -1 of level 16 has no leaves",
    ),
    "a node too high": ("INSERT INTO node VALUES (24, 0, x'00')", "node 0 of level 24 has no leaves"),
    "a node of another level": ("INSERT INTO node VALUES (3, 0, x'00')", "node 0 of level 3 is of a level"),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_that_do_not_fit_are_found(name: str, path: Path) -> None:
    """A row too many or too few is named, and nothing else is said to be wrong."""
    sql, line = ROWS[name]
    attack(path, sql)
    found = strays(path)
    assert any(line in stray for stray in found), found
    assert len(found) <= 4


def test_a_tail_cut_off_whole_leaves_its_nodes(path: Path) -> None:
    """Entries cut off with their events are betrayed by nodes of the tree that nobody would need."""
    attack(path, "DELETE FROM entry WHERE seq >= 500", "DELETE FROM event WHERE n >= 500000")
    assert strays(path) == ["node 1 of level 8 has no leaves under it"]


SCHEMA = {
    **{
        f"{name} dropped": ([f"DROP TRIGGER {name}"], [f"the trigger {name} is missing"]) for name in TRIGGERS
    },
    **{f"{name} dropped": ([f"DROP INDEX {name}"], [f"the index {name} is missing"]) for name in INDEXES},
    "a trigger made harmless": (
        [
            "DROP TRIGGER node_no_update",
            "CREATE TRIGGER node_no_update BEFORE UPDATE ON node BEGIN SELECT 1; END",
        ],
        ["the trigger node_no_update is not as mledger made it"],
    ),
    "an index no longer unique": (
        ["DROP INDEX event_id", "CREATE INDEX event_id ON event (id)"],
        ["the index event_id is not as mledger made it"],
    ),
    "a trigger of somebody else": (
        ["CREATE TRIGGER forge AFTER INSERT ON event BEGIN DELETE FROM node; END"],
        ["the trigger forge does not belong to a ledger"],
    ),
    "an index of somebody else": (
        ["CREATE INDEX quick ON event (salt)"],
        ["the index quick does not belong to a ledger"],
    ),
    "a table of somebody else": (
        ["CREATE TABLE note (x)", "CREATE VIEW seen AS SELECT 1"],
        ["the table note does not belong to a ledger", "the view seen does not belong to a ledger"],
    ),
    "statistics for the planner": (["ANALYZE"], []),
}


@pytest.mark.parametrize("name", SCHEMA)
def test_a_changed_schema_is_found(name: str, path: Path) -> None:
    """What was dropped, changed or added to the schema is named; what SQLite keeps for itself is not."""
    statements, lines = SCHEMA[name]
    db = raw(path)
    for statement in statements:
        db.execute(statement)
    db.close()
    assert strays(path) == lines


def test_a_ledger_whose_indexes_are_gone_is_still_read(path: Path) -> None:
    """Indexes and triggers are a matter of speed and of courtesy: without them everything is still there."""
    before = _entries(path)
    db = raw(path)
    for name in INDEXES:
        db.execute(f"DROP INDEX {name}")
    for name in TRIGGERS:
        db.execute(f"DROP TRIGGER {name}")
    db.close()
    assert _entries(path) == before
    with SqliteStore(path, read_only=True) as store:
        assert list(store.entries(governance=True)) == before[:1]
        assert store.find(before[5].slots[0].id) == (5, 0)


def _entries(path: Path) -> list[Entry]:
    with SqliteStore(path, read_only=True) as store:
        return list(store.entries())


def test_ids_that_stand_twice_are_found(path: Path) -> None:
    """The same event appended twice behind the unique index is found with all its places, in order."""
    ids = [_entries(path)[seq].slots[0].id for seq in (3, 7)]
    attack(
        path,
        "DROP INDEX event_id",
        *(
            f"INSERT INTO event (n, id, governance) VALUES ({n}, x'{ids[which].hex()}', 0)"
            for n, which in ((7003, 0), (599001, 1), (2001, 1))
        ),
        "CREATE INDEX event_id ON event (id)",
    )
    with SqliteStore(path, read_only=True) as store:
        found = dict(store.duplicate_ids())
    assert found == {ids[0]: [(3, 0), (7, 3)], ids[1]: [(2, 1), (7, 0), (599, 1)]}


def _rewrite_schema(path: Path, name: str, change: Callable[[str], str], *statements: str) -> None:
    """Run SQL while the schema says something else of a table or an index, and leave no sign of it."""
    sql = (TABLES | INDEXES)[name]
    for text, then in ((change(sql), statements), (sql, ())):
        db = raw(path)
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (text, name))
        db.close()
        db = raw(path)
        for statement in then:
            db.execute(statement)
        db.close()


def test_a_row_hidden_from_an_index_is_found(path: Path) -> None:
    """An event that was taken out of an index alone, so that nobody finds it, is betrayed by the count."""
    hidden = _entries(path)[5].slots[0].id
    _rewrite_schema(path, "event_id", lambda sql: f"{sql} WHERE n != 5000", "REINDEX event_id")
    with SqliteStore(path, read_only=True) as store:
        assert store.find(hidden) is None
        assert store.strays() == [f"the index event_id holds {SIZE + 1} rows, its table {SIZE + 2}"]


def test_a_row_that_an_index_calls_otherwise_is_found(path: Path) -> None:
    """An index that holds as many rows, and another id for one of them, is found by asking for each."""
    hidden = _entries(path)[5].slots[0].id
    _rewrite_schema(
        path,
        "event_id",
        lambda _: "CREATE UNIQUE INDEX event_id ON event (CASE n WHEN 5000 THEN x'00' ELSE id END)",
        "REINDEX event_id",
    )
    with SqliteStore(path, read_only=True) as store:
        assert store.find(hidden) is None
        assert store.strays() == ["the index event_id does not say what its table says of 1 rows"]


@pytest.mark.parametrize("flag", [2, -1])
def test_a_mark_that_is_neither_is_not_taken_for_one(flag: int, path: Path) -> None:
    """A mark of governance that is neither 0 nor 1 comes out as it is, equal to neither."""
    attack(path, f"UPDATE event SET governance = {flag} WHERE n = 5000")
    assert _entries(path)[5].slots[0].governance not in {True, False}


def test_governance_hidden_from_its_index_is_found(path: Path) -> None:
    """The same for the index by which entries of governance are found."""
    _rewrite_schema(path, "event_governance", lambda sql: f"{sql} AND n != 0", "REINDEX event_governance")
    with SqliteStore(path, read_only=True) as store:
        assert list(store.entries(governance=True)) == []
        assert store.strays() == ["the index event_governance holds 0 rows, its table 1"]


def test_values_of_another_type_come_out_as_bytes(path: Path) -> None:
    """A number or nothing at all in a column of bytes does not stop a reader, and is found."""
    attack_types = [
        "DROP TRIGGER entry_no_update",
        "UPDATE entry SET leaf = 5, signature = 1.5 WHERE seq = 3",
        "UPDATE entry SET payload = 7 WHERE seq = 4",
        TRIGGERS["entry_no_update"],
    ]
    _rewrite_schema(
        path, "entry", lambda sql: sql.replace(" STRICT", "").replace(" NOT NULL", ""), *attack_types
    )
    run = _entries(path)
    assert (run[3].leaf, run[3].signature, run[4].payload) == (
        b"5",
        b"1.5",
        b"7",
    )  # SQLite makes text of the last
    found = strays(path)
    assert len(found) == 2
    assert all(line.startswith("SQLite finds: ") for line in found)


def test_missing_values_come_out_as_no_bytes(path: Path) -> None:
    """NULL where something must stand comes out as no bytes at all, which fits no hash."""
    attack_nulls = [
        "DROP TRIGGER entry_no_update",
        "UPDATE entry SET leaf = NULL, payload = NULL WHERE seq = 3",
        TRIGGERS["entry_no_update"],
    ]
    _rewrite_schema(path, "entry", lambda sql: sql.replace(" NOT NULL", ""), *attack_nulls)
    entry = _entries(path)[3]
    assert (entry.leaf, entry.payload) == (b"", b"")
    assert "SQLite finds: NULL value in entry.leaf" in strays(path)


def test_a_broken_file_is_told_in_few_lines(path: Path) -> None:
    """However much is wrong, the list stays short and says how much it leaves out."""
    attack(path, "DELETE FROM event")
    found = strays(path)
    assert found[:2] == ["entry 0 has no event rows", "entry 1 has no event rows"]
    assert found[-1] == f"and {SIZE - sqlite_probes.MOST} more like the last"
    assert len(found) == sqlite_probes.MOST + 1


def test_a_row_that_would_fill_the_memory_is_not_read(path: Path) -> None:
    """A row of many mebibytes is an error before it is in memory."""
    attack(path, "UPDATE event SET body = CAST(zeroblob(30000000) AS TEXT) WHERE n = 7001")
    with SqliteStore(path, read_only=True) as store:
        tracemalloc.start()
        error = refused(IntegrityError, lambda: list(store.entries(7, 8)))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert "more in one row" in error.message
        assert store.strays() == []
    assert peak < 8 << 20


@pytest.mark.parametrize("page", range(1, 12))
def test_a_damaged_page_is_an_error_or_a_finding(page: int, path: Path) -> None:
    """A page of noise is never passed over: it changes what is read, or is an error, and the probe tells."""
    before = _entries(path)
    with path.open("r+b") as file:
        file.seek(page * PAGE_SIZE)
        file.write(b"\xa5" * PAGE_SIZE)
    with SqliteStore(path, read_only=True) as store:
        try:
            damaged = list(store.entries()) != before
        except IntegrityError as error:
            damaged = "damaged" in error.message
        found = store.strays()
    assert found
    assert any("SQLite" in line for line in found)
    assert damaged or page in _pages_without_entries(path)


def _pages_without_entries(path: Path) -> set[int]:
    """Pages, from 0, of indexes, nodes and checkpoints."""
    sound = _sound(path.with_name("sound"))
    db = raw(sound)
    rows = db.execute("SELECT pageno - 1 FROM dbstat WHERE name NOT IN ('entry', 'event')").fetchall()
    db.close()
    return {page for (page,) in rows}


def test_a_file_cut_short_under_way_is_an_integrity_error(path: Path) -> None:
    """A file that is cut while it is open is reported, not believed."""
    with SqliteStore(path, read_only=True) as store:
        assert store.head().size == SIZE
    with path.open("r+b") as file:
        file.truncate(PAGE_SIZE * 10)
    refused(IntegrityError, lambda: SqliteStore(path, read_only=True))
