"""The key that signs checkpoints changes hands, and old evidence still holds."""

from collections.abc import Sequence

import pytest

from mledger.chain.succession import LogKeys, log_key, sign_checkpoint, sign_succession
from mledger.core import merkle
from mledger.core.checkpoint import Checkpoint
from mledger.core.note import Note, format_note, parse_note
from mledger.errors import DeniedError, MledgerError, ProofError
from mledger.events import base as events
from mledger.events import forms
from mledger.receipt import check_receipt
from mledger.testing.simulator import ORIGIN, Simulator, key_fields, signer_of
from mledger.verification.verifying import Trust
from tests.chain.test_authority import force, rules

ALICE, BOB, MALLORY = "Alice Example", "Bob Example", "Mallory Example"
NEW = "Alice Example, 2027"
REASON = {"reason": "Yearly rotation."}
IMPORT = forms.example(events.find("import.performed"), optional=False)


def company() -> Simulator:
    """Alice owns the ledger, Bob is another owner; a checkpoint is kept."""
    sim = Simulator()
    sim.enrol(BOB, "owner")
    sim.ledger().checkpoint()
    return sim


def new_key(name: str = NEW) -> dict[str, object]:
    """A new key of Alice's."""
    return key_fields(name, "owner") | {"name": ALICE}


def note(sim: Simulator, new: str, old: str | None = ALICE) -> str:
    """A succession from the key that signs now, signed by the new key and perhaps an old one."""
    now = LogKeys(sim.reader().keyring().signs).now
    return sign_succession(now, signer_of(new), signer_of(old) if old else None).decode()


def rotate(sim: Simulator, new: str = NEW, *, by: str = ALICE, old: str | None = ALICE) -> None:
    """Rotate Alice's key and appoint the new one, in one entry."""
    key = new_key(new)
    rotated = {"old": signer_of(ALICE).key_id, "key": key} | REASON
    appointed = {"key": key["id"], "note": note(sim, new, old)} | REASON
    sim.append("key.rotated", "ledger", rotated, by=by)
    sim.append("key.appointed", "ledger", appointed, by=new)


def appoint(sim: Simulator, new: str, *, by: str, old: str | None) -> None:
    """Appoint a key that is enrolled."""
    sim.append(
        "key.appointed", "ledger", {"key": signer_of(new).key_id, "note": note(sim, new, old)} | REASON, by=by
    )


def forged(sim: Simulator, size: int, names: Sequence[str]) -> bytes:
    """A checkpoint of the ledger's own history, signed by others."""
    checkpoint = Checkpoint(ORIGIN, size, merkle.root(sim.store, size))
    return sign_checkpoint(checkpoint, [signer_of(name) for name in names])


def test_the_new_key_signs_from_then_on() -> None:
    """The old key is refused, the new one signs, and checkpoints of both hold."""
    sim = company()
    rotate(sim)
    sim.append("comment.added", "ledger", {"on": "0", "text": "On."}, by=BOB)
    with pytest.raises(DeniedError, match="revoked"):
        sim.ledger().append("comment.added", "ledger", {"on": "0", "text": "Still here."})
    with pytest.raises(DeniedError, match="signed by the key"):
        sim.ledger(BOB).checkpoint()
    sim.ledger(NEW).checkpoint()
    assert [c.size for c, _ in sim.reader().checkpoints()] == [2, 5]
    sim.check()


def test_old_receipts_and_trust_files_hold() -> None:
    """What was handed out before still holds under the old key; an old trust file recognises the ledger."""
    sim = company()
    reader = sim.reader()
    receipt, vkey, pinned = reader.prove("1"), reader.vkey_text, reader.pinned()
    rotate(sim)
    sim.ledger(NEW).checkpoint()
    check_receipt(receipt, vkey)
    later = sim.reader()
    assert later.vkey_text != vkey
    check_receipt(later.prove("3"), later.vkey_text)
    with pytest.raises(ProofError):
        check_receipt(later.prove("3"), vkey)
    verification = later.verify(full=True, trust=Trust(pinned=pinned))
    assert verification.findings == []
    assert verification.relied_on == [
        "the trust file, which knows 2 entries; its key was handed over at entry 3"
    ]
    forged_pin = pinned._replace(vkey=later.vkey_text)
    assert rules_of(later, forged_pin) == ["head.diverged"]


def rules_of(reader, pinned) -> list[str]:
    """The findings with a trust file."""
    return [f.rule for f in reader.verify(full=True, trust=Trust(pinned=pinned)).findings]


def test_a_changeover_is_signed_by_both() -> None:
    """A checkpoint with the lines of both keys is believed by those who know only one of them."""
    sim = company()
    reader = sim.reader()
    rotate(sim)
    both = sim.ledger(NEW).checkpoint(beside=[signer_of(ALICE)])
    assert len(parse_note(both).signatures) == 2
    sim.check()
    for vkey in (reader.vkey_at(2), sim.reader().vkey_text):
        check_receipt(sim.reader().prove("1"), vkey)


def test_a_stolen_old_key_signs_nothing_any_more() -> None:
    """A checkpoint that covers the succession and is signed by the old key alone is a finding."""
    sim = company()
    rotate(sim)
    sim.store.keep_checkpoint(4, forged(sim, 4, [ALICE]))
    (finding,) = sim.reader().verify(full=True).findings
    assert (finding.rule, finding.integrity) == ("checkpoint.bad", True)
    assert "no longer" in finding.message


