"""Facts for projections: made one by one from fields, and by Hypothesis in any order."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from mledger.chain.history import Fact, Ruling
from mledger.core.moment import Moment, format_moment, read_moment
from mledger.errors import InputError
from mledger.events import base as events
from mledger.projections import base
from mledger.testing.bodies import DATASET, MODEL, PROPOSED, REGISTERED, STARTED
from tests.strategies import bodies

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Story:
    """Facts of one ledger in the order of recording, a minute apart, each an entry of its own."""

    def __init__(self, stream: str = MODEL) -> None:
        """Begin with nothing, on a stream."""
        self.stream = stream
        self.facts: list[Fact] = []

    def tell(
        self,
        event: str,
        fields: dict[str, Any],
        *,
        by: str = "Alice Example",
        at: str | None = None,
        stream: str | None = None,
    ) -> str:
        """Add an event; its number."""
        seq = len(self.facts)
        body = events.build(event, fields)
        time = format_moment(START + timedelta(minutes=seq))
        occurred = read_moment(at) if at else time
        fact = fact_of(body, seq, stream or self.stream, time, occurred, by)
        self.facts.append(fact)
        return fact.number

    def forget(self, number: str) -> None:
        """Erase the content of an event."""
        self.facts = [f._replace(body=None) if f.number == number else f for f in self.facts]

    def refuse(self, why: str, number: str | None = None) -> None:
        """Let the rulebook refuse an event, by default the last."""
        wanted = number or self.facts[-1].number
        self.facts = [f._replace(ruling=Ruling(why)) if f.number == wanted else f for f in self.facts]

    def id_of(self, number: str) -> str:
        """The UUID of an event."""
        return str(uuid.UUID(bytes=next(f.id for f in self.facts if f.number == number)))

    # the usual steps of a model's life

    def register(self, **fields: Any) -> str:
        return self.tell("model.registered", REGISTERED | fields)

    def propose(self, **fields: Any) -> str:
        return self.tell("decision.proposed", PROPOSED | fields)

    def accept(self, decision: str, by: str = "Bob Example") -> str:
        return self.tell("decision.accepted", {"decision": decision}, by=by)

    def start(self, run: str = "r1", **fields: Any) -> str:
        used = [{"name": "applications", "version": "v1", "role": "train"}]
        return self.tell("run.started", STARTED | {"run": run, "datasets": used} | fields)

    def finish(self, run: str = "r1", auc: float = 0.96, **fields: Any) -> str:
        body = {"run": run, "metrics": [{"name": "auc", "value": auc}], "verdict": "supported"}
        return self.tell("run.finished", body | fields)

    def fail(self, run: str = "r1") -> str:
        return self.tell("run.failed", {"run": run, "exit": {"exception_type": "MemoryError"}})

    def release(self, version: str = "1.0", **fields: Any) -> str:
        body = {"version": version, "notes": "New.", "artifacts": [{"name": "m.pkl", "sha256": "c0" * 32}]}
        return self.tell("version.released", body | fields)

    def request(self, version: str = "1.0", to: str = "production", origin: str | None = None) -> str:
        body = {"version": version, "from_stage": origin, "to_stage": to, "reason": "Good."}
        return self.tell("promotion.requested", body)

    def approve(self, request: str, by: str = "Bob Example") -> str:
        return self.tell("promotion.approved", {"request": request, "reason": "Seen."}, by=by)

    def reject(self, request: str, by: str = "Carol Example") -> str:
        return self.tell("promotion.rejected", {"request": request, "reason": "No."}, by=by)

    def move(self, request: str, version: str = "1.0", to: str = "production", **fields: Any) -> str:
        body = {"request": request, "version": version, "to_stage": to}
        return self.tell("promotion.executed", body | fields)

    def promote(self, version: str = "1.0", to: str = "production", origin: str | None = None) -> str:
        """Ask, approve and move; the number of the approval."""
        request = self.request(version, to, origin)
        number = self.approve(request)
        self.move(request, version, to, from_stage=origin)
        return number

    def deploy(self, version: str = "1.0", where: str = "eu-west", **fields: Any) -> str:
        body = {"version": version, "environment": where, "stage": "production"}
        return self.tell("deployment.recorded", body | fields)

    def roll_back(self, old: str, new: str, **fields: Any) -> str:
        body = {"from_version": old, "to_version": new, "stage": "production", "reason": "It failed."}
        return self.tell("rollback.executed", body | fields)

    def correct(self, event: str, **fields: Any) -> str:
        return self.tell("record.corrected", {"event": event, "fields": fields, "reason": "A slip."})


def fact_of(
    body: events.EventBody,
    seq: int,
    stream: str,
    time: Moment,
    occurred: Moment | None = None,
    by: str = "Alice Example",
) -> Fact:
    """The fact of an event that is alone in its entry."""
    return Fact(
        seq,
        0,
        1,
        body.type,
        body.schema_version,
        stream,
        uuid.uuid5(uuid.NAMESPACE_OID, str(seq)).bytes,
        time,
        occurred or time,
        "0" * 64,
        by,
        body.meaning,
        body.to_bytes(),
    )


# What events of a story share, so that they meet: few names, and references to the first events.
_REFERENCES = st.integers(0, 30).map(str) | st.integers(0, 30).map(
    lambda seq: str(uuid.uuid5(uuid.NAMESPACE_OID, str(seq)))
)
_SHARED: dict[str, st.SearchStrategy[Any]] = {
    "version": st.sampled_from(["1.0", "2.0", "3.0"]),
    "stage": st.sampled_from(["staging", "production"]),
    "run": st.sampled_from(["r1", "r2", "r3"]) | _REFERENCES,
    "environment": st.sampled_from(["eu", "us"]),
    "reference": _REFERENCES,
}
_FIELDS = {
    "version": "version",
    "from_version": "version",
    "to_version": "version",
    "previous": "version",
    "stage": "stage",
    "from_stage": "stage",
    "to_stage": "stage",
    "environment": "environment",
    "run": "run",
    "request": "reference",
    "decision": "reference",
    "by": "reference",
    "on": "reference",
    "event": "reference",
    "replaces": "reference",
    "parent_decision": "reference",
}
_STREAMS = {"model": MODEL, "dataset": DATASET, "ledger": "ledger"}


@st.composite
def meeting_bodies(draw: st.DrawFn, type: str | None = None) -> events.EventBody:
    """A valid body whose names and references are those of other events of the same story."""
    body = draw(bodies(type or draw(st.sampled_from(events.names()))))
    fields = body.model_dump(mode="json", by_alias=True, exclude_none=True)
    for name, kind in _FIELDS.items():
        if isinstance(fields.get(name), str):
            fields[name] = draw(_SHARED[kind])
    try:
        return events.build(body.type, fields)
    except InputError:
        return body  # a rule of the class forbids the combination


@st.composite
def histories(draw: st.DrawFn, kinds: tuple[str, ...] = (), least: int = 0) -> list[Fact]:
    """Valid events for streams of some kinds, or of any, as if recorded in any order; some are erased."""
    read = [name for projection in base.names() for name in base.find(projection).types]
    fitting = [name for name in (*events.names(), *sorted(read)) if _kinds(name, kinds)]
    chosen = draw(st.lists(st.sampled_from(fitting), min_size=least, max_size=25))
    return [_fact(draw, seq, name, _kinds(name, kinds)) for seq, name in enumerate(chosen)]


def _kinds(event: str, wanted: tuple[str, ...]) -> list[str]:
    """The kinds of stream that a type may stand on, of those wanted."""
    wanted = wanted or tuple(_STREAMS)
    own = events.find(event).kinds
    return [kind for kind in wanted if "*" in own or kind in own]


def _fact(draw: st.DrawFn, seq: int, event: str, kinds: list[str]) -> Fact:
    minutes = draw(st.just(0) | st.integers(-40, 0))
    occurred = format_moment(START + timedelta(minutes=seq + minutes))
    time = format_moment(START + timedelta(minutes=seq))
    stream = _STREAMS[draw(st.sampled_from(kinds))]
    fact = fact_of(draw(meeting_bodies(event)), seq, stream, time, occurred)
    return fact._replace(body=None) if draw(st.integers(0, 19)) == 0 else fact
