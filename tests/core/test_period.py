"""Periods of the calendar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.core.moment import Moment, of_seconds
from mledger.core.period import Period, parse_period
from mledger.errors import FormatError

TIMES = st.integers(0, 32_503_680_000).map(of_seconds)
PERIODS = st.builds(Period, st.integers(0, 12_000), st.integers(0, 100_000))


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("P10Y", "2026-11-25", "2036-11-25"),
        ("P6M", "2026-08-31", "2027-02-28"),
        ("P1Y", "2028-02-29", "2029-02-28"),
        ("P90D", "2026-11-25", "2027-02-23"),
        ("P2W", "2026-12-25", "2027-01-08"),
        ("P1Y6M1D", "2026-11-25", "2028-05-26"),
        ("P999Y", "9998-01-01", "9999-12-31"),
    ],
)
def test_a_period_ends_on_a_day_of_the_calendar(text, begin, end):
    """Months keep the day or end with the month; what passes the calendar ends with it."""
    assert parse_period(text).after(Moment(f"{begin}T09:12:04.123456Z"))[:10] == end


@pytest.mark.parametrize(
    "text", ["", "P", "P0D", "10Y", "P10", "P1D1Y", "PT5M", "p1y", "P1001Y", "P-1D", "P1.5Y"]
)
def test_what_is_no_period_is_refused(text):
    """Only whole days, in their order, and some of them."""
    with pytest.raises(FormatError):
        parse_period(text)


@given(TIMES, TIMES, PERIODS)
def test_what_begins_later_ends_no_sooner(one, other, period):
    """The end of a period is never before its beginning, and the order of beginnings is kept."""
    first, second = sorted((one, other))
    assert first <= period.after(first) <= period.after(second)
