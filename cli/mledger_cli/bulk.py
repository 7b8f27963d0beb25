"""Many events from JSON lines: all checked first, then signed and written."""

from typing import TYPE_CHECKING

from mledger.core import canonical
from mledger.errors import FormatError, InputError, MledgerError
from mledger_cli import fields, opening, screen
from mledger_cli.context import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mledger.ledger import Ledger, What
    from mledger.writing import Receipt

# Events that are written together: all of them or none.
BATCH = 20_000
WHOLE = {"type", "stream", "data", "at", "id"}
# What `log --json` prints besides; it belongs to the entry that was.
PRINTED = {"number", "version", "time", "occurred", "signer", "meaning", "key"}


def append(
    settings: Settings, source: str, of: tuple[str, str] | None, meaning: str | None, key: str | None
) -> None:
    """Record every line of `source`: fields of one type and stream, or whole events."""
    total = sum(
        1 for _ in _items(source, of)
    )  # a line that is wrong stops everything before anything is written
    if not total:
        raise InputError(f"{source} holds no event")
    first: Receipt | None = None
    last: Receipt | None = None
    done = new = 0
    with (
        opening.ledger(settings, key) as ledger,
        screen.progress("recording", show=not settings.quiet) as step,
    ):
        before = ledger.head.size
        for batch in _batches(_items(source, of)):
            receipts = _write(ledger, batch, meaning, done)
            first, last = first or receipts[0], receipts[-1]
            done += len(receipts)
            new += sum(receipt.recorded for receipt in receipts)
            step(done, total)
        entries = ledger.head.size - before
    if first is None or last is None:
        raise AssertionError("bug: nothing was written")
    row = {"events": done, "recorded": new, "entries": entries, "first": first.number, "last": last.number}
    if settings.json:
        settings.out.json(row | {"signer": last.signer, "time": last.time})
        return
    known = f", {done - new:,} were recorded before" if new < done else ""
    count = f"{new:,} event{_s(new)} in {entries:,} {_entries(entries)}{known}"
    settings.out.line(f"{count}  {first.number} to {last.number}  signed {last.signer}")


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"


def _write(ledger: "Ledger", batch: "list[What]", meaning: str | None, done: int) -> "list[Receipt]":
    try:
        return ledger.append_all(batch, meaning=meaning)
    except MledgerError as error:
        if done:
            error.message = f"after {done:,} events were recorded: {error.message}"
        raise


def _batches(items: "Iterator[What]") -> "Iterator[list[What]]":
    from itertools import islice

    while batch := list(islice(items, BATCH)):
        yield batch


def _items(source: str, of: tuple[str, str] | None) -> "Iterator[What]":
    """The events of the lines; an error names its line."""
    for number, line in enumerate(fields.read(source).split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield _item(line.strip(), of)
        except MledgerError as error:
            where = "standard input" if source == fields.STDIN else source
            raise InputError(f"{where}, line {number}: {error.message}", fix=error.fix) from None


def _item(line: bytes, of: tuple[str, str] | None) -> "What":
    from mledger.chain.draft import read_id
    from mledger.core.moment import read_moment
    from mledger.core.names import check_stream
    from mledger.events.base import build
    from mledger.ledger import What

    row = canonical.decode(line, what="the line")
    if not isinstance(row, dict):
        raise FormatError("should be a JSON object")
    if of is not None:
        return What(build(of[0], row), check_stream(of[1], error=InputError))
    event = {name: value for name, value in row.items() if name not in PRINTED}
    if wrong := event.keys() - WHOLE:
        raise InputError(f"an event has no {min(wrong)!r}; it has type, stream, data, at, id")
    for name in ("type", "stream"):
        if not isinstance(event.get(name), str):
            raise InputError(f"the event lacks its {name}")
    at, own = event.get("at") or row.get("occurred"), event.get("id")
    body = build(event["type"], event.get("data") or {})
    moment = read_moment(str(at)) if at is not None else None
    return What(
        body, check_stream(event["stream"], error=InputError), moment, read_id(str(own)) if own else None
    )
