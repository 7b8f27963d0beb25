"""A first look at what governs a ledger, before anything is believed."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mledger.chain.anchored import ANCHOR
from mledger.chain.entry import Entry
from mledger.chain.history import Fact
from mledger.chain.keyring import Keyring
from mledger.chain.seal import open_entry
from mledger.errors import MledgerError
from mledger.events.base import decode

_TYPES = frozenset({"ledger.opened", "key.enrolled", "key.rotated", "policy.adopted"})


@dataclass(slots=True)
class Survey:
    """Public keys by id, and the types that some policy governs.

    `vouched` is whether others vouch for the ledger, or some policy asks that they do. It may all be too
    much, and that does no harm: an id is a hash, so no key can be foisted, and to read a body too many costs
    time and nothing else.
    """

    keys: dict[str, bytes] = field(default_factory=dict)
    governed: frozenset[str] = frozenset()
    vouched: bool = False

    def add(self, entries: Iterable[Entry]) -> None:
        """Take in what the entries say, as far as they can be read."""
        for entry in entries:
            try:
                facts = open_entry(entry)[1]
            except MledgerError:
                continue
            for fact in facts:
                self.vouched |= fact.type == ANCHOR
                if fact.type in _TYPES and fact.body is not None:
                    self._add(fact, fact.body)

    def _add(self, fact: Fact, data: bytes) -> None:
        try:
            body = decode(fact.type, fact.version, data)
        except MledgerError:
            return
        if (key := getattr(body, "key", None)) is not None:
            self.keys[key.id] = key.public_bytes
        if (policy := getattr(body, "policy", None)) is not None:
            self.governed |= policy.governed
            self.vouched |= policy.anchor_days is not None or policy.witnesses is not None

    def lacks(self, keyring: Keyring) -> bool:
        """Whether a pass over the ledger met keys or policies that are not here."""
        return bool(keyring.members.keys() - self.keys.keys() or keyring.governed - self.governed)

    def complete(self, keyring: Keyring) -> None:
        """Take in what a pass over the ledger met."""
        self.keys |= {member.id: member.public for member in keyring.members.values()}
        self.governed |= keyring.governed
