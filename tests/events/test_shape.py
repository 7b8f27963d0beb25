"""Shapes: schemas that are refused, values that fit, and what is said of those that do not."""

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from mledger.events.shape import MAX_DEPTH, MAX_FAULTS, example, faults, means, schema_of_object
from tests import schemas
from tests.strategies import free_values

OPEN = {"type": "object", "properties": {}}


def _object(**properties):
    return {"type": "object", "properties": properties}


def _wrong(schema):
    """What is wrong with a schema, by path."""
    with pytest.raises(PydanticCustomError) as caught:
        schema_of_object(schema)
    return caught.value.context["wrong"]


@given(schemas.schemas)
def test_good_schemas_stay_as_they_are(schema):
    """A schema in the keywords that are allowed is taken as it is, and has an example that JSON can say."""
    assert schema_of_object(schema) == schema
    assert json.loads(json.dumps(schema)) == schema


@given(st.data())
def test_what_fits_has_no_faults(data):
    """A value that is made by a schema fits it."""
    schema = data.draw(schemas.schemas)

    assert faults(schema, data.draw(schemas.fitting(schema))) == {}


@given(st.data())
def test_examples_fit(data):
    """The example of a schema fits it, but for patterns that have no example of their own."""
    schema = data.draw(schemas.schemas)

    assert [text for text in faults(schema, example(schema)).values() if "should match" not in text] == []


@given(schema=schemas.schemas, value=free_values)
def test_any_value_is_judged(schema, value):
    """No value makes the check fail, and what is said of one is a line for each place."""
    found = faults(schema, value)

    assert all("\n" not in text for text in found.values() if "'" not in text)
    assert len(found) <= MAX_FAULTS
    if not isinstance(value, dict):
        assert found.keys() == {""}


