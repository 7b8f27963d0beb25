"""mledger lineage: source, transforms, features, run, model, each with its digest."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.events.base import build
from mledger.ledger import What
from mledger.reports.lineage import Edge, Lineage, Node, dot, lineage, mermaid
from mledger.testing.simulator import Simulator
from tests.cli.asking import MODEL, Run, done, refused_alike, told

RAW, CLEAN, CODE, COMMIT, FILE = ("a1" * 32, "b2" * 32, "c3" * 32, "d4" * 20, "e5" * 32)
DATA = {"title": "x", "origin": "All branches.", "collected_how": "x", "by_whom": "x", "licence": "x"}


@pytest.fixture
def life(run: Run, begun: Path, folder: Path) -> Callable[..., None]:
    """Record events from fields, one after the other; the next is event 2."""

    def record(*events: tuple[str, str, dict[str, Any]]) -> None:
        lines = [json.dumps({"type": kind, "stream": stream, "data": data}) for kind, stream, data in events]
        (folder / "events.jsonl").write_text("\n".join(lines) + "\n")
        done(run("append", "--from", "events.jsonl"))

    return record


REGISTERED = (
    "dataset.registered",
    "dataset/raw",
    DATA
    | {"version": "4", "digests": [{"name": "raw.csv", "sha256": FILE}, {"name": "content", "sha256": RAW}]},
)
FEATURES = (
    "dataset.registered",
    "dataset/features",
    DATA | {"version": "4", "digests": [{"name": "content", "sha256": CLEAN}]},
)
MADE = (
    "transform.recorded",
    "dataset/features",
    {
        "name": "make-features",
        "inputs": [{"name": "raw", "version": "4", "digest": RAW}],
        "outputs": [{"name": "features", "version": "4", "digest": CLEAN}],
        "code": {"sha256": CODE, "path": "features.py"},
        "features_in": ["income"],
        "features_out": ["log_income", "region"],
    },
)
STARTED = (
    "run.started",
    MODEL,
    {
        "run": "depth4",
        "hypothesis": "Deeper is better.",
        "criteria": [{"metric": "auc", "operator": ">=", "value": 0.95}],
        "git": {"commit": COMMIT, "dirty": False},
        "datasets": [
            {"name": "features", "version": "4", "digest": CLEAN, "role": "train"},
            {"name": "features", "version": "4", "digest": CLEAN, "role": "test"},
        ],
    },
)
NO_CODE = (*MADE[:2], {name: value for name, value in MADE[2].items() if name != "code"})
NO_DATA = (*STARTED[:2], {name: STARTED[2][name] for name in ("run", "hypothesis", "criteria")})
OTHER = (*FEATURES[:2], FEATURES[2] | {"digests": [{"name": "content", "sha256": RAW}]})
REFRESHED = (
    "dataset.refreshed",
    "dataset/features",
    {"version": "4", "why": "x", "digests": FEATURES[2]["digests"]},
)
RELEASED = (
    "version.released",
    MODEL,
    {
        "version": "2.1",
        "artifacts": [{"name": "model.pkl", "sha256": "f6" * 32}],
        "run": "depth4",
        "notes": "x",
    },
)
UNNAMED = (*RELEASED[:2], {name: value for name, value in RELEASED[2].items() if name != "run"})
WHOLE = (REGISTERED, FEATURES, MADE, STARTED, RELEASED)


def test_every_step_of_the_way_has_its_digest(run: Run, life: Callable[..., None]) -> None:
    """From the model to the source each node is there, with its digest and its event."""
    life(*WHOLE)
    text = done(run("lineage", "credit-risk@2.1"))
    rows = [" ".join(line.split()) for line in text.splitlines()]
    assert rows == [
        "credit-risk@2.1 model.pkl f6f6f6f6f6f6 [2.5]",
        "trained: run depth4 commit d4d4d4d4d4d4 [2.4]",
        "train: features@4: log_income, region content b2b2b2b2b2b2 [2.2]",
        "transform make-features features.py c3c3c3c3c3c3 [2.3]",
        "income: raw@4 content a1a1a1a1a1a1 [2.1]",
        "source All branches. raw.csv e5e5e5e5e5e5 [2.1]",
        "test: features@4: log_income, region see above [2.2]",
    ]
    graph = told(run("lineage", "credit-risk", "--json"))
    assert graph["missing"] == []
    assert [node["kind"] for node in graph["nodes"]] == [
        "model",
        "run",
        "features",
        "transform",
        "data",
        "source",
    ]
    assert all(node["digest"] and node["event"] for node in graph["nodes"])


def test_a_run_that_made_another_file_did_not_train_the_version(run: Run, life: Callable[..., None]) -> None:
    """It is named by the release, and what it made instead is said."""
    made = {"name": "model.pkl", "sha256": "09" * 32}
    life(*WHOLE, ("run.finished", MODEL, {"run": "depth4", "artifacts": [made]}))
    result = run("lineage", "credit-risk@2.1")
    assert "named: run depth4" in result.stdout
    assert "trained: " not in result.stdout
    line = "model.pkl f6f6f6f6f6f6 is not what run depth4 made: that one is 090909090909"
    assert told(run("lineage", "credit-risk@2.1", "--json"))["missing"] == [line]


def test_pictures_hold_the_same(run: Run, life: Callable[..., None]) -> None:
    """Mermaid and Graphviz are given each node with its digest, and each edge."""
    life(*WHOLE)
    chart = done(run("lineage", "credit-risk@2.1", "--format", "mermaid"))
    assert chart.startswith("flowchart LR\n")
    for part in (
        'n2[/"features@4: log_income, region<br/>content b2b2b2b2b2b2<br/>event 2.2"/]',
        'n2 -->|"train"| n1',
        "n5 --> n4",
    ):
        assert part in chart
    picture = done(run("lineage", "credit-risk@2.1", "--format", "dot"))
    assert 'n0 [shape=box3d, label="credit-risk@2.1\\nmodel.pkl f6f6f6f6f6f6\\nevent 2.5"];' in picture
    assert picture.count("->") == chart.count("-->") == 6


@pytest.mark.parametrize(
    ("events", "missing"),
    [
        ((RELEASED,), ["run depth4 is not recorded"]),
        ((STARTED, RELEASED), ["features@4 is not recorded"]),
        ((FEATURES, STARTED, RELEASED), []),
        (
            (NO_DATA, RELEASED),
            ["run depth4 names no code: neither commit nor digest", "run depth4 names no data"],
        ),
        ((UNNAMED,), ["credit-risk@2.1 does not say which run trained it"]),
        (
            (FEATURES, NO_CODE, STARTED, RELEASED),
            ["transform make-features names no code (2.2)", "raw@4 is not recorded"],
        ),
        ((OTHER, STARTED, RELEASED), ["features@4 has another digest where it was used, b2b2b2b2b2b2"]),
        (
            (REFRESHED, STARTED, RELEASED),
            ["features is not registered, so nobody has said where it comes from"],
        ),
    ],
)
def test_what_is_missing_is_said(
    events: Any, missing: list[str], run: Run, life: Callable[..., None]
) -> None:
    """A run that nobody recorded, data without a record, code without a digest: each is named."""
    life(*events)
    result = run("lineage", "credit-risk@2.1")
    done(result)
    assert result.stderr.splitlines() == [f"missing: {line}" for line in missing]
    assert told(run("lineage", "credit-risk@2.1", "--json"))["missing"] == missing


def test_a_run_is_found_by_number_and_by_file(run: Run, life: Callable[..., None]) -> None:
    """A release may name the number of the run's start; else what published its file tells the run."""
    without = UNNAMED[2]
    published = {
        "name": "model.pkl",
        "sha256": "f6" * 32,
        "size": 3,
        "media_type": "application/octet-stream",
        "run": "depth4",
    }
    life(
        REGISTERED,
        FEATURES,
        STARTED,
        ("version.released", MODEL, without | {"version": "1", "run": "2.3"}),
        ("artifact.published", MODEL, published),
        ("version.released", MODEL, without | {"version": "2"}),
    )
    for version in ("1", "2"):
        assert "run depth4" in done(run("lineage", f"credit-risk@{version}"))


