"""A ledger file of a few people, for the tests of the façade."""

from pathlib import Path
from typing import NamedTuple

from mledger.events import base as events
from mledger.ledger import Ledger, What
from mledger.reader import Reader
from mledger.testing.simulator import Clock, key_fields, signer_of
from mledger.writing import Receipt

ORIGIN = "acme.example/credit"
ALICE, BOB, CAROL = "Alice Example", "Bob Example", "Carol Example"
MODEL = "model/credit-risk"
FIELDS = {"title": "Credit risk", "purpose": "Decide on loans.", "owner": ALICE}


class Company(NamedTuple):
    """Alice owns the ledger, Bob reviews, Carol builds."""

    path: Path
    clock: Clock

    def open(self, name: str = CAROL) -> Ledger:
        """The ledger as somebody opens it to append."""
        return Ledger.open(self.path, clock=self.clock, key=signer_of(name))

    def reader(self) -> Reader:
        """The ledger opened for reading."""
        return Reader.open(self.path, clock=self.clock)

    def say(self, text: str, name: str = CAROL, stream: str = MODEL) -> Receipt:
        """Somebody opens the ledger, records a comment and closes it."""
        with self.open(name) as ledger:
            return ledger.append("comment.added", stream, {"on": "3", "text": text})

    def bodies(self) -> list[tuple[str, bytes | None]]:
        """Every event's stream and body, in order."""
        with self.reader() as reader:
            return [(fact.stream, fact.body) for fact in reader.facts()]


def found(path: Path) -> Company:
    """A new ledger of four entries; its clock stands still."""
    clock = Clock()
    with Ledger.create(path, origin=ORIGIN, signer=signer_of(ALICE), name=ALICE, clock=clock) as ledger:
        for name, role in ((BOB, "reviewer"), (CAROL, "engineer")):
            ledger.append("key.enrolled", "ledger", {"key": key_fields(name, role)})
        ledger.append("model.registered", MODEL, FIELDS)
    return Company(path, clock)


def comments(*texts: str, stream: str = MODEL) -> list[What]:
    """Comments to record together."""
    return [What(events.build("comment.added", {"on": "0", "text": text}), stream) for text in texts]
