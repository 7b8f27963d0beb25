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
    from mledger.chain.docket import Docket
    from mledger.desk.dossier import ACT, REQUESTED

    if question.type == ACT:
        return _agreement(reader, question.number)
    if question.type != REQUESTED:
        return None
    size = reader.head.size
    docket, keyring = Docket(reader.recall()), reader.keyring()
    found = docket.asked(question.number, size)
    standings = docket.standing(keyring, found, size) if found is not None else []
    lacks = [f"{n} by {role}" for standing in standings for role, n in standing.missing.items()]
    if lacks:
        return f"still missing: {', '.join(lacks)}"
    return f"next: mledger promotion execute {question.number}"


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
