"""What can be wrong with a path, and that opening it changes nothing."""

import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from sqlite_utils import Database

from mledger.errors import (
    FormatError,
    InputError,
    IntegrityError,
    LockedError,
    MledgerError,
    NotFoundError,
    StoreError,
)
from mledger.stores import sqlite_file, sqlite_schema
from mledger.stores.sqlite import SqliteStore
from mledger.stores.sqlite_schema import APPLICATION_ID, VERSION
from mledger.testing.samples import refused, sample_entry, sample_run
from tests.stores.files import die_after_appending, ledger, raw, state

Case = tuple[Callable[[Path], object], type[MledgerError], str]


def _foreign(path: Path, mode: str = "delete") -> sqlite3.Connection:
    db = raw(path)
    db.execute(f"PRAGMA journal_mode = {mode}")
    db.execute("CREATE TABLE entry (seq INTEGER PRIMARY KEY)")
    return db


def _foreign_with_log(path: Path) -> None:
    db = _foreign(path, "wal")
    db.execute("INSERT INTO entry VALUES (1)")
    log = Path(f"{path}-wal").read_bytes()
    db.close()
    Path(f"{path}-wal").write_bytes(log)


def _sql(*statements: str) -> Callable[[Path], object]:
    def change(path: Path) -> None:
        db = raw(ledger(path))
        for statement in statements:
            db.execute(statement)
        db.close()

    return change


def _bytes(change: Callable[[bytearray], object]) -> Callable[[Path], object]:
    def edit(path: Path) -> None:
        data = bytearray(ledger(path, 500).read_bytes())
        change(data)
        path.write_bytes(data)

    return edit


