"""mledger release: the files of a version are those of its run."""

import hashlib
import json
from pathlib import Path

import pytest

from mledger.testing.bodies import PROPOSED
from tests.cli.asking import MODEL, Run, done, nothing_written, refused, refused_alike, told

NOTES = ("--notes", "Knows two regions more.")
CRITERIA = [{"metric": "auc", "operator": ">=", "value": 0.9}]
CONTENT = {"model.pkl": b"the model", "card.md": b"its card"}


def row(name: str, data: bytes) -> dict[str, object]:
    """A file as runs record it."""
    return {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "role": "model"}


def record(run: Run, type: str, fields: dict[str, object]) -> str:
    """Record it; its number."""
    return told(run("append", type, MODEL, "--from", "-", "--json", input=json.dumps(fields)))["number"]


def trained(run: Run, name: str, *, ended: bool = True, **more: object) -> str:
    """A run that made both files; the number of its start."""
    number = record(run, "run.started", {"run": name, "hypothesis": "h", "criteria": CRITERIA} | more)
    if ended:
        files = [row(*file) for file in CONTENT.items()]
        record(run, "run.finished", {"run": name, "artifacts": files})
    return number


@pytest.fixture
def made(begun: Path, run: Run) -> Path:
    """The files of run r1 lie here; event 2 is a decision, 3 and 4 are the run that it led to."""
    for name, data in CONTENT.items():
        (begun.parent / name).write_bytes(data)
    record(run, "decision.proposed", PROPOSED)
    trained(run, "r1", decision="2")
    return begun.parent


def test_a_release_takes_the_files_of_its_run(run: Run, made: Path) -> None:
    """Name and digest of each file come from the run, and so does the decision that it was made for."""
    result = run("release", "credit-risk@1.0", "--run", "3", *NOTES)
    assert done(result).startswith("event 5  ")
    assert f"  model.pkl  {row('model.pkl', b'the model')['sha256'][:12]}  model" in result.stderr
    assert told(run("show", "5", "--json"))["data"] == {
        "version": "1.0",
        "artifacts": [row(*file) for file in CONTENT.items()],
        "run": "3",
        "decisions": ["2"],
        "notes": NOTES[1],
    }
    again = ("release", "credit-risk@1.0", "--run", "r1", *NOTES)
    assert (
        refused_alike(run, [*again], "credit-risk@1.0 was released already, by event 5") == "mledger show 5"
    )


def test_a_file_is_hashed_where_it_lies(run: Run, made: Path) -> None:
    """With --file the release is that file, by the name of the run, and with its size."""
    (made / "model.pkl").rename(made / "best.pkl")
    more = ("--decision", "2", "--limitation", "Nobody below 21.")
    done(run("release", "credit-risk@1.0", "--run", "r1", "--file", "best.pkl", *more, *NOTES))
    data = told(run("show", "5", "--json"))["data"]
    assert data["artifacts"] == [row("model.pkl", b"the model") | {"size": 9}]
    assert data["limitations"] == ["Nobody below 21."]
    done(run("release", "credit-risk@1.1", "--run", "r1", "--previous", "1.0", *NOTES))
    assert told(run("show", "6", "--json"))["data"]["previous"] == "1.0"


def test_a_file_of_another_run_is_refused(run: Run, made: Path) -> None:
    """What the run did not make is no file of its version, whatever it is called."""
    (made / "model.pkl").write_bytes(b"another model")
    (made / "new.pkl").write_bytes(b"new")
    with nothing_written(made):
        for name, theirs in (("model.pkl", "it made model.pkl "), ("new.pkl", "it made model.pkl ")):
            ask = ["release", "credit-risk@1.0", "--run", "r1", "--file", name, *NOTES]
            refused_alike(run, ask, f") is no file that run 3 made: {theirs}")


def test_a_run_without_files_is_released_with_those_that_lie_here(run: Run, made: Path) -> None:
    """Where the run recorded no file, or none is named, the files are taken as they lie there."""
    start = trained(run, "r2", ended=False)
    open_ = ["release", "credit-risk@2.0", "--run", "r2", "--file", "model.pkl", *NOTES]
    refused_alike(run, open_, f"run {start} (r2) has not ended")
    record(run, "run.failed", {"run": "r2", "exit": {"exception_type": "MemoryError"}})
    bare = ["release", "credit-risk@2.0", "--run", "r2", *NOTES]
    refused_alike(run, bare, f"run {start} recorded no file")
    result = run(*bare, "--file", "model.pkl", "--file", "card.md")
    number = done(result).split()[1]
    assert f"run {start} did not finish: it failed" in result.stderr
    found = told(run("show", number, "--json"))["data"]
    assert [(file["name"], file["size"]) for file in found["artifacts"]] == [("model.pkl", 9), ("card.md", 8)]
    done(run("release", "credit-risk@2.1", "--file", "model.pkl", *NOTES))
    (made / "sub").mkdir()
    (made / "sub" / "model.pkl").write_bytes(b"x")
    two = ["release", "credit-risk@2.2", "--file", "model.pkl", "--file", "sub/model.pkl", *NOTES]
    refused_alike(run, two, "two files are called model.pkl")


