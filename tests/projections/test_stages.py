"""Which version stands where, since when, and who let it."""

import pytest
from hypothesis import given

from mledger.projections.lifecycle import model
from mledger.projections.model import ModelState
from mledger.projections.moves import Place
from tests.projections.stories import Story, histories

Where = list[tuple[str, str | None, str, str]]


def places(story: Story) -> Where:
    """Stage, environment, version and how, of each place."""
    return [(p.stage, p.environment, p.version, p.how) for p in model.fold(story.facts).stages.places]


def only_place(state: ModelState) -> Place:
    """The one place that is taken."""
    (place,) = state.stages.places
    return place


def test_a_version_that_was_moved_holds_its_stage() -> None:
    """A move gives the version its place, names who approved it, and is cited as the beginning."""
    story = Story()
    number = story.promote("1.0", "staging")
    place = only_place(model.fold(story.facts))
    assert (place.stage, place.environment, place.version, place.how) == ("staging", None, "1.0", "moved")
    assert place.since.number == story.facts[-1].number
    assert [(a.number, a.by, a.meaning) for a in place.approvals] == [(number, "Bob Example", "approval")]


def test_a_request_moves_nothing_whatever_is_answered() -> None:
    """Open, approved or rejected: every stage stays as it was, and the request waits."""
    story = Story()
    request = story.request("1.0")
    for status, answer in (("open", None), ("approved", story.approve), ("rejected", story.reject)):
        if answer is not None:
            answer(request)
        state = model.fold(story.facts)
        assert (state.stages.places, state.stages.steps) == ([], [])
        assert state.stages.requests[request].status == status


def test_a_deployment_says_where_an_approved_version_serves() -> None:
    """The place without an environment becomes the environment's, and keeps its approvals."""
    story = Story()
    story.promote("1.0")
    deployed = story.deploy("1.0")
    place = only_place(model.fold(story.facts))
    assert (place.environment, place.how, place.since.number) == ("eu-west", "deployed", deployed)
    assert [a.by for a in place.approvals] == ["Bob Example"]
    assert place.numbers == (deployed, "1")
    assert model.fold(story.facts).stages.requests["0"].status == "executed"


def test_a_deployment_without_approval_stands_and_shows_that_nobody_approved() -> None:
    """What serves is said as it is; the list of approvals is empty."""
    story = Story()
    story.deploy("1.0")
    assert only_place(model.fold(story.facts)).approvals == ()


def test_an_approval_that_comes_after_a_move_says_nothing_of_it() -> None:
    """It counts from the next move on; the version keeps the beginning of its place."""
    story = Story()
    request = story.request("1.0")
    moved = story.move(request)
    story.approve(request)
    state = model.fold(story.facts)
    assert (only_place(state).approvals, state.path[-1].approvals) == ((), ())
    assert state.stages.requests[request].status == "executed"
    deployed = story.deploy("1.0")
    state = model.fold(story.facts)
    place = only_place(state)
    assert (place.since.number, len(place.approvals)) == (deployed, 1)
    assert [(s.source.number, len(s.approvals)) for s in state.stages.steps] == [(moved, 0), (deployed, 1)]


def test_a_move_that_is_recorded_again_rests_on_the_approvals_before_it() -> None:
    """What serves already keeps its beginning, in each environment."""
    story = Story()
    first = story.deploy("1.0", "eu")
    second = story.deploy("1.0", "us")
    request = story.request("1.0")
    story.approve(request)
    story.move(request)
    places = model.fold(story.facts).stages.places
    assert [(p.since.number, [a.by for a in p.approvals]) for p in places] == [
        (first, ["Bob Example"]),
        (second, ["Bob Example"]),
    ]


def test_nobody_is_named_who_did_not_approve_before_the_move_or_was_overruled() -> None:
    """Rejected, approved by somebody else twice, moved, and then approved by whoever rejected it."""
    story = Story()
    request = story.request("1.0")
    story.approve(request, by="Carol Example")
    story.reject(request, by="Bob Example")
    first = story.approve(request, by="Dora Example")
    story.approve(request, by="Dora Example")
    story.move(request)
    story.approve(request, by="Bob Example")
    state = model.fold(story.facts)
    assert [(a.number, a.by) for a in state.path[-1].approvals] == [(first, "Dora Example")]
    assert only_place(state).approvals == state.path[-1].approvals


