"""Appoints the key that signs checkpoints from now on."""

from typing import TYPE_CHECKING

from mledger.chain.succession import hand_over, sign_succession, take_over
from mledger.errors import DeniedError, InputError
from mledger.events import base as events
from mledger.events.key import KeyRotated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mledger.events.base import EventBody
    from mledger.keys.signer import Signer
    from mledger.reader import Reader


def handed_over(reader: "Reader", new: bytes, old: "Signer") -> bytes:
    """The succession to a public key, signed by the key that signs checkpoints, or did until its end.

    The new key signs it where that is: see `taken_over`. Errors: DeniedError if `old` is another key,
    InputError if nothing would change.
    """
    before = reader.keyring().signs[-1]
    if old.key_id != before.member:
        raise DeniedError(
            f"key {old.key_id[:12]} is not the one that signs checkpoints", fix="sign with that key: --as KEY"
        )
    if new == old.public:
        raise InputError(f"key {old.key_id[:12]} signs the checkpoints already", fix="mledger checkpoint")
    return hand_over(before, new, old)


def taken_over(note: bytes, new: "Signer", reason: str) -> "EventBody":
    """The event by which `new` signs checkpoints after it, by a succession that the old key has signed.

    Errors: FormatError, ProofError if it is one to another key.
    """
    signed = take_over(note, new).decode()
    return events.build("key.appointed", {"key": new.key_id, "note": signed, "reason": reason})


def appointed(
    reader: "Reader", new: "Signer", reason: str, *, old: "Signer | None" = None, also: bytes | None = None
) -> "EventBody":
    """The event by which `new` signs checkpoints after it, signed by both keys.

    `old` is the key that has signed them until now; it may be missing if that is revoked. `also` is the
    public key of ML-DSA-44 that is to sign beside. Errors: InputError if nothing would change.
    """
    before = reader.keyring().signs[-1]
    if new.public == before.key.public and also == (before.also.public if before.also else None):
        raise InputError(f"key {new.key_id[:12]} signs the checkpoints already", fix="mledger checkpoint")
    handed = old if old is not None and old.key_id == before.member else None
    note = sign_succession(before, new, handed, also).decode()
    return events.build("key.appointed", {"key": new.key_id, "note": note, "reason": reason})


def signed_by(key_id: str, acts: "Sequence[EventBody]") -> int:
    """How many of some acts, one after the other, a key can sign: up to the one that rotates it away."""
    for place, act in enumerate(acts, 1):
        if isinstance(act, KeyRotated) and act.old == key_id:
            return place
    return len(acts)
