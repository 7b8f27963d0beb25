"""Trust files: what to hand over before any evidence, by another way.

    {"format": "mledger-trust", "v": 1, "origin": …, "vkey": …, "genesis": <64 hex>,
     "head": {"size": …, "leaf": <64 hex>, "root": <64 hex>}}

Whoever holds one knows which ledger is meant, whose key signs its checkpoints, how it begins, and a
head that every later state must extend. It is believed because of how it came, so nothing signs it.
"""

import json
import re
from typing import Any, NamedTuple

from mledger.core import canonical
from mledger.core.encoding import MAX_DECIMAL
from mledger.core.names import check_origin
from mledger.core.note import parse_vkey
from mledger.errors import FormatError

FORMAT = "mledger-trust"
VERSION = 1
MAX_TRUST = 64 * 1024

_HASH = re.compile(r"[0-9a-f]{64}").fullmatch


class Pinned(NamedTuple):
    """What a trust file pins: the ledger, its verifier key, the leaf of entry 0, and a head, hashes raw."""

    origin: str
    vkey: str
    genesis: bytes
    size: int
    leaf: bytes
    root: bytes


def format_trust(pinned: Pinned) -> bytes:
    """The bytes of the trust file."""
    head = {"size": pinned.size, "leaf": pinned.leaf.hex(), "root": pinned.root.hex()}
    row = {
        "format": FORMAT,
        "v": VERSION,
        "origin": pinned.origin,
        "vkey": pinned.vkey,
        "genesis": pinned.genesis.hex(),
        "head": head,
    }
    return json.dumps(row, ensure_ascii=False, indent=2).encode() + b"\n"


def parse_trust(data: bytes) -> Pinned:
    """What a trust file pins; FormatError unless it is one, whole."""
    if len(data) > MAX_TRUST:
        raise FormatError(f"a trust file of {len(data)} bytes passes the limit of {MAX_TRUST}")
    row = canonical.decode(data, what="trust file")
    if not isinstance(row, dict) or row.get("format") != FORMAT:
        raise FormatError("this is no trust file")
    if type(row.get("v")) is not int or row["v"] != VERSION:
        raise FormatError(f"the trust file is of version {row.get('v')!r}; this program reads {VERSION}")
    head = row.get("head")
    if row.keys() != {"format", "v", "origin", "vkey", "genesis", "head"} or not isinstance(head, dict):
        raise FormatError("a trust file has origin, vkey, genesis and head, and nothing else")
    if head.keys() != {"size", "leaf", "root"} or type(head["size"]) is not int:
        raise FormatError("the head in a trust file has size, leaf and root, and nothing else")
    if not 0 < head["size"] <= MAX_DECIMAL:
        raise FormatError(f"the head in the trust file has {head['size']} entries")
    origin = check_origin(row["origin"])
    if not isinstance(row["vkey"], str) or parse_vkey(row["vkey"]).name != origin:
        raise FormatError("the verifier key in the trust file is that of another ledger")
    hashes = (_raw(row["genesis"]), _raw(head["leaf"]), _raw(head["root"]))
    return Pinned(origin, row["vkey"], hashes[0], head["size"], *hashes[1:])


def _raw(value: Any) -> bytes:
    if not isinstance(value, str) or not _HASH(value):
        raise FormatError("a hash in the trust file is not 64 hexadecimal digits")
    return bytes.fromhex(value)
