"""May to July: people look again, an auditor comes, one model ends."""

from mledger.core import merkle
from mledger.testing.story.stage import ALICE, BOB, CAROL, CI, DORA, READER, ZONES, Stage


def play(on: Stage) -> None:
    """From the first review to the last day of the first model."""
    the_review(on)
    the_handover(on)
    the_audit(on)
    the_ledger_itself(on)
    the_finding(on)
    not_again(on)
    a_good_month(on)
    the_last_day(on)
    what_is_open(on)


def the_review(on: Stage) -> None:
    """Bob looks again, as he said he would."""
    _, bob, _, _, _ = on.cast
    on.at("2026-05-15 14:00")
    bob(
        "review.completed",
        ZONES,
        schedule=on["review"],
        outcome="changes needed",
        checked=[
            "2 of 4 decisions hold",
            "3 complaints, none about a digit",
        ],
        findings=[
            {
                "title": "The successor reads Old Town, too",
                "severity": "low",
                "detail": "retire card-zones",
            }
        ],
        next_due="2026-08-15",
    )
    bob(
        "review.scheduled",
        READER,
        called="second review",
        title="Quarterly review of card-reader",
        scope=["hands of districts that join", "decisions in force hold", "owners are still here"],
        owner=BOB,
        cadence="quarterly",
        due="2026-08-31",
    )


def the_handover(on: Stage) -> None:
    """Carol has one model to look after, and Alice the last weeks of the other."""
    _, _, carol, _, _ = on.cast
    on.at("2026-06-01 09:00")
    carol(
        "handover.recorded",
        ZONES,
        **{"from": CAROL, "to": ALICE},
        duties=["card-zones until its end", "complaints about bills before May"],
        open_items=[{"what": "close the risk of wrong bills", "event": on["risk"], "due": "2026-06-30"}],
        ownership=True,
        contacts=["Carol Example, at the next desk"],
        notes="The typing room calls the held bills 'whales'; ask for whales.",
    )


def the_audit(on: Stage) -> None:
    """Dora draws a sample that nobody could choose."""
    dora = on.voice(DORA)
    on.at("2026-06-08 09:00")
    head = on.sim.reader().head
    dora(
        "audit.opened",
        ZONES,
        called="audit",
        title="Audit of the readers, spring 2026",
        scope="Decisions and promotions of card-zones; not the code.",
        auditors=[DORA],
        standards=["policy amber"],
        period={"start": "2026-01-05", "end": "2026-05-31"},
        sample={
            "size": 5,
            "seed": 20260608,
            "stream": ZONES,
            "head": {"entries": head.size, "leaf": head.leaf.hex()},
        },
    )


def the_ledger_itself(on: Stage) -> None:
    """Before she relies on it, Dora checks what she relies on."""
    dora = on.voice(DORA)
    seen = on.sim.reader().verify(full=True)
    dora(
        "verification.performed",
        "ledger",
        head={"entries": seen.head.size, "leaf": seen.head.leaf.hex()},
        root=merkle.root(on.sim.store, seen.head.size).hex(),
        level=str(seen.level),
        full=True,
        program="mledger",
        notes="For the audit of spring 2026.",
    )


def the_finding(on: Stage) -> None:
    """What is not as it should be, and the answer."""
    _, _, carol, dora, _ = on.cast
    on.at("2026-06-10 16:00")
    finding = dora(
        "audit.finding",
        ZONES,
        audit=on["audit"],
        title="A waiver stood in for a test",
        severity="medium",
        criterion="What is below an agreed threshold is tested where it will serve.",
        observed="1.1 went live below 0.98 before any card of Harbour had been read.",
        events=[on["bolder"], on["1.1"], on["harbour test"]],
        recommendation="Plans keep a district apart; waivers of GOAL-004 name the test that they wait for.",
        owner=CAROL,
        due="2026-06-30",
    )
    on.at("2026-06-11 10:00")
    carol(
        "comment.added",
        ZONES,
        on=finding,
        text=f"The plan of card-reader keeps districts apart (event {on['second plan']}).",
    )
    on.at("2026-06-15 11:00")
    dora(
        "audit.closed",
        ZONES,
        audit=on["audit"],
        opinion="with reservations",
        conclusion="Decisions are documented, dissent is kept, and what failed was found in a day.",
        resolutions=[{"finding": finding, "state": "mended", "detail": "the plan keeps districts apart"}],
        checked=5,
    )


