"""January: a problem, a plan, and the cards of one district."""

from pathlib import Path
from typing import Any

from mledger.core.digest import sha256_hex
from mledger.opening import default_policy
from mledger.testing.simulator import key_fields
from mledger.testing.story import cards
from mledger.testing.story.stage import ALICE, BOB, CAROL, CI, CRITERIA, DORA, ZONES, Stage

OLD_TOWN = cards.Cards(cards.OLD_TOWN)


def play(on: Stage) -> None:
    """From the first day to the data."""
    the_house(on)
    the_problem(on)
    what_it_doubts(on)
    the_plan(on)
    the_data(on)
    what_is_wrong(on)


def the_house(on: Stage) -> None:
    """Keys, roles, and the rule that two people let a version go live."""
    alice, bob, *_ = on.cast
    for name, role, kind in (
        (BOB, "reviewer", "person"),
        (CAROL, "engineer", "person"),
        (DORA, "auditor", "person"),
        (CI, "machine", "machine"),
    ):
        alice("key.enrolled", "ledger", key=key_fields(name, role, kind=kind))
    rules = default_policy().model_dump(by_alias=True, exclude_none=True) | {
        "name": "amber",
        "approvals": [{"stages": ["production"], "needs": {"owner": 1, "reviewer": 1}, "independent": True}],
        "record_refusals": True,
    }
    adopted = alice(
        "policy.adopted",
        "ledger",
        policy=rules,
        reason="What bills people goes live with two signatures, neither of them by those who made it.",
    )
    bob(
        "training.attested",
        "ledger",
        person=BOB,
        subject="Approving versions at Amber Water, edition 2",
        roles=["reviewer"],
        acknowledges=adopted,
        completed="2026-01-05",
    )


def the_problem(on: Stage) -> None:
    """What it is for, and what will be a success."""
    alice, _, carol, _, _ = on.cast
    on.at("2026-01-12 09:00")
    carol(
        "model.registered",
        ZONES,
        title="Reader of meter cards, by zones",
        purpose="Reads the digit that a customer wrote on a meter card, so that the bill can go out. A card"
        " that it is not sure of goes to a person.",
        owner=CAROL,
        team=[ALICE, BOB],
        problem_domain="billing",
        model_type="linear classifier",
        evaluation_criteria=["selective accuracy", "coverage"],
        risk_class="amber: bills people",
        out_of_scope=["letters", "cards that were faxed"],
    )
    alice(
        "problem.framed",
        ZONES,
        called="problem",
        statement="In winter 4,000 cards a day are typed by hand; bills go out nine days late.",
        outcome="Seven of ten cards need nobody, and no more bills are wrong than with people.",
        metrics=[
            {
                "name": "selective_accuracy",
                "direction": "maximize",
                "threshold": 0.98,
                "why": "people mistype one digit of fifty",
            },
            {"name": "coverage", "direction": "maximize", "threshold": 0.7, "why": "nine days become three"},
        ],
        stakeholders=["customers", "the typing room"],
        out_of_scope=["who lives where"],
    )


def what_it_doubts(on: Stage) -> None:
    """A goal: what becomes of the cards that are hard to read."""
    alice, bob, _, dora, _ = on.cast
    on.at("2026-01-12 14:00")
    alice(
        "decision.proposed",
        ZONES,
        called="doubt",
        title="What the reader doubts, a person reads",
        summary="The reader may say that it is not sure. Then a person reads the card, as today.",
        category="deployment",
        level="goal",
        question="What happens to a card that is hard to read?",
        business_outcome_ref=on["problem"],
        objectives=["selective_accuracy", "coverage"],
        alternatives=[
            {"name": "a person reads it", "pros": ["nobody pays for a guess"], "cons": ["needs people"]},
            {"name": "the best guess counts", "why_not": "One bill of ten would be wrong in some streets."},
            {"name": "the customer is asked again", "why_not": "Half of the cards never come back."},
        ],
        choice="a person reads it",
        rationale="A wrong bill costs a visit, a card that is typed costs twelve seconds.",
        data_quality_influence="Hands differ more than scans do; some cards are hard for people, too.",
        expected_effects=[{"metric": "selective_accuracy", "direction": "increase", "size": 0.07}],
        review_by="2026-08-31",
        deciders=[ALICE, BOB],
        consulted=[DORA],
    )
    dora("comment.added", ZONES, on=on["doubt"], text="Who checks that doubt is spread evenly over town?")
    bob(
        "decision.accepted",
        ZONES,
        decision=on["doubt"],
        reason="The typing room has room for three of ten cards; I counted a week with them.",
    )


