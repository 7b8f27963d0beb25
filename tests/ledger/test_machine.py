"""A ledger against a plain list: whatever people do, both say the same."""

import shutil
import sqlite3
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mledger.chain.draft import format_id, new_ids
from mledger.chain.history import Fact
from mledger.core.moment import Moment, format_moment, later
from mledger.errors import DeniedError, DivergedError, InputError, IntegrityError, NotFoundError
from mledger.events import base as events
from mledger.heads import Heads
from mledger.ledger import Ledger, What
from mledger.reader import Reader
from mledger.receipt import check_receipt
from mledger.testing.simulator import Clock, signer_of
from mledger.testing.tamper import World, hands_on
from mledger.writing import Receipt
from tests.ledger.company import ALICE, BOB, CAROL, FIELDS, MODEL, Company

FIRST = 4
STREAMS = (MODEL, "model/fraud", "dataset/loans")
people = st.sampled_from([ALICE, BOB, CAROL])
streams = st.sampled_from(STREAMS)
letters = st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"])
texts = (
    st.text(letters, min_size=1, max_size=20)
    .map(lambda text: unicodedata.normalize("NFC", text).strip())
    .filter(bool)
)


class Row(NamedTuple):
    """What the list knows of an event."""

    seq: int
    place: int
    stream: str
    text: str
    signer: str
    time: Moment
    occurred: Moment
    id: str


