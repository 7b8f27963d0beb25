"""The memory of heads: kept outside the ledger, never backwards, whole under many hands."""

import json
import multiprocessing
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.chain.findings import Finding
from mledger.core.moment import Moment
from mledger.errors import DivergedError, FormatError, InputError, NotFoundError, StoreError
from mledger.heads import Heads, Memory, Verified, fingerprint, place

GENESIS = bytes.fromhex("aa" * 32)
OTHER = bytes.fromhex("ab" * 32)


def head(size: int) -> bytes:
    """The leaf (or root) that the one honest history has at a size."""
    return size.to_bytes(32)


def memory(size: int = 1, **changes: object) -> Memory:
    """What a machine remembers of the honest history at that size."""
    plain = Memory(
        origin="acme.example/credit-risk",
        genesis=GENESIS,
        key="0c" * 32,
        size=size,
        leaf=head(size),
        root=head(size),
        seen=Moment(f"2026-11-23T09:12:04.{size:06d}Z"),
        path="/ledgers/audit.db",
    )
    return replace(plain, **changes)


def verified(size: int, level: int = 2) -> Verified:
    """A verification of the honest history up to that size."""
    return Verified(size, head(size), Moment("2026-11-23T09:00:00.000000Z"), level)


@pytest.fixture
def heads(tmp_path: Path) -> Heads:
    """An empty memory in a folder that does not exist yet."""
    return Heads(tmp_path / "state" / "heads")


paths = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]) | st.just("\udce4"), max_size=20)
hashes = st.binary(min_size=32, max_size=32)
findings = st.lists(
    st.builds(
        Finding,
        st.sampled_from(["four-eyes", "role.forbidden"]),
        st.just("7"),
        st.text(max_size=9),
        st.none() | st.integers(0, 9).map(lambda start: range(start, start + 2)),
    ),
    max_size=2,
).map(tuple)
memories = st.builds(
    Memory,
    origin=st.sampled_from(["acme.example/a", "ünï.example/模型"]),
    genesis=hashes,
    key=st.just("0c" * 32),
    size=st.integers(1, 2**53),
    leaf=hashes,
    root=hashes,
    seen=st.just(Moment("2026-11-23T09:12:04.000001Z")),
    path=paths.map(lambda text: "/" + text),
    verified=st.none()
    | st.builds(Verified, st.integers(1, 9), hashes, st.just("2026"), st.integers(0, 4), findings),
    fingerprint=st.none() | st.just({"file": "1:2:3:4"}),
    other_paths=st.lists(paths, max_size=3).map(tuple),
)


@given(memories)
def test_what_is_kept_is_recalled(tmp_path_factory: pytest.TempPathFactory, kept: Memory) -> None:
    """A memory comes back as it was, whatever its paths are made of."""
    heads = Heads(tmp_path_factory.mktemp("heads"))
    assert heads.keep(kept) == kept
    assert heads.recall(kept.genesis) == kept
    assert heads.all() == [kept]


@given(st.lists(st.tuples(st.integers(1, 9), st.none() | st.integers(1, 9)), min_size=1, max_size=12))
def test_memory_never_moves_backwards(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int | None]]
) -> None:
    """Whatever is kept in whatever order, the longest head and the longest verification stay."""
    heads = Heads(tmp_path_factory.mktemp("heads"))
    longest, checked = 0, 0
    for size, depth in steps:
        new = memory(size, verified=verified(depth) if depth else None)
        if size < longest:
            with pytest.raises(DivergedError):
                heads.keep(new)
            heads.keep(new, known=0)
        else:
            heads.keep(new)
        longest, checked = max(longest, size), max(checked, depth or 0)
        recalled = heads.recall(GENESIS)
        assert recalled is not None
        assert (recalled.size, recalled.leaf) == (longest, head(longest))
        assert (recalled.verified.size if recalled.verified else 0) == checked


def test_nothing_is_known_at_first(heads: Heads) -> None:
    """An empty memory recalls nothing, and asking makes no folder."""
    assert heads.recall(GENESIS) is None
    assert heads.recall_path("/ledgers/audit.db") is None
    assert heads.all() == []
    assert not heads.folder.exists()


def test_a_shorter_history_is_refused(heads: Heads) -> None:
    """A head shorter than the remembered one diverges, says both sizes, and changes nothing."""
    heads.keep(memory(7))
    with pytest.raises(DivergedError, match="has 6 entries, and had 7") as caught:
        heads.keep(memory(6))
    assert caught.value.details == {"origin": "acme.example/credit-risk", "size": 6, "known": 7}
    assert heads.recall(GENESIS) == memory(7)


