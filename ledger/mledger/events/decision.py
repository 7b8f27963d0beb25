"""Decisions: what was chosen, against what, and why."""

from typing import Literal

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.decision_parts import (
    Alternative,
    Condition,
    ExpectedEffect,
    Impact,
    Limits,
    ParameterChange,
)
from mledger.events.fields import (
    REFS,
    ComingDay,
    DecisionRef,
    Distinct,
    EventRef,
    Line,
    Many,
    Name,
    ProblemRef,
    Refs,
    Text,
)
from mledger.events.free import refuse, refuse_each
from mledger.events.gaps import OpenSummary, OpenText, open_field

_QUESTIONS = "why this one, which alternatives were there, how did the quality of the data influence it?"


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
    open: Distinct[
        Literal[
            "summary", "question", "context", "alternatives", "rationale", "data_quality_influence",
            "business_outcome_ref", "parameters", "expected_effects", "tradeoffs", "validity_conditions",
            "review_by", "refs",
        ]
    ] = Field(
        default=(),
        description="the fields that are still to be filled in, of a decision recorded in haste;"
        " with parameters, why each has its value",
        examples=[["expected_effects"]],
    )  # fmt: skip
    completes: DecisionRef | None = Field(
        default=None,
        description="the decision of yours, not answered yet, whose place this one takes",
        examples=["45"],
    )
    summary: OpenSummary = open_field(
        description="the decision and its consequence in plain language",
        examples=["Keeps approval quality after the region mix changed, at twice the training time."],
    )
    category: Literal[
        "architecture", "hyperparameter", "optimizer", "regularization", "feature", "dataset",
        "evaluation", "deployment", "risk", "retirement",
    ] = Field(description="what it is about", examples=["hyperparameter"])  # fmt: skip
    question: OpenText = open_field(
        description="the question that it answers",
        examples=["How do we regain 0.4 pp of AUC that the new region mix cost?"],
    )
    context: Text | None = Field(
        default=None,
        description="the circumstances: what forces the question, and what was known",
        examples=["The October refresh added two regions; 2.0 fell to an AUC of 0.947 (run 40)."],
    )
    business_outcome_ref: ProblemRef | None = Field(
        default=None, description="the problem.framed whose outcome it serves", examples=["3"]
    )
    objectives: Distinct[Name] = Field(
        default=(),
        description="the measures of success of that problem that it is to move, by their names",
        examples=[["auc"]],
    )
    no_objective: Text | None = Field(
        default=None,
        description="if it serves none of them: why it is made all the same",
        examples=["It changes how runs are logged, and no result."],
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
    rationale: OpenText = open_field(
        description="why the choice is better than the others, with evidence",
        examples=["It alone reaches the objective, and the fairness gap stays within 0.02 (run 44)."],
    )
    data_quality_influence: OpenText = open_field(
        description="how the quality of the data influenced the choice, or that it did not",
        examples=["September region codes came late (issue 33), so region features were not considered."],
    )
    level: Literal["goal", "component", "parameter"] = Field(
        default="component", description="how far it reaches", examples=["parameter"]
    )
    parent_decision: DecisionRef | None = Field(
        default=None, description="the decision that it details", examples=["17"]
    )
    components: Distinct[Name] = Field(
        default=(),
        description="the parts of the model that it is about, as architecture.yaml calls them",
        examples=[["attention-pooling"]],
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
    review_by: ComingDay | None = Field(
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
        if len(names) < 2 and self.single_option_reason is None and "alternatives" not in self.open:
            wrong["alternatives"] = f"should be two or more, or single_option_reason should say: {_QUESTIONS}"
        if self.choice not in names:
            wrong["choice"] = f"should be the name of an alternative ({', '.join(names)})"
        for n, option in enumerate(self.alternatives):
            if option.name != self.choice and option.why_not is None and "alternatives" not in self.open:
                wrong[f"alternatives[{n}].why_not"] = (
                    f"is missing, should say why {option.name!r} was not chosen"
                )
        for n, parameter in enumerate(self.parameters):
            if parameter.justification is None and "parameters" not in self.open:
                wrong[f"parameters[{n}].justification"] = "is missing, should be text"
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
    by: DecisionRef = Field(description="the decision.proposed that takes its place", examples=["46"])
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


@event("decision.reaffirmed", on=("model", "dataset"))
class DecisionReaffirmed(EventBody):
    """Somebody has looked at a decision again: it still holds; the signature means review.

    Record it when a review falls due, or when data, metrics or time have moved beyond what the
    decision named as its conditions. Good content says what was checked anew, with which data, and
    sets the day of the next look.
    """

    answers = ("decision", "decision.proposed")
    meaning = "review"

    decision: EventRef = _DECISION
    reason: Text = Field(
        description="why it still holds",
        examples=["AUC on applications v4 is 0.951; the region mix has settled (event 88)."],
    )
    checked: Many[Line] = Field(
        default=(),
        description="what was looked at again",
        examples=[["AUC and gap on applications v4", "latency of October"]],
    )
    validity_conditions: Many[Condition] = Field(
        default=(),
        description="what must stay true from now on, if it is something else than before",
        examples=[[{"dataset": "applications", "operator": "<=", "value": "v6"}]],
    )
    review_by: ComingDay | None = Field(
        default=None, description="when it is looked at again", examples=["2027-10-31"]
    )
    refs: Refs = REFS


@event("decision.invalidated", on=("model", "dataset"))
class DecisionInvalidated(EventBody):
    """A decision does not hold any more, and nothing has taken its place yet.

    Record it when a condition failed or an assumption proved wrong; `decision.superseded` is for one
    that another decision replaces. Good content says what was observed, and what must not be done
    on the ground of the old decision until there is a new one.
    """

    answers = ("decision", "decision.proposed")
    meaning = "review"

    decision: EventRef = _DECISION
    reason: Text = Field(
        description="what was observed, and why it ends the decision",
        examples=["Share of region 7 is 31 % in applications v5; the features were chosen for 8 %."],
    )
    condition: Condition | None = Field(
        default=None,
        description="the condition that failed, as the decision stated it",
        examples=[{"dataset": "applications", "operator": "<=", "value": "v4"}],
    )
    until_then: Text | None = Field(
        default=None,
        description="what holds until there is a new decision",
        examples=["2.1 stays in production; no release is trained on v5."],
    )
    refs: Refs = REFS
