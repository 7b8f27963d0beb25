"""The register of approvals, disputes, the history of versions, the sheet of one version."""

import json

import pytest

from mledger.desk.disputes import disputes
from mledger.desk.history import history_of
from mledger.desk.register import register_of
from mledger.desk.version import version_sheet
from mledger.errors import NotFoundError
from mledger.testing.bodies import FILES
from mledger.testing.bodies import MODEL as STREAM
from mledger.testing.simulator import signer_of
from mledger.testing.tamper.tools import Hand, force
from tests.desk.conftest import ALICE, BOB, CAROL, DORA, PROPOSED, Company

REASON = {"reason": "Seen."}
STARTED = {
    "run": "r",
    "hypothesis": "Four.",
    "criteria": [{"metric": "auc", "operator": ">=", "value": 0.9}],
    "params": {"max_depth": 4},
    "datasets": [
        {"name": "applications", "version": "v3", "role": "train"},
        {"name": "holdout", "version": "v1", "role": "test"},
    ],
}


def test_the_register_has_role_and_reason_of_each_signature(company: Company) -> None:
    """Roles are those at signing: one that was taken away later still stands there."""
    decision = company.say(CAROL, "decision.proposed", PROPOSED)
    company.say(BOB, "decision.accepted", {"decision": decision, "conditions": ["a monitor"]})
    number = company.ask()
    company.say(BOB, "promotion.approved", {"request": number} | REASON)
    company.say(ALICE, "role.revoked", {"key": signer_of(BOB).key_id, "role": "reviewer"}, "ledger")
    company.say(DORA, "promotion.rejected", {"request": number} | REASON)
    rows = list(register_of(company.sim.reader()))
    assert [(r.name, r.roles, r.meaning, r.verdict, r.to, r.about) for r in rows] == [
        (BOB, ("reviewer",), "approval", "accepted", decision, "Deeper trees"),
        (BOB, ("reviewer",), "approval", "approved", number, "2.1 to production"),
        (DORA, ("reviewer",), "rejection", "rejected", number, "2.1 to production"),
    ]
    assert rows[0].conditions == ("a monitor",)
    assert rows[1].reason == "Seen."
    assert rows[1].to_json()["disputed"] is None
    assert list(register_of(company.sim.reader(), "dataset/x")) == []


def test_disputed_signatures_are_marked(company: Company) -> None:
    """From the entry that the revocation names to the revocation, and only those of that key."""
    number = company.ask()
    before = company.say(BOB, "promotion.approved", {"request": number} | REASON)
    after = company.say(BOB, "promotion.approved", {"request": number} | REASON)
    company.say(DORA, "promotion.approved", {"request": number} | REASON)
    assert disputes(company.sim.reader()) == []
    lost = {"key": signer_of(BOB).key_id, "reason": "Stolen.", "compromised_since": after}
    revoked = company.say(ALICE, "key.revoked", lost, "ledger")
    (dispute,) = disputes(company.sim.reader())
    assert (dispute.name, dispute.since, dispute.number) == (BOB, int(after), revoked)
    rows = {row.number: row.disputed for row in register_of(company.sim.reader())}
    assert rows[before] is None
    assert rows[after] == f"the key of {BOB} may have been in other hands from entry {after} to {revoked}"
    assert list(rows.values()).count(None) == 2
    findings = company.sim.reader().verify(full=True).findings
    assert [(f.rule, f.where) for f in findings] == [("key.disputed", f"entry {after}")]


@pytest.mark.parametrize("since", ["1", 5, "x", None])
@pytest.mark.parametrize("key", [{}, {"key": ["a"]}, {"key": "a" * 64}])
def test_a_revocation_that_is_none_disputes_nothing(company: Company, since: object, key: dict) -> None:
    """Whoever may not revoke, and says it in no words of ours, hides no dispute and stops no listing."""
    body = json.dumps({"compromised_since": since} | key, separators=(",", ":")).encode()
    force(company.sim.store, Hand(DORA), "key.revoked", "ledger", body)
    assert disputes(company.sim.reader()) == []
    lost = {"key": signer_of(BOB).key_id, "reason": "Stolen.", "compromised_since": "2"}
    revoked = company.say(ALICE, "key.revoked", lost, "ledger")
    assert [one.number for one in disputes(company.sim.reader())] == [revoked]


