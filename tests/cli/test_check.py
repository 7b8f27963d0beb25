"""mledger check: gaps are found and named, waivers and policies respected, formats read by others."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from mledger.stores import open_store
from mledger.testing.bodies import FRAMED, PROPOSED
from mledger.testing.simulator import key_fields
from mledger.testing.tamper.tools import Hand, force
from tests.cli.asking import ALICE, MODEL, Run, done, refused_alike, told
from tests.cli.gaps import commit, git, made, record


@pytest.fixture
def changed(begun: Path, run: Run) -> Path:
    """Two releases, between which a parameter changed for no reason that is on record."""
    made(run, "1.0", 0.1)
    made(run, "1.1", 0.05)
    return begun


def outcomes(run: Run, *args: object) -> dict[str, str]:
    """The status of each rule."""
    (checked,) = json.loads(run("--json", "check", *args).stdout)
    return {row["rule"]: row["status"] for row in checked["rules"]}


def test_an_undocumented_parameter_is_named(changed: Path, run: Run) -> None:
    """The change, the events that show it, and a command that mends it; exit code 1."""
    result = run("check", "credit-risk")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    place = next(n for n, line in enumerate(lines) if "PARAM-001" in line)
    assert lines[place] == (
        "✗  PARAM-001  7, 4, 5, 2  undocumented parameter change learning_rate 0.1 → 0.05 from 1.0 to 1.1"
    )
    assert (
        lines[place + 1].strip().startswith("fix: mledger decide credit-risk --set category=hyperparameter")
    )
    assert lines[0] == "model/credit-risk, version 1.1, 8 entries"
    assert lines[-2].startswith("not applied") or lines[-1].startswith("not applied")


def test_a_decision_mends_it(changed: Path, run: Run) -> None:
    """Once a decision sets the parameter to that value, the rule passes."""
    assert outcomes(run)["PARAM-001"] == "failed"
    decision = {
        "title": "Smaller steps",
        "summary": "Smaller steps.",
        "category": "hyperparameter",
        "question": "How large?",
        "alternatives": [{"name": "0.05"}, {"name": "0.1", "why_not": "It diverges."}],
        "choice": "0.05",
        "rationale": "It converges.",
        "data_quality_influence": "None.",
        "parameters": [{"name": "learning_rate", "from": 0.1, "to": 0.05, "justification": "Converges."}],
    }
    record(run, "decision.proposed", decision)
    assert outcomes(run)["PARAM-001"] == "passed"


def test_all_models_are_checked(changed: Path, run: Run) -> None:
    """Without a model every model is checked, each under its name; --model is the same as MODEL."""
    fields = {"title": "Churn", "purpose": "Find them.", "owner": ALICE}
    record(run, "model.registered", fields, "model/churn")
    out = run("check").stdout
    assert "model/churn, nothing released, 9 entries" in out
    assert "model/credit-risk, version 1.1, 9 entries" in out
    assert run("check", "--model", "churn").stdout == run("check", "model/churn").stdout


def test_a_retired_model_is_not_checked_and_one_that_nobody_may_retire_is(changed: Path, run: Run) -> None:
    """A retirement that the rulebook refuses hides no model; one that counts does."""
    name = MODEL.partition("/")[2]
    Path("key.json").write_text(json.dumps({"key": key_fields("Mallory Example", "reviewer")}))
    done(run("append", "key.enrolled", "ledger", "--from", "key.json"))
    with closing(open_store(changed)) as store:
        force(store, Hand("Mallory Example"), "model.retired", MODEL, {"reason": "Look away."})
    assert name in run("check").stdout
    done(run("retire", name, "--reason", "Replaced.", "--still-used", "Until Monday."))
    assert name not in run("check").stdout


@pytest.mark.parametrize(("until", "code"), [("2999-12-31", 0), ("2020-12-31", 1)])
def test_a_waiver_is_listed_until_it_ends(changed: Path, run: Run, until: str, code: int) -> None:
    """A waiver turns the failure into a listed waiver; when it has ended, both are said."""
    waiver = {"reason": "The release cannot wait.", "until": until}
    failed = [rule for rule, status in outcomes(run).items() if status == "failed"]
    for rule in failed:
        number = record(run, "waiver.granted", waiver | {"rule": rule, "until": "2999-12-31"})
        if code:
            done(run("correct", number, "--set", f"until={until}", "--reason", "x", "--yes"))
    result = run("check")
    assert result.exit_code == code
    if code:
        assert f"the waiver of {ALICE} ended on 2020-12-31" in result.stdout
    else:
        assert f"waived until 2999-12-31 by {ALICE}" in result.stdout
        assert f"{len(failed)} waived" in result.stdout


def test_what_stands_as_it_was_signed_is_let_pass(begun: Path, run: Run) -> None:
    """The way out of a broken link is a correction, or a waiver where nothing can be corrected."""
    refs = {"refs": [{"rel": "see", "uri": "http:///x"}]}
    record(run, "problem.framed", FRAMED | refs)
    record(run, "decision.proposed", PROPOSED | refs)
    (checked,) = json.loads(run("--json", "check").stdout)
    (found,) = [row["found"] for row in checked["rules"] if row["rule"] == "LINK-004"]
    assert [one["fix"].partition(" --")[0] for one in found] == [
        "mledger correct 2",
        f"mledger waive LINK-004 {MODEL}",
    ]


def test_the_policy_says_how_grave_a_rule_is(changed: Path, run: Run) -> None:
    """A rule that the signed policy switches off is not applied, and one that it raises fails."""
    shown = told(run("--json", "show", "0"))["data"]["policy"]
    policy = shown | {"checks": {"PARAM-001": "off", "REL-002": "error"}}
    record(run, "policy.adopted", {"policy": policy, "reason": "As agreed."}, "ledger")
    found = outcomes(run)
    assert (found["PARAM-001"], found["REL-002"]) == ("not applied", "failed")


def test_one_version_alone(changed: Path, run: Run) -> None:
    """--release looks at one version, which must be there."""
    assert outcomes(run, "credit-risk", "--release", "1.0")["PARAM-001"] == "passed"
    line = "no version of credit-risk is called '1.2'; did you mean 1.1 or 1.0?"
    fix = refused_alike(run, ["check", "credit-risk", "--release", "1.2"], line)
    assert fix == "mledger release credit-risk@1.2 --run RUN --notes TEXT"


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["nobody"], "nothing is recorded on nobody"),
        (["ledger"], "ledger is no model"),
        (["--release", "1.0"], "--release needs a MODEL"),
        (["--tree", "nowhere"], "nowhere"),
        (["--format", "xml"], "xml"),
    ],
)
def test_wrong_use_is_told(changed: Path, run: Run, args: list[str], line: str) -> None:
    """A model, version, folder or format that is not there: one line and the way out."""
    refused_alike(run, ["check", *args], line)


def test_a_ledger_without_a_model(run: Run, folder: Path) -> None:
    """There is nothing to check, and the hint says how to begin."""
    done(run("init", "--origin", "acme.example/x", "--name", ALICE, "--no-passphrase", "-q"))
    result = run("check")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no model is in use" in result.stderr


def test_a_broken_ledger_is_not_checked(changed: Path, run: Run) -> None:
    """Rules see verified facts alone: a ledger that was changed ends with exit code 3."""
    import sqlite3

    with sqlite3.connect(changed) as database:
        database.execute("DROP TRIGGER event_only_erase")
        database.execute("UPDATE event SET body = replace(body, '0.05', '0.1')")
    database.close()
    result = run("check")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "the ledger is broken" in result.stderr


def test_the_rules_are_listed(run: Run) -> None:
    """--rules lists what is asked, without a ledger."""
    assert "DATA-006   error     Each grave issue" in run("check", "--rules").stdout
    rows = told(run("--json", "check", "--rules"))
    assert {"id", "title", "severity", "why", "fix", "reads", "needs"} == set(rows[0])


# --- formats


def _fields(log: dict[str, object]) -> Iterator[dict[str, object]]:
    yield from log["runs"][0]["results"]


def test_sarif_is_as_the_standard_asks(changed: Path, run: Run) -> None:
    """Version, driver, rules by index, levels, messages, locations, fingerprints and suppressions."""
    record(run, "waiver.granted", {"rule": "GOAL-001", "reason": "Later.", "until": "2999-12-31"})
    result = run("check", "--format", "sarif")
    log = json.loads(result.stdout)
    assert (log["version"], log["$schema"].endswith("sarif-2.1.0.json"), result.exit_code) == (
        "2.1.0",
        True,
        1,
    )
    (one,) = log["runs"]
    rules = one["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    prints = set()
    for row in _fields(log):
        assert rules[row["ruleIndex"]]["id"] == row["ruleId"]
        assert row["level"] in {"error", "warning"}
        assert row["message"]["text"]
        place = row["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert place == "mledger.db"
        prints.add(row["partialFingerprints"]["mledger/v1"])
        waived = [s["kind"] for s in row.get("suppressions", [])]
        assert waived == (["external"] if row["ruleId"] == "GOAL-001" else [])
    assert len(prints) == len(list(_fields(log)))


def test_junit_counts_what_it_holds(changed: Path, run: Run) -> None:
    """Suites and cases, with attributes that equal what is inside."""
    top = ET.fromstring(run("check", "--format", "junit").stdout)  # noqa: S314  we wrote it
    assert top.tag == "testsuites"
    (suite,) = top
    assert suite.get("name") == MODEL
    for kind, tag in (("tests", "testcase"), ("failures", ".//failure"), ("skipped", ".//skipped")):
        assert suite.get(kind) == top.get(kind) == str(len(suite.findall(tag)))
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert any(name.startswith("PARAM-001 ") for name in failed)
    assert "fix: mledger " in suite.find(".//failure").text


def test_markdown_and_annotations(changed: Path, run: Run) -> None:
    """A table for people, and a line for each finding that GitHub understands."""
    text = run("check", "--format", "md").stdout
    assert text.startswith(
        "## model/credit-risk, version 1.1, 8 entries\n\n| | rule | found | events | fix |"
    )
    assert "| ✗ | PARAM-001 | undocumented parameter change learning\\_rate 0.1 → 0.05" in text
    lines = run("check", "--format", "github").stdout.splitlines()
    found = next(line for line in lines if "PARAM-001" in line)
    assert found.startswith("::error title=PARAM-001 model/credit-risk::undocumented parameter change")
    assert "%0Afix: mledger decide" in found


@pytest.mark.parametrize("columns", [80, 120])
def test_lines_fit_a_terminal(changed: Path, run: Run, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the commands to copy may pass the width."""
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = [line for line in run("check").stdout.splitlines() if "fix: " not in line]
    assert max(map(len, lines)) <= columns


