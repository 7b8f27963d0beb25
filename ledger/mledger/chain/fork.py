"""Forks: makes and checks evidence that one key signed two histories."""

from typing import NamedTuple

from mledger.core import merkle
from mledger.core.checkpoint import Checkpoint, parse_checkpoint
from mledger.core.evidence import Evidence, parse_evidence
from mledger.core.merkle import Hashes
from mledger.core.note import NoteKey, open_note, parse_note
from mledger.errors import MledgerError, ProofError
from mledger.keys.algorithms import verify


class Fork(NamedTuple):
    """Two checkpoints of one key; `root` is what the second history has where the first was signed."""

    first: Checkpoint
    second: Checkpoint
    root: bytes

    def to_json(self) -> dict[str, object]:
        """The fork as `--json` prints it."""
        return {
            "evidence": "fork",
            "origin": self.first.origin,
            "first": {"size": self.first.size, "root": self.first.root.hex()},
            "second": {"size": self.second.size, "root": self.second.root.hex()},
            "size": self.first.size,
            "root": self.root.hex(),
        }


def check_evidence(data: bytes, *keys: NoteKey) -> Fork:
    """The fork that a file proves, trusting the verifier key of the ledger, or those that it had in turn.

    Errors: FormatError if it is no evidence, ProofError if it proves nothing.
    """
    evidence = parse_evidence(data)
    first, second = (
        parse_checkpoint(open_note(note, keys, verify).text, extensions=True)
        for note in (evidence.first, evidence.second)
    )
    root = second.root if evidence.root is None else evidence.root
    others = {second.origin, *(key.name for key in keys)} - {first.origin}
    if others or root == first.root:
        raise ProofError("the two checkpoints do not contradict each other")
    merkle.check_consistency(first.size, root, second.size, second.root, list(evidence.hashes))
    return Fork(first, second, root)


def find_fork(kept: bytes, own: bytes, tree: Hashes) -> Evidence | None:
    """Evidence that a checkpoint kept elsewhere, and one of this ledger, are of two histories; None without.

    `own` must be of the tree's own history, and at least as large as the one kept.
    """
    first, second = (parse_checkpoint(parse_note(note).text, extensions=True) for note in (kept, own))
    if first.origin != second.origin or not 0 < first.size <= second.size:
        return None
    if first.size == second.size:
        return Evidence(kept, own) if first.root != second.root else None
    try:
        root = merkle.root(tree, first.size)
        proof = merkle.consistency_proof(tree, first.size, second.size)
        merkle.check_consistency(first.size, root, second.size, second.root, proof)
    except MledgerError:
        return None
    return Evidence(kept, own, root, tuple(proof)) if root != first.root else None
