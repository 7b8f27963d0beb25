"""Accelerators with their driver: what nvidia-smi says, once in a process."""

import subprocess
import sys
from collections import Counter
from functools import cache

from mledger.capture.base import Found, source

TIMEOUT = 10.0


@source("gpu")
def _gpu() -> Found:
    found = _smi()
    torch = sys.modules.get("torch")
    cuda = getattr(getattr(torch, "version", None), "cuda", None)
    return (
        found._replace(fields={"hardware": {"cuda": cuda, **found.fields}})
        if cuda
        else (found._replace(fields={"hardware": found.fields} if found.fields else {}))
    )


@cache
def _smi() -> Found:
    words = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(  # noqa: S603  words of ours
            words, capture_output=True, text=True, timeout=TIMEOUT, check=False, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        return Found(gap="nvidia-smi is not installed")
    except (OSError, subprocess.TimeoutExpired) as error:
        return Found(gap=f"nvidia-smi: {error}")
    rows = [line.rpartition(", ") for line in done.stdout.splitlines() if ", " in line]
    if done.returncode or not rows:
        return Found(gap=f"nvidia-smi: {(done.stdout + done.stderr).strip() or 'no device'}")
    counts = Counter(name for name, _, _ in rows)
    names = ", ".join(f"{count} x {name}" for name, count in counts.items())
    return Found({"gpu": names, "driver": rows[0][2]}, "nvidia-smi")
