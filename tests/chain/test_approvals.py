"""Approvals: what a version needs to enter a stage, judged alike by writer and auditor."""

from collections.abc import Iterable, Sequence
from itertools import permutations
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mledger.chain import docket
from mledger.chain.audit import Audit
from mledger.chain.span import How, check_span
from mledger.chain.survey import Survey
from mledger.core.moment import Moment
from mledger.errors import DeniedError, InputError
from mledger.events import base as events
from mledger.ledger import What
from mledger.opening import default_policy
from mledger.testing.bodies import PROPOSED, STARTED
from mledger.testing.simulator import Simulator, key_fields, signer_of
from tests.chain.test_authority import force

ALICE, BOB, CAROL, DORA, ERIK = (
    "Alice Example",
    "Bob Example",
    "Carol Example",
    "Dora Example",
    "Erik Example",
)
ROLES = {BOB: ["reviewer"], DORA: ["reviewer", "risk"], ERIK: ["risk"]}
STREAM = "model/m"
FILES = [{"name": "model.pkl", "sha256": "c07d" * 16}]
REASON = {"reason": "Seen."}
Move: TypeAlias = tuple[str, dict[str, Any]]


def company(*rules: dict[str, Any]) -> Simulator:
    """Carol builds; Bob reviews, Erik looks at risks, Dora does both; the policy has these rules."""
    sim = Simulator()
    policy = default_policy().model_dump(by_alias=True, exclude_none=True)
    risk = {"may": ["promotion.approved", "promotion.rejected"]}
    policy |= {"name": "acme", "approvals": list(rules), "roles": policy["roles"] | {"risk": risk}}
    sim.append("policy.adopted", "ledger", {"policy": policy, "reason": "A new regulation."})
    sim.enrol(CAROL, "engineer")
    for name, roles in ROLES.items():
        sim.enrol(name, *roles)
    return sim


def ask(sim: Simulator, version: str = "1.0", stage: str = "production", by: str = CAROL) -> str:
    """Ask for a stage; the number."""
    fields = {"version": version, "to_stage": stage, "reason": "Objectives met."}
    return sim.append("promotion.requested", STREAM, fields, by=by).number


def answer(sim: Simulator, request: str, by: str, event: str = "promotion.approved") -> str:
    """Approve or reject a request; the number."""
    return sim.append(event, STREAM, {"request": request} | REASON, by=by).number


def executed(request: str, version: str = "1.0", stage: str = "production") -> Move:
    """The event that moves a version."""
    return "promotion.executed", {"request": request, "version": version, "to_stage": stage}


def deployed(request: str | None, version: str = "1.0", stage: str = "production") -> Move:
    """The event that puts a version into an environment."""
    fields = {"version": version, "environment": "eu-west", "stage": stage}
    return "deployment.recorded", fields | ({} if request is None else {"request": request})


def rolled_back(request: str | None, back: str = "2.0", to: str = "1.0") -> Move:
    """The event that puts an earlier version back."""
    fields = {"from_version": back, "to_version": to, "stage": "production", **REASON}
    return "rollback.executed", fields | ({} if request is None else {"request": request})


def refused(sim: Simulator, move: Move, words: str = "", by: str = CAROL) -> DeniedError:
    """A move that the writer refuses, and the auditor reports when somebody forces it in."""
    with pytest.raises(DeniedError) as caught:
        sim.append(move[0], STREAM, move[1], by=by)
    assert caught.value.details["rule"] == "approvals.missing"
    assert words in caught.value.message
    assert caught.value.fix
    assert "\n" not in caught.value.message
    before = findings(sim)
    force(sim, move[0], STREAM, move[1], by)
    assert findings(sim)[len(before) :] == ["approvals.missing"]
    return caught.value


def findings(sim: Simulator) -> list[str]:
    """The rules that a full verification reports."""
    return [finding.rule for finding in sim.reader().verify(full=True).findings]


# --- any order of requests, answers and moves


