"""The demo of the README, played once for real; what it claims is checked through the library."""

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mledger import Fact, Reader
from tests.architecture.tree import ROOT
from tests.conftest import IN_CI

RUN = ROOT / "examples" / "breast_cancer" / "run.py"
STORY = """
    ledger.opened key.enrolled key.enrolled
    model.registered problem.framed dataset.registered
    decision.proposed decision.accepted
    run.started run.finished run.concluded
    run.started run.failed run.concluded
    dataset.refreshed decision.proposed decision.accepted
    run.started run.finished artifact.published version.released
    promotion.requested promotion.approved deployment.recorded
""".split()
COLUMNS = 80


class Demo(NamedTuple):
    """A played demo: its folder, what it printed, and a home in which it had no business."""

    folder: Path
    printed: str
    home: Path

    def ledger(self, name: str = "mledger.db") -> Reader:
        """One of its ledgers."""
        return Reader.open(self.folder / name)


def _play(folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HOME": str(home), "COLUMNS": str(COLUMNS), "MLEDGER_KEY": "nobody"}
    command = [sys.executable, str(RUN), folder.name]
    return subprocess.run(
        command,
        cwd=folder.parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, played to its end."""
    if importlib.util.find_spec("sklearn") is None:
        if IN_CI:
            pytest.fail("scikit-learn is not installed, and CI must not skip the demo")
        pytest.skip("scikit-learn is not installed: pip install '.[examples]'")
    folder, home = tmp_path_factory.mktemp("here") / "demo", tmp_path_factory.mktemp("home")
    done = _play(folder, home)
    assert done.returncode == 0, done.stdout
    return Demo(folder, done.stdout, home)


@pytest.fixture
def facts(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Fact]]:
    """Every event of the demo's ledger, read with the demo's own memory of heads."""
    monkeypatch.setenv("MLEDGER_HOME", str(demo.folder / "home"))
    with demo.ledger() as reader:
        yield list(reader.facts())


def _data(facts: list[Fact], type: str) -> list[Any]:
    return [fact.data for fact in facts if fact.type == type]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_whole_life_is_recorded(facts: list[Fact]) -> None:
    """From the opening of the ledger to the deployment, each step of the story is one event, in order."""
    assert [fact.type for fact in facts] == STORY
    assert [fact.obstacle for fact in facts] == [None] * len(facts)


def test_success_is_defined_before_the_first_run(facts: list[Fact]) -> None:
    """Thresholds and criteria stand in the ledger before any metric does."""
    first = next(number for number, fact in enumerate(facts) if getattr(fact.data, "metrics", None))
    framed, started = facts[4].data, facts[8].data
    assert facts[first].type == "problem.framed"
    assert {m.name: m.threshold for m in framed.metrics} == {c.metric: c.value for c in started.criteria}
    assert all(fact.type != "run.finished" for fact in facts[:8])


def test_a_decision_has_alternatives_and_a_second_person(facts: list[Fact]) -> None:
    """The decision names what was not chosen and why, and somebody else accepted it."""
    proposed, accepted = facts[6], facts[7]
    assert len(proposed.data.alternatives) == 3
    assert all(a.why_not for a in proposed.data.alternatives if a.name != proposed.data.choice)
    assert accepted.data.decision == proposed.number
    assert (proposed.signer, accepted.signer) == ("Alice Example", "Bob Example")
    assert accepted.meaning == "approval"


def test_data_is_what_its_digests_say(demo: Demo, facts: list[Fact]) -> None:
    """Both states of the data are the files that lie there, 90 % of the rows and all of them."""
    registered, refreshed = facts[5].data, facts[14].data
    for state in (registered, refreshed):
        (digest,) = state.digests
        path = demo.folder / "data" / digest.name
        assert (digest.sha256, digest.size) == (_sha256(path), path.stat().st_size)
        assert len(path.read_text().splitlines()) == state.rows + 1
    assert (registered.rows, refreshed.rows) == (512, 569)
    assert refreshed.previous == registered.version


def test_a_run_names_the_data_that_it_read(facts: list[Fact]) -> None:
    """The baseline used the first state of the data and the better model the second, by their digests."""
    tree, _, balanced = _data(facts, "run.started")
    registered, refreshed = facts[5].data, facts[14].data
    assert tree.datasets[0].digest == registered.digests[0].sha256
    assert balanced.datasets[0].digest == refreshed.digests[0].sha256


def test_a_run_starts_before_it_has_results(facts: list[Fact]) -> None:
    """Each run was on the disk before it ended, under the same name."""
    started = {fact.data.run: fact for fact in facts if fact.type == "run.started"}
    ended = {fact.data.run: fact for fact in facts if fact.type in {"run.finished", "run.failed"}}
    assert started.keys() == ended.keys() == {"tree", "ten-features", "balanced"}
    for run, end in ended.items():
        assert started[run].seq < end.seq
        assert started[run].time < end.time


def test_results_follow_from_the_criteria(facts: list[Fact]) -> None:
    """The baseline misses a threshold and is refuted; the better model reaches both."""
    baseline, better = _data(facts, "run.finished")
    thresholds = {c.metric: c.value for c in facts[8].data.criteria}
    for finished, verdict in ((baseline, "refuted"), (better, "supported")):
        values = {metric.name: metric.value for metric in finished.metrics}
        assert all(values[name] >= least for name, least in thresholds.items()) == (verdict == "supported")
        assert finished.verdict == verdict


def test_the_failing_run_fails_by_itself(facts: list[Fact]) -> None:
    """The recorded exception is what scikit-learn raises when chi2 meets standardised values."""
    from sklearn.feature_selection import SelectKBest, chi2

    (failed,) = _data(facts, "run.failed")
    with pytest.raises(ValueError, match="negative") as raised:
        SelectKBest(chi2, k=1).fit([[-1.0, 2.0], [1.0, 0.5]], [0, 1])
    assert (failed.exit.exception_type, failed.exit.message) == ("ValueError", str(raised.value))


def test_what_is_released_is_the_file_that_was_trained(demo: Demo, facts: list[Fact]) -> None:
    """Run, artifact and version name the digest of one file, which still lies there."""
    digest = _sha256(demo.folder / "models" / "balanced.joblib")
    assert facts[18].data.artifacts[0].sha256 == digest
    assert facts[19].data.sha256 == digest
    assert facts[20].data.artifacts[0].sha256 == digest


def test_a_second_person_approves(demo: Demo, facts: list[Fact]) -> None:
    """Alice's approval of her own request is refused and leaves no trace; Bob's is recorded."""
    requested, approved, deployed = facts[21:]
    assert "cannot answer it with promotion.approved" in demo.printed
    assert approved.data.request == deployed.data.request == requested.number
    assert (requested.signer, approved.signer) == ("Alice Example", "Bob Example")
    assert requested.key != approved.key
    assert (deployed.signer, deployed.meaning) == ("Training job", "machine")


def test_nothing_is_missing(demo: Demo) -> None:
    """No rule of `mledger check` finds anything wrong with the release, be it a warning."""
    command = [sys.executable, "-c", "from mledger_cli.main import main; main()", "check", "biopsy"]
    home = {"MLEDGER_HOME": str(demo.folder / "home"), "COLUMNS": str(COLUMNS)}
    done = subprocess.run(
        command, cwd=demo.folder, env=os.environ | home, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^\d+ rules: \d+ passed, \d+ not applied$", done.stdout, re.MULTILINE)
    assert done.stdout in demo.printed


def test_the_ledger_is_verified(demo: Demo, facts: list[Fact]) -> None:
    """Nothing is wrong with it, and it extends the head that was kept: level 2."""
    with demo.ledger() as reader:
        verification = reader.verify(full=True)
    assert verification.findings == []
    assert (verification.level, verification.head.size) == (2, len(facts))
    assert "VERIFIED at level 2" in demo.printed


def test_replay_knows_what_was_known(demo: Demo, facts: list[Fact]) -> None:
    """Cut before the refresh, the model has the first state of the data and no version; now it has both."""
    before = int(facts[14].number) - 1
    with demo.ledger() as reader:
        then, now = (reader.replay("model/biopsy", known_at=cut) for cut in (before, None))
    assert list(then.datasets["wisconsin"].versions) == ["1"]
    assert list(now.datasets["wisconsin"].versions) == ["1", "2"]
    said = [{statement.path: statement.value for statement in replay.statements()} for replay in (then, now)]
    assert [state["stage"] for state in said] == ["in development", "production"]
    assert f"--known-at {before}" in demo.printed


def test_the_forged_copy_is_found_out(demo: Demo, facts: list[Fact]) -> None:
    """The edited metric is found, by the number of its event, in the copy alone."""
    with demo.ledger("forged.db") as reader:
        verification = reader.verify(full=True)
    assert verification.exit_code == 3
    found = {finding.rule: finding for finding in verification.findings}
    assert found.keys() == {"body.digest", "store.stray"}
    assert found["body.digest"].where == facts[18].number == "18"
    assert "event_only_erase" in found["store.stray"].message
    assert "BROKEN" in demo.printed


def test_it_stays_in_its_folder(demo: Demo) -> None:
    """Nothing is written into the home of whoever plays it."""
    assert not list(demo.home.iterdir())


def test_it_does_not_overwrite(demo: Demo) -> None:
    """Played again it changes nothing, and says in one line how to start again."""
    before = _sha256(demo.folder / "mledger.db")
    again = _play(demo.folder, demo.home)
    assert again.returncode == 2
    assert again.stdout == "demo is there already: play with it, or remove it (rm -r demo) and start again.\n"
    assert _sha256(demo.folder / "mledger.db") == before


def test_what_it_says_last_works(demo: Demo) -> None:
    """The lines that it ends with can be typed as they are."""
    lines = [line.strip() for line in demo.printed.splitlines()[-3:]]
    assert lines[0] == "cd demo && . ./activate"
    done = subprocess.run(
        ["bash", "-e"],
        input="\n".join(lines),
        cwd=demo.folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "deployment.recorded" in done.stdout
    assert "random forest" in done.stdout


def test_it_fits_the_screen(demo: Demo) -> None:
    """No line is wider than 80 columns, but for errors, which are one line, and the paths of this machine."""
    said = (line for line in demo.printed.splitlines() if not line.startswith("mledger: "))
    assert not [line for line in said if len(line) > COLUMNS and str(demo.folder) not in line]
