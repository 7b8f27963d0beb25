"""Types and fields that a policy asks for: refused by the writer, reported by the auditor."""

from typing import Any

import pytest

from mledger.chain.draft import Draft, new_ids
from mledger.chain.seal import Place, seal
from mledger.chain.statement import Author
from mledger.core import canonical
from mledger.core.merkle import Frontier
from mledger.core.moment import format_moment
from mledger.errors import InputError, NotFoundError
from mledger.events import base as events
from mledger.events.declaring import declaring
from mledger.opening import default_policy
from mledger.projections.base import UNKNOWN, reading
from mledger.testing.simulator import ORIGIN, Simulator, signer_of

ALICE = "Alice Example"
MODEL = {"title": "Credit risk", "purpose": "Decide on loans.", "owner": ALICE}
MET = {"outcome": "continue", "minutes": "https://acme.example/47"}
RULE = {
    "title": "The credit committee has met.",
    "help": "Record it after each meeting.",
    "on": ["model"],
    "schema": {
        "type": "object",
        "properties": {
            "outcome": {"enum": ["continue", "pause", "stop"], "description": "what was decided"},
            "minutes": {"type": "string", "minLength": 1, "examples": ["https://acme.example/47"]},
            "votes": {"type": "object", "properties": {"for": {"type": "integer", "minimum": 0}}},
        },
        "required": ["outcome", "minutes"],
        "additionalProperties": False,
    },
}


def adopt(sim: Simulator, **changes: Any) -> str:
    """Adopt the default policy with some changes."""
    policy = default_policy().model_dump(mode="json", by_alias=True, exclude_none=True)
    fields = {"policy": policy | {"name": "acme"} | changes, "reason": "The committee asks for it."}
    return sim.append("policy.adopted", "ledger", fields).number


@pytest.fixture
def sim() -> Simulator:
    """A ledger whose policy declares `acme.met` on models."""
    made = Simulator()
    adopt(made, types={"acme.met": RULE})
    return made


def force(sim: Simulator, event: str, fields: object, *, version: int = 1, stream: str = "model/m") -> None:
    """Put a body into the store past every rule, as somebody with an own program would."""
    sim.clock.forward(seconds=1)
    key, head = signer_of(ALICE), sim.store.head()
    draft = Draft(event, version, stream, canonical.encode(fields), new_ids(1, sim.random(10), 1)[0])
    place, author = Place(ORIGIN, head, format_moment(sim.clock())), Author(key.key_id, ALICE, "authorship")
    entries = seal([draft], place, key, author, sim.random(16))
    frontier = Frontier()
    nodes = [node for entry in [*sim.store.entries(), *entries] for node in frontier.append(entry.leaf)]
    sim.store.append(entries, [node for node in nodes if node.index >= head.size >> node.level], after=head)


def found(sim: Simulator) -> list[tuple[str, str]]:
    """Rule and place of each finding of a full verification."""
    return [(finding.rule, finding.where) for finding in sim.reader().verify(full=True).findings]


def test_a_declared_type_is_accepted_once_the_policy_has_it() -> None:
    """An organisation's type is unknown before its policy declares it, and recorded afterwards."""
    sim = Simulator()
    with pytest.raises(NotFoundError, match=r"acme\.met"):
        sim.append("acme.met", "model/m", MET)
    adopt(sim, types={"acme.met": RULE})
    receipt = sim.append("acme.met", "model/m", MET)
    assert sim.reader().fact(receipt.number).to_json()["data"] == MET
    sim.check()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (MET | {"outcome": "perhaps"}, "outcome: should be one of continue, pause, stop, not 'perhaps'"),
        ({"outcome": "stop"}, "minutes: is missing, should be text"),
        (MET | {"seal": "red"}, "seal: is not a field here; known are outcome, minutes, votes"),
        (MET | {"votes": {"for": -1}}, r"votes\.for: should be 0 or more, not -1"),
        (MET | {"votes": float("nan")}, "votes: should be an object"),
    ],
)
def test_what_does_not_fit_the_schema_is_refused_and_reported(
    sim: Simulator, fields: dict[str, Any], says: str
) -> None:
    """The writer refuses a body that does not fit, in one line; the auditor reports it."""
    with pytest.raises(InputError, match=says) as caught:
        sim.append("acme.met", "model/m", fields)
    assert "\n" not in caught.value.message
    assert caught.value.fix == "mledger types acme.met"
    sim.check()
    if fields.get("votes") == fields.get("votes"):  # but NaN, which JSON cannot say
        force(sim, "acme.met", fields)
        assert found(sim) == [("policy.body", "2")]


