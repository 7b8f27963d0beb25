"""March: a bolder version meets other hands, and goes back."""

from mledger.testing.story import cards
from mledger.testing.story.building import goes_live
from mledger.testing.story.framing import OLD_TOWN
from mledger.testing.story.stage import ALICE, BOB, CAROL, CI, DORA, ZONES, Stage
from mledger.testing.story.training import Experiment

MARCH = cards.Cards(cards.HARBOUR)
BOLDER = Experiment("linear", "zones", 0.6, {"C": 1.0})
CAREFUL = BOLDER._replace(threshold=0.8)


def play(on: Stage) -> None:
    """From a wish for speed to the way back."""
    the_wish(on)
    the_bold_idea(on)
    the_dissent(on)
    the_bolder_version(on)
    let_through(on)
    the_harbour(on)
    read_twice(on)
    the_way_back(on)
    the_cause(on)
    the_slips(on)


def the_wish(on: Stage) -> None:
    """The first month went well."""
    ci = on.voice(CI)
    on.at("2026-03-02 06:00")
    ci(
        "monitoring.reported",
        ZONES,
        version="1.0",
        period={"start": "2026-02-04", "end": "2026-02-28"},
        requests=61_200,
        metrics=[{"name": "coverage", "value": 0.7512}, {"name": "held_bills", "value": 31}],
        outcomes="Of 31 bills that were held 9 were misread; none went out.",
        source="billing monitor",
    )


def the_bold_idea(on: Stage) -> None:
    """To doubt less: what it gains, and what it costs."""
    carol = on.voice(CAROL)
    on.at("2026-03-02 09:30")
    carol(
        "decision.proposed",
        ZONES,
        called="bolder",
        title="Read from a certainty of 0.6 on",
        summary="The reader doubts less: nearly nine cards of ten need nobody, and a few more are misread.",
        category="hyperparameter",
        level="parameter",
        parent_decision=on["linear"],
        question="How do we get through the backlog of winter?",
        business_outcome_ref=on["problem"],
        objectives=["coverage"],
        alternatives=[
            {"name": "0.6", "pros": ["coverage 0.884"], "cons": ["below the agreed 0.98"]},
            {"name": "keep 0.8", "why_not": "The backlog of 9,000 cards would last until May."},
            {"name": "0.7", "why_not": "Half the gain, and below 0.98 as well."},
        ],
        choice="0.6",
        rationale="A month below the threshold is better than bills that come five weeks late.",
        data_quality_influence="Measured on Old Town alone; Harbour's first cards are due in two weeks.",
        parameters=[
            {"name": "threshold", "from": 0.8, "to": 0.6, "justification": "Clears the backlog in March."}
        ],
        expected_effects=[
            {"metric": "coverage", "direction": "increase", "size": 0.13, "confidence": "high"},
            {"metric": "selective_accuracy", "direction": "decrease", "size": 0.03, "confidence": "medium"},
        ],
        tradeoffs=["three wrong readings of a hundred more"],
        validity_conditions=[{"metric": "selective_accuracy", "operator": ">=", "value": 0.95}],
        deciders=[CAROL, BOB],
        consulted=[DORA],
    )


def the_dissent(on: Stage) -> None:
    """Somebody disagrees, and says what would prove her right."""
    _, bob, _, dora, _ = on.cast
    dora(
        "dissent.recorded",
        ZONES,
        on=on["bolder"],
        text="It will misread Harbour's ones and be sure of it. All we measured was people whom it knows.",
        instead="Two people more in the typing room until April.",
        would_settle="Below 0.95 on the first cards of Harbour.",
    )
    bob(
        "decision.accepted",
        ZONES,
        decision=on["bolder"],
        reason="For a month, with Dora's test on the first cards of Harbour.",
        conditions=["the first cards of Harbour are read by two people and compared"],
    )


