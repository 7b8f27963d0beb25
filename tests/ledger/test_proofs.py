"""Checkpoints, receipts and proofs of consistency, from the ledger to whoever checks them."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.chain.entry import Entry
from mledger.chain.seal import open_entry
from mledger.core import merkle
from mledger.core.merkle import Frontier
from mledger.core.note import NoteKey, format_vkey
from mledger.core.proof import TlogProof, format_proof, parse_proof
from mledger.errors import (
    DeniedError,
    FormatError,
    InputError,
    MledgerError,
    NotFoundError,
    ProofError,
    StoreError,
)
from mledger.ledger import Ledger
from mledger.receipt import check_checkpoint, check_extension, check_receipt
from mledger.stores.sqlite import SqliteStore
from mledger.testing.simulator import Simulator, signer_of
from tests.ledger.company import ALICE, CAROL, MODEL, Company, comments

SIZE = 45


class Proven:
    """A ledger in memory of `SIZE` entries, with a checkpoint of each size."""

    def __init__(self) -> None:
        """Grow it entry by entry."""
        self.sim = Simulator()
        self.owner = self.sim.ledger()
        self.notes = [self.owner.checkpoint()]
        for number in range(SIZE - 1):
            self.owner.append_all(comments(*(f"remark {number}.{n}" for n in range(1 + number % 3))))
            self.notes.append(self.owner.checkpoint())
        self.vkey = self.owner.vkey_text

    def key(self) -> NoteKey:
        """The key that signs the checkpoints."""
        return self.owner.vkey


@pytest.fixture(scope="module")
def proven() -> Iterator[Proven]:
    """One for all tests here: they only read it."""
    return Proven()


def test_a_checkpoint_says_what_is_there(company: Company) -> None:
    """A checkpoint vouches for origin, size and root, is kept, and is the same until something is new."""
    with company.open(ALICE) as ledger:
        note = ledger.checkpoint()
        checkpoint = check_checkpoint(note, ledger.vkey)
        assert (checkpoint.origin, checkpoint.size) == (ledger.origin, 4)
        assert checkpoint.root == merkle.root(ledger.store, 4)
        assert ledger.checkpoint() == note
        ledger.append("comment.added", MODEL, {"on": "3", "text": "New."})
        newer = ledger.checkpoint()
        assert [kept for _, kept in ledger.checkpoints()] == [note, newer]


def test_only_the_first_key_signs_checkpoints(company: Company) -> None:
    """Whoever else asks for a checkpoint is told whose key it takes."""
    with company.open(CAROL) as ledger, pytest.raises(DeniedError, match=ALICE) as caught:
        ledger.checkpoint()
    assert caught.value.fix


def test_every_event_has_a_receipt_that_checks(proven: Proven) -> None:
    """A receipt of each event holds against the verifier key alone, and says what was signed."""
    reader = proven.sim.reader()
    for fact in reader.facts():
        checked = check_receipt(reader.prove(fact.number), proven.vkey)
        assert checked.seq == fact.seq
        assert checked.statement == open_entry(reader.entry(fact.seq))[0]
        assert checked.checkpoint.size == SIZE


def test_every_receipt_holds_against_every_checkpoint(proven: Proven) -> None:
    """An entry is proven in every tree that holds it, with the envelope that was signed."""
    for seq in range(SIZE):
        extra = proven.owner.envelope(_any(proven, seq))
        assert parse_proof(proven.owner.prove(_any(proven, seq))).extra == extra
        for size in range(seq + 1, SIZE + 1):
            hashes = merkle.inclusion_proof(proven.sim.store, seq, size)
            receipt = format_proof(TlogProof(seq, tuple(hashes), proven.notes[size - 1], extra))
            assert check_receipt(receipt, proven.vkey).checkpoint.size == size


def _any(proven: Proven, seq: int) -> str:
    """The number of some event of an entry."""
    places = len(proven.owner.entry(seq).slots)
    return str(seq) if places == 1 else f"{seq}.{places}"


@given(data=st.data())
def test_a_receipt_with_a_flipped_bit_is_refused(proven: Proven, data: st.DataObject) -> None:
    """No bit of a receipt can be flipped without it failing, with an error of ours."""
    seq = data.draw(st.integers(0, SIZE - 1))
    receipt = proven.owner.prove(_any(proven, seq))
    place = data.draw(st.integers(0, len(receipt) - 1))
    spoiled = bytearray(receipt)
    spoiled[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((FormatError, ProofError)):
        check_receipt(bytes(spoiled), proven.vkey)


@given(data=st.data())
def test_a_receipt_is_refused_under_another_key(proven: Proven, data: st.DataObject) -> None:
    """A receipt proves nothing to whoever trusts another key or another origin."""
    receipt = proven.owner.prove(_any(proven, data.draw(st.integers(0, SIZE - 1))))
    origin = data.draw(st.sampled_from([proven.owner.origin, "acme.example/fraud"]))
    name = data.draw(st.sampled_from(["Mallory Example", "Bob Example"]))
    with pytest.raises(ProofError):
        check_receipt(receipt, format_vkey(origin, signer_of(name).public))


def test_what_no_checkpoint_covers_has_no_receipt(company: Company) -> None:
    """A receipt is given only against a checkpoint that covers the entry; the error says how to get one."""
    with company.open(ALICE) as ledger:
        with pytest.raises(NotFoundError) as caught:
            ledger.prove("3")
        assert caught.value.fix == "mledger checkpoint"
        ledger.checkpoint()
        ledger.append("comment.added", MODEL, {"on": "3", "text": "New."})
        assert check_receipt(ledger.prove("3"), ledger.vkey_text).seq == 3
        with pytest.raises(NotFoundError, match="no checkpoint covers entry 4"):
            ledger.prove("4")


@given(sizes=st.tuples(st.integers(1, SIZE), st.integers(1, SIZE)).map(sorted))
def test_any_checkpoint_extends_any_earlier_one(proven: Proven, sizes: list[int]) -> None:
    """The proof between two sizes holds between their checkpoints, and with no hash left out or changed."""
    old, new = (check_checkpoint(proven.notes[size - 1], proven.key()) for size in sizes)
    proof = proven.owner.consistency(*sizes)
    check_extension(old, new, proof)
    if proof:
        with pytest.raises(ProofError):
            check_extension(old, new, proof[:-1])
        with pytest.raises(ProofError):
            check_extension(old, new, [bytes(32), *proof[1:]])
    if old.size < new.size:
        with pytest.raises(ProofError):
            check_extension(old._replace(root=bytes(32)), new, proof)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (5, 99)])
def test_no_proof_leads_out_of_the_ledger(old: int, new: int, proven: Proven) -> None:
    """From nothing, backwards or beyond the end there is no proof, and an error of ours says so."""
    with pytest.raises(MledgerError):
        proven.owner.consistency(old, new)


def test_a_checkpoint_of_each_size_has_the_root_of_its_leaves(proven: Proven) -> None:
    """Each checkpoint's root is that of a tree grown from the entries, one by one."""
    frontier = Frontier()
    for entry, note in zip(proven.sim.store.entries(), proven.notes, strict=True):
        frontier.append(entry.leaf)
        checkpoint = check_checkpoint(note, proven.key())
        assert (checkpoint.size, checkpoint.root) == (frontier.size, frontier.root())


