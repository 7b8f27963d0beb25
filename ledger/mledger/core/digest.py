"""SHA-256 digests: of salted bodies, and in hexadecimal."""

import re
from collections.abc import Iterator
from hashlib import sha256

SALT_BYTES = 16
"""Bytes before a body when it is hashed: a redacted text cannot be guessed from its digest."""
SHORT = 12
_HEX = re.compile(rb"[0-9a-f]{64,}")


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of `data` as 64 lower-case hex digits."""
    return sha256(data).hexdigest()


def digests_in(data: bytes) -> Iterator[str]:
    """Every 64 hex digits that stand in `data` and may be a SHA-256, also within a longer run of digits."""
    for run in _HEX.findall(data):
        for start in range(len(run) - 63):
            yield run[start : start + 64].decode()


def short(digest: str) -> str:
    """The first twelve characters of a hex digest, for people to read; never to compare."""
    return digest[:SHORT]
