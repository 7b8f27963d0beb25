"""Publishing a log, and following it: whole at any moment, never another, never less."""

import http.server
import json
import os
import shutil
import signal
import threading
import warnings
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from mledger.core.checkpoint import Checkpoint, format_checkpoint
from mledger.core.evidence import parse_evidence
from mledger.core.merkle import check_consistency
from mledger.core.note import Note, NoteSignature, format_note
from mledger.core.tiles import CHECKPOINT, tiles
from mledger.errors import (
    ConflictError,
    DivergedError,
    FormatError,
    InputError,
    IntegrityError,
    MledgerError,
    NotFoundError,
    ProofError,
    RetryError,
)
from mledger.exchange.mirrors import Mirrors
from mledger.exchange.places import open_place
from mledger.exchange.publish import publish
from mledger.following import Follower
from mledger.heads import Heads
from mledger.reader import Reader
from mledger.receipt import check_checkpoint
from mledger.stores import open_store
from mledger.stores.memory import MemoryStore
from mledger.testing.simulator import Simulator, signer_of
from mledger.testing.tamper.mirrors import MIRROR_ATTACKS
from mledger.testing.tamper.world import ALICE
from mledger.testing.tamper.world import CHECKPOINT as SECOND
from mledger.testing.tamper.world import FIRST_CHECKPOINT as FIRST


def notes_of(path: Path) -> dict[int, bytes]:
    """The checkpoints that a ledger keeps, by size."""
    with closing(open_store(path, read_only=True)) as store:
        return dict(store.checkpoints())


def publish_to(path: Path, note: bytes, folder: Path):
    """Publish a ledger to a folder."""
    with closing(open_store(path, read_only=True)) as store:
        return publish(Reader(store), note, open_place(str(folder)))


def vkey_of(path: Path) -> str:
    """The verifier key of a ledger."""
    with closing(open_store(path, read_only=True)) as store:
        return Reader(store).vkey_text


@pytest.fixture(scope="module")
def notes(company) -> dict[int, bytes]:
    """Checkpoints of the company's ledger."""
    return notes_of(company.path)


@pytest.fixture(scope="module")
def vkey(company) -> str:
    """Its verifier key."""
    return vkey_of(company.path)


@pytest.fixture
def follower(tmp_path, company) -> Follower:
    """Somebody who remembers mirrors, and nothing else."""
    return Follower(Mirrors(tmp_path / "mirrors"), None, company.clock)


@pytest.fixture(scope="module")
def full(company, notes, tmp_path_factory) -> Path:
    """The whole log in a folder, published in three steps."""
    folder = tmp_path_factory.mktemp("full") / "log"
    for note in (notes[size] for size in sorted(notes)):
        publish_to(company.path, note, folder)
    return folder


# --- publishing


