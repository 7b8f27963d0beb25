"""Plans: what people agreed on before anything was tried."""

from pydantic import Field

from mledger.core.digest import sha256_hex
from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Count, Distinct, EventRef, Line, Many, Name, Part, Refs, Share, Text
from mledger.events.measures import Criterion


class DataSplit(Part):
    """One part into which the data is split, and what it may be used for."""

    name: Name = Field(description="the part", examples=["holdout"])
    rule: Line = Field(
        description="how rows come into it; what keeps it apart from the other parts",
        examples=["20 % of applicants, by hash of the applicant; never seen in training"],
    )
    use: Line | None = Field(
        default=None, description="what it may be used for", examples=["one evaluation for each release"]
    )
    share: Share | None = Field(default=None, description="its share of the rows", examples=[0.2])
    seed: Count | None = Field(default=None, description="the seed of the split", examples=[7])


class _Plan(EventBody):
    """What a plan says, whether it is the first or an amended one."""

    title: Line = Field(description="the plan in a phrase", examples=["Regain the AUC lost in October"])
    signatories: Distinct[Name] = Field(
        min_length=1,
        description="who must sign this plan before the first run, by their printed names",
        examples=[["Alice Example", "Bob Example", "Dora Example"]],
    )
    data_sources: Distinct[Line] = Field(
        min_length=1, description="which data may be used", examples=[["applications from v3 on"]]
    )
    feature_steps: Many[Line] = Field(
        default=(),
        description="the steps from raw data to features, in order",
        examples=[["map region codes to 2026", "cap income at its 99.9 % quantile"]],
    )
    splits: Distinct[DataSplit] = Field(
        min_length=1,
        description="how the data is split, and which part may be used for what",
        examples=[[{"name": "holdout", "rule": "20 % of applicants, by hash", "use": "release only"}]],
    )
    evaluation_protocol: Text = Field(
        description="how results are measured and compared",
        examples=["Five-fold cross-validation by applicant; the best of each idea once on the holdout."],
    )
    metrics: Many[Criterion] = Field(
        min_length=1,
        description="what is measured, and the value that is good enough",
        examples=[[{"metric": "auc", "operator": ">=", "value": 0.95}]],
    )
    not_measured: Many[Line] = Field(
        default=(),
        description="what will not be measured though it matters, and why",
        examples=[["acceptance by officers: no field test before December"]],
    )
    refs: Refs = REFS

    @property
    def digest(self) -> str:
        """The SHA-256 of the plan as it is written: the same for all who sign the same plan."""
        return sha256_hex(self.to_bytes())


@event("plan.agreed", on=("model",))
class PlanAgreed(_Plan):
    """The signer agrees to a plan: data, features, protocol and measures, before results exist.

    Record it before the first run, each signatory the same plan word for word: everybody signs the
    whole text, and not a pointer to it. Events with the same body are signatures on one plan; it is
    agreed when all its signatories have signed. Good content leaves no choice open that could be
    made later to fit a result: which data decides, how often the holdout may be looked at.
    """

    meaning = "approval"


@event("plan.amended", on=("model",))
class PlanAmended(_Plan):
    """The signer agrees to another plan in the place of an earlier one, which stays readable.

    Record it when work shows that the plan must change, and before the runs that need the change.
    It holds the whole plan, so that the difference can be shown, and is signed like the first: each
    signatory the same words. Good content says what was known by then, results included.
    """

    answers = ("plan", "plan.agreed", "plan.amended")
    meaning = "approval"

    plan: EventRef = Field(
        description="the plan.agreed or plan.amended whose place it takes, whoever signed it",
        examples=["12"],
    )
    reason: Text = Field(
        description="why the plan changes, and which results were known by then",
        examples=["Region codes came late: October rows are left out. No run has used them yet."],
    )
