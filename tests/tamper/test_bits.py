"""No stored bit can be flipped without being found, and no damage to the file ends in a traceback."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st

from mledger.chain.history import Fact
from mledger.chain.verification import Verification
from mledger.errors import MledgerError
from mledger.ledger import Ledger
from mledger.stores import open_store
from mledger.stores.sqlite_schema import PAGE_SIZE
from mledger.testing.simulator import Clock, Simulator, signer_of
from mledger.testing.tamper import World, hands_on
from mledger.testing.tamper.world import BOB, MODEL, Company

# Each table with the columns of its rows, in order, and those that hold text.
TABLES = {
    "entry": ("seq", "leaf", "signature", "payload"),
    "event": ("n", "id", "governance", "salt", "body"),
    "node": ("level", "idx", "hash"),
    "checkpoint": ("size", "note"),
    "attachment": ("sha256", "data"),
}
TEXT = {"payload", "body", "note"}
FIELDS = [(table, column) for table, columns in TABLES.items() for column in columns]
INTEGER_BITS = 64


class Flip(NamedTuple):
    """One bit of one field: the row's place in its table and the bit's place in the field, wrapped."""

    table: str
    column: str
    row: int
    bit: int


flips = st.builds(
    lambda field, row, bit: Flip(*field, row, bit),
    st.sampled_from(FIELDS),
    st.integers(0, 1 << 16),
    st.integers(0, 1 << 16),
)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A ledger of 16 entries with a checkpoint, which is verified in a moment."""
    world = World(tmp_path_factory.mktemp("small"), Clock())
    with closing(open_store(world.path, create=True)) as store:
        company = Company(store, world.clock)
        company.found()
        company.carry_on(16)
        company.checkpoint()
    return world


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the copy lies that the examples spoil, one after the other."""
    return tmp_path_factory.mktemp("copy")


def fresh(world: World, folder: Path) -> World:
    """A new copy of the ledger's file alone, which no machine remembers."""
    copied = World(folder, world.clock)
    for end in ("-wal", "-shm"):
        Path(f"{copied.path}{end}").unlink(missing_ok=True)
    shutil.copyfile(world.path, copied.path)
    return copied


def flip(db: sqlite3.Connection, found: Flip) -> tuple[tuple, tuple]:
    """Flip the bit, and give the row as it was and as it is; SQLite's IntegrityError if one stands there."""
    columns = TABLES[found.table]
    (rows,) = db.execute(f"SELECT count(*) FROM {found.table}").fetchone()
    names = ", ".join(columns)
    row = db.execute(f"SELECT {names} FROM {found.table} LIMIT 1 OFFSET ?", (found.row % rows,)).fetchone()
    place = columns.index(found.column)
    turned = (*row[:place], _flipped(row[place], found.bit), *row[place + 1 :])
    exchange(db, found.table, row, turned)
    return row, turned


def exchange(db: sqlite3.Connection, table: str, old: tuple, new: tuple) -> None:
    """Put a row in the place of another."""
    columns = TABLES[table]
    keys = [f"{name} = {_value(name)}" for name in columns[: 1 if table in {"entry", "event"} else 2]]
    db.execute(f"DELETE FROM {table} WHERE {' AND '.join(keys)}", old[: len(keys)])
    values = ", ".join(_value(name) for name in columns)
    db.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})", new)


def _value(column: str) -> str:
    return "CAST(? AS TEXT)" if column in TEXT else "?"


def _flipped(value: int | bytes, bit: int) -> int | bytes:
    if isinstance(value, int):
        turned = (value ^ (1 << bit % INTEGER_BITS)) & ((1 << INTEGER_BITS) - 1)
        return turned - (1 << INTEGER_BITS) if turned >> (INTEGER_BITS - 1) else turned
    spoiled = bytearray(value)
    place, in_byte = divmod(bit % (8 * len(value)), 8)
    spoiled[place] ^= 1 << in_byte
    return bytes(spoiled)


def verify(world: World) -> Verification:
    """What the file alone shows."""
    return world.verify(full=True)


def _check(world: World, folder: Path, found: Flip) -> None:
    spoiled = fresh(world, folder)
    try:
        with hands_on(spoiled) as db:
            flip(db, found)
    except sqlite3.IntegrityError:
        assume(False)  # another row stands there: not even SQLite takes it
    verification = verify(spoiled)
    assert verification.exit_code == 3
    assert verification.level is None


@given(flips.filter(lambda found: found.table != "node"))
@settings(max_examples=150)
def test_a_flipped_bit_is_found(small: World, copy: Path, found: Flip) -> None:
    """Whatever bit of whatever stored field is flipped, the file alone shows it."""
    _check(small, copy, found)


@given(flips)
@example(Flip("event", "governance", 20, 1))
@example(Flip("event", "governance", 0, 0))
@example(Flip("entry", "seq", 299, 52))
@example(Flip("entry", "seq", 299, 63))
@example(Flip("node", "level", 0, 3))
@example(Flip("checkpoint", "size", 0, 0))
@settings(max_examples=40)
def test_a_flipped_bit_is_found_in_a_tree_with_nodes(template: World, copy: Path, found: Flip) -> None:
    """The same where the ledger is long enough to store nodes of its tree."""
    _check(template, copy, found)


def test_nothing_flipped_is_nothing_found(small: World, template: World, copy: Path) -> None:
    """The ledgers whose bits are flipped are clean before that."""
    for world in (small, template):
        spoiled = fresh(world, copy)
        with hands_on(spoiled):
            pass
        assert verify(spoiled).exit_code == 0


