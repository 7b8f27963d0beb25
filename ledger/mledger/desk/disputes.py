"""Entries signed while the key may have been in other hands."""

from typing import TYPE_CHECKING, NamedTuple

from mledger.chain.seal import open_entry
from mledger.core.names import parse_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mledger.chain.history import Fact
    from mledger.reader import Reader

_REVOKED = "key.revoked"


class Dispute(NamedTuple):
    """A key that may have been in other hands: the entries `since` to `until`, which revokes it."""

    key: str
    name: str
    since: int
    until: int
    number: str

    def about(self, fact: "Fact") -> bool:
        """Whether an event was signed with the key in that time."""
        return fact.key == self.key and self.since <= fact.seq <= self.until

    def told(self) -> str:
        """The dispute in one line."""
        return f"the key of {self.name} may have been in other hands from entry {self.since} to {self.until}"


def disputes(reader: "Reader") -> list[Dispute]:
    """The disputes that are known by now; a ledger without any costs a look at what governs it."""
    revoked = [
        fact
        for entry in reader.store.entries(governance=True)
        if b'"key.revoked"' in entry.payload
        for fact in open_entry(entry)[1]
        if fact.type == _REVOKED and "compromised_since" in (fact.said or {})
    ]
    if not revoked:
        return []
    members = reader.keyring().members  # only who was revoked by somebody who may
    said = dict(_said(reader, revoked))
    return [
        Dispute(m.id, m.name, m.compromised_since, m.revoked, said[m.id, m.compromised_since])
        for m in members.values()
        if m.compromised_since is not None and m.revoked is not None
    ]


def _said(reader: "Reader", revoked: "list[Fact]") -> "Iterator[tuple[tuple[str, int], str]]":
    """Each key and entry that a revocation names, with its event; what does not count is passed over."""
    from mledger.events.key import KeyRevoked

    for fact in reader.judged(revoked):
        body = fact.data if fact.refused is None else None
        if isinstance(body, KeyRevoked) and body.compromised_since is not None:
            yield (body.key, parse_number(body.compromised_since)[0]), fact.number


def dispute_of(fact: "Fact", known: list[Dispute]) -> Dispute | None:
    """The dispute that an event is part of, if it is."""
    return next((dispute for dispute in known if dispute.about(fact)), None)
