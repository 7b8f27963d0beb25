"""Ledger files for tests, and what has become of them."""

import sqlite3
import subprocess
import sys
from pathlib import Path

from mledger.chain.entry import Entry
from mledger.stores.sqlite import SqliteStore
from mledger.testing.samples import sample_run

DIES = """
import os, sys
from mledger.stores.sqlite import SqliteStore
from mledger.testing.samples import sample_run
store = SqliteStore(sys.argv[1])
store.append(sample_run(store.head().size, int(sys.argv[2])), [], after=store.head())
os.kill(os.getpid(), 9)
"""


def ledger(path: Path, entries: list[Entry] | int = 5) -> Path:
    """A closed ledger file with these entries, or so many."""
    run = sample_run(0, entries) if isinstance(entries, int) else entries
    with SqliteStore(path, create=True) as store:
        store.append(run, [], after=store.head())
    return path


def raw(path: Path) -> sqlite3.Connection:
    """The file as an attacker opens it."""
    return sqlite3.connect(path, isolation_level=None)


def die_after_appending(path: Path, count: int = 1) -> None:
    """Let another process append entries and die, so that they stand in the log beside the file only."""
    done = subprocess.run([sys.executable, "-c", DIES, str(path), str(count)], check=False)
    assert done.returncode == -9
    assert Path(f"{path}-wal").stat().st_size > 0


def state(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything in a folder: names, rights, times and bytes."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in folder.rglob("*")
    }
