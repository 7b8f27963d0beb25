"""The inbox: what waits for whom, until when."""

from datetime import timedelta
from typing import Any

import pytest

from mledger.desk.inbox import inbox_of
from mledger.reports.due import due
from mledger.testing.bodies import FILES, PLAN
from mledger.testing.bodies import MODEL as STREAM
from mledger.testing.simulator import key_fields, signer_of
from tests.desk.conftest import ALICE, BOB, CAROL, DORA, PROPOSED, Company

REASON = {"reason": "Seen."}


def waits(company: Company, name: str) -> list[str]:
    """The numbers of what waits for somebody."""
    return [item.number for item in inbox_of(company.sim.reader(), [signer_of(name).key_id])]


def test_a_request_waits_for_those_whose_approval_brings_it_further(company: Company) -> None:
    """Not for who asked, nor without the role, nor for who has approved; for nobody once it is complete."""
    number = company.ask()
    assert {name: waits(company, name) for name in (ALICE, BOB, CAROL, DORA)} == {
        ALICE: [],
        BOB: [number],
        CAROL: [],
        DORA: [number],
    }
    company.say(BOB, "promotion.approved", {"request": number} | REASON)
    assert (waits(company, BOB), waits(company, DORA)) == ([], [number])
    company.say(DORA, "promotion.approved", {"request": number} | REASON)
    assert waits(company, DORA) == []


@pytest.mark.parametrize("end", ["rejected", "asked again", "executed", "deployed", "retired"])
def test_a_request_that_is_over_waits_no_longer(end: str) -> None:
    """Whether it was rejected, executed, deployed, asked for again, or the model was retired."""
    company = Company()
    number = company.ask()
    assert waits(company, BOB) == [number]
    if end == "asked again":
        assert waits(company, BOB) == [number]
        assert company.ask() in waits(company, BOB)
    elif end == "rejected":
        company.say(DORA, "promotion.rejected", {"request": number} | REASON)
    elif end == "executed":
        company.say(
            CAROL, "promotion.executed", {"request": number, "version": "2.1", "to_stage": "production"}
        )
    elif end == "deployed":
        serves = {"request": number, "version": "2.1", "environment": "eu", "stage": "production"}
        company.say(CAROL, "deployment.recorded", serves)
    else:
        company.say(ALICE, "model.retired", REASON)
    assert number not in waits(company, BOB)


def test_a_rejection_is_shown_to_who_asked(company: Company) -> None:
    """With its reason and by whom, until they ask again or somebody approves after all."""
    for end in ("approved", "asked again"):
        number = company.ask()
        no = {"request": number, "reason": "No latency under load."}
        company.say(DORA, "promotion.rejected", no)
        assert (waits(company, BOB), waits(company, DORA)) == ([], [])
        (item,) = inbox_of(company.sim.reader(), [signer_of(CAROL).key_id])
        assert (item.number, item.kind, item.by) == (number, "rejected", DORA)
        assert item.about == "2.1 to production: No latency under load."
        if end == "approved":
            company.say(BOB, "promotion.approved", {"request": number} | REASON)
            assert waits(company, DORA) == [number]  # whose approval is missing again
        else:
            company.ask()
        assert waits(company, CAROL) == []


def test_makers_are_not_asked(company: Company) -> None:
    """Whoever proposed a decision of the version is passed over where the policy wants independence."""
    company.say(ALICE, "role.granted", {"key": signer_of(DORA).key_id, "role": "engineer"}, "ledger")
    decision = company.say(DORA, "decision.proposed", PROPOSED)
    released = {"version": "2.1", "artifacts": FILES, "notes": "x", "decisions": [decision]}
    company.say(CAROL, "version.released", released)
    number = company.ask()
    assert (waits(company, BOB), waits(company, DORA)) == ([decision, number], [])


def test_decisions_and_reviews_wait_until_they_are_answered(company: Company) -> None:
    """A decision for whoever may accept it, a review for those who are named, or for whoever may."""
    decision = company.say(CAROL, "decision.proposed", PROPOSED)
    named = company.say(
        CAROL,
        "review.requested",
        {"on": decision, "question": "Would you sign?", "reviewers": [DORA], "due": "2026-02-01"},
    )
    anybody = company.say(CAROL, "review.requested", {"on": decision, "question": "Does it hold?"})
    assert waits(company, BOB) == [decision, anybody]
    assert waits(company, DORA) == [decision, named, anybody]
    submitted = {"verdict": "approve", "summary": "It holds."}
    company.say(BOB, "review.submitted", {"request": anybody} | submitted)
    company.say(BOB, "decision.accepted", {"decision": decision})
    assert (waits(company, BOB), waits(company, DORA)) == ([], [named])
    item = inbox_of(company.sim.reader(), [signer_of(DORA).key_id])[0].to_json()
    assert item | {"since": ""} == {
        "number": named,
        "kind": "review",
        "stream": STREAM,
        "about": "Would you sign?",
        "by": CAROL,
        "since": "",
        "due": "2026-02-01",
        "waits_for": DORA,
    }


