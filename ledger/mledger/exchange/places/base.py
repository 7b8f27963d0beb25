"""The contract of a place: files made once, and one replaced.

Folders and buckets pass the same tests: nothing there is ever changed behind a reader's back.
"""

from typing import Protocol

from mledger.errors import ConflictError, DivergedError

MAX_READ = 1 << 25
"""Bytes of one file of a log, at most: 256 entries of 65,535 bytes make 16 MiB."""


class Place(Protocol):
    """Where the files of one log lie."""

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None if there is none. Errors: RetryError if the place cannot be reached."""
        ...

    def create(self, path: str, data: bytes) -> bool:
        """Make a file, durable on return; False if it is there already with these very bytes.

        Must never change a file: DivergedError if it is there with others. A reader sees all of it or none.
        """
        ...

    def replace(self, path: str, data: bytes, held: bytes | None) -> None:
        """Put a file in the place of `held`, or where none is if that is None; durable on return.

        Must change nothing, and raise ConflictError, if something else is there by now.
        """
        ...


def check_same(address: str, path: str, held: bytes | None, data: bytes) -> bool:
    """False, for the file that is there is the one wanted; DivergedError if it is another."""
    if held != data:
        raise DivergedError(
            f"{address} holds another {path} than this ledger makes",
            fix="publish to another place, and find out whose log that is",
        )
    return False


def overtaken(address: str, path: str) -> ConflictError:
    """The error for somebody who publishes while another does."""
    return ConflictError(f"somebody else published to {address} meanwhile ({path})", fix="try again")
