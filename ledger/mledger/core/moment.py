"""Moments: UTC times as text whose order is the order of time.

A moment is written `YYYY-MM-DDTHH:MM:SS.ffffffZ`, always with six fractional digits and always in
UTC, so that comparing two as strings compares them as times. It is a profile of RFC 3339.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NewType

from mledger.errors import FormatError, InputError

Moment = NewType("Moment", str)

_CANONICAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EXAMPLE = "write it like 2026-11-23T09:12:04Z or 2026-11-23T10:12:04+01:00"


def format_moment(time: datetime) -> Moment:
    """The moment of an aware datetime; InputError if it has no zone or leaves the years 1 to 9999."""
    if time.utcoffset() is None:
        raise InputError(f"the time {time.isoformat()} has no time zone", fix=_EXAMPLE)
    try:
        utc = time.astimezone(UTC)
    except OverflowError:
        raise InputError(f"the time {time.isoformat()} is outside the years 1 to 9999 in UTC") from None
    return Moment(utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z")


def parse_moment(text: str) -> datetime:
    """The aware UTC datetime of a canonical moment; FormatError for any other text."""
    if not _CANONICAL.fullmatch(text):
        raise FormatError(f"{text[:40]!r} is not a time of the form YYYY-MM-DDTHH:MM:SS.ffffffZ")
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise FormatError(f"{text!r} is not a real time") from None
    # Newer Pythons read 24:00:00 as midnight of the next day: one time would have two spellings.
    if time.hour != int(text[11:13]):
        raise FormatError(f"{text!r} is not a real time")
    return time


def check_moment(text: object) -> Moment:
    """The value itself, known to be a canonical and real moment; FormatError if it is not."""
    if not isinstance(text, str):
        raise FormatError(f"a time is text and not {type(text).__name__}")
    parse_moment(text)
    return Moment(text)


def read_moment(text: str) -> Moment:
    """The moment that a person wrote in any ISO 8601 form with a zone; InputError otherwise."""
    try:
        time = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        raise InputError(f"{text[:40]!r} is not an ISO 8601 time", fix=_EXAMPLE) from None
    return format_moment(time)


def read_cut(text: str) -> Moment:
    """The last moment of a cut: like `read_moment`, but a bare date means the end of that day in UTC."""
    if _DATE.fullmatch(text.strip()):
        return read_moment(text.strip() + "T23:59:59.999999Z")
    return read_moment(text)


def of_seconds(seconds: int) -> Moment:
    """The moment so many seconds after the beginning of 1970; InputError beyond the year 9999."""
    try:
        return format_moment(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, ValueError, OSError):
        raise InputError(f"{seconds} seconds after 1970 is outside the years 1 to 9999") from None


def is_later(moment: Moment, than: Moment, seconds: float = 0) -> bool:
    """Whether a moment lies more than so many seconds after another."""
    return moment > than and parse_moment(moment) - parse_moment(than) > timedelta(seconds=seconds)


def later(moment: Moment, seconds: float) -> Moment:
    """The moment so many seconds after; InputError beyond the year 9999."""
    try:
        return format_moment(parse_moment(moment) + timedelta(seconds=seconds))
    except OverflowError:
        raise InputError(f"{seconds} seconds after {moment} is outside the years 1 to 9999") from None
