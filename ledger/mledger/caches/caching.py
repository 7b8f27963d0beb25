"""Cache files: made anew where damaged, in memory where nothing is writable.

A cache holds what can be derived again from one ledger, so a power cut may take the end of it, but
nothing from its middle. It never stops anybody from reading: whatever is wrong with its file, there
is an empty cache instead.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

from mledger import folders
from mledger.chain.entry import Head
from mledger.chain.statement import NO_LEAF
from mledger.errors import LockedError, StoreError

_DAMAGED = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
_HELD = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_UNWRITABLE = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_IOERR_SHMSIZE,
    }
)


class UnwritableError(StoreError):
    """A cache is good as far as it goes, and cannot be written to."""


def cache_file(genesis: bytes, kind: str) -> Path:
    """Where the cache of one kind is kept for the ledger with this leaf of entry 0."""
    return folders.cache_folder() / f"{genesis.hex()}.{kind}"


def open_cache(file: Path, schema: str, version: int, redactions: int = 0) -> sqlite3.Connection:
    """A connection, in autocommit mode, to a cache with the tables of `schema`.

    `version` counts the schemas of this cache: one of another version is made anew. `redactions` counts
    those of the ledger: a cache from before the last one may hold what was erased, and is deleted.
    """
    with suppress(sqlite3.Error, StoreError, OSError):
        folders.make_private(file.parent)
        try:
            return _current(file, schema, version, redactions)
        except UnicodeDecodeError:
            pass  # SQLite quotes a damaged schema in its message
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in _DAMAGED:
                raise
        remove_cache(file)
        return _open(str(file), schema, version)
    return _open(":memory:", schema, version)


def open_temporary(schema: str, version: int) -> sqlite3.Connection:
    """A connection to a cache that nobody else sees, and that is gone when it is closed."""
    return _open("", schema, version)


@contextmanager
def guarded(file: Path) -> Iterator[None]:
    """Whatever asks an open cache goes through here: what is wrong with its file is no error of SQLite's.

    A damaged file is deleted, so that the cache is made anew when it is opened next.
    Errors: LockedError, UnwritableError, StoreError.
    """
    try:
        yield
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        code = getattr(error, "sqlite_errorcode", 0)
        if code & 0xFF in _HELD:
            raise LockedError(f"the cache {file} is held by another process", fix="try again") from error
        if code in _UNWRITABLE or code & 0xFF in _UNWRITABLE:
            fix = "free some space, or set MLEDGER_HOME to a folder on another disk"
            raise UnwritableError(f"the cache {file} cannot be written: {error}", fix=fix) from error
        with suppress(OSError):
            remove_cache(file)
        raise StoreError(f"the cache {file} was damaged and is gone", fix="open the ledger again") from error


class Reading:
    """A cache that reads one ledger on; its table `head` holds how far, and the leaf of that entry."""

    schema: ClassVar[str]
    version: ClassVar[int]

    def __init__(self, file: Path, redactions: int = 0, *, kept: bool = True) -> None:
        """Open the cache; where nothing can be written, in memory.

        One that is not `kept` is empty, and gone when it is closed.
        """
        self.path = file
        self.redactions = redactions
        if kept:
            self._connection = open_cache(file, self.schema, self.version, redactions)
        else:
            self._connection = open_temporary(self.schema, self.version)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def leave_disk(self) -> None:
        """Begin anew in a file that nobody sees, which is gone in the end."""
        self._connection.close()
        self._connection = open_temporary(self.schema, self.version)

    def clear(self) -> None:
        """Forget everything, to be read anew; one that cannot be written goes on where nobody sees it."""
        try:
            self._forget()
        except UnwritableError:
            self.leave_disk()

    def _forget(self) -> None:
        raise NotImplementedError

    @property
    def head(self) -> Head:
        """How far the ledger has been read, and the leaf of the last entry read."""
        with guarded(self.path):
            row = self._connection.execute("SELECT max(0, size), leaf FROM head").fetchone()
        return Head(*row) if row and None not in row else Head(0, NO_LEAF)


def remove_cache(file: Path) -> None:
    """Delete the file of a cache and what SQLite keeps beside it."""
    for end in ("", "-wal", "-shm"):
        Path(f"{file}{end}").unlink(missing_ok=True)


def _current(file: Path, schema: str, version: int, redactions: int) -> sqlite3.Connection:
    """The cache as it was left, or a new file if something was redacted since."""
    connection = _open(str(file), schema, version)
    if connection.execute("PRAGMA application_id").fetchone() != (redactions,):
        connection.close()
        remove_cache(file)
        connection = _open(str(file), schema, version)
        connection.execute(f"PRAGMA application_id = {redactions}")
    return connection


def _open(name: str, schema: str, version: int) -> sqlite3.Connection:
    connection = sqlite3.connect(name, isolation_level=None, timeout=5, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        (held,) = connection.execute("PRAGMA user_version").fetchone()
        if held != version:
            _make_anew(connection, schema, version)
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _make_anew(connection: sqlite3.Connection, schema: str, version: int) -> None:
    """Drop whatever is there and make the tables, within the transaction that is open."""
    for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        connection.execute(f'DROP TABLE IF EXISTS "{table}"')  # one brings others down
    for statement in filter(None, map(str.strip, schema.split(";"))):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {version}")
