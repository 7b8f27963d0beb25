"""mledger heads: what this machine remembers of ledgers."""

from typing import TYPE_CHECKING

import click

from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Group
from mledger_cli.params import MEMORY
from mledger_cli.tables import Column, day

if TYPE_CHECKING:
    from mledger.heads import Memory


@click.group("heads", cls=Group)
def command() -> None:
    """List what this machine remembers of ledgers, or forget."""


@command.command("list")
@pass_settings
def list_(settings: Settings) -> None:
    """List the ledgers used on this machine, with the head last seen."""
    from mledger.heads import Heads

    settings.out.table(Heads().all(), _columns(settings), none="this machine remembers no ledger")


@command.command("forget")
@click.argument("name", type=MEMORY)
@pass_settings
def forget(settings: Settings, name: str) -> None:
    """Forget a ledger, so that the next look at it is the first.

    NAME is what the list calls it, or eight digits of that; or its origin, or its file. Do it only if
    you know why the ledger is shorter than it was, or another one: nothing else tells you.
    """
    from mledger.heads import Heads

    heads = Heads()
    genesis = heads.find(name)
    heads.forget(genesis)
    row = {"forgotten": genesis.hex()}
    settings.out.json(row) if settings.json else settings.out.line(f"forgotten: {name}")


def _columns(settings: Settings) -> "list[Column[Memory]]":
    return [
        Column("name", lambda memory: memory.genesis.hex()[:12]),
        Column("ledger", lambda memory: memory.origin, flexible=True),
        Column("entries", lambda memory: f"{memory.size:,}", right=True),
        Column("verified", lambda memory: f"{memory.verified.size:,}" if memory.verified else "", right=True),
        Column("seen", lambda memory: settings.out.moment(memory.seen), short=day),
        Column("file", lambda memory: memory.path, lines=9),
    ]
