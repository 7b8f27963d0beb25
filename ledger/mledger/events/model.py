"""Machine-learning models: their entry into the register, and their end."""

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Day, Line, Many, Refs, Text, Uri


@event("model.registered", on=("model",))
class ModelRegistered(EventBody):
    """A model enters the register: what it is for and who answers for it.

    Record it first, before any run, once for each model; its stream is `model/<name>` from then on.
    Good content lets somebody from another department say in one minute what the model decides,
    for whom, and whom to call. Write what it is for, not how it works: that belongs to decisions.
    The fields are those of a model card that hold for all versions.
    """

    title: Line = Field(description="the model as people call it", examples=["Credit risk, retail"])
    purpose: Text = Field(
        description="what it decides or helps to decide, for whom, with what consequence",
        examples=["Estimates the probability of default of retail applications; below 4 % they are granted."],
    )
    owner: Line = Field(description="the person or role that answers for it", examples=["Alice Example"])
    team: Many[Line] = Field(
        default=(), description="who else works on it", examples=[["Bob Example", "Carol Example"]]
    )
    problem_domain: Line | None = Field(
        default=None, description="the field of work, as the portal's facet", examples=["credit scoring"]
    )
    model_type: Line | None = Field(
        default=None,
        description="the kind of model, as the portal's facet",
        examples=["gradient-boosted trees"],
    )
    data_sources: Many[Line] = Field(
        default=(), description="where its data comes from, in general", examples=[["application forms"]]
    )
    evaluation_criteria: Many[Line] = Field(
        default=(),
        description="by what it is judged, in general",
        examples=[["AUC", "gap between age groups"]],
    )
    risk_class: Line | None = Field(
        default=None,
        description="its class in the scheme that your organisation uses, with the scheme's name",
        examples=["EU AI Act: high-risk"],
    )
    intended_use: Text | None = Field(
        default=None,
        description="where and by whom it may be used",
        examples=["Retail applications in the EU, by credit officers who can overrule it."],
    )
    out_of_scope: Many[Line] = Field(
        default=(), description="uses that it is not made for", examples=[["companies", "pricing"]]
    )
    repository: Uri | None = Field(
        default=None,
        description="where its source code lives",
        examples=["https://git.acme.example/credit-risk"],
    )
    refs: Refs = REFS


@event("model.retired", on=("model",))
class ModelRetired(EventBody):
    """A model is taken out of use for good; its history stays.

    Record it when no version serves any more. Good content says what replaces it, who still
    depended on it, and what happens to weights and data: auditors ask years later.
    """

    reason: Text = Field(
        description="why it ends",
        examples=["Replaced by the scorecard of the group; the last deployment was stopped on 1 November."],
    )
    successor: Line | None = Field(
        default=None, description="the model that takes over, by its name here", examples=["group-scorecard"]
    )
    retention_until: Day | None = Field(
        default=None, description="how long records and weights are kept", examples=["2036-12-31"]
    )
    disposal: Text | None = Field(
        default=None,
        description="what is destroyed, when, by whom, and how that is proved",
        examples=["Weights deleted from all registries on 2036-12-31 by the platform team."],
    )
    still_used: Text | None = Field(
        default=None,
        description="why it is retired although something still uses it",
        examples=["Version 2.1 is replaced on 1 December; nothing else may begin to use it."],
    )
    refs: Refs = REFS
