"""A run in a training script: what is recorded, in which order, and what happens when it fails."""

import hashlib
import math
import subprocess
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mledger
from mledger.errors import InputError, NotFoundError
from mledger.reader import Reader
from mledger.recording.criteria import read_criteria
from mledger.recording.found import runs
from mledger.recording.recorder import Recorder
from tests.recording.conftest import MODEL

SAID = {"hypothesis": "Depth 4 reaches an AUC of 0.95.", "criteria": {"auc": ">=0.95"}}


def begin(**said):
    """A run of the model as the tests begin it."""
    return mledger.run("credit-risk", **(SAID | said))


def break_off(error):
    """A run that measures something and breaks off."""
    with begin() as run:
        run.metric("loss", 0.4, step=1)
        raise error


def test_what_is_wrong_with_a_reference_is_told_in_time(recorded, capsys):
    """A decision that is not there is refused at the start; at the end the reason is left out, and named."""
    with pytest.raises(InputError, match="decision: event 99 is not there"):
        begin(decision=99).start()
    assert recorded() == []
    with begin() as run:
        run.params({"max_depth": 4}, why={"max_depth": "decision:99"})
        run.metric("auc", 0.96)
    ended = recorded()[-1]["data"]
    assert ended["params"] == {"max_depth": 4}
    assert "param_reasons left out" in ended["gaps"][0]
    assert "event 99 is not there" in capsys.readouterr().err


def frame():
    """Say what the model is to achieve."""
    metrics = [{"name": "auc", "direction": "maximize", "threshold": 0.95}]
    said = {"statement": "Slow.", "outcome": "Quick.", "metrics": metrics}
    with mledger.Ledger.open("mledger.db") as ledger:
        ledger.append("problem.framed", MODEL, said)


def test_a_name_is_given_once(recorded, capsys):
    """A run under a name that another one of the model has gets a number to it, or is refused if strict."""
    for _ in range(3):
        with begin(name="depth-4") as run:
            run.metric("auc", 0.96)
    with pytest.raises(InputError, match="run depth-4 of model/credit-risk is there already, event 1"):
        begin(name="depth-4", strict=True).start()
    with mledger.run("other", name="depth-4", **SAID):
        pass
    begun = [row["data"]["run"] for row in recorded() if row["type"] == "run.started"]
    assert begun == ["depth-4", "depth-4-2", "depth-4-3"]
    warned = capsys.readouterr().err
    assert "run depth-4 of model/credit-risk is there already, event 1; this one is depth-4-2" in warned


def test_names_are_compared_as_they_are_recorded(recorded):
    """Spaces about a name and another spelling of its letters make no other name; the longest fits."""
    for name in ("m\u00fc", "m\u00fc ", " mu\u0308", "x" * 200, "x" * 200):
        begin(name=name).start().finish()
    begun = [row["data"]["run"] for row in recorded() if row["type"] == "run.started"]
    assert begun == ["m\u00fc", "m\u00fc-2", "m\u00fc-3", "x" * 200, "x" * 198 + "-2"]
    with pytest.raises(InputError, match="run: "):
        begin(name=["a"]).start()


def test_two_that_take_a_name_at_one_moment_are_two_runs(path, capsys):
    """Who comes second goes by the number: each run has the result that is its own."""

    class Second(Recorder):
        def record(self, item, **how):
            if item.body.type == "run.started":
                with begin(name="sweep") as first:
                    first.metric("auc", 0.97)
            return super().record(item, **how)

    with Second() as recorder, recorder.run("credit-risk", name="sweep", **SAID) as run:
        run.metric("auc", 0.1)
    with Reader.open(path) as reader:
        found = {one.number: one.run.end.measures[0].value for one in runs(reader, MODEL)}
        assert found == {"1": 0.97, "3": 0.1}
        assert [one.reference for one in runs(reader, MODEL)] == ["sweep", "3"]
    told = "run sweep of model/credit-risk began as event 1 meanwhile; this one goes by 3"
    assert told in capsys.readouterr().err


