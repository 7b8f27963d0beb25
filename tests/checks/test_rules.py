"""Each rule finds the gap that it is for, and is content when that is filled."""

from collections.abc import Callable
from typing import Any

import pytest

from mledger.checks import base
from mledger.checks.world import Change, World
from mledger.projections.making import told_maker
from mledger.testing.bodies import DATA, DATASET, REFRESHED, REGISTERED
from tests.checks.dossiers import DIGEST, TRAIN, Life, dossier, found, life
from tests.projections.stories import Story

OTHER = "99" * 32
ISSUE = {
    "title": "Region codes came late",
    "kind": "late",
    "severity": "high",
    "description": "Region 7 delivered on the ninth.",
    "versions": ["v1"],
}
RISK = {
    "risk": "R-4",
    "title": "Reject-inference bias",
    "kind": "fairness",
    "description": "Rejected applicants have no label.",
    "level": {"likelihood": "possible", "impact": "high"},
}
PLAN = {
    "title": "Regain the AUC",
    "signatories": ["Alice Example", "Bob Example"],
    "data_sources": ["applications"],
    "splits": [{"name": "holdout", "rule": "by applicant"}],
    "evaluation_protocol": "Once, on the holdout.",
    "metrics": [{"metric": "auc", "operator": ">=", "value": 0.95}],
}
TEST = {
    "title": "Holdout of October",
    "kind": "holdout",
    "dimensions": ["performance"],
    "version": "1.0",
    "datasets": [{"name": "holdout", "digest": OTHER}],
    "metrics": [{"name": "auc", "value": 0.96}],
}

Act = Callable[[Life], Any]


def nothing(told: Life) -> None:
    """Do nothing."""


def risky(impact: str) -> Act:
    """A risk of that impact, about which nothing is decided."""
    return lambda told: told.tell("risk.assessed", RISK | {"level": {"likelihood": "rare", "impact": impact}})


def mitigate(told: Life) -> None:
    """Something is done against the risk recorded last."""
    residual = {"likelihood": "rare", "impact": "low"}
    told.tell(
        "risk.mitigated",
        {"risk": told.facts[-1].number, "measure": "Labels bought.", "kind": "data", "residual": residual},
    )


def tune(told: Life) -> None:
    """The start of the last run is corrected: it was part of a search."""
    number = told.facts[-3].number
    tuning = {"method": "TPE", "space": {"max_depth": [3, 4]}}
    told.correct(number, tuning=tuning)


def overdue(told: Life) -> None:
    """A decision whose day of review is four days ago."""
    told.accept_with_reason(told.decide(review_by="2026-05-28"))


def reaffirm(told: Life) -> None:
    """The decision accepted last was looked at again."""
    number = told.facts[-2].number
    told.tell("decision.reaffirmed", {"decision": number, "reason": "Still so.", "review_by": "2026-12-31"})


SCHEDULED = {
    "title": "Quarterly review",
    "scope": ["decisions hold"],
    "owner": "Carol Example",
    "cadence": "quarterly",
    "due": "2026-05-28",
}


def stale(told: Life) -> None:
    """A decision for one version of the data, and the next version."""
    told.accept_with_reason(
        told.decide(validity_conditions=[{"dataset": "applications", "operator": "<=", "value": "v1"}])
    )
    told.tell("dataset.refreshed", REFRESHED, stream=DATASET)


def reaffirm_last(told: Life) -> None:
    """The decision before the refresh was looked at again."""
    number = told.facts[-3].number
    told.tell("decision.reaffirmed", {"decision": number, "reason": "Still so."})


def late_plan(told: Life) -> None:
    """A run between the two signatures of a plan."""
    told.tell("plan.agreed", PLAN)
    told.start("r7")
    told.tell("plan.agreed", PLAN, by="Bob Example")


