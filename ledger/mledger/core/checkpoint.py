"""Checkpoints (C2SP tlog-checkpoint): how large a ledger is and its root.

    <origin>
    <size, decimal>
    <root, base64>

Three lines, each ending in a newline: the text of a signed note. Ours have no more; the checkpoints of
other logs, which a witness reads, may go on with extension lines.
"""

from typing import NamedTuple

from mledger.core.encoding import MAX_DECIMAL, decode_base64, encode_base64, parse_decimal
from mledger.core.merkle import HASH_BYTES
from mledger.core.names import check_origin
from mledger.errors import FormatError, InputError


class Checkpoint(NamedTuple):
    """The state of a ledger: its origin, its number of entries, and the root over their leaves."""

    origin: str
    size: int
    root: bytes


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The three lines; InputError if the origin, the size or the root is none."""
    check_origin(checkpoint.origin, error=InputError)
    if not 0 <= checkpoint.size <= MAX_DECIMAL or len(checkpoint.root) != HASH_BYTES:
        raise InputError("a checkpoint takes a size from 0 and a root of 32 bytes")
    return f"{checkpoint.origin}\n{checkpoint.size}\n{encode_base64(checkpoint.root)}\n"


def parse_checkpoint(text: str, *, extensions: bool = False) -> Checkpoint:
    """The checkpoint of the three lines; FormatError unless they are what `format_checkpoint` makes.

    With `extensions`, more lines may follow, none of them empty.
    """
    lines = text.split("\n")
    if extensions and len(lines) > 4 and all(lines[3:-1]):
        lines[3:-1] = []
    if len(lines) != 4 or lines[3]:
        raise FormatError("a checkpoint has three lines, each with its newline, and no more")
    origin = check_origin(lines[0])
    size = parse_decimal(lines[1], "the size of the checkpoint")
    root = decode_base64(lines[2], "the root of the checkpoint")
    if len(root) != HASH_BYTES:
        raise FormatError(f"the root of the checkpoint has {len(root)} bytes and not {HASH_BYTES}")
    return Checkpoint(origin, size, root)
