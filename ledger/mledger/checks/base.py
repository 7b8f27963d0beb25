"""A rule: a pure function of a dossier, with a name.

One file of `mledger.checks.rules` holds one rule, which registers by the decorator:

    @rule("RAT-004", "Each decision says what it is expected to change", severity="warning",
          why="…", fix="…", reads=("decision.proposed",))
    def check(dossier: Dossier, world: World) -> Iterator[Found]:
        ...

A rule may read the dossier and what it `needs` of the world, and nothing else; it yields a `Found`
for each thing that is not as it should be, in one line that says what and names the events.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Literal, NamedTuple, TypeAlias

from mledger.checks.world import World
from mledger.projections.dossier import Dossier
from mledger.registry import Registry

Severity: TypeAlias = Literal["error", "warning"]
RULE_ID = re.compile(r"[A-Z]{2,6}-[0-9]{3}")


class Found(NamedTuple):
    """One thing that a rule found: what it is, the events that show it, and the command that mends it.

    `fix` is None where that of the rule will do. `where` names a file, if it is about one.
    """

    message: str
    numbers: tuple[str, ...] = ()
    fix: str | None = None
    where: str | None = None


Check: TypeAlias = Callable[[Dossier, World], Iterator[Found]]


class Rule(NamedTuple):
    """A rule: its name for ever, what holds if it is kept, why that matters, and how to put it right.

    `fix` may hold {model} and {stream}. `reads` are the types of event that it looks at, `needs` the
    fields of the world without which it cannot be applied.
    """

    id: str
    title: str
    severity: Severity
    why: str
    fix: str
    reads: tuple[str, ...]
    needs: tuple[str, ...]
    check: Check


_rules: Registry[Rule] = Registry("rule", fix="mledger check --rules")


def rule(
    id: str,
    title: str,
    *,
    severity: Severity,
    why: str,
    fix: str,
    reads: tuple[str, ...],
    needs: tuple[str, ...] = (),
) -> Callable[[Check], Check]:
    """A decorator that registers a function as the rule `id`."""
    if not RULE_ID.fullmatch(id):
        raise AssertionError(f"bug: {id!r} is no name of a rule such as DATA-006")

    def keep(check: Check) -> Check:
        _rules.add(id, Rule(id, title, severity, why, fix, reads, needs, check))
        return check

    return keep


def find(id: str) -> Rule:
    """The rule of that name. Errors: NotFoundError with the nearest names."""
    _import_own()
    return _rules.get(id)


def names() -> list[str]:
    """The names of all rules, sorted."""
    _import_own()
    return list(_rules)


def all() -> Iterator[Rule]:
    """Every rule in the order of the names."""
    return map(_rules.get, names())


@cache
def _import_own() -> None:
    """Import every file of the folder of rules; those of plug-ins come with their event types."""
    from mledger.events.base import import_all

    package = importlib.import_module("mledger.checks.rules")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"mledger.checks.rules.{module.name}")
    import_all()
