"""Packages that come with an extra, and the line that says so."""

import importlib
from importlib.util import find_spec
from typing import Any

from mledger.errors import UsageError

_EXTRAS = {
    "pyarrow": ("data", "to read tables"),
    "numpy": ("data", "to read tables"),
    "fsspec": ("remote", "to read files that are not on this machine"),
}


def installed(name: str) -> bool:
    """Whether a package is there."""
    return find_spec(name) is not None


def require(name: str) -> Any:
    """The package, imported now. Errors: UsageError with the command that installs it."""
    extra, what = _EXTRAS[name]
    if not installed(name):
        raise UsageError(
            f"{name} is needed {what}, and is not installed", fix=f"pip install 'mledger[{extra}]'"
        )
    return importlib.import_module(name)
