"""mledger data issue: something is wrong with the data."""

from typing import Any

import click

from mledger_cli import opening, recording
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import DATASET_STATE, EVENT_NUMBER

KINDS = (
    "missing",
    "wrong",
    "duplicate",
    "late",
    "bias",
    "label",
    "leakage",
    "schema",
    "privacy",
    "licence",
    "other",
)
SEVERITIES = ("low", "medium", "high", "critical")
STATUSES = ("open", "accepted", "fixed")


@click.command("issue", cls=Command)
@click.argument("dataset", type=DATASET_STATE, metavar="NAME[@VERSION]")
@click.argument("title")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="What is wrong.")
@click.option("--severity", type=click.Choice(SEVERITIES), required=True, help="For those who use it.")
@click.option("--description", metavar="TEXT", help="Since when, for whom, how it was found.")
@click.option("--rows", type=click.IntRange(0), metavar="N", help="How many rows.")
@click.option("--column", "columns", metavar="NAME", multiple=True, help="A column that has it.")
@click.option("--action", metavar="TEXT", help="What is done about it, or why nothing is.")
@click.option("--status", type=click.Choice(STATUSES), help="If it is not open: it stays, or is mended.")
@click.option("--updates", type=EVENT_NUMBER, metavar="EVENT", help="The issue whose place it takes.")
@click.option("--found-by", metavar="NAME", help="Who noticed.")
@recording.AS
@pass_settings
def command(settings: Settings, /, dataset: str, title: str, key: str | None, **said: Any) -> None:
    """Record that something is wrong with the data.

      mledger data issue applications@3 'Region codes came late' --kind late --severity medium

    NAME alone means all of it, NAME@VERSION one state. Record it again with --updates when its state
    changes. An issue of severity high or critical stops a release until a decision or a waiver names it.
    """
    from mledger import datasets
    from mledger.events.base import build
    from mledger_cli.commands.append import tell

    with opening.reader(settings) as reader:
        found = datasets.resolve(reader, dataset)
    fields = {name: value for name, value in said.items() if value not in {None, ()}}
    fields |= {"title": title, "description": said["description"] or title}
    fields |= {"versions": [found.version]} if "@" in dataset else {}
    body = build("dataset.issue", fields)
    with opening.ledger(settings, key) as ledger:
        tell(settings, ledger.append(body, f"dataset/{found.name}"))
