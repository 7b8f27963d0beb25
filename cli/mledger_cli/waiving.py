"""What makes a waiver count: a known rule, a day to come."""

from typing import TYPE_CHECKING

from mledger_cli import recording

if TYPE_CHECKING:
    from mledger.events.base import EventBody


def check(body: "EventBody", today: str) -> None:
    """Nothing, unless it is a waiver without effect. Errors: NotFoundError; InputError for a past day."""
    from mledger.events.waiver import WaiverGranted

    if not isinstance(body, WaiverGranted):
        return
    known(body.rule)
    recording.refuse_past("until", body.until, today, f"name a day from {today} on")


def known(rule: str) -> str:
    """The rule or FRAMEWORK/PARAGRAPH as checks call it. Errors: NotFoundError with the nearest names."""
    from mledger.checks import base, framework
    from mledger.errors import NotFoundError
    from mledger.registry import unknown

    name, slash, paragraph = rule.partition("/")
    if not slash:
        return base.find(rule.upper()).id
    found = framework.find(name.lower())
    ids = {one.id.casefold(): one.id for one in found.paragraphs}
    if paragraph.casefold() not in ids:
        line = unknown(f"paragraph of {found.name}", paragraph, ids.values())
        raise NotFoundError(line, fix=f"mledger check --framework {found.name}")
    return f"{found.name}/{ids[paragraph.casefold()]}"
