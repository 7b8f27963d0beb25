"""A witness on disk: its key, its logs, what it cosigned last.

    witness.key, witness.pub    its key, whose owner is the witness's name
    logs/<32 hex>.json          one file for each log: origin, trusted keys, the note cosigned last
    evidence/<32 hex>-….json    forks that it was shown, see `mledger.core.evidence`

What is cosigned is on the disk before it is answered, and one lock serves all processes and threads: two
requests never extend the same checkpoint in two ways.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from mledger import folders
from mledger.chain import witness as rule
from mledger.chain.witness import Log
from mledger.core import canonical
from mledger.core.evidence import Evidence, format_evidence
from mledger.core.note import ED25519, format_signatures, format_vkey, parse_vkey
from mledger.core.submission import SIZE_TYPE, format_size
from mledger.errors import FormatError, InputError, MledgerError
from mledger.keys.signer import Signer

VERSION = 1
MAX_EVIDENCE = 16
"""Forks of one log that are kept: one is enough, and whoever holds its key could make any number."""
TEXT_TYPE = "text/plain; charset=utf-8"


class Answer(NamedTuple):
    """What a witness answers over HTTP."""

    status: int
    body: bytes
    type: str = TEXT_TYPE


class Logs:
    """The logs that a witness knows, in one folder; several processes may use it at once."""

    def __init__(self, folder: Path | None = None) -> None:
        """Use the folder, or else the user's own."""
        self.folder = folder or folders.witness_folder()

    def find(self, origin: str) -> Log | None:
        """What is known of the log of that origin. Errors: FormatError if its file is damaged."""
        return self._read(self._file(origin))

    def all(self) -> list[Log]:
        """Every log, by origin."""
        files = (self.folder / "logs").glob("*.json")
        return sorted((log for file in files if (log := self._read(file))), key=lambda log: log.origin)

    def evidence(self) -> list[Path]:
        """The files that prove forks."""
        return sorted((self.folder / "evidence").glob("*.json"))

    def add(self, vkey: str, *, only: bool = False) -> Log:
        """Trust a verifier key for the log that it names, and perhaps no other any longer.

        Errors: FormatError, InputError, StoreError.
        """
        key = parse_vkey(vkey)
        if key.alg != ED25519:
            raise InputError(
                f"{key.name} is the key of a witness, not of a log",
                fix="add what this prints where the ledger is: mledger checkpoint --vkey",
            )
        with self.turn():
            held = self.find(key.name) or Log(key.name, ())
            others = () if only else tuple(other for other in held.keys if other != key)
            log = held._replace(keys=(*others, key))
            self.keep(log)
        return log

    def keep(self, log: Log) -> None:
        """Keep, durably, what is known of a log from now on. Errors: StoreError."""
        keys = [format_vkey(key.name, key.public, key.alg) for key in log.keys]
        row = {"v": VERSION, "origin": log.origin, "keys": keys}
        row |= {"note": log.kept.decode()} if log.kept is not None else {}
        data = json.dumps(row, ensure_ascii=False).encode() + b"\n"
        folders.replace(self._file(log.origin), data, durable=True)

    def keep_evidence(self, log: Log, evidence: Evidence) -> Path | None:
        """The new file that proves a fork of a log; None if it is there, or there are plenty.

        Errors: StoreError.
        """
        folder, name = self.folder / "evidence", _name(log.origin)
        if len(list(folder.glob(f"{name}-*"))) >= MAX_EVIDENCE:
            return None
        data = format_evidence(evidence)
        file = folder / f"{name}-{sha256(data).hexdigest()[:12]}.json"
        folders.make_private(folder)
        with suppress(FileExistsError):
            folders.create(file, data)
            return file
        return None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the folder against all others, threads of this process included."""
        folders.make_private(self.folder)
        folders.make_private(self.folder / "logs")
        with folders.locked(self.folder):
            yield

    def _file(self, origin: str) -> Path:
        return self.folder / "logs" / f"{_name(origin)}.json"

    def _read(self, file: Path) -> Log | None:
        try:
            with folders.translated(file, FileNotFoundError, NotADirectoryError):
                data = file.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            log = _parse(data)
        except MledgerError as error:
            raise FormatError(
                f"what the witness knows of a log is damaged: {file}: {error.message}"
            ) from None
        if self._file(log.origin).name != file.name:
            raise FormatError(f"what the witness knows of {log.origin} lies under another name: {file}")
        return log


class Witness:
    """A witness that answers requests: its name, its signer, its logs, its clock in seconds since 1970."""

    def __init__(
        self,
        name: str,
        signer: Signer,
        logs: Logs,
        clock: Callable[[], float] = time.time,
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Cosign as `name` what the logs send; `tell` its owner of forks and of what goes wrong."""
        self.name, self.signer, self.logs, self.clock, self.tell = name, signer, logs, clock, tell

    def answer(self, data: bytes) -> Answer:
        """What to answer to `add-checkpoint`; it is kept, durably, before this returns.

        Errors: FormatError if what is known is damaged, StoreError: nothing is cosigned then.
        """
        with self.logs.turn():
            verdict = rule.judge(data, self.logs.find)
            if verdict.log is not None and verdict.evidence is not None:
                self.logs.keep_evidence(verdict.log, verdict.evidence)
                self.tell(
                    f"{verdict.log.origin} has signed two histories: see {self.logs.folder / 'evidence'}"
                )
            if verdict.log is None or verdict.log.kept is None or verdict.status != rule.COSIGN:
                size = verdict.size
                body = f"{verdict.reason}\n".encode() if size is None else format_size(size)
                return Answer(verdict.status, body, TEXT_TYPE if size is None else SIZE_TYPE)
            self.logs.keep(verdict.log)
        line = rule.cosign(verdict.log.kept, self.name, self.signer, int(self.clock()))
        return Answer(verdict.status, format_signatures([line]))


def _name(origin: str) -> str:
    """The file name of a log: origins may hold what file names cannot."""
    return sha256(origin.encode()).hexdigest()[:32]


def _parse(data: bytes) -> Log:
    row = canonical.decode(data)
    match row:
        case {"v": 1, "origin": str(origin), "keys": [str(), *_] as keys, **rest} if rest.keys() <= {"note"}:
            log = Log(origin, tuple(map(parse_vkey, map(str, keys))), _note(rest.get("note")))
        case _:
            raise FormatError("not what a witness keeps of a log")
    if any(key.name != origin for key in log.keys) or (log.checkpoint or log).origin != origin:
        raise FormatError("its keys or its note are of another log")
    return log


def _note(text: object) -> bytes | None:
    if text is None or isinstance(text, str):
        return None if text is None else text.encode()
    raise FormatError("its note is no text")
