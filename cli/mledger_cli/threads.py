"""What people said about an event, shown below it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from mledger_cli.context import Settings

if TYPE_CHECKING:
    from mledger.reader import Reader
    from mledger.reports.records import Said


def about(reader: "Reader", number: str) -> "tuple[Said, ...]":
    """What people said about an event, wherever it stands, with the answers to that."""
    from mledger.core.names import parse_number

    types = ("comment.added", "dissent.recorded")
    facts = list(reader.of_types(types, parse_number(number)[0]))
    if not facts:
        return ()
    from mledger.reports.records import talk_about

    said = talk_about(number, facts, cache(partial(_number, reader)))
    spoken = set(_numbers(said))
    found = reader.judged(fact for fact in facts if fact.number in spoken)
    return tuple(_counting(said, {fact.number for fact in found if fact.refused is None}))


def _numbers(said: "Iterable[Said]") -> Iterator[str]:
    """The events in which something was said, answers among them."""
    for one in said:
        yield one.source.number
        yield from _numbers(one.answers)


def _counting(said: "Iterable[Said]", counted: set[str]) -> "Iterator[Said]":
    """What was said and counts, with the answers that do."""
    for one in said:
        if one.source.number in counted:
            yield replace(one, answers=tuple(_counting(one.answers, counted)))


def _number(reader: "Reader", reference: str) -> str | None:
    found = reader.answered(reference)
    return found.number if found else None


def tell(settings: Settings, said: "tuple[Said, ...]") -> None:
    """Print it below the fields of the event, if there is any."""
    if said:
        settings.out.line()
        settings.out.facts({"said": "\n" + "\n".join(_lines(settings, said))})


def _lines(settings: Settings, said: "Iterable[Said]", depth: int = 0) -> Iterator[str]:
    """Each answer below what it answers."""
    for one in said:
        kind = "dissents" if one.kind == "dissent" else "answers" if depth else "says"
        when = settings.out.moment(one.source.occurred)[:10]
        words = " ".join(one.text.split())
        yield f"{'  ' * depth}- {one.source.number}  {one.source.by} {kind}, {when}: {words}"
        yield from _lines(settings, one.answers, depth + 1)
