"""System calls that fail: what was not written is never said to be, and what is left is whole."""

import re
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.running import REFUSED, Told, all_at_once, check, strace
from tests.faults.subjects import SUBJECTS

pytestmark = pytest.mark.faults

# What can go wrong with each call, worst first.
WRITES = {
    "pwrite64": ("ENOSPC", "EIO"),
    "fdatasync": ("EIO", "ENOSPC"),
    "fsync": ("EIO",),
    "ftruncate": ("EIO", "ENOSPC"),
}
OTHERS = {
    "pread64": ("EIO",),
    "openat": ("EMFILE", "EACCES", "ENOSPC"),
    "fcntl": ("EAGAIN", "ENOLCK"),
    "mmap": ("ENOMEM",),
    "unlink": ("EIO",),
    "newfstatat": ("EIO", "EACCES"),
    "fstat": ("EIO",),
    "close": ("EIO",),
    "link": ("EPERM", "ENOSPC"),
}
AFTER = ("close", "crash", "again")
RECORDED = 3

every_subject = pytest.mark.parametrize("name", SUBJECTS)


class Fault(NamedTuple):
    """One call that fails, and what the worker does when it hears of it."""

    call: str
    error: str
    when: int
    then: str


class Seen(NamedTuple):
    """What came of a fault."""

    fault: Fault
    told: Told
    hit: str
    new: list[str]


def _clean(name: str, base: Path, calls: Iterable[str]) -> Counter[str]:
    """How often a worker makes each call on the ledger when nothing fails."""
    path = base.with_name("clean") / "ledger"
    path.parent.mkdir()
    shutil.copy(base, path)
    told, made = strace(path, name, "record", path, "new", RECORDED, "close", trace=",".join(calls))
    assert told.lines[-1] == ["closed"]
    return Counter(call.partition("(")[0] for call in made)


def _try(name: str, base: Path, fault: Fault) -> Seen:
    path = base.with_name("-".join(map(str, fault))) / "ledger"
    path.parent.mkdir()
    shutil.copy(base, path)
    rules = [f"{fault.call}:error={fault.error}:when={fault.when}"]
    if fault.then == "crash":  # it dies before the log is cleared away: what is in there comes back
        rules.append("unlink:error=EIO")
    told, calls = strace(
        path,
        name,
        "record",
        path,
        "new",
        RECORDED,
        fault.then,
        trace=f"{fault.call},unlink",
        inject=rules,
    )
    hits = [call for call in calls if "(INJECTED)" in call and call.startswith(f"{fault.call}(")]
    assert len(hits) == 1, f"{fault} did not happen once"
    new = check(SUBJECTS[name], path, ["first"], [told])
    assert new == [f"new-{n}" for n in range(RECORDED) if f"new-{n}" in new], "out of order"
    return Seen(fault, told, hits[0], new)


def _base(name: str, path: Path) -> Path:
    subject = SUBJECTS[name]
    subject.create(path)
    handle = subject.open(path)
    subject.record(handle, "first")
    subject.close(handle)
    return path


def _faults(counts: Counter[str], errors: dict[str, tuple[str, ...]], then: Iterable[str]) -> list[Fault]:
    return [
        Fault(call, error, when, after)
        for call in errors
        for error in errors[call]
        for when in range(1, counts[call] + 1)
        for after in then
    ]


def _pairs(seen: Iterable[Seen]) -> set[tuple[str, bool]]:
    """For each token, what its worker was told and whether it is there."""
    pairs = set()
    for one in seen:
        pairs |= {("done", token in one.new) for token in one.told.done}
        pairs |= {(outcome, token in one.new) for token, outcome in one.told.failed.items()}
    return pairs


def _judge(seen: list[Seen]) -> None:
    """What no fault may lead to, over all that was tried."""
    for one in seen:
        said = [line[0] for line in one.told.lines]
        before_the_end = said[-1:] != ["closed"] or "failed" in said
        lost_sync = re.match(r"f(data)?sync\(\d+<[^>]*-wal>", one.hit) and before_the_end
        # A sync of the log that failed while a token was on its way: the worker must have been told.
        assert not lost_sync or "failed" in said or one.told.code == REFUSED, one
        for number, line in enumerate(one.told.lines):
            if line[0] == "failed" and line[3] == "unknown":
                later = [verb for verb, *_ in one.told.lines[number + 1 :]]
                assert "done" not in later, f"went on after an unknown outcome: {one}"


