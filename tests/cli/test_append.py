"""mledger append: one event from options or a document, addressed, signed, told."""

from pathlib import Path

import pytest

from tests.cli.asking import ALICE, MODEL, Run, done, nothing_written, refused, refused_alike, told, works

COMMENT = ("append", "comment.added", MODEL)
ID = "01955f9a-1a00-7000-8000-000000000001"


def fields(run: Run, event: str = "2") -> dict[str, object]:
    """What was recorded."""
    return told(run("show", event, "--json"))["data"]


def test_what_was_recorded_is_told(run: Run, begun: Path) -> None:
    """The event number, the hash, who signed, the type and the stream stand in one line, or in one object."""
    row = told(run(*COMMENT, "--set", "on=1", "--set", "text=Looks right.", "--json"))
    assert (row["number"], row["signer"], row["stream"], row["recorded"]) == ("2", ALICE, MODEL, True)
    line = done(run(*COMMENT, "--set", "on=1", "--set", "text=Again."))
    assert line.startswith("event 3  ")
    assert f"signed {ALICE}, authorship  comment.added on {MODEL}  2" in line
    assert line.count("\n") == 1
    assert told(run("show", "3", "--json"))["leaf"].startswith(line.split()[2])


def test_a_narrow_screen_breaks_the_line_between_its_parts(
    run: Run, begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 80 columns the line of a recorded event goes on in a second, indented one."""
    monkeypatch.setenv("COLUMNS", "80")
    first, second = done(run(*COMMENT, "--set", "on=1", "--set", "text=x")).splitlines()
    assert max(len(first), len(second)) <= 80
    assert second.startswith("  ")


@pytest.mark.parametrize(
    ("type", "name", "text", "value"),
    [
        ("version.released", "version", "2.1", "2.1"),
        ("version.released", "version", "2.10", "2.10"),
        ("run.started", "params.lr", "0.1", 0.1),
        ("run.started", "params.name", "2.1", 2.1),
        ("run.started", "params.deep.er", "true", True),
        ("run.started", "params.text", "a=b=c", "a=b=c"),
        ("run.started", "params.list", "[1, 2]", [1, 2]),
        ("run.started", "params.none", "", ""),
        ("run.started", "criteria.0.metric", "2.1", "2.1"),
        ("run.started", "criteria.0.value", "0.95", 0.95),
        ("comment.added", "text", '["no list"]', '["no list"]'),
        ("comment.added", "text", "NaN", "NaN"),
    ],
)
def test_set_reads_a_value_as_its_field_wants_it(type: str, name: str, text: str, value: object) -> None:
    """What a text field is given stays text, whatever it looks like; elsewhere JSON is read."""
    from mledger_cli.fields import assign

    values: dict = {}
    assign(type, values, f"{name}={text}")
    place: object = values
    for step in name.split("."):
        place = place[int(step)] if isinstance(place, list) else place[step]
    assert place == value
    assert type_name(place) == type_name(value)


def type_name(value: object) -> str:
    """Its type, for True is 1."""
    return type(value).__name__


def test_set_reaches_into_lists(run: Run, begun: Path) -> None:
    """A number after a dot is an item of a list that the type has; the next one adds."""
    sets = [
        "run=r1",
        "hypothesis=h",
        "criteria.0.metric=auc",
        "criteria.0.operator=>=",
        "criteria.0.value=0.9",
    ]
    more = [
        "criteria.1.metric=gap",
        "criteria.1.operator=<=",
        "criteria.1.value=0.02",
        "criteria.0.value=0.95",
    ]
    done(run("append", "run.started", MODEL, *(part for s in sets + more for part in ("--set", s))))
    assert fields(run)["criteria"] == [
        {"metric": "auc", "operator": ">=", "value": 0.95},
        {"metric": "gap", "operator": "<=", "value": 0.02},
    ]


@pytest.mark.parametrize(
    ("assignment", "line"),
    [
        ("text", "should read FIELD=VALUE"),
        ("=x", "should read FIELD=VALUE"),
        ("a..b=1", "should read FIELD=VALUE"),
        ("a.=1", "should read FIELD=VALUE"),
        ("refs.1.rel=see", "the list has 0 items"),
        ("refs.x=1", "the list has 0 items"),
        ("refs.-1=1", "the list has 0 items"),
    ],
)
def test_a_set_that_cannot_be_is_refused(run: Run, begun: Path, assignment: str, line: str) -> None:
    """An assignment without a field, or beside the end of a list, is told with the option."""
    with nothing_written(begun.parent):
        refused_alike(run, [*COMMENT, "--set", assignment], line)


def test_nothing_goes_into_a_value(run: Run, begun: Path) -> None:
    """A path through a value that holds nothing is refused."""
    refused_alike(run, [*COMMENT, "--set", "text=x", "--set", "text.y.z=1"], "there is a value already")
    refused_alike(run, [*COMMENT, "--set", "text=x", "--set", "text.y=1"], "there is a value already")


def test_options_win_over_the_document(run: Run, begun: Path) -> None:
    """--set changes what --from gives, in the order in which it stands."""
    Path("comment.yaml").write_text("on: 1\ntext: from the file\n")
    done(run(*COMMENT, "--from", "comment.yaml", "--set", "text=once", "--set", "text=twice"))
    assert fields(run) == {"on": "1", "text": "twice"}


def test_a_document_may_come_through_a_pipe(run: Run, begun: Path) -> None:
    """`--from -` reads standard input, JSON or YAML, with a byte order mark or without."""
    for number, text in enumerate(
        ['{"on": "1", "text": "é"}', "on: 1\ntext: é\n", '\ufeff{"on":"1","text":"é"}'], 2
    ):
        done(run(*COMMENT, "--from", "-", input=text))
        assert fields(run, str(number)) == {"on": "1", "text": "é"}


def test_the_same_id_is_recorded_once(run: Run, begun: Path) -> None:
    """The same id with the same content prints the first number and succeeds; other content is refused."""
    args = [*COMMENT, "--set", "on=1", "--id", ID, "--set", "text=once"]
    assert done(run(*args)).startswith("event 2  ")
    with nothing_written(begun.parent):
        line = done(run(*args))
        assert line.startswith("event 2  ")
        assert "recorded before" in line
        assert told(run(*args, "--json"))["recorded"] is False
        fix = refused_alike(run, [*args, "--set", "text=other"], "is event 2 already, with other content")
    assert "mledger show 2" in fix
    assert "mledger show" in refused(run(*args, "--at", "2026-01-01T00:00:00Z"), "with other content")


def test_when_it_occurred_is_kept_beside_when_it_was_recorded(run: Run, begun: Path) -> None:
    """--at takes any zone and is shown with its own label."""
    done(run(*COMMENT, "--set", "on=1", "--set", "text=x", "--at", "2026-01-02T01:00:00+02:00"))
    assert told(run("show", "2", "--json"))["occurred"] == "2026-01-01T23:00:00.000000Z"
    assert "\noccurred  2026-01-01T23:00:00Z  LATE " in done(run("show", "2"))


def test_what_one_signs_as_can_be_said(run: Run, begun: Path) -> None:
    """--meaning stands in the signed bytes and in what is printed."""
    line = done(run(*COMMENT, "--set", "on=1", "--set", "text=x", "--meaning", "witness"))
    assert f"signed {ALICE}, witness" in line


@pytest.mark.parametrize(
    ("args", "line", "fix"),
    [
        ([], "TYPE and STREAM are missing", "mledger types"),
        (["comment.added"], "STREAM is missing", "mledger append comment.added model/NAME --edit"),
        (["key.enrolled"], "STREAM is missing", "mledger append key.enrolled ledger --edit"),
        (["comment"], "did you mean comment.added?", "mledger types"),
        (["nothing"], "'nothing' is no event type, such as decision.accepted", "mledger types"),
        (["decision.acepted", MODEL], "did you mean decision.accepted", "mledger types"),
        (
            [MODEL, "comment.added"],
            "TYPE comes before STREAM",
            f"mledger append comment.added {MODEL} --edit",
        ),
        (["comment.added", "credit-risk"], "lacks its kind", f"mledger append comment.added {MODEL} --edit"),
        (["dataset.registered", "x"], "lacks its kind", "mledger append dataset.registered dataset/x --edit"),
        (["key.revoked", "x"], "lacks its kind", "mledger append key.revoked ledger --edit"),
        (
            ["model.registered", "dataset/x"],
            "belongs on model/x",
            "mledger append model.registered model/x --edit",
        ),
        (
            ["model.registered", "ledger"],
            "belongs on model/NAME",
            "mledger append model.registered model/NAME --edit",
        ),
        (
            ["comment.added", "model/Credit risk"],
            "is not a stream",
            "mledger append comment.added model/credit-risk --edit",
        ),
        (["comment.added", "Model/x"], "is not a stream", "mledger append comment.added model/x --edit"),
        (["comment.added", "model/../x"], "is not a stream", "mledger append comment.added model/-/x --edit"),
        (["comment.added", "/"], "is not a stream", "mledger append comment.added model/NAME --edit"),
    ],
)
def test_a_wrong_address_is_put_right(run: Run, begun: Path, args: list[str], line: str, fix: str) -> None:
    """Type and stream missing, misspelt, mixed up or of the wrong kind: told with the right command."""
    with nothing_written(begun.parent):
        assert refused_alike(run, ["append", *args], line) == fix
    works(run, fix)


@pytest.mark.parametrize(
    "args", [["--set", "a=b"], ["--edit"], ["--at", "2026-01-01T00:00:00Z"], ["--id", ID]]
)
def test_options_for_one_event_do_not_fit_many(run: Run, begun: Path, args: list[str]) -> None:
    """A file of many events takes no option that is meant for one."""
    Path("many.jsonl").write_text('{"on":"1","text":"a"}\n{"on":"1","text":"b"}\n')
    with nothing_written(begun.parent):
        refused_alike(run, [*COMMENT, "--from", "many.jsonl", *args], "many events come from a file")


def test_what_is_wrong_is_told_before_a_passphrase_is_asked_for(
    run: Run, begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fields are checked first: nobody types a passphrase for an event that cannot be recorded."""
    monkeypatch.setenv("MLEDGER_PASSPHRASE", "sesame")
    done(run("key", "new", "--owner", "Bob Example"))
    monkeypatch.delenv("MLEDGER_PASSPHRASE")
    refused(run(*COMMENT, "--set", "txt=x", "--as", "bob-example"), "txt: is not a field")
    refused(run(*COMMENT, "--set", "on=1", "--set", "text=x", "--as", "bob-example"), "needs a passphrase")
