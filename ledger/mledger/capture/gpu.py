"""Accelerators with their driver: what nvidia-smi says, once in a process."""

import subprocess
import sys
from collections import Counter

from mledger.capture.base import Found, Later, source

TIMEOUT = 10.0
# Machines do not change their accelerators while a process runs.
_known: dict[str, Found] = {}


@source("gpu")
def _gpu() -> Found | Later:
    if "found" in _known:
        return _with_cuda(_known["found"])
    words = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        process = subprocess.Popen(  # noqa: S603  words of ours
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    except FileNotFoundError:
        return _with_cuda(_known.setdefault("found", Found(gap="nvidia-smi is not installed")))
    return lambda: _with_cuda(_known.setdefault("found", _wait(process)))


def _wait(process: "subprocess.Popen[str]") -> Found:
    """What the program says, once it has."""
    with process:
        try:
            out, err = process.communicate(timeout=TIMEOUT)
        except (OSError, subprocess.TimeoutExpired) as error:
            process.kill()
            return Found(gap=f"nvidia-smi: {error}")
    rows = [line.rpartition(", ") for line in out.splitlines() if ", " in line]
    if process.returncode or not rows:
        return Found(gap=f"nvidia-smi: {(out + err).strip() or 'no device'}")
    counts = Counter(name for name, _, _ in rows)
    names = ", ".join(f"{count} x {name}" for name, count in counts.items())
    return Found({"gpu": names, "driver": rows[0][2]}, "nvidia-smi")


def _with_cuda(found: Found) -> Found:
    """What was found, with the version of CUDA that torch says, if it is imported."""
    torch = sys.modules.get("torch")
    cuda = getattr(getattr(torch, "version", None), "cuda", None)
    fields = ({"cuda": cuda} if cuda else {}) | dict(found.fields)
    return found._replace(fields={"hardware": fields} if fields else {})
