"""What only the store in a file can do, or must."""

import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mledger.chain.entry import Entry
from mledger.core.merkle import Node
from mledger.errors import InputError, IntegrityError, LockedError, StoreError
from mledger.stores.base import EMPTY_HEAD
from mledger.stores.sqlite import SqliteStore
from mledger.stores.sqlite_file import LARGEST
from mledger.stores.sqlite_schema import APPLICATION_ID, PAGE_SIZE, TABLES, TRIGGERS, VERSION
from mledger.testing.attachment_contract import kept
from mledger.testing.samples import head_after, refused, sample_entry, sample_run, sample_slot
from tests.stores.files import die_after_appending, ledger, raw

PROCESSES = 4
EACH = 100
APPENDS = """
import sys
from mledger.stores.base import EMPTY_HEAD
from mledger.stores.sqlite import SqliteStore
from mledger.testing.samples import append_retrying, sample_entry
with SqliteStore(sys.argv[1], timeout=60) as store:
    for number in range(int(sys.argv[3])):
        made = append_retrying(store, lambda seq: sample_entry(seq, by=f"{sys.argv[2]} {number}"))
        print(made.leaf.hex())
"""


def _pragma(db: sqlite3.Connection, name: str) -> object:
    value = db.execute(f"PRAGMA {name}").fetchone()[0]
    return value.decode() if isinstance(value, bytes) else value


# --- settings


def test_what_the_file_says_of_itself(tmp_path: Path) -> None:
    """The file carries our application id, its layout's version, large pages, and keeps a log."""
    db = raw(ledger(tmp_path / "ledger"))
    assert _pragma(db, "application_id") == APPLICATION_ID == 0x6D6C6467
    assert _pragma(db, "user_version") == VERSION
    assert _pragma(db, "page_size") == PAGE_SIZE == 8192
    assert _pragma(db, "journal_mode") == "wal"
    assert _pragma(db, "encoding") == "UTF-8"
    db.close()


def test_every_table_is_strict(tmp_path: Path) -> None:
    """Each table takes values of its columns' types only."""
    db = raw(ledger(tmp_path / "ledger"))
    strict = {name: flag for _, name, kind, _, _, flag in db.execute("PRAGMA table_list") if kind == "table"}
    assert {name: strict[name] for name in TABLES} == dict.fromkeys(TABLES, 1)
    with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT value in BLOB column"):
        db.execute("INSERT INTO entry VALUES (5, 'text', x'', '')")
    db.close()


def test_what_is_committed_is_synced(tmp_path: Path) -> None:
    """The connection that writes syncs each commit, and trusts no function in the schema."""
    with SqliteStore(ledger(tmp_path / "ledger")) as store:
        assert _pragma(store._own, "synchronous") == 2
        assert _pragma(store._own, "fullfsync") == 1
        assert _pragma(store._own, "trusted_schema") == 0
        with store._reading() as db:
            assert _pragma(db, "query_only") == 1
            assert _pragma(db, "trusted_schema") == 0


def test_a_log_that_was_turned_off_is_turned_on_again(tmp_path: Path) -> None:
    """A ledger that somebody put into another journal mode is put back by the next writer."""
    path = ledger(tmp_path / "ledger")
    db = raw(path)
    db.execute("PRAGMA journal_mode = DELETE")
    with SqliteStore(path, read_only=True) as store:
        assert list(store.entries()) == sample_run(0, 5)
    db.close()
    SqliteStore(path).close()
    db = raw(path)
    assert _pragma(db, "journal_mode") == "wal"
    db.close()


# --- a person with the sqlite3 shell


def test_a_person_can_read_what_is_in_it(tmp_path: Path) -> None:
    """Payload and body are text, JSON functions work on them, and an event says where it belongs."""
    slots = [sample_slot(f"{n}", body=b'{"title":"caf\xc3\xa9 %d"}' % n) for n in range(3)]
    db = raw(ledger(tmp_path / "ledger", [sample_entry(0), sample_entry(1, *slots)]))
    rows = db.execute("SELECT seq, idx, json_extract(body, '$.title') FROM event WHERE seq = 1").fetchall()
    assert rows == [(1, 0, "café 0"), (1, 1, "café 1"), (1, 2, "café 2")]
    assert db.execute("SELECT json_extract(payload, '$.seq') FROM entry").fetchall() == [(0,), (1,)]
    assert (
        "Only salt and body can be erased"
        in db.execute("SELECT group_concat(sql) FROM sqlite_schema").fetchone()[0]
    )
    db.close()


