"""The content of a table has one digest, however it is written; any other content has another."""

import datetime as dt
import decimal
import hashlib
import io
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyarrow import feather, ipc
from pyarrow import parquet as pq

from mledger.data.content import Content, digest_of
from mledger.data.hashing import LocalFile
from mledger.data.tables import open_table
from mledger.errors import InputError

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  naive on purpose
BERLIN = pa.timestamp("us", tz="Europe/Berlin")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
MOMENTS = st.integers(-(10**14), 10**14)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    pa.int8(): st.integers(-128, 127),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint16(): st.integers(0, 2**16 - 1),
    pa.float32(): st.floats(width=32),
    pa.float64(): st.floats(),
    pa.bool_(): st.booleans(),
    pa.string(): TEXT,
    pa.binary(): st.binary(max_size=6),
    pa.binary(3): st.binary(min_size=3, max_size=3),
    pa.date32(): st.dates(),
    pa.time64("us"): st.times(),
    pa.timestamp("us"): st.datetimes(),
    BERLIN: MOMENTS,
    pa.duration("ms"): MOMENTS,
    pa.decimal128(9, 2): st.decimals(-9999, 9999, places=2),
    pa.list_(pa.int32()): st.lists(st.none() | st.integers(-9, 9), max_size=3),
    pa.list_(pa.string()): st.lists(st.none() | TEXT, max_size=3),
    pa.struct([("a", pa.int64()), ("b", pa.string())]): st.fixed_dictionaries(
        {"a": st.none() | st.integers(-9, 9), "b": st.none() | TEXT}
    ),
    pa.map_(pa.string(), pa.int64()): st.dictionaries(TEXT, st.none() | st.integers(-9, 9), max_size=3).map(
        lambda held: list(held.items())
    ),
}
TYPES = list(VALUES)


@st.composite
def tables(draw: st.DrawFn, min_rows: int = 0) -> pa.Table:
    """A table of up to four columns of any type, with nulls."""
    rows = draw(st.integers(min_rows, 7))
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=4))
    columns = {}
    for n, type_ in enumerate(types):
        values = draw(st.lists(st.none() | VALUES[type_], min_size=rows, max_size=rows))
        columns[f"c{n}"] = pa.array(values, type_)
    return pa.table(columns)


def through_parquet(table: pa.Table, **options: Any) -> pa.Table:
    """The table as Parquet gives it back."""
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return pq.read_table(pa.BufferReader(file.getvalue()))


def through_feather(table: pa.Table) -> pa.Table:
    """The table as Feather gives it back."""
    file = io.BytesIO()
    feather.write_feather(table, file, compression="lz4", chunksize=2)
    return feather.read_table(pa.BufferReader(file.getvalue()))


def through_a_stream(table: pa.Table) -> pa.Table:
    """The table as an Arrow stream gives it back."""
    file = io.BytesIO()
    with ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)
    return ipc.open_stream(file.getvalue()).read_all()


def spread(table: pa.Table) -> pa.Table:
    """The table behind others in the same buffers, with other metadata."""
    doubled = pa.concat_tables([table, table]).combine_chunks()
    schema = table.schema.with_metadata({"b": "2", "a": "1"})
    return doubled.slice(table.num_rows).replace_schema_metadata(schema.metadata)


def dictionaries(table: pa.Table) -> pa.Table:
    """The table with its text as dictionaries."""
    found = table
    for n, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            found = found.set_column(n, field.name, found.column(n).dictionary_encode())
    return found


SAME: dict[str, Callable[[pa.Table], pa.Table]] = {
    "zstd, one row a group": lambda table: through_parquet(table, compression="zstd", row_group_size=1),
    "no dictionary, old Parquet": lambda table: through_parquet(
        table, use_dictionary=False, data_page_version="2.0"
    ),
    "without the Arrow schema": lambda table: through_parquet(table, store_schema=False),
    "Feather": through_feather,
    "stream": through_a_stream,
    "other buffers and metadata": spread,
    "dictionaries": dictionaries,
}


