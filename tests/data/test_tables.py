"""Tables in files: what is read, what is told when it cannot be."""

import gzip
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import feather, ipc
from pyarrow import parquet as pq
from sklearn.datasets import load_wine

from mledger import datasets
from mledger.data.capture import capture
from mledger.data.content import Content, digest_of
from mledger.data.hashing import LocalFile
from mledger.data.profile import Wishes
from mledger.data.sources import find_source
from mledger.data.tables import as_table, open_table
from mledger.errors import FormatError, MledgerError
from mledger.testing.simulator import Simulator


def read(path: Path) -> pa.Table:
    """The table in a file, as it is taken in batch by batch."""
    table = open_table([LocalFile.at(path)], path.name)
    assert table is not None
    batches: list[pa.RecordBatch] = []

    def begin(schema: pa.Schema) -> tuple[Callable[[pa.RecordBatch], object], Callable[[], pa.Table]]:
        batches.clear()
        return batches.append, lambda: pa.Table.from_batches(batches, schema)

    return table.each(begin)


def write(path: Path, text: str) -> Path:
    """A file with that text."""
    path.write_text(text)
    return path


MANY = 200_000


def test_types_are_those_that_all_rows_fit(tmp_path: Path) -> None:
    """A value far down that is of another type than the first rows makes the type of the whole column."""
    rows = "".join(f"{n},{n},,2026-01-01,x,\n" for n in range(MANY))
    path = write(tmp_path / "a.csv", f"i,f,late,day,t,never\n{rows}7,1.5,true,soon,y,\n")
    table = read(path)
    assert path.stat().st_size > 5 << 20
    assert [str(field.type) for field in table.schema] == [
        "int64",
        "double",
        "bool",
        "string",
        "string",
        "null",
    ]
    assert table.num_rows == MANY + 1
    assert table.slice(MANY).to_pylist() == [
        {"i": 7, "f": 1.5, "late": True, "day": "soon", "t": "y", "never": None}
    ]


WIDE = "".join(f"{n},{'x' * 100}\n" for n in range(45_000))
"""Rows beyond which no type is guessed any more."""


def test_the_files_of_a_folder_have_types_that_all_rows_fit(tmp_path: Path) -> None:
    """A value far down in the second file makes the type of the column in all of them."""
    (tmp_path / "parts").mkdir()
    write(tmp_path / "parts" / "1.csv", "a,b\n1,x\n")
    write(tmp_path / "parts" / "2.csv", f"a,b\n{WIDE}7.5,last\n")
    found = capture(find_source(tmp_path / "parts"), Wishes())
    assert found.profile is not None
    assert found.profile.rows == 45_002
    assert [column["dtype"] for column in found.profile.columns] == ["float64", "string"]


@pytest.mark.parametrize("late", ["3", "late"])
def test_rows_longer_than_a_block_are_read(tmp_path: Path, late: str) -> None:
    """A row of some megabytes far down, whether types fit all rows or not."""
    long = "y" * (6 << 20)
    table = read(write(tmp_path / "a.csv", f"a,b\n{WIDE}2,{long}\n{late},z\n"))
    assert table.num_rows == 45_002
    assert table["b"][45_000].as_py() == long
    assert str(table["a"].type) == ("int64" if late == "3" else "string")


def test_the_first_row_may_be_a_long_one(tmp_path: Path) -> None:
    """The names and types of columns are found in a row of megabytes, too."""
    table = read(write(tmp_path / "a.csv", f"a,b\n1,{'y' * (9 << 20)}\n2.5,z\n"))
    assert [str(field.type) for field in table.schema] == ["double", "string"]
    assert table["a"].to_pylist() == [1.0, 2.5]


def test_a_row_far_down_is_named_by_its_number(tmp_path: Path) -> None:
    """A row with too few fields is found, counted from the first line, and not quoted."""
    rows = "".join(f"{n},secret\n" for n in range(MANY))
    path = write(tmp_path / "a.csv", f"a,b\n{rows}7\n")
    with pytest.raises(
        FormatError, match=f"row {MANY + 2} of a.csv has 1 fields, and its first row has 2"
    ) as told:
        read(path)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a.csv.gz", "a.tsv", "a.tab", "a.tsv.gz"])
