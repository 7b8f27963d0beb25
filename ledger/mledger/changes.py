"""Reports about one model of a ledger, between moments or versions."""

from typing import TYPE_CHECKING

from mledger.chain.history import History
from mledger.core.moment import Moment, read_cut, read_moment
from mledger.core.names import parse_number
from mledger.errors import InputError
from mledger.events.version import VersionReleased
from mledger.replay import When, cut_at, narrowed
from mledger.reports.base import Document
from mledger.reports.changelog import changelog
from mledger.reports.onboard import onboard

if TYPE_CHECKING:
    from mledger.reader import Reader

_DAY = len("2026-11-23")


def newcomer(reader: "Reader", stream: str, *, known_at: When | None = None) -> Document:
    """The page for a newcomer to a model, as known at a moment; errors as `replay`."""
    history = reader.history()
    cut = cut_at(reader, history, known_at)
    known = f"as known on {(cut.known_at or reader.now())[:10]}, {cut.entries:,} entries of {reader.origin}"
    return onboard(narrowed(history, cut), stream, known)


def changed(reader: "Reader", stream: str, since: str | None = None, until: str | None = None) -> Document:
    """What changed of a model from one moment to another, each a version, a day, a time or an event.

    A day counts from its beginning as the first moment, and to its end as the second; a version or an
    event counts from after it, and up to it. Errors: InputError for what is none of them.
    """
    history = reader.history()
    start = 0 if since is None else _place(reader, history, stream, since, first=True)
    stop = history.size if until is None else _place(reader, history, stream, until, first=False)
    if stop < start:
        raise InputError(f"{until} is before {since}", fix="name the earlier one with --from")
    between = (
        f"from {since or 'the beginning'} to {until or 'now'}, entries {start:,} to {max(start, stop - 1):,}"
    )
    return changelog(history, stream, start, stop, between)


def _place(reader: "Reader", history: History, stream: str, text: str, *, first: bool) -> int:
    """The entry at which what is meant begins, or the one after which it ends."""
    released = _released(history, stream)
    if text in released:
        return released[text] + 1
    if "-" in text or ":" in text:
        return _at(reader, text, first=first)
    try:
        seq = parse_number(text)[0]
    except InputError:
        seq = history.size
    if "." in text or seq >= history.size:
        versions = f"; versions are {', '.join(released)}" if released else ""
        raise InputError(
            f"{text[:40]!r} is neither a version, nor a day, nor an event{versions}",
            fix=f"mledger log {stream} --type version",
        )
    return seq + 1


def _at(reader: "Reader", text: str, *, first: bool) -> int:
    """How many entries there were before a day or a time, or by the end of it."""
    if not first:
        return reader.size_at(read_cut(text))
    bare = len(text.strip()) == _DAY
    moment = read_moment(f"{text.strip()}T00:00:00Z" if bare else text)
    size = reader.size_at(moment)
    while size and reader.statement(size - 1).time == Moment(moment):
        size -= 1
    return size


def _released(history: History, stream: str) -> dict[str, int]:
    """The entry in which each version was released first."""
    found: dict[str, int] = {}
    for fact in history.of(stream).facts():
        released = fact.type == VersionReleased.type and fact.refused is None
        if released and isinstance(body := fact.data, VersionReleased):
            found.setdefault(body.version, fact.seq)
    return found
