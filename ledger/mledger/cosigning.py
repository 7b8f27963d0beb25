"""Asks witnesses to cosign a checkpoint, and keeps what they sign."""

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from mledger.chain import witness as rule
from mledger.core.checkpoint import Checkpoint
from mledger.core.cosignature import parse_cosignature
from mledger.core.moment import Moment, of_seconds
from mledger.core.note import (
    COSIGNATURE,
    MAX_SIGNATURES,
    Note,
    NoteKey,
    NoteSignature,
    format_note,
    open_note,
    parse_note,
    parse_signatures,
    parse_vkey,
)
from mledger.core.submission import SIZE_TYPE, Submission, format_submission, parse_size
from mledger.errors import (
    ConflictError,
    DivergedError,
    FormatError,
    InputError,
    NotFoundError,
    ProofError,
    UnreachableError,
)
from mledger.exchange.post import Reply, post
from mledger.keys.algorithms import verify
from mledger.reader import Reader

_KEEP = "keep this file as it is, and find out who shows another history to whom"


class Cosigned(NamedTuple):
    """A cosignature that a known witness gave: its name, how many entries it saw, and when."""

    witness: str
    size: int
    time: Moment
    line: NoteSignature

    def to_json(self) -> dict[str, object]:
        """The cosignature as `--json` prints it."""
        return {"witness": self.witness, "size": self.size, "time": self.time}


def witness_keys(reader: Reader, more: Sequence[str] = ()) -> list[NoteKey]:
    """The keys of the witnesses that the policy names, and of `more` verifier keys. Errors: InputError."""
    policy = reader.keyring().policy
    named = policy.witnesses.keys if policy and policy.witnesses else ()
    return read_witnesses(tuple(dict.fromkeys((*named, *more))))


def read_witnesses(vkeys: Sequence[str]) -> list[NoteKey]:
    """The keys of witnesses in their published form. Errors: InputError."""
    try:
        keys = [parse_vkey(text) for text in vkeys]
    except FormatError as error:
        raise InputError(error.message, fix="give it whole, as this prints it: mledger witness key") from None
    for key in keys:
        if key.alg != COSIGNATURE:
            raise InputError(
                f"{key.name} is no witness by this key: it signs checkpoints, and cosigns none",
                fix="let whoever runs the witness send what this prints: mledger witness key",
            )
    return keys


def ask(reader: Reader, note: bytes, url: str, keys: Sequence[NoteKey]) -> list[Cosigned]:
    """What the witness at a URL has cosigned of a checkpoint, every cosignature checked.

    Errors: UnreachableError; DivergedError if it knows another history, or a longer one; NotFoundError
    and InputError if it does not know this ledger or is not known here; ProofError; ConflictError.
    """
    new = reader.read_checkpoint(note)
    old = _cosigned_before(reader, keys, new.size)
    reply = _send(reader, note, new, old, url)
    if reply.status == rule.CONFLICT:
        told = _told(reply, url)
        if told > new.size:
            raise DivergedError(
                f"the witness has cosigned {told} entries of {new.origin}, this checkpoint has {new.size}",
                fix="put the newest copy of the ledger back, or make a checkpoint: mledger checkpoint",
            )
        if told != old:
            old, reply = told, _send(reader, note, new, told, url)
        if reply.status == rule.CONFLICT:
            _still_refused(reply, new, old, url)
    if reply.status != rule.COSIGN:
        raise _refused(reply, new, url)
    return _check(note, new, reply, keys, url)


def keep(reader: Reader, note: bytes, cosigned: Sequence[Cosigned]) -> bytes:
    """The checkpoint's note with all cosignatures that are known of it, kept in the ledger."""
    text = parse_note(note).text
    size = reader.read_checkpoint(note).size
    lines = {(line.name, line.hash): line for line in parse_note(note).signatures}
    for kept_size, kept in reader.store.checkpoints():
        if kept_size == size and (parsed := _parsed(kept)) and parsed.text == text:
            lines |= {
                (line.name, line.hash): line for line in parsed.signatures if line.name != reader.origin
            }
    lines |= {(one.line.name, one.line.hash): one.line for one in cosigned}
    whole = format_note(Note(text, tuple(lines.values())[:MAX_SIGNATURES]))
    reader.store.keep_checkpoint(size, whole)
    return whole


