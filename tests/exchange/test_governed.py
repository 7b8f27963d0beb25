"""Keys, roles and policies in a bundle: the verifier that stands alone judges as the library does."""

import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from mledger.chain.succession import sign_checkpoint
from mledger.core.checkpoint import Checkpoint, format_checkpoint
from mledger.core.manifest import Choice
from mledger.core.merkle import root
from mledger.core.note import ED25519, Note, NoteSignature, format_note, key_hash
from mledger.events.policy import Policy
from mledger.exchange import verify as program_itself
from mledger.exchange.bundle import What, write_bundle
from mledger.opening import default_policy
from mledger.reader import Reader
from mledger.stores import open_store
from mledger.testing.simulator import ORIGIN, Clock, Simulator, key_fields, signer_of
from mledger.testing.tamper import ATTACKS, World
from mledger.testing.tamper.attack import AUTHORITY
from mledger.testing.tamper.bundles import BUNDLE_ATTACKS, BundleAttack
from mledger.testing.tamper.tools import Hand, force, force_all
from tests.chain import test_approvals as approvals

ALICE, BOB, CAROL = "Alice Example", "Bob Example", "Carol Example"
MODEL = "model/m"
BOBS = signer_of(BOB).key_id


def judged(path, clock) -> tuple[set[str], set[str]]:
    """The rules of the findings of the library, and of the program."""
    with Reader.open(path, clock=clock) as reader:
        ours = {finding.rule for finding in reader.verify(full=True).findings}
    with closing(program_itself.Files(str(path))) as files:
        checker = program_itself.Checker(files, None, pure=False)
        checker.run()
    assert list(program_itself.report(checker, 3.0))
    return ours, {finding.rule for finding in checker.findings}


def changing() -> Simulator:
    """Alice owns the ledger, Bob reviews, and his key, roles and the rules change."""
    sim = Simulator()
    sim.enrol(BOB, "reviewer")
    sim.enrol(CAROL, "engineer")
    sim.append("role.granted", "ledger", {"key": BOBS, "role": "auditor"})
    sim.append("role.revoked", "ledger", {"key": BOBS, "role": "auditor"})
    sim.append("policy.adopted", "ledger", {"policy": default_policy(), "reason": "The same again."})
    new = key_fields("Bob's new key", "reviewer") | {"name": BOB}
    sim.append("key.rotated", "ledger", {"old": BOBS, "key": new, "reason": "Yearly."})
    sim.append("model.registered", MODEL, {"title": "M", "purpose": "None.", "owner": ALICE}, by=CAROL)
    revoked = {"key": signer_of(CAROL).key_id, "reason": "Stolen.", "compromised_since": "7"}
    sim.append("key.revoked", "ledger", revoked)
    return sim


def bundled(sim: Simulator, path):
    """A bundle of all that there is."""
    sim._ledgers.clear()  # whoever writes past the rules is not seen by those who have it open
    write_bundle(sim.reader(), path, sim.ledger().checkpoint(), What())
    return path


def test_changes_of_keys_and_roles_are_followed(tmp_path):
    """Enrolment, rotation, roles, policies and a dispute are judged alike."""
    sim = changing()
    assert judged(bundled(sim, tmp_path / "b.zip"), sim.clock) == ({"key.disputed"}, {"key.disputed"})


FORCED = {
    "key.revoked": (CAROL, "comment.added", MODEL, {"on": "7", "text": "Still here."}),
    "role.forbidden": ("Bob's new key", "run.started", MODEL, None),
    "reference": (ALICE, "promotion.approved", MODEL, {"request": "7", "reason": "Of what?"}),
    "governance": (ALICE, "key.revoked", "ledger", {"key": BOBS, "reason": "Again."}),
    "chain.genesis": (ALICE, "ledger.opened", "ledger", None),
}


