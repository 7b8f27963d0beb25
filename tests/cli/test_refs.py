"""mledger refs: every reference is followed, and what leads nowhere is named."""

import hashlib
import sqlite3
from pathlib import Path

import pytest

from tests.cli.asking import MODEL, Run, done, nothing_written, refused_alike
from tests.cli.gaps import decision, git, record


def states(run: Run) -> dict[str, str]:
    """Where each reference leads, by what it names."""
    rows = [row for row in told_any(run("--json", "refs", "credit-risk")) if row["kind"] != "file"]
    return {row["target"]: row["state"] for row in rows}


def told_any(result) -> list[dict]:
    """The JSON that a command printed, whatever its exit code."""
    import json

    return json.loads(result.stdout)


def test_a_whole_life_leads_everywhere(ready: Path, run: Run) -> None:
    """Events, commits and digests of a release in order are found; nothing is listed."""
    out = done(run("refs"))
    assert out.count("\n") == 1
    assert out == "5 references: 4 ok, 1 not looked at\n"
    assert states(run) == {"77ab" * 16: "ok", "4": "ok", git("rev-parse", "HEAD"): "ok"}
    assert "✓" in done(run("refs", "--all"))


def test_what_leads_nowhere_is_named(ready: Path, run: Run) -> None:
    """A commit that is not here, an address without a host, a digest that nobody else names."""
    refs = [
        {"rel": "evidence", "uri": "https:///report.html"},
        {"rel": "evidence", "uri": "https://acme.example/report.html"},
        {"rel": "evidence", "digest": "ee" * 32},
    ]
    number = record(run, "decision.proposed", decision(refs=refs))
    record(run, "run.started", {
        "run": "r9", "hypothesis": "H", "criteria": [{"metric": "auc", "operator": ">=", "value": 0.9}],
        "git": {"commit": "3fa9c1e0" * 5},
    })  # fmt: skip
    result = run("refs", "credit-risk")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert any(
        line.split() == ["✗", "9", "git.commit", "missing", "commit", "3fa9c1e03fa9"] for line in lines
    )
    assert any("refs[0].uri" in line and "malformed" in line for line in lines)
    assert any(line.startswith("?") and "refs[2].digest" in line for line in lines)
    assert states(run)["https://acme.example/report.html"] == "ok"
    assert "LINK-004" in run("check").stdout
    assert (
        f"event {number} names https:///report.html in refs[0].uri, which is no address"
        in run("check").stdout
    )


def test_a_digest_is_known_from_another_stream(ready: Path, run: Run) -> None:
    """A digest that an event of another model names is known."""
    refs = [{"rel": "evidence", "digest": "ee" * 32}]
    record(run, "decision.proposed", decision(refs=refs))
    assert states(run)["ee" * 32] == "unknown"
    files = [{"name": "report.pdf", "sha256": "ee" * 32}]
    record(run, "version.released", {"version": "1", "notes": "N", "artifacts": files}, "model/other")
    assert states(run)["ee" * 32] == "ok"


def test_a_file_that_is_here_is_hashed(ready: Path, run: Run) -> None:
    """A file that an event names and that lies in the working tree is the one that was signed, or not."""
    Path("card.md").write_text("# Card\n")
    sha256 = hashlib.sha256(Path("card.md").read_bytes()).hexdigest()
    files = [{"name": "card.md", "sha256": sha256}, {"name": "../../etc/passwd", "sha256": "00" * 32}]
    record(run, "version.released", {"version": "1.1", "notes": "N", "artifacts": files})
    assert run("refs").exit_code == 0
    Path("card.md").write_text("# Another\n")
    result = run("refs")
    assert result.exit_code == 1
    assert "changed" in result.stdout
    assert "file card.md" in result.stdout
    assert "passwd" not in result.stdout


def test_a_reference_to_nothing_is_refused(ready: Path, run: Run) -> None:
    """By every command, before anything is signed: an event that is not there leads nowhere."""
    with nothing_written(ready):
        for args in (
            ["comment", "77", "About nothing."],
            ["append", "comment.added", MODEL, "--set", "on=77", "--set", "text=About nothing."],
        ):
            refused_alike(run, args, "77")
    assert run("refs").exit_code == 0


def test_no_references(begun: Path, run: Run) -> None:
    """A model that names nothing has nothing to resolve."""
    assert done(run("refs", "credit-risk")) == "no references\n"


@pytest.mark.parametrize(("args", "line"), [(["nobody"], "nothing is recorded"), (["ledger"], "is no model")])
def test_wrong_use_is_told(begun: Path, run: Run, args: list[str], line: str) -> None:
    """A model that is not there: one line and the way out."""
    refused_alike(run, ["refs", *args], line)


def test_a_broken_ledger_is_not_followed(ready: Path, run: Run) -> None:
    """References are those of verified events alone."""
    with sqlite3.connect(ready) as database:
        database.execute("DROP TRIGGER event_only_erase")
        database.execute("UPDATE event SET body = replace(body, '0.95', '0.99')")
    database.close()
    assert run("refs").exit_code == 3
