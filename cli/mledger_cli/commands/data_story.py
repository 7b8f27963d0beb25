"""mledger data story: the whole life of a dataset."""

import click

from mledger_cli import opening, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import DATASET


@click.command("story", cls=Command)
@click.argument("dataset", type=DATASET, metavar="NAME")
@click.option(
    "--format", "form", type=click.Choice(["text", "md"]), default="text", help="text, or Markdown."
)
@pass_settings
def command(settings: Settings, dataset: str, form: str) -> None:
    """Tell the whole life of a dataset: source, states, steps, issues, each with its event."""
    from mledger import datasets
    from mledger.reports.data_story import data_story
    from mledger_cli.rendering_document import document_lines

    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        stream = f"dataset/{datasets.resolve(reader, dataset).name}"
        document = data_story(reader.history().of(stream).facts())
    if settings.json:
        settings.out.json(document)
    elif form == "md":
        settings.out.raw(document.markdown())
    else:
        for line in document_lines(document, screen.width() or 100):
            settings.out.line(line)