@every_subject
def test_a_failed_write_is_told_and_harmless(name: str, tmp_path: Path, program: object) -> None:
    """A full disk or a failed sync at each call of the first append: told, and the old state or the new."""
    program("strace")
    base = _base(name, tmp_path / "ledger")
    _clean(name, base, WRITES)
    faults = [
        *(Fault("pwrite64", "ENOSPC", when, "again") for when in range(1, 16, 2)),
        *(Fault("fdatasync", "EIO", when, then) for when in range(1, 4) for then in ("close", "crash")),
    ]
    seen = all_at_once(lambda fault: _try(name, base, fault), faults)
    _judge(seen)
    assert _pairs(seen) >= {("done", True), ("known", False), ("unknown", False), ("unknown", True)}


@pytest.mark.slow
@every_subject
@pytest.mark.parametrize("then", AFTER)
@pytest.mark.parametrize("call", WRITES)
def test_every_failed_write_is_told_and_harmless(
    call: str, then: str, name: str, tmp_path: Path, program: object
) -> None:
    """Every instance of a writing call fails, in every way, from opening to closing."""
    program("strace")
    base = _base(name, tmp_path / "ledger")
    counts = _clean(name, base, [call])
    seen = all_at_once(lambda fault: _try(name, base, fault), _faults(counts, {call: WRITES[call]}, [then]))
    _judge(seen)
    if call == "fdatasync":
        assert _pairs(seen) >= {("unknown", then == "crash")}
    if call == "pwrite64":
        assert _pairs(seen) >= {("known", False)}


@pytest.mark.slow
@every_subject
@pytest.mark.parametrize("call", OTHERS)
def test_every_other_failure_is_harmless(call: str, name: str, tmp_path: Path, program: object) -> None:
    """Every instance of a call that reads, opens, locks, maps or removes fails: told or passed over."""
    program("strace")
    base = _base(name, tmp_path / "ledger")
    counts = _clean(name, base, [call])
    _judge(
        all_at_once(lambda fault: _try(name, base, fault), _faults(counts, {call: OTHERS[call]}, ["close"]))
    )


@pytest.mark.slow
@every_subject
@pytest.mark.parametrize("call", [*WRITES, "pread64", "openat", "fcntl", "unlink", "newfstatat", "link"])
def test_every_failure_while_creating_is_harmless(
    call: str, name: str, tmp_path: Path, program: object
) -> None:
    """Every instance of a call fails while a ledger is made: it is there whole, or not, and can be made."""
    program("strace")
    subject, errors = SUBJECTS[name], (WRITES | OTHERS)[call]

    def create(error: str, when: int) -> tuple[Path, Told, list[str]]:
        path = tmp_path / f"{error}-{when}" / "ledger"
        path.parent.mkdir()
        rules = [f"{call}:error={error}:when={when}"] if when else []
        # Python makes calls of the other kinds itself: of those only the ones on the ledger matter.
        anywhere = call in {*WRITES, "link", "unlink"}
        return path, *strace(path, name, "create", path, trace=call, inject=rules, anywhere=anywhere)

    _, told, calls = create("none", 0)
    assert told.lines == [["created"]]
    points = [(error, when) for error in errors for when in range(1, len(calls) + 1)]
    for path, told, _ in all_at_once(lambda point: create(*point), points):
        assert told.code in {0, REFUSED}, (path, told)
        assert path.exists() or told.code == REFUSED
        if not path.exists():
            for left in path.parent.iterdir():
                left.unlink()
            subject.create(path)
        assert subject.tokens(path) == []


@every_subject
def test_an_append_is_one_sync(name: str, tmp_path: Path, program: object) -> None:
    """After the first append, which also begins the log, each costs one sync of one file."""
    program("strace")
    base = _base(name, tmp_path / "ledger")
    few, many = 5, 25
    syncs = []
    for count in (few, many):
        path = base.with_name(f"{count}") / "ledger"
        path.parent.mkdir()
        shutil.copy(base, path)
        told, calls = strace(path, name, "record", path, "new", count, "close", trace="fsync,fdatasync")
        assert len(told.done) == count
        syncs.append(len(calls))
    assert syncs[1] - syncs[0] == many - few
