"""mledger similar: what was decided before in a like case."""

import click

from mledger.errors import InputError
from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER
from mledger_cli.tables import Column


@click.command("similar", cls=Command)
@click.argument("decision", type=EVENT_NUMBER)
@click.option("--limit", type=click.IntRange(1), default=10, metavar="N", help="At most so many; else 10.")
@pass_settings
def command(settings: Settings, decision: str, limit: int) -> None:
    """Find earlier decisions like one, of other models too.

      mledger similar 46

    They set the same parameters, are of the same category, or say the same words; each match says
    which. DECISION is a number.
    """
    from mledger.reports.similar import Match, similar

    with opening.reader(settings) as reader:
        fact = reader.fact(decision)
        if fact.type != "decision.proposed":
            raise InputError(
                f"event {fact.number} is a {fact.type}, and no decision",
                fix=f"mledger decisions {fact.stream}",
            )
        found = similar(reader.judged(reader.of_types({"decision.proposed"})), fact.number, limit)
    columns = [
        Column[Match]("decision", lambda match: match.number, right=True),
        Column[Match]("on", lambda match: match.stream, flexible=True),
        Column[Match]("when", lambda match: settings.out.moment(match.source.occurred)[:10]),
        Column[Match]("by", lambda match: match.source.by, flexible=True),
        Column[Match]("what, and why it is like it", lambda match: f"{match.title}: {match.reason}", lines=5),
    ]
    settings.out.table(found, columns, none="no earlier decision is like it")
