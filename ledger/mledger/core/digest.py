"""SHA-256 digests: of salted bodies, and in hexadecimal."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from typing import Any

SALT_BYTES = 16
"""Bytes before a body when it is hashed: a redacted text cannot be guessed from its digest."""
SHORT = 12
KEPT = b'"kept":true'
"""What stands in every body that says so of a file."""
_SHA256 = re.compile("[0-9a-f]{64}")
_HEX = re.compile(rb"[0-9a-f]{64,}")
# Every digit becomes 0 and all else 1, so that a run of 64 digits is one text.
_MARKED, _RUN = bytes(49 - (byte in b"0123456789abcdef") for byte in range(256)), b"0" * 64


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of `data` as 64 lower-case hex digits."""
    return sha256(data).hexdigest()


def runs_in(data: bytes) -> Iterator[str]:
    """Every run of 64 or more hex digits in `data`: a SHA-256, or what one may be a part of."""
    if _RUN in data.translate(_MARKED):  # which most bodies have none of, and twenty times as fast to see
        for run in _HEX.findall(data):
            yield run.decode()


def kept_in(data: bytes) -> Iterator[tuple[str, str]]:
    """Digest and name of each file of which the JSON `data` says that the ledger keeps it."""
    if KEPT not in data:
        return
    with suppress(ValueError, RecursionError):  # what is no JSON says nothing
        for row in objects_in(json.loads(data)):
            digest = row.get("sha256", row.get("digest"))
            if row.get("kept") is True and isinstance(digest, str) and _SHA256.fullmatch(digest):
                yield digest, str(row.get("name", row.get("title", digest[:SHORT])))


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a value of JSON."""
    if isinstance(value, dict):
        yield value
    for held in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects_in(held)


def short(digest: str) -> str:
    """The first twelve characters of a hex digest, for people to read; never to compare."""
    return digest[:SHORT]
