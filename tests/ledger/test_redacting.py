"""What is redacted is in no file any more, and everything else still holds."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mledger import folders
from mledger.attachment import Attachment
from mledger.caches.search import Wanted
from mledger.chain.entry import Entry
from mledger.errors import DeniedError, InputError, LockedError
from mledger.ledger import Ledger
from mledger.receipt import check_receipt
from mledger.stores.sqlite import SqliteStore
from mledger.testing.simulator import key_fields, signer_of
from tests.ledger.company import ALICE, CAROL, FIELDS, MODEL, Company, found

BASIS = {"legal_basis": "GDPR Art. 17(1)(b)", "authority": "Dora Example"}
SECRET = "Zebulon"
TEXT = " ".join(f"{SECRET}{n:04}" for n in range(900))  # of several pages


@pytest.fixture
def secret(company: Company) -> Company:
    """A ledger in which event 5 of seven names somebody, and has been read in every way."""
    company.say("Before.")
    company.say(TEXT)
    company.say("After.")
    with company.open(ALICE) as ledger:
        ledger.checkpoint()
    with company.reader() as reader:
        assert list(reader.search(Wanted(f"{SECRET}0007")))
        reader.replay()
    return company


def redact(company: Company, number: str = "5", **more: object) -> object:
    """Redact an event as Alice."""
    with company.open(ALICE) as ledger:
        return ledger.redact(number, **BASIS, **more)


def files_with(text: str, *roots: Path) -> list[str]:
    """The files below the folders that hold a text, in UTF-8, in any case."""
    return [
        str(path)
        for root in roots
        for path in root.rglob("*")
        if path.is_file() and text.lower().encode() in path.read_bytes().lower()
    ]


def everywhere(company: Company) -> tuple[Path, ...]:
    """The folders in which anything of a ledger may stand."""
    return company.path.parent, folders.cache_folder(), folders.heads_folder()


def test_the_text_is_in_no_file_any_more(secret: Company):
    """Ledger, log, caches, search index: no byte of the text is left, and it cannot be found."""
    assert files_with(SECRET, *everywhere(secret))
    receipt = redact(secret)
    assert (receipt.number, receipt.recorded, receipt.meaning) == ("7", True, "responsibility")
    assert files_with(SECRET, *everywhere(secret)) == []
    with secret.reader() as reader:
        assert reader.fact("5").body is None
        assert list(reader.search(Wanted(f"{SECRET}0007"))) == []
        assert [fact.number for fact in reader.search(Wanted("After"))] == ["6"]


def test_every_proof_still_holds(secret: Company):
    """Verification is intact and finds nothing, old checkpoints and receipts hold, new ones are made."""
    with secret.reader() as reader:
        proof, vkey = reader.prove("5"), reader.vkey_text
    redact(secret)
    check_receipt(proof, vkey)
    with secret.reader() as reader:
        for full in (False, True):
            verification = reader.verify(full=full)
            assert verification.findings == []
            assert verification.level == 2
        assert reader.replay(MODEL).state.trail.events == 5
    with secret.open(ALICE) as ledger:
        check_receipt(ledger.prove("5") if ledger.checkpoint() else b"", vkey)


@given(size=st.integers(1, 60_000), before=st.integers(0, 12))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wherever_it_stood_it_is_gone(tmp_path_factory, size: int, before: int):
    """Bodies of any size, wherever SQLite put them, also from when its first pages were split."""
    company = found(tmp_path_factory.mktemp("redact") / "m.db")
    text = (SECRET * (size // len(SECRET) + 1))[:size] + SECRET
    with company.open(ALICE) as ledger:
        ledger.append("comment.added", MODEL, {"on": "3", "text": text})
        for n in range(before):
            ledger.append("comment.added", MODEL, {"on": "3", "text": f"{n} " + "x" * 2_000})
        ledger.redact("4", **BASIS)
        assert files_with(SECRET, company.path.parent) == []


def test_attachments_of_the_event_alone_go_with_it(company: Company):
    """A file that another event names too stays; one that only the redacted event names is erased."""
    own, shared = Attachment.of(SECRET.encode() * 3_000, "own.txt"), Attachment.of(b"shared", "shared.txt")
    fields = {"on": "3", "kind": "other", "title": "A", "finding": "B.", "weight": "neutral"}
    with company.open() as ledger:
        files = {"files": [own.file, shared.file]}
        ledger.append("evidence.attached", MODEL, fields | files, attach=[own, shared])
        ledger.append("evidence.attached", MODEL, fields | {"files": [shared.file]}, attach=[shared])
    redact(company, "4")
    with company.reader() as reader:
        assert reader.store.attachments() == [(shared.sha256, 6)]
        assert reader.verify(full=True).findings == []
    assert files_with(SECRET, company.path.parent) == []


def test_what_was_interrupted_is_finished(secret: Company):
    """A redaction whose erasure never came is found, and the same again erases and records nothing new."""
    with secret.open(ALICE) as ledger:
        ledger.append("record.redacted", MODEL, {"event": "5"} | BASIS)
    with secret.reader() as reader:
        (finding,) = reader.verify(full=True).findings
        assert (finding.rule, finding.where) == ("body.kept", "5")
    receipt = redact(secret)
    assert (receipt.number, receipt.recorded) == ("7", False)
    assert files_with(SECRET, *everywhere(secret)) == []
    assert redact(secret).recorded is False
    with secret.reader() as reader:
        assert reader.head.size == 8
        assert reader.verify(full=True).findings == []


def test_somebody_who_reads_is_told_of_and_waited_for(secret: Company):
    """While an older state is read the log cannot be emptied: trying again, as the error says, works."""
    holder = sqlite3.connect(secret.path, isolation_level=None)
    holder.execute("BEGIN")
    holder.execute("SELECT count(*) FROM event").fetchone()
    with secret.open(ALICE) as ledger:
        ledger.store._own.execute("PRAGMA busy_timeout = 20")
        for _ in range(2):  # what is erased already may still stand in the log
            with pytest.raises(LockedError, match="may still stand in its log"):
                ledger.redact("5", **BASIS)
        holder.execute("COMMIT")
        holder.close()
        assert ledger.redact("5", **BASIS).recorded is False
    assert files_with(SECRET, *everywhere(secret)) == []


def test_who_may_not_redacts_nothing(secret: Company):
    """An engineer is refused, and the text stays; what governs the ledger nobody may redact."""
    with secret.open(CAROL) as ledger, pytest.raises(DeniedError, match=r"may not record record\.redacted"):
        ledger.redact("5", **BASIS)
    with pytest.raises(InputError, match="nobody could judge the rest"):
        redact(secret, "1")
    with secret.reader() as reader:
        assert reader.fact("5").data.text == TEXT
        assert reader.head.size == 7


def test_the_rest_may_stay(company: Company):
    """Of a dataset's registration only the name goes: the state shows the rest, with what says so."""
    fields = {
        "title": "Loans", "origin": "Own books.", "collected_how": "Export.", "by_whom": SECRET,
        "licence": "internal", "digests": [{"name": "a.csv", "sha256": "ab" * 32}],
    }  # fmt: skip
    with company.open() as ledger:
        ledger.append("dataset.registered", "dataset/loans", fields)
    redact(company, "4", rest=fields | {"by_whom": "(name removed)"})
    assert files_with(SECRET, *everywhere(company)) == []
    with company.reader() as reader:
        assert reader.fact("4").body is None
        state = reader.replay("dataset/loans").state
        assert reader.verify(full=True).findings == []
    assert "(name removed)" in str(state)
    assert "Loans" in str(state)