def test_of_equal_files_each_is_the_one_of_its_name(run: Run, made: Path) -> None:
    """Two files of a run with the same bytes are both released, each under its own name."""
    record(run, "run.started", {"run": "twin", "hypothesis": "h", "criteria": CRITERIA})
    record(run, "run.finished", {"run": "twin", "artifacts": [row(name, b"x") for name in ("a", "b")]})
    for name in ("a", "b"):
        (made / name).write_bytes(b"x")
    ask = ["release", "credit-risk@1.0", "--run", "twin", "--file", "a", "--file", "b", *NOTES]
    done(run(*ask))
    found = told(run("show", "7", "--json"))["data"]["artifacts"]
    assert [file["name"] for file in found] == ["a", "b"]


def test_a_name_that_was_given_again_is_not_clear(run: Run, made: Path) -> None:
    """Where a later run got a number to the name, the release says so, and takes one by its number."""
    trained(run, "r1-b")
    ask = ["release", "credit-risk@1.0", *NOTES, "--run"]
    number = trained(run, "r1-2")
    fix = refused_alike(run, [*ask, "r1"], f"r1 is run 3, and r1-2 is run {number}: it is not clear")
    assert fix == f"name it by its number: --run {number}"
    done(run(*ask, "3"))


SLIPS = [
    (("credit-risk", "--run", "r1"), "'credit-risk' names no version"),
    (("credit-risc@1.0", "--run", "r1"), "did you mean model/credit-risk?"),
    (("credit-risk@1.0", "--run", "r12"), "no run is called 'r12'; did you mean r1?"),
    (("credit-risk@1.0",), "nothing says which files it is"),
    (("credit-risk@1.0", "--run", "r1", "--decision", "3"), "event 3 is a run.started"),
    (("credit-risk@1.0", "--run", "r1", "--previous", "0.9"), "no released version is called '0.9'"),
]


def test_what_cannot_be_released_is_told(run: Run, made: Path) -> None:
    """A slip is one line with a way out, before anything is signed."""
    with nothing_written(made):
        for args, line in SLIPS:
            refused(run("release", *args, *NOTES), line)


def test_a_checkpoint_and_what_was_published_are_files_of_the_run(run: Run, made: Path) -> None:
    """They are released as what the run made, as `show` says of them."""
    best, later = row("best.ckpt", b"best"), row("later.onnx", b"later")
    start = record(run, "run.started", {"run": "ck", "hypothesis": "h", "criteria": CRITERIA})
    record(run, "run.finished", {"run": "ck", "artifacts": [row("fin.bin", b"fin")], "checkpoints": [best]})
    record(
        run, "artifact.published", later | {"run": "ck", "size": 5, "media_type": "application/octet-stream"}
    )
    for version, name, data in (("2.0", "best.ckpt", b"best"), ("2.1", "later.onnx", b"later")):
        (made / name).write_bytes(data)
        done(run("release", f"credit-risk@{version}", "--run", start, "--file", name, *NOTES))
        assert "made by run ck" in " ".join(done(run("show", f"credit-risk@{version}")).split())
    (made / "none.bin").write_bytes(b"none")
    line = f"is no file that run {start} made: it made fin.bin"
    refused_alike(run, ["release", "credit-risk@2.2", "--run", "ck", "--file", "none.bin", *NOTES], line)


def test_only_a_decision_of_the_model_goes_into_a_release(run: Run, made: Path) -> None:
    """None of another model, and none that was rejected."""
    args = ("release", "credit-risk@1.0", "--run", "r1", *NOTES, "--decision")
    other = told(
        run("append", "decision.proposed", "model/other", "--from", "-", "--json", input=json.dumps(PROPOSED))
    )["number"]
    with nothing_written(made):
        line = f"decision {other} is about other, and went into no credit-risk"
        assert refused_alike(run, [*args, other], line) == "mledger decisions credit-risk"
    done(run("key", "new", "--owner", "Bob Example", "--no-passphrase", "-q"))
    done(run("key", "enroll", "bob-example", "--role", "reviewer", "--as", "alice-example"))
    done(run("reject", "2", "--reason", "No.", "--as", "bob-example"))
    refused_alike(run, [*args, "2", "--as", "alice-example"], "decision 2 was rejected by Bob Example")
