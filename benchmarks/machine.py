"""What the numbers depend on: the machine and the versions."""

import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("mledger", "cryptography", "pydantic", "click")


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def facts() -> dict[str, str]:
    """The machine, the versions, and how busy it is."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    kernel = ".".join(platform.release().split(".")[:2])
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{_processor()}, {cores()} cores, {platform.system()} {kernel}",
        "python": f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}",
        "load": ", ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
