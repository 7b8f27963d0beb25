"""Hypothesis strategies for JSON Schemas of the kind that a policy may hold, and for values that fit."""

import unicodedata
from functools import partial
from typing import Any

from hypothesis import strategies as st

Strategy = st.SearchStrategy[Any]

PATTERNS = {
    "^[A-Z]{2}-[0-9]+$": "CR-17",
    "^(?:a|bc)*$": "abca",
    r"^v[0-9]+(?:\.[0-9]+)?$": "v2.1",
    "é|[^a-z]": "É",
    "": "anything",
}
names = st.text(st.characters(categories=["Ll", "Lu", "Nd"], max_codepoint=0x17F), min_size=1, max_size=6)
_texts = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=12).map(
    partial(unicodedata.normalize, "NFC")
)
_numbers = st.integers(-1000, 1000) | st.floats(-1000, 1000).map(lambda x: round(x, 3))
scalars = _texts | _numbers | st.booleans()
_notes = st.fixed_dictionaries({}, optional={"title": names, "description": names, "$comment": names})


def _different(values: Strategy) -> Strategy:
    """Lists in which no two values are equal for JSON: 1 is 1.0, and true is no number."""
    return st.lists(values, min_size=1, max_size=3, unique_by=lambda x: (isinstance(x, bool), x))


def _with_notes(schema: Strategy) -> Strategy:
    return st.builds(lambda one, two: one | two, schema, _notes)


@st.composite
def _strings(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        return {"type": "string", "pattern": draw(st.sampled_from(list(PATTERNS)))}
    least = draw(st.integers(0, 4))
    return {"type": "string", "minLength": least, "maxLength": least + draw(st.integers(0, 6))}


@st.composite
def _bounded(draw: st.DrawFn) -> dict[str, Any]:
    low = draw(st.integers(-50, 50))
    bounds = {
        draw(st.sampled_from(["minimum", "exclusiveMinimum"])): low,
        draw(st.sampled_from(["maximum", "exclusiveMaximum"])): low + draw(st.integers(2, 50)),
    }
    kept = draw(st.sets(st.sampled_from(sorted(bounds))))
    return {"type": draw(st.sampled_from(["number", "integer"]))} | {name: bounds[name] for name in kept}


_leaves = _with_notes(
    _strings()
    | _bounded()
    | st.just({"type": "boolean"})
    | _different(scalars).map(lambda values: {"enum": values})
    | scalars.map(lambda value: {"const": value})
)


@st.composite
def objects(draw: st.DrawFn, inner: Strategy = _leaves) -> dict[str, Any]:
    """Schemas of objects."""
    properties = draw(st.dictionaries(names, inner, max_size=3))
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if properties and draw(st.booleans()):
        schema["required"] = draw(st.lists(st.sampled_from(sorted(properties)), unique=True))
    if draw(st.booleans()):
        schema["additionalProperties"] = draw(st.booleans())
    return schema


@st.composite
def _arrays(draw: st.DrawFn, inner: Strategy) -> dict[str, Any]:
    least = draw(st.integers(0, 2))
    return {"type": "array", "items": draw(inner), "minItems": least, "maxItems": least + 2}


schemas = objects(
    st.recursive(
        _leaves, lambda inner: _with_notes(objects(inner)) | _with_notes(_arrays(inner)), max_leaves=5
    )
)


def fitting(schema: dict[str, Any]) -> Strategy:
    """Values that a schema allows."""
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            inner = {name: fitting(below) for name, below in schema["properties"].items()}
            needed = {name: inner.pop(name) for name in schema.get("required", ())}
            return st.fixed_dictionaries(needed, optional=inner)
        case "array":
            return st.lists(
                fitting(schema["items"]), min_size=schema["minItems"], max_size=schema["maxItems"]
            )
        case "string" if "pattern" in schema:
            return st.just(PATTERNS[schema["pattern"]])
        case "string":
            return st.text(
                st.characters(categories=["L", "N"]),
                min_size=schema["minLength"],
                max_size=schema["maxLength"],
            )
        case "boolean":
            return st.booleans()
    low = max(schema.get("minimum", -99), schema.get("exclusiveMinimum", -100) + 1)
    high = min(schema.get("maximum", 199), schema.get("exclusiveMaximum", 200) - 1)
    whole = st.integers(low, high)
    return whole | whole.map(float) if schema["type"] == "integer" else whole | st.floats(low, high)
