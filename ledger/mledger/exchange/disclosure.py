"""Which bodies go out: a choice, applied to the events in order."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mledger.chain.draft import format_id
from mledger.chain.history import Fact
from mledger.core.manifest import Choice
from mledger.core.names import check_type
from mledger.errors import InputError
from mledger.events.base import installed
from mledger.events.governing import is_governance
from mledger.keys.roles import may_record


class Chosen(NamedTuple):
    """An event, and whether its body goes out (as far as it is there)."""

    fact: Fact
    goes_out: bool


def choose(facts: Iterable[Fact], choice: Choice) -> Iterator[Chosen]:
    """Each event with the choice applied to it; the facts are all of a ledger, in order.

    What governs the ledger always goes out: nothing could be judged without it. Of a version go out the
    events of its model that name no other version, and answer none that does.
    """
    others: set[str] = set()
    for fact in facts:
        if is_governance(fact.type):
            yield Chosen(fact, goes_out=True)
            continue
        chosen = choice.bodies and _in_stream(fact, choice) and _of_type(fact, choice)
        if choice.version is not None and fact.body is not None and _of_other(fact, choice.version, others):
            others |= {fact.number, format_id(fact.id)}
            chosen = False
        yield Chosen(fact, chosen)


def _in_stream(fact: Fact, choice: Choice) -> bool:
    return choice.streams is None or fact.stream in choice.streams


def _of_type(fact: Fact, choice: Choice) -> bool:
    return choice.types is None or may_record(choice.types, fact.type)


def _of_other(fact: Fact, version: str, others: set[str]) -> bool:
    """Whether the event speaks of another version of a model, by its name or by what it answers."""
    if not fact.stream.startswith("model/"):
        return False
    body = fact.said or {}
    if body.get("version", version) != version:
        return True
    known = installed(fact.type)
    return known is not None and known.answers is not None and body.get(known.answers[0]) in others


def check_types(types: Iterable[str]) -> tuple[str, ...]:
    """Types and families such as decision.* or decision; InputError for what is neither."""
    found = []
    for text in types:
        family = text.removesuffix(".*")
        if "." not in family:
            check_type(f"{family}.any", error=InputError)
            found.append(f"{family}.*")
        else:
            found.append(check_type(text, error=InputError))
    return tuple(sorted(set(found)))