def test_a_model_that_nobody_registered_begins_once(path, capsys):
    """Only the first run of a model begins it, whichever process looks."""
    for _ in range(2):
        mledger.open().run("credit-risk", **SAID).start().finish()
    err = capsys.readouterr().err
    assert err.count("no model is called 'credit-risk'") == 2
    assert err.count("; it begins with this run") == 1


def test_a_model_that_nobody_registered_is_told(path, capsys):
    """A name with a slip in it begins another model: the nearest is named, once, and the training goes on."""
    with mledger.Ledger.open("mledger.db") as ledger:
        said = {"title": "Credit risk", "purpose": "Decide.", "owner": "Alice Example"}
        ledger.append("model.registered", MODEL, said)
    for _ in range(2):
        with mledger.run("credit-rsk", quiet=True, **SAID):
            pass
    told = "no model is called 'credit-rsk'; did you mean credit-risk?; it begins with this run"
    assert capsys.readouterr().err.count(told) == 1


def test_what_the_model_is_for_is_asked_once(path, capsys):
    """A model whose problem is not framed is warned of once in a process, and not at all once it is."""
    with mledger.Ledger.open("mledger.db") as ledger:
        said = {"title": "Credit risk", "purpose": "Decide.", "owner": "Alice Example"}
        ledger.append("model.registered", MODEL, said)
    for _ in range(2):
        begin().start().finish()
    assert capsys.readouterr().err.count("nobody has said") == 1
    frame()
    with mledger.open(strict=True).run("credit-risk", **SAID):
        pass
    assert "nobody has said" not in capsys.readouterr().err


def test_three_lines_give_a_whole_record(recorded, decision):
    """Hypothesis and criteria stand earlier in the chain than any metric, and the verdict is suggested."""
    with begin(decision=int(decision), seed=7) as run:
        run.dataset("applications@v3", role="train")
        run.params(
            {"max_depth": 4, "learning_rate": np.float64(0.05)}, why={"max_depth": f"decision:{decision}"}
        )
        run.metric("auc", np.float32(0.9524))
        run.note("Loss flat from step 800 on.")

    first, last = recorded()
    assert (first["type"], last["type"]) == ("run.started", "run.finished")
    assert int(first["number"]) < int(last["number"])
    began, ended = first["data"], last["data"]
    assert began["hypothesis"] == SAID["hypothesis"]
    assert began["criteria"] == [{"metric": "auc", "operator": ">=", "value": 0.95}]
    assert began["decision"] == decision
    assert began["seeds"]["python"] == began["seeds"]["numpy"] == 7
    assert began["env"]["packages"]["mledger"] == mledger.__version__
    assert began["hardware"]["ram_bytes"] > 0
    assert {row["name"] for row in began["captures"]} >= {"git", "gpu", "packages", "command", "seeds"}
    assert ended["run"] == began["run"]
    assert ended["verdict"] == "supported"
    assert ended["metrics"] == [{"name": "auc", "value": pytest.approx(0.9524)}]
    assert ended["params"] == {"max_depth": 4, "learning_rate": 0.05}
    assert ended["param_reasons"] == [{"name": "max_depth", "decision": decision}]
    assert ended["datasets"] == [{"name": "applications", "version": "v3", "role": "train"}]
    assert ended["notes"] == ["Loss flat from step 800 on."]
    assert ended["resources"]["wall_s"] >= 0
    (gap,) = ended["gaps"]
    assert gap.startswith("dataset applications@v3: no dataset is called 'applications'")


def test_two_lines_are_shown(path, capsys):
    """Start and end are told on standard error with event numbers; standard output stays the script's."""
    with begin() as run:
        run.metric("auc", 0.9)
    out, err = capsys.readouterr()
    warning, fix, start, end = err.splitlines()
    assert warning == "mledger: warning: no model is called 'credit-risk'; it begins with this run"
    assert fix == "  fix: mledger append model.registered model/credit-risk --edit"
    assert out == ""
    assert start.startswith("mledger: run 1 started (event 1) · ")
    assert end == "mledger: run 1 finished (event 2) · auc 0.9 ✗ · verdict suggested: refuted"