@pytest.mark.parametrize("field", ["leaf", "root"])
def test_another_history_of_the_same_size_is_refused(heads: Heads, field: str) -> None:
    """The same number of entries with another leaf or another root diverges."""
    heads.keep(memory(7))
    with pytest.raises(DivergedError, match="another history"):
        heads.keep(memory(7, **{field: head(99)}), known=0)
    assert heads.recall(GENESIS) == memory(7)


def test_the_slower_of_two_honest_writers_is_no_alarm(heads: Heads) -> None:
    """A head that another process has passed since it was recalled is left out in silence."""
    heads.keep(memory(5))
    heads.keep(memory(7), known=5)
    assert heads.keep(memory(6), known=5) == memory(7)
    assert heads.recall(GENESIS) == memory(7)


def test_a_history_shorter_than_what_its_reader_knew_is_refused(heads: Heads) -> None:
    """`known` excuses nothing below itself."""
    heads.keep(memory(9))
    with pytest.raises(DivergedError):
        heads.keep(memory(6), known=7)


def test_after_forgetting_a_shorter_history_is_kept(heads: Heads) -> None:
    """To forget is the way to accept a ledger that was put back on purpose."""
    heads.keep(memory(7))
    heads.forget(GENESIS)
    assert heads.recall(GENESIS) is None
    heads.keep(memory(3))
    assert heads.recall(GENESIS) == memory(3)


def test_what_is_not_known_cannot_be_forgotten(heads: Heads) -> None:
    """Forgetting an unknown ledger is an error that names the command that lists them."""
    with pytest.raises(NotFoundError) as caught:
        heads.forget(GENESIS)
    assert caught.value.fix == "mledger heads list"


def test_a_path_remembers_the_ledger_it_held_last(heads: Heads) -> None:
    """Of several ledgers that stood at one path, the one seen last is recalled."""
    heads.keep(memory(3))
    heads.keep(memory(5, genesis=OTHER))
    found = heads.recall_path("/ledgers/sub/../audit.db")
    assert found is not None
    assert found.genesis == OTHER


def test_a_link_is_remembered_by_its_own_name(heads: Heads, tmp_path: Path) -> None:
    """A link that is turned to another file is still the path that held the first ledger."""
    (tmp_path / "link.db").symlink_to(tmp_path / "first.db")
    heads.keep(memory(3, path=place(tmp_path / "link.db")))
    (tmp_path / "link.db").unlink()
    (tmp_path / "link.db").symlink_to(tmp_path / "second.db")
    assert heads.recall_path(tmp_path / "link.db") == heads.recall(GENESIS)


def test_a_ledger_that_moved_keeps_its_former_places(heads: Heads) -> None:
    """The newest place comes first, each once, and no more than 32."""
    for number in range(40):
        heads.keep(memory(3, path=f"/{number}"))
    heads.keep(memory(3, path="/38"))
    found = heads.recall(GENESIS)
    assert found is not None
    assert found.path == "/38"
    assert found.other_paths[:2] == ("/39", "/37")
    assert len(found.other_paths) == 31


def test_a_fingerprint_stays_only_beside_its_verification(heads: Heads) -> None:
    """A file that was verified less far than the memory says brings no fingerprint along."""
    heads.keep(memory(5, verified=verified(5), fingerprint={"file": "before"}))
    kept = heads.keep(memory(6, verified=verified(4), fingerprint={"file": "after"}), known=4)
    assert kept.verified == verified(5)
    assert kept.fingerprint is None
    kept = heads.keep(memory(6, verified=verified(5), fingerprint={"file": "after"}), known=5)
    assert kept.fingerprint == {"file": "after"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 300,
        b"not json",
        b"[]",
        b"{}",
        b'"\xff"',
        b'{"v":1}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_memory_is_reported(heads: Heads, data: bytes) -> None:
    """A file that is no memory is an error that names the file and the way out, never silence."""
    heads.keep(memory(3))
    file = heads.folder / f"{GENESIS.hex()}.json"
    file.write_bytes(data)
    assert heads.recall_path("/x") is None  # other ledgers of this machine go on
    for ask in (lambda: heads.recall(GENESIS), heads.all):
        with pytest.raises(FormatError) as caught:
            ask()
        assert str(file) in caught.value.message
        assert caught.value.fix == "make sure of the ledger, then: mledger heads forget aaaaaaaaaaaa"
    with pytest.raises(FormatError):
        heads.keep(memory(4))
    heads.forget(heads.find("aaaaaaaaaaaa"))
    heads.keep(memory(4))


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"size": 0},
        {"size": "3"},
        {"size": True},
        {"leaf": "aa"},
        {"genesis": "ab" * 32},
        {"seen": "yesterday"},
        {"seen": None},
        {"verified": {"size": 3}},
        {"verified": {"size": 3, "root": "aa", "at": "x", "level": 1}},
        {"extra": 1},
        {"other_paths": None},
    ],
)
def test_a_memory_with_a_wrong_field_is_damaged(heads: Heads, change: dict[str, object]) -> None:
    """Another version, another genesis than the file's name, a field of a wrong kind is damage."""
    heads.keep(memory(3))
    file = heads.folder / f"{GENESIS.hex()}.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(FormatError):
        heads.recall(GENESIS)


