"""mledger show: one event, whole."""

from typing import TYPE_CHECKING, Any

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER

if TYPE_CHECKING:
    from mledger.chain.history import Fact
    from mledger.reader import Reader


@click.command("show", cls=Command)
@click.argument("event", type=EVENT_NUMBER)
@click.option("--raw", is_flag=True, help="Print the signed envelope of its entry, byte for byte.")
@pass_settings
def command(settings: Settings, event: str, *, raw: bool) -> None:
    """Show one event: who signed what, when, and all its fields.

    EVENT is its number, 41 or 41.3, or its UUID.
    """
    with opening.reader(settings) as reader:
        if raw:
            settings.out.raw(reader.envelope(event) + b"\n")
            return
        fact = reader.fact(event)
        leaf = reader.entry(fact.seq).leaf
        redaction = _redaction(reader, fact)
    if settings.json:
        by = {"redacted": redaction.to_json()} if redaction else {}
        settings.out.json(fact.to_json() | {"leaf": leaf} | by)
        return
    settings.out.facts(_about(settings, fact, leaf, redaction))
    if fields := _fields(fact):
        settings.out.line()
        settings.out.facts(fields)


def _redaction(reader: "Reader", fact: "Fact") -> "Fact | None":
    """What says that the content was erased, if it was."""
    if fact.body is not None:
        return None
    from mledger.redacting import redaction_of

    return redaction_of(reader, fact)


def _about(settings: Settings, fact: "Fact", leaf: bytes, redaction: "Fact | None") -> dict[str, object]:
    """What the entry says of the event."""
    late = None if fact.occurred == fact.time else settings.out.moment(fact.occurred)
    return {
        "event": fact.number,
        "type": fact.type if fact.version == 1 else f"{fact.type}, version {fact.version}",
        "stream": fact.stream,
        "signed": f"{fact.signer}, {fact.meaning}",
        "recorded": settings.out.moment(fact.time),
        "occurred": late,
        "id": fact.to_json()["id"],
        "key": fact.key[:12],
        "hash": leaf.hex(),
        "note": _note(settings, fact, redaction),
    }


def _note(settings: Settings, fact: "Fact", redaction: "Fact | None") -> str | None:
    """Why the fields are not shown, if they are not."""
    if fact.obstacle is None:
        return None
    if redaction is None:
        gone = "gone, and no redaction says why: mledger verify"
        return gone if fact.body is None else f"{fact.obstacle}; kept and verified all the same"
    body: Any = redaction.data
    when = settings.out.moment(redaction.time)[:10]
    because = f"{body.legal_basis}; decided by {body.authority}"
    return f"erased {when} by {redaction.signer}, event {redaction.number}: {because}"


def _fields(fact: "Fact") -> dict[str, object]:
    """The fields of the body; what lies deeper is indented."""
    from mledger_cli import nested

    body: Any = fact.to_json()["data"]
    return {name: nested.told(value) for name, value in (body or {}).items()}
