"""What an auditor asks about what no signature covers, in a bundle."""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from mledger.chain.anchored import files_of
from mledger.chain.seal import open_entry
from mledger.core.manifest import CHECKPOINT, MANIFEST
from mledger.core.merkle import EMPTY_ROOT
from mledger.core.names import format_number
from mledger.core.tiles import WIDTH, tiles
from mledger.errors import FormatError, MledgerError
from mledger.stores.bundle_zip import BundleZip

if TYPE_CHECKING:
    from mledger.stores.bundle import BundleStore

MOST = 100
"""Lines about one kind of thing, at most."""
_PEM = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----")


def strays(store: "BundleStore") -> list[str]:
    """One line for each thing that is not as the bundle says; reads all of it."""
    found = []
    for probe in (_files, _names, _said, _bodies, _anchors):
        lines = list(probe(store))
        found += lines[:MOST]
        if len(lines) > MOST:
            found.append(f"and {len(lines) - MOST:,} more of that kind")
    return found


def _files(store: "BundleStore") -> Iterator[str]:
    """Files that are not those of the manifest, or not those of their names."""
    for name, listed in store.manifest.files.items():
        digest = _digest(store.zip, name)
        if (store.zip.size(name), digest) != listed:
            yield f"{name} is not the file that {MANIFEST} lists"
        folder, _, rest = name.partition("/")
        if folder == "attachments" and rest != digest:
            yield f"{name} is not the file of that SHA-256"
        if folder == "keys" and rest != f"{_key_id(store.zip.read(name))}.pem":
            yield f"{name} is not the key of that id"


def _digest(archive: BundleZip, name: str) -> str:
    digest = hashlib.sha256()
    for piece in archive.pieces(name):
        digest.update(piece)
    return digest.hexdigest()


def _key_id(pem: bytes) -> str | None:
    lines = pem.decode(errors="replace").splitlines()
    if len(lines) < 3 or (lines[0], lines[-1]) != _PEM:
        return None
    try:
        return hashlib.sha256(base64.b64decode("".join(lines[1:-1]), validate=True)).hexdigest()
    except (binascii.Error, ValueError):
        return None


def _names(store: "BundleStore") -> Iterator[str]:
    """Tiles and bodies of entries that the log does not have."""
    size = store.checkpoint.size
    logged = {tile.path for tile in tiles(size)}
    for name in store.manifest.files:
        if name.startswith("tile/") and name not in logged:
            yield f"{name} is a tile of another log"


def _said(store: "BundleStore") -> Iterator[str]:
    """What the manifest says of the log, and is not so."""
    manifest, checkpoint = store.manifest, store.checkpoint
    genesis = store.hashes(0, 0, 1)
    said = {
        "origin": (manifest.origin, checkpoint.origin),
        "size": (manifest.size, checkpoint.size),
        "root": (manifest.root, checkpoint.root.hex()),
        "genesis": (manifest.genesis, genesis[0].hex() if genesis else EMPTY_ROOT.hex()),
    }
    for name, (stated, found) in said.items():
        if stated != found:
            yield f"{MANIFEST} says {stated} of its {name}, and {CHECKPOINT} or its log {found}"


def _anchors(store: "BundleStore") -> Iterator[str]:
    """Files of anchors that are not as the log records them."""
    expected: dict[str, bytes] = {}
    for entry in store.entries(governance=True):
        with suppress(MledgerError):  # what cannot be read is found by the pass over all entries
            for fact in open_entry(entry)[1]:
                expected |= files_of(fact)
    there = {name for name in store.manifest.files if name.startswith("anchors/")}
    for name in sorted(there | expected.keys()):
        if name not in there or store.zip.read(name) != expected.get(name):
            yield f"{name} is not the anchor that the log records"


def _bodies(store: "BundleStore") -> Iterator[str]:
    """Bodies of events that are not there, and numbers in the manifest that are not so."""
    left, erased, disclosed, events = set(store.manifest.withheld), 0, 0, 0
    for index in range(-(-store.checkpoint.size // WIDTH)):
        try:
            held = set(store.bodies(index))
        except FormatError as error:
            yield f"entries {index * WIDTH} to {index * WIDTH + WIDTH - 1}: {error.message}"
            held = set()
        for entry in store.entries(index * WIDTH, (index + 1) * WIDTH):
            count = len(entry.slots)
            events += count
            for at, slot in enumerate(entry.slots):
                number = format_number(entry.seq, at, count)
                held.discard(number)
                disclosed += slot.body is not None
                erased += slot.body is None and not slot.withheld
                if slot.withheld and slot.governance:
                    yield f"event {number} governs the ledger, and its body is withheld"
                if slot.withheld:
                    left.discard(number)
        yield from (f"there is a body of event {number}, which is not there" for number in sorted(held))
    yield from (f"{MANIFEST} withholds event {number}, which is not so" for number in sorted(left))
    withheld = len(store.manifest.withheld)
    counted = {"events": events, "disclosed": disclosed, "withheld": withheld, "erased": erased}
    if counted != dict(store.manifest.counts):
        yield f"{MANIFEST} counts {dict(store.manifest.counts)}, and there are {counted}"
