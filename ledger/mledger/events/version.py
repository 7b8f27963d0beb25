"""Versions: what is released under a name."""

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, DecisionRef, Distinct, File, Line, Many, Name, Refs, Text
from mledger.events.free import refuse


@event("version.released", on=("model",))
class VersionReleased(EventBody):
    """A version gets its name: these files, from this run, because of these decisions.

    Record it once for each version, when its files will not change any more; what serves where is
    `promotion.*` and `deployment.recorded`. Good content names every decision that went into it,
    says in the notes what users will notice, and states the limitations that a model card would.
    """

    version: Name = Field(description="the name of the version, unique in the model", examples=["2.1"])
    previous: Name | None = Field(default=None, description="the version that it follows", examples=["2.0"])
    artifacts: Distinct[File] = Field(
        min_length=1,
        description="the files that it consists of",
        examples=[[{"name": "model.pkl", "sha256": "c07d" * 16, "size": 48_213_004, "role": "model"}]],
    )
    run: Name | None = Field(
        default=None,
        description="the run that trained it, by its name or the number of its run.started",
        examples=["2026-11-23-depth4"],
    )
    decisions: Distinct[DecisionRef] = Field(
        default=(), description="the decisions that went into it", examples=[["46", "17"]]
    )
    notes: Text = Field(
        description="what changed for those who use it",
        examples=["Trained on applications v3. Scores of the two new regions rise by 6 points on average."],
    )
    limitations: Many[Line] = Field(
        default=(),
        description="where it must not be trusted",
        examples=[["fewer than 200 cases below age 21"]],
    )
    licence: Line | None = Field(
        default=None, description="under which terms it may be used", examples=["internal"]
    )
    refs: Refs = REFS

    @model_validator(mode="after")
    def _new(self) -> "VersionReleased":
        if self.previous == self.version:
            raise refuse("should be another version than previous", at="version")
        return self
