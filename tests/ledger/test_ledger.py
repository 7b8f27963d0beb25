"""The façade: beginning and opening a ledger, appending to it, leaving it."""

import gc
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger import opening
from mledger.chain.draft import format_id, new_ids
from mledger.core.moment import format_moment, read_moment
from mledger.errors import (
    DeniedError,
    FormatError,
    InputError,
    IntegrityError,
    MledgerError,
    NotFoundError,
    StoreError,
)
from mledger.events import base as events
from mledger.heads import Heads, place
from mledger.ledger import Ledger, What
from mledger.opening import default_policy
from mledger.reader import Reader
from mledger.stores import open_store
from mledger.stores.sqlite import SqliteStore
from mledger.testing.simulator import START, Simulator, key_fields, signer_of
from mledger.testing.tamper.tools import Hand, force
from tests.architecture.tree import ROOT
from tests.ledger.company import ALICE, BOB, CAROL, FIELDS, MODEL, ORIGIN, Company, comments

ID = format_id(new_ids(1_700_000_000_000, bytes(10), 1)[0])

RUN = {
    "run": "r",
    "hypothesis": "More helps.",
    "criteria": [{"metric": "auc", "operator": ">=", "value": 0.8}],
}


def one_line(error: MledgerError) -> bool:
    """Whether an error says in one line what is wrong, and names the way out."""
    return "\n" not in error.message and bool(error.fix) and "\n" not in (error.fix or "")


# --- beginning


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        pytest.param(lambda path: path.write_bytes(b"mine"), InputError, id="a file"),
        pytest.param(lambda path: path.mkdir(), InputError, id="a folder"),
        pytest.param(lambda path: path.symlink_to(path.parent / "gone"), InputError, id="a dangling link"),
        pytest.param(lambda path: path.parent.rmdir(), NotFoundError, id="no folder"),
    ],
)
def test_a_ledger_takes_no_name_that_is_taken(
    spoil: Callable[[Path], None], kind: type[MledgerError], tmp_path: Path
) -> None:
    """What stands under the name is left alone, and nothing else is left behind."""
    folder = tmp_path / "new"
    folder.mkdir()
    spoil(folder / "mledger.db")
    before = sorted(folder.iterdir()) if folder.exists() else None
    with pytest.raises(kind) as caught:
        Ledger.create(folder / "mledger.db", origin=ORIGIN, signer=signer_of(ALICE), name=ALICE)
    assert one_line(caught.value)
    assert before == (sorted(folder.iterdir()) if folder.exists() else None)


@pytest.mark.parametrize("origin", ["", "acme credit", "acme+credit", "acme\ncredit", "x" * 256])
def test_an_origin_is_a_name_for_ever(origin: str, tmp_path: Path) -> None:
    """An origin with a space, a plus sign or a control, or of no or too much length, begins no ledger."""
    with pytest.raises(InputError) as caught:
        Ledger.create(tmp_path / "mledger.db", origin=origin, signer=signer_of(ALICE), name=ALICE)
    assert "\n" not in caught.value.message
    assert list(tmp_path.iterdir()) == []


def test_a_printed_name_is_one_line(tmp_path: Path) -> None:
    """A name that no entry may carry begins no ledger."""
    with pytest.raises(InputError):
        Ledger.create(tmp_path / "mledger.db", origin=ORIGIN, signer=signer_of(ALICE), name="Alice\nExample")
    assert list(tmp_path.iterdir()) == []


def test_a_new_ledger_verifies_and_is_remembered(tmp_path: Path) -> None:
    """From its first entry on a ledger is clean, and this machine knows its head."""
    path = tmp_path / "mledger.db"
    Ledger.create(path, origin=ORIGIN, signer=signer_of(ALICE), name=ALICE).close()
    with Reader.open(path) as reader:
        verification = reader.verify()
        memory = Heads().recall(reader.genesis.leaf)
    assert verification.findings == []
    assert verification.origin == ORIGIN
    assert memory is not None
    assert (memory.size, memory.path, memory.key) == (1, place(path), signer_of(ALICE).key_id)


# --- opening


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE entry (seq INTEGER)")


