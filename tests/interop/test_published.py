"""What is published, and what lies in a bundle, is read by Go's sumdb/note and sumdb/tlog."""

import json
import zipfile

import pytest

from mledger.events import base as events
from mledger.exchange.bundle import What as Content
from mledger.exchange.bundle import write_bundle
from mledger.exchange.places import open_place
from mledger.exchange.publish import publish
from mledger.ledger import What
from mledger.testing.simulator import Simulator

pytestmark = pytest.mark.interop

SIZES = (1, 100, 256, 300)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """A log that was published four times as it grew, its checkpoints, and its verifier key."""
    sim, folder, notes = Simulator(), tmp_path_factory.mktemp("published") / "log", {}
    ledger = sim.ledger()
    body = events.build("comment.added", {"on": "0", "text": "Again, naïve café."})
    for size in SIZES:
        while ledger.head.size < size:
            ledger.append_all([What(body, "model/m")])
        notes[size] = ledger.checkpoint()
        publish(sim.reader(), notes[size], open_place(str(folder)))
    return sim, folder, notes


def test_go_reads_what_is_published(log, tlogcheck, tmp_path):
    """Go finds every entry in the published log, and that it extends each older checkpoint."""
    sim, folder, notes = log
    for size, note in notes.items():
        (tmp_path / "old").write_bytes(note)
        done = tlogcheck("log", sim.reader().vkey_text, folder, tmp_path / "old")
        assert done.returncode == 0, (size, done.stderr)
        assert json.loads(done.stdout)["size"] == SIZES[-1]


def test_go_reads_an_unpacked_bundle(log, tlogcheck, tmp_path):
    """A bundle that is unpacked is a log that Go reads, and its checkpoints are two that fit."""
    sim, _, notes = log
    write_bundle(sim.reader(), tmp_path / "b.zip", notes[SIZES[-1]], Content())
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        archive.extractall(tmp_path / "there")
    for size in SIZES:
        old = tmp_path / "there" / "checkpoints" / str(size)
        done = tlogcheck("log", sim.reader().vkey_text, tmp_path / "there", old)
        assert done.returncode == 0, (size, done.stderr)


def test_go_refuses_a_damaged_one(log, tlogcheck, tmp_path):
    """Go refuses the published log once a byte of an entry is another."""
    sim, folder, _ = log
    path = folder / "tile" / "entries" / "000"
    data = path.read_bytes()
    path.write_bytes(data[:500] + bytes([data[500] ^ 1]) + data[501:])
    assert tlogcheck("log", sim.reader().vkey_text, folder).returncode == 1
    path.write_bytes(data)
    assert tlogcheck("log", sim.reader().vkey_text, folder).returncode == 0
