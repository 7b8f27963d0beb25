"""Decisions: what was chosen, against what, and why."""

from typing import Literal

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import (
    REFS,
    Amount,
    Count,
    Day,
    Distinct,
    EventRef,
    Free,
    Line,
    Many,
    Name,
    Number,
    Part,
    Refs,
    Summary,
    Text,
)
from mledger.events.free import refuse, refuse_each

_QUESTIONS = "why this one, which alternatives were there, how did the quality of the data influence it?"


class Alternative(Part):
    """One option that was on the table."""

    name: Name = Field(description="a short name; `choice` repeats it", examples=["keep 2.0 unchanged"])
    description: Text | None = Field(default=None, description="what it would mean", examples=["No new run."])
    pros: Many[Line] = Field(default=(), description="what speaks for it", examples=[["no cost"]])
    cons: Many[Line] = Field(default=(), description="what speaks against it", examples=[["AUC is too low"]])
    why_not: Text | None = Field(
        default=None,
        description="why it was not chosen; required of all but the choice",
        examples=["AUC 0.947 is below the agreed 0.950 (run 40)."],
    )
    refs: Refs = REFS


class ParameterChange(Part):
    """One parameter that the decision sets."""

    name: Name = Field(description="the parameter, spelt as runs report it", examples=["max_depth"])
    before: Free = Field(
        default=None, alias="from", description="the value until now; absent for a new one", examples=[3]
    )
    to: Free = Field(default=None, description="the value from now on; absent if it is dropped", examples=[4])
    justification: Text = Field(
        description="why this value",
        examples=["Depth 3 cannot express the interaction of region and income."],
    )

    @model_validator(mode="after")
    def _changes(self) -> "ParameterChange":
        if self.before is None and self.to is None:
            raise refuse("should have from, to, or both")
        return self


class ExpectedEffect(Part):
    """What the decision is expected to do to one metric, so that it can be compared later."""

    metric: Name = Field(description="the metric, spelt as runs report it", examples=["auc"])
    direction: Literal["increase", "decrease", "none"] = Field(
        description="which way it will move", examples=["increase"]
    )
    size: Number | None = Field(
        default=None, description="by how much, in the metric's own unit", examples=[0.004]
    )
    unit: Line | None = Field(default=None, description="the unit, if it has one", examples=["hours"])
    confidence: Literal["low", "medium", "high"] | None = Field(
        default=None, description="how sure you are", examples=["medium"]
    )


class Impact(Part):
    """What the decision does to one quality of the model."""

    dimension: Literal[
        "performance",
        "robustness",
        "interpretability",
        "fairness",
        "privacy",
        "security",
        "compliance",
        "cost",
    ] = Field(description="the quality", examples=["fairness"])
    effect: Literal["+", "-", "0", "?"] = Field(
        description="better, worse, unchanged, or not known", examples=["-"]
    )
    note: Line | None = Field(
        default=None, description="how that is known", examples=["gap for age < 25 grows by 0.3 pp (run 44)"]
    )


class Limits(Part):
    """What the solution may cost."""

    memory_bytes: Count | None = Field(default=None, description="memory in bytes", examples=[8_000_000_000])
    train_time_s: Amount | None = Field(default=None, description="training time in seconds", examples=[7200])
    latency_ms: Amount | None = Field(default=None, description="latency in milliseconds", examples=[30])
    budget: Line | None = Field(
        default=None, description="money, with its currency", examples=["500 EUR a run"]
    )


class Condition(Part):
    """Something that must stay true for the decision to hold: of a metric, a dataset, or until a day."""

    metric: Name | None = Field(default=None, description="a metric, as runs report it", examples=["auc"])
    dataset: Name | None = Field(
        default=None, description="a dataset; `value` is its version", examples=["applications"]
    )
    date: Day | None = Field(default=None, description="holds until this day", examples=["2027-04-30"])
    operator: Literal["<", "<=", "==", "!=", ">=", ">"] | None = Field(
        default=None, description="how metric or dataset compare with value", examples=["<="]
    )
    value: Free = Field(default=None, description="what it is compared with", examples=["v4"])

    @model_validator(mode="after")
    def _complete(self) -> "Condition":
        if sum(x is not None for x in (self.metric, self.dataset, self.date)) != 1:
            raise refuse("should name exactly one of metric, dataset and date")
        compares = (self.operator is not None) + (self.value is not None)
        if self.date is None and compares != 2:
            raise refuse("should have operator and value")
        if self.date is not None and compares:
            raise refuse("should have neither operator nor value beside date")
        return self


