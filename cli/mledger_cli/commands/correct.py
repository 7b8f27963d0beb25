"""mledger correct: put right what an event says."""

import re
from typing import TYPE_CHECKING, Any

import click

from mledger.errors import InputError
from mledger_cli import fields, opening, recording
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER
from mledger_cli.tables import Column

if TYPE_CHECKING:
    from mledger.chain.history import Fact
    from mledger.projections.corrections import Proposed
    from mledger.reader import Reader

_INDEX = re.compile(r"\[(\d+)\]")


@click.command("correct", cls=Command)
@click.argument("event", type=EVENT_NUMBER)
@click.option(
    "--set",
    "sets",
    metavar="FIELD=VALUE",
    multiple=True,
    required=True,
    help="What it should have said; null takes a field away. May be said again.",
)
@click.option(
    "--reason", metavar="TEXT", required=True, help="How the error came about, and who may have relied on it."
)
@click.option("--found-by", metavar="NAME", help="Who noticed.")
@recording.YES
@recording.AS
@pass_settings
def command(
    settings: Settings,
    event: str,
    sets: tuple[str, ...],
    reason: str,
    found_by: str | None,
    key: str | None,
    *,
    yes: bool,
) -> None:
    """Put right what an event says; both values stay.

      mledger correct 48 --set metrics[0].value=0.9514 --reason 'Two digits were exchanged.'

    FIELD is a field of the event; a.b lies in the object a, a[0] is the first of the list a. The old
    and the new value are shown before you sign. Nothing is ever edited: from then on mledger shows
    the new value with the old one beside it. What somebody answered, said, or agreed to cannot be
    corrected: record a new event, or a comment.
    """
    with opening.declaring(settings), opening.reader(settings) as reader:
        fact = reader.fact(event)
        changes = _changes(fact, sets)
        found = _checked(reader, fact, changes)
        body = recording.body(
            "record.corrected",
            {"event": fact.number, "fields": changes, "reason": reason, "found_by": found_by},
        )
    if not settings.json:
        _show(settings, fact, found)
        recording.confirmed(yes=yes)
    recording.record(settings, body, fact.stream, key)


def _changes(fact: "Fact", sets: tuple[str, ...]) -> dict[str, Any]:
    """The values by path. Errors: InputError, also for a field that is set twice."""
    changes: dict[str, Any] = {}
    for path, value in (_change(fact, text) for text in sets):
        if path in changes:
            raise InputError(f"--set {path} is there twice", fix="set each field once")
        changes[path] = value
    return changes


def _change(fact: "Fact", assignment: str) -> tuple[str, Any]:
    """The path and the value of one FIELD=VALUE. Errors: InputError."""
    path, equals, text = assignment.partition("=")
    if not equals or not path.strip():
        raise InputError(
            f"--set {assignment[:60]!r} should read FIELD=VALUE", fix=f"mledger show {fact.number}"
        )
    dotted = _INDEX.sub(r".\1", path.strip())
    return _path(fact.type, dotted), fields.value(fact.type, dotted, text)


def _path(type: str, dotted: str) -> str:
    """A path as corrections write it: `metrics[0].value` for metrics.0.value."""
    from mledger.events.base import is_list, known

    steps = dotted.split(".")
    parts = [steps[0]]
    for depth, step in enumerate(steps[1:], 1):
        in_list = step.isdecimal() and known(type) and is_list(type, ".".join(steps[:depth]))
        parts.append(f"[{step}]" if in_list else f".{step}")
    return "".join(parts)


def _checked(reader: "Reader", fact: "Fact", changes: dict[str, Any]) -> "Proposed":
    """What the changes make of the event. Errors: InputError if that is nothing."""
    from mledger.projections.corrections import proposed

    facts = reader.judged(reader.facts(fact.stream), {"record.corrected"})
    found = proposed(list(facts), fact.number, changes)
    if found.problem is not None:
        raise InputError(
            f"event {fact.number} cannot be corrected so: {found.problem}",
            fix=f"mledger comment {fact.number} TEXT" if found.stays else f"mledger show {fact.number}",
        )
    return found


def _show(settings: Settings, fact: "Fact", found: "Proposed") -> None:
    """Print the old values and the new ones side by side."""
    from mledger_cli.stories import told

    settings.out.line(f"event {fact.number}, {fact.type} on {fact.stream}, signed {fact.signer}")
    settings.out.table(
        found.changes,
        [
            Column("field", lambda change: change[0], flexible=True),
            Column("it says", lambda change: told(change[1]), flexible=True),
            Column("it should say", lambda change: told(change[2]), lines=9),
        ],
    )
