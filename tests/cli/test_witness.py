"""A witness from the command line: its key, its logs, its server, and asking it."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.asking import MODEL, Run, done, refused, refused_alike, told
from tests.cli.conftest import COMMAND

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def vkey(run: Run, folder: Path) -> str:
    """The key of a witness that is made here."""
    return done(run("witness", "key", "--name", "witness.example/w1", "--no-passphrase")).strip()


@pytest.fixture
def url(vkey: str, folder: Path) -> Iterator[str]:
    """Where that witness serves, as a process of its own, until the test is over."""
    server = subprocess.Popen(
        [*COMMAND, "witness", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        lines = [server.stdout.readline() for _ in range(2)]
        yield re.search(r"http://\S+", lines[1])[0]
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0
        server.stdout.close()


def comment(run: Run, text: str) -> None:
    """Record something."""
    done(run("append", "comment.added", MODEL, "--set", "on=1", "--set", f"text={text}", "-q"))


def log_key(run: Run) -> str:
    """The key that checks the ledger's checkpoints."""
    return done(run("checkpoint", "--vkey")).strip()


def test_a_key_is_made_once(run, vkey):
    """The key of a witness needs a name the first time, and stays."""
    assert re.fullmatch(r"witness\.example/w1\+[0-9a-f]{8}\+B[A-Za-z0-9+/]{43}", vkey)
    assert told(run("witness", "key", "--json")) == {"name": "witness.example/w1", "vkey": vkey}
    refused(run("witness", "key", "--name", "other"), "has a key already")
    assert "--name" in refused(run("witness", "key", "--folder", "elsewhere"), "no key yet")
    refused(run("witness", "key", "--folder", "elsewhere", "--name", "a b"), "without spaces")
    refused(run("witness", "serve", "--folder", "elsewhere"), "no key yet")
    assert not Path("elsewhere").exists()


def test_growth_is_cosigned_and_kept(run, begun, vkey, url, folder):
    """The checkpoint with the witness's line is kept in the ledger, and every later one again."""
    done(run("witness", "add-log", log_key(run)))
    assert "witness.example/w1" in done(run("witness", "ask", url, "--witness", vkey))
    for size in (3, 4):
        comment(run, "Seen.")
        (row,) = told(run("witness", "ask", url, "--witness", vkey, "--json"))
        assert (row["witness"], row["size"]) == ("witness.example/w1", size)
    (again,) = told(run("witness", "ask", url, "--witness", vkey, "--json"))
    assert again["size"] == 4
    (known,) = told(run("witness", "logs", "--json"))
    assert (known["origin"], known["size"]) == ("acme.example/credit", 4)
    assert "4" in done(run("witness", "logs"))
    assert "— witness.example/w1 " in done(run("checkpoint"))
    assert told(run("verify", "--full", "--json"))["findings"] == []
    done(run("prove", "2", "-o", "receipt"))
    done(run("check-proof", "receipt", "--vkey", log_key(run)))


def test_a_witness_of_the_policy_needs_no_option(run, begun, vkey, url, folder):
    """Whoever the policy names is believed."""
    done(run("witness", "add-log", log_key(run)))
    roles = {"owner": {"may": ["*"]}}
    policy = {"name": "acme", "roles": roles, "witnesses": {"keys": [vkey], "needed": 1}}
    (folder / "policy.json").write_text(json.dumps({"policy": policy, "reason": "Somebody else looks on."}))
    done(run("append", "policy.adopted", "ledger", "--from", "policy.json"))
    (row,) = told(run("witness", "ask", url, "--json"))
    assert row["size"] == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"keys": []},
        {"keys": ["junk"]},
        {"keys": ["VKEY"], "needed": 2},
        {"keys": ["VKEY"], "needed": 0},
        {"keys": ["LOG"]},
    ],
)
def test_a_policy_names_witnesses_that_can_be(run, begun, vkey, folder, wrong):
    """No witness, none that is one, more than there are: refused before it is recorded."""
    text = json.dumps(wrong).replace("VKEY", vkey).replace("LOG", log_key(run))
    roles = {"owner": {"may": ["*"]}}
    policy = {"name": "acme", "roles": roles, "witnesses": json.loads(text)}
    (folder / "policy.json").write_text(json.dumps({"policy": policy, "reason": "x"}))
    refused(run("append", "policy.adopted", "ledger", "--from", "policy.json"), "witnesses")


def test_what_goes_wrong_is_one_line(run, begun, vkey, url):
    """Unknown, unreachable, no witness, no address: what is wrong, the way out, the exit code."""
    believing = ["--witness", vkey]
    refused_alike(run, ["witness", "ask", url], "names no witness")
    assert "--vkey" in refused_alike(
        run, ["witness", "ask", url, *believing], "does not know acme.example/credit"
    )
    refused_alike(run, ["witness", "ask", NOBODY, *believing], "cannot be reached", code=4)
    refused_alike(run, ["witness", "ask", "nonsense", *believing], "no address")
    assert "witness key" in refused_alike(run, ["witness", "ask", url, "--witness", "junk"], "verifier key")
    assert "witness key" in refused(
        run("witness", "ask", url, "--witness", log_key(run)), "no witness by this key"
    )
    refused(run("witness", "add-log", vkey), "key of a witness")
    refused(run("witness", "add-log", "junk"), "verifier key")
    done(run("witness", "add-log", log_key(run)))
    stranger = "stranger.example+4ccb41d5+BMhTrQ8M0rYZrqks7sT9VqJNZJnVhM55JX5Fz9gTm2Cn"
    assert "hash" in run("witness", "ask", url, "--witness", stranger).stderr


