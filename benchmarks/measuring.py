"""Times two sides in turns, so that a noisy machine disturbs both alike."""

import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

Work = Callable[[], int]
"""Does something so many times, and says how many."""


class Sample(NamedTuple):
    """Seconds for one unit of work: on the clock, and of processors, those of child processes too."""

    wall: float
    cpu: float


def processor_seconds() -> float:
    """What this process and the children that it waited for have used of all processors."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def once(work: Work) -> Sample:
    """What one unit of `work` took, done as often as it says."""
    gc.collect()
    gc.freeze()  # what the workload holds ready is not to be walked by the collector meanwhile
    try:
        wall, cpu = time.perf_counter(), processor_seconds()
        count = work()
        wall, cpu = time.perf_counter() - wall, processor_seconds() - cpu
    finally:
        gc.unfreeze()
    return Sample(wall / count, cpu / count)


def in_turns(sides: Sequence[Work], rounds: int) -> list[list[Sample]]:
    """Samples of each side, taken in turns: A B A B and so on."""
    samples: list[list[Sample]] = [[] for _ in sides]
    for _ in range(rounds):
        for taken, side in zip(samples, sides, strict=True):
            taken.append(once(side))
    return samples


def best(samples: Sequence[Sample]) -> Sample:
    """The least of each kind of time: for work that needs the processor alone."""
    return Sample(min(s.wall for s in samples), min(s.cpu for s in samples))


def median(samples: Sequence[Sample]) -> Sample:
    """The middle of each kind of time: for work that waits for the disk."""
    return Sample(statistics.median(s.wall for s in samples), statistics.median(s.cpu for s in samples))


class Child(NamedTuple):
    """What a process of its own said, and the largest memory in MB of it or of one of its children."""

    answer: dict[str, Any]
    megabytes: float


def in_a_process(*arguments: str) -> Child:
    """Run `python -m benchmarks.child` with arguments, far from the memory of this process."""
    command = [sys.executable, "-m", "benchmarks.child", *arguments]
    # A process inherits the peak of whoever started it, until it is itself started by a small one: sh.
    done = subprocess.run(
        ["sh", "-c", '"$@"; exit $?', "sh", *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    answer = json.loads(done.stdout)
    return Child(answer, answer.pop("peak"))


def peak() -> float:
    """The largest memory in MB that this process, or one child that it waited for, ever held."""
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    used = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(used) / (1 << 20) * unit


def program(command: Sequence[str]) -> Work:
    """The work of running a program once; RuntimeError if it fails."""

    def run() -> int:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return 1

    return run


@contextmanager
def home(folder: Path) -> Iterator[None]:
    """Let mledger keep keys, heads and caches under `folder`, and nowhere else."""
    held = os.environ.get("MLEDGER_HOME")
    os.environ["MLEDGER_HOME"] = str(folder)
    try:
        yield
    finally:
        if held is None:
            del os.environ["MLEDGER_HOME"]
        else:
            os.environ["MLEDGER_HOME"] = held
