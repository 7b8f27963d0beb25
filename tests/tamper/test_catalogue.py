"""Every attack of the catalogue is found, by what it says is needed and by nothing less."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mledger.chain.findings import RULES
from mledger.chain.verification import Verification
from mledger.core.digest import short
from mledger.errors import DivergedError, IntegrityError
from mledger.stores import open_store
from mledger.testing.simulator import signer_of
from mledger.testing.tamper import ATTACKS, ROWS, Attack, World, force, hands_on
from mledger.testing.tamper.tools import Hand, write
from mledger.testing.tamper.world import ALICE, BOBS, CAROL, CAROLS, CHECKPOINT, MODEL, OLDER, SIZE
from mledger.verification.verifying import Trust
from tests.architecture.tree import ROOT
from tests.tamper.conftest import Scene

BY_NAME = {attack.name: attack for attack in ATTACKS}
# What `facts` alone must refuse to show; the rest needs the keys, which `history` asks.
NEVER_SHOWN = """
    payload-edited white-space-added payload-garbled key-written-twice signatures-swapped signature-stripped
    body-changed body-reformatted second-event-of-an-entry-changed salt-changed salt-runs-into-body
    bodies-swapped enrolled-key-exchanged leaf-changed event-added-to-an-entry event-moved-to-another-entry
    event-row-deleted events-of-an-entry-swapped written-to-the-log-alone
""".split()
# Rules that no attack on a file is about: what they need beside it is tested below or elsewhere.
NOT_ATTACKS = {
    "event.unknown": "an event from a newer mledger or a plug-in",
    "head.unknown": "a hash that the verifier brings along: test_an_expected_head_that_is_gone_is_missed",
    "key.disputed": "a revocation that says since when: test_a_dispute_is_told_beside_a_broken_entry",
    "report.wrong": "a report in a bundle: test_a_report_that_was_changed_is_found",
    "tree.root": "kept for verifiers without a memory of heads",
}

LEFT_OPEN = """
    payload-edited payload-edited-and-mended inserted-by-an-insider deleted reordered body-changed body-erased
    id-changed comment-marked node-changed event-recorded-twice index-of-ids-forged checkpoint-forged
    owner-signs-for-all tail-cut-off
