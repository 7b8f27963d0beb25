"""mledger types: what can be recorded."""

import inspect
from typing import TYPE_CHECKING

import click

from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.output import Column
from mledger_cli.params import EVENT_TYPE

if TYPE_CHECKING:
    from mledger.events.base import EventBody
    from mledger.events.forms import Field


@click.command("types", cls=Command)
@click.argument("type", type=EVENT_TYPE, required=False)
@click.option("--template", is_flag=True, help="Print a YAML form that is valid as it stands.")
@pass_settings
def command(settings: Settings, type: str | None, *, template: bool) -> None:
    """List what can be recorded, or explain one type of event.

    With TYPE it explains each field. A template is a form to fill in:

      mledger types decision.proposed --template > decision.yaml
    """
    from mledger.events import base

    if type is None and template:
        raise click.UsageError("--template needs a TYPE")
    if type is None:
        settings.out.table(map(_Row, base.all()), LISTED)
    elif template:
        settings.out.raw(base.template(type))
    else:
        _explain(settings, type)


class _Row:
    """An event type as it is listed and explained."""

    def __init__(self, event: "type[EventBody]") -> None:
        self.type = event.type
        self.version = event.schema_version
        self.streams = event.kinds
        self.text = inspect.cleandoc(event.__doc__ or "")
        self.line = self.text.partition("\n")[0]

    def to_json(self) -> dict[str, object]:
        """The row as `--json` prints it."""
        return {"type": self.type, "version": self.version, "streams": self.streams, "about": self.text}


def _explain(settings: Settings, type: str) -> None:
    """Say when to record the event, then what each of its fields is."""
    from mledger.events import base

    row, fields = _Row(base.find(type)), base.describe(type)
    if settings.json:
        settings.out.json(row.to_json() | {"fields": [field._asdict() for field in fields]})
        return
    settings.out.line(f"{row.type}, version {row.version}, on: {_streams(row)}\n\n{row.text}\n")
    settings.out.table(fields, FIELDS)
    settings.out.note(f"a form to fill in: mledger types {type} --template")


def _streams(row: _Row) -> str:
    return "any stream" if "*" in row.streams else ", ".join(row.streams)


LISTED = [
    Column[_Row]("type", lambda row: row.type),
    Column[_Row]("on", _streams),
    Column[_Row]("recorded when", lambda row: row.line, flexible=True),
]
FIELDS: list[Column["Field"]] = [
    Column("field", lambda field: field.name),
    Column("needed", lambda field: field.required),
    Column("is", lambda field: field.type_text, flexible=True),
    Column("help", lambda field: field.help, flexible=True),
]
