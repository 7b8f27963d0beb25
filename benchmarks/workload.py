"""The lives of a hundred models, the same for every seed.

Mostly runs; decisions with their acceptances, comments, refreshed data, releases and promotions
between them. Every body is a valid event, of about 640 bytes on average. One more model, `PROBE`,
has as many events in a small workload as in a large one, spread evenly: what its replay costs must
not depend on the rest.

Decisions and requests have ids of their own, so that later events can answer them. Answers come at
least `LAG` events later: an answer can only name what is in the ledger already.
"""

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mledger.chain.draft import format_id, new_ids
from mledger.events.base import EventBody, build

MODELS = 100
DATASETS = 20
PROBE = "model/probe"
PROBES = 500
LAG = 10_000
SEED = 20_260_105
_BEGAN = 1_767_600_000_000

_WORDS = (
    "the gain comes from two regions only and vanishes when late codes are left out while the gap"
    " between age groups stays within what was agreed so we keep depth and step size as they are"
    " until the next refresh because training on half the rows gives the same curve within noise"
).split()
_METRICS = ("auc", "logloss", "gap", "recall", "precision", "latency_ms", "brier", "psi")
_WEIGHTS = {
    "run": 58,
    "comment": 17,
    "decision": 6,
    "accept": 3,
    "refresh": 8,
    "artifact": 4,
    "release": 2,
    "request": 1,
    "approve": 0.5,
    "deploy": 0.5,
}
_KINDS, _SHARES = tuple(_WEIGHTS), tuple(_WEIGHTS.values())


class Happening(NamedTuple):
    """One event of the workload: its body, its stream, and its id where others refer to it."""

    body: EventBody
    stream: str
    id: bytes | None = None


@dataclass(slots=True)
class _Life:
    """What has happened to one model so far."""

    stream: str
    runs: int = 0
    versions: int = 0
    open_run: str | None = None
    registered: bool = False
    asked: deque[tuple[int, str]] = field(default_factory=deque)
    requested: deque[tuple[int, str]] = field(default_factory=deque)
    last: str = "0"


