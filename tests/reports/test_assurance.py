"""The assurance case: each claim rests on something, or its hole is named."""

from typing import Any

from mledger.checks import base as rules
from mledger.checks.world import World
from mledger.reports import base
from mledger.reports.assurance_goals import GOALS
from mledger.reports.base import Document
from tests.checks.dossiers import Life, dossier, life

WORLD = World(components=(), hashes={}, commits={}, changes=(), events={})
PLAN = {
    "title": "Regain the AUC",
    "signatories": ["Alice Example"],
    "data_sources": ["applications"],
    "splits": [{"name": "holdout", "rule": "A fifth of the rows."}],
    "evaluation_protocol": "Once.",
    "metrics": [{"metric": "auc", "operator": ">=", "value": 0.95}],
}
TEST = {
    "title": "Holdout",
    "kind": "holdout",
    "version": "1.0",
    "dimensions": ["performance"],
    "datasets": [{"name": "applications", "version": "v9"}],
    "metrics": [{"name": "auc", "value": 0.96}],
}
RISK = {
    "risk": "R-4",
    "title": "Reject-inference bias",
    "kind": "fairness",
    "description": "Only those who got a loan are seen.",
    "level": {"likelihood": "possible", "impact": "low"},
    "treatment": "accept",
    "owner": "Carol Example",
}
REVIEW = {
    "title": "Quarterly review",
    "scope": ["objectives"],
    "owner": "Bob Example",
    "cadence": "quarterly",
    "due": "2026-12-31",
}


def whole() -> Life:
    """A life in which no claim has a hole."""
    story = Life()
    story.tell("plan.agreed", PLAN)
    story.begin()
    story.tell("evaluation.recorded", TEST)
    story.tell("risk.assessed", RISK)
    story.tell("review.scheduled", REVIEW)
    request = story.tell(
        "promotion.requested", {"version": "1.0", "to_stage": "production", "reason": "Objectives are met."}
    )
    story.tell("promotion.approved", {"request": request, "reason": "They are."}, by="Bob Example")
    return story


def told(story: Life, world: World = WORLD) -> Document:
    """The assurance case of its last version."""
    return base.find("assurance").of(dossier(story), world)


def states(document: Document) -> dict[str, str]:
    """What came of each claim."""
    return {claim["number"]: claim["state"] for goal in document.data["goals"] for claim in goal["claims"]}


def holes(document: Document) -> list[tuple[str, Any, str]]:
    """The holes that nothing explains: in which claim, by which rule, what."""
    return [(hole["claim"], hole["rule"], hole["what"]) for hole in document.data["holes"]]


def test_every_rule_carries_one_claim() -> None:
    """No rule is forgotten, none counts twice."""
    named = [rule for _, parts in GOALS for part in parts for rule in part.rules]
    assert sorted(named) == rules.names()


def test_a_case_may_have_no_hole() -> None:
    """Then each claim is shown, and what shows it has its events."""
    found = told(whole())
    assert holes(found) == []
    assert set(states(found).values()) == {"shown"}
    evidence = [
        (claim["number"], one)
        for goal in found.data["goals"]
        for claim in goal["claims"]
        for one in claim["evidence"]
    ]
    assert all(one["events"] for _, one in evidence)
    assert {"1.1", "1.3", "2.1", "2.3", "3.1", "3.2", "4.1", "5.1", "6.1", "7.1", "8.1"} <= {
        n for n, _ in evidence
    }


def test_an_approval_shows_nothing_of_the_move_before_it() -> None:
    """Approved and not moved it says so; moved without approval, one afterwards is no evidence."""
    assert approved(whole()) == ["production: not moved yet, approved by Bob Example"]
    story = life()
    ask = {"version": "1.0", "to_stage": "staging", "reason": "Objectives are met."}
    request = story.tell("promotion.requested", ask)
    move = {"request": request, "version": "1.0", "to_stage": "staging"}
    story.tell("promotion.executed", move)
    story.tell("promotion.approved", {"request": request, "reason": "Late."}, by="Bob Example")
    assert approved(story) == []
    assert states(told(story))["7.1"] == "hole"
    story.tell("promotion.executed", move)
    assert approved(story) == ["staging: moved, approved by Bob Example"]


def approved(story: Life) -> list[str]:
    """What shows that it is approved where it serves."""
    claims = [claim for goal in told(story).data["goals"] for claim in goal["claims"]]
    return [one["words"] for claim in claims if claim["number"] == "7.1" for one in claim["evidence"]]


def test_what_nobody_recorded_is_a_hole() -> None:
    """Without plan, test, risk, approval and review, five claims have one, each with the way to fill it."""
    found = told(life())
    assert holes(found) == [
        ("1.3", None, "nobody agreed on a plan"),
        ("2.3", None, "no test of it is recorded"),
        ("6.1", None, "no risk is assessed"),
        ("7.1", None, "nobody has approved it for a stage"),
        ("8.1", None, "no review is scheduled"),
    ]
    assert all(hole["fix"].startswith("mledger ") and "{" not in hole["fix"] for hole in found.data["holes"])
    assert [block.label for block in found.sections[-2].blocks] == ["1.3", "2.3", "6.1", "7.1", "8.1"]


def test_what_a_rule_finds_is_a_hole_until_a_waiver_explains_it() -> None:
    """With the events that show it; the waiver is named with its reason, who gave it, and its day."""
    story = whole()
    story.tell(
        "dataset.issue",
        {"title": "Late codes", "kind": "missing", "severity": "high", "description": "d", "status": "open"},
        stream="dataset/applications",
    )
    ((claim, rule, what),) = holes(told(story))
    assert (claim, rule) == ("3.3", "DATA-006")
    assert what == "high issue of applications without a decision: Late codes"
    waived = {"rule": "DATA-006", "reason": "Only March.", "until": "2026-12-31"}
    story.tell("waiver.granted", waived, by="Dora Example")
    found = told(story)
    assert holes(found) == []
    assert states(found)["3.3"] == "explained"
    words = [
        block.words for section in found.sections for block in section.blocks if block.label == "because"
    ]
    assert words == ["Only March. (Dora Example, until 2026-12-31)"]


def test_what_was_not_looked_at_is_said() -> None:
    """Without a working tree, four claims are left out, and no one is said to be shown."""
    found = told(whole(), World(events={}, absent=dict.fromkeys(("hashes", "commits"), "no tree")))
    left_out = [number for number, state in states(found).items() if state == "left out"]
    assert left_out == ["3.5", "4.2", "5.3"]
    assert len(found.sections[-1].blocks) == 4
    assert "no tree" in found.sections[-1].blocks[0].words


def test_a_model_without_a_version_has_a_case_of_holes() -> None:
    """Nothing is released, and that is where it begins."""
    story = Life()
    story.register()
    found = told(story)
    assert found.about == "credit-risk"
    assert "of which nothing is released" in found.sections[0].blocks[0].words
    assert ("1.1", "GOAL-001") in [hole[:2] for hole in holes(found)]
    assert {"1.2", "2.1", "2.2", "5.1"} <= {hole[0] for hole in holes(found)}
