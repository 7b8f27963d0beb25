"""mledger append: record what happened."""

from typing import TYPE_CHECKING

import click

from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_TYPE, KEY, MOMENT, STREAM, UUID

if TYPE_CHECKING:
    from mledger.writing import Receipt


@click.command("append", cls=Command)
@click.argument("type", type=EVENT_TYPE, required=False)
@click.argument("stream", type=STREAM, required=False)
@click.option(
    "--from", "source", metavar="FILE", help="Read the fields from a JSON or YAML file, - for standard input."
)
@click.option("--set", "sets", metavar="FIELD=VALUE", multiple=True, help="Set a field; a dot goes deeper.")
@click.option("--edit", is_flag=True, help="Fill in a form in $EDITOR.")
@click.option("--at", type=MOMENT, metavar="TIME", help="When it occurred, if not now; with a zone.")
@click.option("--id", type=UUID, metavar="UUID", help="Its id: the same event is recorded once only.")
@click.option(
    "--meaning", metavar="WORD", help="What the signature means, if not what is usual for the type."
)
@click.option(
    "--as", "key", type=KEY, metavar="KEY", help="Sign with this key; else $MLEDGER_KEY, else your only one."
)
@pass_settings
def command(
    settings: Settings,
    type: str | None,
    stream: str | None,
    source: str | None,
    sets: tuple[str, ...],
    at: str | None,
    id: str | None,
    meaning: str | None,
    key: str | None,
    *,
    edit: bool,
) -> None:
    """Record an event, signed.

      mledger append comment.added model/credit-risk --set on=41 --set text="Looks right."

    STREAM is what it is about: model/NAME, dataset/NAME, ledger. A file of JSON lines holds many
    events of TYPE on STREAM. Without TYPE and STREAM, a file holds whole events, as `mledger log
    --json` prints them: {"type": …, "stream": …, "data": {…}, "at": …, "id": …}.
    """
    from mledger_cli import bulk, fields, opening

    if type is None or stream is None:
        if type or source is None or sets or edit or at or id:
            raise click.UsageError(
                "TYPE and STREAM are needed, or --from a file of whole events and no other option"
            )
        bulk.append(settings, source, None, meaning, key)
    elif source is not None and fields.holds_many(source):
        if sets or edit or at or id:
            raise click.UsageError("JSON lines hold many events: --set, --edit, --at and --id are for one")
        bulk.append(settings, source, (type, stream), meaning, key)
    else:
        values = fields.gather(type, source, sets, edit=edit)
        with opening.ledger(settings, key) as ledger:
            tell(settings, ledger.append(type, stream, values, at=at, id=id, meaning=meaning))


def tell(settings: Settings, receipt: "Receipt") -> None:
    """Print the number, the hash, who signed: one line."""
    if settings.json:
        settings.out.json(receipt)
        return
    how = f"signed {receipt.signer}, {receipt.meaning}" if receipt.recorded else "recorded before"
    settings.out.line(
        f"event {receipt.number}  {receipt.type}  {receipt.stream}  {receipt.leaf[:12]}  {how}  "
        f"{settings.out.moment(receipt.time)}"
    )
