"""Replays and differences as people read them."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mledger.chain.history import Fact
from mledger.core.moment import Moment
from mledger.projections import base
from mledger.projections.datasets import dataset
from mledger.projections.diff import compare
from mledger.projections.people import PeopleState, people
from mledger.replay import Cut, Difference, Replay, diff, replay
from mledger.testing.bodies import DATA, DATASET, FRAMED, MODEL, PROPOSED, REFRESHED, REGISTERED
from mledger.testing.simulator import Simulator
from mledger_cli import text
from mledger_cli.page import LABEL, Page, folded, marked
from mledger_cli.rendering import diff_lines, replay_lines
from tests.projections.stories import histories

DANGEROUS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
CUT = Cut(7, 9, Moment("2026-01-05T09:00:00.000000Z"), None, None)
RUN = {
    "run": "depth4",
    "hypothesis": "Depth 4 reaches an AUC of 0.951.",
    "criteria": [{"metric": "auc", "operator": ">=", "value": 0.951}],
    "datasets": [{"name": "applications", "version": "v1", "role": "train"}],
}
ALICE, BOB, CAROL = "Alice Example", "Bob Example", "Carol Example"

PAGE = """\
model/credit-risk: Credit risk
as known on 2026-02-09 23:59Z, 14 of 16 entries

stage         production since 2026-02-07                                   [13]
owner         Alice Example (was Alcie)                                   [3, 4]
purpose       Decide on loans.                                               [3]
problem       Half of the applications are decided by hand.                  [6]
objectives    auc >= 0.95: 0.951, met (depth4)                           [6, 10]

production    2.0 in eu-west since 2026-02-07                               [13]
              no approval recorded

how it came   2026-01-08 registered                                          [3]
              2026-01-17 in development                                      [6]
              2026-02-07 2.0 deployed to production in eu-west, by Alice    [13]
              Example

trained on    applications v1 (900 rows) as train; run depth4,        [5, 9, 10]
              version 2.0
data          applications v1 (900 rows) as train; 1 run, last depth4     [5, 9]

in force      Deeper trees: four; by Alice Example, accepted by Bob       [7, 8]
              Example
parameters    max_depth = 4 (was 3)                                       [7, 8]

runs          1 finished (1 supported), 0 failed, 0 open
              depth4 supported, auc 0.951: Depth 4 reaches an AUC of     [9, 10]
              0.951.
              lesson: Only the new regions.

versions      2.0, run depth4: model.pkl c07dc07dc07d                       [11]

dissent       Carol Example on event 7: Wait for the November data.         [12]

corrected     owner of event 3: Alcie -> Alice Example (Alice Example: A  [3, 4]
              slip.)

not yet known 1 event dated before and recorded later
              dataset.refreshed: v2; 2026-02-09 00:00Z, recorded            [14]
              2026-02-10 09:00Z by Alice Example
"""


@pytest.fixture
def lived() -> Simulator:
    """A model's life of a month, with a refresh that was recorded late."""
    sim = Simulator()
    sim.enrol(BOB, "reviewer")
    sim.enrol(CAROL, "engineer")

    def tell(event: str, fields: dict[str, Any], stream: str = MODEL, **more: Any) -> str:
        sim.clock.forward(days=3, seconds=-1)
        return sim.append(event, stream, fields, **more).number

    sim.clock.forward(seconds=-2)
    first = tell("model.registered", REGISTERED | {"owner": "Alcie"})
    tell("record.corrected", {"event": first, "fields": {"owner": ALICE}, "reason": "A slip."})
    tell("dataset.registered", DATA, DATASET)
    tell("problem.framed", FRAMED)
    decision = tell("decision.proposed", PROPOSED)
    tell("decision.accepted", {"decision": decision}, by=BOB)
    tell("run.started", RUN)
    measured = {"metrics": [{"name": "auc", "value": 0.951}], "verdict": "supported"}
    tell("run.finished", {"run": "depth4", "lesson": "Only the new regions."} | measured)
    files = [{"name": "model.pkl", "sha256": "c07d" * 16}]
    tell("version.released", {"version": "2.0", "notes": "First.", "artifacts": files, "run": "depth4"})
    tell("dissent.recorded", {"on": decision, "text": "Wait for the November data."}, by=CAROL)
    tell("deployment.recorded", {"version": "2.0", "environment": "eu-west", "stage": "production"})
    tell("dataset.refreshed", REFRESHED, DATASET, at="2026-02-09T00:00:00Z")
    tell("model.registered", REGISTERED | {"owner": BOB}, "model/other")
    return sim


