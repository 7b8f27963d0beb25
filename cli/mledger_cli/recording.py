"""Recording one event out of a command: checked first, then signed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from mledger.errors import InputError
from mledger_cli import opening, screen
from mledger_cli.params import KEY

if TYPE_CHECKING:
    from mledger.events.base import EventBody
    from mledger.reader import Reader
    from mledger.writing import Receipt
    from mledger_cli.context import Settings

AS = click.option(
    "--as", "key", type=KEY, metavar="KEY", help="Sign with this key; else $MLEDGER_KEY, or your only one."
)
REQUEST = click.option(
    "--request",
    metavar="REASON",
    help="Ask others to agree to it, where the policy calls it grave, and say why.",
)
YES = click.option("--yes", is_flag=True, help="Sign without being asked.")


def body(type: str, fields: Mapping[str, object]) -> "EventBody":
    """The body of the event; what was not given is left out. Errors: InputError."""
    from mledger.events.base import build

    made = build(type, {name: value for name, value in fields.items() if value not in (None, (), [], False)})
    made.to_bytes()  # which may be too large
    return made


def record(
    settings: "Settings", made: "EventBody", stream: str, key: str | None, request: str | None = None
) -> None:
    """Sign and append the event, and say so; or ask others to agree to it, for the reason in `request`.

    Errors: as those of `Ledger.append`.
    """
    if request is not None:
        ask(settings, [made], stream, request, key)
        return
    with opening.ledger(settings, key) as ledger:
        tell(settings, ledger.append(made, stream))


def ask(settings: "Settings", acts: "Sequence[EventBody]", stream: str, reason: str, key: str | None) -> None:
    """Ask others to agree to grave acts, in one entry, and say so. Errors: as those of `Ledger.append`."""
    import json

    from mledger.batch import What
    from mledger.events.base import build

    asked = [
        build("act.requested", {"act": act.type, "fields": json.loads(act.to_bytes()), "reason": reason})
        for act in acts
    ]
    with opening.ledger(settings, key) as ledger:
        receipts = ledger.append_all([What(body, stream) for body in asked])
    if settings.json:
        settings.out.json(receipts[0] if len(receipts) == 1 else receipts)
        return
    for receipt in receipts:
        tell(settings, receipt)
    numbers = " ".join(receipt.number for receipt in receipts)
    settings.out.note(f"others agree with mledger approve NUMBER; then: mledger execute {numbers}")


def tell(settings: "Settings", receipt: "Receipt") -> None:
    """Print the number, the hash, who signed."""
    if settings.json:
        settings.out.json(receipt)
        return
    how = f"signed {receipt.signer}, {receipt.meaning}" if receipt.recorded else "recorded before"
    what = f"{receipt.type} on {receipt.stream}  {settings.out.moment(receipt.time)}"
    settings.out.parts(f"event {receipt.number}", receipt.leaf[:12], how, what)


def confirmed(*, yes: bool) -> None:
    """Nothing, once the person agrees to what was shown; nobody is asked where there is no terminal."""
    import sys

    if not yes and screen.is_terminal(sys.stdin) and screen.is_terminal(sys.stdout):
        click.confirm("Sign this?", abort=True)


def person(reader: "Reader", text: str) -> str:
    """The printed name of whoever is meant by a name, its beginning, or an e-mail address.

    Somebody who has no key here is taken as written. Errors: InputError if several are meant, or nobody.
    """
    if not text.strip():
        raise InputError("the name is empty, and says nobody", fix="mledger key list --enrolled")
    members = {member.name: member for member in reader.keyring().members.values()}
    wanted = text.casefold()
    for name, member in members.items():
        if wanted in {name.casefold(), (member.email or name).casefold()}:
            return name
    near = [name for name in members if name.casefold().split()[0] == wanted]
    if len(near) > 1:
        raise InputError(f"{text!r} may be {' or '.join(near)}", fix="write the whole name")
    return near[0] if near else text


def refuse_past(what: str, day: str, today: str, fix: str) -> None:
    """Nothing, if the day is still to come. Errors: InputError."""
    if day < today:
        raise InputError(f"{what} {day} has passed: today is {today}", fix=fix)


def wrong_event(number: str, found: str, wanted: str, fix: str) -> NoReturn:
    """Errors: InputError that says what an event is, and what was wanted."""
    raise InputError(f"event {number} is a {found}, and no {wanted}", fix=fix)
