"""mledger audit sample: events drawn by lot, the same for everybody."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from mledger.errors import InputError, IntegrityError
from mledger_cli import opening, recording
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import SOME_STREAM
from mledger_cli.text import counted

if TYPE_CHECKING:
    from mledger.reader import Reader
    from mledger.reports.sample import Lot

COLUMNS = ("event", "type", "stream", "recorded", "occurred", "signer", "meaning", "id", "lot")


def OPTIONS(function: Callable[..., Any]) -> Callable[..., Any]:  # noqa: N802  used as a decorator
    """The options that say what is drawn."""
    for option in (
        click.option(
            "--type",
            "types",
            metavar="TYPE",
            multiple=True,
            help="Only these types; also with commas between.",
        ),
        click.option("--seed", type=click.IntRange(0), metavar="SEED", help="A whole number, best a date."),
        click.option("--n", "size", type=click.IntRange(1), metavar="N", help="How many events."),
    ):
        function = option(function)
    return function


class Wanted(NamedTuple):
    """What is drawn: how many, by which seed, of which types and stream, among how many entries."""

    size: int
    seed: int
    types: tuple[str, ...]
    stream: str | None
    entries: int


@click.command("sample", cls=Command)
@click.argument("what", metavar="[STREAM|AUDIT]", type=SOME_STREAM, required=False)
@OPTIONS
@click.option("--entries", type=click.IntRange(1), metavar="COUNT", help="Among the first entries only.")
@pass_settings
def sample(
    settings: Settings,
    what: str | None,
    size: int | None,
    seed: int | None,
    types: tuple[str, ...],
    entries: int | None,
) -> None:
    """Draw events by lot, as CSV, the same for the same seed.

      mledger audit sample --n 15 --seed 20261123 --type promotion.approved,decision.accepted

    STREAM draws of one model or dataset alone; AUDIT, the number of an audit.opened, draws the sample
    again that it was opened with. The lot of an event is the SHA-256 of the seed and of its id; the
    smallest lots are drawn, in their order. How to draw again with another program stands in the
    guide to looking after a model.
    """
    with opening.reader(settings) as reader:
        history = reader.history()
        wanted = _wanted(reader, what, size, seed, types, entries)
        from mledger.reports.sample import draw

        facts = history.known_at(wanted.entries)
        if wanted.stream is not None:
            facts = facts.of(wanted.stream)
        lots = draw(facts.facts(), wanted.size, wanted.seed, wanted.types)
        leaf = (reader.leaf_at(wanted.entries - 1) or b"").hex()
    if settings.json:
        head = {"entries": wanted.entries, "leaf": leaf}
        rows = [dict(zip(COLUMNS, _row(lot), strict=True)) for lot in lots]
        settings.out.json(wanted._asdict() | {"head": head, "drawn": rows})
        return
    settings.out.raw(_csv(lots))
    among = counted(wanted.entries, "entry", "entries")
    settings.out.note(f"{counted(len(lots), 'event')} of the first {among}, which end with {leaf[:12]}")
    if len(lots) < wanted.size:
        settings.out.note(f"there are no {wanted.size} of that kind")


def fields(
    reader: "Reader", size: int | None, seed: int | None, types: tuple[str, ...], stream: str | None
) -> dict[str, object] | None:
    """What an audit records of its sample; None if it has none. Errors: InputError."""
    if size is None and seed is None and not types:
        return None
    size, seed = _complete(size, seed)
    head = {"entries": reader.head.size, "leaf": reader.head.leaf.hex()}
    found = {"size": size, "seed": seed, "types": _types(types), "head": head}
    return found | ({"stream": stream} if stream else {})


def _wanted(
    reader: "Reader",
    what: str | None,
    size: int | None,
    seed: int | None,
    types: tuple[str, ...],
    entries: int | None,
) -> Wanted:
    """What is drawn. Errors: InputError, NotFoundError, IntegrityError."""
    if what is not None and (what.replace(".", "").isdecimal() or what.count("-") == 4):
        if any((size, seed is not None, types, entries)):
            raise InputError("an audit says itself what is drawn", fix=f"mledger audit sample {what}")
        return _of_audit(reader, what)
    size, seed = _complete(size, seed)
    end = reader.head.size if entries is None else entries
    if end > reader.head.size:
        raise InputError(f"there are {reader.head.size} entries, not {end}", fix="leave --entries out")
    return Wanted(size, seed, _types(types), opening.stream(reader, what), end)


def _of_audit(reader: "Reader", number: str) -> Wanted:
    """The sample that an audit was opened with."""
    from mledger.events.audit import AuditOpened

    fact = reader.fact(number)
    body = fact.data
    if not isinstance(body, AuditOpened):
        recording.wrong_event(number, fact.type, "audit", "mledger audit list")
    if body.sample is None:
        raise InputError(f"audit {number} has no sample", fix="mledger audit sample --n 20 --seed SEED")
    found = body.sample
    leaf = reader.leaf_at(found.head.entries - 1)
    if leaf is None or leaf.hex() != found.head.leaf:
        raise IntegrityError(
            f"entry {found.head.entries - 1} is not the one that audit {number} was opened after",
            fix="mledger verify --full",
        )
    return Wanted(found.size, found.seed, found.types, found.stream, found.head.entries)


def _complete(size: int | None, seed: int | None) -> tuple[int, int]:
    if size is None or seed is None:
        raise InputError(
            f"{'--n' if size is None else '--seed'} is missing", fix="say both: --n 20 --seed 20261123"
        )
    return size, seed


def _types(given: tuple[str, ...]) -> tuple[str, ...]:
    """The types, each checked. Errors: InputError, NotFoundError with the nearest."""
    from mledger.events.base import find

    names = [name.strip() for text in given for name in text.split(",") if name.strip()]
    for name in names:
        find(name)
    return tuple(dict.fromkeys(names))


def _row(lot: "Lot") -> tuple[str, ...]:
    from mledger.chain.draft import format_id

    fact = lot.fact
    when = (fact.time, fact.occurred)
    return (
        fact.number,
        fact.type,
        fact.stream,
        *when,
        fact.signer,
        fact.meaning,
        format_id(fact.id),
        lot.lot,
    )


def _csv(lots: "list[Lot]") -> str:
    """The events as CSV with its titles, a line each."""
    import csv
    import io

    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_row, lots))
    return text.getvalue()