def test_text_tables_come_in_several_forms(name: str, tmp_path: Path) -> None:
    """Commas or tabs, compressed or not, with line ends of any kind and quoted line breaks."""
    text = 'a,b\r\n1,"x\ny"\r\n2,"say ""z"""\r\n'
    if "csv" not in name.lower():
        text = text.replace(",", "\t")
    data = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert read(tmp_path / name).to_pylist() == [{"a": 1, "b": "x\ny"}, {"a": 2, "b": 'say "z"'}]


@pytest.mark.parametrize("days", [False, True])
def test_what_pandas_read_from_a_file_is_known(days: bool, tmp_path: Path) -> None:
    """A frame is the recorded state, whether days are text or moments in it, and numbers lack or not."""
    rows = "2026-09-01,3,0.5,1,a,\n2026-09-02,,1.0,2,,\n2026-09-03,4,,3,c,\n"
    path = write(tmp_path / "a.csv", f"day,gaps,real,n,text,never\n{rows}")
    simulator = Simulator()
    about = dict.fromkeys(("origin", "collected_how", "by_whom", "licence"), "Made up.")
    datasets.add(simulator.ledger(), path, "a", about=about)
    frame = pd.read_csv(path, parse_dates=["day"] if days else [])
    assert str(frame["gaps"].dtype) == "float64"
    reader = simulator.reader()
    assert datasets.identify(reader, frame, "a").version == "1"
    assert datasets.identify(reader, frame.assign(n=[1, 2, 4]), "a").version is None
    assert datasets.identify(reader, frame[:2], "a").version is None


@pytest.mark.parametrize("before", ["", WIDE], ids=["early", "late"])
def test_bytes_that_are_no_text_are_bytes(before: str, tmp_path: Path) -> None:
    """A CSV file in another encoding has a column of bytes, wherever the first of them stands."""
    (tmp_path / "a.csv").write_bytes(f"n,name\n{before}1,Müller\n".encode("latin-1"))
    found = capture(find_source(tmp_path / "a.csv"), Wishes()).profile
    assert found is not None
    assert [column["dtype"] for column in found.columns] == ["int64", "binary"]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_names_that_are_no_text_are_refused(encoding: str, tmp_path: Path) -> None:
    """Where the names of columns are in another encoding, the command says how to write the file anew."""
    (tmp_path / "a.csv").write_bytes("n,größe\n1,2\n".encode(encoding))
    with pytest.raises(FormatError, match=r"^a\.csv is not written in UTF-8") as told:
        read(tmp_path / "a.csv")
    name = "LATIN1" if encoding == "latin-1" else "UTF-16"
    path = tmp_path / "a"
    assert told.value.fix == f"iconv -f {name} -t UTF-8 {path}.csv > {path}-utf8.csv"


def test_names_of_columns_may_be_longer_than_a_block(tmp_path: Path) -> None:
    """A table of very many columns is read, and an empty file is still none."""
    names = [f"{'c' * 200}{n}" for n in range(4_000)]
    (tmp_path / "a.csv").write_text(f"{','.join(names)}\n{','.join(['1'] * len(names))}\n")
    assert read(tmp_path / "a.csv").schema.names == names
    (tmp_path / "a.csv").write_bytes(b"")
    with pytest.raises(FormatError):
        read(tmp_path / "a.csv")


def test_the_command_that_writes_a_file_anew_can_be_run(tmp_path: Path) -> None:
    """Of a squeezed file in a folder, with a space in its name, it makes one that can be read."""
    folder = tmp_path / "v1.0"
    folder.mkdir()
    path = folder / "x y.csv.gz"
    path.write_bytes(gzip.compress("n,größe\n1,2\n".encode("latin-1")))
    with pytest.raises(FormatError, match=r"^v1\.0/x y\.csv\.gz is not written in UTF-8") as told:
        open_table([LocalFile.at(path, "v1.0/x y.csv.gz")], "v1.0")
    assert told.value.fix is not None
    subprocess.run(["sh", "-c", told.value.fix], check=True)
    assert read(folder / "x y-utf8.csv").schema.names == ["n", "größe"]


def test_a_row_is_named_behind_values_of_other_types(tmp_path: Path) -> None:
    """A row with too few fields far down is what is wrong, not what stands before it."""
    odd = "1,Müller\nsoon,x\n".encode("latin-1")
    (tmp_path / "a.csv").write_bytes(b"a,b\n" + WIDE.encode() + odd + WIDE.encode() + b"7\n")
    with pytest.raises(FormatError, match=r"^row 90004 of a\.csv has 1 fields"):
        read(tmp_path / "a.csv")


