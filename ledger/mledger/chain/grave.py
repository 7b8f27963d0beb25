"""Grave acts: asked for, agreed to by others, done once.

A request holds the act: type, stream and fields. The act has an effect if an earlier request is of
exactly it, and for each rule of the policy in force about its type so many people of each role have
approved that request. As for a stage, nobody counts twice or for their own request, a rejection takes
away the approvals before it, and those of a key that was compromised by then do not count. A request
that was carried out is spent.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from mledger.chain.acts import Act, Ruled
from mledger.chain.agreeing import Approval, counts, missing

if TYPE_CHECKING:
    from mledger.chain.keyring import Keyring, Member
    from mledger.events.grave import GraveRule

REQUESTED, APPROVED, REJECTED = "act.requested", "act.approved", "act.rejected"
_APPROVE = "somebody else approves: mledger approve {number} --reason TEXT --as KEY"


@dataclass(frozen=True, slots=True)
class Requested:
    """An act that somebody asked for: what exactly, who asked, and who has approved it."""

    number: str
    seq: int
    type: str
    stream: str
    fields: Mapping[str, Any]
    person: str
    approvals: tuple[Approval, ...] = ()
    void: str | None = None
    """The event that took all approvals before it away."""


class Lack(NamedTuple):
    """Why a grave act may not be done yet, and the way out."""

    message: str
    fix: str


def rules_of(keyring: "Keyring", event_type: str) -> "list[GraveRule]":
    """The rules of the policy in force about a type of act."""
    policy = keyring.policy
    return [rule for rule in policy.grave if event_type in rule.types] if policy is not None else []


def ask(keyring: "Keyring", act: Act, ruled: Ruled) -> None:
    """Note that somebody asks for an act."""
    body = json.loads(ruled.body or b"{}")
    person = keyring.members[act.key].person
    asked = Requested(ruled.where, act.seq, body["act"], ruled.stream, body["fields"], person)
    keyring.requests[ruled.where] = asked


def answer(keyring: "Keyring", asked: Requested, act: Act, ruled: Ruled) -> None:
    """Note that somebody approves a request, or rejects it. A machine agrees to nothing."""
    member = keyring.members[act.key]
    if ruled.type == REJECTED:
        keyring.requests[asked.number] = replace(asked, approvals=(), void=ruled.where)
    elif member.kind == "person":
        approval = Approval(ruled.where, act.seq, act.key, member.person, member.name, member.roles)
        keyring.requests[asked.number] = replace(asked, approvals=(*asked.approvals, approval))


def agreed(keyring: "Keyring", seq: int, event_type: str, stream: str, body: bytes) -> "Lack | str | None":
    """The number of the request that lets an act be done, or what it lacks; None if it is not grave."""
    if not rules_of(keyring, event_type):
        return None
    policy = keyring.policy.name if keyring.policy is not None else ""
    grave, fields = f"the policy {policy} calls {event_type} grave", json.loads(body)
    found = [
        asked
        for asked in keyring.requests.values()
        if (asked.type, asked.stream) == (event_type, stream) and asked.seq < seq and asked.fields == fields
    ]
    if not found:
        message = f"{grave}: others must agree to it, and nobody has asked them to"
        return Lack(message, "ask them: the same command with --request REASON")
    for asked in found:
        if not lacking(keyring, asked):
            return asked.number
    return Lack(f"{grave}: {told(keyring, found[-1])}", _APPROVE.format(number=found[-1].number))


def told(keyring: "Keyring", asked: Requested) -> str:
    """What a request lacks, and what is there, in words."""
    who = ", ".join(dict.fromkeys(f"{a.name} ({a.number})" for a in counted(keyring, asked)))
    there = f"approved by {who}" if who else "no approval counts"
    void = f"; event {asked.void} took away those before it" if asked.void else ""
    return f"request {asked.number} lacks approvals, {counts(lacking(keyring, asked))}; {there}{void}"


def counted(keyring: "Keyring", asked: Requested) -> list[Approval]:
    """The approvals that count by now."""
    found = []
    for approval in asked.approvals:
        member = keyring.members.get(approval.key)
        since = member.compromised_since if member is not None else None
        if since is None or approval.seq < since:
            found.append(approval)
    return found


def lacking(keyring: "Keyring", asked: Requested, more: "Member | None" = None) -> dict[str, int]:
    """How many people of each role a request still lacks, were one more person to approve it."""
    people: dict[str, frozenset[str]] = {}
    for approval in counted(keyring, asked):
        people[approval.person] = people.get(approval.person, frozenset()) | approval.roles
    if more is not None and more.person != asked.person and more.kind == "person":
        people[more.person] = people.get(more.person, frozenset()) | more.roles
    found: dict[str, int] = {}
    for rule in rules_of(keyring, asked.type):
        for role, count in missing(rule.needs, people.values()).items():
            found[role] = max(count, found.get(role, 0))
    return found


def unreachable(keyring: "Keyring") -> str | None:
    """Why nobody could ever agree to an act that the policy in force calls grave; None if people could."""
    policy = keyring.policy
    if policy is None or not policy.grave:
        return None
    active = [m for m in keyring.members.values() if m.revoked is None and m.kind == "person"]
    roles: dict[str, frozenset[str]] = {}
    for member in active:
        if keyring.may(member, APPROVED):
            roles[member.person] = roles.get(member.person, frozenset()) | member.roles
    askers = {member.person for member in active if keyring.may(member, REQUESTED)}
    for rule in policy.grave:
        lacks = [missing(rule.needs, [r for p, r in roles.items() if p != asker]) for asker in askers]
        if all(lacks):
            least = min(lacks, key=lambda one: sum(one.values()), default=rule.needs)
            return f"nobody could agree to {rule.types[0]}: besides who asks it takes {counts(least)} more"
    return None
