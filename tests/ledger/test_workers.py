import os
import signal
from pathlib import Path

import pytest

from mledger.chain.span import How, Job, check_span
from mledger.errors import StoreError
from mledger.events.base import build
from mledger.heads import Heads
from mledger.ledger import Ledger, What
from mledger.opening import default_policy
from mledger.reader import Reader
from mledger.stores import open_store
from mledger.testing.simulator import signer_of
from mledger.verification.workers import AHEAD, Crew

OWNER = "Alice Example"


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    """A ledger of forty entries in a file."""
    folder = tmp_path_factory.mktemp("crew")
    made = Ledger.create(
        folder / "m.db", origin="crew.example/m", signer=signer_of(OWNER), name=OWNER,
        policy=default_policy(), heads=Heads(folder / "heads"),
    )  # fmt: skip
    with made as ledger:
        for n in range(39):
            ledger.append_all([What(build("comment.added", {"on": "0", "text": f"No. {n}."}), "model/m")])
    return folder / "m.db"


@pytest.fixture
def how(path) -> How:
    """How to check everything, signatures too."""
    signer = signer_of(OWNER)
    return How({signer.key_id: signer.public}, "2999-01-01T00:00:00.000000Z")


@pytest.fixture
def crew(path):
    """Two processes at the file."""
    with open_store(path, read_only=True) as store:
        made = Crew(str(path), store, 2)
        yield made
        made.close()


def test_reports_come_in_order_whoever_made_them(path, how, crew):
    """Reports by two processes are those that one process makes, in the order of the jobs."""
    jobs = [Job(start, start + 1, how) for start in range(40)]
    with open_store(path, read_only=True) as store:
        expected = [check_span(store.entries(j.start, j.stop), j.start, how) for j in jobs]
    assert list(crew.check(jobs)) == expected
    assert [report.signatures for report in expected] == [1] * 40


def test_jobs_are_taken_as_they_are_needed(how, crew):
    """No more jobs are taken from their source than may wait at once: memory does not grow with them."""
    taken = []

    def jobs():
        for start in range(40):
            taken.append(start)
            yield Job(start, start + 1, how)

    reports = crew.check(jobs())
    next(reports)
    assert len(taken) <= 2 * AHEAD
    assert len(list(reports)) == 39


def test_this_process_works_while_the_others_start(how, crew):
    """What nobody has begun is done here instead of waiting for it."""
    done = []
    check = crew._here

    def here(job):
        done.append(job.start)
        return check(job)

    crew._here = here
    assert len(list(crew.check(Job(n, n + 1, how) for n in range(40)))) == 40
    assert done


def test_a_process_that_is_killed_is_told_in_our_words(how, crew):
    """Whoever kills a process of the crew makes the verification fail with a StoreError, and no other."""
    assert crew.probed() == ([], [])
    for process in crew._pool._processes.values():
        os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(StoreError, match="ended from outside"):
        list(crew.check([Job(0, 1, how)] * 40))


def test_two_processes_find_what_one_finds(path, monkeypatch, tmp_path):
    """A verification with a crew says what one without says, and closes the crew."""
    monkeypatch.setattr("mledger.verification.verifying.WORTH_ENTRIES", 0)
    monkeypatch.setattr("mledger.verification.verifying.SPAN", 7)
    found = []
    for processes in (1, 2):
        with Reader.open(path, heads=Heads(tmp_path / str(processes))) as reader:
            reader.processes = processes
            found.append(reader.verify(full=True).to_json())
    assert found[0] == found[1]
    assert found[0]["signatures"] == found[0]["bodies"] == 40
