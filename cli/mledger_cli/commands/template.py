"""mledger template: forms to fill in, in Markdown."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger.errors import MledgerError, NotFoundError
from mledger_cli import files, opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Group
from mledger_cli.tables import Column
from mledger_cli.templates import TEMPLATES, Template

if TYPE_CHECKING:
    from mledger.events.policy import Policy


@click.group("template", cls=Group)
def command() -> None:
    """Print forms to fill in, in Markdown with front matter.

    A form has every field with its explanation, those that the ledger's policy asks for among the
    needed ones. Filled in, it is recorded with --from FILE.
    """


@command.command("list")
@pass_settings
def list_(settings: Settings) -> None:
    """List the forms, those of your policy too."""
    policy = _policy(settings)
    own = policy.types if policy else {}
    rows = [*TEMPLATES, *(Template(name, name, rule.title, "") for name, rule in own.items())]
    columns = [
        Column[Template]("form", lambda row: row.name),
        Column[Template]("records", lambda row: row.type),
        Column[Template]("what it is for", lambda row: row.line, lines=2),
    ]
    settings.out.table(rows, columns)


@command.command("show")
@click.argument("name")
@pass_settings
def show(settings: Settings, name: str) -> None:
    """Print a form filled in with examples.

    NAME is one of `mledger template list`, or any type of event.
    """
    template = _found(settings, name)
    form = _form(settings, template, examples=True)
    if settings.json:
        settings.out.json({"type": template.type, "template": form})
    else:
        settings.out.raw(form)


@command.command("new")
@click.argument("name")
@click.option("-o", "output", type=files.NEW, metavar="FILE", help="Write it here; else NAME.md.")
@pass_settings
def new(settings: Settings, name: str, output: Path | None) -> None:
    """Write an empty form into a file.

    NAME is one of `mledger template list`, or any type of event.
    """
    template = _found(settings, name)
    path = output or Path(f"{template.name}.md")
    files.check_new(path)
    files.write_new(path, _form(settings, template, examples=False).encode())
    record = template.record or f"mledger append {template.type} STREAM"
    if settings.json:
        settings.out.json({"file": path, "type": template.type})
        return
    settings.out.line(f"{template.name} form in {path}")
    settings.out.note(f"fill it in, then: {record} --from {path}")


def _form(settings: Settings, template: Template, *, examples: bool) -> str:
    from mledger_cli import markdown

    policy = _policy(settings)
    required = policy.required.get(template.type, ()) if policy else ()
    with opening.declaring(settings):
        return markdown.form(template.type, {}, required=required, examples=examples)


def _found(settings: Settings, name: str) -> Template:
    """The template of that name, or one for the type of event. Errors: NotFoundError."""
    from mledger.events.base import known
    from mledger.registry import unknown

    for template in TEMPLATES:
        if name in {template.name, template.type}:
            return template
    with opening.declaring(settings):
        if "." in name and known(name):
            return Template(name, name, "", "")
    raise NotFoundError(
        unknown("template", name, [template.name for template in TEMPLATES]), fix="mledger template list"
    )


def _policy(settings: Settings) -> "Policy | None":
    """The policy in force; None where there is no ledger."""
    from mledger.reader import Reader

    try:
        with Reader.open(settings.path) as reader:
            return reader.keyring().policy
    except MledgerError:
        return None
