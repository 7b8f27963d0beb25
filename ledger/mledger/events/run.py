"""Runs: what was tried, with what, and what came of it."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import (
    REFS,
    Amount,
    Count,
    Digest,
    Distinct,
    EventRef,
    File,
    Line,
    Many,
    Name,
    Number,
    Params,
    Part,
    Refs,
    String,
    Text,
    Uri,
)
from mledger.events.free import refuse
from mledger.events.words import Means

Commit: TypeAlias = Annotated[
    String,
    Field(pattern="^([0-9a-f]{40}|[0-9a-f]{64})$"),
    Means("a commit of 40 or 64 lower-case hex digits"),
]

RUN = Field(
    description="the name of the run, unique in the model; the event number of run.started will do",
    examples=["2026-11-23-depth4"],
)


class Criterion(Part):
    """One comparison that decides, stated before the result exists."""

    metric: Name = Field(description="the metric, spelt as the run reports it", examples=["auc"])
    operator: Literal["<", "<=", "==", "!=", ">=", ">"] = Field(
        description="how the result must compare", examples=[">="]
    )
    value: Number = Field(description="with what", examples=[0.951])
    dataset: Name | None = Field(
        default=None, description="measured on which data", examples=["applications@v3"]
    )


class DatasetUse(Part):
    """A dataset that the run reads, in one state, for one purpose."""

    name: Name = Field(description="the dataset, by its name here", examples=["applications"])
    version: Name | None = Field(default=None, description="its state", examples=["v3"])
    digest: Digest | None = Field(
        default=None, description="the SHA-256 of what was read", examples=["77ab" * 16]
    )
    role: Line = Field(
        description="what it is read for: train, validation, test or reference", examples=["train"]
    )


class Git(Part):
    """The code, by its commit."""

    commit: Commit = Field(description="the commit, in full", examples=["3fa9c1e0" * 5])
    remote: Line | None = Field(
        default=None, description="the repository", examples=["git@git.acme.example:ml/credit-risk.git"]
    )
    branch: Line | None = Field(default=None, description="the branch", examples=["main"])
    dirty: bool = Field(default=False, description="whether files differed from the commit", examples=[False])
    diff_digest: Digest | None = Field(
        default=None, description="the SHA-256 of the difference, if dirty", examples=["d1" * 32]
    )


class Environment(Part):
    """The software around the code."""

    python: Line | None = Field(default=None, description="the version of Python", examples=["3.11.9"])
    os: Line | None = Field(default=None, description="the operating system", examples=["Linux 6.8 x86_64"])
    packages: Params = Field(
        default_factory=dict,
        description="each package with its version",
        examples=[{"numpy": "2.1.3", "xgboost": "2.1.2"}],
    )
    packages_digest: Digest | None = Field(
        default=None, description="the SHA-256 of the lock file", examples=["ab" * 32]
    )
    container_digest: Digest | None = Field(
        default=None, description="the SHA-256 of the container image", examples=["5e0a" * 16]
    )


class Hardware(Part):
    """The machine that the run used."""

    cpu: Line | None = Field(
        default=None, description="processor and cores", examples=["EPYC 7443, 24 cores"]
    )
    ram_bytes: Count | None = Field(default=None, description="memory in bytes", examples=[137_438_953_472])
    gpu: Line | None = Field(default=None, description="accelerators", examples=["1 x RTX A6000"])
    driver: Line | None = Field(default=None, description="driver of the accelerator", examples=["560.35"])
    cuda: Line | None = Field(default=None, description="version of CUDA or its like", examples=["12.6"])


class Metric(Part):
    """One measured value, with what it was measured on."""

    name: Name = Field(description="the metric", examples=["auc"])
    value: Number = Field(
        description="the value; a metric that diverged is NaN or Infinity", examples=[0.9524]
    )
    step: Count | None = Field(default=None, description="the step or epoch", examples=[120])
    dataset: Name | None = Field(
        default=None, description="measured on which data", examples=["applications@v3"]
    )
    slice: Line | None = Field(default=None, description="for which part of it", examples=["age < 25"])
    ci_low: Number | None = Field(default=None, description="lower end of the interval", examples=[0.9502])
    ci_high: Number | None = Field(default=None, description="upper end of the interval", examples=[0.9546])


class Resources(Part):
    """What the run used up."""

    wall_s: Amount | None = Field(default=None, description="elapsed time in seconds", examples=[3127.4])
    cpu_s: Amount | None = Field(default=None, description="processor time in seconds", examples=[40_120.0])
    gpu_s: Amount | None = Field(default=None, description="accelerator time in seconds", examples=[2980.0])
    peak_memory_bytes: Count | None = Field(
        default=None, description="largest memory in bytes", examples=[6_120_000_000]
    )
    energy_kwh: Amount | None = Field(default=None, description="energy in kWh", examples=[1.2])
    cost: Line | None = Field(default=None, description="money, with its currency", examples=["4.10 EUR"])


class EarlyStopping(Part):
    """When training was to stop by itself, and whether it did."""

    criterion: Line = Field(description="what was watched", examples=["validation logloss, 1e-4"])
    patience: Count | None = Field(default=None, description="steps without progress", examples=[50])
    triggered_at: Count | None = Field(
        default=None, description="the step at which it stopped; absent if it did not", examples=[812]
    )


class Exit(Part):
    """How the run ended when it failed."""

    exception_type: Line = Field(
        description="the class of the exception", examples=["torch.OutOfMemoryError"]
    )
    message: Text | None = Field(
        default=None, description="its message", examples=["CUDA out of memory: tried to allocate 2.50 GiB"]
    )
    traceback_digest: Digest | None = Field(
        default=None, description="the SHA-256 of the traceback", examples=["ee" * 32]
    )
    status: int | None = Field(
        default=None, ge=-(2**31), lt=2**32, description="the exit status of the process", examples=[1]
    )


def _distinct_metrics(metrics: tuple[Metric, ...]) -> None:
    seen: set[tuple[object, ...]] = set()
    for n, m in enumerate(metrics):
        key = (m.name, m.step, m.dataset, m.slice)
        if key in seen:
            raise refuse(
                f"should differ in name, step, dataset or slice, but {m.name!r} is there twice",
                at=f"metrics[{n}]",
            )
        seen.add(key)


@event("run.started", on=("model",))
class RunStarted(EventBody):
    """An experiment begins: what is expected, by what it will be judged, with what it runs.

    Record it before the first result exists; `mledger.run(...)` does, and fills in code, packages
    and hardware. Hypothesis and criteria are signed here so that nobody can fit them to the result.
    Good content is a hypothesis that can be wrong, and criteria with numbers.
    """

    run: Name = Field(description="a name for the run, unique in the model", examples=["2026-11-23-depth4"])
    hypothesis: Text = Field(
        description="what you expect, and why; a sentence that the result can refute",
        examples=["Depth 4 with lr 0.05 reaches an AUC of 0.951 on applications v3."],
    )
    criteria: Many[Criterion] = Field(
        min_length=1,
        description="what must come out for the hypothesis to count as supported",
        examples=[[{"metric": "auc", "operator": ">=", "value": 0.951}]],
    )
    predicted: Many[Criterion] = Field(
        default=(),
        description="what you guess will come out",
        examples=[[{"metric": "auc", "operator": ">=", "value": 0.953}]],
    )
    decision: EventRef | None = Field(
        default=None, description="the decision that it serves or tests", examples=["46"]
    )
    params: Params = Field(
        default_factory=dict, description="the parameters", examples=[{"max_depth": 4, "learning_rate": 0.05}]
    )
    param_reasons: Params = Field(
        default_factory=dict,
        description="why a parameter has its value",
        examples=[{"max_depth": "decision 46"}],
    )
    params_digest: Digest | None = Field(
        default=None, description="the SHA-256 of the configuration file", examples=["9a" * 32]
    )
    seeds: Params = Field(
        default_factory=dict,
        description="the seed of each random generator",
        examples=[{"python": 7, "numpy": 7, "torch": 7}],
    )
    determinism_flags: Params = Field(
        default_factory=dict,
        description="switches that make results repeatable",
        examples=[{"torch.use_deterministic_algorithms": True}],
    )
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
    reproduces: EventRef | None = Field(
        default=None, description="the run.started that it repeats", examples=["40"]
    )
    tags: Many[Name] = Field(default=(), description="words to find it by", examples=[["october", "depth"]])
    refs: Refs = REFS


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
    verdict: Literal["supported", "refuted", "inconclusive", "invalid"] | None = Field(
        default=None,
        description="what the result says about the hypothesis; invalid: the run itself was wrong",
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
    checkpoints: Distinct[File] = Field(
        default=(),
        description="states kept on the way",
        examples=[[{"name": "step-800.ckpt", "sha256": "8c1f" * 16}]],
    )
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
    refs: Refs = REFS

    @model_validator(mode="after")
    def _distinct(self) -> "RunFinished":
        _distinct_metrics(self.metrics)
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
    refs: Refs = REFS

    @model_validator(mode="after")
    def _distinct(self) -> "RunFailed":
        _distinct_metrics(self.metrics)
        return self
