"""The life of one model: profile, stage, objectives, data, versions."""

import pytest
from hypothesis import given

from mledger.chain.history import Fact
from mledger.projections.lifecycle import model
from mledger.projections.model import ModelState
from mledger.testing.bodies import FRAMED, MODEL
from tests.projections.stories import START, Story, histories


def fold(story: Story) -> ModelState:
    """The state of the story's model."""
    return model.fold(story.facts)


def stage(story: Story) -> tuple[str, str] | None:
    """The stage and the number of the event behind it."""
    found = fold(story).stage
    return (found.value, found.source.number) if found else None


def test_a_stage_follows_from_what_is_recorded() -> None:
    """Registered, in development, staging, production, retired: each with the event that made it so."""
    story = Story()
    assert stage(story) is None
    assert (story.register(), stage(story)) == ("0", ("registered", "0"))
    assert (story.tell("comment.added", {"on": "0", "text": "Welcome."}), stage(story)) == (
        "1",
        ("registered", "0"),
    )
    assert (story.start(), stage(story)) == ("2", ("in development", "2"))
    assert (story.promote("1.0", "staging"), stage(story)) == ("4", ("staging", "5"))
    assert (story.deploy("1.0"), stage(story)) == ("6", ("production", "6"))
    assert (story.tell("model.retired", {"reason": "Done."}), stage(story)) == ("7", ("retired", "7"))


@pytest.mark.parametrize(
    "event", ["problem.framed", "decision.proposed", "run.started", "version.released", "artifact.published"]
)
def test_development_begins_with_the_first_work(event: str) -> None:
    """Each kind of work begins the development, even if its content was erased."""
    story = Story()
    story.register()
    number = story.propose()
    story.facts[-1] = story.facts[-1]._replace(type=event, body=None)
    assert stage(story) == ("in development", number)


def test_a_profile_cites_its_registration() -> None:
    """Owner, purpose and the rest carry the number and the author of the event that says so."""
    story = Story()
    number = story.register(team=["Bob Example"], risk_class="high")
    profile = fold(story).profile
    assert {name: said.value for name, said in profile.items()} == {
        "title": "Credit risk",
        "purpose": "Decide on loans.",
        "owner": "Alice Example",
        "team": ["Bob Example"],
        "risk_class": "high",
    }
    assert {said.numbers for said in profile.values()} == {(number,)}
    assert profile["owner"].source.by == "Alice Example"


def test_a_later_registration_counts_and_is_remarked() -> None:
    """The owner is the one registered last; the second registration is named."""
    story = Story()
    story.register()
    story.register(owner="Bob Example")
    state = fold(story)
    assert (state.profile["owner"].value, state.profile["owner"].numbers) == ("Bob Example", ("1",))
    assert [remark.source.number for remark in state.trail.remarks] == ["1"]


def test_the_state_names_its_model_and_its_last_event() -> None:
    """A state knows the stream, how many events it has seen, and the last of them."""
    story = Story()
    story.register()
    story.start()
    state = fold(story)
    assert (state.stream, state.name, state.trail.events) == (MODEL, "credit-risk", 2)
    assert state.trail.last is not None
    assert (state.trail.last.value, state.trail.last.numbers) == ("run.started", ("1",))


@pytest.mark.parametrize(
    ("direction", "auc", "met"),
    [
        ("maximize", 0.95, True),
        ("maximize", 0.949, False),
        ("minimize", 0.95, True),
        ("minimize", 0.951, False),
        ("maximize", "NaN", False),
        ("minimize", "NaN", False),
        ("maximize", "Infinity", True),
    ],
)
def test_objectives_are_compared_with_the_run_behind_the_current_version(
    direction: str, auc: float | str, met: bool
) -> None:
    """The threshold itself is enough; what is no number reaches none."""
    story = Story()
    framed = story.tell(
        "problem.framed", FRAMED | {"metrics": [{"name": "auc", "direction": direction, "threshold": 0.95}]}
    )
    story.start()
    measured = story.finish(auc=auc)
    story.release(run="r1")
    (objective,) = fold(story).objectives
    assert (objective.achieved, objective.met, objective.numbers) == (auc, met, (framed, measured))


