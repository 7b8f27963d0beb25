"""Shapes: the part of JSON Schema that a policy may use.

Every keyword means what JSON Schema 2020-12 says, so that any validator gives the same answer; one
that is not listed here is refused when the policy is adopted, never passed over. There are no
references, no combinations of schemas and no formats: what a shape asks is read off in one pass,
takes time in proportion to the value, and stays the same for ever. Patterns are written in what all
dialects of regular expressions share.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator
from pydantic_core import SchemaError, SchemaValidator, core_schema

from mledger.events.free import join_path, plain_object, refuse_each
from mledger.events.messages import shown
from mledger.events.words import Means

Values = Mapping[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_DEPTH = 16
MAX_PATTERN = 200
# A value that is wrong in more places is told of these.
MAX_FAULTS = 20

_NOTES = ("title", "description", "examples", "$comment")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_KEYWORDS: dict[str, tuple[str, ...]] = {
    "object": ("properties", "required", "additionalProperties"),
    "array": ("items", "minItems", "maxItems", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern"),
    "number": _BOUNDS,
    "integer": _BOUNDS,
    "boolean": (),
}
_NAMES = {
    "object": "an object of names and values",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}
_ATOM = r"""
    (?: [^\\\[\](){}*+?|^$] | \\[\^$\\.*+?()\[\]{}|/]
      | \[\^?(?:(?!&&|~~|--)[^\\\[\]]|\\[\^$\\.*+?()\[\]{}|/-])+\] | \) )
    (?: (?:[*+?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\}) \?? )?
