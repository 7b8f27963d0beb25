"""Decisions and runs: what became of what was proposed and tried."""

import pytest
from hypothesis import given

from mledger.chain.history import Fact
from mledger.projections.decisions import STATUSES, Decision
from mledger.projections.lifecycle import model
from mledger.projections.runs import OUTCOMES, Run
from mledger.testing.bodies import PROPOSED
from tests.projections.stories import Story, histories


def decision(story: Story, number: str) -> Decision:
    """The decision with a number."""
    return model.fold(story.facts).decisions.proposals[number]


def run(story: Story, number: str) -> Run:
    """The run that was started with a number."""
    return model.fold(story.facts).runs.started[number]


def test_the_last_answer_to_a_proposal_is_its_status() -> None:
    """Proposed, in force, rejected, in force again."""
    story = Story()
    number = story.propose()
    assert decision(story, number).status == "proposed"
    story.accept(number)
    assert decision(story, number).status == "in force"
    story.tell("decision.rejected", {"decision": number, "reason": "No."})
    assert decision(story, number).status == "rejected"
    accepted = story.accept(number)
    found = decision(story, number)
    assert (found.status, found.settled.number, len(found.answers)) == ("in force", accepted, 3)


def test_a_superseded_decision_stays_so_and_names_what_took_its_place() -> None:
    """Nothing brings it back, however it is answered afterwards."""
    story = Story()
    old, new = story.propose(), story.propose()
    story.accept(old)
    story.tell("decision.superseded", {"decision": old, "by": story.id_of(new), "reason": "Learnt."})
    story.accept(old)
    found = decision(story, old)
    assert (found.status, found.superseded_by, decision(story, new).status) == ("superseded", new, "proposed")


def test_parameters_follow_the_decision_accepted_last() -> None:
    """Of two decisions in force the one accepted last sets it, and its acceptance is cited."""
    story = Story()
    first = story.propose()
    second = story.propose(parameters=[{"name": "max_depth", "from": 4, "to": 5, "justification": "More."}])
    late, early = story.accept(second), story.accept(first)
    parameter = model.fold(story.facts).decisions.parameters["max_depth"]
    assert (parameter.value, parameter.decision, parameter.source.number) == (4, first, early)
    story.tell("decision.rejected", {"decision": first, "reason": "No."})
    parameter = model.fold(story.facts).decisions.parameters["max_depth"]
    assert (parameter.value, parameter.decision, parameter.source.number) == (5, second, late)


def test_reaffirming_an_older_decision_does_not_bring_its_values_back() -> None:
    """The value stays that of the decision that was accepted last."""
    story = Story()
    first = story.propose()
    second = story.propose(parameters=[{"name": "max_depth", "from": 4, "to": 5, "justification": "More."}])
    story.accept(first)
    story.accept(second)
    story.tell("decision.reaffirmed", {"decision": first, "reason": "Holds."})
    assert model.fold(story.facts).decisions.parameters["max_depth"].decision == second


def test_a_proposal_sets_nothing_before_it_is_accepted() -> None:
    """Parameters of proposals are no parameters of the model."""
    story = Story()
    story.propose()
    assert model.fold(story.facts).decisions.parameters == {}


def test_an_answer_without_its_proposal_is_a_remark() -> None:
    """The acceptance of what was erased is named with its number."""
    story = Story()
    number = story.propose()
    accepted = story.accept(number)
    story.forget(number)
    state = model.fold(story.facts)
    assert [remark.source.number for remark in state.trail.remarks] == [accepted]


@pytest.mark.parametrize(("end", "outcome"), [(None, "open"), ("finish", "finished"), ("fail", "failed")])
def test_a_run_is_open_until_it_ends(end: str | None, outcome: str) -> None:
    """A run is open, finished or failed by what was recorded of it."""
    story = Story()
    number = story.start()
    if end:
        getattr(story, end)()
    assert run(story, number).outcome == outcome


def test_a_run_carries_hypothesis_criteria_verdict_and_failure() -> None:
    """What was expected stands beside what came out, each with its event."""
    story = Story()
    first, second = story.start("r1", decision="46"), story.start("r2")
    finished, failed = story.finish("r1", lesson="Regions."), story.fail("r2")
    good, bad = run(story, first), run(story, second)
    assert (good.hypothesis, good.criteria, good.decision) == ("It gets better.", ("auc >= 0.95",), "46")
    assert good.end is not None
    assert (good.end.verdict, good.end.lesson, good.numbers) == ("supported", "Regions.", (first, finished))
    assert bad.end is not None
    assert (bad.end.failure, bad.numbers) == ("MemoryError", (second, failed))


def test_a_run_that_is_given_up_is_no_longer_open() -> None:
    """An abandoned run has ended, with the reason in the place of a failure."""
    story = Story()
    number = story.start()
    story.tell("run.abandoned", {"run": "r1", "reason": "The node was drained."})
    found = run(story, number)
    assert found.end is not None
    assert (found.outcome, found.end.failure) == ("abandoned", "The node was drained.")


def test_the_last_judgement_of_a_run_is_its_verdict() -> None:
    """A conclusion takes the place of what the end suggested; an invalidation that of both."""
    story = Story()
    number = story.start()
    finished = story.finish()
    assert run(story, number).verdict == "supported"
    concluded = story.tell("run.concluded", {"run": "r1", "verdict": "refuted", "lesson": "Noise."})
    assert (run(story, number).verdict, run(story, number).lesson) == ("refuted", "Noise.")
    invalid = story.tell("run.invalidated", {"run": number, "reason": "Leakage."})
    found = run(story, number)
    assert (found.outcome, found.verdict, found.lesson) == ("finished", "invalid", "Leakage.")
    assert found.numbers == (number, finished, concluded, invalid)


