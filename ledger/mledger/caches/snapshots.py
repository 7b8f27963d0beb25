"""The cache of snapshots: folded states with their heads."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mledger.caches.caching import UnwritableError, cache_file, guarded, open_cache, open_temporary

VERSION = 2
_SCHEMA = """
CREATE TABLE snapshot (
  projection TEXT NOT NULL,
  size INTEGER NOT NULL,
  leaf BLOB NOT NULL,
  state BLOB NOT NULL,
  PRIMARY KEY (projection, size)
) STRICT, WITHOUT ROWID;
"""


class Snapshot(NamedTuple):
    """The state of a projection after the first `size` entries, the last of which has this leaf."""

    size: int
    leaf: bytes
    state: bytes


def snapshots_file(genesis: bytes) -> Path:
    """Where the cache of the ledger with this entry 0 is kept."""
    return cache_file(genesis, "snapshots")


class Snapshots:
    """The snapshots of one ledger; they can be deleted at any time."""

    def __init__(self, genesis: bytes, redactions: int = 0) -> None:
        """Open the cache of the ledger with this entry 0; where nothing can be written, in memory."""
        self.path = snapshots_file(genesis)
        self.redactions = redactions
        self._connection = open_cache(self.path, _SCHEMA, VERSION, redactions)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def newest(self, projection: str, size: int, leaf_at: Callable[[int], bytes | None]) -> Snapshot | None:
        """The newest snapshot of at most `size` entries that belongs to the ledger.

        `projection` names the fold and its version. `leaf_at(n)` is the leaf of entry n: a snapshot
        of another history does not fit and is passed over.
        """
        sql = "SELECT size, leaf, state FROM snapshot WHERE projection = ? AND size <= ? ORDER BY size DESC"
        with guarded(self.path):
            for row in self._connection.execute(sql, (projection, size)):
                snapshot = Snapshot(*row)
                if leaf_at(snapshot.size - 1) == snapshot.leaf:
                    return snapshot
        return None

    def keep(self, projection: str, snapshot: Snapshot) -> None:
        """Keep a snapshot; a cache that cannot be written is left as it is."""
        with guarded(self.path), suppress(sqlite3.OperationalError):
            self._connection.execute(
                "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?)", (projection, *snapshot)
            )

    def clear(self) -> None:
        """Forget all snapshots; where none can be deleted, go on without them."""
        try:
            with guarded(self.path):
                self._connection.execute("DELETE FROM snapshot")
        except UnwritableError:
            self._connection.close()
            self._connection = open_temporary(_SCHEMA, VERSION)
