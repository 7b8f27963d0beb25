"""What is due: reviews, decisions and risks, findings.

Each thing has a day by which it is to be done: whether that has passed is for whoever reads it to
say, so that the list is the same on every day for the same events.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mledger.chain.history import History
from mledger.core.names import check_stream
from mledger.errors import MledgerError
from mledger.projections.decisions import Condition, Decision
from mledger.projections.duties import DutiesState, duties
from mledger.projections.lapses import Versions, lapses, standing
from mledger.projections.reviews import days_between
from mledger.projections.statements import Citation, behind

Kind = Literal["review", "decision", "stale", "risk", "request", "finding"]


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that somebody is to do by a day.

    `number` is the event that asks for it; `numbers` are all behind it, those that made it due too.
    """

    kind: Kind
    number: str
    stream: str
    title: str
    day: str
    why: str
    owner: str | None
    numbers: tuple[str, ...]
    recorded: str
    """When the last of the events behind it was recorded."""
    place: int = 0
    """Which condition of a decision it is, counted from 1."""

    @property
    def name(self) -> str:
        """What it is called for as long as it is open: the same whenever it is listed."""
        return f"{self.kind}-{self.number}{f'-{self.place}' if self.place else ''}"

    def overdue(self, today: str) -> int:
        """The days by which it is late on a day; 0 if it is not."""
        return max(0, days_between(self.day, today))

    def to_json(self) -> dict[str, object]:
        """It as `--json` prints it."""
        return {
            "kind": self.kind,
            "event": self.number,
            "stream": self.stream,
            "title": self.title,
            "due": self.day,
            "why": self.why,
            "owner": self.owner,
            "events": list(self.numbers),
        }


def due(
    history: History, streams: Sequence[str], folded: Mapping[str, DutiesState] | None = None
) -> list[Due]:
    """Everything that is open on some streams, by day; `folded` are the duties of streams that are known."""
    known: dict[str, DutiesState] = dict(folded or {})

    def state_of(stream: str, seen: History) -> DutiesState:
        if stream not in known:
            known[stream] = duties.fold(seen.of(stream).facts())
        return known[stream]

    found: list[Due] = []
    for stream, seen in history.each(streams):
        state = state_of(stream, seen)
        named = {condition.name for condition in _conditions(state)}
        datasets = {name: state_of(where, seen).versions for name in named if (where := _dataset(name))}
        found += of_state(state, datasets)
    return sorted(found, key=lambda one: (one.day, one.stream, _place(one.number), one.kind))


def of_state(state: DutiesState, datasets: Mapping[str, Versions]) -> Iterator[Due]:
    """What one stream asks for, in no order; `datasets` are the versions that conditions speak of.

    Nothing is due of the decisions and risks of a model that is retired; its reviews end by hand.
    """
    if state.retired is None:
        for number, decision in state.decisions.by_status("in force").items():
            yield from _decision(number, decision, state, datasets)
        yield from _risks(state)
    yield from _reviews(state)
    yield from _requests(state)
    yield from _findings(state)


def _conditions(state: DutiesState) -> Iterator[Condition]:
    for decision in state.decisions.by_status("in force").values():
        yield from (one for one in standing(decision)[0] if one.of == "dataset")


def _dataset(name: str) -> str | None:
    """The stream of a dataset; None for a name of no stream of ours."""
    try:
        return check_stream(f"dataset/{name}")
    except MledgerError:
        return None


def _decision(
    number: str, decision: Decision, state: DutiesState, datasets: Mapping[str, Versions]
) -> Iterator[Due]:
    owner = state.holder(decision.source.by, decision.source)
    if (day := decision.next_review) is not None:
        yield Due(
            "decision",
            number,
            state.stream,
            decision.title,
            day,
            "to be looked at again",
            owner,
            decision.numbers,
            _last(decision).time,
        )
    for lapse in lapses(decision, state, datasets):
        source = lapse.source or _last(decision)
        yield Due(
            "stale",
            number,
            state.stream,
            decision.title,
            lapse.day,
            f"stale because {lapse.why}" if lapse.source else lapse.why,
            owner,
            behind(lapse.source, decision.source, standing(decision)[1]),
            max(source.time, _last(decision).time),
            standing(decision)[0].index(lapse.condition) + 1,
        )


def _last(decision: Decision) -> Citation:
    """The last event behind a decision."""
    return decision.answers[-1].source if decision.answers else decision.source


def _reviews(state: DutiesState) -> Iterator[Due]:
    for number, review in state.reviews.scheduled.items():
        if review.due is not None:
            last = (review.source, *(c.source for c in review.completions), *review.handed)
            often = "" if review.cadence == "once" else f"{review.cadence}: "
            yield Due(
                "review",
                number,
                state.stream,
                review.title,
                review.due,
                f"{often}{'; '.join(review.scope)}",
                review.owner,
                review.numbers,
                max(source.time for source in last),
            )


def _requests(state: DutiesState) -> Iterator[Due]:
    for number, asked in state.reviews.asked.items():
        people = state.awaited(asked)
        if asked.due is not None and people is not None:
            yield Due(
                "request",
                number,
                state.stream,
                f"Review of event {asked.on}",
                asked.due,
                asked.question,
                ", ".join(people) or None,
                (number,),
                asked.source.time,
            )


def _risks(state: DutiesState) -> Iterator[Due]:
    for risk in state.risks.values():
        if risk.review_by is not None and risk.treatment != "closed":
            owner = state.holder(risk.owner, risk.source) if risk.owner else None
            numbers = behind(risk.source, corrected=risk.corrected)
            title, why = f"{risk.name}: {risk.title}", f"risk to be assessed again ({risk.treatment})"
            yield Due(
                "risk",
                risk.source.number,
                state.stream,
                title,
                risk.review_by,
                why,
                owner,
                numbers,
                risk.source.time,
            )


def _findings(state: DutiesState) -> Iterator[Due]:
    for number, finding in state.audits.findings.items():
        if finding.due is not None and finding.is_open:
            owner = state.holder(finding.owner, finding.source) if finding.owner else None
            yield Due(
                "finding",
                number,
                state.stream,
                finding.title,
                finding.due,
                f"audit finding, {finding.severity}, {finding.state}",
                owner,
                finding.numbers,
                (finding.replies[-1].source if finding.replies else finding.source).time,
            )


def _place(number: str) -> tuple[int, int]:
    seq, _, place = number.partition(".")
    return int(seq), int(place or 0)