CASES: dict[str, tuple[Act, str, Act]] = {
    "ARCH-001": (nothing, "undocumented component attention", lambda t: t.decide(
        category="architecture", components=["attention"])),
    "PARAM-001": (
        lambda t: t.made("1.1", "r2", params={"learning_rate": 0.05, "max_depth": 4}),
        "undocumented parameter change learning_rate 0.1 → 0.05 from 1.0 to 1.1",
        lambda t: t.decide(parameters=[
            {"name": "learning_rate", "from": 0.1, "to": 0.05, "justification": "Smaller steps."}]),
    ),
    "PLAN-001": (late_plan, "run r7 started before plan approval: without Bob Example", None),
    "GOAL-003": (lambda t: t.tell("problem.framed", {
        "statement": "S", "outcome": "O", "metrics": [
            {"name": "latency", "direction": "minimize", "threshold": 30}]}),
        "latency is not measured on 1.0",
        lambda t: t.tell("evaluation.recorded", TEST | {"metrics": [{"name": "latency", "value": 22}]})),
    "GOAL-004": (
        lambda t: t.tell("evaluation.recorded", TEST | {"metrics": [{"name": "auc", "value": 0.91}]}),
        "auc 0.91 of 1.0 misses the agreed ≥ 0.95",
        lambda t: t.tell("evaluation.recorded", TEST)),
    "RAT-001": (lambda t: t.accept(t.decide()), "accepted without a reason: Deeper trees",
                lambda t: t.tell("comment.added", {"on": t.facts[-1].number, "text": "Ran it again."})),
    "RAT-003": (
        lambda t: t.accept_with_reason(t.decide(objectives=[])), "names no objective",
        lambda t: t.tell("decision.superseded", {
            "decision": t.facts[-2].number, "by": t.decide(), "reason": "It says more."})),
    "RAT-004": (lambda t: t.decide(expected_effects=[]), "expects no effect", lambda t: t.tell(
        "decision.rejected", {"decision": t.facts[-1].number, "reason": "Says too little."})),
    "DATA-002": (
        lambda t: t.made("1.1", "r2", datasets=[TRAIN | {"digest": OTHER, "version": "v2"}]),
        "no decision selects applications@v2, on which 1.1 was trained",
        lambda t: t.decide(refs=[{"rel": "selects", "digest": OTHER}])),
    "DATA-003": (
        lambda t: t.made("1.1", "r2", datasets=[TRAIN | {"digest": OTHER}]),
        "1.1 used applications@v1, whose digest is none that was registered",
        lambda t: t.made("1.2", "r3")),
    "DATA-004": (nothing, "content of applications@v1 changed: 77ab77ab77ab was signed", lambda t: t.tell(
        "dataset.refreshed", {"version": "v2", "why": "It changed.", "digests": [
            {"name": "content", "sha256": OTHER}]}, stream=DATASET)),
    "DATA-006": (
        lambda t: t.tell("dataset.issue", ISSUE, stream=DATASET),
        "high issue of applications without a decision: Region codes came late",
        lambda t: t.decide(refs=[{"rel": "addresses", "event": t.facts[-1].number}])),
    "DATA-007": (
        lambda t: t.tell("evaluation.recorded", TEST | {"datasets": [{"name": "x", "digest": DIGEST}]}),
        "1.0 was tested on its training data: Holdout of October", None),
    "DATA-008": (
        lambda t: t.tell("dataset.deprecated", {"version": "v1", "reason": "Consent was withdrawn."},
                         stream=DATASET),
        "1.0 was made of applications@v1, deprecated: Consent was withdrawn.",
        lambda t: t.made("1.1", "r2", datasets=[TRAIN | {"version": "v2"}])),
    "RISK-001": (risky("high"), "risk R-4 is open, rare, impact high: Reject-inference bias", mitigate),
    "RISK-002": (risky("medium"), "risk R-4 is open, rare, impact medium", lambda t: t.tell(
        "risk.assessed", RISK | {"treatment": "accept"})),
    "APP-001": (lambda t: t.deploy("1.0"), "1.0 stands in production in eu-west and nobody approved that",
                lambda t: t.promote("1.0")),
    "APP-002": (lambda t: t.request("1.0"), "of 1.0 to production has no approval",
                lambda t: t.approve(t.facts[-1].number)),
    "REV-003": (overdue, "review overdue by 4 days: Deeper trees", reaffirm),
    "REV-004": (stale, "is stale because applications v2, event", reaffirm_last),
    "REV-005": (
        lambda t: t.tell("review.scheduled", SCHEDULED), "overdue by 4 days, Carol Example: Quarterly review",
        lambda t: t.tell("review.completed", {"schedule": t.facts[-1].number, "outcome": "confirmed",
                                              "checked": ["all"]})),
    "LIM-001": (
        lambda t: (t.start("r9", decision=t.decide(constraints={"train_time_s": 7200})),
                   t.finish("r9", resources={"wall_s": 9000.5})),
        "run r9 over its limit: training time 9,000.5 s, at most 7,200 s stated", None),
    "LINK-003": (nothing, "commit 3fa9c1e03fa9 is not in the repository", None),
    "OPT-002": (
        lambda t: t.made("1.1", "optuna-best"),
        "run optuna-best of 1.1 used a tuner (optuna) and has no search space", tune),
    "RUN-001": (
        lambda t: (t.start("r9"), t.finish("r9", verdict=None)),
        "run r9 finished and nobody said what it showed",
        lambda t: t.tell("run.concluded", {"run": "r9", "verdict": "refuted", "lesson": "No."})),
    "RUN-002": (
        lambda t: (t.start("r9"), t.fail("r9")),
        "run r9 failed and has no lesson",
        lambda t: t.tell("run.concluded", {"run": "r9", "verdict": "invalid", "lesson": "More memory."})),
    "RUN-003": (
        lambda t: (t.start("r9"), t.finish("r9"), t.release("1.1", run="r9")),
        "no decision leads to 1.1",
        lambda t: t.correct(t.facts[-1].number, decisions=[t.decision])),
    "REL-001": (lambda t: t.release("1.1"), "1.1 names no run",
                lambda t: t.correct(t.facts[-1].number, run="r1")),
    "REL-002": (
        lambda t: t.made("1.1", "r2", git={"commit": "3fa9c1e0" * 5, "dirty": True}),
        "run r2 of 1.1 differs from its commit; the difference is not kept",
        lambda t: t.correct(t.facts[-3].number, git={"commit": "3fa9c1e0" * 5})),
    "APP-003": (
        lambda t: (t.approve(t.request("1.0"), by="Alice Example"), t.refuse("Alice asked for it")),
        "promotion.approved by Alice Example does not count: Alice asked for it", None),
    "CODE-001": (
        nothing, "params.yaml changed (commit 91ce2d7a91ce) and no event names that",
        lambda t: t.decide(refs=[{"rel": "see", "digest": OTHER}])),
}  # fmt: skip
WORLD = World(
    components=("attention", "trees"),
    hashes={"content": OTHER},
    commits={"3fa9c1e0" * 5: False},
    changes=(Change("params.yaml", "91ce2d7a" * 5, OTHER),),
    events={},
)
# What is there at once in a whole life, because the world says so.
OF_THE_WORLD = {"ARCH-001", "DATA-004", "LINK-003", "CODE-001"}
APART = {"GOAL-001", "GOAL-002", "RAT-005", "LINK-001", "LINK-004"}


