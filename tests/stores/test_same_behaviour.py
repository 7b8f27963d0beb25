"""Whatever is done to both, the two stores answer alike."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mledger.chain.entry import Entry, Head, Slot
from mledger.core.merkle import Node
from mledger.errors import MledgerError
from mledger.stores.memory import MemoryStore
from mledger.stores.sqlite import SqliteStore

# Few ids, so that some come twice.
ids = st.integers(0, 40).map(lambda number: number.to_bytes(16, "big"))
erasable = st.one_of(
    st.just((None, None)), st.tuples(st.binary(min_size=16, max_size=16), st.binary(max_size=40))
)
slots = st.builds(lambda id_, marked, pair: Slot(id_, marked, *pair), ids, st.booleans(), erasable)
contents = st.tuples(
    st.binary(min_size=32, max_size=32),
    st.binary(max_size=40),
    st.binary(max_size=64),
    st.lists(slots, max_size=3).map(tuple),
)
bounds = st.integers(0, 30)


def _answer(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except MledgerError as error:
        return type(error), error.message, error.fix, error.details


class TwoStores(RuleBasedStateMachine):
    """One ledger in memory and one in a file, side by side."""

    def __init__(self) -> None:
        """Begin with two empty stores."""
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name, "ledger")
        self.memory = MemoryStore()
        self.file = SqliteStore(self.path, create=True)

    def teardown(self) -> None:
        self.file.close()
        self.folder.cleanup()

    def alike(self, ask: Callable[[MemoryStore | SqliteStore], object]) -> None:
        assert _answer(lambda: ask(self.memory)) == _answer(lambda: ask(self.file))

    @rule(
        new=st.lists(contents, max_size=4),
        shift=st.sampled_from([0, 0, 0, 0, 0, 0, -1, 1]),
        stale=st.sampled_from([0, 0, 0, 0, 0, 0, 1]),
    )
    def append(self, new: list[tuple[bytes, bytes, bytes, tuple[Slot, ...]]], shift: int, stale: int) -> None:
        """Both take an append, or both refuse it for the same reason."""
        size, leaf = self.memory.head()
        entries = [Entry(size + shift + place, *content) for place, content in enumerate(new)]
        nodes = [Node(8, size + place, entry.leaf) for place, entry in enumerate(entries)]
        after = Head(size - stale if size else size + stale, leaf)
        self.alike(lambda store: store.append(entries, nodes, after=after))

    @rule(start=bounds, stop=st.one_of(st.none(), bounds), governance=st.booleans())
    def read(self, start: int, stop: int | None, governance: bool) -> None:
        """Both hold the same entries in every range."""
        self.alike(lambda store: list(store.entries(start, stop, governance=governance)))

    @rule(level=st.sampled_from([0, 8, 16]), start=bounds, count=bounds)
    def hashes(self, level: int, start: int, count: int) -> None:
        """Both hold the same nodes."""
        self.alike(lambda store: store.hashes(level, start, count))

    @rule(id_=ids)
    def find(self, id_: bytes) -> None:
        """Both find the same events."""
        self.alike(lambda store: store.find(id_))

    @rule(size=bounds, note=st.binary(max_size=3))
    def keep(self, size: int, note: bytes) -> None:
        """Both keep the same checkpoints."""
        self.alike(lambda store: store.keep_checkpoint(size, note))
        self.alike(lambda store: store.checkpoints())

    @rule(read_only=st.booleans())
    def reopen(self, read_only: bool) -> None:
        """Nothing is forgotten when the file is closed, nor when it is opened again."""
        self.file.close()
        with SqliteStore(self.path, read_only=read_only) as store:
            assert list(store.entries()) == list(self.memory.entries())
        self.file = SqliteStore(self.path)

    @invariant()
    def same_head(self) -> None:
        """Both end in the same place."""
        self.alike(lambda store: store.head())


TestTwoStores = TwoStores.TestCase
TestTwoStores.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
