"""What reports say, and that each statement rests on events."""

from typing import Any

import pytest
from hypothesis import given, settings

from mledger.chain.history import Fact
from mledger.errors import NotFoundError
from mledger.events.decision_parts import ExpectedEffect
from mledger.projections.effects import judged
from mledger.reports import base
from mledger.reports.base import Document, Table
from tests.checks.dossiers import Life, dossier, life
from tests.checks.test_contract import any_dossier
from tests.projections.stories import Story, histories

NAMES = {"assurance", "objectives", "learning", "dead-ends", "concessions", "impact", "trace", "data-story"}


def told(story: Story, name: str) -> Document:
    """A report of the story's model."""
    return base.find(name).of(dossier(story))


def rows(document: Document, section: str) -> list[tuple[str, ...]]:
    """The cells of the tables of a section, with the events of each row at the end."""
    (found,) = [part for part in document.sections if part.title == section]
    tables = [block for block in found.blocks if isinstance(block, Table)]
    return [(*row.cells, ", ".join(row.numbers)) for table in tables for row in table.rows]


def claims(document: Document, section: str) -> list[tuple[str, str]]:
    """The labels and words of the claims of a section."""
    (found,) = [part for part in document.sections if part.title == section]
    return [(block.label, block.words) for block in found.blocks if not isinstance(block, Table)]


def test_every_report_is_known() -> None:
    """Reports are found by name, and an unknown one has near ones."""
    assert set(base.names()) >= NAMES
    with pytest.raises(NotFoundError, match="dead-ends"):
        base.find("dead-end")


@given(histories())
@settings(max_examples=60)
def test_reports_rest_on_events(facts: list[Fact]) -> None:
    """Over any history each report is made, the same again, and cites events that are there."""
    given = any_dossier(facts, None)
    for name in base.names():
        if base.find(name).about == "dataset":
            continue
        made = base.find(name).of(given)
        assert made == base.find(name).of(given)
        assert set(made.numbers) <= set(given.ids)
        assert made.markdown()
        for section in made.sections:
            for block in section.blocks:
                widths = [len(row.cells) for row in block.rows] if isinstance(block, Table) else []
                assert not isinstance(block, Table) or set(widths) == {len(block.columns)}


def test_objectives_compare_what_was_agreed_with_what_came() -> None:
    """Each measure of success with its threshold, the value of each version, the run, passed or failed."""
    story = life()
    story.start("r2", decision=story.decision)
    story.finish("r2", auc=0.91)
    story.release("1.1", run="r2")
    found = told(story, "objectives")
    assert rows(found, "Objectives") == [
        ("1.1", "auc", "≥ 0.95", "0.91", "failed", "r2", "1, 9, 10"),
        ("1.0", "auc", "≥ 0.95", "0.96", "passed", "r1", "1, 6, 7"),
    ]
    assert rows(found, "Decisions") == [("3 Deeper trees", "in force", "auc", "3")]
    assert claims(found, "Problem")[0] == ("problem", "Half of the applications are decided by hand.")


@pytest.mark.parametrize(
    ("fields", "served"),
    [
        ({"objectives": [], "no_objective": "It logs runs."}, "none, because: It logs runs."),
        ({"objectives": [], "business_outcome_ref": "1"}, "the outcome of event 1"),
        ({"objectives": []}, "says nothing"),
    ],
)
def test_what_a_decision_serves(fields: dict[str, Any], served: str) -> None:
    """A decision serves objectives, an outcome, none with a reason, or does not say."""
    story = life()
    number = story.decide(**fields)
    assert rows(told(story, "objectives"), "Decisions")[-1] == (
        f"{number} Deeper trees",
        "proposed",
        served,
        number,
    )


def learned(size: float, auc: float, direction: str = "increase") -> tuple[str, ...]:
    """What the report says of an expectation, where the release before had an AUC of 0.96."""
    story = life()
    effect = {"metric": "auc", "direction": direction, "size": size, "confidence": "medium"}
    decision = story.decide(title="Smaller steps", expected_effects=[effect])
    story.start("r2", decision=decision)
    story.finish("r2", auc=auc, lesson="Only in new regions.")
    return rows(told(story, "learning"), "Expected and observed")[-1][1:-1]


@pytest.mark.parametrize(
    ("size", "auc", "direction", "said"),
    [
        (0.005, 0.963, "increase", ("auc", "+0.005 (medium)", "+0.003", "missed")),
        (0.003, 0.963, "increase", ("auc", "+0.003 (medium)", "+0.003", "reached")),
        (0.005, 0.957, "increase", ("auc", "+0.005 (medium)", "-0.003", "contradicted")),
        (0.005, 0.95, "decrease", ("auc", "-0.005 (medium)", "-0.01", "reached")),
        (0.005, 0.963, "none", ("auc", "no change (medium)", "+0.003", "reached")),
        (0.001, 0.963, "none", ("auc", "no change (medium)", "+0.003", "contradicted")),
    ],
)
def test_learning_compares_what_was_expected(
    size: float, auc: float, direction: str, said: tuple[str, ...]
) -> None:
    """Expected and observed effect of each decision, and what came of it."""
    assert learned(size, auc, direction) == said


