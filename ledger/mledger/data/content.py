"""The digest of a table's content, whatever file it lies in.

Each column is a tree of streams of bytes, one SHA-256 for each: where its nulls are, then its values
without them in one fixed form, then, if it is nested, the streams of what it holds. A stream is what
all rows give one after the other, so that it does not matter how they were cut into batches. The
digest of the table is the SHA-256 of a JSON document with its columns and their digests. The forms
stand in docs/explanation/content-digest.md, and a test reads them there.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as of

from mledger.errors import InputError

VERSION = 1
_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_BILLION = 1_000_000_000
_DAY_MS = 86_400_000
_DECIMAL_BYTES = 32
_TEXT = (of.is_string, of.is_large_string, of.is_string_view)
_BINARY = (of.is_binary, of.is_large_binary, of.is_binary_view, of.is_fixed_size_binary)


class Content:
    """The content of one table, taken in batch by batch, in the order of its rows."""

    def __init__(self, schema: pa.Schema) -> None:
        """Begin a table. Errors: InputError if a column has a type that has no form here."""
        self._names = list(schema.names)
        self._columns = [_encoder(plain_type(field.type), field.name) for field in schema]
        self.rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next rows; their schema is that of the table."""
        for column, array in zip(self._columns, batch.columns, strict=True):
            column.add(array)
        self.rows += batch.num_rows

    @classmethod
    def taker(cls, schema: pa.Schema) -> tuple[Callable[[pa.RecordBatch], None], Callable[[], "Content"]]:
        """A new content, as `Table.each` fills it."""
        content = cls(schema)
        return content.add, lambda: content

    def digest(self) -> str:
        """The SHA-256 of what was taken in, in hex."""
        columns = [
            [name, column.type, list(column.digests())]
            for name, column in zip(self._names, self._columns, strict=True)
        ]
        document = {"content": VERSION, "rows": self.rows, "columns": columns}
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def digest_of(table: pa.Table) -> str:
    """The digest of a table in memory. Errors: InputError."""
    content = Content(table.schema)
    for batch in table.to_batches():
        content.add(batch)
    return content.digest()


def plain_type(type_: pa.DataType) -> pa.DataType:
    """The type of the values themselves: without dictionary, run lengths and extension."""
    while True:
        if isinstance(type_, pa.BaseExtensionType):
            type_ = type_.storage_type
        elif of.is_dictionary(type_) or of.is_run_end_encoded(type_):
            type_ = type_.value_type
        else:
            return type_


def plain_array(array: pa.Array) -> pa.Array:
    """The values themselves: without dictionary, run lengths and extension."""
    while True:
        if isinstance(array, pa.ExtensionArray):
            array = array.storage
        elif of.is_dictionary(array.type):
            array = array.dictionary_decode()
        elif of.is_run_end_encoded(array.type):
            array = pc.run_end_decode(array)
        else:
            return array


def type_name(type_: pa.DataType) -> str:
    """What a type is called, whatever format its values lie in."""
    try:
        return _encoder(plain_type(type_), "").type
    except InputError:
        return str(type_)


class _Encoder:
    """A column, or what a nested column holds: where its nulls are, and its values."""

    def __init__(self, type_: str) -> None:
        self.type = type_
        self._nulls = hashlib.sha256()
        self._count = 0

    def add(self, array: pa.Array) -> None:
        """Take in the next values."""
        array, count = plain_array(array), len(array)
        if array.null_count:
            nulls = np.flatnonzero(pc.is_null(array).to_numpy(zero_copy_only=False)) + self._count
            self._nulls.update(nulls.astype("<i8").data)
            array = array.drop_null()
        self._count += count
        if len(array):
            self._values(array)

    def _values(self, array: pa.Array) -> None:
        """Take in values of which none is null."""

    def digests(self) -> Iterator[str]:
        """The digest of each stream."""
        yield self._nulls.hexdigest()


class _Flat(_Encoder):
    """Values that each have a fixed number of bytes."""

    def __init__(self, type_: str) -> None:
        super().__init__(type_)
        self._data = hashlib.sha256()

    def digests(self) -> Iterator[str]:
        yield from super().digests()
        yield self._data.hexdigest()


class _Numbers(_Flat):
    """Whole numbers, little-endian; booleans as 0 and 1 of one byte."""

    def _values(self, array: pa.Array) -> None:
        values = (array.cast(pa.uint8()) if of.is_boolean(array.type) else array).to_numpy()
        self._data.update(_bytes(values))


class _Floats(_Flat):
    """Floating-point numbers, little-endian, each NaN as the quiet one without payload."""

    def _values(self, array: pa.Array) -> None:
        values = array.to_numpy(zero_copy_only=False)
        strange = np.isnan(values)
        if strange.any():
            values = np.where(strange, values.dtype.type("nan"), values)
        self._data.update(_bytes(values))


class _Decimals(_Flat):
    """Decimals: the unscaled number in 32 bytes, little-endian, two's complement."""

    def _values(self, array: pa.Array) -> None:
        wide = array.cast(pa.decimal256(array.type.precision, array.type.scale))
        start = wide.offset * _DECIMAL_BYTES
        self._data.update(wide.buffers()[1][start : start + len(wide) * _DECIMAL_BYTES])


