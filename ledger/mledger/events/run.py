"""Runs: what was tried, with what, and what came of it."""

import json
from typing import Any, Literal, TypeAlias

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event, upcast
from mledger.events.fields import (
    REFS,
    Amount,
    DecisionRef,
    Digest,
    Distinct,
    EventRef,
    File,
    Line,
    Many,
    Name,
    Params,
    PlanRef,
    Refs,
    RunRef,
    Text,
    Uri,
)
from mledger.events.free import refuse_each
from mledger.events.measures import Criterion, DatasetUse, Metric, distinct_metrics
from mledger.events.run_fields import (
    ARTIFACTS_UNTIL,
    CAPTURES,
    CHECKPOINT_POLICY,
    CHECKPOINTS,
    DETERMINISM_FLAGS,
    EARLY_STOPPING,
    FILES,
    GAPS,
    LATE_DATASETS,
    LATE_PARAMS,
    LATE_REASONS,
    LATE_SEEDS,
    NOTES,
    PLAN,
    RAN_WITH,
    REASONS,
    REPRODUCES,
    RUN,
    SEEDS,
    SERIES,
    TOLD_UNTIL,
    TOLERANCE,
    TUNING,
    UNSTATED,
)
from mledger.events.run_parts import (
    Capture,
    EarlyStopping,
    Environment,
    Exit,
    Git,
    Hardware,
    Outcome,
    ParamReason,
    Resources,
    Series,
    Tuning,
    distinct_series,
)
from mledger.events.words import ASKED

Verdict: TypeAlias = Literal["supported", "refuted", "inconclusive", "invalid"]


@event("run.started", version=2, on=("model",))
class RunStarted(EventBody):
    """An experiment begins: what is expected, by what it will be judged, with what it runs.

    Record it before the first result exists; `mledger.run(...)` does, and fills in code, packages
    and hardware. Hypothesis and criteria are signed here so that nobody can fit them to the result.
    Good content is a hypothesis that can be wrong, and criteria with numbers.
    """

    run: Name = Field(description="a name for the run, unique in the model", examples=["2026-11-23-depth4"])
    hypothesis: Text | None = Field(
        default=None,
        description="what you expect, and why; a sentence that the result can refute",
        examples=["Depth 4 with lr 0.05 reaches an AUC of 0.951 on applications v3."],
        json_schema_extra=ASKED,
    )
    criteria: Many[Criterion] = Field(
        default=(),
        description="what must come out for the hypothesis to count as supported",
        examples=[[{"metric": "auc", "operator": ">=", "value": 0.951}]],
        json_schema_extra=ASKED,
    )
    unstated: Line | None = UNSTATED
    predicted: Many[Criterion] = Field(
        default=(),
        description="what you guess will come out",
        examples=[[{"metric": "auc", "operator": ">=", "value": 0.953}]],
    )
    decision: DecisionRef | None = Field(
        default=None, description="the decision that it serves or tests", examples=["46"]
    )
    plan: PlanRef | None = PLAN
    params: Params = Field(
        default_factory=dict, description="the parameters", examples=[{"max_depth": 4, "learning_rate": 0.05}]
    )
    param_reasons: Distinct[ParamReason] = REASONS
    params_digest: Digest | None = Field(
        default=None, description="the SHA-256 of the configuration file", examples=["9a" * 32]
    )
    tuning: Tuning | None = TUNING
    early_stopping: EarlyStopping | None = EARLY_STOPPING
    checkpoint_policy: Line | None = CHECKPOINT_POLICY
    seeds: Params = SEEDS
    determinism_flags: Params = DETERMINISM_FLAGS
    datasets: Many[DatasetUse] = Field(
        default=(),
        description="the data that it reads, each state with its role",
        examples=[[{"name": "applications", "version": "v3", "digest": "77ab" * 16, "role": "train"}]],
    )
    git: Git | None = Field(
        default=None,
        description="the code, by its commit",
        examples=[{"commit": "3fa9c1e0" * 5, "branch": "main", "dirty": False}],
    )
    code_digest: Digest | None = Field(
        default=None,
        description="the SHA-256 of the source files, if there is no commit",
        examples=["c0de" * 16],
    )
    cmd: Line | None = Field(
        default=None,
        description="the command that started it",
        examples=["python train.py --config params.yaml"],
    )
    env: Environment | None = Field(
        default=None,
        description="the software around the code",
        examples=[{"python": "3.11.9", "packages": {"numpy": "2.1.3"}}],
    )
    hardware: Hardware | None = Field(
        default=None, description="the machine", examples=[{"gpu": "1 x RTX A6000", "cuda": "12.6"}]
    )
    captures: Distinct[Capture] = CAPTURES
    files: Distinct[File] = RAN_WITH
    reproduces: RunRef | None = REPRODUCES
    tolerance: Amount | None = TOLERANCE
    tags: Many[Name] = Field(default=(), description="words to find it by", examples=[["october", "depth"]])
    refs: Refs = REFS

    @model_validator(mode="after")
    def _expects_something(self) -> "RunStarted":
        lacks = {"hypothesis": self.hypothesis is None, "criteria": not self.criteria}
        if self.unstated is None and any(lacks.values()):
            text = "should be stated before the run; or say in unstated why there is none"
            raise refuse_each({name: text for name, lacking in lacks.items() if lacking})
        return self


