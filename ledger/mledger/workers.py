"""Checks ranges of a ledger's file in several processes."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial

from mledger.chain.span import Job, SpanReport, check_span
from mledger.stores import LedgerStore, open_store


def check_in_processes(path: str, jobs: Iterable[Job], processes: int) -> Iterator[SpanReport]:
    """The reports on the jobs, in their order, by so many processes that each open the file.

    They are spawned: a script that asks for them must guard its main module.
    """
    with _pool(processes) as pool:
        yield from _in_order(pool, partial(_check_file, path), jobs, processes * 4)


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that start clean; those still waiting are dropped when the caller stops early."""
    from multiprocessing import get_context

    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _in_order(
    pool: ProcessPoolExecutor,
    check: Callable[[Job], SpanReport],
    jobs: Iterable[Job],
    ahead: int,
) -> Iterator[SpanReport]:
    """The reports in the order of the jobs, with at most `ahead` under way: memory stays flat."""
    waiting: list[Future[SpanReport]] = []
    for job in jobs:
        waiting.append(pool.submit(check, job))
        if len(waiting) >= ahead:
            yield waiting.pop(0).result()
    for future in waiting:
        yield future.result()


_opened: dict[str, LedgerStore] = {}


def _check_file(path: str, job: Job) -> SpanReport:
    """The report on a range of a ledger file, in a process that keeps the file open."""
    if path not in _opened:
        _opened[path] = open_store(path, read_only=True)
    return check_span(_opened[path].entries(job.start, job.stop), job.start, job.how)
