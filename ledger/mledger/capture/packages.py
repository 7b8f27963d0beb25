"""Python and every installed package, with the lock file beside the program."""

import hashlib
import os
import platform
import re
import sys
from functools import lru_cache
from pathlib import Path

from mledger.attachment import MAX_ATTACHMENT, Attachment
from mledger.capture.base import Found, source
from mledger.capture.script import folder

LOCKS = (
    "uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock", "conda-lock.yml", "requirements.txt"
)  # fmt: skip

_ENDINGS = (".dist-info", ".egg-info", ".egg", ".egg-link", ".pth")


@source("packages")
def _packages() -> Found:
    found, nameless = _installed(_places())
    gap = f"{nameless} without a name" if nameless else None
    return Found({"env": {"packages": found}}, f"importlib.metadata: {len(found)} packages", gap)


@source("python")
def _python() -> Found:
    version = f"{platform.python_version()} {platform.python_implementation()}"
    return Found({"env": {"python": version}}, f"platform, of {sys.executable}")


@source("lock file")
def _lock() -> Found:
    for place in _upwards(folder()):
        for name in LOCKS:
            path = place / name
            if path.is_file():
                data = path.read_bytes()
                kept = (Attachment.of(data, name, role="lock file"),) if len(data) <= MAX_ATTACHMENT else ()
                return Found(
                    {"env": {"packages_digest": hashlib.sha256(data).hexdigest()}},
                    f"SHA-256 of {path}",
                    files=kept,
                )
    return Found(gap=f"there is none: {', '.join(LOCKS)}")


def _upwards(start: Path) -> list[Path]:
    """The folder and those above it, up to the root of the repository; alone if there is none."""
    found = []
    for place in (start, *start.parents):
        found.append(place)
        if (place / ".git").exists():
            return found
    return [start]


def _places() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Where packages are looked for, with what says there which they are.

    A folder in which other files come and go, as the ledger's beside a script, is none that changed.
    """
    return tuple((entry, _metadata(entry, _changed(entry))) for entry in sys.path)


@lru_cache(maxsize=64)
def _metadata(entry: str, changed: int) -> tuple[str, ...]:  # noqa: ARG001  looked at anew when it changed
    """The folders of metadata in a place where packages are looked for."""
    try:
        return tuple(sorted(name for name in os.listdir(entry or ".") if name.endswith(_ENDINGS)))  # noqa: PTH208
    except OSError:
        return ()


def _changed(entry: str) -> int:
    try:
        return os.stat(entry or ".").st_mtime_ns  # noqa: PTH116  entries of sys.path are text
    except OSError:
        return 0


@lru_cache(maxsize=1)
def _installed(places: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[dict[str, str], int]:  # noqa: ARG001  the key
    """Each package with its version; the first on the path counts, as for imports."""
    from importlib.metadata import distributions

    found: dict[str, str] = {}
    nameless = 0
    for distribution in distributions():
        if "Name" not in distribution.metadata:
            nameless += 1
            continue
        name = distribution.metadata["Name"]
        found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), distribution.version)
    return dict(sorted(found.items())), nameless
