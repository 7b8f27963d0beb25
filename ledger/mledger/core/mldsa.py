"""What a key of ML-DSA-44 signs of a checkpoint (C2SP tlog-cosignature).

    label[12] || name || timestamp || origin || start || end || root[32]

The numbers are big-endian in eight bytes, each text stands behind its length in one byte. The
signature stands in a line of algorithm 6, behind its time in eight bytes. A ledger signs its own
checkpoints so, with the time 0, which says nothing of when. Whoever can forge Ed25519 one day cannot
forge this.
"""

from mledger.core.checkpoint import Checkpoint
from mledger.errors import FormatError, InputError

LABEL = b"subtree/v1\n\0"
TIME_BYTES = 8
SIGNATURE_BYTES = 2420
PUBLIC_BYTES = 1312


def cosigned_subtree(name: str, checkpoint: Checkpoint, time: int = 0) -> bytes:
    """The message that the key `name` signs of a whole tree; InputError for a name that does not fit."""
    texts = [text.encode() for text in (name, checkpoint.origin)]
    if not all(0 < len(text) < 256 for text in texts):
        raise InputError("a name of 1 to 255 bytes fits into what ML-DSA-44 signs")
    who, origin = (bytes([len(text)]) + text for text in texts)
    span = bytes(8) + checkpoint.size.to_bytes(8)
    return LABEL + who + time.to_bytes(8) + origin + span + checkpoint.root


def format_timed(time: int, signature: bytes) -> bytes:
    """The bytes of a signature line; InputError if the signature is none of ML-DSA-44."""
    if len(signature) != SIGNATURE_BYTES or not 0 <= time < 1 << 63:
        raise InputError(f"a signature of ML-DSA-44 has {SIGNATURE_BYTES} bytes")
    return time.to_bytes(TIME_BYTES) + signature


def parse_timed(data: bytes) -> tuple[int, bytes]:
    """Time and signature of a line's bytes; FormatError unless they are what `format_timed` makes."""
    time = int.from_bytes(data[:TIME_BYTES])
    if len(data) != TIME_BYTES + SIGNATURE_BYTES or time >= 1 << 63:
        raise FormatError("not a signature of ML-DSA-44: a time in 8 bytes and a signature in 2,420")
    return time, data[TIME_BYTES:]
