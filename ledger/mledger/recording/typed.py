"""What people type of a run: criteria, parameters, data."""

import json
import re
from collections.abc import Iterable
from typing import Any

from mledger.errors import InputError


def typed_criteria(texts: Iterable[str]) -> dict[str, list[str]]:
    """Each `auc>=0.95` as a metric with its comparisons. Errors: InputError."""
    found: dict[str, list[str]] = {}
    for text in texts:
        parts = re.match(r"\s*([^<>=!≤≥]+?)\s*([<>=!≤≥].*)", text)
        if parts is None:
            raise InputError(f"--criterion: {text!r} is no comparison", fix="--criterion 'auc>=0.95'")
        found.setdefault(parts[1], []).append(parts[2])
    return found


def typed_params(texts: Iterable[str]) -> dict[str, Any]:
    """Each `max_depth=4` as a parameter; what is no JSON is text. Errors: InputError."""
    return dict(map(_param, texts))


def _param(text: str) -> tuple[str, Any]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise InputError(f"--param: {text!r} is not NAME=VALUE", fix="--param max_depth=4")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def typed_data(texts: Iterable[str]) -> dict[str, str]:
    """Each `role=applications@3` by its role, which is train if none is given."""
    pairs = (text.rpartition("=") for text in texts)
    return {role or "train": name for role, _, name in pairs}
