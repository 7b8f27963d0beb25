"""Several who append at once: threads of one ledger, ledgers of one file."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mledger.batch import Ticket
from mledger.chain.draft import new_ids
from mledger.chain.entry import Entry
from mledger.core.merkle import Node
from mledger.errors import ConflictError, DeniedError, InputError, MledgerError, StoreError
from mledger.events import base as events
from mledger.heads import Heads, Memory
from mledger.ledger import Ledger, What
from mledger.reader import Reader
from mledger.stores.sqlite import SqliteStore
from mledger.testing.simulator import signer_of
from mledger.writing import Receipt
from tests.ledger.company import ALICE, BOB, CAROL, FIELDS, MODEL, Company, comments

THREADS = 16
EACH = 8


class SlowDisk(SqliteStore):
    """A store whose every append takes a while, as on a disk that syncs slowly; it counts them.

    `before` is called with the number of each append, before it is made.
    """

    def append(self, entries: Sequence[Entry], nodes: Sequence[Node], **how: object) -> None:
        """Wait, then append."""
        self.appends = getattr(self, "appends", 0) + 1
        self.before(self.appends)
        time.sleep(0.005)
        super().append(entries, nodes, **how)

    before: Callable[[int], None] = staticmethod(lambda _: None)


def slow(company: Company) -> tuple[Ledger, SlowDisk]:
    """The ledger opened by Carol on a slow disk."""
    store = SlowDisk(company.path)
    return Ledger(store, signer_of(CAROL), clock=company.clock), store


def test_those_who_wait_are_written_together(company: Company) -> None:
    """16 threads share transactions, and each gets the receipts of what it recorded, in its order."""
    ledger, store = slow(company)

    def work(number: int) -> list[Receipt]:
        texts = [f"thread {number}, remark {place}" for place in range(EACH)]
        return [ledger.append("comment.added", MODEL, {"on": "3", "text": text}) for text in texts]

    with ThreadPoolExecutor(THREADS) as pool:
        made = list(pool.map(work, range(THREADS)))
    assert store.appends <= THREADS * EACH / 2
    for number, receipts in enumerate(made):
        facts = [ledger.fact(receipt.number) for receipt in receipts]
        assert [getattr(fact.data, "text", None) for fact in facts] == [
            f"thread {number}, remark {place}" for place in range(EACH)
        ]
        assert [ledger.entry(fact.seq).leaf.hex() for fact in facts] == [r.leaf for r in receipts]
        assert [fact.seq for fact in facts] == sorted(fact.seq for fact in facts)
    assert len({receipt.number for receipts in made for receipt in receipts}) == THREADS * EACH
    assert ledger.verify(full=True).findings == []
    ledger.close()


def test_what_is_refused_to_one_does_not_stop_the_others(company: Company) -> None:
    """Among events that wait together, the bad ones are refused each with its own reason."""
    ledger, _ = slow(company)

    def work(number: int) -> Receipt | MledgerError:
        fields = {"on": "3", "text": f"remark {number}"}
        try:
            match number % 3:
                case 0:
                    return ledger.append("comment.added", MODEL, fields)
                case 1:
                    return ledger.append("comment.added", "no stream", fields)
                case _:
                    return ledger.append("decision.accepted", MODEL, {"decision": "3"})
        except MledgerError as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(work, range(3 * THREADS)))
    assert all(isinstance(receipt, Receipt) for receipt in found[::3])
    assert all(type(error) is InputError for error in found[1::3])
    assert all(type(error) is DeniedError for error in found[2::3])
    assert ledger.head.size == 4 + THREADS
    ledger.close()


def test_an_id_that_many_bring_at_once_is_recorded_once(company: Company) -> None:
    """Threads that record the same event under the same id all get the one receipt."""
    ledger, _ = slow(company)
    (item,) = (What(*what[:3], new_ids(1, bytes(10), 1)[0]) for what in comments("Only once."))
    with ThreadPoolExecutor(THREADS) as pool:
        made = list(pool.map(lambda _: ledger.append_all([item])[0], range(THREADS)))
    assert ledger.head.size == 5
    assert sum(receipt.recorded for receipt in made) == 1
    assert {receipt._replace(recorded=True) for receipt in made} == {ledger_receipt(made)}
    ledger.close()


def ledger_receipt(made: list[Receipt]) -> Receipt:
    """The receipt of the thread that recorded it."""
    (found,) = [receipt for receipt in made if receipt.recorded]
    return found


def test_a_failure_is_told_to_those_whom_it_hit(company: Company) -> None:
    """If the disk fails between two writes, those of the first have their receipts, the others the error."""
    ledger, store = slow(company)
    held, queued = threading.Event(), threading.Barrier(3)
    (item,) = (What(*what[:3], new_ids(1, bytes(10), 1)[0]) for what in comments("Only once."))

    def before(number: int) -> None:
        if number == 1:  # until the two twins wait in the queue
            held.wait(60)
        if number == 3:
            raise StoreError("the disk failed", fix="buy another")

    store.before = before  # type: ignore[method-assign]
    other = What(events.build("comment.added", {"on": "3", "text": "Something else."}), MODEL)

    def twin(what: What) -> Receipt | MledgerError:
        queued.wait(60)
        try:
            return ledger.append_all([item, what])[0]
        except MledgerError as error:
            return error

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(ledger.append_all, comments("The first."))
        while not getattr(store, "appends", 0):
            time.sleep(0.001)
        twins = [pool.submit(twin, what) for what in (other, other)]
        queued.wait(60)
        while len(ledger._together) < 2:
            time.sleep(0.001)
        held.set()
        found = sorted((future.result() for future in twins), key=lambda one: isinstance(one, MledgerError))
    assert first.result()[0].number == "4"
    assert isinstance(found[0], Receipt)
    assert isinstance(found[1], StoreError)
    assert ledger.head.size == 6
    ledger.close()


# --- two ledgers on one file


def test_two_who_take_turns_make_one_chain(company: Company) -> None:
    """Two ledgers opened on one file append in turn, and the ledger is one."""
    with company.open(BOB) as bob, company.open(CAROL) as carol:
        numbers = [
            ledger.append("comment.added", MODEL, {"on": "3", "text": "My turn."}).number
            for _ in range(10)
            for ledger in (bob, carol)
        ]
    assert numbers == [str(seq) for seq in range(4, 24)]
    with company.reader() as reader:
        assert reader.verify(full=True).findings == []


def test_two_who_append_at_once_lose_nothing(company: Company) -> None:
    """Two ledgers that append at the same moment try again until both have recorded everything."""

    def work(name: str) -> list[Receipt]:
        with company.open(name) as ledger:
            return [
                ledger.append("comment.added", MODEL, {"on": "3", "text": f"{name} {n}"}) for n in range(25)
            ]

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(work, (BOB, CAROL)))
    with company.reader() as reader:
        assert reader.head.size == 54
        assert reader.verify(full=True).findings == []
        for receipts in made:
            assert [reader.fact(receipt.number).signer for receipt in receipts] == [receipts[0].signer] * 25


def test_a_key_revoked_by_one_is_refused_by_the_other(company: Company) -> None:
    """The rules are asked at the true end: a key is silent from the moment of its revocation on."""
    with company.open(ALICE) as alice, company.open(BOB) as bob:
        bob.append("comment.added", MODEL, {"on": "3", "text": "Still here."})
        alice.append("key.revoked", "ledger", {"key": signer_of(BOB).key_id, "reason": "Left."})
        with pytest.raises(DeniedError, match="was revoked by entry 5"):
            bob.append("comment.added", MODEL, {"on": "3", "text": "Still here?"})
        assert alice.head.size == 6


def test_a_role_granted_by_one_is_known_to_the_other(company: Company) -> None:
    """What somebody may record changes while they have the ledger open."""
    role = {"key": signer_of(BOB).key_id, "role": "engineer", "reason": "Builds as well."}
    with company.open(ALICE) as alice, company.open(BOB) as bob:
        with pytest.raises(DeniedError):
            bob.append("model.registered", "model/fraud", FIELDS)
        alice.append("role.granted", "ledger", role)
        assert bob.append("model.registered", "model/fraud", FIELDS).number == "5"
        alice.append("role.revoked", "ledger", role)
        with pytest.raises(DeniedError):
            bob.append("model.registered", "model/churn", FIELDS)


def test_an_answer_sees_what_was_asked_meanwhile(company: Company) -> None:
    """A request that another ledger records can be answered at once, and under four eyes."""
    asked = {"version": "1.0", "from_stage": "staging", "to_stage": "production", "reason": "Better."}
    with company.open(CAROL) as carol, company.open(BOB) as bob, company.open(ALICE) as alice:
        number = carol.append("promotion.requested", MODEL, asked).number
        own = alice.append("promotion.requested", MODEL, asked).number
        with pytest.raises(DeniedError, match="cannot answer it"):
            alice.append("promotion.approved", MODEL, {"request": own, "reason": "Yes."})
        bob.append("promotion.approved", MODEL, {"request": number, "reason": "Yes."})
    with company.reader() as reader:
        assert reader.verify(full=True).findings == []


def test_an_id_recorded_by_one_is_known_to_the_other(company: Company) -> None:
    """The same event under the same id is recorded once, whichever ledger brings it."""
    (item,) = (What(*what[:3], new_ids(1, bytes(10), 1)[0]) for what in comments("Once."))
    with company.open(BOB) as bob, company.open(CAROL) as carol:
        (first,) = carol.append_all([item])
        assert bob.append_all([item]) == [first._replace(recorded=False)]
        assert bob.head.size == 5


# --- the memory of heads, while others append


class Interrupted(Heads):
    """A memory that somebody else adds to when it is about to be asked for the first time."""

    def __init__(self, between: Callable[[], object]) -> None:
        """Call `between` before the first question."""
        super().__init__()
        self.between = [between]

    def recall(self, genesis: bytes) -> Memory | None:
        """Be interrupted, then answer."""
        while self.between:
            self.between.pop()()
        return super().recall(genesis)

    def recall_path(self, path: str | Path) -> Memory | None:
        """Be interrupted, then answer."""
        while self.between:
            self.between.pop()()
        return super().recall_path(path)


def test_who_opens_while_others_append_is_not_told_of_a_rollback(company: Company) -> None:
    """What another process appends and remembers while a ledger is opened is no entry that went missing."""
    heads = Interrupted(lambda: company.say("Meanwhile.", BOB))
    with Ledger.open(company.path, heads=heads, clock=company.clock, key=signer_of(CAROL)) as ledger:
        assert ledger.append("comment.added", MODEL, {"on": "3", "text": "At last."}).recorded
    with company.reader() as reader:
        assert reader.verify(full=True).findings == []


def test_who_verifies_while_others_append_finds_nothing_wrong(company: Company) -> None:
    """Neither an entry nor a checkpoint that comes in during a verification is a finding."""

    def meanwhile() -> None:
        with company.open(ALICE) as ledger:
            ledger.append("comment.added", MODEL, {"on": "3", "text": "Meanwhile."})
            ledger.checkpoint()

    for full in (False, True):
        with Reader.open(company.path, heads=Interrupted(meanwhile), clock=company.clock) as reader:
            assert reader.verify(full=full).findings == []


def test_everybody_at_once(company: Company) -> None:
    """While people open, append, close and sign checkpoints, every verification in between is clean."""

    def talk(name: str) -> int:
        return sum(company.say(f"{name} {n}", name).recorded for n in range(12))

    def sign(_: str) -> int:
        for _ in range(12):
            with company.open(ALICE) as ledger:
                ledger.checkpoint()
        return 0

    def verify(_: str) -> int:
        for _ in range(12):
            with company.reader() as reader:
                assert reader.verify().findings == []
        return 0

    with ThreadPoolExecutor(5) as pool:
        work = [(talk, BOB), (talk, CAROL), (talk, BOB), (sign, ALICE), (verify, "")]
        done = [pool.submit(do, name) for do, name in work]
        assert sum(future.result() for future in done) == 36
    with company.reader() as reader:
        assert reader.head.size == 40
        assert reader.verify(full=True).findings == []


def test_whose_writer_is_interrupted_is_told(company: Company) -> None:
    """If Ctrl-C hits the thread that leads before it writes, those it led are told, and none is recorded."""
    ledger, _ = slow(company)
    work, held = ledger._together._work, threading.Event()

    def interrupted(tickets: list[Ticket]) -> None:
        if len(tickets) == 2:
            raise KeyboardInterrupt
        held.wait(60)
        work(tickets)

    ledger._together._work = interrupted
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(ledger.append_all, comments("The first."))
        while not ledger._together._led or len(ledger._together):
            time.sleep(0.001)
        others = [pool.submit(ledger.append_all, comments(text)) for text in ("Second.", "Third.")]
        while len(ledger._together) < 2:
            time.sleep(0.001)
        held.set()
        told = {type(future.exception()) for future in others}
    assert (told, len(first.result())) == ({KeyboardInterrupt, ConflictError}, 1)
    assert ledger.head.size == 5
    ledger.close()