def enough(people: Iterable[str], needs: Sequence[str]) -> bool:
    """Whether the seats can be filled, found by trying every order."""
    return any(
        all(role in ROLES[name] for role, name in zip(needs, order, strict=True))
        for order in permutations(sorted(people), len(needs))
    )


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["approve", "approve", "approve", "reject", "execute", "deploy", "back"]),
        st.sampled_from([BOB, DORA, ERIK]),
        st.integers(0, 1),
    ),
    max_size=14,
)


@settings(max_examples=25)
@given(
    needs=st.sampled_from([("reviewer",), ("reviewer", "risk"), ("reviewer", "reviewer", "risk")]),
    steps=STEPS,
)
def test_writer_and_auditor_count_alike(needs: list[str], steps: list[tuple[str, str, int]]) -> None:
    """Whatever comes in whatever order, a move is refused, and reported, if and only if seats stay empty."""
    sim = company({"needs": {role: needs.count(role) for role in needs}})
    requests = ask(sim, "1.0"), ask(sim, "2.0")
    votes: list[set[str]] = [set(), set()]
    expected = 0
    for what, name, which in steps:
        version, request = f"{which + 1}.0", requests[which]
        if what in {"approve", "reject"}:
            answer(sim, request, name, "promotion.approved" if what == "approve" else "promotion.rejected")
            votes[which] = votes[which] | {name} if what == "approve" else set()
            continue
        other = f"{2 - which}.0"
        moved = executed(request, version) if what == "execute" else deployed(request, version)
        event, fields = rolled_back(request, other, version) if what == "back" else moved
        if enough(votes[which], needs):
            sim.append(event, STREAM, fields, by=CAROL)
        else:
            with pytest.raises(DeniedError, match="lacks approval"):
                sim.append(event, STREAM, fields, by=CAROL)
            force(sim, event, STREAM, fields, CAROL)
            expected += 1
        if what == "back":
            votes[1 - which] = set()
    assert findings(sim) == ["approvals.missing"] * expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(docket, "MOST", 1)  # what a verification forgets, it looks up again
        assert findings(sim) == ["approvals.missing"] * expected


@given(
    needs=st.dictionaries(st.sampled_from("abc"), st.integers(1, 3), min_size=1),
    people=st.lists(st.frozensets(st.sampled_from("abc")), max_size=5),
)
def test_seats_are_shared_out_as_well_as_can_be(needs: dict[str, int], people: list[frozenset[str]]) -> None:
    """As few are missing as when every order of people is tried."""
    seats = [role for role, count in needs.items() for _ in range(count)]
    padded = [*people, *([frozenset()] * len(seats))]
    best = (
        max(
            sum(role in roles for role, roles in zip(seats, order, strict=True))
            for order in set(permutations(padded, len(seats)))
        )
        if len(seats) <= 3
        else None
    )
    found = docket.missing(needs, people)
    assert all(0 < found[role] <= needs[role] for role in found)
    if best is not None:
        assert sum(found.values()) == len(seats) - best


# --- one by one


def test_the_message_says_what_is_missing() -> None:
    """It names the request, the roles, who has approved, the policy, and the command that puts it right."""
    sim = company({"stages": ["production"], "needs": {"reviewer": 1, "risk": 1}})
    request = ask(sim)
    error = refused(
        sim, executed(request), "lacks approvals, 1 by reviewer and 1 by risk; no approval counts"
    )
    assert f"mledger approve {request}" in str(error.fix)
    number = answer(sim, request, BOB)
    words = f"request {request} lacks approval, 1 by risk; approved by Bob Example ({number}) (policy acme)"
    refused(sim, executed(request), words)
    answer(sim, request, BOB)
    refused(sim, executed(request), words.split(";", maxsplit=1)[0])
    answer(sim, request, ERIK)
    sim.append(*[executed(request)[0], STREAM, executed(request)[1]], by=CAROL)
    number = answer(sim, request, ERIK, "promotion.rejected")
    refused(sim, executed(request), f"event {number} took away those before it")