@pytest.mark.parametrize("quiet", ["keyword", "variable"])
def test_it_can_be_quiet(path, capsys, monkeypatch, quiet):
    """`quiet`, or MLEDGER_QUIET, leaves the lines out."""
    frame()
    if quiet == "variable":
        monkeypatch.setenv("MLEDGER_QUIET", "1")
    with begin(quiet=quiet == "keyword") as run:
        run.metric("auc", 0.96)
    assert capsys.readouterr().err == ""


class OwnError(Exception):
    """An error of somebody's library."""


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ValueError("no such column"), "ValueError"),
        (OwnError("x"), f"{__name__}.OwnError"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (SystemExit(3), "SystemExit"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_an_exception_is_recorded_and_goes_on(recorded, error, name):
    """Type, message and digest of the traceback are recorded; the very exception is raised again."""
    with pytest.raises(type(error)) as caught:
        break_off(error)
    assert caught.value is error
    _, last = recorded()
    assert last["type"] == "run.failed"
    assert last["data"]["exit"]["exception_type"] == name
    assert last["data"]["exit"].get("message", "") == str(error)
    assert last["data"]["metrics"] == [{"name": "loss", "value": 0.4, "step": 1}]
    digest = last["data"]["exit"]["traceback_digest"]
    with Reader.open("mledger.db") as reader:
        trace = reader.attachment(digest)
    assert hashlib.sha256(trace).hexdigest() == digest
    assert b"raise error" in trace


def test_what_a_training_raises_goes_before_what_a_ledger_raises(path, capsys):
    """Even with `strict` the exception of the block passes; that its end is not recorded is said."""

    def train():
        with begin(strict=True) as run:
            path.write_bytes(b"no ledger any more")
            run._recorder.close()
            raise OwnError("broke off")

    with pytest.raises(OwnError):
        train()
    assert "its end is recorded nowhere" in capsys.readouterr().err


def test_leaving_by_exit_0_is_no_failure(recorded):
    """A script that ends by sys.exit(0) within the block has ended as planned; how is noted."""
    with pytest.raises(SystemExit):
        break_off(SystemExit())
    assert recorded()[1]["type"] == "run.finished"
    assert recorded()[1]["data"]["gaps"] == [
        "ended by sys.exit(0) before the end of the block",
        "criterion auc >= 0.95: auc was never measured",
    ]


def test_a_message_is_bounded_and_clean(recorded):
    """A message of megabytes with control characters becomes a page of text."""
    with pytest.raises(ValueError, match="x"), begin():
        raise ValueError("\x1b[31mx\x00\ud800" + "y" * 3_000_000)
    message = recorded()[1]["data"]["exit"]["message"]
    assert len(message) < 2100
    assert message.startswith("[31mx")


def test_steps_are_summed_up_and_kept_in_one_file(recorded):
    """Ten thousand values are one row and one file, not ten thousand events."""
    with begin(criteria={"auc": ">=0.95", "loss": "<=0.5"}) as run:
        for step in range(10_000):
            run.metric("loss", 1 / (step + 1) if step != 7 else math.nan, step=step)
        run.metric("auc", 0.96)
    _, last = recorded()
    assert last["data"]["metrics"][0] == {"name": "loss", "value": 1e-4, "step": 9999}
    assert last["data"]["series"] == [
        {"name": "loss", "count": 10_000, "last": 1e-4, "last_step": 9999, "best": 1e-4, "best_step": 9999,
         "min": 1e-4, "max": 1.0, "not_finite": 1}
    ]  # fmt: skip
    (file,) = last["data"]["files"]
    with Reader.open("mledger.db") as reader:
        rows = reader.attachment(file["sha256"]).decode().splitlines()
    assert rows[:3] == ["metric,dataset,slice,step,value", "loss,,,0,1.0", "loss,,,1,0.5"]
    assert rows[8] == "loss,,,7,NaN"
    assert len(rows) == 10_001


@pytest.mark.parametrize(
    ("value", "kept"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")]
)
def test_what_is_not_finite_is_recorded_as_it_is(recorded, capsys, value, kept):
    """A metric that diverged goes by its name, meets no criterion, and one line says what to do about it."""
    for criterion in (">=0.95", "<=0.95"):
        with begin(criteria={"auc": criterion}) as run:
            run.metric("auc", value)
        assert recorded()[-1]["data"]["metrics"] == [{"name": "auc", "value": kept}]
        assert recorded()[-1]["data"]["verdict"] == "refuted"
        warned = capsys.readouterr().err
        assert f"auc is {kept}, which meets none" in warned
        assert "mledger conclude" in warned


@pytest.mark.parametrize("value", ["0.95", None, True, [0.95], {"auc": 1}, object(), 1j, b"1", np.zeros(2)])
def test_what_is_no_number_is_refused_in_one_line(recorded, capsys, value):
    """A metric that is no number does not stop a training: one line says so, and the gap is recorded."""
    with begin() as run:
        run.metric("auc", value)
    err = capsys.readouterr().err
    assert "mledger: warning: not recorded: metric: " in err
    assert "fix: give one number" in err
    gaps = recorded()[1]["data"]["gaps"]
    assert "is not a number" in gaps[0]
    assert gaps[1] == "criterion auc >= 0.95: auc was never measured"
    assert recorded()[1]["data"]["verdict"] == "inconclusive"


def test_strict_raises_what_is_wrong(recorded):
    """With `strict` a metric that is no number is an error, which fails the run like any other."""
    with pytest.raises(InputError, match="is not a number"), begin(strict=True) as run:
        run.metric("auc", "high")
    assert recorded()[1]["data"]["exit"]["exception_type"] == "mledger.errors.InputError"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda run: run.metric("auc", 0.9, step=-1), "step -1 is not a whole number"),
        (lambda run: run.metric("auc", 0.9, step=1.5), "step 1.5 is not a whole number"),
        (lambda run: run.metric("", 0.9), "name: should not be empty"),
        (lambda run: run.metric(3, 0.9), "name: should be"),
        (lambda run: run.artifact("nothing.pkl"), "cannot be read: No such file"),
        (lambda run: run.artifact("."), "is a folder"),
        (lambda run: run.artifact(None), "is no path"),
        (lambda run: run.artifact(__file__, uri="no address"), "uri: "),
        (lambda run: run.artifact(__file__, role="a\nb"), "role: "),
        (lambda run: run.note(""), "a note is text"),
        (lambda run: run.seed("seven"), "is not a whole number"),
        (lambda run: run.params([1]), "parameters are names with values"),
        (lambda run: run.params({}, why="because"), "why is names with reasons"),
        (lambda run: run.dataset(3), "3 has no name"),
    ],
)
def test_whatever_is_told_wrong_is_a_gap(recorded, capsys, call, says):
    """No mistake in what a run is told stops the training; each is one line and a gap."""
    with begin() as run:
        call(run)
        run.metric("auc", 0.96)
    assert says in capsys.readouterr().err
    assert says in recorded()[1]["data"]["gaps"][0]
    assert recorded()[1]["data"]["verdict"] == "supported"


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"hypotesis": "x"}, "did you mean hypothesis"),
        ({"criteria": {"auc": "0.95"}}, "is no comparison like"),
        ({"criteria": {"auc": ">=high"}}, "is no comparison like"),
        ({"criteria": "auc>=0.95"}, "should be names with comparisons"),
        ({"criteria": {"": ">=1"}}, "is no name of a metric"),
        ({"criteria": {"auc": ("~", 1)}}, "operator"),
        ({"hypothesis": ""}, "hypothesis: should not be empty"),
        ({"name": "two\nlines"}, "single line"),
        ({"config": "nothing.yaml"}, "nothing.yaml cannot be read"),
        ({"seed": -1}, "seed -1 is not a whole number"),
        ({"decision": "soon"}, "decision: should be an event number"),
    ],
)
def test_a_wrong_beginning_is_an_error_before_anything_runs(recorded, said, says):
    """What cannot be said of a run is an error at once, and nothing is recorded."""
    ran = False
    with pytest.raises(InputError, match=says), begin(**said):
        ran = True
    assert not ran
    assert recorded() == []