def test_caches_of_another_machine_forget_it_too(secret: Company, tmp_path: Path, monkeypatch):
    """A cache made before the redaction, on whatever machine, is deleted when the ledger is read next."""
    monkeypatch.setenv("MLEDGER_HOME", str(tmp_path / "other"))
    with secret.reader() as reader:
        assert list(reader.search(Wanted(f"{SECRET}0007")))
        reader.replay()
        monkeypatch.delenv("MLEDGER_HOME")
        redact(secret)
        monkeypatch.setenv("MLEDGER_HOME", str(tmp_path / "other"))
        assert list(reader.search(Wanted(f"{SECRET}0007"))) == []
        reader.replay()
    assert files_with(SECRET, tmp_path / "other") == []


def test_somebody_without_the_role_leaves_no_trace(company: Company):
    """Somebody without the role is refused, and nothing is erased, nor recorded."""
    with company.open(ALICE) as ledger:
        ledger.append("key.enrolled", "ledger", {"key": key_fields("Mallory Example", "auditor")})
    with Ledger.open(company.path, key=signer_of("Mallory Example"), clock=company.clock) as ledger:
        with pytest.raises(DeniedError):
            ledger.redact("3", **BASIS, rest=ledger.fact("3").data.model_dump())
        assert ledger.fact("3").body is not None
        assert ledger.head.size == 5


