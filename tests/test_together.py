"""Threads that wait at the same time, and the one of them that works for all."""

import ctypes
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mledger.together import Together

THREADS = 12
SOON = 10


class Work:
    """Notes each group that it is given; may be held up, and told to fail."""

    def __init__(self):
        """Be open, and do well."""
        self.groups = []
        self.at_once = 0
        self.gate = threading.Event()
        self.gate.set()
        self.failure = None

    def __call__(self, tickets):
        self.at_once += 1
        assert self.at_once == 1
        self.groups.append(list(tickets))
        assert self.gate.wait(SOON)
        self.at_once -= 1
        if self.failure is not None:
            raise self.failure


def until(condition):
    """Wait until something is so; it must be so soon."""
    end = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def held(work, together, pool, tickets):
    """Tickets that wait behind a first one, whose work is held up."""
    work.gate.clear()
    first = pool.submit(together.bring, "first")
    until(lambda: work.groups)
    rest = []
    for place, ticket in enumerate(tickets, 1):
        rest.append(pool.submit(together.bring, ticket))
        until(lambda place=place: len(together) == place)
    return first, rest


def test_every_ticket_is_worked_on_once():
    """Many threads with many tickets: each is in one group, and no two groups are worked on at once."""
    work = Work()
    together = Together(work)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(together.bring, range(600)))
    assert sorted(ticket for group in work.groups for ticket in group) == list(range(600))
    assert len(together) == 0


def test_one_alone_does_not_wait():
    """A single caller does its own work, at once."""
    work = Work()
    together = Together(work)
    for ticket in range(3):
        together.bring(ticket)
    assert work.groups == [[0], [1], [2]]


def test_those_who_wait_are_one_group():
    """Whoever comes while work goes on waits, and all who waited are worked on together, in their order."""
    work = Work()
    together = Together(work)
    with ThreadPoolExecutor(THREADS) as pool:
        first, rest = held(work, together, pool, range(8))
        work.gate.set()
        for future in (first, *rest):
            future.result(SOON)
    assert work.groups == [["first"], list(range(8))]


def test_whoever_leads_sees_the_failure():
    """An exception is raised to the one who led the work; the others wake, and work goes on."""
    work = Work()
    together = Together(work)
    with ThreadPoolExecutor(THREADS) as pool:
        work.failure = OSError("broken")
        first, rest = held(work, together, pool, range(3))
        work.gate.set()
        with pytest.raises(OSError, match="broken"):
            first.result(SOON)
        raised = [future.exception(SOON) for future in rest]
    assert [type(error) for error in raised] == [OSError, type(None), type(None)]
    work.failure = None
    together.bring("after")
    assert work.groups[-1] == ["after"]


@pytest.mark.parametrize("whom", [0, 1])
def test_one_who_is_interrupted_leaves(whom):
    """A thread that is interrupted takes its ticket along, and the others do not wait for it."""
    work = Work()
    together = Together(work)
    errors = {}

    def bring(ticket):
        try:
            together.bring(ticket)
        except KeyboardInterrupt as error:
            errors[ticket] = error

    with ThreadPoolExecutor(THREADS) as pool:
        work.gate.clear()
        first = pool.submit(together.bring, "first")
        until(lambda: work.groups)
        waiting = [threading.Thread(target=bring, args=(ticket,)) for ticket in (0, 1, 2)]
        for place, thread in enumerate(waiting, 1):
            thread.start()
            until(lambda place=place: len(together) == place)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(waiting[whom].ident), ctypes.py_object(KeyboardInterrupt)
        )
        # The exception is raised when the thread runs again, and its bell is the first to ring.
        together._waiting[whom].bell.release()
        until(lambda: whom in errors)
        work.gate.set()
        first.result(SOON)
        for thread in waiting:
            thread.join(SOON)
            assert not thread.is_alive()
    assert sorted(ticket for group in work.groups[1:] for ticket in group) == sorted({0, 1, 2} - {whom})


def test_the_next_to_lead_may_leave():
    """If the one whose turn it is to lead goes away, the next one leads."""
    work = Work()
    together = Together(work)
    with ThreadPoolExecutor(THREADS) as pool:
        first, rest = held(work, together, pool, range(3))
        gone = together._waiting[0]
        together._leave(gone)
        work.gate.set()
        first.result(SOON)
        for future in rest[1:]:
            future.result(SOON)
        gone.done = True
        gone.bell.release()
        rest[0].result(SOON)
    assert work.groups == [["first"], [1, 2]]
