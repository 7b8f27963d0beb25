"""Manifests of bundles: what a bundle holds, and what it leaves out.

A bundle is a zip whose files stand as they are, so that its bytes depend on no compressor and nothing in
it can swell:

    README.txt                for people
    verify.py                 checks the bundle with Python alone
    checkpoint, tile/…        the log (`mledger.core.tiles`): every entry, none of the bodies
    bodies/<N>.jsonl          what is disclosed of the events of the entries from 256 * N
    attachments/<sha256>      files that events name
    keys/<key id>.pem         the public keys that speak in the ledger
    checkpoints/<size>[-<n>]  every checkpoint that the ledger keeps, with its cosignatures
    anchors/<event>.*         what each anchor covers, and its token, as other programs check them
    reports/…                 documents made from the ledger
    manifest.json             the last file: all others, and which bodies are withheld

Nobody signs a manifest. What is withheld is the choice of whoever made the bundle; that what is there
is true, and that nothing but bodies and attachments is missing, the log proves.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mledger.core import canonical
from mledger.core.merkle import HASH_BYTES
from mledger.core.names import check_origin
from mledger.core.tiles import format_index, parse_path
from mledger.errors import FormatError

FORMAT = "mledger-bundle"
VERSION = 1
MANIFEST = "manifest.json"
README = "README.txt"
VERIFIER = "verify.py"
CHECKPOINT = "checkpoint"
MAX_NAME = 200

_HEX = re.compile(r"[0-9a-f]{64}").fullmatch
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,15})(?:\.([1-9][0-9]{0,2}))?").fullmatch
_PLAIN = frozenset({README, VERIFIER, CHECKPOINT, MANIFEST})
_FIXED = re.compile(
    r"bodies/(?:x[0-9]{3}/)*[0-9]{3}\.jsonl|attachments/[0-9a-f]{64}|keys/[0-9a-f]{64}\.pem"
    r"|checkpoints/(?:0|[1-9][0-9]{0,18})(?:-[1-9][0-9]{0,3})?"
    r"|(?:reports|anchors)(?:/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){1,4}"
).fullmatch
_COUNTS = ("events", "disclosed", "withheld", "erased")
_KEYS = frozenset(
    "v format origin vkey genesis size root made_by choice counts withheld left_out files".split()
)


class File(NamedTuple):
    """One file of a bundle: how many bytes it has, and their SHA-256 in hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What whoever made a bundle chose to disclose; None is everything."""

    streams: tuple[str, ...] | None = None
    version: str | None = None
    types: tuple[str, ...] | None = None
    bodies: bool = True

    def to_json(self) -> dict[str, object]:
        """The choice as a manifest holds it."""
        return {
            "streams": self.streams,
            "version": self.version,
            "types": self.types,
            "bodies": self.bodies,
        }


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself; nothing in it has been checked against the bundle."""

    origin: str
    vkey: str
    genesis: str
    """The leaf hash of entry 0 in hex."""
    size: int
    root: str
    made_by: str
    """The program and its version: others may make other reports of the same events."""
    choice: Choice
    counts: Mapping[str, int]
    """Events in all, and of their bodies those disclosed, withheld and erased by redaction."""
    withheld: tuple[str, ...]
    """The numbers of the events whose bodies are left out, in order."""
    left_out: tuple[str, ...]
    """The SHA-256 in hex of the attachments that the ledger keeps and the bundle does not, in order."""
    files: Mapping[str, File]
    """Every file but the manifest, by name."""


def is_name(name: str) -> bool:
    """Whether a file of a bundle may be called so: nothing climbs, nothing hides."""
    if name in _PLAIN or _FIXED(name):
        return len(name) <= MAX_NAME
    try:
        parse_path(name)
    except FormatError:
        return False
    return True


def bodies_name(index: int) -> str:
    """The file of the bodies of the 256 entries from 256 * `index` on."""
    return f"bodies/{format_index(index)}.jsonl"


def anchor_files(number: str, note: bytes, token: bytes) -> dict[str, bytes]:
    """The files that hold the anchor of an event: the checkpoint, and the token over its bytes."""
    return {f"anchors/{number}.checkpoint": note, f"anchors/{number}.token": token}


