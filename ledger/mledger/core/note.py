"""Signed notes (C2SP signed-note): a text and who signed it.

    <text, ending in a newline>
    <empty line>
    — <key name> <base64 of key hash[4] || signature>       1 to 16 such lines

A key is published as `<name>+<8 hex>+<base64 of algorithm || public key>`. Its hash says which key
signed, and is too short to say more. Algorithms: 1 is Ed25519 over the text; 4 is a witness's
Ed25519 over a time and the text, whose signature begins with that time; 6 is ML-DSA-44 over what
the text says of a tree, in the same way (C2SP tlog-cosignature).
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

from mledger.core.checkpoint import parse_checkpoint
from mledger.core.cosignature import cosigned, parse_cosignature
from mledger.core.encoding import decode_base64, encode_base64
from mledger.core.mldsa import PUBLIC_BYTES, cosigned_subtree, parse_timed
from mledger.errors import FormatError, InputError, ProofError, UsageError

ED25519 = 1
COSIGNATURE = 4
ML_DSA_44 = 6
MAX_NOTE = 64 * 1024
MAX_SIGNATURES = 16

_HASH_BYTES = 4
_KEY_BYTES = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: PUBLIC_BYTES}
_DASH = "\N{EM DASH} "

Verify = Callable[[bytes, bytes, bytes], bool]
"""Whether a public key signed a message, by the algorithm of its length: (public, message, signature)."""


class NoteKey(NamedTuple):
    """A key that may have signed a note."""

    name: str
    hash: bytes
    alg: int
    public: bytes


class NoteSignature(NamedTuple):
    """One signature line: the key's name and hash, and the bytes of the signature."""

    name: str
    hash: bytes
    signature: bytes


class Note(NamedTuple):
    """A text and its signatures, none of which has been checked."""

    text: str
    signatures: tuple[NoteSignature, ...]


class Opened(NamedTuple):
    """A text that at least one known key has signed; `unknown` are the lines of other keys."""

    text: str
    verified: tuple[NoteSignature, ...]
    unknown: tuple[NoteSignature, ...]


def key_hash(name: str, alg: int, key: bytes) -> bytes:
    """The four bytes that point to a key: SHA-256(name || newline || algorithm || key), cut."""
    return sha256(b"%b\n%c%b" % (name.encode(), alg, key)).digest()[:_HASH_BYTES]


def format_vkey(name: str, public: bytes, alg: int = ED25519) -> str:
    """The published form of a public key under a name; InputError if either is malformed."""
    if not _is_name(name) or len(public) != _KEY_BYTES.get(alg):
        raise InputError("a verifier key takes a name without spaces and plus signs, and 32 bytes of Ed25519")
    return f"{name}+{key_hash(name, alg, public).hex()}+{encode_base64(bytes([alg]) + public)}"


def parse_vkey(text: str) -> NoteKey:
    """The key of its published form; FormatError also for algorithms other than 1, 4 and 6."""
    name, _, rest = text.partition("+")
    digits, _, encoded = rest.partition("+")
    key = decode_base64(encoded, "a verifier key")
    if not _is_name(name) or not key or len(key) != 1 + _KEY_BYTES.get(key[0], 0):
        raise FormatError("not a verifier key of the form name+hash+key with an Ed25519 key")
    found = key_hash(name, key[0], key[1:])
    if found.hex() != digits:
        raise FormatError(f"the hash of the verifier key {name!r} does not fit its key")
    return NoteKey(name, found, key[0], key[1:])


def format_note(note: Note) -> bytes:
    """The note's bytes; InputError if the text or a signature cannot stand in a note."""
    _check(note, InputError)
    data = f"{note.text}\n".encode() + _format_lines(note.signatures)
    if len(data) > MAX_NOTE:
        raise InputError(f"a note of {len(data)} bytes passes the limit of {MAX_NOTE}")
    return data


def parse_note(data: bytes) -> Note:
    """The parts of a note, unchecked; FormatError unless `data` is what `format_note` makes."""
    if len(data) > MAX_NOTE:
        raise FormatError(f"a note of {len(data)} bytes passes the limit of {MAX_NOTE}")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise FormatError(f"the note is not UTF-8 at byte {error.start}") from None
    # The last empty line parts text and signatures: the text may have empty lines of its own.
    text, gap, block = whole.rpartition("\n\n")
    if not gap or not block.endswith("\n"):
        raise FormatError("the note has no signatures after an empty line, or does not end in a newline")
    note = Note(text + "\n", _parse_lines(block))
    _check(note, FormatError)
    return note