@pytest.mark.parametrize(
    ("schema", "value", "at"),
    [
        (_object(a={"type": "string"}), {"a": 1}, "a"),
        (_object(a={"type": "string"}), {"a": None}, "a"),
        (_object(a={"type": "string"}) | {"required": ["a"]}, {}, "a"),
        (_object() | {"additionalProperties": False}, {"a": 1}, "a"),
        (_object(a={"type": "integer"}), {"a": 1.5}, "a"),
        (_object(a={"type": "integer"}), {"a": True}, "a"),
        (_object(a={"type": "number"}), {"a": False}, "a"),
        (_object(a={"type": "number"}), {"a": "NaN"}, "a"),
        (_object(a={"type": "boolean"}), {"a": 0}, "a"),
        (_object(a={"type": "array"}), {"a": {"0": 1}}, "a"),
        (_object(a={"type": "object"}), {"a": []}, "a"),
        (_object(a={"enum": ["x", 1]}), {"a": True}, "a"),
        (_object(a={"const": False}), {"a": 0}, "a"),
        (_object(a={"enum": [1, 2], "const": 1}), {"a": 2}, "a"),
        (_object(a={"type": "integer", "enum": [1, 2]}), {"a": 3}, "a"),
        (_object(a={"type": "integer", "enum": [1, 9], "maximum": 5}), {"a": 9}, "a"),
        (_object(a={"type": "string", "minLength": 2}), {"a": "x"}, "a"),
        (_object(a={"type": "string", "maxLength": 1}), {"a": "xy"}, "a"),
        (_object(a={"type": "string", "pattern": "^[0-9]+$"}), {"a": "1x"}, "a"),
        (_object(a={"type": "string", "pattern": "^[0-9]+$"}), {"a": "1\n"}, "a"),
        (_object(a={"type": "number", "minimum": 1}), {"a": 0.999}, "a"),
        (_object(a={"type": "number", "maximum": 1}), {"a": 1.001}, "a"),
        (_object(a={"type": "number", "exclusiveMinimum": 1}), {"a": 1}, "a"),
        (_object(a={"type": "number", "exclusiveMaximum": 1}), {"a": 1.0}, "a"),
        (_object(a={"type": "array", "minItems": 1}), {"a": []}, "a"),
        (_object(a={"type": "array", "maxItems": 1}), {"a": [1, 2]}, "a"),
        (_object(a={"type": "array", "uniqueItems": True}), {"a": [1, 1.0]}, "a"),
        (_object(a={"type": "array", "uniqueItems": True}), {"a": [{"x": [1]}, {"x": [1]}]}, "a"),
        (_object(a={"type": "array", "items": {"type": "string"}}), {"a": ["x", 2]}, "a[1]"),
        (_object(a=_object(b={"type": "string"})), {"a": {"b": 2}}, "a.b"),
    ],
)
def test_what_does_not_fit_is_told_where(schema, value, at):
    """Each keyword refuses what it should, at its place."""
    found = faults(schema_of_object(schema), value)

    assert found.keys() == {at}
    assert re.match("should |is ", found[at])


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (OPEN, {"anything": [1, {"goes": True}]}),
        (_object(a={"type": "integer"}), {"a": 5.0}),
        (_object(a={"enum": [1.0]}), {"a": 1}),
        (_object(a={"type": "array", "uniqueItems": True}), {"a": [1, True, "1", [1], {"x": 1}]}),
        (_object(a={"type": "string", "maxLength": 1}), {"a": "\U0001f41d"}),
        (_object(a={"type": "string", "pattern": "b"}), {"a": "abc"}),
        (_object(a={"type": "string", "minLength": 1}), {"b": 1}),
        (_object(a={"type": "number", "minimum": 1, "maximum": 1}), {"a": 1}),
        (OPEN | {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "T"}, {}),
    ],
)
def test_what_json_schema_allows_is_allowed(schema, value):
    """5.0 is an integer, 1 is 1.0, true is no number, a bee is one character, a pattern is searched for."""
    assert faults(schema_of_object(schema), value) == {}


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({}, "type"),
        ({"enum": ["x"]}, "type"),
        ({"type": "array"}, "type"),
        ({"type": ["object", "null"]}, "type"),
        ({"type": "null"}, "type"),
        (OPEN | {"$ref": "#"}, "$ref"),
        (OPEN | {"$defs": {}}, "$defs"),
        (OPEN | {"$schema": "http://json-schema.org/draft-07/schema#"}, "$schema"),
        (OPEN | {"anyOf": []}, "anyOf"),
        (OPEN | {"minLength": 1}, "minLength"),
        (OPEN | {"required": ["a"]}, "required"),
        ({"type": "object", "required": ["a"]}, "required"),
        (OPEN | {"required": "a"}, "required"),
        (OPEN | {"required": [["a"]]}, "required"),
        (OPEN | {"additionalProperties": {"type": "string"}}, "additionalProperties"),
        (OPEN | {"title": 3}, "title"),
        (OPEN | {"examples": {}}, "examples"),
        ({"type": "object", "properties": []}, "properties"),
        ({"type": "object", "properties": 3}, "properties"),
        (_object(a=True), "properties.a"),
        (_object(a={}), "properties.a.type"),
        (_object(a={"type": "text"}), "properties.a.type"),
        (_object(a={"$schema": "x", "type": "string"}), "properties.a.$schema"),
        (_object(a={"enum": []}), "properties.a.enum"),
        (_object(a={"enum": [1, 1.0]}), "properties.a.enum"),
        (_object(a={"enum": [None]}), "properties.a.enum"),
        (_object(a={"enum": [[1]]}), "properties.a.enum"),
        (_object(a={"const": None}), "properties.a.const"),
        (_object(a={"const": {}}), "properties.a.const"),
        (_object(a={"type": "string", "format": "date"}), "properties.a.format"),
        (_object(a={"type": "string", "minLength": -1}), "properties.a.minLength"),
        (_object(a={"type": "string", "minLength": 1.0}), "properties.a.minLength"),
        (_object(a={"type": "string", "maxLength": True}), "properties.a.maxLength"),
        (_object(a={"type": "number", "minimum": "1"}), "properties.a.minimum"),
        (_object(a={"type": "number", "minimum": float("nan")}), "properties.a.minimum"),
        (_object(a={"type": "number", "multipleOf": 2}), "properties.a.multipleOf"),
        (_object(a={"type": "array", "items": [{"type": "string"}]}), "properties.a.items"),
        (_object(a={"type": "array", "items": {"type": "x"}}), "properties.a.items.type"),
        (_object(a={"type": "array", "uniqueItems": "yes"}), "properties.a.uniqueItems"),
        (_object(a={"type": "boolean", "minimum": 1}), "properties.a.minimum"),
    ],
)
def test_what_is_not_understood_is_refused(schema, path):
    """A keyword that is unknown here, or has a value that means nothing, is refused and never passed over."""
    wrong = _wrong(schema)

    assert wrong.keys() == {path}
    assert wrong[path].startswith(("should be ", "is "))


