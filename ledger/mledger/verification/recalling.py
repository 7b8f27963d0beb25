"""Looks up what approvals a request has."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from mledger.chain.docket import Asked, Docket, Makers
from mledger.chain.history import Fact
from mledger.chain.rulebook import Act, Ruled, kind_of, speaks
from mledger.chain.seal import open_entry
from mledger.core.names import parse_number
from mledger.errors import FormatError, MledgerError, NotFoundError
from mledger.events.base import EventBody, decode
from mledger.verification.keyrings import Keyrings

if TYPE_CHECKING:
    from mledger.lookup import Lookup

Bears: TypeAlias = Callable[[Fact, EventBody], bool]
_RELEASES = frozenset({"version.released"})
_ANSWERS = frozenset({"promotion.approved", "promotion.rejected", "rollback.executed"})


class Recalling(NamedTuple):
    """Reads the ledger itself, each time that it is asked: a verification that holds believes no cache."""

    reader: "Lookup"

    def asked(self, number: str, before: int) -> Asked | None:
        """A request with what the entries before `before` say to it; None if there is none that counts."""
        found = self.reader.answered(number)
        if found is None:
            return None
        docket = Docket(_Nothing())

        def bears(fact: Fact, _: EventBody) -> bool:
            return fact.type in _ANSWERS or fact.number == found.number

        types, start = _ANSWERS | {found.type}, parse_number(found.number)[0]
        self._replay(docket, found.stream, (start, before), types, bears)
        return docket.asked(found.number, before)

    def makers(self, stream: str, version: str, before: int) -> Makers:
        """Who made a version, as far as the entries before `before` say."""
        docket = Docket(_Nothing(), whole=True)

        def bears(_: Fact, body: EventBody) -> bool:
            return getattr(body, "version", None) == version

        self._replay(docket, stream, (0, before), _RELEASES, bears)
        return docket.makers(stream, version, before)

    def _replay(
        self, docket: Docket, stream: str, span: tuple[int, int], types: frozenset[str], bears: Bears
    ) -> None:
        """Let a docket note the events on a stream that bear on the question, and no others."""
        marks, (start, stop) = [f'"{name}"'.encode() for name in types], span
        keyrings = Keyrings(self.reader)
        for entry in self.reader.store.entries(start, min(stop, self.reader.head.size)):
            if not any(mark in entry.payload for mark in marks):
                continue  # to open it would cost ten times as much as to look
            try:
                statement, facts = open_entry(entry)
            except MledgerError:
                continue  # a verification reports it
            read = [(f, _body(f)) for f in facts if f.type in types and f.stream == stream]
            found = [(fact, body) for fact, body in read if body is not None and bears(fact, body)]
            if not found:
                continue
            kinds = frozenset((fact.type, kind_of(fact.stream)) for fact in facts)
            act = Act(entry.seq, entry.seq, *statement[3:6], kinds, (), statement.time)
            keyring = keyrings.before(entry.seq)
            for fact, body in found if speaks(keyring, act) else ():
                ruled = Ruled(fact.number, fact.type, fact.version, fact.stream, fact.body)
                docket.note(keyring, act, ruled, body, self.reader.answered)


def _body(fact: Fact) -> EventBody | None:
    if fact.body is None:
        return None
    try:
        return decode(fact.type, fact.version, fact.body)
    except (FormatError, NotFoundError):
        return None


class _Nothing:
    """There is nothing else to know."""

    def asked(self, number: str, before: int) -> Asked | None:  # noqa: ARG002  as the protocol wants it
        """None."""
        return None

    def makers(self, stream: str, version: str, before: int) -> Makers:  # noqa: ARG002
        """Nobody."""
        return {}