def format_signatures(signatures: Sequence[NoteSignature]) -> bytes:
    """Signature lines alone, as a witness answers; InputError if one cannot stand in a note."""
    _check_lines(signatures, InputError)
    return _format_lines(signatures)


def parse_signatures(data: bytes) -> tuple[NoteSignature, ...]:
    """Signature lines, unchecked; FormatError unless `data` is what `format_signatures` makes."""
    try:
        block = data[: MAX_NOTE + 1].decode()
    except UnicodeDecodeError as error:
        raise FormatError(f"the signature lines are not UTF-8 at byte {error.start}") from None
    if len(data) > MAX_NOTE or not block.endswith("\n"):
        raise FormatError("signature lines end in a newline, and do not pass the limit of a note")
    lines = _parse_lines(block)
    _check_lines(lines, FormatError)
    return lines


def _format_lines(signatures: Sequence[NoteSignature]) -> bytes:
    return "".join(
        f"{_DASH}{name} {encode_base64(hash + value)}\n" for name, hash, value in signatures
    ).encode()


def _parse_lines(block: str) -> tuple[NoteSignature, ...]:
    return tuple(_parse_line(line, at) for at, line in enumerate(block[:-1].split("\n"), 1))


def _parse_line(line: str, at: int) -> NoteSignature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH):
        raise FormatError(f"signature line {at} of the note does not begin with a dash and a space")
    value = decode_base64(encoded, f"signature line {at} of the note")
    return NoteSignature(name, value[:_HASH_BYTES], value[_HASH_BYTES:])


def _check(note: Note, error: type[UsageError]) -> None:
    """Raise `error` unless the parts make a note: the one rule for writing and reading."""
    if not note.text.endswith("\n"):
        raise error("the text of a note ends in a newline")
    if any(char < " " and char != "\n" for char in note.text):
        raise error("the text of a note holds a control character")
    try:
        note.text.encode()
    except UnicodeEncodeError:
        raise error("the text of a note holds a lone surrogate") from None
    _check_lines(note.signatures, error)


def _check_lines(signatures: Sequence[NoteSignature], error: type[UsageError]) -> None:
    if not 0 < len(signatures) <= MAX_SIGNATURES:
        raise error(f"a note has 1 to {MAX_SIGNATURES} signatures, this one {len(signatures)}")
    for at, line in enumerate(signatures, 1):
        if not _is_name(line.name) or len(line.hash) != _HASH_BYTES or not line.signature:
            raise error(f"signature line {at} of the note has no proper key name, hash or signature")


def _is_name(name: str) -> bool:
    """Whether a key may be called so: something, without Unicode spaces, controls and plus signs."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return bool(name) and not any(char.isspace() or char < " " or char == "+" for char in name)


def open_note(data: bytes, keys: Sequence[NoteKey], verify: Verify) -> Opened:
    """The text of a note that one of `keys` has signed, and who else claims to have signed it.

    FormatError if it is no note; ProofError if no known key has signed it, or if a signature of a
    known key fails, whatever the others say; InputError if two of `keys` cannot be told apart.
    """
    note = parse_note(data)
    known = _by_name(keys)
    verified: dict[tuple[str, bytes], NoteSignature] = {}
    unknown: dict[NoteSignature, None] = {}
    for line in note.signatures:
        key = known.get((line.name, line.hash))
        if key is None:
            unknown[line] = None
        elif _holds(key, note.text, line.signature, verify):
            verified.setdefault((line.name, line.hash), line)
        else:
            raise ProofError("a signature of the note does not hold")
    if not verified:
        raise ProofError("no known key has signed the note")
    return Opened(note.text, tuple(verified.values()), tuple(unknown))


def _by_name(keys: Sequence[NoteKey]) -> dict[tuple[str, bytes], NoteKey]:
    known: dict[tuple[str, bytes], NoteKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.hash), key) != key:
            raise InputError(f"two different keys go by the name {key.name!r} and one hash")
    return known


def _holds(key: NoteKey, text: str, signature: bytes, verify: Verify) -> bool:
    if key.alg == ED25519:
        return verify(key.public, text.encode(), signature)
    try:
        if key.alg == ML_DSA_44:
            seconds, own = parse_timed(signature)
            tree = parse_checkpoint(text, extensions=True)
            return verify(key.public, cosigned_subtree(key.name, tree, seconds), own)
        time, own = parse_cosignature(signature)
    except (FormatError, InputError):
        return False
    return key.alg == COSIGNATURE and verify(key.public, cosigned(text, time), own)
