"""mledger log: what was recorded, newest first."""

from itertools import islice
from typing import TYPE_CHECKING

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.output import Column
from mledger_cli.params import CUT, EVENT_TYPE, SINCE, STREAM
from mledger_cli.stories import story

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mledger.chain.history import Fact
    from mledger.reader import Reader

LIMIT = 30


@click.command("log", cls=Command)
@click.argument("stream", type=STREAM, required=False)
@click.option("--type", "types", type=EVENT_TYPE, multiple=True, help="Only this type; may be said again.")
@click.option("--by", metavar="NAME", help="Only what this person or machine signed.")
@click.option("--since", type=SINCE, metavar="TIME", help="Only what was recorded from then on.")
@click.option("--until", type=CUT, metavar="TIME", help="Only what was recorded by then.")
@click.option(
    "--limit", type=click.IntRange(0), default=LIMIT, show_default=True, help="At most so many, 0 for all."
)
@pass_settings
def command(
    settings: Settings,
    stream: str | None,
    types: tuple[str, ...],
    by: str | None,
    since: str | None,
    until: str | None,
    limit: int,
) -> None:
    """List what was recorded, the newest first.

    STREAM is what it is about: model/NAME, dataset/NAME, ledger. Times are those of recording.
    """
    with opening.reader(settings) as reader:
        found = (fact for fact in _cut(reader, stream, since, until) if _wanted(fact, types, by))
        settings.out.table(
            islice(found, limit or None), columns(settings), none="nothing of that kind is recorded"
        )
        if limit and next(found, None) is not None:
            settings.out.note(f"older ones: --limit 0, or --until {settings.out.moment(reader.now())}")


def _cut(reader: "Reader", stream: str | None, since: str | None, until: str | None) -> "Iterator[Fact]":
    from mledger.core.moment import Moment

    stop = reader.size_at(Moment(until)) if until else None
    for fact in reader.newest(stream, stop):
        if since and fact.time < since:
            return
        yield fact


def _wanted(fact: "Fact", types: tuple[str, ...], by: str | None) -> bool:
    return (not types or fact.type in types) and (by is None or by.casefold() in fact.signer.casefold())


def columns(settings: Settings) -> "list[Column[Fact]]":
    """What listings say of an event."""
    return [
        Column("event", lambda fact: fact.number, right=True),
        Column("recorded", lambda fact: settings.out.moment(fact.time)),
        Column("type", lambda fact: fact.type),
        Column("stream", lambda fact: fact.stream),
        Column("by", lambda fact: fact.signer),
        Column("what", story, flexible=True),
    ]
