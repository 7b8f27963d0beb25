"""The memory of heads: what this machine has seen of each ledger.

It is kept outside the ledgers, one file for each, named by the leaf hash of its entry 0. A ledger
that is shorter than the memory of it was cut off or put back; one that has another leaf there was
written anew. A file is replaced in one step, and the folder never synced: an older memory is still true.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from mledger import folders
from mledger.chain.findings import RULES, Finding
from mledger.core.digest import short
from mledger.core.moment import Moment, check_moment
from mledger.errors import DivergedError, FormatError, InputError, NotFoundError

VERSION = 1
MAX_PATHS = 32
SHORTEST_PREFIX = 8
MOST_NOTED = 200
_NOTED = {"role.forbidden", "key.meaning", "four-eyes", "approvals.missing", "event.stream", "reference"}
_NAME = re.compile(r"[0-9a-f]{64}\.json")
# A file may stand where the folder should be: then nothing is remembered, and nothing can be.
_MISSING = (FileNotFoundError, NotADirectoryError)


class Verified(NamedTuple):
    """The longest part of a ledger that was verified here, how far that reached, and what was found."""

    size: int
    root: bytes
    at: Moment
    level: int
    findings: tuple[Finding, ...] = ()
    """What breaks no integrity, to be told again without looking again."""

    def to_json(self) -> dict[str, object]:
        """The verification as the memory's file holds it."""
        noted = [
            [
                one.rule,
                one.where,
                one.message,
                *((one.entries.start, one.entries.stop) if one.entries else ()),
            ]
            for one in self.findings
        ]
        return self._asdict() | {"root": self.root.hex(), "findings": noted}


