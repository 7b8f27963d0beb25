"""Authority is by position, and the writer and the auditor judge alike."""

import pytest

from mledger.chain.draft import Draft, new_ids
from mledger.chain.findings import RULES
from mledger.chain.seal import Place, seal
from mledger.chain.statement import Author
from mledger.core.merkle import Frontier
from mledger.core.moment import format_moment
from mledger.errors import DeniedError, InputError
from mledger.events import base as events
from mledger.keys.ed25519 import Ed25519Signer
from mledger.testing.simulator import ORIGIN, Simulator, key_fields, signer_of

MODEL = {"title": "Credit risk", "purpose": "Decide on loans.", "owner": "Alice Example"}
REQUEST = {"version": "1.0", "from_stage": "staging", "to_stage": "production", "reason": "Objectives met."}


def force(sim: Simulator, event: str, stream: str, fields: dict[str, object], by: str, **author: str) -> str:
    """Put an event into the store past every rule, as somebody with an own program would."""
    sim.clock.forward(seconds=1)
    body = events.build(event, fields)
    key = signer_of(by)
    head = sim.store.head()
    draft = Draft(event, body.schema_version, stream, body.to_bytes(), new_ids(1, sim.random(10), 1)[0])
    who = Author(key.key_id, author.get("name", by), author.get("meaning", "authorship"))
    entries = seal([draft], Place(ORIGIN, head, format_moment(sim.clock())), key, who, sim.random(16))
    frontier = Frontier()
    nodes = [node for entry in [*sim.store.entries(), *entries] for node in frontier.append(entry.leaf)]
    sim.store.append(entries, [node for node in nodes if node.index >= head.size >> node.level], after=head)
    return str(head.size)


def rules(sim: Simulator) -> list[str]:
    """The rules that a full verification reports."""
    return [finding.rule for finding in sim.reader().verify(full=True).findings]


def test_a_key_that_nobody_enrolled_cannot_sign() -> None:
    """The writer refuses it, and the auditor reports it if somebody gets past the writer."""
    sim = Simulator()
    with pytest.raises(DeniedError, match="not enrolled"):
        sim.append("model.registered", "model/m", MODEL, by="Mallory")
    force(sim, "model.registered", "model/m", MODEL, "Mallory")
    assert rules(sim) == ["key.unknown"]


def test_a_role_allows_its_types_and_no_other() -> None:
    """A reviewer may comment but not register a model."""
    sim = Simulator()
    sim.enrol("Bob Example", "reviewer")
    number = sim.append("model.registered", "model/m", MODEL).number
    sim.append("comment.added", "model/m", {"on": number, "text": "Fine."}, by="Bob Example")
    with pytest.raises(DeniedError, match=r"may not record model\.registered"):
        sim.append("model.registered", "model/n", MODEL, by="Bob Example")
    sim.check()
    force(sim, "model.registered", "model/n", MODEL, "Bob Example")
    assert rules(sim) == ["role.forbidden"]


def test_nobody_approves_their_own_request() -> None:
    """Four eyes: the owner who asked cannot approve, somebody else can."""
    sim = Simulator()
    sim.enrol("Bob Example", "reviewer")
    number = sim.append("promotion.requested", "model/m", REQUEST).number
    answer = {"request": number, "reason": "Good."}
    with pytest.raises(DeniedError, match="cannot answer it"):
        sim.append("promotion.approved", "model/m", answer)
    sim.append("promotion.approved", "model/m", answer, by="Bob Example")
    sim.check()
    force(sim, "promotion.approved", "model/m", answer, "Alice Example")
    assert rules(sim) == ["four-eyes"]


def test_two_keys_of_one_person_are_one_pair_of_eyes() -> None:
    """A second key under the same name does not make a second person."""
    sim = Simulator()
    second = {**key_fields("Alice at home", "owner"), "name": "Alice Example"}
    sim.append("key.enrolled", "ledger", {"key": second})
    number = sim.append("promotion.requested", "model/m", REQUEST).number
    home = sim.ledger("Alice at home")
    with pytest.raises(DeniedError, match="cannot answer it"):
        home.append("promotion.approved", "model/m", {"request": number, "reason": "Good."})


