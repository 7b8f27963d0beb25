"""How a run ends: the exception, and what it used up."""

import hashlib
import os
import sys
import time
import traceback
from types import TracebackType
from typing import Any, NamedTuple

from mledger.attachment import Attachment

MESSAGE = 2_000
_TRACEBACK = 256 * 1024
_CONTROL = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), " ")


class Usage:
    """Time and memory that this process uses from now on."""

    def __init__(self) -> None:
        """Begin to count."""
        self._wall, self._cpu = time.monotonic(), _processor_seconds()

    def so_far(self) -> dict[str, Any]:
        """The field `resources` of the event."""
        used: dict[str, Any] = {
            "wall_s": round(time.monotonic() - self._wall, 3),
            "cpu_s": round(max(0.0, _processor_seconds() - self._cpu), 3),
        }
        peak = _peak()
        return used | ({"peak_memory_bytes": peak} if peak else {})


class Failure(NamedTuple):
    """How a run failed as the event says it, and the traceback of an exception as a file."""

    exit: dict[str, Any]
    traceback: Attachment | None = None


def failure(error: BaseException, trace: TracebackType | None) -> Failure:
    """What is recorded of an exception."""
    text = "".join(traceback.format_exception(type(error), error, trace)).translate(_CONTROL)
    data = text.encode(errors="backslashreplace")
    kept = Attachment.of(data[-_TRACEBACK:], "traceback.txt", media_type="text/plain", role="traceback")
    exit_: dict[str, Any] = {
        "exception_type": name_of(type(error)),
        "traceback_digest": hashlib.sha256(kept.data).hexdigest(),
    }
    if message := bounded(str(error)):
        exit_["message"] = message
    if isinstance(error, SystemExit):
        exit_["status"] = status_of(error)
    return Failure(exit_, kept)


def name_of(kind: type[BaseException]) -> str:
    """The class of an exception as people write it: ValueError, torch.OutOfMemoryError."""
    module = "" if kind.__module__ in {"builtins", "__main__"} else f"{kind.__module__}."
    return f"{module}{kind.__qualname__}"


def status_of(error: SystemExit) -> int:
    """The exit status that the interpreter makes of it."""
    code = error.code
    return code if isinstance(code, int) else 0 if code is None else 1


def bounded(text: str) -> str:
    """A message that a record may hold: without control characters, not longer than a page."""
    clean = text.translate(_CONTROL).encode(errors="replace").decode().strip()
    return clean if len(clean) <= MESSAGE else f"{clean[:MESSAGE]}… ({len(clean):,} characters)"


def _processor_seconds() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _peak() -> int | None:
    """The largest memory that this process ever held."""
    try:
        import resource
    except ImportError:  # not on this system
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
