"""Nested values: indented for people, with nothing left out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger_cli import nested

SCALARS = st.none() | st.booleans() | st.integers() | st.text("ab c:-", max_size=9)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab", min_size=1), inner, max_size=4),
)


@given(VALUES)
def test_every_value_is_shown(value: object) -> None:
    """Each text, number and word of JSON inside a value stands somewhere in its lines."""
    shown = "\n".join(nested.lines(value))
    for leaf in leaves(value):
        words = leaf if isinstance(leaf, str) else json.dumps(leaf)
        assert " ".join(words.split()) in " ".join(shown.split())


def leaves(value: object) -> list[object]:
    """What is inside that holds nothing itself."""
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        (2.5, "2.5"),
        (True, "true"),
        (None, "null"),
        ([], "[]"),
        ({}, "{}"),
        ({"a": 1, "b": {"c": ["x", "y"]}}, "\na: 1\nb:\n  c: x, y"),
        (["one two", "three"], "\n- one two\n- three"),
        ([{"a": 1, "b": "x"}, {"a": 2}], "\n- a: 1\n  b: x\n- a: 2"),
        ({"a": "one\ntwo"}, "\na: one\n  two"),
        ({"a": [{"b": []}]}, "\na:\n  - b: []"),
    ],
)
def test_values_are_told_as_one_reads_them(value: object, shown: str) -> None:
    """Text as it is; objects and lists as blocks with indentation; lists of bare words in a line."""
    assert nested.told(value) == shown
