"""What a training script shows of its record: lines on standard error."""

import os
import sys
from collections.abc import Iterable

from mledger.errors import MledgerError

QUIET = "MLEDGER_QUIET"
_DOT = " · "


def is_quiet() -> bool:
    """Whether the variable MLEDGER_QUIET asks for silence about what goes well."""
    return bool(os.environ.get(QUIET))


def told(parts: Iterable[str | None], *, quiet: bool) -> None:
    """Say what happened, in one line, unless `quiet`."""
    if not quiet:
        _write(f"mledger: {_DOT.join(part for part in parts if part)}")


def warn(message: str, fix: str | None = None) -> None:
    """Say what is wrong, and the way out."""
    _write(f"mledger: warning: {_line(message)}" + (f"\n  fix: {_line(fix)}" if fix else ""))


def worded(error: BaseException) -> str:
    """An error in one line."""
    if isinstance(error, MledgerError):
        return _line(error.message)
    return _line(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _write(line: str) -> None:
    """Write to standard error; where there is none, the line is lost."""
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        return