@upcast(
    "run.started",
    1,
    new=(
        "plan",
        "tuning",
        "early_stopping",
        "checkpoint_policy",
        "unstated",
        "captures",
        "files",
        "tolerance",
    ),
)
def _reasons_apart(fields: dict[str, Any]) -> dict[str, Any]:
    """In version 1 reasons were an object of free values, in which no program could find a decision."""
    reasons = fields.get("param_reasons") or {}
    rows = [{"name": name, "reason": _reason(said)} for name, said in reasons.items()]
    return fields | {"param_reasons": rows}


def _reason(said: object) -> str:
    """What was said, as text; what is none is shown as JSON."""
    text = said.strip() if isinstance(said, str) else ""
    return text or json.dumps(said, ensure_ascii=False)


@event("run.finished", on=("model",))
class RunFinished(EventBody):
    """An experiment ended as planned: what was measured, and what that says about the hypothesis.

    Record it for every run that ended, above all for those that refute: they are the map of what
    does not work. Good content has the verdict that follows from the criteria and a lesson that a
    colleague can use without repeating the run.
    """

    run: Name = RUN
    metrics: Many[Metric] = Field(
        default=(),
        description="what was measured",
        examples=[
            [
                {"name": "auc", "value": 0.9524, "dataset": "applications@v3"},
                {"name": "gap", "value": 0.013, "slice": "age < 25"},
            ]
        ],
    )
    verdict: Verdict | None = Field(
        default=None,
        description="what the result says about the hypothesis at first sight; run.concluded decides",
        examples=["supported"],
    )
    lesson: Text | None = Field(
        default=None,
        description="what you know now and did not before",
        examples=["The gain comes from the two new regions only."],
    )
    resources: Resources | None = Field(
        default=None, description="what it used up", examples=[{"wall_s": 3127.4, "gpu_s": 2980.0}]
    )
    early_stopping: EarlyStopping | None = Field(
        default=None,
        description="the rule for stopping early, and when it struck",
        examples=[{"criterion": "validation logloss, 1e-4", "patience": 50, "triggered_at": 812}],
    )
    checkpoints: Distinct[File] = CHECKPOINTS
    artifacts: Distinct[File] = Field(
        default=(),
        description="the files that it made",
        examples=[[{"name": "model.pkl", "sha256": "c07d" * 16}]],
    )
    dashboard: Uri | None = Field(
        default=None,
        description="where curves can be seen",
        examples=["https://mlflow.acme.example/#/runs/47"],
    )
    params: Params = LATE_PARAMS
    param_reasons: Distinct[ParamReason] = LATE_REASONS
    seeds: Params = LATE_SEEDS
    datasets: Many[DatasetUse] = LATE_DATASETS
    series: Many[Series] = SERIES
    notes: Many[Text] = NOTES
    files: Distinct[File] = FILES
    gaps: Many[Line] = GAPS
    refs: Refs = REFS

    @model_validator(mode="after")
    def _distinct(self) -> "RunFinished":
        distinct_metrics(self.metrics)
        distinct_series(self.series)
        return self


