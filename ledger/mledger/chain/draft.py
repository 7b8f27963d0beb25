"""An event addressed to a stream, not yet signed."""

from typing import NamedTuple

from mledger.core.moment import Moment
from mledger.errors import InputError


class Draft(NamedTuple):
    """What will be signed about one event; `body` is kept byte for byte.

    `at` is the occurred time if it differs from the time of recording.
    """

    type: str
    version: int
    stream: str
    body: bytes
    id: bytes
    at: Moment | None = None


def new_ids(milliseconds: int, random: bytes, count: int) -> list[bytes]:
    """`count` ascending UUIDv7 of one millisecond, from 10 random bytes each (RFC 9562, 5.7).

    The 12 bits of `rand_a` count upwards from a random start, so that ids made together
    stand in order; a start that would overflow moves into the next milliseconds.
    """
    start = int.from_bytes(random[:2]) & 0x7FF
    ids = []
    for n in range(start, start + count):
        head = (milliseconds + (n >> 12) << 16) | 0x7000 | n & 0xFFF
        place = 10 * (n - start)
        tail = int.from_bytes(random[place + 2 : place + 10]) & 0x3FFF_FFFF_FFFF_FFFF | 1 << 63
        ids.append((head << 64 | tail).to_bytes(16))
    return ids


def read_id(text: str) -> bytes:
    """The 16 bytes of a UUIDv7 given as text, or InputError."""
    import uuid  # late: only who chooses an id needs it

    try:
        value = uuid.UUID(text)
    except (ValueError, AttributeError):
        raise InputError(
            f"{text!r} is not a UUID", fix="leave --id out, or give a UUID of version 7"
        ) from None
    if value.version != 7 or value.variant != uuid.RFC_4122:
        raise InputError(f"{text} is no UUID of version 7", fix="leave --id out, or give a UUID of version 7")
    return value.bytes


def format_id(value: bytes) -> str:
    """The usual text of a UUID's 16 bytes."""
    text = value.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
