"""Rollbacks: an earlier version serves again."""

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, EventRef, Line, Name, Refs, Text
from mledger.events.free import refuse


@event("rollback.executed", on=("model",))
class RollbackExecuted(EventBody):
    """A stage went back to an earlier version.

    Record it as soon as the switch is made; the analysis can follow in a comment. Good content says
    what was observed, by whom, and which requests were answered by the version that was withdrawn.
    """

    from_version: Name = Field(description="the version that was withdrawn", examples=["2.1"])
    to_version: Name = Field(description="the version that serves again", examples=["2.0"])
    stage: Name = Field(description="the stage that it concerns", examples=["production"])
    reason: Text = Field(
        description="what was observed, and what was feared",
        examples=["Approval rate of the new regions doubled within an hour of the deployment."],
    )
    request: EventRef | None = Field(
        default=None,
        description="the promotion.requested that lets the earlier version stand there",
        examples=["31"],
    )
    environment: Name | None = Field(
        default=None,
        description="where, if not everywhere in the stage",
        examples=["eu-west production cluster"],
    )
    affected: Line | None = Field(
        default=None,
        description="what the withdrawn version decided in the meantime",
        examples=["1,204 applications between 10:31 and 11:40 UTC, to be decided again"],
    )
    refs: Refs = REFS

    @model_validator(mode="after")
    def _moves(self) -> "RollbackExecuted":
        if self.from_version == self.to_version:
            raise refuse("should be another version than from_version", at="to_version")
        return self
