"""What somebody sees who may read a ledger and write nothing beside it."""

import os
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mledger.errors import StoreError
from mledger.stores.sqlite import SqliteStore
from mledger.testing.samples import refused, sample_entry, sample_run
from tests.stores.files import die_after_appending, ledger, raw, state

NOBODY = 65534

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs rights of files as Unix has them")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may enter, which pytest's own is not."""
    place = Path(tempfile.mkdtemp(prefix="mledger-media-"))
    place.chmod(0o755)
    yield place
    place.chmod(0o755)
    shutil.rmtree(place)


def as_nobody(work: Callable[[], object]) -> None:
    """Do something in a process that may write nowhere; fail as it fails. Root could write everywhere."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
            work()
            code = 0
        except BaseException:  # noqa: BLE001  it is shown, and the parent fails
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0


def seal(folder: Path) -> None:
    """Take away every right to write, in the folder and to the files in it."""
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)


def reads(path: Path, size: int) -> Callable[[], None]:
    """A check that a ledger is readable, whole and unsuspicious."""

    def work() -> None:
        with SqliteStore(path, read_only=True) as store:
            assert list(store.entries()) == sample_run(0, size)
            assert store.head().size == size
            assert store.hashes(0, 0, size) == [entry.leaf for entry in sample_run(0, size)]
            assert store.strays() == []
            assert store.duplicate_ids() == []
            assert not store.touched()

    return work


def test_a_ledger_on_a_read_only_medium_is_read(folder: Path) -> None:
    """One file, in a folder where nothing can be written, is read whole."""
    path = ledger(folder / "ledger")
    seal(folder)
    before = state(folder)
    as_nobody(reads(path, 5))
    assert state(folder) == before


def test_a_ledger_with_an_empty_log_is_read(folder: Path) -> None:
    """A log without content, such as a reader leaves behind, holds nothing up."""
    path = ledger(folder / "ledger")
    Path(f"{path}-wal").touch()
    seal(folder)
    as_nobody(reads(path, 5))


def test_a_log_is_read_if_its_index_lies_beside_it(folder: Path) -> None:
    """With both of SQLite's files beside it, a ledger is read together with its log."""
    path = ledger(folder / "ledger")
    die_after_appending(path, 3)
    seal(folder)
    as_nobody(reads(path, 8))


def test_a_ledger_is_never_shown_without_its_log(folder: Path) -> None:
    """Where the log cannot be read the ledger is refused: it would lack its newest entries."""
    path = ledger(folder / "ledger")
    die_after_appending(path, 3)
    Path(f"{path}-shm").unlink()
    seal(folder)

    def work() -> None:
        error = refused(StoreError, lambda: SqliteStore(path, read_only=True))
        assert "holds the newest entries" in error.message
        assert str(error.fix).startswith("copy ")

    as_nobody(work)
    folder.chmod(0o755)
    copy = Path(shutil.copytree(folder, folder / "copy"), "ledger")
    reads(copy, 8)()


def test_appends_beside_a_reader_who_may_not_write_are_seen(folder: Path) -> None:
    """Somebody without the right to write follows a ledger that others append to."""
    path = ledger(folder / "ledger")
    with SqliteStore(path) as store:
        store.append([sample_entry(5)], [], after=store.head())
        as_nobody(reads(path, 6))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write where nobody can")
@pytest.mark.parametrize("begun", [True, False], ids=["under way", "before"])
def test_a_write_to_what_is_read_unlocked_is_noticed(begun: bool, folder: Path) -> None:
    """What is read without locks is watched: a write in between is an error, not a mixture of two states."""
    path = ledger(folder / "ledger", 50)
    folder.chmod(0o555)
    ready, go = os.pipe(), os.pipe()

    def work() -> None:
        with SqliteStore(path, read_only=True) as store:
            stream = store.entries()
            if begun:
                next(stream)
            os.write(ready[1], b".")
            os.read(go[0], 1)
            assert "was written to" in refused(StoreError, lambda: list(stream)).message
            refused(StoreError, store.head)
        with SqliteStore(path, read_only=True) as store:
            assert store.head().size == 51

    watcher = os.fork()
    if watcher == 0:
        os.read(ready[0], 1)
        with SqliteStore(path) as store:
            store.append([sample_entry(50)], [], after=store.head())
        os.write(go[1], b".")
        os._exit(0)
    as_nobody(work)
    os.waitpid(watcher, 0)
    for end in (*ready, *go):
        os.close(end)


def test_who_may_not_write_is_told_when_opening(folder: Path) -> None:
    """To open for writing what cannot be written is refused at once, for the file as for its folder."""
    path = ledger(folder / "ledger")
    os.chown(path, NOBODY, NOBODY) if os.geteuid() == 0 else None

    def work() -> None:
        assert "is read-only" in refused(StoreError, lambda: SqliteStore(path)).message

    path.chmod(0o444)
    as_nobody(work)
    path.chmod(0o644)
    folder.chmod(0o555)
    as_nobody(work)


def test_who_may_not_read_is_told(folder: Path) -> None:
    """A file that cannot be read is named, and so is a folder that cannot be entered."""
    path = ledger(folder / "ledger")
    path.chmod(0)

    def work() -> None:
        for read_only in (True, False):
            refused(StoreError, lambda read_only=read_only: SqliteStore(path, read_only=read_only))

    as_nobody(work)
    path.chmod(0o644)
    folder.chmod(0)
    as_nobody(work)


def test_who_may_not_write_cannot_create(folder: Path) -> None:
    """A ledger in a folder that cannot be written is refused, and nothing is left there."""
    folder.chmod(0o555)
    as_nobody(lambda: refused(StoreError, lambda: SqliteStore(folder / "ledger", create=True)))
    assert list(folder.iterdir()) == []


def test_a_reader_may_write_beside_a_file_that_is_not_his(folder: Path) -> None:
    """In a folder where others may write, whoever may only read the file leaves at most an empty log."""
    path = ledger(folder / "ledger")
    folder.chmod(0o777)
    path.chmod(0o444)
    before = path.read_bytes()
    as_nobody(reads(path, 5))
    assert path.read_bytes() == before
    path.chmod(0o644)
    db = raw(path)
    assert db.execute("SELECT count(*) FROM entry").fetchone() == (5,)
    db.close()
    assert [found.name for found in folder.iterdir()] == ["ledger"]
    reads(path, 5)()
