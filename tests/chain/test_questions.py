import pytest

from mledger.chain import questions
from mledger.chain.questions import Questions
from mledger.chain.rulebook import Answered, traits
from mledger.core.moment import Moment
from mledger.testing.simulator import Simulator

MODEL = "model/credit-risk"
ASKED = {"from_stage": "staging", "to_stage": "production", "reason": "all objectives met"}
ID = bytes(range(16))
NAME = "00010203-0405-0607-0809-0a0b0c0d0e0f"


def _question(seq):
    time = Moment("2026-01-05T09:00:00.000000Z")
    return Answered(str(seq), seq, "promotion.requested", MODEL, "ab" * 32, time)


def _nothing(reference):
    raise AssertionError(f"{reference} was looked up")


def test_a_question_is_found_by_number_and_by_id():
    """What was added is found under both its names, without asking anybody."""
    known = Questions(_nothing)
    known.add(_question(7), ID)
    assert known.find("7") == known.find(NAME) == _question(7)


def test_the_first_with_an_id_is_meant():
    """An event that brings an id a second time does not take the first one's place."""
    known = Questions(_nothing)
    known.add(_question(7), ID)
    known.add(_question(8), ID)
    assert known.find(NAME) == _question(7)


def test_what_is_not_remembered_is_asked_for():
    """A reference that was not added goes to the lookup, and its answer comes back."""
    known = Questions({"3": _question(3)}.get)
    assert known.find("3") == _question(3)
    assert known.find("4") is None


def test_memory_does_not_grow(monkeypatch):
    """Only the newest questions are remembered; older ones are asked for."""
    monkeypatch.setattr(questions, "MOST", 3)
    known = Questions(lambda _: None)
    for seq in range(10):
        known.add(_question(seq), seq.to_bytes(16))
    assert [seq for seq in range(10) if known.find(str(seq))] == [7, 8, 9]


@pytest.mark.parametrize(
    ("event", "expected"),
    [("decision.proposed", True), ("promotion.requested", True), ("run.started", False), ("no.such", False)],
)
def test_questions_are_told_by_their_type(event, expected):
    """Types that another type answers are questions; others, and unknown ones, are not."""
    assert traits(event, MODEL).question is expected


def test_an_answer_to_what_was_just_appended_opens_no_entry():
    """The writer that appended a request knows it when the approval comes, and so does the auditor."""
    sim = Simulator()
    sim.enrol("Bob Example", "reviewer")
    bob = sim.ledger("Bob Example")
    number = sim.append("promotion.requested", MODEL, ASKED | {"version": "2"}).number
    bob.append("comment.added", MODEL, {"on": number, "text": "I look at it."})
    writer = sim.ledger()._writer
    assert writer.questions._known[number].type == "promotion.requested"
    sim.append("promotion.approved", MODEL, {"request": number, "reason": "as asked"}, by="Bob Example")
    sim.check()
