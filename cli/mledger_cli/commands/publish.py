"""mledger publish: the log where everybody can read it."""

import click

from mledger_cli import checkpoints, opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import KEY
from mledger_cli.text import counted


@click.command("publish", cls=Command)
@click.argument("place")
@click.option("--kept", is_flag=True, help="Use the newest checkpoint kept, and sign none.")
@click.option(
    "--as", "key", type=KEY, metavar="KEY", help="Sign with this key, the one that signs checkpoints."
)
@pass_settings
def command(settings: Settings, place: str, key: str | None, *, kept: bool) -> None:
    """Write the log to where others can follow it.

    A folder, or object storage.

    PLACE is a folder, or a URL like s3://bucket/path (pip install 'mledger[mirror]'; credentials and
    endpoint come from the environment). What goes there is the log in tiles (C2SP tlog-tiles): envelopes,
    no bodies. Only what is new is written, the checkpoint last, so that readers find a whole log at any
    moment. What is there already is never changed: another history is refused with exit code 3.
    """
    from mledger.core.tiles import CHECKPOINT
    from mledger.exchange.places import open_place
    from mledger.exchange.publish import publish

    there = open_place(place)
    there.read(CHECKPOINT)  # before anything is signed: can it be reached?
    with opening.reader(settings) as reader:
        reader.history()
    note = checkpoints.to_go_out(settings, key, kept=kept)
    with opening.reader(settings) as reader:
        done = publish(reader, note, there)
    new = done.size - done.before
    shown = {
        "ledger": done.origin,
        "place": place,
        "log": counted(done.size, "entry", "entries") + (f", {new:,} new" if done.before and new else ""),
        "wrote": counted(done.files, "file") if done.files else "nothing: it is there already",
    }
    settings.out.facts(shown, done._asdict() | {"place": place})
