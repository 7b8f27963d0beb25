"""Successions: from now on other keys sign a ledger's checkpoints.

    mledger succession v1
    <origin>
    <verifier key until now>
    <verifier key from now on>
    [<verifier key of ML-DSA-44 from now on>]

Each line ends in a newline: the text of a signed note, under the origin as key name. The key from now on
signs it, which shows that somebody holds it, and the key until now if its holder hands over. It can be
mistaken for no checkpoint: the third line of one is base64.
"""

from typing import NamedTuple

from mledger.core.names import check_origin
from mledger.core.note import (
    ED25519,
    ML_DSA_44,
    NoteKey,
    Verify,
    format_vkey,
    open_note,
    parse_note,
    parse_vkey,
)
from mledger.errors import FormatError, InputError, ProofError

HEADER = "mledger succession v1"


class Succession(NamedTuple):
    """Whose checkpoints, the keys until now and from now on, and one of ML-DSA-44 that signs beside it."""

    origin: str
    old: NoteKey
    new: NoteKey
    also: NoteKey | None = None


class Opened(NamedTuple):
    """A succession that the new key has signed; `handed_over` if the old one has, too."""

    succession: Succession
    handed_over: bool


def format_succession(succession: Succession) -> str:
    """The text of the note; InputError if it would not be read back."""
    keys = [key for key in succession[1:] if key is not None]
    lines = [HEADER, succession.origin, *(format_vkey(key.name, key.public, key.alg) for key in keys)]
    text = "".join(f"{line}\n" for line in lines)
    try:
        parse_succession(text)
    except FormatError as error:
        raise InputError(error.message) from None
    return text


def parse_succession(text: str) -> Succession:
    """The succession of a note's text; FormatError unless it is what `format_succession` makes."""
    lines = text.split("\n")
    if len(lines) not in (5, 6) or lines[0] != HEADER or lines[-1]:
        raise FormatError("a succession has four or five lines, the first of which says so")
    origin = check_origin(lines[1])
    keys = [parse_vkey(line) for line in lines[2:-1]]
    algs = (ED25519, ED25519, ML_DSA_44)
    if any((key.name, key.alg) != (origin, alg) for key, alg in zip(keys, algs, strict=False)):
        raise FormatError("the keys of a succession are those of its origin, the third one of ML-DSA-44")
    return Succession(origin, *keys)


def open_succession(data: bytes, verify: Verify) -> Opened:
    """The succession that a note makes. Errors: FormatError, ProofError unless the new key signed it."""
    found = parse_succession(parse_note(data).text)
    opened = open_note(data, list(dict.fromkeys((found.old, found.new))), verify)
    signed = {(line.name, line.hash) for line in opened.verified}
    if (found.new.name, found.new.hash) not in signed:
        raise ProofError("the key that is to sign from now on has not signed the succession")
    return Opened(found, (found.old.name, found.old.hash) in signed)