@pytest.mark.parametrize("way", SAME)
@settings(max_examples=25)
@given(table=tables())
def test_the_same_table_has_the_same_digest(way: str, table: pa.Table) -> None:
    """However a table is written, compressed, cut and encoded, its content has one digest."""
    if way == "without the Arrow schema":
        # Parquet alone knows no span of time; and a table without columns has no rows there.
        kept = [f.name for f in table.schema if not pa.types.is_duration(f.type)]
        assume(kept)
        table = table.select(kept)
    assert digest_of(SAME[way](table)) == digest_of(table)


@given(table=tables(), sizes=st.lists(st.integers(0, 3), max_size=9))
def test_the_cut_into_batches_does_not_matter(table: pa.Table, sizes: list[int]) -> None:
    """A table that is taken in piece by piece, however cut, has the digest of the whole."""
    content, at = Content(table.schema), 0
    for size in [*sizes, table.num_rows]:
        for batch in table.slice(at, size).to_batches():
            content.add(batch)
        at += size
    assert content.digest() == digest_of(table)
    assert content.rows == table.num_rows


def _same(one: Any, two: Any) -> bool:
    """Whether two values are the same to a digest: one NaN is like another, and -0.0 is not 0.0."""
    if isinstance(one, float) and isinstance(two, float):
        return (math.isnan(one) and math.isnan(two)) or (
            one == two and math.copysign(1, one) == math.copysign(1, two)
        )
    return bool(one == two)


@given(table=tables(min_rows=1), data=st.data())
def test_any_other_cell_is_another_digest(table: pa.Table, data: st.DataObject) -> None:
    """Change one cell to any other value, or to none, and the digest is another."""
    at = data.draw(st.integers(0, table.num_columns - 1))
    row = data.draw(st.integers(0, table.num_rows - 1))
    type_, before = table.schema.field(at).type, table.column(at)
    values = before.to_pylist()
    held = values[row]
    changed = data.draw(st.none() | VALUES[type_])
    after = pa.array([*values[:row], changed, *values[row + 1 :]], type_)
    if _same(after[row].as_py(), held):
        return
    other = table.set_column(at, table.schema.names[at], after)
    assert digest_of(other) != digest_of(table)


@given(table=tables(min_rows=1))
def test_names_order_and_rows_are_content(table: pa.Table) -> None:
    """Another name, another order of columns or rows, a row more: another content."""
    digest = digest_of(table)
    assert digest_of(table.rename_columns([f"{name}x" for name in table.column_names])) != digest
    assert digest_of(pa.concat_tables([table, table])) != digest
    if table.num_columns > 1:
        assert digest_of(table.select(table.column_names[::-1])) != digest


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (pa.array(["ab", "c"]), pa.array(["a", "bc"])),
        (pa.array([None, 1], pa.int64()), pa.array([1, None], pa.int64())),
        (pa.array([0.0]), pa.array([-0.0])),
        (pa.array([None], pa.float64()), pa.array([math.nan])),
        (pa.array([1], pa.int32()), pa.array([1], pa.int64())),
        (pa.array([""], pa.string()), pa.array([None], pa.string())),
        (pa.array(["a"], pa.string()), pa.array([b"a"], pa.binary())),
        (pa.array([[1], []]), pa.array([[], [1]])),
        (pa.array([[None]], pa.list_(pa.int64())), pa.array([None], pa.list_(pa.int64()))),
        (pa.array([EPOCH], pa.timestamp("us")), pa.array([EPOCH], pa.timestamp("us", "UTC"))),
        (pa.array([decimal.Decimal("1.0")]), pa.array([decimal.Decimal("1.00")])),
        (pa.array([{"a": 1}]), pa.array([{"b": 1}])),
    ],
)
def test_what_looks_alike_is_told_apart(one: pa.Array, two: pa.Array) -> None:
    """Where text is cut, where nothing is, how wide a number is, of which type a value: all of it counts."""
    assert digest_of(pa.table({"x": one})) != digest_of(pa.table({"x": two}))


