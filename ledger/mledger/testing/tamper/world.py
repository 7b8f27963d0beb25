"""The world that is attacked, and those who remember it."""

import hashlib
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast

from mledger.attachment import Attachment
from mledger.chain.verification import Verification
from mledger.events import base as events
from mledger.events.ledger import LedgerOpened
from mledger.events.policy import Policy
from mledger.heads import Heads
from mledger.ledger import Ledger, What
from mledger.opening import begin, default_policy
from mledger.reader import Reader
from mledger.stores import LedgerStore, open_store
from mledger.testing.simulator import Bytes, Clock, key_fields, signer_of
from mledger.verification.verifying import Trust
from mledger.writing import Receipt

ORIGIN = "acme.example/credit-risk"
ALICE, BOB, CAROL, DAVE, JOB = (
    "Alice Example",
    "Bob Example",
    "Carol Example",
    "Dave Example",
    "training-job",
)
PEOPLE = (ALICE, BOB, CAROL, DAVE, JOB)
MODEL, DATA = "model/credit-risk", "dataset/loans"

# Where things stand in the ledger of a world.
DATED, REVOCATION, PROPOSAL, ACCEPTANCE = 7, 8, 9, 10
RUN, CAROLS, BOBS = 148, 149, 150
"""An entry of the machine with two events, then a comment of Carol's, then one of Bob's."""
LAST_APPROVAL = 12
REPORT = Attachment.of(b"AUC 0.8214 on the validation months\n", "report.txt")
"""What Carol's request for the promotion rests on, kept in the ledger."""
FIRST_CHECKPOINT, OLDER, CHECKPOINT, SIZE = 120, 200, 280, 300


@dataclass(frozen=True, slots=True)
class World:
    """A folder with a ledger of `SIZE` entries, and what is known of it elsewhere.

    Alice owns it, Bob reviews, Carol builds, Dave's key was revoked, and a training job signs by
    itself. Copy it with `clone` and attack the copy.
    """

    folder: Path
    clock: Clock
    tidy: bool = True
    """Whether attackers make again the triggers and indexes that they dropped."""

    @property
    def path(self) -> Path:
        """The ledger."""
        return self.folder / "acme.db"

    @property
    def older(self) -> Path:
        """A copy of the ledger's file from when it had `OLDER` entries."""
        return self.folder / "older.db"

    @property
    def fork(self) -> Path:
        """Another ledger of the same people: the same up to `OLDER`, and then another history."""
        return self.folder / "fork.db"

    @property
    def stranger(self) -> Path:
        """A ledger with the same origin and the same names, and with fresh keys."""
        return self.folder / "stranger.db"

    @property
    def twin(self) -> Path:
        """Another ledger of the same people with the same keys, from its first entry on."""
        return self.folder / "twin.db"

    @property
    def kept(self) -> bytes:
        """The checkpoint of `CHECKPOINT` entries that somebody else keeps."""
        return (self.folder / "kept.checkpoint").read_bytes()

    @property
    def heads(self) -> Heads:
        """This machine's memory of heads."""
        return Heads(self.folder / "heads")

    def reader(self, *, memory: bool = True) -> Reader:
        """The ledger opened for reading, with this machine's memory or without any."""
        store = open_store(self.path, read_only=True)
        return Reader(store, heads=self.heads if memory else None, clock=self.clock, path=self.path)

    def ledger(self, name: str = ALICE) -> Ledger:
        """The ledger opened for appending as `name`, on the machine that remembers it."""
        return Ledger.open(self.path, heads=self.heads, clock=self.clock, key=signer_of(name))

    def verify(self, *, full: bool = False, memory: bool = False, checkpoint: bool = False) -> Verification:
        """What a verification finds, by the file alone or with what else is known."""
        with self.reader(memory=memory) as reader:
            return reader.verify(full=full, trust=Trust(self.kept if checkpoint else None))

    def clone(self, folder: Path, *, tidy: bool = True) -> Self:
        """A copy in another folder, verified there once, so that its machine remembers it clean."""
        shutil.copytree(self.folder, folder)
        world = type(self)(folder, Clock(self.clock.now), tidy)
        verification = world.verify(full=True, memory=True)
        if verification.findings:
            raise AssertionError(f"bug: the world is not clean: {verification.findings}")
        return world


def build_world(folder: Path) -> World:
    """A new world in a folder that is there already; always the same, in about a second."""
    world = World(folder, Clock())
    with closing(open_store(world.path, create=True)) as store:
        company = Company(store, world.clock)
        company.found()
        company.carry_on(FIRST_CHECKPOINT)
        company.checkpoint()
        company.carry_on(OLDER)
        copy_ledger(world.path, world.older)
        company.carry_on(CHECKPOINT)
        (folder / "kept.checkpoint").write_bytes(company.checkpoint())
        company.carry_on(SIZE)
    shutil.copy(world.older, world.fork)
    with closing(open_store(world.fork)) as store:
        other = Company(store, world.clock, "fork")
        other.carry_on(CHECKPOINT)
        other.checkpoint()
        other.carry_on(SIZE)
    for path, keys in ((world.twin, ""), (world.stranger, "stranger ")):
        with closing(open_store(path, create=True)) as store:
            other = Company(store, world.clock, path.stem, keys=keys)
            other.found()
            other.carry_on(CHECKPOINT)
            other.checkpoint()
            other.carry_on(SIZE)
    world.clock.forward(hours=1)
    return world


