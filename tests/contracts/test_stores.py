"""Both stores keep the contract."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from mledger.stores.memory import MemoryStore
from mledger.stores.sqlite import SqliteStore
from mledger.testing.shelf_contract import ShelfContract
from mledger.testing.store_contract import StoreContract


class TestMemoryStore(StoreContract, ShelfContract):
    def make(self) -> MemoryStore:
        """A store in memory."""
        return MemoryStore()


class TestSqliteStore(StoreContract, ShelfContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> Iterator[None]:
        self.paths = (tmp_path / f"{number}.ledger" for number in count())
        self.opened: list[SqliteStore] = []
        yield
        for store in self.opened:
            # The suite makes no tree, and one entry that carries nothing.
            lines = {line for line in store.strays() if not line.startswith("node")}
            assert not lines - {"entry 1 has no event rows"}
            assert store.duplicate_ids() == []
            store.close()
        assert {path.suffix for path in tmp_path.iterdir()} <= {".ledger"}

    def make(self) -> SqliteStore:
        """A store in a file of its own."""
        self.opened.append(SqliteStore(next(self.paths), create=True))
        return self.opened[-1]