def test_every_rule_has_a_case() -> None:
    """Each rule is tried here, or in a test of its own below."""
    assert {*CASES, *APART} == set(base.names())


@pytest.mark.parametrize("rule", sorted(set(CASES) - OF_THE_WORLD))
def test_a_whole_life_has_no_gap(rule: str) -> None:
    """In a life in which nothing is missing no rule finds anything."""
    assert found(life(), rule, WORLD) == []


@pytest.mark.parametrize("rule", sorted(CASES))
def test_a_rule_finds_its_gap(rule: str) -> None:
    """Once the gap is there, the rule names it in one line, with the events that show it."""
    tear, words, _ = CASES[rule]
    told = life()
    tear(told)
    lines = [one.message for one in found(told, rule, WORLD)]
    assert any(words in line for line in lines), lines


@pytest.mark.parametrize("rule", sorted(rule for rule, (_, _, mend) in CASES.items() if mend))
def test_a_rule_is_content_when_its_gap_is_filled(rule: str) -> None:
    """What mends the gap, recorded as an event, makes the rule find nothing."""
    tear, words, mend = CASES[rule]
    told = life()
    tear(told)
    mend(told)
    lines = [one.message for one in found(told, rule, WORLD)]
    assert not any(words in line for line in lines), lines


def test_a_model_without_a_problem() -> None:
    """A model whose problem nobody framed is found, with what it began with."""
    told = Story()
    number = told.tell("model.registered", REGISTERED)
    (one,) = found(told, "GOAL-001")
    assert (one.message, one.numbers) == ("no problem is framed, so nothing says what success is", (number,))


def test_a_decision_in_haste_shows_its_gaps() -> None:
    """A decision that names fields as still open is found with them, until another takes its place."""
    told = life()
    number = told.decide(
        open=["rationale", "data_quality_influence"], rationale=None, data_quality_influence=None
    )
    (one,) = found(told, "RAT-005")
    assert one.message == (
        f"decision {number} is a draft, rationale, data_quality_influence open: Deeper trees"
    )
    told.tell("decision.superseded", {"decision": number, "by": told.decide(), "reason": "It is complete."})
    assert found(told, "RAT-005") == []


