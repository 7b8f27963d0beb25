"""How a ledger's file is made, recognised and opened.

A new ledger is built under another name and linked into place when it is complete and synced, so that no
crash leaves half a ledger. An existing file is looked at as immutable first, by SQLite itself: whatever is
not a ledger is left as it was, and no lock is lost (closing a descriptor of one's own would drop the locks
that SQLite holds on the same file).

Read-only (`mode=ro`) works beside writers. In WAL mode it needs the two files that SQLite keeps beside the
ledger, or the right to make them; if it made them itself it also clears them away. Where neither is so, on
a read-only medium, the file is complete in itself if no `-wal` with content lies beside it: then it is read
as immutable, and watched, because nothing locks it. If there is one, the newest entries are in it, and the
ledger is refused rather than shown without them.
"""

import os
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path

from mledger.attachment import MAX_ATTACHMENT
from mledger.errors import FormatError, InputError, IntegrityError, NotFoundError, StoreError
from mledger.folders import put
from mledger.stores.sqlite_errors import code_of, translated
from mledger.stores.sqlite_schema import APPLICATION_ID, PAGE_SIZE, TABLES, VERSION, migrate

OLDEST = (3, 37, 0)  # STRICT tables
COMPANIONS = ("-wal", "-shm", "-journal")
SMALLEST = 512  # bytes of the smallest SQLite file
LARGEST = MAX_ATTACHMENT + (1 << 20)  # bytes of the largest row: an attachment and what goes with it
_OTHER_FILE = "name the file that `mledger init` made"
_CANNOT_OPEN = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)
_COMMON = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
_WRITER = "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA wal_autocheckpoint = 8192;"
# Pages that SQLite empties hold no copies then, which an erasure would not reach.
_WRITER += "PRAGMA secure_delete = FAST;"
_READER = "PRAGMA query_only = ON;"

Mark = tuple[tuple[int, ...], tuple[int, ...]]
"""Device, inode, size and times of a file and of its log; nothing for a log that is empty or missing."""


def check_sqlite() -> None:
    """Raise StoreError if the SQLite that Python was built with is older than what a ledger needs."""
    if sqlite3.sqlite_version_info < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise StoreError(
            f"a ledger needs SQLite {needed}, and this Python has {sqlite3.sqlite_version}",
            fix="use a Python that was built with a newer SQLite",
        )


def create_file(path: str) -> None:
    """Make an empty ledger at `path`, where nothing may be yet; it is there whole, or not at all."""
    check_sqlite()
    draft = f"{path}.{os.urandom(6).hex()}"
    with translated(path):
        _check_free(path)
        try:
            _build(draft)
            _put(draft, path)
        finally:
            for left in (draft, *(draft + suffix for suffix in COMPANIONS)):
                with suppress(OSError):
                    Path(left).unlink()


def _check_free(path: str) -> None:
    folder = Path(path).parent
    if not folder.is_dir():
        raise NotFoundError(f"there is no folder {folder}", fix=f"mkdir -p {folder}")
    for wanted in (path, *(path + suffix for suffix in COMPANIONS)):
        with suppress(FileNotFoundError):
            Path(wanted).lstat()
            raise InputError(f"{wanted} is there already", fix="choose another path, or move it away")