@pytest.mark.parametrize(
    "sql",
    [
        *(f"DELETE FROM {table}" for table in TABLES if table != "attachment"),
        "UPDATE attachment SET data = x'00'",
        "UPDATE entry SET payload = '{}'",
        "UPDATE entry SET seq = seq + 1000",
        "UPDATE node SET hash = x'00'",
        "UPDATE checkpoint SET note = 'x'",
        "UPDATE event SET id = x'00' WHERE n = 1000",
        "UPDATE event SET n = 9000 WHERE n = 1000",
        "UPDATE event SET governance = 1 WHERE n = 1000",
        "UPDATE event SET body = '{}' WHERE n = 1000",
        "UPDATE event SET body = NULL WHERE n = 1000",
        "UPDATE event SET salt = NULL WHERE n = 1000",
        "UPDATE event SET salt = NULL, body = NULL, id = x'00' WHERE n = 1000",
        "UPDATE event SET salt = NULL, body = NULL WHERE governance = 1",
        "INSERT OR REPLACE INTO entry VALUES (0, x'', x'', '')",
        "INSERT INTO entry VALUES (7, x'', x'', '')",
        "INSERT INTO entry VALUES (-1, x'', x'', '')",
    ],
)
def test_a_slip_is_refused(sql: str, tmp_path: Path) -> None:
    """Raw SQL that changes or removes what was recorded is refused, and changes nothing."""
    run, file = [sample_entry(0, sample_slot("a", governance=True)), *sample_run(1, 2)], kept(b"a file")
    path = ledger(tmp_path / "ledger", run)
    with SqliteStore(path) as store:
        store.append([sample_entry(3)], [Node(8, 0, bytes(32))], after=store.head(), attachments=[file])
        store.keep_checkpoint(4, b"note")
    db = raw(path)
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(sql)
    db.close()
    with SqliteStore(path, read_only=True) as store:
        assert list(store.entries()) == [*run, sample_entry(3)]
        assert store.hashes(8, 0, 1) == [bytes(32)]
        assert store.checkpoints() == [(4, b"note")]
        assert store.attachment(file.sha256) == file.data


def test_an_attachment_can_be_erased(tmp_path: Path) -> None:
    """A file that is kept can be taken out, and nothing is amiss then."""
    path, file = ledger(tmp_path / "ledger"), kept(b"a file")
    with SqliteStore(path) as store:
        store.append([sample_entry(5)], [], after=store.head(), attachments=[file])
    db = raw(path)
    db.execute("DELETE FROM attachment WHERE sha256 = ?", (file.sha256,))
    db.close()
    with SqliteStore(path, read_only=True) as store:
        assert store.attachments() == []
        assert not store.strays()


def test_an_event_can_be_erased(tmp_path: Path) -> None:
    """Salt and body of an event that governs nothing can be set to NULL together, and stay so."""
    path = ledger(tmp_path / "ledger")
    db = raw(path)
    db.execute("UPDATE event SET salt = NULL, body = NULL WHERE n = 2000")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("UPDATE event SET salt = x'00', body = '{}' WHERE n = 2000")
    db.close()
    with SqliteStore(path, read_only=True) as store:
        bodies = [slot.body for entry in store.entries() for slot in entry.slots]
        assert [body is None for body in bodies] == [False, False, True, False, False]
        assert not store.strays()


# --- cost


def _read_by(work: Callable[[], object]) -> int:
    """Bytes that this process reads from files while it works."""

    def count() -> int:
        return int(Path("/proc/self/io").read_text().split()[1])

    before = count()
    work()
    return count() - before


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="only Linux counts what a process reads")
def test_opening_costs_the_same_at_any_size(tmp_path: Path) -> None:
    """Opening a ledger, asking for its head and its last entry reads a few pages, however long it is."""

    def look(path: Path) -> Callable[[], object]:
        def work() -> None:
            with SqliteStore(path, read_only=True) as store:
                size, _ = store.head()
                list(store.entries(size - 1, size))

        return work

    small, large = ledger(tmp_path / "small", 10), ledger(tmp_path / "large", 20_000)
    assert large.stat().st_size > 40 * small.stat().st_size
    _read_by(look(small))
    assert _read_by(look(large)) < _read_by(look(small)) + 20 * PAGE_SIZE


