"""Every type that answers another: what it answers must be there, of its type, on its stream."""

from typing import Any

import pytest

from mledger.errors import DeniedError, InputError
from mledger.events import base as events
from mledger.events import forms
from mledger.events.links import links
from mledger.testing.simulator import Simulator

ANSWERS = [cls for cls in events.all() if cls.answers is not None]
PAIRS = [
    pytest.param(cls, wanted, id=f"{cls.type}-{wanted}") for cls in ANSWERS for wanted in cls.answers[1:]
]


def _stream(*classes: Any) -> str:
    """A stream on which all of the types may stand."""
    kinds = [set(cls.kinds) for cls in classes if "*" not in cls.kinds]
    return f"{min(set.intersection(*kinds)) if kinds else 'model'}/m"


def _fields(sim: Simulator, cls: type[events.EventBody], stream: str) -> dict[str, Any]:
    """The example of a type, which names events that are there; what it answers aside."""
    fields = forms.example(cls, optional=False)
    for link in links(events.build(cls.type, fields)):
        if cls.answers is None or link.path != cls.answers[0]:
            wanted = link.types[0] if link.types else "comment.added"
            other = {"on": "0", "text": "Hello."} if wanted == "comment.added" else None
            fields[link.path] = sim.append(
                wanted, stream, other or _fields(sim, events.find(wanted), stream)
            ).number
    return fields


def _told(sim: Simulator, wanted: str, stream: str) -> str:
    """Record the example of a type, and of what it answers itself; its number."""
    cls = events.find(wanted)
    fields = _fields(sim, cls, stream)
    if cls.answers is not None:
        fields[cls.answers[0]] = _told(sim, cls.answers[1], stream)
    return sim.append(wanted, stream, fields).number


@pytest.mark.parametrize(("cls", "wanted"), PAIRS)
def test_an_answer_finds_what_it_answers(cls: type[events.EventBody], wanted: str) -> None:
    """An answer by somebody else to an event of the same stream that it may answer is accepted."""
    sim = Simulator()
    sim.enrol("Bob Example", "owner")
    stream = _stream(cls, events.find(wanted))
    fields = _fields(sim, cls, stream) | {cls.answers[0]: _told(sim, wanted, stream)}
    sim.append(cls.type, stream, fields, by="Bob Example")
    sim.check()


@pytest.mark.parametrize("cls", ANSWERS, ids=[cls.type for cls in ANSWERS])
def test_an_answer_to_something_else_is_refused(cls: type[events.EventBody]) -> None:
    """An event of another type, one that is not there, and one of another stream cannot be answered."""
    sim = Simulator()
    field, *wanted = cls.answers
    stream = _stream(cls, events.find(wanted[0]))
    fields = _fields(sim, cls, stream)
    comment = sim.append("comment.added", stream, {"on": "0", "text": "Hello."}).number
    elsewhere = _told(sim, wanted[0], stream.replace("/m", "/n"))
    for number, says in [(comment, "must answer a "), ("99", "not there"), (elsewhere, "of that stream")]:
        with pytest.raises(InputError, match=says):
            sim.append(cls.type, stream, fields | {field: number})


def test_a_review_is_answered_by_somebody_else() -> None:
    """By the default policy nobody reviews what they asked to be reviewed."""
    sim = Simulator()
    number = _told(sim, "review.requested", "model/m")
    fields = _fields(sim, events.find("review.submitted"), "model/m") | {"request": number}
    with pytest.raises(DeniedError, match="cannot answer it"):
        sim.append("review.submitted", "model/m", fields)


def test_each_signatory_signs_the_plan() -> None:
    """N people sign one plan by recording the same body; an amendment names any of these events."""
    sim = Simulator()
    sim.enrol("Bob Example", "reviewer")
    sim.enrol("Carol Example", "engineer")
    plan = forms.example(events.find("plan.agreed"), optional=False)
    people = ["Alice Example", "Bob Example", "Carol Example"]
    numbers = [sim.append("plan.agreed", "model/m", plan, by=person).number for person in people]
    facts = [sim.reader().fact(number) for number in numbers]
    assert len({fact.body for fact in facts}) == 1
    assert [(fact.signer, fact.meaning) for fact in facts] == [(person, "approval") for person in people]
    amended = plan | {"plan": numbers[1], "reason": "October came late.", "title": "Another"}
    first = sim.append("plan.amended", "model/m", amended, by="Bob Example").number
    sim.append("plan.amended", "model/m", amended | {"plan": first}, by="Carol Example")
    sim.check()
