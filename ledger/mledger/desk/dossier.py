"""What somebody sees before they answer: the record and its circumstances.

A dossier is made from what was known after a number of entries: all of them for whoever signs now,
those before the signature for whoever asks later what the signer could see.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mledger.chain.docket import Docket
from mledger.chain.history import Fact
from mledger.chain.keyring import Keyring, Member
from mledger.core.moment import Moment
from mledger.desk import dossier_parts as parts
from mledger.errors import InputError
from mledger.events.base import EventBody
from mledger.projections.base import reading
from mledger.reports.base import Claim, Document, Section

if TYPE_CHECKING:
    from mledger.projections.datasets import DatasetState
    from mledger.reader import Reader
    from mledger.replay import Replay

REQUESTED, PROPOSED, ASKED = "promotion.requested", "decision.proposed", "review.requested"
ACT = "act.requested"
PLANS = ("plan.agreed", "plan.amended")
QUESTIONS = (REQUESTED, PROPOSED, ASKED, ACT, *PLANS)


@dataclass(frozen=True, slots=True)
class Case:
    """What a dossier is made from: the event, what is known around it, and who looks at it."""

    reader: "Reader"
    fact: Fact
    body: Any
    size: int
    replay: "Replay | None"
    keyring: Keyring
    docket: Docket
    now: Moment
    person: Member | None = None

    @property
    def state(self) -> Any:
        """The state of the stream that the event stands on; None of a kind that has none."""
        return self.replay.state if self.replay is not None else None

    @property
    def datasets(self) -> "dict[str, DatasetState]":
        """The datasets that a model names."""
        return self.replay.datasets if self.replay is not None else {}

    @property
    def today(self) -> str:
        """The day on which it is looked at, in UTC."""
        return self.now[:10]

    @property
    def model(self) -> str:
        """The name of the model or dataset."""
        return self.fact.stream.partition("/")[2]


def question_of(reader: "Reader", reference: str) -> tuple[Fact, Fact | None]:
    """The question that a reference names, and its answer if it names that instead.

    Errors: InputError for an event that is neither; NotFoundError.
    """
    fact = reader.fact(reference)
    if fact.type in QUESTIONS:
        return fact, None
    answers = getattr(type(fact.data), "answers", None) or ("",)
    if set(answers[1:]) & set(QUESTIONS):
        return reader.fact(getattr(fact.data, answers[0])), fact
    due = f"mledger reviews done {fact.number} --checked TEXT"
    raise InputError(
        f"event {fact.number} is a {fact.type}, which nobody approves or rejects",
        fix=due if fact.type == "review.scheduled" else "mledger inbox",
    )


def dossier(
    reader: "Reader", fact: Fact, *, known_at: int | None = None, person: Member | None = None
) -> Document:
    """What there is to see of a question, after `known_at` entries or all.

    `person` is who looks: whether they are independent is said. Errors: IntegrityError, InputError.
    """
    size = reader.head.size if known_at is None else known_at
    body = fact.data
    if body is None:
        raise InputError(f"event {fact.number} cannot be read: it is {fact.obstacle}", fix="mledger log")
    known = reading(fact.stream) is not None
    replay = reader.replay(fact.stream, known_at=size - 1) if known else None
    docket = Docket(reader.recall())
    now = reader.now() if known_at is None else reader.statement(known_at).time
    case = Case(reader, fact, body, size, replay, reader.keyring(size), docket, now, person)
    sections = [section for section in _sections(case, body) if section.blocks]
    leaf = (reader.leaf_at(size - 1) or b"").hex()
    about, time = f"event {fact.number}", reader.statement(size - 1).time
    return Document(
        "dossier",
        _title(case),
        about,
        tuple(sections),
        data={"number": fact.number, "type": fact.type, "stream": fact.stream, "answered": _answered(case)}
        | {"streams": _streams(case), "entries": size, "head": leaf, "time": time},
    )


def _streams(case: Case) -> list[str]:
    """What the page is about and rests on: the stream of the question, and the datasets that it names."""
    return [case.fact.stream, *(f"dataset/{name}" for name in case.datasets)]


def _answered(case: Case) -> bool:
    """Whether nobody is asked any more: a decision has its answer, a request is rejected or carried out."""
    number = case.fact.number
    if case.fact.type == PROPOSED:
        found = case.state.decisions.proposals.get(number)
        return found is None or bool(found.status != "proposed")
    asked = case.state.stages.requests.get(number) if case.fact.type == REQUESTED else None
    if asked is None or asked.moved is None:
        return asked is not None and bool(asked.status == "rejected")
    return bool(asked.standing(asked.moved.number))  # one that was moved without may still be approved


def _title(case: Case) -> str:
    body = case.body
    if case.fact.type == REQUESTED:
        origin = f"{body.from_stage} -> " if body.from_stage else "to "
        return f"{case.model} {body.version}: {origin}{body.to_stage}"
    if case.fact.type == ASKED:
        return f"{case.fact.stream}: review of event {body.on}"
    if case.fact.type == ACT:
        return f"{case.fact.stream}: {body.act}"
    return f"{case.fact.stream}: {body.title}"


def _sections(case: Case, body: EventBody) -> Iterator[Section]:
    own = (case.fact.number,)
    asked = f"{case.fact.signer}, {case.fact.time[:10]}"
    yield Section("by", (Claim(asked, own),))
    for title, make in _PARTS.get(case.fact.type, ()):
        yield Section(title, tuple(make(case)))
    if case.fact.type == ACT:
        return
    if case.fact.type in PLANS:
        yield Section("plan", tuple(parts.plan(body)))
        yield Section("amended", tuple(parts.amended(case)))
        yield Section("signed", tuple(parts.signed_plan(case)))
    yield Section("checks", tuple(parts.checks(case)))
    yield Section("comments", tuple(parts.comments(case)))
    yield Section("dissent", tuple(parts.dissent(case)))
    yield Section("answers", tuple(parts.answers(case)))
    yield Section("independence", tuple(parts.independence(case)))


Make = Callable[[Case], Iterator[Claim]]
_PARTS: dict[str, tuple[tuple[str, Make], ...]] = {
    REQUESTED: (
        ("reason", parts.reason),
        ("version", parts.version),
        ("objectives", parts.objectives),
        ("changed", parts.changed),
        ("open", parts.open_items),
        ("approvals", parts.approvals),
    ),
    PROPOSED: (
        ("decision", parts.decision),
        ("options", parts.options),
        ("expected", parts.expected),
        ("evidence", parts.evidence),
        ("open", parts.open_items),
    ),
    ASKED: (("question", parts.question),),
    ACT: (
        ("reason", parts.why),
        ("fields", parts.fields),
        ("approvals", parts.agreement),
    ),
}
