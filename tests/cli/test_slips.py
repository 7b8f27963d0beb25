"""Slips that would be signed: an empty name, a stream that nobody meant to begin."""

from pathlib import Path

import pytest

from tests.cli.asking import ALICE, MODEL, Run, done, nothing_written, refused, told

REASON = ("--reason", "x")
REVIEW = ("reviews", "schedule", MODEL, "--title", "t", "--scope", "s", "--due", "9999-01-01")


NOBODY = (
    ("key", "grant", "{}", "auditor", *REASON),
    ("key", "revoke", "{}", *REASON),
    ("key", "appoint", "{}", *REASON),
    (*REVIEW, "--owner", "{}"),
    ("handover", MODEL, "--from", "{}", "--to", "Bob"),
    ("handover", MODEL, "--from", ALICE, "--to", "{}"),
    ("inbox", "--for", "{}"),
    ("log", "--by", "{}"),
)


@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name_is_nobody(run: Run, begun: Path, name: str) -> None:
    """A shell variable that is not set names nobody, and not whoever gave no e-mail address."""
    with nothing_written(begun.parent):
        for command in NOBODY:
            fix = refused(run(*(part.format(name) for part in command)), "the name is empty")
            assert fix == "mledger key list --enrolled"


def test_a_slip_in_a_stream_is_remarked_on(run: Run, begun: Path) -> None:
    """The first event on a stream that nobody registered is recorded, and the nearest ones are named."""
    fields = ("--set", "on=1", "--set", "text=x")
    result = run("append", "comment.added", "model/credit-risc", *fields)
    assert done(result).startswith("event 2  ")
    assert result.stderr == f"model/credit-risc is new here; did you mean {MODEL}?\n"
    assert run("append", "comment.added", "model/credit-risc", *fields).stderr == ""
    assert "did you mean" not in run("append", "comment.added", MODEL, *fields).stderr
    result = run("append", "comment.added", "dataset/loans", *fields)
    done(result)
    assert result.stderr.startswith("dataset/loans is new here, and nobody registered it: mledger append ")
    assert told(run("show", "5", "--json"))["stream"] == "dataset/loans"


def test_a_stream_that_is_registered_is_meant(run: Run, begun: Path) -> None:
    """Whoever registers a model says what it is: nothing is remarked on, however near another name is."""
    fields = ("--set", "title=t", "--set", "purpose=p", "--set", f"owner={ALICE}")
    assert run("append", "model.registered", "model/credit-risk-2", *fields).stderr == ""
