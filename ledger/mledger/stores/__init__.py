"""Where entries are kept: one contract, in memory and in SQLite."""

import os
from contextlib import AbstractContextManager
from typing import Protocol

from mledger.errors import InputError
from mledger.stores.base import Attachments, Probes, Shelf, Store


class LedgerStore(Store, Shelf, Attachments, Probes, Protocol):
    """A store with all that a ledger needs of it."""

    def hold(self) -> AbstractContextManager[None]:
        """A context in which nobody else can append; one append of one's own in it ends the hold.

        Whoever lost the race for the head a few times takes it, so that a slow writer is not kept
        waiting for ever by quick ones. Errors: LockedError after a while.
        """
        ...

    def edition(self) -> bytes:
        """What tells a copy that leaves bodies out from the ledger and other copies; empty if whole."""
        ...

    def touched(self) -> bool:
        """Whether anybody else has written to the store since it was opened."""
        ...

    def close(self) -> None:
        """Let go of the store; a second call does nothing."""
        ...


def open_store(path: str | os.PathLike[str], *, read_only: bool = False, create: bool = False) -> LedgerStore:
    """The store of the ledger at `path`. Errors: NotFoundError, FormatError, StoreError, LockedError."""
    from mledger.stores.bundle_zip import is_zip

    if not create and is_zip(path):
        return _bundle(path, read_only=read_only)
    from mledger.stores.sqlite import SqliteStore

    return SqliteStore(path, read_only=read_only, create=create)


def _bundle(path: str | os.PathLike[str], *, read_only: bool) -> LedgerStore:
    """The store of a bundle. Errors: InputError if somebody wants to write to it."""
    from mledger.stores.bundle import BundleStore

    if not read_only:
        raise InputError(f"{path} is a bundle, which nobody writes to", fix="name the ledger that it is of")
    return BundleStore(path)
