"""Events that others may answer, remembered while they are recent.

Answers mostly come soon after what they answer. Whoever reads or writes in order remembers the
last thousands of questions, and need not open their entries again.
"""

from mledger.chain.draft import format_id
from mledger.chain.rulebook import Answered, Lookup

# A few hundred bytes each.
MOST = 10_000


class Questions:
    """The newest questions, by number and by id, and where to ask for all others."""

    def __init__(self, lookup: Lookup) -> None:
        """Remember nothing yet, and ask `lookup`."""
        self._lookup = lookup
        self._known: dict[str, Answered] = {}

    def add(self, question: Answered, id: bytes) -> None:
        """Remember an event; the first with an id is the one that it names."""
        known = self._known
        known.setdefault(format_id(id), question)
        known.setdefault(question.number, question)
        while len(known) > 2 * MOST:
            del known[next(iter(known))]

    def find(self, reference: str) -> Answered | None:
        """The event that a number or an id names; None if it is not there."""
        return self._known.get(reference) or self._lookup(reference)