def test_learning_where_every_run_follows_the_decision() -> None:
    """The first run that follows a decision is what the last is compared with."""
    story = Life()
    story.register()
    effect = {"metric": "auc", "direction": "increase", "size": 0.01}
    number = story.propose(expected_effects=[effect])
    for run, auc in (("r1", 0.90), ("r2", 0.93)):
        story.start(run, decision=number)
        story.finish(run, auc=auc)
    (row,) = rows(told(story, "learning"), "Expected and observed")
    assert row[1:-1] == ("auc", "+0.01", "+0.03", "reached")


def test_learning_without_a_result() -> None:
    """A decision that no run follows, or whose metric nobody measured, is not judged."""
    story = life()
    story.decide(expected_effects=[{"metric": "latency", "direction": "decrease"}])
    assert rows(told(story, "learning"), "Expected and observed")[-1][1:-1] == (
        "latency",
        "decrease",
        "",
        "not measured",
    )
    effect = ExpectedEffect.model_validate({"metric": "auc", "direction": "increase"})
    assert judged(effect, float("nan")) == "not measured"


def test_learning_lists_lessons() -> None:
    """The verdict and the lesson of each run."""
    story = life()
    story.start("r9")
    story.fail("r9")
    story.tell("run.concluded", {"run": "r9", "verdict": "invalid", "lesson": "More\nmemory."})
    assert rows(told(story, "learning"), "Lessons")[-1] == (
        "r9",
        "invalid",
        "It gets better.",
        "More\nmemory.",
        "8, 9, 10",
    )


def dead(story: Life) -> Life:
    """Four dead ends: refuted, failed, given up, invalid."""
    story.start("d1", params={"depth": 3}, hypothesis="Deeper is better.")
    story.finish("d1", auc=0.91, verdict="refuted", lesson="It is not.")
    story.start("d2", params={"depth": 9}, hypothesis="Deeper is better.")
    story.fail("d2")
    story.start("d3", hypothesis="Faster is better.")
    story.tell("run.abandoned", {"run": "d3", "reason": "The node was drained."})
    story.start("d4", hypothesis="Wider is better.")
    story.finish("d4")
    story.tell("run.invalidated", {"run": "d4", "reason": "The split leaked."})
    return story


def test_dead_ends_are_grouped_by_hypothesis_and_parameter() -> None:
    """Refuted, failed, abandoned and invalid runs with reason and lesson, and how many have none."""
    found = told(dead(life()), "dead-ends")
    assert [row[:-1] for row in rows(found, "By hypothesis")] == [
        ("Deeper is better.", "d1", "was refuted: auc >= 0.95: 0.91", "It is not."),
        ("Deeper is better.", "d2", "failed: MemoryError", "no lesson"),
        ("Faster is better.", "d3", "was given up: The node was drained.", "no lesson"),
        ("Wider is better.", "d4", "proved wrong", "The split leaked."),
    ]
    assert [row[:-1] for row in rows(found, "By parameter")] == [("depth", "3", "d1"), ("depth", "9", "d2")]
    assert claims(found, "Reasons") == [("", "4 dead ends, 2 reasons missing")]


def test_concessions_name_limits_and_what_was_given_up() -> None:
    """Limits of decisions, trade-offs, and runs that went over."""
    story = life()
    limits = {"train_time_s": 7200, "memory_bytes": 8_000_000_000, "budget": "500 EUR a run"}
    number = story.decide(constraints=limits, tradeoffs=["training takes twice as long"])
    story.start("r9", decision=number)
    story.finish("r9", resources={"wall_s": 9000.5, "peak_memory_bytes": 9_000_000_000})
    found = told(story, "concessions")
    assert rows(found, "Limits") == [
        (
            f"{number} Deeper trees",
            "proposed",
            "memory 8,000,000,000 bytes, training time 7,200 s, budget 500 EUR a run",
            number,
        )
    ]
    assert rows(found, "Given up")[0][2] == "training takes twice as long"
    assert claims(found, "Over the limit") == [
        ("r9", "memory 9,000,000,000 bytes, at most 8,000,000,000 bytes stated"),
        ("r9", "training time 9,000.5 s, at most 7,200 s stated"),
    ]


def test_impact_is_a_matrix() -> None:
    """A row for each decision, a column for each quality, and how the effect is known."""
    story = life()
    impacts = [
        {"dimension": "performance", "effect": "+"},
        {"dimension": "fairness", "effect": "-", "note": "gap grows by 0.3 pp"},
    ]
    number = story.decide(impacts=impacts)
    refused = story.decide(impacts=impacts)
    story.tell("decision.rejected", {"decision": refused, "reason": "No."})
    found = told(story, "impact")
    assert [row[:-1] for row in rows(found, "Decisions and qualities")] == [
        ("", "", "", "", "", "", "", "", "3 Deeper trees"),
        ("+", "", "", "-", "", "", "", "", f"{number} Deeper trees"),
    ]
    assert claims(found, "How that is known")[0] == (f"{number} fairness", "- gap grows by 0.3 pp")


def test_trace_leads_from_decisions_to_releases() -> None:
    """Each decision with its runs and versions; a run and a version without a decision are orphans."""
    story = life()
    story.start("r9")
    story.release("0.9")
    found = told(story, "trace")
    assert rows(found, "By decision") == [("3 Deeper trees", "in force", "1.0", "r1", "3, 5, 7")]
    assert claims(found, "Orphans") == [("run r9", "It gets better."), ("version 0.9", "New.")]