class Machine(RuleBasedStateMachine):
    """People append, reopen, prove, verify and tamper, on one file."""

    def __init__(self, folder: Path, founded: Path) -> None:
        """Begin in a folder of its own, with a copy of a ledger of four entries."""
        super().__init__()
        self.world = World(folder, Clock())
        self.path, self.clock = self.world.path, self.world.clock
        shutil.copyfile(founded, self.path)
        self.heads = Heads(folder / "heads")
        self.open: dict[str, Ledger] = {}
        self.rows: list[Row] = []
        self.size = FIRST
        self.covered = 0
        self.ids = 0

    # --- doors

    def ledger(self, name: str) -> Ledger:
        """The ledger as somebody has it open."""
        if name not in self.open:
            signer = signer_of(name)
            self.open[name] = Ledger.open(self.path, heads=self.heads, clock=self.clock, key=signer)
        return self.open[name]

    def reader(self) -> Reader:
        """The ledger opened for reading."""
        return Reader.open(self.path, heads=self.heads, clock=self.clock)

    def leave(self) -> None:
        """Everybody closes the ledger."""
        for name in list(self.open):
            self.open.pop(name).close()

    def id(self) -> bytes:
        """An event id that was never used."""
        self.ids += 1
        (made,) = new_ids(self.ids, bytes(10), 1)
        return made

    def note(self, receipts: list[Receipt], name: str, said: list[tuple[str, str, Moment | None]]) -> None:
        """Enter into the list what was recorded."""
        for place, (receipt, (stream, text, at)) in enumerate(zip(receipts, said, strict=True)):
            expected = str(self.size) if len(said) == 1 else f"{self.size}.{place + 1}"
            assert receipt.number == expected
            assert receipt.recorded
            now = format_moment(self.clock())
            self.rows.append(Row(self.size, place, stream, text, name, now, at or now, receipt.id))
        self.size += 1

    # --- what people do

    @initialize(seconds=st.integers(1, 5))
    def begin(self, seconds: int) -> None:
        """Time has passed since the ledger was made."""
        self.clock.forward(seconds=seconds)

    @rule(
        name=people, stream=streams, text=texts, ago=st.none() | st.integers(0, 500), wait=st.integers(0, 3)
    )
    def append(self, name: str, stream: str, text: str, ago: int | None, wait: int) -> None:
        """Somebody records one event, of now or of before."""
        self.clock.forward(seconds=wait)
        at = None if ago is None else later(format_moment(self.clock()), -ago)
        receipt = self.ledger(name).append(
            "comment.added", stream, {"on": "3", "text": text}, at=at, id=format_id(self.id())
        )
        self.note([receipt], name, [(stream, text, at)])

    @rule(name=people, said=st.lists(st.tuples(streams, texts), min_size=2, max_size=5))
    def append_several(self, name: str, said: list[tuple[str, str]]) -> None:
        """Somebody records several events in one entry."""
        items = [What(_comment(text), stream) for stream, text in said]
        self.note(self.ledger(name).append_all(items), name, [(*pair, None) for pair in said])

    @precondition(lambda self: self.rows)
    @rule(name=people, which=st.integers(0, 1_000))
    def append_again(self, name: str, which: int) -> None:
        """The same event under the same id is recorded no second time, whoever brings it."""
        row = self.rows[which % len(self.rows)]
        receipt = self.ledger(name).append(
            "comment.added", row.stream, {"on": "3", "text": row.text}, id=row.id
        )
        assert not receipt.recorded
        assert (receipt.id, receipt.signer, receipt.time) == (row.id, row.signer, row.time)

    @precondition(lambda self: self.rows)
    @rule(name=people, which=st.integers(0, 1_000))
    def append_another_under_its_id(self, name: str, which: int) -> None:
        """An id that is taken refuses another content."""
        row = self.rows[which % len(self.rows)]
        with pytest.raises(InputError, match="already"):
            self.ledger(name).append(
                "comment.added", row.stream, {"on": "3", "text": f"{row.text}!"}, id=row.id
            )

    @rule()
    def append_what_is_not_allowed(self) -> None:
        """Bob, who reviews, registers no model, and nothing of what he brings beside it is recorded."""
        items = [What(_comment("Fine."), MODEL), What(events.build("model.registered", FIELDS), MODEL)]
        with pytest.raises(DeniedError):
            self.ledger(BOB).append_all(items)

    @rule(name=people)
    def reopen(self, name: str) -> None:
        """Somebody closes the ledger, and will open it again."""
        if name in self.open:
            self.open.pop(name).close()

    # --- what people check

    @rule()
    def checkpoint(self) -> None:
        """Alice signs a checkpoint of all there is."""
        ledger = self.ledger(ALICE)
        note = ledger.checkpoint()
        assert ledger.read_checkpoint(note).size == self.size
        self.covered = self.size

    @precondition(lambda self: self.rows)
    @rule(which=st.integers(0, 1_000))
    def prove(self, which: int) -> None:
        """What a checkpoint covers has a receipt that holds; what none covers has none."""
        row = self.rows[which % len(self.rows)]
        with self.reader() as reader:
            if row.seq >= self.covered:
                with pytest.raises(NotFoundError, match="no checkpoint covers"):
                    reader.prove(row.id)
                return
            checked = check_receipt(reader.prove(row.id), reader.vkey_text)
        assert checked.seq == row.seq
        assert checked.statement.signer == row.signer

    @rule(full=st.booleans())
    def verify(self, full: bool) -> None:
        """The ledger is clean, to its end."""
        with self.reader() as reader:
            verification = reader.verify(full=full)
        assert verification.findings == []
        assert verification.head.size == self.size
        if full:
            assert verification.events == FIRST + len(self.rows)

    @rule(stream=streams, size=st.integers(0, 60), ago=st.integers(-5, 600))
    def replay(self, stream: str, size: int, ago: int) -> None:
        """What was known at a position, and what had happened by a moment, is what the list says."""
        moment = later(format_moment(self.clock()), -ago)
        rows = [row for row in self.rows if row.stream == stream]
        known = [row for row in rows if row.seq < size]
        with self.reader() as reader:
            history = reader.history().of(stream)
            assert _told(history.facts()) == rows
            assert _told(history.known_at(size).facts()) == known
            happened = _told(history.known_at(size).as_of(moment).facts())
            late = _told(history.known_at(size).late(moment))
        assert happened == sorted(
            (row for row in known if row.occurred <= moment),
            key=lambda row: (row.occurred, row.seq, row.place),
        )
        assert late == [row for row in rows if row.seq >= size and row.occurred <= moment < row.time]

    # --- what others do to the file

    @precondition(lambda self: self.rows)
    @rule(which=st.integers(0, 1_000), how=st.sampled_from(["body", "signature", "leaf", "row", "time"]))
    def tamper(self, which: int, how: str) -> None:
        """Somebody edits the file; it is found, quickly and in full, until the file is put back."""
        self.leave()
        row = self.rows[which % len(self.rows)]
        aside = self.path.with_name("aside.db")
        shutil.copyfile(self.path, aside)
        with hands_on(self.world) as db:
            _TAMPER[how](db, row)
        for full in (False, True):
            with self.reader() as reader:
                verification = reader.verify(full=full)
                assert verification.exit_code == 3
                with pytest.raises(IntegrityError):
                    reader.history()
        shutil.copyfile(aside, self.path)

    @precondition(lambda self: self.rows)
    @rule(cut=st.integers(1, 3))
    def roll_back(self, cut: int) -> None:
        """Somebody puts the file back to before the last entries; nobody here appends to it."""
        self.leave()
        aside = self.path.with_name("aside.db")
        shutil.copyfile(self.path, aside)
        with hands_on(self.world) as db:
            size = max(1, self.size - cut)
            db.execute("DELETE FROM entry WHERE seq >= ?", (size,))
            db.execute("DELETE FROM event WHERE seq >= ?", (size,))
            db.execute("DELETE FROM checkpoint WHERE size > ?", (size,))
        with pytest.raises(DivergedError, match=f"had {self.size} entries"):
            self.ledger(CAROL)
        with self.reader() as reader:
            assert {finding.rule for finding in reader.verify().findings} == {"head.rollback"}
        shutil.copyfile(aside, self.path)

    # --- what always holds

    @invariant()
    def the_ledger_holds_the_list(self) -> None:
        """Every event of the list is in the ledger, in its order, and nothing else is."""
        with self.reader() as reader:
            assert reader.head.size == self.size
            assert _told(reader.facts()) == self.rows
            for row in self.rows[-2:]:
                assert _told([reader.fact(row.id)]) == [row]

    def teardown(self) -> None:
        """Let go of the files."""
        self.leave()


