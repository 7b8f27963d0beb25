"""Which data a run read: by name, by file, by table, with a ledger and without."""

import hashlib

import pytest

import mledger
from mledger.ledger import Ledger

SAID = {"hypothesis": "Depth 4 reaches an AUC of 0.95.", "criteria": {"auc": ">=0.95"}, "quiet": True}
CSV = b"income,default\n1,0\n2,1\n"
SHA256 = hashlib.sha256(CSV).hexdigest()


@pytest.fixture
def data(path):
    """A recorded dataset, and its file."""
    file = path.with_name("applications.csv")
    file.write_bytes(CSV)
    fields = {
        "title": "Applications",
        "version": "v3",
        "origin": "Core banking.",
        "collected_how": "Every application.",
        "by_whom": "ACME Bank",
        "licence": "internal",
        "digests": [{"name": "applications.csv", "sha256": SHA256}],
    }
    with Ledger.open(path) as ledger:
        ledger.append("dataset.registered", "dataset/applications", fields)
    return file


def uses(recorded, *args, **kwargs):
    """The rows and the gaps that a run records of some data."""
    with mledger.run("credit-risk", **SAID) as run:
        run.dataset(*args, **kwargs)
        run.metric("auc", 0.96)
    ended = recorded()[-1]["data"]
    return ended.get("datasets"), ended.get("gaps")


def test_a_state_is_found_by_name_and_by_bytes(data, recorded):
    """NAME@VERSION, NAME, and the very file are the same recorded state, with its digest."""
    row = {"name": "applications", "version": "v3", "digest": SHA256, "role": "train"}
    assert uses(recorded, "applications@v3") == ([row], None)
    assert uses(recorded, "applications") == ([row], None)
    assert uses(recorded, data) == ([row], None)
    assert uses(recorded, str(data), name="applications", role="test") == ([row | {"role": "test"}], None)


def test_a_file_is_known_whatever_it_is_called(data, recorded, capsys):
    """Without a name given, a file is the state of the dataset that holds its bytes; v3 means 3 as well."""
    row = {"name": "applications", "version": "v3", "digest": SHA256, "role": "train"}
    copy = data.rename(data.with_name("october-1.csv"))
    assert uses(recorded, copy) == ([row], None)
    assert uses(recorded, str(copy), name="other")[0][0]["name"] == "other"
    changed = copy.rename(data.with_name("sub.csv")).with_name("applications.csv")
    changed.write_bytes(CSV + b"4,1\n")
    rows, _ = uses(recorded, changed)
    assert (rows[0]["name"], rows[0].get("version")) == ("applications", None)
    assert "mledger data add FILE --as applications --refresh --why TEXT" in capsys.readouterr().err
    with Ledger.open(data.with_name("mledger.db")) as ledger:
        again = {"version": "4", "why": "November.", "digests": [{"name": "a", "sha256": "ab" * 32}]}
        ledger.append("dataset.refreshed", "dataset/applications", again)
    assert uses(recorded, "applications@v4")[0][0]["version"] == "4"


def test_a_state_that_is_not_recorded_is_a_gap(data, recorded, capsys):
    """An unknown version and a file that has changed are recorded as what they are, with a gap."""
    rows, gaps = uses(recorded, "applications@v9")
    told = capsys.readouterr().err
    assert "warning: dataset applications@v9: " in told
    assert "fix: mledger data add FILE --as applications" in told
    assert rows == [{"name": "applications", "version": "v9", "role": "train"}]
    assert "there are v3" in gaps[0]
    data.write_bytes(CSV + b"3,1\n")
    rows, gaps = uses(recorded, data)
    assert rows[0]["name"] == "applications"
    assert "version" not in rows[0]
    assert "this state of it is not recorded" in gaps[0]
    assert "this state of it is not recorded" in capsys.readouterr().err
    with mledger.run("credit-risk", **SAID, datasets={"train": "aplications.csv"}) as run:
        run.metric("auc", 1)
    assert "warning: dataset aplications.csv: no dataset is called" in capsys.readouterr().err


def test_a_table_in_memory_has_a_name(data, recorded):
    """A table is known by its content; without a name it is refused."""
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"income": [1, 2], "default": [0, 1]})
    rows, gaps = uses(recorded, table, name="applications")
    assert len(rows[0]["digest"]) == 64
    assert "not recorded" in gaps[0]
    assert "has no name" in uses(recorded, table)[1][0]