@pytest.mark.parametrize("name", ["depth4", "2.3"])
def test_data_that_a_run_names_later_counts(name: str, run: Run, life: Callable[..., None]) -> None:
    """A script that reads its data after the run began records it with the end, by name or by number."""
    ended = {"run": name, "metrics": [], "verdict": "supported", "datasets": STARTED[2]["datasets"][:1]}
    begun = (*NO_DATA[:2], NO_DATA[2] | {"git": STARTED[2]["git"]})
    life(REGISTERED, FEATURES, begun, ("run.finished", MODEL, ended), RELEASED)
    result = run("lineage", "credit-risk")
    assert "train: features@4" in done(result)
    assert result.stderr == ""


def test_a_correction_is_heeded(run: Run, life: Callable[..., None]) -> None:
    """A release that named the wrong run and was corrected leads to the right one."""
    wrong = RELEASED[2] | {"run": "depth3"}
    life(REGISTERED, FEATURES, STARTED, ("version.released", MODEL, wrong))
    life(("record.corrected", MODEL, {"event": "2.4", "fields": {"run": "depth4"}, "reason": "Typo."}))
    assert "run depth4" in done(run("lineage", "credit-risk"))


def test_what_is_no_version_is_told(run: Run, life: Callable[..., None]) -> None:
    """No release, another version, a dataset: each in one line."""
    refused_alike(run, ["lineage", "credit-risk"], "no version of credit-risk is released")
    life(*WHOLE)
    refused_alike(run, ["lineage", "credit-risk@3"], "there are 2.1")
    refused_alike(run, ["lineage", "features"], "dataset/features is no model")
    refused_alike(run, ["lineage", "nothing@1"], "nothing is recorded on nothing")


