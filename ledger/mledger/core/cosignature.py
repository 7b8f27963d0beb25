"""Cosignatures (C2SP tlog-cosignature): a witness's signature with its time.

    message     cosignature/v1
                time <seconds since 1970, decimal>
                <the text of the checkpoint's note>
    signature   <the time in 8 bytes, big-endian> || <Ed25519 over the message, 64 bytes>

Whoever makes one says: at that time, this was the largest tree of this origin that I have seen, and it
extends every other that I have cosigned. It stands in a signature line of algorithm 4.
"""

from typing import NamedTuple

from mledger.core.encoding import MAX_DECIMAL
from mledger.errors import FormatError, InputError

TIME_BYTES = 8
SIGNATURE_BYTES = 64


class Cosignature(NamedTuple):
    """When a witness signed, in seconds since 1970, and its Ed25519 signature."""

    time: int
    signature: bytes


def cosigned(text: str, time: int) -> bytes:
    """The message that a witness signs of a note's text at `time`, in seconds since 1970."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def format_cosignature(cosignature: Cosignature) -> bytes:
    """The bytes of a signature line; InputError if time or signature cannot stand there."""
    time, signature = cosignature
    if not 0 <= time <= MAX_DECIMAL or len(signature) != SIGNATURE_BYTES:
        raise InputError("a cosignature takes a time from 1970 on and a signature of 64 bytes")
    return time.to_bytes(TIME_BYTES) + signature


def parse_cosignature(data: bytes) -> Cosignature:
    """Time and signature of a line's bytes; FormatError unless they are what `format_cosignature` makes."""
    time = int.from_bytes(data[:TIME_BYTES])
    if len(data) != TIME_BYTES + SIGNATURE_BYTES or time > MAX_DECIMAL:
        raise FormatError("not a cosignature: a time in 8 bytes and a signature in 64")
    return Cosignature(time, data[TIME_BYTES:])