TABLE = pa.table({"n": range(2_000), "t": [f"row {n}" for n in range(2_000)]})


def _forms(folder: Path) -> dict[str, bytes]:
    pq.write_table(TABLE, folder / "a.parquet", row_group_size=500)
    feather.write_feather(TABLE, folder / "a.feather", chunksize=500)
    with ipc.new_stream(folder / "a.arrows", TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=500)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@settings(max_examples=60)
@given(data=st.data())
def test_damage_is_one_line(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file that is cut off, or has other bytes somewhere, is read or refused, never a stranger's error."""
    folder = tmp_path_factory.mktemp("forms")
    name, whole = data.draw(st.sampled_from(sorted(_forms(folder).items())))
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        broken = whole[:at]
    else:
        width = data.draw(st.integers(1, 40))
        broken = whole[:at] + data.draw(st.binary(min_size=width, max_size=width)) + whole[at + width :]
    (folder / name).write_bytes(broken)
    told = None
    try:
        capture(find_source(folder / name), Wishes())
    except MledgerError as error:
        told = error
    assert told is None or (told.fix and "\n" not in told.message)


def test_rows_of_any_length_fit_into_memory(tmp_path: Path) -> None:
    """A table of long rows comes in small batches."""
    table = pa.table({"blob": [bytes(1 << 20)] * 70})
    pq.write_table(table, tmp_path / "a.parquet", use_dictionary=False, compression="none")
    found = open_table([LocalFile.at(tmp_path / "a.parquet")], "a")
    assert found is not None
    assert max(batch.num_rows for batch in found.read(id)) <= 32


@pytest.mark.parametrize("name", ["a.parquet", "a.feather", "a.arrows", "a.csv", "parts"])
def test_progress_goes_on_while_a_table_is_read(name: str, tmp_path: Path) -> None:
    """Hashing is the first half of the work, reading the table the second, to the end; it never goes back."""
    _forms(tmp_path)
    write(tmp_path / "a.csv", "n\n" + "1\n" * 100_000)
    (tmp_path / "parts").mkdir()
    for n in range(3):
        pq.write_table(TABLE, tmp_path / "parts" / f"{n}.parquet")
    heard: list[float] = []
    capture(find_source(tmp_path / name), Wishes(), lambda done, total: heard.append(done / total))
    assert heard == sorted(heard)
    assert 0.5 in heard
    assert heard[-1] > 0.7
    assert max(heard) <= 1


def test_real_data_is_the_same_as_frame_and_as_file(tmp_path: Path) -> None:
    """The wines of scikit-learn, as data frame, Parquet and CSV, are one state of one dataset."""
    frame = load_wine(as_frame=True).frame
    frame.to_parquet(tmp_path / "wine.parquet")
    frame.to_csv(tmp_path / "wine.csv", index=False)
    assert digest_of(as_table(frame)) == digest_of(read(tmp_path / "wine.parquet"))
    assert digest_of(as_table(frame)) == digest_of(read(tmp_path / "wine.csv"))
    simulator = Simulator()
    about = dict.fromkeys(("origin", "collected_how", "by_whom", "licence"), "UCI, as scikit-learn ships it.")
    first = datasets.add(simulator.ledger(), tmp_path / "wine.csv", "wine", about=about, groups=["target"])
    assert datasets.identify(simulator.reader(), frame, "wine").version == first.version == "1"
    shifted = frame.assign(alcohol=frame["alcohol"] + 1.0)
    shifted.to_parquet(tmp_path / "wine.parquet")
    second = datasets.add(simulator.ledger(), tmp_path / "wine.parquet", "wine", why="Measured anew.")
    assert second.comparison is not None
    assert [moved.name for moved in second.comparison.moved] == ["alcohol"]
    assert {group.name for group in second.comparison.groups} == {"target = 0", "target = 1", "target = 2"}
    assert [one.outcome for one in datasets.rehash(simulator.reader(), "wine@2")] == ["same"]
    simulator.check()


def test_an_index_of_pandas_is_a_column_if_it_says_something() -> None:
    """A counting index is no content; any other is a column, as in a file that pandas writes."""
    plain = pd.DataFrame({"a": [1, 2]})
    assert as_table(plain).column_names == ["a"]
    assert as_table(plain.set_index(pd.Index(["x", "y"], name="key"))).column_names == ["a", "key"]
    assert Content(as_table(plain).schema).digest() != digest_of(as_table(plain))
