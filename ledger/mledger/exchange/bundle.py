"""Writes bundles: one file that holds all that an auditor needs.

A bundle is a zip that is made in one way only: names in a fixed order, no compression, no time but 1980.
So the same ledger, checkpoint and choice give the same bytes, and a reader may refuse all else.
"""

import base64
import hashlib
import json
import os
import re
import secrets
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mledger._version import __version__
from mledger.chain.anchored import files_of
from mledger.chain.seal import envelope_of
from mledger.chain.statement import open_payload
from mledger.core import merkle
from mledger.core.manifest import (
    CHECKPOINT,
    MANIFEST,
    README,
    VERIFIER,
    Choice,
    File,
    Manifest,
    bodies_name,
    format_manifest,
    is_name,
)
from mledger.core.tiles import WIDTH, format_entries, tiles
from mledger.errors import InputError, IntegrityError, NotFoundError, StoreError
from mledger.exchange.disclosure import choose
from mledger.exchange.readme import readme
from mledger.folders import put
from mledger.keys.ed25519 import SPKI_PREFIX

if TYPE_CHECKING:
    from mledger.chain.history import Fact
    from mledger.reader import Reader

MADE_BY = f"mledger {__version__}"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16
_PIECE = 1 << 20
_DIGEST = re.compile(rb'"([0-9a-f]{64})"')


class What(NamedTuple):
    """What goes into a bundle beside the log: the choice of bodies, files by SHA-256, reports by name.

    A file that the ledger keeps needs no path; with `every` go all that it keeps and that an event names
    whose body goes out.
    """

    choice: Choice = Choice()
    files: Mapping[str, Path | None] = {}
    reports: Mapping[str, bytes] = {}
    every: bool = False


def write_bundle(reader: "Reader", path: Path, note: bytes, what: What) -> Manifest:
    """The manifest of the bundle that is now at `path`: the log up to the checkpoint in `note`.

    The ledger should have been verified. Errors: InputError if the file is there already, or what is to
    be attached is named by nothing that goes out; IntegrityError if the ledger is not the note's;
    StoreError if it cannot be written.
    """
    work = _Work(reader, note, what)
    with _new_zip(path) as archive:
        for name, data in work.files():
            archive.add(name, data)
        for digest, place in sorted(work.attached.items()):
            archive.add_file(f"attachments/{digest}", reader, digest, place)
        for name, data in work.last(archive.files):
            archive.add(name, data)
    return work.manifest


