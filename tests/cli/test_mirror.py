"""mledger publish and follow: the log where others can read it, and what it has shown."""

import shutil
from pathlib import Path

import pytest

from tests.cli.asking import ALICE, MODEL, Run, done, refused, refused_alike, told

COMMENT = ("append", "comment.added", MODEL, "--set", "on=1", "--set")


def test_a_log_is_published_and_followed(
    run: Run, begun: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Publishing writes what is new; following needs to be told once whom to trust, and says what is new."""
    assert "log     2 entries\nwrote   3 files" in done(run("publish", "log"))
    assert "nothing: it is there already" in done(run("publish", "log"))
    vkey = done(run("checkpoint", "--vkey")).strip()
    done(run("trust", "export", "-o", "trust.json"))
    monkeypatch.setenv("MLEDGER_HOME", str(folder / "auditor"))
    fix = refused_alike(run, ["follow", "log"], "whom to trust?")
    assert "--vkey" in fix
    shown = done(run("follow", "log", "--vkey", vkey))
    assert "with nothing: it is the first time" in shown
    assert "a mirror holds no bodies" in shown
    assert "level        0, consistent in itself" in shown
    assert told(run("--json", "follow", "log", "--require", "2"))["level"] == 2
    monkeypatch.delenv("MLEDGER_HOME")
    done(run(*COMMENT, "text=one"))
    assert "log     3 entries, 1 new" in done(run("publish", "log"))
    monkeypatch.setenv("MLEDGER_HOME", str(folder / "auditor"))
    row = told(run("--json", "follow", "log"))
    assert (row["entries"], row["new"], len(row["compared"])) == (3, 1, 1)
    assert "with the trust file, which knows 2 entries" in done(run("follow", "log", "--trust", "trust.json"))
    monkeypatch.setenv("MLEDGER_HOME", str(folder / "another"))
    short = run("follow", "log", "--vkey", vkey, "--require", "2")
    assert (short.exit_code, "LEVEL 2 IS REQUIRED, and 0 was reached" in short.stdout) == (1, True)
    short = run("follow", "log", "--trust", "trust.json", "--require", "3")
    assert (short.exit_code, "the ledger or a bundle of it" in " ".join(short.stdout.split())) == (1, True)
    other = vkey[:-6] + ("AAAAA=" if vkey.endswith("=") else "AAAAAA")
    refused(run("follow", "log", "--vkey", other), "")
    refused(run("follow", "none", "--vkey", vkey), "no log is published at none")


def test_a_rewritten_log_is_refused(run: Run, begun: Path, folder: Path, home: Path) -> None:
    """A ledger that was written anew is not published over the old; a mirror of it is no continuation."""
    shutil.copy(begun, folder / "older.db")
    done(run(*COMMENT, "text=one"))
    done(run("publish", "log"))
    done(run("follow", "log", "--vkey", done(run("checkpoint", "--vkey")).strip()))
    forged = ("--ledger", "older.db")
    refused(run(*forged, *COMMENT, "text=another"), "has 2 now", code=3)
    done(run("heads", "forget", "acme.example/credit"))
    done(run(*forged, *COMMENT, "text=another"))
    fix = refused(run(*forged, "publish", "log"), "another history", code=3)
    assert fix
    shutil.rmtree(folder / "log")
    done(run(*forged, "publish", "log"))
    refused(run("follow", "log"), "two histories of acme.example/credit are signed", code=3)
    (evidence,) = home.rglob("fork-*.json")
    assert evidence.read_text().startswith('{"evidence":"fork"')
    vkey = done(run(*forged, "checkpoint", "--vkey")).strip()
    row = told(run("--json", "check-proof", evidence, "--vkey", vkey))
    assert row["origin"] == "acme.example/credit"


def test_wrong_places_are_told(run: Run, begun: Path, folder: Path) -> None:
    """What is no place for a log is refused before anything is signed."""
    refused(run("publish", "ftp://host/log"), "is no place for a log")
    refused(run("publish", "mledger.db"), "is a file, and a log lies in a folder")
    refused(run("publish", "http://127.0.0.1:1/log"), "cannot be read", code=4)
    vkey = done(run("checkpoint", "--vkey")).strip()
    refused(run("follow", "http://127.0.0.1:1/log", "--vkey", vkey), "cannot be read", code=4)
    refused(run("publish", "log", "--kept"), "no checkpoint is kept")
    done(
        run(
            "init", "--ledger", "b.db", "--origin", "acme.example/b", "--name", ALICE, "--no-passphrase", "-q"
        )
    )
    done(run("publish", "log"))
    refused(run("--ledger", "b.db", "publish", "log"), "the log of another ledger", code=3)
