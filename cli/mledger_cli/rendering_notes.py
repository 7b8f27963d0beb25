"""What stands below a state: discussion, corrections, what is missing."""

from typing import TYPE_CHECKING, Any

from mledger_cli import text
from mledger_cli.page import Page

if TYPE_CHECKING:
    from mledger.projections.discussion import Discussion
    from mledger.projections.statements import Cited, Correction, Trail
    from mledger.replay import Mention, Replay

# Events named below a state, one by one; beyond them they are counted.
SHOWN = 10


def render(page: Page, replay: "Replay") -> None:
    """What was corrected, erased, not read, and what was not yet known."""
    states = [replay.state, *replay.datasets.values(), *([replay.people] if replay.people else [])]
    trails: list[Trail] = [state.trail for state in states]
    page.gap()
    page.rows("corrected", (_correction(c) for trail in trails for c in trail.corrections))
    page.rows(
        "erased",
        (
            (f"event {r.event}: {r.legal_basis}, decided by {r.authority}", (r.source.number,))
            for trail in trails
            for r in trail.redactions
        ),
    )
    page.rows(
        "remarks",
        ((f"{r.text} ({r.source.by})", (r.source.number,)) for trail in trails for r in trail.remarks),
    )
    page.rows(
        "not allowed",
        (
            (f"{text.counted(note.count, 'event')} {note.type}: {note.why}", note.numbers)
            for trail in trails
            for note in trail.refused
        ),
    )
    page.rows(
        "not read",
        (
            (f"{text.counted(note.count, 'event')} {note.type}, {note.why}", note.numbers)
            for trail in trails
            for note in trail.skipped
        ),
    )
    page.gap()
    _mentions(page, "not yet known", "dated before and recorded later", replay.not_yet_known)
    _mentions(page, "late", "counted here and recorded later", replay.recorded_later)


def render_discussion(page: Page, discussion: "Discussion") -> None:
    """How much was said about what; dissent word for word."""
    page.gap()
    page.rows(
        "comments",
        (
            (f"{text.counted(len(talk.comments), 'comment')} on event {number}", talk.comments)
            for number, talk in discussion.about.items()
            if talk.comments
        ),
    )
    page.rows(
        "dissent",
        (
            (f"{dissent.source.by} on event {dissent.on}: {dissent.text}", (dissent.source.number,))
            for dissent in discussion.dissent
        ),
    )


def worded(said: "Cited") -> str:
    """A value, with what it was before it was corrected."""
    was = "; ".join(_was(correction) for correction in said.corrected)
    return f"{shown(said.value)} ({was})" if was else shown(said.value)


def shown(value: Any) -> str:
    """A value as people read it: lists by commas, nothing for None."""
    if value is None:
        return "nothing"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _was(correction: "Correction") -> str:
    if correction.problem is not None:
        return f"correction to {shown(correction.after)} not applied"
    return f"was {shown(correction.before)}"


def _correction(correction: "Correction") -> tuple[str, tuple[str, ...]]:
    change = f"{shown(correction.before)} -> {shown(correction.after)}"
    words = f"{correction.path} of event {correction.event}: {change}"
    if correction.path == "*":
        words = f"what may stay of event {correction.event}, as a whole"
    if correction.problem is not None:
        words = f"not applied: {words}; {correction.problem}"
    numbers = (correction.event, correction.source.number)
    return f"{words} ({correction.source.by}: {correction.reason})", numbers


def _mentions(page: Page, label: str, what: str, mentions: "tuple[Mention, ...]") -> None:
    if not mentions:
        return
    page.row(label, f"{text.counted(len(mentions), 'event')} {what}")
    for mention in mentions[:SHOWN]:
        about = f": {text.cut(text.one_line(mention.about), 60)}" if mention.about else ""
        source = mention.source
        when = f"{page.moment(source.occurred)}, recorded {page.moment(source.time)} by {source.by}"
        page.row("", f"{mention.type}{about}; {when}", (source.number,))
    if len(mentions) > SHOWN:
        page.row("", f"and {len(mentions) - SHOWN:,} more: --json has all")
