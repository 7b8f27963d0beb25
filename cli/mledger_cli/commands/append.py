"""mledger append: record what happened."""

from typing import TYPE_CHECKING, NamedTuple

import click

from mledger_cli import files
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import ANY_STREAM, ANY_TYPE, KEY, MEANING, MOMENT, UUID
from mledger_cli.recording import REQUEST, ask, body
from mledger_cli.recording import tell as tell  # noqa: PLC0414  others take it from here

if TYPE_CHECKING:
    from pathlib import Path

    from mledger.attachment import Attachment
    from mledger.events.base import EventBody
    from mledger.ledger import Ledger
    from mledger.writing import Receipt
    from mledger_cli.documents import Source
    from mledger_cli.fields import Given


@click.command("append", cls=Command)
@click.argument("type", type=ANY_TYPE, required=False)
@click.argument("stream", type=ANY_STREAM, required=False)
@click.option("--from", "source", metavar="FILE", help="Read JSON or YAML from FILE; - is standard input.")
@click.option("--set", "sets", metavar="FIELD=VALUE", multiple=True, help="Set a field; a dot goes deeper.")
@click.option("--edit", is_flag=True, help="Fill in a form in $EDITOR.")
@click.option(
    "--attach", "attach", type=files.EXISTING, multiple=True, metavar="FILE", help="Keep FILE with it."
)
@click.option("--at", type=MOMENT, metavar="TIME", help="When it occurred, if not now; with a zone.")
@click.option("--id", type=UUID, metavar="UUID", help="Its id, UUIDv7: sent twice, it is recorded once.")
@REQUEST
@click.option("--meaning", type=MEANING, metavar="WORD", help="What you sign as, if not the usual.")
@click.option(
    "--as", "key", type=KEY, metavar="KEY", help="Sign with this key; else $MLEDGER_KEY, or your only one."
)
@pass_settings
def command(
    settings: Settings,
    type: str | None,
    stream: str | None,
    source: str | None,
    sets: tuple[str, ...],
    attach: tuple["Path", ...],
    at: str | None,
    id: str | None,
    request: str | None,
    meaning: str | None,
    key: str | None,
    *,
    edit: bool,
) -> None:
    """Record an event, signed.

      mledger append comment.added model/credit-risk --set on=41 --set text=Right.

    STREAM is what it is about: model/NAME, dataset/NAME, or ledger. TYPE is one of `mledger types`.

    --attach keeps a file of up to 16 MiB inside the ledger, and names it in the field files, or refs.

    Many events at once come from a file of JSON lines: each has the fields of an event of TYPE on
    STREAM. Without TYPE and STREAM a line is a whole event as `mledger log --json` prints it, with
    type, stream, data, and if you like at and id. All are checked before the first is recorded.
    """
    from mledger_cli import address, fields, opening

    click.get_current_context().with_resource(opening.declaring(settings))
    document = None if source is None else _source(source)
    of = address.check(type, stream) if type or document is None else None
    if document is not None and (of is None or document.holds_many):
        if sets or edit or attach or at or id or request:
            raise click.UsageError(
                "many events come from a file: --set, --edit, --attach, --at, --id and --request are for one"
            )
        from mledger_cli import bulk

        bulk.append(settings, document, of, meaning, key)
    elif of is not None and request is not None:
        given = fields.Given(document, sets, fields.attachments(attach))
        ask(settings, [body(of[0], given.gather(of[0]))], of[1], request, key)
    elif of is not None:
        record = _edited if edit else _given
        given = fields.Given(document, sets, fields.attachments(attach))
        receipt, remark = record(settings, of, given, key, _How(at, id, meaning, given.attach))
        tell(settings, receipt)
        if remark and receipt.recorded:
            settings.out.note(remark)


def _source(name: str) -> "Source":
    from mledger_cli.documents import Source

    source = Source(name)
    click.get_current_context().call_on_close(source.close)
    return source


class _How(NamedTuple):
    """What is said of an event besides its fields."""

    at: str | None
    id: str | None
    meaning: str | None
    attach: "tuple[Attachment, ...]"

    def record(self, ledger: "Ledger", body: "EventBody", stream: str) -> "tuple[Receipt, str | None]":
        """Append the event; what there is to remark if it begins a stream."""
        from mledger_cli import beginning, waiving

        if body.type == "waiver.granted":
            waiving.check(body, ledger.now()[:10])
        remark = beginning.remark(ledger, body.type, stream)
        at, id, meaning, attach = self
        return ledger.append(body, stream, at=at, id=id, meaning=meaning, attach=attach), remark


def _given(
    settings: Settings, of: tuple[str, str], given: "Given", key: str | None, how: _How
) -> "tuple[Receipt, str | None]":
    """Record the fields of a document and of options; they are checked before a passphrase is asked for."""
    from mledger.events.base import build
    from mledger_cli import opening

    body = build(of[0], given.gather(of[0]))
    body.to_bytes()  # which may be too large
    with opening.ledger(settings, key) as ledger:
        return how.record(ledger, body, of[1])


def _edited(
    settings: Settings, of: tuple[str, str], given: "Given", key: str | None, how: _How
) -> "tuple[Receipt, str | None]":
    """Record what a person fills in; the ledger is opened before, so that nobody writes for nothing."""
    from mledger.events.base import build
    from mledger_cli import documents, editor, opening

    values = given.gather(of[0])
    with (
        opening.ledger(settings, key) as ledger,
        editor.form(editor.filled(of[0], values), f"mledger append {of[0]} {of[1]}") as form,
    ):
        body = build(of[0], documents.members(form.fill_in(may_stay=bool(values)), "the form", of[0]))
        return how.record(ledger, body, of[1])
