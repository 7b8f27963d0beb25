"""mledger redact: erase the content of an event."""

import sys
from typing import TYPE_CHECKING, Any

import click

from mledger.errors import InputError
from mledger_cli import opening
from mledger_cli.commands.append import tell
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER, KEY
from mledger_cli.recording import REQUEST, ask, body

if TYPE_CHECKING:
    from mledger.chain.history import Fact


@click.command("redact", cls=Command)
@click.argument("event", type=EVENT_NUMBER)
@click.option("--basis", required=True, metavar="TEXT", help="The article, order or contract.")
@click.option("--authority", required=True, metavar="NAME", help="The person or office that decided.")
@click.option("--reason", metavar="TEXT", help="What may be said of the case.")
@click.option("--without", multiple=True, metavar="FIELD", help="Keep the rest, without this field.")
@click.option("--set", "sets", multiple=True, metavar="FIELD=VALUE", help="Keep the rest, with this in it.")
@REQUEST
@click.option("--yes", is_flag=True, help="Do not ask whether to erase it.")
@click.option("--as", "key", type=KEY, metavar="KEY", help="Sign with this key.")
@pass_settings
def command(
    settings: Settings,
    event: str,
    basis: str,
    authority: str,
    reason: str | None,
    without: tuple[str, ...],
    sets: tuple[str, ...],
    request: str | None,
    key: str | None,
    *,
    yes: bool,
) -> None:
    """Erase the content of an event; that it was there, and why, stays.

    What was said is overwritten, in the ledger and in its caches, with the attachments that no other
    event names. That it was said, by whom and when, stays, and so does who erased it and why. Every
    proof still holds. Copies that others have are theirs to erase.

    Of an event of which only a part must go, keep the rest:

      mledger redact 41 --basis 'GDPR Art. 17' --authority DPO --set 'by_whom=(name removed)'

    The same again finishes an erasure that was interrupted.
    """
    with opening.reader(settings) as reader:
        fact = reader.fact(event)
    if request is not None:
        said = {"event": fact.number, "legal_basis": basis, "authority": authority, "reason": reason}
        ask(settings, [body("record.redacted", said)], fact.stream, request, key)
        return
    rest = _rest(fact, without, sets) if without or sets else None
    if not yes:
        _ask(settings, fact)
    with opening.ledger(settings, key) as ledger:
        receipt = ledger.redact(event, legal_basis=basis, authority=authority, reason=reason, rest=rest)
    tell(settings, receipt)


def _rest(fact: "Fact", without: tuple[str, ...], sets: tuple[str, ...]) -> dict[str, Any]:
    """The fields that stay. Errors: InputError."""
    from mledger.events.base import build
    from mledger_cli import fields

    values: Any = fact.to_json()["data"]
    if values is None:
        raise InputError(f"of event {fact.number} nothing is left", fix=f"mledger show {fact.number}")
    for name in without:
        if name not in values:
            raise InputError(
                f"--without {name}: the event has no such field", fix=f"mledger show {fact.number}"
            )
        del values[name]
    for assignment in sets:
        fields.assign(fact.type, values, assignment)
    build(fact.type, values)
    return dict(values)


def _ask(settings: Settings, fact: "Fact") -> None:
    """Make sure, of somebody at a terminal. Errors: InputError without one, or if the answer is no."""
    if not (sys.stdin and sys.stdin.isatty()):
        raise InputError("nobody is there to be asked whether to erase it", fix="say --yes")
    settings.out.line(f"event {fact.number}, {fact.type} on {fact.stream}, signed {fact.signer}")
    if not click.confirm("Erase what it says, for good?", err=True):
        raise InputError("nothing was erased", fix=f"mledger show {fact.number}")
