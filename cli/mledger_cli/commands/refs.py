"""mledger refs: resolve every reference of a model."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger_cli import opening, screen
from mledger_cli.commands import check
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import SOME_STREAM
from mledger_cli.tables import Column

if TYPE_CHECKING:
    from mledger.checks.links import Resolved

QUIET = frozenset({"ok", "not looked at"})
MARKS = {"ok": "✓", "unknown": "?", "not looked at": "-"}


@click.command("refs", cls=Command)
@click.argument("model", type=SOME_STREAM, required=False)
@click.option("--all", "whole", is_flag=True, help="List those that lead somewhere, too.")
@check.TREE
@pass_settings
@click.pass_context
def command(
    context: click.Context, settings: Settings, model: str | None, tree: Path, *, whole: bool
) -> None:
    """Resolve every reference of a model: events, commits, files, links.

    Digests and addresses too; without MODEL, those of all models.

    An event must be in the ledger, a commit in the repository, an address well formed (none is opened),
    and a file that lies in the working tree must be the one that was signed. A digest is known if
    another event names it too. Listed is what does not lead where it should.

    Exit code: 0 all lead somewhere, as far as could be seen; 1 some do not.
    """
    from mledger.checking import links_in, models_of
    from mledger.errors import InputError

    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        name = opening.stream(reader, model)
        if name is not None and not name.startswith("model/"):
            raise InputError(f"{name} is no model", fix="mledger refs model/NAME")
        history = reader.history()
        streams = models_of(reader, history) if name is None else [name]
        found = [one for stream in streams for one in links_in(reader, history, stream, tree)]
    shown = found if whole or settings.json else [one for one in found if one.state not in QUIET]
    if shown or settings.json:
        settings.out.table(shown, COLUMNS)
    if not settings.json:
        settings.out.line(_counted(found))
    context.exit(int(any(one.broken for one in found)))


def _counted(found: "list[Resolved]") -> str:
    """How many references lead where."""
    states = [one.state for one in found]
    parts = [f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states, key=_order))]
    return f"{len(found)} references: {', '.join(parts)}" if found else "no references"


def _order(state: str) -> tuple[bool, str]:
    return state != "ok", state


def _target(one: "Resolved") -> str:
    link = one.link
    name = link.target if link.kind in {"event", "uri"} else link.target[:12]
    return f"{link.kind} {f'{link.file} {name}' if link.file else name}"


COLUMNS: "list[Column[Resolved]]" = [
    Column("", lambda one: MARKS.get(one.state, "✗")),
    Column("event", lambda one: one.link.number, right=True),
    Column("in", lambda one: one.link.path, flexible=True),
    Column("is", lambda one: ", ".join(filter(None, (one.state, one.detail)))),
    Column("names", _target, lines=9),
]