def test_a_dispute_names_the_revocation_that_counts(company: Company) -> None:
    """Not one in the same words before it, of somebody who may not revoke."""
    lost = {"key": signer_of(BOB).key_id, "reason": "Stolen.", "compromised_since": "2"}
    force(company.sim.store, Hand(DORA), "key.revoked", "ledger", lost)
    revoked = company.say(ALICE, "key.revoked", lost, "ledger")
    assert [one.number for one in disputes(company.sim.reader())] == [revoked]


@pytest.mark.parametrize(
    ("hand", "stream"), [(Hand(ALICE, meaning="machine"), "ledger"), (Hand(ALICE), "model/m")]
)
def test_a_revocation_that_takes_effect_is_named(company: Company, hand: Hand, stream: str) -> None:
    """Also one that breaks a rule which takes nothing from it; the key is in dispute, no listing stops."""
    lost = {"key": signer_of(BOB).key_id, "reason": "Stolen.", "compromised_since": "2"}
    seq = force(company.sim.store, hand, "key.revoked", stream, lost)
    assert [(one.number, one.since) for one in disputes(company.sim.reader())] == [(str(seq), 2)]


def test_a_revocation_without_a_doubt_disputes_nothing(company: Company) -> None:
    """Who leaves has signed what they signed."""
    company.say(ALICE, "key.revoked", {"key": signer_of(BOB).key_id, "reason": "Left."}, "ledger")
    assert disputes(company.sim.reader()) == []


def moved(company: Company) -> dict[str, str]:
    """2.0 is live; 2.1 is rejected, approved, moved, deployed and rolled back."""
    said = {}
    for version in ("2.0", "2.1"):
        said[f"released {version}"] = company.say(
            CAROL, "version.released", {"version": version, "artifacts": FILES, "notes": "x"}
        )
        said[f"asked {version}"] = request = company.ask(version)
        if version == "2.1":
            said["rejected"] = company.say(BOB, "promotion.rejected", {"request": request} | REASON)
        for name in (BOB, DORA):
            said[name] = company.say(name, "promotion.approved", {"request": request} | REASON)
        fields = {"request": request, "version": version, "to_stage": "production"}
        said[f"moved {version}"] = company.say(CAROL, "promotion.executed", fields)
    serves = {"version": "2.1", "environment": "eu", "stage": "production", "request": said["asked 2.1"]}
    said["deployed"] = company.say(CAROL, "deployment.recorded", serves)
    back = {"from_version": "2.1", "to_version": "2.0", "stage": "production", "reason": "It fails."}
    said["back"] = company.say(CAROL, "rollback.executed", back | {"request": said["asked 2.0"]})
    return said


def test_the_history_of_a_version_has_every_step(company: Company) -> None:
    """From where to where, when, who asked, who approved, why: toward the stage and away from it."""
    said = moved(company)
    stops = history_of(company.sim.reader(), STREAM, "2.1")
    assert [(stop.number, stop.what, stop.to_stage) for stop in stops] == [
        (said["released 2.1"], "released", None),
        (said["asked 2.1"], "asked", "production"),
        (said["rejected"], "rejected", "production"),
        (said[BOB], "approved", "production"),
        (said[DORA], "approved", "production"),
        (said["moved 2.1"], "moved", "production"),
        (said["deployed"], "deployed", "production"),
        (said["back"], "withdrawn", None),
    ]
    assert (stops[5].asked, stops[5].approved) == (CAROL, (BOB, DORA))
    assert stops[7].why == "It fails."
    assert stops[7].from_stage == "production"


def test_an_approval_after_a_rollback_is_for_the_next_move(company: Company) -> None:
    """It is said to come after a move only while that move stands."""
    said = moved(company)
    no = {"request": said["asked 2.0"]} | REASON
    after = company.say(DORA, "promotion.approved", no)
    next_one = company.say(BOB, "promotion.approved", {"request": said["asked 2.1"]} | REASON)
    stops = {stop.number: stop.after for stop in history_of(company.sim.reader(), STREAM)}
    assert stops[after] == said["back"]
    assert stops[next_one] is None


