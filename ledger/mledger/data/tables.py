"""Tables in files, read batch by batch: Parquet, Arrow and Feather, CSV."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
from pyarrow import csv, ipc
from pyarrow import parquet as pq

from mledger.data.hashing import LocalFile
from mledger.errors import FormatError, InputError, MledgerError

ROWS = 65_536
"""The most rows of a batch; a table of long rows comes in smaller ones."""
_BATCH_BYTES = 32 << 20
_CSV_BLOCK = 4 << 20
_DELIMITERS = {"csv": ",", "tsv": "\t", "tab": "\t"}
_SQUEEZED = (".gz", ".bz2", ".zst")
# Tried in this order where the first rows of a CSV file do not tell the type of a column.
_CSV_TYPES = (
    pa.int64(),
    pa.bool_(),
    pa.date32(),
    pa.timestamp("s"),
    pa.timestamp("ns"),
    pa.timestamp("ns", "UTC"),
    pa.float64(),
)
_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")

T = TypeVar("T")
Batches: TypeAlias = Iterator[pa.RecordBatch]
Tell: TypeAlias = Callable[[float], object]
"""Hears which share of a table has been read."""
Taker: TypeAlias = tuple[Callable[[pa.RecordBatch], object], Callable[[], T]]
"""Takes in the rows batch by batch, and says in the end what they come to."""


class Table(NamedTuple):
    """A table that can be read from its beginning, as often as one likes."""

    format: str
    schema: pa.Schema
    read: Callable[[Tell], Batches]
    widen: "Callable[[], Table] | None" = None

    def each(self, begin: "Callable[[pa.Schema], Taker[T]]", tell: Tell = id) -> T:
        """What a taker makes of all rows, in order. Errors: FormatError if a file is not what it claims.

        The types of a CSV file are those of its first rows; if later ones do not fit, all of it is
        looked through, and the taker begins anew with types that fit all rows.
        """
        take, done = begin(self.schema)
        try:
            for batch in self.read(tell):
                take(batch)
        except _TypeError:
            if self.widen is None:
                raise AssertionError("bug: types that fit all rows do not fit one") from None
            return self.widen().each(begin, tell)
        return done()


def open_table(pieces: Sequence[LocalFile], where: str) -> Table | None:
    """The table that a file is, or that the files of a folder are together; None if they are none.

    The files of a folder are one table if they are of one format and have the same columns; its rows
    are those of the files in the order of their names. Errors: FormatError, InputError.
    """
    tables: list[Table] = []
    for piece in pieces:
        opener = _opener(piece)
        if opener is None:
            return None
        tables.append(opener(piece))
        if not tables[0].schema.equals(tables[-1].schema) or tables[0].format != tables[-1].format:
            return None
    schema = tables[0].schema
    check_names(schema, where)
    if len(tables) == 1:
        return tables[0]

    def read(tell: Tell) -> Batches:
        for n, table in enumerate(tables):
            yield from table.read(lambda share, n=n: tell((n + share) / len(tables)))  # type: ignore[misc]

    return Table(tables[0].format, schema, read)


def as_table(data: Any) -> pa.Table:
    """A table in memory: of pyarrow, pandas, polars, whatever hands over Arrow, or an array of NumPy.

    Errors: InputError.
    """
    try:
        if isinstance(data, pa.Table):
            table = data
        elif isinstance(data, pa.RecordBatch):
            table = pa.Table.from_batches([data])
        elif type(data).__module__.partition(".")[0] == "pandas":
            frame = data.to_frame() if hasattr(data, "to_frame") and not hasattr(data, "columns") else data
            table = pa.Table.from_pandas(frame)
        elif hasattr(data, "__arrow_c_stream__"):
            table = pa.table(data)
        elif isinstance(data, np.ndarray) and data.ndim in {1, 2}:
            columns = data.reshape(len(data), -1).T
            table = pa.table({str(n): np.ascontiguousarray(column) for n, column in enumerate(columns)})
        else:
            raise InputError(
                f"a {type(data).__name__} is no table",
                fix="give a data frame, an Arrow table, a 2-D array, or a path",
            )
    except pa.ArrowException as error:
        raise InputError(
            f"the table cannot be read: {one_line(error)}", fix="give each column one type"
        ) from None
    check_names(table.schema, "the table")
    return table


def check_names(schema: pa.Schema, where: str) -> None:
    """Nothing, if each column has a name of its own. Errors: InputError."""
    seen: set[str] = set()
    for name in schema.names:
        if name in seen:
            raise InputError(f"{where} has two columns called {name!r}", fix="rename one of them")
        seen.add(name)


def one_line(error: BaseException) -> str:
    """The first line of what a library says, without what it quotes of the data."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return re.sub(r"'[^']*'", "'…'", first)[:200]