def test_an_objective_that_nobody_measured_is_neither_met_nor_missed() -> None:
    """Without a version, a run, or the metric on the data agreed, nothing is claimed."""
    story = Story()
    story.tell("problem.framed", FRAMED | {"metrics": [FRAMED["metrics"][0] | {"dataset": "holdout"}]})
    assert [o.met for o in fold(story).objectives] == [None]
    story.start()
    story.finish()
    story.release(run="r1")
    assert [o.met for o in fold(story).objectives] == [None]


@pytest.mark.parametrize(
    ("measured", "met"), [("holdout", True), ("holdout@v3", True), ("holdout2", None), (None, None)]
)
def test_an_objective_counts_on_the_data_that_was_agreed(measured: str | None, met: bool | None) -> None:
    """Any state of the dataset will do for its name, and no other dataset."""
    story = Story()
    story.tell("problem.framed", FRAMED | {"metrics": [FRAMED["metrics"][0] | {"dataset": "holdout"}]})
    story.start()
    story.finish(metrics=[{"name": "auc", "value": 0.97, "dataset": measured}])
    story.release(run="r1")
    assert [o.met for o in fold(story).objectives] == [met]


def test_a_metric_of_a_part_of_the_data_is_not_the_metric() -> None:
    """What was measured for some people only does not meet an objective for all."""
    story = Story()
    story.tell("problem.framed", FRAMED)
    story.start()
    story.finish(metrics=[{"name": "auc", "value": 0.99, "slice": "age < 25"}])
    story.release(run="r1")
    assert [o.met for o in fold(story).objectives] == [None]


def test_the_version_that_serves_is_the_one_judged() -> None:
    """Objectives follow the version in production and not the newest release."""
    story = Story()
    story.tell("problem.framed", FRAMED)
    for number, auc in enumerate((0.96, 0.90), 1):
        story.start(f"r{number}")
        story.finish(f"r{number}", auc)
        story.release(f"{number}.0", run=f"r{number}")
    assert [o.achieved for o in fold(story).objectives] == [0.90]
    story.deploy("1.0")
    assert [o.achieved for o in fold(story).objectives] == [0.96]


def test_data_is_listed_by_state_with_roles_and_runs() -> None:
    """Each state of a dataset that runs used, the one used last at the end."""
    story = Story()
    use = {"name": "applications", "role": "train"}
    story.start("r1", datasets=[use | {"version": "v1"}, use | {"version": "v1", "role": "test"}])
    story.start("r2", datasets=[use | {"version": "v2"}, {"name": "dataset/holdout", "role": "test"}])
    third = story.start("r3", datasets=[use | {"version": "v1"}])
    data = fold(story).datasets
    assert set(data) == {"holdout", "applications"}
    assert [(u.version, u.roles, u.runs) for u in data["applications"]] == [
        ("v2", ["train"], ["r2"]),
        ("v1", ["train", "test"], ["r1", "r3"]),
    ]
    assert data["applications"][-1].source.number == third
    assert data["holdout"][0].version is None


def test_versions_keep_their_files_and_the_first_release_of_a_name_counts() -> None:
    """A name that is released again is a remark; what was released first stays."""
    story = Story()
    first = story.release("1.0", run="r1", decisions=["3"])
    second = story.release("1.0", notes="Other.")
    state = fold(story)
    version = state.versions["1.0"]
    assert (version.source.number, version.run, version.decisions) == (first, "r1", ("3",))
    assert [file.name for file in version.artifacts] == ["m.pkl"]
    assert [(r.source.number, first in r.text) for r in state.trail.remarks] == [(second, True)]


def test_artifacts_know_what_they_replace() -> None:
    """An artifact that takes the place of another names it; the other is replaced."""
    story = Story()
    body = {"name": "m.pkl", "sha256": "c0" * 32, "size": 3, "media_type": "application/octet-stream"}
    old = story.tell("artifact.published", body)
    new = story.tell("artifact.published", body | {"replaces": story.id_of(old)})
    assert fold(story).replaced() == {old: new}


def test_a_retired_artifact_is_named_with_the_event() -> None:
    """A file that must not be used any more carries the event that says so."""
    story = Story()
    body = {"name": "m.pkl", "sha256": "c0" * 32, "size": 3, "media_type": "application/octet-stream"}
    number = story.tell("artifact.published", body)
    by = story.tell("artifact.retired", {"artifact": story.id_of(number), "reason": "A hole."})
    assert {n: c.number for n, c in fold(story).retired_files().items()} == {number: by}


