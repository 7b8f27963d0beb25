"""A bundle holds the whole log and what may be seen of it, and reads like the ledger."""

import json
import zipfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from mledger.core.manifest import Choice, parse_manifest
from mledger.errors import InputError, IntegrityError, MledgerError
from mledger.exchange.bundle import What, write_bundle
from mledger.exchange.disclosure import check_types
from mledger.ledger import Ledger
from mledger.reader import Reader
from mledger.stores import open_store
from mledger.stores.bundle import BundleStore
from mledger.stores.sqlite import SqliteStore
from mledger.testing.simulator import Simulator
from mledger.testing.tamper.world import BOBS, DATA, MODEL, RUN, SIZE
from tests.exchange.conftest import make


def manifest_of(path: Path):
    """The manifest of a bundle."""
    with zipfile.ZipFile(path) as archive:
        return parse_manifest(archive.read("manifest.json"))


@pytest.fixture(scope="module")
def stores(company, bundle):
    """The ledger and its bundle as stores."""
    with closing(open_store(company.path, read_only=True)) as held:
        copy = open_store(bundle, read_only=True)
        yield held, copy
        copy.close()


def test_the_same_choice_gives_the_same_bytes(company, bundle, tmp_path):
    """Two bundles of one ledger and one choice are the same, byte for byte, whenever they are made."""
    again = make(company.path, tmp_path / "again.zip", What(every=True))
    assert again.read_bytes() == bundle.read_bytes()
    other = make(company.path, tmp_path / "other.zip")
    assert other.read_bytes() != bundle.read_bytes()


def test_a_bundle_reads_like_the_ledger(stores):
    """Entries, hashes, places and checkpoints of a bundle are those of the ledger, in every range."""
    held, copy = stores
    assert copy.head() == held.head()
    for start in (0, 1, 255, 256, 257, SIZE - 1, SIZE, SIZE + 1, 1 << 60):
        for stop in (None, 0, 1, 255, 256, 257, SIZE, 1 << 60):
            assert list(copy.entries(start, stop)) == list(held.entries(start, stop))
            mine = copy.entries(start, stop, governance=True)
            assert list(mine) == list(held.entries(start, stop, governance=True))
        for level in (0, 8, 16, 24):
            for count in (0, 1, 200, 256, 1000):
                assert copy.hashes(level, start, count) == held.hashes(level, start, count)
    for entry in held.entries():
        for at, slot in enumerate(entry.slots):
            assert copy.find(slot.id) == (entry.seq, at)
    assert copy.find(bytes(16)) is None
    assert copy.checkpoints() == held.checkpoints()
    assert copy.attachments() == held.attachments() != []
    assert [copy.attachment(name) for name, _ in copy.attachments()] == [
        held.attachment(name) for name, _ in held.attachments()
    ]
    assert copy.attachment(bytes(32)) is None
    assert (copy.strays(), copy.duplicate_ids(), copy.touched()) == ([], [], False)
    assert held.edition() == b""
    assert len(copy.edition()) == 32


def test_a_bundle_cannot_be_written_to(stores, bundle):
    """Appending to a bundle, or keeping a checkpoint in it, is refused with what to do instead."""
    _, copy = stores
    for act in (
        lambda: copy.append([], [], after=copy.head()),
        lambda: copy.keep_checkpoint(1, b""),
        lambda: open_store(bundle),
        lambda: Ledger.open(bundle),
    ):
        with pytest.raises(InputError, match="is a bundle, which nobody writes to") as refused:
            act()
        assert refused.value.fix
    for bounds in ((-1, None), (0, -1)):
        with pytest.raises(InputError):
            copy.entries(*bounds)


def test_a_whole_bundle_says_what_the_ledger_says(company, bundle):
    """Replay, search, receipts and verification give the same from the bundle as from the ledger."""
    with company.reader(memory=False) as held, Reader.open(bundle, clock=company.clock) as copy:
        for stream in (MODEL, DATA, None):
            assert copy.replay(stream).to_json() == held.replay(stream).to_json()
        assert copy.prove(str(BOBS)) == held.prove(str(BOBS))
        assert copy.pinned() == held.pinned()
        verification = copy.verify(full=True)
        assert verification.findings == []
        assert verification.level == 0
        assert (verification.root, verification.withheld) == (held.verify(full=True).root, [])


