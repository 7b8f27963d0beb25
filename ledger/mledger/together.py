"""Threads that wait at the same time have their work done together."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


def _bell() -> threading.Lock:
    bell = threading.Lock()
    bell.acquire()
    return bell


@dataclass(slots=True, eq=False)
class _Place(Generic[T]):
    """Where one thread sleeps: the bell rings when its ticket is done, or when it is to lead."""

    ticket: T
    bell: threading.Lock = field(default_factory=_bell)
    leads: bool = False
    done: bool = False


class Together(Generic[T]):
    """A queue without a clerk: of the threads that bring tickets, one at a time does the work of all.

    While it does, tickets gather; then it wakes those whose tickets are done, and whoever has waited
    longest leads next.
    """

    def __init__(self, work: Callable[[list[T]], None]) -> None:
        """`work` gets the tickets in the order in which they came; one call at a time."""
        self._work = work
        self._door = threading.Lock()
        self._waiting: list[_Place[T]] = []
        self._led = False

    def __len__(self) -> int:
        """How many tickets wait."""
        return len(self._waiting)

    def bring(self, ticket: T) -> None:
        """Return once the work on the ticket is over; what `work` raises, whoever leads gets to see."""
        place = _Place(ticket)
        with self._door:
            self._waiting.append(place)
            place.leads, self._led = not self._led, True
        try:
            if not place.leads:
                place.bell.acquire()
            if not place.done:
                self._lead()
        except BaseException:
            self._leave(place)
            raise

    def _lead(self) -> None:
        group: list[_Place[T]] = []
        try:
            with self._door:
                group, self._waiting = self._waiting, []
            self._work([place.ticket for place in group])
        finally:
            with self._door:
                for place in group:
                    place.done = True
                    place.bell.release()
                self._pass_on()

    def _pass_on(self) -> None:
        """Let the next one lead, if there is one; the door is held."""
        self._led = bool(self._waiting)
        if self._led:
            self._waiting[0].leads = True
            self._waiting[0].bell.release()

    def _leave(self, place: _Place[T]) -> None:
        """Go without waiting, as somebody who is interrupted; the others must not wait for this one."""
        with self._door:
            if not place.done and place in self._waiting:
                self._waiting.remove(place)
                if place.leads:
                    self._pass_on()
