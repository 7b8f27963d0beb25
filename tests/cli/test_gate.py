"""mledger gate: a release that is in order passes, every gap stops the pipeline."""

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.cli.asking import MODEL, Run, done, refused_alike, told
from tests.cli.gaps import commit, decision, git, record, release

GATE = ("gate", "--model", "credit-risk", "--release", "1.0")


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder that is in no repository."""
    return tmp_path_factory.mktemp("elsewhere")


def head_of(run: Run) -> str:
    """The hash of the ledger's last entry."""
    return told(run("--json", "verify"))["head"]


def test_what_is_in_order_passes(ready: Path, run: Run) -> None:
    """Exit code 0, and what the verification relied on is said."""
    result = run(*GATE, "--expect-head", head_of(run))
    assert result.exit_code == 0, result.stdout
    first, _, title, counted, *rest = result.stdout.splitlines()
    assert first.startswith("verified at level 2: 8 entries to head ")
    assert title == "model/credit-risk, version 1.0, 8 entries"
    assert re.fullmatch(r"\d+ rules: \d+ passed, 1 not applied", counted)
    assert rest == ["not applied ARCH-001: no architecture.yaml here"]


def test_a_watched_file_that_changed_stops_it(ready: Path, run: Run) -> None:
    """A change to params.yaml that no event names fails, with the line that mends it, which does."""
    Path("params.yaml").write_text("learning_rate: 0.01\n")
    changed = commit()
    result = run(*GATE)
    assert result.exit_code == 1
    assert f"params.yaml changed (commit {changed[:12]}) and no event names that" in result.stdout
    fix = next(line for line in result.stdout.splitlines() if "fix: " in line)
    digest = re.search(r"refs\.0\.digest=([0-9a-f]{64})", fix)[1]
    record(run, "decision.proposed", decision(refs=[{"rel": "see", "digest": digest}]))
    assert run(*GATE).exit_code == 0


def test_a_change_that_is_not_committed_counts(ready: Path, run: Run) -> None:
    """The working tree is compared, not the last commit; a new file counts too, another does not."""
    Path("params.yaml").write_text("learning_rate: 0.02\n")
    Path("README.md").write_text("Not watched.\n")
    assert "params.yaml changed (not committed)" in run(*GATE).stdout
    Path("params.yaml").write_text("learning_rate: 0.05\n")
    assert run(*GATE).exit_code == 0
    Path("src/model").mkdir(parents=True)
    Path("src/model/net.py").write_text("layers = 3\n")
    assert "src/model/net.py changed" in run(*GATE).stdout
    assert "README.md changed" in run(*GATE, "--watch", "README.md").stdout


def test_a_file_that_is_gone_counts(ready: Path, run: Run) -> None:
    """A watched file that was removed needs an event that names the commit."""
    Path("params.yaml").unlink()
    gone = commit()
    result = run(*GATE)
    assert (result.exit_code, "params.yaml is gone" in result.stdout) == (1, True)
    release(run, "1.1")
    assert run("gate", "--model", "credit-risk", "--release", "1.1").exit_code == 0
    assert gone == git("rev-parse", "HEAD")