_DECISION = Field(description="the decision.proposed that is meant", examples=["46"])


@event("decision.proposed", on=("model", "dataset"))
class DecisionProposed(EventBody):
    """A choice that somebody will ask about later: the question, the options, the reason, the expectation.

    Record it before the work that follows from it: an architecture, a hyperparameter, a dataset, a
    metric, a deployment. Good content names real alternatives that a sensible colleague might have
    chosen and says of each why not; writes the summary for people who do not train models; and
    states the expected effect as a number, so that the result can contradict it. The fields are
    those of MADR 4, with what models need besides.
    """

    title: Line = Field(
        description="the decision in a phrase",
        examples=["Deeper trees with smaller steps after October refresh"],
    )
    summary: Summary = Field(
        description="the decision and its consequence in plain language",
        examples=["Keeps approval quality after the region mix changed, at twice the training time."],
    )
    category: Literal[
        "architecture", "hyperparameter", "optimizer", "regularization", "feature", "dataset",
        "evaluation", "deployment", "risk", "retirement",
    ] = Field(description="what it is about", examples=["hyperparameter"])  # fmt: skip
    question: Text = Field(
        description="the question that it answers",
        examples=["How do we regain 0.4 pp of AUC that the new region mix cost?"],
    )
    context: Text | None = Field(
        default=None,
        description="the circumstances: what forces the question, and what was known",
        examples=["The October refresh added two regions; 2.0 fell to an AUC of 0.947 (run 40)."],
    )
    business_outcome_ref: EventRef | None = Field(
        default=None, description="the problem.framed whose outcome it serves", examples=["3"]
    )
    drivers: Many[Line] = Field(
        default=(),
        description="what the choice is judged by",
        examples=[["AUC", "fairness", "training time"]],
    )
    alternatives: Distinct[Alternative] = Field(
        min_length=1,
        description="the options, with the choice: at least two, unless single_option_reason is given",
        examples=[
            [
                {
                    "name": "depth 4, smaller steps",
                    "pros": ["AUC 0.9524 (run 44)"],
                    "cons": ["training takes twice as long"],
                },
                {"name": "keep 2.0 unchanged", "why_not": "AUC 0.947 is below the agreed 0.950 (run 40)."},
            ]
        ],
    )
    choice: Name = Field(
        description="the name of the alternative chosen", examples=["depth 4, smaller steps"]
    )
    single_option_reason: Text | None = Field(
        default=None,
        description="why there was only one option",
        examples=["The regulator prescribes the metric."],
    )
    rationale: Text = Field(
        description="why the choice is better than the others, with evidence",
        examples=["It alone reaches the objective, and the fairness gap stays within 0.02 (run 44)."],
    )
    data_quality_influence: Text = Field(
        description="how the quality of the data influenced the choice, or that it did not",
        examples=["September region codes came late (issue 33), so region features were not considered."],
    )
    level: Literal["goal", "component", "parameter"] = Field(
        default="component", description="how far it reaches", examples=["parameter"]
    )
    parent_decision: EventRef | None = Field(
        default=None, description="the decision that it details", examples=["17"]
    )
    parameters: Distinct[ParameterChange] = Field(
        default=(),
        description="the parameters that it sets",
        examples=[
            [{"name": "max_depth", "from": 3, "to": 4, "justification": "Depth 3 misses the interaction."}]
        ],
    )
    expected_effects: Many[ExpectedEffect] = Field(
        default=(),
        description="what it is expected to change, in numbers",
        examples=[[{"metric": "auc", "direction": "increase", "size": 0.004, "confidence": "medium"}]],
    )
    impacts: Many[Impact] = Field(
        default=(),
        description="what it does to each quality of the model",
        examples=[[{"dimension": "fairness", "effect": "0", "note": "gap unchanged (run 44)"}]],
    )
    tradeoffs: Many[Line] = Field(
        default=(), description="what is given up for it", examples=[["training takes twice as long"]]
    )
    consequences: Many[Line] = Field(
        default=(), description="what follows, good or bad", examples=[["thresholds must be set again"]]
    )
    constraints: Limits | None = Field(
        default=None,
        description="what the solution may cost",
        examples=[{"train_time_s": 7200, "latency_ms": 30}],
    )
    validity_conditions: Many[Condition] = Field(
        default=(),
        description="what must stay true; when one fails, the decision is due for review",
        examples=[[{"dataset": "applications", "operator": "<=", "value": "v4"}, {"date": "2027-04-30"}]],
    )
    confirmation: Text | None = Field(
        default=None,
        description="how it will be checked that the decision was carried out and works",
        examples=["The gate compares params.yaml with this event; AUC is monitored weekly."],
    )
    review_by: Day | None = Field(
        default=None, description="when it is looked at again", examples=["2027-04-30"]
    )
    deciders: Many[Line] = Field(
        default=(), description="who decides", examples=[["Alice Example", "Bob Example"]]
    )
    consulted: Many[Line] = Field(default=(), description="who was asked", examples=[["Carol Example"]])
    informed: Many[Line] = Field(default=(), description="who must know", examples=[["credit officers"]])
    dissent: Many[Line] = Field(
        default=(),
        description="objections known when it was proposed; a person's own is dissent.recorded",
        examples=[["Carol Example would wait for the November data"]],
    )
    refs: Refs = REFS

    @model_validator(mode="after")
    def _has_options(self) -> "DecisionProposed":
        names = [option.name for option in self.alternatives]
        wrong = {}
        if len(names) < 2 and self.single_option_reason is None:
            wrong["alternatives"] = f"should be two or more, or single_option_reason should say: {_QUESTIONS}"
        if self.choice not in names:
            wrong["choice"] = f"should be the name of an alternative ({', '.join(names)})"
        for n, option in enumerate(self.alternatives):
            if option.name != self.choice and option.why_not is None:
                wrong[f"alternatives[{n}].why_not"] = (
                    f"is missing, should say why {option.name!r} was not chosen"
                )
        if wrong:
            raise refuse_each(wrong)
        return self


