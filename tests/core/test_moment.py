from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mledger.core.moment import (
    check_moment,
    format_moment,
    is_later,
    later,
    parse_moment,
    read_cut,
    read_moment,
)
from mledger.errors import FormatError, InputError, MledgerError

ZONES = st.timedeltas(timedelta(hours=-23, minutes=-59), timedelta(hours=23, minutes=59)).map(
    lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
)
TIMES = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=ZONES)  # noqa: DTZ001


@given(time=TIMES)
def test_round_trip(time):
    """A moment is the same instant in UTC, to the microsecond, and 27 characters long."""
    moment = format_moment(time)

    assert parse_moment(moment) == time
    assert parse_moment(moment).utcoffset() == timedelta(0)
    assert check_moment(moment) == moment
    assert len(moment) == 27


@given(one=TIMES, other=TIMES)
def test_order(one, other):
    """Moments compare as text as their times compare."""
    assert (format_moment(one) < format_moment(other)) == (one < other)
    assert is_later(format_moment(one), format_moment(other)) == (one > other)


@given(text=st.one_of(st.text(), st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")))
def test_only_its_own_form(text):
    """Any text is either the one spelling of a real time or a FormatError."""
    try:
        time = parse_moment(text)
    except FormatError:
        return
    assert format_moment(time) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T09:12:04Z",
        "2026-11-23T09:12:04.123Z",
        "2026-11-23T09:12:04.1234567Z",
        "2026-11-23t09:12:04.123456z",
        "2026-11-23 09:12:04.123456Z",
        "2026-11-23T09:12:04.123456+00:00",
        "2026-11-23T09:12:04.123456Z\n",
        " 2026-11-23T09:12:04.123456Z",
        "2026-02-29T09:12:04.123456Z",
        "2026-11-31T09:12:04.123456Z",
        "2026-11-23T24:00:00.000000Z",
        "2026-11-23T23:59:60.000000Z",
        "0000-01-01T00:00:00.000000Z",
        "٢٠٢٦-11-23T09:12:04.123456Z",
        "",
    ],
)
def test_refused(text):
    """Other spellings, days that do not exist and leap seconds are no moments."""
    with pytest.raises(FormatError):
        check_moment(text)


@pytest.mark.parametrize("value", [None, 3, b"2026-11-23T09:12:04.123456Z", ["2026"], True])
def test_refused_values(value):
    """What a JSON payload may hold in place of a time is refused as any other."""
    with pytest.raises(FormatError):
        check_moment(value)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T09:12:04Z", "2026-11-23T09:12:04.000000Z"),
        ("2026-11-23T10:12:04+01:00", "2026-11-23T09:12:04.000000Z"),
        ("2026-11-23 10:12+0100", "2026-11-23T09:12:00.000000Z"),
        ("2026-11-23t09:12:04.5z", "2026-11-23T09:12:04.500000Z"),
        ("20261123T091204Z", "2026-11-23T09:12:04.000000Z"),
        ("  2026-11-23T09:12:04,25Z\n", "2026-11-23T09:12:04.250000Z"),
    ],
)
def test_what_people_write(text, moment):
    """Any ISO 8601 time with a zone is read, and so is it as a cut."""
    assert read_moment(text) == moment
    assert read_cut(text) == moment


@pytest.mark.parametrize(
    "text", ["2026-11-23T09:12:04", "2026-11-23", "09:12", "yesterday", "", "0001-01-01T00:00+01:00"]
)
def test_what_people_must_not_write(text):
    """A time without a zone, or beyond the calendar, is refused in one line."""
    with pytest.raises(InputError) as caught:
        read_moment(text)

    assert "\n" not in caught.value.message


def test_the_way_out():
    """The refusal of a time without a zone shows how to write one."""
    with pytest.raises(InputError) as caught:
        read_moment("2026-11-23T09:12:04")

    assert caught.value.fix is not None
    assert "2026-11-23T10:12:04+01:00" in caught.value.fix


def test_a_day_as_a_cut():
    """A bare date as a cut takes in all of that day in UTC and nothing of the next."""
    cut = read_cut(" 2026-11-23 ")

    assert cut == "2026-11-23T23:59:59.999999Z"
    assert read_moment("2026-11-23T23:59:59.999999Z") <= cut < read_moment("2026-11-24T00:00:00Z")
    with pytest.raises(InputError):
        read_cut("2026-02-30")


def test_no_zone_no_moment():
    """A naive datetime has no moment."""
    with pytest.raises(InputError):
        format_moment(datetime(2026, 11, 23))  # noqa: DTZ001


@given(text=st.text(max_size=40))
def test_reading_never_leaks(text):
    """Reading what people write raises our own errors and no other."""
    for read in (read_moment, read_cut):
        try:
            moment = read(text)
        except MledgerError:
            continue
        assert check_moment(moment) == moment


@given(time=TIMES, seconds=st.integers(-100_000, 100_000))
def test_later(time, seconds):
    """`later` moves by whole seconds, and `is_later` takes a difference of just that for allowed."""
    moment = format_moment(time)

    moved = later(moment, seconds)

    assert parse_moment(moved) - parse_moment(moment) == timedelta(seconds=seconds)
    assume(seconds >= 0)
    assert not is_later(moved, moment, seconds)
    assert is_later(later(moved, 0.000001), moment, seconds)
    assert is_later(later(moment, 0.000001), moment)


def test_the_end_of_time():
    """Beyond the year 9999 there is an InputError and not an OverflowError."""
    with pytest.raises(InputError):
        later(format_moment(datetime(9999, 12, 31, tzinfo=UTC)), 1e6)
    with pytest.raises(InputError):
        later(format_moment(datetime(9999, 12, 31, tzinfo=UTC)), 1e300)
