"""Evidence of a fork: two checkpoints that do not fit.

    {"evidence":"fork","v":1,"first":"<note>","second":"<note>","root":"<64 hex>","proof":["<64 hex>",…]}

The second checkpoint is as large as the first, or larger. If both are of one size, two roots of it are
enough, and `root` and `proof` are left out. Otherwise `proof` is a consistency proof (RFC 6962, section
2.1.2) that the second tree begins with `root`, which is not the root that the first checkpoint signs.
"""

import json
from typing import NamedTuple

from mledger.core import canonical
from mledger.core.merkle import HASH_BYTES
from mledger.core.note import MAX_NOTE
from mledger.core.proof import MAX_HASHES
from mledger.errors import FormatError

MAX_EVIDENCE = 4 * MAX_NOTE
BEGINNING = b'{"evidence":"fork",'

_WRONG = "not evidence of a fork: two notes and, if they differ in size, a root and a proof"


class Evidence(NamedTuple):
    """Two notes, and what the tree of the second says of the size of the first; nothing is checked."""

    first: bytes
    second: bytes
    root: bytes | None = None
    hashes: tuple[bytes, ...] = ()


def format_evidence(evidence: Evidence) -> bytes:
    """The bytes of the file."""
    row: dict[str, object] = {"evidence": "fork", "v": 1}
    row |= {"first": evidence.first.decode(), "second": evidence.second.decode()}
    if evidence.root is not None:
        row |= {"root": evidence.root.hex(), "proof": [value.hex() for value in evidence.hashes]}
    # Not `canonical.encode`: the notes must come out byte for byte, whatever their names are made of.
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def parse_evidence(data: bytes) -> Evidence:
    """The parts of a file; FormatError unless it is what `format_evidence` makes."""
    if len(data) > MAX_EVIDENCE:
        raise FormatError(f"evidence of {len(data)} bytes passes the limit of {MAX_EVIDENCE}")
    row = canonical.decode(data, what="evidence")
    match row:
        case {"first": str(first), "second": str(second), "root": str(root), "proof": [*proof]}:
            hashes = tuple(map(_hash, proof[: MAX_HASHES + 1]))
            found = Evidence(first.encode(), second.encode(), _hash(root), hashes)
        case {"first": str(first), "second": str(second)}:
            found = Evidence(first.encode(), second.encode())
        case _:
            raise FormatError(_WRONG)
    if len(found.hashes) > MAX_HASHES or format_evidence(found) != data:
        raise FormatError(_WRONG)
    return found


def _hash(text: object) -> bytes:
    try:
        value = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        value = b""
    if len(value) != HASH_BYTES or value.hex() != text:
        raise FormatError("a hash in the evidence is not 64 lower-case hex digits")
    return value
