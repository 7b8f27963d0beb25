"""mledger retention: what need not be kept any longer."""

from typing import TYPE_CHECKING

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.days import DAY
from mledger_cli.groups import Command
from mledger_cli.tables import Column

if TYPE_CHECKING:
    from mledger.desk.retention import Due


@click.command("retention", cls=Command)
@click.option("--by", type=DAY, metavar="DAY", help="What is due by that day, if not by now.")
@pass_settings
def command(settings: Settings, by: str | None) -> None:
    """List the events whose content need not be kept any longer.

    The policy says for how long: `retention`, by type of event and kind of stream, from the time of
    recording. Until then `mledger redact` is refused, but on a legal basis to which the rule gives
    way. What is under a hold (`mledger types hold.placed`) is not listed, nor what a retirement keeps
    until a day of its own. Nothing is erased by itself.
    """
    from mledger.core.moment import read_cut
    from mledger.desk.retention import due

    with opening.reader(settings) as reader:
        policy = reader.keyring().policy
        found = list(due(reader, read_cut(by) if by else reader.now()))
    settings.out.table(found, _columns(), none="nothing is due for disposal")
    if policy is not None and not policy.retention:
        settings.out.note(f"the policy {policy.name} names no periods: mledger types policy.adopted")
    elif found:
        number = found[0].number
        settings.out.note(f"erase one: mledger redact {number} --basis TEXT --authority NAME")


def _columns() -> "list[Column[Due]]":
    return [
        Column("event", lambda item: item.number, right=True),
        Column("kept until", lambda item: item.until[:10]),
        Column("type", lambda item: item.type),
        Column("stream", lambda item: item.stream, flexible=True),
        Column("basis", lambda item: item.basis or "", lines=2),
    ]