def test_without_a_ledger_data_is_known_by_itself(folder, capsys):
    """Where no ledger is at hand, names and digests are kept as they are, and the gap is named."""
    from mledger.recording.spool import Spool

    (folder / "a.csv").write_bytes(CSV)
    with mledger.run("credit-risk", **SAID, datasets={"train": "applications@v3"}) as run:
        run.dataset("a.csv", role="test")
    started, finished = (one.said["data"] for one in Spool().waiting())
    assert started["datasets"] == [{"name": "applications", "version": "v3", "role": "train"}]
    gap = next(row["gap"] for row in started["captures"] if row["name"] == "datasets")
    assert "not compared with what is recorded" in gap
    assert finished["datasets"] == [{"name": "a", "digest": SHA256, "role": "test"}]


def test_data_may_be_named_at_the_start(data, recorded):
    """Data that is named at the start stands in the first event."""
    with mledger.run("credit-risk", **SAID, datasets=["applications@v3"]) as run:
        run.metric("auc", 0.96)
    assert recorded()[0]["data"]["datasets"][0]["digest"] == SHA256


def test_damage_elsewhere_stops_no_training(data, recorded, capsys):
    """Where another dataset is not what was signed, the file is known by its digest, and the gap is named."""
    fields = {"title": "Other", "version": "1", "origin": "Somewhere.", "collected_how": "By hand."}
    digest = {"name": "x", "sha256": "ab" * 32}
    with Ledger.open("mledger.db") as ledger:
        more = {"by_whom": "ACME Bank", "licence": "internal", "digests": [digest]}
        number = ledger.append("dataset.registered", "dataset/other", fields | more).number
        ledger.append(
            "dataset.refreshed", "dataset/other", {"version": "2", "why": "October.", "digests": [digest]}
        )
    path = data.with_name("mledger.db")
    path.write_bytes(path.read_bytes().replace(b"Somewhere.", b"Elsewhere."))
    with mledger.run("credit-risk", **SAID, datasets={"train": "applications.csv"}):
        pass
    began = recorded()[0]["data"]
    assert began["datasets"] == [{"name": "applications", "digest": SHA256, "role": "train"}]
    gap = next(row["gap"] for row in began["captures"] if row["name"] == "datasets")
    assert gap.startswith(f"dataset applications: not compared with what is recorded: event {number} ")
    assert f"warning: {gap}\n  fix: mledger verify --full" in capsys.readouterr().err


def test_a_uri_is_read_where_it_lies(data, recorded):
    """Data under a URI is compared like a file; what opens doors in it stands nowhere."""
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").pipe("/bucket/october.csv", CSV)
    row = {"name": "applications", "version": "v3", "digest": SHA256, "role": "train"}
    assert uses(recorded, "memory://bucket/october.csv") == ([row], None)
    fsspec.filesystem("memory").pipe("/bucket/november.csv", CSV + b"3,1\n")
    rows, _ = uses(recorded, "memory://bucket/november.csv")
    assert rows[0]["name"] == "november"
    with mledger.run("credit-risk", **SAID, datasets={"train": "abc://lake/b.csv?sig=secret"}):
        pass
    began = recorded()[-2]["data"]
    assert began["datasets"] == [{"name": "b", "role": "train"}]
    assert "secret" not in str(began["captures"])
    far = "https://127.0.0.1:9/a/b.csv?sig=secret"
    rows, (gap,) = uses(recorded, far)
    assert rows == [{"name": "b", "role": "train"}]
    assert "secret" not in gap
    assert gap.startswith("dataset b: not compared with what is recorded: https://127.0.0.1:9/a/b.csv")


def test_what_is_known_is_read_once_for_each_size(data):
    """A file more costs no walk through all datasets, unless more than runs was recorded."""
    from mledger import datasets

    with mledger.open() as recorder:
        known = recorder.data()
        with recorder.run("credit-risk", **SAID):
            pass
        assert recorder.data() is known
        with Ledger.open("mledger.db") as other:
            again = {"version": "4", "why": "November.", "digests": [{"name": "a", "sha256": "cd" * 32}]}
            other.append("dataset.refreshed", "dataset/applications", again)
        grown = recorder.data()
    assert [state.version for state in grown.states["cd" * 32]] == ["4"]
    assert datasets.recognise(grown, str(data), "other").version == "v3"
