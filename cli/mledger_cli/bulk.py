"""Many events from a file: all checked first, then signed and written."""

import copy
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from mledger.errors import FormatError, InputError, MledgerError
from mledger_cli import opening, screen, text
from mledger_cli.context import Settings
from mledger_cli.documents import Source, json

if TYPE_CHECKING:
    from mledger.events.base import EventBody
    from mledger.ledger import Ledger, What
    from mledger.writing import Receipt

# Events that are written together: all of them or none.
BATCH = 20_000
# Lines between two steps of a progress bar.
STEP = 500
WHOLE = {"type", "stream", "data", "at", "id"}
# What `log --json` and `show --json` print besides; it belongs to the entry that was.
PRINTED = {"number", "version", "time", "occurred", "signer", "meaning", "key", "leaf"}
PRINTED |= {"corrections", "disputed", "proved", "redacted", "refused", "said", "withheld"}

Address = tuple[str, str] | None


def append(settings: Settings, source: Source, of: Address, meaning: str | None, key: str | None) -> None:
    """Record every event of `source`: fields of one type and stream, or whole events."""
    rows = _lines(source) if source.holds_lines else _array(source)
    total = _check(settings, source, rows, of)
    told = _Told()
    with (
        opening.ledger(settings, key) as ledger,
        screen.progress("recording", show=not settings.quiet) as step,
    ):
        items = _items(rows, of)
        while batch := list(islice(items, BATCH)):
            told.add(_write(ledger, batch, meaning, told.events))
            step(told.events, total)
    told.tell(settings)


def _check(settings: Settings, source: Source, rows: "Rows", of: Address) -> int:
    """How many events there are; what is wrong with one stops everything before anything is written."""
    total = 0
    with screen.progress("checking", show=not settings.quiet) as step:
        moved = _Moved()
        for where, row in rows():
            try:
                _item(row, of, moved).body.to_bytes()  # which may be too large
            except MledgerError as error:
                raise InputError(f"{source.name}, {where}: {error.message}", fix=error.fix) from None
            total += 1
            if total % STEP == 0:
                step(source.file.tell(), source.size)
    if not total:
        raise InputError(f"{source.name} holds no event", fix="mledger append --help")
    return total


class _Told:
    """What was recorded, counted."""

    def __init__(self) -> None:
        self.events = self.recorded = 0
        self._entries: set[str] = set()
        self._first: Receipt | None = None
        self._last: Receipt | None = None

    def add(self, receipts: "list[Receipt]") -> None:
        """Count the receipts of one batch."""
        self._first, self._last = self._first or receipts[0], receipts[-1]
        self.events += len(receipts)
        fresh = [receipt for receipt in receipts if receipt.recorded]
        self.recorded += len(fresh)
        self._entries.update(receipt.number.partition(".")[0] for receipt in fresh)

    def tell(self, settings: Settings) -> None:
        """Print one line, or one object."""
        first, last = self._first, self._last
        if first is None or last is None:
            raise AssertionError("bug: nothing was written")
        entries, known = len(self._entries), self.events - self.recorded
        if settings.json:
            counts = {"events": self.events, "recorded": self.recorded, "entries": entries}
            ends = {"first": first.number, "last": last.number}
            settings.out.json(counts | ends | {"signer": last.signer, "time": last.time})
            return
        new = f"{text.counted(self.recorded, 'event')} in {text.counted(entries, 'entry', 'entries')}"
        if not self.recorded:
            new = "nothing new"
        before = [f"{known:,} recorded before"] if known else []
        settings.out.parts(new, *before, f"{first.number} to {last.number}", f"signed {last.signer}")


def _write(ledger: "Ledger", batch: "list[What]", meaning: str | None, done: int) -> "list[Receipt]":
    try:
        return ledger.append_all(batch, meaning=meaning)
    except MledgerError as error:
        if done:
            error.message = f"after {done:,} events were recorded: {error.message}"
        raise