def test_a_stage_without_a_rule_needs_nothing() -> None:
    """Only the stages that a rule names are guarded, however they are written; no name means all."""
    sim = company({"stages": ["Production"], "needs": {"reviewer": 1}})
    sim.append("deployment.recorded", STREAM, deployed(None, stage="staging")[1], by=CAROL)
    refused(sim, deployed(None), "deployment.recorded names no request")
    refused(sim, rolled_back(None), "rollback.executed names no request")
    every = company({"needs": {"reviewer": 1}})
    refused(every, deployed(None, stage="shadow"))


def test_the_request_must_be_for_what_moves() -> None:
    """Neither another version nor another stage goes by the same approvals, nor what is no request."""
    sim = company({"needs": {"reviewer": 1}})
    request = ask(sim)
    answer(sim, request, BOB)
    refused(sim, executed(request, version="1.1"), f"request {request} is for 1.0 in production")
    refused(sim, deployed(request, stage="canary"), f"request {request} is for 1.0 in production")
    refused(sim, deployed("1"), "names 1, no such request")
    with pytest.raises(InputError, match="request: event 4711 is not there"):
        sim.append("deployment.recorded", STREAM, deployed("4711")[1], by=CAROL)
    sim.append("deployment.recorded", STREAM, deployed(request, stage="PRODUCTION")[1], by=CAROL)


def test_who_asks_counts_for_nothing_even_without_four_eyes() -> None:
    """A policy without four eyes lets them sign, and a move needs somebody else all the same."""
    policy = default_policy().model_copy(update={"four_eyes": ()})
    rule = {"needs": {"owner": 1}}
    sim = Simulator()
    fields = policy.model_dump(by_alias=True, exclude_none=True) | {"approvals": [rule]}
    sim.append("policy.adopted", "ledger", {"policy": fields, "reason": "Small company."})
    request = ask(sim, by=ALICE)
    answer(sim, request, ALICE)
    refused(sim, executed(request), by=ALICE)


def test_a_second_key_is_no_second_person() -> None:
    """Whoever has two keys counts once, in all roles that the two held."""
    sim = company({"needs": {"reviewer": 2}})
    sim.append("key.enrolled", "ledger", {"key": key_fields("bob-2", "reviewer") | {"name": BOB}})
    request = ask(sim)
    answer(sim, request, BOB)
    force(
        sim,
        "promotion.approved",
        STREAM,
        {"request": request} | REASON,
        "bob-2",
        name=BOB,
        meaning="approval",
    )
    assert findings(sim) == []
    refused(sim, executed(request), "lacks approval, 1 by reviewer")


def test_roles_count_as_they_were_at_signing() -> None:
    """A role granted afterwards helps nobody, one taken away afterwards harms nobody."""
    sim = company({"needs": {"risk": 1}})
    first, second = ask(sim), ask(sim, "2.0")
    answer(sim, first, BOB)
    answer(sim, second, ERIK)
    for event, name in (("role.granted", BOB), ("role.revoked", ERIK)):
        sim.append(event, "ledger", {"key": _id(name), "role": "risk"})
    refused(sim, executed(first))
    sim.append("promotion.executed", STREAM, executed(second, "2.0")[1], by=CAROL)


def test_makers_of_a_version_do_not_approve_it() -> None:
    """Where the policy wants independence: not who released it, proposed a decision or started its run."""
    sim = company({"needs": {"reviewer": 1}, "independent": True})
    for name in (DORA, ERIK):
        sim.append("role.granted", "ledger", {"key": _id(name), "role": "engineer"})
    decision = sim.append("decision.proposed", STREAM, PROPOSED, by=DORA).number
    run = sim.append("run.started", STREAM, STARTED, by=ERIK).number
    released = {"version": "1.0", "artifacts": FILES, "notes": "First.", "decisions": [decision], "run": run}
    release = sim.append("version.released", STREAM, released, by=CAROL).number
    request = ask(sim, by=ALICE)
    for name, part in ((DORA, f"decision {decision}"), (ERIK, f"run {run}"), (CAROL, f"event {release}")):
        if name == CAROL:
            sim.append("role.granted", "ledger", {"key": _id(CAROL), "role": "reviewer"})
        with pytest.raises(DeniedError, match=part) as caught:
            answer(sim, request, name)
        assert caught.value.details["rule"] == "four-eyes"
    assert findings(sim) == []
    force(sim, "promotion.approved", STREAM, {"request": request} | REASON, DORA, meaning="approval")
    assert findings(sim) == ["four-eyes"]
    with pytest.raises(DeniedError, match="no approval counts"):
        sim.append("promotion.executed", STREAM, executed(request)[1], by=CAROL)
    answer(sim, request, BOB)
    sim.append("promotion.executed", STREAM, executed(request)[1], by=CAROL)


