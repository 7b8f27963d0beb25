"""mledger onboard: the page for a newcomer to a model."""

import click

from mledger_cli import opening, rendering_document, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import SOME_STREAM


@click.command("onboard", cls=Command)
@click.argument("model", type=SOME_STREAM)
@click.option("--known-at", metavar="TIME|EVENT", help="As it was known then, or after that event.")
@click.option(
    "--format", "form", type=click.Choice(("text", "md")), default="text", help="Text, or Markdown."
)
@pass_settings
def command(settings: Settings, model: str, known_at: str | None, form: str) -> None:
    """Print the page for a newcomer to a model.

    What it is for, where it stands, whom to ask, the decisions to know, risks, what did not work,
    the data, what comes next; behind each statement the events. The ten decisions are those in force
    before those proposed, goals before components before parameters, then the latest.
    """
    from mledger.changes import newcomer

    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        document = newcomer(reader, opening.model(reader, model), known_at=known_at)
    rendering_document.show(settings, document, form)
