"""mledger history: how versions moved."""

from typing import TYPE_CHECKING

import click

from mledger_cli import opening, screen, versions
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.tables import Column, day

if TYPE_CHECKING:
    from mledger.desk.history import Stop


@click.command("history", cls=Command)
@click.argument("version", metavar="MODEL[@VERSION]")
@pass_settings
def command(settings: Settings, version: str) -> None:
    """List how versions moved toward a stage and away from it.

    Each step with the stages, the time, who asked, who approved, and why: releases, requests, answers,
    moves, deployments, rollbacks.
    """
    from mledger.desk.history import history_of

    model, name = versions.parse(version)
    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        stops = history_of(reader, opening.stream(reader, model) or model, name)
    settings.out.table(stops, _columns(settings, whole=name is None), none="nothing has moved")


def _columns(settings: Settings, *, whole: bool) -> "list[Column[Stop]]":
    found: list[Column[Stop]] = [
        Column("event", lambda stop: stop.number, right=True),
        Column("when", lambda stop: settings.out.moment(stop.time), short=day),
        Column("what", lambda stop: stop.what),
        Column("from", lambda stop: stop.from_stage or ""),
        Column("to", lambda stop: stop.to_stage or ""),
        Column("by", lambda stop: stop.by, flexible=True),
        Column("why", _why, lines=3),
    ]
    if whole:
        found.insert(2, Column("version", lambda stop: stop.version or ""))
    return found


def _why(stop: "Stop") -> str:
    """The reason, after who asked and who approved where that is not who did it."""
    people = [f"in {stop.environment}"] if stop.environment else []
    if stop.asked is not None and stop.asked != stop.by:
        people.append(f"asked by {stop.asked}")
    if stop.approved and stop.what != "approved":
        people.append(f"approved by {', '.join(stop.approved)}")
    if stop.asked is not None and not stop.approved and stop.what in {"moved", "deployed", "rolled back"}:
        people.append("without an approval")
    if stop.after is not None:
        people.append(f"after event {stop.after} had moved it")
    against = f"NOT ALLOWED: {stop.against}" if stop.against is not None else ""
    return ": ".join(filter(None, (", ".join(people), stop.why, against)))