def the_bolder_version(on: Stage) -> None:
    """Trained and released below what was agreed, with a waiver for a month."""
    alice, _, carol, _, ci = on.cast
    on.at("2026-03-03 09:00")
    on.begins(
        "linear-bolder",
        ZONES,
        BOLDER,
        "From a certainty of 0.6 on, nineteen of twenty readings are right.",
        criteria=[
            {"metric": "selective_accuracy", "operator": ">=", "value": 0.95},
            {"metric": "coverage", "operator": ">=", "value": 0.85},
        ],
        decision=on["bolder"],
        plan=on["plan"],
        datasets=[on.use("zones@1", "train")],
    )
    file = BOLDER.keep(OLD_TOWN, on.folder / "models" / "linear-bolder.pickle")
    on.ends("linear-bolder", ZONES, BOLDER.across(OLD_TOWN), artifacts=[file], verdict="supported")
    media = "application/octet-stream"
    ci("artifact.published", ZONES, called="bolder file", **file, media_type=media, run="linear-bolder")
    carol(
        "version.released",
        ZONES,
        called="1.1",
        version="1.1",
        previous="1.0",
        artifacts=[file],
        run="linear-bolder",
        decisions=[on["linear"], on["weights"], on["bolder"]],
        notes="Doubts less: 88 cards of 100 are read alone, 96 of 100 of these rightly.",
        limitations=["has seen the hands of Old Town alone"],
    )
    alice(
        "waiver.granted",
        ZONES,
        rule="GOAL-004",
        version="1.1",
        reason="0.957 is below the agreed 0.98; bills five weeks late would be worse.",
        until="2026-03-31",
        conditions=["every tenth bill is checked by hand"],
        requested_by=CAROL,
    )


def let_through(on: Stage) -> None:
    """Asked for, and let through by two."""
    alice, bob, carol, _, _ = on.cast
    request = carol(
        "promotion.requested",
        ZONES,
        called="ask 1.1",
        version="1.1",
        from_stage="staging",
        to_stage="production",
        reason="Coverage 0.884; a waiver for the accuracy until the end of March.",
        risks=["the ones of Harbour (dissent of Dora Example)"],
        rollback_plan="1.0 stays loaded; the switch takes a minute.",
    )
    bob("promotion.approved", ZONES, request=request, reason="As decided; until the end of March.")
    on.at("2026-03-04 08:30")
    alice("promotion.approved", ZONES, request=request, reason="The backlog is worse.")
    goes_live(on, ZONES, "1.1", request, replaced="1.0")


def the_harbour(on: Stage) -> None:
    """A district begins to send cards."""
    ci = on.voice(CI)
    on.at("2026-03-16 06:00")
    ci(
        "drift.detected",
        ZONES,
        kind="input",
        severity="medium",
        version="1.1",
        shifts=[
            {
                "column": "district Harbour",
                "metric": "share",
                "value": round(len(MARCH.rows) / 1397, 4),
                "threshold": 0.05,
            }
        ],
        compared_with={"name": "zones", "version": "1"},
        suspected_cause="Harbour has begun to send cards.",
        detector="billing monitor, weekly",
    )


def read_twice(on: Stage) -> None:
    """What Dora had said comes true."""
    bob = on.voice(BOB)
    on.at("2026-03-17 07:30")
    cards.write(MARCH, on.folder / "data" / "harbour-1.npy")
    on.data(
        "harbour-1.npy",
        "harbour",
        CAROL,
        about={
            "title": "Cards of Harbour",
            "origin": "Optical Recognition of Handwritten Digits (UCI), as scikit-learn ships it.",
            "collected_how": "The first cards of the district, each read by two people.",
            "by_whom": "E. Alpaydin and C. Kaynak; the district is Amber Water's",
            "licence": "CC BY 4.0",
            "owner": CAROL,
        },
    )
    bob(
        "evaluation.recorded",
        ZONES,
        called="harbour test",
        title="First cards of Harbour, read by two people",
        kind="production",
        dimensions=["performance", "fairness"],
        version="1.1",
        run="linear-bolder",
        datasets=[on.use("harbour@1", "")],
        metrics=BOLDER.on(MARCH, OLD_TOWN),
        slices=[{"name": "digit 1", "rows": int((MARCH.digits == 1).sum())}],
        protocol="Scored with the released file; two people read each card, a third where they differ.",
        conclusion="Of the ones that it read alone four of ten are wrong: 1.1 bills Harbour for nothing.",
    )