def test_streaming_needs_memory_for_one_entry(tmp_path: Path) -> None:
    """Walking 64 MiB of bodies takes less than one."""
    entries = [sample_entry(n, sample_slot(f"{n}", body=bytes([n % 256]) * (1 << 20))) for n in range(64)]
    with SqliteStore(ledger(tmp_path / "ledger", entries)) as store:
        del entries
        tracemalloc.start()
        assert sum(1 for _ in store.entries()) == 64
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 4 << 20


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        ("SELECT n FROM event WHERE governance = 1 AND n >= 0 AND n < 9 ORDER BY n", "event_governance"),
        ("SELECT n FROM event WHERE id = x'00'", "event_id"),
    ],
)
def test_indexes_are_used(sql: str, index: str, tmp_path: Path) -> None:
    """Entries of governance and events by id are looked up, not searched for, and not sorted."""
    db = raw(ledger(tmp_path / "ledger"))
    plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert len(plan) == 1
    assert plan[0].startswith(f"SEARCH event USING COVERING INDEX {index}")
    db.close()


def test_sqlite_utils_is_loaded_only_to_make_a_file(tmp_path: Path) -> None:
    """Opening, appending and reading do not import sqlite-utils, which costs more than all of them."""
    program = """
import sys
from mledger.stores.base import EMPTY_HEAD
from mledger.stores.sqlite import SqliteStore
from mledger.testing.samples import sample_entry
for read_only in (True, False):
    with SqliteStore(sys.argv[1], read_only=read_only) as store:
        assert len(list(store.entries())) == 5
store = SqliteStore(sys.argv[1])
store.append([sample_entry(5)], [], after=store.head())
assert not store.strays()
print("sqlite_utils" in sys.modules)
SqliteStore(sys.argv[1] + "2", create=True)
print("sqlite_utils" in sys.modules)
"""
    path = ledger(tmp_path / "ledger")
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]


# --- the life of a store


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """After it is closed a store answers nothing, and closing it again is no error."""
    store = SqliteStore(ledger(tmp_path / "ledger"))
    store.close()
    store.close()
    for ask in (
        store.head,
        store.entries,
        store.strays,
        lambda: store.find(b""),
        lambda: store.append([], [], after=EMPTY_HEAD),
        lambda: store.keep_checkpoint(1, b""),
    ):
        assert "is closed" in refused(InputError, ask).message
    assert store.touched(), "nobody vouches for a file that is closed"


def test_a_stream_outlives_the_close(tmp_path: Path) -> None:
    """A stream that was begun may be walked to its end after the store is closed."""
    path = ledger(tmp_path / "ledger")
    store = SqliteStore(path)
    stream = store.entries()
    store.close()
    assert list(stream) == sample_run(0, 5)
    assert [found.name for found in tmp_path.iterdir()] == ["ledger"]


def test_what_is_opened_read_only_does_not_write(tmp_path: Path) -> None:
    """A store that was opened read-only refuses to append and to keep checkpoints."""
    with SqliteStore(ledger(tmp_path / "ledger"), read_only=True) as store:
        refused(InputError, lambda: store.append([sample_entry(5)], [], after=store.head()))
        refused(InputError, lambda: store.keep_checkpoint(1, b""))


def test_readers_follow_writers_of_other_stores(tmp_path: Path) -> None:
    """What one store appends another sees at once, read-only or not."""
    path = ledger(tmp_path / "ledger")
    with SqliteStore(path) as writer, SqliteStore(path) as other, SqliteStore(path, read_only=True) as reader:
        for seq in range(5, 20):
            (writer, other)[seq % 2].append([sample_entry(seq)], [], after=reader.head())
            assert list(reader.entries(seq)) == list(other.entries(seq)) == [sample_entry(seq)]


def test_a_copy_of_the_process_may_not_use_the_store(tmp_path: Path) -> None:
    """A store is refused in a forked process: SQLite's locks do not survive a fork."""
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    with SqliteStore(ledger(tmp_path / "ledger")) as store:
        pid = os.fork()
        if pid == 0:
            try:
                refused(StoreError, store.head)
                refused(StoreError, lambda: store.append([sample_entry(0)], [], after=EMPTY_HEAD))
                store.close()
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(pid, 0)[1] == 0
        store.append([sample_entry(5)], [], after=store.head())
        assert list(store.entries()) == sample_run(0, 6)


