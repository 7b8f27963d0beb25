import hashlib
import json

from hypothesis import example, given
from hypothesis import strategies as st

from mledger.chain.entry import Slot
from mledger.chain.rulebook import traits
from mledger.chain.span import _problems
from mledger.chain.statement import Signed
from mledger.core import canonical
from mledger.errors import FormatError
from mledger.exchange import verify as alone

SALT, ID = bytes(16), bytes(16)
LONG = 2**53

texts = st.text(max_size=8) | st.sampled_from(
    ['":9007199254740993', ",9007199254740993", "[{" * 40, "1" * 16]
)
# What is no object by itself, and may make one with its neighbours.
PIECES = ('{"a":1', '"b":2}', '{"a":[{}', "{}]}", "{},{}", "{}", '{"a":1}', "", ",", "[]")
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-LONG - 2, LONG + 2)
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def _deep(levels):
    return '{"a":' + "[" * levels + "]" * levels + "}"


def _verdicts(bodies):
    signed, slots = [], []
    for body in bodies:
        digest = hashlib.sha256(SALT + body).hexdigest()
        signed.append(Signed("run.started", 1, "model/m", ID, digest, None))
        slots.append(Slot(ID, False, SALT, body))
    found = _problems(signed, slots, [traits("run.started", "model/m")] * len(signed))
    return [found[n][0] if n in found else None for n in range(len(bodies))]


def _strict(body):
    """What the reader of canonical JSON says, which looks at every character."""
    try:
        return None if isinstance(canonical.decode(body), dict) else "body.format"
    except FormatError:
        return "body.format"


def _strict_alone(body):
    """What the reader says that comes in bundles."""
    try:
        return None if isinstance(alone.strict(body), dict) else "body.format"
    except ValueError:
        return "body.format"


bodies = (
    st.dictionaries(texts, values, max_size=4).map(lambda v: json.dumps(v, separators=(",", ":")))
    | st.dictionaries(texts, values, max_size=3).map(json.dumps)
    | values.map(lambda v: json.dumps(v, separators=(",", ":"), ensure_ascii=False))
    | st.integers(60, 68).map(_deep)
)


@given(bodies)
@example('{"a":9007199254740993}')
@example('{"a":[1,-9007199254740993]}')
@example('{"a":[9007199254740993]}')
@example('{"a":0.12345678901234567}')
@example('{"a":1,"a":1}')
@example('{"a":NaN}')
@example('{"a":1e400}')
@example('{"a":"\\ud800"}')
@example('{"a":"\ufdd0"}')
@example('{"a":"\U0010ffff","b":"\ufffe"}')
@example('{"a":1e-05}')
@example("9007199254740993")
def test_bodies_are_judged_as_by_the_strict_reader(text):
    """The quick way of checking a body says what the strict reader says, and so does the one in bundles."""
    body = text.encode("utf-8", "surrogatepass")
    assert _verdicts([body]) == [_strict(body)] == [_strict_alone(body)]


@given(st.lists(bodies | st.sampled_from(PIECES), max_size=5))
@example(['{"a":1},{"b":[{"c":2}', '{"d":3}]}'])
@example(['{"a":1,"a":2}', '{"a":2}'])
@example(['{"a":2}{"b":1}', '{"c":1}'])
def test_bodies_are_judged_together_as_each_by_itself(texts):
    """Whatever stands beside a body changes nothing about it."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    assert _verdicts(encoded) == [_strict(body) for body in encoded]