class _Moments(_Flat):
    """Moments and spans: whole seconds in eight bytes, nanoseconds in four, little-endian."""

    def _values(self, array: pa.Array) -> None:
        per_second = _SECOND[array.type.unit]
        seconds, rest = np.divmod(_integers(array), per_second)
        pairs = np.empty(len(seconds), dtype=[("s", "<i8"), ("ns", "<i4")])
        pairs["s"], pairs["ns"] = seconds, rest * (_BILLION // per_second)
        self._data.update(_bytes(pairs))


class _Times(_Flat):
    """Times of day: nanoseconds since midnight in eight bytes, little-endian."""

    def _values(self, array: pa.Array) -> None:
        self._data.update((_integers(array) * (_BILLION // _SECOND[array.type.unit])).astype("<i8"))


class _Days(_Flat):
    """Days since 1970-01-01 in eight bytes, little-endian."""

    def _values(self, array: pa.Array) -> None:
        days = _integers(array)
        if of.is_date64(array.type):
            days = np.floor_divide(days, _DAY_MS)
        self._data.update(days.astype("<i8"))


class _Texts(_Flat):
    """Text and bytes: the length of each in bytes, in eight bytes, little-endian; and all of it in one."""

    def __init__(self, type_: str) -> None:
        super().__init__(type_)
        self._lengths = hashlib.sha256()

    def _values(self, array: pa.Array) -> None:
        wide = array.cast(pa.large_binary())
        _, offsets, data = wide.buffers()
        ends = np.frombuffer(offsets, "<i8")[wide.offset : wide.offset + len(wide) + 1]
        self._lengths.update(np.diff(ends).astype("<i8").data)
        if data is not None:
            self._data.update(data[int(ends[0]) : int(ends[-1])])

    def digests(self) -> Iterator[str]:
        yield self._nulls.hexdigest()
        yield self._lengths.hexdigest()
        yield self._data.hexdigest()


class _Lists(_Encoder):
    """Lists: how many items each has, in eight bytes, little-endian; then the items."""

    def __init__(self, type_: str, item: _Encoder) -> None:
        super().__init__(type_)
        self._lengths = hashlib.sha256()
        self._item = item

    def _values(self, array: pa.Array) -> None:
        if of.is_map(array.type):
            offsets = array.offsets.to_numpy()
            lengths, held = np.diff(offsets), slice(int(offsets[0]), int(offsets[-1]))
            items = pa.StructArray.from_arrays([array.keys[held], array.items[held]], ["key", "value"])
        else:
            lengths = pc.list_value_length(array).to_numpy()
            items = array.flatten()
        self._lengths.update(lengths.astype("<i8").data)
        self._item.add(items)

    def digests(self) -> Iterator[str]:
        yield from super().digests()
        yield self._lengths.hexdigest()
        yield from self._item.digests()


class _Structs(_Encoder):
    """Records: each of their fields in turn."""

    def __init__(self, type_: str, fields: list[_Encoder]) -> None:
        super().__init__(type_)
        self._fields = fields

    def _values(self, array: pa.Array) -> None:
        for field, child in zip(self._fields, array.flatten(), strict=True):
            field.add(child)

    def digests(self) -> Iterator[str]:
        yield from super().digests()
        for field in self._fields:
            yield from field.digests()


def _bytes(values: Any) -> memoryview:
    """The bytes of numbers, little-endian, one after the other."""
    return np.ascontiguousarray(values, values.dtype.newbyteorder("<")).view(np.uint8).data


def _integers(array: pa.Array) -> Any:
    """The whole numbers that stand behind dates and times."""
    width = pa.int32() if array.type.bit_width == 32 else pa.int64()
    return array.view(width).to_numpy().astype(np.int64)


def _encoder(type_: pa.DataType, column: str) -> _Encoder:
    """The encoder of a type. Errors: InputError if there is none."""
    if of.is_boolean(type_) or of.is_integer(type_):
        return _Numbers(str(type_))
    if of.is_floating(type_):
        return _Floats(f"float{type_.bit_width}")
    if of.is_null(type_):
        return _Encoder("null")
    if any(is_text(type_) for is_text in _TEXT):
        return _Texts("string")
    if any(is_binary(type_) for is_binary in _BINARY):
        return _Texts("binary")
    if of.is_decimal(type_):
        return _Decimals(f"decimal({type_.precision},{type_.scale})")
    return _temporal(type_, column) if of.is_temporal(type_) else _nested(type_, column)


def _temporal(type_: pa.DataType, column: str) -> _Encoder:
    if of.is_date(type_):
        return _Days("date")
    if of.is_time(type_):
        return _Times("time")
    if of.is_timestamp(type_):
        return _Moments("timestamp" if type_.tz is None else "instant")
    if of.is_duration(type_):
        return _Moments("duration")
    raise _formless(type_, column)


def _nested(type_: pa.DataType, column: str) -> _Encoder:
    if of.is_map(type_):
        key, value = (_encoder(plain_type(part), column) for part in (type_.key_type, type_.item_type))
        record = _Structs("", [key, value])
        return _Lists(f"map<{key.type},{value.type}>", record)
    if of.is_nested(type_) and hasattr(type_, "value_type"):
        item = _encoder(plain_type(type_.value_type), column)
        return _Lists(f"list<{item.type}>", item)
    if of.is_struct(type_):
        fields = [_encoder(plain_type(field.type), column) for field in type_]
        names = (json.dumps(field.name, ensure_ascii=False) for field in type_)
        inner = ",".join(f"{name}:{field.type}" for name, field in zip(names, fields, strict=True))
        return _Structs(f"struct<{inner}>", fields)
    raise _formless(type_, column)


def _formless(type_: pa.DataType, column: str) -> InputError:
    return InputError(
        f"column {column!r} is of type {type_}, which has no digest of content",
        fix="write it as another type; without that, the digest of the file alone is recorded",
    )