def test_a_model_reads_as_a_page(lived: Simulator) -> None:
    """Eighty columns, a label for each kind of statement, the numbers of its events at the right."""
    found = replay(lived.reader(), MODEL, known_at="2026-02-09")
    shown = "\n".join(replay_lines(found)) + "\n"
    assert shown == PAGE


def test_an_overview_reads_as_a_few_lines_for_each(lived: Simulator) -> None:
    """Stage, what is live, owner, counts and the last event, each with its number."""
    shown = replay_lines(replay(lived.reader()))
    assert shown[:9] == [
        "sim.example/ledger",
        "as known now, 16 entries",
        "",
        "credit-risk         production since 2026-02-07                             [13]",
        "                    2.0 in eu-west                                          [13]",
        "                    owner Alice Example                                   [3, 4]",
        "                    runs: 1 finished; decisions: 1 in force; 1 dissent; 1",
        "                    correction",
        "                    last deployment.recorded 2026-02-07                     [13]",
    ]
    assert "people              3 keys, policy default" in shown


def test_a_difference_reads_group_by_group(lived: Simulator) -> None:
    """What came has a plus, what changed an arrow; the group stands once."""
    shown = diff_lines(diff(lived.reader(), 8, 13, MODEL))
    assert shown == [
        "model/credit-risk",
        "from          as known with entry 8, 2026-01-23 09:00Z, 9 of 16 entries",
        "to            as known with entry 13, 2026-02-07 09:00Z, 14 of 16 entries",
        "",
        "data          + dataset applications: v1                                     [9]",
        "evaluation    objective auc: >= 0.95, not measured -> 0.951 >= 0.95,     [6, 10]",
        "              met",
        "promotions    stage: in development -> production                           [13]",
        "              + production in eu-west: 2.0                                  [13]",
        "versions      + 2.0: released: model.pkl c07dc07dc07d                       [11]",
        "runs          + depth4 (9): finished, supported                          [9, 10]",
        "discussion    + dissent of Carol Example from 7 (12): Wait for the          [12]",
        "              November data.",
    ]
    assert diff_lines(diff(lived.reader(), 8, 8))[-1] == "nothing changed"


def test_what_was_recorded_late_says_so(lived: Simulator) -> None:
    """A statement that became known days after the fact carries the days."""
    lived.append("deployment.recorded", "model/other", _DEPLOYED, at="2026-01-20T09:00:00Z")
    shown = replay_lines(replay(lived.reader(), "other"))
    assert any(line.startswith("stage         production since 2026-01-20, LATE 24d") for line in shown)


_DEPLOYED = {"version": "1.0", "environment": "eu", "stage": "production"}


def test_times_are_shown_as_the_caller_wants(lived: Simulator) -> None:
    """The function that shows moments decides the zone and the form."""
    found = replay(lived.reader(), MODEL, known_at="2026-02-09")
    shown = replay_lines(found, moment=lambda moment: f"<{moment[:4]}>")
    assert shown[1] == "as known on <2026>, 14 of 16 entries"


def test_a_state_that_is_not_yet_there_says_so(lived: Simulator) -> None:
    """Before its first event a model has a page with one sentence."""
    shown = replay_lines(replay(lived.reader(), MODEL, known_at="2026-01-06"))
    assert shown == [
        "model/credit-risk",
        "as known on 2026-01-06 23:59Z, 3 of 16 entries",
        "",
        "nothing was recorded of it yet",
    ]


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ([], ""),
        (["41"], "[41]"),
        (["41", "41", "43.2"], "[41, 43.2]"),
        (["1", "2", "3", "4"], "[1, 2, 3, 4]"),
        (["1", "2", "3", "4", "5"], "[1, 2, 3, +2]"),
    ],
)
def test_numbers_stand_in_brackets(numbers: list[str], shown: str) -> None:
    """Each once; of many the first, and how many more."""
    assert marked(numbers) == shown


