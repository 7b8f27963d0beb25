"""What tests of commands ask again and again: was it refused as it should be, is nothing changed."""

import hashlib
import json
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import Result

ALICE = "Alice Example"
MODEL = "model/credit-risk"
PLACEHOLDER = re.compile(r"\b[A-Z]{3,}\b|--edit|…")

Run = Callable[..., Result]


def done(result: Result) -> str:
    """What a command printed that did as it was asked."""
    assert result.exit_code == 0, result.stderr
    return result.stdout


def told(result: Result) -> object:
    """What a command printed with --json."""
    return json.loads(done(result))


def refused(result: Result, line: str, *, code: int = 2) -> str:
    """The way out that a refused command names, after one line of what is wrong and nothing else."""
    assert result.exit_code == code, (result.exit_code, result.stdout, result.stderr)
    assert result.stdout == ""
    first, *rest = result.stderr.splitlines()
    assert first.startswith("mledger: "), result.stderr
    assert line in first, first
    assert len(rest) == 1, result.stderr
    assert rest[0].startswith("  fix: "), result.stderr
    return rest[0].removeprefix("  fix: ")


def refused_alike(run: Run, args: list[object], line: str, *, code: int = 2, input: str | None = None) -> str:
    """As `refused`, and with --json the same is said as one object on standard error."""
    fix = refused(run(*args, input=input), line, code=code)
    result = run("--json", *args, input=input)
    assert (result.exit_code, result.stdout) == (code, "")
    error = json.loads(result.stderr)
    assert result.stderr.count("\n") == 1
    assert line in error["message"]
    assert (error["fix"], error["exit_code"]) == (fix, code)
    return fix


def works(run: Run, fix: str) -> None:
    """A way out that is a command, with nothing left to fill in, does what it is asked."""
    if fix.startswith("mledger ") and not PLACEHOLDER.search(fix) and ";" not in fix:
        result = run(*shlex.split(fix)[1:])
        assert result.exit_code == 0, (fix, result.stderr)


def state(folder: Path) -> dict[str, str]:
    """The digest of each file in a folder, the shared memory of SQLite aside: readers make and remove it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith("-shm") and path.stat().st_size
    }


@contextmanager
def nothing_written(folder: Path) -> Iterator[None]:
    """Check that no file in a folder comes, goes, or changes by a byte."""
    before = state(folder)
    yield
    assert state(folder) == before
