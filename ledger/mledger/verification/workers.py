"""Checks a ledger's file in several processes, this one among them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import ParamSpec, TypeVar, cast

from mledger.chain.span import Job, SpanReport, check_span
from mledger.errors import StoreError
from mledger.stores import LedgerStore, open_store
from mledger.stores.base import Probed, probe

# Tasks under way for each process: enough that none waits, so few that memory stays flat.
AHEAD = 4
# Of these, as many lie ready for each of the others; the rest is for whoever is free.
READY = 2
P = ParamSpec("P")
T = TypeVar("T")


class Crew:
    """So many processes at work on one file; the others each open it for themselves.

    They are spawned: a script that asks for them must guard its main module.
    """

    def __init__(self, path: str, store: LedgerStore, processes: int) -> None:
        """Start the others, which begin with what no signature covers."""
        from multiprocessing import get_context

        self._path = path
        self._store = store
        self._ahead, self._ready = processes * AHEAD, (processes - 1) * READY
        self._pool = ProcessPoolExecutor(processes - 1, mp_context=get_context("spawn"))
        self._probed = self._submit(_probe_file, path)

    def close(self) -> None:
        """Let the others go; what still waits is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def probed(self) -> Probed:
        """What the parts of the file show that no signature covers."""
        return _result(self._probed)

    def check(self, jobs: Iterable[Job]) -> Iterator[SpanReport]:
        """The reports on the jobs, in their order."""
        rest, tasks = iter(jobs), deque[_Task]()
        while True:
            tasks.extend(map(_Task, islice(rest, self._ahead - len(tasks))))
            if not tasks:
                return
            self._hand_out(tasks)
            free = next((task for task in tasks if task.is_free), None)
            if tasks[0].is_done or free is None:
                yield tasks.popleft().result()
            else:
                free.report = self._here(free.job)

    def _hand_out(self, tasks: "Iterable[_Task]") -> None:
        """Give the others something to do."""
        busy = sum(task.future is not None and not task.is_done for task in tasks)
        for task in islice((task for task in tasks if task.is_free), max(0, self._ready - busy)):
            task.future = self._submit(_check_file, self._path, task.job)

    def _submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Let one of the others do something. Errors: StoreError if one of them was killed."""
        with _in_our_words():
            return self._pool.submit(function, *args, **kwargs)

    def _here(self, job: Job) -> SpanReport:
        return check_span(self._store.entries(job.start, job.stop), job.start, job.how)


@dataclass(slots=True)
class _Task:
    """One job: free until somebody is at it, here or elsewhere."""

    job: Job
    report: SpanReport | None = None
    future: Future[SpanReport] | None = None

    @property
    def is_free(self) -> bool:
        """Whether nobody has begun."""
        return self.report is None and self.future is None

    @property
    def is_done(self) -> bool:
        """Whether the report is there."""
        return self.report is not None or (self.future is not None and self.future.done())

    def result(self) -> SpanReport:
        """The report, once it is there."""
        return self.report or _result(cast(Future[SpanReport], self.future))


def _result(future: Future[T]) -> T:
    """What another process came to. Errors: its own, or StoreError if it was killed."""
    with _in_our_words():
        return future.result()


@contextmanager
def _in_our_words() -> Iterator[None]:
    """StoreError for a process that is no more; it may be missed when work is given or taken."""
    try:
        yield
    except BrokenExecutor:
        raise StoreError(
            "a process that verified with this one was ended from outside", fix="try again"
        ) from None


_opened: dict[str, LedgerStore] = {}


def _open(path: str) -> LedgerStore:
    """The ledger file, which a process of the crew keeps open."""
    if path not in _opened:
        _opened[path] = open_store(path, read_only=True)
    return _opened[path]


def _check_file(path: str, job: Job) -> SpanReport:
    return check_span(_open(path).entries(job.start, job.stop), job.start, job.how)


def _probe_file(path: str) -> Probed:
    return probe(_open(path))
