"""A profile says what data looks like, and nothing of a row; a comparison says what moved."""

import datetime as dt
import json
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mledger.data.columns import COUNTED, LEAST, LISTED, label_of
from mledger.data.profile import Profile, Profiler, Wishes, column_labels
from mledger.data.shift import LARGE, MODERATE, SHARES, Comparison, compare, index
from mledger.data.sketch import ERROR, RUN, Sketch
from mledger.errors import InputError
from mledger.events.profile import ProfileRecorded

RANDOM = np.random.default_rng(7)


def profile(table: pa.Table, rows: int = 1_000, **wishes: Any) -> Profile:
    """The profile of a table, taken in batches."""
    profiler = Profiler(table.schema, Wishes(**wishes))
    for batch in table.to_batches(max_chunksize=rows):
        profiler.add(batch)
    return profiler.done()


def recorded(found: Profile, version: str = "1") -> ProfileRecorded:
    """The event that a profile becomes."""
    return ProfileRecorded(
        version=version,
        stage="as recorded",
        rows=found.rows,
        columns=found.columns,
        groups=found.groups,
        time_column=found.time,
    )


def column(values: Any, **wishes: Any) -> dict[str, Any]:
    """The profile of one column."""
    return profile(pa.table({"x": values}), **wishes).columns[0]


def moved(before: Any, after: Any) -> Comparison:
    """What moved between two columns."""
    one = recorded(profile(pa.table({"x": before})))
    return compare(one, recorded(profile(pa.table({"x": after}), before=one), "2"))


# --- the sketch


