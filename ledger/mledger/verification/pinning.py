"""Compares a ledger with what its verifier brought along."""

from typing import TYPE_CHECKING

from mledger.chain.succession import LogKeys
from mledger.core.digest import short
from mledger.core.note import format_vkey
from mledger.core.trust import Pinned

if TYPE_CHECKING:
    from mledger.chain.audit import Audit
    from mledger.verification.verifying import Verifier

WHERE = "the trust file"


def compare(verifier: "Verifier", audit: "Audit") -> None:
    """Find what is otherwise than the expected head and the trust file say, or else rely on them."""
    trust = verifier.trust
    if trust.head is not None:
        _expect(verifier, trust.head)
    if trust.pinned is not None:
        _pin(verifier, audit, trust.pinned)


def _entries(size: int) -> str:
    return "1 entry" if size == 1 else f"{size:,} entries"


def _expect(verifier: "Verifier", head: bytes) -> None:
    """Somewhere in the ledger an entry has this hash."""
    seq = next((entry.seq for entry in verifier.store.signed(0) if entry.leaf == head), None)
    if seq is not None:
        verifier.rely(f"the expected head {short(head.hex())}, entry {seq}", seq + 1)
    else:
        message = f"no entry of this ledger has the hash {short(head.hex())}"
        verifier.find("head.unknown", "the head", message)


def _pin(verifier: "Verifier", audit: "Audit", pinned: Pinned) -> None:
    """It is the ledger that is pinned, and it extends the head that is."""
    if other := _other(audit, pinned):
        verifier.find("head.diverged", WHERE, other)
    elif pinned.size > audit.head.size:
        message = f"knows {pinned.size:,} entries, and here are {audit.head.size:,}"
        verifier.find("head.rollback", WHERE, message)
    elif not _is_there(verifier, audit, pinned):
        message = f"another history: the first {pinned.size:,} entries are not those that it knows"
        verifier.find("head.diverged", WHERE, message)
    else:
        since = _since(audit, pinned.size)
        verifier.rely(f"the trust file, which knows {_entries(pinned.size)}{since}", pinned.size)


def _is_there(verifier: "Verifier", audit: "Audit", pinned: Pinned) -> bool:
    """Whether the first so many entries are those that are pinned, by their root and by their last leaf."""
    root = audit.roots.get(pinned.size) or verifier.root(pinned.size)
    return (root, verifier.reader.leaf_at(pinned.size - 1)) == (pinned.root, pinned.leaf)


def _other(audit: "Audit", pinned: Pinned) -> str | None:
    """Why this is another ledger than the one that is pinned; None if it is that one."""
    origin = audit.keyring.origin
    if origin != pinned.origin:
        return f"another ledger: it is of {pinned.origin}, this is {origin}"
    if audit.genesis != pinned.genesis:
        first, wanted = short(audit.genesis.hex()), short(pinned.genesis.hex())
        return f"another ledger of that name: it begins with {first}, and not with {wanted}"
    signs = LogKeys(audit.keyring.signs).at(pinned.size) if audit.keyring.signs else None
    keys = [key for key in (signs.key, signs.also) if key is not None] if signs is not None else []
    vkeys = {format_vkey(key.name, key.public, key.alg) for key in keys}
    known = {vkey for vkey in (pinned.vkey, pinned.also) if vkey is not None}
    return None if known <= vkeys else "its checkpoints are signed by another key"


def _since(audit: "Audit", size: int) -> str:
    """What has become of the key that is pinned, in words that go on."""
    return "".join(
        f"; its key {'was handed over' if one.handed_over else 'was replaced without it'} at entry {one.seq}"
        for one in LogKeys(audit.keyring.signs).after(size)
    )
