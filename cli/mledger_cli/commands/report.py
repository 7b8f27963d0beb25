"""mledger report: what the events of a model or dataset say together."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger_cli import files, opening, screen, versions
from mledger_cli.context import Settings, pass_settings
from mledger_cli.failures import Exit
from mledger_cli.groups import Command
from mledger_cli.named import REPORT
from mledger_cli.params import SOME_STREAM
from mledger_cli.rendering_document import show

if TYPE_CHECKING:
    from mledger.reader import Reader
    from mledger.reports.base import Document, Report

FORMATS = ("text", "md", "json")
WANTED = {"model": "MODEL", "version": "MODEL[@VERSION]", "dataset": "DATASET"}


@click.command("report", cls=Command)
@click.argument("name", type=REPORT, required=False)
@click.argument("what", type=SOME_STREAM, required=False, metavar="MODEL[@VERSION]|DATASET")
@click.option("--format", "form", type=click.Choice(FORMATS), help="How to print it; else text.")
@click.option("-o", "--output", type=files.NEW, metavar="FILE", help="Write Markdown to a new file.")
@pass_settings
@click.pass_context
def command(
    context: click.Context,
    settings: Settings,
    name: str | None,
    what: str | None,
    form: str | None,
    output: Path | None,
) -> None:
    """Say what the events of a model or of a dataset tell together.

    Behind each statement stand its events.

      mledger report assurance credit-risk@2.1

    NAME is assurance, of a version; objectives, learning, dead-ends, concessions, impact or trace, of a
    model; data-story, of a dataset. Without it, the reports are listed. The ledger is verified first.
    If an assurance case has holes that nothing explains, the exit code is 1.
    """
    from mledger.errors import InputError
    from mledger.reports import base

    if name is None:
        _list(settings)
        return
    made = base.find(name)
    if what is None:
        raise InputError(
            f"{WANTED[made.about]} is missing", fix=f"mledger report {name} {WANTED[made.about]}"
        )
    if output is not None:
        files.check_new(output)
    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        document = _document(reader, made, what)
    if output is not None:
        files.write_new(output, document.markdown().encode())
    if settings.json or form == "json":
        settings.out.json(document)
    elif output is not None:
        settings.out.line(f"{document.title}, in {output}")
    else:
        show(settings, document, form or "text")
    holes = document.data.get("holes", ())
    if not (settings.json or form == "json"):
        for fix in dict.fromkeys(hole["fix"] for hole in holes):
            settings.out.note(f"fix: {fix}")
    context.exit(Exit.FINDINGS if holes else Exit.OK)


def _document(reader: "Reader", report: "Report", what: str) -> "Document":
    """The report about what is named. Errors: NotFoundError, InputError."""
    from mledger.checking import dossier_in, gather
    from mledger.errors import InputError

    fix = f"mledger report {report.name} {WANTED[report.about]}"
    if report.about == "dataset":
        from mledger import datasets

        stream = f"dataset/{datasets.resolve(reader, what).name}"
        return report.tell(reader.history().of(stream).facts())
    model, version = versions.parse(what)
    if version is not None and report.about != "version":
        raise InputError(f"{report.name} is told of a model, not of one version", fix=fix)
    stream = opening.stream(reader, model) or model
    if not stream.startswith("model/"):
        raise InputError(f"{stream} is no model", fix=fix)
    dossier = dossier_in(reader, reader.history(), stream, version)
    return report.of(dossier, gather(reader, dossier, None) if report.about == "version" else None)


def _list(settings: Settings) -> None:
    """Print the reports that there are."""
    from mledger.reports import base
    from mledger_cli.tables import Column

    columns: list[Column[base.Report]] = [
        Column("report", lambda report: report.name),
        Column("of a", lambda report: report.about),
        Column("says", lambda report: report.title, lines=3),
    ]
    found = [base.find(name) for name in base.names()]
    if settings.json:
        settings.out.json(
            [{"report": report.name, "about": report.about, "title": report.title} for report in found]
        )
    else:
        settings.out.table(found, columns)
