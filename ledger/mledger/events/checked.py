"""The base of events and parts: checked, frozen, with our own errors."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from mledger.errors import InputError
from mledger.events import messages

LIST_COMMAND = "mledger types"


class Checked(BaseModel):
    """A value from outside: checked when it is made, refuses what it does not know, never changes."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True, serialize_by_alias=True
    )

    def __init__(self, /, **fields: Any) -> None:
        """Check the fields; InputError lists every wrong one in one line."""
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise input_error(type(self), error) from None

    # Without this mark pydantic would call __init__ for each value that it validates, at ten times the cost.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]


def input_error(cls: type[BaseModel], error: ValidationError) -> InputError:
    """The error for fields that do not fit `cls`; `fields` in its details has them one by one."""
    wrong = messages.wrong_fields(cls, error)
    name = messages.label(cls)
    fix = f"{LIST_COMMAND} {name}" if "." in name else None
    return InputError(f"{name}: {messages.join(wrong)}", fix=fix, type=name, fields=wrong)
