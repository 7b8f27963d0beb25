"""mledger replay: the state rebuilt from the events."""

import click

from mledger_cli import opening, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import CUT, SOME_STREAM


@click.command("replay", cls=Command)
@click.argument("stream", type=SOME_STREAM, required=False)
@click.option("--known-at", metavar="TIME|EVENT", help="As it was known then, or after that event.")
@click.option("--as-of", type=CUT, metavar="TIME", help="As it was then, whenever that was recorded.")
@pass_settings
def command(settings: Settings, stream: str | None, known_at: str | None, as_of: str | None) -> None:
    """Rebuild the state of one model, or of all, from the events.

    The ledger is verified first. Behind every statement stands the event that says so. STREAM is
    model/NAME or dataset/NAME; the name alone will do. A date means the end of that day in UTC.
    """
    from mledger_cli.rendering import replay_lines

    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        found = reader.replay(stream, known_at=known_at, as_of=as_of)
    if settings.json:
        settings.out.json(found)
    else:
        settings.out.raw("\n".join(replay_lines(found, screen.width() or 100, settings.out.moment)) + "\n")
