"""The stage: a ledger with a fixed clock, and its cast."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mledger.datasets import adding
from mledger.errors import DeniedError
from mledger.keystore import Keystore
from mledger.reader import Reader
from mledger.stores import open_store
from mledger.testing.simulator import Simulator
from mledger.testing.story import PEOPLE
from mledger.testing.story.training import Experiment, code_digest, environment

ORIGIN = "amber.example/meters"
ALICE, BOB, CAROL, DORA = PEOPLE
CI = "Pipeline"
ZONES, READER = "model/card-zones", "model/card-reader"
CRITERIA: list[dict[str, Any]] = [
    {"metric": "selective_accuracy", "operator": ">=", "value": 0.98},
    {"metric": "coverage", "operator": ">=", "value": 0.7},
]


class Voice:
    """Somebody who says things: each call records an event, signed with their key."""

    def __init__(self, stage: "Stage", name: str) -> None:
        """Speak on a stage, under a name."""
        self.stage = stage
        self.name = name

    def __call__(
        self, event: str, stream: str, /, *, called: str | None = None, at: str | None = None, **fields: Any
    ) -> str:
        """Record an event; its number, by which later scenes find it if it is `called` something."""
        number = self.stage.sim.append(event, stream, fields, by=self.name, at=at).number
        if called is not None:
            self.stage.numbers[called] = number
        return number

    def may_not(self, event: str, stream: str, /, **fields: Any) -> None:
        """Try what the rules forbid. AssertionError if nothing forbids it."""
        try:
            self(event, stream, **fields)
        except DeniedError:
            return
        raise AssertionError(f"bug: {self.name} may record {event} on {stream}")


class Stage:
    """Where the story is played: a new ledger in a folder, and what lies beside it."""

    def __init__(self, folder: Path) -> None:
        """Open the ledger."""
        self.folder = folder
        self.numbers: dict[str, str] = {}
        self.files: dict[str, dict[str, Any]] = {}
        path = folder / "mledger.db"
        for name in ("data", "models"):
            (folder / name).mkdir()
        self.sim = Simulator(open_store(path, create=True), origin=ORIGIN, path=path)

    def __getitem__(self, called: str) -> str:
        """The number of the event that was called so."""
        return self.numbers[called]

    @property
    def cast(self) -> Iterator[Voice]:
        """Alice, Bob, Carol, Dora and the pipeline."""
        return (Voice(self, name) for name in (*PEOPLE, CI))

    def voice(self, name: str) -> Voice:
        """One of the cast."""
        return Voice(self, name)

    def at(self, moment: str) -> None:
        """Let it be a day and an hour, in UTC, later than the last."""
        now = datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        if now <= self.sim.clock.now:
            raise AssertionError(f"bug: {moment} is over")
        self.sim.clock.now = now

    def data(self, file: str, name: str, by: str, **said: Any) -> adding.Added:
        """Record a file as the first or next state of a dataset, as `mledger data add` does."""
        self.sim.clock.forward(seconds=1)
        about = said.pop("about", {})
        added = adding.add(self.sim.ledger(by), self.folder / "data" / file, name, about=about, **said)
        self.numbers[f"{name}@{added.version}"] = added.event
        return added

    def use(self, state: str, role: str) -> dict[str, str]:
        """A recorded state of data, NAME@VERSION, as a run or an evaluation names it."""
        name, _, version = state.partition("@")
        body: Any = self.sim.reader().fact(self.numbers[state]).data
        digests = {digest.name: digest.sha256 for digest in body.digests}
        digest = digests.get("content") or next(iter(digests.values()))
        row = {"name": name, "version": version, "digest": digest}
        return row | ({"role": role} if role else {})

    def close(self) -> None:
        """Leave a checkpoint, everybody's key, and the memory of a machine that has seen it whole."""
        (self.folder / "checkpoint.txt").write_bytes(self.sim.ledger(ALICE).checkpoint())
        keys = Keystore()
        for name in (*PEOPLE, CI):
            keys.add(self.sim.signer(name), owner=name)
        self.sim.store.close()
        with Reader.open(self.folder / "mledger.db", clock=self.sim.clock) as reader:
            reader.verify(full=True)

    # --- runs

    def begins(self, run: str, model: str, tries: Experiment, hypothesis: str, **more: Any) -> None:
        """The pipeline starts a run: what is expected of it stands before it has a result."""
        ci = self.voice(CI)
        ci(
            "run.started",
            model,
            called=run,
            run=run,
            hypothesis=hypothesis,
            params=tries.fields,
            seeds={"numpy": 7},
            code_digest=code_digest(),
            cmd=f"python train.py {run}",
            env=environment(),
            **{"criteria": CRITERIA, **more},
        )
        self.sim.clock.forward(minutes=2)

    def ends(self, run: str, model: str, metrics: list[dict[str, Any]], **more: Any) -> str:
        """The pipeline ends a run; the verdict is what its criteria say."""
        ci = self.voice(CI)
        if "artifacts" in more:
            (self.files[run],) = more["artifacts"]
        verdict: str = more.pop("verdict", "supported" if reached(metrics) else "refuted")
        ci("run.finished", model, run=run, metrics=metrics, verdict=verdict, **more)
        return verdict


def reached(metrics: list[dict[str, Any]]) -> bool:
    """Whether what was measured reaches both criteria."""
    values = {row["name"]: row["value"] for row in metrics if "slice" not in row}
    return all(values[str(one["metric"])] >= one["value"] for one in CRITERIA)
