"""mledger changelog: what changed of a model, in lanes."""

import click

from mledger_cli import opening, rendering_document, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import SOME_STREAM


@click.command("changelog", cls=Command)
@click.argument("model", type=SOME_STREAM)
@click.option(
    "--from", "since", metavar="WHEN", help="From after this version or event, or from this day on."
)
@click.option("--to", "until", metavar="WHEN", help="Up to this version, event or day; else up to now.")
@click.option(
    "--format", "form", type=click.Choice(("text", "md")), default="text", help="Text, or Markdown."
)
@pass_settings
def command(settings: Settings, model: str, since: str | None, until: str | None, form: str) -> None:
    """Say what changed of a model, in lanes.

    The lanes are architecture, data, evaluation and release.

      mledger changelog credit-risk --from 2.0 --to 2.1

    WHEN is a released version, a day or time, or an event number. The lane of a decision follows from
    its category. Datasets count if a run, an evaluation or a condition of the model names them.
    """
    from mledger.changes import changed

    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        document = changed(reader, opening.model(reader, model), since, until)
    rendering_document.show(settings, document, form)
