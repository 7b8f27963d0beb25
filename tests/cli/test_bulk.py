"""mledger append --from many: JSON lines and what `log --json` prints, packed, all or nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.asking import ALICE, MODEL, Run, done, nothing_written, refused, refused_alike, told

COMMENTS = ("append", "comment.added", MODEL, "--from")


def lines(count: int) -> str:
    """So many comments, one a line."""
    return "".join(json.dumps({"on": "1", "text": f"Line {n}."}) + "\n" for n in range(count))


def history(run: Run, *args: object) -> list[dict]:
    """Everything that is recorded, oldest first."""
    return told(run("log", "--limit", "0", "--json", *args))[::-1]


def test_lines_are_packed_into_few_entries(run: Run, begun: Path) -> None:
    """A thousand events share a handful of signatures, in the order of the file."""
    Path("many.jsonl").write_text(lines(1_000))
    row = told(run(*COMMENTS, "many.jsonl", "--json"))
    assert (row["events"], row["recorded"], row["signer"]) == (1_000, 1_000, ALICE)
    assert row["entries"] < 10
    assert [event["data"]["text"] for event in history(run)[2:]] == [f"Line {n}." for n in range(1_000)]
    assert (row["first"], row["last"]) == ("2.1", history(run)[-1]["number"])
    done(run("verify", "--full"))


def test_one_line_says_how_many(run: Run, begun: Path) -> None:
    """Events, entries, first and last number, signer; the words fit the numbers."""
    assert done(run(*COMMENTS, "-", input=lines(2))) == f"2 events in 1 entry  2.1 to 2.2  signed {ALICE}\n"
    Path("one.jsonl").write_text(lines(1))
    assert done(run(*COMMENTS, "one.jsonl")) == f"1 event in 1 entry  3 to 3  signed {ALICE}\n"


@pytest.mark.parametrize("source", ["some.jsonl", "some.ndjson", "some.txt", "-"])
def test_a_bad_line_stops_all(run: Run, begun: Path, source: str) -> None:
    """Line 3 of 5 is wrong: it is named with what is wrong in it, and none of the five is recorded."""
    text = lines(5).replace("Line 2.", "Line\\q")
    if source != "-":
        Path(source).write_text(text)
    name = "standard input" if source == "-" else source
    with nothing_written(begun.parent):
        refused_alike(run, [*COMMENTS, source], f"{name}, line 3: the text is not JSON", input=text)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"on": "1"}', "text: is missing"),
        ('{"on": "1", "text": "x", "text": "y"}', "has the key 'text' twice"),
        ('{"on": "1", "text": NaN}', "holds NaN"),
        ("[1]", "should be a JSON object"),
        ('"x"', "should be a JSON object"),
        ("{", "is not JSON"),
        ('{"on": "1", "text": "' + "x" * (1 << 20) + '"}', "at most 1,048,576"),
    ],
)
def test_every_kind_of_bad_line_is_named(run: Run, begun: Path, line: str, words: str) -> None:
    """What a document may not hold, a line may not either; blank lines count and are passed over."""
    Path("some.jsonl").write_text(f"{lines(1)}\n{line}\n")
    with nothing_written(begun.parent):
        assert "line 3: " in run(*COMMENTS, "some.jsonl").stderr
        refused(run(*COMMENTS, "some.jsonl"), words)


def test_bad_bytes_in_a_line_are_named(run: Run, begun: Path) -> None:
    """A line that is no UTF-8 is told by its number."""
    Path("some.jsonl").write_bytes(lines(2).encode() + b'{"on": "1", "text": "\xff"}\n')
    with nothing_written(begun.parent):
        refused_alike(run, [*COMMENTS, "some.jsonl"], "some.jsonl, line 3: the text is not UTF-8")


@pytest.mark.parametrize("text", ["\n\n", "   \n", "[]"])
def test_a_file_without_events_is_told(run: Run, begun: Path, text: str) -> None:
    """Blank lines, or an empty array, hold no event."""
    Path("some.jsonl" if text != "[]" else "some.json").write_text(text)
    with nothing_written(begun.parent):
        refused_alike(run, [*COMMENTS, "some.jsonl" if text != "[]" else "some.json"], "holds no event")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"type": "comment.added", "data": {"on": "1", "text": "x"}}, "the event lacks its stream"),
        ({"stream": MODEL, "data": {}}, "the event lacks its type"),
        ({"type": "comment.added", "stream": MODEL, "data": {}, "extra": 1}, "an event has no 'extra'"),
        ({"type": "comment.added", "stream": "credit-risk", "data": {}}, "lacks its kind"),
        ({"type": "coment.added", "stream": MODEL, "data": {}}, "did you mean comment.added"),
        ({"type": "model.registered", "stream": "dataset/x", "data": {}}, "belongs on model/x"),
        ({"type": "comment.added", "stream": MODEL, "data": None}, "was erased"),
        ({"type": "comment.added", "stream": MODEL, "data": 3}, "should be an object"),
        (
            {"type": "comment.added", "stream": MODEL, "at": "yesterday", "data": {"on": "1", "text": "x"}},
            "not an ISO 8601 time",
        ),
        (
            {"type": "comment.added", "stream": MODEL, "id": "7", "data": {"on": "1", "text": "x"}},
            "is not a UUID",
        ),
    ],
)
def test_a_whole_event_that_is_wrong_is_named(run: Run, begun: Path, row: dict, words: str) -> None:
    """An event that says itself what it is must say all of it, and nothing else."""
    good = {"type": "comment.added", "stream": MODEL, "data": {"on": "1", "text": "x"}}
    Path("some.jsonl").write_text(f"{json.dumps(good)}\n{json.dumps(row)}\n")
    with nothing_written(begun.parent):
        assert "some.jsonl, line 2: " in run("append", "--from", "some.jsonl").stderr
        refused_alike(run, ["append", "--from", "some.jsonl"], words)


def test_what_log_prints_goes_into_another_ledger(run: Run, begun: Path) -> None:
    """`log --json` of one ledger is read by another, in the order of recording, with ids and times, once.

    What an event refers to by its number there, it refers to by its id here.
    """
    for text in ("one", "two"):
        done(run("append", "comment.added", MODEL, "--set", "on=1", "--set", f"text={text}"))
    Path("moved.json").write_text(done(run("log", MODEL, "--json")))
    done(run("init", "--ledger", "other.db", "--origin", "b.example"))
    there = ("--ledger", "other.db")
    assert done(run("append", *there, "--from", "moved.json")).startswith("3 events in 1 entry  ")
    kept = ("type", "stream", "id", "occurred", "data")
    moved = [{name: event[name] for name in kept} for event in history(run, *there)[1:]]
    before = [{name: event[name] for name in kept} for event in history(run)[1:]]
    for event in before[1:]:
        event["data"]["on"] = before[0]["id"]
    assert moved == before
    assert told(run("append", *there, "--from", "moved.json", "--json"))["recorded"] == 0
    assert done(run("append", *there, "--from", "-", input=Path("moved.json").read_text())) == (
        f"nothing new  3 recorded before  1.1 to 1.3  signed {ALICE}\n"
    )
    done(run("verify", *there))


def test_what_refers_to_an_event_left_behind_is_not_moved(run: Run, begun: Path) -> None:
    """A number means another event in another ledger: it is refused, and nothing is written."""
    done(run("append", "comment.added", MODEL, "--set", "on=1", "--set", "text=?"))
    Path("one.json").write_text(done(run("show", "2", "--json")))
    done(run("init", "--ledger", "other.db", "--origin", "b.example"))
    args = ["append", "--ledger", "other.db", "--from", "one.json"]
    line = "comment.added: on: event 1 of the ledger that it comes from is not among those before it"
    assert refused_alike(run, args, line) == "move that event too, or leave this one out"


def test_what_show_prints_goes_into_another_ledger(run: Run, begun: Path) -> None:
    """A single event, as `show --json` prints it over many lines, is read too."""
    event = done(run("show", "1", "--json"))
    done(run("init", "--ledger", "other.db", "--origin", "b.example"))
    done(run("append", "--ledger", "other.db", "--from", "-", input=event))
    assert history(run, "--ledger", "other.db")[1]["id"] == json.loads(event)["id"]


def test_a_ledger_is_not_opened_twice(run: Run, begun: Path) -> None:
    """The opening of one ledger cannot be recorded in another: the rule is told."""
    Path("all.json").write_text(done(run("log", "--json")))
    done(run("init", "--ledger", "other.db", "--origin", "b.example"))
    with nothing_written(begun.parent):
        refused(run("append", "--ledger", "other.db", "--from", "all.json"), "opened a second time")


def test_two_events_with_one_id_are_refused(run: Run, begun: Path) -> None:
    """Within one file an id may stand once."""
    row = {"type": "comment.added", "stream": MODEL, "id": "01955f9a-1a00-7000-8000-000000000001"}
    text = "".join(json.dumps(row | {"data": {"on": "1", "text": t}}) + "\n" for t in "ab")
    with nothing_written(begun.parent):
        refused_alike(run, ["append", "--from", "-"], "have the same id", input=text)


def test_lines_of_one_type_may_stand_in_an_array(run: Run, begun: Path) -> None:
    """TYPE and STREAM with a JSON array of fields are many events as well."""
    done(run(*COMMENTS, "-", input='[{"on": "1", "text": "a"}, {"on": "1", "text": "b"}]'))
    assert [event["data"]["text"] for event in history(run)[2:]] == ["a", "b"]


def test_many_lines_show_a_bar(begun: Path, process: Callable, terminal: Callable, run: Run) -> None:
    """50,000 lines: a bar at a terminal, a few hundred entries, and a whole ledger."""
    Path("many.jsonl").write_text(lines(50_000))
    at = terminal(*COMMENTS, "many.jsonl")
    code, screen = at.end()
    assert code == 0, screen
    assert "recording" in screen
    assert screen.splitlines()[-1].startswith("50,000 events in ")
    assert int(screen.splitlines()[-1].split()[3]) < 500
    done(run("verify"))
    quiet = terminal("verify", "--full", "-q")
    assert "verifying" not in quiet.end()[1]


def test_nothing_is_drawn_into_a_pipe(begun: Path, process: Callable) -> None:
    """Without a terminal a long import prints its one line and nothing else."""
    Path("many.jsonl").write_text(lines(3_000))
    ended = process(*COMMENTS, "many.jsonl")
    assert (ended.returncode, ended.stderr, ended.stdout.count("\n")) == (0, "", 1)
