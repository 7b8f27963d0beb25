"""The memory of mirrors: the last checkpoint seen of each log.

One file for each verifier key, named by its SHA-256, in the state folder. What it holds is the signed
checkpoint itself, or the signed succession to another key, so whoever edits it can make it forget, and
cannot make it remember what was not signed.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from mledger import folders
from mledger.core.checkpoint import Checkpoint
from mledger.core.evidence import Evidence, format_evidence
from mledger.core.moment import Moment, check_moment
from mledger.core.note import ML_DSA_44, format_vkey, parse_vkey
from mledger.core.succession import open_succession
from mledger.errors import FormatError, MledgerError
from mledger.keys.algorithms import verify
from mledger.receipt import check_both

VERSION = 1
_NAME = re.compile(r"[0-9a-f]{64}\.json")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a log last: its checkpoint, the leaf and the recorded time of its last entry."""

    vkey: str
    note: bytes
    genesis: bytes
    leaf: bytes
    time: Moment
    seen: Moment
    address: str
    also: str | None = None
    """The verifier key of ML-DSA-44 that has signed beside the other."""

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint, its signatures checked. Errors: FormatError, ProofError."""
        return check_both(self.note, self.vkey, self.also)


class Mirrors:
    """The memories in one folder."""

    def __init__(self, folder: Path | None = None) -> None:
        """Use the folder, or else the user's own."""
        self.folder = folder or folders.heads_folder().with_name("mirrors")

    def recall(self, vkey: str) -> Seen | None:
        """What was seen of the log with this verifier key, or with those that it was handed over to.

        FormatError if a file is damaged.
        """
        known: set[str] = set()
        while vkey not in known:
            known.add(vkey)
            found = self._recall(vkey)
            if not isinstance(found, str):
                return found
            vkey = found
        return None

    def _recall(self, vkey: str) -> "Seen | str | None":
        """What was seen, or the verifier key that took over."""
        file = self._file(vkey)
        try:
            with folders.translated(file, FileNotFoundError, NotADirectoryError):
                data = file.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if (successor := _successor(data, vkey)) is not None:
            return successor
        seen = _parse(data)
        if seen is None or seen.vkey != vkey:
            raise FormatError(
                f"the memory of a mirror is damaged: {file}", fix=f"make sure of the log, then: rm {file}"
            )
        return seen

    def at(self, address: str) -> Seen | None:
        """What was seen last at an address, whichever log it was."""
        found = [seen for file in self._files() if (seen := _parse(file.read_bytes()))]
        here = [seen for seen in found if seen.address == address]
        return max(here, key=lambda seen: seen.seen, default=None)

    def keep(self, seen: Seen) -> None:
        """Remember this from now on. Errors: StoreError."""
        folders.make_private(self.folder)
        row = {
            "v": VERSION,
            "vkey": seen.vkey,
            "note": seen.note.decode(),
            "genesis": seen.genesis.hex(),
            "leaf": seen.leaf.hex(),
            "time": seen.time,
            "seen": seen.seen,
            "address": seen.address,
        }
        row |= {"also": seen.also} if seen.also is not None else {}
        folders.replace(self._file(seen.vkey), json.dumps(row).encode() + b"\n")

    def succeed(self, vkey: str, succession: bytes) -> None:
        """Remember that a verifier key was handed over. Errors: StoreError."""
        folders.make_private(self.folder)
        row = {"v": VERSION, "vkey": vkey, "succession": succession.decode()}
        folders.replace(self._file(vkey), json.dumps(row).encode() + b"\n")

    def keep_evidence(self, evidence: Evidence) -> Path:
        """The file that two checkpoints which do not fit are kept in. Errors: StoreError."""
        data = format_evidence(evidence)
        folders.make_private(self.folder)
        path = self.folder / f"fork-{hashlib.sha256(data).hexdigest()[:12]}.json"
        if not path.exists():
            folders.replace(path, data)
        return path

    def _file(self, vkey: str) -> Path:
        return self.folder / f"{hashlib.sha256(vkey.encode()).hexdigest()}.json"

    def _files(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return [file for file in sorted(self.folder.iterdir()) if _NAME.fullmatch(file.name)]


def _successor(data: bytes, vkey: str) -> str | None:
    """The verifier key that a file says has taken over; None if it says nothing of it."""
    try:
        opened = open_succession(json.loads(data)["succession"].encode(), verify)
    except (MledgerError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    old, new = opened.succession.old, opened.succession.new
    if not opened.handed_over or format_vkey(old.name, old.public) != vkey:
        return None
    return format_vkey(new.name, new.public)


def _parse(data: bytes) -> Seen | None:
    try:
        row = json.loads(data)
        if row.pop("v") != VERSION:
            return None
        check_moment(row["time"])
        check_moment(row["seen"])
        row |= {name: bytes.fromhex(row[name]) for name in ("genesis", "leaf")}
        seen = Seen(**row | {"note": row["note"].encode()})
        good = seen.also is None or parse_vkey(seen.also).alg == ML_DSA_44
        good = good and seen.checkpoint.size > 0 and len(seen.leaf) == len(seen.genesis) == 32
    except (MledgerError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    return seen if good else None
