"""mledger check-proof: check a receipt without the ledger."""

import base64
import binascii
from pathlib import Path

import click

from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("check-proof", cls=Command)
@click.argument("file", type=FILE)
@click.option(
    "--vkey", metavar="VKEY", required=True, help="The ledger's verifier key, from somebody you trust."
)
@click.option(
    "--between", type=FILE, nargs=2, metavar="OLD NEW", help="FILE proves that checkpoint NEW extends OLD."
)
@pass_settings
def command(settings: Settings, file: Path, vkey: str, between: tuple[Path, Path] | None) -> None:
    """Check a receipt or a checkpoint without the ledger.

    FILE is a receipt (.tlog-proof), a checkpoint, or with --between a proof of growth. The verifier
    key is what `mledger checkpoint --vkey` prints. Exit code 3 if the proof does not hold.
    """
    from mledger.core.note import parse_vkey
    from mledger.receipt import check_checkpoint, check_extension, check_receipt

    data, key = file.read_bytes(), parse_vkey(vkey)
    if between is not None:
        old, new = (check_checkpoint(path.read_bytes(), key) for path in between)
        check_extension(old, new, _hashes(data))
        row: dict[str, object] = {"origin": new.origin, "holds": f"{new.size:,} entries extend {old.size:,}"}
    elif data.startswith(b"c2sp.org/tlog-proof@"):
        receipt = check_receipt(data, vkey)
        row = {
            "origin": receipt.checkpoint.origin,
            "holds": f"entry {receipt.seq} is among the first {receipt.checkpoint.size:,}",
            "signed": f"{receipt.statement.signer}, {receipt.statement.meaning}",
            "recorded": settings.out.moment(receipt.statement.time),
            "events": ", ".join(f"{event.type} on {event.stream}" for event in receipt.statement.events),
        }
    else:
        checkpoint = check_checkpoint(data, key)
        row = {
            "origin": checkpoint.origin,
            "holds": f"{checkpoint.size:,} entries, root {checkpoint.root.hex()}",
        }
    settings.out.facts(row)


def _hashes(data: bytes) -> list[bytes]:
    """The hashes of a proof of growth, one in base64 on each line."""
    from mledger.errors import FormatError

    try:
        return [base64.b64decode(line, validate=True) for line in data.splitlines()]
    except binascii.Error:
        raise FormatError("a proof of growth has one hash in base64 on each line") from None