# --- the working tree


@pytest.fixture
def tree(changed: Path) -> Path:
    """The current folder as a repository with a commit."""
    git("init", "-q", "-b", "main")
    Path("params.yaml").write_text("learning_rate: 0.05\n")
    commit()
    return changed.parent


def test_a_component_without_a_decision(tree: Path, run: Run) -> None:
    """A component in architecture.yaml that nobody decided on fails ARCH-001."""
    assert outcomes(run)["ARCH-001"] == "not applied"
    Path("architecture.yaml").write_text("components:\n  - gradient-boosting\n")
    result = run("check")
    assert result.exit_code == 1
    assert "undocumented component gradient-boosting" in result.stdout
    Path("architecture.yaml").write_text("model: churn\ncomponents: {gradient-boosting: trees}\n")
    assert outcomes(run)["ARCH-001"] == "not applied"
    Path("architecture.yaml").write_text("model: credit-risk\ncomponents: {gradient-boosting: trees}\n")
    assert outcomes(run)["ARCH-001"] == "failed"


@pytest.mark.parametrize(
    "text", ["components: [1]", "components: []", "]", "{}", "components: [a]\nmodel: 3"]
)
def test_an_architecture_that_is_none(tree: Path, run: Run, text: str) -> None:
    """A file that cannot be read as components is named, and nothing is checked."""
    Path("architecture.yaml").write_text(text)
    refused_alike(run, ["check"], "architecture.yaml")