def test_a_declared_type_stands_where_the_policy_says(sim: Simulator) -> None:
    """A stream of another kind is refused, and reported."""
    with pytest.raises(InputError, match=r"acme\.met belongs on model/NAME"):
        sim.append("acme.met", "dataset/d", MET)
    force(sim, "acme.met", MET, stream="dataset/d")
    assert found(sim) == [("event.stream", "entry 2")]


def test_a_required_field_of_our_own_type(sim: Simulator) -> None:
    """A field that the policy asks for is asked for from then on, of types of mledger, too."""
    first = sim.append("model.registered", "model/m", MODEL).number
    adopt(sim, required={"model.registered": ["risk_class", "team"]})
    with pytest.raises(InputError, match="risk_class: is missing, and the policy acme asks for it"):
        sim.append("model.registered", "model/n", MODEL | {"team": ["Bob"]})
    with pytest.raises(InputError, match="team: is missing"):
        sim.append("model.registered", "model/n", MODEL | {"risk_class": "high", "team": []})
    sim.append("model.registered", "model/n", MODEL | {"risk_class": "high", "team": ["Bob"]})
    sim.check()
    force(sim, "model.registered", MODEL)
    assert found(sim) == [("policy.body", "5")]
    assert first == "2"


def test_a_required_field_of_a_type_that_answers(sim: Simulator) -> None:
    """What the policy asks of an answer is judged beside the rules on answers."""
    sim.enrol("Bob Example", "reviewer")
    adopt(sim, required={"promotion.approved": ["conditions"]})
    request = {"version": "1.0", "to_stage": "production", "reason": "Good."}
    number = sim.append("promotion.requested", "model/m", request).number
    answer = {"request": number, "reason": "Seen."}
    with pytest.raises(InputError, match="conditions: is missing"):
        sim.append("promotion.approved", "model/m", answer, by="Bob Example")
    sim.append("promotion.approved", "model/m", answer | {"conditions": ["watch it"]}, by="Bob Example")
    sim.check()


def test_events_are_judged_by_the_policy_of_their_time(sim: Simulator) -> None:
    """A new version of a schema holds from its adoption on; what was recorded before stays good."""
    sim.append("acme.met", "model/m", MET)
    newer = RULE | {"version": 2, "schema": {"type": "object", "properties": {"minutes": {"type": "string"}}}}
    adopt(sim, types={"acme.met": newer})
    number = sim.append("acme.met", "model/m", {"minutes": "x", "more": [1.5]}).number
    assert sim.reader().fact(number).version == 2
    sim.check()
    force(sim, "acme.met", MET, version=1)
    assert found(sim) == [("policy.body", "5")]
    adopt(sim)
    assert found(sim) == [("policy.body", "5")]
    with pytest.raises(NotFoundError):
        sim.append("acme.met", "model/m", MET)


def test_a_verification_that_goes_on_knows_earlier_policies(sim: Simulator) -> None:
    """Policies of entries that are not read again still govern the new ones."""
    reader = sim.reader()
    assert reader.keyring().governed == {"acme.met"}
    adopt(sim, required={"comment.added": ["refs"]})
    assert sim.reader().keyring().governed == {"acme.met", "comment.added"}
    assert set(sim.reader().declared()) == set()


