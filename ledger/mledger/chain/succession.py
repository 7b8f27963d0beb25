"""Which key signs the checkpoints of a ledger, of which sizes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mledger.core.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from mledger.core.mldsa import cosigned_subtree, format_timed
from mledger.core.note import (
    ED25519,
    ML_DSA_44,
    Note,
    NoteKey,
    NoteSignature,
    format_note,
    key_hash,
    open_note,
    parse_note,
)
from mledger.core.succession import Succession, format_succession, open_succession, parse_succession
from mledger.errors import DeniedError, MledgerError, ProofError
from mledger.keys.algorithms import verify
from mledger.keys.mldsa import is_supported
from mledger.keys.signer import Beside, Signer

if TYPE_CHECKING:
    from mledger.chain.keyring import Keyring


class Appointed(NamedTuple):
    """A key that signs checkpoints which cover entry `seq`, where it was appointed, until another is.

    `note` is the succession, None for the key that opened the ledger; `handed_over` says whether the key
    before has signed it.
    """

    seq: int
    member: str
    key: NoteKey
    also: NoteKey | None = None
    note: bytes | None = None
    handed_over: bool = True


def log_key(origin: str, public: bytes) -> NoteKey:
    """The key of a ledger's checkpoints as notes know it."""
    return NoteKey(origin, key_hash(origin, ED25519, public), ED25519, public)


def succeed(seq: int, before: Appointed, member: "tuple[str, bytes]", note: bytes) -> Appointed:
    """What a succession appoints: the id and the public key of a member. Errors: ProofError."""
    try:
        opened = open_succession(note, verify)
    except MledgerError as error:
        raise ProofError(f"the succession does not hold: {error.message}") from None
    found = opened.succession
    if found.old != before.key:
        raise ProofError("the succession is that of another key than the one which signs checkpoints now")
    if found.new != log_key(before.key.name, member[1]):
        raise ProofError("the succession appoints another key than the event does")
    if (found.new, found.also) == (before.key, before.also):
        raise ProofError("this key signs the checkpoints already")
    return Appointed(seq, member[0], found.new, found.also, note, opened.handed_over)


def sign_succession(
    before: Appointed, new: Signer, old: Signer | None = None, also: bytes | None = None
) -> bytes:
    """The note by which a new key is appointed, signed by it, and by the old key if that is at hand.

    `also` is the public key of ML-DSA-44 that signs beside it.
    """
    signers = [signer for signer in (new, old) if signer is not None]
    return _signed(_text(before, new.public, also), before.key.name, signers)


def hand_over(before: Appointed, new: bytes, old: Signer) -> bytes:
    """The succession to a public key as the old key signs it; the new one must still do so."""
    also = before.also.public if before.also is not None else None
    return _signed(_text(before, new, also), before.key.name, [old])


def take_over(note: bytes, new: Signer) -> bytes:
    """The note of a succession that the old key has signed, signed by the new one as well.

    Errors: FormatError if it is none, ProofError if it is one to another key.
    """
    held = parse_note(note)
    found = parse_succession(held.text)
    if found.new != log_key(found.origin, new.public):
        raise ProofError("this succession is to another key")
    line = NoteSignature(found.origin, found.new.hash, new.sign(held.text.encode()))
    return format_note(Note(held.text, (line, *held.signatures)))


def _text(before: Appointed, new: bytes, also: bytes | None) -> str:
    origin = before.key.name
    beside = NoteKey(origin, key_hash(origin, ML_DSA_44, also), ML_DSA_44, also) if also is not None else None
    return format_succession(Succession(origin, before.key, log_key(origin, new), beside))


def _signed(text: str, origin: str, signers: Sequence[Signer]) -> bytes:
    """A note with a line of each signer under the origin."""
    keys = {signer.public: signer for signer in signers}
    lines = [
        NoteSignature(origin, log_key(origin, public).hash, signer.sign(text.encode()))
        for public, signer in keys.items()
    ]
    return format_note(Note(text, tuple(lines)))


def check_signs(keyring: "Keyring", key: str) -> None:
    """Nothing, if this key signs the next checkpoint. Errors: DeniedError."""
    owner = keyring.members[keyring.signs[-1].member]
    if owner.revoked is not None:
        raise DeniedError(
            f"the key of {owner.name} that signed checkpoints was revoked by entry {owner.revoked}",
            fix="appoint another: mledger key appoint KEY --reason TEXT",
        )
    if key != owner.id:
        raise DeniedError(
            f"checkpoints are signed by the key {owner.id[:12]} of {owner.name}",
            fix="sign with that key: --as KEY",
        )


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer], also: Beside | None = None) -> bytes:
    """The note of a checkpoint, with a line of each signer under the origin."""
    note = _signed(format_checkpoint(checkpoint), checkpoint.origin, signers)
    if also is not None:
        signature = also.sign(cosigned_subtree(checkpoint.origin, checkpoint))
        pointer = key_hash(checkpoint.origin, ML_DSA_44, also.public)
        line = NoteSignature(checkpoint.origin, pointer, format_timed(0, signature))
        held = parse_note(note)
        note = format_note(Note(held.text, (*held.signatures, line)))
    return note


class LogKeys(NamedTuple):
    """All keys that sign a ledger's checkpoints, one after the other; never empty."""

    all: tuple[Appointed, ...]

    def at(self, size: int) -> Appointed:
        """The key that signs a checkpoint of so many entries."""
        covered = [one for one in self.all if one.seq < size]
        return covered[-1] if covered else self.all[0]

    @property
    def now(self) -> Appointed:
        """The key that signs the next one."""
        return self.all[-1]

    def after(self, size: int) -> list[Appointed]:
        """Those that were appointed after so many entries."""
        return [one for one in self.all[1:] if one.seq >= size]

    def lines(self, sizes: Iterable[int]) -> dict[str, int]:
        """How many lines of each algorithm are checked under checkpoints of these sizes, once they hold."""
        found: Counter[str] = Counter()
        for size in sizes:
            found["Ed25519"] += 1
            if self.at(size).also is not None:
                found[
                    "ML-DSA-44" if is_supported() else "ML-DSA-44, which this installation cannot check"
                ] += 1
        return dict(found)

    def open(self, note: bytes) -> Checkpoint:
        """The checkpoint that a note makes, if the keys of its size signed it.

        Errors: FormatError, ProofError.
        """
        checkpoint = parse_checkpoint(parse_note(note).text)
        signs = self.at(checkpoint.size)
        checked = [signs.key]
        if signs.also is not None and is_supported():
            checked.append(signs.also)
        try:
            opened = open_note(note, checked, verify)
        except ProofError:
            raise self._other(note, signs) from None
        signed = {line[:2] for line in opened.verified}
        there = signed | {line[:2] for line in opened.unknown}
        if signs.key[:2] not in signed or (signs.also is not None and signs.also[:2] not in there):
            raise ProofError("the ledger signs with Ed25519 and ML-DSA-44 by now, and one line is missing")
        return checkpoint

    def _other(self, note: bytes, signs: Appointed) -> ProofError:
        """What is to be said of a note that the right key has not signed."""
        for other in self.all:
            try:
                open_note(note, [other.key], verify)
            except ProofError:
                continue
            if other.key != signs.key:
                when = "not yet" if other.seq > signs.seq else "no longer"
                return ProofError(f"it is signed by a key that signs {when} what covers so many entries")
        return ProofError("no known key has signed the note")
