"""What recording costs a training: by step, and by event."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time

from benchmarks.ground import Ground
from benchmarks.measuring import Sample, Work, in_turns, median
from benchmarks.table import Row, show
from mledger.recording.recorder import Recorder
from mledger.recording.run import Run

ROUNDS = 9
STEPS = 300
WORK = 15_000  # rounds of arithmetic in a step: about a millisecond
EVENT_LIMIT, EVENT_TARGET = 0.005, 1
STEP_LIMIT = 1.02
FILES, FOLDERS, LINES = 1_000, 40, 50
LONG_AGO = 1_700_000_000
SAID = {"hypothesis": "It gets faster.", "criteria": {"loss": "<1"}, "quiet": True}


def of_runs(ground: Ground) -> Iterator[Row]:
    """A step with and without a metric, then the first and the last event of a run."""
    place = ground.make("training.db")
    rounds = ground.rounds(ROUNDS)
    with Recorder(place.path, key=ground.signer()) as recorder:
        with _repository(ground, 1):
            _whole(recorder)
            with recorder.run("bench", **SAID) as run:
                alone, told = map(median, _steps_in_turns(run, rounds))
            begin, end = _ends(recorder, rounds)
        with _repository(ground, FILES):
            _whole(recorder)
            among_many, _ = _ends(recorder, rounds)
    yield Row(
        "a training step that notes one metric; limit: the step alone",
        show(told.wall),
        show(alone.wall),
        told.wall / alone.wall,
        STEP_LIMIT,
        at_least=False,
        cpu=told.cpu / alone.cpu,
    )
    yield _event(f"last event of a run of {STEPS} steps; limit: 5 ms", end)
    yield _event("first event of a run, in a repository of one file; limit: 5 ms", begin)
    yield _event(f"the same in a repository of {FILES:,} files; limit: 5 ms", among_many)


def _event(work: str, sample: Sample) -> Row:
    """The row of one event: what it takes of five milliseconds."""
    share, cpu = sample.wall / EVENT_LIMIT, sample.cpu / EVENT_LIMIT
    return Row(work, show(sample.wall), show(EVENT_LIMIT), share, EVENT_TARGET, at_least=False, cpu=cpu)


@contextmanager
def _repository(ground: Ground, files: int) -> Iterator[None]:
    """Be the script of a repository with one commit: git takes longer the more files there are."""
    main = sys.modules["__main__"]
    before, file = os.getcwd(), getattr(main, "__file__", None)  # noqa: PTH109  as it was spelt
    folder = ground.folder / f"repository-{files}"
    _written(folder, files)
    os.chdir(folder)
    who = ["-c", "user.name=bench", "-c", "user.email=bench@acme.example"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "bench"]):
        subprocess.run(["git", *words], check=True, capture_output=True)
    main.__file__ = str(folder / "train.py")
    try:
        yield
    finally:
        main.__file__ = file
        os.chdir(before)


def _written(folder: Path, files: int) -> None:
    """Files as one finds them: older than what git wrote down of them, or it would read each again."""
    names = ["train.py", *(f"part{n % FOLDERS}/file{n}.py" for n in range(1, files))]
    for n, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"import mledger  # {n}\n" * LINES, encoding="utf-8")
        os.utime(path, (LONG_AGO, LONG_AGO))


def _ends(recorder: Recorder, rounds: int) -> tuple[Sample, Sample]:
    """What the first and the last event of a run take."""
    starts: list[Run] = []
    begin, end = map(median, in_turns([_start(recorder, starts), _finish(starts)], rounds))
    return begin, end


def _whole(recorder: Recorder) -> None:
    """A run before those that are measured: what cannot change in a process is looked up once."""
    with recorder.run("bench", **SAID) as run:
        run.metric("loss", 0.5)


def _steps_in_turns(run: Run, rounds: int) -> tuple[list[Sample], list[Sample]]:
    """Samples of a step alone and of one that notes a metric, each the mean of a round of steps.

    They take turns at each step: what one costs more is less than what the machine wavers in a second.
    """
    alone: list[Sample] = []
    told: list[Sample] = []
    sides = ((alone, None), (told, run))
    for _ in range(rounds):
        used = [[0.0, 0.0], [0.0, 0.0]]
        for step in range(STEPS):
            for sums, (_, noting) in zip(used, sides, strict=True):
                wall, cpu = perf_counter(), process_time()
                _step(noting, step)
                sums[0] += perf_counter() - wall
                sums[1] += process_time() - cpu
        for sums, (taken, _) in zip(used, sides, strict=True):
            taken.append(Sample(sums[0] / STEPS, sums[1] / STEPS))
    return alone, told


def _step(run: Run | None, step: int) -> None:
    loss = 0.0
    for n in range(WORK):
        loss += 1 / (n + step + 1)
    if run is not None:
        run.metric("loss", loss, step=step)


def _start(recorder: Recorder, starts: list[Run]) -> Work:
    def work() -> int:
        run = recorder.run("bench", **SAID).start()
        starts.append(run)
        return 1

    return work


def _finish(starts: list[Run]) -> Work:
    def work() -> int:
        run = starts.pop()
        for step in range(STEPS):
            run.metric("loss", 0.5, step=step)
        run.finish()
        return 1

    return work
