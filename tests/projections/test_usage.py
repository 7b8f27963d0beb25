"""What is still used, and what was used after it had been retired."""

from mledger.projections.datasets import DatasetState, dataset
from mledger.projections.lifecycle import model
from mledger.projections.model import ModelState
from mledger.projections.usage import given_up, of_artifact, of_dataset, of_model
from mledger.testing.bodies import DATA, DATASET, MODEL
from tests.projections.stories import Story

FILE = {"name": "m.pkl", "sha256": "c0" * 32, "size": 12, "media_type": "application/octet-stream"}


def states(story: Story) -> tuple[ModelState, dict[str, DatasetState]]:
    """The model and its data as the story leaves them."""
    of = {name: [f for f in story.facts if f.stream == name] for name in (MODEL, DATASET)}
    return model.fold(of[MODEL]), {"applications": dataset.fold(of[DATASET])}


def made() -> Story:
    """A version made of applications v1 by run r1, approved for production, its file published."""
    story = Story()
    story.register()
    story.tell("dataset.registered", DATA, stream=DATASET)
    story.start()
    story.finish()
    story.tell("artifact.published", FILE)
    story.release(run="r1")
    return story


def test_a_version_that_stands_uses_model_file_and_data() -> None:
    """Each with the events that say so; what stands nowhere uses nothing."""
    story = made()
    state, _ = states(story)
    assert [*of_model(state), *of_artifact(state, "4"), *of_dataset("applications", None, [state])] == []
    asked = story.request()
    approved = story.approve(asked)
    deployed = story.deploy()
    state, _ = states(story)
    (use,) = of_model(state)
    assert use.words == "1.0 stands in production (eu-west)"
    assert {deployed, approved} <= set(use.numbers)
    (held,) = of_artifact(state, "4")
    assert "1.0, which holds it" in held.words
    for version in (None, "v1"):
        (read,) = of_dataset("applications", version, [state])
        assert "credit-risk 1.0 in production (eu-west) was made of it by run r1" in read.words
        assert {"2", "3", deployed} <= set(read.numbers)
    assert list(of_dataset("applications", "v9", [state])) == []
    assert list(of_dataset("other", None, [state])) == []
    assert list(of_artifact(state, "0")) == []


def test_a_run_that_has_not_ended_uses_its_data() -> None:
    """Until it ends, whatever comes of it."""
    story = Story()
    number = story.start()
    state, _ = states(story)
    (use,) = of_dataset("applications", "v1", [state])
    assert (use.words, use.numbers) == ("run r1 of credit-risk reads it and has not ended", (number,))
    story.fail()
    state, _ = states(story)
    assert list(of_dataset("applications", "v1", [state])) == []


def test_what_a_release_rests_on_and_must_not_be_used_is_named() -> None:
    """Retired files and deprecated data, whether they were given up before the release or after it."""
    story = made()
    state, datasets = states(story)
    assert list(given_up(state, state.versions["1.0"], datasets)) == []
    gone = story.tell("artifact.retired", {"artifact": "4", "reason": "A hole."})
    ended = story.tell("dataset.deprecated", {"version": "v1", "reason": "Consent."}, stream=DATASET)
    story.tell("dataset.deprecated", {"version": "v7", "reason": "Consent."}, stream=DATASET)
    late = story.release("2.0", run="r1", artifacts=[{"name": "m.pkl", "sha256": "c0" * 32}])
    story.release("3.0", artifacts=[{"name": "n.pkl", "sha256": "d0" * 32}])
    state, datasets = states(story)
    found = list(given_up(state, state.versions["2.0"], datasets))
    assert [use.words for use in found] == [
        "2.0 holds m.pkl, which was retired",
        "2.0 was made of applications@v1, deprecated: Consent.",
    ]
    assert [(use.numbers[0], use.numbers[-1]) for use in found] == [(late, gone), (late, ended)]
    assert len(list(given_up(state, state.versions["1.0"], datasets))) == 2
    assert list(given_up(state, state.versions["3.0"], datasets)) == []
    assert list(given_up(state, state.versions["2.0"], {})) == found[:1]
