"""Answers to what waits: events that approve or reject."""

import json
from typing import TYPE_CHECKING

from mledger.desk.dossier import ASKED, PLANS, PROPOSED, REQUESTED
from mledger.errors import InputError
from mledger.events import base as events
from mledger.events.base import EventBody

if TYPE_CHECKING:
    from mledger.chain.history import Fact

# For each question: the field that names it, and the types of the two answers.
_ANSWERS = {
    REQUESTED: ("request", "promotion.approved", "promotion.rejected"),
    PROPOSED: ("decision", "decision.accepted", "decision.rejected"),
    ASKED: ("request", "review.submitted", "review.submitted"),
}


def answer(
    question: "Fact", reason: str | None, *, approve: bool, conditions: tuple[str, ...] = ()
) -> EventBody:
    """The event that answers a question: it says yes or no, and why.

    A plan is signed with the same words again. Errors: InputError.
    """
    if question.type in PLANS:
        return _sign_plan(question, approve=approve)
    if question.type not in _ANSWERS:
        raise InputError(
            f"event {question.number} is a {question.type}, which nobody approves or rejects",
            fix="mledger inbox",
        )
    field, yes, no = _ANSWERS[question.type]
    fields: dict[str, object] = {field: question.number}
    if question.type == ASKED:
        fields |= {"verdict": "approve" if approve else "reject", "summary": reason}
    else:
        fields |= {"reason": reason}
    if conditions:
        if not approve or question.type == ASKED:
            raise InputError("conditions are attached to an approval", fix="say them in the reason")
        fields |= {"conditions": list(conditions)}
    return events.build(yes if approve else no, fields)


def _sign_plan(question: "Fact", *, approve: bool) -> EventBody:
    """The plan itself, word for word: everybody signs the whole of it."""
    if not approve:
        raise InputError(
            f"event {question.number} is a plan: it is signed, or dissented from",
            fix=f"mledger append dissent.recorded {question.stream} --set on={question.number} --edit",
        )
    return events.build(question.type, json.loads(question.body or b"{}"))
