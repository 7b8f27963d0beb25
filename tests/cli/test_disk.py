"""Disks, locks and other processes: exit 4 with its reason, and nothing half-written."""

import os
import resource
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mledger.reader import Reader
from tests.cli.asking import MODEL, Run, done, nothing_written, refused, refused_alike, state, told
from tests.cli.conftest import COMMAND
from tests.stores.test_read_only_media import as_nobody, seal

GOOD = ("append", "comment.added", MODEL, "--set", "on=1", "--set", "text=x")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs rights and limits as Unix has them")


@pytest.fixture
def holding(begun: Path) -> Iterator[sqlite3.Connection]:
    """Another program that writes to the ledger and does not come to an end."""
    other = sqlite3.connect(begun, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.execute("ROLLBACK")
    other.close()


def test_a_ledger_that_another_process_holds_is_left_for_later(
    run: Run, begun: Path, holding: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An append waits, then ends with 4; whoever only reads is not kept waiting."""
    for args in (GOOD, ("checkpoint",)):
        assert "again" in refused(run(*args), "is held by another process", code=4)
    for args in (["log"], ["show", "1"], ["verify"], ["replay"], ["key", "list", "--enrolled"]):
        done(run(*args))
    holding.execute("ROLLBACK")
    assert done(run(*GOOD)).startswith("event 2 ")
    holding.execute("BEGIN IMMEDIATE")


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that everybody may enter, and that is the current one."""
    with tempfile.TemporaryDirectory(prefix="mledger-cli-") as name:
        path = Path(name)
        path.chmod(0o755)
        monkeypatch.chdir(path)
        monkeypatch.setenv("MLEDGER_HOME", str(path / "home"))
        yield path
        path.chmod(0o755)


def begin(run: Run) -> None:
    """A ledger here, with one model."""
    done(run("init", "--origin", "a.example", "--name", "Alice Example", "--no-passphrase"))
    sets = ("--set", "title=t", "--set", "purpose=p", "--set", "owner=o")
    done(run("append", "model.registered", MODEL, *sets))
    for command in (["log"], ["show", "1"], ["verify"], ["replay"], ["log", MODEL]):
        done(run(*command))  # all modules are imported before rights are given up


def open_to_all(home: Path) -> None:
    """Let others read the keys, which are theirs in this play."""
    for path in home.rglob("*"):
        os.chown(path, 65534, 65534)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_read_only_ledger_is_read_and_not_appended_to(run: Run, place: Path) -> None:
    """Where neither file nor folder can be written reading goes on; an append says what is read-only."""
    begin(run)
    open_to_all(place / "home")
    seal(place)
    (place / "home").chmod(0o755)
    before = state(place)

    def work() -> None:
        for args in (["log"], ["show", "1"], ["verify"], ["replay"], ["log", MODEL]):
            done(run(*args))
        refused_alike(run, [*GOOD], "is read-only", code=4)
        refused_alike(run, ["checkpoint"], "is read-only", code=4)
        fix = refused(
            run("init", "--ledger", "other.db", "--origin", "b", "--name", "B"), "is read-only", code=4
        )
        assert "--ledger" in fix

    as_nobody(work)
    assert {name: d for name, d in state(place).items() if not name.startswith("home/")} == {
        name: d for name, d in before.items() if not name.startswith("home/")
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_ledger_that_may_not_be_read_is_told(run: Run, place: Path) -> None:
    """A file without the right to read it, and an output that cannot be written, are told by name."""
    begin(run)
    open_to_all(place / "home")
    (place / "mledger.db").chmod(0o000)

    def work() -> None:
        refused_alike(run, ["log"], "mledger.db may not be read", code=4)
        refused_alike(run, [*GOOD], "mledger.db may not be read", code=4)

    as_nobody(work)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_output_that_cannot_be_written_leaves_nothing(run: Run, place: Path) -> None:
    """A checkpoint or a receipt that finds no place is told; no empty file stays."""
    begin(run)
    done(run("checkpoint"))
    open_to_all(place / "home")
    (place / "closed").mkdir(mode=0o555)

    def work() -> None:
        refused_alike(run, ["prove", "1", "-o", "closed/receipt"], "closed/receipt cannot be written", code=4)

    as_nobody(work)
    assert not list((place / "closed").iterdir())


def test_a_name_that_no_file_can_have_is_told(run: Run, begun: Path) -> None:
    """As anything else that cannot be written; the checkpoint is kept in the ledger all the same."""
    refused_alike(run, ["checkpoint", "-o", "a" * 300], "cannot be written: File name too long", code=4)


def limited(size: int) -> Callable[[], None]:
    """Let the process write no file beyond that size, as on a disk that is full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk_is_told_and_nothing_is_lost(run: Run, begun: Path, process: Callable) -> None:
    """An append that finds no room ends with 4; what was there is whole, and later it succeeds."""
    ended = process(*GOOD, preexec_fn=limited(8 * 1024))
    assert (ended.returncode, ended.stdout) == (4, ""), ended.stderr
    line, fix = ended.stderr.splitlines()
    assert line.startswith("mledger: the disk of ")
    assert fix.startswith("  fix: ")
    assert done(run("verify"))
    assert len(told(run("log", "--json"))) == 2
    assert done(run(*GOOD)).startswith("event 2 ")


def test_a_full_disk_begins_no_ledger(folder: Path, process: Callable) -> None:
    """An init that finds no room leaves neither a ledger nor a part of one."""
    args = ("init", "--origin", "a.example", "--name", "Alice", "--no-passphrase")
    ended = process(*args, preexec_fn=limited(16 * 1024))
    assert (ended.returncode, ended.stdout) == (4, ""), ended.stderr
    assert list(folder.iterdir()) == []
    assert process(*args).returncode == 0


def test_a_full_disk_in_the_middle_of_many_says_how_far_it_came(
    begun: Path, process: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events that were written together stay together: the line tells how many there are."""
    line = '{"on": "1", "text": "' + "x" * 500 + '"}\n'
    Path("many.jsonl").write_text(line * 2_000)
    ended = process(*GOOD[:3], "--from", "many.jsonl", preexec_fn=limited(600_000))
    assert ended.returncode == 4, ended.stderr
    with Reader.open(begun) as reader:
        assert len(list(reader.facts())) == 2


def test_a_full_disk_for_the_output_is_no_success(begun: Path) -> None:
    """What cannot be printed is told with exit code 4."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    for args in (["log"], ["show", "1"], ["verify"], ["log", "--json"], ["replay"]):
        with full.open("w") as out:
            ended = subprocess.run(
                [*COMMAND, *args], stdout=out, stderr=subprocess.PIPE, text=True, check=False
            )
        assert ended.returncode == 4, args
        assert "the output cannot be written: No space left on device" in ended.stderr


def test_whoever_stops_reading_is_not_told(begun: Path) -> None:
    """`mledger log | head -1` gets its line; the rest ends quietly, as any program does."""
    for args in (["log"], ["log", "--json"], ["show", "0"], ["types"]):
        line = '"$0" "$@" | head -1; echo ${PIPESTATUS[0]}'
        ended = subprocess.run(
            ["bash", "-c", line, *COMMAND, *args], capture_output=True, text=True, check=True
        )
        assert ended.stderr == ""
        assert ended.stdout.splitlines()[-1] in ("0", "141")
        assert len(ended.stdout.splitlines()) == 2


def test_an_append_that_is_killed_is_whole_or_not_there(begun: Path, run: Run) -> None:
    """After kill -9 at some moment the ledger verifies, with the event or without."""
    for wait in (0.05, 0.2, 0.3, 0.4):
        child = subprocess.Popen([*COMMAND, *GOOD], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        child.send_signal(signal.SIGKILL)
        child.wait()
        done(run("verify", "--full"))


def test_many_at_once_are_one_chain(begun: Path, run: Run) -> None:
    """Several commands that append at the same time all succeed, one after the other."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    children = [subprocess.Popen([*COMMAND, *GOOD], **pipes) for _ in range(6)]
    ended = [child.communicate(timeout=60) for child in children]
    assert [child.returncode for child in children] == [0] * 6, ended
    assert sorted(out.split()[1] for out, _ in ended) == ["2", "3", "4", "5", "6", "7"]
    done(run("verify", "--full"))


def test_no_state_folder_stops_nobody(
    run: Run, begun: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be remembered, neither heads nor caches, commands work all the same."""
    monkeypatch.setenv("MLEDGER_KEY", str(next(home.rglob("alice-example.key"))))
    blocked = begun.parent / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("MLEDGER_HOME", str(blocked))
    for args in (["log"], ["log", MODEL], ["verify"], ["replay"], list(GOOD)):
        done(run(*args))
    with nothing_written(begun.parent):
        done(run("show", "1"))
