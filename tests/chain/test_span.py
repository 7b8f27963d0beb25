import hashlib
import json

from hypothesis import example, given
from hypothesis import strategies as st

from mledger.chain.entry import Slot
from mledger.chain.span import _slot
from mledger.chain.statement import Signed
from mledger.core import canonical
from mledger.errors import FormatError

SALT, ID = bytes(16), bytes(16)
LONG = 2**53

texts = st.text(max_size=8) | st.sampled_from(
    ['":9007199254740993', ",9007199254740993", "[{" * 40, "1" * 16]
)
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


def _verdict(body):
    digest = hashlib.sha256(SALT + body).hexdigest()
    problem = _slot(
        Signed("run.started", 1, "model/m", ID, digest, None), Slot(ID, False, SALT, body), governance=False
    )
    return problem and problem[0]


def _strict(body):
    """What the reader of canonical JSON says, which looks at every character."""
    try:
        return None if isinstance(canonical.decode(body), dict) else "body.format"
    except FormatError:
        return "body.format"


@given(
    st.dictionaries(texts, values, max_size=4).map(lambda v: json.dumps(v, separators=(",", ":")))
    | st.dictionaries(texts, values, max_size=3).map(json.dumps)
    | values.map(lambda v: json.dumps(v, separators=(",", ":"), ensure_ascii=False))
    | st.integers(60, 68).map(_deep)
)
@example('{"a":9007199254740993}')
@example('{"a":[1,-9007199254740993]}')
@example('{"a":[9007199254740993]}')
@example('{"a":0.12345678901234567}')
@example('{"a":1,"a":1}')
@example('{"a":NaN}')
@example('{"a":1e400}')
@example('{"a":"\\ud800"}')
@example("9007199254740993")
def test_bodies_are_judged_as_by_the_strict_reader(text):
    """The quick way of checking a body never says anything else than the strict reader of JSON."""
    body = text.encode("utf-8", "surrogatepass")
    assert _verdict(body) == _strict(body)
