"""What was in force before one entry after the other."""

from bisect import bisect_left
from typing import TYPE_CHECKING

from mledger.chain.keyring import Keyring

if TYPE_CHECKING:
    from mledger.lookup import Lookup


# Governing entries between two keyrings that are kept for whoever goes back.
_APART = 16


class Keyrings:
    """Keyrings at many positions, each folded on from the one before, or from one that was kept."""

    def __init__(self, reader: "Lookup") -> None:
        """Read where the ledger is governed."""
        self._reader = reader
        self._seqs = [entry.seq for entry in reader.store.entries(governance=True)]
        self._count, self._keyring = 0, Keyring()
        self._held = [Keyring()]

    def before(self, seq: int) -> Keyring:
        """The keyring in force before an entry, to be read and not kept: the next call may change it."""
        count = bisect_left(self._seqs, seq)
        if count < self._count:
            self._count = count - count % _APART
            self._keyring = self._held[count // _APART].copy()
        while self._count < count:
            self._reader.govern(self._keyring, self._reader.entry(self._seqs[self._count]))
            self._count += 1
            if self._count == _APART * len(self._held):
                self._held.append(self._keyring.copy())
        return self._keyring
