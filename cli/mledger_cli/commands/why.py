"""mledger why: from a version back to its reasons."""

import click

from mledger_cli import opening, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.failures import Exit
from mledger_cli.groups import Command


@click.command("why", cls=Command)
@click.argument("what", metavar="MODEL[@VERSION][:PARAM]")
@pass_settings
def command(settings: Settings, what: str) -> None:
    """Walk from a version back to its reasons and its problem.

      mledger why credit-risk@2.1:max_depth

    From the files to the run, the decision, the options that were not chosen, the evidence, and the
    problem. Without VERSION it is the one in production, or else the last. What is missing on the
    way is said, and the exit code is 1 then.
    """
    from mledger.reports.why import why
    from mledger_cli.rendering_document import document_lines

    model, version, param = parts(what)
    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        stream = opening.model(reader, model)
        document = why(stream, reader.history().of(stream).facts(), version, param)
    if settings.json:
        settings.out.json(document)
    else:
        settings.out.raw("\n".join(document_lines(document, screen.width() or 100)) + "\n")
        for fix in dict.fromkeys(gap["fix"] for gap in document.data["missing"]):
            settings.out.note(f"fix: {fix}")
    if document.data["missing"]:
        click.get_current_context().exit(Exit.FINDINGS)


def parts(what: str) -> tuple[str, str | None, str | None]:
    """The model, the version and the parameter in MODEL@VERSION:PARAM; None for what is not there."""
    # The name of a model has neither mark; a parameter may have both.
    head, _, param = what.partition(":")
    model, _, version = head.partition("@")
    return model, version or None, param or None