def test_the_model_must_have_a_name(path):
    """What is no name of a model is refused."""
    for model in (None, 3, "", "a b", "../x"):
        with pytest.raises(InputError):
            mledger.run(model, **SAID)


@pytest.mark.parametrize("said", [{}, {"hypothesis": "x"}, {"criteria": {"auc": ">=1"}}])
def test_nothing_is_expected_without_a_word(path, said):
    """Who leaves out hypothesis or criteria is told what to write."""
    with pytest.raises(InputError, match="missing: say before the run") as caught, mledger.run("m", **said):
        pass
    assert "=None" in caught.value.fix


def test_a_run_that_expects_nothing_shows_a_gap(recorded, capsys):
    """hypothesis=None is allowed, warned of, and recorded as what it is."""
    with mledger.run("credit-risk", hypothesis=None) as run:
        run.metric("auc", 0.9)
    assert "the run has no hypothesis and no criteria: this is recorded as a gap" in capsys.readouterr().err
    first, last = recorded()
    assert first["data"]["unstated"] == "nobody stated what was expected of this run"
    assert "hypothesis" not in first["data"]
    assert "verdict" not in last["data"]
    with Reader.open("mledger.db") as reader:
        (run,) = reader.replay(MODEL).state.runs.started.values()
    assert run.unstated == "nobody stated what was expected of this run"
    assert run.hypothesis == f"nothing stated: {run.unstated}"