def _all_flips(path: Path, tables: tuple[str, ...]) -> Iterator[Flip]:
    with closing(sqlite3.connect(path)) as db:
        for table in tables:
            for column in TABLES[table]:
                sizes = f"SELECT length(CAST({column} AS BLOB)), typeof({column}) FROM {table}"
                for row, (size, kind) in enumerate(db.execute(sizes).fetchall()):
                    bits = INTEGER_BITS if kind == "integer" else 8 * size
                    yield from (Flip(table, column, row, bit) for bit in range(bits))


@pytest.mark.slow
@pytest.mark.parametrize("tables", [("entry", "event", "checkpoint"), ("node",)], ids=["rows", "nodes"])
def test_every_single_bit_is_found(tables: tuple[str, ...], template: World, tmp_path: Path) -> None:
    """Not one bit of a small ledger, nor of the nodes of a larger one, can be flipped unseen."""
    world = fresh(template, tmp_path) if tables == ("node",) else _tiny(tmp_path)
    # The guards stay dropped, which is found each time: what counts is what is found besides.
    with hands_on(World(tmp_path, world.clock, tidy=False)):
        pass
    usual, unseen, tried = set(verify(world).findings), [], 0
    with closing(sqlite3.connect(world.path, isolation_level=None)) as db:
        db.text_factory = bytes
        db.execute("PRAGMA synchronous = OFF")
        for found in list(_all_flips(db, tables)):
            db.execute("BEGIN")
            try:
                old, new = flip(db, found)
            except sqlite3.IntegrityError:  # another row stands there
                db.execute("ROLLBACK")
                continue
            db.execute("COMMIT")
            if set(verify(world).findings) <= usual:
                unseen.append(found)
            exchange(db, found.table, new, old)
            tried += 1
        assert set(verify(world).findings) == usual
    assert unseen == []
    assert tried > 100


def _tiny(folder: Path) -> World:
    """A ledger of three entries and a checkpoint."""
    world = World(folder, Clock())
    with closing(open_store(world.path, create=True)) as store:
        sim = Simulator(store)
        sim.enrol("Bob Example", "reviewer")
        sim.append("comment.added", "ledger", {"on": "1", "text": "Welcome."}, by="Bob Example")
        sim.ledger().checkpoint()
    return World(folder, sim.clock)


def _all_flips(db: sqlite3.Connection, tables: tuple[str, ...]) -> Iterator[Flip]:
    for table in tables:
        for column in TABLES[table]:
            sizes = f"SELECT length(CAST({column} AS BLOB)), typeof({column}) FROM {table}"
            for row, (size, kind) in enumerate(db.execute(sizes).fetchall()):
                bits = INTEGER_BITS if kind == b"integer" else 8 * size
                yield from (Flip(table, column, row, bit) for bit in range(bits))


# --- damage past SQL

places = st.one_of(
    st.integers(0, 1 << 24),
    # The headers of pages, where a byte changes most.
    st.builds(lambda page, offset: page * PAGE_SIZE + offset, st.integers(0, 1 << 10), st.integers(0, 120)),
)
damages = st.lists(st.tuples(places, st.binary(min_size=1, max_size=24)), min_size=1, max_size=4)


@pytest.mark.parametrize("size", ["small", "large"])
@given(damage=damages)
@settings(max_examples=120)
def test_a_damaged_file_is_never_shown_as_whole(
    size: str, small: World, template: World, copy: Path, damage: list[tuple[int, bytes]]
) -> None:
    """Bytes written over the file are an error of ours, a finding, or stand where nothing is stored."""
    world = small if size == "small" else template
    spoiled = fresh(world, copy)
    with spoiled.path.open("r+b") as file:
        length = spoiled.path.stat().st_size
        for place, data in damage:
            file.seek(place % length)
            file.write(data)
    outcome = _outcome(spoiled)
    event(outcome if isinstance(outcome, str) else "clean")
    if not isinstance(outcome, str):
        assert outcome == facts_of(world)
    _append_or_refuse(spoiled)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"CREATE TABLE entry", b"CREATE TABL\xff entry"),
        (b"-- One signed statement", b"--\xff\xffOne signed statement"),
        (b"tableentryentry", b"table\xffntryentry"),
        (b"indexevent_idevent", b"indexevent_i\xffevent"),
        (b"entry_no_update", b"entry_no_updat\xff"),
    ],
)
def test_a_schema_that_is_no_text_is_damage(small: World, tmp_path: Path, old: bytes, new: bytes) -> None:
    """Where the schema holds bytes that are no UTF-8, opening the ledger or verifying it says so."""
    spoiled = fresh(small, tmp_path)
    data = spoiled.path.read_bytes()
    assert old in data
    spoiled.path.write_bytes(data.replace(old, new))
    assert _outcome(spoiled) in {"IntegrityError", "findings"}
    _append_or_refuse(spoiled)


def facts_of(world: World) -> list[Fact]:
    """Every fact of a ledger."""
    with world.reader(memory=False) as reader:
        return list(reader.facts())


def _outcome(world: World) -> str | list[Fact]:
    """The class of the error, or "findings", or all facts of a ledger that verifies clean."""
    try:
        verification = world.verify()
    except MledgerError as error:
        return type(error).__name__
    if verification.exit_code:
        with suppress(MledgerError):
            facts_of(world)
        return "findings"
    return facts_of(world)


def _append_or_refuse(world: World) -> None:
    """Appending to a damaged file works or is an error of ours."""
    with suppress(MledgerError), Ledger.open(world.path, clock=world.clock, key=signer_of(BOB)) as ledger:
        ledger.append("comment.added", MODEL, {"on": "5", "text": "Is anybody there?"})
