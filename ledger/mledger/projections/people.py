"""Who may sign: keys, holders, roles, and the policy in force.

Folds the stream `ledger`. The facts of a verified history obey the rulebook, so nothing is judged
here again: this says for people what is, and by which event.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mledger.events.key import KeyEnrolled, KeyInfo, KeyRevoked, KeyRotated
from mledger.events.ledger import LedgerOpened
from mledger.events.policy import ApprovalRule, Policy, PolicyAdopted
from mledger.events.record import RecordCorrected, RecordRedacted
from mledger.events.role import RoleGranted, RoleRevoked
from mledger.projections import discussion
from mledger.projections.base import Projection, Statement, register
from mledger.projections.discussion import Discussion
from mledger.projections.statements import Citation, Cited, Header, Trail, behind


@dataclass(slots=True)
class KeyState:
    """A key: its holder, its roles, and until when it speaks; `ended` gives the reason."""

    holder: str
    kind: str
    enrolled: Citation
    email: str | None = None
    roles: dict[str, Citation] = field(default_factory=dict)
    ended: Cited | None = None
    compromised_since: str | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """The events behind it."""
        return behind(self.enrolled, *self.roles.values(), self.ended.source if self.ended else None)


@dataclass(slots=True)
class PeopleState:
    """The ledger's name, its policy, and its keys by id."""

    trail: Trail = field(default_factory=Trail)
    origin: Cited | None = None
    name: Cited | None = None
    policy: Cited | None = None
    roles: dict[str, list[str]] = field(default_factory=dict)
    """What each role of the policy in force may record."""
    four_eyes: list[str] = field(default_factory=list)
    approvals: list[str] = field(default_factory=list)
    """What the policy in force asks for before a version may enter a stage, a line for each rule."""
    keys: dict[str, KeyState] = field(default_factory=dict)
    discussion: Discussion = field(default_factory=Discussion)


people = register(Projection("people", PeopleState, kinds=("ledger",)))
people.include(lambda state: state.trail, (RecordCorrected, RecordRedacted))
people.include(lambda state: state.discussion, discussion.EVENTS)


@people.on(LedgerOpened)
def _opened(state: PeopleState, event: Header, body: LedgerOpened) -> None:
    state.origin, state.name = event.says("origin", body.origin), event.says("name", body.name)
    _adopt(state, event, body.policy)
    _enrol(state, event, body.key)


@people.on(PolicyAdopted)
def _adopted(state: PeopleState, event: Header, body: PolicyAdopted) -> None:
    _adopt(state, event, body.policy)


def _adopt(state: PeopleState, event: Header, policy: Policy) -> None:
    state.policy = Cited(policy.name, event.source)
    state.roles = {name: list(role.may) for name, role in policy.roles.items()}
    state.four_eyes = list(policy.four_eyes)
    state.approvals = [_asked(rule) for rule in policy.approvals]


def _asked(rule: ApprovalRule) -> str:
    needs = ", ".join(f"{count} {role}" for role, count in rule.needs.items())
    return f"{', '.join(rule.stages) or 'every stage'}: {needs}{', independent' * rule.independent}"


@people.on(KeyEnrolled)
def _enrolled(state: PeopleState, event: Header, body: KeyEnrolled) -> None:
    _enrol(state, event, body.key)


def _enrol(state: PeopleState, event: Header, key: KeyInfo) -> None:
    state.keys[key.id] = KeyState(
        key.name, key.kind, event.source, key.email, dict.fromkeys(key.roles, event.source)
    )


@people.on(KeyRotated)
def _rotated(state: PeopleState, event: Header, body: KeyRotated) -> None:
    if (old := _key(state, event, body.old)) is not None:
        old.ended = Cited(f"rotated: {body.reason}", event.source)
    _enrol(state, event, body.key)


@people.on(KeyRevoked)
def _revoked(state: PeopleState, event: Header, body: KeyRevoked) -> None:
    if (key := _key(state, event, body.key)) is not None:
        if key.ended is None:
            key.ended = Cited(f"revoked: {body.reason}", event.source)
        key.compromised_since = body.compromised_since


@people.on(RoleGranted)
def _granted(state: PeopleState, event: Header, body: RoleGranted) -> None:
    if (key := _key(state, event, body.key)) is not None:
        key.roles[body.role] = event.source


@people.on(RoleRevoked)
def _taken(state: PeopleState, event: Header, body: RoleRevoked) -> None:
    if (key := _key(state, event, body.key)) is not None:
        key.roles.pop(body.role, None)


def _key(state: PeopleState, event: Header, key_id: str) -> KeyState | None:
    key = state.keys.get(key_id)
    if key is None:
        state.trail.remark(f"{event.type} names key {key_id[:12]}, which is not enrolled", event.source)
    return key


@people.finish
def _settle(state: PeopleState) -> None:
    state.discussion.settle(state.trail.resolve)


@people.tell
def _tell(state: PeopleState) -> Iterator[Statement]:
    if state.policy is not None:
        number = (state.policy.source.number,)
        yield Statement("people", "policy", str(state.policy.value), number)
        for role, may in state.roles.items():
            yield Statement("people", f"role {role} may record", ", ".join(may), number)
        yield Statement("people", "four eyes", ", ".join(state.four_eyes) or None, number)
        if state.approvals:
            yield Statement("people", "approvals needed for", "; ".join(state.approvals), number)
    for key_id, key in state.keys.items():
        roles = ", ".join(sorted(key.roles)) or "no role"
        value = f"{key.ended.value}" if key.ended else roles
        yield Statement("people", f"{key.holder} ({key.kind}, key {key_id[:12]})", value, key.numbers)