"""
_PATTERN = rf"(?: {_ATOM} | \((?:\?:)? | [|^$] )*"


# --- schemas


def schema_of_object(value: object) -> dict[str, Any]:
    """The schema itself, if it describes an object in the keywords that are allowed."""
    schema = plain_object(value)
    wrong = dict(_wrong(schema, "", 0))
    if not wrong and schema.get("type") != "object":
        wrong["type"] = "should be object: a body has names and values"
    if wrong:
        raise refuse_each(wrong)
    return schema


Schema: TypeAlias = Annotated[
    dict[str, Any], BeforeValidator(schema_of_object), Means("a JSON Schema of an object")
]


def _wrong(schema: object, at: str, depth: int) -> Iterator[tuple[str, str]]:
    """What is wrong with a schema, by path."""
    if not isinstance(schema, dict):
        yield at, "should be a schema, an object of keywords"
        return
    if depth > MAX_DEPTH:
        yield at, f"should be nested at most {MAX_DEPTH} deep"
        return
    kind = schema.get("type")
    if kind is None and not {"enum", "const"} & schema.keys():
        yield join_path(at, "type"), f"is missing, should be one of {', '.join(_KEYWORDS)}"
    elif kind is not None and (not isinstance(kind, str) or kind not in _KEYWORDS):
        yield join_path(at, "type"), f"should be one of {', '.join(_KEYWORDS)}{shown(kind)}"
        return
    known = ("enum", "const", *_NOTES, *_KEYWORDS.get(kind or "", ()), *(() if depth else ("$schema",)))
    for name, value in schema.items():
        path = join_path(at, name)
        if name not in (*known, "type"):
            yield path, f"is no keyword here; known are {', '.join(known)}"
        elif name in _FITS and not _FITS[name][0](value):
            yield path, f"should be {_FITS[name][1]}"
        elif name == "items":
            yield from _wrong(value, path, depth + 1)
        elif name == "properties":
            for below, inner in value.items():
                yield from _wrong(inner, join_path(path, below), depth + 1)
        elif name == "required" and (strange := set(value).difference(_properties(schema))):
            yield path, f"should be names of properties, not {min(strange)!r}"


def _properties(schema: Values) -> Values:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _is_pattern(value: object) -> bool:
    """Whether this is a regular expression that every dialect understands, and understands alike."""
    if (
        not isinstance(value, str)
        or len(value) > MAX_PATTERN
        or not re.fullmatch(_PATTERN, value, re.VERBOSE)
    ):
        return False
    try:
        _searcher(value)
    except SchemaError:
        return False
    return True


def _are_distinct(value: object) -> bool:
    return isinstance(value, list) and len({_key(item) for item in value}) == len(value)


def _are_names(value: Any) -> bool:
    return _are_distinct(value) and all(isinstance(item, str) for item in value)


def _are_choices(value: Any) -> bool:
    return _are_distinct(value) and bool(value) and all(map(_is_scalar, value))


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float)


def _is_size(value: object) -> bool:
    return type(value) is int and value >= 0


# What the values of keywords must be; of a schema's properties and items the schemas are checked.
_FITS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "properties": (lambda value: isinstance(value, dict), "an object of names and schemas"),
    "required": (_are_names, "a list of names, each once"),
    "additionalProperties": (lambda value: isinstance(value, bool), "true or false"),
    "uniqueItems": (lambda value: isinstance(value, bool), "true or false"),
    "enum": (_are_choices, "a list of text, numbers, true or false, each once"),
    "const": (_is_scalar, "text, a number, true or false"),
    "examples": (lambda value: isinstance(value, list), "a list"),
    "$schema": (lambda value: value == DIALECT, DIALECT),
    "pattern": (
        _is_pattern,
        f"a pattern of at most {MAX_PATTERN} characters, made of text, classes like [0-9], groups, |*+?^$",
    ),
    **dict.fromkeys(
        ("minItems", "maxItems", "minLength", "maxLength"), (_is_size, "a whole number, 0 or more")
    ),
    **dict.fromkeys(_BOUNDS, (lambda value: _is(value, "number"), "a number")),
    **dict.fromkeys(("title", "description", "$comment"), (lambda value: isinstance(value, str), "text")),
}


# --- values


def faults(schema: Values, value: object) -> dict[str, str]:
    """What is wrong with a JSON value, by path; nothing if it fits."""
    found: dict[str, str] = {}
    for path, text in _faults(schema, value, ""):
        found.setdefault(path, text)
        if len(found) >= MAX_FAULTS:
            break
    return found


def _faults(schema: Values, value: Any, at: str) -> Iterator[tuple[str, str]]:
    kind = schema.get("type")
    if kind is not None and not _is(value, kind):
        yield at, f"should be {means(schema)}{shown(value)}"
        return
    if not all(_key(value) in map(_key, choice) for choice in _choices(schema)):
        yield at, f"should be {means(schema)}{shown(value)}"
    elif kind == "object":
        yield from _object_faults(schema, value, at)
    elif kind == "array":
        yield from _array_faults(schema, value, at)
    elif kind == "string":
        yield from ((at, text + shown(value)) for text in _text_faults(schema, value))
    elif kind in ("number", "integer"):
        yield from ((at, text + shown(value)) for text in _number_faults(schema, value))


def _object_faults(schema: Values, value: Values, at: str) -> Iterator[tuple[str, str]]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield join_path(at, name), f"is missing, should be {means(properties[name])}"
    for name, item in value.items():
        if name in properties:
            yield from _faults(properties[name], item, join_path(at, name))
        elif not schema.get("additionalProperties", True):
            yield join_path(at, name), f"is not a field here; known are {', '.join(properties)}"


def _array_faults(schema: Values, value: Sequence[object], at: str) -> Iterator[tuple[str, str]]:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if len(value) < least:
        yield at, f"should have at least {least} items, but has {len(value)}"
    if most is not None and len(value) > most:
        yield at, f"should have at most {most} items, but has {len(value)}"
    if schema.get("uniqueItems") and len({_key(item) for item in value}) < len(value):
        yield at, "should hold each once"
    if "items" in schema:
        for n, item in enumerate(value):
            yield from _faults(schema["items"], item, join_path(at, f"[{n}]"))


def _text_faults(schema: Values, value: str) -> Iterator[str]:
    if len(value) < schema.get("minLength", 0):
        yield f"should have at least {schema['minLength']} characters"
    if len(value) > schema.get("maxLength", len(value)):
        yield f"should have at most {schema['maxLength']} characters"
    if "pattern" in schema and not _searcher(schema["pattern"]).isinstance_python(value):
        yield f"should match {schema['pattern']}"


def _number_faults(schema: Values, value: float) -> Iterator[str]:
    if "minimum" in schema and value < schema["minimum"]:
        yield f"should be {schema['minimum']} or more"
    if "maximum" in schema and value > schema["maximum"]:
        yield f"should be {schema['maximum']} or less"
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield f"should be more than {schema['exclusiveMinimum']}"
    if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        yield f"should be less than {schema['exclusiveMaximum']}"


def _choices(schema: Values) -> list[list[object]]:
    """The lists of values of which each must hold the value."""
    const = [[schema["const"]]] if "const" in schema else []
    return [*const, schema["enum"]] if "enum" in schema else const


def means(schema: Values) -> str:
    """What a value of this shape is called."""
    for choice in _choices(schema):
        words = [value if isinstance(value, str) else json.dumps(value) for value in choice]
        return f"one of {', '.join(words)}" if len(words) > 1 else words[0]
    if schema["type"] == "array" and "items" in schema:
        return f"a list, each {means(schema['items'])}"
    return _NAMES[schema["type"]]


def _is(value: object, kind: str) -> bool:
    """Whether a JSON value is of a type; 5.0 is an integer, and true is no number."""
    match kind:
        case "integer":
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            return whole and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list | tuple)
        case _:
            return isinstance(value, Mapping)


def _key(value: object) -> object:
    """Something to compare a JSON value by: 1 and 1.0 are the same, 1 and true are not."""
    if isinstance(value, Mapping):
        return frozenset((name, _key(item)) for name, item in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_key, value))
    return isinstance(value, bool), value


@lru_cache(1_000)
def _searcher(pattern: str) -> SchemaValidator:
    """Searches in time linear in the text, whatever the pattern."""
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex", strict=True))


def check(schema: Values, value: object) -> None:
    """Refuse a value that does not fit, naming each place."""
    if wrong := faults(schema, value):
        raise refuse_each(wrong)


def example(schema: Values) -> object:
    """A value of this shape: its first example, or the plainest that there is; a pattern needs an example."""
    for given in (schema.get("examples"), *_choices(schema)):
        if given:
            return given[0]
    match schema["type"]:
        case "object":
            return {name: example(schema["properties"][name]) for name in schema.get("required", ())}
        case "array":
            item = schema.get("items", {"const": "text"})
            return [example(item) for _ in range(schema.get("minItems", 0))]
        case "string":
            return "text".ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]
        case "boolean":
            return True
    above = [
        schema[name] + step for name, step in (("minimum", 0), ("exclusiveMinimum", 1)) if name in schema
    ]
    below = [
        schema[name] - step for name, step in (("maximum", 0), ("exclusiveMaximum", 1)) if name in schema
    ]
    return max(above) if above else min([*below, 0])