def test_what_is_withheld_is_told_apart(company, tmp_path):
    """A body that was not chosen is withheld: hash only; that is no tampering, and is counted."""
    path = make(company.path, tmp_path / "data.zip", What(Choice((DATA,))))
    manifest = manifest_of(path)
    with Reader.open(path, clock=company.clock) as copy:
        verification = copy.verify(full=True)
        assert verification.findings == []
        assert verification.withheld == list(manifest.withheld)
        assert verification.to_json()["withheld"] == len(manifest.withheld)
        facts = list(copy.facts())
        shown = [fact for fact in facts if fact.body is not None]
        assert {fact.stream for fact in shown} == {"ledger", DATA}
        assert {fact.stream for fact in facts if fact.withheld} == {MODEL}
        hidden = copy.fact(str(BOBS))
        assert (hidden.obstacle, hidden.to_json()["data"]) == ("withheld: hash only", None)
        assert hidden.to_json()["withheld"] is True
        assert copy.replay(MODEL).to_json()
    counts = manifest.counts
    assert counts["disclosed"] == len(shown)
    assert counts["disclosed"] + counts["withheld"] == counts["events"] == len(facts)
    assert counts["erased"] == 0
    assert not [name for name in manifest.files if name.startswith("attachments/")]


def test_what_is_withheld_is_in_no_byte_of_the_bundle(company, tmp_path):
    """Neither words nor salts of what is withheld are in the file, and a digest alone tells nothing."""
    path = make(company.path, tmp_path / "none.zip", What(Choice(bodies=False)))
    data = path.read_bytes()
    with closing(open_store(company.path, read_only=True)) as store:
        slots = [slot for entry in store.entries() for slot in entry.slots]
    assert any(not slot.governance for slot in slots)
    for slot in slots:
        assert (slot.salt.hex().encode() in data) == slot.governance
    assert b"The loss falls" not in data
    assert b"Left the company." in data


def test_a_bundle_of_a_bundle_discloses_less(company, tmp_path):
    """A bundle may be narrowed by whoever holds one; what it withheld stays withheld."""
    model = make(company.path, tmp_path / "model.zip", What(Choice((MODEL,))))
    narrow = tmp_path / "narrow.zip"
    make(model, narrow)
    assert narrow.read_bytes() != model.read_bytes()
    assert manifest_of(narrow).withheld == manifest_of(model).withheld
    with Reader.open(narrow, clock=company.clock) as copy:
        assert copy.verify(full=True).findings == []


def test_types_and_families_may_be_chosen(company, tmp_path):
    """Of chosen types go the bodies of these alone, and those that govern."""
    path = make(
        company.path, tmp_path / "types.zip", What(Choice(types=check_types(["decision", "run.started"])))
    )
    with Reader.open(path, clock=company.clock) as copy:
        shown = {fact.type for fact in copy.facts() if fact.body is not None}
        kept = copy.fact(f"{RUN}.1"), copy.fact(f"{RUN}.2")
    assert {"decision.proposed", "decision.accepted", "run.started"} <= shown
    assert all(
        kind.partition(".")[0] in {"decision", "run", "ledger", "key", "role", "policy"} for kind in shown
    )
    assert [fact.withheld for fact in kept] == [False, True]
    with pytest.raises(InputError):
        check_types(["Decision"])


def test_a_version_leaves_out_other_versions(tmp_path):
    """Of a version goes what names no other version of the model, and answers nothing that does."""
    file = tmp_path / "versions.db"
    sim = Simulator(SqliteStore(file, create=True))
    sim.enrol("Bob Example", "reviewer")
    sim.append("model.registered", MODEL, {"title": "M", "purpose": "None.", "owner": "Alice Example"})
    for version in ("1.0", "2.0"):
        asked = {
            "version": version,
            "from_stage": "staging",
            "to_stage": "production",
            "reason": f"For {version}.",
        }
        number = sim.append("promotion.requested", MODEL, asked).number
        sim.append(
            "promotion.approved", MODEL, {"request": number, "reason": f"Yes to {version}."}, by="Bob Example"
        )
    sim.ledger().checkpoint()
    path = make(file, tmp_path / "two.zip", What(Choice((MODEL,), "2.0")))
    with Reader.open(path, clock=sim.clock) as copy:
        assert [fact.number for fact in copy.facts() if fact.withheld] == ["3", "4"]
        assert copy.verify(full=True).findings == []
    data = path.read_bytes()
    assert b"For 1.0." not in data
    assert b"Yes to 1.0." not in data
    assert b"Yes to 2.0." in data