def test_an_unknown_cosigner_is_not_believed(run, begun, vkey, url, folder):
    """A witness whose key nobody named may sign what it likes."""
    done(run("witness", "add-log", log_key(run)))
    done(run("witness", "key", "--folder", "other", "--name", "other.example", "--no-passphrase"))
    other = done(run("witness", "key", "--folder", "other")).strip()
    assert "--witness" in refused(run("witness", "ask", url, "--witness", other), "witness.example/w1")


def test_one_of_several_may_fail(run, begun, vkey, url):
    """What was cosigned is kept; the failure is told beside it, the gravest last."""
    done(run("witness", "add-log", log_key(run)))
    result = run("witness", "ask", url, NOBODY, "nonsense", "--witness", vkey)
    assert (result.exit_code, "witness.example/w1" in result.stdout) == (2, True)
    assert result.stderr.count("fix:") == 2
    assert "— witness.example/w1 " in done(run("checkpoint"))


def test_a_checkpoint_needs_the_first_key_and_asking_does_not(run, begun, vkey, url):
    """Whoever cannot sign a checkpoint has the newest one cosigned."""
    me = ("--as", "alice-example")
    done(run("key", "new", "--owner", "Bob Example", "--no-passphrase"))
    done(run("key", "enroll", "bob-example", "--role", "engineer", *me))
    done(run("witness", "add-log", log_key(run)))
    asking = ("witness", "ask", url, "--witness", vkey, "--as", "bob-example")
    refused(run(*asking), "checkpoints are signed by the key")
    done(run("checkpoint", *me))
    done(run(*asking))


# --- those who show another history


def put_back(run: Run, folder: Path, begun: Path, copy: str) -> None:
    """An older copy takes the ledger's place, on a machine that has never seen another."""
    shutil.copy(folder / copy, begun)
    for (genesis,) in [(memory["genesis"],) for memory in told(run("heads", "list", "--json"))]:
        done(run("heads", "forget", genesis))


def test_forks_rollbacks_and_stale_heads_are_refused(run, begun, vkey, url, folder):
    """A witness cosigns neither an older copy nor another history, whoever has all keys; evidence is kept."""
    key, asking = log_key(run), ("witness", "ask", url, "--witness", vkey)
    done(run("witness", "add-log", key))
    shutil.copy(begun, folder / "older")
    for number in range(5):
        comment(run, f"Remark {number}.")
    done(run(*asking))

    put_back(run, folder, begun, "older")
    refused_alike(run, [*asking], "has cosigned 7 entries", code=3)
    for number in range(5):
        comment(run, f"Another remark {number}.")
    refused(run(*asking), "another history of 7 entries", code=3)
    comment(run, "One more.")
    refused(run(*asking), "does not extend it", code=3)

    shown = done(run("witness", "logs"))
    files = re.findall(r"evidence of a fork: (\S+)", shown)
    assert len(files) == 2
    for file in files:
        said = done(run("check-proof", file, "--vkey", key))
        assert "FORK" in said
        assert told(run("check-proof", file, "--vkey", key, "--json"))["size"] == 7
    assert "FORK" not in run("check-proof", file, "--vkey", vkey).stdout


def test_a_kept_checkpoint_becomes_evidence(run, begun, folder):
    """An auditor who finds another history writes down what proves it, for anybody to check."""
    shutil.copy(begun, folder / "older")
    comment(run, "First history.")
    done(run("checkpoint", "-o", "kept"))
    put_back(run, folder, begun, "older")
    comment(run, "Second history.")
    asking = ("verify", "--from-checkpoint", "kept", "--evidence", "fork.json")
    result = run(*asking)
    assert (result.exit_code, (folder / "fork.json").exists()) == (3, False)
    assert "mledger checkpoint" in result.stderr
    comment(run, "And on.")
    done(run("checkpoint"))
    assert run(*asking).exit_code == 3
    assert "FORK" in done(run("check-proof", "fork.json", "--vkey", log_key(run)))
    refused(run(*asking), "is there already")
    refused(run("verify", "--evidence", "x"), "--from-checkpoint")


def test_no_evidence_is_made_where_all_is_well(run, begun, folder):
    """A ledger that extends the checkpoint proves no fork, nor one of another key, or with a forged note."""
    done(run("checkpoint", "-o", "kept"))
    comment(run, "More.")
    done(run("checkpoint"))
    asking = ("verify", "--from-checkpoint", "kept", "--evidence", "fork.json")
    done(run(*asking))
    done(
        run(
            "init",
            "--ledger",
            "other.db",
            "--origin",
            "acme.example/credit",
            "--name",
            "Bob",
            "--no-passphrase",
            "-q",
        )
    )
    assert run("--ledger", "other.db", *asking).exit_code == 3
    with sqlite3.connect(begun) as db:
        db.execute("INSERT INTO checkpoint VALUES (9, 'junk')")
    assert run(*asking).exit_code == 3
    assert not (folder / "fork.json").exists()


# --- durable before it is answered


@pytest.mark.faults
def test_what_is_cosigned_is_synced_before_it_is_said(run, begun, vkey, folder, program):
    """The system calls of a server in their order: written, synced, renamed, the folder synced, answered."""
    done(run("witness", "add-log", log_key(run)))
    calls = folder / "calls"
    tracing = [program("strace"), "-f", "-o", calls, "-e", "trace=fsync,rename,sendto"]
    server = subprocess.Popen(
        [*tracing, *COMMAND, "witness", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        server.stdout.readline()
        url = re.search(r"http://\S+", server.stdout.readline())[0]
        done(run("witness", "ask", url, "--witness", vkey))
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(60)
        server.stdout.close()
    made = [
        re.search(r"(fsync|rename|sendto)\(", line)[1]
        for line in calls.read_text().splitlines()
        if "(" in line
    ]
    answer = made.index("sendto")
    assert made[:answer][-3:] == ["fsync", "rename", "fsync"]
