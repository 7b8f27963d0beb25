"""Event types that a policy declares: a class made from each schema."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, create_model, model_validator

from mledger.events.base import EventBody
from mledger.events.free import plain_object
from mledger.events.policy import TypeRule
from mledger.events.shape import Schema, check, example, means
from mledger.events.words import Means

# What a field is to forms and messages; the schema has checked it by then.
_ANNOTATIONS: dict[str, Any] = {"string": str, "array": tuple[Any, ...]}


class Declared(EventBody):
    """An event of a type that only the policy of its ledger knows: what fits the schema is kept as it is."""

    model_config = ConfigDict(extra="allow")

    shape: ClassVar[Schema]

    @model_validator(mode="before")
    @classmethod
    def _fits(cls, fields: object) -> dict[str, Any]:
        plain = plain_object(fields)
        check(cls.shape, plain)
        return {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()}


def declare(type: str, rule: TypeRule) -> type[Declared]:
    """The class of the event `type` that a policy declares."""
    return _made(type, rule.model_dump_json())


@lru_cache(64)
def _made(type: str, text: str) -> type[Declared]:
    rule = TypeRule.model_validate_json(text)
    required = rule.shape.get("required", ())
    fields: dict[str, Any] = {
        # Any name may stand in a schema: it is an alias here, and the attribute has a name of no meaning.
        f"field_{n}": _field(name, schema, needed=name in required)
        for n, (name, schema) in enumerate(rule.shape.get("properties", {}).items())
    }
    made = create_model("Declared", __base__=Declared, __module__=__name__, __doc__=_about(rule), **fields)
    made.type, made.schema_version, made.kinds, made.shape = type, rule.version, rule.on, rule.shape
    return made


def _field(name: str, schema: Mapping[str, Any], *, needed: bool) -> tuple[Any, Any]:
    known = _ANNOTATIONS.get(schema.get("type", ""), Any)
    annotation: Any = Annotated[known if needed else known | None, Means(means(schema))]
    about = schema.get("description") or schema.get("title") or name
    default: Any = ... if needed else None
    return annotation, Field(default, alias=name, description=about, examples=[example(schema)])


def _about(rule: TypeRule) -> str:
    return f"{rule.title}\n\n{rule.help}" if rule.help else rule.title
