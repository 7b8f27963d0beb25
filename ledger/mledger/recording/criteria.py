"""Criteria as people write them: {"auc": ">=0.95"}."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mledger.errors import InputError

_COMPARISON = re.compile(r"\s*(<=|>=|==|!=|<|>|=|≤|≥)\s*([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*")
_SPELT = {"=": "==", "≤": "<=", "≥": ">="}
_FIX = 'write criteria={"auc": ">=0.95", "gap": "<=0.02"}'


def read_criteria(given: object) -> list[dict[str, Any]]:
    """The criteria as the field of an event says them.

    `given` maps each metric to a comparison like ">=0.95" or (">=", 0.95), or to a list of them; a
    metric on one dataset is "auc on applications@v3". Rows of an event are taken as they are.
    Errors: InputError.
    """
    if isinstance(given, Mapping):
        return [row for metric, wanted in given.items() for row in _rows(metric, wanted)]
    if (
        isinstance(given, Sequence)
        and not isinstance(given, str)
        and all(isinstance(r, Mapping) for r in given)
    ):
        return [dict(row) for row in given]
    raise InputError(f"criteria should be names with comparisons, not {type(given).__name__}", fix=_FIX)


def _rows(metric: object, wanted: object) -> list[dict[str, Any]]:
    if not isinstance(metric, str) or not metric.strip():
        raise InputError(f"criteria: {metric!r} is no name of a metric", fix=_FIX)
    name, _, dataset = (part.strip() for part in metric.partition(" on "))
    where = {"dataset": dataset} if dataset else {}
    many = isinstance(wanted, list)
    found = [_comparison(metric, one) for one in (wanted if many and isinstance(wanted, list) else [wanted])]
    return [{"metric": name, "operator": operator, "value": value} | where for operator, value in found]


def _comparison(metric: str, wanted: object) -> tuple[str, Any]:
    if isinstance(wanted, str) and (parts := _COMPARISON.fullmatch(wanted)):
        return _SPELT.get(parts[1], parts[1]), float(parts[2])
    if isinstance(wanted, tuple) and len(wanted) == 2 and isinstance(wanted[0], str):
        return _SPELT.get(wanted[0], wanted[0]), wanted[1]
    raise InputError(f"criteria: {metric}: {wanted!r} is no comparison like '>=0.95'", fix=_FIX)