def test_a_move_that_is_dated_back_rests_on_what_was_recorded_before_it() -> None:
    """Ordered by occurrence an approval may come before a move that it was recorded after."""
    story = Story()
    request = story.request("1.0")
    story.move(request)
    story.approve(request)
    asked, moved, approved = story.facts
    assert only_place(model.fold([asked, approved, moved])).approvals == ()


def test_the_next_version_takes_the_place_of_the_last() -> None:
    """Of two versions deployed in one environment the later serves; until then the earlier does."""
    story = Story()
    for version in ("1.0", "2.0"):
        story.promote(version)
        if version == "2.0":
            assert places(story) == [
                ("production", "eu-west", "1.0", "deployed"),
                ("production", None, "2.0", "moved"),
            ]
        story.deploy(version)
    assert places(story) == [("production", "eu-west", "2.0", "deployed")]


def test_environments_are_told_apart() -> None:
    """A version deployed in one environment leaves the other as it is."""
    story = Story()
    story.deploy("1.0", "eu")
    story.deploy("1.0", "us")
    story.deploy("2.0", "us")
    assert places(story) == [
        ("production", "eu", "1.0", "deployed"),
        ("production", "us", "2.0", "deployed"),
    ]


def test_deploying_again_changes_neither_version_nor_beginning() -> None:
    """A second deployment of the same version is no new beginning."""
    story = Story()
    first = story.deploy("1.0")
    story.deploy("1.0")
    assert only_place(model.fold(story.facts)).since.number == first


@pytest.mark.parametrize(
    ("traffic", "beside"), [("10 % canary", True), ("99.5%", True), ("100 %", False), ("all", False)]
)
def test_a_share_of_the_traffic_stands_beside_what_serves(traffic: str, beside: bool) -> None:
    """Only a percentage below one hundred leaves the earlier version in its place."""
    story = Story()
    story.deploy("1.0")
    story.deploy("2.0", traffic=traffic)
    assert [p[2] for p in places(story)] == (["1.0", "2.0"] if beside else ["2.0"])
    story.deploy("2.0")
    assert places(story) == [("production", "eu-west", "2.0", "deployed")]


def test_an_executed_promotion_says_that_the_version_has_moved() -> None:
    """The place begins with the move and keeps its approvals; where it is deployed already it stays."""
    story = Story()
    request = story.request("1.0", "production", "staging")
    story.approve(request)
    body = {"request": request, "version": "1.0", "from_stage": "staging", "to_stage": "production"}
    moved = story.tell("promotion.executed", body)
    place = only_place(model.fold(story.facts))
    assert (place.how, place.since.number, len(place.approvals)) == ("moved", moved, 1)
    step = model.fold(story.facts).path[-1]
    assert (step.what, step.from_stage, step.to_stage) == ("moved", "staging", "production")
    deployed = story.deploy("1.0")
    story.tell("promotion.executed", body)
    place = only_place(model.fold(story.facts))
    assert (place.how, place.environment, place.since.number) == ("deployed", "eu-west", deployed)


def test_a_promotion_executed_without_approval_stands_and_shows_that_nobody_approved() -> None:
    """What moved has moved; its list of approvals is empty."""
    story = Story()
    request = story.request("1.0")
    story.tell("promotion.executed", {"request": request, "version": "1.0", "to_stage": "production"})
    place = only_place(model.fold(story.facts))
    assert (place.how, place.approvals, place.request) == ("moved", (), request)


def test_a_version_that_moves_on_leaves_the_stage_that_it_came_from() -> None:
    """It leaves an approved place, and stays where an environment serves it."""
    story = Story()
    story.promote("1.0", "staging")
    story.promote("1.0", "production", "staging")
    assert places(story) == [("production", None, "1.0", "moved")]
    story = Story()
    story.promote("1.0", "staging")
    request = story.request("1.0", "production", "staging")
    story.approve(request)
    story.deploy("1.0", request=request)
    assert places(story) == [("production", "eu-west", "1.0", "deployed")]
    story = Story()
    story.promote("1.0", "staging")
    story.deploy("1.0", "test-cluster", stage="staging")
    story.promote("1.0", "production", "staging")
    assert places(story) == [
        ("staging", "test-cluster", "1.0", "deployed"),
        ("production", None, "1.0", "moved"),
    ]