def test_a_configuration_is_kept_to_the_byte(recorded, folder):
    """The configuration file is attached; changing one character of it is found, by the name of the file."""
    (folder / "params.yaml").write_bytes(b"max_depth: 4\n")
    with begin(config="params.yaml") as run:
        run.metric("auc", 0.96)
    began = recorded()[0]["data"]
    assert began["params_digest"] == hashlib.sha256(b"max_depth: 4\n").hexdigest()
    assert ("params.yaml", "configuration") in [(f["name"], f["role"]) for f in began["files"]]
    with Reader.open("mledger.db") as reader:
        assert reader.attachment(began["params_digest"]) == b"max_depth: 4\n"


def test_artifacts_are_known_by_their_bytes(recorded, folder, capsys):
    """A file that was made is named with digest and size; of two under one name the last counts."""
    (folder / "model.pkl").write_bytes(b"one")
    with begin() as run:
        run.artifact("model.pkl", role="model")
        (folder / "model.pkl").write_bytes(b"two!")
        run.artifact(folder / "model.pkl", role="model")
        run.metric("auc", 0.96)
    (row,) = recorded()[1]["data"]["artifacts"]
    assert row == {
        "name": "model.pkl",
        "sha256": hashlib.sha256(b"two!").hexdigest(),
        "size": 4,
        "role": "model",
    }
    assert recorded()[1]["data"]["gaps"] == ["artifact model.pkl: was made twice, the last one counts"]


def test_files_of_one_name_are_told_apart(recorded, folder):
    """Two artifacts of one name in two folders are two; a lock file that is configuration, too, is one."""
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "model.pkl").write_text(name)
    (folder / "requirements.txt").write_text("numpy==2.1.3\n")
    (folder / "a" / "requirements.txt").write_text("numpy==2.2.0\n")
    with begin(config=["requirements.txt", "a/requirements.txt"]) as run:
        run.artifact("a/model.pkl")
        run.artifact("b/model.pkl")
        run.metric("auc", 0.96)
    first, last = recorded()
    assert [row["name"] for row in last["data"]["artifacts"]] == ["a/model.pkl", "b/model.pkl"]
    assert [row["name"] for row in first["data"]["files"]][:2] == ["requirements.txt", "1-requirements.txt"]
    assert len({row["sha256"] for row in first["data"]["files"]}) == len(first["data"]["files"])


