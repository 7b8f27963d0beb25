"""mledger diff: what changed between two moments."""

import click

from mledger_cli import opening, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import SOME_STREAM


@click.command("diff", cls=Command)
@click.argument("before", metavar="WHEN1")
@click.argument("after", metavar="WHEN2")
@click.argument("stream", type=SOME_STREAM, required=False)
@pass_settings
def command(settings: Settings, before: str, after: str, stream: str | None) -> None:
    """Say what changed between two moments in what was known.

    WHEN1 and WHEN2 are times, dates (their end, in UTC) or event numbers; STREAM is model/NAME or
    dataset/NAME, or the name alone. Before each change stands what it was, behind it the events.
    """
    from mledger_cli.rendering import diff_lines

    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        found = reader.diff(before, after, stream)
    if settings.json:
        settings.out.json(found)
    else:
        settings.out.raw("\n".join(diff_lines(found, screen.width() or 100, settings.out.moment)) + "\n")
