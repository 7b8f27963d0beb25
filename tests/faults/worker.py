"""A process that appends and says what it knows, one line each, until somebody stops it.

    python -m tests.faults.worker SUBJECT create PATH
    python -m tests.faults.worker SUBJECT record PATH NAME COUNT THEN

It says `open`, then for each token `done TOKEN` once it was told that the token is durable, or
`failed TOKEN CLASS OUTCOME`; THEN says what it does after a failure: `close`, `crash` (it dies without
closing anything) or `again` (it tries the next tokens). Any other way to end than these is a leaked error.
"""

import os
import signal
import sys
from pathlib import Path

from mledger.errors import MledgerError
from tests.faults.subjects import SUBJECTS, Subject

REFUSED = 40
"""The exit code of a worker that could not open the ledger, and said so as it should."""


def say(*words: object) -> None:
    """Write one line at once: what was written is in the pipe, whatever happens next."""
    os.write(1, f"{' '.join(map(str, words))}\n".encode())


def record(subject: Subject, path: Path, name: str, count: int, then: str) -> None:
    """Append tokens until there are enough, or until the first failure."""
    handle = subject.open(path)
    say("open")
    for number in range(count):
        token = f"{name}-{number}"
        try:
            subject.record(handle, token)
        except MledgerError as error:
            say("failed", token, type(error).__name__, error.details.get("outcome", "known"))
            if then == "crash":
                os.kill(os.getpid(), signal.SIGKILL)
            if then == "close":
                break
        else:
            say("done", token)
    subject.close(handle)
    say("closed")


def main(subject: str, verb: str, path: str, *rest: str) -> int:
    """Do what the command line says; the exit code says how it went."""
    try:
        if verb == "create":
            SUBJECTS[subject].create(Path(path))
            say("created")
        else:
            name, count, then = rest
            record(SUBJECTS[subject], Path(path), name, int(count), then)
    except MledgerError as error:
        say("refused", type(error).__name__)
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