def test_what_is_too_much_is_refused_at_the_start(recorded):
    """Parameters of megabytes are refused before anything runs; at the end they are left out, and named."""
    with pytest.raises(InputError, match="a body holds at most"):
        begin(params={"all": list(range(500_000))}).start()
    with begin() as run:
        run.params({"all": list(range(500_000))})
        run.metric("auc", 0.96)
    ended = recorded()[-1]["data"]
    assert "params" not in ended
    assert ended["metrics"] == [{"name": "auc", "value": 0.96}]
    assert "params left out" in ended["gaps"][0]


def test_odd_parameters_are_there_as_text(recorded):
    """A parameter that is no JSON is recorded as text without an address in memory, and that is said."""
    with begin() as run:
        run.params({"kernel": OwnError, "at": object(), 3: "three", "nan": math.nan})
        run.metric("auc", 0.96)
    ended = recorded()[1]["data"]
    assert ended["params"]["at"] == "<object object>"
    assert ended["params"]["3"] == "three"
    assert ended["params"]["nan"] == "NaN"
    assert ended["gaps"][0] == "parameter kernel: type is recorded as text"


def test_a_seed_is_set(recorded):
    """run.seed seeds the generators that are there, and is recorded."""
    import random

    with begin() as run:
        run.seed(11)
        drawn = random.random(), np.random.random()  # noqa: NPY002  the global generator is what is seeded
        run.metric("auc", 0.96)
    random.seed(11)
    np.random.seed(11)  # noqa: NPY002
    assert drawn == (random.random(), np.random.random())  # noqa: NPY002
    assert recorded()[1]["data"]["seeds"] == {"python": 11, "numpy": 11}


def test_a_run_is_not_begun_or_ended_twice(recorded, capsys):
    """A second start is an error; a second end, and what is told after the end, are refused."""
    run = begin().start()
    with pytest.raises(InputError, match="has started already"):
        run.start()
    run.metric("auc", 0.96)
    run.finish(lesson="Depth pays.")
    run.finish()
    run.fail("Late", "too late")
    run.metric("auc", 0.97)
    assert capsys.readouterr().err.count("run 1 is over") == 3
    assert [row["type"] for row in recorded()] == ["run.started", "run.finished"]
    assert recorded()[1]["data"]["lesson"] == "Depth pays."


def test_before_the_start_nothing_is_taken(path, capsys):
    """Metrics of a run that has not started are refused."""
    run = begin()
    run.metric("auc", 1)
    assert "the run has not started" in capsys.readouterr().err
    with pytest.raises(InputError, match="has not started"):
        run.finish()


