"""Risks: what may go wrong, and what is done against it."""

from typing import Literal, TypeAlias

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Day, EventRef, Line, Many, Name, Part, Refs, Severity, Text

Likelihood: TypeAlias = Literal["rare", "unlikely", "possible", "likely", "certain"]


class Level(Part):
    """How likely, and how bad."""

    likelihood: Likelihood = Field(description="how likely it is", examples=["possible"])
    impact: Severity = Field(description="how bad it would be", examples=["medium"])
    note: Line | None = Field(
        default=None, description="how that is known", examples=["seen twice in 2025, 40 applications each"]
    )


@event("risk.assessed", on=("model", "dataset"))
class RiskAssessed(EventBody):
    """Something may go wrong: how likely it is, how bad, for whom, and who watches it.

    Record it for each risk that somebody would be blamed for not having seen, and again under the
    same name when the assessment changes; the last one counts. Good content says who is harmed and
    how one would notice. The kind `oversight` is for what people can and cannot catch.
    """

    risk: Name = Field(description="its name, the same whenever it is assessed again", examples=["R-4"])
    title: Line = Field(description="the risk in a phrase", examples=["Reject-inference bias"])
    kind: Literal[
        "performance", "fairness", "privacy", "security", "safety", "legal", "operational", "reputation",
        "oversight", "misuse", "third-party", "environment",
    ] = Field(description="what is at risk", examples=["fairness"])  # fmt: skip
    description: Text = Field(
        description="what may happen, and why",
        examples=["Rejected applicants have no outcome; the model learns from those who were granted."],
    )
    level: Level = Field(
        description="how likely and how bad it is as things stand",
        examples=[{"likelihood": "likely", "impact": "medium"}],
    )
    affected: Many[Line] = Field(
        default=(), description="who is harmed", examples=[["applicants of newly served regions"]]
    )
    signs: Text | None = Field(
        default=None,
        description="how one would notice that it happens",
        examples=["Default rate of the random 1 % that is granted regardless of the score."],
    )
    treatment: Literal["open", "mitigate", "accept", "avoid", "transfer", "closed"] = Field(
        default="open",
        description="what is to be done; open: not decided; closed: it is no risk any more",
        examples=["mitigate"],
    )
    owner: Name | None = Field(default=None, description="who watches it", examples=["Carol Example"])
    review_by: Day | None = Field(
        default=None, description="when it is looked at again", examples=["2027-04-30"]
    )
    refs: Refs = REFS


@event("risk.mitigated", on=("model", "dataset"))
class RiskMitigated(EventBody):
    """Something was done against a risk, and this much of it is left.

    Record it when the measure works, not when it is planned. Good content says how it was verified
    that it works, and what it costs others.
    """

    answers = ("risk", "risk.assessed")

    risk: EventRef = Field(description="the risk.assessed that is meant", examples=["27"])
    measure: Text = Field(
        description="what was done",
        examples=["1 % of applications below the threshold is granted at random, and followed up."],
    )
    kind: Literal["design", "data", "model", "process", "oversight", "security", "training", "contract"] = (
        Field(description="what sort of measure it is", examples=["process"])
    )
    residual: Level = Field(
        description="how likely and how bad it is now",
        examples=[{"likelihood": "possible", "impact": "low"}],
    )
    verified: Text | None = Field(
        default=None,
        description="how it was verified that the measure works",
        examples=["First cohort of 311 followed for six months (event 74)."],
    )
    side_effects: Many[Line] = Field(
        default=(), description="what it costs, and whom", examples=[["expected loss of 40,000 EUR a year"]]
    )
    refs: Refs = REFS
