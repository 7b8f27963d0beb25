"""Which state of a dataset a name, a file or a table is."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather
from pyarrow import parquet as pq

from mledger import datasets
from mledger.data.content import digest_of
from mledger.data.hashing import hash_file
from mledger.errors import InputError, NotFoundError
from mledger.testing.bodies import DATA, REFRESHED
from mledger.testing.simulator import Simulator

TABLE = pa.table({"age": [31, 42, 53], "name": ["Ann", "Bo", "Cy"]})


@pytest.fixture
def simulator() -> Simulator:
    """A ledger with two states of one dataset; the second is known by its content."""
    made = Simulator()
    made.append("dataset.registered", "dataset/applications", DATA)
    digests = [{"name": "a.csv", "sha256": "ab" * 32}, {"name": "content", "sha256": digest_of(TABLE)}]
    made.append("dataset.refreshed", "dataset/applications", REFRESHED | {"digests": digests})
    return made


def test_a_name_and_version_is_a_state(simulator: Simulator) -> None:
    """NAME@VERSION is that state, NAME alone the newest; each with its digest and event."""
    reader = simulator.reader()
    assert datasets.resolve(reader, "applications@v1")[:3] == ("applications", "v1", "77ab" * 16)
    newest = datasets.resolve(reader, "applications")
    assert newest == datasets.State("applications", "v2", digest_of(TABLE), 1000, "2")
    assert newest == datasets.resolve(reader, "dataset/applications@v2")
    row = {"name": "applications", "version": "v2", "digest": digest_of(TABLE), "role": "train"}
    assert newest.use("train") == row


def test_what_is_not_recorded_names_what_is_near(simulator: Simulator) -> None:
    """A name or version that is not there is told with those that are."""
    reader = simulator.reader()
    with pytest.raises(NotFoundError, match="no dataset is called 'aplications'; did you mean applications"):
        datasets.resolve(reader, "aplications@v2")
    with pytest.raises(NotFoundError, match=r"'v3'.*there are v1, v2"):
        datasets.resolve(reader, "applications@v3")
    with pytest.raises(InputError):
        datasets.resolve(reader, "not a name@1")
    assert datasets.names(reader) == ["applications"]


def test_a_state_without_one_whole_has_no_digest(simulator: Simulator) -> None:
    """Several files and neither manifest nor content: there is no one digest of all."""
    digests = [{"name": name, "sha256": "ab" * 32} for name in ("a.csv", "b.csv")]
    simulator.append("dataset.registered", "dataset/two", DATA | {"digests": digests})
    state = datasets.resolve(simulator.reader(), "two")
    assert state.digest is None
    assert "digest" not in state.use("test")


def test_data_is_recognised_in_any_form(simulator: Simulator, tmp_path: Path) -> None:
    """A table in memory, a file of another format, a folder of parts: all are version v2 by their content."""
    reader = simulator.reader()
    feather.write_feather(TABLE, tmp_path / "a.feather")
    (tmp_path / "parts").mkdir()
    for n in range(3):
        pq.write_table(TABLE.slice(n, 1), tmp_path / "parts" / f"{n}.parquet")
    for data in (
        TABLE,
        TABLE.to_batches()[0],
        TABLE.to_pandas(),
        tmp_path / "a.feather",
        str(tmp_path / "parts"),
    ):
        state = datasets.identify(reader, data, "applications")
        assert (state.version, state.digest, state.event) == ("v2", digest_of(TABLE), "2")


def test_other_data_has_a_digest_and_no_version(simulator: Simulator, tmp_path: Path) -> None:
    """What is not recorded is known by its digest alone; so is a file that is no table."""
    reader = simulator.reader()
    array = datasets.identify(reader, np.zeros((3, 2)), "applications")
    assert array == (
        "applications",
        None,
        digest_of(pa.table({"0": np.zeros(3), "1": np.zeros(3)})),
        None,
        None,
    )
    (tmp_path / "weights.bin").write_bytes(b"x")
    state = datasets.identify(reader, tmp_path / "weights.bin", "new")
    assert state[:3] == ("new", None, hash_file(tmp_path / "weights.bin").sha256)
    column = datasets.identify(reader, pd.Series([1, 2], name="age"), "applications")
    assert column.digest == digest_of(pa.table({"age": [1, 2]}))
    with pytest.raises(InputError, match="a set is no table"):
        datasets.identify(reader, {1, 2}, "applications")
    with pytest.raises(InputError, match="cannot be read"):
        datasets.identify(reader, np.array([[1, "a"], [object(), 2]], dtype=object), "applications")
