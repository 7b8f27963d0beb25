"""What a verification found, as outcomes of a gate."""

from collections.abc import Iterator

from mledger.chain.verification import Verification
from mledger.checks.base import Found, Rule
from mledger.checks.engine import Outcome
from mledger.checks.words import plain
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


def _never(_dossier: Dossier, _world: World) -> Iterator[Found]:
    """What a verification finds stands in the verification."""
    return iter(())


INTACT = Rule(
    "INT-001",
    "The ledger is what was signed, and extends the head that was expected",
    "error",
    "Nothing that a broken ledger says can be relied on.",
    "mledger verify --full",
    (),
    (),
    _never,
)
OBEYED = Rule(
    "INT-002",
    "Nothing was recorded against the policy",
    "error",
    "Somebody signed what no rule allowed them to, with a program that did not refuse.",
    "mledger verify --full",
    (),
    (),
    _never,
)


def outcomes_of(verification: Verification) -> tuple[Outcome, Outcome]:
    """Whether the ledger is intact, and whether everything in it was allowed."""
    broken: list[Found] = []
    against: list[Found] = []
    for finding in verification.findings:
        found = Found(f"{finding.where}: {plain(finding.message)}", (), INTACT.fix)
        (broken if finding.integrity else against).append(found)
    return Outcome(INTACT, "error", tuple(broken)), Outcome(OBEYED, "error", tuple(against))
