"""What events name: commits, and digests of files."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from mledger.projections.dossier import Dossier, Record

_COMMIT = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


def commits_of(dossier: Dossier) -> dict[str, list[str]]:
    """The commits that the model's events name, each with the numbers of those events."""
    found: dict[str, list[str]] = {}
    for record in dossier.records:
        for commit in _named(record, "commit"):
            numbers = found.setdefault(commit, [])
            if record.number not in numbers:
                numbers.append(record.number)
    return found


def mentions(dossier: Dossier) -> set[str]:
    """Every commit and every digest that an event of the model or of its datasets names."""
    return {name for record in (*dossier.records, *dossier.beside) for name in _hashes(_plain(record.body))}


def _named(record: Record, name: str) -> Iterator[str]:
    yield from _values(_plain(record.body), name)


def _plain(body: BaseModel) -> Any:
    return body.model_dump(mode="json", by_alias=True, exclude_none=True)


def _values(value: Any, name: str) -> Iterator[str]:
    """The texts of all fields of a name, wherever they stand."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == name and isinstance(item, str) and _COMMIT.fullmatch(item):
                yield item
            else:
                yield from _values(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item, name)


def _hashes(value: Any) -> Iterator[str]:
    """The texts that are hashes as a whole, wherever they stand."""
    if isinstance(value, str):
        if _COMMIT.fullmatch(value):
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _hashes(item)
    elif isinstance(value, list):
        for item in value:
            yield from _hashes(item)