# --- formats


def _opener(piece: LocalFile) -> Callable[[LocalFile], Table] | None:
    """What reads the file, by its first bytes, or by the end of its name."""
    with piece.open() as file:
        magic = file.read(6)
    end = _extension(piece.name)
    if magic[:4] == b"PAR1":
        return _parquet
    if magic == b"ARROW1":
        return _arrow_file
    if end == "arrows" or (end in {"arrow", "feather"} and magic[:4] == b"\xff\xff\xff\xff"):
        return _arrow_stream
    if end in _DELIMITERS:
        return _csv
    if end in {"parquet", "pq", "arrow", "feather"}:
        kind = "Parquet" if end in {"parquet", "pq"} else "Arrow"
        raise FormatError(
            f"{piece.name} is no {kind} file, or the beginning of it is gone", fix="write it again"
        )
    return None


def _extension(name: str) -> str:
    for end in _SQUEEZED:
        name = name.lower().removesuffix(end)
    return name.rpartition(".")[2]


@contextmanager
def _input(piece: LocalFile) -> Iterator[Any]:
    """The file as Arrow reads it."""
    with _told(piece), pa.OSFile(str(piece.path)) as file:
        yield file


@contextmanager
def _told(piece: LocalFile) -> Iterator[None]:
    """Within, what is wrong with a file is an error of ours."""
    try:
        yield
    except MledgerError:
        raise
    except (pa.ArrowException, OSError, EOFError) as error:
        if ragged := _RAGGED.search(str(error)):
            row, expected, got = ragged.groups()
            raise FormatError(
                f"row {row} of {piece.name} has {got} fields, and its first row has {expected}",
                fix="mend that row, or quote what has a delimiter in it",
            ) from None
        raise FormatError(
            f"{piece.name} is broken, or cut off: {one_line(error)}",
            fix="write it again, or take another copy",
        ) from None


def _parquet(piece: LocalFile) -> Table:
    def read(tell: Tell) -> Batches:
        with _input(piece) as file:
            # Read ahead, it would keep all of the file in memory.
            parquet = pq.ParquetFile(file, buffer_size=1 << 20, pre_buffer=False)
            total, done = parquet.metadata.num_rows, 0
            for batch in parquet.iter_batches(batch_size=_rows(parquet.metadata)):
                done += batch.num_rows
                tell(done / max(1, total))
                yield from _sliced(batch)

    with _input(piece) as file:
        return Table("Parquet", pq.ParquetFile(file).schema_arrow, read)


def _rows(metadata: Any) -> int:
    """How many rows a batch may have, so that it fits into memory many times over."""
    groups = (metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups))
    each = sum(groups) / max(1, metadata.num_rows)
    return max(1, min(ROWS, int(_BATCH_BYTES / max(1, each))))


def _arrow_file(piece: LocalFile) -> Table:
    def read(tell: Tell) -> Batches:
        with _input(piece) as file:
            reader = ipc.open_file(file)
            for n in range(reader.num_record_batches):
                tell(n / reader.num_record_batches)
                yield from _sliced(reader.get_batch(n))

    with _input(piece) as file:
        return Table("Arrow", ipc.open_file(file).schema, read)


