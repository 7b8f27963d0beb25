"""What a run is told, in a file that outlives its process.

The journal of a run. A folder of the user's holds one file for each run that was told something and
has no end yet, under the id of the event that started it. The first line says whose it is; each further
line is one thing that the run was told, or one value of a metric. A line is with the system when `write`
returns, and is there after the process was killed; of a series that comes faster than forty times a
second those values may be missing that came less than a fortieth of a second before the last one. Now
and then it is synced, so that a machine that loses power loses little. When the end of the run is
recorded the file goes. Nothing in it is signed.
"""

import json
import os
import platform
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mledger import folders
from mledger.core.moment import Moment, format_moment
from mledger.errors import MledgerError
from mledger.recording import telling
from mledger.recording.series import NO_STEP, Points
from mledger.recording.told import Told

VERSION = 1
ENDING = ".jsonl"
# Seconds of what was told that may be lost with the power.
_SYNC_EVERY = 10.0
# After a pause so many values of series are written one by one, then one time in so many seconds with all
# that came since: to write takes longer than all else that is done for a value.
_AT_ONCE, _EVERY = 64, 0.025
_NONE_YET = -1
# What JSON of Python calls the numbers that JSON does not have.
_ODD = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


class Journal:
    """The journal of a run of this process; the file is made when there is something to write.

    It never raises: a disk that takes no more is warned of once, and the run goes on in memory.
    """

    def __init__(self, id: str, *, ledger: Path, stream: str, run: str) -> None:
        """Know whose it is."""
        self._path = folders.journal_folder() / f"{id}{ENDING}"
        self._head = {"journal": VERSION, "ledger": str(ledger), "stream": stream, "run": run}
        self._handle = _NONE_YET
        self._made = False
        self._synced = self._due = float("-inf")
        self._kept: list[str] = []
        self._pid = os.getpid()
        self._lost = False

    def write(self, kind: str, *said: Any) -> None:
        """Keep one thing that the run was told: a method of `Told`, and its arguments."""
        if os.getpid() == self._pid:  # a forked process that is refused something must not write here
            self._kept.append(
                json.dumps([kind, *said], ensure_ascii=False, separators=(",", ":"), default=str) + "\n"
            )
            self._flush(time.monotonic())

    def value(
        self, points: Points, value: float, step: int | None, low: float | None, high: float | None
    ) -> None:
        """Keep one value of a metric; of a series that comes thick and fast, with the next ones."""
        more = "" if low is None else f",{_number(low)},{_number(high)}"
        place = NO_STEP if step is None else step
        self._kept.append(f"[{points.place},{place},{_number(value)}{more}]\n")
        now = time.monotonic()
        if step is None or now >= self._due - _AT_ONCE * _EVERY:
            if step is not None:  # one without a step is written at once, and must not delay the others
                self._due = max(now, self._due) + _EVERY
            self._flush(now)

    def end(self, *, done: bool) -> None:
        """Write no more; if what it holds stands elsewhere now, throw the file away."""
        if done and self._made:
            with suppress(OSError):
                self._path.unlink()
        if self._handle != _NONE_YET:
            os.close(self._handle)
        self._handle, self._lost, self._kept = _NONE_YET, True, []

    def _flush(self, now: float) -> None:
        """Hand what is kept to the system, and now and then to the disk."""
        lines, self._kept = _bytes("".join(self._kept)), []
        if self._lost:
            return
        try:
            if self._handle == _NONE_YET:
                self._begin()
            if os.write(self._handle, lines) != len(lines):
                raise OSError("no space left")  # noqa: TRY301  said below like any other
            if now - self._synced > _SYNC_EVERY:
                self._synced = now
                _sync(self._handle)
        except (OSError, MledgerError) as error:
            self.end(done=False)
            said = error.message if isinstance(error, MledgerError) else str(error.strerror or error)
            telling.warn(f"what the run is told is lost if its process is killed: {self._path}: {said}")

    def _begin(self) -> None:
        folders.make_private(self._path.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        self._handle = os.open(self._path, flags, 0o600)
        self._made = True
        folders.hold(self._handle)
        folders.sync(self._path.parent)
        begun = format_moment(datetime.now(UTC))
        head = self._head | {"pid": self._pid, "host": platform.node() or "localhost", "at": begun}
        os.write(self._handle, _bytes(json.dumps(head, ensure_ascii=False) + "\n"))


def _bytes(lines: str) -> bytes:
    """JSON as it is written: a name that is no UTF-8 becomes an escape, which JSON reads back."""
    return lines.encode(errors="backslashreplace")


def _number(value: float | None) -> str:
    number = repr(value)
    return _ODD.get(number, number)


def _sync(handle: int) -> None:
    getattr(os, "fdatasync", os.fsync)(handle)


# --- reading what somebody left


@dataclass(frozen=True, slots=True)
class Left:
    """What a process left of a run without an end: who it was, whether it lives, when it wrote last."""

    path: Path
    pid: int
    host: str
    alive: bool
    last: Moment
    told: Told
    damaged: int

    @property
    def how(self) -> str:
        """How it is known what the run was told, in a line."""
        lives = "still runs" if self.alive else "is gone"
        damage = f"; {self.damaged} of its lines could not be read" if self.damaged else ""
        return (
            f"the file that process {self.pid} on {self.host} wrote until {self.last}, unsigned;"
            f" that process {lives}{damage}"
        )

    def to_json(self) -> dict[str, object]:
        """What was left, as `--json` prints it."""
        whose = {"pid": self.pid, "host": self.host, "alive": self.alive, "last": self.last}
        return whose | {"metrics": self.told.measured.metrics()} | self.told.fields()

    def remove(self) -> None:
        """Throw the file away, unless its process still writes to it."""
        if not self.alive:
            with suppress(OSError):
                self.path.unlink()


def left(id: str) -> Left | None:
    """What the process of the run that began with this event left on this machine; None if nothing."""
    path = folders.journal_folder() / f"{id}{ENDING}"
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        alive = folders.is_held(file.fileno())
        lines = file.read().split(b"\n")
        last = format_moment(datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC))
    try:
        head = json.loads(lines[0])
        pid, host = int(head["pid"]), str(head["host"])
    except (ValueError, LookupError, TypeError):
        return None
    told, damaged = Told(), 0
    for line in lines[1:]:
        if line and not _take(told, line):
            damaged += 1
    return Left(path, pid, host, alive, last, told, damaged)


_KINDS = ("dataset", "params", "metric", "artifact", "note", "seeds", "early_stopping", "gap")


def _take(told: Told, line: bytes) -> bool:
    """Whether a line is one that a journal holds; then it is taken in."""
    try:
        kind, *said = json.loads(line)
        if isinstance(kind, int):
            step, value, *ends = said
            low, high = ends or (None, None)
            told.measured.at(kind).add(float(value), None if step == NO_STEP else int(step), low, high)
        elif kind in _KINDS:
            getattr(told, kind)(*said)
        else:
            return False
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return False
    return True