@pytest.mark.parametrize("rule", FORCED)
def test_what_is_forced_past_the_rules_is_found(rule, tmp_path):
    """An insider with a program of their own breaks a rule: both say which."""
    sim = changing()
    name, event, stream, fields = FORCED[rule]
    if event == "run.started":
        criterion = {"metric": "auc", "operator": ">=", "value": 0.8}
        fields = {"run": "r", "hypothesis": "More helps.", "criteria": [criterion]}
    if event == "ledger.opened":
        key = key_fields(ALICE, "owner")
        fields = {"origin": "sim.example/ledger", "key": key, "policy": default_policy()}
    hand = Hand(name, signer=BOB if name == "Bob's new key" else None)
    force(sim.store, hand, event, stream, fields)
    ours, theirs = judged(bundled(sim, tmp_path / "b.zip"), sim.clock)
    assert rule in ours
    assert rule in theirs


@pytest.mark.parametrize("attack", [pytest.param(a, id=a.name) for a in BUNDLE_ATTACKS])
def test_an_attack_is_found_in_this_process_too(attack: BundleAttack, bundle, tmp_path):
    """The same verdict comes from the functions of the program."""
    attacked = tmp_path / "attacked.zip"
    attack.run(bundle, attacked)
    assert program_itself.main([str(attacked)]) == 3


@pytest.mark.parametrize("case", ["agreed", "alone", "other", "own", "rejected", "stolen"])
def test_grave_acts_are_judged_alike(case, tmp_path):
    """With agreement, without, for something else, one's own, after a rejection, by a stolen key."""
    sim = Simulator()
    sim.enrol(BOB, "admin")
    sim.enrol(CAROL, "engineer")
    policy = default_policy().model_dump(by_alias=True, exclude_none=True)
    policy |= {"grave": [{"types": ["key.revoked"], "needs": {"admin": 1}}]}
    sim.append("policy.adopted", "ledger", {"policy": policy, "reason": "An audit."})
    revoked = {"key": signer_of(CAROL).key_id, "reason": "Left."}
    asked = {"act": "key.revoked", "fields": revoked, "reason": "She left."}
    request = sim.append("act.requested", "ledger", asked).number if case != "alone" else "0"
    answer = {"request": request, "reason": "Seen."}
    if case not in ("alone", "own"):
        sim.append("act.approved", "ledger", answer, by=BOB)
    if case == "own":
        force(sim.store, Hand(ALICE, meaning="approval"), "act.approved", "ledger", answer)
    if case == "rejected":
        sim.append("act.rejected", "ledger", answer, by=BOB)
    if case == "stolen":
        sim.append("policy.adopted", "ledger", {"policy": default_policy(), "reason": "For a moment."})
        lost = {"key": BOBS, "reason": "Stolen.", "compromised_since": "5"}
        sim.append("key.revoked", "ledger", lost)
        sim.enrol("Dora Example", "admin")
        sim.append("policy.adopted", "ledger", {"policy": policy, "reason": "Again."})
    fields = revoked | ({"compromised_since": "1"} if case == "other" else {})
    force(sim.store, Hand(ALICE), "key.revoked", "ledger", fields)
    ours, theirs = judged(bundled(sim, tmp_path / "b.zip"), sim.clock)
    assert ours == theirs
    assert ("approvals.missing" in ours) == (case != "agreed")


def test_what_does_not_stand_alone_has_no_effect(tmp_path):
    """A policy without four eyes beside an approval of one's own: both say so, and neither follows it."""
    sim = changing()
    asked = {"version": "1", "from_stage": "a", "to_stage": "b", "reason": "Now."}
    request = sim.append("promotion.requested", MODEL, asked).number
    lax = default_policy().model_copy(update={"four_eyes": ()})
    answer = {"request": request, "reason": "Mine."}
    said = [
        ("policy.adopted", "ledger", {"policy": lax, "reason": "Simpler."}),
        ("promotion.approved", MODEL, answer),
    ]
    force_all(sim.store, Hand(ALICE, meaning="approval"), said)
    ours, theirs = judged(bundled(sim, tmp_path / "b.zip"), sim.clock)
    assert ours == theirs == {"key.disputed", "governance", "four-eyes"}