""".split()


def named(*names: str) -> pytest.MarkDecorator:
    """Run a test with the attacks of these names."""
    return pytest.mark.parametrize("attack", [pytest.param(BY_NAME[name], id=name) for name in names])


each = named(*BY_NAME)
each_left_open = named(*LEFT_OPEN)
each_hidden = named(*(a.name for a in ATTACKS if a.needs))
# Caches lie in a home, and each test has its own.
each_at_rest = named(*(a.name for a in ATTACKS if a.needs != ("cache",)))


def rules(verification: Verification) -> set[str]:
    """The rules among the findings."""
    return {finding.rule for finding in verification.findings}


@each_at_rest
def test_an_attack_is_found(attack: Attack, scene: Scene) -> None:
    """By what it needs, and by the file alone if it needs nothing, an attack is found by its rule."""
    world = scene(attack)
    for need in attack.needs or ("nothing",):
        verification = world.verify(full=True, **({} if need == "nothing" else {need: True}))
        assert attack.rule in rules(verification), need
        assert verification.exit_code == attack.exit_code, need
        assert verification.level == attack.level, need


@each_at_rest
def test_a_machine_that_remembers_finds_it_each_time(attack: Attack, scene: Scene) -> None:
    """The quick verification after an earlier clean one finds it, does so again, and shows no history."""
    if attack.needs and "memory" not in attack.needs:
        return
    world = scene(attack)
    verification = world.verify(memory=True)
    assert attack.rule in rules(verification)
    assert verification.exit_code in {attack.exit_code, 3}
    if verification.exit_code == 1:
        assert attack.rule in rules(world.verify(memory=True))
        return
    with world.reader() as reader, pytest.raises(IntegrityError) as caught:
        reader.history()
    assert caught.value.fix == "mledger verify --full"
    assert "\n" not in caught.value.message


@each_left_open
def test_what_is_left_dropped_is_found_as_well(attack: Attack, untidy: World) -> None:
    """Whoever leaves a trigger or an index dropped is found by that, beside the attack itself."""
    before = _schema(untidy.path)
    attack.run(untidy)
    assert _schema(untidy.path) < before
    found = rules(untidy.verify())
    assert "store.stray" in found
    assert attack.needs or attack.rule in found


def _schema(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as db:
        return {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}


@each_hidden
def test_what_it_takes_to_see_an_attack_is_said(attack: Attack, scene: Scene) -> None:
    """Without what it needs an attack passes, and the verification says that nothing was compared."""
    verification = scene(attack).verify()
    assert verification.findings == []
    assert verification.level == 0
    assert verification.relied_on == []
    assert set(verification.needs()) == {1, 2, 3, 4}
    assert "memory" in verification.needs()[1]
    assert "--from-checkpoint" in verification.needs()[2]


@each_at_rest
def test_nothing_is_appended_to_what_was_tampered_with(attack: Attack, scene: Scene) -> None:
    """Where the catalogue says so, a machine that remembers refuses to append, and says the way out."""
    world = scene(attack)
    if not attack.refused:
        world.ledger(ALICE).close()
        return
    with pytest.raises(IntegrityError) as caught:
        world.ledger(ALICE)
    assert caught.value.fix
    assert "\n" not in caught.value.message
    if "memory" in attack.needs:
        assert isinstance(caught.value, DivergedError)


@named(*NEVER_SHOWN)
def test_what_was_tampered_with_is_not_shown(attack: Attack, scene: Scene) -> None:
    """Reading facts stops with an error at an entry whose parts do not fit each other."""
    with scene(attack).reader() as reader, pytest.raises(IntegrityError):
        list(reader.facts())


def test_an_event_is_never_shown_in_the_place_of_another(world: World) -> None:
    """An index that lies about ids gives an error, not another event."""
    with world.reader() as reader:
        number = reader.fact(str(BOBS)).id.hex()
    BY_NAME["index-of-ids-forged"].run(world)
    uuid = "-".join((number[:8], number[8:12], number[12:16], number[16:20], number[20:]))
    with world.reader() as reader, pytest.raises(IntegrityError, match="index"):
        reader.fact(uuid)


# --- the catalogue itself


def test_the_catalogue_covers_what_must_be_detected() -> None:
    """Every row of the specification but the one on crashes has attacks, under the row's own words."""
    text = (ROOT / "docs" / "format.md").read_text().partition("## What must be detected")[2]
    table = [line.split(" | ")[0].removeprefix("| ") for line in text.splitlines() if line.startswith("| ")]
    expected = [row for row in table[1:] if "two processes append at once" not in row]
    assert list(ROWS) == expected[: len(ROWS)]
    assert {attack.row for attack in ATTACKS} == set(ROWS)


def test_every_rule_has_its_attack() -> None:
    """Each rule of a verification is shown by an attack, or says why not."""
    assert set(RULES) == {attack.rule for attack in ATTACKS} | NOT_ATTACKS.keys()


@each
def test_an_attack_says_what_it_does(attack: Attack) -> None:
    """A deed is one sentence on one line."""
    assert attack.deed.endswith(".")
    assert attack.deed.count(". ") == 0
    assert len(attack.deed) <= 110


def test_a_gap_is_told_however_wide(world: World) -> None:
    """Positions that nothing stands at are stepped over, and named."""
    BY_NAME["moved-far-away"].run(world)
    found = [finding.message for finding in world.verify().findings if finding.rule == "chain.seq"]
    assert f"the entries {SIZE - 1} to {SIZE - 2 + (1 << 52):,} are missing" in found


def test_touching_the_file_is_no_finding(world: World) -> None:
    """Dropping the triggers and indexes and making them again leaves a clean ledger, hashed once more."""
    with hands_on(world):
        pass
    verification = world.verify(memory=True)
    assert verification.findings == []
    assert verification.level == 2
    assert "hashed again" in (verification.earlier or "")


# --- what needs more than an attack on a file at rest


@pytest.mark.parametrize("appends", [False, True])
@named("body-changed", "node-changed", "comment-marked")
def test_an_attack_on_an_open_ledger_is_not_vouched_for(attack: Attack, appends: bool, world: World) -> None:
    """What was tampered with while mledger had the file open is found by the next quick verification."""
    ledger = world.ledger(CAROL)
    attack.run(world)
    if appends:
        ledger.append("comment.added", MODEL, {"on": "5", "text": "Meanwhile."})
    ledger.close()
    verification = world.verify(memory=True)
    assert attack.rule in rules(verification)