def test_an_erased_body_asks_for_nothing(sim: Simulator) -> None:
    """A body that a redaction took away is no breach of the policy."""
    number = sim.append("acme.met", "model/m", MET).number
    fields = {"event": number, "legal_basis": "GDPR Art. 17", "authority": "DPO"}
    sim.append("record.redacted", "model/m", fields)
    rules = [rule for rule, _ in found(sim)]
    assert "policy.body" not in rules


def test_projections_pass_over_declared_types(sim: Simulator) -> None:
    """A fold notes an event of a declared type as one that it does not know, and goes on."""
    sim.append("model.registered", "model/m", MODEL)
    number = sim.append("acme.met", "model/m", MET).number
    projection = reading("model/m")
    assert projection is not None
    state = projection.fold(sim.reader().facts("model/m"))
    assert [(s.type, s.why, s.numbers) for s in state.trail.skipped] == [("acme.met", UNKNOWN, [number])]


def test_a_declared_type_is_known_only_where_it_is_declared(sim: Simulator) -> None:
    """Within `declaring` the type is found like any other; outside, and in other ledgers, nobody knows it."""
    with declaring(sim.reader().declared):
        assert events.known("acme.met")
        assert "acme.met" in events.names()
        assert "acme.met" in [cls.type for cls in events.all()]
        assert events.find("acme.met") is events.find("acme.met")
        assert events.takes_text("acme.met", "minutes")
        assert [row.name for row in events.describe("acme.met")] == ["outcome", "minutes", "votes"]
        assert events.installed("acme.met") is None
    assert not events.known("acme.met")
    assert "acme.met" not in events.names()
    with pytest.raises(NotFoundError):
        Simulator().append("acme.met", "model/m", MET)


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"types": {"run.smoked": RULE}}, "types.run.smoked", "one of mledger's"),
        ({"types": {"import.seen": RULE}}, "types.import.seen", "one of mledger's"),
        ({"types": {"key.stolen": RULE}}, "types.key.stolen", "governs the ledger"),
        ({"types": {"acme": RULE}}, "types.acme", "should be an event type"),
        ({"types": {"acme.met": RULE | {"on": []}}}, "types.acme.met.on", "at least one"),
        ({"types": {"acme.met": RULE | {"on": ["Model"]}}}, "types.acme.met.on[0]", "a kind of stream"),
        ({"types": {"acme.met": RULE | {"schema": {}}}}, "types.acme.met.schema.type", "is missing"),
        ({"types": {"acme.met": RULE | {"version": 0}}}, "types.acme.met.version", "greater than"),
        ({"required": {"policy.adopted": ["reason"]}}, "required.policy.adopted", "governs the ledger"),
        ({"required": {"record.redacted": ["reason"]}}, "required.record.redacted", "governs the ledger"),
        ({"required": {"comment.added": []}}, "required.comment.added", "at least one"),
        ({"required": {"comment.added": ["txet"]}}, "required.comment.added[0]", "should be a field of"),
        (
            {"types": {"acme.met": RULE}, "required": {"acme.met": ["x"]}},
            "required.acme.met[0]",
            "should be a field of acme.met",
        ),
    ],
)
def test_a_policy_that_cannot_be_meant_is_not_adopted(changes: Any, path: str, says: str) -> None:
    """A slip in what a policy asks for is told before it is adopted, at its place."""
    with pytest.raises(InputError) as caught:
        adopt(Simulator(), **changes)
    ((where, text),) = caught.value.details["fields"].items()
    assert where == f"policy.{path}"
    assert says in text


def test_a_policy_stays_readable_when_types_come_and_go() -> None:
    """What a policy says of types that this installation has not is read as it was recorded."""
    policy = default_policy().model_dump(mode="json", by_alias=True, exclude_none=True)
    recorded = {
        "policy": policy
        | {
            "types": {"run.smoked": RULE | {"version": 1}},
            "required": {"run.started": ["gone"]},
        },
        "reason": "It was possible once.",
    }
    body = events.decode("policy.adopted", 1, canonical.encode(recorded))
    assert canonical.decode(body.to_bytes()) == recorded
