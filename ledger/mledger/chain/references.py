"""Whether what a body leads to is there: judged before signing.

A body names other events by number or by id. An event that is not in the ledger yet, or that is of
another type than the field says, is refused to the writer; so is a day to come that is over when the
event happens, and the acceptance of a decision that leaves fields open: once it is answered nobody can
complete it. A verification does not judge this: the references of most bodies are nobody's authority, and
`answers` are judged by `mledger.chain.rulebook`, for both.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from mledger.chain.draft import format_id
from mledger.chain.rulebook import Lookup
from mledger.core.moment import Moment
from mledger.errors import InputError
from mledger.events.governing import is_governance
from mledger.events.links import Deadline, Link, links

if TYPE_CHECKING:
    from mledger.events.base import EventBody


ACCEPTED = "decision.accepted"

Read = Callable[[str], "EventBody | None"]
"""The body of an event by a reference; None if there is none to be read."""


class Item(Protocol):
    """An event that is about to be recorded."""

    @property
    def body(self) -> "EventBody":
        """What it says."""
        ...

    @property
    def at(self) -> Moment | None:
        """When it occurred, if not now."""
        ...

    @property
    def id(self) -> bytes | None:
        """Its id, if the caller chose one."""
        ...


def check_references(
    items: Sequence[Item], held: Sequence[object], find: Lookup, read: Read, now: Moment
) -> None:
    """Nothing, if all that the items lead to is there; each may name those before it by their ids.

    An item that is `held` already is not judged again. A day to come is compared with the day when its
    item occurred. Errors: InputError naming the field and the way out.
    """
    before: dict[str, EventBody] = {}
    for item, there in zip(items, held, strict=True):
        body = item.body
        if there is None and not is_governance(body.type):  # those the rulebook reads itself
            answered = body.answers[0] if body.answers else None
            for link in links(body):
                if isinstance(link, Deadline):
                    _check_day(body.type, link, (item.at or now)[:10])
                elif link.path != answered:
                    earlier = before.get(link.event)
                    _check_link(body.type, link, earlier.type if earlier else None, find)
            if body.type == ACCEPTED:
                decision: str = body.decision  # type: ignore[attr-defined]
                check_whole(decision, getattr(before.get(decision) or read(decision), "open", ()))
        if item.id is not None:
            before[format_id(item.id)] = body


def check_whole(number: str, left: Sequence[str]) -> None:
    """Nothing, if a decision may be accepted: no field is `left` open. Errors: InputError."""
    if left:
        raise InputError(
            f"decision {number} leaves open: {', '.join(left)}",
            fix=f"whoever proposed it completes it: mledger decide --complete {number}",
            rule="decision.open",
        )


def _check_link(type: str, link: Link, found: str | None, find: Lookup) -> None:
    """Nothing, if the event is there and of the right type; `found` is the type of one before it."""
    if found is None and (answered := find(link.event)) is not None:
        found = answered.type
    if found is not None and (not link.types or found in link.types):
        return
    wrong = f"event {link.event} is not there"
    if found is not None:
        wrong = f"should name a {' or '.join(link.types)}, and event {link.event} is a {found}"
    elif link.event.isdecimal() and find(f"{link.event}.1") is not None:
        wrong = f"entry {link.event} carries several events: name one, like {link.event}.1"
    narrowed = f" --type {link.types[0]}" if link.types else ""
    raise InputError(f"{type}: {link.path}: {wrong}", fix=f"mledger log{narrowed}", rule="reference")


def _check_day(type: str, deadline: Deadline, day: str) -> None:
    if deadline.day < day:
        raise InputError(
            f"{type}: {deadline.path}: {deadline.day} was over on {day}",
            fix="name a day to come, or leave it out",
            rule="day.over",
        )