@pytest.mark.parametrize("size", [SIZE - 1, OLDER])
def test_a_tail_cut_off_an_open_ledger_is_missed(size: int, world: World) -> None:
    """A writer that has the file open does not append after a head that went away."""
    from mledger.testing.tamper.tools import cut

    ledger = world.ledger(CAROL)
    with hands_on(world) as db:
        cut(db, size)
    with pytest.raises(DivergedError) as caught:
        ledger.append("comment.added", MODEL, {"on": "5", "text": "Meanwhile."})
    assert caught.value.fix


def test_an_exchanged_head_is_not_appended_to(world: World) -> None:
    """A writer does not append after a last entry that is not the one that it knows."""
    ledger = world.ledger(CAROL)
    BY_NAME["signature-malleated"].run(world)
    with pytest.raises(DivergedError):
        ledger.append("comment.added", MODEL, {"on": "5", "text": "Meanwhile."})


def test_an_entry_forced_past_the_rules_stops_honest_writers(world: World) -> None:
    """A writer that follows others by the rules refuses to stand on an entry of an unknown key."""
    ledger = world.ledger(CAROL)
    BY_NAME["unknown-key"].run(world)
    with pytest.raises(IntegrityError, match="against the rules"):
        ledger.append("comment.added", MODEL, {"on": "5", "text": "Meanwhile."})


def test_a_checkpoint_is_not_signed_over_what_the_disk_does_not_hold(world: World) -> None:
    """Before a checkpoint is signed, the entries since the last are read and hashed again."""
    ledger = world.ledger(ALICE)
    with hands_on(world) as db:
        write(db, SIZE - 5, b"{}")
    with pytest.raises(IntegrityError):
        ledger.checkpoint()
    with closing(open_store(world.path, read_only=True)) as store:
        assert max(size for size, _ in store.checkpoints()) == CHECKPOINT


def test_a_log_behind_a_link_is_not_passed_over(world: World) -> None:
    """A change that stands in SQLite's log alone is found also when the ledger is opened by a link."""
    link = world.folder / "link.db"
    link.symlink_to(world.path)
    linked = World(world.folder / "by-link", world.clock)
    linked.folder.mkdir()
    linked.path.symlink_to(world.path)
    assert linked.verify(memory=True).findings == []
    BY_NAME["written-to-the-log-alone"].run(world)
    assert "body.digest" in rules(linked.verify(memory=True))


def test_an_expected_head_that_is_gone_is_missed(world: World) -> None:
    """Somebody who wrote down the hash of a head finds out that it was rewritten."""
    with world.reader() as reader:
        head = reader.head.leaf
        assert reader.verify(trust=Trust(head=head)).level == 2
    BY_NAME["all-keys-change-a-word"].run(world)
    with world.reader(memory=False) as reader:
        verification = reader.verify(trust=Trust(head=head))
    assert rules(verification) == {"head.unknown"}
    assert short(head.hex()) in verification.findings[0].message
    assert verification.exit_code == 3


def test_a_dispute_is_told_beside_a_broken_entry(world: World) -> None:
    """Entries under a key that may have been in other hands are named, those that cannot be read apart."""
    lost = {"key": signer_of(CAROL).key_id, "reason": "Stolen.", "compromised_since": str(CAROLS - 3)}
    with closing(open_store(world.path)) as store:
        force(store, Hand(ALICE), "key.revoked", "ledger", lost)
    with hands_on(world) as db:
        write(db, CAROLS, b"no entry")
    found = [(finding.rule, finding.where) for finding in world.verify().findings]
    assert ("entry.format", f"entry {CAROLS}") in found
    assert ("key.disputed", f"entry {CAROLS - 3}") in found
    assert ("key.disputed", f"entry {CAROLS}") not in found
    assert {where for rule, where in found if rule == "key.disputed"} == {
        f"entry {seq}" for seq in range(CAROLS - 3, SIZE, 3) if seq != CAROLS
    }


@named(*(a.name for a in ATTACKS if a.needs == ("cache",)))
def test_a_wrong_cache_is_found_in_full_and_made_anew(attack: Attack, world: World) -> None:
    """A full verification finds a wrong cache and makes it anew; the quick one does not look."""
    attack.run(world)
    assert rules(world.verify(memory=True)) == set()
    verification = world.verify(full=True)
    assert rules(verification) == {"cache.wrong"}
    assert (verification.exit_code, verification.level) == (attack.exit_code, attack.level)
    assert rules(world.verify(full=True)) == set()
    with world.reader() as reader:
        assert [fact.seq for fact in reader.facts(MODEL)].count(BOBS) == 1