def _cut(data: bytearray) -> None:
    del data[len(data) // 2 :]


def _scribble(data: bytearray) -> None:
    data[100:8192] = os.urandom(8092)


CASES: dict[str, Case] = {
    "missing": (lambda path: None, NotFoundError, "there is no ledger at"),
    "a folder": (lambda path: path.mkdir(), InputError, "is a folder"),
    "a pipe": (os.mkfifo, InputError, "is not a file"),
    "empty": (lambda path: path.touch(), FormatError, "it is empty"),
    "text": (lambda path: path.write_text("a,b\n1,2\n" * 2000), FormatError, "no SQLite file"),
    "short text": (lambda path: path.write_text("a"), FormatError, "no SQLite file"),
    "noise": (lambda path: path.write_bytes(os.urandom(50_000)), FormatError, "no SQLite file"),
    "another database": (lambda path: _foreign(path).close(), FormatError, "of another program"),
    "another database, in use": (_foreign_with_log, FormatError, "of another program"),
    "a database without tables": (
        lambda path: raw(path).execute("VACUUM"),
        FormatError,
        "of another program",
    ),
    "a newer layout": (_sql(f"PRAGMA user_version = {VERSION + 1}"), FormatError, "newer mledger"),
    "a link to nothing": (lambda path: path.symlink_to("gone"), NotFoundError, "there is no ledger at"),
    "a link to itself": (lambda path: path.symlink_to(path.name), StoreError, "cannot be used"),
    "a table too few": (_sql("DROP TABLE node"), IntegrityError, "the table node is not"),
    "a table with one column more": (
        _sql("ALTER TABLE entry ADD COLUMN extra INTEGER"),
        IntegrityError,
        "the table entry is not",
    ),
    "a view for a table": (
        _sql("DROP TABLE event", "CREATE VIEW event AS SELECT 1 AS n"),
        IntegrityError,
        "the table event is not",
    ),
    "a file that only says it is a ledger": (
        lambda path: raw(path).execute(f"PRAGMA application_id = {APPLICATION_ID}"),
        FormatError,
        "of another program",
    ),
    "cut in half": (_bytes(_cut), IntegrityError, "damaged or cut short"),
    "cut to one page": (
        _bytes(lambda data: data.__delitem__(slice(8192, None))),
        IntegrityError,
        "cut short",
    ),
    "a scribbled first page": (_bytes(_scribble), IntegrityError, "damaged"),
}


@pytest.mark.parametrize("read_only", [True, False], ids=["reading", "writing"])
@pytest.mark.parametrize("name", CASES)
def test_what_is_no_ledger_is_refused_and_left_alone(name: str, read_only: bool, tmp_path: Path) -> None:
    """Each wrong thing at a path has an error of its own class, one line, a way out; nothing is written."""
    make, kind, words = CASES[name]
    path = tmp_path / "ledger"
    make(path)
    before = state(tmp_path)
    error = refused(kind, lambda: SqliteStore(path, read_only=read_only))
    assert words in error.message
    assert state(tmp_path) == before


@pytest.mark.parametrize("name", ["nul\0.ledger", "\0"])
def test_a_path_without_a_name_is_refused(name: str) -> None:
    """A path that no system takes is an error of the request."""
    refused(InputError, lambda: SqliteStore(name))


def test_a_parent_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """A path through a file leads nowhere."""
    parent = ledger(tmp_path / "file")
    refused(StoreError, lambda: SqliteStore(parent / "ledger"))


# --- creating


@pytest.mark.parametrize(
    "make",
    [
        Path.touch,
        Path.mkdir,
        ledger,
        lambda path: path.symlink_to("gone"),
        lambda path: _foreign(path).close(),
    ],
    ids=["an empty file", "a folder", "a ledger", "a link to nothing", "another database"],
)
def test_nothing_is_ever_overwritten(make: Callable[[Path], object], tmp_path: Path) -> None:
    """A ledger is only made where nothing is."""
    path = tmp_path / "ledger"
    make(path)
    before = state(tmp_path)
    assert "is there already" in refused(InputError, lambda: SqliteStore(path, create=True)).message
    assert state(tmp_path) == before


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_a_left_over_log_is_never_taken_in(suffix: str, tmp_path: Path) -> None:
    """The log of a ledger that is gone must not flow into a new one of the same name."""
    path = tmp_path / "ledger"
    Path(f"{path}{suffix}").write_bytes(b"old")
    refused(InputError, lambda: SqliteStore(path, create=True))
    assert not path.exists()


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    """A ledger is made in a folder that is there."""
    error = refused(NotFoundError, lambda: SqliteStore(tmp_path / "a" / "ledger", create=True))
    assert error.fix == f"mkdir -p {tmp_path / 'a'}"
    assert not list(tmp_path.iterdir())


def test_a_new_ledger_is_not_read_only(tmp_path: Path) -> None:
    """To create and not to write is a contradiction."""
    refused(InputError, lambda: SqliteStore(tmp_path / "ledger", create=True, read_only=True))
    assert not list(tmp_path.iterdir())


def test_a_new_ledger_is_one_whole_file(tmp_path: Path) -> None:
    """Once it is created and closed, a ledger is one file, without a draft or a log beside it."""
    SqliteStore(tmp_path / "ledger", create=True).close()
    assert [path.name for path in tmp_path.iterdir()] == ["ledger"]
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "ledger").stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize("fails", [PermissionError(1, "no links"), OSError(95, "not supported")])
def test_a_disk_without_links_will_do(
    fails: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file system knows no hard links the name is claimed first and then filled."""

    def link(*_: object) -> None:
        raise fails

    monkeypatch.setattr(os, "link", link)
    path = ledger(tmp_path / "ledger")
    assert [found.name for found in tmp_path.iterdir()] == ["ledger"]
    refused(InputError, lambda: SqliteStore(path, create=True))


def test_a_name_taken_at_the_last_moment_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two who make the same ledger at once, one is told that it is there."""
    path, link = tmp_path / "ledger", os.link

    def late(draft: str, wanted: str) -> None:
        path.write_text("mine")
        link(draft, wanted)

    monkeypatch.setattr(os, "link", late)
    refused(InputError, lambda: SqliteStore(path, create=True))
    assert path.read_text() == "mine"
    assert [found.name for found in tmp_path.iterdir()] == ["ledger"]


def test_an_old_sqlite_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python with a SQLite that knows no strict tables is told so."""
    path = ledger(tmp_path / "ledger")
    monkeypatch.setattr(sqlite_file.sqlite3, "sqlite_version_info", (3, 34, 1))
    for create in (True, False):
        assert "3.37.0" in refused(StoreError, lambda create=create: SqliteStore(path, create=create)).message


# --- opening what is there


def test_reading_leaves_no_trace(tmp_path: Path) -> None:
    """A ledger that was opened read-only, read and closed is as it was, and alone in its folder."""
    path = ledger(tmp_path / "ledger")
    before = state(tmp_path)
    with SqliteStore(path, read_only=True) as store:
        assert list(store.entries()) == sample_run(0, 5)
        assert not store.strays()
        assert not store.touched()
    assert state(tmp_path) == before


def test_reading_leaves_the_log_of_others_alone(tmp_path: Path) -> None:
    """A log that somebody left behind is read, and neither trimmed nor taken away."""
    path = ledger(tmp_path / "ledger")
    die_after_appending(path, 3)
    with SqliteStore(path, read_only=True) as store:
        assert list(store.entries()) == sample_run(0, 8)
    assert Path(f"{path}-wal").stat().st_size > 0


def test_opening_to_write_takes_in_the_log(tmp_path: Path) -> None:
    """What a process that died had appended is there for the next, and the log is gone after it."""
    path = ledger(tmp_path / "ledger")
    die_after_appending(path, 3)
    with SqliteStore(path) as store:
        assert list(store.entries()) == sample_run(0, 8)
    assert [found.name for found in tmp_path.iterdir()] == ["ledger"]


def test_a_link_leads_to_the_ledger(tmp_path: Path) -> None:
    """A symbolic link is followed, and the log lies beside the file itself."""
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").mkdir()
    link = tmp_path / "linked" / "ledger"
    link.symlink_to(ledger(tmp_path / "real" / "ledger"))
    with SqliteStore(link) as store:
        store.append([sample_entry(5)], [], after=store.head())
        assert (tmp_path / "real" / "ledger-wal").exists()
        assert list((tmp_path / "linked").iterdir()) == [link]
    with SqliteStore(link, read_only=True) as store:
        assert store.head().size == 6


@pytest.mark.parametrize(
    "name", ["a b", "50%25", "what?mode=memory", "a#b", "\N{SNOWMAN} é", "'quoted'", ":memory:"]
)
def test_any_name_will_do(name: str, tmp_path: Path) -> None:
    """Characters that mean something in a URI or in SQL are part of a file's name."""
    path = ledger(tmp_path / name)
    with SqliteStore(path, read_only=True) as store:
        assert store.head().size == 5
    assert [found.name for found in tmp_path.iterdir()] == [name]


def test_a_name_need_not_be_unicode(tmp_path: Path) -> None:
    """A file name is bytes."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.ledger"))
    with SqliteStore(ledger(path)) as store:
        assert store.head().size == 5


def test_a_relative_path_is_kept_whatever_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store does not lose its file when the process goes to another folder."""
    ledger(tmp_path / "ledger")
    monkeypatch.chdir(tmp_path)
    with SqliteStore("ledger") as store:
        monkeypatch.chdir("/")
        assert store.head().size == 5
        store.append([sample_entry(5)], [], after=store.head())


def test_an_older_layout_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of an older layout is migrated by whoever opens it to write, and named to who only reads."""
    path = ledger(tmp_path / "ledger")
    before = state(tmp_path)

    def second(db: Database) -> None:
        db.execute("CREATE TABLE later (x)")

    monkeypatch.setattr(sqlite_schema, "STEPS", (*sqlite_schema.STEPS, second))
    for module in (sqlite_schema, sqlite_file):
        monkeypatch.setattr(module, "VERSION", VERSION + 1)
    assert "older layout" in refused(FormatError, lambda: SqliteStore(path, read_only=True)).message
    assert state(tmp_path) == before
    with SqliteStore(path) as store:
        assert list(store.entries()) == sample_run(0, 5)
    with SqliteStore(path, read_only=True) as store:
        assert store.strays() == ["the table later does not belong to a ledger"]
    monkeypatch.undo()
    refused(FormatError, lambda: SqliteStore(path))


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps are taken in one transaction: a file is of the old layout or of the new one."""
    path = ledger(tmp_path / "ledger")

    def second(db: Database) -> None:
        db.execute("CREATE TABLE later (x)")
        db.execute("CREATE TABLE entry (x)")

    monkeypatch.setattr(sqlite_schema, "STEPS", (*sqlite_schema.STEPS, second))
    for module in (sqlite_schema, sqlite_file):
        monkeypatch.setattr(module, "VERSION", VERSION + 1)
    refused(IntegrityError, lambda: SqliteStore(path))
    monkeypatch.undo()
    with SqliteStore(path) as store:
        assert list(store.entries()) == sample_run(0, 5)
        assert not store.strays()


# --- others have it


def test_a_writer_waits_and_then_says_that_it_is_locked(tmp_path: Path) -> None:
    """Whoever cannot write in time is told so, and reading goes on meanwhile."""
    path = ledger(tmp_path / "ledger")
    other = raw(path)
    with SqliteStore(path, timeout=0.05) as store, SqliteStore(path, read_only=True, timeout=0.05) as reader:
        other.execute("BEGIN IMMEDIATE")
        refused(LockedError, lambda: store.append([sample_entry(5)], [], after=store.head()))
        assert list(store.entries()) == list(reader.entries()) == sample_run(0, 5)
        other.execute("ROLLBACK")
        store.append([sample_entry(5)], [], after=store.head())
        assert reader.head().size == 6
    other.close()


@pytest.mark.parametrize("read_only", [True, False], ids=["reading", "writing"])
def test_a_file_held_alone_is_locked(read_only: bool, tmp_path: Path) -> None:
    """Whoever meets a file that somebody holds for himself alone is told so."""
    path = ledger(tmp_path / "ledger")
    other = raw(path)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    refused(LockedError, lambda: SqliteStore(path, read_only=read_only, timeout=0.05))
    other.close()


def test_a_thread_that_waits_too_long_says_so(tmp_path: Path) -> None:
    """Threads of one store queue for the writer, and no longer than the timeout."""
    with SqliteStore(ledger(tmp_path / "ledger"), timeout=0.05) as store:
        with store.hold(), ThreadPoolExecutor(1) as other:
            append = partial(store.append, [sample_entry(5)], [], after=store.head())
            other.submit(refused, LockedError, append).result()
        store.append([sample_entry(5)], [], after=store.head())