@pytest.mark.parametrize("schema", ["object", None, 3, [], {3: "x"}])
def test_a_schema_is_an_object(schema):
    """What is no object of keywords is no schema."""
    assert _wrong(schema)


def test_schemas_are_not_too_deep():
    """A schema that would take the checker too deep is refused."""
    deep = {"type": "string"}
    for _ in range(MAX_DEPTH + 1):
        deep = _object(a=deep)

    assert "nested at most" in " ".join(_wrong(deep).values())


@pytest.mark.parametrize(
    "pattern", [*schemas.PATTERNS, "a{2}", "a{2,}b", r"\.\*\\", "[a-z-]", "(x|y)+?", "a.c", "ü"]
)
def test_patterns_that_all_dialects_share(pattern):
    """Text, classes, groups, alternatives, anchors and repetitions make a pattern."""
    assert schema_of_object(_object(a={"type": "string", "pattern": pattern}))


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d",
        r"\w+",
        r"\bx",
        r"\p{L}",
        r"(a)\1",
        "(?=x)",
        "(?i)x",
        "(?P<n>x)",
        "a++",
        "a**",
        "a{,3}",
        "a{1000}",
        "{",
        "}",
        "*",
        "(",
        ")",
        "[",
        "[]",
        "[]a]",
        "[[:alpha:]]",
        "[a&&b]",
        "[a--b]",
        "[z-a]",
        "a\\",
        "x" * 201,
        "(((a{999}){999}){999}){999}",
        3,
    ],
)
def test_patterns_that_differ_between_dialects(pattern):
    """What some engine reads otherwise, or takes too long for, is refused."""
    assert _wrong(_object(a={"type": "string", "pattern": pattern})).keys() == {"properties.a.pattern"}


@given(pattern=st.sampled_from(list(schemas.PATTERNS)), text=st.text(max_size=12))
def test_patterns_mean_what_python_takes_them_for(pattern, text):
    """A pattern finds what Python's own engine finds, in any text of one line."""
    line = text.replace("\n", "")
    fits = not faults({"type": "string", "pattern": pattern}, line)

    assert fits == (re.search(pattern, line) is not None)


def test_time_grows_with_the_value_alone():
    """Patterns that make other engines run for ever, and long lists without repetition, take no time."""
    schema = schema_of_object(
        _object(a={"type": "string", "pattern": "^(a+)+$"}, b={"type": "array", "uniqueItems": True})
    )
    value = {"a": "a" * 50_000 + "b", "b": [[n] for n in range(50_000)]}
    start = time.perf_counter()

    assert faults(schema, value).keys() == {"a"}
    assert time.perf_counter() - start < 5


def test_many_faults_are_cut_short():
    """A value that is wrong everywhere is told of in a few places."""
    schema = _object(a={"type": "array", "items": {"type": "string"}})

    assert len(faults(schema, {"a": list(range(1000))})) == MAX_FAULTS


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "text"),
        ({"type": "array", "items": {"type": "integer"}}, "a list, each a whole number"),
        ({"enum": ["a", 1, True]}, "one of a, 1, true"),
        ({"const": "x"}, "x"),
        (OPEN, "an object of names and values"),
    ],
)
def test_shapes_have_words(schema, words):
    """What a value should be is said in words."""
    assert means(schema) == words