def format_manifest(manifest: Manifest) -> bytes:
    """The manifest's bytes: one line for each file, so that people can read it, too."""
    head = {
        "v": VERSION,
        "format": FORMAT,
        "origin": manifest.origin,
        "vkey": manifest.vkey,
        "genesis": manifest.genesis,
        "size": manifest.size,
        "root": manifest.root,
        "made_by": manifest.made_by,
        "choice": manifest.choice.to_json(),
        "counts": {name: manifest.counts[name] for name in _COUNTS},
        "withheld": list(manifest.withheld),
        "left_out": list(manifest.left_out),
    }
    lines = [f'"{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in head.items()]
    files = [
        f'  "{name}": {{"size": {file.size}, "sha256": "{file.sha256}"}}'
        for name, file in sorted(manifest.files.items())
    ]
    lines.append('"files": {\n' + ",\n".join(files) + "\n}")
    return ("{" + ",\n".join(lines) + "}\n").encode()


def parse_manifest(data: bytes) -> Manifest:
    """The manifest in these bytes; FormatError says what in it cannot be."""
    row = canonical.decode(data, what=MANIFEST)
    if not isinstance(row, dict) or row.get("format") != FORMAT:
        raise FormatError(f"{MANIFEST} is not that of a bundle")
    if type(row.get("v")) is not int or row["v"] != VERSION:
        raise FormatError(f"the bundle is of version {row.get('v')!r}; this program reads {VERSION}")
    if row.keys() != _KEYS:
        raise FormatError(f"{MANIFEST} has not exactly the members {', '.join(sorted(_KEYS))}")
    try:
        return _manifest(row)
    except (TypeError, ValueError, KeyError, AttributeError):
        raise FormatError(f"a member of {MANIFEST} is not what it must be") from None


def _manifest(row: dict[str, Any]) -> Manifest:
    """The manifest of a row with the right keys; any error if a value is of the wrong kind."""
    check_origin(row["origin"])
    counts = {name: _count(row["counts"][name]) for name in _COUNTS}
    _demand(row["counts"].keys() == set(_COUNTS))
    _demand(type(row["vkey"]) is str and type(row["made_by"]) is str)
    withheld = tuple(row["withheld"])
    _demand(all(type(number) is str and _NUMBER(number) for number in withheld))
    _demand(withheld == tuple(sorted(set(withheld), key=place)))
    files = {}
    for name, file in row["files"].items():
        _demand(is_name(name) and name != MANIFEST and file.keys() == {"size", "sha256"})
        files[name] = File(_count(file["size"]), _hex(file["sha256"]))
    return Manifest(
        origin=row["origin"],
        vkey=row["vkey"],
        genesis=_hex(row["genesis"]),
        size=_count(row["size"]),
        root=_hex(row["root"]),
        made_by=row["made_by"],
        choice=_choice(row["choice"]),
        counts=counts,
        withheld=withheld,
        left_out=_sorted(row["left_out"]),
        files=files,
    )


def _choice(row: dict[str, Any]) -> Choice:
    _demand(row.keys() == {"streams", "version", "types", "bodies"} and type(row["bodies"]) is bool)
    _demand(row["version"] is None or type(row["version"]) is str)
    return Choice(_texts(row["streams"]), row["version"], _texts(row["types"]), row["bodies"])


def place(number: str) -> tuple[int, int]:
    """Where an event stands in the order of a ledger: the entry, and the event in it from 1 (0 if alone)."""
    seq, _, index = number.partition(".")
    return int(seq), int(index or 0)


def _sorted(value: Any) -> tuple[str, ...]:
    _demand(value == sorted(set(map(_hex, value))))
    return tuple(value)


def _demand(holds: bool) -> None:  # noqa: FBT001
    if not holds:
        raise ValueError


def _count(value: object) -> int:
    _demand(type(value) is int and value >= 0)
    return value  # type: ignore[return-value]


def _hex(value: object) -> str:
    _demand(type(value) is str and _HEX(value) is not None and len(value) == 2 * HASH_BYTES)
    return value  # type: ignore[return-value]


def _texts(value: object) -> tuple[str, ...] | None:
    _demand(value is None or (type(value) is list and all(type(text) is str for text in value)))
    return None if value is None else tuple(value)  # type: ignore[arg-type]
