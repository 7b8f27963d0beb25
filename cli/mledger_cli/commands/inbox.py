"""mledger inbox: what waits for somebody."""

from typing import TYPE_CHECKING

import click

from mledger_cli import opening, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import MEMBER
from mledger_cli.tables import Column, day, unprefixed

if TYPE_CHECKING:
    from mledger.desk.inbox import Item
    from mledger.reader import Reader


@click.command("inbox", cls=Command)
@click.option("--for", "name", type=MEMBER, metavar="NAME", help="What waits for somebody else.")
@pass_settings
def command(settings: Settings, name: str | None) -> None:
    """List what waits for you: to be approved, accepted, signed.

    Promotions, decisions, plans, reviews that you were asked for or that are due; the longest waiting
    first. You are whoever holds the keys in your keystore, or the one that $MLEDGER_KEY names.
    """
    from mledger.desk.inbox import inbox_of

    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        items = inbox_of(reader, _keys(reader, name))
    settings.out.table(items, _columns(settings, items), none="nothing waits")
    if items:
        settings.out.note(_next(items))


def _next(items: "list[Item]") -> str:
    """The command for one of them: what can be answered first, then a review that is due."""
    asked = [item.number for item in items if item.kind != "review due"]
    if asked:
        return f"look at one: mledger review {asked[0]}"
    return f"say that one is done: mledger reviews done {items[0].number} --checked TEXT"


def _keys(reader: "Reader", name: str | None) -> list[str]:
    """The keys whose holders are meant. Errors: NotFoundError, InputError."""
    from mledger.errors import NotFoundError
    from mledger.keystore import Keystore
    from mledger_cli.commands.key_governance import find_member

    if name is not None:
        return [find_member(reader, name).id]
    keys, chosen = Keystore(), opening.chosen_key()
    held = [keys.find(chosen)] if chosen else keys.list()
    members = reader.keyring().members
    found = [record.key_id for record in held if record.key_id in members]
    if not found:
        raise NotFoundError(
            f"none of your keys is enrolled in {reader.origin}", fix="mledger inbox --for NAME"
        )
    return found


def _columns(settings: Settings, items: "list[Item]") -> "list[Column[Item]]":
    """What a listing says of each; who it waits for, and until when, only where that differs."""
    found: list[Column[Item]] = [
        Column("event", lambda item: item.number, right=True),
        Column("since", lambda item: settings.out.moment(item.since), short=day),
        Column("what", lambda item: item.kind),
        Column("stream", lambda item: item.stream, flexible=True, short=unprefixed),
        Column("by", lambda item: item.by, flexible=True),
        Column("about", lambda item: item.about, lines=3),
    ]
    if any(item.due for item in items):
        found.insert(5, Column("due", lambda item: item.due or ""))
    if len({item.waits_for for item in items}) > 1:
        found[4] = Column("for", lambda item: item.waits_for, flexible=True)
        found[-1] = Column("about", _whose, lines=3)
    return found


def _whose(item: "Item") -> str:
    """What it is about, and by whom."""
    return f"{item.about} (by {item.by})" if item.by != item.waits_for else item.about
