"""The types that all values of a table without types fit."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

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
