"""Connections for reading one file, lent to one user at a time."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from mledger.errors import InputError
from mledger.stores.sqlite_errors import translated
from mledger.stores.sqlite_file import LedgerFile

IDLE = 4


class Readers:
    """Read connections that are made when needed and kept for the next reader.

    A connection is lent, not bound to a thread: any number of threads may read at once, each in a snapshot
    of its own, and a stream may be begun in one thread and walked in another.
    """

    def __init__(self, file: LedgerFile) -> None:
        """Lend connections to `file`; none is made yet."""
        self._file = file
        self._lock = Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees the file as it is at its first read, until the block ends."""
        db = self._lend()
        with translated(self._file.path):
            try:
                db.execute("BEGIN")
                yield db
                if self._file.frozen:
                    self._file.check_same()
            except GeneratorExit:  # a stream that is not walked to its end, and no failure
                self._take_back(db)
                raise
            except BaseException:
                self._give_back(db)
                raise
            self._take_back(db)

    def _lend(self) -> sqlite3.Connection:
        self._file.check_same()
        with self._lock:
            if self._closed:
                raise InputError(f"the store of {self._file.path} is closed", fix="open it again")
            if self._idle:
                return self._idle.pop()
        return self._file.reader()

    def _take_back(self, db: sqlite3.Connection) -> None:
        db.execute("ROLLBACK")
        with self._lock:
            if not self._closed and len(self._idle) < IDLE:
                self._idle.append(db)
                return
        self._give_back(db)

    def _give_back(self, db: sqlite3.Connection) -> None:
        db.close()
        if self._closed:  # a stream that was walked after the store was closed
            self._file.clear()

    def close(self) -> None:
        """Close what is idle now, and what is lent when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()
