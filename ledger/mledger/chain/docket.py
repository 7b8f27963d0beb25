"""What a stage is entered on: a request and its approvals.

A policy may ask for approvals before a version enters a stage, by `promotion.executed`,
`deployment.recorded` or `rollback.executed`. Such an event then names a `promotion.requested` of its
version and stage, and for each rule about that stage so many different people of each role have
approved it. An approval counts

- once for each person, whatever keys they have, and for the roles that they held when they signed;
- not if its author may not give it, or is the one who asked, or is a machine;
- not if a rejection of the request came after it, or a rollback from the version in that stage;
- not if the key is revoked by now, and compromised since before the approval;
- where the rule asks for independence, not if its author released the version, proposed a decision
  that the release names, or started the run that it names by number or id.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from mledger.chain.agreeing import Approval, counts, missing
from mledger.chain.keyring import Keyring
from mledger.chain.rulebook import Act, Breach, Lookup, Ruled
from mledger.events.governing import APPROVAL_TYPES

if TYPE_CHECKING:
    from mledger.events.base import EventBody
    from mledger.events.deployment import DeploymentRecorded
    from mledger.events.policy import ApprovalRule
    from mledger.events.promotion import (
        PromotionApproved,
        PromotionExecuted,
        PromotionRejected,
        PromotionRequested,
    )
    from mledger.events.rollback import RollbackExecuted
    from mledger.events.version import VersionReleased

REQUESTED = "promotion.requested"
# Requests, and versions, remembered at the same time; others are looked up again.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the rules see it: of which version, for which stage, by whom, and who approved."""

    number: str
    seq: int
    stream: str
    version: str
    stage: str
    person: str
    approvals: tuple[Approval, ...] = ()
    void: str | None = None
    """The event that took all approvals before it away."""


Makers = Mapping[str, str]
"""Those who made a version: each person with the event that they signed, in words."""


class Standing(NamedTuple):
    """How far a request has come under one rule: who counts, who does not and why, what is missing."""

    rule: "ApprovalRule"
    counted: tuple[Approval, ...]
    others: tuple[tuple[Approval, str], ...]
    missing: Mapping[str, int]


class Recall(Protocol):
    """Finds out again, from the ledger itself, what a docket does not remember."""

    def asked(self, number: str, before: int) -> Asked | None:
        """A request with what the entries before `before` say to it; None if there is none that counts."""
        ...

    def makers(self, stream: str, version: str, before: int) -> Makers:
        """Who made a version, as far as the entries before `before` say."""
        ...


