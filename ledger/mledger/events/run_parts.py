"""What a run is made of: code, environment, machine, outcome."""

from pydantic import Field, model_validator

from mledger.events.fields import (
    Amount,
    Commit,
    Count,
    DecisionRef,
    Digest,
    Label,
    Line,
    Many,
    Name,
    Number,
    Params,
    Part,
    Text,
)
from mledger.events.free import refuse


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


class Capture(Part):
    """How something was found out about a run without being told, or why it was not."""

    name: Name = Field(description="what was looked for", examples=["git"])
    how: Line | None = Field(
        default=None, description="where it was found", examples=["git status, git diff HEAD"]
    )
    gap: Line | None = Field(
        default=None, description="what could not be found, and why", examples=["no commit yet"]
    )

    @model_validator(mode="after")
    def _says_something(self) -> "Capture":
        if self.how is None and self.gap is None:
            raise refuse("should have how, gap, or both")
        return self


class Hardware(Part):
    """The machine that the run used."""

    cpu: Line | None = Field(
        default=None, description="processor and cores", examples=["EPYC 7443, 24 cores"]
    )
    ram_bytes: Count | None = Field(default=None, description="memory in bytes", examples=[137_438_953_472])
    gpu: Line | None = Field(default=None, description="accelerators", examples=["1 x RTX A6000"])
    driver: Line | None = Field(default=None, description="driver of the accelerator", examples=["560.35"])
    cuda: Line | None = Field(default=None, description="version of CUDA or its like", examples=["12.6"])


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


class ParamReason(Part):
    """Why one parameter has its value: in words, by the decision that set it, or both."""

    name: Label = Field(description="the parameter, spelt as in params", examples=["max_depth"])
    decision: DecisionRef | None = Field(
        default=None, description="the decision that set it", examples=["46"]
    )
    reason: Text | None = Field(
        default=None, description="why this value", examples=["Depth 3 misses the interaction."]
    )

    @model_validator(mode="after")
    def _says_something(self) -> "ParamReason":
        if self.decision is None and self.reason is None:
            raise refuse("should have a decision, a reason, or both")
        return self


class Tuning(Part):
    """How values of parameters were searched for."""

    method: Line = Field(description="how values are chosen", examples=["TPE of optuna 4.1"])
    space: Params = Field(
        description="each parameter with the values among which it was searched",
        examples=[{"max_depth": [3, 4, 5, 6], "learning_rate": {"low": 0.01, "high": 0.3, "log": True}}],
    )
    objective: Line | None = Field(
        default=None, description="what was optimised", examples=["maximize auc on validation"]
    )
    budget: Line | None = Field(
        default=None, description="when the search ends", examples=["60 trials or 8 hours"]
    )
    trials: Many[Name] = Field(
        default=(),
        description="the runs that it tried, by their names",
        examples=[["depth3", "depth4"]],
    )

    @model_validator(mode="after")
    def _has_a_space(self) -> "Tuning":
        if not self.space:
            raise refuse("should name at least one parameter", at="space")
        return self


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


class Series(Part):
    """What a metric measured at many steps came to; the values themselves are in a file."""

    name: Name = Field(description="the metric", examples=["loss"])
    dataset: Name | None = Field(
        default=None, description="measured on which data", examples=["applications@v3"]
    )
    slice: Line | None = Field(default=None, description="for which part of it", examples=["age < 25"])
    count: Count = Field(description="how many values there are", examples=[4000])
    last: Number = Field(description="the last value", examples=[0.31])
    last_step: Count | None = Field(default=None, description="its step", examples=[3999])
    best: Number | None = Field(
        default=None, description="the best value, where a criterion says which that is", examples=[0.29]
    )
    best_step: Count | None = Field(default=None, description="its step", examples=[3120])
    min: Number | None = Field(default=None, description="the least finite value", examples=[0.29])
    max: Number | None = Field(default=None, description="the largest finite value", examples=[2.30])
    not_finite: Count | None = Field(
        default=None, description="how many values are NaN or infinite, if any are", examples=[3]
    )


class Outcome(Part):
    """What came of one criterion that was stated before the run."""

    metric: Name = Field(description="the metric of the criterion", examples=["auc"])
    value: Number = Field(description="what was measured", examples=[0.9524])
    met: bool = Field(description="whether the criterion is met", examples=[True])


def distinct_series(series: tuple[Series, ...]) -> None:
    """Refuse a metric that is summed up twice for the same data and slice."""
    seen: set[tuple[object, ...]] = set()
    for n, one in enumerate(series):
        key = (one.name, one.dataset, one.slice)
        if key in seen:
            text = f"should differ in name, dataset or slice, but {one.name!r} is there twice"
            raise refuse(text, at=f"series[{n}]")
        seen.add(key)