def _arrow_stream(piece: LocalFile) -> Table:
    def read(tell: Tell) -> Batches:
        with _input(piece) as file:
            for batch in ipc.open_stream(file):
                tell(file.tell() / max(1, piece.size))
                yield from _sliced(batch)

    with _input(piece) as file:
        return Table("Arrow", ipc.open_stream(file).schema, read)


def _sliced(batch: pa.RecordBatch) -> Batches:
    """The rows in pieces, once it is sure that no offset leads out of them and that text is text."""
    batch.validate(full=True)
    for start in range(0, batch.num_rows, ROWS):
        yield batch.slice(start, ROWS)


# --- CSV


def _csv(piece: LocalFile) -> Table:
    if not piece.size:
        raise FormatError(
            f"{piece.name} is empty: it has not even the names of columns", fix="write it again"
        )
    delimiter = _DELIMITERS[_extension(piece.name)]
    with _input(piece) as file, _explained(piece, delimiter):
        schema = _reader(piece, file, delimiter, {}).schema

    def widen() -> Table:
        wide = _scanned(piece, delimiter, schema.names)
        return Table("CSV", wide, lambda tell: _read_csv(piece, delimiter, wide, tell))

    return Table("CSV", schema, lambda tell: _read_csv(piece, delimiter, schema, tell), widen)


class _TypeError(Exception):
    """A value far down is not of the type that the first rows have."""


def _reader(
    piece: LocalFile, file: Any, delimiter: str, types: dict[str, pa.DataType], *, threads: bool = True
) -> Any:
    squeezed = next((end[1:] for end in _SQUEEZED if piece.name.lower().endswith(end)), None)
    if squeezed:
        file = pa.CompressedInputStream(file, {"gz": "gzip", "zst": "zstd"}.get(squeezed, squeezed))
    return csv.open_csv(
        file,
        csv.ReadOptions(block_size=_CSV_BLOCK, use_threads=threads),
        csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        csv.ConvertOptions(column_types=types, strings_can_be_null=True),
    )


def _read_csv(piece: LocalFile, delimiter: str, schema: pa.Schema, tell: Tell) -> Batches:
    types = {field.name: field.type for field in schema}
    with _input(piece) as file, _explained(piece, delimiter):
        for batch in _reader(piece, file, delimiter, types):
            tell(file.tell() / max(1, piece.size))
            yield from _sliced(batch)


@contextmanager
def _explained(piece: LocalFile, delimiter: str) -> Iterator[None]:
    """Within, a value of another type is told apart from a row with too many or too few fields."""
    try:
        yield
    except pa.ArrowInvalid as error:
        if "conversion error" in str(error):
            raise _TypeError from None
        with _input(piece) as file:  # once more, by one thread: it counts rows, and quotes none
            for _ in _reader(piece, file, delimiter, {}, threads=False):
                pass
        raise


def _scanned(piece: LocalFile, delimiter: str, names: Sequence[str]) -> pa.Schema:
    """The schema that all rows fit, found by reading all of them as text."""
    ladders = {name: [pa.null(), *_CSV_TYPES] for name in names}
    with _input(piece) as file:
        for batch in _reader(piece, file, delimiter, dict.fromkeys(names, pa.string())):
            for name, column in zip(names, batch.columns, strict=True):
                ladders[name] = [type_ for type_ in ladders[name] if _fits(column, type_)]
    return pa.schema([(name, ladder[0] if ladder else pa.string()) for name, ladder in ladders.items()])


def _fits(column: pa.Array, type_: pa.DataType) -> bool:
    if pa.types.is_null(type_):
        return column.null_count == len(column)  # type: ignore[no-any-return]
    try:
        column.cast(type_)
    except pa.ArrowException:
        return False
    return True
