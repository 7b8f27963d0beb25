"""mledger prove: receipts of events, and of the growth between two checkpoints."""

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger_cli import files, opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER

if TYPE_CHECKING:
    from mledger.reader import Reader


@click.command("prove", cls=Command)
@click.argument("event", type=EVENT_NUMBER, required=False)
@click.option(
    "--between",
    type=files.EXISTING,
    nargs=2,
    metavar="OLD NEW",
    help="Prove that checkpoint NEW extends OLD.",
)
@click.option("-o", "--output", type=files.NEW, help="Write it to a file.")
@pass_settings
def command(
    settings: Settings, event: str | None, between: tuple[Path, Path] | None, output: Path | None
) -> None:
    """Write a receipt of an event, or of the growth since.

    The receipt of an event is a .tlog-proof (C2SP tlog-proof) with the signed envelope in it. It needs
    a checkpoint that covers the event: mledger checkpoint. With --between it proves instead that one
    checkpoint extends another. Check either with mledger check-proof.
    """
    if (event is None) == (between is None):
        raise click.UsageError("name one EVENT, or two checkpoints with --between")
    if output is not None:
        files.check_new(output)
    with opening.reader(settings) as reader:
        proof, what = _growth(reader, between) if event is None else _receipt(reader, event)
    files.deliver(settings, output, proof, what, {"what": what, "proof": proof.decode()})


def _receipt(reader: "Reader", event: str) -> tuple[bytes, str]:
    """The receipt of an event, and what it says."""
    return reader.prove(event), f"receipt of event {event}"


def _growth(reader: "Reader", between: tuple[Path, Path] | None) -> tuple[bytes, str]:
    """The proof that one checkpoint extends another, and what it says."""
    old, new = (reader.read_checkpoint(files.read_note(path)) for path in between or ())
    hashes = reader.consistency(old.size, new.size)
    what = f"proof that the first {new.size:,} entries extend the first {old.size:,}"
    return b"".join(base64.b64encode(one) + b"\n" for one in hashes), what
