"""mledger search: find events by their words and facets."""

from itertools import islice
from typing import TYPE_CHECKING

import click

from mledger.desk.disputes import disputes
from mledger.errors import InputError
from mledger_cli import opening
from mledger_cli.commands.log import Disputed, columns
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import CUT, EVENT_TYPE, SIGNER, SINCE
from mledger_cli.stories import Marks

if TYPE_CHECKING:
    from mledger.caches.search import Wanted
    from mledger.reader import Reader

LIMIT = 20
# Times are kept to the microsecond: this is the one before.
_INSTANT = 0.000_001
FACETS = ("domain", "model-type", "source", "criterion")
MARKS = ("category",)
# What may be written among the words, and the option that it stands for.
PREFIXES = {"type": "type_", "by": "by", "model": "model", "data": "data"} | {
    kind: kind.replace("-", "_") for kind in (*FACETS, *MARKS)
}


@click.command("search", cls=Command)
@click.argument("words", nargs=-1)
@click.option("--type", "type_", type=EVENT_TYPE, help="Only this type.")
@click.option("--by", type=SIGNER, metavar="NAME", help="Only what this person or machine signed.")
@click.option("--model", metavar="NAME", help="Only this model.")
@click.option("--data", metavar="NAME", help="Only this dataset and the runs that used it.")
@click.option("--domain", metavar="TEXT", help="Only models of this problem domain.")
@click.option("--model-type", metavar="TEXT", help="Only models of this type.")
@click.option("--source", metavar="TEXT", help="Only models with this source of data.")
@click.option("--criterion", metavar="TEXT", help="Only models judged by this criterion.")
@click.option("--category", metavar="NAME", help="Only decisions of this category, such as architecture.")
@click.option("--since", type=SINCE, metavar="TIME", help="Only what was recorded from then on.")
@click.option("--until", type=CUT, metavar="TIME", help="Only what was recorded by then.")
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=LIMIT,
    metavar="N",
    help=f"At most so many, 0 for all; else {LIMIT}.",
)
@click.option("--facets", is_flag=True, help="Count the matches by type, person, data and facet instead.")
@pass_settings
def command(
    settings: Settings,
    /,
    words: tuple[str, ...],
    since: str | None,
    until: str | None,
    limit: int,
    *,
    facets: bool,
    **narrow: str | None,
) -> None:
    """Find events by their words and by what they belong to.

    The newest come first. All WORDS must be there. A phrase stands in quotes within quotes:
    mledger search '"early stopping"'. A word may end in * for whatever follows. The facets are those
    with which models are registered. An option may also be written among the words, as in
    category:regularization.
    """
    words = _prefixed(words, narrow)
    with opening.reader(settings) as reader:
        wanted = _wanted(reader, words, since, until, narrow)
        if facets:
            _count(settings, reader.words.count(wanted))
            return
        found, disputed = reader.judged(reader.search(wanted)), Disputed(disputes(reader))
        settings.out.table(
            disputed.rows(settings, islice(found, limit or None)),
            columns(settings, _marks(reader), by=disputed.by),
            none="nothing matches",
        )
        disputed.tell(settings)
        if limit and next(found, None) is not None:
            settings.out.note("there is more: --limit 0 shows all")


def _prefixed(words: tuple[str, ...], narrow: dict[str, str | None]) -> tuple[str, ...]:
    """The words without those that are options; they are put among the options."""
    left = []
    for word in words:
        prefix, colon, value = word.partition(":")
        name = PREFIXES.get(prefix)
        if not colon or not value or name is None:
            left.append(word)
            continue
        if narrow[name] not in {None, value}:
            option = f"--{prefix}"
            raise InputError(f"{option}: asked for twice, {narrow[name]!r} and {value!r}", fix="ask for one")
        narrow[name] = EVENT_TYPE.read(value) if prefix == "type" else value
    return tuple(left)


def _marks(reader: "Reader") -> Marks:
    """What there is to say of events beside their words."""
    from mledger.caches.search import Wanted

    marks = Marks()
    for fact in reader.judged(reader.search(Wanted(type="record.corrected"))):
        marks.note(fact)
    return marks


def _count(settings: Settings, counts: dict[str, dict[str, int]]) -> None:
    """Print how many matches each facet has."""
    told = {kind: ", ".join(f"{name} {n:,}" for name, n in count.items()) for kind, count in counts.items()}
    settings.out.facts({kind: line for kind, line in told.items() if line}, counts)


def _signer(reader: "Reader", by: str | None) -> str | None:
    """The printed name that a part of it means. Errors: InputError if several people have it."""
    if by is None:
        return None
    names = {member.name for member in reader.keyring().members.values()}
    meant = sorted(name for name in names if by.casefold() in name.casefold())
    if len(meant) > 1 and by.casefold() not in map(str.casefold, meant):
        raise InputError(f"--by: {by!r} may be {' or '.join(meant)}", fix="name one of them whole")
    return meant[0] if len(meant) == 1 else by


def _wanted(
    reader: "Reader",
    words: tuple[str, ...],
    since: str | None,
    until: str | None,
    narrow: dict[str, str | None],
) -> "Wanted":
    """What the options ask for."""
    from mledger.caches.search import Wanted
    from mledger.core.moment import Moment, later

    # A word of the shell that holds a space was quoted there: it is meant as a phrase.
    text = " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)
    facets = {kind: value for kind in FACETS if (value := narrow[kind.replace("-", "_")]) is not None}
    return Wanted(
        text=text,
        type=narrow["type_"],
        by=_signer(reader, narrow["by"]),
        stream=opening.model(reader, narrow["model"]) if narrow["model"] is not None else None,
        data=narrow["data"].removeprefix("dataset/") if narrow["data"] is not None else None,
        facets=facets,
        marks={kind: value for kind in MARKS if (value := narrow[kind]) is not None},
        start=reader.size_at(later(Moment(since), -_INSTANT)) if since else 0,
        stop=reader.size_at(Moment(until)) if until else None,
    )
