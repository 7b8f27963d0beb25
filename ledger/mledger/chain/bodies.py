"""Whether bodies are strict JSON objects, told of many at once.

The reader of canonical JSON looks at every character and makes sure that no key stands twice, which
takes longer than all the rest of a verification. Here orjson reads and writes the bodies again: what
comes out byte for byte as it went in holds no key twice and nothing that strict JSON lacks. Whatever
does not, such as a number written another way, the strict reader judges by itself.
"""

from collections.abc import Sequence
from itertools import repeat

from orjson import OPT_STRICT_INTEGER, JSONEncodeError, dumps, loads

from mledger.core import canonical
from mledger.errors import FormatError

# The noncharacters of I-JSON in UTF-8 hold one of these; so do a few characters that are none.
_SUSPECTS = (b"\xbf\xbe", b"\xbf\xbf", b"\xef\xb7")


def not_strict(bodies: Sequence[bytes]) -> dict[int, str]:
    """What is wrong with each body that is no strict JSON object, by its place among `bodies`."""
    if _surely_strict(bodies):
        return {}
    problems = ((place, _problem(body)) for place, body in enumerate(bodies))
    return {place: problem for place, problem in problems if problem}


def _problem(body: bytes) -> str | None:
    if _surely_strict((body,)):
        return None
    try:
        value = canonical.decode(body, what="body")
    except FormatError:
        return "is not strict JSON"
    return None if isinstance(value, dict) else "is no JSON object"


def _surely_strict(bodies: Sequence[bytes]) -> bool:
    """Whether all are strict JSON objects; False may also mean that one is merely written in another way.

    They are written again together. Were two of them not as they come out, while all together are, then
    the first of the two would begin or be the beginning of what comes out, and of two JSON objects
    neither begins with the other.
    """
    if not bodies:
        return True
    try:
        values = list(map(loads, bodies))
        written = dumps(values, option=OPT_STRICT_INTEGER)
    except (ValueError, JSONEncodeError):
        return False
    joined = b"[%b]" % b",".join(bodies)
    return (
        written == joined
        and set(map(type, values)) == {dict}
        and (joined.isascii() or not any(suspect in joined for suspect in _SUSPECTS))
        and _most(bodies, b"[") + _most(bodies, b"{") <= canonical.MAX_DEPTH
    )


def _most(bodies: Sequence[bytes], what: bytes) -> int:
    return max(map(bytes.count, bodies, repeat(what)))
