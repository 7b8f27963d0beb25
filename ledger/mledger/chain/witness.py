"""The witness rule: what is cosigned, and what is refused and why.

A witness keeps the last checkpoint that it cosigned for each origin. It cosigns the next if a trusted
key has signed it and it extends the one kept. Whoever shows two histories to two people must show one
of them to it. The statuses are those of C2SP tlog-witness. Pure: whoever calls it keeps what it says,
durably and before answering, and lets no other request in between.
"""

from collections.abc import Callable
from typing import NamedTuple

from mledger.core.checkpoint import Checkpoint, parse_checkpoint
from mledger.core.cosignature import Cosignature, cosigned, format_cosignature
from mledger.core.evidence import Evidence
from mledger.core.merkle import EMPTY_ROOT, check_consistency, consistency_roots
from mledger.core.note import (
    COSIGNATURE,
    Note,
    NoteKey,
    NoteSignature,
    format_note,
    key_hash,
    open_note,
    parse_note,
)
from mledger.core.submission import Submission, parse_submission
from mledger.errors import FormatError, ProofError
from mledger.keys.algorithms import verify
from mledger.keys.signer import Signer

COSIGN, MALFORMED, FORBIDDEN, UNKNOWN, CONFLICT, UNPROVED = 200, 400, 403, 404, 409, 422


class Log(NamedTuple):
    """What a witness knows of one log: the keys it trusts for it, and the note it cosigned last."""

    origin: str
    keys: tuple[NoteKey, ...]
    kept: bytes | None = None

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The checkpoint of the note that was cosigned last."""
        return _read(self.kept) if self.kept is not None else None


class Verdict(NamedTuple):
    """What to answer, and with `COSIGN` the log as it must be kept from now on, its note to be cosigned.

    `size` is the one from which a log that was told another must prove its growth. `evidence` is there if
    what was sent and what was kept prove that the log's key has signed two histories.
    """

    status: int
    reason: str
    log: Log | None = None
    size: int | None = None
    evidence: Evidence | None = None


def judge(data: bytes, find: Callable[[str], Log | None]) -> Verdict:
    """Whether to cosign the checkpoint that a log has sent; `find` gives what is known of an origin."""
    try:
        submission = parse_submission(data)
        new = _read(submission.checkpoint)
    except FormatError as error:
        return Verdict(MALFORMED, error.message)
    log = find(new.origin)
    if log is None:
        return Verdict(UNKNOWN, f"no log {new.origin} is known here")
    try:
        opened = open_note(submission.checkpoint, log.keys, verify)
    except ProofError:
        return Verdict(FORBIDDEN, f"no key that is trusted for {new.origin} has signed this")
    if submission.old > new.size:
        return Verdict(MALFORMED, f"the old size {submission.old} is beyond the new, {new.size}")
    # Without the lines of unknown keys: anybody can write there what they like.
    note = format_note(Note(opened.text, opened.verified))
    return _extends(submission._replace(checkpoint=note), new, log)


def _extends(submission: Submission, new: Checkpoint, log: Log) -> Verdict:
    """Whether a checkpoint of the log's own extends the one kept."""
    kept = log.checkpoint
    size = kept.size if kept else 0
    if kept is not None and log.kept is not None and new.size == size and new.root != kept.root:
        evidence = Evidence(log.kept, submission.checkpoint)
        return Verdict(CONFLICT, f"another history of {size} entries is known", log, size, evidence)
    if submission.old != size:
        return Verdict(CONFLICT, f"the old size is {size}", log, size)
    if _is_proved(submission, new, kept):
        return Verdict(COSIGN, "cosigned", log._replace(kept=submission.checkpoint))
    return Verdict(
        UNPROVED,
        f"nothing proves that this extends the first {size} entries",
        log,
        evidence=_fork(submission, new, kept, log.kept),
    )


def _is_proved(submission: Submission, new: Checkpoint, kept: Checkpoint | None) -> bool:
    if kept is None or not kept.size:
        return not submission.hashes and (new.size > 0 or new.root == EMPTY_ROOT)
    try:
        check_consistency(kept.size, kept.root, new.size, new.root, submission.hashes)
    except ProofError:
        return False
    return True


def _fork(
    submission: Submission, new: Checkpoint, kept: Checkpoint | None, note: bytes | None
) -> Evidence | None:
    """What was sent as evidence, if its proof leads from another tree than the one kept.

    A proof from a power of two does not say from which tree it leads: then there is none.
    """
    if kept is None or note is None:
        return None
    try:
        old, root = consistency_roots(kept.size, kept.root, new.size, submission.hashes)
    except ProofError:
        return None
    if root != new.root or old == kept.root:
        return None
    return Evidence(note, submission.checkpoint, old, submission.hashes)


def cosign(note: bytes, name: str, signer: Signer, time: int) -> NoteSignature:
    """The signature line of a witness under a note, at a time in seconds since 1970."""
    signature = signer.sign(cosigned(parse_note(note).text, time))
    hash_ = key_hash(name, COSIGNATURE, signer.public)
    return NoteSignature(name, hash_, format_cosignature(Cosignature(time, signature)))


def _read(note: bytes) -> Checkpoint:
    return parse_checkpoint(parse_note(note).text, extensions=True)
