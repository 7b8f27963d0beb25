"""mledger checkpoint: sign the state of the ledger."""

from pathlib import Path

import click

from mledger_cli import files, opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import KEY
from mledger_cli.text import counted


@click.command("checkpoint", cls=Command)
@click.option("-o", "--output", type=files.NEW, help="Write it to a file.")
@click.option("--vkey", is_flag=True, help="Print the key that checks its checkpoints, and sign nothing.")
@click.option(
    "--as", "key", type=KEY, metavar="KEY", help="Sign with this key, the one that signs checkpoints."
)
@pass_settings
def command(settings: Settings, output: Path | None, key: str | None, *, vkey: bool) -> None:
    """Sign the state of the ledger, to be kept elsewhere.

    The checkpoint is a signed note (C2SP tlog-checkpoint): origin, number of entries, root of the
    tree. Whoever has one can find out later that anything before it was changed: mledger verify
    --from-checkpoint FILE. It is also kept in the ledger.
    """
    if vkey:
        _print_vkey(settings)
        return
    if output is not None:
        files.check_new(output)
    with opening.for_checkpoints(settings, key) as ledger:
        note, vkey_text = ledger.checkpoint(), ledger.vkey_text
        checkpoint = ledger.read_checkpoint(note)
    what = f"checkpoint of {counted(checkpoint.size, 'entry', 'entries')}"
    row = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root}
    files.deliver(settings, output, note, what, row | {"note": note.decode(), "vkey": vkey_text})


def _print_vkey(settings: Settings) -> None:
    with opening.reader(settings) as reader:
        text = reader.vkey_text
    settings.out.json({"vkey": text}) if settings.json else settings.out.line(text)
