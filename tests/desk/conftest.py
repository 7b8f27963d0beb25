"""A company whose policy asks for two reviewers, in memory."""

from typing import Any

import pytest

from mledger.opening import default_policy
from mledger.testing import bodies
from mledger.testing.bodies import MODEL as STREAM
from mledger.testing.simulator import Simulator

ALICE, BOB, CAROL, DORA = (f"{name} Example" for name in ("Alice", "Bob", "Carol", "Dora"))
PROPOSED = bodies.PROPOSED | {
    "expected_effects": [{"metric": "auc", "direction": "increase", "size": 0.004}],
    "tradeoffs": ["twice the training time"],
}


class Company:
    """Carol builds, Bob and Dora review; what they say, each by name."""

    def __init__(self, **policy: Any) -> None:
        """Begin with their keys, and with a policy that has these fields besides."""
        self.sim = Simulator()
        rules = default_policy().model_dump(by_alias=True, exclude_none=True) | policy
        self.say(ALICE, "policy.adopted", {"policy": rules, "reason": "New."}, "ledger")
        for name, role in ((BOB, "reviewer"), (DORA, "reviewer"), (CAROL, "engineer")):
            self.sim.enrol(name, role)

    def say(self, by: str, event: str, fields: dict[str, Any], stream: str = STREAM) -> str:
        """Record an event; its number."""
        return self.sim.append(event, stream, fields, by=by).number

    def ask(self, version: str = "2.1", by: str = CAROL) -> str:
        """Ask for production."""
        fields = {"version": version, "to_stage": "production", "reason": "Objectives met."}
        return self.say(by, "promotion.requested", fields)


@pytest.fixture
def company() -> Company:
    """Two independent reviewers are asked for."""
    return Company(approvals=[{"needs": {"reviewer": 2}, "independent": True}])
