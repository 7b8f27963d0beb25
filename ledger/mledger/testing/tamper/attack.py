"""What an attack is, and who can see it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from mledger.chain.findings import RULES

if TYPE_CHECKING:
    from mledger.testing.tamper.world import World

# The rows of "What must be detected" in the specification of the format.
EDIT = "edit, insert, delete, reorder anywhere; swap two signatures; strip one"
COPY = "change a body, a copied column, an index row, a stored projection"
REWRITE = "an operator, or an insider with one valid key, rewrites from entry k on"
ALL_KEYS = "an insider with all keys rewrites everything"
ROLLBACK = "the tail is cut off, or an older copy of the file put back"
FORK = "fork: two histories shown to two people"
TIME = "a back-dated or post-dated entry"
AUTHORITY = "a key that is unknown, revoked, or not allowed; a self-approval"
TWICE = "the same event appended twice"
REDACTION = "a silent redaction"
ROWS = (EDIT, COPY, REWRITE, ALL_KEYS, ROLLBACK, FORK, TIME, AUTHORITY, TWICE, REDACTION)

NEEDS = ("memory", "checkpoint", "cache", "roots")

Deed = Callable[["World"], None]


class Attack(NamedTuple):
    """One attack on a world, and what a verification must say of it.

    `needs` are the things of which any one lets a verifier see it: "memory" (of heads, on this
    machine), "checkpoint" (kept elsewhere), "cache" (looked at by a full verification), "roots" (of a
    time-stamping authority, that the verifier believes). If there
    are none, the file alone shows it. With more to compare with, more may be found, and graver.
    """

    name: str
    row: str
    deed: str
    """One sentence: who does what."""
    needs: tuple[str, ...]
    rule: str
    """The rule of `mledger.chain.findings.RULES` that must be among the findings."""
    exit_code: int
    refused: bool
    """Whether a machine that remembers the ledger must refuse to append to it."""
    run: Deed
    world: str = "plain"
    """What is attacked: "plain", or "vouched", a ledger that others vouch for."""

    @property
    def level(self) -> int | None:
        """The level that is reached by whoever has what it needs, and nothing else; None if broken."""
        return None if self.exit_code == 3 else 2 if {"memory", "checkpoint"} & set(self.needs) else 0


ATTACKS: list[Attack] = []
"""The catalogue, in the order of `ROWS`."""


def attack(
    row: str,
    rule: str,
    *needs: str,
    exit_code: int = 3,
    refused: bool = False,
    name: str | None = None,
    world: str = "plain",
) -> Callable[[Deed], Deed]:
    """A decorator that enters a function into the catalogue; its docstring is the deed."""
    if row not in ROWS or rule not in RULES or not set(needs) <= set(NEEDS):
        raise AssertionError(f"bug: {row!r}, {rule!r} or {needs!r} is not known")

    def register(run: Deed) -> Deed:
        deed = (run.__doc__ or "").partition("\n")[0]
        called = name or run.__name__.replace("_", "-")
        if any(held.name == called for held in ATTACKS):
            raise AssertionError(f"bug: two attacks are called {called}")
        ATTACKS.append(Attack(called, row, deed, needs, rule, exit_code, refused, run, world))
        return run

    return register
