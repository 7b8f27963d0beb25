"""Tables: columns that fit, last columns that are broken or stand below."""

from hypothesis import given
from hypothesis import strategies as st

from mledger_cli import text
from mledger_cli.tables import Column, Table, day, unprefixed

WORDS = st.text("ab 雷", max_size=40).map(lambda value: " ".join(value.split()))
ROWS = st.lists(st.tuples(st.text("0123", min_size=1, max_size=5), WORDS, WORDS), min_size=1, max_size=5)


def columns(lines: int) -> list[Column]:
    """A number, a flexible name, and what it says in so many lines."""
    return [
        Column("n", lambda row: row[0], right=True),
        Column("name", lambda row: row[1], flexible=True),
        Column("what it says", lambda row: row[2], lines=lines),
    ]


def printed(rows: list[tuple[str, str, str]], lines: int, room: int | None) -> tuple[str, list[list[str]]]:
    """The titles, and the lines of each row."""
    table = Table(columns(lines), room)
    table.learn(rows)
    return table.titles(), [list(table.lines(row)) for row in rows]


@given(ROWS, st.integers(1, 9), st.integers(60, 140))
def test_no_line_passes_the_edge(rows: list[tuple[str, str, str]], lines: int, room: int) -> None:
    """With room for the fixed columns every line fits, but for a word that is longer than a line."""
    titles, shown = printed(rows, lines, room)
    assert text.width(titles) <= room
    for row in shown:
        assert all(text.width(line) <= room or " " not in line.strip() for line in row)


@given(ROWS, st.integers(20, 140))
def test_nothing_is_lost_where_lines_are_many(rows: list[tuple[str, str, str]], room: int) -> None:
    """A last column of many lines keeps every word, beside the others or below them."""
    for row, shown in zip(rows, printed(rows, 99, room)[1], strict=True):
        assert "".join(row[2].split()) in "".join("".join(shown).split())


@given(ROWS)
def test_without_an_edge_a_row_is_a_line(rows: list[tuple[str, str, str]]) -> None:
    """In a file each row is one line, whole."""
    for row, shown in zip(rows, printed(rows, 1, None)[1], strict=True):
        assert len(shown) == 1
        assert row[2] in shown[0]


def test_little_room_puts_it_below() -> None:
    """Where the others leave the last column less than it needs to be read it stands under them, indented."""
    rows = [("1", "a name of some length", "what it says is longer than what is left beside it")]
    titles, (shown,) = printed(rows, 9, 50)
    assert titles == "n  name"
    assert shown == [
        "1  a name of some length",
        "   what it says is longer than what is left beside",
        "   it",
    ]
    titles, (shown,) = printed(rows, 9, 60)
    assert titles == "n  name                   what it says"
    assert shown[0] == "1  a name of some length  what it says is longer than what"
    assert shown[1] == "                          is left beside it"


def test_the_last_line_says_that_more_is_missing() -> None:
    """What goes beyond its lines is cut with an ellipsis."""
    rows = [("1", "x", "one two three four five six seven eight nine ten eleven twelve thirteen")]
    assert printed(rows, 2, 40)[1] == [
        ["1  x     one two three four five six", "         seven eight nine ten eleven tw…"]
    ]


def test_a_row_that_says_nothing_takes_one_line() -> None:
    """An empty last cell adds no line below, and no spaces beside."""
    rows = [("1", "x" * 30, "y" * 40), ("2", "x", "")]
    assert printed(rows, 3, 50)[1][1] == ["2  x"]
    assert printed(rows, 3, 140)[1][1] == ["2  x"]


def test_short_forms_come_before_cuts() -> None:
    """Where a line is too long, moments and streams are shortened, as few as will do, and nothing is cut."""
    columns = [
        Column("when", lambda row: row[0], short=day),
        Column("stream", lambda row: row[1], flexible=True, short=unprefixed),
        Column("by", lambda row: row[2], flexible=True),
    ]
    row = ["2026-11-23T07:52:14Z", "model/credit-risk", "Carol Example"]
    for room, shown in (
        (54, "2026-11-23T07:52:14Z  model/credit-risk  Carol Example"),
        (53, "2026-11-23  model/credit-risk  Carol Example"),
        (43, "2026-11-23  credit-risk  Carol Example"),
        (37, "2026-11-23  credit-risk  Carol Examp…"),
    ):
        table = Table(columns, room)
        table.learn([row])
        assert list(table.lines(row)) == [shown]