def copy_ledger(path: Path, copy: Path) -> None:
    """Copy a ledger that is open, as a backup program does."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


class Company:
    """The people of a world, who record what they do in one store.

    `keys` goes before each name when their keys are made, so that namesakes have others.
    """

    def __init__(self, store: LedgerStore, clock: Clock, seed: str = "", *, keys: str = "") -> None:
        """Record in `store`, by a clock that moves on a second for each entry."""
        self.store, self.clock, self.keys = store, clock, keys
        self.random = Bytes(f"world {seed}")
        self._ledgers: dict[str, Ledger] = {}

    def key(self, name: str, *roles: str, kind: str = "person") -> dict[str, object]:
        """The fields that enrol somebody's key."""
        return key_fields(self.keys + name, *roles, kind=kind) | {"name": name}

    def as_(self, name: str) -> Ledger:
        """The ledger as `name` appends to it."""
        if name not in self._ledgers:
            signer = signer_of(self.keys + name)
            self._ledgers[name] = Ledger(self.store, signer, clock=self.clock, random=self.random)
        return self._ledgers[name]

    def say(
        self,
        name: str,
        event: str,
        stream: str,
        fields: Mapping[str, object],
        *,
        at: str | None = None,
        attach: Sequence[Attachment] = (),
    ) -> Receipt:
        """Record one event."""
        self.clock.forward(seconds=1)
        return self.as_(name).append(event, stream, fields, at=at, attach=attach)

    def checkpoint(self) -> bytes:
        """A checkpoint of all that there is, signed by Alice and kept in the ledger."""
        return self.as_(ALICE).checkpoint()

    def found(self, policy: Policy | None = None) -> None:
        """Open the ledger, and record what the later entries rest on."""
        rules = policy or default_policy()
        fields = {"origin": ORIGIN, "key": self.key(ALICE, "owner"), "policy": rules}
        opening = cast(LedgerOpened, events.build("ledger.opened", fields))
        reader = Reader(self.store, clock=self.clock)
        begin(reader, signer_of(self.keys + ALICE), opening, self.random)
        staff = ((BOB, "reviewer"), (CAROL, "engineer"), (DAVE, "engineer"))
        for name, role in staff:
            self.say(ALICE, "key.enrolled", "ledger", {"key": self.key(name, role)})
        self.say(ALICE, "key.enrolled", "ledger", {"key": self.key(JOB, "machine", kind="machine")})
        self.say(CAROL, "model.registered", MODEL, _MODEL)
        self.say(CAROL, "dataset.registered", DATA, _DATASET)
        remark = {"on": "6", "text": "Loans before 2019 lack the rate."}
        self.say(DAVE, "comment.added", DATA, remark, at="2026-01-04T12:00:00Z")
        revoked = {"key": signer_of(self.keys + DAVE).key_id, "reason": "Left the company."}
        self.say(ALICE, "key.revoked", "ledger", revoked)
        self.say(CAROL, "decision.proposed", MODEL, _DECISION)
        self.say(BOB, "decision.accepted", MODEL, {"decision": str(PROPOSAL)})
        self.say(CAROL, "promotion.requested", MODEL, _REQUEST, attach=[REPORT])
        self.say(BOB, "promotion.approved", MODEL, {"request": "11", "reason": "Objectives met."})

    def carry_on(self, size: int) -> None:
        """Train, comment and review until the ledger has `size` entries."""
        while (seq := self.store.head().size) < size:
            match seq % 3:
                case 1:
                    self._train(f"run-{seq}")
                case 2:
                    self._comment(CAROL, seq, "The loss falls as it should.")
                case _:
                    self._comment(BOB, seq, "Seen.")

    def _comment(self, name: str, seq: int, text: str) -> None:
        self.say(name, "comment.added", MODEL, {"on": "5", "text": f"{text} ({self.random.seed}, {seq})"})

    def _train(self, name: str) -> None:
        self.clock.forward(seconds=1)
        started = {"run": name, "hypothesis": "More depth helps.", "criteria": [_CRITERION]}
        bodies = (events.build("run.started", started), events.build("run.finished", {"run": name}))
        self.as_(JOB).append_all([What(body, MODEL) for body in bodies])


_MODEL = {"title": "Credit risk", "purpose": "Decide on small loans.", "owner": ALICE}
_REQUEST: dict[str, object] = {
    "version": "1.0",
    "from_stage": "staging",
    "to_stage": "production",
    "reason": "Better AUC.",
}
_REQUEST["refs"] = [{"rel": "evidence", "digest": REPORT.sha256.hex(), "title": REPORT.name, "kept": True}]
_CRITERION = {"metric": "auc", "operator": ">=", "value": 0.8}
_DATASET = {
    "title": "Loans",
    "origin": "The company's own books.",
    "collected_how": "Exported from the core banking system.",
    "by_whom": "Data office",
    "licence": "internal",
    "digests": [{"name": "loans.csv", "sha256": hashlib.sha256(b"loans").hexdigest()}],
}
_DECISION = {
    "title": "Gradient boosting",
    "summary": "Use gradient boosting.",
    "category": "architecture",
    "question": "Which kind of model?",
    "alternatives": [
        {"name": "boosting"},
        {"name": "logistic regression", "why_not": "It misses the interactions."},
    ],
    "choice": "boosting",
    "rationale": "Best on the validation months.",
    "data_quality_influence": "None known.",
}
