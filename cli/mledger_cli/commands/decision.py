"""mledger decision: answer a decision, or read one."""

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from mledger.errors import InputError
from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Group
from mledger_cli.params import EVENT_NUMBER, KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from mledger.projections.decisions import Decision
    from mledger.reader import Reader


@click.group("decision", cls=Group)
def command() -> None:
    """Accept, reject or end a decision, or read one.

    An answer stands beside the decision for ever; the last one is its state. Which role may answer
    says the policy; by the usual one nobody accepts what they proposed.
    """


def _answer(name: str) -> "Callable[[Callable[..., None]], click.Command]":
    """A decorator for a command that answers a decision."""

    def make(function: "Callable[..., None]") -> click.Command:
        function = click.option("--as", "key", type=KEY, metavar="KEY", help="Sign with this key.")(function)
        function = click.option(
            "--set", "sets", metavar="FIELD=VALUE", multiple=True, help="Set another field of the event."
        )(function)
        function = click.option("--reason", metavar="TEXT", help="Why; asked for if it is left out.")(
            function
        )
        function = click.argument("decision", type=EVENT_NUMBER)(pass_settings(function))
        return command.command(name)(function)

    return make


@_answer("accept")
@click.option("--condition", "conditions", metavar="TEXT", multiple=True, help="What you attach to it.")
def accept(settings: Settings, decision: str, conditions: tuple[str, ...], **how: Any) -> None:
    """Let a proposed decision hold from now on.

    DECISION is its number; you sign as approval. One that leaves fields open is completed first.
    """
    fields = {"conditions": list(conditions)} if conditions else {}
    _record(
        settings,
        _Verb("accepted", "in force", optional=True),
        decision,
        fields,
        how,
    )


@_answer("reject")
def reject(settings: Settings, decision: str, **how: Any) -> None:
    """Say that it will not be carried out.

    DECISION is its number; you sign as rejection. The reason says what is missing, or what
    would have to be shown.
    """
    _record(settings, _Verb("rejected", "rejected"), decision, {}, how)


@_answer("supersede")
@click.option(
    "--by", type=EVENT_NUMBER, required=True, metavar="N", help="The decision that takes its place."
)
def supersede(settings: Settings, decision: str, by: str, **how: Any) -> None:
    """Let a later decision take its place.

    DECISION is the number of the earlier one, which stays readable; the later one is in force.
    """
    verb = _Verb("superseded", "superseded")
    _record(settings, verb, decision, {"by": by}, how)


@_answer("reaffirm")
@click.option("--checked", metavar="TEXT", multiple=True, help="What you have looked at again.")
@click.option("--review-by", metavar="DAY", help="When it is looked at next.")
def reaffirm(
    settings: Settings, decision: str, checked: tuple[str, ...], review_by: str | None, **how: Any
) -> None:
    """Say that it was looked at and still holds.

    DECISION is the number of one that is in force; you sign as review.
    """
    fields = {"checked": list(checked), "review_by": review_by}
    given = {name: value for name, value in fields.items() if value}
    _record(settings, _Verb("reaffirmed", "in force"), decision, given, how)


@_answer("invalidate")
@click.option("--until-then", metavar="TEXT", help="What holds until there is a new decision.")
def invalidate(settings: Settings, decision: str, until_then: str | None, **how: Any) -> None:
    """Say that it does not hold any more.

    DECISION is the number of one that is in force, and nothing has taken its place yet. The reason
    says what was observed.
    """
    fields = {"until_then": until_then} if until_then else {}
    _record(settings, _Verb("invalidated", "invalidated"), decision, fields, how)


@command.command("show")
@click.argument("decision", type=EVENT_NUMBER)
@pass_settings
def show(settings: Settings, decision: str) -> None:
    """Tell a decision from beginning to end.

    DECISION is its number: the summary first, then the options, the story, the people.
    """
    from mledger.reports.decision import page
    from mledger_cli import screen
    from mledger_cli.rendering_document import document_lines

    with opening.reader(settings) as reader:
        stream, number, _ = _found(reader, decision)
        document = page(stream, reader.history().of(stream).facts(), number)
    if settings.json:
        settings.out.json(document)
    else:
        settings.out.raw("\n".join(document_lines(document, screen.width() or 100)) + "\n")


class _Verb(NamedTuple):
    """One kind of answer: its name, and the state that it leads to."""

    name: str
    state: str
    optional: bool = False

    @property
    def type(self) -> str:
        """The type of the event."""
        return f"decision.{self.name}"


def _record(
    settings: Settings, verb: _Verb, number: str, fields: dict[str, Any], how: dict[str, Any]
) -> None:
    """Check the state of the decision, ask why, sign, record, and say what it is now."""
    from mledger.desk.answering import check_fits, check_succeeds
    from mledger.events.base import build
    from mledger_cli import asking
    from mledger_cli.fields import assign

    with opening.reader(settings) as reader:
        stream, number, found = _found(reader, number)
        check_fits(reader.replay(stream).state, number, verb.name)
        if "by" in fields:
            _, fields["by"], other = _found(reader, fields["by"])
            check_succeeds(other, fields["by"], number)
    if how["reason"]:
        fields["reason"] = how["reason"]
    for assignment in how["sets"]:
        assign(verb.type, fields, assignment)
    if "reason" not in fields and asking.can_ask():
        asking.say(f"{found.title} (decision {number}, by {found.source.by})")
        fields["reason"] = asking.ask("Reason", needed=not verb.optional) or None
    body = build(verb.type, fields | {"decision": number})
    with opening.ledger(settings, how["key"]) as ledger:
        receipt = ledger.append(body, stream)
    if settings.json:
        settings.out.json(receipt.to_json() | {"decision": number, "state": verb.state})
        return
    signed = f"signed {receipt.signer}, {receipt.meaning}"
    out = settings.out
    out.parts(f"decision {number}", verb.state, f"event {receipt.number}", signed, out.moment(receipt.time))
    out.prose(f"  {found.title}", hang=2)


def _found(reader: "Reader", reference: str) -> "tuple[str, str, Decision]":
    """The stream, the number and the state of a decision. Errors: InputError, NotFoundError."""
    fact = reader.fact(reference)
    if fact.type != "decision.proposed":
        raise InputError(
            f"event {fact.number} is a {fact.type}, and no decision", fix=f"mledger decisions {fact.stream}"
        )
    found = reader.replay(fact.stream).state.decisions.proposals.get(fact.number)
    if found is None:
        raise InputError(f"decision {fact.number} cannot be read", fix=f"mledger show {fact.number}")
    return fact.stream, fact.number, found
