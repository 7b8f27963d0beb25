"""The outcome of a verification: findings, level, what it relied on."""

from dataclasses import dataclass, field
from typing import NamedTuple

from mledger.chain.entry import Head
from mledger.chain.findings import Finding
from mledger.chain.keyring import Keyring
from mledger.core.moment import Moment

LEVELS = {
    0: "consistent in itself",
    1: "and the pinned origin, first key and first entry",
    2: "and it extends a head that was kept",
    3: "and it is anchored in time within policy",
    4: "and it is cosigned by the required witnesses",
}
NEEDS = {
    1: "this machine's memory of the ledger, or a checkpoint kept elsewhere (--from-checkpoint FILE)",
    2: "a head seen before: this machine's memory, --from-checkpoint FILE or --expect-head HASH",
    3: "a time anchor recorded in the ledger",
    4: "cosignatures of the witnesses that the policy requires",
}


class Level(NamedTuple):
    """One level of trust: whether it was reached, what it rests on, and what it would still need."""

    level: int
    meaning: str
    reached: bool
    relied_on: list[str]
    needs: str | None

    def to_json(self) -> dict[str, object]:
        """The level as `--json` prints it."""
        return self._asdict()


@dataclass(slots=True)
class Verification:
    """What was checked, what it relied on, and what is wrong.

    `level` is None when integrity is broken. `vouched` says what each level above 2 rests on, and `lacks`
    what it lacks, where that can be said better than in general. Entries before `since` were verified
    earlier: `earlier` says what was done about them this time.
    """

    origin: str
    head: Head
    root: bytes
    events: int
    time: Moment | None
    keyring: Keyring
    level: int | None = None
    since: int = 0
    earlier: str | None = None
    signatures: int = 0
    bodies: int = 0
    attachments: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    """How many signatures of the ledger under its checkpoints hold, by algorithm."""
    relied_on: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    """The events whose bodies this copy leaves out on purpose: present as hashes, and not judged."""
    vouched: dict[int, list[str]] = field(default_factory=dict)
    lacks: dict[int, str] = field(default_factory=dict)

    @property
    def intact(self) -> bool:
        """Whether nothing that was found breaks integrity."""
        return not any(finding.integrity for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """0 as it should be, 1 findings of policy alone, 3 integrity broken."""
        return (1 if self.findings else 0) if self.intact else 3

    def needs(self) -> dict[int, str]:
        """What each level above the one reached would need."""
        reached = -1 if self.level is None else self.level
        return {level: self.lacks.get(level, text) for level, text in NEEDS.items() if level > reached}

    def levels(self) -> list[Level]:
        """Each level of trust, what it rests on and what it needs."""
        reached, needs = -1 if self.level is None else self.level, self.needs()
        rests: dict[int, list[str]] = {
            1: self.relied_on,
            2: self.relied_on if reached >= 2 else [],
        } | self.vouched
        return [
            Level(n, meaning, n <= reached, rests.get(n, []), needs.get(n)) for n, meaning in LEVELS.items()
        ]

    def to_json(self) -> dict[str, object]:
        """The verification as `--json` prints it."""
        return {
            "origin": self.origin,
            "intact": self.intact,
            "level": self.level,
            "meaning": None if self.level is None else [LEVELS[n] for n in range(self.level + 1)],
            "entries": self.head.size,
            "events": self.events,
            "head": self.head.leaf.hex(),
            "root": self.root.hex(),
            "time": self.time,
            "since": self.since,
            "earlier": self.earlier,
            "signatures": self.signatures,
            "bodies": self.bodies,
            "withheld": len(self.withheld),
            "attachments": self.attachments,
            "checkpoints": self.lines,
            "keys": len(self.keyring.members),
            "relied_on": self.relied_on,
            "levels": self.levels(),
            "needs": {str(level): text for level, text in self.needs().items()},
            "findings": [finding.to_json() for finding in self.findings],
            "exit_code": self.exit_code,
        }
