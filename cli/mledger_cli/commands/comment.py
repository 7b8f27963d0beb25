"""mledger comment: say something about an event."""

import click

from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER, KEY


@click.command("comment", cls=Command)
@click.argument("event", type=EVENT_NUMBER)
@click.argument("text", required=False)
@click.option("--from", "source", metavar="FILE", help="Read the text from FILE; - is standard input.")
@click.option("--as", "key", type=KEY, metavar="KEY", help="Sign with this key.")
@pass_settings
def command(settings: Settings, event: str, text: str | None, source: str | None, key: str | None) -> None:
    """Say something about an event, under your name.

      mledger comment 46 'Is the gap measured on the new regions?'

    EVENT is its number; a comment is answered by commenting on it. Without TEXT your editor opens.
    """
    from mledger_cli import saying

    saying.record(settings, "comment.added", saying.Said(event, text, source), key)