def the_way_back(on: Stage) -> None:
    """An incident, and the version before serves again."""
    _, _, carol, dora, _ = on.cast
    on.at("2026-03-17 09:10")
    carol(
        "incident.reported",
        ZONES,
        called="incident",
        title="Ones of Harbour are billed as other digits",
        severity="high",
        description="06:00 the monitor sees Harbour. 07:30 its cards are read by two people. 09:00 four of"
        " ten ones are misread, and 1.1 is sure of them.",
        started_at="2026-03-13T06:00:00Z",
        detected_at="2026-03-17T09:00:00Z",
        versions=["1.1"],
        affected="240 bills of Harbour, none of them sent yet",
        measures=["rollback to 1.0", "cards of Harbour go to people"],
    )
    carol(
        "rollback.executed",
        ZONES,
        called="back",
        from_version="1.1",
        to_version="1.0",
        stage="production",
        request=on["ask 1.0"],
        reason="1.1 misreads the ones of Harbour and does not doubt them.",
        affected="all cards of Harbour since 13 March, to be read again",
    )
    dora("comment.added", ZONES, on=on["incident"], text="Below 0.95: that is what I said would settle it.")


def the_cause(on: Stage) -> None:
    """The end of a decision, and of an incident."""
    _, bob, carol, _, _ = on.cast
    on.at("2026-03-18 10:00")
    bob(
        "decision.invalidated",
        ZONES,
        decision=on["bolder"],
        reason=f"0.8825 on the first cards of Harbour (event {on['harbour test']}); Dora Example was right.",
        condition={"metric": "selective_accuracy", "operator": ">=", "value": 0.95},
        until_then="1.0 reads Old Town; people read Harbour.",
    )
    careful = {row["name"]: row["value"] for row in CAREFUL.on(MARCH, OLD_TOWN) if "slice" not in row}
    carol(
        "incident.reported",
        ZONES,
        updates=on["incident"],
        title="Ones of Harbour are billed as other digits",
        severity="high",
        description="All bills were read again by people and sent on 19 March.",
        detected_at="2026-03-17T09:00:00Z",
        ended_at="2026-03-17T09:15:00Z",
        versions=["1.1"],
        affected="240 bills of Harbour, none of them sent",
        cause="The model has never seen a one with a foot. 1.0 would be right on"
        f" {careful['selective_accuracy']:.0%} of Harbour, too few as well.",
        measures=["Harbour goes to people until a model has seen its hands"],
        status="closed",
        called="closed incident",
    )


def the_slips(on: Stage) -> None:
    """Two digits exchanged, and a name that must not stay."""
    carol = on.voice(CAROL)
    on.at("2026-03-19 11:00")
    carol(
        "record.corrected",
        ZONES,
        event=on["closed incident"],
        fields={"affected": "204 bills of Harbour, none of them sent"},
        reason="Two digits were exchanged; nobody had relied on the number.",
        found_by=ALICE,
    )
    named = carol(
        "comment.added",
        ZONES,
        on=on["incident"],
        text="Mr Keel of Quay Street 4 asks why he waits for his bill.",
    )
    on.at("2026-03-20 09:00")
    on.sim.ledger(ALICE).redact(
        named,
        legal_basis="GDPR Art. 17(1)(a)",
        authority="Data protection officer of Amber Water",
        reason="A comment named a customer.",
    )
