"""Compares a ledger with what its verifier brought along."""

from typing import TYPE_CHECKING

from mledger.core.digest import short
from mledger.core.trust import Pinned
from mledger.errors import MledgerError

if TYPE_CHECKING:
    from mledger.chain.audit import Audit
    from mledger.verifying import Verifier

WHERE = "the trust file"


def compare(verifier: "Verifier", audit: "Audit") -> None:
    """Find what is otherwise than the expected head and the trust file say, or else rely on them."""
    trust = verifier.trust
    if trust.head is not None:
        _expect(verifier, trust.head)
    if trust.pinned is not None:
        _pin(verifier, audit, trust.pinned)


def _expect(verifier: "Verifier", head: bytes) -> None:
    """Somewhere in the ledger an entry has this hash."""
    seq = next((entry.seq for entry in verifier.store.entries() if entry.leaf == head), None)
    if seq is not None:
        verifier.rely(f"the expected head {short(head.hex())}, entry {seq}", 2)
    else:
        message = f"no entry of this ledger has the hash {short(head.hex())}"
        verifier.find("head.unknown", "the head", message)


def _pin(verifier: "Verifier", audit: "Audit", pinned: Pinned) -> None:
    """It is the ledger that is pinned, and it extends the head that is."""
    if other := _other(verifier, audit, pinned):
        verifier.find("head.diverged", WHERE, other)
    elif pinned.size > audit.head.size:
        message = f"knows {pinned.size:,} entries, and here are {audit.head.size:,}"
        verifier.find("head.rollback", WHERE, message)
    elif (audit.roots.get(pinned.size) or verifier.root(pinned.size)) != pinned.root:
        message = f"another history: the first {pinned.size:,} entries are not those that it knows"
        verifier.find("head.diverged", WHERE, message)
    else:
        verifier.rely(f"the trust file, which knows {pinned.size:,} entries", pinned.size)


def _other(verifier: "Verifier", audit: "Audit", pinned: Pinned) -> str | None:
    """Why this is another ledger than the one that is pinned; None if it is that one."""
    origin = audit.keyring.origin
    if origin != pinned.origin:
        return f"another ledger: it is of {pinned.origin}, this is {origin}"
    if audit.genesis != pinned.genesis:
        first, wanted = short(audit.genesis.hex()), short(pinned.genesis.hex())
        return f"another ledger of that name: it begins with {first}, and not with {wanted}"
    try:
        vkey = verifier.reader.vkey_text
    except MledgerError:
        vkey = ""
    return None if vkey == pinned.vkey else "its checkpoints are signed by another key"