def test_a_new_key_does_not_sign_what_was_before_it() -> None:
    """Nor does the new key vouch for a size that the old one signed."""
    sim = company()
    rotate(sim)
    sim.store.keep_checkpoint(1, forged(sim, 1, [NEW]))
    (finding,) = sim.reader().verify(full=True).findings
    assert finding.rule == "checkpoint.bad"
    assert "not yet" in finding.message


@pytest.mark.parametrize("old", [None, MALLORY, BOB])
def test_a_succession_needs_the_key_until_then(old: str | None) -> None:
    """As long as it is not revoked, nobody appoints another key without it, whatever their role."""
    sim = company()
    with pytest.raises(DeniedError, match="has not signed the succession"):
        appoint(sim, BOB, by=BOB, old=old)
    appoint(sim, BOB, by=BOB, old=ALICE)
    sim.ledger(BOB).checkpoint()
    sim.check()


def test_a_lost_key_is_replaced_after_its_revocation() -> None:
    """Whoever may revokes it first; the trust file then says that the key was replaced."""
    sim = company()
    pinned = sim.reader().pinned()
    revoked = {"key": signer_of(ALICE).key_id, "reason": "Stolen.", "compromised_since": "2"}
    sim.append("key.revoked", "ledger", revoked, by=BOB)
    with pytest.raises(DeniedError, match="revoked by entry 2"):
        sim.ledger(BOB).checkpoint()
    appoint(sim, BOB, by=BOB, old=None)
    sim.ledger(BOB).checkpoint()
    sim.check()
    verification = sim.reader().verify(full=True, trust=Trust(pinned=pinned))
    assert "its key was replaced without it at entry 3" in verification.relied_on[0]


@pytest.mark.parametrize("who", ["first", "person", "machine", "appointed"])
def test_any_key_is_revoked_with_what_it_signed_in_doubt(who: str) -> None:
    """Of every kind of key, the one that signs checkpoints included, what it signed since is disputed."""
    sim = company()
    name = {"first": ALICE, "person": "Carol Example", "machine": "Nightly job", "appointed": BOB}[who]
    if who in ("person", "machine"):
        sim.enrol(name, "engineer" if who == "person" else "machine", kind=who)
    if who == "appointed":
        appoint(sim, BOB, by=BOB, old=ALICE)
        sim.ledger(BOB).checkpoint()
    number = sim.append("import.performed", "ledger", IMPORT, by=name).number
    other = ALICE if who != "first" else BOB
    revoked = {"key": signer_of(name).key_id, "reason": "Stolen.", "compromised_since": number}
    sim.append("key.revoked", "ledger", revoked, by=other)
    with pytest.raises(DeniedError, match="revoked"):
        sim.append("import.performed", "ledger", IMPORT, by=name)
    verification = sim.reader().verify(full=True)
    assert [(f.rule, f.where) for f in verification.findings] == [("key.disputed", f"entry {number}")]
    assert verification.exit_code == 1


def test_only_one_succession_takes_effect() -> None:
    """Two successions of one key: the second finds another key in its place."""
    sim = company()
    second = note(sim, BOB)
    rotate(sim)
    with pytest.raises(DeniedError, match="another key than the one which signs"):
        sim.append("key.appointed", "ledger", {"key": signer_of(BOB).key_id, "note": second} | REASON, by=BOB)
    force(sim, "key.appointed", "ledger", {"key": signer_of(BOB).key_id, "note": second} | REASON, BOB)
    assert rules(sim) == ["governance"]


def test_a_succession_that_is_forged_has_no_effect() -> None:
    """One that the new key has not signed, of another ledger, or to another key than the event names."""
    sim = company()
    good = parse_note(note(sim, BOB).encode())
    swapped = tuple(line._replace(signature=bytes(64)) for line in good.signatures)
    only_old = tuple(
        line for line in good.signatures if line.hash == log_key(ORIGIN, signer_of(ALICE).public).hash
    )
    bad = [
        (BOB, format_note(Note(good.text, swapped)).decode()),
        (BOB, format_note(Note(good.text, only_old)).decode()),
        (ALICE, note(sim, BOB)),
        (BOB, note(Simulator(origin="other.example/x"), BOB)),
    ]
    for name, text in bad:
        fields = {"key": signer_of(name).key_id, "note": text} | REASON
        with pytest.raises(DeniedError):
            sim.append("key.appointed", "ledger", fields, by=BOB)
        force(sim, "key.appointed", "ledger", fields, BOB)
        assert set(rules(sim)) == {"governance"}
    assert sim.reader().vkey_text == sim.reader().vkey_at(1)


def test_who_may_not_appoints_nobody() -> None:
    """An engineer with a good succession cannot record it, and past the writer it has no effect."""
    sim = company()
    sim.enrol("Carol Example", "engineer")
    fields = {"key": signer_of(BOB).key_id, "note": note(sim, BOB)} | REASON
    with pytest.raises(DeniedError, match="may not record"):
        sim.append("key.appointed", "ledger", fields, by="Carol Example")
    force(sim, "key.appointed", "ledger", fields, "Carol Example")
    assert rules(sim) == ["role.forbidden"]
    assert sim.reader().vkey_text == sim.reader().vkey_at(1)


@pytest.mark.parametrize("text", ["", "mledger succession v1\nx\n", "no note"])
def test_what_is_no_succession_is_refused_before_it_is_signed(text: str) -> None:
    """The body itself says what it must be."""
    with pytest.raises(MledgerError, match="note"):
        events.build("key.appointed", {"key": "ab" * 32, "note": text} | REASON)
