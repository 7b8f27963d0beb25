"""How commands answer what was asked for."""

import sys
from typing import TYPE_CHECKING

import click

from mledger.errors import InputError
from mledger_cli import opening
from mledger_cli.commands.append import tell
from mledger_cli.context import Settings
from mledger_cli.params import KEY

if TYPE_CHECKING:
    from mledger.chain.history import Fact
    from mledger.events.base import EventBody
    from mledger.reader import Reader

REASON = click.option("--reason", metavar="TEXT", help="What convinced you, or what did not.")
AS = click.option(
    "--as", "key", type=KEY, metavar="KEY", help="Sign with this key; else $MLEDGER_KEY, or your only one."
)


def sign(
    settings: Settings,
    event: str,
    reason: str | None,
    key: str | None,
    *,
    approve: bool,
    conditions: tuple[str, ...] = (),
) -> None:
    """Record an answer; it is checked before a passphrase is asked for."""
    with opening.reader(settings) as reader:
        question = asked(reader, event)
        check_fits(reader, question, approve=approve)
    body = body_of(question, reason, approve=approve, conditions=conditions)
    with opening.ledger(settings, key) as ledger:
        if approve:
            check_new(ledger, question, ledger.signer.key_id)
        receipt = ledger.append(body, question.stream)
        more = outlook(ledger, question) if approve else None
    tell(settings, receipt)
    if more:
        settings.out.note(more)


def asked(reader: "Reader", event: str) -> "Fact":
    """The question with that number. Errors: InputError if it is an answer, or none of both."""
    from mledger.desk.dossier import question_of

    question, given = question_of(reader, event)
    if given is not None:
        raise InputError(
            f"event {given.number} is an answer itself, to event {question.number}",
            fix=f"mledger review {question.number}",
        )
    return question


def check_fits(reader: "Reader", question: "Fact", *, approve: bool) -> None:
    """Nothing, if the question may be answered so; the same as `mledger decision`. Errors: InputError."""
    from mledger.desk import answering
    from mledger.desk.dossier import PROPOSED

    if question.type == PROPOSED:
        state = reader.replay(question.stream).state
        answering.check_fits(state, question.number, "accepted" if approve else "rejected")


def check_new(reader: "Reader", question: "Fact", key: str) -> None:
    """Nothing, unless an approval by whoever holds the key counts already. Errors: InputError."""
    from mledger.chain.docket import Docket
    from mledger.desk.dossier import REQUESTED

    keyring, size, docket = reader.keyring(), reader.head.size, Docket(reader.recall())
    member = keyring.members.get(key)
    asked = docket.asked(question.number, size) if question.type == REQUESTED else None
    if member is None or asked is None:
        return
    standings = docket.standing(keyring, asked, size)
    counted = [one for standing in standings for one in standing.counted] if standings else asked.approvals
    own = [one.number for one in counted if one.person == member.person]
    if own:
        raise InputError(
            f"you approved request {question.number} already, event {own[0]}",
            fix=_way_on(reader, question),
        )


def _way_on(reader: "Reader", question: "Fact") -> str:
    """How a request goes on that somebody has approved: others approve, it is moved, or it was."""
    if _lacks(reader, question):
        return f"somebody else approves: mledger approve {question.number} --reason TEXT --as KEY"
    moved = _moved(reader, question)
    if moved is not None and moved[1]:
        return f"mledger show {moved[0]}"
    return f"mledger promotion execute {question.number}"


def body_of(
    question: "Fact", reason: str | None, *, approve: bool, conditions: tuple[str, ...] = ()
) -> "EventBody":
    """The event that answers; without a reason there is none."""
    from mledger.desk.answering import answer
    from mledger.desk.dossier import PLANS

    if not reason and question.type not in PLANS:
        verb = "approve" if approve else "reject"
        raise InputError(
            f"an answer to event {question.number} needs a reason",
            fix=f"mledger {verb} {question.number} --reason TEXT",
        )
    return answer(question, reason, approve=approve, conditions=conditions)


def outlook(reader: "Reader", question: "Fact") -> str | None:
    """What is still missing of a request, or how it goes on; None where nothing is counted."""
    from mledger.desk.dossier import ACT, REQUESTED

    if question.type == ACT:
        return _agreement(reader, question.number)
    if question.type != REQUESTED:
        return None
    if lacks := _lacks(reader, question):
        return f"still missing: {', '.join(lacks)}"
    following = f"mledger promotion execute {question.number}"
    moved = _moved(reader, question)
    if moved is None:
        return f"next: {following}"
    number, approved = moved
    if approved:
        return f"event {number} moved it already, on the approvals before it: nothing is left to do"
    return f"event {number} moved it without an approval: to move it again, on this one: {following}"


def _lacks(reader: "Reader", question: "Fact") -> list[str]:
    """The approvals that a request still needs, in words."""
    from mledger.chain.docket import Docket

    size = reader.head.size
    docket, keyring = Docket(reader.recall()), reader.keyring()
    found = docket.asked(question.number, size)
    standings = docket.standing(keyring, found, size) if found is not None else []
    return [f"{n} by {role}" for standing in standings for role, n in standing.missing.items()]


def _moved(reader: "Reader", question: "Fact") -> tuple[str, bool] | None:
    """The event that carried a request out, and whether somebody had approved it by then."""
    from mledger.projections.model import ModelState

    state = reader.replay(question.stream).state
    found = state.stages.requests.get(question.number) if isinstance(state, ModelState) else None
    if found is None or found.moved is None:
        return None
    return found.moved.number, bool(found.standing(found.moved.number))


def _agreement(reader: "Reader", number: str) -> str | None:
    """What an act still lacks, or how it is done."""
    from mledger.chain import grave
    from mledger.chain.agreeing import counts

    keyring = reader.keyring()
    asked = keyring.requests.get(number)
    if asked is None or not grave.rules_of(keyring, asked.type):
        return None
    if lacks := grave.lacking(keyring, asked):
        return f"still missing: {counts(lacks)}"
    return f"next: mledger execute {number}"


def is_attended() -> bool:
    """Whether somebody sits at a terminal who reads and types."""
    from mledger_cli.screen import is_terminal

    return is_terminal(sys.stdin) and is_terminal(sys.stdout)
