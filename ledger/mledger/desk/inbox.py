"""What waits for a person: to be approved, accepted, signed, reviewed."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from mledger.chain import grave
from mledger.chain.docket import Approval, Asked, Docket
from mledger.chain.keyring import Keyring, Member
from mledger.projections.inbox import TYPES, Waiting, inbox
from mledger.projections.order import place

if TYPE_CHECKING:
    from mledger.reader import Reader

# What somebody records who answers; whoever may not record it is not asked.
_ANSWER = {
    "promotion": "promotion.approved",
    "decision": "decision.accepted",
    "review": "review.submitted",
}


@dataclass(frozen=True, slots=True)
class Item:
    """Something that waits for somebody: its event, what it is about, who asked and when, until when."""

    number: str
    kind: str
    stream: str
    about: str
    by: str
    since: str
    due: str | None
    waits_for: str

    def to_json(self) -> dict[str, object]:
        """The item as `--json` prints it."""
        return asdict(self)


def people_of(keyring: Keyring, keys: Sequence[str]) -> list[Member]:
    """The people with any of these keys, once each, with the roles of all their active keys."""
    wanted = {keyring.members[key].person for key in keys if key in keyring.members}
    found: dict[str, Member] = {}
    for member in keyring.members.values():
        if member.person in wanted and member.revoked is None and member.kind == "person":
            known = found.setdefault(member.person, member)
            found[member.person] = replace(known, roles=known.roles | member.roles)
    return list(found.values())


def inbox_of(reader: "Reader", keys: Sequence[str]) -> list[Item]:
    """What waits for the people with these keys, the longest waiting first. Errors: IntegrityError."""
    history = reader.history()
    keyring = reader.keyring(history.size)
    state = inbox.fold(history.refusals(reader.of_types(TYPES)))
    desk = _Desk(keyring, Docket(reader.recall()), history.size, reader.now()[:10])
    found = [
        Item(number, w.kind, w.stream, w.about, w.source.by, w.source.time, w.due, person.name)
        for number, w in state.waiting.items()
        for person in people_of(keyring, keys)
        if desk.waits_for(person, number, w)
    ]
    return sorted([*found, *_acts(reader, keyring, keys)], key=lambda item: place(item.number))


def _acts(reader: "Reader", keyring: Keyring, keys: Sequence[str]) -> Iterator[Item]:
    """The grave acts that these people may agree to, and those that they asked for and may now do."""
    for asked in keyring.requests.values():
        if not grave.rules_of(keyring, asked.type):
            continue
        fact, lacks = reader.fact(asked.number), sum(grave.lacking(keyring, asked).values())
        for person in people_of(keyring, keys):
            helps = sum(grave.lacking(keyring, asked, person).values()) < lacks
            agrees = helps and asked.void is None and keyring.may(person, grave.APPROVED)
            if agrees or (not lacks and person.person == asked.person):
                reason = getattr(fact.data, "reason", "")
                about = f"{asked.type}: {reason if lacks else 'agreed to, may be done'}"
                yield Item(
                    asked.number, "act", asked.stream, about, fact.signer, fact.time, None, person.name
                )


@dataclass(frozen=True, slots=True)
class _Desk:
    """What it takes to say whether something waits for a person."""

    keyring: Keyring
    docket: Docket
    size: int
    today: str

    def waits_for(self, person: Member, number: str, waiting: Waiting) -> bool:
        """Whether this person is asked, may answer, and has not done so."""
        if waiting.kind == "review due":
            return person.name in waiting.asked and (waiting.due or "") <= self.today
        if waiting.asked:
            return person.name in waiting.asked and person.name not in waiting.answered
        answer = _ANSWER[waiting.kind]
        policy = self.keyring.policy
        own = policy is not None and answer in policy.four_eyes and waiting.source.by == person.name
        if own or not self.keyring.may(person, answer):
            return False
        return waiting.kind != "promotion" or self._helps(person, number, waiting)

    def _helps(self, person: Member, number: str, waiting: Waiting) -> bool:
        """Whether an approval by this person would bring a request further."""
        if self.keyring.policy is None or not self.keyring.policy.approvals:
            return not waiting.answered
        asked = self.docket.asked(number, self.size)
        if asked is None or not self.docket.standing(self.keyring, asked, self.size):
            return not waiting.answered
        own = Approval("", self.size, person.id, person.person, person.name, person.roles)
        more = replace(asked, approvals=(*asked.approvals, own))
        return asked.person != person.person and self._lacks(more) < self._lacks(asked)

    def _lacks(self, asked: Asked) -> int:
        standings = self.docket.standing(self.keyring, asked, self.size)
        return sum(count for standing in standings for count in standing.missing.values())