@pytest.mark.parametrize("read_only", [True, False], ids=["reading", "writing"])
def test_a_file_that_is_exchanged_is_noticed(read_only: bool, tmp_path: Path) -> None:
    """When another file is put in its place the store does not go on with the one that is gone."""
    path = ledger(tmp_path / "ledger")
    older = shutil.copy(path, tmp_path / "older")
    with SqliteStore(path, read_only=read_only) as store:
        assert store.head().size == 5
        Path(older).replace(path)
        assert "was replaced" in refused(StoreError, store.head).message
        if not read_only:
            refused(
                StoreError, lambda: store.append([sample_entry(5)], [], after=head_after(sample_run(0, 5)))
            )
    with SqliteStore(path, read_only=read_only) as store:
        assert store.head().size == 5


def test_a_file_that_is_gone_is_noticed(tmp_path: Path) -> None:
    """Nothing is appended to a file that has no name any more."""
    path = ledger(tmp_path / "ledger")
    with SqliteStore(path) as store:
        head = store.head()
        path.rename(tmp_path / "elsewhere")
        with pytest.raises(Exception, match="there is no ledger at"):
            store.append([sample_entry(5)], [], after=head)
        (tmp_path / "elsewhere").rename(path)
        store.append([sample_entry(5)], [], after=head)


# --- whether others wrote


@pytest.mark.parametrize("read_only", [True, False], ids=["reading", "writing"])
def test_writing_of_others_is_noticed(read_only: bool, tmp_path: Path) -> None:
    """A store knows whether another store, another program or an editor of bytes wrote to its file."""

    def append(path: Path) -> None:
        with SqliteStore(path) as other:
            other.append([sample_entry(5)], [], after=other.head())

    def by_sql(path: Path) -> None:
        db = raw(path)
        db.execute("UPDATE event SET salt = NULL, body = NULL WHERE n = 1000")
        db.close()

    def by_hand(path: Path) -> None:
        times = path.stat()
        with path.open("r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(b"!")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    for number, change in enumerate((append, by_sql, by_hand)):
        path = ledger(tmp_path / f"{number}.ledger")
        with SqliteStore(path, read_only=read_only) as store:
            list(store.entries())
            assert not store.touched()
            change(path)
            assert store.touched(), change.__name__


def test_writing_of_ones_own_is_not_noticed(tmp_path: Path) -> None:
    """Own appends and checkpoints, own readers and readers elsewhere do not count as others."""
    path = ledger(tmp_path / "ledger")
    with SqliteStore(path) as store:
        for entry in sample_run(5, 50):
            store.append([entry], [], after=store.head())
            store.keep_checkpoint(entry.seq, b"note")
            with SqliteStore(path, read_only=True) as reader:
                assert len(list(reader.entries())) == entry.seq + 1
        store._own.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store._seen = store._file.look()
        store.append([sample_entry(55)], [], after=store.head())
        assert not store.touched()


def test_writing_between_ones_own_is_noticed(tmp_path: Path) -> None:
    """What others wrote stays known after further writes of one's own."""
    path = ledger(tmp_path / "ledger")
    with SqliteStore(path) as store:
        with SqliteStore(path) as other:
            other.append([sample_entry(5)], [], after=other.head())
        store.append([sample_entry(6)], [], after=store.head())
        assert store.touched()


# --- rows that should not be there


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO event (n, id, governance) VALUES (5000, x'00', 0)",
        "INSERT INTO node VALUES (8, 0, x'00')",
    ],
)
def test_rows_in_the_way_are_tampering(sql: str, tmp_path: Path) -> None:
    """A row that stands where a new one must go is no conflict with another writer: somebody put it there."""
    path = ledger(tmp_path / "ledger")
    db = raw(path)
    db.execute(sql)
    db.close()
    with SqliteStore(path) as store:
        append = [sample_entry(5)], [Node(8, 0, bytes(32))]
        error = refused(IntegrityError, lambda: store.append(*append, after=store.head()))
        assert "rows where new ones must go" in error.message
        assert list(store.entries()) == sample_run(0, 5)


