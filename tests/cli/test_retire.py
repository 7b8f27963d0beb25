"""mledger retire: models, files and datasets that shall not be used any more."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.asking import MODEL, Run, done, nothing_written, refused, refused_alike, told

SHA = "c0" * 32
DATASET = "dataset/applications"


@pytest.fixture
def served(run: Run, begun: Path) -> Path:
    """Events 2 to 7: data, a run on it, its file, a version that is deployed."""
    data = {
        "title": "A",
        "origin": "f",
        "collected_how": "all",
        "by_whom": "A",
        "licence": "x",
        "version": "v1",
    }
    digests = f'[{{"name": "a", "sha256": "{SHA}"}}]'
    given = [
        part for n, v in (data | {"rows": "1", "digests": digests}).items() for part in ("--set", f"{n}={v}")
    ]
    done(run("append", "dataset.registered", DATASET, *given))
    criteria = ("--set", 'criteria=[{"metric": "auc", "operator": ">=", "value": 0.9}]')
    reads = ("--set", 'datasets=[{"name": "applications", "version": "v1", "role": "train"}]')
    done(run("append", "run.started", MODEL, "--set", "run=r1", "--set", "hypothesis=h", *criteria, *reads))
    done(run("append", "run.finished", MODEL, "--set", "run=r1"))
    file = ("--set", "name=m.pkl", "--set", f"sha256={SHA}", "--set", "size=12")
    done(run("append", "artifact.published", MODEL, *file, "--set", "media_type=application/octet-stream"))
    files = ("--set", f'artifacts=[{{"name": "m.pkl", "sha256": "{SHA}"}}]')
    done(
        run(
            "append",
            "version.released",
            MODEL,
            "--set",
            "version=1.0",
            "--set",
            "notes=n",
            "--set",
            "run=r1",
            *files,
        )
    )
    where = ("--set", "environment=eu", "--set", "stage=production")
    done(run("append", "deployment.recorded", MODEL, "--set", "version=1.0", *where))
    return begun


@pytest.mark.parametrize("what", ["credit-risk", "5", "applications"])
def test_what_is_used_is_not_retired(run: Run, served: Path, folder: Path, what: str) -> None:
    """The refusal names what uses it with its events; a reason lets it go, and is recorded."""
    with nothing_written(folder):
        fix = refused_alike(run, ["retire", what, "--reason", "Old."], "is still used: ")
        assert "--still-used TEXT" in fix
    shown = done(run("retire", what, "--reason", "Old.", "--still-used", "Until Monday."))
    assert "still used: " in shown
    body: Any = told(run("show", "8", "--json"))["data"]  # type: ignore[index,call-overload]
    assert (body["reason"], body["still_used"]) == ("Old.", "Until Monday.")
    refused(run("retire", what, "--reason", "Old."), "already, by event 8")


def test_what_nobody_uses_is_retired(run: Run, begun: Path) -> None:
    """With successor, retention and disposal; that nothing used it needs no reason, and none is kept."""
    more = ("--successor", "scorecard", "--until", "2099-12-31", "--disposal", "Weights deleted.")
    done(run("retire", "credit-risk", "--reason", "Replaced.", *more, "--still-used", "Not so."))
    body: Any = told(run("show", "2", "--json"))["data"]  # type: ignore[index,call-overload]
    assert body == {
        "reason": "Replaced.",
        "successor": "scorecard",
        "retention_until": "2099-12-31",
        "disposal": "Weights deleted.",
    }


def test_a_retired_model_keeps_its_history(run: Run, served: Path) -> None:
    """Nothing goes: versions, runs and files stay to be read, and the ledger verifies."""
    before: Any = told(run("replay", MODEL, "--json"))
    done(run("retire", MODEL, "--reason", "Replaced.", "--still-used", "Stopped today."))
    after: Any = told(run("replay", MODEL, "--json"))
    assert after["state"]["stage"]["value"] == "retired"
    for part in ("versions", "runs", "artifacts", "releases"):
        assert after["state"][part] == before["state"][part]
    assert "VERIFIED" in done(run("verify", "--full"))


def test_one_version_of_a_dataset_is_enough(run: Run, served: Path) -> None:
    """One that nobody uses goes while others stay; then all of it may."""
    refresh = (
        "--set",
        "version=v2",
        "--set",
        "why=w",
        "--set",
        f'digests=[{{"name": "a", "sha256": "{"d0" * 32}"}}]',
    )
    done(run("append", "dataset.refreshed", DATASET, *refresh))
    done(
        run(
            "retire",
            "applications",
            "--version",
            "v2",
            "--reason",
            "Wrong.",
            "--successor",
            "applications@v3",
        )
    )
    assert "deprecated    v2: Wrong; Alice Example" in done(run("replay", DATASET))
    refused(run("retire", "applications", "--version", "v2", "--reason", "x"), "already, by event 9")
    done(run("retire", "applications", "--reason", "All wrong.", "--still-used", "Until 1.1."))


def test_nothing_is_due_of_what_is_retired(run: Run, served: Path) -> None:
    """Decisions and risks of a retired model wait for nobody; a review that goes on is ended by hand."""
    args = ("--title", "Quarterly", "--owner", "alice", "--due", "2099-01-31", "--scope", "all")
    done(run("reviews", "schedule", MODEL, *args))
    level = ("--set", 'level={"likelihood": "likely", "impact": "medium"}', "--set", "review_by=2099-01-01")
    risk = ("--set", "risk=R", "--set", "title=t", "--set", "kind=fairness", "--set", "description=d", *level)
    done(run("append", "risk.assessed", MODEL, *risk))

    def kinds() -> list[str]:
        rows: Any = told(run("reviews", "due", "--by", "2099-12-31", "--json"))
        return [row["kind"] for row in rows["due"]]

    assert kinds() == ["risk", "review"]
    done(run("retire", MODEL, "--reason", "Replaced.", "--still-used", "Stopped today."))
    assert kinds() == ["review"]


def test_what_cannot_be_retired_is_refused(run: Run, served: Path, folder: Path) -> None:
    """Other events, other streams, versions of what has none, days that have passed."""
    with nothing_written(folder):
        refused_alike(run, ["retire", "ledger", "--reason", "x"], "ledger cannot be retired")
        refused_alike(run, ["retire", "1", "--reason", "x"], "event 1 is a model.registered")
        refused_alike(run, ["retire", "99", "--reason", "x"], "there is no entry 99")
        refused_alike(run, ["retire", "churn", "--reason", "x"], "nothing is recorded on churn")
        refused_alike(run, ["retire", MODEL, "--reason", "x", "--version", "v1"], "--version is for datasets")
        refused_alike(run, ["retire", "applications", "--reason", "x", "--version", "v9"], "v9")
        refused_alike(run, ["retire", MODEL, "--reason", "x", "--until", "2020-01-01"], "has passed")
        refused_alike(
            run, ["retire", "5", "--reason", "x", "--successor", "1"], "event 1 is a model.registered"
        )


def test_a_model_that_is_in_use_again_is_checked_again(run: Run, served: Path) -> None:
    """Whatever puts a version back lifts the retirement for every reader: state, checks, what is due."""
    risk = ["--set", "risk=R-1", "--set", "title=Bias", "--set", "kind=fairness", "--set", "description=d"]
    risk += ["--set", 'level={"likelihood": "likely", "impact": "low"}', "--set", "treatment=accept"]
    done(run("append", "risk.assessed", MODEL, *risk, "--set", "review_by=2099-01-01"))
    back = ("--set", "from_version=1.1", "--set", "to_version=1.0", "--set", "reason=r")
    done(run("retire", "credit-risk", "--reason", "Old.", "--still-used", "Until Monday."))
    due = ("reviews", "due", "--by", "2099-01-01")
    assert done(run("check")) == done(run(*due)) == ""
    done(run("append", "rollback.executed", MODEL, *back, "--set", "stage=production"))
    assert "production since" in done(run("replay", "credit-risk"))
    assert run("check").exit_code == run("check", "credit-risk").exit_code == 1
    assert "Bias" in done(run(*due))
