"""Workers started, killed, and run with system calls that fail."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

from tests.faults.subjects import Subject
from tests.faults.worker import REFUSED

ROOT = Path(__file__).parents[2]
KILLED = -9
AT_ONCE = 2

T = TypeVar("T")
U = TypeVar("U")


class Told(NamedTuple):
    """What a worker said before it ended, and how it ended."""

    lines: list[list[str]]
    code: int

    @property
    def done(self) -> list[str]:
        """Tokens of which it was told that they are durable."""
        return [token for verb, *rest in self.lines if verb == "done" for token in rest]

    @property
    def failed(self) -> dict[str, str]:
        """Tokens of which it was told that they failed, with what is known of the outcome."""
        return {line[1]: line[3] for line in self.lines if line[0] == "failed"}


def command(*arguments: object) -> list[str]:
    """The command line of a worker."""
    return [sys.executable, "-m", "tests.faults.worker", *map(str, arguments)]


def start(*arguments: object) -> subprocess.Popen[bytes]:
    """A worker that has been started."""
    return subprocess.Popen(command(*arguments), cwd=ROOT, stdout=subprocess.PIPE, bufsize=0)


def end(worker: subprocess.Popen[bytes], said: bytes = b"") -> Told:
    """What a worker has said once it is over; half a line was not said."""
    rest, _ = worker.communicate()
    *lines, _half = (said + rest).decode().split("\n")
    return Told([line.split() for line in lines], worker.returncode)


def strace(
    path: Path, *arguments: object, trace: str, inject: Iterable[str] = (), anywhere: bool = False
) -> tuple[Told, list[str]]:
    """A worker's story, and the calls of `trace` that it made on the ledger's files.

    Only calls on the ledger, the two files beside it and its folder are counted and made to fail; with
    `anywhere` all are, also those on files whose names are made up. strace counts each call by itself.
    """
    files = () if anywhere else (path, f"{path}-wal", f"{path}-shm", path.parent)
    log = Path(f"{path}.strace")
    options = ["-f", "-y", "-qq", "-o", str(log), "-e", f"trace={trace}"]
    options += [word for file in files for word in ("-P", str(file))]
    options += [word for rule in inject for word in ("-e", f"inject={rule}")]
    done = subprocess.run(
        [_program(), *options, "--", *command(*arguments)],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert b"strace:" not in done.stderr, done.stderr
    *lines, _half = done.stdout.decode().split("\n")
    calls = [line.split(maxsplit=1)[1] for line in log.read_text(errors="replace").splitlines()]
    log.unlink()
    return Told([line.split() for line in lines], done.returncode), [
        c for c in calls if re.match(r"\w+\(", c)
    ]


def _program() -> str:
    path = shutil.which("strace")
    assert path, "strace is not installed"
    return path


def all_at_once(work: Callable[[T], U], items: Iterable[T]) -> list[U]:
    """The results of work that is mostly done by other processes."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, items))


def check(subject: Subject, path: Path, before: list[str], told: Iterable[Told]) -> list[str]:
    """The tokens of a ledger that workers wrote to, after checking that none was lied to.

    What was there before is there; what a worker was told is durable is there; what failed for certain is
    not; nothing is there twice; and nothing that nobody recorded.
    """
    told = list(told)
    now = subject.tokens(path)
    assert now[: len(before)] == before
    new = now[len(before) :]
    assert len(set(now)) == len(now), "a token is there twice"
    done = {token for one in told for token in one.done}
    assert done <= set(new), f"lost: {sorted(done - set(new))}"
    for one in told:
        assert one.code in {0, KILLED, REFUSED}, f"a worker ended with {one.code}: {one.lines[-3:]}"
        for token, outcome in one.failed.items():
            assert outcome == "unknown" or token not in new, f"{token} failed, and is there"
    return new