@pytest.mark.parametrize("opens", [Reader.open, lambda path: Ledger.open(path, key=signer_of(ALICE))])
@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        pytest.param(Path.unlink, NotFoundError, id="missing"),
        pytest.param(lambda path: path.write_bytes(b""), FormatError, id="no bytes"),
        pytest.param(lambda path: path.write_bytes(b"Dear ledger, " * 99), FormatError, id="text"),
        pytest.param(_foreign, FormatError, id="another program's"),
        pytest.param(_newer, FormatError, id="newer"),
        pytest.param(lambda path: (path.unlink(), path.mkdir()), InputError, id="a folder"),
    ],
)
def test_what_is_no_ledger_is_not_opened(
    opens: Callable[[Path], Reader],
    spoil: Callable[[Path], None],
    kind: type[MledgerError],
    company: Company,
) -> None:
    """A file that is no ledger of ours is refused in one line that says what to do."""
    spoil(company.path)
    with pytest.raises(kind) as caught:
        opens(company.path)
    assert one_line(caught.value)


def test_a_key_that_is_not_enrolled_opens_nothing(company: Company) -> None:
    """Whoever nobody enrolled cannot open a ledger to append."""
    with pytest.raises(DeniedError, match="not enrolled") as caught:
        company.open("Mallory Example")
    assert one_line(caught.value)


def test_a_revoked_key_opens_nothing(company: Company) -> None:
    """A key that was revoked cannot open a ledger to append any more."""
    with company.open(ALICE) as ledger:
        ledger.append("key.revoked", "ledger", {"key": signer_of(BOB).key_id, "reason": "Left."})
    with pytest.raises(DeniedError, match="revoked") as caught:
        company.open(BOB)
    assert one_line(caught.value)


def test_an_emptied_ledger_is_not_opened_to_append(company: Company) -> None:
    """A file without its first entry is no ledger to anybody, also to a machine that never saw it."""
    with closing(sqlite3.connect(company.path)) as db, db:
        for trigger in ("entry_no_delete", "event_no_delete"):
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute("DELETE FROM entry")
        db.execute("DELETE FROM event")
    with pytest.raises(IntegrityError) as caught:
        company.open(ALICE)
    assert one_line(caught.value)


# --- appending


def test_a_receipt_says_what_was_recorded(company: Company) -> None:
    """Number, id, hash, type, stream, signer, meaning and time are those of the entry in the file."""
    with company.open(BOB) as ledger:
        receipt = ledger.append("comment.added", MODEL, {"on": "3", "text": "Good."}, meaning="review")
        fact, entry = ledger.fact(receipt.number), ledger.entry(4)
    assert receipt.number == "4"
    assert receipt.leaf == entry.leaf.hex()
    assert receipt.id == format_id(fact.id)
    assert (receipt.type, receipt.stream) == (fact.type, fact.stream) == ("comment.added", MODEL)
    assert (receipt.signer, receipt.meaning) == (fact.signer, fact.meaning) == (BOB, "review")
    assert receipt.time == fact.time == format_moment(START)
    assert fact.body == b'{"on":"3","text":"Good."}'


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        pytest.param({"event": "model.invented"}, NotFoundError, id="unknown type"),
        pytest.param({"fields": {"on": "3"}}, InputError, id="field missing"),
        pytest.param({"fields": {"on": "3", "text": "x", "tone": "x"}}, InputError, id="field unknown"),
        pytest.param({"fields": {"on": "3", "text": float("nan")}}, InputError, id="NaN"),
        pytest.param({"fields": {"on": "3", "text": "x" * 2_000_000}}, InputError, id="too large"),
        pytest.param({"stream": "credit risk"}, InputError, id="no stream"),
        pytest.param({"stream": "model/../etc"}, InputError, id="stream with dots"),
        pytest.param({"at": "2026-01-04T09:00:00"}, InputError, id="no zone"),
        pytest.param({"at": "yesterday"}, InputError, id="no time"),
        pytest.param({"at": "2026-01-06T09:00:00Z"}, InputError, id="in the future"),
        pytest.param({"id": "42"}, InputError, id="no UUID"),
        pytest.param({"id": "0e1a9f2c-6b1e-4c8a-9d55-0d9a4f6f1a11"}, InputError, id="UUID of version 4"),
        pytest.param({"meaning": "joke"}, InputError, id="unknown meaning"),
        pytest.param({"meaning": "machine"}, DeniedError, id="a machine's meaning"),
        pytest.param({"event": "decision.accepted", "fields": {"decision": "3"}}, DeniedError, id="role"),
    ],
)
def test_what_cannot_be_recorded_is_refused_in_one_line(
    ask: dict[str, object], kind: type[MledgerError], company: Company
) -> None:
    """Bad input is an error of its kind, and nothing is written."""
    usual = {"event": "comment.added", "stream": MODEL, "fields": {"on": "3", "text": "Good."}}
    with company.open() as ledger:
        head = ledger.head
        with pytest.raises(kind) as caught:
            ledger.append(**usual | ask)
        assert ledger.head == head
        assert "\n" not in caught.value.message
        assert ledger.append(**usual).number == "4"


