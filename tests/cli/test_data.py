"""mledger data: states of data recorded, listed, compared, hashed again."""

import json
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather
from pyarrow import parquet as pq

from mledger.data import extras
from tests.cli.asking import Run, done, nothing_written, refused, refused_alike, told

NAME = "applications"
ABOUT = [
    *("--origin", "All branches."),
    *("--collected", "Every form."),
    *("--by-whom", "ACME Bank"),
    *("--licence", "internal"),
]
GROUPS = ["--group", "age<25", "--group", "region"]


def table(rows: int = 2_000, seed: int = 1, north: float = 0.2, **more: Any) -> pa.Table:
    """Applications of so many people, of whom a share is from the north."""
    random = np.random.default_rng(seed)
    columns = {
        "income": np.where(random.random(rows) < 0.01, np.nan, random.lognormal(8, 0.5, rows)),
        "age": random.integers(18, 80, rows),
        "region": random.choice(["north", "south", "west"], rows, p=[north, 0.5, 0.5 - north]),
        "remark": [f"remark {seed} {n}" for n in range(rows)],
        "applied_on": pa.array(
            np.sort(random.integers(20_500, 20_500 + 30 * seed, rows)).astype("int32"), pa.date32()
        ),
    }
    return pa.table(columns | more)


@pytest.fixture
def one(begun: Path, folder: Path) -> Path:
    """The first state of the data, in a file."""
    pq.write_table(table(), folder / "one.parquet")
    return folder / "one.parquet"


@pytest.fixture
def two(folder: Path) -> Path:
    """The second state, in another file: more rows, more of them from the north."""
    pq.write_table(table(2_200, 2, north=0.45), folder / "two.parquet")
    return folder / "two.parquet"


@pytest.fixture
def added(run: Run, one: Path) -> Path:
    """The first state, recorded as event 2."""
    done(run("data", "add", one, "--as", NAME, *ABOUT, *GROUPS))
    return one


@pytest.fixture
def refreshed(run: Run, added: Path, two: Path) -> Path:
    """The second state, recorded as event 3."""
    done(run("data", "add", two, "--as", NAME, "--refresh", "--why", "October came in."))
    return two


# --- add


def test_a_first_state_is_recorded_with_its_profile(run: Run, one: Path) -> None:
    """Digests, rows, columns, days and groups are said, and two events record them in one entry."""
    text = done(run("data", "add", one, "--as", NAME, *ABOUT, *GROUPS))
    assert "applications  version 1  event 2.1  dataset.registered  signed Alice Example" in text
    for line in (
        "file     one.parquet  sha256 ",
        "content  sha256 ",
        "rows     2,000",
        "period   2026-02-16 to",
    ):
        assert line in text
    assert "age < 25  " in text
    registered, profiled = (told(run("show", f"2.{n}", "--json"))["data"] for n in (1, 2))
    assert registered["location"] == "one.parquet"
    assert registered["columns"][0] == {"name": "income", "dtype": "float64"}
    assert [digest["name"] for digest in registered["digests"]] == ["one.parquet", "content"]
    assert profiled["time_column"] == "applied_on"
    assert "remark 1" not in json.dumps(profiled)


def test_a_second_state_says_what_moved(run: Run, added: Path, two: Path) -> None:
    """Rows, days, groups and shifts beyond the thresholds are said at once, and recorded."""
    text = done(run("data", "add", two, "--as", NAME, "--refresh", "--why", "October came in."))
    assert "applications  version 2 ← 1  event 3.1  dataset.refreshed" in text
    assert "rows     2,200 (+200)" in text
    assert "schema   unchanged" in text
    assert "(was 2026-02-16 to" in text
    assert "region  psi 0." in text
    assert "▲ above 0.25" in text
    assert "region = north  19." in text
    assert "more than 5 points" in text
    assert "psi of 2 of 3 columns below 0.1" in text
    data = told(run("show", "3.1", "--json"))["data"]
    assert (data["previous"], data["why"], data["rows_added"]) == ("1", "October came in.", 200)
    shift = {row["column"]: row for row in data["shift"] if row["metric"] == "psi"}
    assert shift["region"]["value"] > shift["region"]["threshold"] == 0.25


