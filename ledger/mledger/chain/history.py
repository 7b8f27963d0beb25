"""Verified facts in order, cut by knowledge and by occurrence."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from mledger.chain.draft import format_id
from mledger.core import canonical
from mledger.core.moment import Moment
from mledger.core.names import format_number
from mledger.errors import FormatError, NotFoundError

if TYPE_CHECKING:
    from mledger.events.base import EventBody


class Ruling(NamedTuple):
    """What the rulebook says of an event that is not as it should be.

    `refused` says why it should not have been recorded, for it was all the same, by a program that
    did not ask. `heard` is false where its author may not record such a thing at all. `lacks` says
    which approvals the policy missed after this one.
    """

    refused: str | None = None
    heard: bool = True
    lacks: str | None = None


class Fact(NamedTuple):
    """An accepted event: what, where, when, who; `body` is None when it was erased or is withheld.

    It is the event at `place` (from 0) of the `places` in entry `seq`.
    """

    seq: int
    place: int
    places: int
    type: str
    version: int
    stream: str
    id: bytes
    time: Moment
    occurred: Moment
    key: str
    signer: str
    meaning: str
    body: bytes | None
    withheld: bool = False
    """Whether the body is left out of this copy on purpose; its hash is there."""
    ruling: Ruling | None = None
    """What the rulebook has to say of it; None where all is well, or a history was not asked."""

    @property
    def number(self) -> str:
        """The event number: "41", or "41.3" for the third of several in entry 41."""
        return format_number(self.seq, self.place, self.places)

    @property
    def refused(self) -> str | None:
        """Why the rulebook does not let it count; None if it does."""
        return None if self.ruling is None else self.ruling.refused

    @property
    def data(self) -> "EventBody | None":
        """The body as its type, decoded at each access; None if there is an `obstacle`."""
        if self.body is None:
            return None
        try:
            return _decode()(self.type, self.version, self.body)
        except (NotFoundError, FormatError):
            return None

    @property
    def obstacle(self) -> str | None:
        """Why `data` is None, in a few words; None if it is there."""
        if self.body is None:
            return "withheld: hash only" if self.withheld else "erased"
        if self.data is not None:
            return None
        try:
            _decode()(self.type, self.version, self.body)
        except NotFoundError:
            return "of a type that this installation does not know"
        except FormatError as error:
            return f"unreadable: {error.message}"
        return None

    @property
    def said(self) -> dict[str, Any] | None:
        """The body as the JSON object that it is, decoded at each access; None if it is gone, or is none."""
        if self.body is None:
            return None
        try:
            value = canonical.decode(self.body, what="body")
        except FormatError:
            return None
        return value if isinstance(value, dict) else None

    def to_json(self) -> dict[str, object]:
        """The fact as `--json` prints it; `data` is the body."""
        row: dict[str, object] = {
            "number": self.number,
            "type": self.type,
            "version": self.version,
            "stream": self.stream,
            "id": format_id(self.id),
            "time": self.time,
            "occurred": self.occurred,
            "signer": self.signer,
            "meaning": self.meaning,
            "key": self.key,
            "data": (said := self.said),
        }
        row |= {"unreadable": True} if said is None and self.body is not None else {}
        row |= {"withheld": True} if self.withheld else {}
        return row | ({"refused": self.refused} if self.refused is not None else {})


@cache
def _decode() -> "Callable[[str, int, bytes], EventBody]":
    """What makes a body of bytes; imported late, for whoever only lists facts needs no classes."""
    from mledger.events.base import decode

    return decode


Streams = str | frozenset[str] | None
"""One stream, or several, or all."""
Read = Callable[[Streams, int, int], Iterator[Fact]]
"""Facts of some streams, of the entries start..stop, in order."""

# Streams that are read together: what stands on them is held, and each of their entries opened once.
_TOGETHER = 16


@dataclass(frozen=True, slots=True)
class History:
    """The facts of a verified ledger; each narrowing gives a new history.

    `size` is the number of entries known, `total` those there are.
    """

    read: Read
    size: int
    total: int
    stream: str | None = None
    until: Moment | None = None
    dated: Read | None = None
    """As `read`, for whoever looks only for facts that did not occur when they were recorded."""
    refusals: Callable[[Iterable[Fact]], Iterator[Fact]] = iter
    """Facts that were found otherwise than by `read`, with what the rulebook refuses among them."""

    def of(self, stream: str) -> "History":
        """Only what stands on one stream."""
        return replace(self, stream=stream)

    def each(self, streams: Sequence[str]) -> Iterator[tuple[str, "History"]]:
        """Streams that shall be read one after the other, each with the history to read it from.

        Entries of many events speak of many streams. So that each need not be opened once for every
        stream, the facts of a few streams are read together and held, and whatever else is asked for.
        """
        for start in range(0, len(streams), _TOGETHER):
            group = streams[start : start + _TOGETHER]
            held = self._holding(group) if len(group) > 1 else self
            yield from ((stream, held) for stream in group)

    def _holding(self, streams: Sequence[str]) -> "History":
        """This history, of which what stands on these streams is read once and held."""
        held: dict[str, list[Fact]] = {stream: [] for stream in streams}
        for fact in self.read(frozenset(streams), 0, self.total):
            held[fact.stream].append(fact)

        def read(streams: Streams, start: int, stop: int) -> Iterator[Fact]:
            if not isinstance(streams, str):
                return self.read(streams, start, stop)
            if streams not in held:
                held[streams] = list(self.read(streams, 0, self.total))
            return (fact for fact in held[streams] if start <= fact.seq < stop)

        return replace(self, read=read)

    def known_at(self, size: int) -> "History":
        """Only what the first `size` entries say: the state as it was known then."""
        return replace(self, size=max(0, min(size, self.total)))

    def as_of(self, moment: Moment) -> "History":
        """Only what had happened by then, whenever it was recorded."""
        return replace(self, until=moment)

    def facts(self) -> Iterator[Fact]:
        """The facts in the order of recording, or of occurrence if the history is cut by it."""
        facts = self.read(self.stream, 0, self.size)
        if self.until is None:
            return facts
        until = self.until
        return iter(
            sorted((f for f in facts if f.occurred <= until), key=lambda f: (f.occurred, f.seq, f.place))
        )

    def late(self, moment: Moment) -> Iterator[Fact]:
        """What had occurred by the moment and was recorded only after this history's end: not yet known."""
        read = self.dated or self.read
        return (f for f in read(self.stream, self.size, self.total) if f.occurred <= moment < f.time)
