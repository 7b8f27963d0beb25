"""mledger types: what can be recorded."""

import inspect
from typing import TYPE_CHECKING

import click

from mledger.errors import NotFoundError
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_TYPES
from mledger_cli.tables import Column

if TYPE_CHECKING:
    from mledger.events.base import EventBody
    from mledger.events.forms import Field


@click.command("types", cls=Command)
@click.argument("type", type=EVENT_TYPES, required=False)
@click.option("--template", is_flag=True, help="Print a YAML form that is valid as it stands.")
@pass_settings
def command(settings: Settings, type: str | None, *, template: bool) -> None:
    """List what can be recorded, or explain one type of event.

    With TYPE it explains each field; with a family, like decision, it lists that. A template is a form
    to fill in:

      mledger types decision.proposed --template > decision.yaml
    """
    from mledger.events import base
    from mledger_cli import opening

    click.get_current_context().with_resource(opening.declaring(settings))
    if template and (type is None or "." not in type):
        raise click.UsageError("--template needs a TYPE")
    if type is None or "." not in type:
        settings.out.table(_family(type), LISTED)
    elif template:
        form = base.template(type)
        if settings.json:
            settings.out.json({"type": type, "template": form})
        else:
            settings.out.raw(form)
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


def _family(name: str | None) -> list[_Row]:
    """The types of a family, or all. Errors: NotFoundError."""
    from mledger.events import base

    rows = [_Row(event) for event in base.all() if name is None or event.type.startswith(f"{name}.")]
    if name is not None and not rows:
        from difflib import get_close_matches

        families = {known.partition(".")[0] for known in base.names()}
        near = get_close_matches(name, families, n=2)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise NotFoundError(f"no event type begins with {name!r}{hint}", fix="mledger types")
    return rows


def _explain(settings: Settings, type: str) -> None:
    """Say when to record the event, then what each of its fields is."""
    from mledger.events import base

    row, fields, out = _Row(base.find(type)), base.describe(type), settings.out
    if settings.json:
        out.json(row.to_json() | {"fields": [field._asdict() for field in fields]})
        return
    out.parts(row.type, f"version {row.version}", f"stands on {_streams(row)}")
    for paragraph in row.text.split("\n\n"):
        out.line()
        out.prose(" ".join(paragraph.split("\n")))
    out.line()
    out.table(fields, FIELDS)
    out.note(f"a form to fill in: mledger types {type} --template")


def _streams(row: _Row) -> str:
    if "*" in row.streams:
        return "any stream"
    return " or ".join(kind if kind == "ledger" else f"{kind}/NAME" for kind in row.streams)


LISTED = [
    Column[_Row]("type", lambda row: row.type),
    Column[_Row]("recorded when", lambda row: row.line, lines=3),
]
FIELDS: list[Column["Field"]] = [
    Column("field", lambda field: field.name),
    Column("needed", lambda field: "yes" if field.required else ""),
    Column("what it says", lambda field: f"{field.help} ({field.type_text})", lines=9),
]
