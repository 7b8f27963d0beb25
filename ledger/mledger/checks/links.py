"""What events name: commits, and digests of files."""

import re
from collections.abc import Iterator
from typing import Any

from mledger.projections.dossier import Dossier

_HASH = re.compile(rb'"([0-9a-f]{64}|[0-9a-f]{40})"')


def commits_of(dossier: Dossier) -> dict[str, list[str]]:
    """The commits that the model's events name, each with the numbers of those events."""
    found: dict[str, list[str]] = {}
    for record in dossier.records:
        for commit in dict.fromkeys(_commits(record.body)):
            found.setdefault(commit, []).append(record.number)
    return found


def _commits(body: Any) -> Iterator[str]:
    """The commits in a body: of its code, and of its links."""
    for part in (getattr(body, "git", None), getattr(body, "code", None), *getattr(body, "refs", ())):
        if isinstance(commit := getattr(part, "commit", None), str):
            yield commit


def mentions(dossier: Dossier) -> set[str]:
    """Every commit and every digest that an event of the model or of its datasets names."""
    records = (*dossier.records, *dossier.beside)
    return {name.decode() for record in records for name in _HASH.findall(record.body.to_bytes())}
