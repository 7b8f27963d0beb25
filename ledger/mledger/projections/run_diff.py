"""What differs between two runs, and nothing else."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mledger.events.measures import DatasetUse
from mledger.events.run import RunAbandoned, RunFailed, RunFinished, RunStarted
from mledger.projections.runs import measures_of, short_name
from mledger.projections.verdicts import exact

GROUPS = ("parameters", "data", "seeds", "code", "environment", "packages", "machine", "metrics", "end")


class Trial(NamedTuple):
    """A run as it is compared: its first event, and its last if it has ended."""

    begun: RunStarted
    ended: RunFinished | RunFailed | RunAbandoned | None


class Difference(NamedTuple):
    """One fact that differs: what it is in either run, None where it is not there."""

    group: str
    name: str
    before: Any
    after: Any

    def to_json(self) -> dict[str, object]:
        """The difference as `--json` prints it."""
        return self._asdict()


def differences(before: Trial, after: Trial) -> list[Difference]:
    """Every fact that differs, by group in the order of GROUPS, then by name."""
    one, two = dict(_facts(before)), dict(_facts(after))
    names = sorted({*one, *two}, key=lambda key: (GROUPS.index(key[0]), key[1]))
    return [Difference(*key, one.get(key), two.get(key)) for key in names if one.get(key) != two.get(key)]


class Deviation(NamedTuple):
    """A metric of a reproduction that is farther from the first run's than the tolerance allows."""

    metric: str
    wanted: Any
    got: Any

    def to_json(self) -> dict[str, object]:
        """The deviation as `--json` prints it."""
        return self._asdict()


def deviations(original: Trial, reproduction: Trial, tolerance: float) -> list[Deviation]:
    """The metrics of the original that the reproduction lacks, or that are farther away."""
    wanted, got = _metrics(original), _metrics(reproduction)
    return [
        Deviation(name, value, got.get(name))
        for name, value in wanted.items()
        if not _near(value, got.get(name), tolerance)
    ]


def _near(wanted: Any, got: Any, tolerance: float) -> bool:
    if got is None:
        return False
    if isinstance(wanted, str) or isinstance(got, str):  # NaN, Infinity: the same or not
        return bool(wanted == got)
    # Tolerances are decimal: 0.3 and 0.2 are 0.1 apart.
    return bool(abs(wanted - got) <= tolerance * (1 + 1e-9))


def _facts(trial: Trial) -> Iterator[tuple[tuple[str, str], Any]]:
    begun, ended = trial
    params = dict(begun.params) | (dict(ended.params) if ended else {})
    yield from _each("parameters", params)
    if begun.params_digest:
        yield ("parameters", "configuration file"), begun.params_digest
    seeds = dict(begun.seeds) | (dict(ended.seeds) if ended else {})
    yield from _each("seeds", seeds | dict(begun.determinism_flags))
    yield from _data((*begun.datasets, *(ended.datasets if ended else ())))
    yield from _code(begun)
    yield from _surroundings(begun)
    yield from _each("metrics", _metrics(trial))
    yield ("end", "outcome"), ended.type.partition(".")[2] if ended else "open"
    if isinstance(ended, RunFinished):
        yield ("end", "verdict"), ended.verdict
    if isinstance(ended, RunFailed):
        yield ("end", "exception"), ended.exit.exception_type


def _data(uses: tuple[DatasetUse, ...]) -> Iterator[tuple[tuple[str, str], Any]]:
    for use in uses:
        state = " ".join(part for part in (use.version, use.digest and use.digest[:12]) if part)
        yield ("data", f"{short_name(use.name)} ({use.role})"), state or "state not named"


def _code(begun: RunStarted) -> Iterator[tuple[tuple[str, str], Any]]:
    if begun.git is not None:
        yield ("code", "commit"), begun.git.commit
        yield ("code", "changes since"), begun.git.diff_digest or ("some" if begun.git.dirty else "none")
    if begun.code_digest is not None:
        yield ("code", "script"), begun.code_digest


def _surroundings(begun: RunStarted) -> Iterator[tuple[tuple[str, str], Any]]:
    if begun.env is not None:
        env = begun.env
        yield from _each("packages", env.packages)
        said = {
            "python": env.python,
            "os": env.os,
            "lock file": env.packages_digest,
            "container": env.container_digest,
        }
        yield from _each("environment", said)
    if begun.hardware is not None:
        yield from _each("machine", begun.hardware.model_dump(exclude_none=True))


def _each(group: str, values: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Any]]:
    for name, value in values.items():
        if value is not None:
            yield (group, name), value


def _metrics(trial: Trial) -> dict[str, Any]:
    """The last value of each metric, by its name with the data and the slice."""
    ended = trial.ended
    return {
        " ".join(
            part for part in (m.name, m.dataset and f"on {m.dataset}", m.slice and f"for {m.slice}") if part
        ): m.value
        for m in measures_of(ended.metrics if ended else ())
    }


def shown(value: Any) -> str:
    """A value of a difference as people read it; digests are shortened."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value[:12] if len(value) in {40, 64} and set(value) <= set("0123456789abcdef") else value
    if isinstance(value, float):
        return exact(value)
    return json.dumps(value, ensure_ascii=False)