@pytest.mark.parametrize("missing", ["99", "0.2", "01935f6e-0000-7000-8000-000000000000"])
def test_an_answer_needs_something_to_answer(missing: str) -> None:
    """An approval of an event that is not there, or of another type, is refused and reported."""
    sim = Simulator()
    sim.enrol("Bob Example", "reviewer")
    sim.append("model.registered", "model/m", MODEL)
    with pytest.raises(InputError, match="not there"):
        sim.append("promotion.approved", "model/m", {"request": missing, "reason": "Good."}, by="Bob Example")
    with pytest.raises(InputError, match=r"must answer a promotion\.requested"):
        sim.append("promotion.approved", "model/m", {"request": "2", "reason": "Good."}, by="Bob Example")
    force(sim, "promotion.approved", "model/m", {"request": missing, "reason": "Good."}, "Bob Example")
    assert rules(sim) == ["reference"]


def test_an_answer_on_another_stream_is_refused() -> None:
    """An approval stands on the stream of its request."""
    sim = Simulator()
    sim.enrol("Bob Example", "reviewer")
    number = sim.append("promotion.requested", "model/m", REQUEST).number
    with pytest.raises(InputError, match="of that stream"):
        sim.append("promotion.approved", "model/n", {"request": number, "reason": "Good."}, by="Bob Example")


def test_a_revoked_key_is_silent_and_its_past_stays() -> None:
    """What was signed before the revocation stands; nothing after it does."""
    sim = Simulator()
    sim.enrol("Bob Example", "engineer")
    sim.append("model.registered", "model/m", MODEL, by="Bob Example")
    sim.append("key.revoked", "ledger", {"key": signer_of("Bob Example").key_id, "reason": "Left."})
    sim.check()
    with pytest.raises(DeniedError, match="revoked"):
        sim.append("model.registered", "model/n", MODEL, by="Bob Example")
    force(sim, "model.registered", "model/n", MODEL, "Bob Example")
    assert rules(sim) == ["key.revoked"]


def test_a_compromise_disputes_what_was_signed_since() -> None:
    """Entries between the compromise and the revocation are reported, and break no integrity."""
    sim = Simulator()
    sim.enrol("Bob Example", "engineer")
    sim.append("model.registered", "model/m", MODEL, by="Bob Example")
    sim.append("model.registered", "model/n", MODEL, by="Bob Example")
    lost = {"key": signer_of("Bob Example").key_id, "reason": "Stolen.", "compromised_since": "3"}
    sim.append("key.revoked", "ledger", lost)
    verification = sim.reader().verify(full=True)
    assert [(f.rule, f.where) for f in verification.findings] == [("key.disputed", "entry 3")]
    assert verification.intact
    assert verification.exit_code == 1


def test_a_rotated_key_passes_its_voice_on() -> None:
    """After a rotation the new key speaks with the old one's roles at most, and the old one is silent."""
    sim = Simulator()
    sim.enrol("Bob Example", "engineer")
    new = {**key_fields("Bob's new laptop", "engineer"), "name": "Bob Example"}
    rotation = {"old": signer_of("Bob Example").key_id, "key": new, "reason": "Yearly rotation."}
    with pytest.raises(DeniedError, match="no roles beyond"):
        sim.append("key.rotated", "ledger", {**rotation, "key": {**new, "roles": ["owner"]}})
    sim.append("key.rotated", "ledger", rotation)
    sim.append("model.registered", "model/m", MODEL, by="Bob's new laptop")
    with pytest.raises(DeniedError, match="revoked"):
        sim.append("model.registered", "model/n", MODEL, by="Bob Example")
    sim.check()


def test_the_ledger_is_never_left_without_somebody_who_governs() -> None:
    """The last key that may grant roles cannot be revoked, lose its role, or be stripped by a policy."""
    sim = Simulator()
    mine = signer_of("Alice Example").key_id
    powerless = {"name": "none", "roles": {"owner": {"may": ["comment.*"]}}}
    for event, fields in (
        ("key.revoked", {"key": mine, "reason": "x"}),
        ("role.revoked", {"key": mine, "role": "owner", "reason": "x"}),
        ("policy.adopted", {"policy": powerless, "reason": "x"}),
    ):
        with pytest.raises(DeniedError, match="nobody would be left"):
            sim.append(event, "ledger", fields)
    sim.check()


