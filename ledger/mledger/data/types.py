"""The types that values without types fit, as in files of text."""

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

_TRIED = (
    pa.null(),
    pa.int64(),
    pa.bool_(),
    pa.date32(),
    pa.timestamp("s"),
    pa.timestamp("ns"),
    pa.timestamp("ns", "UTC"),
    pa.float64(),
    pa.string(),
)
"""In this order; what is not even text is bytes."""


class Types:
    """For each column the types that its values so far fit."""

    def __init__(self, names: Sequence[str]) -> None:
        """Begin with all."""
        self._left = {name: list(_TRIED) for name in names}

    def take(self, batch: pa.RecordBatch) -> None:
        """Keep those that these rows fit, too; they come as bytes."""
        for name, column in zip(self._left, batch.columns, strict=True):
            self._left[name] = list(_fitting(column, self._left[name]))

    def schema(self) -> pa.Schema:
        """The first type of each column that is left."""
        return pa.schema([(name, left[0] if left else pa.binary()) for name, left in self._left.items()])


def as_a_file_has_it(table: pa.Table) -> Iterator[pa.Table]:
    """The tables that a file of text may have held which a program read as this one.

    pandas gives days as text or as moments, a column without any value as floats, and whole numbers of
    which some are missing as floats, too.
    """
    found = _mapped(table, _without_program)
    yield found
    yield _mapped(found, _whole)


def _mapped(table: pa.Table, change: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> pa.Table:
    return pa.table([change(column) for column in table.columns], names=table.column_names)


def _without_program(column: pa.ChunkedArray) -> pa.ChunkedArray:
    type_ = column.type
    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column))])
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        types = Types([""])
        for batch in pa.table([column], names=[""]).to_batches():
            types.take(batch)
        return column.cast(pa.string()).cast(types.schema().types[0])
    if pa.types.is_timestamp(type_) and type_.tz is None:
        days = column.cast(pa.date32(), safe=False)
        return days if pc.all(pc.equal(days.cast(type_), column)).as_py() else column
    return column


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_float64(column.type) or not column.null_count:
        return column
    try:
        return column.cast(pa.int64())
    except pa.ArrowException:
        return column


def _fitting(column: pa.Array, types: Sequence[pa.DataType]) -> Iterator[pa.DataType]:
    try:
        text = column.cast(pa.string())
    except pa.ArrowException:
        return
    for type_ in types:
        if text.null_count == len(text) if pa.types.is_null(type_) else _fits(text, type_):
            yield type_


def _fits(column: pa.Array, type_: pa.DataType) -> bool:
    try:
        column.cast(type_)
    except pa.ArrowException:
        return False
    return True
