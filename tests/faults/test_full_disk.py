"""Disks that are full: nothing half-written, and it goes on when there is room again."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mledger.errors import MledgerError, StoreError
from tests.faults.running import ROOT, check, end, start
from tests.faults.subjects import SUBJECTS

pytestmark = pytest.mark.faults

MEBIBYTE = 1 << 20
every_subject = pytest.mark.parametrize("name", SUBJECTS)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte in memory, of our own."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEBIBYTE}", "mledger-test", str(place)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"this user may not mount a small disk: {getattr(error, 'stderr', error)!r}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def _fill(name: str, path: Path, handle: object, word: str) -> tuple[list[str], MledgerError]:
    """Tokens recorded until the disk was full, and how that was told."""
    done: list[str] = []
    while True:
        token = f"{word}-{len(done)}"
        try:
            SUBJECTS[name].record(handle, token)
        except MledgerError as error:
            return done, error
        done.append(token)


@every_subject
def test_a_full_disk_is_told_and_passes(name: str, small_disk: Path) -> None:
    """On a full disk an append fails and is not there; with room again the ledger, still open, goes on."""
    path, subject = small_disk / "ledger", SUBJECTS[name]
    subject.create(path)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(MEBIBYTE // 4))
    handle = subject.open(path)
    done, error = _fill(name, path, handle, "before")
    assert type(error) is StoreError
    assert "is full" in error.message
    assert "outcome" not in error.details
    ballast.unlink()
    more, error = _fill(name, path, handle, "after")
    assert type(error) is StoreError
    assert done
    assert more
    with pytest.raises(StoreError):
        subject.record(handle, "never")
    subject.close(handle)
    # The disk is too full to take the log in: elsewhere it is whole.
    moved = Path(shutil.copytree(small_disk, small_disk.with_name("roomy")), "ledger")
    assert subject.tokens(moved) == done + more


@every_subject
def test_a_full_disk_holds_no_half_of_a_new_ledger(name: str, small_disk: Path) -> None:
    """Where there is no room for a ledger, none is made, and nothing is left behind."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(small_disk_room(small_disk) - 20_000))
    with pytest.raises(StoreError, match="is full"):
        SUBJECTS[name].create(small_disk / "ledger")
    assert list(small_disk.iterdir()) == [ballast]


def small_disk_room(place: Path) -> int:
    """Bytes that are free."""
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


@every_subject
def test_killed_on_a_full_disk(name: str, small_disk: Path) -> None:
    """A process that is killed while its disk is full has lost nothing."""
    path, subject = small_disk / "ledger", SUBJECTS[name]
    subject.create(path)
    told = end(start(name, "record", path, "w", 1_000_000, "crash"))
    assert told.failed
    moved = Path(shutil.copytree(small_disk, small_disk.with_name("roomy")), "ledger")
    check(subject, moved, [], [told])


LIMITED = """
import resource, runpy, signal, sys
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
del sys.argv[1]
sys.exit(runpy.run_module("tests.faults.worker", run_name="faults")["main"](*sys.argv[1:]))
"""


@every_subject
@pytest.mark.parametrize("then", ["close", "crash", "again"])
def test_a_limit_on_the_size_of_files(name: str, then: str, tmp_path: Path) -> None:
    """A process that may not write beyond a size is told so; all that it was promised is there."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    path, subject = tmp_path / "ledger", SUBJECTS[name]
    subject.create(path)
    for number, beyond in enumerate((100_000, 150_001, 200_002)):
        before = subject.tokens(path)
        limit = path.stat().st_size + beyond
        arguments = [str(limit), name, "record", path, f"w{number}", 60, then]
        done = subprocess.Popen(
            [sys.executable, "-c", LIMITED, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE
        )
        told = end(done)
        assert told.failed
        check(subject, path, before, [told])
