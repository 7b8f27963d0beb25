"""mledger dissent: disagree, so that it stays visible."""

import click

from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER, KEY


@click.command("dissent", cls=Command)
@click.argument("event", type=EVENT_NUMBER)
@click.argument("text", required=False)
@click.option("--instead", metavar="TEXT", help="What you would have done.")
@click.option("--would-settle", metavar="TEXT", help="What would change your mind, or prove you right.")
@click.option("--from", "source", metavar="FILE", help="Read the text from FILE; - is standard input.")
@click.option("--as", "key", type=KEY, metavar="KEY", help="Sign with this key.")
@pass_settings
def command(
    settings: Settings,
    event: str,
    text: str | None,
    instead: str | None,
    would_settle: str | None,
    source: str | None,
    key: str | None,
) -> None:
    """Disagree with an event, so that it stays visible.

      mledger dissent 46 'Two months are too few; wait for November.'

    EVENT is the number of a decision, a request, or anything else. Nobody can take a dissent out,
    not even you: it is answered by commenting on it. Without TEXT your editor opens.
    """
    from mledger_cli import saying

    more = {"instead": instead, "would_settle": would_settle}
    saying.record(settings, "dissent.recorded", saying.Said(event, text, source, more), key)
