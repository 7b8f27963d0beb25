"""What people say about an event, recorded on its stream."""

from typing import TYPE_CHECKING, Any, NamedTuple

from mledger.errors import InputError
from mledger_cli import opening
from mledger_cli.context import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping


class Said(NamedTuple):
    """What somebody says: about which event, in words given or in a file, with which other fields."""

    event: str
    text: str | None
    source: str | None
    more: "Mapping[str, str | None] | None" = None


def record(settings: Settings, type: str, words: Said, key: str | None) -> None:
    """Record a text about an event: the one given, that of a file, or what is typed into an editor."""
    from mledger.events.base import build
    from mledger_cli import asking, editor

    with opening.reader(settings) as reader:
        fact = reader.fact(words.event)
    said, source = words.text, words.source
    fields = {name: value for name, value in (words.more or {}).items() if value} | {"on": fact.number}
    if said is not None and source is not None:
        raise InputError("the text is given twice", fix="give TEXT or --from FILE")
    if said is None and source is not None:
        said = _read(source)
    if said is not None:
        _sign(settings, build(type, fields | {"text": said}), fact.stream, key)
        return
    if not asking.can_ask():
        raise InputError("TEXT is missing, and there is no terminal", fix="give TEXT, or --from - to read it")
    about = f"## Say something about event {fact.number}, {fact.type} by {fact.signer}; these lines go.\n\n"
    with editor.form(about, f"mledger {type.partition('.')[0]} {fact.number}", suffix=".md") as form:
        lines = form.fill_in().decode(errors="replace").splitlines()
        text = "\n".join(line for line in lines if not line.startswith("## "))
        _sign(settings, build(type, fields | {"text": text}), fact.stream, key)


def _read(source: str) -> str:
    from mledger_cli.documents import Source

    document = Source(source)
    try:
        return document.read().decode()
    except UnicodeDecodeError as error:
        raise InputError(
            f"{document.name} is not UTF-8 at byte {error.start}", fix="save it as UTF-8"
        ) from None
    finally:
        document.close()


def _sign(settings: Settings, body: Any, stream: str, key: str | None) -> None:
    with opening.ledger(settings, key) as ledger:
        receipt = ledger.append(body, stream)
    if settings.json:
        settings.out.json(receipt)
        return
    kind = receipt.type.partition(".")[0]
    signed = f"signed {receipt.signer}, {receipt.meaning}"
    settings.out.parts(
        f"{kind} {receipt.number}", f"on event {body.on}", signed, settings.out.moment(receipt.time)
    )