def test_long_lists_say_how_much_they_leave_out(lived: Simulator) -> None:
    """Of many runs and many late events the first ten stand there, and the number of the others."""
    cut = lived.clock().isoformat()
    lived.clock.forward(days=9)
    for number in range(12):
        lived.append("run.started", MODEL, RUN | {"run": f"r{number}"}, at="2026-01-20T00:00:00Z")
    shown = replay_lines(replay(lived.reader(), MODEL))
    assert "              and 3 earlier runs: --json has all" in shown
    shown = replay_lines(replay(lived.reader(), MODEL, known_at=cut))
    assert shown[-1] == "              and 2 more: --json has all"


def test_a_label_that_is_too_long_stands_above() -> None:
    """A name longer than the margin has a line of its own."""
    page = Page(40)
    page.row("a" * LABEL, "text", ("1",))
    assert page.done() == ["a" * LABEL, " " * LABEL + "text" + " " * 19 + "[1]"]


@given(st.text(max_size=200), st.integers(20, 60))
def test_folding_loses_nothing_and_fits(words: str, columns: int) -> None:
    """Whatever the text, its lines fit, and together they are the text but for white space."""
    lines = folded(words, columns)
    assert all(text.width(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.one_line(words).split())


def a_replay(name: str, facts: list[Fact]) -> Replay:
    """A replay of facts, with data and people beside a model."""
    projection = base.find(name)
    kinds = projection.kinds or ("model", "dataset", "ledger")
    state = projection.fold([f for f in facts if f.stream.partition("/")[0] in kinds])
    data = {"applications": dataset.fold([f for f in facts if f.stream == DATASET])}
    own = people.fold([f for f in facts if f.stream == "ledger"])
    stream = None if name == "overview" else MODEL
    return Replay("acme.example/x", stream, name, CUT, state, data if name == "model" else {}, own)


names = st.sampled_from(["model", "dataset", "people", "overview"])


def is_safe(lines: list[str], width: int) -> bool:
    """Whether lines fit and hold nothing that a terminal would obey."""
    return all(text.width(line) <= width and not DANGEROUS.search(line) for line in lines)


@given(histories(), names, st.integers(60, 140))
@settings(max_examples=60)
def test_any_state_fits_and_is_safe_to_show(facts: list[Fact], name: str, width: int) -> None:
    """No line is too wide or obeyed by a terminal, whatever was recorded."""
    lines = replay_lines(a_replay(name, facts), width)
    assert is_safe(lines, width)
    assert lines[0]
    assert lines[-1]
    assert not any(a == b == "" for a, b in pairwise(lines))


@given(histories(("model",)), st.integers(60, 140))
@settings(max_examples=40)
def test_any_difference_fits_and_is_safe_to_show(facts: list[Fact], width: int) -> None:
    """No line is too wide or obeyed by a terminal, and each change is there."""
    before, after = a_replay("model", []), a_replay("model", facts)
    changes = tuple(compare(before.statements(), after.statements()))
    lines = diff_lines(Difference("acme.example/x", MODEL, CUT, CUT, changes), width)
    assert is_safe(lines, width)
    assert len(lines) >= 4 + len(changes)


def test_a_projection_of_another_distribution_is_shown_by_its_statements(
    lived: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state that this program has no page for still says what it says, with its numbers."""
    found = replace(replay(lived.reader(), "ledger"), projection="novelty")
    monkeypatch.setitem(base._projections._items, "novelty", _Novelty("novelty", PeopleState))
    assert any(line.startswith("people        policy: default") for line in replay_lines(found))


class _Novelty(base.Projection[Any]):
    """A projection that no page is made for; it says what the people's says."""

    def statements(self, state: Any) -> Any:
        return people.statements(state)
