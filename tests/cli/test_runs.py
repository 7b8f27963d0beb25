"""mledger runs, conclude, abandon, env, repro: what was tried, and what came of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import mledger
from mledger.ledger import Ledger
from tests.cli.asking import MODEL, done, refused

CRITERIA = {"auc": ">=0.95"}


def train(name, auc, **said):
    """A run that measures something, or breaks off with an exception."""
    given = {"hypothesis": f"{name} reaches an AUC of 0.95.", "criteria": CRITERIA, "quiet": True} | said
    run = mledger.run("credit-risk", name=name, **given)
    try:
        with run:
            if isinstance(auc, Exception):
                raise auc
            run.metric("auc", auc)
    except MemoryError:
        pass
    return run


KILLED = """
import mledger, os
said = dict(name="killed", hypothesis="x", criteria={"auc": ">=0.95"}, quiet=True)
with mledger.run("credit-risk", **said) as run:
    run.params({"max_depth": 4}, why={"max_depth": "decision:99"})
    run.note("Flat from step 2 on.")
    for step in range(3):
        run.metric("loss", 1 / (step + 1), step=step)
    run.metric("auc", 0.96)
    os.kill(os.getpid(), 9)
"""


def test_a_killed_run_keeps_what_it_was_told(begun, run):
    """It is listed with the run; abandon records it with how it is known, and conclude judges by it."""
    begun.parent.joinpath("killed.py").write_text(KILLED)
    subprocess.run([sys.executable, "killed.py"], capture_output=True, check=False)
    shown = " ".join(done(run("runs", "--open")).split())
    assert "loss 0.3333 at step 2, auc 0.96, 1 note; process" in shown
    assert "is gone, heard until 20" in shown
    (row,) = json.loads(done(run("runs", "--open", "--json")))
    assert row["journal"]["params"] == {"max_depth": 4}
    for words in (("--reason", " "), ("--reason", "It was drained.", "--lesson", "a\x07")):
        option = words[-2].removeprefix("--")
        assert "mledger" in refused(run("abandon", "killed", *words), f"{option}:")
    done(run("abandon", "killed", "--reason", "The node was drained."))
    said = json.loads(done(run("show", "3", "--json")))["data"]
    assert said["metrics"][-1] == {"name": "auc", "value": 0.96}
    assert said["notes"] == ["Flat from step 2 on."]
    assert said["files"][0]["role"] == "metrics by step"
    assert said["captures"][0]["name"] == "journal"
    assert "unsigned; that process is gone" in said["captures"][0]["how"]
    assert "param_reasons left out: " in said["gaps"][-1]
    (row,) = json.loads(done(run("runs", "--all", "--json")))
    assert (row["params"], row["metrics"][-1]["value"]) == ({"max_depth": 4}, 0.96)
    assert "journal" not in row
    done(run("conclude", "killed", "--lesson", "It had come out."))
    assert json.loads(done(run("show", "4", "--json")))["data"]["verdict"] == "supported"


def test_a_run_that_still_runs_is_shown_so(begun, run):
    """Its process is named; giving it up leaves its file, and says what comes of it."""
    started = mledger.run("credit-risk", name="on", hypothesis="x", criteria=CRITERIA, quiet=True).start()
    started.metric("auc", 0.9)
    assert "auc 0.9; process" in " ".join(done(run("runs", "--open")).split())
    result = run("abandon", "on", "--reason", "It takes too long.")
    assert result.exit_code == 0
    assert "still runs" in result.stderr


@pytest.fixture
def sweep(begun):
    """Runs of every kind: events 2 and 3 are the first, 4 and 5 the second, and so on."""
    train("depth-3", 0.947, params={"max_depth": 3})
    train("depth-4", 0.9524, params={"max_depth": 4})
    train("huge", MemoryError("cannot allocate 64 GiB"))
    train("huger", MemoryError("cannot allocate 128 GiB"))
    train("depth-5", 0.93, params={"max_depth": 5, "learning_rate": 0.1})
    mledger.run("credit-risk", name="lost", hypothesis="x", criteria=CRITERIA, quiet=True).start()
    return begun


def test_runs_are_listed_and_what_failed_is_counted(sweep, run):
    """Supported and open runs are listed, the newest first; refuted and failed ones are counted by reason."""
    text = done(run("runs"))
    lines = text.splitlines()
    assert lines[0].split() == ["run", "started", "model", "verdict", "measured", "expected"]
    assert [line.split()[0] for line in lines[1:3]] == ["12", "4"]
    assert lines[-1] == "… 4 more: 2 refuted, 2 failed (MemoryError ×2)  show: --all"  # noqa: RUF001
    assert "supported  auc 0.9524" in text


def test_all_runs_are_listed_if_asked(sweep, run):
    """--all lists every run, and what is listed fits on a screen."""
    text = done(run("runs", "credit-risk", "--all"))
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["12", "10", "8", "6", "4", "2"]
    assert "more:" not in text
    assert "MemoryError: cannot allocate 64 GiB" in text


def test_a_long_listing_is_cut(sweep, run):
    """A listing shows so many runs as asked, and says how many there are before."""
    result = run("runs", "--all", "--limit", "2")
    assert [line.split()[0] for line in result.stdout.splitlines()[1:]] == ["12", "10"]
    assert "4 older ones: --limit 0" in result.stderr
    assert len(done(run("runs", "--all", "--limit", "0")).splitlines()) == 7


def test_runs_as_json_are_whole(sweep, run):
    """--json gives every run with its parameters, criteria, metrics and events."""
    rows = json.loads(done(run("runs", "--json")))
    assert [row["name"] for row in rows] == ["lost", "depth-5", "huger", "huge", "depth-4", "depth-3"]
    row = rows[4]
    assert (row["run"], row["verdict"], row["params"]) == ("4", "supported", {"max_depth": 4})
    assert row["metrics"][0]["value"] == 0.9524
    assert row["criteria"] == ["auc >= 0.95"]
    assert row["events"] == ["4", "5"]
    assert rows[2]["failure"] == "MemoryError: cannot allocate 128 GiB"
    assert json.loads(done(run("runs", "--json", "--limit", "2"))) == rows[:2]


def test_open_runs_are_listed_and_closed(sweep, run):
    """A run whose process is gone is listed with the command that closes it, and then is open no more."""
    result = run("runs", "--open")
    assert result.stdout.splitlines()[1].split()[0] == "12"
    assert "mledger abandon 12 --reason" in result.stderr
    done(run("abandon", "lost", "--reason", "The node was drained.", "--lesson", "Write checkpoints."))
    assert "no run is open" in run("runs", "--open").stderr
    train("newest", 0.96)
    assert "1 abandoned" in done(run("runs"))
    again = run("abandon", "12", "--reason", "again")
    assert refused(again, "was abandoned already, event 13") == "mledger show 13"
    assert refused(run("abandon", "4", "--reason", "again"), "has finished already, event 5")


@pytest.mark.parametrize(
    ("since", "count"), [("30d", 6), ("12h", 6), ("2w", 6), ("2026-01-01", 6), ("2100-01-01", 0)]
)
def test_runs_since(sweep, run, since, count):
    """Runs are cut by when they started: so long ago, or a day."""
    assert len(json.loads(done(run("runs", "--since", since, "--json")))) == count


def test_since_must_be_a_while_or_a_day(sweep, run):
    """What is neither a while nor a day is refused."""
    assert "30d, 12h, 2w, or a day" in refused(run("runs", "--since", "yesterday"), "--since: 'yesterday'")


def test_no_runs(begun, run):
    """Where nothing was tried, that is said; an unknown model is named."""
    assert "no run is recorded" in run("runs").stderr
    assert refused(run("runs", "credit-rusk"), "did you mean")
    assert "List runs" in done(run("runs", "--help"))
    assert "compare" in done(run("runs", "--help"))


def test_comparing_lists_exactly_what_differs(sweep, run):
    """Two runs of one script differ in what was changed, and in nothing else."""
    rows = json.loads(done(run("runs", "compare", "depth-3", "run:10", "--json")))["differences"]
    assert [(row["group"], row["name"], row["before"], row["after"]) for row in rows] == [
        ("parameters", "learning_rate", None, 0.1),
        ("parameters", "max_depth", 3, 5),
        ("metrics", "auc", 0.947, 0.93),
    ]
    assert "nothing differs" in run("runs", "compare", "2", "2").stderr
    table = done(run("runs", "compare", "2", "6"))
    assert "end         outcome" in table
    assert (
        refused(run("runs", "compare", "2", "nothing"), "no run is called 'nothing'") == "mledger runs --all"
    )


def test_common_options_may_stand_before_the_command(sweep, run):
    """Their values are no command."""
    two = ("compare", "depth-3", "depth-4")
    assert done(run("runs", "--tz", "UTC", "--ledger", "mledger.db", *two)) == done(run("runs", *two))
    assert done(run("runs", "--tz", "UTC")) == done(run("runs", "list", "--tz", "UTC"))


def test_a_run_is_found_by_name_and_number(sweep, run):
    """A name that two models use is refused with the numbers; with the model before it, it is found."""
    mledger.run("fraud", name="depth-4", hypothesis="x", criteria=CRITERIA, quiet=True).start()
    several = "several runs are called depth-4: 4 (credit-risk), 13 (fraud)"
    assert refused(run("runs", "compare", "depth-4", "2"), several)
    assert json.loads(done(run("runs", "compare", "fraud:depth-4", "5", "--json")))["b"] == "4"


def test_a_run_is_concluded_once(sweep, run):
    """The verdict of the criteria is taken unless another is said; each criterion has its outcome."""
    done(
        run("conclude", "run:4", "--lesson", "The gain comes from two regions.", "--next", "Propose depth 4.")
    )
    with Ledger.open(sweep) as ledger:
        body = ledger.fact("13").data
    assert (body.run, body.verdict, body.next) == ("depth-4", "supported", "Propose depth 4.")
    assert [one.model_dump() for one in body.outcomes] == [{"metric": "auc", "value": 0.9524, "met": True}]
    line = "run 4 is concluded by event 13, supported, signed Alice Example"
    assert "mledger show 13" in refused(run("conclude", "4", "--lesson", "again"), line)


def test_of_two_runs_of_one_name_the_second_is_closed_by_its_number(begun, run):
    """What is said of the second says nothing of the first."""
    with Ledger.open(begun) as ledger:
        said = {"run": "twin", "hypothesis": "x", "unstated": "An old script."}
        one, two = (ledger.append("run.started", MODEL, said).number for _ in range(2))
    done(run("abandon", two, "--reason", "The node was drained."))
    done(run("conclude", two, "--verdict", "inconclusive", "--lesson", "Nothing."))
    rows = {row["events"][0]: row for row in json.loads(done(run("runs", "--all", "--json")))}
    assert (rows[one]["outcome"], rows[two]["outcome"]) == ("open", "abandoned")
    assert (rows[one].get("verdict"), rows[two]["verdict"]) == (None, "inconclusive")


def test_a_conclusion_that_the_criteria_do_not_bear_is_said(sweep, run):
    """Who concludes otherwise than the criteria is told so, and may."""
    result = run("conclude", "depth-3", "--verdict", "supported", "--lesson", "Nearly.")
    assert result.exit_code == 0
    assert "by its criteria the run is refuted: auc >= 0.95 not met" in result.stderr


def test_what_cannot_be_concluded(sweep, run):
    """A run that is open, that is unknown, or without criteria, is refused with the way out."""
    assert "mledger abandon 12 --reason" in refused(run("conclude", "lost", "--lesson", "x"), "has not ended")
    assert refused(run("conclude", "nothing", "--lesson", "x"), "no run is called") == "mledger runs --all"
    assert refused(run("conclude", "4"), "--lesson")
    train("free", 0.9, hypothesis=None, criteria=None)
    assert "--verdict supported|refuted" in refused(run("conclude", "free", "--lesson", "x"), "no criteria")
    done(run("conclude", "free", "--verdict", "inconclusive", "--lesson", "State what you expect."))


def test_changed_packages_are_listed(begun, run):
    """Env diff lists the packages that changed, added and gone, and nothing else."""
    envs = [{"numpy": "2.1.3", "pandas": "2.2"}, {"numpy": "2.2.0", "polars": "1.0"}]
    with Ledger.open(begun) as ledger:
        for n, packages in enumerate(envs):
            fields = {
                "run": f"r{n}",
                "hypothesis": "x",
                "criteria": [{"metric": "auc", "operator": ">", "value": 0}],
            }
            env = {"python": "3.11.9", "packages": packages}
            ledger.append("run.started", MODEL, fields | {"env": env, "params": {"n": n}})
    rows = json.loads(done(run("env", "diff", "run:r0", "run:r1", "--json")))
    assert [(row["name"], row["before"], row["after"]) for row in rows] == [
        ("numpy", "2.1.3", "2.2.0"),
        ("pandas", "2.2", None),
        ("polars", None, "1.0"),
    ]
    assert "no package changed" in run("env", "diff", "r0", "r0").stderr


# --- running again


SCRIPT = """
import mledger, sys
with mledger.run("credit-risk", hypothesis="x", criteria={"auc": ">=0.9"}, quiet=True, seed=7) as run:
    run.params({"auc": sys.argv[1]})
    run.metric("auc", float(sys.argv[1]))
