"""Both stores keep the contract."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from mledger.stores import LedgerStore, open_store
from mledger.stores.memory import MemoryStore
from mledger.stores.sqlite import SqliteStore
from mledger.testing.attachment_contract import AttachmentContract
from mledger.testing.samples import sample_run
from mledger.testing.shelf_contract import ShelfContract
from mledger.testing.store_contract import StoreContract


class TestMemoryStore(StoreContract, ShelfContract, AttachmentContract):
    def make(self) -> MemoryStore:
        """A store in memory."""
        return MemoryStore()


class TestSqliteStore(StoreContract, ShelfContract, AttachmentContract):
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


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_store_of_ones_own_is_not_touched(kind: str, tmp_path: Path) -> None:
    """Nobody else has written to a store that only this one wrote to; it may be closed twice."""
    store: LedgerStore = MemoryStore() if kind == "memory" else open_store(tmp_path / "ledger", create=True)
    for entry in sample_run(0, 5):
        store.append([entry], [], after=store.head())
        assert list(store.entries(entry.seq)) == [entry]
    assert not store.touched()
    store.close()
    store.close()
