"""The tests that every store's shelf of checkpoints must pass; see `store_contract`."""

from abc import abstractmethod

from mledger.stores.base import Shelf


class ShelfContract:
    """What `mledger.stores.base.Shelf` promises, as tests."""

    @abstractmethod
    def make(self) -> Shelf:
        """A new, empty store."""

    def test_no_checkpoint_is_kept_at_first(self) -> None:
        """A new store keeps no checkpoint."""
        assert self.make().checkpoints() == []

    def test_checkpoints_come_back_by_size(self) -> None:
        """Checkpoints come back byte for byte, by size, whatever order they came in."""
        shelf = self.make()
        notes = [
            (size, f"example\n{size}\nAAAA\n\n\u2014 example BBBB\n".encode()) for size in (7, 300, 20, 0)
        ]
        for size, note in notes:
            shelf.keep_checkpoint(size, note)
        assert shelf.checkpoints() == sorted(notes)

    def test_a_checkpoint_is_kept_once(self) -> None:
        """The same note again is nothing new; another note of the same size is kept besides."""
        shelf = self.make()
        for note in (b"one\n", b"one\n", b"one, cosigned\n", b"one\n"):
            shelf.keep_checkpoint(5, note)
        assert shelf.checkpoints() == [(5, b"one\n"), (5, b"one, cosigned\n")]