def test_a_grave_act_is_not_veiled_by_what_is_withheld(tmp_path):
    """Approvals of a stage may be among what is withheld, agreement to an act never is."""
    sim = Simulator()
    number = sim.append("model.registered", MODEL, {"title": "M", "purpose": "None.", "owner": ALICE}).number
    asked = {"version": "1", "from_stage": "a", "to_stage": "b", "reason": "Now."}
    sim.append("promotion.requested", MODEL, asked)
    policy = default_policy().model_dump(by_alias=True, exclude_none=True)
    grave = {"grave": [{"types": ["record.redacted"], "needs": {"owner": 1}}]}
    sim.enrol(BOB, "owner")
    sim.append("policy.adopted", "ledger", {"policy": policy | grave, "reason": "An audit."})
    fields = {"event": number, "legal_basis": "None.", "authority": ALICE}
    force(sim.store, Hand(ALICE, meaning="responsibility"), "record.redacted", MODEL, fields)
    sim._ledgers.clear()
    path = tmp_path / "b.zip"
    write_bundle(sim.reader(), path, sim.ledger().checkpoint(), What(Choice(types=("model.registered",))))
    ours, theirs = judged(path, sim.clock)
    assert "approvals.missing" in ours & theirs


# But for one after which nobody knows whose key signs checkpoints: a bundle needs one.
AUTHORITY_ATTACKS = [one for one in ATTACKS if one.row == AUTHORITY and one.name != "appointed-twice"]
# What takes the classes of the event types to see, or the schemas that a policy declares.
BEYOND = {"body.schema", "event.stream"}


@pytest.mark.parametrize("attack", [pytest.param(a, id=a.name) for a in AUTHORITY_ATTACKS])
def test_what_an_insider_does_is_judged_alike(attack, company, tmp_path):
    """Of each attack on authority, approvals that are counted included, a bundle shows both the same."""
    copy = World(shutil.copytree(company.folder, tmp_path / "copy"), Clock(company.clock.now))
    attack.run(copy)
    with closing(open_store(copy.path, read_only=True)) as store:
        reader = Reader(store, clock=copy.clock)
        size, signer = store.head().size, signer_of(ALICE)
        text = format_checkpoint(Checkpoint(reader.origin, size, root(store, size)))
        pointer = key_hash(reader.origin, ED25519, signer.public)
        line = NoteSignature(reader.origin, pointer, signer.sign(text.encode()))
        note = format_note(Note(text, (line,)))
        write_bundle(reader, tmp_path / "b.zip", note, What())
    ours, theirs = judged(tmp_path / "b.zip", copy.clock)
    assert attack.rule in ours
    assert theirs == ours - BEYOND


@pytest.mark.parametrize(
    "case", ["in time", "early", "basis", "other basis", "held", "lifted", "other stream"]
)
def test_what_must_be_kept_is_judged_alike(case, tmp_path):
    """After the period and before it, on a basis that it gives way to, under a hold, after one."""
    sim = Simulator()
    policy = default_policy().model_dump(by_alias=True, exclude_none=True)
    rule = {"types": ["comment.*"], "on": ["model"], "keep": "P5M2W", "unless": ["GDPR Art. 17"]}
    policy |= {"retention": [rule, {"types": ["*"], "on": ["dataset"], "keep": "P999Y"}]}
    sim.append("policy.adopted", "ledger", {"policy": policy, "reason": "A law."})
    event = sim.append("comment.added", MODEL, {"on": "0", "text": "Call Zebulon."}).number
    matter = {"matter": "Inquiry 117", "authority": "Counsel"}
    if case in ("held", "lifted", "other stream"):
        hold = sim.append("hold.placed", MODEL, matter).number
        lifted = {"hold": hold, "reason": "Over."}
        if case == "lifted":
            sim.append("hold.lifted", MODEL, lifted)
        if case == "other stream":
            force(sim.store, Hand(ALICE, meaning="responsibility"), "hold.lifted", "model/other", lifted)
    later = case in ("in time", "held", "lifted", "other stream")
    sim.clock.forward(days=200 if later else 1)
    basis = {"basis": "GDPR Art. 17(1)(b)", "other basis": "GDPR Art. 170"}.get(case, "None.")
    fields = {"event": event, "legal_basis": basis, "authority": "Dora Example"}
    hand = Hand(ALICE, meaning="responsibility", late=199 * 86_400 if later else 1)
    force(sim.store, hand, "record.redacted", MODEL, fields)
    sim.store.erase([(int(event), 0)], [])
    ours, theirs = judged(bundled(sim, tmp_path / "b.zip"), sim.clock)
    assert ours == theirs
    refused = {"retention.early", "body.missing"}
    expected = refused if case in ("early", "other basis", "held", "other stream") else set()
    assert ours == expected | ({"reference"} if case == "other stream" else set())


