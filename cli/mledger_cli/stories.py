"""What an event says, in a few words for a listing."""

from typing import TYPE_CHECKING

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
)


def story(fact: "Fact") -> str:
    """The most telling field of the event on one line; why there is none, if there is none."""
    from pydantic_core import from_json

    if fact.body is None:
        return "(erased)"
    body = from_json(fact.body)
    if isinstance(body, dict):
        if isinstance(key := body.get("key"), dict) and "name" in key:
            return f"{key['name']}: {', '.join(key.get('roles', [])) or 'no role'}"
        for name in TELLING:
            if isinstance(body.get(name), str):
                return str(body[name])
    return ""