def test_a_plan_waits_for_each_signatory(company: Company) -> None:
    """Until all have signed the same words; an amendment takes its place."""
    first = company.say(CAROL, "plan.agreed", PLAN)
    assert (waits(company, BOB), waits(company, CAROL)) == ([first], [])
    amended = company.say(CAROL, "plan.amended", PLAN | {"plan": first, "reason": "Codes came late."})
    assert waits(company, BOB) == [amended]
    company.say(BOB, "plan.amended", PLAN | {"plan": first, "reason": "Codes came late."})
    assert waits(company, BOB) == []


def test_what_was_handed_over_waits_for_who_took_it(company: Company) -> None:
    """As what is due says: a request for a review, until each who is asked has answered."""
    on = company.say(CAROL, "decision.proposed", PROPOSED)
    asked = {"on": on, "question": "Would you sign?", "reviewers": [BOB, DORA], "due": "2026-02-01"}
    number = company.say(CAROL, "review.requested", asked)
    company.say(ALICE, "handover.recorded", {"from": DORA, "to": ALICE, "duties": ["reviews"]})
    reader = company.sim.reader()
    assert [number in waits(company, name) for name in (ALICE, BOB, DORA)] == [True, True, False]
    assert due(reader.history(), [STREAM])[0].owner == f"{BOB}, {ALICE}"
    submitted = {"request": number, "verdict": "approve", "summary": "It holds."}
    company.say(BOB, "review.submitted", submitted)
    assert [number in waits(company, name) for name in (ALICE, BOB)] == [True, False]
    assert due(company.sim.reader().history(), [STREAM])[0].owner == ALICE
    company.say(ALICE, "review.submitted", submitted)
    assert number not in waits(company, ALICE)
    assert due(company.sim.reader().history(), [STREAM]) == []


def test_a_draft_that_was_completed_waits_no_longer(company: Company) -> None:
    """What its author puts in its place does; a completion by somebody else completes nothing."""
    rest = {k: v for k, v in PROPOSED.items() if k not in {"summary", "question"}}
    draft = company.say(CAROL, "decision.proposed", rest | {"open": ["summary", "question"]})
    other = company.say(ALICE, "decision.proposed", PROPOSED | {"completes": draft})
    assert waits(company, BOB) == [draft, other]
    whole = company.say(CAROL, "decision.proposed", PROPOSED | {"completes": draft})
    assert waits(company, BOB) == [other, whole]


def test_a_scheduled_review_waits_on_its_day(company: Company) -> None:
    """For its owner, from the day on which it is due; a completion sets the next, a handover the owner."""
    fields: dict[str, Any] = {"title": "Quarterly", "scope": ["All."], "owner": BOB, "cadence": "quarterly"}
    number = company.say(ALICE, "review.scheduled", fields | {"due": "2026-01-31"})
    assert waits(company, BOB) == []
    company.sim.clock.now += timedelta(days=60)
    assert waits(company, BOB) == [number]
    company.say(BOB, "review.completed", {"schedule": number, "outcome": "confirmed", "checked": ["All."]})
    assert waits(company, BOB) == []
    company.say(
        BOB, "handover.recorded", {"from": BOB, "to": DORA, "duties": ["Reviews."], "reviews": [number]}
    )
    company.sim.clock.now += timedelta(days=90)
    assert (waits(company, BOB), waits(company, DORA)) == ([], [number])
    company.say(DORA, "review.completed", {"schedule": number, "outcome": "ended", "checked": ["All."]})
    assert waits(company, DORA) == []


def test_two_keys_are_one_person_with_one_inbox(company: Company) -> None:
    """Whoever has two keys is asked once, and not again with the other."""
    company.say(ALICE, "key.enrolled", {"key": key_fields("bob-2", "reviewer") | {"name": BOB}}, "ledger")
    number = company.ask()
    keys = [signer_of(BOB).key_id, signer_of("bob-2").key_id]
    assert [item.number for item in inbox_of(company.sim.reader(), keys)] == [number]
    company.say(BOB, "promotion.approved", {"request": number} | REASON)
    assert inbox_of(company.sim.reader(), keys[1:]) == []