# --- policies that no ledger writes


RULES = {
    "approvals": [{"needs": {"owner": 1}}],
    "grave": [{"types": ["role.granted"], "needs": {"owner": 1}}],
    "retention": [{"types": ["run.*"], "keep": "P1Y"}],
}
WRONG = [None, True, 0, -1, 10**15, 1.5, "x", [], [[]], {}, {"x": 1}, [{"x": []}]]
READ = ["roles", "roles/owner", "roles/owner/may", "four_eyes", "skew_seconds", "approvals", "approvals/0"]
READ += ["approvals/0/needs", "grave/0", "grave/0/types", "grave/0/needs/owner", "retention/0/types"]
READ += ["retention/0/keep", "anchor_days", "anchor_roots", "witnesses", "record_refusals", "required"]


def changed_policy(where: str, wrong: object) -> dict:
    """A policy with something else in the place of a rule."""
    policy = json.loads(json.dumps(default_policy().model_dump(mode="json") | RULES))
    *above, last = where.split("/")
    place = policy
    for name in above:
        place = place[int(name) if isinstance(place, list) else name]
    place[int(last) if isinstance(place, list) else last] = wrong
    return policy


@pytest.mark.parametrize("where", READ)
def test_a_policy_is_read_as_by_the_library(where: str) -> None:
    """Values of wrong kinds are taken by neither, and the others by both."""
    for wrong in WRONG:
        policy = changed_policy(where, wrong)
        try:
            good = bool(Policy.model_validate_json(json.dumps(policy), strict=True))
        except ValueError:
            good = False
        assert program_itself.fits(policy, program_itself.POLICY) == good, wrong


@pytest.mark.parametrize(
    ("where", "wrong"),
    [("roles", None), ("approvals/0/needs", {"owner": 10**15}), ("retention/0/keep", 5), ("witnesses", [[]])],
)
def test_a_policy_that_no_ledger_writes_breaks_the_evidence(
    where: str, wrong: object, tmp_path: Path, capsys
) -> None:
    """Signed by its owner, what no policy is ends with 3 by both, and never in a traceback."""
    sim = Simulator()
    sim.enrol(BOB, "owner")
    body = json.dumps({"policy": changed_policy(where, wrong), "reason": "Mine."}).encode()
    force(sim.store, Hand(ALICE), "policy.adopted", "ledger", body)
    fields = {"title": "M", "purpose": "None.", "owner": ALICE}
    force(sim.store, Hand(ALICE), "model.registered", MODEL, fields)
    note = sign_checkpoint(Checkpoint(ORIGIN, 4, root(sim.store, 4)), [signer_of(ALICE)])
    write_bundle(sim.reader(), tmp_path / "b.zip", note, What())
    with Reader.open(tmp_path / "b.zip", clock=sim.clock) as reader:
        assert reader.verify(full=True).exit_code == 3
    assert program_itself.main([str(tmp_path / "b.zip")]) == 3
    assert "BROKEN  governance" in capsys.readouterr().out


@pytest.mark.parametrize("late", [False, True])
def test_an_approval_that_is_withheld_may_be_one_of_before(late: bool, tmp_path: Path) -> None:
    """What is left out before an act may have approved it; what comes after it did not, by both verifiers."""
    sim = approvals.company({"stages": ["production"], "needs": {"reviewer": 1}})
    request = approvals.ask(sim)
    event, fields = approvals.executed(request)
    approval = {"request": request, "reason": "Good."}
    acts = [(BOB, "promotion.approved", approval), (CAROL, event, fields)]
    for who, kind, body in reversed(acts) if late else acts:
        force(sim.store, Hand(who), kind, MODEL, body)
    sim._ledgers.clear()
    note, path = sim.ledger().checkpoint(), tmp_path / "b.zip"
    write_bundle(sim.reader(), path, note, What(Choice(types=("promotion.requested", "promotion.executed"))))
    ours, theirs = judged(path, sim.clock)
    assert ours == theirs == ({"approvals.missing"} if late else set())