def a_good_month(on: Stage) -> None:
    """The younger model reads both districts."""
    ci = on.voice(CI)
    on.at("2026-06-29 06:00")
    ci(
        "monitoring.reported",
        READER,
        version="1.0",
        period={"start": "2026-05-13", "end": "2026-06-28"},
        requests=98_400,
        metrics=[{"name": "coverage", "value": 0.9588}, {"name": "held_bills", "value": 12}],
        outcomes="Of 12 bills that were held 2 were misread; none went out.",
        summary="Both districts are read; the typing room has no backlog.",
        source="billing monitor",
    )


def the_last_day(on: Stage) -> None:
    """The older model ends, with its risk, its reviews and its data."""
    alice, bob, carol, _, _ = on.cast
    on.at("2026-06-30 09:00")
    alice(
        "risk.assessed",
        ZONES,
        risk="R-1",
        title="Somebody is billed for water that nobody used",
        kind="performance",
        description="card-zones reads no card any more.",
        level={"likelihood": "rare", "impact": "medium"},
        treatment="closed",
        owner=ALICE,
    )
    alice(
        "model.retired",
        ZONES,
        reason="card-reader reads both districts, and better.",
        successor="card-reader",
        retention_until="2036-12-31",
        disposal="Weights and cards are deleted on 2036-12-31 by the platform team.",
    )
    bob(
        "review.completed",
        ZONES,
        schedule=on["review"],
        outcome="ended",
        checked=["no card is read by card-zones any more"],
    )
    carol(
        "dataset.deprecated",
        "dataset/zones",
        reason="Nothing is trained on zones any more.",
        successor="cards@2",
        still_used="card-zones 1.0 and 1.1 were trained on it; they are retired.",
    )


def not_again(on: Stage) -> None:
    """Somebody wants to doubt less once more, and hears no."""
    _, bob, carol, _, _ = on.cast
    on.at("2026-06-22 10:00")
    less = carol(
        "decision.proposed",
        READER,
        title="Read when three of five agree",
        summary="The reader doubts less: four cards more of a hundred need nobody.",
        category="hyperparameter",
        level="parameter",
        parent_decision=on["neighbours"],
        question="Do we need the last four cards of a hundred?",
        business_outcome_ref=on["second problem"],
        objectives=["coverage"],
        alternatives=[{"name": "0.6"}, {"name": "keep 0.8", "why_not": "The typing room could close."}],
        choice="0.6",
        rationale="Fewer people in the typing room.",
        data_quality_influence="None that we know.",
        parameters=[{"name": "threshold", "from": 0.8, "to": 0.6, "justification": "Three of five will do."}],
        expected_effects=[{"metric": "coverage", "direction": "increase", "size": 0.04}],
    )
    bob(
        "decision.rejected",
        READER,
        decision=less,
        reason=f"That was March (event {on['incident']}). Show it on a district that nobody has seen.",
    )


def what_is_open(on: Stage) -> None:
    """July begins: something to decide, and something to look at."""
    _, _, carol, dora, _ = on.cast
    on.at("2026-07-01 09:00")
    carol(
        "decision.proposed",
        READER,
        called="autumn",
        title="Cards of the two new districts are read by people for a month",
        summary="Each new district is read by people first, until 400 of its cards are in the data.",
        category="dataset",
        level="component",
        question="How do the districts of autumn join?",
        business_outcome_ref=on["second problem"],
        objectives=["selective_accuracy"],
        alternatives=[
            {"name": "a month of people", "cons": ["three people for four weeks"]},
            {"name": "from the first day", "why_not": "March has shown what that costs."},
        ],
        choice="a month of people",
        rationale="The model is as good as the hands that it has seen.",
        data_quality_influence="It is the reason: hands differ by district.",
        expected_effects=[{"metric": "selective_accuracy", "direction": "none", "confidence": "high"}],
        deciders=[ALICE, BOB],
    )
    dora("comment.added", READER, on=on["autumn"], text="Who says that 400 are enough?")
    carol(
        "review.requested",
        READER,
        on=on["autumn"],
        question="Are 400 cards enough for the hands of a district?",
        reviewers=[BOB],
        due="2026-07-15",
    )