def test_files_that_are_no_memories_are_left_alone(heads: Heads) -> None:
    """The lock, drafts and strangers in the folder are not read."""
    heads.keep(memory(3))
    (heads.folder / "notes.json").write_text("x")
    (heads.folder / f".{GENESIS.hex()}.json.0011").write_text("x")
    assert heads.all() == [memory(3)]


def test_only_the_owner_may_read_the_memories(heads: Heads) -> None:
    """The folder is entered, and its files are read, by their owner alone."""
    heads.keep(memory(3))
    assert heads.folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in heads.folder.iterdir()} == {0o600}


def test_a_folder_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    """Where memories cannot be kept, keeping fails and recalling still answers."""
    (tmp_path / "file").write_text("")
    heads = Heads(tmp_path / "file" / "heads")
    with pytest.raises(StoreError) as caught:
        heads.keep(memory(3))
    assert caught.value.fix == "set MLEDGER_HOME to a folder you can write to"
    unmade = Heads(tmp_path / "none" / "heads")
    assert unmade.recall(GENESIS) is None


def test_ledgers_are_found_by_what_people_know_of_them(heads: Heads) -> None:
    """Eight digits of the genesis, the origin or the path name a ledger; what fits two is refused."""
    heads.keep(memory(3))
    heads.keep(memory(3, genesis=OTHER, path="/other.db", origin="acme.example/other"))
    for text in ("AAAAAAAA", GENESIS.hex(), "acme.example/credit-risk", "/ledgers/audit.db"):
        assert heads.find(text) == GENESIS
    for text in ("aaaaaaa", "ffffffff", "acme.example", ""):
        with pytest.raises(NotFoundError):
            heads.find(text)
    heads.keep(memory(3, genesis=OTHER, path="/ledgers/audit.db", origin="acme.example/other"))
    with pytest.raises(InputError, match="several ledgers: aaaaaaaaaaaa, abababababab"):
        heads.find("/ledgers/audit.db")


def _keep_many(folder: Path, start: int, step: int, barrier: object) -> None:
    heads = Heads(folder)
    barrier.wait()
    for size in range(start, 401, step):
        held = heads.recall(GENESIS)
        known = min(held.size, size) if held else 0
        heads.keep(memory(size, verified=verified(size), path=f"/{start}"), known=known)


def test_two_processes_keep_heads_at_once(heads: Heads) -> None:
    """Two processes that keep heads in a race lose no longer head and no place, and leave no draft."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    workers = [context.Process(target=_keep_many, args=(heads.folder, n, 2, barrier)) for n in (1, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    found = heads.recall(GENESIS)
    assert found is not None
    assert (found.size, found.leaf) == (400, head(400))
    assert found.verified == verified(400)
    assert {found.path, *found.other_paths} == {"/1", "/2"}
    assert sorted(file.name for file in heads.folder.iterdir()) == [".lock", f"{GENESIS.hex()}.json"]


def test_the_folder_follows_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLEDGER_HOME decides; without it the folder lies in the user's home."""
    assert Heads().folder.is_relative_to(home)
    monkeypatch.setenv("MLEDGER_HOME", "~/elsewhere")
    assert Heads().folder == home / "elsewhere" / "heads"


def test_a_fingerprint_sees_every_write(tmp_path: Path) -> None:
    """Writing, replacing, setting back the time and a log of changes each change the fingerprint."""
    file = tmp_path / "audit.db"
    assert fingerprint(file) is None
    file.write_bytes(b"one")
    seen = [fingerprint(file)]
    assert fingerprint(file) == seen[0]
    stat = file.stat()
    time.sleep(0.02)  # a clock tick of the file system
    file.write_bytes(b"two")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    seen.append(fingerprint(file))
    (tmp_path / "new").write_bytes(b"two")
    (tmp_path / "new").replace(file)
    seen.append(fingerprint(file))
    (tmp_path / "audit.db-wal").write_bytes(b"x")
    seen.append(fingerprint(file))
    assert all(a != b for i, a in enumerate(seen) for b in seen[:i])
