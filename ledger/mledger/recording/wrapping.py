"""A program that knows nothing of mledger, run as a run."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO, Any, NamedTuple

from mledger.capture.base import Capture, capture, one_line
from mledger.capture.command import shown
from mledger.core.moment import Moment, format_moment
from mledger.errors import InputError

_FORWARDED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_TYPED = ("SIGINT", "SIGQUIT")  # a terminal sends these to the child itself
_MARK = b"mledger:"
# What an interpreter says of itself; the packages as our own source names them.
_ASK = """
import json, platform, re, sys
from importlib.metadata import distributions
found = {}
for one in distributions():
    name = one.metadata["Name"]
    if name:
        found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), one.version)
said = {"python": f"{platform.python_version()} {platform.python_implementation()}"}
print(json.dumps(said | {"packages": dict(sorted(found.items()))}))
"""


class Ended(NamedTuple):
    """How a command ended: exit code as a shell sees it, the signal if one ended it, when it began."""

    code: int
    signal: str | None
    begun: Moment


def run_command(
    words: Sequence[str],
    environment: Mapping[str, str] | None = None,
    listen: Callable[[bytes], None] | None = None,
) -> Ended:
    """How the command ended, run with our input and outputs; signals that we get are handed on.

    `listen` is given each line of its standard output, which goes on to ours as it comes. Errors:
    InputError if it cannot be started.
    """
    begun = format_moment(datetime.now(UTC))
    output = subprocess.PIPE if listen else None
    try:
        process = subprocess.Popen(  # noqa: S603  it is what the user asks for
            list(words), env=os.environ | dict(environment or {}), stdout=output
        )
    except OSError as error:
        raise InputError(
            f"{words[0]} cannot be started: {error.strerror}", fix="name a program that is there"
        ) from None
    with _forwarding(process):
        if listen is not None and process.stdout is not None:
            _pass_on(process.stdout, listen)
        code = process.wait()
    name = None
    if code < 0:
        with suppress(ValueError):
            name = signal.Signals(-code).name
    return Ended(code if code >= 0 else 128 - code, name, begun)


@contextmanager
def _forwarding(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Within, signals go to the child, and we outlive it, to record how it ended."""
    by_hand = sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()

    def forward(number: int, _: FrameType | None) -> None:
        if not (by_hand and signal.Signals(number).name in _TYPED):
            with suppress(ProcessLookupError):
                process.send_signal(number)

    before: dict[int, Any] = {}
    for name in _FORWARDED:
        with suppress(AttributeError, ValueError, OSError):  # not on this system, or not in this thread
            number = getattr(signal, name)
            before[number] = signal.signal(number, forward)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _pass_on(pipe: IO[bytes], listen: Callable[[bytes], None]) -> None:
    """Hand on what comes, byte for byte, as soon as it comes; lines go to the listener, too."""
    held = b""
    out = sys.stdout.buffer
    while piece := os.read(pipe.fileno(), 1 << 16):
        with suppress(BrokenPipeError):
            out.write(piece)
            out.flush()
        *lines, held = (held + piece).split(b"\n")
        for line in lines:
            listen(line)
        held = held[-(1 << 16) :]
    if held:
        listen(held)


class Metrics:
    """Metrics in lines like `mledger: auc=0.95 step=3`."""

    def __init__(self, take: Callable[[str, Any, int | None], None]) -> None:
        """Give each metric to `take`."""
        self._take = take

    def __call__(self, line: bytes) -> None:
        """Look for metrics in a line."""
        if not line.lstrip().startswith(_MARK):
            return
        text = line.decode(errors="replace").partition(":")[2]
        pairs = [pair.partition("=") for pair in text.replace(",", " ").split()]
        steps = [value for name, _, value in pairs if name == "step"]
        step = int(steps[-1]) if steps and steps[-1].isdecimal() else None
        for name, mark, value in pairs:
            if mark and name != "step":
                self._take(name, _number(value), step)


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text  # which the run refuses in words


def metrics_of(path: Path) -> dict[str, Any]:
    """The metrics in a JSON file: names with numbers; names below others are joined by dots.

    Errors: InputError.
    """
    try:
        said = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", fix="see that the command writes it"
        ) from None
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}", fix="write names with numbers into it") from None
    if not isinstance(said, dict):
        raise InputError(f"{path} holds no names with numbers", fix='write {"auc": 0.95} into it')
    return dict(_flat(said, ""))


def _flat(said: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for name, value in said.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{above}{name}", value


def capture_of(words: Sequence[str]) -> Capture:
    """What is found out of a command that is about to run: as for a script, with its own interpreter."""
    found = capture()
    line, masked = shown(words)
    found.fields["cmd"] = line
    found.fields.pop("code_digest", None)
    found.fields.pop("seeds", None)
    rows = [row for row in found.fields["captures"] if row["name"] not in {"command", "script", "seeds"}]
    rows.append(
        {"name": "command", "how": "as it was given"} | ({"gap": f"{masked} masked"} if masked else {})
    )
    rows.append({"name": "seeds", "gap": "the command sets its own, if it does"})
    asked = _ask(words[0])
    for row in rows:
        if row["name"] in {"packages", "python"}:
            row["how" if asked else "gap"] = (
                f"of {words[0]}" if asked else "those of mledger's own Python, not of the command"
            )
    if asked:
        found.fields["env"] = found.fields.get("env", {}) | asked
    found.fields["captures"] = [{name: one_line(text) for name, text in row.items()} for row in rows]
    return found


def _ask(program: str) -> dict[str, Any] | None:
    """Version and packages of an interpreter; None if the program is none."""
    path = shutil.which(program)
    if path is None or "python" not in Path(program).name.lower():
        return None
    try:
        done = subprocess.run(  # noqa: S603
            [path, "-c", _ASK], capture_output=True, timeout=60, check=True, stdin=subprocess.DEVNULL
        )
        said: dict[str, Any] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return said
