"""The operating system, the processor, the memory."""

import os
import platform
from functools import cache
from pathlib import Path

from mledger.capture.base import Found, source


@source("system")
def _system() -> Found:
    return Found(
        {"env": {"os": f"{platform.system()} {platform.release()} {platform.machine()}"}}, "platform"
    )


@source("processor")
def _processor() -> Found:
    name, how = _cpu()
    return Found({"hardware": {"cpu": f"{name}, {_cores()} cores"}}, how)


@source("memory")
def _memory() -> Found:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return Found(gap="this system does not tell how much there is")
    return Found({"hardware": {"ram_bytes": size}}, "sysconf")


@cache
def _cpu() -> tuple[str, str]:
    file = Path("/proc/cpuinfo")
    if file.is_file():
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name") and (name := line.partition(":")[2].strip()):
                return name, str(file)
    return platform.processor() or platform.machine() or "unknown processor", "platform"


def _cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
