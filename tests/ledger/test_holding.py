"""A writer that loses every race for the head gets its turn all the same."""

import sqlite3
from contextlib import contextmanager, nullcontext

import pytest

from mledger.errors import ConflictError
from mledger.events.base import build
from mledger.ledger import _TRIES, Ledger, What
from mledger.stores.memory import MemoryStore
from mledger.stores.sqlite import SqliteStore
from mledger.testing.simulator import Simulator, signer_of
from tests.ledger.company import BOB, CAROL, Company

MODEL = "model/m"


class _Contested(MemoryStore):
    """A store in which somebody else appends just before everybody who does not hold it."""

    rival = None
    lost = 0
    held = False

    def append(self, entries, nodes, **how) -> None:
        if self.rival is not None and not self.held:
            self.lost += 1
            rival, self.rival = self.rival, None
            rival()
            self.rival = rival
        super().append(entries, nodes, **how)

    @contextmanager
    def hold(self):
        with super().hold():
            self.held = True
            yield
        self.held = False


def test_who_always_loses_is_heard():
    """After a few lost races the store is held, and the event is recorded once."""
    store = _Contested()
    sim = Simulator(store)
    sim.append("model.registered", MODEL, {"title": "M", "purpose": "None.", "owner": "Alice Example"})
    sim.enrol(BOB, "engineer")
    said = build("comment.added", {"on": "1", "text": "First!"})
    store.rival = lambda: sim.ledger(BOB).append(said, MODEL)
    sim.append("comment.added", MODEL, {"on": "1", "text": "At last."})
    assert store.lost == _TRIES - 1
    store.rival = None
    assert [fact.signer for fact in sim.reader().facts(MODEL)] == [
        "Alice Example",
        *[BOB] * 4,
        "Alice Example",
    ]
    sim.check()


def test_nobody_else_appends_meanwhile(company: Company):
    """While a store is held, another process's append waits, and then finds that the head has moved."""
    with company.open(BOB) as bob, company.open(CAROL) as carol:
        carol.store._own.execute("PRAGMA busy_timeout = 20")
        with bob.store.hold():
            with pytest.raises(Exception, match=r"locked|another process"):
                carol.append("comment.added", "model/credit-risk", {"on": "3", "text": "Too soon."})
            bob._commit([])
            item = What(build("comment.added", {"on": "3", "text": "Mine."}), "model/credit-risk")
            assert bob.append_all([item])[0].number == "4"
        assert (
            carol.append("comment.added", "model/credit-risk", {"on": "3", "text": "Then I."}).number == "5"
        )


def test_a_hold_without_an_append_leaves_nothing(company: Company):
    """Holding alone changes nothing, and what fails while it is held is told as it is."""
    with company.open(BOB) as bob:
        head = bob.head
        with pytest.raises(ConflictError, match="somebody"), bob.store.hold():
            raise ConflictError("somebody")
        assert bob.head == head
        with bob.store.hold():
            pass
        assert company.say("Still open.").number == "4"


class _Interrupted(SqliteStore):
    """A store whose user presses Ctrl-C just before the next commit."""

    now = False

    def _commit(self, db: sqlite3.Connection) -> None:
        if self.now:
            self.now = False
            raise KeyboardInterrupt
        super()._commit(db)


def test_what_was_interrupted_is_not_there_and_in_nobody_s_way(company: Company):
    """After Ctrl-C before a commit others can write at once, and nothing of it is committed later."""
    with Ledger(_Interrupted(company.path), signer_of(CAROL), clock=company.clock) as ledger:
        ledger.store._own.execute("PRAGMA busy_timeout = 20")
        ledger.store.now = True
        with pytest.raises(KeyboardInterrupt):
            ledger.append("comment.added", "model/credit-risk", {"on": "3", "text": "Interrupted."})
        assert company.say("Nobody waits.").number == "4"
        ledger.store.erase([], [])
        assert ledger.head.size == 5
        receipt = ledger.append("comment.added", "model/credit-risk", {"on": "3", "text": "Again."})
        assert receipt.number == "5"


def test_a_transaction_that_was_left_open_is_not_committed(company: Company):
    """Whatever an interruption left open, the next write and the next hold begin without it."""
    with company.open() as ledger:
        left = "INSERT INTO attachment (sha256, data) VALUES (zeroblob(32), x'00')"
        for hold in (nullcontext, ledger.store.hold):
            ledger.store._own.execute("BEGIN IMMEDIATE")
            ledger.store._own.execute(left)
            with hold():
                ledger.append("comment.added", "model/credit-risk", {"on": "3", "text": "Mine alone."})
        assert (ledger.head.size, ledger.store.attachments()) == (6, [])