@event("run.failed", on=("model",))
class RunFailed(EventBody):
    """An experiment broke off: an exception, a lack of memory, a lost machine.

    Record it as faithfully as a success; `with mledger.run(...)` does so and lets the exception
    pass. Good content says what the failure teaches, so that nobody walks into it again.
    """

    run: Name = RUN
    exit: Exit = Field(
        description="how it ended",
        examples=[{"exception_type": "torch.OutOfMemoryError", "message": "CUDA out of memory"}],
    )
    reason: Text | None = Field(
        default=None,
        description="the cause, if it is known",
        examples=["Batch of 4096 does not fit in 48 GB."],
    )
    lesson: Text | None = Field(
        default=None, description="what to do instead", examples=["Accumulate gradients over four batches."]
    )
    metrics: Many[Metric] = Field(
        default=(),
        description="what had been measured until then",
        examples=[[{"name": "loss", "value": "NaN", "step": 112}]],
    )
    resources: Resources | None = Field(
        default=None, description="what it used up", examples=[{"wall_s": 112.0}]
    )
    params: Params = LATE_PARAMS
    param_reasons: Distinct[ParamReason] = LATE_REASONS
    seeds: Params = LATE_SEEDS
    datasets: Many[DatasetUse] = LATE_DATASETS
    series: Many[Series] = SERIES
    notes: Many[Text] = NOTES
    artifacts: Distinct[File] = ARTIFACTS_UNTIL
    files: Distinct[File] = FILES
    gaps: Many[Line] = GAPS
    refs: Refs = REFS

    @model_validator(mode="after")
    def _distinct(self) -> "RunFailed":
        distinct_metrics(self.metrics)
        distinct_series(self.series)
        return self


@event("run.abandoned", on=("model",))
class RunAbandoned(EventBody):
    """An experiment is given up: its process died unheard, or nobody will go on with it.

    Record it for a run that has no end and will have none; it closes what `mledger runs --open`
    lists. `mledger abandon` adds what the run was told until then, if its process left that on this
    machine. Good content tells a lost machine from a lost hope, and says what was seen until then.
    """

    run: Name = RUN
    reason: Text = Field(
        description="why it is given up",
        examples=["The node was drained at night; step 112 of 400."],
    )
    lesson: Text | None = Field(
        default=None, description="what to do instead", examples=["Write checkpoints every 50 steps."]
    )
    metrics: Many[Metric] = Field(
        default=(),
        description="what had been measured until then",
        examples=[[{"name": "loss", "value": 0.41, "step": 112}]],
    )
    params: Params = LATE_PARAMS
    param_reasons: Distinct[ParamReason] = LATE_REASONS
    seeds: Params = LATE_SEEDS
    datasets: Many[DatasetUse] = LATE_DATASETS
    series: Many[Series] = SERIES
    notes: Many[Text] = NOTES
    artifacts: Distinct[File] = ARTIFACTS_UNTIL
    files: Distinct[File] = FILES
    captures: Distinct[Capture] = TOLD_UNTIL
    gaps: Many[Line] = GAPS
    refs: Refs = REFS

    @model_validator(mode="after")
    def _distinct(self) -> "RunAbandoned":
        distinct_metrics(self.metrics)
        distinct_series(self.series)
        return self


@event("run.invalidated", on=("model",))
class RunInvalidated(EventBody):
    """The result of a run must not be relied on: the run itself was wrong.

    Record it when a fault is found in data, code or measurement, however good the result looks.
    The run stays, with what it reported. Good content names the fault, how it was found, and what
    was built on the result: decisions, versions, other runs.
    """

    meaning = "review"

    run: Name = RUN
    reason: Text = Field(
        description="what was wrong",
        examples=["Rows of the holdout were in the training data: the split was by row, not by applicant."],
    )
    found_by: Line | None = Field(
        default=None, description="who noticed, and how", examples=["Carol Example"]
    )
    affects: Distinct[EventRef] = Field(
        default=(), description="the events that relied on it", examples=[["46", "51"]]
    )
    lesson: Text | None = Field(
        default=None, description="how it will not happen again", examples=["Splits are by applicant."]
    )
    refs: Refs = REFS


@event("run.concluded", on=("model",))
class RunConcluded(EventBody):
    """Somebody has looked at a finished run and says what it taught.

    Record it when the result is understood; a person concludes, a program only suggests. It comes
    after the criteria, which are signed in run.started. Good content judges by them, and says in the
    lesson what you know now and did not before: of refuted runs the lessons are the map of dead ends.
    """

    run: Name = RUN
    verdict: Verdict = Field(
        description="what the result says about the hypothesis; invalid: the run itself was wrong",
        examples=["supported"],
    )
    lesson: Text = Field(
        description="what you know now and did not before",
        examples=["The gain comes from the two new regions only."],
    )
    outcomes: Many[Outcome] = Field(
        default=(),
        description="each criterion with what came of it",
        examples=[[{"metric": "auc", "value": 0.9524, "met": True}]],
    )
    next: Text | None = Field(
        default=None,
        description="what follows: a decision, another run, nothing",
        examples=["Propose depth 4 for 2.1."],
    )
    refs: Refs = REFS
