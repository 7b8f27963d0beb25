"""Tables in files, read batch by batch: Parquet, Arrow and Feather, CSV."""

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
from pyarrow import csv, ipc
from pyarrow import parquet as pq

from mledger.data.hashing import LocalFile
from mledger.data.types import Types
from mledger.errors import FormatError, InputError, MledgerError

ROWS = 65_536
"""The most rows of a batch; a table of long rows comes in smaller ones."""
_BATCH_BYTES = 32 << 20
# The types of a CSV file are guessed from so many bytes. It is read in smaller blocks: Arrow reads 32 of
# them ahead, and would hold half of a small file in memory, and ever more of larger ones.
_CSV_HEAD = 4 << 20
_CSV_BLOCK = 512 << 10
_LARGER, _LARGEST_BLOCK = 8, 1 << 30
_DELIMITERS = {"csv": ",", "tsv": "\t", "tab": "\t"}
_SQUEEZED = (".gz", ".bz2", ".zst")
_CODECS = {"gz": "gzip", "zst": "zstd"}
# What Arrow says of a row, or of names of columns, that is longer than a block.
_LONG = ("straddling", "cannot infer number of columns")
_UNPACK = {".gz": "gzip -dc", ".bz2": "bzip2 -dc", ".zst": "zstd -dc"}
_UTF16 = {b"\xff\xfe", b"\xfe\xff"}
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

    def each(self, begin: "Callable[[pa.Schema], Taker[T]]", tell: Tell = id) -> T:
        """What a taker makes of all rows, in order. Errors: FormatError if a file is not what it claims.

        The types of a CSV file are those of its first rows; if later ones do not fit, all of it is
        looked through, and the taker begins anew with types that fit all rows.
        """
        take, done = begin(self.schema)
        try:
            for batch in self.read(tell):
                take(batch)
        except _AgainError as again:
            table = again.table()
        else:
            return done()
        return table.each(begin, tell)


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
    if tables[0].format == "CSV":
        return _csv_table(pieces, schema)

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
    return _csv_table([piece], _guessed(piece))


def _guessed(piece: LocalFile, size: int = _CSV_HEAD) -> pa.Schema:
    """The names of the columns, and the types that the first rows have."""
    try:
        with _input(piece) as file, _explained(piece, size, {}):
            # One byte more than a block, so that its last row counts as one that goes on.
            head = _unsqueezed(piece, file).read(size + 1)
            if head[:2] in _UTF16:
                raise _not_utf8(piece, "UTF-16")
            schema = _reader(piece, pa.BufferReader(head), {}, size).schema
            schema.names  # noqa: B018  each is decoded
    except UnicodeDecodeError:
        raise _not_utf8(piece, "LATIN1") from None
    except _LongRowError:
        return _guessed(piece, _LARGER * size)
    return schema


def _not_utf8(piece: LocalFile, encoding: str) -> FormatError:
    # Of what was fetched there is only a copy, which is gone when this is read.
    path = piece.path if piece.path.name == Path(piece.name).name else Path(piece.name)
    end = next((end for end in _SQUEEZED if path.name.lower().endswith(end)), "")
    plain = path.with_name(path.name[: len(path.name) - len(end)])
    new = shlex.quote(str(plain.with_stem(f"{plain.stem}-utf8")))
    old = shlex.quote(str(path))
    iconv = f"iconv -f {encoding} -t UTF-8"
    fix = f"{_UNPACK[end]} {old} | {iconv} > {new}" if end else f"{iconv} {old} > {new}"
    return FormatError(f"{piece.name} is not written in UTF-8", fix=fix)


class _TypeError(Exception):
    """A value far down is not of the type that the first rows have."""


class _LongRowError(Exception):
    """A row is longer than a block."""


class _AgainError(Exception):
    """The table must be read from its beginning, in another way."""

    def __init__(self, table: Callable[[], Table]) -> None:
        """Know what makes the table that reads it so."""
        super().__init__()
        self.table = table


def _csv_table(pieces: Sequence[LocalFile], schema: pa.Schema, block: int = _CSV_BLOCK) -> Table:
    """The table that CSV files are, one after the other."""

    def read(tell: Tell) -> Batches:
        for n, piece in enumerate(pieces):
            try:
                yield from _read_csv(
                    piece,
                    schema,
                    block,
                    lambda share, n=n: tell((n + share) / len(pieces)),  # type: ignore[misc]
                )
            except _TypeError:
                raise _AgainError(lambda: _widened(pieces, schema, block)) from None
            except _LongRowError:
                raise _AgainError(lambda: _csv_table(pieces, schema, _LARGER * block)) from None

    return Table("CSV", schema, read)


def _widened(pieces: Sequence[LocalFile], guessed: pa.Schema, block: int) -> Table:
    """The same with types that all rows fit."""
    try:
        return _csv_table(pieces, _scanned(pieces, guessed, max(block, _CSV_HEAD)), block)
    except _LongRowError:
        return _widened(pieces, guessed, _LARGER * block)


def _delimiter(piece: LocalFile) -> str:
    return _DELIMITERS[_extension(piece.name)]


def _unsqueezed(piece: LocalFile, file: Any) -> Any:
    """The text of a file that may be compressed."""
    squeezed = next((end[1:] for end in _SQUEEZED if piece.name.lower().endswith(end)), None)
    return pa.CompressedInputStream(file, _CODECS.get(squeezed, squeezed)) if squeezed else file


def _reader(
    piece: LocalFile, text: Any, types: dict[str, pa.DataType], block: int, *, threads: bool = True
) -> Any:
    return csv.open_csv(
        text,
        csv.ReadOptions(block_size=block, use_threads=threads),
        csv.ParseOptions(delimiter=_delimiter(piece), newlines_in_values=True),
        csv.ConvertOptions(column_types=types, strings_can_be_null=True),
    )


def _read_csv(piece: LocalFile, schema: pa.Schema, block: int, tell: Tell) -> Batches:
    types = {field.name: field.type for field in schema}
    with _input(piece) as file, _explained(piece, block, types):
        for batch in _reader(piece, _unsqueezed(piece, file), types, block):
            tell(file.tell() / max(1, piece.size))
            yield from _sliced(batch)


@contextmanager
def _explained(piece: LocalFile, block: int, types: dict[str, pa.DataType]) -> Iterator[None]:
    """Within, a value of another type, a long row, and one with too many or too few fields are told apart."""
    try:
        yield
    except pa.ArrowInvalid as error:
        if types and "conversion error" in str(error):
            raise _TypeError from None
        long = any(said in str(error) for said in _LONG)
        if long and _LARGER * block <= _LARGEST_BLOCK:
            raise _LongRowError from None
        plain = dict.fromkeys(types, pa.binary())  # which all values are
        with _input(piece) as file:  # once more, by one thread: it counts rows, and quotes none
            for _ in _reader(piece, _unsqueezed(piece, file), plain, max(block, _CSV_HEAD), threads=False):
                pass
        raise


def _scanned(pieces: Sequence[LocalFile], guessed: pa.Schema, block: int) -> pa.Schema:
    """The schema that all rows fit, found by reading all of them as bytes."""
    types = Types(guessed.names)
    plain = dict.fromkeys(guessed.names, pa.binary())
    for piece in pieces:
        with _input(piece) as file, _explained(piece, block, plain):
            for batch in _reader(piece, _unsqueezed(piece, file), plain, block):
                types.take(batch)
    return types.schema()
