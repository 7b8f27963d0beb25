"""The small types: what each takes, what it makes of it, what it refuses."""

import contextlib
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mledger.core.moment import check_moment
from mledger.events import fields

D = "ab" * 32


class Index:
    """What the integers of NumPy are to Python."""

    def __index__(self):
        return 7


def _accepts(alias: Any, value: Any) -> Any:
    return TypeAdapter(alias).validate_python(value)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("Line", "  a b ", "a b"),
        ("Line", "e\u0301", "\u00e9"),
        ("Line", "日本", "日本"),
        ("Line", "a\u00a0b", "a\u00a0b"),
        ("Line", "a" * 1000, "a" * 1000),
        ("Summary", "a" * 300 + " ", "a" * 300),
        ("Summary", "e\u0301" * 300, "\u00e9" * 300),
        ("Text", "a\r\nb\n", "a\nb"),
        ("Text", "a\tb", "a\tb"),
        ("Digest", D, D),
        ("Count", 0, 0),
        ("Count", 2**53 - 1, 2**53 - 1),
        ("Count", Index(), 7),
        ("Amount", 3, 3.0),
        ("Number", 1, 1.0),
        ("Number", float("nan"), "NaN"),
        ("Number", float("-inf"), "-Infinity"),
        ("Number", "Infinity", "Infinity"),
        ("Number", 2**60, float(2**60)),
        ("Day", "2026-10-31", "2026-10-31"),
        ("Day", date(2026, 10, 31), "2026-10-31"),
        ("Instant", "2026-11-23T09:10:00Z", "2026-11-23T09:10:00.000000Z"),
        (
            "Instant",
            datetime(2026, 11, 23, 10, 10, tzinfo=timezone(timedelta(hours=1))),
            "2026-11-23T09:10:00.000000Z",
        ),
        ("EventNumber", 41, "41"),
        ("EventNumber", "41.3", "41.3"),
        ("EventRef", "0", "0"),
        (
            "EventRef",
            "01936F2E-7B1C-7ABC-8DEF-0123456789AB",
            "01936f2e-7b1c-7abc-8def-0123456789ab",
        ),
        ("EventType", "decision.accepted", "decision.accepted"),
        ("Uri", "s3://bucket/key", "s3://bucket/key"),
        ("Uri", "doi:10.1/x", "doi:10.1/x"),
        ("MediaType", "text/csv; charset=utf-8", "text/csv; charset=utf-8"),
    ],
)
def test_accepted(name, value, found):
    """Each small type takes what people and libraries write, and keeps it in one spelling."""
    result = _accepts(getattr(fields, name), value)

    assert result == found
    assert type(result) is type(found)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        (
            "Line",
            [
                "",
                "  ",
                "a\nb",
                "a\tb",
                "a\x00",
                "a\x7f",
                "a\u0085b",
                "a\u2028b",
                "a\u202eb",
                "a" * 1001,
                3,
                None,
                b"a",
            ],
        ),
        ("Summary", ["a" * 301, "a\nb"]),
        ("Name", ["a" * 201, "a\nb", ""]),
        ("Text", ["", "\n", "a\x07", "a\rb", "\ud800", "\uffff", 3]),
        ("Digest", ["", D.upper(), D[:-1], D + "a", f"{D}\n", "g" * 64, 3]),
        ("Count", [-1, 2**53, 1.0, "1", True, None]),
        ("Amount", [-0.1, "1", True, float("nan"), float("inf"), 10**400, None]),
        ("Number", ["1.5", "nan", "inf", True, None, [], 10**400]),
        (
            "Day",
            [
                "2026-02-30",
                "2026-1-1",
                "20261031",
                "2026-10-31T00:00:00Z",
                20261031,
                3,
                "",
                datetime(2026, 1, 1, tzinfo=UTC),
            ],
        ),
        ("Instant", ["2026-11-23T09:10:00", "2026-11-23", datetime(2026, 1, 1), 3, "now"]),  # noqa: DTZ001
        (
            "EventNumber",
            [
                "-1",
                "01",
                "1.0",
                "1.",
                "1.2.3",
                1.5,
                "",
                "x",
                "01936f2e-7b1c-7abc-8def-0123456789ab",
                -1,
                True,
            ],
        ),
        ("EventRef", ["", "01936f2e7b1c7abc8def0123456789ab", "1 ", "#1", "1\n", True]),
        ("EventType", ["decision", "Decision.accepted", "a..b", ".a", "a.*", "a." + "b" * 127]),
        (
            "Uri",
            ["no scheme", "https:", "javascript:alert(1)", "DATA:text/html,x", "https://a b", "a\n:b"],
        ),
        ("MediaType", ["json", "Text/CSV", "a/b/c", "text/csv;", "text/csv\n"]),
        ("RoleName", ["", "Owner", "1st", "a b", "a" * 65]),
    ],
)
def test_refused(name, values):
    """Each small type refuses what is close to it and not it."""
    accepted = []
    for value in values:
        with contextlib.suppress(ValidationError):
            accepted.append((value, _accepts(getattr(fields, name), value)))
    assert accepted == []


@given(st.datetimes(timezones=st.timezones()))
def test_instants_are_moments(value):
    """Any moment with a zone becomes the ledger's spelling of it."""
    try:
        found = _accepts(fields.Instant, value)
    except ValidationError:  # the zone moves the edges of the calendar out of it
        assert value.year in {1, 9999}
        return
    assert check_moment(found) == found


@given(st.dates())
def test_days_sort_as_text(value):
    """A day is kept as text of ten characters, so that the order of text is the order of time."""
    found = _accepts(fields.Day, value)

    assert len(found) == 10
    assert date.fromisoformat(found) == value


@pytest.mark.parametrize(
    "target",
    [
        {},
        {"event": "1", "digest": D},
        {"event": "1", "uri": "doi:1/2"},
        {"event": "1", "digest": D, "uri": "doi:1/2"},
    ],
)
def test_reference_has_one_target(target):
    """A typed link names exactly one target."""
    with pytest.raises(ValidationError, match="exactly one target"):
        _accepts(fields.Ref, {"rel": "evidence", **target})


@pytest.mark.parametrize("items", [["a", "a"], ["a", " a"], ["\u00e9", "e\u0301"]])
def test_names_are_unique_after_normalisation(items):
    """A list of names holds each once, compared as they are kept."""
    with pytest.raises(ValidationError, match="there twice"):
        _accepts(fields.Distinct[fields.Line], items)


@pytest.mark.parametrize("name", ["Line", "Summary", "Name", "Text"])
@given(value=st.text() | st.text(" \n\t\r\u2028\u00a0\u0301ae\u0338<\u1100\u1161"))
def test_what_is_kept_stays(name, value):
    """Text that was accepted once is accepted again and does not change: a body can always be read."""
    alias = getattr(fields, name)
    try:
        found = _accepts(alias, value)
    except ValidationError:
        return
    assert _accepts(alias, found) == found
    assert found == found.strip() != ""
    assert unicodedata.is_normalized("NFC", found)
