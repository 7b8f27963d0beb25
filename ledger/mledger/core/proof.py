"""Receipts (C2SP tlog-proof): a leaf's index, its proof, and a checkpoint.

c2sp.org/tlog-proof@v1
extra <base64>              may be missing; nobody vouches for it
index <decimal>
<base64 of a hash>          from the leaf's sibling upwards, none in a tree of one leaf
<empty line>
<the checkpoint's note, byte for byte>
"""

from typing import NamedTuple

from mledger.core.encoding import MAX_DECIMAL, decode_base64, encode_base64, parse_decimal
from mledger.core.merkle import HASH_BYTES
from mledger.core.note import MAX_NOTE
from mledger.errors import FormatError, InputError

MAX_EXTRA = 48 * 1024
# A tree of 2**63 leaves has proofs of 63 hashes.
MAX_HASHES = 63

_FIRST = "c2sp.org/tlog-proof@v1"


class TlogProof(NamedTuple):
    """What a receipt holds, none of it checked: `extra` is where an entry's envelope travels."""

    index: int  # type: ignore[assignment]  # a field, over the method that every tuple has
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def format_proof(proof: TlogProof) -> bytes:
    """The receipt's bytes; InputError if a part has not the size that it may have."""
    if not 0 <= proof.index <= MAX_DECIMAL or not are_hashes(proof.hashes):
        raise InputError(
            f"a receipt takes an index from 0 and up to {MAX_HASHES} hashes of {HASH_BYTES} bytes"
        )
    if not 0 < len(proof.checkpoint) <= MAX_NOTE:
        raise InputError(f"a receipt takes a checkpoint of 1 to {MAX_NOTE} bytes")
    lines = [_FIRST]
    if proof.extra is not None:
        if not 0 < len(proof.extra) <= MAX_EXTRA:
            raise InputError(f"a receipt takes 1 to {MAX_EXTRA} bytes of extra data, or none at all")
        lines.append(f"extra {encode_base64(proof.extra)}")
    lines += [f"index {proof.index}", *map(encode_base64, proof.hashes), "", ""]
    return "\n".join(lines).encode() + proof.checkpoint


def parse_proof(data: bytes) -> TlogProof:
    """The parts of a receipt, unchecked; FormatError unless `data` is what `format_proof` makes."""
    head, gap, checkpoint = data.partition(b"\n\n")
    if not head.isascii() or not gap or not 0 < len(checkpoint) <= MAX_NOTE:
        raise FormatError("this is not a receipt: a tlog-proof, an empty line and a checkpoint")
    first, *lines = head.decode().split("\n")
    if first != _FIRST:
        raise FormatError(f"a receipt begins with {_FIRST}, and not with {first[:40]!r}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "), "the receipt's extra line")
        if not 0 < len(extra) <= MAX_EXTRA:
            raise FormatError(f"a receipt's extra data has {len(extra)} bytes and not 1 to {MAX_EXTRA}")
    if not lines or not lines[0].startswith("index "):
        raise FormatError("a receipt has no index line where it should be")
    index = parse_decimal(lines[0].removeprefix("index "), "the index of the receipt")
    hashes = tuple(decode_base64(line, "a hash of the receipt") for line in lines[1:])
    if not are_hashes(hashes):
        raise FormatError(f"a receipt has up to {MAX_HASHES} hashes of {HASH_BYTES} bytes")
    return TlogProof(index, hashes, checkpoint, extra)


def are_hashes(hashes: tuple[bytes, ...]) -> bool:
    """Whether these can be the hashes of a proof: of their length, and not too many."""
    return len(hashes) <= MAX_HASHES and all(len(value) == HASH_BYTES for value in hashes)
