"""Periods of the calendar: ISO 8601 durations of whole days.

P10Y, P6M, P90D, P1Y6M, P2W.
"""

import calendar
import re
from datetime import timedelta
from typing import NamedTuple

from mledger.core.moment import Moment, format_moment, parse_moment
from mledger.errors import FormatError

MOST_YEARS = 1_000

_PERIOD = re.compile(r"P(?=[0-9])(?:([0-9]{1,4})Y)?(?:([0-9]{1,5})M)?(?:([0-9]{1,5})W)?(?:([0-9]{1,6})D)?")


class Period(NamedTuple):
    """So many months of the calendar, and then so many days."""

    months: int
    days: int

    def after(self, moment: Moment) -> Moment:
        """The same time of day after the period; the last day of a month that is shorter.

        What would lie beyond the year 9999 is its last moment.
        """
        begin = parse_moment(moment)
        year, month = divmod(begin.year * 12 + begin.month - 1 + self.months, 12)
        try:
            last = calendar.monthrange(year, month + 1)[1]
            end = begin.replace(year=year, month=month + 1, day=min(begin.day, last))
            return format_moment(end + timedelta(days=self.days))
        except (OverflowError, ValueError):
            return Moment("9999-12-31T23:59:59.999999Z")


def parse_period(text: str) -> Period:
    """The period that a text says; FormatError for all else, and for nothing at all."""
    match = _PERIOD.fullmatch(text)
    years, months, weeks, days = (int(part or 0) for part in match.groups()) if match else (0, 0, 0, 0)
    period = Period(years * 12 + months, weeks * 7 + days)
    if not any(period) or period.months > MOST_YEARS * 12:
        raise FormatError(f"{text[:40]!r} is no period like P10Y, P6M or P90D")
    return period