def test_references_that_lead_nowhere() -> None:
    """A reference to an event that neither the model nor the rest of the ledger holds is found."""
    told = life()
    number = told.tell("comment.added", {"on": "77", "text": "About nothing."})
    (one,) = found(told, "LINK-001", WORLD)
    assert one.message == f"event {number} names event 77 in on, which is not there"
    assert found(told, "LINK-001", World(events={"77": "77"})) == []


@pytest.mark.parametrize(
    ("uri", "good"),
    [
        ("https://acme.example/r", True), ("https:///r", False), ("s3://b/key", True), ("s3:///key", False),
        ("https://acme.example:99999/r", False), ("urn:uuid:1", True), ("file:///tmp/r", True),
        ("https://[::1/r", False),
    ],
)  # fmt: skip
def test_addresses(uri: str, good: bool) -> None:
    """An address has the host that its scheme needs, and a port that is one; none is opened."""
    told = life()
    told.decide(refs=[{"rel": "evidence", "uri": uri}])
    assert (found(told, "LINK-004") == []) is good


def test_runs_before_the_problem() -> None:
    """Runs that began before the problem was framed are found by their names."""
    told = Story()
    told.start("r0")
    assert found(told, "GOAL-002") == []
    whole = life()
    late = Story()
    late.facts = []
    late.start("r0")
    late.start("r1")
    late.tell("problem.framed", whole.facts[1].data.model_dump(exclude_none=True))
    (one,) = found(late, "GOAL-002")
    assert (one.message, one.numbers) == (
        "run r0 and 1 more began before the problem was framed",
        ("2", "0", "1"),
    )


def test_a_decision_that_sets_another_value_is_named() -> None:
    """A decision about the parameter that says something else is cited beside the change."""
    told = life()
    number = told.decide(
        parameters=[{"name": "learning_rate", "from": 0.1, "to": 0.01, "justification": "Smaller steps."}]
    )
    told.made("1.1", "r2", params={"learning_rate": 0.05, "max_depth": 4})
    (one,) = found(told, "PARAM-001")
    assert one.message.endswith(f"; decision {number} set it to 0.01")
    assert number in one.numbers


def test_a_decision_that_ended_later_still_stands_behind_the_release_that_names_it() -> None:
    """What was decided, released and invalidated later is neither undocumented nor unselected."""
    told = life()
    told.decision = told.decide(
        parameters=[{"name": "learning_rate", "from": 0.1, "to": 0.05, "justification": "Smaller steps."}]
    )
    told.accept_with_reason(told.decision)
    told.made("1.1", "r2", params={"learning_rate": 0.05, "max_depth": 4})
    told.tell(
        "decision.invalidated", {"decision": told.decision, "reason": "The mix moved."}, by="Bob Example"
    )
    assert found(told, "PARAM-001") == []
    told.tell("decision.invalidated", {"decision": "3", "reason": "The same."}, by="Bob Example")
    assert found(told, "DATA-002") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"param_reasons": [{"name": "learning_rate", "reason": "Smaller steps converge."}]},
        {"tuning": {"method": "TPE", "space": {"learning_rate": [0.05, 0.1]}}},
        {"params": {"learning_rate": 0.10, "max_depth": 4.0}},
    ],
)
def test_what_explains_a_parameter(fields: dict[str, Any]) -> None:
    """A reason in the run, or a search over the parameter, documents it; equal numbers are no change."""
    told = life()
    told.made("1.1", "r2", **({"params": {"learning_rate": 0.05, "max_depth": 4}} | fields))
    assert found(told, "PARAM-001") == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, {"subsample": 0.8}, "subsample nothing → 0.8"),
        ({"subsample": 0.8}, {}, "subsample 0.8 → nothing"),
        ({"warm": True}, {"warm": 1}, "warm yes → 1"),
        ({"layers": [64, 64]}, {"layers": [64, 32]}, "layers 64, 64 → 64, 32"),
    ],
)
def test_parameters_that_come_and_go(before: dict[str, Any], after: dict[str, Any], words: str) -> None:
    """A parameter that is new, dropped, of another type or a list that changed is a change."""
    told = life()
    told.made("1.1", "r2", params=before)
    told.made("1.2", "r3", params=after)
    assert [words in one.message for one in found(told, "PARAM-001")] == [True]


