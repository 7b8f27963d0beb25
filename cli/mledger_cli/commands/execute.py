"""mledger execute: do what others agreed to."""

from typing import TYPE_CHECKING

import click

from mledger.errors import InputError
from mledger_cli import opening
from mledger_cli.commands.key_succession import at_hand
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER
from mledger_cli.recording import AS, tell

if TYPE_CHECKING:
    from mledger.chain.history import Fact
    from mledger.events.base import EventBody
    from mledger.ledger import Ledger
    from mledger.writing import Receipt

ERASES = "record.redacted"


@click.command("execute", cls=Command)
@click.argument("events", type=EVENT_NUMBER, nargs=-1, required=True, metavar="EVENT...")
@AS
@pass_settings
def command(settings: Settings, events: tuple[str, ...], key: str | None) -> None:
    """Do what was asked for and agreed to, exactly that.

    EVENT is the number of an act.requested: an act that the policy calls grave, asked for with
    --request, and approved by as many others as the policy wants. Several on one stream are done
    together, all or none. Whoever may record the act may do it, once.

    What comes after the rotation of the key that signs is signed by the key in its place, if that is at
    hand, and recorded after the rest.
    """
    with opening.reader(settings) as reader:
        acts = [_act(reader.fact(event)) for event in events]
    streams = {stream for _, stream in acts}
    if len(acts) > 1 and (len(streams) > 1 or any(body.type == ERASES for body, _ in acts)):
        raise InputError("these are not done together", fix="do one after the other")
    with opening.ledger(settings, key) as ledger:
        body, _ = acts[0]
        if body.type == ERASES:
            said = body.model_dump(exclude_none=True)
            receipts = [ledger.redact(said.pop("event"), **said)]
        else:
            receipts = _do(settings, ledger, acts)
    if settings.json:
        settings.out.json(receipts[0] if len(receipts) == 1 else receipts)
        return
    for receipt in receipts:
        tell(settings, receipt)


def _do(settings: Settings, ledger: "Ledger", acts: "list[tuple[EventBody, str]]") -> "list[Receipt]":
    """Record acts all together, or up to the one that rotates the key away, and the rest with the new key."""
    from mledger.appointing import signed_by
    from mledger.batch import What
    from mledger.events.key import KeyRotated

    whats = [What(body, stream) for body, stream in acts]
    own = signed_by(ledger.signer.key_id, [body for body, _ in acts])
    last, _ = acts[own - 1]
    if own == len(acts) or not isinstance(last, KeyRotated):
        return ledger.append_all(whats)
    signer = at_hand(last.key.id)
    if signer is None:
        raise InputError(
            f"what comes after is signed by the key {last.key.id[:12]}, which is not at hand",
            fix="do one after the other, each where its key is",
        )
    receipts = ledger.append_all(whats[:own])
    with type(ledger).open(settings.path, key=signer) as other:
        return [*receipts, *other.append_all(whats[own:])]


def _act(fact: "Fact") -> "tuple[EventBody, str]":
    """The event that was asked for, and its stream. Errors: InputError."""
    from mledger.events.act import ActRequested
    from mledger.events.base import build

    asked = fact.data
    if not isinstance(asked, ActRequested):
        raise InputError(f"event {fact.number} is a {fact.type}, which asks for no act", fix="mledger inbox")
    return build(asked.act, asked.fields), fact.stream
