"""Processes that are killed lose nothing that they were told is durable."""

import random
import selectors
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.running import KILLED, Told, all_at_once, check, end, start, strace
from tests.faults.subjects import SUBJECTS

pytestmark = pytest.mark.faults

WORKERS = 3
ENDLESS = 1_000_000
WRITES = "pwrite64,fdatasync,fsync,ftruncate,unlink,rename,link,linkat,renameat"

every_subject = pytest.mark.parametrize("name", SUBJECTS)


def _round(name: str, path: Path, number: int, chance: random.Random) -> list[Told]:
    """Several workers that append at once, each killed at some moment after the first has appended."""
    workers = [start(name, "record", path, f"{number}.{n}", ENDLESS, "close") for n in range(WORKERS)]
    said = dict.fromkeys(workers, b"")
    with selectors.DefaultSelector() as selector:
        for worker in workers:
            selector.register(worker.stdout, selectors.EVENT_READ, worker)
        while not any(b"done" in heard for heard in said.values()):
            for key, _ in selector.select():
                heard = key.data.stdout.readline()
                assert heard, "a worker ended by itself"
                said[key.data] += heard
    for worker in chance.sample(workers, WORKERS):
        time.sleep(chance.uniform(0, 0.1))
        worker.kill()
    return [end(worker, said[worker]) for worker in workers]


def _kill_again_and_again(name: str, path: Path, rounds: int, seed: int) -> None:
    subject, chance = SUBJECTS[name], random.Random(seed)
    subject.create(path)
    tokens: list[str] = []
    for number in range(rounds):
        told = _round(name, path, number, chance)
        assert [one.code for one in told] == [KILLED] * WORKERS
        new = check(subject, path, tokens, told)
        unheard = Counter(
            token.partition("-")[0] for token in set(new) - {t for one in told for t in one.done}
        )
        assert not unheard or max(unheard.values()) == 1, "a worker goes on before it is told"
        tokens += new
    assert len(tokens) >= rounds


@every_subject
def test_killed_processes_lose_nothing(name: str, tmp_path: Path) -> None:
    """Whenever several processes are killed, what they were told is durable is there, once, in one chain."""
    _kill_again_and_again(name, tmp_path / "ledger", rounds=3, seed=int(time.time()))


@pytest.mark.slow
@every_subject
@pytest.mark.parametrize("seed", range(4))
def test_killed_processes_lose_nothing_for_long(name: str, seed: int, tmp_path: Path) -> None:
    """The same, for many rounds on one ledger."""
    _kill_again_and_again(name, tmp_path / "ledger", rounds=25, seed=seed)


def _killed_at(name: str, base: Path, call: str, when: int) -> tuple[Path, Told, list[str]]:
    """A copy of a ledger, and a worker that is killed as it makes a call on it for the `when`th time."""
    path = base.with_name(f"{call}-{when}") / "ledger"
    path.parent.mkdir()
    shutil.copy(base, path)
    told, calls = strace(
        path,
        name,
        "record",
        path,
        "new",
        2,
        "close",
        trace=call,
        inject=[f"{call}:signal=SIGKILL:when={when}"],
    )
    return path, told, calls


def _kill_at_each_call(name: str, base: Path, most: int) -> None:
    subject = SUBJECTS[name]
    subject.create(base)
    handle = subject.open(base)
    subject.record(handle, "first")
    subject.close(handle)
    clean = base.with_name("clean") / "ledger"
    clean.parent.mkdir()
    shutil.copy(base, clean)
    told, calls = strace(clean, name, "record", clean, "new", 2, "close", trace=WRITES)
    assert told.done == ["new-0", "new-1"]
    counts = Counter(call.partition("(")[0] for call in calls)
    assert counts["fdatasync"] + counts["fsync"] >= 4
    points = [(call, when) for call, count in counts.items() for when in range(1, count + 1)]
    points = points[:: max(1, len(points) // most)]
    for path, told, _ in all_at_once(lambda point: _killed_at(name, base, *point), points):
        assert told.code == KILLED, path.parent.name
        new = check(subject, path, ["first"], [told])
        assert new in ([], ["new-0"], ["new-0", "new-1"])
        assert len(new) <= len(told.done) + 1


@every_subject
def test_a_process_killed_at_a_system_call_loses_nothing(name: str, tmp_path: Path, program: object) -> None:
    """Killed at some of the calls by which it writes, syncs, trims or removes a file, it loses nothing."""
    program("strace")
    _kill_at_each_call(name, tmp_path / "ledger", most=12)


@pytest.mark.slow
@every_subject
def test_a_process_killed_at_any_system_call_loses_nothing(
    name: str, tmp_path: Path, program: object
) -> None:
    """The same at every single one of these calls."""
    program("strace")
    _kill_at_each_call(name, tmp_path / "ledger", most=ENDLESS)


@pytest.mark.slow
@every_subject
def test_a_process_killed_while_it_creates_leaves_all_or_nothing(
    name: str, tmp_path: Path, program: object
) -> None:
    """Killed at any call on folder or file, a ledger is there whole or not at all, and can still be made."""
    program("strace")
    subject = SUBJECTS[name]

    def create(call: str, when: int) -> tuple[Path, Told, list[str]]:
        path = tmp_path / f"{call}-{when}" / "ledger"
        path.parent.mkdir()
        rules = [f"{call}:signal=SIGKILL:when={when}"] if when else []
        return path, *strace(path, name, "create", path, trace=call, inject=rules, anywhere=True)

    _, told, calls = create(WRITES, 0)
    assert told.lines == [["created"]]
    counts = Counter(call.partition("(")[0] for call in calls)
    assert counts["link"]
    points = [(call, when) for call, count in counts.items() for when in range(1, count + 1)]
    seen = set()
    for path, told, _ in all_at_once(lambda point: create(*point), points):
        assert told.code == KILLED
        seen.add(path.exists())
        if not path.exists():
            subject.create(path)
        assert subject.tokens(path) == []
    assert seen == {True, False}