def test_only_what_is_new_is_written(company, notes, tmp_path):
    """Each step writes the new files of the tree and the checkpoint; a second time there is nothing to do."""
    folder, before = tmp_path / "log", 0
    for size in sorted(notes):
        done = publish_to(company.path, notes[size], folder)
        assert (done.before, done.size) == (before, size)
        assert done.files == len(list(tiles(size, before))) + 1
        assert publish_to(company.path, notes[size], folder).files == 0
        before = size
    assert publish_to(company.path, notes[min(notes)], folder).files == 0
    assert (folder / CHECKPOINT).read_bytes() == notes[before]
    assert not [file.name for file in folder.rglob(".*")]
    assert all(file.stat().st_mode & 0o777 == 0o644 for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize("other", ["fork", "twin", "stranger", "older"])
def test_another_history_is_never_put_in_its_place(company, notes, full, other, tmp_path):
    """Another ledger of that name, a fork, an older copy: nothing there is changed."""
    folder = tmp_path / "log"
    shutil.copytree(full, folder)
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    path = getattr(company, other)
    note = max(notes_of(path).items())[1]
    with pytest.raises(DivergedError) as refused:
        publish_to(path, note, folder)
    assert refused.value.fix
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before


def test_a_file_of_another_log_is_not_changed(company, notes, tmp_path):
    """A tile that is there with other bytes stops the publication, and no checkpoint is put beside it."""
    folder = tmp_path / "log"
    (folder / "tile" / "0").mkdir(parents=True)
    (folder / "tile" / "0" / "000.p").mkdir()
    wrong = folder / "tile" / "0" / "000.p" / str(FIRST)
    wrong.write_bytes(b"mine")
    with pytest.raises(DivergedError, match="holds another tile/0/000"):
        publish_to(company.path, notes[FIRST], folder)
    assert wrong.read_bytes() == b"mine"
    assert not (folder / CHECKPOINT).exists()
    (folder / CHECKPOINT).write_bytes(b"no checkpoint")
    with pytest.raises(DivergedError, match="another ledger"):
        publish_to(company.path, notes[FIRST], folder)


def test_two_publish_at_once(company, notes, tmp_path):
    """A checkpoint that changed since it was read is not replaced: whoever comes second tries again."""
    place = open_place(str(tmp_path / "log"))
    place.create("tile/0/000", b"x")
    assert place.create("tile/0/000", b"x") is False
    place.replace(CHECKPOINT, b"one", None)
    for held in (None, b"none"):
        with pytest.raises(ConflictError):
            place.replace(CHECKPOINT, b"two", held)
    place.replace(CHECKPOINT, b"two", b"one")
    assert place.read(CHECKPOINT) == b"two"


def test_a_place_must_be_one(tmp_path):
    """A file, a scheme that nobody knows, a folder that cannot be written: one line each."""
    (tmp_path / "file").write_text("x")
    for address in (str(tmp_path / "file"), "ftp://host/x", "gopher://x"):
        with pytest.raises(InputError) as refused:
            open_place(address)
        assert refused.value.fix
    with pytest.raises(RetryError):
        open_place(str(tmp_path / "file" / "below")).create("a", b"")
    with pytest.raises(RetryError):
        open_place("/proc/none").create("a", b"")


CALLS = ("link", "fsync", "replace", "rename", "mkdir", "unlink", "chmod")


def killed_at(call: int, act) -> bool:
    """Do something in a process of its own that is killed at its n-th call of those; whether it was."""
    with warnings.catch_warnings(action="ignore"):  # newer Pythons warn of threads, of which it needs none
        child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == signal.SIGKILL
    left = [call]

    def counted(function):
        def wrapper(*args, **kwargs):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return wrapper

    for name in CALLS:
        setattr(os, name, counted(getattr(os, name)))
    try:
        act()
    finally:
        os._exit(0)


@pytest.mark.faults
@pytest.mark.parametrize("sizes", [(None, FIRST), (FIRST, SECOND)], ids=["first", "growth"])
def test_killed_at_any_step(company, notes, vkey, sizes, tmp_path):
    """Whoever publishes may be killed at any step: what is there is the old log or the new one, whole."""
    before, after = sizes
    start, call = tmp_path / "start", 0
    start.mkdir()
    if before:
        publish_to(company.path, notes[before], start)
    while True:
        folder = tmp_path / f"log-{call}"
        shutil.copytree(start, folder)
        died = killed_at(call, partial(publish_to, company.path, notes[after], folder))
        note = open_place(str(folder)).read(CHECKPOINT)
        assert note in {notes.get(before), notes[after]}
        fresh = Follower(Mirrors(tmp_path / f"mirrors-{call}"), None, company.clock)
        if note is not None:
            fresh.follow(open_place(str(folder)), str(folder), vkey)
        publish_to(company.path, notes[after], folder)
        assert fresh.follow(open_place(str(folder)), str(folder), vkey).checkpoint.size == after
        if not died:
            break
        shutil.rmtree(folder)
        call += 1
    assert call > 20


# --- following


def test_a_mirror_is_followed_as_it_grows(company, notes, vkey, follower, tmp_path):
    """The first time all is checked, then what is new, and nothing again; what was seen is remembered."""
    folder, before = tmp_path / "log", 0
    place = open_place(str(folder))
    with pytest.raises(NotFoundError):
        follower.follow(place, str(folder), vkey)
    for size in sorted(notes):
        publish_to(company.path, notes[size], folder)
        for known in (before, size):
            found = follower.follow(place, str(folder), vkey)
            assert (found.before, found.checkpoint.size) == (known, size)
        before = size
    with company.reader(memory=False) as reader:
        assert found.end.leaf == reader.head.leaf
        assert found.end.time == reader.statement(size - 1).time
    assert follower.mirrors.at(str(folder)).vkey == vkey
    assert follower.mirrors.at("elsewhere") is None


def test_it_is_read_over_http(company, full, vkey, follower):
    """A web server that knows nothing of logs hands one out; what it does not have is told."""
    handler = partial(Quiet, directory=str(full))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        found = follower.follow(open_place(address), address, vkey)
        assert found.checkpoint.size == 300
        place = open_place(address)
        assert place.read("tile/0/999") is None
        for act in (lambda: place.create("a", b""), lambda: place.replace("a", b"", None)):
            with pytest.raises(InputError, match="can only be read"):
                act()
        with pytest.raises(RetryError, match="answers 301"):
            place.read("tile")
        server.shutdown()
    with pytest.raises(RetryError):
        place.read(CHECKPOINT)
    for wrong in ("http://", "https:///x", "http://h/x?y", "http://u:p@h/", "http://h:x/"):
        with pytest.raises(InputError):
            open_place(wrong)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A web server that says nothing."""

    def log_message(self, *args):
        pass


@pytest.mark.parametrize("attack", [pytest.param(a, id=a.name) for a in MIRROR_ATTACKS])
def test_an_attack_on_a_mirror_is_refused(attack, company, notes, vkey, follower, tmp_path):
    """By what it needs, and by nothing less; what was seen before stays remembered."""
    folder = tmp_path / "log"
    with company.reader(memory=False) as reader:
        pinned = reader.pinned() if attack.needs == "the trust file" else None
    publish_to(company.path, notes[SECOND], folder)
    place = open_place(str(folder))
    if attack.needs == "memory":
        follower.follow(place, "log", vkey)
    attack.run(company, folder)
    for _ in range(2):
        with pytest.raises(attack.error) as refused:
            follower.follow(place, "log", vkey, pinned)
        assert type(refused.value) is attack.error
    unknowing = follower._replace(mirrors=Mirrors(tmp_path / "unknowing"))
    if attack.needs != "the mirror":
        assert unknowing.follow(place, "log", vkey).checkpoint.size in {FIRST, SECOND}


def test_a_rollback_is_refused(company, notes, vkey, follower, full, tmp_path):
    """A mirror that shows fewer entries than before is refused, and what was seen stays remembered."""
    follower.follow(open_place(str(full)), "log", vkey)
    older = tmp_path / "older"
    publish_to(company.path, notes[SECOND], older)
    for _ in range(2):
        with pytest.raises(DivergedError, match=r"showed 300 entries .* and shows 280 now"):
            follower.follow(open_place(str(older)), "log", vkey)
    assert follower.follow(open_place(str(full)), "log", vkey).before == 300


@pytest.mark.parametrize("size", ["same", "longer"])
def test_a_fork_leaves_evidence(company, notes, vkey, follower, size, tmp_path):
    """Two histories under one key are refused, and the file that is kept convinces without the mirror."""
    known = tmp_path / "known"
    publish_to(company.path, notes[SECOND] if size == "same" else notes[FIRST], known)
    forked = company.fork
    if size == "longer":  # from the beginning another history, by the same people with the same keys
        forked = company.twin
    follower.follow(open_place(str(known)), "log", vkey)
    folder = tmp_path / "forked"
    note = notes_of(forked)[SECOND]
    publish_to(forked, note, folder)
    with pytest.raises(DivergedError, match="two histories") as refused:
        follower.follow(open_place(str(folder)), "log", vkey)
    evidence = parse_evidence(Path(refused.value.details["evidence"]).read_bytes())
    from mledger.core.note import parse_vkey

    first, second = (check_checkpoint(n, parse_vkey(vkey)) for n in (evidence.first, evidence.second))
    assert (first.origin, second.size) == (second.origin, SECOND)
    if size == "same":
        assert first.size == second.size
        assert first.root != second.root
    else:
        check_consistency(first.size, evidence.root, second.size, second.root, list(evidence.hashes))
        assert evidence.root != first.root
    assert follower.follow(open_place(str(known)), "log", vkey)


def test_any_file_of_a_mirror_is_checked(company, full, notes, vkey, tmp_path):
    """A byte flipped in any file of the log is found, the first time and when only the end is read."""
    folder = tmp_path / "log"
    shutil.copytree(full, folder)
    first = Follower(Mirrors(tmp_path / "first"), None, company.clock)
    for tile in tiles(300):
        path = folder / tile.path
        data = path.read_bytes()
        for at in (0, len(data) // 2, len(data) - 1):
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            with pytest.raises(IntegrityError):
                first.follow(open_place(str(folder)), "log", vkey)
        path.unlink()
        with pytest.raises(IntegrityError, match="is missing"):
            first.follow(open_place(str(folder)), "log", vkey)
        path.write_bytes(data)
    assert first.follow(open_place(str(folder)), "log", vkey).checkpoint.size == 300


def test_a_full_tile_will_do_for_a_partial_one(company, notes, vkey, follower, full, tmp_path):
    """A server that dropped partial tiles behind full ones is read all the same, as C2SP says."""
    folder = tmp_path / "log"
    shutil.copytree(full, folder)
    (folder / CHECKPOINT).write_bytes(notes[FIRST])
    for kind in ("0", "entries"):
        shutil.rmtree(folder / "tile" / kind / "000.p")
    assert follower.follow(open_place(str(folder)), "log", vkey).checkpoint.size == FIRST


def test_a_checkpoint_over_other_files_is_refused(company, full, vkey, follower, tmp_path):
    """A signed checkpoint of which the files are not those is damage, and no fork: nobody signed them."""
    folder = tmp_path / "log"
    shutil.copytree(full, folder)
    signer = signer_of(ALICE)
    text = format_checkpoint(Checkpoint("acme.example/credit-risk", 300, bytes(32)))
    from mledger.core.note import parse_vkey

    line = NoteSignature("acme.example/credit-risk", parse_vkey(vkey).hash, signer.sign(text.encode()))
    (folder / CHECKPOINT).write_bytes(format_note(Note(text, (line,))))
    with pytest.raises(IntegrityError, match="not those of its checkpoint"):
        follower.follow(open_place(str(folder)), "log", vkey)
    with pytest.raises(ProofError):
        follower.follow(open_place(str(folder)), "log", vkey_of(company.stranger))


def test_what_else_is_known_is_compared(company, full, vkey, follower, tmp_path):
    """A trust file and this machine's memory of the ledger must fit what a mirror shows."""
    with company.reader(memory=False) as reader:
        pinned = reader.pinned()
    with_heads = follower._replace(heads=company.heads)
    found = with_heads.follow(open_place(str(full)), "log", vkey, pinned)
    assert len(found.compared) == 2
    for change, line in (
        ({"genesis": bytes(32)}, "begins with"),
        ({"root": bytes(32)}, "another history"),
        ({"size": 301}, "knows 301 entries"),
    ):
        with pytest.raises(DivergedError, match=line):
            follower.follow(open_place(str(full)), "log", vkey, pinned._replace(**change))
    heads = Heads(tmp_path / "heads")
    memory = company.heads.recall(pinned.genesis)
    from dataclasses import replace

    heads.keep(replace(memory, root=bytes(32), verified=None))
    with pytest.raises(DivergedError, match="this machine has seen"):
        follower._replace(heads=heads).follow(open_place(str(full)), "log", vkey)


def test_a_damaged_memory_is_told(full, vkey, follower, tmp_path):
    """A memory of a mirror that is no memory is refused with the file's name; none can be made up."""
    follower.follow(open_place(str(full)), "log", vkey)
    (file,) = (tmp_path / "mirrors").glob("*.json")
    good = json.loads(file.read_bytes())
    other = {"note": good["note"].replace("300", "200")}
    for row in ({}, good | {"v": 2}, good | other, good | {"leaf": "00"}, []):
        file.write_text(json.dumps(row))
        with pytest.raises(FormatError, match="the memory of a mirror is damaged"):
            follower.follow(open_place(str(full)), "log", vkey)
        assert follower.mirrors.at("log") is None
    file.write_bytes(b"\xff")
    with pytest.raises(MledgerError):
        follower.follow(open_place(str(full)), "log", vkey)


def test_a_large_log_is_published_and_followed(tmp_path):
    """A log with a tile of the second level is read as it grows past it."""
    from mledger.events import base as events
    from mledger.ledger import What

    sim = Simulator(MemoryStore())
    ledger, folder = sim.ledger(), tmp_path / "log"
    follower = Follower(Mirrors(tmp_path / "mirrors"), None, sim.clock)
    body = events.build("comment.added", {"on": "0", "text": "Again."})
    for size in (255, 256, 257, 512, 600):
        while ledger.head.size < size:
            ledger.append_all([What(body, "model/m")])
        publish(sim.reader(), ledger.checkpoint(), open_place(str(folder)))
        found = follower.follow(open_place(str(folder)), "log", ledger.vkey_text)
        assert found.checkpoint.size == size