def _comment(text: str) -> events.EventBody:
    return events.build("comment.added", {"on": "3", "text": text})


def _told(facts: Iterable[Fact]) -> list[Row]:
    """Facts as the list has them, those left out with which every ledger here begins."""
    return [_row(fact) for fact in facts if fact.seq >= FIRST]


def _row(fact: Fact) -> Row:
    text = getattr(fact.data, "text", "")
    return Row(
        fact.seq, fact.place, fact.stream, text, fact.signer, fact.time, fact.occurred, format_id(fact.id)
    )


def _edit_body(db: sqlite3.Connection, row: Row) -> None:
    n = row.seq * 1000 + row.place
    (body,) = db.execute("SELECT body FROM event WHERE n = ?", (n,)).fetchone()
    db.execute(
        "UPDATE event SET body = CAST(? AS TEXT) WHERE n = ?", (body.replace(b'"on":"3"', b'"on":"2"'), n)
    )


def _edit_signature(db: sqlite3.Connection, row: Row) -> None:
    db.execute("UPDATE entry SET signature = zeroblob(64) WHERE seq = ?", (row.seq,))


def _edit_leaf(db: sqlite3.Connection, row: Row) -> None:
    db.execute("UPDATE entry SET leaf = zeroblob(32) WHERE seq = ?", (row.seq,))


def _delete_row(db: sqlite3.Connection, row: Row) -> None:
    db.execute("DELETE FROM entry WHERE seq = ?", (row.seq,))
    db.execute("DELETE FROM event WHERE seq = ?", (row.seq,))


def _edit_time(db: sqlite3.Connection, row: Row) -> None:
    (payload,) = db.execute("SELECT payload FROM entry WHERE seq = ?", (row.seq,)).fetchone()
    other = payload.replace(row.time.encode(), later(row.time, -3600).encode())
    db.execute("UPDATE entry SET payload = CAST(? AS TEXT) WHERE seq = ?", (other, row.seq))


_TAMPER: dict[str, Callable[[sqlite3.Connection, Row], None]] = {
    "body": _edit_body,
    "signature": _edit_signature,
    "leaf": _edit_leaf,
    "row": _delete_row,
    "time": _edit_time,
}


def _run(folder: Path, founded: Path, examples: int, steps: int) -> None:
    count = iter(range(1 << 20))

    def machine() -> Machine:
        place = folder / str(next(count))
        place.mkdir()
        return Machine(place, founded)

    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    )


def test_a_ledger_says_what_a_list_says(tmp_path: Path, company: Company) -> None:
    """Whatever is appended, reopened, proven, tampered with and put back, ledger and list agree."""
    _run(tmp_path, company.path, 40, 25)


@pytest.mark.slow
def test_a_ledger_says_what_a_list_says_for_long(tmp_path: Path, company: Company) -> None:
    """The same over many and long lives."""
    _run(tmp_path, company.path, 300, 60)
