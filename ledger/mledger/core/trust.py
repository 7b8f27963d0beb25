"""Trust files: what to hand over before any evidence, by another way.

    {"format": "mledger-trust", "v": 1, "origin": …, "vkey": …, "genesis": <64 hex>,
     "head": {"size": …, "leaf": <64 hex>, "root": <64 hex>},
     "also": <verifier key of ML-DSA-44>,
     "roots": [<PEM>, …], "witnesses": {"keys": [<verifier key>, …], "needed": …, "days": …}}

Whoever holds one knows which ledger is meant, whose key signs its checkpoints, and perhaps which of
ML-DSA-44 beside it, how it begins, and a head that every later state must extend; and whom else to believe:
the roots of time-stamping authorities, and the witnesses, how many of them must cosign, and how many days
their cosignatures may be old. What the ledger has none of, or asks for none, is left out. A trust file is
believed because of how it came, so nothing signs it.
"""

import json
import re
from typing import Any, NamedTuple

from mledger.core import canonical
from mledger.core.encoding import MAX_DECIMAL
from mledger.core.names import check_origin
from mledger.core.note import COSIGNATURE, ML_DSA_44, parse_vkey
from mledger.errors import FormatError

FORMAT = "mledger-trust"
VERSION = 1
MAX_TRUST = 1 << 20

_HASH = re.compile(r"[0-9a-f]{64}").fullmatch
_PEM = re.compile(
    r"-----BEGIN CERTIFICATE-----\n(?:[A-Za-z0-9+/=]{1,76}\n)+-----END CERTIFICATE-----\n"
).fullmatch
_NEEDED = frozenset({"format", "v", "origin", "vkey", "genesis", "head"})


class Required(NamedTuple):
    """The witnesses that must cosign: their verifier keys, how many of them, how old in days at most."""

    keys: tuple[str, ...]
    needed: int
    days: int | None = None


class Pinned(NamedTuple):
    """What a trust file pins: the ledger, its verifier key, the leaf of entry 0, and a head, hashes raw.

    And whom besides the ledger it believes: roots of time-stamping authorities in PEM, and witnesses; and
    the verifier key of ML-DSA-44 that signs checkpoints beside the other.
    """

    origin: str
    vkey: str
    genesis: bytes
    size: int
    leaf: bytes
    root: bytes
    roots: tuple[str, ...] = ()
    witnesses: Required | None = None
    also: str | None = None

    def to_json(self) -> dict[str, object]:
        """The trust file as JSON has it."""
        row: dict[str, object] = {
            "format": FORMAT,
            "v": VERSION,
            "origin": self.origin,
            "vkey": self.vkey,
            "genesis": self.genesis.hex(),
            "head": {"size": self.size, "leaf": self.leaf.hex(), "root": self.root.hex()},
        }
        if self.also is not None:
            row["also"] = self.also
        if self.roots:
            row["roots"] = list(self.roots)
        if self.witnesses is not None:
            asked = {name: value for name, value in self.witnesses._asdict().items() if value is not None}
            row["witnesses"] = asked | {"keys": list(self.witnesses.keys)}
        return row


def format_trust(pinned: Pinned) -> bytes:
    """The bytes of the trust file."""
    return json.dumps(pinned.to_json(), ensure_ascii=False, indent=2).encode() + b"\n"


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
    if not _NEEDED <= row.keys() <= _NEEDED | {"also", "roots", "witnesses"} or not isinstance(head, dict):
        raise FormatError(
            "a trust file has origin, vkey, genesis, head, perhaps also, roots, witnesses, and nothing else"
        )
    if head.keys() != {"size", "leaf", "root"} or type(head["size"]) is not int:
        raise FormatError("the head in a trust file has size, leaf and root, and nothing else")
    if not 0 < head["size"] <= MAX_DECIMAL:
        raise FormatError(f"the head in the trust file has {head['size']} entries")
    origin = check_origin(row["origin"])
    if not isinstance(row["vkey"], str) or parse_vkey(row["vkey"]).name != origin:
        raise FormatError("the verifier key in the trust file is that of another ledger")
    hashes = (_raw(row["genesis"]), _raw(head["leaf"]), _raw(head["root"]))
    pinned = Pinned(origin, row["vkey"], hashes[0], head["size"], *hashes[1:])
    pinned = pinned._replace(also=_also(row.get("also"), origin))
    return pinned._replace(roots=_roots(row.get("roots")), witnesses=_witnesses(row.get("witnesses")))


def _also(value: Any, origin: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or (key := parse_vkey(value)).name != origin or key.alg != ML_DSA_44:
        raise FormatError("the key `also` in the trust file is none of ML-DSA-44, or that of another ledger")
    return value


def _roots(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not value:
        raise FormatError("the roots in a trust file are a list of certificates")
    if not all(isinstance(root, str) and _PEM(root) for root in value):
        raise FormatError("a root in the trust file is no certificate in PEM")
    return tuple(value)


def _witnesses(value: Any) -> Required | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not {"keys", "needed"} <= value.keys() <= {"keys", "needed", "days"}:
        raise FormatError("the witnesses in a trust file have keys and needed, and perhaps days")
    keys = value["keys"]
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise FormatError("the keys of witnesses in the trust file are no list of verifier keys")
    if any(parse_vkey(key).alg != COSIGNATURE for key in keys):
        raise FormatError("a key in the trust file is that of no witness")
    if len(set(keys)) != len(keys) or not _is_count(value["needed"], len(keys)):
        raise FormatError("the trust file needs more witnesses than it names, or none, or one twice")
    if not _is_count(value.get("days", 1), 3_650):
        raise FormatError("the days in the trust file are no number from 1 to 3650")
    return Required(tuple(keys), value["needed"], value.get("days"))


def _is_count(value: Any, most: int) -> bool:
    return type(value) is int and 0 < value <= most


def _raw(value: Any) -> bytes:
    if not isinstance(value, str) or not _HASH(value):
        raise FormatError("a hash in the trust file is not 64 hexadecimal digits")
    return bytes.fromhex(value)
