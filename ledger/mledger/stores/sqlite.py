"""A ledger in one SQLite file: durable, read while written.

Tables are made and migrated by sqlite-utils (see `sqlite_schema`), entries go in and out by `sqlite3` itself,
because sqlite-utils costs more than the work it would do here. Processor time, Python 3.11 and SQLite 3.40:

    python -c "import sqlite_utils"     71 ms more than python -c pass (8.7 ms)
    python -c "import sqlite3"          4.5 ms more
    insert_all, 20,000 rows of 700 bytes, one transaction     4.5 µs a row; one by one 36 µs
    executemany, the same                                     2.8 µs a row; one by one 15 µs

So sqlite-utils is imported only when a file is made, or when `user_version` tells of an older layout.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from threading import RLock
from types import TracebackType
from typing import Self

from mledger.chain.entry import Entry, Head
from mledger.core.merkle import Node
from mledger.errors import InputError, LockedError, MledgerError, StoreError
from mledger.stores import sqlite_probes, sqlite_rows
from mledger.stores.base import Kept, check_range, check_run, overtaken
from mledger.stores.sqlite_errors import explain, translated
from mledger.stores.sqlite_file import LedgerFile, create_file
from mledger.stores.sqlite_readers import Readers

TIMEOUT = 5.0
MAX_SEQ = 1 << 53
_NOTHING = Entry(-1, b"", b"", b"", ())


class SqliteStore:
    """A store in one file: Store, Shelf, Attachments and Probes.

    Durable: write-ahead log with `synchronous=FULL`, one sync for each append (and one more for the first
    after the log began anew).

    Threads: one connection writes, under a lock; each read borrows a connection of its own, and with it a
    snapshot. Readers and writers never wait for each other, here or in another process. A stream that is
    not walked to its end keeps the log from being trimmed until it is closed or forgotten. A store does not
    survive a fork: open one in each process.

    A write that fails at its commit may or may not be there. The store then closes, and every later call
    raises StoreError until it is opened anew. A full disk is no such case: nothing was written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        read_only: bool = False,
        create: bool = False,
        timeout: float = TIMEOUT,
    ) -> None:
        """Open the ledger at `path`, or make it with `create`; the cost does not depend on its size.

        Nothing is written but by `create`, and by bringing an older layout up to date. Waits `timeout`
        seconds for other writers before LockedError.
        """
        if create and read_only:
            raise InputError("a new ledger cannot be read-only", fix="leave out read_only or create")
        name = os.fspath(path)
        if "\0" in name:
            raise InputError("a path holds no NUL character", fix="name the file that `mledger init` made")
        self.path = os.path.abspath(name)  # noqa: PTH100  links are followed when it is opened
        self.read_only = read_only
        if create:
            create_file(self.path)
        self._timeout = timeout
        self._lock = RLock()
        self._unknown = self._closed = self._held = False
        self._file = LedgerFile(self.path, read_only=read_only, timeout=timeout)
        self._readers = Readers(self._file)
        self._touched = False
        try:
            self._own = self._file.reader() if read_only else self._file.writer()
            with translated(self.path):
                self._version = _version(self._own)
                self._seen = self._file.look()
        except BaseException:
            self._file.clear()
            raise

    def head(self) -> Head:
        """Where the ledger ends; one look at the last row."""
        with self._reading() as db:
            return sqlite_rows.head(db)

    def append(
        self,
        entries: Sequence[Entry],
        nodes: Sequence[Node],
        *,
        after: Head,
        attachments: Sequence[Kept] = (),
    ) -> None:
        """Add entries at the end, all or none, durable on return; see `Store.append`."""
        check_run(entries, after)
        with self._writing() as db:
            if (head := sqlite_rows.head(db)) != after:
                raise overtaken(head, after)
            try:
                sqlite_rows.add(db, entries, nodes, attachments)
            except sqlite3.DataError as error:
                raise InputError(
                    f"an event is too large: {error}", fix="attach the rest as a file"
                ) from error
            except sqlite3.IntegrityError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_UNIQUE:
                    raise
                db.execute("ROLLBACK")
                raise sqlite_rows.taken_of(db, entries) or error from None

    def entries(
        self, start: int = 0, stop: int | None = None, *, governance: bool = False
    ) -> Iterator[Entry]:
        """Entries in order, from one snapshot taken now; see `Store.entries`."""
        return self._stream_from(sqlite_rows.marked if governance else sqlite_rows.walk, start, stop)

    def signed(self, start: int, stop: int | None = None) -> Iterator[Entry]:
        """Entries without slots; see `Store.signed`."""
        return self._stream_from(sqlite_rows.signed, start, stop)

    def _stream_from(self, walk: sqlite_rows.Walk, start: int, stop: int | None) -> Iterator[Entry]:
        """A stream of entries whose snapshot stands."""
        check_range(start, stop)
        limit = MAX_SEQ if stop is None else min(stop, MAX_SEQ)
        stream = self._stream(walk, min(start, MAX_SEQ), limit)
        next(stream)
        return stream

    def _stream(self, walk: sqlite_rows.Walk, start: int, stop: int) -> Iterator[Entry]:
        with self._reading() as db, closing(walk(db, start, stop)) as found:
            sqlite_rows.head(db)  # the first read: from here on the snapshot stands
            yield _NOTHING
            for entry in found:
                if self._file.frozen:
                    self._file.check_same()
                yield entry

    def hashes(self, level: int, start: int, count: int) -> list[bytes]:
        """Stored nodes of one level; see `Store.hashes`."""
        check_range(start, start + count)
        start, stop = min(start, MAX_SEQ), min(start + count, MAX_SEQ)
        with self._reading() as db:
            return sqlite_rows.hashes(db, level, start, stop)

    def find(self, id: bytes) -> tuple[int, int] | None:
        """The place of an event; see `Store.find`."""
        with self._reading() as db:
            return sqlite_rows.find(db, id)

    def keep_checkpoint(self, size: int, note: bytes) -> None:
        """Keep a checkpoint; see `Shelf.keep_checkpoint`."""
        with self._writing() as db:
            sqlite_rows.add_note(db, size, note)

    def checkpoints(self) -> list[tuple[int, bytes]]:
        """Every checkpoint kept, by size."""
        with self._reading() as db:
            return sqlite_rows.notes(db)

    def attachments(self) -> list[tuple[bytes, int]]:
        """Name and size of each attachment, by name."""
        with self._reading() as db:
            return sqlite_rows.files(db)

    def attachment(self, sha256: bytes) -> bytes | None:
        """The bytes of an attachment; see `Attachments.attachment`."""
        with self._reading() as db:
            return sqlite_rows.file(db, sha256)

    def erase(self, places: Sequence[tuple[int, int]], attachments: Sequence[bytes]) -> None:
        """Erase bodies and files, and overwrite where they stood; see `Attachments.erase`."""
        with self._writing() as db:
            sqlite_rows.erase(db, places, attachments)
        with self._turn(), translated(self.path):
            sqlite_rows.empty_log(self._own)
            self._seen = self._file.look()

    def duplicate_ids(self) -> list[tuple[bytes, list[tuple[int, int]]]]:
        """Each event id that stands in more than one place; reads the whole file."""
        with self._reading() as db:
            return sqlite_probes.duplicate_ids(db)

    def strays(self) -> list[str]:
        """One line for each thing that should not be there, is missing or damaged; reads it all."""
        with self._reading() as db:
            return sqlite_probes.strays(db)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep everybody else from appending, in other processes too; see `LedgerStore.hold`."""
        with self._turn():
            try:
                with translated(self.path):
                    self._begin()
                self._held = True
                yield
            finally:
                self._held = False
                self._roll_back(self._own)

    def edition(self) -> bytes:
        """Nothing: a file of this kind leaves nothing out."""
        return b""

    def touched(self) -> bool:
        """Whether anybody else has written to the file since it was opened, through SQLite or past it.

        Goes by the file's times and sizes before and after each write of our own: it can say yes without
        need, and it misses what happens within one tick of the file system's clock. Of a file that is
        closed, gone or exchanged it says yes.
        """
        with self._lock:
            try:
                self._check_usable()
                self._notice()
                with translated(self.path):
                    self._touched |= _version(self._own) != self._version
            except MledgerError:
                return True
            return self._touched

    def close(self) -> None:
        """Give the file back; streams that are still being walked may end. Closing twice is no error."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        self._check_usable()
        with self._readers.snapshot() as db:
            yield db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction of the writer: all of the block, durable, or nothing."""
        with self._turn():
            db = self._own
            with translated(self.path):
                try:
                    if not (self._held and db.in_transaction):
                        self._begin()
                    yield db
                    self._commit(db)
                except BaseException:
                    self._roll_back(db)
                    raise
            try:
                self._seen = self._file.look()
            except OSError:  # what was written is written; who else wrote is no longer known
                self._touched = True

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """The time in which this thread alone writes."""
        if self.read_only:
            raise InputError(f"{self.path} was opened read-only", fix="open it for writing")
        if not self._lock.acquire(timeout=self._timeout):
            raise LockedError(f"another thread is writing to {self.path}", fix="try again")
        try:
            self._check_usable()
            self._notice()
            yield
        finally:
            self._lock.release()

    def _notice(self) -> None:
        """Take note if the file is not as we left it; StoreError if it is another."""
        self._touched |= self._file.check_same() != self._seen

    def _begin(self) -> None:
        """Begin a transaction; one that an interruption left open is none of this one's."""
        self._roll_back(self._own)
        self._own.execute("BEGIN IMMEDIATE")

    def _commit(self, db: sqlite3.Connection) -> None:
        try:
            db.execute("COMMIT")
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY}:
                self._roll_back(db)
                raise explain(error, self.path) from error
            self._give_up()
            name = error.sqlite_errorname
            raise StoreError(
                f"whether the last write reached the disk of {self.path} is unknown ({name})",
                fix="open the ledger again, and see whether it is there",
                outcome="unknown",
            ) from error

    def _roll_back(self, db: sqlite3.Connection) -> None:
        if not self._unknown and db.in_transaction:
            try:
                db.execute("ROLLBACK")
            except sqlite3.Error:
                self._give_up()

    def _give_up(self) -> None:
        self._unknown = True
        self._release()

    def _release(self) -> None:
        self._readers.close()
        with suppress(sqlite3.Error):
            self._own.close()
        if self.read_only:
            self._file.clear()

    def _check_usable(self) -> None:
        if self._unknown:
            raise StoreError(
                f"{self.path} must be opened again after a write that failed", fix="open the ledger again"
            )
        if self._closed:
            raise InputError(f"the store of {self.path} is closed", fix="open it again")


def _version(db: sqlite3.Connection) -> int:
    """A number that changes, for good, when another connection has committed."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])
