"""Free values: whatever a training script hands over, as I-JSON says it."""

import json
import math
import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.core import canonical
from mledger.errors import InputError
from mledger.events import base, free
from tests.strategies import free_values, params

STARTED = {
    "run": "r1",
    "hypothesis": "It works.",
    "criteria": [{"metric": "auc", "operator": ">=", "value": 0.9}],
}


def _params(value):
    return base.build("run.started", STARTED | {"params": value}).params


class Scalar:
    """What NumPy and PyTorch have in common: no dimension, and `item()`."""

    ndim = 0

    def __init__(self, value):
        """Hold the value."""
        self.value = value

    def item(self):
        return self.value


@given(free_values)
def test_any_value_becomes_strict_json(value):
    """Whatever Python can say in plain types, strict JSON can say afterwards, and it stays as it is then."""
    plain = free.plain(value)

    assert canonical.decode(canonical.encode(plain)) == plain
    assert free.plain(plain) == plain
    assert free.plain(json.loads(json.dumps(plain))) == plain


@given(params)
def test_params_survive(value):
    """Parameters survive the bytes of an event: null, nested lists and all."""
    body = base.build("run.started", STARTED | {"params": value})

    assert base.decode("run.started", 2, body.to_bytes()).params == body.params
    assert body.params.keys() == {unicodedata.normalize("NFC", name) for name in value}


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (2**53 - 1, 2**53 - 1),
        (2**53, "9007199254740992"),
        (-(2**53), "-9007199254740992"),
        (10**30, "1" + "0" * 30),
        (True, True),
        (None, None),
        ((1, (2,)), [1, [2]]),
        (Scalar(0.5), 0.5),
        ([Scalar(math.nan)], ["NaN"]),
        ("e\u0301", "\u00e9"),
        ({"e\u0301": 1}, {"\u00e9": 1}),
        ("a\n\tb", "a\n\tb"),
    ],
)
def test_conversions(value, plain):
    """What JSON lacks is said by name or as decimal text; sequences are lists; text is in NFC."""
    found = _params({"x": value})["x"]

    assert found == plain
    assert type(found) is type(plain)


@pytest.mark.parametrize(
    ("value", "path", "text"),
    [
        ({"a": {1, 2}}, "params.a", "not set"),
        ({"a": [1, {"b": date(2026, 1, 1)}]}, "params.a[1].b", "not date"),
        ({"a": b"x"}, "params.a", "not bytes"),
        ({"a": {1: 2}}, "params.a", "text as names, not 1"),
        ({"\u00e9": 1, "e\u0301": 2}, "params", "twice"),
        ({"a": [{"\u00e9": 1, "e\u0301": 2}]}, "params.a[0]", "twice"),
        ({"a": "x\x1b[31m"}, "params.a", "U\\+001B"),
        ({"a": "x\r\n"}, "params.a", "U\\+000D"),
        ({"a": "\ud800"}, "params.a", "surrogate"),
        ({"a": "\ufdd0"}, "params.a", "noncharacter"),
        ({"a\x00": 1}, "params", "U\\+0000"),
        ({"a": 10**5000}, "params.a", "4,300 digits"),
        ([1], "params", "object of names and values"),
        (None, "params", "object of names and values"),
    ],
)
def test_refusals_name_the_place(value, path, text):
    """What JSON cannot hold is refused, and the error names the place inside the parameters."""
    with pytest.raises(InputError, match=text) as caught:
        _params(value)

    assert caught.value.details["fields"].keys() == {path}


def test_array_is_no_scalar():
    """An array of several values is refused: it belongs into a file."""
    array = Scalar([1, 2])
    array.ndim = 1

    with pytest.raises(InputError, match="not Scalar"):
        _params({"a": array})


@pytest.mark.parametrize("depth", [30, 31, 32, 33, 100_000])
def test_depth_is_limited(depth):
    """Values nested up to 32 deep survive; deeper ones are refused, and never overflow the stack."""
    value = 1
    for _ in range(depth):
        value = [value]
    if depth < 32:
        body = base.build("run.started", STARTED | {"params": {"x": value}})
        assert base.decode("run.started", 2, body.to_bytes()) == body
    else:
        with pytest.raises(InputError, match="at most 32 deep"):
            _params({"x": value})


@given(st.text())
def test_text_is_clean_or_refused(value):
    """Any text is brought into NFC or refused; what comes out comes out again as it is."""
    try:
        found = free.text(value)
    except free.PydanticCustomError:
        return
    assert canonical.is_clean(found)
    assert not [c for c in found if unicodedata.category(c) == "Cc" and c not in "\n\t"]
    assert free.text(found) == found