def happenings(count: int, *, seed: int = SEED, lag: int = LAG, probes: int = PROBES) -> Iterator[Happening]:
    """The first `count` events, of which so many are the probe's: a tenth of all at most."""
    return _Town(seed, lag).run(count, min(probes, count // 10))


def plain(one: Happening) -> dict[str, Any]:
    """The event as values that JSON knows, for a ledger without types."""
    data = one.body.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {"type": one.body.type, "stream": one.stream, "data": data}


class _Town:
    """Models, datasets, and the dice that decide what happens next."""

    def __init__(self, seed: int, lag: int) -> None:
        self.dice = random.Random(seed)
        self.lag = lag
        self.lives = [_Life(f"model/credit-risk-{n:03}") for n in range(MODELS)]
        self.probe = _Life(PROBE)
        self.refreshes = [0] * DATASETS
        self.count = 0

    def run(self, count: int, left: int) -> Iterator[Happening]:
        every = count // left if left else count + 1
        while self.count < count:
            if left and self.count % every == every - 1:
                left -= 1
                yield self._next(self.probe)
            else:
                yield self._next(self.dice.choice(self.lives))
            self.count += 1

    def _next(self, life: _Life) -> Happening:
        if not life.registered:
            return self._register(life)
        (kind,) = self.dice.choices(_KINDS, _SHARES)
        if kind == "refresh":
            return self._run(life) if life is self.probe else self._refresh()
        if kind == "accept" and (number := self._due(life.asked)):
            return self._made(life, "decision.accepted", decision=number, reason=self._text(20))
        if kind == "approve" and (number := self._due(life.requested)):
            return self._made(life, "promotion.approved", request=number, reason=self._text(20))
        step: Callable[[_Life], Happening] = getattr(self, f"_{kind}", self._run)
        return step(life)

    def _due(self, waiting: deque[tuple[int, str]]) -> str | None:
        """The newest question that is surely in the ledger; older ones are answered no more."""
        due = None
        while waiting and waiting[0][0] + self.lag <= self.count:
            due = waiting.popleft()[1]
        return due

    def _made(self, life: _Life, type: str, *, named: bool = False, **fields: object) -> Happening:
        if not named:
            return Happening(build(type, fields), life.stream)
        (own,) = new_ids(_BEGAN + 1000 * self.count, self.dice.randbytes(10), 1)
        life.last = format_id(own)
        return Happening(build(type, fields), life.stream, own)

    def _register(self, life: _Life) -> Happening:
        life.registered = True
        return self._made(
            life,
            "model.registered",
            named=True,
            title=f"Credit risk {life.stream[-3:]}",
            purpose=self._text(30),
            owner="Alice Example",
            team=["Bob Example", "Carol Example"],
            problem_domain="credit scoring",
            model_type="gradient-boosted trees",
            intended_use=self._text(12),
        )

    def _run(self, life: _Life) -> Happening:
        if life.open_run is None:
            return self._start(life)
        name, life.open_run = life.open_run, None
        resources = {"wall_s": self._number(4000), "peak_memory_bytes": self.dice.randrange(10**10)}
        metrics = [
            {"name": metric, "value": self._number(1), "dataset": f"applications@v{life.runs % 7}"}
            for metric in self.dice.sample(_METRICS, 6)
        ]
        if self.dice.random() < 0.1:
            return self._made(
                life,
                "run.failed",
                run=name,
                exit={"exception_type": "torch.OutOfMemoryError", "message": self._text(12)},
                lesson=self._text(18),
                metrics=metrics[:2],
                resources=resources,
            )
        verdict = self.dice.choice(("supported", "refuted", "inconclusive"))
        return self._made(
            life,
            "run.finished",
            run=name,
            metrics=metrics,
            verdict=verdict,
            lesson=self._text(26),
            resources=resources,
        )

    def _start(self, life: _Life) -> Happening:
        life.runs += 1
        life.open_run = f"run-{life.runs}-depth{life.runs % 9}"
        source = {"name": "applications", "version": f"v{life.runs % 7}", "digest": self._digest()}
        return self._made(
            life,
            "run.started",
            run=life.open_run,
            hypothesis=self._text(16),
            criteria=[{"metric": "auc", "operator": ">=", "value": self._number(1)}],
            params={"max_depth": life.runs % 9, "learning_rate": self._number(1), "rounds": 400},
            seeds={"python": 7, "numpy": 7},
            datasets=[source | {"role": "train"}],
            git={"commit": self._digest()[:40], "branch": "main", "dirty": False},
            cmd="python train.py --config params.yaml",
            env={"python": "3.11.9", "packages": {"numpy": "2.1.3", "xgboost": "2.1.2"}},
            hardware={"gpu": "1 x RTX A6000", "cuda": "12.6"},
        )

    def _comment(self, life: _Life) -> Happening:
        return self._made(life, "comment.added", on=life.last, text=self._text(self.dice.randrange(50, 130)))

    def _decision(self, life: _Life) -> Happening:
        made = self._made(
            life,
            "decision.proposed",
            named=True,
            title=self._text(6),
            summary=self._text(24),
            category="hyperparameter",
            question=self._text(18),
            alternatives=[
                {"name": "depth 4", "pros": [self._text(6)], "cons": [self._text(6)]},
                {"name": "as it is", "why_not": self._text(20)},
            ],
            choice="depth 4",
            rationale=self._text(36),
            data_quality_influence=self._text(20),
            expected_effects=[{"metric": "auc", "direction": "increase", "size": self._number(0.01)}],
        )
        life.asked.append((self.count, life.last))
        return made

    def _refresh(self) -> Happening:
        which = self.dice.randrange(DATASETS)
        self.refreshes[which] += 1
        version = self.refreshes[which]
        body = build(
            "dataset.refreshed",
            {
                "version": f"v{version}",
                "previous": f"v{version - 1}",
                "why": self._text(30),
                "digests": [
                    {"name": "applications.parquet", "sha256": self._digest(), "size": 1_900_000_000}
                ],
                "rows": 1_000_000 + self.dice.randrange(10**6),
                "rows_added": self.dice.randrange(10**5),
                "period": {"start": "2025-09-01", "end": "2026-10-31"},
                "preprocessing": self._text(20),
                "shift": [{"column": "region", "metric": "psi", "value": self._number(1), "threshold": 0.25}],
            },
        )
        return Happening(body, f"dataset/applications-{which:02}")

    def _artifact(self, life: _Life) -> Happening:
        return self._made(
            life,
            "artifact.published",
            name="model.pkl",
            sha256=self._digest(),
            size=self.dice.randrange(10**9),
            media_type="application/octet-stream",
            role="model",
            run=f"run-{life.runs}-depth{life.runs % 9}",
            uri=f"s3://acme-models/{life.stream}/{life.runs}/model.pkl",
            description=self._text(50),
        )

    def _release(self, life: _Life) -> Happening:
        life.versions += 1
        return self._made(
            life,
            "version.released",
            version=f"{life.versions}.0",
            previous=f"{life.versions - 1}.0",
            artifacts=[{"name": "model.pkl", "sha256": self._digest(), "size": 48_213_004, "role": "model"}],
            notes=self._text(60),
            limitations=[self._text(8)],
        )

    def _request(self, life: _Life) -> Happening:
        made = self._made(
            life,
            "promotion.requested",
            named=True,
            version=f"{life.versions}.0",
            from_stage="staging",
            to_stage="production",
            reason=self._text(30),
            risks=[self._text(10)],
            rollback_plan=self._text(12),
        )
        life.requested.append((self.count, life.last))
        return made

    def _deploy(self, life: _Life) -> Happening:
        return self._made(
            life,
            "deployment.recorded",
            version=f"{life.versions}.0",
            environment="eu-west production cluster",
            stage="production",
            image_digest=self._digest(),
            traffic="10 % canary",
            reason=self._text(20),
        )

    def _text(self, words: int) -> str:
        return " ".join(self.dice.choices(_WORDS, k=words))

    def _digest(self) -> str:
        return self.dice.randbytes(32).hex()

    def _number(self, limit: float) -> float:
        return round(self.dice.random() * limit, 6)