def test_a_rollback_puts_the_earlier_version_back_wherever_the_withdrawn_one_stands() -> None:
    """All environments of the stage go back; others and other stages stay."""
    story = Story()
    story.promote("1.0")
    for where in ("eu", "us"):
        story.deploy("1.0", where)
        story.deploy("2.0", where)
    story.deploy("2.0", "test", stage="staging")
    number = story.roll_back("2.0", "1.0")
    state = model.fold(story.facts)
    assert places(story) == [
        ("staging", "test", "2.0", "deployed"),
        ("production", "eu", "1.0", "rolled back"),
        ("production", "us", "1.0", "rolled back"),
    ]
    back = state.stages.places[-1]
    assert (back.since.number, [a.by for a in back.approvals]) == (number, ["Bob Example"])


def test_a_rollback_in_one_environment_leaves_the_others() -> None:
    """Only the environment that is named goes back."""
    story = Story()
    story.deploy("2.0", "eu")
    story.deploy("2.0", "us")
    story.roll_back("2.0", "1.0", environment="us")
    assert [p[1:3] for p in places(story)] == [("eu", "2.0"), ("us", "1.0")]


def test_rolling_back_a_share_leaves_what_served_beside_it() -> None:
    """The version that answered all other requests goes on, since when it did."""
    story = Story()
    first = story.deploy("1.0")
    story.deploy("2.0", traffic="10 %")
    story.roll_back("2.0", "1.0")
    place = only_place(model.fold(story.facts))
    assert (place.version, place.how, place.since.number) == ("1.0", "deployed", first)


def test_a_rollback_without_any_deployment_holds_the_stage() -> None:
    """Where nobody records deployments, stages still go back."""
    story = Story()
    story.promote("1.0")
    story.promote("2.0")
    story.roll_back("2.0", "1.0")
    assert places(story) == [("production", None, "1.0", "rolled back")]


def test_retirement_empties_all_stages() -> None:
    """Nothing stands after it; what is deployed later does, with a remark."""
    story = Story()
    story.deploy("1.0")
    story.tell("model.retired", {"reason": "Replaced."})
    state = model.fold(story.facts)
    assert state.stages.places == []
    assert state.stage is not None
    assert state.stage.value == "retired"
    story.deploy("1.0")
    state = model.fold(story.facts)
    assert state.stage is not None
    assert state.stage.value == "production"
    assert [r.text for r in state.trail.remarks] == ["deployed after the model was retired"]


def test_a_rollback_takes_the_request_and_its_approvals_back() -> None:
    """What was believed before counts no more; a new approval does, and moves nothing."""
    story = Story()
    request = story.request("1.0")
    story.approve(request)
    story.move(request)
    story.roll_back("1.0", "0.9")
    state = model.fold(story.facts)
    assert (state.stages.requests[request].status, state.stages.requests[request].approvals) == (
        "rolled back",
        (),
    )
    assert [len(step.approvals) for step in state.stages.steps] == [1, 0]
    story.approve(request, by="Dora Example")
    state = model.fold(story.facts)
    assert places(story) == [("production", None, "0.9", "rolled back")]
    found = state.stages.requests[request]
    assert (found.status, [a.by for a in found.approvals]) == ("approved", ["Dora Example"])


def test_a_rollback_opens_what_was_approved_and_not_moved() -> None:
    """Its approvals are gone, so it waits for others; a request of another version is left alone."""
    story = Story()
    other, waiting, moved = story.request("2.0"), story.request("1.0"), story.request("1.0")
    for request in (other, waiting, moved):
        story.approve(request)
    story.move(moved)
    story.roll_back("1.0", "0.9")
    requests = model.fold(story.facts).stages.requests
    found = [(requests[n].status, len(requests[n].approvals)) for n in (other, waiting, moved)]
    assert found == [("approved", 1), ("open", 0), ("rolled back", 0)]
    story.approve(waiting)
    assert model.fold(story.facts).stages.requests[waiting].status == "approved"


def test_capitals_make_no_other_stage() -> None:
    """The stage keeps the spelling that it had first, and the next version takes the place of the last."""
    story = Story()
    story.promote("1.0", "staging")
    story.promote("1.0", "Production", origin="Staging")
    assert places(story) == [("Production", None, "1.0", "moved")]
    story.promote("2.0", "PRODUCTION")
    assert places(story) == [("Production", None, "2.0", "moved")]
    story.deploy("2.0", "eu")
    assert places(story) == [("Production", "eu", "2.0", "deployed")]
    story.roll_back("2.0", "1.0")
    assert places(story) == [("Production", "eu", "1.0", "rolled back")]


