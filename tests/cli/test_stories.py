"""What a listing says of an event in one line."""

import pytest

from mledger.testing.simulator import Simulator
from mledger_cli.stories import story

RUN = {
    "run": "r1",
    "hypothesis": "Depth 3 is enough.",
    "criteria": [{"metric": "auc", "operator": ">=", "value": 0.94}],
}


@pytest.mark.parametrize(
    ("event", "fields", "expected"),
    [
        ("run.started", RUN, "Depth 3 is enough."),
        ("run.finished", {"run": "r1", "verdict": "refuted"}, "r1 refuted"),
        ("run.failed", {"run": "r1", "exit": {"exception_type": "MemoryError"}}, "r1: MemoryError"),
        (
            "run.failed",
            {"run": "r1", "exit": {"exception_type": "ValueError", "message": "no rows"}},
            "r1: ValueError: no rows",
        ),
        ("run.abandoned", {"run": "r1", "reason": "It was drained."}, "r1: It was drained."),
    ],
)
def test_a_run_tells_what_came_of_it(event: str, fields: dict[str, object], expected: str) -> None:
    """A run is listed with its hypothesis; its end with its name, and the verdict or what ended it."""
    simulator = Simulator()
    receipt = simulator.append(event, "model/credit-risk", fields)
    assert story(simulator.reader().fact(receipt.number)) == expected
