"""Roles: what a key may record, given and taken."""

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import Digest, RoleName, Text

_KEY = "b" * 64


@event("role.granted", on=("ledger",))
class RoleGranted(EventBody):
    """A key holds one more role from the next entry on.

    Record it when duties change, one event for each role. The reason is what an auditor reads when
    asking why this person could approve: name the appointment, the deputy rule, the training.
    """

    key: Digest = Field(description="id of the key", examples=[_KEY])
    role: RoleName = Field(description="a role of the policy in force", examples=["reviewer"])
    reason: Text | None = Field(
        default=None, description="why the holder needs it", examples=["Deputy of Bob during November."]
    )


@event("role.revoked", on=("ledger",))
class RoleRevoked(EventBody):
    """A key holds one role less from the next entry on; what it recorded before keeps its weight.

    Record it when a duty ends. If the key itself must not speak any more, record `key.revoked`.
    """

    key: Digest = Field(description="id of the key", examples=[_KEY])
    role: RoleName = Field(description="the role that the key loses", examples=["reviewer"])
    reason: Text | None = Field(
        default=None, description="why the duty ends", examples=["Bob is back; the deputy rule ends."]
    )
