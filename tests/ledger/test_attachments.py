"""Files kept with the events that name them."""

import hashlib
import sqlite3

import pytest

from mledger.attachment import MAX_ATTACHMENT, Attachment
from mledger.errors import InputError, IntegrityError, NotFoundError, RetryError
from mledger.ledger import What
from mledger.testing.simulator import Simulator
from tests.ledger.company import Company

MODEL = "model/m"
FIELDS = {"on": "0", "kind": "other", "title": "A plot", "finding": "It falls.", "weight": "supports"}


@pytest.fixture
def sim() -> Simulator:
    """A ledger with a model in it."""
    made = Simulator()
    made.append("model.registered", MODEL, {"title": "M", "purpose": "None.", "owner": "Alice Example"})
    return made


def attach(sim: Simulator, *files: Attachment) -> None:
    """Record evidence with files."""
    sim.clock.forward(seconds=1)
    fields = FIELDS | {"files": [file.file for file in files]}
    sim.ledger().append("evidence.attached", MODEL, fields, attach=files)


def test_a_file_comes_back_as_it_was(sim, tmp_path):
    """What was read from a file is kept with the event, under its SHA-256, byte for byte."""
    path = tmp_path / "params.yaml"
    path.write_bytes(b"depth: 4\r\n\xff")
    file = Attachment.read(path, role="configuration")
    attach(sim, file)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert sim.reader().attachment(digest) == path.read_bytes()
    assert sim.reader().attachment(digest[:8]) == path.read_bytes()
    (named,) = sim.reader().fact("2").data.files
    assert (named.name, named.sha256, named.size) == ("params.yaml", digest, 11)
    assert (named.media_type, named.role) == ("application/yaml", "configuration")
    assert sim.check().attachments == 1


def test_a_file_is_not_said_to_be_kept_where_it_is_not(sim):
    """What an event says is kept must come with it, or be there already; once taken out, it is missed."""
    file = Attachment.of(b"1", "a.bin")
    fields = FIELDS | {"files": [file.file]}
    with pytest.raises(InputError, match=r"a\.bin is said to be kept in the ledger, and is not attached"):
        sim.ledger().append("evidence.attached", MODEL, fields)
    attach(sim, file)
    sim.ledger().append("evidence.attached", MODEL, fields)
    sim.check()
    del sim.store._files[file.sha256]
    found = [(one.rule, one.where) for one in sim.reader().verify(full=True).findings]
    assert found == [("attachment.missing", "2"), ("attachment.missing", "3")]


def test_a_file_that_no_field_names_is_refused(sim):
    """A file that the event does not name would be found by nobody: nothing is recorded."""
    with pytest.raises(InputError, match=r"does not name its attachment a\.bin") as refused:
        sim.ledger().append("evidence.attached", MODEL, FIELDS, attach=[Attachment.of(b"1", "a.bin")])
    assert "files" in refused.value.fix
    assert sim.reader().head.size == 2
    assert sim.store.attachments() == []


def test_a_file_of_an_event_that_is_refused_is_not_kept(sim):
    """Of events written together, the files of those that break a rule are left out."""
    file = Attachment.of(b"1", "a.bin")
    fields = FIELDS | {"files": [file.file]}
    with pytest.raises(InputError):
        sim.ledger().append("evidence.attached", "ledger", fields, attach=[file])
    assert sim.store.attachments() == []


def test_the_same_event_again_keeps_nothing_twice(sim):
    """An id that is sent again gives the first receipt, and its file is there once."""
    file = Attachment.of(b"1", "a.bin")
    body = sim.ledger()._build("evidence.attached", FIELDS | {"files": [file.file]})
    item = What(body, MODEL, id=bytes.fromhex("01933f0c12347abc8def0123456789ab"), attach=[file])
    first, again = (sim.ledger().append_all([item])[0] for _ in range(2))
    assert (first.recorded, again.recorded, first.number) == (True, False, again.number)
    assert len(sim.store.attachments()) == 1


def test_an_attachment_has_a_largest_size(tmp_path):
    """A file that is too large is refused before it is read, and bytes likewise."""
    path = tmp_path / "model.pkl"
    with path.open("wb") as file:
        file.truncate(MAX_ATTACHMENT + 1)
    for make in (
        lambda: Attachment.read(path),
        lambda: Attachment.of(bytes(MAX_ATTACHMENT + 1), "model.pkl"),
    ):
        with pytest.raises(InputError, match=r"model\.pkl has 16,777,217 bytes") as refused:
            make()
        assert "digest" in refused.value.fix
    assert Attachment.of(bytes(MAX_ATTACHMENT), "a").file.size == MAX_ATTACHMENT


def test_a_file_that_cannot_be_read_is_said_in_a_line(tmp_path):
    """A file that is not there is an InputError."""
    with pytest.raises(InputError, match=r"none\.txt cannot be read: No such file"):
        Attachment.read(tmp_path / "none.txt")


def test_what_is_not_kept_is_not_found(sim):
    """A digest of which nothing is kept, or too few digits of one, are NotFoundError; several are told."""
    attach(sim, *(Attachment.of(b"%d" % n, f"{n}.bin") for n in range(2)))
    for digits in ("ab" * 32, "", "5", "nonsense"):
        with pytest.raises(NotFoundError, match="no attachment"):
            sim.reader().attachment(digits)


def test_a_file_that_was_changed_is_not_handed_out(company: Company):
    """Reading an attachment that is another file is an IntegrityError, and verification finds it."""
    file = Attachment.of(b"depth: 4", "params.yaml")
    with company.open() as ledger:
        fields = FIELDS | {"files": [file.file]}
        ledger.append("evidence.attached", "model/credit-risk", fields, attach=[file])
    db = sqlite3.connect(company.path)
    db.execute("DROP TRIGGER attachment_no_update")
    db.execute("UPDATE attachment SET data = x'00'")
    db.commit()
    db.close()
    with company.reader() as reader:
        with pytest.raises(IntegrityError, match="is not the file"):
            reader.attachment(file.file.sha256)
        found = {(f.rule, f.where): f.message for f in reader.verify().findings}
    message = found["attachment.digest", f"attachment {file.file.sha256[:12]}"]
    assert message.startswith(
        "the file that is kept is not the one that events name so: params.yaml of event "
    )


def test_a_lock_keeps_the_file_out_too(company: Company):
    """If the entry cannot be written, neither is its file."""
    file = Attachment.of(b"depth: 4", "params.yaml")
    holder = sqlite3.connect(company.path, isolation_level=None)
    with company.open() as ledger:
        ledger.store._own.execute("PRAGMA busy_timeout = 10")
        holder.execute("BEGIN IMMEDIATE")
        fields = FIELDS | {"files": [file.file]}
        with pytest.raises(RetryError):
            ledger.append("evidence.attached", "model/credit-risk", fields, attach=[file])
        holder.execute("ROLLBACK")
        assert ledger.store.attachments() == []
    holder.close()
