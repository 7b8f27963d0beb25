"""Dossiers from stories: what rules and reports are given."""

from typing import Any

from mledger.checks import base
from mledger.checks.base import Found
from mledger.checks.world import World
from mledger.core.moment import read_moment
from mledger.events.policy import Policy
from mledger.projections.dossier import Dossier, dossier_of
from mledger.testing.bodies import DATA, DATASET, FRAMED, MODEL
from tests.projections.stories import Story

TODAY = "2026-06-01T12:00:00Z"
DIGEST = DATA["digests"][0]["sha256"]
TRAIN = {"name": "applications", "version": "v1", "role": "train", "digest": DIGEST}


def dossier(story: Story, *, asked: str | None = None, policy: Policy | None = None) -> Dossier:
    """The dossier of the story's model."""
    return dossier_of(
        MODEL,
        lambda stream: [fact for fact in story.facts if fact.stream == stream],
        policy=policy,
        today=read_moment(TODAY),
        entries=len(story.facts),
        asked=asked,
    )


def found(story: Story, rule: str, world: World | None = None, **options: Any) -> list[Found]:
    """What a rule finds in a story."""
    return list(base.find(rule).check(dossier(story, **options), world or World()))


class Life(Story):
    """A story in which nothing is missing: a problem, data, a decision, a run, a release, an approval."""

    def begin(self) -> "Life":
        """Everything up to the first release."""
        self.register()
        self.tell("problem.framed", FRAMED)
        self.tell("dataset.registered", DATA, stream=DATASET)
        self.decision = self.decide()
        self.accept_with_reason(self.decision)
        self.made("1.0", "r1")
        return self

    def decide(self, **fields: Any) -> str:
        """A decision without a gap, which selects the data."""
        whole = {
            "objectives": ["auc"],
            "expected_effects": [{"metric": "auc", "direction": "increase", "size": 0.004}],
            "refs": [{"rel": "selects", "digest": DIGEST}],
        }
        return self.propose(**(whole | fields))

    def accept_with_reason(self, decision: str) -> str:
        """An acceptance that says why."""
        return self.tell(
            "decision.accepted", {"decision": decision, "reason": "Run again."}, by="Bob Example"
        )

    def made(self, version: str, run: str, **fields: Any) -> str:
        """A run that ended well, and a release of what it made."""
        whole = {"datasets": [TRAIN], "git": {"commit": "3fa9c1e0" * 5}, "decision": self.decision}
        params = {"learning_rate": 0.1, "max_depth": 4}
        self.start(run, **({"params": params} | whole | fields))
        self.finish(run)
        return self.release(version, run=run, decisions=[self.decision])


def life() -> Life:
    """A life in which no rule finds anything."""
    return Life().begin()
