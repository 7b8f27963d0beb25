"""What a log sends to a witness (C2SP tlog-witness), and gets back.

    old <size, decimal>            of the checkpoint that the witness cosigned last, or 0
    <base64 of a hash>             the consistency proof from there, at most 63 lines
    <empty line>
    <the checkpoint's note, byte for byte>

A witness that cosigns answers with signature lines, see `mledger.core.note`; one that was told another
old size than it knows answers with its own as `<size>` and a newline.
"""

from typing import NamedTuple

from mledger.core.encoding import MAX_DECIMAL, decode_base64, encode_base64, parse_decimal
from mledger.core.merkle import HASH_BYTES
from mledger.core.note import MAX_NOTE
from mledger.core.proof import MAX_HASHES, are_hashes
from mledger.errors import FormatError, InputError

MAX_SUBMISSION = MAX_NOTE + 64 * 64
SIZE_TYPE = "text/x.tlog.size"

_OLD = "old "


class Submission(NamedTuple):
    """A checkpoint's note with the proof that it extends the first `old` entries; nothing is checked."""

    old: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes


def format_submission(submission: Submission) -> bytes:
    """The bytes to send; InputError if a part has not the size that it may have."""
    old, hashes, checkpoint = submission
    if not 0 <= old <= MAX_DECIMAL or not are_hashes(hashes) or not 0 < len(checkpoint) <= MAX_NOTE:
        raise InputError(
            f"a witness takes an old size from 0, up to {MAX_HASHES} hashes and a checkpoint of"
            f" 1 to {MAX_NOTE} bytes"
        )
    return "\n".join([f"{_OLD}{old}", *map(encode_base64, hashes), "", ""]).encode() + checkpoint


def parse_submission(data: bytes) -> Submission:
    """The parts of what was sent; FormatError unless `data` is what `format_submission` makes."""
    head, gap, checkpoint = data.partition(b"\n\n")
    if not gap or not head.isascii() or not 0 < len(checkpoint) <= MAX_NOTE:
        raise FormatError("not an old size, a proof, an empty line and a checkpoint")
    first, *lines = head.decode().split("\n")
    if not first.startswith(_OLD):
        raise FormatError("the first line does not say the old size")
    old = parse_decimal(first.removeprefix(_OLD), "the old size")
    if len(lines) > MAX_HASHES:
        raise FormatError(f"a consistency proof has at most {MAX_HASHES} hashes")
    hashes = tuple(decode_base64(line, "a hash of the proof") for line in lines)
    if not are_hashes(hashes):
        raise FormatError(f"a hash of the proof has not {HASH_BYTES} bytes")
    return Submission(old, hashes, checkpoint)


def format_size(size: int) -> bytes:
    """A witness's answer that it knows another size."""
    return f"{size}\n".encode()


def parse_size(data: bytes) -> int:
    """The size in a witness's answer; FormatError unless it is what `format_size` makes."""
    if not data.endswith(b"\n") or not data.isascii():
        raise FormatError("not a size and a newline")
    return parse_decimal(data[:-1].decode(), "the size that the witness knows")
