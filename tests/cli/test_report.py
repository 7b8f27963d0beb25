"""mledger report: reports on a screen, as Markdown, as JSON."""

import json
from pathlib import Path

import pytest

from mledger_cli import text
from tests.cli.asking import Run, done, refused_alike, told
from tests.cli.gaps import record

NAMES = ["assurance", "concessions", "dead-ends", "impact", "learning", "objectives", "trace"]


def test_objectives_are_told(ready: Path, run: Run) -> None:
    """A table of what was agreed and achieved, with the events behind each row."""
    out = done(run("report", "objectives", "credit-risk"))
    lines = out.splitlines()
    assert lines[0] == "model/credit-risk: What was agreed, and what was achieved"
    row = next(line for line in lines if line.endswith("r1.0"))
    assert row.split() == ["3,", "6,", "7", "1.0", "auc", "≥", "0.9", "0.95", "passed", "r1.0"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("columns", [80, 120])
def test_reports_fit_a_terminal(
    ready: Path, run: Run, name: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line of a report is wider than the terminal."""
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = run("report", name, "credit-risk").stdout.splitlines()
    assert len(shown) > 5
    for line in shown:
        assert text.width(line) <= columns, line


def test_markdown_goes_to_a_file(ready: Path, run: Run) -> None:
    """--output writes Markdown to a new file, the same that --format md prints; never over another."""
    shown = done(run("report", "trace", "credit-risk", "--format", "md"))
    said = done(run("report", "trace", "credit-risk", "-o", "trace.md"))
    assert said == "Decisions, the runs that follow them, and what was released, in trace.md\n"
    assert Path("trace.md").read_text(encoding="utf-8") == shown
    refused_alike(run, ["report", "trace", "credit-risk", "-o", "trace.md"], "trace.md is there already")


def test_json_holds_the_events(ready: Path, run: Run) -> None:
    """The JSON names the report, its sections, and every event that it rests on."""
    found = told(run("--json", "report", "learning", "credit-risk"))
    assert (found["report"], found["about"]) == ("learning", "model/credit-risk")
    assert found == json.loads(done(run("report", "learning", "credit-risk", "--format", "json")))
    assert set(found["events"]) >= {"4"}


def test_reports_are_listed(run: Run) -> None:
    """Without a name the reports are listed, without a ledger."""
    assert [row["report"] for row in told(run("--json", "report"))] == sorted([*NAMES, "data-story"])
    assert "dead-ends    model    What led nowhere" in done(run("report"))


def test_an_assurance_case_names_its_holes(ready: Path, run: Run) -> None:
    """Each hole with the command that fills it, and exit code 1; a waiver explains one."""
    result = run("report", "assurance", "credit-risk@1.0")
    assert result.exit_code == 1
    assert result.stdout.startswith("credit-risk 1.0: The case that a version is fit for its purpose")
    assert "1.3           nobody agreed on a plan" in result.stdout
    assert "fix: mledger append plan.agreed model/credit-risk --edit" in result.stderr
    found = json.loads(run("--json", "report", "assurance", "credit-risk@1.0").stdout)
    for hole in found["holes"]:
        (claim,) = [c for goal in found["goals"] for c in goal["claims"] if c["number"] == hole["claim"]]
        waived = {"rule": claim["rules"][0], "reason": "Small.", "until": "2099-01-01"}
        record(run, "waiver.granted", waived)
    done(run("report", "assurance", "credit-risk@1.0"))
    found = told(run("--json", "report", "assurance", "credit-risk"))
    assert found["about"] == "credit-risk 1.0"
    assert found["holes"] == []
    explained = [c["number"] for goal in found["goals"] for c in goal["claims"] if c["state"] == "explained"]
    assert "1.3" in explained


def test_the_story_of_a_dataset_is_a_report(ready: Path, run: Run) -> None:
    """It is asked for by the name of the dataset."""
    found = told(run("--json", "report", "data-story", "applications"))
    assert (found["report"], found["about"]) == ("data-story", "dataset/applications")
    assert found["events"]


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["nothing", "credit-risk"], "no report is called 'nothing'"),
        (["trace"], "MODEL is missing"),
        (["trace", "nobody"], "nothing is recorded on nobody"),
        (["trace", "dataset/applications"], "dataset/applications is no model"),
        (["trace", "credit-risk@1.0"], "trace is told of a model, not of one version"),
        (["assurance", "credit-risk@9"], "no version of credit-risk is called '9'"),
        (["data-story"], "DATASET is missing"),
        (["data-story", "nothing"], "no dataset is called"),
    ],
)
def test_wrong_use_is_told(ready: Path, run: Run, args: list[str], line: str) -> None:
    """A report or a model that is not there: one line and the way out."""
    refused_alike(run, ["report", *args], line)


def test_shells_complete_names(run: Run) -> None:
    """The names of reports and of frameworks are completed."""
    import click

    from mledger_cli.named import FRAMEWORK, REPORT

    context = click.Context(click.Command("report"))
    parameter = click.Argument(["name"])
    assert [item.value for item in REPORT.shell_complete(context, parameter, "le")] == ["learning"]
    assert [item.value for item in FRAMEWORK.shell_complete(context, parameter, "sr")] == ["sr-26-2"]