def _parsed(note: bytes) -> Note | None:
    with suppress(FormatError):
        return parse_note(note)
    return None


def _cosigned_before(reader: Reader, keys: Sequence[NoteKey], limit: int) -> int:
    """The largest checkpoint kept here that one of the witnesses has cosigned; 0 if there is none."""
    known = {(key.name, key.hash) for key in keys}
    sizes = [0]
    for size, note in reader.store.checkpoints():
        with suppress(FormatError):  # what is no note is for a verification to tell
            if size <= limit and any((line.name, line.hash) in known for line in parse_note(note).signatures):
                sizes.append(size)
    return max(sizes)


def _send(reader: Reader, note: bytes, new: Checkpoint, old: int, url: str) -> Reply:
    hashes = tuple(reader.consistency(old, new.size)) if old else ()
    data = format_submission(Submission(old, hashes, note))
    return post(f"{url.rstrip('/')}/add-checkpoint", data, "text/plain; charset=utf-8")


def _told(reply: Reply, url: str) -> int:
    try:
        if reply.type == SIZE_TYPE:
            return parse_size(reply.body)
    except FormatError:
        pass
    raise _strange(reply, url)


def _still_refused(reply: Reply, new: Checkpoint, old: int, url: str) -> None:
    """Say why a witness refuses the very size that it has named."""
    if _told(reply, url) != old:
        raise ConflictError(f"somebody else asks {url} for {new.origin} at the same time", fix="try again")
    raise DivergedError(
        f"the witness has cosigned another history of {old} entries of {new.origin}", fix=_KEEP
    )


def _refused(reply: Reply, new: Checkpoint, url: str) -> Exception:
    match reply.status:
        case rule.UNKNOWN:
            return NotFoundError(
                f"the witness at {url} does not know {new.origin}",
                fix="let whoever runs it add what this prints: mledger checkpoint --vkey",
            )
        case rule.FORBIDDEN:
            return DivergedError(
                f"the witness knows {new.origin} under another key than the one that signed this",
                fix="compare what it trusts with: mledger checkpoint --vkey",
            )
        case rule.UNPROVED:
            return DivergedError(
                f"the witness has cosigned another history of {new.origin}: this one does not extend it",
                fix=_KEEP,
            )
        case _:
            return _strange(reply, url)


def _strange(reply: Reply, url: str) -> UnreachableError:
    line = reply.body[:80].decode(errors="replace").partition("\n")[0]
    return UnreachableError(
        f"{url} answers with status {reply.status}, not as a witness does: {line!r}",
        fix="make sure that this is the address of a witness",
    )


def _check(note: bytes, new: Checkpoint, reply: Reply, keys: Sequence[NoteKey], url: str) -> list[Cosigned]:
    """The cosignatures of known witnesses among the lines of an answer."""
    try:
        lines = parse_signatures(reply.body)
        own = parse_note(note)._replace(signatures=())
        known = {(key.name, key.hash) for key in keys}
        wanted = tuple(line for line in lines if (line.name, line.hash) in known)
        if wanted:
            open_note(format_note(own._replace(signatures=wanted)), keys, verify)
    except FormatError:
        raise _strange(reply, url) from None
    except ProofError:
        raise ProofError(f"the cosignature from {url} does not hold", fix="ask another witness") from None
    if not wanted:
        names = ", ".join(sorted({line.name for line in lines}))
        raise InputError(
            f"{url} cosigns as {names}, which is no witness that is known here",
            fix="name its key, from somebody you trust: --witness VKEY; or name it in the policy",
        )
    return [
        Cosigned(line.name, new.size, of_seconds(parse_cosignature(line.signature).time), line)
        for line in wanted
    ]
