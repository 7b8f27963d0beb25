"""Who may speak and record what: a fold of governance events.

Authority is by position: a keyring is what was in force when an entry was signed. The
same keyring decides for the writer and for the auditor.
"""

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import TYPE_CHECKING

from mledger.chain.grave import unreachable
from mledger.core.names import parse_number
from mledger.errors import ProofError
from mledger.keys.roles import may_record

if TYPE_CHECKING:
    from mledger.chain.grave import Requested
    from mledger.chain.succession import Appointed
    from mledger.events.base import EventBody
    from mledger.events.key import KeyAppointed, KeyInfo, KeyRevoked, KeyRotated
    from mledger.events.policy import Policy


REFUSED = "attempt.refused"
DEFAULT_SKEW = 120
"""Seconds by which clocks may differ where no policy says it."""
_ANOTHER = "let somebody else have that role first: mledger key enroll FILE.pub --role ROLE"
_HELD = "leave role.granted to a role that somebody holds"


class GovernanceError(ValueError):
    """A governance event that cannot take effect; the message says why. Never leaves the chain."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        """Say why, and the way out if there is one."""
        super().__init__(message)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Member:
    """A key as the ledger knows it: whose it is, what it may do, since when and until when (seq)."""

    id: str
    public: bytes
    name: str
    email: str | None
    kind: str
    roles: frozenset[str]
    enrolled: int
    revoked: int | None = None
    compromised_since: int | None = None

    @property
    def person(self) -> str:
        """What tells two people apart: the e-mail address, or else the printed name."""
        return (self.email or self.name).casefold()

    def to_json(self) -> dict[str, object]:
        """The key as `--json` prints it."""
        row: dict[str, object] = {name: getattr(self, name) for name in ("id", "name", "email", "kind")}
        spoken = {name: getattr(self, name) for name in ("enrolled", "revoked", "compromised_since")}
        return row | {"public": self.public.hex(), "roles": sorted(self.roles)} | spoken


@dataclass(slots=True)
class Keyring:
    """The keys, their roles and the policy in force after the entries seen so far."""

    origin: str = ""
    first: str = ""
    policy: "Policy | None" = None
    members: dict[str, Member] = field(default_factory=dict)
    governed: frozenset[str] = frozenset()
    """The types of whose bodies some policy until now has asked something."""
    redacted: dict[str, int] = field(default_factory=dict)
    """The events whose content was erased, by number, each with the entry that says so."""
    requests: "dict[str, Requested]" = field(default_factory=dict)
    """The grave acts that were asked for and not done, by event number."""
    signs: "tuple[Appointed, ...]" = ()
    """The keys that sign checkpoints, one after the other."""
    skews: tuple[tuple[int, int], ...] = ((-1, DEFAULT_SKEW),)
    """How far clocks may differ, in seconds, each from the entry after the one that adopted it."""
    holds: dict[str, str] = field(default_factory=dict)
    """The legal holds that are not lifted, by event number, each with the stream that it keeps."""

    def apply(self, seq: int, body: "EventBody") -> None:
        """Let one governance event take effect. Errors: GovernanceError, and nothing changed."""
        # Late: whoever only reads facts needs none of these classes, nor what makes them.
        from mledger.events.key import KeyAppointed, KeyEnrolled, KeyRevoked, KeyRotated
        from mledger.events.ledger import LedgerOpened
        from mledger.events.policy import PolicyAdopted
        from mledger.events.role import RoleGranted, RoleRevoked

        match body:
            case LedgerOpened():
                self.origin, self.first, self.policy = body.origin, body.key.id, body.policy
                self.governed = body.policy.governed
                self.skews = ((-1, body.policy.skew_seconds),)
                self._enrol(seq, body.key)
                self._begin(body.key)
            case KeyEnrolled():
                self._enrol(seq, body.key)
            case KeyRotated():
                self._rotate(seq, body)
            case KeyRevoked():
                self._revoke(seq, body)
            case KeyAppointed():
                self._appoint(seq, body)
            case RoleGranted():
                member = self._active(body.key)
                self._known_role(body.role)
                self.members[body.key] = replace(member, roles=member.roles | {body.role})
            case RoleRevoked():
                member = self._active(body.key)
                if body.role not in member.roles:
                    raise GovernanceError(f"{member.name} does not have the role {body.role}")
                self._replace(replace(member, roles=member.roles - {body.role}))
            case PolicyAdopted():
                self._adopt(seq, body.policy)

    def _enrol(self, seq: int, key: "KeyInfo") -> None:
        if key.id in self.members:
            raise GovernanceError(f"key {key.id[:12]} is enrolled already")
        for role in key.roles:
            self._known_role(role)
        for other in self.members.values():
            if other.name.casefold() == key.name.casefold() and (other.email is None) != (key.email is None):
                raise GovernanceError(
                    f"{other.name} is enrolled {'without an' if other.email is None else 'with the'} e-mail "
                    f"address{'' if other.email is None else f' {other.email}'}: one person, or two?",
                    "enrol the key with the same name and address; two people have two addresses",
                )
        self.members[key.id] = Member(
            key.id, key.public_bytes, key.name, key.email, key.kind, frozenset(key.roles), seq
        )

    def _begin(self, key: "KeyInfo") -> None:
        from mledger.chain.succession import Appointed, log_key

        self.signs = (Appointed(-1, key.id, log_key(self.origin, key.public_bytes)),)

    def _appoint(self, seq: int, body: "KeyAppointed") -> None:
        from mledger.chain.succession import succeed

        member, now = self._active(body.key), self.signs[-1]
        try:
            found = succeed(seq, now, (member.id, member.public), body.note.encode())
        except ProofError as error:
            raise GovernanceError(error.message) from None
        before = self.members[now.member]
        if not found.handed_over and before.revoked is None:
            raise GovernanceError(
                f"the key of {before.name} signs the checkpoints, and has not signed the succession",
                "do it where that key is; if it is lost or stolen, revoke it first: mledger key revoke",
            )
        self.signs = (*self.signs, found)

    def _rotate(self, seq: int, body: "KeyRotated") -> None:
        old = self._active(body.old)
        if body.key.id in self.members:
            raise GovernanceError(f"key {body.key.id[:12]} is enrolled already")
        if (body.key.name, body.key.email, body.key.kind) != (old.name, old.email, old.kind):
            raise GovernanceError("a rotated key keeps its person: name, e-mail and kind")
        if not old.roles.issuperset(body.key.roles):
            raise GovernanceError("a rotated key has no roles beyond those of the old one")
        self._enrol(seq, body.key)
        try:
            self._replace(replace(old, revoked=seq))
        except GovernanceError:
            del self.members[body.key.id]
            raise

    def _revoke(self, seq: int, body: "KeyRevoked") -> None:
        member, since = self._member(body.key), None
        if body.compromised_since is not None:
            since = parse_number(body.compromised_since)[0]
            if since > seq:
                raise GovernanceError("compromised_since must be an event before the revocation")
        if member.revoked is None:
            self._replace(replace(member, revoked=seq, compromised_since=since))
            return
        known = member.compromised_since
        if since is None or (known is not None and since >= known):
            raise GovernanceError(
                f"key {body.key[:12]} of {member.name} is revoked",
                "if it was in other hands from an earlier event on: mledger key revoke KEY --since EVENT",
            )
        self.members[body.key] = replace(member, compromised_since=since)

    def _adopt(self, seq: int, policy: "Policy") -> None:
        held = self.policy
        self.policy = policy
        try:
            self.check_governed(_HELD)
        except GovernanceError:
            self.policy = held
            raise
        self.governed |= policy.governed
        self.skews = (*self.skews, (seq, policy.skew_seconds))

    def skew(self, seq: int) -> int:
        """How far clocks may differ at an entry, in seconds, by the policy in force before it."""
        return self.skews[bisect_left(self.skews, seq, key=itemgetter(0)) - 1][1]

    def _replace(self, member: Member) -> None:
        held = self.members[member.id]
        self.members[member.id] = member
        try:
            self.check_governed()
        except GovernanceError:
            self.members[member.id] = held
            raise

    def check_governed(self, fix: str = _ANOTHER) -> None:
        """A ledger that nobody may govern could never be mended; `fix` leaves it to somebody."""
        if not any(m.revoked is None and self.may(m, "role.granted") for m in self.members.values()):
            raise GovernanceError("nobody would be left who may grant roles", fix)
        if why := unreachable(self):
            raise GovernanceError(why, _ANOTHER)

    def _member(self, key: str) -> Member:
        if key not in self.members:
            raise GovernanceError(f"key {key[:12]} is not enrolled")
        return self.members[key]

    def _active(self, key: str) -> Member:
        member = self._member(key)
        if member.revoked is not None:
            raise GovernanceError(f"key {key[:12]} of {member.name} is revoked")
        return member

    def _known_role(self, role: str) -> None:
        if role not in self.roles():
            raise GovernanceError(
                f"the policy knows no role {role!r}; it has {', '.join(sorted(self.roles()))}"
            )

    def roles(self) -> dict[str, tuple[str, ...]]:
        """What each role of the policy in force may record, as patterns."""
        return {name: role.may for name, role in self.policy.roles.items()} if self.policy else {}

    def may(self, member: Member, event_type: str) -> bool:
        """Whether some role of the member allows this type of event.

        That somebody was refused they may always record, where the policy wants it.
        """
        if event_type == REFUSED and self.policy is not None and self.policy.record_refusals:
            return True
        roles = self.roles()
        return any(may_record(roles.get(name, ()), event_type) for name in member.roles)

    def copy(self) -> "Keyring":
        """A keyring that may be changed without changing this one."""
        return replace(
            self,
            members=dict(self.members),
            redacted=dict(self.redacted),
            holds=dict(self.holds),
            requests=dict(self.requests),
        )
