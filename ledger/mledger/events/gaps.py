"""Fields that are filled in, or named as still open."""

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, ValidationInfo

from mledger.events.fields import Summary, Text
from mledger.events.free import refuse
from mledger.events.words import ASKED

OPEN = "open"


def _filled(value: object, info: ValidationInfo) -> object:
    if value is None and info.field_name not in info.data.get(OPEN, ()):
        raise refuse(f"is missing, should be text, or be named in {OPEN}")
    return value


OpenText: TypeAlias = Annotated[Text | None, BeforeValidator(_filled)]
OpenSummary: TypeAlias = Annotated[Summary | None, BeforeValidator(_filled)]


def open_field(**about: Any) -> Any:
    """A field that may be left out if the field `open`, which stands before it, names it."""
    return Field(default=None, validate_default=True, json_schema_extra=ASKED, **about)