def test_attachments_are_chosen_and_counted(company, bundle, tmp_path):
    """Files that the ledger keeps go out if they are chosen; those left out are named by their digest."""
    kept = {name[-64:] for name in manifest_of(bundle).files if name.startswith("attachments/")}
    assert kept
    assert manifest_of(bundle).left_out == ()
    path = make(company.path, tmp_path / "without.zip")
    assert set(manifest_of(path).left_out) == kept
    assert not [name for name in manifest_of(path).files if name.startswith("attachments/")]
    for digest in kept:
        with pytest.raises(InputError, match="named by no event that goes out"):
            make(company.path, tmp_path / "no.zip", What(Choice(bodies=False), {digest: None}))
    assert not (tmp_path / "no.zip").exists()


def test_a_file_on_disk_goes_out_if_an_event_names_it(company, tmp_path):
    """A file too large for the ledger comes from disk, under the digest that an event names."""
    loans = tmp_path / "loans.csv"
    loans.write_bytes(b"loans")  # as the dataset of the world says
    digest = sha256(b"loans").hexdigest()
    path = make(company.path, tmp_path / "with.zip", What(files={digest: loans}))
    with Reader.open(path, clock=company.clock) as copy:
        assert copy.attachment(digest) == b"loans"
        assert copy.verify(full=True).findings == []
    loans.write_bytes(b"other")
    with pytest.raises(InputError, match="has changed"):
        make(company.path, tmp_path / "changed.zip", What(files={digest: loans}))
    assert not (tmp_path / "changed.zip").exists()


def test_reports_may_be_added(company, tmp_path):
    """Documents made from the ledger stand in a folder of their own, and their names climb nowhere."""
    path = make(
        company.path, tmp_path / "with.zip", What(reports={"card.md": b"# Card\n", "html/a.html": b"<p>"})
    )
    assert {"reports/card.md", "reports/html/a.html"} <= manifest_of(path).files.keys()
    for name in ("../up", "/top", "a b", ".hidden", ""):
        with pytest.raises(InputError, match="cannot be called"):
            make(company.path, tmp_path / "bad.zip", What(reports={name: b""}))
    assert [file.name for file in tmp_path.iterdir()] == ["with.zip"]


def test_a_bundle_is_written_whole_or_not_at_all(company, tmp_path):
    """A bundle never overwrites; a checkpoint of another history makes none."""
    path = make(company.path, tmp_path / "one.zip")
    with pytest.raises(InputError, match="is there already"):
        make(company.path, path)
    stores = [closing(open_store(path, read_only=True)) for path in (company.path, company.twin)]
    with stores[0] as store, stores[1] as twin:
        (_, note), *_ = twin.checkpoints()
        with pytest.raises(IntegrityError, match="not those of the checkpoint"):
            write_bundle(Reader(store), tmp_path / "two.zip", note, What())
        with pytest.raises(MledgerError, match="no folder"):
            write_bundle(Reader(store), tmp_path / "no" / "two.zip", store.checkpoints()[0][1], What())
    assert [file.name for file in tmp_path.iterdir()] == ["one.zip"]


def test_the_manifest_is_readable(bundle):
    """The manifest lists every file but itself with size and digest, and is JSON that people can read."""
    with zipfile.ZipFile(bundle) as archive:
        data = archive.read("manifest.json")
        row = json.loads(data)
        assert archive.namelist()[-1] == "manifest.json"
        assert archive.namelist()[:3] == ["README.txt", "verify.py", "checkpoint"]
        assert row["files"].keys() == set(archive.namelist()) - {"manifest.json"}
        assert b'\n  "README.txt": {' in data
        readme = archive.read("README.txt").decode()
    assert "python3 -I verify.py" in readme
    assert f"{row['counts']['events']:,} events" in readme


def test_a_store_of_a_bundle_may_be_closed_twice(bundle):
    """A bundle that is closed gives no more, and says so."""
    store = BundleStore(bundle)
    store.close()
    store.close()
    with pytest.raises(InputError, match="is closed"):
        store.hashes(0, 0, 1)


def test_approvals_that_are_withheld_are_not_missed(tmp_path):
    """Where approvals may be among what is withheld, nobody can say that they lack."""
    from tests.chain.test_approvals import BOB, CAROL, answer, ask, company, executed

    sim = company({"stages": ["production"], "needs": {"reviewer": 1}})
    request = ask(sim)
    answer(sim, request, BOB)
    event, fields = executed(request)
    sim.append(event, "model/m", fields, by=CAROL)
    note = sim.ledger().checkpoint()
    for types, withheld in ((None, 0), (("promotion.executed",), 2)):
        path = tmp_path / f"{withheld}.zip"
        write_bundle(sim.reader(), path, note, What(Choice(types=types)))
        with Reader.open(path, clock=sim.clock) as copy:
            verification = copy.verify(full=True)
        assert (verification.findings, len(verification.withheld)) == ([], withheld)