def test_a_commit_that_is_not_there(tree: Path, run: Run) -> None:
    """A commit that was never pushed here fails LINK-003; one that is here passes."""
    made(run, "1.2", 0.05, git={"commit": git("rev-parse", "HEAD")})
    assert outcomes(run)["LINK-003"] == "passed"
    made(run, "1.3", 0.05, git={"commit": "3fa9c1e0" * 5})
    result = run("check")
    assert "commit 3fa9c1e03fa9 is not in the repository" in result.stdout
    assert result.exit_code == 1


def test_a_commit_that_was_not_pushed(tree: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where the repository has a remote, a commit counts when it is on one of its branches."""
    remote = tmp_path_factory.mktemp("remote")
    git("init", "-q", "--bare", str(remote))
    git("remote", "add", "origin", str(remote))
    git("push", "-q", "origin", "main")
    made(run, "1.2", 0.05, git={"commit": git("rev-parse", "HEAD")})
    assert outcomes(run)["LINK-003"] == "passed"
    Path("new.txt").write_text("new")
    made(run, "1.3", 0.05, git={"commit": commit()})
    assert outcomes(run)["LINK-003"] == "failed"
    git("push", "-q", "origin", "main")
    assert outcomes(run)["LINK-003"] == "passed"


def test_a_shallow_clone_is_told(tree: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Commits cannot be looked for in a shallow clone, and the check says so."""
    made(run, "1.2", 0.05, git={"commit": "3fa9c1e0" * 5})
    Path("more.txt").write_text("more")
    commit()
    clone = tmp_path_factory.mktemp("clone") / "c"
    git("clone", "-q", "--depth", "1", f"file://{tree}", str(clone))
    result = run("check", "--tree", clone)
    assert "shallow clone" in result.stdout


def test_a_file_of_data_that_changed(tree: Path, run: Run) -> None:
    """A registered file that is not what was signed any more fails DATA-004."""
    import hashlib

    Path("data.csv").write_text("a,b\n1,2\n")
    sha256 = hashlib.sha256(Path("data.csv").read_bytes()).hexdigest()
    data = {
        "title": "Applications", "origin": "Forms.", "collected_how": "All.", "by_whom": "ACME",
        "licence": "internal", "version": "v1", "digests": [{"name": "data.csv", "sha256": sha256}],
    }  # fmt: skip
    record(run, "dataset.registered", data, "dataset/applications")
    use = [{"name": "applications", "version": "v1", "digest": sha256, "role": "train"}]
    made(run, "1.2", 0.05, datasets=use)
    assert outcomes(run)["DATA-004"] == "passed"
    Path("data.csv").write_text("a,b\n1,3\n")
    assert "data.csv of applications@v1 changed" in run("check").stdout


def test_a_file_of_data_is_looked_for_where_it_was_read(tree: Path, run: Run) -> None:
    """A file that was recorded from a folder is hashed again there, and the way out is a command."""
    Path("lake").mkdir()
    Path("lake/data.csv").write_text("a,b\n1,2\n")
    said = ("--origin", "x", "--collected", "x", "--by-whom", "x", "--licence", "x")
    done(run("data", "add", "lake/data.csv", "--as", "applications", *said))
    use = [{"name": "applications", "version": "1", "role": "train"}]
    made(run, "1.2", 0.05, datasets=use)
    assert outcomes(run)["DATA-004"] == "passed"
    Path("lake/data.csv").write_text("a,b\n1,3\n")
    text = run("check").stdout
    assert "lake/data.csv" in text or "data.csv of applications@1 changed" in text
    assert "mledger data add lake/data.csv --as applications --refresh" in text


# --- frameworks


@pytest.mark.parametrize("columns", [80, 120])
def test_a_framework_is_shown_by_paragraph(
    changed: Path, run: Run, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each paragraph has a status and its events; what is missing is said, with counts and the time."""
    monkeypatch.setenv("COLUMNS", str(columns))
    result = run("check", "credit-risk", "--framework", "eu-ai-act-annex-iv")
    assert result.exit_code == 1
    assert run("check", "credit-risk", "--profile", "eu-ai-act-annex-iv").exit_code == 1  # as others say
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= columns
    assert "Records that support Annex IV" in " ".join(lines)
    row = next(line for line in lines if line.startswith("!  1(a) "))
    assert "in part" in row
    assert row.endswith("[1, 4, 7]")
    assert re.search(r"23 paragraphs: .*, in \d+\.\d\d s$", " ".join(lines[-2:]))


def test_a_framework_as_json(changed: Path, run: Run) -> None:
    """The same as data; formats for rules are refused, an unknown framework has near ones."""
    (found,) = json.loads(
        run("check", "credit-risk", "--framework", "nist-ai-rmf", "--format", "json").stdout
    )
    assert found["framework"] == "nist-ai-rmf"
    said = {row["paragraph"]: row for row in found["paragraphs"]}
    assert (said["GOVERN 1.6"]["status"], said["GOVERN 1.6"]["events"]) == ("evidenced", ["1"])
    assert said["MANAGE 4.3"]["status"] == "not evidenced"
    refused_alike(run, ["check", "--framework", "nist"], "no framework is called 'nist'")
    refused_alike(
        run, ["check", "--framework", "internal", "--format", "sarif"], "--format sarif is for rules"
    )