def test_all_of_it_is_recorded_or_nothing(company: Company) -> None:
    """One event that breaks a rule keeps back those that were to be recorded with it."""
    bad = What(events.build("model.registered", FIELDS), MODEL)
    with company.open(BOB) as ledger:
        with pytest.raises(DeniedError, match=r"may not record model\.registered"):
            ledger.append_all([*comments("one", "two"), bad])
        assert ledger.head.size == 4
        assert ledger.append_all([]) == []


def test_many_small_events_share_few_entries(company: Company) -> None:
    """A thousand events are packed into as few entries as the format allows, and are all found again."""
    texts = [f"remark {number}" for number in range(1_000)]
    with company.open() as ledger:
        made = ledger.append_all(comments(*texts))
        entries = list(ledger.store.entries(4))
        assert len(entries) < 10
        assert all(len(entry.payload) > 30_000 for entry in entries[:-1])
        assert [receipt.number for receipt in made][:2] == ["4.1", "4.2"]
        facts = [ledger.fact(receipt.number) for receipt in made]
    assert [getattr(fact.data, "text", None) for fact in facts] == texts
    assert [format_id(fact.id) for fact in facts] == [receipt.id for receipt in made]
    assert sorted(receipt.id for receipt in made) == [receipt.id for receipt in made]
    with company.reader() as reader:
        assert reader.fact(made[777].id) == facts[777]
        assert reader.verify().findings == []


def test_a_body_of_a_mebibyte_is_recorded(company: Company) -> None:
    """The largest body that there may be comes back as it was."""
    text = "x" * ((1 << 20) - len('{"on":"3","text":""}'))
    number = company.say(text).number
    with company.reader() as reader:
        assert getattr(reader.fact(number).data, "text", None) == text


# --- the same id again


def test_the_same_event_again_is_the_first(company: Company) -> None:
    """An id with the same content gives the first receipt, and says that nothing was recorded."""
    fields = {"on": "3", "text": "Once."}
    with company.open() as ledger:
        first = ledger.append("comment.added", MODEL, fields, id=ID, at="2026-01-04T10:00:00Z")
        again = ledger.append("comment.added", MODEL, fields, id=ID)
        assert ledger.append("comment.added", MODEL, fields, id=ID, at="2026-01-04T11:00:00+01:00") == again
        assert ledger.head.size == 5
    assert first.recorded
    assert again == first._replace(recorded=False)
    with company.open(BOB) as ledger:
        assert ledger.append("comment.added", MODEL, fields, id=ID) == again


