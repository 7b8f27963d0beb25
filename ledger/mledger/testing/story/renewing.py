"""April: the data grows, and a second model learns from the first."""

from typing import Any

from mledger.testing.story import cards
from mledger.testing.story.framing import makes_zones
from mledger.testing.story.stage import ALICE, BOB, CAROL, CRITERIA, READER, ZONES, Stage
from mledger.testing.story.training import Experiment

BOTH = cards.Cards(cards.OLD_TOWN, cards.HARBOUR)
APRIL = cards.Cards(cards.UNSEEN)
NEIGHBOURS = Experiment("neighbours", "pixels", 0.8, {"n_neighbors": 5})


def play(on: Stage) -> None:
    """From fresh data to another kind of model."""
    the_refresh(on)
    more_of_the_same(on)
    the_second_problem(on)
    the_second_plan(on)
    the_second_choice(on)
    neighbours_instead(on)
    looked_at(on)


def the_refresh(on: Stage) -> None:
    """A new key for Carol; Harbour joins the data, and a decision no longer holds."""
    _, bob, carol, _, _ = on.cast
    on.at("2026-04-01 09:00")
    on.sim.rotate(CAROL, "engineer", reason="A new laptop; the old key is wiped.")
    on.at("2026-04-07 08:00")
    why = "Harbour's cards of March, read by two people each."
    cards.write(BOTH, on.folder / "data" / "cards-2.npy")
    cards.write_zones(BOTH, on.folder / "data" / "zones-2.csv")
    on.data("cards-2.npy", "cards", CAROL, why=why)
    on.data("zones-2.csv", "zones", CAROL, why=why)
    makes_zones(on, "2")
    carol(
        "dataset.issue",
        "dataset/zones",
        updates=on["one district"],
        title="One district only",
        kind="bias",
        severity="high",
        description="Version 2 holds 397 cards of Harbour, 28 of 100.",
        versions=["1"],
        status="fixed",
    )
    cards.write(APRIL, on.folder / "data" / "harbour-2.npy")
    on.data("harbour-2.npy", "harbour", CAROL, why="April's cards: no model is trained on them.")
    carol(
        "artifact.retired",
        ZONES,
        artifact=on["bolder file"],
        reason="It misreads Harbour; nothing may load it again.",
        successor=on["careful file"],
    )
    bob(
        "decision.reaffirmed",
        ZONES,
        decision=on["doubt"],
        reason="The incident was a reader that did not doubt; that doubt goes to people has served us well.",
        checked=["cards per hour of the typing room", "bills that were held"],
        review_by="2026-10-31",
    )


def more_of_the_same(on: Stage) -> None:
    """The old model on new data: not enough, by a hair."""
    _, _, carol, _, _ = on.cast
    on.at("2026-04-09 09:00")
    linear = Experiment("linear", "zones", 0.8, {"C": 1.0})
    on.begins(
        "linear-both",
        ZONES,
        linear,
        "With Harbour's cards in training, the linear reader holds 0.98 there.",
        decision=on["linear"],
        plan=on["plan"],
        datasets=[on.use("zones@2", "train"), on.use("harbour@2", "test")],
    )
    on.ends("linear-both", ZONES, linear.on(APRIL, BOTH))
    carol(
        "run.concluded",
        ZONES,
        run="linear-both",
        verdict="refuted",
        lesson="More cards do not help sixteen weights a digit: zones cannot tell a foot from a curve.",
        next="A model that sees strokes.",
    )


def the_second_problem(on: Stage) -> None:
    """The same thresholds, judged on hands that the model has never seen."""
    alice, _, carol, _, _ = on.cast
    on.at("2026-04-13 09:00")
    carol(
        "model.registered",
        READER,
        title="Reader of meter cards",
        purpose="Reads the digit that a customer wrote on a meter card, in all districts. A card that it is"
        " not sure of goes to a person, with the five cards that it resembles.",
        owner=CAROL,
        team=[ALICE, BOB],
        problem_domain="billing",
        model_type="nearest neighbours",
        evaluation_criteria=["selective accuracy on unseen hands", "coverage"],
        risk_class="amber: bills people",
    )
    alice(
        "problem.framed",
        READER,
        called="second problem",
        statement="card-zones reads one district. The next two follow in autumn, and write as they please.",
        outcome="A district that joins is read from its first day, and no more bills are wrong.",
        metrics=[
            {
                "name": row["metric"],
                "direction": "maximize",
                "threshold": row["value"],
                "dataset": "harbour",
                "why": "as for card-zones, on hands that the model has never seen",
            }
            for row in CRITERIA
        ],
        stakeholders=["customers", "the typing room"],
    )


