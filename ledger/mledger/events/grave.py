"""What a policy calls grave, and who must agree to it."""

from typing import Annotated

from pydantic import AfterValidator, Field

from mledger.events.fields import Count, EventType, Part, RoleName, unique
from mledger.events.free import refuse
from mledger.events.governing import may_be_grave


def _acts(types: tuple[str, ...]) -> tuple[str, ...]:
    for name in types:
        if not may_be_grave(name):
            raise refuse(f"should be types that govern the ledger and can be asked for, but {name} is not")
    return unique(types)


class GraveRule(Part):
    """How many people of which roles must agree before an act has an effect."""

    types: Annotated[tuple[EventType, ...], AfterValidator(_acts)] = Field(
        min_length=1,
        description="the types of event that are grave, among those that govern the ledger",
        examples=[["policy.adopted", "role.granted", "key.revoked", "record.redacted"]],
    )
    needs: dict[RoleName, Annotated[Count, Field(ge=1, le=20)]] = Field(
        min_length=1,
        max_length=20,
        description="so many different people of each role, besides the one who asks",
        examples=[{"admin": 2}],
    )