def test_the_same_content_is_not_recorded_twice(run: Run, added: Path, folder: Path, begun: Path) -> None:
    """The same file, or the same table in another format, is said to be there already."""
    feather.write_feather(table(), folder / "one.feather")
    for path in (added, folder / "one.feather"):
        text = done(run("data", "add", path, "--as", NAME))
        assert text == "applications  version 1  is recorded already, by event 2.1  nothing new\n"
    assert told(run("data", "add", added, "--as", NAME, "--json"))["recorded"] is False
    assert "3" not in done(run("log", "--limit", "1")).split()[5:6]


def test_other_content_asks_for_refresh(run: Run, added: Path, two: Path, folder: Path) -> None:
    """Another file under the same name is refused, with the command that records it as the next state."""
    with nothing_written(folder):
        fix = refused_alike(
            run, ["data", "add", two, "--as", NAME], "is at version 1 (event 2.1), and two.parquet is"
        )
    assert fix.startswith(f"mledger data add {two} --as applications --refresh --why")


def test_an_older_state_may_come_back(run: Run, refreshed: Path, added: Path) -> None:
    """Going back to the content of the first state is a state of its own, with its why."""
    refused(run("data", "add", added, "--as", NAME), "one.parquet is its version 1 (event 2.1)")
    done(run("data", "add", added, "--as", NAME, "--refresh", "--why", "October was wrong."))
    assert "applications@3" in done(run("data", "show", NAME))


def test_decisions_that_name_the_data_are_named(run: Run, added: Path, two: Path, folder: Path) -> None:
    """A refresh says at once which decisions rest on the data by a condition, unless they have ended."""
    fields = {
        "title": "Deeper trees", "summary": "Deeper trees.", "category": "hyperparameter",
        "question": "How deep?",
        "alternatives": [{"name": "four"}, {"name": "three", "why_not": "Too few."}], "choice": "four",
        "rationale": "Better.", "data_quality_influence": "None.",
        "validity_conditions": [{"dataset": NAME, "operator": "<=", "value": "1"}],
    }  # fmt: skip
    (folder / "d.json").write_text(json.dumps(fields))
    for _ in range(2):
        done(run("append", "decision.proposed", "model/credit-risk", "--from", "d.json"))
    done(run("append", "decision.proposed", "model/credit-risk", "--from", "d.json"))
    done(
        run(
            "append",
            "decision.superseded",
            "model/credit-risk",
            *("--set", "decision=5", "--set", "by=4", "--set", "reason=Newer."),
        )
    )
    (folder / "e.json").write_text(json.dumps(fields | {"validity_conditions": [{"date": "2030-01-01"}]}))
    done(run("append", "decision.proposed", "model/credit-risk", "--from", "e.json"))
    text = done(run("data", "add", two, "--as", NAME, "--refresh", "--why", "October came in."))
    assert "▲ 2 decisions name this data in a validity condition: 3, 4" in text


def test_a_terminal_asks_for_what_is_missing(
    begun: Path, one: Path, two: Path, terminal: Callable[..., Any]
) -> None:
    """At a terminal the questions of a new dataset, and why it was refreshed, are asked."""
    session = terminal("data", "add", "one.parquet", "--as", NAME, "--origin", "Branches.")
    for question, answer in (
        ("How was it", "All forms."),
        ("Who collected", "ACME"),
        ("Under which", "internal"),
    ):
        session.wait_for(question)
        session.type(f"{answer}\n")
    code, screen = session.end()
    assert (code, "version 1" in screen) == (0, True)
    session = terminal("data", "add", "two.parquet", "--as", NAME, "--refresh")
    session.wait_for("Why was it refreshed?")
    session.type("October came in.\n")
    code, screen = session.end()
    assert (code, "version 2 ← 1" in screen) == (0, True)