def _id(name: str) -> str:
    return signer_of(name).key_id


def test_approvals_of_one_entry_count_from_the_next_on() -> None:
    """Approval and move in one entry: what was in force before it is what counts."""
    sim = company({"needs": {"owner": 1}})
    request = ask(sim)
    both = [
        What(events.build("promotion.approved", {"request": request} | REASON), STREAM),
        What(events.build(*executed(request)), STREAM),
    ]
    with pytest.raises(DeniedError, match="no approval counts"):
        sim.ledger(ALICE).append_all(both)


def test_what_approvals_are_counted_by_cannot_be_redacted() -> None:
    """Neither requests nor answers can be erased once a policy has counted them; comments can."""
    sim = company({"needs": {"reviewer": 1}})
    request = ask(sim)
    number = answer(sim, request, BOB, "promotion.rejected")
    basis = {"legal_basis": "GDPR Art. 17", "authority": "Data protection officer"}
    for event in (request, number):
        with pytest.raises(DeniedError, match="by which approvals are counted"):
            sim.append("record.redacted", STREAM, {"event": event} | basis)


def test_older_moves_are_judged_by_the_policy_of_their_time() -> None:
    """A policy binds from the next entry on; approvals from before it count."""
    sim = Simulator()
    sim.enrol(BOB, "reviewer")
    request = ask(sim, by=ALICE)
    sim.append("promotion.executed", STREAM, executed(request)[1])
    answer(sim, request, BOB)
    policy = default_policy().model_dump(by_alias=True, exclude_none=True)
    adopted = {"policy": policy | {"approvals": [{"needs": {"reviewer": 1}}]}, "reason": "Grown up."}
    sim.append("policy.adopted", "ledger", adopted)
    sim.append("deployment.recorded", STREAM, deployed(request)[1])
    refused(sim, deployed(None), by=ALICE)


@pytest.mark.parametrize(
    ("needs", "words"),
    [({"chief": 1}, "should be a role of the policy"), ({"auditor": 1}, "may record promotion.approved")],
)
def test_a_rule_that_nobody_can_meet_is_not_adopted(needs: dict[str, int], words: str) -> None:
    """Each role that is asked for is one of the policy, and may approve."""
    fields = default_policy().model_dump(by_alias=True, exclude_none=True)
    with pytest.raises(InputError, match=words):
        events.build("policy.adopted", {"policy": fields | {"approvals": [{"needs": needs}]}, "reason": "x"})


class _Never:
    """Nobody has to look anything up."""

    def asked(self, number: str, before: int) -> docket.Asked | None:
        raise AssertionError(number)

    def makers(self, stream: str, version: str, before: int) -> docket.Makers:
        raise AssertionError(stream)


def test_a_whole_pass_looks_nothing_up() -> None:
    """What passes by is enough to judge everything, so that a long ledger costs what its entries cost."""
    sim = company({"needs": {"reviewer": 1}, "independent": True})
    for version in ("1.0", "2.0"):
        request = ask(sim, version)
        answer(sim, request, BOB)
        sim.append("promotion.executed", STREAM, executed(request, version)[1], by=CAROL)
    survey = Survey()
    survey.add(sim.store.entries(governance=True))
    how = How(survey.keys, Moment("2030-01-01T00:00:00.000000Z"), governed=survey.governed)
    audit = Audit(sim.reader().answered, docket.Docket(_Never(), whole=True), lambda *_: None)
    audit.add(check_span(sim.store.entries(), 0, how))
    assert {finding.rule for finding in audit.findings} <= {"tree.node"}
    assert len(audit.docket.requests) == 2
