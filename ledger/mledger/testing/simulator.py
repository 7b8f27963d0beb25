"""A ledger in memory, with a fixed clock and fixed keys.

sim = Simulator()
sim.append("model.registered", "model/credit-risk", title=…, purpose=…, owner=…)
sim.clock.forward(days=1)
sim.check()
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from mledger.chain.verification import Verification
from mledger.events import base as events
from mledger.events.ledger import LedgerOpened
from mledger.keys.ed25519 import Ed25519Signer
from mledger.ledger import Ledger
from mledger.opening import begin, default_policy
from mledger.reader import Reader
from mledger.stores import LedgerStore
from mledger.stores.memory import MemoryStore
from mledger.writing import Receipt

ORIGIN = "sim.example/ledger"
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self, now: datetime = START) -> None:
        """Stand at `now`, which has a zone."""
        self.now = now

    def __call__(self) -> datetime:
        """The time at which it stands."""
        return self.now

    def forward(self, **delta: float) -> None:
        """Move on by what `timedelta` takes: days, hours, seconds."""
        self.now += timedelta(**delta)


class Bytes:
    """Bytes that look random and are the same in every run."""

    def __init__(self, seed: str = "") -> None:
        """Begin the sequence that `seed` names."""
        self.seed, self.count = seed, 0

    def __call__(self, size: int) -> bytes:
        """The next `size` bytes."""
        self.count += 1
        return hashlib.shake_256(f"{self.seed}/{self.count}".encode()).digest(size)


def signer_of(name: str) -> Ed25519Signer:
    """The key of a person or machine in simulations: always the same, never to be trusted."""
    return Ed25519Signer.from_seed(hashlib.sha256(name.encode()).digest())


def key_fields(name: str, *roles: str, kind: str = "person") -> dict[str, object]:
    """The fields that enrol the key of `name`."""
    signer = signer_of(name)
    public = base64.b64encode(signer.public).decode()
    return {"id": signer.key_id, "public": public, "name": name, "kind": kind, "roles": list(roles)}


class Simulator:
    """A ledger, opened by Alice Example as its owner, to which named people append."""

    path: Path | None = None

    def __init__(
        self,
        store: LedgerStore | None = None,
        *,
        origin: str = ORIGIN,
        seed: str = "",
        path: Path | None = None,
    ) -> None:
        """Open the ledger in `store`, by default in memory; `path` is its file, if it has one."""
        self.store = store or MemoryStore()
        if path is not None:
            self.path = path
        self.clock = Clock()
        self.random = Bytes(seed)
        self._ledgers: dict[str, Ledger] = {}
        self._keys: dict[str, str] = {}
        owner = "Alice Example"
        fields = {"origin": origin, "key": key_fields(owner, "owner"), "policy": default_policy()}
        opening = events.build("ledger.opened", fields)
        begin(self.reader(), signer_of(owner), cast(LedgerOpened, opening), self.random)

    def reader(self) -> Reader:
        """A reader of the ledger by the simulator's clock."""
        return Reader(self.store, clock=self.clock, path=self.path)

    def signer(self, name: str) -> Ed25519Signer:
        """The key with which `name` signs now."""
        return signer_of(self._keys.get(name, name))

    def ledger(self, name: str = "Alice Example") -> Ledger:
        """The ledger as `name` opens it to append."""
        if name not in self._ledgers:
            self._ledgers[name] = Ledger(
                self.store, self.signer(name), clock=self.clock, random=self.random, path=self.path
            )
        return self._ledgers[name]

    def enrol(self, name: str, *roles: str, kind: str = "person") -> Receipt:
        """Enrol the key of `name` with roles of the default policy."""
        return self.append("key.enrolled", "ledger", {"key": key_fields(name, *roles, kind=kind)})

    def rotate(self, name: str, *roles: str, reason: str) -> Receipt:
        """Give `name` a new key with these roles, with which they sign from now on."""
        old, seed = self.signer(name), f"{name}, the next key"
        key = key_fields(seed, *roles) | {"name": name}
        fields = {"old": old.key_id, "key": key, "reason": reason}
        receipt = self.append("key.rotated", "ledger", fields)
        self._keys[name] = seed
        self._ledgers.pop(name, None)
        return receipt

    def append(
        self,
        event: str,
        stream: str,
        fields: Mapping[str, object],
        *,
        by: str = "Alice Example",
        at: str | None = None,
    ) -> Receipt:
        """Record an event as `by`, a second after the last."""
        self.clock.forward(seconds=1)
        return self.ledger(by).append(event, stream, fields, at=at)

    def check(self) -> Verification:
        """Verify the whole ledger again; AssertionError with the findings if anything is wrong."""
        verification = self.reader().verify(full=True)
        if verification.findings:
            raise AssertionError(
                "\n".join(f"{f.where}: {f.rule}: {f.message}" for f in verification.findings)
            )
        return verification
