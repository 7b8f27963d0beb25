"""Entries signed while the key may have been in other hands."""

from typing import TYPE_CHECKING, NamedTuple

from mledger.chain.keyring import Keyring
from mledger.chain.seal import open_entry

if TYPE_CHECKING:
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
    keyring, found = Keyring(), dict[str, Dispute]()
    for facts in reader.governing(keyring):  # only what has taken effect there says anything
        for fact in facts:
            key = (fact.said or {}).get("key") if fact.type == _REVOKED else None
            member = keyring.members.get(key) if isinstance(key, str) else None
            if member is None or member.compromised_since is None or member.revoked is None:
                continue
            held = found.get(member.id)
            if held is None or held.since != member.compromised_since:
                since, until = member.compromised_since, member.revoked
                found[member.id] = Dispute(member.id, member.name, since, until, fact.number)
    return list(found.values())


def dispute_of(fact: "Fact", known: list[Dispute]) -> Dispute | None:
    """The dispute that an event is part of, if it is."""
    return next((dispute for dispute in known if dispute.about(fact)), None)