def test_without_git_it_says_what_was_not_looked_at(
    ready: Path, run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Outside of a repository commits are not looked at, and that is printed."""
    away = tmp_path_factory.mktemp("away")
    out = run(*GATE, "--tree", away).stdout
    assert "not applied CODE-001, LINK-003: not in a git repository" in out


def test_without_the_program_git(ready: Path, process: Callable[..., Any], elsewhere: Path) -> None:
    """Where git is not installed, the gate says so and checks the rest."""
    result = process(*GATE, env={"PATH": str(elsewhere)})
    assert result.returncode == 0, result.stderr
    assert "not applied CODE-001, LINK-003: git is not installed" in result.stdout


def test_another_head_than_expected(ready: Path, run: Run) -> None:
    """A head that is nowhere in the ledger is exit code 3, and no rule is asked."""
    result = run(*GATE, "--expect-head", "ab" * 32)
    assert result.exit_code == 3
    assert "INT-001" in result.stdout
    assert "1 rules" not in result.stdout
    assert "1 rule: 1 failed" in result.stdout


def test_a_broken_ledger(ready: Path, run: Run) -> None:
    """An edited event is exit code 3, in every format."""
    with sqlite3.connect(ready) as database:
        database.execute("DROP TRIGGER event_only_erase")
        database.execute("UPDATE event SET body = replace(body, '0.95', '0.99')")
    database.close()
    result = run(*GATE, "--sarif", "out.sarif", "--format", "github")
    assert result.exit_code == 3
    assert "::error title=INT-001 model/credit-risk::" in result.stdout
    assert {row["ruleId"] for row in json.loads(Path("out.sarif").read_text())["runs"][0]["results"]} == {
        "INT-001"
    }
    assert json.loads(run(*GATE, "--format", "json").stdout)["verification"]["intact"] is False


def test_files_for_other_programs(ready: Path, run: Run) -> None:
    """SARIF and JUnit XML are written anew each time, Markdown is added to the end."""
    Path("params.yaml").write_text("learning_rate: 0.01\n")
    Path("summary.md").write_text("# Before\n")
    for _ in range(2):
        result = run(*GATE, "--sarif", "out.sarif", "--junit", "out.xml", "--summary", "summary.md")
        assert result.exit_code == 1
    rows = json.loads(Path("out.sarif").read_text())["runs"][0]["results"]
    assert [row["ruleId"] for row in rows] == ["CODE-001"]
    assert rows[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "params.yaml"
    names = [case.get("name") for case in ET.parse("out.xml").iter("testcase")]  # noqa: S314  we wrote it
    assert any(name.startswith("INT-001 ") for name in names)
    assert Path("summary.md").read_text().count("## model/credit-risk") == 2
    assert Path("summary.md").read_text().startswith("# Before\n")


def test_annotations_name_the_file(ready: Path, run: Run) -> None:
    """With --format github each finding is an annotation at its file, and the counts follow."""
    Path("params.yaml").write_text("learning_rate: 0.01\n")
    line, counted = run(*GATE, "--format", "github").stdout.splitlines()
    assert line.startswith("::error title=CODE-001 model/credit-risk,file=params.yaml::params.yaml changed")
    assert "1 failed" in counted


def test_a_request_without_its_approvals(ready: Path, run: Run) -> None:
    """A policy that asks for approvals stops the release until they are there."""
    policy = told(run("--json", "show", "0"))["data"]["policy"]
    policy["approvals"] = [{"stages": ["production"], "needs": {"owner": 1}}]
    record(run, "policy.adopted", {"policy": policy, "reason": "As agreed."}, "ledger")
    request = {"version": "1.0", "to_stage": "production", "reason": "Good."}
    number = record(run, "promotion.requested", request)
    result = run(*GATE)
    assert result.exit_code == 1
    assert f"promotion {number} of 1.0 to production: approvals 0 of 1, missing role owner" in result.stdout


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["--model", "nobody"], "nothing is recorded on nobody"),
        (["--model", "credit-risk", "--release", "9"], "no version of credit-risk is called '9'"),
        (["--model", "credit-risk", "--expect-head", "ab"], "is not a hash"),
        (["--model", "credit-risk", "--sarif", "no/where.sarif"], "no/where.sarif cannot be written"),
        ([], "MODEL is missing"),
    ],
)
def test_wrong_use_is_told(ready: Path, run: Run, args: list[str], line: str) -> None:
    """What is not there, or not given: one line and the way out."""
    code = 4 if "--sarif" in args else 2
    refused_alike(run, ["gate", *args], line, code=code)


def test_the_release_before_is_what_changes_are_measured_from(ready: Path, run: Run) -> None:
    """With two releases, changes count from the one before; the run of the second names their commit."""
    Path("params.yaml").write_text("learning_rate: 0.05\n# a comment\n")
    commit()
    release(run, "1.1")
    assert run("gate", "--model", "credit-risk", "--release", "1.1").exit_code == 0
    Path("params.yaml").write_text("learning_rate: 0.05\n# another\n")
    assert run("gate", "--model", "credit-risk").exit_code == 1


def test_an_older_commit_than_the_repository_has(ready: Path, run: Run) -> None:
    """A release whose commit is not here is placed by its time."""
    release(run, "1.1", git={"commit": "3fa9c1e0" * 5})
    out = run("gate", "--model", "credit-risk", "--release", "1.1").stdout
    assert "LINK-003" in out
    assert "CODE-001" not in out


def test_a_model_is_asked_for(run: Run, begun: Path) -> None:
    """The help names what a pipeline needs to know."""
    out = done(run("gate", "--help"))
    assert "Exit code: 0 in order, 1 a rule failed, 2 wrong use, 3 integrity broken." in out
    assert MODEL.partition("/")[2] not in out
