"""A ledger whose people look after a model over half a year, by a clock of its own."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from mledger.ledger import Ledger
from mledger.testing.bodies import DATA, DATASET, MODEL, PROPOSED, REFRESHED, REGISTERED
from mledger.testing.simulator import Clock, key_fields, signer_of

ALICE, BOB, CAROL = "Alice Example", "Bob Example", "Carol Example"
SCHEDULED = {
    "title": "Quarterly review",
    "scope": ["decisions still hold", "links lead somewhere"],
    "owner": CAROL,
    "cadence": "quarterly",
    "due": "2026-03-31",
}
CONDITIONS = [
    {"dataset": "applications", "operator": "<=", "value": "v2"},
    {"date": "2026-12-31"},
]


class Cared:
    """The ledger in a file: Alice owns it, Bob reviews, Carol builds and audits."""

    def __init__(self, path: Path) -> None:
        """Begin it on 5 January 2026: events 0 to 2 are the ledger and the keys of Bob and Carol."""
        self.path, self.clock = path, Clock(datetime(2026, 1, 5, 9, tzinfo=UTC))
        origin = "acme.example/credit"
        with Ledger.create(path, origin=origin, signer=signer_of(ALICE), name=ALICE, clock=self.clock):
            pass
        self.tell("key.enrolled", "ledger", {"key": key_fields(BOB, "reviewer")})
        self.tell("key.enrolled", "ledger", {"key": key_fields(CAROL, "engineer", "auditor")})

    def tell(
        self, event: str, stream: str, fields: Mapping[str, object], *, by: str = ALICE, at: str | None = None
    ) -> str:
        """Record an event; its number."""
        with Ledger.open(self.path, key=signer_of(by), clock=self.clock) as ledger:
            return ledger.append(event, stream, fields, at=at).number

    def day(self, day: str) -> None:
        """Let it be nine o'clock on a day to come."""
        self.clock.now = datetime.fromisoformat(f"{day}T09:00:00+00:00")


def half_a_year(path: Path) -> Cared:
    """Events 3 to 10: a model, a dataset, a decision with conditions, a review, a refresh that breaks one."""
    cared = Cared(path)
    cared.tell("model.registered", MODEL, REGISTERED)  # 3
    cared.tell("dataset.registered", DATASET, DATA, by=CAROL)  # 4
    fields = PROPOSED | {"validity_conditions": CONDITIONS, "review_by": "2026-06-30"}
    cared.tell("decision.proposed", MODEL, fields, by=CAROL)  # 5
    cared.tell("decision.accepted", MODEL, {"decision": "5"}, by=BOB)  # 6
    cared.tell("review.scheduled", MODEL, SCHEDULED)  # 7
    cared.day("2026-02-10")
    cared.tell("dataset.refreshed", DATASET, REFRESHED, by=CAROL)  # 8
    cared.day("2026-04-20")
    cared.tell("dataset.refreshed", DATASET, REFRESHED | {"version": "v3", "previous": "v2"}, by=CAROL)  # 9
    cared.day("2026-05-04")
    done = {"schedule": "7", "outcome": "confirmed", "checked": ["all hold"]}
    cared.tell("review.completed", MODEL, done, by=CAROL)  # 10
    return cared
