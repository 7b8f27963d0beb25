"""mledger witness: vouch for the ledgers of others, and let others vouch."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger_cli import passphrase, screen
from mledger_cli.commands import witness_ask
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Group
from mledger_cli.tables import Column

if TYPE_CHECKING:
    from mledger.chain.witness import Log
    from mledger.exchange.witness import Logs
    from mledger.keystore import KeyRecord, Keystore

FOLDER = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the witness keeps its key and what it saw; else your own state folder.",
)
KEY_NAME = "witness"


@click.group("witness", cls=Group)
def command() -> None:
    """Vouch for the ledgers of others, or let others vouch.

    A witness keeps the last checkpoint that it saw of each ledger, and cosigns the next only if it
    extends that one. Whoever rewrites a ledger, with all its keys, cannot get it cosigned.
    """


@command.command("key")
@click.option("--name", metavar="NAME", help="The witness's name, when its key is made: witness.example/w1.")
@click.option("--no-passphrase", is_flag=True, help="Leave a new key open, for a server that starts alone.")
@FOLDER
@pass_settings
def key(settings: Settings, name: str | None, folder: Path | None, *, no_passphrase: bool) -> None:
    """Print the verifier key of your witness; make it the first time.

    Those who ask the witness put this line into the policy of their ledger.
    """
    from mledger.errors import InputError

    keys = _keys(folder)
    record = _held(keys)
    if record is None:
        record = _make(keys, name, open_=no_passphrase)
    elif name not in (None, record.owner):
        raise InputError(
            f"the witness has a key already, as {record.owner}",
            fix="leave --name out, or name another --folder",
        )
    text = _vkey(record)
    settings.out.json({"name": record.owner, "vkey": text}) if settings.json else settings.out.line(text)


@command.command("add-log")
@click.argument("vkey")
@click.option("--only", is_flag=True, help="Believe no other key of this ledger any longer.")
@FOLDER
@pass_settings
def add_log(settings: Settings, vkey: str, folder: Path | None, *, only: bool) -> None:
    """Let the witness cosign the checkpoints of a ledger.

    VKEY is what `mledger checkpoint --vkey` prints where the ledger is. Have it from somebody who
    answers for the ledger. Where another key signs from now on, add that one too, and with --only
    once nobody needs the old one.
    """
    from mledger.errors import FormatError

    try:
        log = _logs(folder).add(vkey, only=only)
    except FormatError as error:
        error.fix = error.fix or "give it whole, as this prints it: mledger checkpoint --vkey"
        raise
    settings.out.json(_row(log)) if settings.json else settings.out.line(f"will cosign {log.origin}")


@command.command("logs")
@FOLDER
@pass_settings
def logs(settings: Settings, folder: Path | None) -> None:
    """List the ledgers that the witness knows, and how far it went."""
    known = _logs(folder)
    if settings.json:
        settings.out.json([_row(log) for log in known.all()])
        return
    settings.out.table(
        known.all(), LISTED, none="the witness knows no ledger; add one with: mledger witness add-log VKEY"
    )
    for file in known.evidence():
        settings.out.line(f"evidence of a fork: {file}")


@command.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8460, show_default=True, help="0 takes any that is free."
)
@FOLDER
@pass_settings
def serve(settings: Settings, host: str, port: int, folder: Path | None) -> None:
    """Cosign what the ledgers send, until you press Ctrl-C.

    It speaks C2SP tlog-witness over HTTP: POST /add-checkpoint. Put a web server with TLS before it
    if others than this machine shall reach it.
    """
    from mledger.exchange.witness import Witness
    from mledger.exchange.witness_server import WitnessServer

    keys = _keys(folder)
    record = _held(keys) or _missing()
    signer = keys.unlock(record, passphrase.asking("the witness's key"))
    witness = Witness(record.owner, signer, _logs(folder), tell=screen.warn)
    with WitnessServer(witness, host, port) as server:
        settings.out.facts({"witness": record.owner, "listening": server.url})
        screen.flush()
        with suppress(KeyboardInterrupt):
            server.serve_forever()


command.add_command(witness_ask.ask)


def _logs(folder: Path | None) -> "Logs":
    from mledger.exchange.witness import Logs

    return Logs(folder)


def _keys(folder: Path | None) -> "Keystore":
    """The keystore that holds the witness's key, and no other."""
    from mledger.keystore import Keystore

    return Keystore(_logs(folder).folder)


def _held(keys: "Keystore") -> "KeyRecord | None":
    from mledger.errors import NotFoundError

    try:
        return keys.get(KEY_NAME)
    except NotFoundError:
        return None


def _missing() -> "KeyRecord":
    from mledger.errors import NotFoundError

    raise NotFoundError("the witness has no key yet", fix="mledger witness key --name witness.example/w1")


def _make(keys: "Keystore", name: str | None, *, open_: bool) -> "KeyRecord":
    """A new key under the witness's name, which must be one that can stand in a note."""
    from mledger.core.note import COSIGNATURE, format_vkey
    from mledger.keys.ed25519 import Ed25519Signer

    if name is None:
        _missing()
    signer = Ed25519Signer.generate()
    format_vkey(name or "", signer.public, COSIGNATURE)
    secret = None if open_ else passphrase.choose("the witness's key")
    return keys.add(signer, owner=name or "", passphrase=secret, name=KEY_NAME)


def _vkey(record: "KeyRecord") -> str:
    from mledger.core.note import COSIGNATURE, format_vkey

    return format_vkey(record.owner, record.public, COSIGNATURE)


def _row(log: "Log") -> dict[str, object]:
    from mledger.core.note import format_vkey

    keys = [format_vkey(key.name, key.public, key.alg) for key in log.keys]
    size = log.checkpoint.size if log.checkpoint else None
    return {"origin": log.origin, "keys": keys, "size": size}


LISTED: "list[Column[Log]]" = [
    Column("ledger", lambda log: log.origin, flexible=True),
    Column("cosigned", lambda log: f"{log.checkpoint.size:,}" if log.checkpoint else "", right=True),
    Column("root", lambda log: log.checkpoint.root.hex()[:12] if log.checkpoint else ""),
    Column("keys", lambda log: str(len(log.keys)), right=True),
]
