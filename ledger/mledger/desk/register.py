"""The register of approvals: who, in which role, when, why."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mledger.chain.history import Fact
from mledger.desk.disputes import dispute_of, disputes
from mledger.verification.keyrings import Keyrings

if TYPE_CHECKING:
    from mledger.reader import Reader

TYPES = frozenset(
    {"promotion.approved", "promotion.rejected", "decision.accepted", "decision.rejected"}
    | {"review.submitted", "plan.agreed", "plan.amended", "waiver.granted"}
)
# The fields that say what was answered, and in which words.
_ANSWERED = ("request", "decision")
_REASONS = ("reason", "summary", "justification", "title")


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature by which somebody let something pass, or did not; `to` is what it answers.

    `roles` are those of the key when it signed. `disputed` says why the signature may not be theirs,
    `refused` why the rulebook does not let it count.
    """

    number: str
    time: str
    name: str
    roles: tuple[str, ...]
    meaning: str
    type: str
    verdict: str
    stream: str
    to: str | None
    about: str
    reason: str
    conditions: tuple[str, ...] = ()
    disputed: str | None = None
    refused: str | None = None

    def to_json(self) -> dict[str, object]:
        """The row as `--json` prints it."""
        return asdict(self)


def register_of(reader: "Reader", stream: str | None = None) -> Iterator[Signed]:
    """The approvals on one stream, or on all, in order. Errors: IntegrityError if the ledger is broken."""
    history = reader.history()  # nothing is listed of a ledger that is broken
    known, keyrings = disputes(reader), Keyrings(reader)
    for fact in history.refusals(reader.of_types(TYPES)):
        if stream in (None, fact.stream):
            dispute = dispute_of(fact, known)
            member = keyrings.before(fact.seq).members.get(fact.key)
            roles = tuple(sorted(member.roles)) if member is not None else ()
            yield _signed(reader, fact, roles, dispute.told() if dispute is not None else None)


def _signed(reader: "Reader", fact: Fact, roles: tuple[str, ...], disputed: str | None) -> Signed:
    data = fact.data
    to = next((ref for name in _ANSWERED if (ref := getattr(data, name, None)) is not None), None)
    about = _about(reader.fact(to)) if to is not None and reader.answered(to) is not None else _about(fact)
    reason = next((text for name in _REASONS if (text := getattr(data, name, None))), fact.obstacle or "")
    conditions = tuple(getattr(data, "conditions", ()))
    return Signed(
        fact.number,
        fact.time,
        fact.signer,
        roles,
        fact.meaning,
        fact.type,
        getattr(data, "verdict", None) or fact.type.partition(".")[2],
        fact.stream,
        to,
        about,
        reason,
        conditions,
        disputed,
        fact.refused,
    )


def _about(fact: Fact) -> str:
    """What an event is about, in a few words."""
    data = fact.data
    if (stage := getattr(data, "to_stage", None)) is not None:
        return f"{getattr(data, 'version', '')} to {stage}"
    return next(
        (text for name in ("title", "question", "rule", "what") if (text := getattr(data, name, None))),
        fact.obstacle or fact.type,
    )