def the_second_plan(on: Stage) -> None:
    """This time a district is kept apart."""
    _, bob, carol, dora, _ = on.cast
    plan: dict[str, Any] = {
        "title": "A reader for hands that it has never seen",
        "signatories": [BOB, CAROL],
        "data_sources": ["cards from version 1 on", "harbour"],
        "splits": [
            {"name": "trials", "rule": "train on Old Town, measure on Harbour's March"},
            {"name": "holdout", "rule": "Harbour's April", "use": "once, for the release"},
        ],
        "evaluation_protocol": "A district is in training or in the test, and never in both.",
        "metrics": CRITERIA,
    }
    for who in (carol, bob):
        on.numbers["second plan"] = who("plan.agreed", READER, **plan)
    dora("comment.added", READER, on=on["second plan"], text="This is the test that I missed in January.")


def the_second_choice(on: Stage) -> None:
    """What a model of neighbours would keep."""
    carol = on.voice(CAROL)
    on.at("2026-04-14 10:00")
    carol(
        "risk.assessed",
        READER,
        called="hands",
        risk="R-2",
        title="The model keeps handwriting",
        kind="privacy",
        description="Nearest neighbours are the cards themselves; a card might tell who wrote it.",
        level={"likelihood": "unlikely", "impact": "medium"},
        treatment="accept",
        owner=ALICE,
        review_by="2026-10-31",
    )


def neighbours_instead(on: Stage) -> None:
    """What spoke against neighbours in January is answered."""
    alice, _, carol, _, _ = on.cast
    carol(
        "decision.proposed",
        READER,
        called="neighbours",
        title="Nearest neighbours on pixels",
        summary="The reader looks for the cards that resemble this one most; a person can see them, too.",
        category="architecture",
        level="component",
        question="Which kind of model reads hands that it has never seen?",
        context=f"card-zones misread the ones of Harbour (event {on['incident']}).",
        business_outcome_ref=on["second problem"],
        objectives=["selective_accuracy", "coverage"],
        alternatives=[
            {"name": "nearest neighbours", "pros": ["shows its reasons as cards"], "cons": ["keeps them"]},
            {"name": "linear on zones", "why_not": f"Misses 0.98 on Harbour (run {on['linear-both']})."},
            {"name": "random forest", "why_not": "Nobody can follow a hundred trees; tried all the same."},
            {"name": "kernel machine", "why_not": "Its certainty has to be calibrated; tried all the same."},
        ],
        choice="nearest neighbours",
        rationale="It sees strokes, and its reasons can be looked at.",
        data_quality_influence="It is as good as the hands that it has seen: each district must be there.",
        expected_effects=[
            {"metric": "selective_accuracy", "direction": "increase", "size": 0.01, "confidence": "medium"},
            {"metric": "coverage", "direction": "increase", "size": 0.15, "confidence": "low"},
        ],
        validity_conditions=[{"dataset": "cards", "operator": "<=", "value": "2"}],
        review_by="2026-10-31",
        refs=[
            {"rel": "selects", "event": on["cards@2"], "title": "cards@2"},
            {"rel": "evidence", "event": on["incident"], "title": "incident of March"},
            {"rel": "risk", "event": on["hands"], "title": "R-2"},
        ],
    )
    alice("comment.added", READER, on=on["neighbours"], text="Cards carry no name; R-2 is accepted.")


def looked_at(on: Stage) -> None:
    """Bob is asked, looks, and agrees; the first choice has had its time."""
    _, bob, carol, _, _ = on.cast
    asked = carol(
        "review.requested",
        READER,
        on=on["neighbours"],
        question="Would you have chosen it as well, and does R-2 hold?",
        reviewers=[BOB],
        due="2026-04-20",
    )
    bob(
        "review.submitted",
        READER,
        request=asked,
        verdict="approve",
        summary="I would. Nobody knows a hand from sixty-four pixels; I tried with my own.",
        checked=["twenty cards beside their five neighbours"],
        independent=True,
    )
    bob("decision.accepted", READER, decision=on["neighbours"], reason="R-2 is answered; the plan tests it.")
    bob(
        "decision.superseded",
        ZONES,
        decision=on["linear"],
        by=on["neighbours"],
        reason="Sixteen zones cannot tell the hands of two districts apart.",
    )
