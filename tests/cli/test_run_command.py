"""mledger run: a command that nobody may change, recorded from outside."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mledger.reader import Reader
from mledger.recording.spool import Spool
from tests.cli.asking import MODEL, done, refused
from tests.cli.conftest import COMMAND

PYTHON = sys.executable
SAID = ("--hypothesis", "It reaches 0.95.", "--criterion", "auc>=0.95")


def recorded():
    """What was recorded of the model, without its registration."""
    with Reader.open("mledger.db") as reader:
        return [fact.to_json() for fact in reader.facts(MODEL)][1:]


def test_output_and_exit_code_are_the_commands_own(begun, process):
    """Standard output, standard error, standard input and exit code pass unchanged, byte for byte."""
    lines = (
        "import sys; d = sys.stdin.buffer.read(); sys.stdout.buffer.write(d * 2);"
        " sys.stderr.write('e'); sys.exit(5)"
    )
    found = process(
        "run", "credit-risk", *SAID, "-q", "--", PYTHON, "-c", lines, input=b"\x00\xff\n", text=False
    )
    assert (found.stdout, found.stderr, found.returncode) == (b"\x00\xff\n" * 2, b"e", 5)
    start, end = recorded()
    assert start["data"]["criteria"] == [{"metric": "auc", "operator": ">=", "value": 0.95}]
    assert end["type"] == "run.failed"
    assert end["data"]["exit"] == {
        "exception_type": "exit status",
        "message": f"{Path(PYTHON).name} ended with exit status 5",
        "status": 5,
    }


def test_the_only_model_need_not_be_named(begun, process):
    """Without MODEL it is a run of the only one; with several, somebody has to say of which."""
    assert process("run", "-q", "--", PYTHON, "-c", "print('--')").stdout == "--\n"
    assert recorded()[0]["data"]["cmd"].endswith("print('\"'\"'--'\"'\"')'")
    other = process("run", "fraud", "-q", "--", PYTHON, "-c", "print(1)")
    assert other.returncode == 0
    result = process("run", "--", PYTHON, "-c", "print(1)")
    assert (result.returncode, result.stdout) == (2, "")
    assert "MODEL is missing: there are model/credit-risk, model/fraud" in result.stderr


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("touch", "ran"), "touch is a program: the model comes first"),
        (("credit-risk", "sh", "--", "touch", "ran"), "'sh' stands before --"),
        (("credit-risk",), "there is no command to run"),
        (("credit-risk", "--"), "there is no command to run"),
        ((), "there is no command to run"),
    ],
)
def test_words_that_cannot_be_meant_run_nothing(begun, run, words, line):
    """A program in the place of the model, or no program at all: nothing runs, nothing is recorded."""
    assert "mledger run MODEL -- " in refused(run("run", *words), line)
    assert not Path("ran").exists()
    assert recorded() == []


def test_metrics_come_from_a_file(begun, process):
    """A JSON file that the command writes gives metrics, files by their names, and the verdict follows."""
    said = {"auc": 0.96, "test": {"gap": 0.01}, "ok": True, "n": "x"}
    lines = f"import json; json.dump({said!r}, open('m.json', 'w'))"
    words = (
        "--metrics",
        "m.json",
        "--artifact",
        "m.json",
        "--param",
        "depth=4",
        "--param",
        "loss=log",
        "--name",
        "a",
    )
    done_ = process("run", "credit-risk", *SAID, *words, "--", PYTHON, "-c", lines)
    assert done_.returncode == 0
    assert "verdict suggested: supported" in done_.stderr
    start, end = recorded()
    assert (start["data"]["run"], start["data"]["params"]) == ("a", {"depth": 4, "loss": "log"})
    assert end["data"]["metrics"] == [{"name": "auc", "value": 0.96}, {"name": "test.gap", "value": 0.01}]
    assert end["data"]["artifacts"][0]["name"] == "m.json"


def test_metrics_come_from_lines_if_asked(begun, process):
    """Lines of the output that say so are metrics; they go on to the output like all others, at once."""
    lines = "\n".join(f"print('mledger: loss={1 / (n + 1)}, acc={n} step={n}')" for n in range(3))
    text = lines + "\nprint('mledger: auc=0.96'); print('mledger: bad=x'); print('else', end='')"
    found = process("run", "credit-risk", *SAID, "--listen", "--", PYTHON, "-c", text)
    assert found.stdout.splitlines()[-1] == "else"
    assert found.stdout.startswith("mledger: loss=1.0, acc=0 step=0\n")
    (_, end) = recorded()
    assert [(m["name"], m["value"]) for m in end["data"]["metrics"]] == [
        ("loss", 1 / 3),
        ("acc", 2.0),
        ("auc", 0.96),
    ]
    assert end["data"]["series"][0]["count"] == 3
    assert "'x' is not a number" in end["data"]["gaps"][0]


@pytest.mark.parametrize(
    ("content", "says"), [(None, "cannot be read"), ("{", "is not JSON"), ("[1]", "holds no names")]
)
def test_metrics_that_do_not_come_are_a_gap(begun, run, content, says, folder):
    """A file of metrics that is not there, or is none, is a gap; the run is recorded all the same."""
    if content is not None:
        (folder / "m.json").write_text(content)
    assert run("run", "credit-risk", *SAID, "--metrics", "m.json", "--", "true").exit_code == 0
    (_, end) = recorded()
    assert says in end["data"]["gaps"][0]
    assert end["data"]["verdict"] == "inconclusive"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_signals_are_handed_on(begun, folder, number):
    """A signal that we get reaches the command, whose end is recorded."""
    lines = (
        f"import signal, time; signal.signal({int(number)}, signal.SIG_DFL);"
        " print('on', flush=True); time.sleep(60)"
    )
    words = [*COMMAND, "run", "credit-risk", *SAID, "-q", "--", PYTHON, "-c", lines]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert process.stdout.readline() == b"on\n"
    process.send_signal(number)
    assert process.wait(60) == 128 + number
    process.stdout.close()
    assert recorded()[1]["data"]["exit"]["exception_type"] == number.name


def test_a_killed_wrapper_leaves_the_run_open(begun, folder):
    """If mledger itself is killed the run stays open, as for any process."""
    words = [
        *COMMAND,
        "run",
        "credit-risk",
        *SAID,
        "-q",
        "--",
        PYTHON,
        "-c",
        "print('on', flush=True); import time; time.sleep(3)",
    ]
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"on\n"
    process.kill()
    process.wait(60)
    process.stdout.close()
    assert [row["type"] for row in recorded()] == ["run.started"]


def test_the_environment_is_that_of_the_command(begun, run):
    """Packages are those of the interpreter that runs, and of another program a gap says whose they are."""
    done(run("run", "credit-risk", *SAID, "--", PYTHON, "-c", "pass"))
    start = recorded()[0]["data"]
    assert start["env"]["packages"]["mledger"]
    rows = {row["name"]: row for row in start["captures"]}
    assert rows["packages"]["how"] == f"of {PYTHON}"
    assert start["cmd"].endswith("-c pass")
    assert "code_digest" not in start
    done(run("run", "credit-risk", *SAID, "--", "sh", "-c", "true", "--token", "abc"))
    start = recorded()[2]["data"]
    rows = {row["name"]: row for row in start["captures"]}
    assert "not of the command" in rows["packages"]["gap"]
    assert start["cmd"] == "sh -c true --token ***"


def test_without_a_ledger_the_command_runs(folder, process):
    """Without a ledger the command runs and its events wait; with --strict it does not run."""
    found = process("run", "credit-risk", *SAID, "--", PYTHON, "-c", "print('ran')")
    assert (found.stdout, found.returncode) == ("ran\n", 0)
    assert len(Spool().waiting()) == 2
    found = process("run", "credit-risk", *SAID, "--strict", "--", PYTHON, "-c", "print('ran')")
    assert (found.stdout, found.returncode) == ("", 2)
    assert "there is no ledger" in found.stderr


def test_what_is_said_wrong_is_refused_before_it_runs(begun, run):
    """Criteria, parameters and commands that are none are refused, and nothing is recorded."""
    assert "--criterion 'auc>=0.95'" in refused(
        run("run", "m", "--criterion", "auc", "--", "true"), "no comparison"
    )
    assert "--param max_depth=4" in refused(
        run("run", "m", "--param", "depth", "--", "true"), "is not NAME=VALUE"
    )
    assert refused(run("run", "m", *SAID, "--data", "a b/..@x=", "--", "true"), "")
    assert recorded() == []


def test_a_program_that_is_not_there_is_a_failed_run(begun, run):
    """A command that cannot be started is recorded as what it is."""
    assert refused(run("run", "credit-risk", *SAID, "-q", "--", "./nothing"), "./nothing cannot be started")
    assert recorded()[1]["type"] == "run.failed"


def test_data_is_named_with_its_role(begun, run):
    """Data that the command reads is recorded by role."""
    done(run("run", "credit-risk", *SAID, "--data", "a@1", "--data", "test=b@2", "--", "true"))
    rows = recorded()[0]["data"]["datasets"]
    assert [(row["name"], row["version"], row["role"]) for row in rows] == [
        ("a", "1", "train"),
        ("b", "2", "test"),
    ]


def test_ctrl_c_at_a_terminal_is_heard_once(begun, terminal):
    """At a terminal Ctrl-C goes to the command itself; we do not send it again."""
    lines = (
        "import signal, time\nheard = []\nsignal.signal(2, lambda *_: heard.append(1))\n"
        "print('ready', flush=True)\n"
        "end = time.monotonic() + 60\nwhile not heard and time.monotonic() < end: time.sleep(0.01)\n"
        "time.sleep(0.3)\n"
        "print('heard', len(heard))"
    )
    Path("slow.py").write_text(lines)
    screen = terminal("run", "credit-risk", *SAID, "-q", "--", PYTHON, "slow.py")
    screen.wait_for("ready")
    screen.type("\x03")
    code, shown = screen.end()
    assert "heard 1" in shown
    assert code == 0
    assert os.path.lexists("slow.py")
    assert json.loads(json.dumps(recorded()[1]))["type"] == "run.finished"
