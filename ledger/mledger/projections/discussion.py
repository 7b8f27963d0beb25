"""What people said about events: comments counted, dissent kept word for word."""

from dataclasses import dataclass, field

from mledger.events.base import EventBody
from mledger.events.comment import CommentAdded
from mledger.events.dissent import DissentRecorded
from mledger.projections.moves import Resolve
from mledger.projections.statements import Citation, Header

EVENTS = (CommentAdded, DissentRecorded)


@dataclass(frozen=True, slots=True)
class Comment:
    """That somebody said something about an event; the words are in the event itself."""

    on: str
    source: Citation


@dataclass(frozen=True, slots=True)
class Dissent:
    """Somebody's disagreement with an event."""

    on: str
    text: str
    source: Citation
    instead: str | None = None
    would_settle: str | None = None


@dataclass(slots=True)
class Talk:
    """The numbers of the comments and of the dissent on one event."""

    comments: list[str] = field(default_factory=list)
    dissent: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Discussion:
    """Comments and dissent as recorded, and by the number of the event that they are about."""

    comments: list[Comment] = field(default_factory=list)
    dissent: list[Dissent] = field(default_factory=list)
    about: dict[str, Talk] = field(default_factory=dict)

    def add(self, event: Header, body: EventBody) -> None:
        """Take in one event of `EVENTS`."""
        match body:
            case CommentAdded():
                self.comments.append(Comment(body.on, event.source))
            case DissentRecorded():
                self.dissent.append(
                    Dissent(body.on, body.text, event.source, body.instead, body.would_settle)
                )

    def settle(self, resolve: Resolve) -> None:
        """Sort what was said by what it is about; an event of another stream keeps its reference."""
        self.about = {}
        for comment in self.comments:
            self._talk(comment.on, resolve).comments.append(comment.source.number)
        for dissent in self.dissent:
            self._talk(dissent.on, resolve).dissent.append(dissent.source.number)

    def _talk(self, on: str, resolve: Resolve) -> Talk:
        return self.about.setdefault(resolve(on) or on, Talk())