@pytest.mark.parametrize(
    ("event", "fields", "why"),
    [
        ("key.enrolled", {"key": key_fields("Alice Example", "engineer")}, "enrolled already"),
        ("key.enrolled", {"key": key_fields("Bob Example", "wizard")}, "no role 'wizard'"),
        ("key.revoked", {"key": "0" * 64, "reason": "x"}, "not enrolled"),
        (
            "role.granted",
            {"key": signer_of("Alice Example").key_id, "role": "wizard", "reason": "x"},
            "no role",
        ),
        (
            "role.revoked",
            {"key": signer_of("Alice Example").key_id, "role": "auditor", "reason": "x"},
            "does not have",
        ),
    ],
)
def test_governance_that_cannot_take_effect_is_refused(
    event: str, fields: dict[str, object], why: str
) -> None:
    """Keys and roles change only from what they are, for the writer and for the auditor."""
    sim = Simulator()
    with pytest.raises(DeniedError, match=why):
        sim.append(event, "ledger", fields)
    force(sim, event, "ledger", fields, "Alice Example")
    assert rules(sim) == ["governance"]


def test_a_machine_signs_as_a_machine() -> None:
    """A machine's key signs with no other meaning, and a person's never with that one."""
    sim = Simulator()
    sim.enrol("ci", "engineer", kind="machine")
    assert sim.append("model.registered", "model/m", MODEL, by="ci").meaning == "machine"
    with pytest.raises(DeniedError, match="cannot sign with the meaning 'approval'"):
        sim.ledger("ci").append("model.registered", "model/n", MODEL, meaning="approval")
    with pytest.raises(DeniedError, match="cannot sign with the meaning 'machine'"):
        sim.ledger().append("model.registered", "model/n", MODEL, meaning="machine")
    force(sim, "model.registered", "model/n", MODEL, "ci")
    assert rules(sim) == ["key.meaning"]


def test_a_printed_name_is_the_enrolled_one() -> None:
    """Somebody who signs under another name is found."""
    sim = Simulator()
    force(sim, "model.registered", "model/m", MODEL, "Alice Example", name="Bob Example")
    assert rules(sim) == ["key.name"]


def test_a_ledger_is_opened_once() -> None:
    """A second opening is refused and reported."""
    sim = Simulator()
    again = {
        "origin": ORIGIN,
        "key": key_fields("Mallory", "owner"),
        "policy": {"name": "p", "roles": {"owner": {"may": ["*"]}}},
    }
    with pytest.raises(DeniedError, match="second time"):
        sim.append("ledger.opened", "ledger", again)
    force(sim, "ledger.opened", "ledger", again, "Alice Example")
    assert rules(sim) == ["chain.genesis"]


def test_an_event_stands_on_a_stream_of_its_kind() -> None:
    """A model is not registered on the stream of a dataset."""
    sim = Simulator()
    with pytest.raises(InputError, match="belongs on model/NAME"):
        sim.append("model.registered", "dataset/m", MODEL)
    force(sim, "model.registered", "dataset/m", MODEL, "Alice Example")
    assert rules(sim) == ["event.stream"]


def test_what_governs_stands_alone_in_its_entry() -> None:
    """A role that is granted counts from the next entry on, in which the rest of the same append stands."""
    sim = Simulator()
    sim.enrol("Carol Example", "admin")
    carol = sim.ledger("Carol Example")
    from mledger.ledger import What

    fields = {"key": signer_of("Carol Example").key_id, "role": "engineer", "reason": "x"}
    grant, model = events.build("role.granted", fields), events.build("model.registered", MODEL)
    other = events.build("comment.added", {"on": "0", "text": "Hello."})
    said = [What(model, "model/m"), What(other, "model/m")]
    with pytest.raises(DeniedError, match=r"may not record model\.registered"):
        carol.append_all([*said, What(grant, "ledger")])
    assert sim.reader().head.size == 2
    assert [one.number for one in carol.append_all([What(grant, "ledger"), *said])] == ["2", "3.1", "3.2"]
    sim.check()


def test_every_breach_names_a_rule() -> None:
    """The signer of a simulation is an ordinary key, and every rule has a kind and a title."""
    assert isinstance(signer_of("x"), Ed25519Signer)
    assert all(rule.kind and rule.title for rule in RULES.values())


def test_a_redaction_names_what_may_be_erased() -> None:
    """Governance cannot be redacted, nor what is not there; a body that stays is reported."""
    sim = Simulator()
    number = sim.append("model.registered", "model/m", MODEL).number
    basis = {"legal_basis": "GDPR Art. 17", "authority": "Data protection officer"}
    with pytest.raises(DeniedError, match="nobody may redact"):
        sim.append("record.redacted", "ledger", {"event": "0", **basis})
    with pytest.raises(InputError, match="not there"):
        sim.append("record.redacted", "ledger", {"event": "77", **basis})
    sim.append("record.redacted", "model/m", {"event": number, **basis})
    findings = sim.reader().verify(full=True).findings
    assert [(f.rule, f.where) for f in findings] == [("body.kept", number)]
