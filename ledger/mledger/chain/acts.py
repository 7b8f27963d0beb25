"""What the rules look at, and what they find."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from mledger.core.moment import Moment
from mledger.errors import FormatError, NotFoundError
from mledger.events.governing import is_governance

if TYPE_CHECKING:
    from mledger.events.base import EventBody


class Ruled(NamedTuple):
    """An event whose body the rules must read."""

    where: str
    type: str
    version: int
    stream: str
    body: bytes | None


class Act(NamedTuple):
    """What the rules look at in an entry, or in a run of entries that look the same to them.

    `kinds` are the distinct (type, stream kind) of its events; a run, which goes on to entry `last`,
    has no `ruled` events.
    """

    seq: int
    last: int
    key: str
    signer: str
    meaning: str
    kinds: frozenset[tuple[str, str]]
    ruled: tuple[Ruled, ...]
    time: Moment
    """When the first of them was recorded."""

    @property
    def where(self) -> str:
        """The entry or entries, as findings name them."""
        return f"entry {self.seq}" if self.last == self.seq else f"entries {self.seq} to {self.last}"


class Answered(NamedTuple):
    """The event that a reference names: number, entry, type, stream, the key that signed it, and when."""

    number: str
    seq: int
    type: str
    stream: str
    key: str
    time: Moment


class Breach(NamedTuple):
    """A rule that an act breaks: the rule of `findings.RULES`, where, why, and the way out."""

    rule: str
    where: str
    message: str
    fix: str | None = None


Lookup = Callable[[str], Answered | None]


def read_body(ruled: Ruled) -> "tuple[EventBody | None, Breach | None]":
    """The body as its type, or None with the breach; a body that was erased is None alone."""
    from mledger.events.base import decode  # late: whoever only reads facts needs no classes

    if ruled.body is None:
        return None, None
    try:
        return decode(ruled.type, ruled.version, ruled.body), None
    except NotFoundError as error:
        return None, Breach(
            "event.unknown", ruled.where, error.message, "install a newer mledger, or the plug-in"
        )
    except FormatError as error:
        rule = "governance" if is_governance(ruled.type) else "body.schema"
        return None, Breach(rule, ruled.where, f"{ruled.type} cannot be read: {error.message}")
