"""Answers to what waits: events that approve or reject."""

import json
from typing import TYPE_CHECKING

from mledger.chain.references import check_whole
from mledger.desk.dossier import ACT, ASKED, PLANS, PROPOSED, REQUESTED
from mledger.errors import InputError
from mledger.events import base as events
from mledger.events.base import EventBody
from mledger.projections.decisions import Decision, Status

if TYPE_CHECKING:
    from mledger.chain.history import Fact
    from mledger.projections.datasets import DatasetState
    from mledger.projections.model import ModelState

# For each question: the field that names it, and the types of the two answers.
_ANSWERS = {
    REQUESTED: ("request", "promotion.approved", "promotion.rejected"),
    PROPOSED: ("decision", "decision.accepted", "decision.rejected"),
    ASKED: ("request", "review.submitted", "review.submitted"),
    ACT: ("request", "act.approved", "act.rejected"),
}
# The states of a decision that each answer fits.
FITTING: dict[str, tuple[Status, ...]] = {
    "accepted": ("proposed", "rejected"),
    "rejected": ("proposed", "in force"),
    "superseded": ("proposed", "in force", "invalidated"),
    "reaffirmed": ("in force",),
    "invalidated": ("in force",),
}
_WAYS = {
    ("accepted", "in force"): "look at it again: mledger decision reaffirm {number}",
    ("reaffirmed", "proposed"): "mledger decision accept {number}",
    ("invalidated", "proposed"): "mledger decision reject {number}",
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
        if not approve or question.type in (ASKED, ACT):
            raise InputError("conditions are attached to an approval", fix="say them in the reason")
        fields |= {"conditions": list(conditions)}
    return events.build(yes if approve else no, fields)


def check_fits(state: "ModelState | DatasetState", number: str, verdict: str) -> None:
    """Nothing, if a decision may be answered so as it stands.

    Errors: InputError with the way out.
    """
    found = state.decisions.proposals.get(number)
    if found is None:
        message = f"decision {number} does not count: it cannot be read, or was recorded against the rules"
        raise InputError(message, fix=f"mledger show {number}")
    if found.status not in FITTING[verdict]:
        fix = _WAYS.get((verdict, found.status), "mledger decision show {number}").format(number=number)
        raise InputError(f"decision {number} is {found.status}, and cannot be {verdict}", fix=fix)
    if verdict == "accepted":
        check_whole(number, found.open)


def check_succeeds(other: Decision, by: str, number: str) -> None:
    """Nothing, if decision `by` may take the place of another. Errors: InputError with the way out."""
    if by == number:
        raise InputError(f"decision {by} cannot take its own place", fix="name the other one with --by")
    if other.status != "in force":
        verb, yet = ("accept", " yet") if other.status == "proposed" else ("show", "")
        raise InputError(
            f"decision {by} is {other.status}, and cannot take the place of another{yet}",
            fix=f"mledger decision {verb} {by}",
        )


def _sign_plan(question: "Fact", *, approve: bool) -> EventBody:
    """The plan itself, word for word: everybody signs the whole of it."""
    if not approve:
        raise InputError(
            f"event {question.number} is a plan: it is signed, or dissented from",
            fix=f"mledger dissent {question.number} TEXT",
        )
    return events.build(question.type, json.loads(question.body or b"{}"))
