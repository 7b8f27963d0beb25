"""What is printed: aligned, within the screen, the same on a terminal and in a file."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger_cli import screen, text
from mledger_cli.output import BATCH, Column, Output, dumps
from tests.cli.conftest import COMMAND


class Row(NamedTuple):
    """Something that is listed."""

    number: int
    name: str
    text: str


COLUMNS = [
    Column[Row]("event", lambda row: row.number, right=True),
    Column[Row]("name", lambda row: row.name),
    Column[Row]("what it says", lambda row: row.text, flexible=True),
]
ROWS = [Row(7, "alice", "short"), Row(12345678, "李雷", "a long line that says very much " * 4)]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What was printed since it was last asked."""
    return lambda: capsys.readouterr().out


def test_a_table_is_aligned(printed: Callable[[], str]) -> None:
    """Columns stand under their titles, numbers to the right, wide characters counted as two."""
    Output().table(ROWS, COLUMNS)
    first, second, third = printed().splitlines()
    assert first == "   event  name   what it says"
    assert second == "       7  alice  short"
    assert third.startswith("12345678  李雷   a long line")
    assert "…" not in third


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_a_table_fits_the_screen(
    columns: int, printed: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a known width the flexible column is cut, and it alone."""
    monkeypatch.setenv("COLUMNS", str(columns))
    Output().table(ROWS, COLUMNS)
    lines = printed().splitlines()
    assert max(map(text.width, lines)) == columns
    assert lines[2].endswith("…")
    assert "12345678  李雷 " in lines[2]


def test_a_screen_too_narrow_is_passed(printed: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No column becomes narrower than one can read."""
    monkeypatch.setenv("COLUMNS", "10")
    Output().table(ROWS, COLUMNS)
    assert printed().splitlines()[2] == "12345678  李雷   a long line…"


def test_a_table_comes_as_it_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    """Rows of a long listing are printed before the last ones exist."""
    seen = []

    def rows() -> Iterator[Row]:
        for number in range(3 * BATCH):
            if number == 2 * BATCH:
                seen.append(capsys.readouterr().out.count("\n"))
            yield Row(number, "n", "t")

    Output().table(rows(), COLUMNS)
    assert seen == [2 * BATCH + 1]


def test_a_table_as_json_is_one_array(printed: Callable[[], str]) -> None:
    """With --json the items are one JSON array with an item a line; none is an empty array."""
    out = Output(as_json=True)
    out.table(ROWS, COLUMNS)
    document = printed()
    assert json.loads(document) == [row._asdict() for row in ROWS]
    assert len(document.splitlines()) == 4
    out.table([], COLUMNS)
    assert printed() == "[]\n"


def test_an_empty_table_says_so_beside_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed on standard output, and a note on standard error unless -q."""
    Output().table([], COLUMNS, none="no events")
    assert capsys.readouterr() == ("", "no events\n")
    Output(quiet=True).table([], COLUMNS, none="no events")
    assert capsys.readouterr() == ("", "")


def test_facts_are_aligned(printed: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Names stand left, what belongs to them under itself, what is None nowhere."""
    monkeypatch.setenv("COLUMNS", "30")
    Output().facts(
        {
            "origin": "acme",
            "none": None,
            "roles": {"b", "a"},
            "text": "one two three four five six",
            "zero": 0,
        }
    )
    assert printed() == (
        "origin  acme\nroles   a, b\ntext    one two three four\n        five six\nzero    0\n"
    )


def test_facts_as_json(printed: Callable[[], str]) -> None:
    """With --json the value itself is printed, or the pairs if there is none."""
    Output(as_json=True).facts({"a": b"\x01", "b": None, "c": {2, 1}}, None)
    assert json.loads(printed()) == {"a": "01", "b": None, "c": [1, 2]}
    Output(as_json=True).facts({"a": 1}, ROWS[0])
    assert json.loads(printed()) == ROWS[0]._asdict()


def test_what_others_wrote_cannot_command_the_terminal(printed: Callable[[], str]) -> None:
    """In a table, among facts, in a line and as JSON, escapes are spelled out."""
    bad = "x\x1b[2J\u202e"
    for out in (Output(), Output(as_json=True)):
        out.table([Row(1, bad, bad + "\n")], COLUMNS)
        out.facts({bad: bad})
        out.line(bad)
    shown = printed()
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_values_are_shown_as_people_read_them(printed: Callable[[], str]) -> None:
    """Yes and no, lists by commas, nothing for None."""
    Output().table([True, False, None, (1, 2), ["a"], 0.5], [Column("is", lambda value: value)])
    assert printed() == "is\nyes\nno\n\n1, 2\na\n0.5\n"


def test_moments_are_shown_in_utc_or_in_a_zone() -> None:
    """Seconds and Z, or seconds and the offset of the zone."""
    moment = "2026-07-23T09:12:04.123456Z"
    assert Output().moment(moment) == "2026-07-23T09:12:04Z"
    assert Output(zone="Europe/Berlin").moment(moment) == "2026-07-23T11:12:04+02:00"
    assert Output().moment(None) == ""


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_json_says_what_it_was_given(value: object) -> None:
    """Plain values come back as they are."""
    assert json.loads(dumps(value)) == value


def test_a_terminal_and_a_file_get_the_same_characters(process: Callable, terminal: Callable) -> None:
    """At one width, what a terminal shows without its colours is what a file gets."""
    _, shown = terminal("types", columns=80).end()
    filed = process("types", env={"COLUMNS": "80"}).stdout
    assert shown == filed
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("args", "env"), [(["--no-color"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"})]
)
def test_colour_can_be_refused(terminal: Callable, args: list[str], env: dict[str, str]) -> None:
    """A terminal gets colour unless --no-color, NO_COLOR or its own name says otherwise."""
    at = terminal("types")
    at.end()
    assert "\x1b[2m" in at.screen
    at = terminal("types", *args, **env)
    at.end()
    assert "\x1b" not in at.screen


def test_a_file_gets_no_colour(process: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal nothing but text is written, whatever TERM says."""
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b" not in process("types", env={"TERM": "xterm"}).stdout


SLOW = """
import time
from mledger_cli import screen
screen.PATIENCE = {patience}
with screen.progress("verifying", show={show}) as progress:
    for done in range(5):
        progress(done, 4)
        time.sleep(0.05)
import sys
print("rich" in sys.modules)
"""


@pytest.mark.parametrize(
    ("patience", "show", "drawn"), [(0, True, True), (60, True, False), (0, False, False)]
)
def test_a_bar_is_drawn_for_slow_work_at_a_terminal(
    terminal: Callable, monkeypatch: pytest.MonkeyPatch, patience: float, show: bool, drawn: bool
) -> None:
    """A bar is drawn if the work takes long and nobody refused it; else it is not even imported."""
    monkeypatch.setattr(
        "tests.cli.conftest.COMMAND", [sys.executable, "-c", SLOW.format(patience=patience, show=show)]
    )
    _, shown = terminal().end()
    assert ("verifying" in shown) == drawn
    assert str(drawn) in shown


def test_no_bar_is_drawn_into_a_file() -> None:
    """Without a terminal nothing is drawn, however slow the work is."""
    code = SLOW.format(patience=0, show=True)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_the_width_is_unknown_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal lines are as long as they are, unless COLUMNS says otherwise."""
    monkeypatch.delenv("COLUMNS", raising=False)
    assert screen.width() is None
    monkeypatch.setenv("COLUMNS", "wide")
    assert screen.width() is None
    monkeypatch.setenv("COLUMNS", "33")
    assert screen.width() == 33


def test_a_command_is_run_as_its_users_run_it() -> None:
    """The tests' own command is the entry point that the package installs."""
    assert "mledger_cli.main" in COMMAND[2]