WRONG: dict[str, tuple[Callable[[Path], Any], list[str], str, int]] = {
    "nothing there": (lambda f: f / "nothing.parquet", [], "there is no file", 2),
    "no rows": (lambda f: f / "empty.csv", [], "empty.csv has no rows", 2),
    "nothing in it": (lambda f: f / "void.csv", [], "void.csv is empty", 2),
    "cut off": (lambda f: f / "cut.parquet", [], "cut.parquet is broken, or cut off", 2),
    "not what it says": (lambda f: f / "lie.parquet", [], "lie.parquet is no Parquet file", 2),
    "ragged": (
        lambda f: f / "ragged.csv",
        [],
        "row 3 of ragged.csv has 3 fields, and its first row has 2",
        2,
    ),
    "twice the same column": (lambda f: f / "twice.csv", [], "two columns called 'a'", 2),
    "a link that climbs out": (lambda f: f / "climbing", [], "is a link that leads out of the folder", 2),
    "an empty folder": (lambda f: f / "hollow", [], "holds no file", 2),
    "a pipe": (lambda f: f / "pipe", [], "is a pipe and no file", 2),
    "unreachable": (lambda _: "http://127.0.0.1:1/a.parquet", [], "cannot be reached", 4),
    "a group of nothing": (lambda f: f / "one.parquet", ["--group", "size"], "names no column", 2),
    "a time of nothing": (lambda f: f / "one.parquet", ["--time", "age"], "no column of days", 2),
    "a refresh of nothing": (
        lambda f: f / "one.parquet",
        ["--refresh", "--why", "x"],
        "nothing is recorded as",
        2,
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_bad_input_is_one_line_and_nothing_is_written(what: str, run: Run, one: Path, folder: Path) -> None:
    """Whatever is wrong with data is told in one line with a way out, and nothing is recorded."""
    (folder / "empty.csv").write_text("a,b\n")
    (folder / "void.csv").write_text("")
    (folder / "cut.parquet").write_bytes(one.read_bytes()[: one.stat().st_size // 2])
    (folder / "lie.parquet").write_text("a,b\n1,2\n")
    (folder / "ragged.csv").write_text("a,b\n1,2\n3,secret,5\n")
    (folder / "twice.csv").write_text("a,a\n1,2\n")
    (folder / "climbing").mkdir()
    (folder / "climbing" / "out").symlink_to("/etc/hostname")
    (folder / "hollow").mkdir()
    os.mkfifo(folder / "pipe")
    make, options, line, code = WRONG[what]
    about = [] if "--refresh" in options else ABOUT
    with nothing_written(folder):
        fix = refused(run("data", "add", make(folder), "--as", NAME, *about, *options), line, code=code)
    assert "secret" not in fix


def test_what_is_missing_is_named_in_the_command(run: Run, one: Path) -> None:
    """Without a terminal a new dataset says which options it needs; a wrong name says what names are."""
    fix = refused_alike(
        run, ["data", "add", one, "--as", NAME, "--origin", "x"], "--collected, --by-whom, --licence must"
    )
    assert fix.endswith("--collected TEXT --by-whom TEXT --licence TEXT")
    refused_alike(run, ["data", "add", one, "--as", "a b"], "--as:")
    refused_alike(run, ["data", "add", one, "--as", NAME, *ABOUT, "--version", ""], "can be cited")


def test_why_and_names_of_versions(run: Run, added: Path, two: Path) -> None:
    """A refresh needs its why; a version may be named, once; the next is counted from the last."""
    refused(run("data", "add", two, "--as", NAME, "--refresh"), "why applications was refreshed must be said")
    refresh = ["--as", NAME, "--refresh", "--why", "x"]
    refused(run("data", "add", two, *refresh, "--version", "1"), "has a version 1 already (event 2.1)")
    done(run("data", "add", two, *refresh, "--version", "autumn"))
    fix = refused(
        run("data", "add", added, *refresh), "version 'autumn' of applications does not say what comes next"
    )
    assert fix == "name it: --version NAME"
    done(run("data", "add", added, *refresh, "--version", "v9"))
    assert told(run("data", "add", two, *refresh, "--json"))["version"] == "v10"


def test_what_is_said_of_a_new_dataset_is_said_once(run: Run, added: Path, two: Path) -> None:
    """Origin and the like belong to the registration; what was done to the data may be said of each state."""
    refresh = ["data", "add", two, "--as", NAME, "--refresh", "--why", "x"]
    refused_alike(run, [*refresh, "--origin", "Elsewhere."], "origin is said once")
    done(run(*refresh, "--preprocessing", "Duplicates removed.", "--known-issue", "income is self-reported"))
    data = told(run("show", "3.1", "--json"))["data"]
    assert (data["preprocessing"], data["known_issues"]) == (
        "Duplicates removed.",
        ["income is self-reported"],
    )
    assert "income is self-reported" in done(run("data", "show", NAME))


def test_a_way_out_is_a_command_for_any_path(run: Run, added: Path, two: Path, folder: Path) -> None:
    """A path with spaces stands in quotes in the command that a message names; rows that went are counted."""
    pq.write_table(table(1_900, 3), folder / "one more.parquet")
    fix = refused(run("data", "add", "one more.parquet", "--as", NAME), "is other data")
    assert fix == "mledger data add 'one more.parquet' --as applications --refresh --why 'WHY'"
    assert "1,900 (-100)" in done(run(*shlex.split(fix)[1:]))
    data = told(run("show", "3.1", "--json"))["data"]
    assert data["rows_removed"] == 100
    assert "rows_added" not in data
    refused_alike(run, ["data", "add", two, "--as", "a@1"], "'a@1' is no name of a dataset")


def test_long_names_leave_room(run: Run, begun: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column with a name of a hundred characters is cut, and what it looks like stands below it."""
    monkeypatch.setenv("COLUMNS", "80")
    pq.write_table(table(**{"a very long name " * 6: [1.5, 2.5] * 1_000}), folder / "long.parquet")
    done(run("data", "add", "long.parquet", "--as", "long", *ABOUT))
    assert max(map(len, done(run("data", "show", "long")).splitlines())) <= 80


def test_a_folder_is_known_by_its_manifest(run: Run, begun: Path, folder: Path) -> None:
    """A folder of parts is one table, with the content that it has in one file; its manifest is kept."""
    (folder / "parts").mkdir()
    whole = table()
    for n in range(4):
        pq.write_table(whole.slice(n * 500, 500), folder / "parts" / f"{n}.parquet")
    row = told(run("data", "add", "parts", "--as", NAME, *ABOUT, "--json"))
    assert [digest["name"] for digest in row["digests"]] == ["manifest", "content"]
    assert row["rows"] == 2_000
    manifest = done(run("attachment", "get", row["digests"][0]["sha256"]))
    assert manifest.splitlines()[0] == "mledger manifest 1"
    pq.write_table(whole, folder / "one.parquet")
    assert "nothing new" in done(run("data", "add", "one.parquet", "--as", NAME))
    assert "✓ applications@1" in done(run("data", "verify"))
    (folder / "parts" / "0.parquet").rename(folder / "parts" / "z.parquet")
    (folder / "parts" / "1.parquet").write_bytes(b"PAR1")
    result = run("data", "verify")
    assert result.exit_code == 1
    assert "parts/1.parquet is broken, or cut off" in result.stdout or "1.parquet is broken" in result.stdout
    (folder / "parts" / "1.parquet").unlink()
    result = run("data", "verify", NAME)
    assert result.exit_code == 1
    assert [line.split()[0] for line in result.stdout.splitlines()[1:]] == [
        "0.parquet",
        "1.parquet",
        "z.parquet",
    ]


def test_what_is_no_table_has_a_digest_alone(run: Run, begun: Path, folder: Path) -> None:
    """A file of another kind, or a folder of several, is recorded by its digest; why not more is said."""
    (folder / "weights.bin").write_bytes(b"x" * 100)
    result = run("data", "add", "weights.bin", "--as", "weights", *ABOUT)
    assert "weights.bin is no table that mledger reads (.parquet, .arrow" in result.stderr
    assert "file  weights.bin  sha256" in done(result)
    (folder / "many").mkdir()
    (folder / "many" / "a.csv").write_text("a\n1\n")
    (folder / "many" / "b.txt").write_text("b")
    result = run("data", "add", "many", "--as", "many", *ABOUT)
    assert "are not one table" in result.stderr
    assert "not known" in done(run("data", "show", "weights"))
    (folder / "weights.bin").write_bytes(b"y" * 100)
    done(run("data", "add", "weights.bin", "--as", "weights", "--refresh", "--why", "x"))
    result = run("data", "diff", "weights@1", "weights@2")
    assert "not both have a profile" in result.stderr
    assert told(run("data", "diff", "weights@1", "weights@2", "--json"))["comparison"] is None


def test_without_pyarrow_the_file_is_recorded(run: Run, one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without the extra the digest of the file is recorded, and what the extra adds is said."""
    monkeypatch.setattr(extras, "installed", lambda _: False)
    monkeypatch.setattr("mledger.data.capture.installed", lambda _: False)
    result = run("data", "add", one, "--as", NAME, *ABOUT)
    assert "pip install 'mledger[data]'" in result.stderr
    assert "content" not in done(result)
    assert "is what was recorded" in done(run("data", "verify"))


def test_types_that_have_no_content_are_told(run: Run, begun: Path, folder: Path) -> None:
    """A column whose type has no digest of content is named; file and profile are recorded."""
    feather.write_feather(
        table(intervals=pa.array([pa.MonthDayNano([1, 2, 3])] * 2_000)), folder / "one.feather"
    )
    result = run("data", "add", "one.feather", "--as", NAME, *ABOUT)
    assert "column 'intervals' is of type month_day_nano_interval" in result.stderr
    assert "rows     2,000" in done(result) or "rows  " in done(result)


def test_wide_tables_fit_into_an_event(run: Run, begun: Path, folder: Path) -> None:
    """Of thousands of columns less is said, and so much is said as well."""
    pq.write_table(
        pa.table({f"column {n:05}": [float(n), 2.0] * 30 for n in range(6_000)}), folder / "wide.parquet"
    )
    done(run("data", "add", "wide.parquet", "--as", "wide", *ABOUT))
    data = told(run("show", "2.2", "--json"))["data"]
    assert len(data["columns"]) == 6_000
    assert "too many columns" in data["columns"][0]["note"]


# --- list, show, diff


def test_datasets_are_listed(run: Run, refreshed: Path) -> None:
    """Each dataset with its newest state, its event, its rows; or how to begin."""
    (row,) = told(run("data", "list", "--json"))
    assert (row["name"], row["version"], row["event"], row["rows"], row["issues"]) == (
        NAME,
        "2",
        "3.1",
        2_200,
        0,
    )
    assert "applications  2          3.1" in done(run("data", "list"))


def test_nothing_is_listed_where_nothing_is(run: Run, begun: Path) -> None:
    """A ledger without data says how data gets in."""
    for command in ("list", "verify"):
        result = run("data", command)
        assert (result.exit_code, result.stdout) == (0, "")
        assert "mledger data add FILE --as NAME" in result.stderr


def test_a_state_is_shown_whole(run: Run, refreshed: Path) -> None:
    """Origin, why, digests, place, groups, a line for each column; the newest unless one is named."""
    text = done(run("data", "show", NAME))
    for part in (
        "applications@2",
        "origin",
        "All branches.",
        "why",
        "October came in.",
        "two.parquet",
        "> 1,000",
    ):
        assert part in text
    assert "October" not in done(run("data", "show", f"{NAME}@1"))
    row = told(run("data", "show", f"{NAME}@1", "--json"))
    assert row["version"]["name"] == "1"
    assert row["profiled"]["rows"] == 2_000
    refused_alike(run, ["data", "show", "aplications"], "did you mean applications")
    refused_alike(run, ["data", "show", f"{NAME}@7"], "there are 1, 2")


def test_no_row_gets_into_the_ledger(run: Run, begun: Path, folder: Path) -> None:
    """Names and numbers of people are in no file that mledger writes, however often they are profiled."""
    rows = [(f"person-{n}@secret", 3456.789 + 1.37 * n, "north" if n % 3 else "south") for n in range(500)]
    text = "who,income,region\n" + "".join(f"{who},{income},{region}\n" for who, income, region in rows)
    (folder / "people.csv").write_text(text)
    done(run("data", "add", "people.csv", "--as", "people", "--group", "region", *ABOUT))
    (folder / "people.csv").write_text(text.replace("north", "south"))
    done(run("data", "add", "people.csv", "--as", "people", "--refresh", "--why", "Moved."))
    written = [path for path in folder.rglob("*") if path.is_file() and path.name != "people.csv"]
    kept = b"".join(path.read_bytes() for path in written)
    assert b"region = south" in kept
    assert b"@secret" not in kept
    assert not [income for _, income, _ in rows if str(income).encode() in kept]


def test_two_states_are_compared(run: Run, refreshed: Path) -> None:
    """Rows, schema, the index of each column, the share of each group, what was missing."""
    result = run("data", "diff", f"{NAME}@1", f"{NAME}@2")
    text = done(result)
    for part in (
        "2,200 (+200)",
        "unchanged",
        "region",
        "psi",
        "▲ above 0.25",
        "region = north",
        "share",
        "income",
        "missing",
    ):
        assert part in text
    assert "not compared: remark, applied_on" in result.stderr
    same = run("data", "diff", f"{NAME}@1", f"{NAME}@1")
    done(same)
    assert "nothing moved" in same.stderr
    assert "did not move: " in same.stderr
    row = told(run("data", "diff", f"{NAME}@1", f"{NAME}@2", "--json"))
    assert row["psi"][2]["name"] == "region"
    assert row["psi"][2]["above"] == 0.25
    back = told(run("data", "diff", f"{NAME}@2", f"{NAME}@1", "--json"))
    assert back["psi"][2]["value"] == pytest.approx(row["psi"][2]["value"])
    refused(run("data", "diff", f"{NAME}@1", "other@1"), "no dataset is called 'other'")


def test_two_datasets_are_compared_in_the_bins_of_the_first(run: Run, refreshed: Path, folder: Path) -> None:
    """What a step of preparation did to distributions and groups: rows of one region are gone."""
    whole = table(2_200, 2, north=0.45)
    clean = whole.filter(pa.compute.not_equal(whole["region"], "north"))
    pq.write_table(clean, folder / "clean.parquet")
    done(run("data", "add", "clean.parquet", "--as", "clean", *ABOUT, "--like", f"{NAME}@2"))
    row = told(run("data", "diff", f"{NAME}@2", "clean@1", "--json"))
    psi = {moved["name"]: moved["value"] for moved in row["psi"]}
    assert psi["region"] > 0.25
    assert psi["income"] < 0.1
    assert {moved["name"] for moved in row["groups"]} >= {"age < 25", "region = north"}
    assert (row["before"], row["after"]) == ("applications@2", "clean@1")
    assert "applications@2 → clean@1" in done(run("data", "diff", f"{NAME}@2", "clean@1"))
    refused(
        run("data", "add", "clean.parquet", "--as", NAME, "--refresh", "--why", "x", "--like", "clean@1"),
        "its own version 2",
    )
    refused(
        run("data", "add", "one.parquet", "--as", "new", *ABOUT, "--like", "gone@1"), "no dataset is called"
    )


# --- verify


def test_what_is_recorded_is_hashed_again(run: Run, refreshed: Path, added: Path, folder: Path) -> None:
    """What is the same is said; what changed is named with both digests; so is what is gone."""
    text = done(run("data", "verify"))
    assert text.splitlines() == [
        "✓ applications@1  one.parquet is what was recorded  [2.1]",
        "✓ applications@2  two.parquet is what was recorded  [3.1]",
    ]
    digest = told(run("data", "show", NAME, "--json"))["version"]["digests"][0]["sha256"]
    pq.write_table(table(2_200, 3), refreshed)
    result = run("data", "verify", NAME)
    assert result.exit_code == 1
    assert "✗ applications@2  two.parquet is not what was recorded  [3.1]" in result.stdout
    assert f"two.parquet was {digest}, and is " in result.stdout
    added.unlink()
    result = run("data", "verify", f"{NAME}@1", "--json")
    assert (result.exit_code, json.loads(result.stdout)[0]["outcome"]) == (1, "missing")


def test_a_file_that_was_only_written_anew_is_the_same(run: Run, added: Path) -> None:
    """Another compression changes the file and not the content: that is said, and is no finding."""
    pq.write_table(table(), added, compression="zstd", row_group_size=100)
    assert "was written anew, with the content that was recorded" in done(run("data", "verify"))


def test_another_place_can_be_looked_at(run: Run, refreshed: Path, added: Path, folder: Path) -> None:
    """--path compares what is there with the newest state, or with the one that is named."""
    (folder / "elsewhere").mkdir()
    copy = folder / "elsewhere" / "copy.parquet"
    copy.write_bytes(added.read_bytes())
    assert run("data", "verify", NAME, "--path", copy).exit_code == 1
    assert "elsewhere/copy.parquet is what was recorded" in done(
        run("data", "verify", f"{NAME}@1", "--path", copy)
    )
    refused_alike(run, ["data", "verify", "--path", str(copy)], "none is named")


def test_a_file_that_was_refreshed_in_place_is_looked_for_once(run: Run, added: Path) -> None:
    """Of two states read at one place the newest is looked for there."""
    pq.write_table(table(2_100, 5), added)
    done(run("data", "add", added, "--as", NAME, "--refresh", "--why", "x"))
    assert done(run("data", "verify")).count("\n") == 1
    assert run("data", "verify", f"{NAME}@1").exit_code == 1


def test_what_was_recorded_by_hand_has_no_place(run: Run, begun: Path) -> None:
    """A dataset that says not where it was read cannot be hashed again, and that is a finding."""
    fields = {"title": "x", "origin": "x", "collected_how": "x", "by_whom": "x", "licence": "x"}
    digests = json.dumps([{"name": "a", "sha256": "ab" * 32}])
    sets = [
        part
        for name, value in (fields | {"digests": digests}).items()
        for part in ("--set", f"{name}={value}")
    ]
    done(run("append", "dataset.registered", "dataset/old", *sets))
    result = run("data", "verify")
    assert result.exit_code == 1
    assert "is not recorded" in result.stdout
    assert "--path PATH" in result.stderr


def test_remote_data_is_recorded_and_hashed_again(run: Run, one: Path) -> None:
    """A file in another system is fetched once, profiled, and looked for there again."""
    files = fsspec.filesystem("memory")
    files.pipe("/data/one.parquet", one.read_bytes())
    text = done(run("data", "add", "memory://data/one.parquet", "--as", NAME, *ABOUT))
    assert "rows     2,000" in text
    assert "where          memory://data/one.parquet" in done(run("data", "show", NAME))
    assert "is what was recorded" in done(run("data", "verify"))
    files.pipe("/data/one.parquet", one.read_bytes()[:-1] + b"x")
    result = run("data", "verify")
    assert result.exit_code == 1
    assert "is broken, or cut off" in result.stdout
    files.store.clear()
    assert "is not there any more" in run("data", "verify").stdout


def test_help_and_names_are_completed(run: Run, refreshed: Path, process: Callable[..., Any]) -> None:
    """The group lists its commands; a shell completes the names of datasets."""
    for name in ("add", "diff", "verify"):
        assert name in done(run("data"))
    asked = {"_MLEDGER_COMPLETE": "bash_complete", "COMP_WORDS": "mledger data show app", "COMP_CWORD": "3"}
    assert process(env=asked).stdout.strip() == "plain,applications"


def test_results_are_the_same_when_nobody_looks(run: Run, added: Path, two: Path) -> None:
    """-q leaves out notes and bars, and nothing of the result."""
    result = run("-q", "data", "add", two, "--as", NAME, "--refresh", "--why", "x")
    assert "version 2 ← 1" in done(result)
    assert result.stderr == ""


# --- issues, transforms, story


def test_an_issue_names_state_rows_and_action(run: Run, refreshed: Path) -> None:
    """What is wrong with a state is recorded, listed, shown, and replaced when it is mended."""
    say = [
        "--kind",
        "late",
        "--severity",
        "high",
        "--rows",
        "48",
        "--column",
        "region",
        "--action",
        "left out",
    ]
    assert "event 4" in done(run("data", "issue", f"{NAME}@2", "Region codes came late", *say))
    data = told(run("show", "4", "--json"))["data"]
    assert (data["versions"], data["rows"], data["columns"], data["status"]) == (
        ["2"],
        48,
        ["region"],
        "open",
    )
    assert "4  Region codes came late (late, high, open)" in done(run("data", "show", NAME))
    assert "4  Region" not in done(run("data", "show", f"{NAME}@1"))
    assert told(run("data", "list", "--json"))[0]["issues"] == 1
    more = [
        "--kind",
        "late",
        "--severity",
        "high",
        "--status",
        "fixed",
        "--updates",
        "4",
        "--description",
        "Mended.",
    ]
    done(run("data", "issue", NAME, "Region codes came late", *more))
    assert told(run("data", "list", "--json"))[0]["issues"] == 0
    assert (
        "versions" not in told(run("show", "5", "--json"))["data"]
        or not told(run("show", "5", "--json"))["data"]["versions"]
    )
    refused(run("data", "issue", "nothing", "x", *say), "no dataset is called 'nothing'")
    refused(run("data", "issue", NAME, "x", "--kind", "late"), "--severity")


def test_a_transform_has_digests_on_both_sides(run: Run, refreshed: Path, folder: Path) -> None:
    """Inputs and outputs are recorded states with their digests; the code is known by its own."""
    feather.write_feather(table(1_000, 4), folder / "features.feather")
    done(run("data", "add", "features.feather", "--as", "features", *ABOUT))
    (folder / "features.py").write_text("print(1)")
    args = ["make-features", "--input", NAME, "--output", "features@1", "--code", "features.py"]
    more = [
        "--step",
        "drop duplicates",
        "--step",
        "log of income",
        "--feature-in",
        "income",
        "--feature-out",
        "log_income",
    ]
    sample = [
        "--sampling",
        "stratified",
        "--fraction",
        "0.5",
        "--seed",
        "7",
        "--influence",
        "Nobody is left out.",
    ]
    done(run("data", "transform", *args, *more, *sample))
    data = told(run("show", "5", "--json"))["data"]
    assert data["inputs"][0]["version"] == "2"
    assert (
        len(data["inputs"][0]["digest"])
        == len(data["outputs"][0]["digest"])
        == len(data["code"]["sha256"])
        == 64
    )
    assert [step["what"] for step in data["steps"]] == ["drop duplicates", "log of income"]
    assert data["sampling"] == {"method": "stratified", "fraction": 0.5, "seed": 7}
    refused(run("data", "transform", *args, "--seed", "7"), "--seed belongs to a way of sampling")
    refused(run("data", "transform", "x", "--input", "nothing", "--output", NAME), "no dataset is called")
    story = done(run("report", "data-story", "features"))
    for part in (
        "make-features made features@1 from applications@2",
        "step: drop duplicates",
        "50% of the rows, seed 7",
    ):
        assert part in story


def test_the_story_tells_source_states_and_issues(run: Run, refreshed: Path) -> None:
    """Source, each state, each profile, each issue, in order, each with the number of its event."""
    done(
        run(
            "data",
            "issue",
            NAME,
            "Codes came late",
            "--kind",
            "late",
            "--severity",
            "low",
            "--rows",
            "5",
            "--as",
            "alice-example",
        )
    )
    ended = ("--set", "version=1", "--set", "reason=Consent withdrawn.", "--set", "successor=applications@2")
    done(run("append", "dataset.deprecated", f"dataset/{NAME}", *ended))
    text = done(run("report", "data-story", NAME))
    order = [
        "origin",
        "registered as version 1",
        "profile of version 1",
        "refreshed as version 2",
        "issue, low",
        "deprecated, version 1",
        "As it stands",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    for number in ("[2.1]", "[2.2]", "[3.1]", "[4]", "[5]"):
        assert number in text
    assert "October came in; Alice Example" in " ".join(text.split())
    assert "version 1: Consent withdrawn; use applications@2" in " ".join(text.split())
    corrected = ("--set", "title=Codes came never", "--reason", "They did not.", "--yes")
    done(run("correct", "4", *corrected, "--as", "alice-example"))
    text = " ".join(done(run("report", "data-story", NAME)).split())
    assert "Codes came never, 5 rows; Alice Example [4, 6]" in text
    assert "Codes came late" not in text
    document = told(run("report", "data-story", NAME, "--json"))
    assert set(document["events"]) == {"2.1", "2.2", "3.1", "3.2", "4", "5", "6"}
    assert done(run("report", "data-story", NAME, "--format", "md")).startswith("# The story of a dataset")
    refused(run("report", "data-story", "nothing"), "no dataset is called")