@pytest.mark.parametrize(
    "other",
    [
        {"event": "dissent.recorded"},
        {"stream": "model/fraud"},
        {"fields": {"on": "3", "text": "Twice."}},
        {"at": "2026-01-03T10:00:00Z"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_an_id_stands_for_one_content(other: dict[str, object], company: Company) -> None:
    """The same id with another type, stream, body or time is refused, and names the first event."""
    usual = {"event": "comment.added", "stream": MODEL, "fields": {"on": "3", "text": "Once."}, "id": ID}
    with company.open() as ledger:
        ledger.append(**usual)
        with pytest.raises(InputError, match="event 4 already") as caught:
            ledger.append(**usual | other)
        assert one_line(caught.value)
        assert ledger.head.size == 5


def test_an_id_stands_once_among_events_recorded_together(company: Company) -> None:
    """Two events of one call cannot share an id."""
    twins = [What(*what[:3], new_ids(1, bytes(10), 1)[0]) for what in comments("one", "two")]
    with company.open() as ledger:
        with pytest.raises(InputError, match="same id") as caught:
            ledger.append_all(twins)
        assert one_line(caught.value)
        assert ledger.head.size == 4


def test_what_is_new_is_recorded_beside_what_is_there(company: Company) -> None:
    """Of several events those that were recorded before are told apart, in the order asked."""
    ids = new_ids(1, bytes(30), 3)
    first, second, third = (
        What(*what[:3], name) for what, name in zip(comments("1", "2", "3"), ids, strict=True)
    )
    with company.open() as ledger:
        (held,) = ledger.append_all([second])
        made = ledger.append_all([first, second, third])
    assert [receipt.recorded for receipt in made] == [True, False, True]
    assert [receipt.number for receipt in made] == ["5.1", "4", "5.2"]
    assert made[1] == held._replace(recorded=False)


# --- time


@pytest.mark.parametrize("behind", [1, 119])
def test_a_clock_that_is_a_little_behind_is_carried_along(behind: int, company: Company) -> None:
    """Recorded time never decreases: within the skew, an entry takes the time of the one before."""
    first = company.say("now")
    company.clock.now -= timedelta(seconds=behind)
    assert company.say("then").time == first.time


def test_a_clock_far_behind_records_nothing(company: Company) -> None:
    """Beyond the skew the clock must be set right first."""
    company.say("now")
    company.clock.now -= timedelta(seconds=121)
    with company.open() as ledger, pytest.raises(InputError, match="this clock says") as caught:
        ledger.append("comment.added", MODEL, {"on": "3", "text": "then"})
    assert one_line(caught.value)


def test_a_clock_far_ahead_is_found_by_the_next(company: Company) -> None:
    """Nobody stops a clock that runs ahead, but a right one refuses to follow it and finds it."""
    now = company.clock.now
    company.clock.now += timedelta(days=1)
    company.say("tomorrow")
    company.clock.now = now
    with company.reader() as reader:
        assert {finding.rule for finding in reader.verify().findings} == {"time.future"}


@given(gaps=st.lists(st.integers(0, 2), max_size=12), asked=st.integers(-1, 30))
def test_the_size_at_a_moment_is_what_counting_says(gaps: list[int], asked: int) -> None:
    """Bisection over recorded times finds as many entries as a walk over all of them."""
    sim = Simulator()
    ledger = sim.ledger()
    for gap in gaps:
        sim.clock.forward(seconds=gap)
        ledger.append("comment.added", "ledger", {"on": "0", "text": "x"})
    moment = format_moment(START + timedelta(seconds=asked))
    times = [ledger.statement(seq).time for seq in range(ledger.head.size)]
    assert ledger.size_at(moment) == sum(time <= moment for time in times)


# --- leaving


def test_a_machine_remembers_the_head_that_it_left(company: Company) -> None:
    """After an append and a close the memory of heads holds size, leaf and root."""
    receipt = company.say("Remember me.")
    with company.reader() as reader:
        memory = Heads().recall(reader.genesis.leaf)
        assert memory is not None
        assert memory.size == 5
        assert memory.leaf.hex() == receipt.leaf
        assert memory.root == reader.verify().root
        assert memory.path == place(company.path)


def test_closing_twice_is_no_error(company: Company) -> None:
    """A ledger that is closed stays closed."""
    ledger = company.open()
    ledger.close()
    ledger.close()
    with pytest.raises(MledgerError):
        ledger.append("comment.added", MODEL, {"on": "3", "text": "Too late."})


def test_an_older_file_is_not_appended_to(company: Company) -> None:
    """A machine that has seen more refuses the copy, says the way out, and goes on once it forgot."""
    copy = company.path.with_name("copy.db")
    shutil.copyfile(company.path, copy)
    company.say("Later.")
    shutil.copyfile(copy, company.path)
    with pytest.raises(MledgerError, match="had 5 entries") as caught:
        company.open()
    assert "mledger heads forget" in (caught.value.fix or "")
    with company.reader() as reader:
        Heads().forget(reader.genesis.leaf)
    assert company.say("Again.").number == "4"


def test_reading_changes_nothing(company: Company) -> None:
    """A reader has no way to append, and leaves the file as it was, byte for byte."""
    before = company.path.read_bytes()
    with company.reader() as reader:
        assert not hasattr(reader, "append")
        list(reader.facts())
        list(reader.facts(MODEL))
        reader.verify(full=True)
        reader.history()
    assert company.path.read_bytes() == before
    assert list(company.path.parent.iterdir()) == [company.path]


def test_a_reader_sees_what_is_appended_meanwhile(company: Company) -> None:
    """A reader that is open sees the new head and the new facts."""
    with company.reader() as reader, company.open() as ledger:
        ledger.append("comment.added", MODEL, {"on": "3", "text": "Now."})
        assert reader.head == ledger.head
        assert getattr(reader.fact("4").data, "text", None) == "Now."
        assert [fact.number for fact in reader.facts(MODEL)] == ["3", "4"]


def test_another_process_may_append_meanwhile(company: Company) -> None:
    """What another process appends between open and close is neither lost nor forgotten nor in the way."""
    program = (
        "import sys; from pathlib import Path; from tests.ledger.company import BOB, Clock, Company;"
        " print(Company(Path(sys.argv[1]), Clock()).say('From next door.', BOB).number)"
    )
    command = [sys.executable, "-c", program, company.path]
    ledger = company.open()
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "4\n"
    own = ledger.append("comment.added", MODEL, {"on": "3", "text": "From here."})
    subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
    ledger.close()
    assert own.number == "5"
    with company.reader() as reader:
        memory = Heads().recall(reader.genesis.leaf)
        verification = reader.verify()
    assert memory is not None
    assert memory.size == 7
    assert verification.findings == []
    assert verification.level == 2
    assert [body for _, body in company.bodies()][-1] == b'{"on":"3","text":"From next door."}'


def test_the_quick_verification_goes_by_what_others_wrote(company: Company) -> None:
    """After appends of our own nothing is read again; after those of others the file is hashed once more."""
    with company.reader() as reader:
        reader.verify()
    company.say("By us.")
    with company.reader() as reader:
        verification = reader.verify()
        assert (verification.since, verification.signatures) == (4, 1)
        assert "only mledger wrote" in (verification.earlier or "")
    first, second = company.open(CAROL), company.open(BOB)
    first.append("comment.added", MODEL, {"on": "3", "text": "One."})
    second.append("comment.added", MODEL, {"on": "3", "text": "Two."})
    first.close()
    second.close()
    with company.reader() as reader:
        verification = reader.verify()
        assert verification.since == 5
        assert "hashed again" in (verification.earlier or "")
        assert verification.findings == []


def test_a_log_that_stays_behind_makes_no_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where SQLite cannot bring its log into a new file, nothing is there, for the log holds entry 0."""
    begin, held = opening.begin, list[sqlite3.Connection]()

    def watched(reader: Reader, *rest: object) -> None:
        begin(reader, *rest)
        held.append(
            sqlite3.connect(cast(SqliteStore, reader.store).path)
        )  # while somebody else reads, the log is kept
        held[0].execute("SELECT count(*) FROM entry").fetchone()

    monkeypatch.setattr(opening, "begin", watched)
    with pytest.raises(StoreError, match="to its end") as error:
        Ledger.create(
            tmp_path / "ledger.db",
            origin=ORIGIN,
            signer=signer_of("Ada"),
            name="Ada",
            heads=Heads(tmp_path / "heads"),
        )
    held[0].close()
    assert one_line(error.value)
    assert not list(tmp_path.glob("*ledger*"))


@pytest.mark.parametrize("on", [True, False])
def test_many_events_leave_the_collector_as_it_was(company: Company, on: bool) -> None:
    """The garbage collector is held off while many are recorded, also if they are refused, and no longer."""
    items = comments(*(f"remark {n}" for n in range(1_200)))
    (gc.enable if on else gc.disable)()
    try:
        with company.open() as ledger:
            assert len(ledger.append_all(items)) == len(items)
            with pytest.raises(InputError):
                ledger.append_all([*items, items[0]._replace(stream="nowhere")])
        assert gc.isenabled() == on
    finally:
        gc.enable()


def test_a_damaged_memory_undoes_no_append(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded is said to be, the file tells at the end, and other ledgers go on."""
    monkeypatch.setattr("mledger.ledger._KEEP_SECONDS", 0)
    company.say("Remember me.")
    ledger = company.open()
    (file,) = Heads().folder.glob("*.json")
    file.write_bytes(b"")
    assert ledger.append("comment.added", MODEL, {"on": "3", "text": "Kept."}).number == "5"
    with pytest.raises(FormatError, match="memory of a ledger's head is damaged"):
        ledger.close()
    other = company.path.with_name("other.db")
    Ledger.create(other, origin=ORIGIN, signer=signer_of(ALICE), name=ALICE).close()


def test_what_breaks_no_integrity_is_told_again_and_not_looked_for(company: Company) -> None:
    """The second verification reads nothing, and tells the same; what is refused stays refused."""
    with closing(open_store(company.path)) as store:
        force(store, Hand(BOB, meaning="review"), "run.started", MODEL, RUN)
    told = []
    for _ in range(2):
        with company.reader() as reader:
            found = reader.verify()
            told.append([(one.rule, one.where, one.message, one.entries) for one in found.findings])
            refused = [fact.refused for fact in reader.history().facts()]
    assert [rule for rule, *_ in told[0]] == ["role.forbidden"]
    assert told[0] == told[1]
    assert found.since == 5
    assert "only mledger wrote" in (found.earlier or "")
    assert refused[:4] == [None] * 4
    assert refused[4] is not None


def test_what_is_erased_is_not_told_again(company: Company) -> None:
    """A finding about an event that is redacted since goes; one that quotes a body is never kept."""
    with closing(open_store(company.path)) as store:
        force(store, Hand(BOB, meaning="review"), "run.started", MODEL, RUN)
        body = b'{"request":["jane.doe is ill"],"reason":"Seen."}'
        force(store, Hand(BOB, meaning="approval"), "promotion.approved", MODEL, body)
    for _ in range(2):
        with company.reader() as reader:
            assert {one.rule for one in reader.verify().findings} == {"role.forbidden", "body.schema"}
    assert b"jane.doe" not in b"".join(path.read_bytes() for path in Heads().folder.glob("*.json"))
    with company.open(ALICE) as ledger:
        for number in ("4", "5"):
            ledger.redact(number, legal_basis="GDPR Art. 17", authority="Data protection officer")
    for full in (False, True):
        with company.reader() as reader:
            assert {one.rule for one in reader.verify(full=full).findings} == {"role.forbidden"}


def test_times_are_judged_by_the_policy_that_an_append_brings(company: Company) -> None:
    """A policy and an event dated ahead, appended together: what verification would find is refused."""
    strict = default_policy().model_copy(update={"skew_seconds": 10})
    ahead = format_moment(company.clock.now + timedelta(seconds=60))
    policy = events.build("policy.adopted", {"policy": strict, "reason": "Good clocks."})
    comment = comments("Soon.")[0]._replace(at=read_moment(ahead))
    with company.open(ALICE) as ledger:
        with pytest.raises(InputError, match="in the future"):
            ledger.append_all([What(policy, "ledger"), comment])
        assert ledger.append_all([comment])[0].number == "4"
    with company.reader() as reader:
        assert reader.verify().findings == []


def test_a_person_is_enrolled_with_an_address_or_without(company: Company) -> None:
    """Under a name that stands there without one, nobody comes with one: they would count as two people."""
    key = key_fields("Bob's other key", "reviewer") | {"name": BOB.upper()}
    with company.open(ALICE) as ledger:
        with pytest.raises(DeniedError, match="one person, or two"):
            ledger.append("key.enrolled", "ledger", {"key": key | {"email": "bob@acme.example"}})
        for email in ("bob", "bob@acme.example\u200b", "b b@acme.example"):
            with pytest.raises(InputError, match="e-mail address"):
                ledger.append("key.enrolled", "ledger", {"key": key | {"email": email}})
        assert ledger.append("key.enrolled", "ledger", {"key": key}).number == "4"