def test_a_rollback_to_what_serves_there_still_puts_no_other() -> None:
    """The next version was moved and deployed nowhere: taking it back leaves the earlier where it serves."""
    story = Story()
    deployed = story.deploy("1.0", "eu")
    story.promote("2.0")
    story.roll_back("2.0", "1.0")
    (place,) = model.fold(story.facts).stages.places
    assert (place.environment, place.version, place.since.number) == ("eu", "1.0", deployed)


def test_a_rejection_after_the_move_is_a_remark_and_moves_nothing() -> None:
    """The last answer is the status; only a rollback moves a version back."""
    story = Story()
    request = story.request("1.0")
    story.approve(request)
    moved = story.move(request)
    story.reject(request)
    state = model.fold(story.facts)
    assert state.stages.requests[request].status == "rejected"
    assert places(story) == [("production", None, "1.0", "moved")]
    assert [a.by for a in only_place(state).approvals] == ["Bob Example"]
    (remark,) = state.trail.remarks
    assert f"rejected after event {moved} moved the version" in remark.text


def test_a_request_may_be_named_in_three_ways() -> None:
    """An approval finds its request by number, by number and place, or by UUID."""
    for name in ("0", "0.1", None):
        story = Story()
        number = story.request("1.0")
        story.approve(name or story.id_of(number))
        assert model.fold(story.facts).stages.requests[number].status == "approved"


def test_an_answer_to_nothing_is_a_remark() -> None:
    """An approval of a request that was erased moves nothing and is named."""
    story = Story()
    request = story.request("1.0")
    number = story.approve(request)
    story.forget(request)
    state = model.fold(story.facts)
    assert state.stages.places == []
    assert [(r.source.number, request in r.text) for r in state.trail.remarks] == [(number, True)]


def test_an_answer_counts_wherever_it_stands_in_the_order() -> None:
    """In a history ordered by occurrence an approval may come before what it approves."""
    story = Story()
    story.promote("1.0")
    state = model.fold(reversed(story.facts))
    assert [(p.version, p.how, len(p.approvals)) for p in state.stages.places] == [("1.0", "moved", 1)]


def test_production_counts_for_the_model_and_what_serves_before_what_may() -> None:
    """The stage of a model is production as long as a version stands there."""
    story = Story()
    story.register()
    story.deploy("1.0")
    story.promote("2.0", "staging")
    story.promote("2.0", "production", "staging")
    state = model.fold(story.facts)
    assert state.stage is not None
    assert state.stage.value == "production"
    assert state.stages.foremost is not None
    assert state.stages.foremost.version == "1.0"


def test_production_counts_though_another_stage_was_entered_later() -> None:
    """A test of the next version in staging does not move the model out of production."""
    story = Story()
    story.deploy("1.0")
    story.deploy("2.0", "test", stage="staging")
    state = model.fold(story.facts)
    assert state.stage is not None
    assert state.stage.value == "production"


def test_the_path_names_every_step_with_who_asked_and_who_approved() -> None:
    """From registration to rollback: what moved, from where to where, why, and by whom."""
    story = Story()
    story.register()
    story.start()
    story.promote("1.0", "staging")
    story.promote("1.0", "production", "staging")
    story.deploy("1.0", reason="Outside peak hours.")
    story.roll_back("1.0", "0.9")
    path = model.fold(story.facts).path
    assert [(s.what, s.version, s.from_stage, s.to_stage) for s in path] == [
        ("registered", None, None, None),
        ("in development", None, None, None),
        ("moved", "1.0", None, "staging"),
        ("moved", "1.0", "staging", "production"),
        ("deployed", "1.0", None, "production"),
        ("rolled back", "0.9", None, "production"),
    ]
    deployed = path[4]
    assert deployed.asked is not None
    assert (deployed.asked.by, deployed.approvals[0].by, deployed.reason) == (
        "Alice Example",
        "Bob Example",
        "Outside peak hours.",
    )
    assert path[5].before == "1.0"


@given(histories(("model",)))
def test_no_place_is_taken_twice(facts: list) -> None:
    """Whatever was recorded, an environment of a stage has one version for all requests, or none."""
    found = [(p.stage, p.environment) for p in model.fold(facts).stages.places if p.traffic is None]
    assert len(found) == len(set(found))