PAYLOAD = np.array([0x7FF8000000000001, 0xFFF8000000000000, 0x7FF8000000000000], np.uint64).view(np.float64)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (pa.array([EPOCH], pa.timestamp("s")), pa.array([EPOCH], pa.timestamp("ns"))),
        (pa.array([EPOCH], pa.timestamp("s", "UTC")), pa.array([EPOCH], pa.timestamp("ms", "Asia/Tokyo"))),
        (pa.array(["a"], pa.string()), pa.array(["a"], pa.large_string())),
        (pa.array(["a"], pa.string()), pa.array(["a"], pa.string_view())),
        (pa.array([b"abc"], pa.binary(3)), pa.array([b"abc"], pa.large_binary())),
        (pa.array([[1, 2]], pa.list_(pa.int64(), 2)), pa.array([[1, 2]], pa.large_list(pa.int64()))),
        (pa.array([EPOCH.date()], pa.date32()), pa.array([EPOCH.date()], pa.date64())),
        (pa.array([dt.time(1)], pa.time32("s")), pa.array([dt.time(1)], pa.time64("ns"))),
        (
            pa.array([1, 1, 2]),
            pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array([1, 2])),
        ),
        (pa.array(PAYLOAD), pa.array([math.nan] * 3)),
        (
            pa.array([decimal.Decimal("1.50")], pa.decimal128(9, 2)),
            pa.array([decimal.Decimal("1.50")], pa.decimal256(9, 2)),
        ),
        (
            pa.array([b"\1" * 16], pa.binary(16)),
            pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"\1" * 16], pa.binary(16))),
        ),
    ],
)
def test_what_is_only_stored_differently_is_the_same(one: pa.Array, two: pa.Array) -> None:
    """Unit and zone of a time, width of offsets, run lengths, the payload of a NaN are no content."""
    assert digest_of(pa.table({"x": one})) == digest_of(pa.table({"x": two}))


@pytest.mark.parametrize(
    "array",
    [
        pa.array([pa.MonthDayNano([1, 2, 3])]),
        pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])]),
    ],
    ids=["interval", "union"],
)
def test_a_type_without_a_form_is_refused(array: pa.Array) -> None:
    """Intervals and unions have no digest of content, and the column is named."""
    with pytest.raises(InputError, match=r"column 'x' is of type .* which has no digest of content"):
        digest_of(pa.table({"x": array}))


def test_the_document_that_is_hashed_is_the_one_described() -> None:
    """The example of the explanation, worked out there by hand, is what the code gives."""
    root = Path(__file__).parents[2]
    text = (root / "docs" / "explanation" / "content-digest.md").read_text(encoding="utf-8")
    document = re.search(r"^```json\n(.*?)```", text, re.MULTILINE | re.DOTALL)[1]
    table = pa.table({"age": pa.array([31, None], pa.int32()), "name": ["Ann", "Bo"]})
    assert f"`{digest_of(table)}`" in text
    compact = json.dumps(json.loads(document), separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(compact.encode()).hexdigest() == digest_of(table)


# --- files


def digest_of_file(path: Path) -> str:
    """The digest of the content of a file."""
    table = open_table([LocalFile.at(path)], path.name)
    assert table is not None
    return table.each(Content.taker).digest()


def test_formats_agree(tmp_path: Path) -> None:
    """A table has one digest as Parquet, Feather, Arrow and in memory; in CSV if its types are told there."""
    table = pa.table({"n": range(1000), "x": np.arange(1000) / 7, "t": [f"row {n}" for n in range(1000)]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=10)
    feather.write_feather(table, tmp_path / "a.feather", chunksize=7)
    with ipc.new_stream(tmp_path / "a.arrows", table.schema) as writer:
        writer.write_table(table)
    with ipc.new_file(tmp_path / "a.arrow", table.schema) as writer:
        writer.write_table(table)
    (tmp_path / "a.csv").write_text("n,x,t\n" + "".join(f"{n},{n / 7!r},row {n}\n" for n in range(1000)))
    found = {path.name: digest_of_file(path) for path in tmp_path.iterdir()}
    assert found == dict.fromkeys(found, digest_of(table))
