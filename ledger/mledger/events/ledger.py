"""The ledger itself: how it was opened."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from mledger.core.names import check_origin
from mledger.errors import MledgerError
from mledger.events.base import EventBody, event
from mledger.events.fields import Line, String
from mledger.events.free import refuse
from mledger.events.key import EXAMPLE_ID, EXAMPLE_PUBLIC, KeyInfo
from mledger.events.policy import Policy
from mledger.events.words import Means


def _origin(text: str) -> str:
    try:
        check_origin(text)
    except MledgerError as error:
        raise refuse(error.message) from None
    return text


Origin: TypeAlias = Annotated[
    String, AfterValidator(_origin), Means("a name without space or +, like acme.example/credit-risk")
]


@event("ledger.opened", on=("ledger",))
class LedgerOpened(EventBody):
    """The first event of a ledger: its name for ever, the first key, and the rules.

    Recorded once, by `mledger init`. Choose an origin under a domain that you own, because two
    ledgers of one origin would look like a fork. The first key needs a role that may enrol others.
    """

    origin: Origin = Field(
        description="the ledger's name for ever, in every signature",
        examples=["acme.example/credit-risk"],
    )
    name: Line | None = Field(
        default=None, description="a title for people", examples=["Credit models of ACME Bank"]
    )
    key: KeyInfo = Field(
        description="the first key, which signs this event",
        examples=[
            {
                "id": EXAMPLE_ID,
                "public": EXAMPLE_PUBLIC,
                "name": "Alice Example",
                "roles": ["owner"],
            }
        ],
    )
    policy: Policy = Field(
        description="the first rules",
        examples=[
            {"name": "acme-default", "roles": {"owner": {"may": ["*"]}}, "four_eyes": ["decision.accepted"]}
        ],
    )

    @model_validator(mode="after")
    def _can_govern(self) -> "LedgerOpened":
        if strange := [role for role in self.key.roles if role not in self.policy.roles]:
            raise refuse(f"should be roles of the policy, but {strange[0]!r} is not", at="key.roles")
        if not self.key.roles:
            raise refuse("should name a role of the policy: nobody else can enrol a key", at="key.roles")
        return self