@pytest.mark.parametrize("size", [1 << 63, -(1 << 70), "text", None])
def test_what_is_no_size_is_refused(size: int, tmp_path: Path) -> None:
    """A checkpoint of no possible size is an error of the caller."""
    with SqliteStore(ledger(tmp_path / "ledger")) as store:
        refused(InputError, lambda: store.keep_checkpoint(size, b"note"))
        assert store.checkpoints() == []


@pytest.mark.parametrize(
    "broken",
    [
        sample_entry(5)._replace(leaf=None),
        sample_entry(5)._replace(leaf="text"),
        sample_entry(5)._replace(signature=7),
        sample_entry(5)._replace(payload=object()),
        sample_entry(5, sample_slot("x")._replace(id=None)),
        sample_entry(5, sample_slot("x")._replace(governance="yes")),
    ],
)
def test_what_is_no_entry_is_refused(broken: Entry, tmp_path: Path) -> None:
    """Values of wrong types are an error of the caller, and leave nothing behind."""
    with SqliteStore(ledger(tmp_path / "ledger")) as store:
        refused(InputError, lambda: store.append([broken], [], after=store.head()))
        store.append([sample_entry(5)], [], after=store.head())
        assert list(store.entries()) == sample_run(0, 6)


def test_what_is_too_large_is_refused(tmp_path: Path) -> None:
    """A body beyond any limit is an error of the caller, and leaves nothing behind."""
    with SqliteStore(ledger(tmp_path / "ledger")) as store:
        entry = sample_entry(5, sample_slot("huge", body=bytes(LARGEST)))
        refused(InputError, lambda: store.append([entry], [], after=store.head()))
        assert store.head().size == 5


# --- several processes


def _start(program: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_that_append_lose_and_double_nothing(tmp_path: Path) -> None:
    """Four processes that append a hundred entries each make one chain with all of them, each once."""
    path = ledger(tmp_path / "ledger", 0)
    workers = [_start(APPENDS, path, name, EACH) for name in range(PROCESSES)]
    taken = list(itertools.chain.from_iterable(worker.communicate()[0].split() for worker in workers))
    assert [worker.returncode for worker in workers] == [0] * PROCESSES
    with SqliteStore(path, read_only=True) as store:
        found = list(store.entries())
        assert not [line for line in store.strays() if not line.startswith("nodes")]
    assert [entry.seq for entry in found] == list(range(PROCESSES * EACH))
    assert sorted(entry.leaf.hex() for entry in found) == sorted(taken)


def test_a_writer_and_readers_in_other_processes(tmp_path: Path) -> None:
    """While a process appends, streams here see a beginning of what it writes, and never wait for it."""
    path = ledger(tmp_path / "ledger", 0)
    worker = _start(APPENDS, path, "w", EACH)
    with SqliteStore(path, read_only=True) as store, ThreadPoolExecutor(2) as pool:

        def read(_: int) -> int:
            run = list(store.entries())
            assert run == [sample_entry(seq, by=f"w {seq}") for seq in range(len(run))]
            return len(run)

        while worker.poll() is None:
            list(pool.map(read, range(4)))
    worker.communicate()
    assert worker.returncode == 0


def test_the_log_of_a_dead_process_is_read_by_all(tmp_path: Path) -> None:
    """What a process appended before it died is there for a reader that was open all the time."""
    path = ledger(tmp_path / "ledger")
    with SqliteStore(path, read_only=True) as store:
        assert store.head().size == 5
        die_after_appending(path, 2)
        assert list(store.entries()) == sample_run(0, 7)
        with SqliteStore(path) as other:
            other.append([sample_entry(7)], [], after=other.head())
        assert store.head().size == 8


def test_writers_that_wait_too_long_are_told(tmp_path: Path) -> None:
    """Of two processes, one that holds the file keeps the other out until its timeout."""
    path = ledger(tmp_path / "ledger")
    holder = raw(path)
    holder.execute("BEGIN IMMEDIATE")
    with SqliteStore(path, timeout=0.05) as store:
        refused(LockedError, lambda: store.keep_checkpoint(1, b""))
    holder.close()


def test_every_trigger_is_tested() -> None:
    """The table of slips above knows each trigger of the layout."""
    assert len(TRIGGERS) == 2 * len(TABLES)