def noted_of(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings that may be told again without looking; whoever has others must look again.

    What quotes a body is never kept outside the ledger: the body may be erased.
    """
    return tuple(finding for finding in findings if finding.rule in _NOTED)[:MOST_NOTED]


Fingerprint = dict[str, str]
"""What tells that a file was not written to since: to be compared, never read."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one ledger: its beginning, the last head seen, the last verification.

    `path` is where it was seen last, see `place`; `other_paths` are the places before that, newest first.
    """

    origin: str
    genesis: bytes
    """The leaf hash of entry 0, 32 bytes."""
    key: str
    """The id of the key that opened the ledger, 64 hex digits."""
    size: int
    leaf: bytes
    """The leaf hash of the last entry, 32 bytes."""
    root: bytes
    """The root of the tree over all entries, 32 bytes."""
    seen: Moment
    path: str
    verified: Verified | None = None
    fingerprint: Fingerprint | None = None
    other_paths: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The memory as its file holds it and `--json` prints it, hashes in hex."""
        row: dict[str, object] = {"v": VERSION} | asdict(self)
        row |= {name: getattr(self, name).hex() for name in ("genesis", "leaf", "root")}
        row["other_paths"] = list(self.other_paths)
        if self.verified:
            row["verified"] = self.verified.to_json()
        return row


class Heads:
    """The memories in one folder; several processes may use it at once."""

    def __init__(self, folder: Path | None = None) -> None:
        """Use the folder, or else the user's own."""
        self.folder = folder or folders.heads_folder()

    def recall(self, genesis: bytes) -> Memory | None:
        """What is remembered of the ledger that begins so; FormatError if the file is damaged."""
        return self._read(self._file(genesis))

    def recall_path(self, path: str | Path) -> Memory | None:
        """What is remembered of the ledger that this path held last, as far as memories can be read.

        A damaged one must not stop the work with other ledgers; its own ledger tells it, see `recall`.
        """
        name = place(path)
        here = [memory for memory in self._readable() if memory.path == name]
        return max(here, key=lambda memory: memory.seen, default=None)

    def all(self) -> list[Memory]:
        """Every memory, the ledger seen last first; FormatError at the first damaged file."""
        memories = [memory for file in self._files() if (memory := self._read(file))]
        return sorted(memories, key=lambda memory: (memory.seen, memory.genesis), reverse=True)

    def keep(self, memory: Memory, *, known: int | None = None) -> Memory:
        """What is remembered from now on: `memory`, with the places and the verification known before.

        DivergedError if it is shorter than what is remembered, or of the same size with another leaf.
        `known` is the size that was recalled before the ledger was read (0 for none): a longer head
        that another process has kept since then is no contradiction, and stays.
        StoreError if the folder cannot be written.
        """
        folders.make_private(self.folder)
        with folders.locked(self.folder):
            held = self.recall(memory.genesis)
            if held is None:
                merged = memory
            else:
                _check_extends(memory, held, held.size if known is None else known)
                merged = _merge(memory, held)
            # Escaped, so that a path in no encoding, or not in NFC, comes back as it was.
            folders.replace(self._file(memory.genesis), json.dumps(merged.to_json()).encode() + b"\n")
        return merged

    def forget(self, genesis: bytes) -> None:
        """Remember nothing of that ledger any more, damaged or not; NotFoundError if nothing is known."""
        file = self._file(genesis)
        try:
            with folders.translated(file, *_MISSING):
                file.unlink()
        except _MISSING:
            raise _unknown(short(genesis.hex())) from None

    def find(self, text: str) -> bytes:
        """The genesis of the ledger named by 8 or more hex digits of it, by its origin, or by its path."""
        files = list(self._files())
        if len(text) >= SHORTEST_PREFIX and (found := [f for f in files if f.stem.startswith(text.lower())]):
            return _only(text, [bytes.fromhex(file.stem) for file in found])
        name = place(text)
        return _only(text, [m.genesis for m in self._readable() if text == m.origin or name == m.path])

    def _readable(self) -> Iterator[Memory]:
        """Every memory but the damaged ones."""
        for file in self._files():
            with suppress(FormatError):
                if memory := self._read(file):
                    yield memory

    def _file(self, genesis: bytes) -> Path:
        return self.folder / f"{genesis.hex()}.json"

    def _files(self) -> Iterator[Path]:
        """The files of memories in order of their names; none if there is no folder."""
        with folders.translated(self.folder, *_MISSING), suppress(*_MISSING):
            yield from sorted(file for file in self.folder.iterdir() if _NAME.fullmatch(file.name))

    def _read(self, file: Path) -> Memory | None:
        try:
            with folders.translated(file, *_MISSING):
                data = file.read_bytes()
        except _MISSING:
            return None
        try:
            memory = _parse(data)
        except (FormatError, LookupError, TypeError, ValueError, RecursionError):
            memory = None
        if memory is None or memory.genesis.hex() != file.stem:
            raise FormatError(
                f"the memory of a ledger's head is damaged: {file}",
                fix=f"make sure of the ledger, then: mledger heads forget {short(file.stem)}",
            )
        return memory


def place(path: str | Path) -> str:
    """The absolute name of a path, as `Memory.path` holds it.

    Links are not followed: one that points to another ledger now is what the memory must notice.
    """
    return os.path.abspath(path)  # noqa: PTH100  resolve() would follow links, absolute() keeps ".."


def fingerprint(path: str | Path) -> Fingerprint | None:
    """What tells whether a ledger's file or its log of changes was touched; None if there is no file.

    Holds inode, size, and the times of the last write and of the last change of the inode: a tool can
    set back the first of these times, but not the second.
    """
    found: Fingerprint = {}
    real = os.path.realpath(path)  # beside which SQLite keeps the log, wherever a link stands
    for name, file in (("file", Path(real)), ("wal", Path(f"{real}-wal"))):
        with suppress(OSError):
            stat = file.stat()
            if name == "wal" and not stat.st_size:
                continue  # SQLite leaves an empty log behind, or does not
            found[name] = f"{stat.st_ino}:{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}"
    return found if "file" in found else None


def _check_extends(memory: Memory, held: Memory, known: int) -> None:
    """Refuse a head that cannot follow what is remembered."""
    if memory.size < known:
        what = f"{held.origin} has {memory.size} entries, and had {known} before {held.seen}"
    elif memory.size == held.size and (memory.leaf, memory.root) != (held.leaf, held.root):
        what = f"{held.origin} is another history than the one seen on {held.seen}"
    else:
        return
    raise DivergedError(what, fix="mledger verify", origin=held.origin, size=memory.size, known=known)


def _merge(memory: Memory, held: Memory) -> Memory:
    """The longer head, the longer verification, all places.

    A fingerprint vouches for a file that was verified: it stays only beside the verification it came with.
    """
    newer = memory if memory.size >= held.size else held
    verified = max(
        (v for v in (held.verified, memory.verified) if v),
        key=lambda v: (v.size, v.level, v.at),
        default=None,
    )
    paths = dict.fromkeys((memory.path, held.path, *held.other_paths))
    _, *others = list(paths)[:MAX_PATHS]
    kept = newer.fingerprint if newer.verified == verified else None
    return replace(newer, path=memory.path, verified=verified, fingerprint=kept, other_paths=tuple(others))


def _parse(data: bytes) -> Memory | None:
    """The memory in a file; None, or an error of any kind, if it holds something else."""
    row = json.loads(data)
    if not isinstance(row, dict) or row.pop("v") != VERSION:
        return None
    row |= {name: _hash(row[name]) for name in ("genesis", "leaf", "root")}
    row["other_paths"] = tuple(row["other_paths"])
    check_moment(row["seen"])
    if row["verified"] is not None:
        verified = row["verified"]
        noted = tuple(map(_finding, verified.get("findings", ())))
        row["verified"] = Verified(**verified | {"root": _hash(verified["root"]), "findings": noted})
    memory = Memory(**row)
    return memory if type(memory.size) is int and memory.size > 0 else None


def _finding(row: list[Any]) -> Finding:
    """A finding as the file holds it; KeyError for a rule that there is not."""
    rule, where, message, *entries = row
    if RULES[rule].integrity:
        raise ValueError("nothing was verified where integrity is broken")
    return Finding(rule, where, message, range(*entries) if entries else None)


def _hash(text: str) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != 32:
        raise ValueError("a hash has 32 bytes")
    return value


def _only(text: str, found: list[bytes]) -> bytes:
    match found:
        case [genesis]:
            return genesis
        case []:
            raise _unknown(text)
        case _:
            names = ", ".join(short(genesis.hex()) for genesis in found)
            raise InputError(f"{text!r} names several ledgers: {names}", fix="name one of them")


def _unknown(text: str) -> NotFoundError:
    return NotFoundError(f"no ledger called {text!r} is remembered", fix="mledger heads list")
