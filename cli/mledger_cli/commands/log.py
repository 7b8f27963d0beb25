"""mledger log: what was recorded, newest first."""

from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from mledger.desk.disputes import dispute_of, disputes
from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import CUT, EVENT_TYPES, SIGNER, SINCE, SOME_STREAM
from mledger_cli.stories import Marks
from mledger_cli.tables import Column, day, unprefixed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mledger.chain.history import Fact
    from mledger.desk.disputes import Dispute
    from mledger.reader import Reader

LIMIT = 30
MARK = "?"
# What is told by, if it is no person.
DECISION = "decision"


@click.command("log", cls=Command)
@click.argument("stream", type=SOME_STREAM, required=False)
@click.option(
    "--type", "types", type=EVENT_TYPES, metavar="TYPE", multiple=True, help="Only this type or family."
)
@click.option(
    "--by",
    type=SIGNER,
    metavar="NAME|decision",
    help="Only what this person or machine signed; or by decision, with its runs and versions.",
)
@click.option("--since", type=SINCE, metavar="TIME", help="Only what was recorded from then on.")
@click.option("--until", type=CUT, metavar="TIME", help="Only what was recorded by then.")
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=LIMIT,
    metavar="N",
    help=f"At most so many, 0 for all; else {LIMIT}.",
)
@pass_settings
def command(
    settings: Settings,
    stream: str | None,
    types: tuple[str, ...],
    by: str | None,
    since: str | None,
    until: str | None,
    limit: int,
) -> None:
    """List what was recorded, the newest first.

    STREAM is what it is about: credit-risk, or whole: model/credit-risk. TIME is that of recording,
    with its zone, or a day in UTC. TYPE is decision.accepted, or decision for all of them; it may be
    said again. With --by decision a model is told decision by decision, and last the runs and versions
    to which none leads. What was recorded a day or more after it happened is marked LATE, what was put right
    since by the number of its correction, and what the last verification found against the rules NOT
    ALLOWED: it counts nowhere.
    """
    if by == DECISION:
        if types or since or until:
            raise click.UsageError("--by decision tells a model whole: leave out --type, --since and --until")
        _by_decision(settings, stream)
        return
    with opening.reader(settings) as reader:
        stream = opening.stream(reader, stream)
        marks = Marks()
        walked = marks.noting(reader.noted(_cut(reader, stream, since, until)))
        found = (fact for fact in walked if _wanted(fact, types, by))
        shown = _Shown(found, limit)
        if types and not shown.begin():
            _check_types(settings, types)
        disputed = Disputed(disputes(reader))
        settings.out.table(
            disputed.rows(settings, shown),
            columns(settings, marks, whole=stream is None, by=disputed.by),
            none="nothing of that kind is recorded",
        )
        disputed.tell(settings)
        if shown.more:
            settings.out.note(f"older ones: --limit 0, or --until {settings.out.moment(shown.last)}")


def _check_types(settings: Settings, types: tuple[str, ...]) -> None:
    """Nothing, if each is a type or a family, though none is recorded. Errors: NotFoundError."""
    from mledger.errors import NotFoundError
    from mledger.events import base
    from mledger.registry import unknown

    with opening.declaring(settings):
        known = {*base.names(), *(name.partition(".")[0] for name in base.names())}
        for type in types:
            if type not in known and not base.known(type):
                raise NotFoundError(unknown("event type", type, known), fix="mledger types")


def _by_decision(settings: Settings, name: str | None) -> None:
    """Print each decision of a model with its runs and versions, and what no decision leads to."""
    from mledger.checking import dossier_in
    from mledger.reports import base
    from mledger_cli.rendering_document import show

    with opening.reader(settings) as reader:
        stream = opening.model(reader, opening.stream_of(reader, name))
        document = base.find("trace").of(dossier_in(reader, reader.history(), stream))
    if settings.json:
        settings.out.json(document)
    else:
        show(settings, document, "text")


class Disputed:
    """The disputes that a listing shows: a mark behind the name, a line below."""

    def __init__(self, known: "list[Dispute]") -> None:
        """Know them all, and note those that are shown."""
        self._known = known
        self._shown: dict[str, None] = {}

    def by(self, fact: "Fact") -> str:
        """Who signed; with a mark if it may have been somebody else."""
        found = dispute_of(fact, self._known) if self._known else None
        if found is None:
            return fact.signer
        self._shown[f"{found.told()}, says event {found.number}"] = None
        return f"{fact.signer} {MARK}"

    def rows(self, settings: Settings, facts: "Iterable[Fact]") -> "Iterable[Any]":
        """The facts as they are listed; as JSON each says itself what is disputed of it."""
        return map(self._row, facts) if settings.json and self._known else facts

    def _row(self, fact: "Fact") -> "dict[str, object]":
        found = dispute_of(fact, self._known)
        return fact.to_json() | ({} if found is None else {"disputed": found.told()})

    def tell(self, settings: Settings) -> None:
        """Say what the marks mean."""
        explain(settings, self._shown)


def explain(settings: Settings, lines: "Iterable[str]") -> None:
    """Say below a listing what its marks mean; JSON says it beside each row."""
    for line in lines if not settings.json else ():
        settings.out.prose(f"{MARK} disputed: {line}", hang=2)


class _Shown:
    """The first of the facts; whether there are more is known when they have been walked."""

    def __init__(self, facts: "Iterator[Fact]", limit: int) -> None:
        self._facts = facts
        self._limit = limit
        self.last: str | None = None
        self.more = False

    def begin(self) -> bool:
        """Whether there is a first."""
        first = next(self._facts, None)
        if first is None:
            return False
        self._facts = chain([first], self._facts)
        return True

    def __iter__(self) -> "Iterator[Fact]":
        for count, fact in enumerate(self._facts):
            self.more = bool(self._limit) and count == self._limit
            if self.more:
                return
            self.last = fact.time
            yield fact


def _cut(reader: "Reader", stream: str | None, since: str | None, until: str | None) -> "Iterator[Fact]":
    from mledger.core.moment import Moment

    stop = reader.size_at(Moment(until)) if until else None
    for fact in reader.newest(stream, stop):
        if since and fact.time < since:
            return
        yield fact


def _wanted(fact: "Fact", types: tuple[str, ...], by: str | None) -> bool:
    kind = not types or any(fact.type == wanted or fact.type.startswith(f"{wanted}.") for wanted in types)
    return kind and (by is None or by.casefold() in fact.signer.casefold())


def columns(
    settings: Settings,
    marks: Marks | None = None,
    *,
    whole: bool = True,
    by: "Callable[[Fact], str]" = lambda fact: fact.signer,
) -> "list[Column[Fact]]":
    """What listings say of an event; its stream only if the `whole` ledger is listed."""
    found: list[Column[Fact]] = [
        Column("event", lambda fact: fact.number, right=True),
        Column("recorded", lambda fact: settings.out.moment(fact.time), short=day),
        Column("type", lambda fact: fact.type),
        Column("by", by, flexible=True),
        Column("what", (marks or Marks()).story, lines=1),
    ]
    if whole:
        found.insert(3, Column("stream", lambda fact: fact.stream, flexible=True, short=unprefixed))
    return found
