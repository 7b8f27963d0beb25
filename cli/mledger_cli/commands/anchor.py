"""mledger anchor: let somebody outside vouch for what is recorded."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger_cli import files, opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER, KEY
from mledger_cli.text import counted

if TYPE_CHECKING:
    from mledger.anchoring import Recorded


@click.command("anchor", cls=Command)
@click.option("--rfc3161", "authority", metavar="URL", help="Have an authority time-stamp it (RFC 3161).")
@click.option(
    "--git",
    "tag",
    metavar="[TAG]",
    is_flag=False,
    flag_value="",
    help="Keep it in the git repository here: in an annotated tag, or in a note of the commit.",
)
@click.option(
    "--tsa-root",
    "roots",
    type=files.EXISTING,
    multiple=True,
    help="Believe this root certificate (PEM) in the place of the policy's.",
)
@click.option(
    "--export",
    "event",
    type=EVENT_NUMBER,
    metavar="EVENT",
    help="Write checkpoint and token of an anchor to files.",
)
@click.option("-o", "--output", type=files.NEW, help="With --export: OUTPUT.checkpoint and OUTPUT.token.")
@click.option("--as", "key", type=KEY, metavar="KEY", help="Sign with this key.")
@pass_settings
def command(
    settings: Settings,
    authority: str | None,
    tag: str | None,
    roots: tuple[Path, ...],
    event: str | None,
    output: Path | None,
    key: str | None,
) -> None:
    """Let somebody outside vouch for what is recorded, and when.

    Makes a checkpoint if there are new entries, has it anchored, and records the token, so that each
    entry is shown with the time by which it was there, and everything after it with the time before
    which it was not. openssl checks an exported time-stamp as it is:

      openssl ts -verify -data NAME.checkpoint -in NAME.token -CAfile ROOT
    """
    if sum(asked is not None for asked in (authority, tag, event)) != 1:
        raise click.UsageError("say who shall vouch: --rfc3161 URL or --git [TAG]; or --export EVENT")
    if event is not None:
        _export(settings, event, output)
        return
    from mledger.anchoring import anchor

    kind, where = ("git", tag or None) if authority is None else ("rfc3161", authority)
    believed = [root for file in roots for root in files.read_roots(file)]
    with opening.ledger(settings, key) as ledger:
        recorded = anchor(ledger, kind, where, believed)
    _tell(settings, recorded)


def _tell(settings: Settings, recorded: "Recorded") -> None:
    if settings.json:
        settings.out.json(recorded)
        return
    receipt, proved = recorded.receipt, recorded.proved
    settings.out.parts(
        f"event {receipt.number}", receipt.leaf[:12], f"signed {receipt.signer}, {receipt.meaning}"
    )
    size = counted(recorded.size, "entry", "entries")
    said = (
        f"{size} there at {settings.out.moment(proved.time)}, by {proved.by}"
        if proved.time
        else f"{size} kept"
    )
    settings.out.prose(f"  {said}, {recorded.where}", hang=2)


def _export(settings: Settings, event: str, output: Path | None) -> None:
    """Write what other programs check."""
    from mledger.errors import InputError

    if output is None:
        raise click.UsageError("--export needs a name for the files: -o NAME")
    with opening.reader(settings) as reader:
        fact = reader.fact(event)
    body = fact.data
    if fact.type != "anchor.recorded" or body is None:
        raise InputError(
            f"event {event} is a {fact.type}, no anchor", fix="mledger log --type anchor.recorded"
        )
    parts = {".checkpoint": body.checkpoint.encode(), ".token": body.token_bytes}  # type: ignore[attr-defined]
    paths = [output.with_name(output.name + ending) for ending in parts]
    for path in paths:
        files.check_new(path)
    for path, data in zip(paths, parts.values(), strict=True):
        files.write_new(path, data)
    row = {"files": [str(path) for path in paths]}
    settings.out.json(row) if settings.json else settings.out.line(
        f"anchor {event}, in {paths[0]} and {paths[1]}"
    )