"""


@pytest.fixture
def repeated(begun, folder):
    """A script whose run is event 2."""
    Path("train.py").write_text(SCRIPT)
    subprocess.run([sys.executable, "train.py", "0.95"], check=True)
    return [sys.executable, "train.py"]


def test_the_plan_leads_from_an_empty_folder_to_the_command(repeated, run):
    """The plan has environment, packages, data, seeds and command; what is not known is a remark."""
    text = done(run("repro", "2"))
    assert "# run 2 (" in text
    assert f"python{sys.version_info[0]}.{sys.version_info[1]} -m venv .venv" in text
    assert f"\nmledger=={mledger.__version__}\n" in text
    assert "# seeds: python 7" in text
    assert text.splitlines()[-1].startswith("mledger repro 2 -- python")
    steps = json.loads(done(run("repro", "2", "--json")))["steps"]
    assert steps[0].keys() == {"remark"}


@pytest.mark.parametrize(
    ("auc", "tolerance", "code"), [("0.95", "0", 0), ("0.9509", "0.001", 0), ("0.94", "0.001", 1)]
)
def test_a_repetition_is_compared(repeated, run, auc, tolerance, code):
    """A run that repeats another says so; metrics outside the tolerance are named, with exit code 1."""
    result = run("repro", "2", "--tolerance", tolerance, "--", *repeated, auc)
    assert result.exit_code == code
    with Ledger.open("mledger.db") as ledger:
        body = ledger.fact("4").data
    assert (body.reproduces, body.tolerance) == ("2", float(tolerance))
    compared = run("runs", "compare", "2", "4")
    if code:
        assert "outside the tolerance of 0.001: auc 0.94, not 0.95" in result.stdout
        assert "mledger runs compare 2 4" in result.stderr
        assert compared.exit_code == 1
        assert "outside the tolerance" in compared.stdout
    else:
        assert "run 4 repeats run 2: all metrics within" in result.stdout
        assert compared.exit_code == 0


def test_a_repetition_that_fails_or_records_nothing(repeated, run):
    """The exit code of a failing command passes; one that records no run is told so."""
    assert run("repro", "2", "--", sys.executable, "-c", "raise SystemExit(7)").exit_code == 7
    result = run("repro", "2", "--", sys.executable, "-c", "pass")
    assert result.exit_code == 1
    assert "recorded no run of credit-risk" in result.stderr
    assert refused(run("repro", "2", "--", "./nothing"), "cannot be started")


def test_only_the_first_run_of_the_model_is_the_repetition(repeated, run):
    """A script that makes several runs repeats with its first one alone."""
    Path("train.py").write_text(SCRIPT + SCRIPT.replace("credit-risk", "other") + SCRIPT)
    done(run("repro", "2", "--", *repeated, "0.95"))
    with Ledger.open("mledger.db") as ledger:
        found = [f.data.reproduces for f in ledger.facts() if f.type == "run.started"]
    assert found == [None, "2", None, None]


def test_what_was_expected_cannot_be_fitted_to_the_result_unseen(sweep, run):
    """Criteria that are changed once the run has begun are marked wherever its hypothesis is told."""
    criteria = [{"metric": "auc", "operator": ">=", "value": 0.9}]
    fields = json.dumps({"criteria": criteria})
    args = ("--set", "event=2", "--set", f"fields={fields}", "--set", "reason=So it fits.")
    done(run("append", "record.corrected", MODEL, *args))
    mark = "CHANGED AFTERWARDS by 13: depth-3 reaches"
    assert mark in " ".join(done(run("runs", "--all")).split())
    assert json.loads(done(run("runs", "--all", "--json")))[-1]["restated"] == ["13"]
    for report in ("trace", "dead-ends"):
        assert mark in done(run("report", report, "credit-risk", "--format", "md"))
    done(run("conclude", "2", "--verdict", "refuted", "--lesson", "It did not."))
    assert mark in done(run("report", "learning", "credit-risk", "--format", "md"))