def _build(draft: str) -> None:
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    db = sqlite3.connect(_uri(draft, "mode=rw"), uri=True, isolation_level=None)
    try:
        db.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        db.execute("PRAGMA synchronous = EXTRA")
        migrate(db)
        (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise StoreError("this disk cannot hold a write-ahead log", fix="put the ledger on a local disk")
    finally:
        db.close()


def _put(draft: str, path: str) -> None:
    try:
        put(Path(draft), Path(path), strict=hasattr(os, "O_DIRECTORY"))
    except FileExistsError:
        raise InputError(f"{path} is there already", fix="choose another path, or move it away") from None


class LedgerFile:
    """One ledger's file: makes connections to it, and knows whether it is still the same file.

    A connection is used by one thread at a time, but not always by the same.
    """

    def __init__(self, path: str, *, read_only: bool, timeout: float) -> None:
        """Look at the file, without touching it; raises what is wrong with it."""
        self.path = path
        self.frozen = False
        self._real = Path(os.path.realpath(path))
        self._timeout = timeout
        self._read_only = read_only
        self._process = os.getpid()
        self._wal = Path(f"{self._real}-wal")
        self._name, self._log_name = str(self._real), str(self._wal)
        self._lonely = not os.path.lexists(self._wal)
        check_sqlite()
        with translated(path):
            self._check_kind()
            self._check_ours()
            self._stamp = self.look()

    def _check_kind(self) -> None:
        found = self._real.stat()
        if stat.S_ISDIR(found.st_mode):
            raise InputError(f"{self.path} is a folder; a ledger is one file", fix="name the file in it")
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{self.path} is not a file", fix=_OTHER_FILE)
        if found.st_size < SMALLEST:
            what = "no SQLite file" if found.st_size else "empty"
            raise FormatError(f"{self.path} is not a ledger: it is {what}", fix=_OTHER_FILE)
        if not os.access(self._real, os.R_OK):
            raise StoreError(f"{self.path} may not be read", fix=f"chmod u+r {self.path}")
        if self._read_only:
            return
        for place in (self._real, self._real.parent):
            if not os.access(place, os.W_OK):
                raise StoreError(
                    f"{place} is read-only", fix="make it writable, or open the ledger read-only"
                )

    def _check_ours(self) -> None:
        db = self._connect("mode=ro&immutable=1")
        try:
            (application,) = db.execute("PRAGMA application_id").fetchone()
            (version,) = db.execute("PRAGMA user_version").fetchone()
        except sqlite3.DatabaseError as error:
            if code_of(error) & 0xFF == sqlite3.SQLITE_CORRUPT and self._look_at_log():
                return  # cut off in a checkpoint: it is whole together with its log
            raise
        finally:
            db.close()
        if application != APPLICATION_ID or not version:
            raise FormatError(
                f"{self.path} is a SQLite file of another program, not a ledger",
                fix=_OTHER_FILE,
            )
        self._check_newer(version)

    def _check_newer(self, version: int) -> None:
        if version > VERSION:
            raise FormatError(
                f"{self.path} was written by a newer mledger: layout {version}, this one knows {VERSION}",
                fix="pip install --upgrade mledger",
                layout=version,
            )

    def writer(self) -> sqlite3.Connection:
        """A connection that appends; brings an older file up to date first."""
        with translated(self.path):
            db = self._connect("mode=rw")
            try:
                self._prepare(db, _WRITER)
            except BaseException:
                db.close()
                raise
        return db

    def reader(self) -> sqlite3.Connection:
        """A connection that reads, and that cannot write."""
        with translated(self.path):
            db = self._connect("mode=ro&immutable=1" if self.frozen else "mode=ro")
            try:
                self._prepare(db, _READER)
            except sqlite3.OperationalError as error:
                db.close()
                if not self._freeze(error):
                    raise
            except BaseException:
                db.close()
                raise
            else:
                return db
        return self.reader()

    def _freeze(self, error: sqlite3.OperationalError) -> bool:
        """Whether the file, which cannot be read the usual way, can be read as immutable from now on."""
        if self.frozen or not self._read_only or code_of(error) & 0xFF not in _CANNOT_OPEN:
            return False
        if self._look_at_log():
            raise StoreError(
                f"{self._wal} holds the newest entries, and cannot be read where nothing can be written",
                fix=f"copy {self.path} and {self._wal} into a folder of your own",
            )
        self.frozen = True
        return True

    def _prepare(self, db: sqlite3.Connection, pragmas: str) -> None:
        for pragma in (_COMMON + pragmas).split(";"):
            db.execute(pragma)
        (version,) = db.execute("PRAGMA user_version").fetchone()
        self._check_newer(version)
        if version < VERSION:
            if self._read_only:
                raise FormatError(
                    f"{self.path} has an older layout", fix="open it once for writing", layout=version
                )
            migrate(db)
        if not self._read_only and pragmas is _WRITER:
            (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
            if mode != "wal":
                raise StoreError(
                    "this disk cannot hold a write-ahead log", fix="put the ledger on a local disk"
                )
        tables = dict(db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'"))
        for name, sql in TABLES.items():
            if tables.get(name) != sql:
                raise IntegrityError(
                    f"{self.path}: the table {name} is not as mledger made it",
                    fix="keep the file as it is, and put back a copy",
                )
        db.text_factory = bytes

    def _connect(self, query: str) -> sqlite3.Connection:
        db = sqlite3.connect(
            _uri(str(self._real), query),
            uri=True,
            timeout=self._timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        # A file from elsewhere may hold anything; reading it must not need more memory than a ledger can.
        db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST)
        return db

    def check_same(self) -> Mark:
        """What `look` says; StoreError if another file stands there now, or this is another process."""
        if os.getpid() != self._process:
            raise StoreError(
                f"{self.path} was opened by another process, of which this one is a copy",
                fix="open the ledger in each process",
            )
        with translated(self.path):
            seen = self.look()
        if seen[0][:2] != self._stamp[0][:2]:
            raise StoreError(f"{self.path} was replaced while it was open", fix="open the ledger again")
        if self.frozen and seen != self._stamp:
            raise StoreError(f"{self.path} was written to while it was read", fix="open the ledger again")
        return seen

    def look(self) -> Mark:
        """What tells one state of the file, and of the log beside it, from the next."""
        return _mark(os.stat(self._name)), self._look_at_log()  # noqa: PTH116  half the time of a Path's

    def _look_at_log(self) -> tuple[int, ...]:
        try:
            found = os.stat(self._log_name)  # noqa: PTH116
        except FileNotFoundError:
            return ()
        # Whoever reads may leave an empty one, and root changes its inode by opening it.
        return _mark(found)[:-1] if found.st_size else ()

    def clear(self) -> None:
        """Remove the log if nobody needs it: SQLite does so when the last connection that may write closes.

        One that may only read leaves two empty files behind. If they were there before, or if there is
        something in them, a reader leaves them alone.
        """
        with suppress(sqlite3.Error, StoreError, OSError):
            if self._read_only and (self.frozen or not self._lonely or self._look_at_log()):
                return
            self.check_same()
            db = self._connect("mode=rw")
            try:
                db.execute("PRAGMA user_version").fetchone()
            finally:
                db.close()


def _mark(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _uri(path: str, query: str) -> str:
    plain = path.replace(os.sep, "/").replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"file://{'' if plain.startswith('/') else '/'}{plain}?{query}"