@given(
    values=st.lists(st.floats(allow_nan=False, width=32), min_size=1, max_size=300),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_ranks_of_few_numbers_are_exact(values: list[float], cuts: list[int]) -> None:
    """However they come, quantiles and counts of fewer than RUN numbers are those of the sorted list."""
    sketch, array, at = Sketch(), np.array(values), 0
    for cut in [*cuts, len(values)]:
        sketch.add(array[at : at + cut])
        at += cut
    ordered = sorted(values)
    for place in (0.01, 0.25, 0.5, 0.99, 1.0):
        assert sketch.quantiles([place]) == [ordered[max(0, math.ceil(place * len(values)) - 1)]]
    edges = sorted({ordered[0], ordered[len(ordered) // 2]})
    counts = sketch.counts(edges)
    assert sum(counts) == len(values)
    assert counts[0] == sum(value < edges[0] for value in values)


@pytest.mark.parametrize("order", ["as they come", "ascending", "in waves"])
def test_ranks_of_many_numbers_are_near(order: str) -> None:
    """Beyond RUN a rank is within the stated error, also for sorted numbers; mean and deviation are exact."""
    values = np.random.default_rng(3).lognormal(size=20 * RUN + 77)
    if order != "as they come":
        values.sort()
    if order == "in waves":
        values = values.reshape(-1, 7)[::-1].ravel() if len(values) % 7 == 0 else np.roll(values, RUN // 3)
    sketch = Sketch()
    for start in range(0, len(values), 10_007):
        sketch.add(values[start : start + 10_007])
    ordered = np.sort(values)
    places = [0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999]
    ranks = np.searchsorted(ordered, sketch.quantiles(places)) / len(values)
    assert max(abs(ranks - places)) < ERROR / 2
    assert sketch.mean == pytest.approx(values.mean())
    assert sketch.deviation == pytest.approx(values.std())
    assert len(sketch._points()[0]) < 2 * RUN


# --- columns


def test_numbers_have_quantiles_bins_and_moments() -> None:
    """A column of numbers: its missing values with NaN among them, mean, deviation, quantiles, ten bins."""
    values = np.concatenate([RANDOM.normal(50, 10, 9_990), [np.nan] * 10])
    found = column(values)
    assert (found["dtype"], found["missing"], found["distinct_above"]) == ("float64", 10, COUNTED)
    assert found["mean"] == pytest.approx(50, abs=1)
    assert [q["at"] for q in found["quantiles"]] == [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
    assert len(found["bins"]) == 10
    assert sum(bin_["rows"] for bin_ in found["bins"]) == 9_990
    assert max(bin_["rows"] for bin_ in found["bins"]) < 1_100


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (pa.array([1, 2, None] * 100, pa.int16()), "int16"),
        (pa.array([True, False, None] * 100), "bool"),
        (pa.array(["a", "b", None] * 100), "string"),
        (pa.array(["a", "b", None] * 100).dictionary_encode(), "string"),
        (pa.array([0.5, 1.5, math.nan] * 100), "float64"),
    ],
)
def test_few_values_are_categories(values: pa.Array, dtype: str) -> None:
    """A column of few different values has each of them with its rows."""
    found = column(values)
    assert (found["dtype"], found["missing"], found["distinct"], found["other"]) == (dtype, 100, 2, 0)
    assert [category["rows"] for category in found["categories"]] == [100, 100]


def test_text_has_lengths_alone() -> None:
    """Of a column of free text the lengths are said, and not one of the texts."""
    found = column([f"secret {n}" + "!" * (n % 10) for n in range(5_000)])
    assert found["lengths"][-1]["value"] < 25
    assert "categories" not in found
    assert "secret" not in json.dumps(found)


def test_a_column_that_no_profile_fits_is_listed() -> None:
    """Lists, bytes, times of day: the column is there with type and missing values, and says why not more."""
    table = pa.table(
        {
            "l": [[1], None],
            "b": [b"x", b"y"],
            "t": [dt.time(1), None],
            "i": pa.array([pa.MonthDayNano([1, 2, 3])] * 2),
        }
    )
    found = profile(table).columns
    assert [c["dtype"] for c in found] == ["list<int64>", "binary", "time", "month_day_nano_interval"]
    assert [c["missing"] for c in found] == [1, 0, 1, 0]
    assert all("no distribution" in c["note"] for c in found)


@pytest.mark.parametrize(
    "values", [[None] * 30, [math.inf, -math.inf] * 30, [math.nan] * 30, [7] * 30, [1e308, -1e308] * 99]
)
def test_strange_columns_have_a_profile(values: list[Any]) -> None:
    """Nothing but nulls, infinities, NaN or one number: an event can say it."""
    found = profile(pa.table({"x": pa.array(values, pa.float64() if values[0] != 7 else pa.int64())}))
    assert recorded(found).to_bytes()
    assert profile(pa.table({"x": pa.nulls(3)})).columns[0]["missing"] == 3


TABLES = st.integers(1, 60).flatmap(
    lambda rows: st.fixed_dictionaries(
        {
            "id": st.lists(st.integers(10**9, 10**10), min_size=rows, max_size=rows, unique=True),
            "name": st.lists(
                st.sampled_from(["Ann Poe", "Bo Diddley", "Cy Young", "Dee Dee"]),
                min_size=rows,
                max_size=rows,
            ),
            "income": st.lists(st.floats(1000, 9999), min_size=rows, max_size=rows),
        }
    )
)


@settings(max_examples=60)
@given(columns=TABLES)
def test_nothing_is_said_of_few_rows(columns: dict[str, list[Any]]) -> None:
    """No value stands in a profile that fewer than ten rows have, nor the number of anybody."""
    text = recorded(profile(pa.table(columns), groups=("name",))).to_bytes().decode()
    for name in set(columns["name"]):
        assert (name in text) <= (columns["name"].count(name) >= LEAST)
    said = json.loads(text)
    points = [q["value"] for c in said["columns"] for q in c.get("quantiles", ())]
    rows = len(columns["id"])
    assert not (points and rows < 2 * LEAST)
    if len(set(columns["income"])) > 1:
        assert not {min(columns["income"]), max(columns["income"])} & set(points)


def test_few_categories_are_named_and_the_rest_counted() -> None:
    """At most so many categories are named, the most frequent; rare ones are in `other`."""
    values = [f"v{n:03}" for n in range(200) for _ in range(LEAST + n)]
    found = column(values)
    assert len(found["categories"]) == LISTED
    assert found["other"] + sum(c["rows"] for c in found["categories"]) == len(values)
    assert found["distinct"] == 200


def test_a_value_is_labelled_so_that_an_event_can_hold_it() -> None:
    """Control characters are spelt out, NFC joins, what is long is no category."""
    assert label_of("a\x00b") == "a\\x00b"
    assert label_of("e\u0301") == "é"
    assert label_of("x" * 101) is None
    assert (label_of(True), label_of(3), label_of("")) == ("true", "3", "")
    assert column_labels(["", "a\nb", "x" * 300, "fine"]) == ["column 1", "column 2", "column 3", "fine"]


# --- groups and time


def test_groups_are_values_or_comparisons() -> None:
    """A column gives a group for each value that is often there; a comparison gives one."""
    table = pa.table(
        {"age": [20, 30, None, 40] * 25, "sex": ["f", "m", "f", None] * 25, "rare": ["x"] * 95 + ["y"] * 5}
    )
    found = profile(table, groups=("age<25", "sex", "rare", "sex = f", "age >= 30")).groups
    assert {row["name"]: row["rows"] for row in found} == {
        "age < 25": 25,
        "sex = f": 50,
        "sex = m": 25,
        "rare = x": 95,
        "age >= 30": 50,
    }
    assert found[0]["share"] == 0.25


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("size<3", "names no column"),
        ("age<young", "cannot be compared"),
        ("x", "names no column"),
        ("l=1", "cannot be"),
    ],
)
def test_a_group_that_is_none_is_refused(rule: str, line: str) -> None:
    """A column that is not there, or a value of another type, is told with what there is."""
    with pytest.raises(InputError, match=line) as told:
        profile(pa.table({"age": [1], "l": [[1]]}), groups=(rule,))
    assert told.value.fix


DAYS = pa.array([20_000, 20_010, None], pa.date32())


@pytest.mark.parametrize(
    ("columns", "time", "found"),
    [
        ({"applied": DAYS}, None, "applied"),
        ({"date": DAYS, "paid": DAYS}, None, "date"),
        ({"applied": DAYS, "paid": DAYS}, None, None),
        ({"applied": DAYS, "paid": DAYS}, "paid", "paid"),
        ({"date_of_birth": DAYS}, None, None),
        ({"when": DAYS.cast(pa.timestamp("s", "Asia/Tokyo"))}, None, "when"),
        ({"n": [1, 2, 3]}, None, None),
    ],
)
def test_the_period_is_that_of_the_column_of_time(columns: Any, time: str | None, found: str | None) -> None:
    """The only column of days, or the one that is called so, or the one that is named; never a birthday."""
    made = profile(pa.table(columns), time=time)
    assert made.time == found
    assert made.period == ({"start": "2024-10-04", "end": "2024-10-14"} if found else None)
    assert bool(made.notes) == (found is None and "paid" in columns)
    with pytest.raises(InputError, match="no column of days"):
        profile(pa.table(columns), time="nothing")


# --- shifts


def test_the_index_is_the_one_of_the_books() -> None:
    """The population stability index, worked out by hand for two distributions."""
    assert index([50, 50], [50, 50]) == 0
    assert index([50, 50], [75, 25]) == pytest.approx(0.25 * math.log(1.5) - 0.25 * math.log(0.5))
    assert index([1, 0], [0, 1]) == pytest.approx(2 * 0.9999 * math.log(1 / 0.0001), abs=0.001)
    assert index([0, 0], [1, 1]) is None


def test_a_shift_is_found_in_numbers_and_categories() -> None:
    """The same distribution has an index near zero, another one is beyond the threshold."""
    same, other = RANDOM.normal(0, 1, (2, 20_000))
    assert moved(same, other).psi[0].value < 0.01
    far = moved(same, other + 0.7).psi[0]
    assert far.value > LARGE
    assert (far.above, far.threshold) == (LARGE, LARGE)
    assert MODERATE < moved(same, other + 0.4).psi[0].value < LARGE
    assert moved(["a"] * 500 + ["b"] * 500, ["a"] * 490 + ["b"] * 510).psi[0].value < 0.001
    assert moved(["a"] * 500 + ["b"] * 500, ["a"] * 200 + ["b"] * 800).psi[0].value > LARGE
    assert moved(["a"] * 500 + ["b"] * 500, ["b"] * 500 + ["c"] * 500).psi[0].value > LARGE


def test_bins_stay_the_same_from_version_to_version() -> None:
    """The third version is compared in the bins of the first, whatever its own would be."""
    one = recorded(profile(pa.table({"x": RANDOM.normal(0, 1, 5_000)})))
    two = recorded(profile(pa.table({"x": RANDOM.normal(5, 1, 5_000)}), before=one), "2")
    three = recorded(profile(pa.table({"x": [1.0] * 5_000}), before=two), "3")
    edges = [[bin_.below for bin_ in body.columns[0].bins] for body in (one, two, three)]
    assert edges[0] == edges[1] == edges[2]
    assert compare(one, three).psi[0].value > LARGE
    assert compare(one, two).psi[0].value > LARGE


def test_rare_categories_make_no_shift() -> None:
    """A value that drops below ten rows is no longer named, and that alone moves nothing."""
    many = ["a"] * 980
    assert moved([*many, *["b"] * 12], [*many, *["b"] * 9]).psi[0].value < 0.01
    assert moved([*many, *["b"] * 9], [*many, *["b"] * 12]).psi[0].value < 0.01


def test_schema_missing_values_and_groups_are_compared() -> None:
    """Columns that came, went, or changed their type; shares of groups; shares of missing values."""
    before = pa.table({"a": [1] * 100, "gone": [1] * 100, "g": ["x"] * 60 + ["y"] * 40, "m": [1.0] * 100})
    after = pa.table(
        {"a": ["1"] * 100, "new": [1] * 100, "g": ["x"] * 30 + ["z"] * 70, "m": [1.0] * 80 + [None] * 20}
    )
    one = recorded(profile(before, groups=("g", "a < 2")))
    two = recorded(profile(after, before=one, groups=("new",)), "2")
    assert profile(after, before=one).notes == [
        "a group of the version before is left out: 'a < 2': a, of type string, cannot be compared with '2'"
    ]
    found = compare(one, two)
    assert [tuple(change) for change in found.schema] == [
        ("gone", "removed", "int64"),
        ("a", "retyped", "int64 to string"),
        ("new", "added", "int64"),
    ]
    shares = {row.name: row.value for row in found.groups}
    assert shares == {"g = x": -0.3, "g = y": -0.4, "g = z": 0.7}
    assert [(row.name, row.value) for row in found.missing if row.value] == [("m", 0.2)]
    assert all(row.above == SHARES for row in found.moved if row.metric != "psi")
    assert found.incomparable == []
    assert {row["metric"] for row in found.shifts()} == {"psi", "share", "missing"}