def test_runs_within_runs_and_in_threads(recorded):
    """Two runs at once in a process, nested or in threads, keep apart what they measured."""
    with begin(name="outer") as outer, begin(name="inner") as inner:
        inner.metric("auc", 0.91)
        outer.metric("auc", 0.92)

    def train(n):
        with begin(name=f"thread-{n}") as run:
            for step in range(50):
                run.metric("loss", n, step=step)
            run.metric("auc", n)

    threads = [threading.Thread(target=train, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ends = {row["data"]["run"]: row["data"] for row in recorded() if row["type"] == "run.finished"}
    assert len(ends) == 10
    assert [ends[name]["metrics"][-1]["value"] for name in ("inner", "outer")] == [0.91, 0.92]
    for n in range(8):
        assert ends[f"thread-{n}"]["series"][0]["count"] == 50
        assert ends[f"thread-{n}"]["series"][0]["max"] == n


def test_many_threads_may_measure_for_one_run(recorded):
    """No value is lost when threads share a run."""
    with begin() as run:
        threads = [
            threading.Thread(target=lambda: [run.metric("loss", 1.0, step=n) for n in range(500)])
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert recorded()[1]["data"]["series"][0]["count"] == 4000


def test_a_function_can_be_tracked(recorded):
    """Each call of a decorated function is a run: arguments are parameters, numbers returned are metrics."""

    @mledger.track("credit-risk", **SAID)
    def train(max_depth, data, *, rate=0.1):
        """Train."""
        return {"auc": max_depth / 10}

    assert train(9, np.zeros((2, 2))) == {"auc": 0.9}
    assert train.__doc__ == "Train."
    with pytest.raises(TypeError):
        train()
    _, last, *failed = recorded()
    assert last["data"]["params"] == {"max_depth": 9, "rate": 0.1}
    assert last["data"]["metrics"] == [{"name": "auc", "value": 0.9}]
    assert [row["type"] for row in failed] == ["run.started", "run.failed"]


def test_what_cannot_be_tracked(path):
    """A function that only begins its work when it is called, and a wrong keyword, are refused at once."""

    async def later():
        return 1

    def one_by_one():
        yield 1

    for function in (later, one_by_one):
        with pytest.raises(InputError, match="its call ends before its work does"):
            mledger.track("m", **SAID)(function)
    with pytest.raises(InputError, match="did you mean hypothesis"):
        mledger.track("m", hypotesis="x")(print)


def test_an_open_ledger_records_runs(recorded, path):
    """mledger.open gives an object with run and track for a ledger named by its path."""
    with mledger.open(path, key="alice-example") as ledger:
        with ledger.run("credit-risk", **SAID) as run:
            run.metric("auc", 0.96)
        assert ledger.track("credit-risk", **SAID)(lambda: 3)() == 3
    assert [row["type"] for row in recorded()] == ["run.started", "run.finished"] * 2


@given(st.sampled_from(["<", "<=", "==", "!=", ">=", ">"]), st.floats(allow_nan=False, allow_infinity=False))
def test_criteria_are_read_as_they_are_written(operator, value):
    """Any comparison with any number is read back as that number."""
    text = f"{operator} {value!r}"
    assert read_criteria({"auc": text}) == [{"metric": "auc", "operator": operator, "value": value}]
    assert read_criteria({"auc": (operator, value)}) == read_criteria({"auc": text})


def test_criteria_may_be_several_and_on_data():
    """A metric may have several criteria, and each may be on one dataset."""
    found = read_criteria({"auc on applications@v3": [">=0.9", "≤0.99"], "gap": "=0"})
    assert found == [
        {"metric": "auc", "operator": ">=", "value": 0.9, "dataset": "applications@v3"},
        {"metric": "auc", "operator": "<=", "value": 0.99, "dataset": "applications@v3"},
        {"metric": "gap", "operator": "==", "value": 0.0},
    ]
    assert read_criteria(found) == found


TUNING = {
    "method": "TPE of optuna 4.1",
    "space": {"max_depth": [3, 4, 5], "learning_rate": {"low": 0.01, "high": 0.3, "log": True}},
    "objective": "maximize auc on validation",
    "budget": "60 trials",
    "trials": ["depth-3", "depth-4"],
}
STOPPING = {"criterion": "validation logloss, 1e-4", "patience": 50}


def test_tuning_and_early_stopping_are_stated_and_what_came_of_them(recorded):
    """Search space, rule for stopping and for checkpoints stand at the start; when it stopped, at the end."""
    with begin(tuning=TUNING, early_stopping=STOPPING, checkpoint_policy="the best, and the last") as run:
        run.metric("auc", 0.96)
        run.stopped_early(812)
    began, ended = (row["data"] for row in recorded())
    assert began["tuning"] == TUNING
    assert began["early_stopping"] == STOPPING
    assert began["checkpoint_policy"] == "the best, and the last"
    assert ended["early_stopping"] == STOPPING | {"triggered_at": 812}


def test_a_rule_for_stopping_that_nobody_stated_did_not_strike(recorded, capsys):
    """It is refused in a line that names the keyword; so are a step that is none and an empty space."""
    with begin() as run:
        run.stopped_early(812)
        run.metric("auc", 0.96)
    assert "stated no rule for stopping early" in capsys.readouterr().err
    with begin(early_stopping=STOPPING) as run:
        run.stopped_early("late")
        run.metric("auc", 0.96)
    assert "step 'late' is not a whole number" in capsys.readouterr().err
    assert "early_stopping" not in recorded()[-1]["data"]
    with pytest.raises(InputError, match=r"tuning\.space"):
        begin(tuning={"method": "grid", "space": {}}).start()
    with pytest.raises(InputError, match=r"early_stopping\.criterion"):
        begin(early_stopping={"patience": 3}).start()


def test_only_the_model_that_is_meant_is_read(path, monkeypatch):
    """A run by its number, by its name, or with its model: the events of other models are left alone."""
    from mledger.recording import found

    for model in ("credit-risk", "churn"):
        with mledger.run(model, name=f"{model}-1", **SAID) as run:
            run.metric("auc", 0.9)
    read = []
    of = found.runs
    monkeypatch.setattr(
        found, "runs", lambda reader, *which: read.append(*which or [None]) or of(reader, *which)
    )
    with Reader.open(path) as reader:
        for reference in ("1", "2", "credit-risk-1", "run:1", "credit-risk:credit-risk-1"):
            assert found.find(reader, reference).number == "1"
        assert read == [MODEL] * 5
        assert [one.number for one in found.around(reader, "1", "churn-1")] == ["1", "3"]
        read.clear()
        assert [one.number for one in found.around(reader, "2..3")] == ["3"]
        assert read == ["model/churn"]
        with pytest.raises(NotFoundError, match="did you mean"):
            found.find(reader, "credit-risk-2")
        assert read[-1] is None


def test_a_ledger_in_the_repository_is_no_part_of_the_difference(path, program, script, recorded):
    """It changes with each event: with nothing else the tree is clean, and no difference holds it."""
    program("git")

    def git(*words):
        who = ("-c", "user.name=Alice", "-c", "user.email=alice@acme.example")
        subprocess.run(["git", *who, *words], check=True, capture_output=True)

    lines = "import mledger\nwith mledger.run('credit-risk', hypothesis=None, quiet=True): pass\n"
    (path.parent / "train.py").write_text(lines)
    (path.parent / ".gitignore").write_text("state\n")
    git("init", "-q")
    git("add", "train.py", ".gitignore")
    git("commit", "-qm", "first")
    script(lines)
    git("add", "mledger.db")
    git("commit", "-qm", "with the ledger")
    script(lines)
    script(f"{lines}# changed\n")
    starts = [row["data"] for row in recorded() if row["type"] == "run.started"]
    assert [start["git"]["dirty"] for start in starts] == [False, False, True]
    gaps = [
        row["gap"] for start in starts for row in start["captures"] if row["name"] == "git" and "gap" in row
    ]
    assert gaps == []
    with Reader.open(path) as reader:
        (diff,) = [file for file in starts[-1]["files"] if file["name"] == "changes.diff"]
        text = reader.attachment(diff["sha256"]).decode()
    assert "+# changed" in text
    assert "mledger.db" not in text


def test_of_models_without_such_runs_nothing_is_read(path):
    """All runs, and those since a moment, cost what the models with them hold."""
    from mledger.recording import found

    class Counting:
        """A reader that notes whose history is opened."""

        def __init__(self, reader):
            self.reader, self.opened = reader, []

        def of_types(self, *asked):
            return self.reader.of_types(*asked)

        def history(self):
            return self

        def of(self, stream):
            self.opened.append(stream)
            return self.reader.history().of(stream)

    with mledger.Ledger.open(path) as ledger:
        ledger.append("comment.added", "model/fraud", {"on": "0", "text": "Not tried yet."})
    for model in ("credit-risk", "churn"):
        mledger.run(model, name=f"{model}-1", **SAID).start()
    with Reader.open(path) as reader:
        counting = Counting(reader)
        assert [one.model for one in found.runs(counting)] == ["credit-risk", "churn"]
        assert sorted(counting.opened) == ["model/churn", MODEL]
        counting.opened.clear()
        (last,) = found.runs(reader, "model/churn")
        assert found.runs(counting, since=last.run.source.occurred) == [last]
        assert counting.opened == ["model/churn"]
        assert found.runs(reader, since="2999-01-01T00:00:00Z") == []
