"""Which program runs: a script, a module, a notebook, or typed lines."""

import hashlib
import os
import sys
import sysconfig
from functools import cache
from pathlib import Path
from typing import Any

from mledger.attachment import Attachment
from mledger.capture.base import Found, source

# Where programs lie that start others, such as torchrun: the code is in the current folder then.
_INSTALLED = ("scripts", "purelib", "platlib", "stdlib")


def script() -> Path | None:
    """The file that Python was started with; None in a notebook, for `python -c`, or an installed program."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    if not isinstance(file, str) or notebook() is not None:
        return None
    path = Path(os.path.abspath(file))  # noqa: PTH100  without "..", and with links as they are
    installed = any(path.is_relative_to(place) for place in _installed())
    return path if path.is_file() and not installed else None


@cache
def _installed() -> tuple[str, ...]:
    """The folders of installed programs and packages."""
    return tuple(sysconfig.get_path(name) for name in _INSTALLED)


def folder() -> Path:
    """The folder of the program, or else the current one."""
    found = script()
    return found.parent if found else Path.cwd()


def notebook() -> Any:
    """The shell of IPython, if this is a notebook or a session of it."""
    module = sys.modules.get("IPython")
    asked = getattr(module, "get_ipython", None)
    return asked() if callable(asked) else None


@source("script")
def _script() -> Found:
    """The file, or the cells that were run so far: they are in no commit."""
    shell = notebook()
    if shell is not None:
        typed = getattr(getattr(shell, "history_manager", None), "input_hist_raw", None)
        cells = [str(cell) for cell in (typed or shell.user_ns.get("In", []))[1:]]
        data = "\n\n".join(cells).encode()
        kept = (Attachment.of(data, "cells.py", role="cells that were run"),) if data else ()
        return Found(
            {"code_digest": hashlib.sha256(data).hexdigest()}, "the cells run so far in IPython", files=kept
        )
    path = script()
    if path is None:
        return Found(gap="no script of your own: lines that were typed, python -c, or an installed program")
    return Found({"code_digest": hashlib.sha256(path.read_bytes()).hexdigest()}, f"SHA-256 of {path.name}")
