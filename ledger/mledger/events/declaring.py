"""Lets the types that a policy declares be found like any other."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mledger.events.base import DECLARED, EventBody

if TYPE_CHECKING:
    from mledger.events.policy import TypeRule

Rules = Callable[[], "Mapping[str, TypeRule]"]


@contextmanager
def declaring(rules: Rules) -> Iterator[None]:
    """Within, the types that the policy of one ledger declares are found like any other.

    `rules` is asked for them when a type is looked for that is none of mledger's own.
    """
    token = DECLARED.set(_Classes(rules))
    try:
        yield
    finally:
        DECLARED.reset(token)


class _Classes(Mapping[str, type[EventBody]]):
    """The class of each type, made when it is asked for."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def __getitem__(self, type: str) -> type[EventBody]:
        rule = self._rules()[type]
        from mledger.events.declared import declare  # late: most types are mledger's own

        return declare(type, rule)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules())

    def __len__(self) -> int:
        return len(self._rules())
