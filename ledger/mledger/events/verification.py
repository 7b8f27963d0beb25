"""Verifications: that the ledger itself was checked, and what was found."""

from typing import Literal

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Count, Digest, Distinct, Line, Many, Name, Part, Position, Refs, Text


class RuleCount(Part):
    """How often one rule was broken."""

    name: Name = Field(description="the rule, as `mledger verify` names it", examples=["key.disputed"])
    count: Count = Field(ge=1, description="how many findings", examples=[3])


@event("verification.performed", on=("ledger",))
class VerificationPerformed(EventBody):
    """Somebody checked the ledger: up to which entry, how far one can trust it, what was wrong.

    Record it as your procedures ask, such as after moving the file or reading back a backup. It
    proves that somebody looked, not that all is well: check again what you rely on. Good content
    says what was relied on besides the file, and on which copy it was done.
    """

    meaning = "review"

    head: Position = Field(
        description="up to where it was checked", examples=[{"entries": 1318, "leaf": "4d77" * 16}]
    )
    root: Digest = Field(description="the root of the tree there", examples=["8c1f" * 16])
    level: Literal["none", "0", "1", "2", "3", "4"] = Field(
        description="the level of trust that was reached; none: its integrity is broken", examples=["2"]
    )
    full: bool = Field(description="whether all was checked, or only what was new", examples=[True])
    relied_on: Many[Line] = Field(
        default=(),
        description="what it was compared with",
        examples=[["checkpoint of 902 entries, from the auditor's letter"]],
    )
    findings: Distinct[RuleCount] = Field(
        default=(), description="what was wrong, by rule", examples=[[{"name": "key.disputed", "count": 3}]]
    )
    program: Line | None = Field(default=None, description="what checked it", examples=["mledger 1.0.0"])
    copy_of: Line | None = Field(
        default=None, description="which copy was checked", examples=["backup of 2026-11-22, read back"]
    )
    notes: Text | None = Field(
        default=None, description="what else there is to say", examples=["Third of four checks of the year."]
    )
    refs: Refs = REFS