EVALUATED = {
    "title": "Holdout of October",
    "kind": "holdout",
    "dimensions": ["performance"],
    "datasets": [{"name": "holdout", "version": "v3"}],
    "metrics": [{"name": "auc", "value": 0.97}],
}


@pytest.mark.parametrize(
    ("of", "achieved"),
    [({"version": "1.0"}, 0.97), ({"run": "r1"}, 0.97), ({"version": "0.9"}, 0.96), ({}, 0.96)],
)
def test_a_later_evaluation_of_the_current_version_counts(of: dict[str, str], achieved: float) -> None:
    """What was measured last of the version, or of the run that made it, is what it achieved."""
    story = Story()
    story.tell("problem.framed", FRAMED)
    story.start()
    story.finish(auc=0.96)
    story.release("1.0", run="r1")
    number = story.tell("evaluation.recorded", EVALUATED | of)
    (objective,) = fold(story).objectives
    assert objective.achieved == achieved
    assert (objective.measured is not None and objective.measured.number == number) == (achieved == 0.97)


@pytest.mark.parametrize(("agreed", "met"), [("holdout", True), ("holdout@v3", True), ("other", None)])
def test_an_evaluation_counts_on_the_data_that_it_names(agreed: str, met: bool | None) -> None:
    """Its metrics are of its datasets, unless they name another."""
    story = Story()
    story.tell("problem.framed", FRAMED | {"metrics": [FRAMED["metrics"][0] | {"dataset": agreed}]})
    story.release("1.0")
    story.tell("evaluation.recorded", EVALUATED | {"version": "1.0"})
    assert [o.met for o in fold(story).objectives] == [met]


def test_a_handover_is_named_and_the_owner_stays_as_registered() -> None:
    """Who took over which duties, by which event; the owner changes by a registration."""
    story = Story()
    story.register()
    duties = ["quarterly review"]
    number = story.tell("handover.recorded", {"from": "Carol Example", "to": "Bob Example", "duties": duties})
    state = fold(story)
    assert [(h.giver, h.taker, h.source.number) for h in state.handovers] == [
        ("Carol Example", "Bob Example", number)
    ]
    assert state.profile["owner"].value == "Alice Example"


def test_an_erased_event_is_named_and_the_rest_stands() -> None:
    """What was erased leaves a note with its number; a redaction says on which ground."""
    story = Story()
    story.register()
    number = story.start()
    by = story.tell("record.redacted", {"event": number, "legal_basis": "GDPR Art. 17", "authority": "DPO"})
    story.forget(number)
    state = fold(story)
    assert [(n.type, n.why, n.numbers) for n in state.trail.skipped] == [("run.started", "erased", [number])]
    assert [(r.event, r.source.number) for r in state.trail.redactions] == [(number, by)]
    assert state.profile["owner"].value == "Alice Example"


def test_of_many_events_that_cannot_be_read_a_hundred_are_named() -> None:
    """All are counted; the first hundred carry their numbers."""
    story = Story()
    story.register()
    facts = [story.facts[0]._replace(seq=seq, body=None) for seq in range(150)]
    (note,) = model.fold(facts).trail.skipped
    assert (note.count, len(note.numbers), note.numbers[-1]) == (150, 100, "99")


def test_lateness_is_the_time_from_occurrence_to_recording() -> None:
    """An event recorded thirty days after it happened is thirty days late."""
    story = Story()
    story.tell("comment.added", {"on": "0", "text": "Hello."}, at="2025-12-06T09:00:00Z")
    last = fold(story).trail.last
    assert last is not None
    assert last.source.late.days == 30
    assert last.source.time == START.isoformat(timespec="microseconds").replace("+00:00", "Z")


@given(histories(("model",)))
def test_everything_cited_is_a_fact(facts: list[Fact]) -> None:
    """Stage, places, steps and data cite events that were folded, with their own signer and times."""
    by_number = {fact.number: fact for fact in facts}
    state = model.fold(facts)
    cited = [
        *([state.stage.source] if state.stage else []),
        *(place.since for place in state.stages.places),
        *(step.source for step in state.path),
        *(use.source for uses in state.datasets.values() for use in uses),
        *(run.source for run in state.runs.started.values()),
        *(d.settled for d in state.decisions.proposals.values()),
    ]
    for citation in cited:
        fact = by_number[citation.number]
        assert (citation.time, citation.occurred, citation.by, citation.meaning) == (
            fact.time,
            fact.occurred,
            fact.signer,
            fact.meaning,
        )
