"""What SQLite's errors and the system's mean for a ledger."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from mledger.errors import (
    FormatError,
    InputError,
    IntegrityError,
    LockedError,
    MledgerError,
    NotFoundError,
    StoreError,
)


class _Meaning(NamedTuple):
    raised: type[MledgerError]
    line: str
    fix: str


_DAMAGED = "keep the file as it is, and put back a copy; `mledger verify` judges the copy"
_READ_ONLY = _Meaning(
    StoreError, "{path} or its folder is read-only", "make both writable, or open the ledger read-only"
)
_HELD = _Meaning(LockedError, "{path} is held by another process", "try again when it is done")
_FULL = _Meaning(
    StoreError, "the disk of {path} is full; nothing was written", "free some space and try again"
)
_MEANINGS = {
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_PROTOCOL: _HELD,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _Meaning(
        StoreError, "{path} cannot be opened, or its folder not written", "look at the rights of both"
    ),
    sqlite3.SQLITE_IOERR: _Meaning(
        StoreError,
        "the disk of {path} failed ({name})",
        "look at the system's log, at quotas and limits of file size, then try again",
    ),
    sqlite3.SQLITE_NOMEM: _Meaning(
        StoreError, "there is no memory left to read {path}", "end other programs and try again"
    ),
    sqlite3.SQLITE_CORRUPT: _Meaning(IntegrityError, "{path} is damaged or cut short", _DAMAGED),
    sqlite3.SQLITE_NOTADB: _Meaning(
        FormatError, "{path} is not a ledger: it is no SQLite file", "name the file that `mledger init` made"
    ),
    sqlite3.SQLITE_ERROR: _Meaning(
        IntegrityError, "{path} is not laid out as mledger made it: {error}", _DAMAGED
    ),
    sqlite3.SQLITE_CONSTRAINT: _Meaning(
        IntegrityError, "{path} holds rows where new ones must go: {error}", "mledger verify"
    ),
    sqlite3.SQLITE_TOOBIG: _Meaning(
        IntegrityError, "{path} holds more in one row than any entry may", _DAMAGED
    ),
}
_MISUSE = _Meaning(
    InputError, "{path} cannot do what was asked: {error}", "give a store that is open what an entry holds"
)
_OTHER = _Meaning(StoreError, "{path} cannot be used ({name}): {error}", "try again")
_CONSTRAINT_DATATYPE = 3091  # SQLite's code for a wrong type in a STRICT table, which Python does not name
_WRONG_VALUES = (_CONSTRAINT_DATATYPE, sqlite3.SQLITE_CONSTRAINT_NOTNULL)


def code_of(error: sqlite3.Error) -> int:
    """SQLite's code of an error; Python gives none to text that it cannot decode, which is damage."""
    undecodable = isinstance(error, sqlite3.OperationalError)
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT if undecodable else 0))


def explain(error: sqlite3.Error, path: str) -> MledgerError:
    """The error of this library that says what an error of SQLite means."""
    code = code_of(error)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    meaning = _MEANINGS.get(code & 0xFF, _OTHER)
    if code in _WRONG_VALUES or isinstance(error, sqlite3.ProgrammingError):
        meaning = _MISUSE
    return _as_ours(meaning, path, name=name, error=str(error))


def _as_ours(meaning: _Meaning, path: str, *, name: str = "", error: str = "") -> MledgerError:
    line = meaning.line.format(path=path, name=name, error=" ".join(error.split()))
    return meaning.raised(line, fix=meaning.fix)


def explain_system(error: OSError, path: str) -> MledgerError:
    """The error of this library that says what an error of the operating system means."""
    if isinstance(error, FileNotFoundError):
        return NotFoundError(f"there is no ledger at {path}", fix="mledger init")
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _as_ours(_FULL, path)
    if error.errno == errno.EROFS:
        return _as_ours(_READ_ONLY, path)
    reason = os.strerror(error.errno) if error.errno else str(error)
    return StoreError(f"{path} cannot be used: {reason}", fix="look at the path, its rights and its disk")


@contextmanager
def translated(path: str) -> Iterator[None]:
    """The one place where foreign errors become ours: wraps whatever touches the file at `path`."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(error, path) from error
    except OSError as error:
        raise explain_system(error, path) from error
    except UnicodeDecodeError as error:  # SQLite quotes a damaged schema in its message
        raise _as_ours(_MEANINGS[sqlite3.SQLITE_CORRUPT], path) from error
    except (OverflowError, UnicodeError) as error:
        raise _as_ours(_MISUSE, path, error=str(error)) from error