def test_a_redaction_during_a_verification_breaks_nothing(company: Company, monkeypatch):
    """What somebody redacts while a verification reads is neither a missing body nor a changed file."""
    monkeypatch.setattr("mledger.verification.verifying.SPAN", 2)
    file = Attachment.of(SECRET.encode(), "own.txt")
    fields = {"on": "3", "kind": "other", "title": "A", "finding": "B.", "weight": "neutral"}
    with company.open() as ledger:
        ledger.append("evidence.attached", MODEL, fields | {"files": [file.file]}, attach=[file])

    def meanwhile(done: int, _total: int) -> None:
        if done == 2:
            redact(company, "4")

    with company.reader() as reader:
        reader.progress = meanwhile
        verification = reader.verify(full=True)
        assert (verification.findings, verification.absent) == ([], ["4"])
        assert verification.head.size == 5
    with company.reader() as reader:
        assert reader.verify(full=True).findings == []


def test_a_body_that_goes_without_a_redaction_is_missing_however_the_ledger_grows(
    company: Company, monkeypatch
):
    """That somebody appends during a verification excuses nothing that is gone."""
    monkeypatch.setattr("mledger.verification.verifying.SPAN", 2)
    company.say("Gone soon.")

    def meanwhile(done: int, _total: int) -> None:
        if done == 2:
            with company.open() as ledger:
                ledger.store.erase([(4, 0)], [])
            company.say("Nothing to see.")

    with company.reader() as reader:
        reader.progress = meanwhile
        assert [finding.rule for finding in reader.verify(full=True).findings] == ["body.missing"]


class _Busy(SqliteStore):
    """A store in which somebody else appends just after the first reading of it all."""

    rival: Callable[[], object] | None = None

    def entries(self, start: int = 0, stop: int | None = None, **how: bool) -> Iterator[Entry]:
        yield from super().entries(start, stop, **how)
        if self.rival is not None and start == 0 and not how:
            rival, self.rival = self.rival, None
            rival()


def test_an_attachment_that_another_event_names_meanwhile_stays(company: Company):
    """While the events are asked who names the file, somebody else records one that does."""
    file = Attachment.of(b"shared", "shared.txt")
    fields = {"on": "3", "kind": "other", "title": "A", "finding": "B.", "weight": "neutral"}
    fields |= {"files": [file.file]}

    def attach() -> None:
        with company.open() as ledger:
            ledger.append("evidence.attached", MODEL, fields, attach=[file])

    attach()
    with Ledger(_Busy(company.path), signer_of(ALICE), clock=company.clock) as ledger:
        ledger.store.rival = attach
        ledger.redact("4", **BASIS)
        assert ledger.fact("4").body is None
        assert ledger.attachment(file.sha256.hex()) == b"shared"


def test_a_correction_is_recorded_once(company: Company):
    """Interrupted between the correction and the erasure, the same again erases and records nothing."""
    rest = FIELDS | {"owner": "(name removed)"}
    with company.open(ALICE) as ledger:
        ledger.append("record.redacted", MODEL, {"event": "3"} | BASIS)
        correction = {"event": "3", "fields": rest, "reason": "Recorded again without what is redacted"}
        correction["reason"] += f" ({BASIS['legal_basis']})."
        ledger.append("record.corrected", MODEL, correction)
        ledger.redact("3", **BASIS, rest=rest)
        assert [fact.type for fact in ledger.facts(MODEL, 4)] == ["record.redacted", "record.corrected"]
        assert ledger.fact("3").body is None
