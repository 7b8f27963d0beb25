"""Checks a receipt against its checkpoint, its key and its tree.

Needs no ledger: what is trusted is the verifier key that somebody handed over.
"""

from typing import NamedTuple

from mledger.chain.statement import Statement, open_payload
from mledger.core.checkpoint import Checkpoint, parse_checkpoint
from mledger.core.envelope import parse_envelope
from mledger.core.merkle import check_consistency, check_inclusion, leaf_hash
from mledger.core.note import ML_DSA_44, NoteKey, open_note, parse_note, parse_vkey
from mledger.core.proof import parse_proof
from mledger.errors import FormatError, ProofError
from mledger.keys.algorithms import verify
from mledger.keys.mldsa import is_supported

LACKS = "the ledger signs with Ed25519 and ML-DSA-44 by now, and one line is missing"


class CheckedReceipt(NamedTuple):
    """What a receipt proves: that the checkpoint's signer vouches for the entry at this position.

    The entry's own signature is not checked: whose key it is, only the ledger can say.
    """

    checkpoint: Checkpoint
    seq: int
    statement: Statement

    def to_json(self) -> dict[str, object]:
        """The receipt as `--json` prints it."""
        return {
            "origin": self.checkpoint.origin,
            "size": self.checkpoint.size,
            "root": self.checkpoint.root.hex(),
            "seq": self.seq,
            "time": self.statement.time,
            "signer": self.statement.signer,
            "meaning": self.statement.meaning,
            "events": [event.type for event in self.statement.events],
        }


def check_receipt(data: bytes, *vkeys: str) -> CheckedReceipt:
    """What a `.tlog-proof` with the envelope in `extra` proves, trusting verifier keys of the ledger.

    Errors: FormatError if it is no receipt of this format, ProofError if it does not hold.
    """
    proof = parse_proof(data)
    checkpoint = check_checkpoint(proof.checkpoint, *map(parse_vkey, vkeys))
    if proof.extra is None:
        raise FormatError("the receipt holds no envelope: its line `extra` is missing")
    envelope = parse_envelope(proof.extra)
    check_inclusion(leaf_hash(proof.extra), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    statement = open_payload(envelope.payload)
    if (
        statement.seq != proof.index
        or statement.ledger != checkpoint.origin
        or statement.key != envelope.keyid
    ):
        raise ProofError("the receipt's entry is not what its position says")
    return CheckedReceipt(checkpoint, proof.index, statement)


def check_checkpoint(note: bytes, *keys: NoteKey) -> Checkpoint:
    """The checkpoint that a note makes which one of the keys signed, and one of each algorithm among them.

    Errors: FormatError, ProofError.
    """
    opened = open_note(note, keys, verify)
    checkpoint = parse_checkpoint(opened.text)
    if any(checkpoint.origin != key.name for key in keys):
        raise ProofError("the checkpoint is not signed under its origin's name")
    signed = {line[:2] for line in opened.verified}
    if {key.alg for key in keys if key[:2] in signed} != {key.alg for key in keys}:
        raise ProofError(LACKS)
    return checkpoint


def check_both(note: bytes, vkey: str, also: str | None) -> Checkpoint:
    """The checkpoint that a ledger's key signed, and its key of ML-DSA-44 beside it, if it has one.

    An installation that cannot check ML-DSA-44 wants the line to be there. Errors: FormatError, ProofError.
    """
    keys = [parse_vkey(one) for one in (vkey, also) if one is not None]
    lines = {line[:2] for line in parse_note(note).signatures}
    if any(key[:2] not in lines for key in keys[1:]):
        raise ProofError(LACKS)
    return check_checkpoint(note, *(key for key in keys if key.alg != ML_DSA_44 or is_supported()))


def checked_lines(also: object | None) -> tuple[str, ...]:
    """The algorithms of the lines that are checked of a ledger, with a key of ML-DSA-44 beside or without."""
    beside = "ML-DSA-44" if is_supported() else "ML-DSA-44, which this installation cannot check"
    return ("Ed25519",) if also is None else ("Ed25519", beside)


def check_extension(old: Checkpoint, new: Checkpoint, proof: list[bytes]) -> None:
    """Whether `new` extends `old` (RFC 6962, section 2.1.2). Errors: ProofError."""
    check_consistency(old.size, old.root, new.size, new.root, proof)
