"""The spool: events that could not be signed when they happened.

A folder of the user's, with one file of JSON lines for each process that wrote to it and the files
that events name under their SHA-256. A line is on the disk when `write` returns. Nothing in it is
signed: whoever pushes it signs, and the ledger then shows when it happened and when it was recorded.
"""

import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from mledger import folders
from mledger.attachment import Attachment
from mledger.core import canonical
from mledger.errors import MledgerError
from mledger.recording.item import Item

VERSION = 1
ENDING = ".jsonl"
_FILES = "files"


class Waiting(NamedTuple):
    """One event that waits: its line, and where that stands; `damage` says why it cannot be read."""

    file: Path
    place: int
    line: bytes
    said: dict[str, Any]
    damage: str | None = None

    @property
    def ledger(self) -> str:
        """The file of the ledger that it was meant for."""
        return str(self.said.get("ledger", ""))

    @property
    def run(self) -> tuple[str, str]:
        """The stream and the run that it is about."""
        return str(self.said.get("stream", "")), str((self.said.get("data") or {}).get("run", ""))

    def to_json(self) -> dict[str, object]:
        """The event as `--json` prints it."""
        return {"file": str(self.file), "line": self.place + 1, "damage": self.damage} | self.said


class Spool:
    """The spool of one user."""

    def __init__(self, folder: Path | None = None) -> None:
        """Use the folder, or else the user's own."""
        self.folder = folder or folders.spool_folder()

    # --- writing

    def write(self, item: Item, *, ledger: Path, why: str) -> None:
        """Keep an event until it is pushed; on the disk on return. Errors: StoreError."""
        for attachment in item.attach:
            self._keep(attachment)
        line = {
            "spool": VERSION,
            "ledger": str(ledger),
            "why": why,
            "id": item.id,
            "at": item.at,
            "type": item.body.type,
            "v": item.body.schema_version,
            "stream": item.stream,
            "data": json.loads(item.body.to_bytes()),
            "files": [file.file.model_dump(exclude_none=True) for file in item.attach],
        }
        data = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        with folders.translated(self.folder), _lock:
            handle = _own_file(self.folder)
            os.write(handle, data)
            os.fsync(handle)

    def _keep(self, attachment: Attachment) -> None:
        place = self._place(attachment.sha256.hex())
        folders.make_private(self.folder)
        folders.make_private(place.parent)
        with suppress(FileExistsError):
            folders.create(place, attachment.data)

    def _place(self, sha256: str) -> Path:
        return self.folder / _FILES / sha256

    # --- reading

    def waiting(self) -> list[Waiting]:
        """What waits, in the order in which it happened. Errors: StoreError."""
        found = [waiting for file in self.files() for waiting in read(file)]
        return sorted(found, key=lambda one: (str(one.said.get("at", "")), str(one.file), one.place))

    def holds(self, ledger: Path) -> bool:
        """Whether an event waits for this ledger. Errors: StoreError, OSError."""
        mark = f'"ledger":{json.dumps(str(ledger), ensure_ascii=False)},'.encode(errors="backslashreplace")
        return any(mark in file.read_bytes() for file in self.files())

    def files(self) -> list[Path]:
        """The files with events in them."""
        with folders.translated(self.folder):
            return sorted(self.folder.glob(f"*{ENDING}")) if self.folder.is_dir() else []

    def attachments(self, waiting: Waiting) -> list[Attachment]:
        """The files that go with an event; one that is gone is left out."""
        found = []
        for file in waiting.said.get("files", ()):
            with suppress(OSError):
                data = self._place(file["sha256"]).read_bytes()
                found.append(Attachment(data, file["name"], file.get("media_type"), file.get("role")))
        return found

    # --- taking out

    def remove(self, done: list[Waiting]) -> None:
        """Take events out. A file whose process still runs keeps them: they are recognised again.

        Errors: StoreError.
        """
        for file in {one.file for one in done}:
            gone = {one.place for one in done if one.file == file}
            with folders.translated(file), _exclusive(file) as free:
                if free:
                    rest = [one.line for one in read(file) if one.place not in gone]
                    if rest:
                        folders.replace(file, b"".join(line + b"\n" for line in rest))
                    else:
                        file.unlink()
        self._clean()

    def _clean(self) -> None:
        """Remove files that no waiting event names."""
        named = {file["sha256"] for one in self.waiting() for file in one.said.get("files", ())}
        with suppress(OSError):
            for file in (self.folder / _FILES).iterdir():
                if file.name not in named:
                    file.unlink()


def read(file: Path) -> Iterator[Waiting]:
    """The events in one file, in order; a last line that a power cut left unfinished is damaged."""
    with folders.translated(file):
        lines = file.read_bytes().split(b"\n")
    for place, line in enumerate(lines):
        if line:
            yield _waiting(file, place, line, whole=place < len(lines) - 1)


def _waiting(file: Path, place: int, line: bytes, *, whole: bool) -> Waiting:
    if not whole:
        return Waiting(file, place, line, {}, "the line ends too early")
    try:
        said = canonical.decode(line, what="line of the spool")
    except MledgerError as error:
        return Waiting(file, place, line, {}, error.message)
    if not isinstance(said, dict) or said.get("spool") != VERSION:
        return Waiting(file, place, line, {}, "this is no event of a spool that this mledger knows")
    return Waiting(file, place, line, said)


# --- the file of this process

_lock = threading.Lock()
_own: dict[Path, tuple[int, int]] = {}


def _own_file(folder: Path) -> int:
    """The open file of this process in the folder; a child process gets one of its own."""
    pid = os.getpid()
    held = _own.get(folder)
    if held is not None and held[0] == pid:
        return held[1]
    if held is not None:
        os.close(held[1])
    folders.make_private(folder)
    name = f"{pid}-{secrets.token_hex(4)}{ENDING}"
    handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    folders.hold(handle)
    folders.sync(folder)
    _own[folder] = (pid, handle)
    return handle


@contextmanager
def _exclusive(file: Path) -> Iterator[bool]:
    """Whether nobody writes to the file any more; nobody begins to meanwhile."""
    handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield not folders.is_held(handle)
    finally:
        os.close(handle)


def _after_fork() -> None:
    """A thread of the parent may have held the lock."""
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
