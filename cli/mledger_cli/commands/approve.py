"""mledger approve: say yes to what was asked for."""

import click

from mledger_cli.commands import answering
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER


@click.command("approve", cls=Command)
@click.argument("event", type=EVENT_NUMBER)
@answering.REASON
@click.option(
    "--condition", "conditions", metavar="TEXT", multiple=True, help="What you attach; may be said again."
)
@answering.AS
@pass_settings
def command(
    settings: Settings, event: str, reason: str | None, conditions: tuple[str, ...], key: str | None
) -> None:
    """Approve what was asked for, signed.

    EVENT is the number of a promotion.requested, a decision.proposed, a review.requested, an
    act.requested or a plan; `mledger review EVENT` shows what your answer rests on. A plan needs
    no reason: you sign its words.
    """
    answering.sign(settings, event, reason, key, approve=True, conditions=conditions)