def test_circles_and_long_ways_end() -> None:
    """Transforms that lead in a circle end the walk; so do seven hundred of them in a row."""
    simulator = Simulator()
    simulator.append(*RELEASED)
    simulator.append(
        "run.started", MODEL, STARTED[2] | {"datasets": [{"name": "d0", "version": "1", "role": "train"}]}
    )
    ledger = simulator.ledger()

    def step(n: int) -> What:
        into, out = ([{"name": f"d{place % 700}", "version": "1"}] for place in (n + 1, n))
        fields = {"name": f"t{n}", "inputs": into, "outputs": out}
        return What(build("transform.recorded", fields), f"dataset/d{n}")

    steps = [step(n) for n in range(700)]
    for start in range(0, 700, 100):
        ledger.append_all(steps[start : start + 100])
    facts: dict[str, list[Any]] = {}
    for fact in simulator.reader().facts():
        facts.setdefault(fact.stream, []).append(fact)
    graph = lineage(lambda stream: facts.get(stream, []), "credit-risk")
    assert sum(node.kind == "transform" for node in graph.nodes.values()) == 700


@given(text=st.text(min_size=1, max_size=12), label=st.text(max_size=12))
def test_no_name_leaves_its_quotes(text: str, label: str) -> None:
    """Whatever a name holds, it stays within its quotes: a chart has as many lines as nodes and edges."""
    graph = Lineage(
        "m", {"a": Node("a", "data", text), "b": Node("b", "model", text)}, [Edge("a", "b", label)]
    )
    lines = mermaid(graph).split("\n")
    assert len(lines) == 5
    assert all(line.count('"') % 2 == 0 for line in lines)
    drawn = dot(graph).split("\n")
    assert len(drawn) - dot(graph).replace("\\n", "").count("\n") == 1