@dataclass(slots=True)
class Docket:
    """The requests and versions that passed by lately, and where to ask for all others.

    A `whole` docket is told of every event from entry 0 on.
    """

    recall: Recall
    whole: bool = False
    requests: dict[str, Asked] = field(default_factory=dict)
    places: dict[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    """The remembered requests by stream, version and stage."""
    made: dict[tuple[str, str], Makers] = field(default_factory=dict)
    """The makers of the remembered versions by stream and version."""

    def copy(self) -> "Docket":
        """A docket that may be changed without changing this one."""
        return Docket(self.recall, self.whole, dict(self.requests), dict(self.places), dict(self.made))

    # --- what is known

    def asked(self, number: str, before: int) -> Asked | None:
        """The request of that number with its approvals."""
        found = self.requests.get(number)
        if found is None and (found := self.recall.asked(number, before)) is not None:
            self._keep(found)
        return found

    def makers(self, stream: str, version: str, before: int) -> Makers:
        """Who made a version."""
        place = stream, version
        if place not in self.made and self.whole:
            return {}  # none was released so far
        if place not in self.made:
            self._keep_makers(place, self.recall.makers(stream, version, before))
        return self.made[place]

    def standing(self, keyring: Keyring, asked: Asked, before: int) -> list[Standing]:
        """How far the request has come under each rule of the policy in force about its stage."""
        rules = [rule for rule in _rules(keyring) if rule.covers(asked.stage)]
        return [self._stands(keyring, asked, rule, before) for rule in rules]

    def _stands(self, keyring: Keyring, asked: Asked, rule: "ApprovalRule", before: int) -> Standing:
        makers = self.makers(asked.stream, asked.version, before) if rule.independent else {}
        people: dict[str, frozenset[str]] = {}
        counted, others = [], []
        for approval in asked.approvals:
            if why := _discounted(keyring, approval, makers, rule):
                others.append((approval, why))
                continue
            counted.append(approval)
            people[approval.person] = people.get(approval.person, frozenset()) | approval.roles
        return Standing(rule, tuple(counted), tuple(others), missing(rule.needs, people.values()))

    # --- judging

    def judge(
        self, keyring: Keyring, act: Act, ruled: Ruled, body: "EventBody", lookup: Lookup
    ) -> Iterator[Breach]:
        """The approvals that an event lacks, and an approval by somebody who had a part in the work."""
        if not _rules(keyring):
            return
        match ruled.type:
            case "promotion.approved":
                yield from self._apart(keyring, act, ruled, cast("PromotionApproved", body), lookup)
            case "promotion.executed":
                moved = cast("PromotionExecuted", body)
                yield from self._move(
                    keyring, act, ruled, _Moved(moved.version, moved.to_stage, moved.request), lookup
                )
            case "deployment.recorded":
                put = cast("DeploymentRecorded", body)
                yield from self._move(
                    keyring, act, ruled, _Moved(put.version, put.stage, put.request), lookup
                )
            case "rollback.executed":
                back = cast("RollbackExecuted", body)
                yield from self._move(
                    keyring, act, ruled, _Moved(back.to_version, back.stage, back.request), lookup
                )

    def _apart(
        self, keyring: Keyring, act: Act, ruled: Ruled, body: "PromotionApproved", lookup: Lookup
    ) -> Iterator[Breach]:
        asked = self._question(body.request, ruled, act, lookup)
        if asked is None or not any(r.independent and r.covers(asked.stage) for r in _rules(keyring)):
            return
        part = self.makers(asked.stream, asked.version, act.seq).get(_person(keyring, act.key))
        if part is not None:
            yield Breach(
                "four-eyes",
                ruled.where,
                f"{act.signer} signed {part}, and the policy {_policy(keyring)} wants approvals of "
                f"{asked.version} for {asked.stage} from others",
                "let somebody sign who had no part in it, with --as KEY",
            )

    def _move(
        self, keyring: Keyring, act: Act, ruled: Ruled, moved: "_Moved", lookup: Lookup
    ) -> Iterator[Breach]:
        if not any(rule.covers(moved.stage) for rule in _rules(keyring)):
            return
        what = f"{moved.version} may not enter {moved.stage}"
        asked = self._question(moved.request, ruled, act, lookup)
        fault = None
        if asked is None:
            named = "names no request" if moved.request is None else f"names {moved.request}, no such request"
            fault = f"{ruled.type} {named}"
        elif (asked.version, asked.stage.casefold()) != (moved.version, moved.stage.casefold()):
            fault = f"request {asked.number} is for {asked.version} in {asked.stage}"
        if asked is None or fault is not None:
            message = f"{what}: the policy {_policy(keyring)} asks for approvals, and {fault}"
            yield Breach("approvals.missing", ruled.where, message, _ask(ruled.stream, moved))
            return
        for standing in self.standing(keyring, asked, act.seq):
            if standing.missing:
                message = f"{what}: {told(standing, asked)} (policy {_policy(keyring)})"
                fix = f"somebody else approves: mledger approve {asked.number} --reason TEXT --as KEY"
                yield Breach("approvals.missing", ruled.where, message, fix)

    def _question(self, reference: str | None, ruled: Ruled, act: Act, lookup: Lookup) -> Asked | None:
        """The request that an event of its stream names, if it is there before the entry."""
        found = None if reference is None else lookup(reference)
        if found is None or (found.type, found.stream) != (REQUESTED, ruled.stream) or found.seq >= act.seq:
            return None
        return self.asked(found.number, act.seq)

    # --- remembering

    def note(self, keyring: Keyring, act: Act, ruled: Ruled, body: "EventBody", lookup: Lookup) -> None:
        """Remember what an event says that its author may record."""
        match ruled.type:
            case "promotion.requested":
                request = cast("PromotionRequested", body)
                person = _person(keyring, act.key)
                self._keep(
                    Asked(ruled.where, act.seq, ruled.stream, request.version, request.to_stage, person)
                )
            case "promotion.approved":
                self._approve(keyring, act, ruled, cast("PromotionApproved", body), lookup)
            case "promotion.rejected":
                asked = self._known(keyring, act, cast("PromotionRejected", body).request, ruled, lookup)
                if asked is not None:
                    self.requests[asked.number] = replace(asked, approvals=(), void=ruled.where)
            case "rollback.executed":
                back = cast("RollbackExecuted", body)
                for number in self.places.get((ruled.stream, back.from_version, back.stage.casefold()), ()):
                    self.requests[number] = replace(self.requests[number], approvals=(), void=ruled.where)
            case "version.released":
                self._release(keyring, act, ruled, cast("VersionReleased", body), lookup)

    def _approve(
        self, keyring: Keyring, act: Act, ruled: Ruled, body: "PromotionApproved", lookup: Lookup
    ) -> None:
        asked = self._known(keyring, act, body.request, ruled, lookup)
        member = keyring.members.get(act.key)
        if asked is None or member is None or member.kind != "person" or member.person == asked.person:
            return
        approval = Approval(ruled.where, act.seq, act.key, member.person, member.name, member.roles)
        self.requests[asked.number] = replace(asked, approvals=(*asked.approvals, approval))

    def _known(
        self, keyring: Keyring, act: Act, reference: str, ruled: Ruled, lookup: Lookup
    ) -> Asked | None:
        """The request that is answered. Where no policy counts approvals, it is not looked up for that."""
        if _rules(keyring):
            return self._question(reference, ruled, act, lookup)
        found = lookup(reference)
        asked = self.requests.get(found.number) if found is not None else None
        return asked if asked is not None and asked.stream == ruled.stream else None

    def _release(
        self, keyring: Keyring, act: Act, ruled: Ruled, body: "VersionReleased", lookup: Lookup
    ) -> None:
        place = ruled.stream, body.version
        if place not in self.made and not self.whole:
            if not _rules(keyring):
                return  # it is looked up when it is asked for
            self.makers(*place, act.seq)
        makers = dict(self.made.get(place, {}))
        makers.setdefault(_person(keyring, act.key), f"the release of {body.version} (event {ruled.where})")
        named = [lookup(reference) for reference in body.decisions]
        named += [lookup(body.run)] if body.run is not None else []
        for found in named:
            if found is not None and found.type in {"decision.proposed", "run.started"}:
                what = "decision" if found.type == "decision.proposed" else "run"
                makers.setdefault(_person(keyring, found.key), f"{what} {found.number}")
        self._keep_makers(place, makers)

    def _keep(self, asked: Asked) -> None:
        place = asked.stream, asked.version, asked.stage.casefold()
        self.requests[asked.number] = asked
        self.places[place] = (*self.places.get(place, ()), asked.number)
        while len(self.requests) > MOST:
            old = self.requests.pop(next(iter(self.requests)))
            place = old.stream, old.version, old.stage.casefold()
            left = tuple(number for number in self.places[place] if number != old.number)
            if left:
                self.places[place] = left
            else:
                del self.places[place]

    def _keep_makers(self, place: tuple[str, str], makers: Makers) -> None:
        self.made[place] = makers
        while len(self.made) > MOST:
            del self.made[next(iter(self.made))]
            self.whole = False


class _Moved(NamedTuple):
    """A version that enters a stage, and the request that lets it."""

    version: str
    stage: str
    request: str | None


def told(standing: Standing, asked: Asked) -> str:
    """What is missing, and what is there, in words."""
    who = ", ".join(dict.fromkeys(f"{a.name} ({a.number})" for a in standing.counted))
    there = f"approved by {who}" if who else "no approval counts"
    void = f"; event {asked.void} took away those before it" if asked.void else ""
    plural = sum(standing.missing.values()) > 1
    return f"request {asked.number} lacks approval{'s' * plural}, {counts(standing.missing)}; {there}{void}"


def _discounted(keyring: Keyring, approval: Approval, makers: Makers, rule: "ApprovalRule") -> str | None:
    """Why an approval does not count by now under a rule; None if it does."""
    if approval.roles.isdisjoint(rule.needs):
        return "no role that is asked for"
    member = keyring.members.get(approval.key)
    since = member.compromised_since if member is not None else None
    if since is not None and approval.seq >= since:
        return f"the key is compromised since event {since}"
    part = makers.get(approval.person)
    return None if part is None else f"signed {part}"


def _rules(keyring: Keyring) -> "tuple[ApprovalRule, ...]":
    return keyring.policy.approvals if keyring.policy is not None else ()


def _policy(keyring: Keyring) -> str:
    return keyring.policy.name if keyring.policy is not None else ""


def _person(keyring: Keyring, key: str) -> str:
    member = keyring.members.get(key)
    return key if member is None else member.person


def _ask(stream: str, moved: _Moved) -> str:
    model = stream.partition("/")[2]
    return f"mledger promotion request {model}@{moved.version} --to {moved.stage} --reason TEXT"


__all__ = [
    "APPROVAL_TYPES",
    "Approval",
    "Asked",
    "Docket",
    "Makers",
    "Recall",
    "Standing",
    "counts",
    "missing",
    "told",
]
