"""mledger reject: say no to what was asked for."""

import click

from mledger_cli.commands import answering
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER


@click.command("reject", cls=Command)
@click.argument("event", type=EVENT_NUMBER)
@answering.REASON
@answering.AS
@pass_settings
def command(settings: Settings, event: str, reason: str | None, key: str | None) -> None:
    """Reject what was asked for, signed.

    EVENT is the number of a promotion.requested, a decision.proposed, a review.requested or an
    act.requested. Good reasons say what would have to be shown for another answer. Approvals given
    before do not count any more.
    """
    answering.sign(settings, event, reason, key, approve=False)