@event("decision.accepted", on=("model", "dataset"))
class DecisionAccepted(EventBody):
    """A proposed decision holds from now on; the signature means approval.

    Record it after reading the alternatives and the evidence, as somebody other than the author
    where the policy asks for four eyes. Good content says what convinced you and what you checked
    yourself; conditions that you attach bind the work that follows.
    """

    answers = ("decision", "decision.proposed")
    meaning = "approval"

    decision: EventRef = _DECISION
    reason: Text | None = Field(
        default=None,
        description="what convinced you, what you checked",
        examples=["Run 44 repeated from a clean checkout: same AUC. Fairness gap within the objective."],
    )
    conditions: Many[Line] = Field(
        default=(), description="what you attach to it", examples=[["the monitor alerts at a PSI of 0.35"]]
    )
    refs: Refs = REFS


@event("decision.rejected", on=("model", "dataset"))
class DecisionRejected(EventBody):
    """A proposed decision will not be carried out; the signature means rejection.

    Good content lets the author propose better: what is missing, what would have to be shown.
    """

    answers = ("decision", "decision.proposed")
    meaning = "rejection"

    decision: EventRef = _DECISION
    reason: Text = Field(
        description="why not, and what would change that",
        examples=["The gap for age < 25 was not measured on the new regions."],
    )
    refs: Refs = REFS


@event("decision.superseded", on=("model", "dataset"))
class DecisionSuperseded(EventBody):
    """A later decision takes the place of an earlier one, which stays readable.

    Record it when the new decision is accepted. Good content says what was learnt in between.
    """

    answers = ("decision", "decision.proposed")

    decision: EventRef = Field(description="the decision.proposed that no longer holds", examples=["17"])
    by: EventRef = Field(description="the decision.proposed that takes its place", examples=["46"])
    reason: Text = Field(
        description="what changed or was learnt",
        examples=["Features of decision 17 were chosen for a region mix that no longer exists."],
    )
    refs: Refs = REFS

    @model_validator(mode="after")
    def _other(self) -> "DecisionSuperseded":
        if self.by == self.decision:
            raise refuse("should be another decision than the one superseded", at="by")
        return self
