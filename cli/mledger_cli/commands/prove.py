"""mledger prove: receipts of events, and of the growth between two checkpoints."""

import base64
from pathlib import Path

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.files import write_new
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER


@click.command("prove", cls=Command)
@click.argument("event", type=EVENT_NUMBER, required=False)
@click.option(
    "--between",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    nargs=2,
    metavar="OLD NEW",
    help="Prove that the checkpoint NEW extends the checkpoint OLD.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it to a file.")
@pass_settings
def command(
    settings: Settings, event: str | None, between: tuple[Path, Path] | None, output: Path | None
) -> None:
    """Write a receipt of an event, or of the growth since.

    With --between it proves that one checkpoint extends another. The receipt of an event is a
    .tlog-proof (C2SP tlog-proof) with the signed envelope in it, and needs a checkpoint that covers
    the event: mledger checkpoint.
    """
    if (event is None) == (between is None):
        raise click.UsageError("name one EVENT, or two checkpoints with --between")
    with opening.reader(settings) as reader:
        if event is not None:
            proof, what = reader.prove(event), f"receipt of event {event}"
        else:
            old, new = (reader.read_checkpoint(path.read_bytes()) for path in between or ())
            hashes = reader.consistency(old.size, new.size)
            proof = b"".join(base64.b64encode(one) + b"\n" for one in hashes)
            what = f"proof that {new.size:,} entries extend {old.size:,}"
    if output is not None:
        write_new(output, proof)
    if settings.json:
        settings.out.json({"what": what, "file": output, "proof": proof.decode()})
    elif output is not None:
        settings.out.line(f"{what} in {output}")
    else:
        settings.out.raw(proof)
