"""mledger show: one event, whole."""

from typing import TYPE_CHECKING, Any

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER

if TYPE_CHECKING:
    from mledger.chain.history import Fact


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
        else:
            fact = reader.fact(event)
            settings.out.facts(_about(settings, fact, reader.entry(fact.seq).leaf) | _fields(fact), fact)


def _about(settings: Settings, fact: "Fact", leaf: bytes) -> dict[str, object]:
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
        "hash": leaf.hex()[:12],
        "note": None if fact.obstacle is None else f"{fact.obstacle}; kept and verified all the same",
    }


def _fields(fact: "Fact") -> dict[str, object]:
    """The fields of the body; what lies deeper is written as YAML, which people can read."""
    body: Any = fact.to_json()["data"]
    return {f"· {name}": _flat(value) for name, value in (body or {}).items()}


def _flat(value: object) -> object:
    import yaml

    if isinstance(value, dict | list) and value:
        return "\n" + yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=72).rstrip()
    return value
