"""mledger approvals: the register of who let what pass."""

from typing import TYPE_CHECKING

import click

from mledger_cli import opening, screen
from mledger_cli.commands.log import MARK, explain
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import SOME_STREAM
from mledger_cli.tables import Column, day, unprefixed

if TYPE_CHECKING:
    from mledger.desk.register import Signed


@click.command("approvals", cls=Command)
@click.argument("model", type=SOME_STREAM, required=False)
@pass_settings
def command(settings: Settings, model: str | None) -> None:
    """List who let what pass: in which role, when, why.

    Promotions, decisions, reviews, plans and waivers, also what was rejected, the oldest first. A role
    is one that the key held when it signed. What they could see then: mledger show EVENT --circumstances.
    """
    from mledger.desk.register import register_of

    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        rows = list(register_of(reader, opening.stream(reader, model)))
    settings.out.table(rows, _columns(settings, whole=model is None), none="nothing was approved or rejected")
    explain(settings, dict.fromkeys(row.disputed for row in rows if row.disputed is not None))


def _columns(settings: Settings, *, whole: bool) -> "list[Column[Signed]]":
    found: list[Column[Signed]] = [
        Column("event", lambda row: row.number, right=True),
        Column("when", lambda row: settings.out.moment(row.time), short=day),
        Column("name", lambda row: f"{row.name} {MARK}" if row.disputed else row.name, flexible=True),
        Column("role", lambda row: ", ".join(row.roles) or "none", flexible=True),
        Column("meaning", lambda row: row.meaning),
        Column("answers", lambda row: row.to or "", right=True),
        Column("what", _what, lines=4),
    ]
    if whole:
        found.insert(2, Column("stream", lambda row: row.stream, flexible=True, short=unprefixed))
    return found


def _what(row: "Signed") -> str:
    """The verdict, what it is about, and the reason."""
    reason = f": {row.reason}" if row.reason and row.reason != row.about else ""
    conditions = f" (if {'; '.join(row.conditions)})" if row.conditions else ""
    against = f" NOT ALLOWED: {row.refused}" if row.refused is not None else ""
    return f"{row.verdict} {row.about}{reason}{conditions}{against}"
