"""The writer: where the chain stands, and what may come next.

It keeps the head, the tree's frontier and the keyring in step with the store, and lets nothing
pass that the rulebook would report.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mledger.chain.docket import Docket
from mledger.chain.draft import Draft, format_id
from mledger.chain.entry import Entry, Head
from mledger.chain.findings import RULES
from mledger.chain.history import Fact
from mledger.chain.keyring import Keyring, Member
from mledger.chain.questions import Questions
from mledger.chain.references import Item, check_references
from mledger.chain.rulebook import Act, Answered, Breach, Ruled, Traits, examine, is_read, kind_of, traits
from mledger.chain.seal import Place, open_entry, seal
from mledger.chain.statement import Author, Statement
from mledger.core import merkle
from mledger.core.envelope import PAYLOAD_TYPE, pae
from mledger.core.merkle import Frontier, Node
from mledger.core.moment import Moment, is_later
from mledger.core.names import format_number
from mledger.errors import (
    DeniedError,
    DivergedError,
    InputError,
    IntegrityError,
    MledgerError,
    RetryError,
    UsageError,
)
from mledger.keys.ed25519 import verify
from mledger.keys.signer import Signer
from mledger.lookup import OPENED
from mledger.reader import Reader

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper

    from mledger.events.base import EventBody

_AUTHORITY = ("key.", "role.", "four-eyes", "approvals.", "retention.", "governance", "chain.genesis")


class Receipt(NamedTuple):
    """What was recorded: event number, id, hash of its entry, who signed and when.

    `recorded` is False if the same event was there already, and the receipt is of that one.
    """

    number: str
    id: str
    leaf: str
    type: str
    stream: str
    signer: str
    meaning: str
    time: Moment
    recorded: bool = True

    def to_json(self) -> dict[str, object]:
        """The receipt as `--json` prints it."""
        return self._asdict()


@dataclass(slots=True)
class Sealed:
    """Entries ready for the store, and where the chain stands once they are there."""

    entries: list[Entry]
    nodes: list[Node]
    head: Head
    frontier: Frontier
    keyring: Keyring
    time: Moment
    docket: Docket
    questions: list[tuple[Answered, bytes]] = field(default_factory=list)


@dataclass(slots=True)
class Writer:
    """The place at the end of one ledger from which its next entries are sealed."""

    reader: Reader
    signer: Signer
    head: Head
    frontier: Frontier
    keyring: Keyring
    time: Moment | None
    questions: Questions = field(init=False)
    opened: "_lru_cache_wrapper[tuple[Entry, Statement]]" = field(init=False)
    """Opens entries: those that are asked about together often stand in one."""
    sound: set[tuple[object, ...]] = field(default_factory=set)
    """Author and kinds of the acts that break no rule of the keyring."""

    def __post_init__(self) -> None:
        """Ask the ledger for what was not appended here lately."""
        self.questions = Questions(self.reader.answered)
        self.opened = lru_cache(OPENED)(self.reader.opened)

    @classmethod
    def at_the_end(cls, reader: Reader, signer: Signer) -> "Writer":
        """A writer that stands at the end of the ledger. Errors: IntegrityError, DeniedError."""
        head = reader.head
        entry = reader.entry(head.size - 1) if head.size else reader.genesis
        statement, _ = open_entry(entry)
        frontier = merkle.frontier(reader.store, head.size)
        writer = cls(reader, signer, head, frontier, reader.keyring(), statement.time)
        writer.member()
        return writer

    def member(self) -> Member:
        """Who signs here. Errors: DeniedError if the key is not enrolled, or revoked."""
        member = self.keyring.members.get(self.signer.key_id)
        short = self.signer.key_id[:12]
        if member is None:
            raise DeniedError(
                f"key {short} is not enrolled in {self.reader.origin}",
                fix="somebody who may enrol keys records it: mledger key enroll FILE.pub --role ROLE",
                rule="key.unknown",
            )
        if member.revoked is not None:
            raise DeniedError(
                f"key {short} of {member.name} was revoked by entry {member.revoked}",
                fix="sign with another key: --as KEY",
                rule="key.revoked",
            )
        return member

    def clock(self) -> Moment:
        """The recorded time of the next entry: now, but never before the entry before.

        Errors: InputError if the clock is further behind the ledger than the policy allows.
        """
        now = self.reader.now()
        if self.time is None or now >= self.time:
            return now
        if is_later(self.time, now, self.skew):
            raise InputError(
                f"this clock says {now}, but the last entry was recorded at {self.time}",
                fix="set this clock right; if it is, the one of that entry ran ahead: mledger log --limit 1",
            )
        return self.time

    @property
    def skew(self) -> int:
        """How far clocks may differ, in seconds, by the policy in force."""
        return self.keyring.skew(self.head.size)

    # --- sealing

    def check_references(self, items: Sequence[Item], held: Sequence[object]) -> None:
        """Nothing, if all that the items lead to is there; see `mledger.chain.references`."""
        try:
            check_references(items, held, self.questions.find, self._read, self.reader.now())
        finally:
            self.opened.cache_clear()  # what somebody may erase is not kept

    def _read(self, reference: str) -> "EventBody | None":
        """The body of an event; None if it is not there, or cannot be read."""
        try:
            return self.reader.fact(reference, self.opened).data
        except RetryError:
            raise
        except MledgerError:
            return None

    def seal(self, drafts: Sequence[Draft], author: Author, random: bytes, after: Sealed | None) -> Sealed:
        """The entries of the drafts, after the ledger's end or after what is sealed already.

        Errors: DeniedError or InputError with the rule that forbids it; nothing has changed then.
        """
        sealed = after or self._begin()
        origin = self.keyring.origin or self.reader.origin
        entries = seal(drafts, Place(origin, sealed.head, sealed.time), self.signer, author, random)
        seen = [traits(draft.type, draft.stream) for draft in drafts]
        keyring = sealed.keyring.copy() if any(said.governance for said in seen) else sealed.keyring
        # Whoever was refused has noted nothing; without a rule there is nothing to note.
        docket = sealed.docket.copy() if keyring.policy and keyring.policy.approvals else sealed.docket
        questions = self._judge(entries, drafts, seen, author, keyring, (docket, sealed.time))
        # From here on nothing can fail.
        sealed.entries += entries
        sealed.questions += questions
        for entry in entries:
            sealed.nodes += sealed.frontier.append(entry.leaf)
        sealed.head = Head(sealed.head.size + len(entries), entries[-1].leaf)
        sealed.keyring, sealed.docket = keyring, docket
        return sealed

    def _begin(self) -> Sealed:
        """Nothing sealed yet. What bears on approvals is looked up anew each time: it is rarely asked for."""
        docket = Docket(self.reader.recall())
        return Sealed([], [], self.head, self.frontier.copy(), self.keyring, self.clock(), docket)

    def _judge(
        self,
        entries: Sequence[Entry],
        drafts: Sequence[Draft],
        seen: Sequence[Traits],
        author: Author,
        keyring: Keyring,
        there: tuple[Docket, Moment],
    ) -> list[tuple[Answered, bytes]]:
        """The questions among the drafts, with their ids; the first breach of a rule is the error."""
        questions, start = [], 0
        docket, time = there
        for entry in entries:
            stop = start + len(entry.slots)
            own, said = drafts[start:stop], seen[start:stop]
            _check_times(own, time, keyring.skew(entry.seq))
            act = _act(entry.seq, own, said, author, keyring, time)
            plain = keyring is self.keyring and not act.ruled
            if not plain or act[2:6] not in self.sound:
                for breach in examine(keyring, act, self.questions.find, docket):
                    raise denied(breach)
                if plain:
                    self.sound.add(act[2:6])
            for place, (draft, one) in enumerate(zip(own, said, strict=True)):
                if one.question:
                    number = format_number(entry.seq, place, len(own))
                    question = Answered(number, entry.seq, draft.type, draft.stream, author.key, time)
                    questions.append((question, draft.id))
            start = stop
        return questions

    def advance(self, sealed: Sealed) -> None:
        """Stand after entries that the store has taken."""
        if sealed.keyring is not self.keyring:
            self.sound.clear()
        self.head, self.frontier, self.keyring, self.time = (
            sealed.head,
            sealed.frontier,
            sealed.keyring,
            sealed.time,
        )
        for question, id_ in sealed.questions:
            self.questions.add(question, id_)

    # --- following others

    def catch_up(self) -> None:
        """Take in what others have appended, by the same rules. Errors: DivergedError, IntegrityError."""
        store = self.reader.store
        there = store.head()
        if there.size < self.head.size:
            raise DivergedError(
                f"the ledger had {self.head.size} entries a moment ago and has {there.size} now",
                fix="mledger verify --full",
            )
        keyring, frontier, leaf, time = self.keyring.copy(), self.frontier.copy(), self.head.leaf, self.time
        size = self.head.size
        if size and next(iter(store.entries(size - 1, size))).leaf != leaf:
            raise DivergedError(
                f"entry {size - 1} is not the one that was here a moment ago", fix="mledger verify --full"
            )
        for entry in store.entries(size, there.size):
            statement, facts = open_entry(entry)
            self._accept(entry, statement, keyring, leaf, time)
            ruled = tuple(
                Ruled(f.number, f.type, f.version, f.stream, f.body)
                for f in facts
                if is_read(keyring, f.type)
            )
            kinds = frozenset((f.type, kind_of(f.stream)) for f in facts)
            act = Act(entry.seq, entry.seq, *statement[3:6], kinds, ruled, statement.time)
            for breach in examine(keyring, act, self.reader.answered):
                if RULES[breach.rule].integrity:  # the rest is for a verification to report
                    message = f"{breach.where} was appended against the rules: {breach.message}"
                    raise IntegrityError(message, fix="mledger verify --full")
            frontier.append(entry.leaf)
            leaf, time, size = entry.leaf, statement.time, size + 1
        self.head, self.frontier, self.keyring, self.time = Head(size, leaf), frontier, keyring, time
        self.sound.clear()

    def _accept(
        self, entry: Entry, statement: Statement, keyring: Keyring, leaf: bytes, time: Moment | None
    ) -> None:
        """One entry of somebody else: its place, its time and its signature."""
        member = keyring.members.get(statement.key)
        if (statement.seq, statement.prev) != (entry.seq, leaf) or (
            time is not None and statement.time < time
        ):
            raise IntegrityError(
                f"entry {entry.seq} does not follow the one before it", fix="mledger verify --full"
            )
        if member and not verify(member.public, pae(PAYLOAD_TYPE, entry.payload), entry.signature):
            raise IntegrityError(
                f"entry {entry.seq} is not signed by {member.name}", fix="mledger verify --full"
            )


def _check_times(drafts: Sequence[Draft], time: Moment, skew: int) -> None:
    for draft in drafts:
        if draft.at is not None and is_later(draft.at, time, skew):
            raise InputError(
                f"{draft.type} is dated {draft.at}, which is in the future",
                fix="give the time when it happened, or leave it out; or set this clock right",
            )


def _act(
    seq: int,
    drafts: Sequence[Draft],
    seen: Sequence[Traits],
    author: Author,
    keyring: Keyring,
    time: Moment,
) -> Act:
    """What the rules see of an entry that is about to be."""
    governed = keyring.governed
    ruled = tuple(
        Ruled(format_number(seq, n, len(drafts)), d.type, d.version, d.stream, d.body)
        for n, (d, said) in enumerate(zip(drafts, seen, strict=True))
        if said.ruled or d.type in governed
    )
    return Act(seq, seq, *author, frozenset(said.kind for said in seen), ruled, time)


def receipts(
    entries: Sequence[Entry], drafts: Sequence[Draft], author: Author, time: Moment
) -> Iterator[Receipt]:
    """The receipt of each draft, given the entries that it was sealed into."""
    made, rest = tuple.__new__, iter(drafts)  # a third of the time of Receipt(...), which adds up in bulk
    for entry in entries:
        leaf, count = entry.leaf.hex(), len(entry.slots)
        for place, slot in enumerate(entry.slots):
            number, name, draft = format_number(entry.seq, place, count), format_id(slot.id), next(rest)
            said = number, name, leaf, draft.type, draft.stream, author.signer, author.meaning, time, True
            yield made(Receipt, said)


def receipt_of(fact: Fact, leaf: bytes) -> Receipt:
    """The receipt of an event that was recorded before."""
    return Receipt(
        fact.number,
        format_id(fact.id),
        leaf.hex(),
        fact.type,
        fact.stream,
        fact.signer,
        fact.meaning,
        fact.time,
        False,
    )


def denied(breach: Breach) -> UsageError:
    """The error that a breach is for somebody who was about to commit it."""
    kind = DeniedError if breach.rule.startswith(_AUTHORITY) else InputError
    return kind(breach.message, fix=breach.fix, rule=breach.rule)
