"""mledger report: what the events of a model say together."""

from pathlib import Path

import click

from mledger_cli import files, opening, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.named import REPORT
from mledger_cli.params import SOME_STREAM

FORMATS = ("text", "md", "json")


@click.command("report", cls=Command)
@click.argument("name", type=REPORT, required=False)
@click.argument("model", type=SOME_STREAM, required=False)
@click.option("--format", "form", type=click.Choice(FORMATS), help="How to print it; else text.")
@click.option("-o", "--output", type=files.NEW, metavar="FILE", help="Write Markdown to a new file.")
@pass_settings
def command(
    settings: Settings, name: str | None, model: str | None, form: str | None, output: Path | None
) -> None:
    """Say what the events of a model tell together.

    Behind each statement stand its events.

    NAME is objectives, learning, dead-ends, concessions, impact or trace; without it, the reports are
    listed. The ledger is verified first.
    """
    from mledger.checking import dossier_in
    from mledger.errors import InputError
    from mledger.reports import base

    if name is None:
        _list(settings)
        return
    made = base.find(name)
    if model is None:
        raise InputError("MODEL is missing", fix=f"mledger report {name} model/NAME")
    if output is not None:
        files.check_new(output)
    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        stream = opening.stream(reader, model)
        if stream is None or not stream.startswith("model/"):
            raise InputError(f"{stream} is no model", fix=f"mledger report {name} model/NAME")
        document = made.of(dossier_in(reader, reader.history(), stream))
    if output is not None:
        files.write_new(output, document.markdown().encode())
    if settings.json or form == "json":
        settings.out.json(document)
    elif output is not None:
        settings.out.line(f"{document.title}, in {output}")
    elif form == "md":
        settings.out.raw(document.markdown())
    else:
        from mledger_cli.rendering_document import document_lines

        settings.out.raw("\n".join(document_lines(document, screen.width() or 100)) + "\n")


def _list(settings: Settings) -> None:
    """Print the reports that there are."""
    from mledger.reports import base
    from mledger_cli.tables import Column

    columns: list[Column[base.Report]] = [
        Column("report", lambda report: report.name),
        Column("says", lambda report: report.title, lines=3),
    ]
    found = [base.find(name) for name in base.names()]
    if settings.json:
        settings.out.json([{"report": report.name, "title": report.title} for report in found])
    else:
        settings.out.table(found, columns)