def test_a_judgement_without_a_run_is_a_remark() -> None:
    """What is said of a run that nobody started is named."""
    story = Story()
    number = story.tell("run.invalidated", {"run": "r9", "reason": "Leakage."})
    assert [r.source.number for r in model.fold(story.facts).trail.remarks] == [number]


def test_a_reaffirmed_decision_holds_until_the_next_review() -> None:
    """Looking again changes the day of the next look, and not the status."""
    story = Story()
    number = story.propose(review_by="2026-06-30")
    assert decision(story, number).next_review == "2026-06-30"
    story.accept(number)
    story.tell("decision.reaffirmed", {"decision": number, "reason": "Holds.", "review_by": "2027-06-30"})
    found = decision(story, number)
    assert (found.status, found.next_review, found.settled.number) == ("in force", "2027-06-30", "1")


def test_an_invalidated_decision_holds_no_longer_and_sets_nothing() -> None:
    """Its parameters are no parameters of the model any more."""
    story = Story()
    number = story.propose()
    story.accept(number)
    ended = story.tell("decision.invalidated", {"decision": number, "reason": "The mix has moved."})
    found = decision(story, number)
    assert (found.status, found.settled.number) == ("invalidated", ended)
    assert model.fold(story.facts).decisions.parameters == {}


def test_an_end_finds_its_run_by_the_number_of_the_start() -> None:
    """The name of a run and the number of its start are the same to it."""
    story = Story()
    number = story.start("r1")
    story.finish(number)
    assert run(story, number).outcome == "finished"


def test_a_second_start_or_end_is_a_remark_and_changes_nothing() -> None:
    """The first start of a name and the first end of a run count."""
    story = Story()
    number = story.start("r1", hypothesis="First.")
    story.finish("r1")
    again = story.start("r1", hypothesis="Second.")
    twice = story.fail("r1")
    state = model.fold(story.facts)
    assert run(story, number).outcome == "finished"
    assert [remark.source.number for remark in state.trail.remarks] == [again, twice]


def test_an_end_without_a_start_is_a_remark() -> None:
    """A run that nobody started is named and not counted."""
    story = Story()
    number = story.finish("nobody")
    state = model.fold(story.facts)
    assert state.runs.started == {}
    assert [remark.source.number for remark in state.trail.remarks] == [number]


def test_a_metric_with_steps_shows_its_last() -> None:
    """Of the steps of one metric the highest counts, and a value without a step before all of them."""
    story = Story()
    number = story.start()
    loss = {"name": "loss"}
    story.finish(
        metrics=[
            loss | {"value": 3.0, "step": 1},
            loss | {"value": 1.0, "step": 9},
            loss | {"value": 2.0, "step": 5},
            {"name": "auc", "value": 0.9, "step": 7},
            {"name": "auc", "value": 0.8},
            {"name": "auc", "value": 0.7, "slice": "age < 25"},
        ]
    )
    end = run(story, number).end
    assert end is not None
    assert [(m.name, m.value, m.slice) for m in end.measures] == [
        ("loss", 1.0, None),
        ("auc", 0.8, None),
        ("auc", 0.7, "age < 25"),
    ]


def test_discussion_is_counted_by_what_it_is_about() -> None:
    """Comments are counted, dissent keeps its words, both under the event that they concern."""
    story = Story()
    number = story.propose()
    first = story.tell("comment.added", {"on": number, "text": "Fine."})
    second = story.tell("comment.added", {"on": story.id_of(number), "text": "Really."})
    third = story.tell("dissent.recorded", {"on": number, "text": "Wait for November."}, by="Carol Example")
    found = model.fold(story.facts).discussion
    assert (found.about[number].comments, found.about[number].dissent) == ([first, second], [third])
    assert [(d.source.by, d.text) for d in found.dissent] == [("Carol Example", "Wait for November.")]


@given(histories(("model",)))
def test_every_decision_has_one_status_and_every_run_one_outcome(facts: list[Fact]) -> None:
    """Statuses and outcomes partition what was proposed and tried, whatever the order."""
    state = model.fold(facts)
    decisions, runs = state.decisions, state.runs
    assert sum(len(decisions.by_status(status)) for status in STATUSES) == len(decisions.proposals)
    assert sum(len(runs.of(outcome)) for outcome in OUTCOMES) == len(runs.started)


def test_a_decision_in_haste_is_completed_by_another_of_the_same_person() -> None:
    """The later one takes its place, and the first stays readable with what was said at the time."""
    story = Story()
    first = story.propose(open=["question"], question=None)
    second = story.propose(completes=first)
    found = decision(story, first)
    assert (found.status, found.superseded_by, found.open) == ("superseded", second, ("question",))
    assert decision(story, second).status == "proposed"


def test_nobody_completes_what_is_somebody_elses_or_answered() -> None:
    """It stays as it is, and the attempt is a remark."""
    story = Story()
    first, answered = story.propose(), story.propose()
    story.accept(answered)
    body = PROPOSED | {"completes": first}
    story.tell("decision.proposed", body, by="Mallory Example")
    story.propose(completes=answered)
    state = model.fold(story.facts)
    assert [state.decisions.proposals[n].status for n in (first, answered)] == ["proposed", "in force"]
    assert [remark.text for remark in state.trail.remarks] == [
        f"does not take the place of decision {first}, which is by Alice Example",
        f"does not take the place of decision {answered}, which is in force already",
    ]
