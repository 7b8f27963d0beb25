"""What the rulebook says of each event, put on its fact.

A verification finds what was recorded against the rules, and a docket how far a request has come
with each approval. A history hands both to whoever folds it, on the facts themselves, so that every
state and every report goes by the same answer.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mledger.chain.docket import APPROVAL_TYPES, Docket, counts
from mledger.chain.findings import Finding
from mledger.chain.history import Fact, Ruling, Streams
from mledger.chain.rulebook import Act, Ruled, examine, is_read, kind_of
from mledger.chain.seal import open_entry
from mledger.verification.keyrings import Keyrings

if TYPE_CHECKING:
    from mledger.chain.acts import Breach
    from mledger.events.promotion import PromotionApproved
    from mledger.lookup import Lookup

# What the author of an event may not record, and what may not be recorded so.
_UNHEARD = frozenset({"role.forbidden", "key.meaning"})
_AGAINST = _UNHEARD | {
    "four-eyes",
    "approvals.missing",
    "reference",
    "event.stream",
    "policy.body",
    "retention.early",
}


class Rulings:
    """The rulings on the events of one verified ledger."""

    def __init__(self, reader: "Lookup", findings: Iterable[Finding], governed: frozenset[str]) -> None:
        """Go by the findings of a verification; `governed` are the types of which policies ask something."""
        self._reader = reader
        against = [f for f in findings if f.rule in _AGAINST and f.entries is not None]
        self._refused = bool(against)
        self._events: dict[str, list[Finding]] = {}
        self._entries: dict[range, list[Finding]] = {}
        for finding in against:
            if finding.where[:1].isdigit():
                self._events.setdefault(finding.where, []).append(finding)
            elif finding.entries is not None:
                self._entries.setdefault(finding.entries, []).append(finding)
        self._runs = sorted(self._entries, key=lambda run: run.start)
        self._counted = governed >= APPROVAL_TYPES
        self._keyrings: Keyrings | None = None

    def read(self, streams: Streams, start: int, stop: int) -> Iterator[Fact]:
        """The facts of the entries start..stop, of some streams, with what is said of them."""
        facts = self._reader.facts(streams, start, stop)
        if self._counted:
            return self._counting(facts, whole=start == 0)
        return self.refusals(facts)

    def refusals(self, facts: Iterable[Fact]) -> Iterator[Fact]:
        """The facts, with what the rulebook refuses among them."""
        return map(self._refuse, facts) if self._refused else iter(facts)

    def _refuse(self, fact: Fact) -> Fact:
        found = [*self._of_entry(fact.seq), *self._events.get(fact.number, ())]
        if not found:
            return fact
        why = "; ".join(dict.fromkeys(finding.message for finding in found))
        return fact._replace(ruling=Ruling(why, _UNHEARD.isdisjoint(finding.rule for finding in found)))

    def _of_entry(self, seq: int) -> list[Finding]:
        """What is said of an entry as a whole; what is judged in one go never overlaps."""
        place = bisect_right(self._runs, seq, key=lambda run: run.start)
        run = self._runs[place - 1] if place else range(0)
        return self._entries[run] if seq in run else []

    # --- how far a request has come

    def _counting(self, facts: Iterable[Fact], *, whole: bool) -> Iterator[Fact]:
        docket, veiled = Docket(self._reader.recall(), whole), set[str]()
        for found in facts:
            fact = self._refuse(found) if self._refused else found
            if fact.type not in APPROVAL_TYPES or (fact.ruling is not None and not fact.ruling.heard):
                yield fact
                continue
            if fact.withheld:
                veiled.add(fact.stream)  # an approval may be among what this copy leaves out
            lacks = self._lacks(docket, fact)
            if lacks and fact.refused is None and fact.stream not in veiled:
                fact = fact._replace(ruling=Ruling(lacks=lacks))
            yield fact

    def _lacks(self, docket: Docket, fact: Fact) -> str | None:
        """What is still missing after an approval; the docket has then taken note of the event."""
        body = fact.data
        if body is None:
            return None
        self._keyrings = self._keyrings or Keyrings(self._reader)
        keyring = self._keyrings.before(fact.seq)
        act = Act(fact.seq, fact.seq, fact.key, fact.signer, fact.meaning, frozenset(), (), fact.time)
        ruled = Ruled(fact.number, fact.type, fact.version, fact.stream, fact.body)
        docket.note(keyring, act, ruled, body, self._reader.answered)
        if fact.type != "promotion.approved":
            return None
        approval: PromotionApproved = body  # type: ignore[assignment]
        found = self._reader.answered(approval.request)
        asked = docket.asked(found.number, fact.seq + 1) if found is not None else None
        standings = docket.standing(keyring, asked, fact.seq + 1) if asked is not None else []
        return "; ".join(counts(one.missing) for one in standings if one.missing) or None


class Judge:
    """What a verification says of an event, found without one: for whoever looks at a few events.

    What a copy leaves out may be an approval: of such a copy nobody says that one is missing.
    """

    def __init__(self, reader: "Lookup") -> None:
        """Judge events of this ledger."""
        self._reader = reader
        self._keyrings = Keyrings(reader)
        self._known = _AGAINST - ({"approvals.missing"} if reader.store.edition() else set())
        # The entry that was asked about last: one that was imported carries many events.
        self._of: tuple[int, str, list[Breach]] | None = None

    def __call__(self, fact: Fact) -> Fact:
        """The fact, with why the rulebook refuses it if it does. Errors: IntegrityError."""
        if fact.seq == 0:
            return fact
        if self._of is None or self._of[0] != fact.seq:
            self._of = fact.seq, *self._entry(fact.seq)
        _, where, breaches = self._of
        found = [b for b in breaches if b.where in {where, fact.number}]
        if not found:
            return fact
        why = "; ".join(dict.fromkeys(breach.message for breach in found))
        return fact._replace(ruling=Ruling(why, _UNHEARD.isdisjoint(breach.rule for breach in found)))

    def _entry(self, seq: int) -> "tuple[str, list[Breach]]":
        """What an entry is called, and what the rulebook has against it and its events."""
        entry = self._reader.entry(seq)
        statement, facts = open_entry(entry)
        keyring = self._keyrings.before(seq)
        if any(slot.governance for slot in entry.slots):
            keyring = keyring.copy()  # for they take effect in it
        ruled = tuple(
            Ruled(f.number, f.type, f.version, f.stream, f.body) for f in facts if is_read(keyring, f.type)
        )
        kinds = frozenset((f.type, kind_of(f.stream)) for f in facts)
        act = Act(seq, seq, *statement[3:6], kinds, ruled, statement.time)
        breaches = examine(keyring, act, self._reader.answered, Docket(self._reader.recall()))
        return act.where, [breach for breach in breaches if breach.rule in self._known]
