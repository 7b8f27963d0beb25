"""Calendars: what is due as iCalendar (RFC 5545), for any calendar program.

The same agenda gives the same bytes: the time stamps are those of the events, and each thing keeps
its UID, so that a calendar that is imported again moves an entry and does not double it.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from mledger.reports.due import Due

MEDIA_TYPE = "text/calendar"
_LINE = 75  # octets, without the line break (section 3.1)


def calendar(items: Iterable[Due], origin: str) -> bytes:
    """The calendar of what is due in the ledger of that name: an entry of a whole day for each."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//mledger//reviews//EN", "CALSCALE:GREGORIAN"]
    for item in items:
        lines += _entry(item, origin)
    return b"".join(map(_folded, [*lines, "END:VCALENDAR"]))


def _entry(item: Due, origin: str) -> Iterator[str]:
    day = date.fromisoformat(item.day)
    stamp = f"{item.recorded[:19]}Z".replace("-", "").replace(":", "")
    owner = [f"Owner: {item.owner}"] if item.owner else []
    events = f"Events {', '.join(item.numbers)} of {origin}"
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(f'{item.name}@{origin}')}"
    yield f"DTSTAMP:{stamp}"
    yield f"SEQUENCE:{len(item.numbers)}"
    yield f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
    if day < date.max:
        yield f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(f'{item.title} ({item.stream})')}"
    yield f"DESCRIPTION:{_text(chr(10).join((item.why, *owner, events)))}"
    yield f"CATEGORIES:{item.kind.upper()}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _text(value: str) -> str:
    """A value of type TEXT (section 3.3.11)."""
    for mark, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        value = value.replace(mark, written)
    return value


def _folded(line: str) -> bytes:
    """The line with its break, over several lines where it is too long, never within a character."""
    folded, room = bytearray(), _LINE
    for character in line:
        octets = character.encode()
        if len(octets) > room:
            folded += b"\r\n "
            room = _LINE - 1
        folded += octets
        room -= len(octets)
    return bytes(folded + b"\r\n")
