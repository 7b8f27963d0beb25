"""Fields that the events of a run share, or that are long."""

from typing import Any

from pydantic import Field

RUN: Any = Field(
    description="the name of the run, unique in the model; the event number of run.started will do",
    examples=["2026-11-23-depth4"],
)
UNSTATED: Any = Field(
    default=None,
    description="why there is no hypothesis or no criterion, if one is missing: a gap that stays visible",
    examples=["imported: the tool that recorded it asks for none"],
)
CAPTURES: Any = Field(
    default=(),
    description="how code, packages, machine and the like were found out, and what was not",
    examples=[[{"name": "gpu", "gap": "nvidia-smi is not installed"}]],
)
RAN_WITH: Any = Field(
    default=(),
    description="files that say what it ran with: configuration, changes since the commit, lock file",
    examples=[[{"name": "params.yaml", "sha256": "9a" * 32, "role": "configuration"}]],
)
PLAN: Any = Field(
    default=None,
    description="the plan.agreed or plan.amended that it follows, whoever signed it",
    examples=["12"],
)
REPRODUCES: Any = Field(default=None, description="the run.started that it repeats", examples=["40"])
TOLERANCE: Any = Field(
    default=None,
    description="how far a metric may be from that of the run that it repeats",
    examples=[0.001],
)
CHECKPOINT_POLICY: Any = Field(
    default=None,
    description="which states are kept on the way",
    examples=["the best by validation logloss, and the last"],
)
TUNING: Any = Field(
    default=None,
    description="how values of parameters were searched for",
    examples=[{"method": "TPE of optuna 4.1", "space": {"max_depth": [3, 4, 5, 6]}, "budget": "60 trials"}],
)
REASONS: Any = Field(
    default=(),
    description="why a parameter has its value",
    examples=[[{"name": "max_depth", "decision": "46"}]],
)
EARLY_STOPPING: Any = Field(
    default=None,
    description="the rule by which training will stop early",
    examples=[{"criterion": "validation logloss, 1e-4", "patience": 50}],
)
CHECKPOINTS: Any = Field(
    default=(),
    description="states kept on the way",
    examples=[[{"name": "step-800.ckpt", "sha256": "8c1f" * 16}]],
)
SEEDS: Any = Field(
    default_factory=dict,
    description="the seed of each random generator",
    examples=[{"python": 7, "numpy": 7, "torch": 7}],
)
DETERMINISM_FLAGS: Any = Field(
    default_factory=dict,
    description="switches that make results repeatable",
    examples=[{"torch.use_deterministic_algorithms": True}],
)
ARTIFACTS_UNTIL: Any = Field(
    default=(),
    description="the files that it had made until then",
    examples=[[{"name": "step-100.ckpt", "sha256": "8c1f" * 16}]],
)

# What a run says when it ends, because it was not known when it started.
LATE_PARAMS: Any = Field(
    default_factory=dict,
    description="parameters that were not known at the start",
    examples=[{"n_features": 30}],
)
LATE_REASONS: Any = Field(
    default=(),
    description="why such a parameter has its value",
    examples=[[{"name": "n_features", "reason": "All that survive the filter."}]],
)
LATE_SEEDS: Any = Field(
    default_factory=dict, description="seeds that were set after the start", examples=[{"numpy": 7}]
)
LATE_DATASETS: Any = Field(
    default=(),
    description="data that it read and that was not named at the start",
    examples=[[{"name": "applications", "version": "v3", "role": "test"}]],
)
SERIES: Any = Field(
    default=(),
    description="metrics measured at many steps, summed up",
    examples=[[{"name": "loss", "count": 4000, "last": 0.31, "min": 0.29, "max": 2.3}]],
)
TOLD_UNTIL: Any = Field(
    default=(),
    description="how it is known what the run was told until then, if nobody says it from memory",
    examples=[[{"name": "journal", "how": "the file that process 4711 wrote until 02:14"}]],
)
NOTES: Any = Field(
    default=(), description="what was noted on the way", examples=[["Loss flat from step 800 on."]]
)
FILES: Any = Field(
    default=(),
    description="files about it: the values of metrics at each step, the traceback",
    examples=[[{"name": "metrics.csv", "sha256": "0ddb" * 16, "role": "metrics by step"}]],
)
GAPS: Any = Field(
    default=(),
    description="what could not be recorded, and why",
    examples=[["criterion auc >= 0.951: auc was never measured"]],
)