def the_plan(on: Stage) -> None:
    """How it will be judged, signed before there is anything to judge."""
    _, bob, carol, _, _ = on.cast
    plan: dict[str, Any] = {
        "title": "A reader before the cards of March",
        "signatories": [BOB, CAROL],
        "data_sources": ["cards of Old Town, December and January"],
        "feature_steps": ["mean ink of sixteen zones"],
        "splits": [{"name": "folds", "rule": "five, shuffled, stratified by digit", "seed": 7}],
        "evaluation_protocol": "Five-fold cross-validation. What is below the threshold counts as not read.",
        "metrics": CRITERIA,
        "not_measured": ["writers that the model has never seen: we have one district"],
    }
    on.at("2026-01-13 10:00")
    for who in (carol, bob):
        on.numbers["plan"] = who("plan.agreed", ZONES, **plan)


def the_data(on: Stage) -> None:
    """Two datasets, and the step between them."""
    on.at("2026-01-14 08:00")
    cards.write(OLD_TOWN, on.folder / "data" / "cards-1.npy")
    cards.write_zones(OLD_TOWN, on.folder / "data" / "zones-1.csv")
    on.data(
        "cards-1.npy",
        "cards",
        CAROL,
        about={
            "title": "Digits of meter cards",
            "origin": "Optical Recognition of Handwritten Digits (UCI), as scikit-learn ships it.",
            "collected_how": "One digit a card, scanned at 8 by 8 pixels, as writers came.",
            "by_whom": "E. Alpaydin and C. Kaynak; the districts are Amber Water's",
            "licence": "CC BY 4.0",
            "owner": CAROL,
            "known_issues": ["all of Old Town"],
        },
    )
    on.data(
        "zones-1.csv",
        "zones",
        CAROL,
        groups=("district",),
        about={
            "title": "Ink by zone",
            "origin": "Made from the cards.",
            "collected_how": "The mean ink of sixteen squares of four pixels each.",
            "by_whom": "Carol Example",
            "licence": "CC BY 4.0",
            "owner": CAROL,
        },
    )
    makes_zones(on, "1")


def what_is_wrong(on: Stage) -> None:
    """One district, and somebody who has seen the others."""
    _, _, carol, dora, _ = on.cast
    issue = carol(
        "dataset.issue",
        "dataset/zones",
        called="one district",
        title="One district only",
        kind="bias",
        severity="high",
        description="All cards are of Old Town. Harbour sends its first ones in March; people there learnt"
        " to write elsewhere.",
        versions=["1"],
        found_by=DORA,
    )
    dora(
        "comment.added",
        "dataset/zones",
        on=issue,
        text="A one with a foot is a two without its curve. Look at Harbour's ones before anybody pays.",
    )


def makes_zones(on: Stage, version: str) -> None:
    """The pipeline says how the table of zones came of the cards."""
    ci = on.voice(CI)
    ci(
        "transform.recorded",
        "dataset/zones",
        name="zones",
        inputs=[on.use(f"cards@{version}", "")],
        outputs=[on.use(f"zones@{version}", "")],
        steps=[{"what": "mean of each square of four pixels", "why": "a person can follow sixteen numbers"}],
        features_in=["pixels"],
        features_out=["ink of sixteen zones"],
        code={"path": "cards.py", "sha256": sha256_hex(Path(cards.__file__).read_bytes())},
    )