def test_a_rollback_shows_who_had_approved_what_is_back(company: Company) -> None:
    """The request that it names leads to the approvals; the state has the earlier version."""
    said = moved(company)
    last = history_of(company.sim.reader(), STREAM, "2.0")[-1]
    assert (last.number, last.what) == (said["back"], "rolled back")
    assert (last.asked, last.approved) == (CAROL, (BOB, DORA))
    state = company.sim.reader().replay(STREAM).state
    assert [(place.version, place.stage) for place in state.stages.places] == [("2.0", "production")]
    assert [one.by for one in state.stages.places[0].approvals] == [BOB, DORA]
    company.sim.check()


def test_a_version_of_which_nothing_is_known_is_refused(company: Company) -> None:
    """With the nearest names; a dataset has no versions that move."""
    moved(company)
    with pytest.raises(NotFoundError, match=r"no version is called '2\.2'; did you mean 2\.1"):
        history_of(company.sim.reader(), STREAM, "2.2")
    company.say(CAROL, "comment.added", {"on": "1", "text": "x"}, "dataset/d")
    with pytest.raises(NotFoundError, match="dataset/d is no model"):
        history_of(company.sim.reader(), "dataset/d")
    with pytest.raises(NotFoundError, match="no released version is called"):
        version_sheet(company.sim.reader(), STREAM, "9")


def test_the_sheet_of_a_version_has_all_four_or_says_what_is_missing(company: Company) -> None:
    """Version, authors, evaluation data, configuration."""
    decision = company.say(CAROL, "decision.proposed", PROPOSED)
    company.say(CAROL, "run.started", STARTED)
    test = {"title": "Gap", "kind": "holdout", "version": "2.1", "dimensions": ["fairness"]}
    test |= {"metrics": [{"name": "gap", "value": 0.01}]}
    test |= {"datasets": [{"name": "applications", "version": "v4"}]}
    company.say(CAROL, "evaluation.recorded", test)
    released = {"version": "2.1", "artifacts": FILES, "notes": "x", "run": "r", "decisions": [decision]}
    company.say(CAROL, "version.released", released)
    data = version_sheet(company.sim.reader(), STREAM, "2.1").to_json()
    assert data["version"] == "2.1"
    assert data["authors"] == [
        "Carol Example, released it",
        f"Carol Example, proposed decision {decision}",
        "Carol Example, started run r",
    ]
    assert data["evaluation_datasets"] == ["applications@v4", "holdout@v1"]
    assert data["configuration"] == {"max_depth": 4}
    assert data["missing"] == []
    company.say(CAROL, "version.released", {"version": "2.2", "artifacts": FILES, "notes": "x"})
    bare = version_sheet(company.sim.reader(), STREAM, "2.2")
    assert bare.data["missing"] == ["evaluated on", "configuration"]
    assert bare.sections[2].none.startswith("missing: ")


def test_approvals_that_do_not_suffice_move_nothing(company: Company) -> None:
    """Only with the last one is a request approved, and only a move gives the place, in all projections."""
    company.say(CAROL, "model.registered", {"title": "M", "purpose": "P.", "owner": CAROL})
    company.say(CAROL, "version.released", {"version": "2.1", "artifacts": FILES, "notes": "x"})
    request = company.ask()
    first = company.say(BOB, "promotion.approved", {"request": request} | REASON)
    reader = company.sim.reader()
    state = reader.replay(STREAM).state
    assert (state.stages.places, state.stages.requests[request].status) == ([], "open")
    assert [one.number for one in state.stages.requests[request].approvals] == [first]
    assert reader.replay().state.models[STREAM].stage.value == "in development"
    approved = company.say(DORA, "promotion.approved", {"request": request} | REASON)
    state = company.sim.reader().replay(STREAM).state
    assert (state.stages.places, state.stages.requests[request].status) == ([], "approved")
    assert company.sim.reader().replay().state.models[STREAM].stage.value == "in development"
    fields = {"request": request, "version": "2.1", "to_stage": "production"}
    second = company.say(CAROL, "promotion.executed", fields)
    reader = company.sim.reader()
    (place,) = reader.replay(STREAM).state.stages.places
    assert (place.version, place.since.number) == ("2.1", second)
    assert [one.number for one in place.approvals] == [first, approved]
    assert reader.replay().state.models[STREAM].stage.value == "production"
    assert reader.replay(STREAM, known_at=int(first)).state.stages.places == []
    changes = reader.diff(int(first), int(second), STREAM).changes
    assert ("stage", "in development", "production") in [(c.path, c.before, c.after) for c in changes]