class _Work:
    """One bundle in the making."""

    def __init__(self, reader: "Reader", note: bytes, what: What) -> None:
        """Find out what is disclosed and what is withheld."""
        self.reader, self.note, self.what = reader, note, what
        self.checkpoint = reader.read_checkpoint(note)
        self.size = self.checkpoint.size
        if merkle.root(reader.store, self.size) != self.checkpoint.root:
            raise IntegrityError(
                f"the first {self.size} entries are not those of the checkpoint", fix="mledger verify --full"
            )
        self.counts = dict.fromkeys(("events", "disclosed", "withheld", "erased"), 0)
        self.withheld: list[str] = []
        self.goes_out: set[tuple[int, int]] = set()
        self.named: set[str] = set()
        self.anchors: dict[str, bytes] = {}
        self._survey()
        self._check_files()
        kept = {name.hex() for name, _ in reader.store.attachments()} & self.named
        self.attached = dict.fromkeys(kept if what.every else ()) | dict(what.files)
        self.left_out = tuple(sorted(kept - self.attached.keys()))

    def _survey(self) -> None:
        counts = self.counts
        for fact, goes_out in choose(self.reader.facts(None, 0, self.size), self.what.choice):
            counts["events"] += 1
            if fact.withheld or (fact.body is not None and not goes_out):
                self.withheld.append(fact.number)
            elif fact.body is None:
                counts["erased"] += 1
            else:
                counts["disclosed"] += 1
                self.goes_out.add((fact.seq, fact.place))
                self.named.update(digest.decode() for digest in _DIGEST.findall(fact.body))
                self.anchors |= files_of(fact)
        counts["withheld"] = len(self.withheld)

    def _check_files(self) -> None:
        for digest, path in self.what.files.items():
            if digest not in self.named:
                raise InputError(
                    f"{path or 'attachment ' + digest[:12]} is named by no event that goes out",
                    fix="mledger search with its name finds the events that name it",
                )
        for name in self.what.reports:
            if not is_name(f"reports/{name}"):
                raise InputError(f"a report cannot be called {name!r}", fix="use letters, digits, - and .")

    def files(self) -> Iterator[tuple[str, bytes]]:
        """All but attachments and manifest, in the order in which they stand."""
        yield README, readme(self.checkpoint, self.what.choice, self.counts)
        yield VERIFIER, verifier()
        yield CHECKPOINT, self.note
        yield from self._log()
        for index in range(-(-self.size // WIDTH)):
            if lines := b"".join(self._bodies(index)):
                yield bodies_name(index), lines
        for key, member in sorted(self.reader.keyring(self.size).members.items()):
            yield f"keys/{key}.pem", _pem(member.public)
        yield from self._checkpoints()
        yield from self.anchors.items()
        for name, report in sorted(self.what.reports.items()):
            yield f"reports/{name}", report

    def _log(self) -> Iterator[tuple[str, bytes]]:
        store = self.reader.store
        for tile in tiles(self.size):
            stop = tile.start + tile.width
            if tile.level is None:
                entries = store.entries(tile.start, stop)
                data = format_entries([envelope_of(e, open_payload(e.payload)) for e in entries])
            else:
                data = b"".join(store.hashes(merkle.TILE_LEVELS * tile.level, tile.start, tile.width))
            yield tile.path, data

    def _bodies(self, index: int) -> Iterator[bytes]:
        start = index * WIDTH
        for fact, slot in _with_slots(self.reader, start, min(start + WIDTH, self.size)):
            if (fact.seq, fact.place) in self.goes_out and slot is not None and fact.body is not None:
                row = {"event": fact.number, "salt": slot.hex(), "body": fact.body.decode()}
                yield json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    def _checkpoints(self) -> Iterator[tuple[str, bytes]]:
        seen: dict[int, int] = {}
        for size, note in self.reader.store.checkpoints():
            if size <= self.size:
                seen[size] = seen.get(size, 0) + 1
                yield f"checkpoints/{size}" + (f"-{seen[size]}" if seen[size] > 1 else ""), note

    def last(self, files: Mapping[str, File]) -> Iterator[tuple[str, bytes]]:
        """The manifest of all that was written."""
        self.manifest = Manifest(
            origin=self.checkpoint.origin,
            vkey=self.reader.vkey_at(self.size),
            genesis=self.reader.genesis.leaf.hex(),
            size=self.size,
            root=self.checkpoint.root.hex(),
            made_by=MADE_BY,
            choice=self.what.choice,
            counts=self.counts,
            withheld=tuple(self.withheld),
            left_out=self.left_out,
            files=dict(files),
        )
        yield MANIFEST, format_manifest(self.manifest)


def verifier() -> bytes:
    """The program that checks a bundle with Python alone."""
    return Path(__file__).with_name("verify.py").read_bytes()


def newest_note(notes: Iterable[tuple[int, bytes]]) -> bytes | None:
    """Of the checkpoints that a ledger keeps the largest, with the most signatures; None without any."""
    return max(notes, key=lambda kept: (kept[0], kept[1].count(b"\n"), kept[1]), default=(0, None))[1]


def _with_slots(reader: "Reader", start: int, stop: int) -> "Iterator[tuple[Fact, bytes | None]]":
    """The facts of some entries, each with the salt of its body."""
    salts = (slot.salt for entry in reader.store.entries(start, stop) for slot in entry.slots)
    yield from zip(reader.facts(None, start, stop), salts, strict=True)


def _pem(public: bytes) -> bytes:
    """A public key as openssl reads it."""
    text = base64.b64encode(SPKI_PREFIX + public).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n".encode()


class _Zip:
    """A zip that is being written."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """Write into `archive`."""
        self._archive = archive
        self.files: dict[str, File] = {}

    def add(self, name: str, data: bytes) -> None:
        """Add a file of these bytes."""
        self._add(name, len(data), [data])

    def add_file(self, name: str, reader: "Reader", digest: str, path: Path | None) -> None:
        """Add a file that the ledger keeps, or that lies at `path`, under its SHA-256."""
        if path is None:
            self.add(name, reader.attachment(digest))
            return
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                self._add(name, size, iter(lambda: file.read(_PIECE), b""))
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}", fix=f"chmod u+r {path}") from None
        if self.files[name] != (size, digest):
            raise InputError(f"{path} has changed while it was read", fix="try again")

    def _add(self, name: str, size: int, pieces: Iterable[bytes]) -> None:
        info = zipfile.ZipInfo(name, _EPOCH)
        info.create_system, info.external_attr, info.file_size = 3, _MODE, size
        digest, written = hashlib.sha256(), 0
        with self._archive.open(info, "w") as out:
            for piece in pieces:
                digest.update(piece)
                written += len(piece)
                out.write(piece)
        self.files[name] = File(written, digest.hexdigest())


@contextmanager
def _new_zip(path: Path) -> Iterator[_Zip]:
    """A zip that appears at `path` complete and durable, or not at all."""
    if os.path.lexists(path):
        raise InputError(f"{path} is there already", fix="choose another name with -o")
    if not path.parent.is_dir():
        raise NotFoundError(f"there is no folder {path.parent}", fix="choose another place with -o")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                yield _Zip(archive)
            file.flush()
            os.fsync(file.fileno())
        put(draft, path)
    except FileExistsError:
        raise InputError(f"{path} is there already", fix="choose another name with -o") from None
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}", fix="choose another place with -o"
        ) from None
    finally:
        with suppress(OSError):
            draft.unlink()
