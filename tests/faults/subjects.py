"""What the fault tests break: a ledger, seen from as far away as they need.

A subject records tokens, one durable append each, and reads them back. To point every test of this folder
at another way to a ledger, write a subject for it and add it to SUBJECTS.
"""

import json
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from mledger.chain.entry import Entry, Head
from mledger.errors import ConflictError
from mledger.heads import Heads
from mledger.ledger import Ledger
from mledger.reader import Reader
from mledger.stores.sqlite import SqliteStore
from mledger.testing.samples import sample_slot
from mledger.testing.simulator import signer_of

PADDING = b" " * 3_000  # so that an append takes several pages


class Subject(Protocol):
    """One way to a ledger."""

    def create(self, path: Path) -> None:
        """Make a ledger without tokens."""

    def open(self, path: Path) -> Any:
        """Whatever `record` needs to append to it."""

    def record(self, handle: Any, token: str) -> None:
        """Append a token; durable on return. An error of the library if it failed."""

    def close(self, handle: Any) -> None:
        """Close what `open` gave."""

    def tokens(self, path: Path) -> list[str]:
        """Open the ledger anew, check all that can be checked, and give every token in order."""


class StoreSubject:
    """The store alone. Entries are linked by their payloads, which name bodies and predecessor."""

    def create(self, path: Path) -> None:
        """Make an empty store."""
        SqliteStore(path, create=True).close()

    def open(self, path: Path) -> SqliteStore:
        """The store, for writing."""
        return SqliteStore(path, timeout=60)

    def record(self, handle: SqliteStore, token: str) -> None:
        """Append an entry of two events, again and again while others are faster."""
        while True:
            head = handle.head()
            try:
                handle.append([_entry(head, token)], [], after=head)
            except ConflictError as error:
                if "event" in error.details:
                    raise  # this very token is there already
            else:
                return

    def close(self, handle: SqliteStore) -> None:
        """Close the store."""
        handle.close()

    def tokens(self, path: Path) -> list[str]:
        """Every token, from a chain in which each entry fits the one before."""
        found, head = [], Head(0, bytes(32))
        with SqliteStore(path, timeout=60) as store:
            for entry in store.entries():
                token = str(entry.slots[0].body.strip(), "ascii")
                assert entry == _entry(head, token)
                found.append(token)
                head = Head(entry.seq + 1, entry.leaf)
            assert store.head() == head
            assert not [line for line in store.strays() if not line.startswith("nodes")]
            assert not store.duplicate_ids()
        db = sqlite3.connect(path)
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        db.close()
        return found


def _entry(head: Head, token: str) -> Entry:
    slots = tuple(sample_slot(f"{token} {n}", body=token.encode() + PADDING) for n in range(2))
    payload = repr((*head, [sha256(slot.salt + slot.body).digest() for slot in slots])).encode()
    return Entry(head.size, sha256(payload).digest(), payload, bytes(64), slots)


class LedgerSubject:
    """The façade: signed, judged by the rules, verified to the last signature."""

    def create(self, path: Path) -> None:
        """Make a ledger that only its opening is in."""
        signer, heads = signer_of("Ada"), _heads(path)
        Ledger.create(path, origin="example.org/faults", signer=signer, name="Ada", heads=heads).close()

    def open(self, path: Path) -> Ledger:
        """The ledger, for its only signer."""
        return Ledger.open(path, key=signer_of("Ada"), heads=_heads(path))

    def record(self, handle: Ledger, token: str) -> None:
        """Append a comment."""
        handle.append("comment.added", "ledger", {"on": "0", "text": token + PADDING.decode() + "."})

    def close(self, handle: Ledger) -> None:
        """Close the ledger."""
        handle.close()

    def tokens(self, path: Path) -> list[str]:
        """Every token, from a ledger that a full verification finds nothing against."""
        with Reader.open(path, heads=_heads(path)) as reader:
            verification = reader.verify(full=True)
            assert not verification.findings, verification.findings
            opening, *facts = reader.facts()
            assert opening.type == "ledger.opened"
            return [json.loads(fact.body)["text"].split()[0] for fact in facts]


def _heads(path: Path) -> Heads:
    return Heads(path.parent / "heads")


SUBJECTS: dict[str, Subject] = {"store": StoreSubject(), "ledger": LedgerSubject()}