FILE, OTHER_FILE = ({"name": "m.pkl", "sha256": sha256} for sha256 in ("c0" * 32, "a9" * 32))


@pytest.mark.parametrize(
    ("mine", "others", "words"),
    [
        ([FILE], [], None),
        ([OTHER_FILE], [], "m.pkl c0c0c0c0c0c0 is not what run r2 made: that one is a9a9a9a9a9a9"),
        ([OTHER_FILE], [FILE], "m.pkl c0c0c0c0c0c0, which run r3 made, is not what run r2 made: that one is"),
        ([], [FILE], "m.pkl c0c0c0c0c0c0, which run r3 made, is not what run r2 made"),
        ([OTHER_FILE | {"name": "log.txt"}], [], None),
        ([], [], None),
    ],
)
def test_a_release_holds_the_files_that_its_run_made(
    mine: list[dict[str, str]], others: list[dict[str, str]], words: str | None
) -> None:
    """By digest: of the same name, or made by another run; what no run recorded may be from anywhere."""
    told = life()
    for run, files in (("r2", mine), ("r3", others)):
        told.start(run)
        told.finish(run, artifacts=files)
    number = told.release("1.1", run="r2")
    rows = found(told, "REL-001")
    assert [words in one.message for one in rows] == ([] if words is None else [True])
    state = dossier(told).state
    said = told_maker(state, state.versions["1.1"], state.runs.find("r2", state.trail.resolve))
    if words is None:
        assert said.startswith("made by run r2" if mine == [FILE] else "names run r2, which recorded none")
    else:
        assert said == "names run r2, which made other files"
        assert rows[0].numbers[0] == number
        told.correct(number, run="r3")
        assert found(told, "REL-001") == []


def test_an_artifact_that_was_published_of_a_run_is_what_it_made() -> None:
    """It says so later than the end of the run."""
    told = life()
    told.start("r2")
    told.finish("r2")
    body = FILE | {"size": 3, "media_type": "application/octet-stream", "run": "r2"}
    told.tell("artifact.published", body)
    told.release("1.1", run="r2")
    state = dossier(told).state
    run = state.maker_of(state.versions["1.1"])
    assert run is not None
    assert told_maker(state, state.versions["1.1"], run) == "made by run r2"
    told.release("1.2", run="r1")
    (other,) = found(told, "REL-001", asked="1.2")
    assert "which run r2 made, is not what run r1 made" in other.message


def test_an_erased_decision_documents_nothing() -> None:
    """A decision whose content was erased explains no parameter any more, and nothing fails over it."""
    told = life()
    change = {"name": "learning_rate", "from": 0.1, "to": 0.05, "justification": "Smaller steps."}
    number = told.decide(parameters=[change])
    told.made("1.1", "r2", params={"learning_rate": 0.05, "max_depth": 4})
    assert found(told, "PARAM-001") == []
    told.forget(number)
    assert len(found(told, "PARAM-001")) == 1


def test_a_gone_file_is_covered_by_an_event_that_names_the_commit() -> None:
    """A watched file that was removed has no digest: the commit, or a later one, has to be named."""
    told = life()
    gone = World(changes=(Change("x.dvc", "ab" * 20, None, ("cd" * 20,)),))
    assert "x.dvc is gone" in found(told, "CODE-001", gone)[0].message
    told.start("r9", git={"commit": "cd" * 20})
    assert found(told, "CODE-001", gone) == []


def test_a_component_may_be_named_in_the_title() -> None:
    """A decision on the architecture that says a component's name in its heading is about it."""
    told = life()
    told.decide(category="architecture", title="An attention head instead of pooling")
    world = World(components=("attention", "tent"))
    assert [one.message for one in found(told, "ARCH-001", world)] == ["undocumented component tent"]


def test_older_versions_are_looked_at_where_they_stand() -> None:
    """Without a version, those that stand somewhere and the newest are asked about; with one, it alone."""
    told = life()
    told.promote("1.0")
    told.made("1.1", "r2")
    told.made("1.2", "r3")
    assert [v.name for v in dossier(told).versions] == ["1.0", "1.2"]
    assert [v.name for v in dossier(told, asked="1.1").versions] == ["1.1"]


def test_data_registered_elsewhere_is_not_ours() -> None:
    """Only datasets that the model used are looked at."""
    told = life()
    told.tell("dataset.registered", DATA, stream="dataset/other")
    told.tell("dataset.issue", ISSUE, stream="dataset/other")
    assert found(told, "DATA-006") == []
