"""mledger rebuild: make the caches anew."""

import click

from mledger_cli import opening, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.text import counted


@click.command("rebuild", cls=Command)
@pass_settings
def command(settings: Settings) -> None:
    """Throw away what was derived from the ledger, and derive it again.

    The ledger itself is not touched: what goes are this machine's caches of streams, of words and of
    folded states, which mledger makes anew by itself where it finds them missing or wrong. The ledger is
    verified first.
    """
    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        made = reader.rebuild()
    shown = {
        "streams": counted(made.streams, "stream"),
        "words": f"of {counted(made.events, 'event')}",
        "states": f"of {counted(made.models, 'model')} and {counted(made.datasets, 'dataset')}",
    }
    settings.out.facts(shown, made._asdict())