@pytest.mark.parametrize("reference", ["45", "2.9", "-1", "one", "01935f6e-0000-7000-8000-000000000000"])
def test_what_is_not_there_is_not_found(reference: str, proven: Proven) -> None:
    """An event that does not exist has neither fact nor receipt, and the error is one line."""
    for ask in (proven.owner.fact, proven.owner.prove):
        with pytest.raises((NotFoundError, InputError, FormatError)) as caught:
            ask(reference)
        assert "\n" not in caught.value.message


def test_only_the_newest_checkpoint_is_asked(company: Company) -> None:
    """What is none, of however many entries, is for a verification to find: a receipt needs one alone."""
    with company.open(ALICE) as ledger:
        note = ledger.checkpoint()
        for size in (1, 99):
            ledger.store.keep_checkpoint(size, b"no checkpoint\n")
        ledger.store.keep_checkpoint(98, note)
        assert ledger.newest_checkpoint()[1] == ledger.checkpoint() == note
        check_receipt(ledger.prove("3"), ledger.vkey_text)
        found = [finding.rule for finding in ledger.verify(full=True).findings]
        assert found == ["checkpoint.bad", "column.copy", "checkpoint.bad"]


class _Failing(SqliteStore):
    """A store whose disk fails where one entry stands."""

    bad: int | None = None

    def entries(self, start: int = 0, stop: int | None = None, **how: bool) -> Iterator[Entry]:
        if start == self.bad:
            raise StoreError("the disk failed", fix="look at the system's log")
        yield from super().entries(start, stop, **how)


def test_a_disk_that_fails_is_told_as_such(company: Company) -> None:
    """What nobody can read is not said to be missing."""
    with Ledger(_Failing(company.path), signer_of(ALICE), clock=company.clock) as ledger:
        ledger.store.bad = 3
        with pytest.raises(StoreError, match="the disk failed"):
            ledger.answered("3")
        ledger.store.bad = None
        assert ledger.answered("3").stream == MODEL
        assert ledger.answered("99") is None
