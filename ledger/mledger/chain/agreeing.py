"""Who agrees to something: people counted by role, each for one."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Approval(NamedTuple):
    """An approval of a request: by whom, in which roles."""

    number: str
    seq: int
    key: str
    person: str
    name: str
    roles: frozenset[str]


def missing(needs: Mapping[str, int], people: Iterable[frozenset[str]]) -> dict[str, int]:
    """How many people of each role are still missing, when each person stands for one role at most.

    The roles of the people are shared out so that as few as possible are missing (by augmenting
    paths); earlier roles of `needs` are filled first.
    """
    seats = [role for role, count in needs.items() for _ in range(count)]
    roles = list(people)
    holder: dict[int, int] = {}

    def seat(person: int, tried: set[int]) -> bool:
        for place, role in enumerate(seats):
            if role in roles[person] and place not in tried:
                tried.add(place)
                if place not in holder or seat(holder[place], tried):
                    holder[place] = person
                    return True
        return False

    for person in range(len(roles)):
        seat(person, set())
    empty = Counter(role for place, role in enumerate(seats) if place not in holder)
    return {role: empty[role] for role in needs if empty[role]}


def counts(missing: Mapping[str, int]) -> str:
    """How many of which role, in words."""
    return " and ".join(f"{count} by {role}" for role, count in missing.items())