Rows = Callable[[], Iterator[tuple[str, Any]]]
"""Each value in a file, with its place; can be asked for again."""


def _lines(source: Source) -> Rows:
    def rows() -> Iterator[tuple[str, Any]]:
        for number, line in enumerate(source.lines(), 1):
            if line:
                yield f"line {number}", line

    return rows


def _array(source: Source) -> Rows:
    """The values of an array, or one alone; what `log --json` printed, in the order of recording."""
    value = json(source.read(), f"document in {source.name}")
    values = value if isinstance(value, list) else [value]
    if all(isinstance(row, dict) and isinstance(row.get("number"), str) for row in values):
        from mledger.core.names import parse_number

        values = sorted(values, key=lambda row: [part or 0 for part in parse_number(row["number"])])
    return lambda: ((f"event {place}", row) for place, row in enumerate(values, 1))


class _Moved:
    """Events of another ledger that were read so far: their ids by the numbers that they had there."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def take(self, row: dict[str, Any]) -> None:
        """Remember one whole event."""
        if isinstance(number := row.get("number"), str) and isinstance(row.get("id"), str):
            self._ids[number] = row["id"]

    def renamed(self, body: "EventBody", row: dict[str, Any]) -> "EventBody":
        """The body with ids in the place of numbers, which mean other events here. Errors: InputError."""
        from mledger.events.base import build
        from mledger.events.links import Link, links

        if "number" not in row:
            return body
        data = None
        for link in links(body):
            if isinstance(link, Link) and "-" not in link.event:
                if link.event not in self._ids:
                    raise InputError(
                        f"{body.type}: {link.path}: event {link.event} of the ledger that it comes from is"
                        " not among those before it",
                        fix="move that event too, or leave this one out",
                    )
                data = data or copy.deepcopy(row["data"])
                _put(data, link.path, self._ids[link.event])
        return body if data is None else build(body.type, data)


def _put(data: Any, path: str, value: str) -> None:
    """Put a value at a path such as `refs[0].event`, where there is one."""
    *steps, last = re.findall(r"[^.\[\]]+", path)
    for step in steps:
        data = data[int(step) if isinstance(data, list) else step]
    data[int(last) if isinstance(data, list) else last] = value


def _items(rows: "Rows", of: Address) -> "Iterator[What]":
    moved = _Moved()
    for _, row in rows():
        yield _item(row, of, moved)


def _item(row: Any, of: Address, moved: _Moved) -> "What":
    """One event. Errors: InputError, FormatError, NotFoundError."""
    from mledger.events.base import build
    from mledger.ledger import What

    fields = json(row, "text") if isinstance(row, bytes) else row
    if not isinstance(fields, dict):
        raise FormatError("should be a JSON object", fix="mledger append --help")
    return _whole(fields, moved) if of is None else What(build(of[0], fields), of[1])


def _whole(row: dict[str, Any], moved: _Moved) -> "What":
    """An event that says itself what it is."""
    from mledger.chain.draft import read_id
    from mledger.core.moment import read_moment
    from mledger.events.base import build
    from mledger.ledger import What
    from mledger_cli import address

    if wrong := row.keys() - WHOLE - PRINTED:
        raise InputError(
            f"an event has no {min(wrong)!r}; it has type, stream, data, at, id", fix="mledger append --help"
        )
    for name in ("type", "stream"):
        if not isinstance(row.get(name), str):
            raise InputError(f"the event lacks its {name}", fix="mledger append --help")
    kind, stream = address.check(row["type"], row["stream"])
    at, own = row.get("at") or row.get("occurred"), row.get("id")
    if row.get("data", {}) is None:
        raise InputError("the content of this event was erased", fix="leave it out")
    body = moved.renamed(build(kind, row.get("data", {})), row)
    moved.take(row)
    return What(
        body,
        stream,
        None if at is None else read_moment(str(at)),
        None if own is None else read_id(str(own)),
    )
