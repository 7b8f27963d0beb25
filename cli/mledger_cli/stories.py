"""What an event says, in a few words for a listing."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mledger.chain.history import Fact

# The first of these fields that an event has says most about it.
TELLING = (
    "title",
    "summary",
    "statement",
    "text",
    "hypothesis",
    "message",
    "why",
    "verdict",
    "version",
    "to_version",
    "reason",
    "purpose",
    "origin",
    "name",
    "role",
    "where",
)


def story(fact: "Fact") -> str:
    """The most telling field of the event on one line; why there is none, if there is none."""
    if fact.body is None:
        return "(withheld)" if fact.withheld else "(erased)"
    body = json.loads(fact.body)
    return _tell(body) if isinstance(body, dict) else ""


def _tell(body: dict[str, Any]) -> str:
    key = body.get("key")
    if isinstance(key, dict) and isinstance(key.get("name"), str) and "origin" not in body:
        return f"{key['name']}: {', '.join(map(str, key.get('roles', []))) or 'no role'}"
    if isinstance(exit_ := body.get("exit"), dict):
        return ": ".join(str(exit_[name]) for name in ("exception_type", "message") if exit_.get(name))
    return next((body[name] for name in TELLING if isinstance(body.get(name), str)), "")
