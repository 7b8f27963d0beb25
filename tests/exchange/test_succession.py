"""Mirrors, witnesses and bundles when another key signs the checkpoints."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mledger.appointing import appointed
from mledger.batch import What as Event
from mledger.chain import witness as rule
from mledger.chain.fork import check_evidence
from mledger.chain.succession import LogKeys, sign_checkpoint, sign_succession
from mledger.core import merkle
from mledger.core.checkpoint import Checkpoint
from mledger.core.note import ML_DSA_44, format_note, format_vkey, parse_note, parse_vkey
from mledger.core.submission import Submission, format_submission
from mledger.core.tiles import CHECKPOINT, tiles
from mledger.errors import DivergedError, FormatError, ProofError
from mledger.events import base as events
from mledger.events.base import EventBody
from mledger.exchange.bundle import What, newest_note, write_bundle
from mledger.exchange.mirrors import Mirrors
from mledger.exchange.places import open_place
from mledger.exchange.places.folder import Folder
from mledger.exchange.publish import _content, publish, succession_path
from mledger.exchange.witness import Logs
from mledger.following import Follower
from mledger.keys.mldsa import MlDsaSigner
from mledger.keys.signer import Signer
from mledger.testing.simulator import ORIGIN, Simulator, key_fields, signer_of
from mledger.testing.tamper.tools import Hand, force
from tests.exchange.test_governed import judged

ALICE, BOB = "Alice Example", "Bob Example"
NEW = "Alice Example, 2027"
VKEY = format_vkey(ORIGIN, signer_of(ALICE).public)


def company() -> Simulator:
    """A ledger with a checkpoint of the first key; Bob is another owner."""
    sim = Simulator()
    sim.enrol(BOB, "owner")
    sim.ledger().checkpoint()
    return sim


def rotate(sim: Simulator, *, old: str | None = ALICE, by: str = ALICE) -> None:
    """Alice's key makes room for a new one, which takes over the checkpoints."""
    key = key_fields(NEW, "owner") | {"name": ALICE}
    body = events.build("key.rotated", {"old": signer_of(ALICE).key_id, "key": key, "reason": "Yearly."})
    sim.clock.forward(seconds=1)
    signer = signer_of(old) if old else None
    hand(sim, NEW, signer, by=by, first=[body])
    sim.ledger(NEW).checkpoint(beside=[signer] if signer else [])


def hand(
    sim: Simulator, new: str, old: Signer | None, *, by: str | None = None, first: Sequence[EventBody] = ()
) -> None:
    """Another key signs the checkpoints from now on, after what comes first."""
    body = appointed(sim.reader(), signer_of(new), "Yearly.", old=old)
    for one in first:
        sim.ledger(by or new).append(one, "ledger")
    sim.ledger(new if first else by or new).append(body, "ledger")


def put(sim: Simulator, folder: Path) -> None:
    """Publish what there is."""
    note = newest_note(sim.store.checkpoints())
    assert note is not None
    publish(sim.reader(), note, open_place(str(folder)))


@pytest.fixture
def follower(tmp_path: Path) -> Follower:
    """Somebody who remembers mirrors, and nothing else."""
    return Follower(Mirrors(tmp_path / "mirrors"))


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Path]:
    """Where the log is published."""
    return tmp_path / "mirror"


def test_a_follower_goes_on_under_the_new_key(follower: Follower, places: Path) -> None:
    """Whoever knows the old key follows the succession, and finds what was seen under either key."""
    sim = company()
    put(sim, places)
    follower.follow(open_place(str(places)), "m", VKEY)
    rotate(sim)
    sim.append("comment.added", "ledger", {"on": "0", "text": "On."}, by=BOB)
    sim.ledger(NEW).checkpoint()
    put(sim, places)
    for vkey in (VKEY, sim.reader().vkey_text):
        followed = follower.follow(open_place(str(places)), "m", vkey)
        assert followed.checkpoint.size == 5
        assert any("what was seen of it" in what for what in followed.compared)
    assert follower.mirrors.at("m").vkey == sim.reader().vkey_text


class Dying(Folder):
    """A folder whose publisher dies before the checkpoint."""

    def replace(self, path: str, data: bytes, held: bytes | None) -> None:
        """Never comes to it."""
        raise KeyboardInterrupt


def test_a_publisher_that_dies_between_succession_and_checkpoint(follower: Follower, places: Path) -> None:
    """Followers, old and new, go on under the key before, and under the new one once it has signed."""
    sim = company()
    put(sim, places)
    follower.follow(open_place(str(places)), "m", VKEY)
    rotate(sim)
    sim.append("comment.added", "ledger", {"on": "0", "text": "On."}, by=BOB)
    note = sim.ledger(NEW).checkpoint()
    with pytest.raises(KeyboardInterrupt):
        publish(sim.reader(), note, Dying(places))
    assert (places / "succession" / "1").is_file()
    stranger = Follower(Mirrors(places.with_name("stranger")))
    for who in (follower, stranger):
        assert who.follow(open_place(str(places)), "m", VKEY).checkpoint.size == 2
        assert who.mirrors.at("m").vkey == VKEY
    put(sim, places)
    for who in (follower, stranger):
        assert who.follow(open_place(str(places)), "m", VKEY).checkpoint.size == 5
        assert who.mirrors.at("m").vkey == sim.reader().vkey_text


def test_two_successions_at_once_lead_as_far_as_a_key_has_signed(follower: Follower, places: Path) -> None:
    """Of two steps that are shown a follower takes the one that signed, and the other when it has."""
    sim = company()
    put(sim, places)
    rotate(sim)
    between = sim.ledger(NEW).checkpoint()
    publish(sim.reader(), between, open_place(str(places)))
    sim.clock.forward(seconds=1)
    hand(sim, BOB, signer_of(NEW))
    with pytest.raises(KeyboardInterrupt):
        publish(sim.reader(), sim.ledger(BOB).checkpoint(), Dying(places))
    assert follower.follow(open_place(str(places)), "m", VKEY).checkpoint.size == 4
    put(sim, places)
    assert follower.follow(open_place(str(places)), "m", VKEY).checkpoint.size == 5
    assert follower.mirrors.at("m").vkey == sim.reader().vkey_text


def test_a_line_of_the_newest_key_must_hold(follower: Follower, places: Path) -> None:
    """Where the new key has a line, nobody falls back on the old one because it is broken."""
    sim = company()
    rotate(sim)
    put(sim, places)
    note = parse_note((places / CHECKPOINT).read_bytes())
    assert len(note.signatures) == 2
    new, old = note.signatures
    broken = new._replace(signature=bytes([new.signature[0] ^ 1]) + new.signature[1:])
    (places / CHECKPOINT).write_bytes(format_note(note._replace(signatures=(broken, old))))
    with pytest.raises(ProofError):
        follower.follow(open_place(str(places)), "m", VKEY)


def test_the_old_key_cannot_lead_a_follower_back(follower: Follower, places: Path, tmp_path: Path) -> None:
    """Once the succession was seen, a log under the old key alone is refused, also if it hides that."""
    sim = company()
    rotate(sim)
    put(sim, places)
    follower.follow(open_place(str(places)), "m", VKEY)
    thief, elsewhere = company(), tmp_path / "thief"
    thief.append("comment.added", "ledger", {"on": "0", "text": "Another history."})
    thief.ledger().checkpoint()
    put(thief, elsewhere)
    with pytest.raises(ProofError, match="no known key") as caught:
        follower.follow(open_place(str(elsewhere)), "m", VKEY)
    assert caught.value.fix.startswith("ask whoever answers for the ledger")


def test_a_fork_across_the_succession_is_noticed(follower: Follower, places: Path, tmp_path: Path) -> None:
    """A thief who hands the old key over once more shows a log that does not extend the one seen."""
    sim = company()
    sim.append("comment.added", "ledger", {"on": "0", "text": "Seen."})
    sim.ledger().checkpoint()
    put(sim, places)
    follower.follow(open_place(str(places)), "m", VKEY)
    thief, elsewhere = company(), tmp_path / "thief"
    rotate(thief)
    put(thief, elsewhere)
    with pytest.raises(DivergedError, match="two histories") as caught:
        follower.follow(open_place(str(elsewhere)), "m", VKEY)
    data = Path(caught.value.details["evidence"]).read_bytes()
    both = [parse_vkey(VKEY), parse_vkey(thief.reader().vkey_text)]
    assert check_evidence(data, *both).first.size == 3
    other = parse_vkey(format_vkey("other.example/x", signer_of(ALICE).public))
    with pytest.raises(ProofError):
        check_evidence(data, *both, other)


def test_a_key_that_was_replaced_is_not_followed(follower: Follower, places: Path) -> None:
    """Without the signature of the key that is known the follower asks people, and then takes their word."""
    sim = company()
    sim.append("key.revoked", "ledger", {"key": signer_of(ALICE).key_id, "reason": "Stolen."}, by=BOB)
    sim.clock.forward(seconds=1)
    hand(sim, BOB, None)
    sim.ledger(BOB).checkpoint()
    put(sim, places)
    with pytest.raises(ProofError, match="replaced") as caught:
        follower.follow(open_place(str(places)), "m", VKEY)
    assert caught.value.fix.endswith(f"--vkey {sim.reader().vkey_text}")
    follower.follow(open_place(str(places)), "m", sim.reader().vkey_text)


@pytest.mark.parametrize("data", [b"", b"nothing", b"x" * 100_000])
def test_a_succession_that_is_none_is_told(data: bytes, follower: Follower, places: Path) -> None:
    """What an attacker puts in its place is an error of ours."""
    sim = company()
    rotate(sim)
    put(sim, places)
    (places / "succession" / "1").write_bytes(data)
    with pytest.raises(FormatError):
        follower.follow(open_place(str(places)), "m", VKEY)


def test_a_memory_of_a_succession_cannot_be_made_up(follower: Follower, places: Path) -> None:
    """Whoever edits the memory cannot name a successor that the key has not signed."""
    sim = company()
    rotate(sim)
    put(sim, places)
    follower.follow(open_place(str(places)), "m", VKEY)
    (file,) = [file for file in follower.mirrors.folder.iterdir() if b'"succession"' in file.read_bytes()]
    file.write_bytes(file.read_bytes().replace(b"succession v1", b"succession v2"))
    with pytest.raises(FormatError, match="memory of a mirror is damaged"):
        follower.follow(open_place(str(places)), "m", VKEY)


# --- ML-DSA-44 beside

M, OTHER = (MlDsaSigner.from_seed(bytes([n]) * 32) for n in (1, 2))
M_VKEY = format_vkey(ORIGIN, M.public, ML_DSA_44)


def beside(sim: Simulator, key: MlDsaSigner | None, *, new: str = ALICE, old: str = ALICE) -> None:
    """A key of ML-DSA-44 signs beside from now on, or none does."""
    also = key.public if key is not None else None
    body = appointed(sim.reader(), signer_of(new), "Against the day.", old=signer_of(old), also=also)
    sim.clock.forward(seconds=1)
    sim.ledger(BOB).append_all([Event(body, "ledger")])


def show(sim: Simulator, folder: Path, also: MlDsaSigner | None, key: str = ALICE) -> None:
    """Publish all there is under a checkpoint of these keys, without asking whether they should sign it."""
    size = sim.store.head().size
    note = sign_checkpoint(Checkpoint(ORIGIN, size, merkle.root(sim.store, size)), [signer_of(key)], also)
    for number, one in enumerate(sim.reader().log_keys.all):
        if one.note is not None:
            open_place(str(folder)).create(succession_path(number), one.note)
    (folder / CHECKPOINT).unlink(missing_ok=True)
    for tile in tiles(size, 0):
        open_place(str(folder)).create(tile.path, _content(sim.reader(), tile))
    (folder / CHECKPOINT).write_bytes(note)


def test_a_second_line_is_checked_and_missed(follower: Follower, places: Path) -> None:
    """Once it was seen it must be there, whatever Ed25519 signs; a trust file of later may end it."""
    sim = company()
    put(sim, places)
    follower.follow(open_place(str(places)), "m", VKEY)
    beside(sim, M)
    show(sim, places, M)
    followed = follower.follow(open_place(str(places)), "m", VKEY)
    assert (followed.lines, follower.mirrors.at("m").also) == (("Ed25519", "ML-DSA-44"), M_VKEY)
    show(sim, places, None)
    with pytest.raises(ProofError, match="lacks the line of the ML-DSA-44"):
        follower.follow(open_place(str(places)), "m", VKEY)
    beside(sim, OTHER)
    show(sim, places, OTHER)
    with pytest.raises(ProofError, match="lacks the line of the ML-DSA-44"):
        follower.follow(open_place(str(places)), "m", VKEY)
    pinned = sim.reader().pinned()
    assert follower.follow(open_place(str(places)), "m", VKEY, pinned).lines == ("Ed25519", "ML-DSA-44")
    beside(sim, None)
    show(sim, places, None)
    with pytest.raises(ProofError, match="lacks the line of the ML-DSA-44"):
        follower.follow(open_place(str(places)), "m", VKEY)
    assert follower.follow(open_place(str(places)), "m", VKEY, sim.reader().pinned()).lines == ("Ed25519",)


def test_a_second_line_that_does_not_hold_is_refused(follower: Follower, places: Path) -> None:
    """Whoever follows for the first time checks it where the mirror or a trust file says who signs it."""
    sim = company()
    beside(sim, M)
    show(sim, places, M)
    good = (places / CHECKPOINT).read_bytes()
    note = parse_note(good)
    ed25519, also = note.signatures
    broken = note._replace(signatures=(ed25519, also._replace(signature=bytes(8 + 2420))))
    (places / CHECKPOINT).write_bytes(format_note(broken))
    with pytest.raises(ProofError, match="does not hold"):
        follower.follow(open_place(str(places)), "m", VKEY)
    show(sim, places, None)
    with pytest.raises(ProofError, match="one line is missing"):
        follower.follow(open_place(str(places)), "m", VKEY, sim.reader().pinned())
    (places / CHECKPOINT).write_bytes(good)
    assert len(follower.follow(open_place(str(places)), "m", VKEY).lines) == 2


def test_who_begins_with_the_new_key_learns_of_the_one_beside(follower: Follower, places: Path) -> None:
    """The succession that appointed the key that is known says who signs beside, and nothing of before."""
    sim = company()
    sim.enrol(NEW, "owner")
    beside(sim, M, new=NEW)
    show(sim, places, M, NEW)
    followed = follower.follow(open_place(str(places)), "m", sim.reader().vkey_text)
    assert followed.lines == ("Ed25519", "ML-DSA-44")
    assert not any("handed over" in what for what in followed.compared)


def test_an_installation_without_it_wants_the_line_and_says_what_it_left(
    follower: Follower, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without ML-DSA-44 the rest is checked, and the line must be there all the same."""
    sim = company()
    beside(sim, M)
    show(sim, places, M)
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    followed = follower.follow(open_place(str(places)), "m", VKEY)
    assert followed.lines[1] == "ML-DSA-44, which this installation cannot check"
    show(sim, places, None)
    with pytest.raises(ProofError, match="lacks the line"):
        follower.follow(open_place(str(places)), "m", VKEY)


# --- witnesses


def submit(logs: Logs, sim: Simulator, note: bytes, old: int) -> int:
    """The status that a witness answers with, which keeps what it cosigns."""
    size = int(parse_note(note).text.split("\n")[1])
    proof = tuple(merkle.consistency_proof(sim.store, old, size)) if old else ()
    verdict = rule.judge(format_submission(Submission(old, proof, note)), logs.find)
    if verdict.status == rule.COSIGN and verdict.log is not None:
        logs.keep(verdict.log)
    return verdict.status


def test_a_witness_is_led_over_by_a_changeover(tmp_path: Path) -> None:
    """It cosigns what both keys signed, then what the new one signs once it is added, and drops the old."""
    sim, logs = company(), Logs(tmp_path / "witness")
    logs.add(VKEY)
    assert submit(logs, sim, newest_note(sim.store.checkpoints()), 0) == rule.COSIGN
    rotate(sim)
    assert submit(logs, sim, newest_note(sim.store.checkpoints()), 2) == rule.COSIGN
    sim.append("comment.added", "ledger", {"on": "0", "text": "On."}, by=BOB)
    new = sim.ledger(NEW).checkpoint()
    assert submit(logs, sim, new, 4) == rule.FORBIDDEN
    logs.add(sim.reader().vkey_text, only=True)
    assert logs.find(ORIGIN).keys == (parse_vkey(sim.reader().vkey_text),)
    assert submit(logs, sim, new, 4) == rule.COSIGN
    stolen = sign_checkpoint(Checkpoint(ORIGIN, 5, merkle.root(sim.store, 5)), [signer_of(ALICE)])
    assert submit(logs, sim, stolen, 5) == rule.FORBIDDEN


# --- bundles


def test_the_verifier_in_bundles_follows_it_as_well(tmp_path: Path) -> None:
    """Handed over or replaced, the bundle holds by both verifiers."""
    sim = company()
    rotate(sim)
    path = tmp_path / "b.zip"
    assert judged(write(sim, path), sim.clock) == (set(), set())


def write(sim: Simulator, path: Path) -> Path:
    """A bundle up to the newest checkpoint."""
    write_bundle(sim.reader(), path, newest_note(sim.store.checkpoints()), What())
    return path


@pytest.mark.parametrize("attack", ["old key", "new key too early", "second succession", "not signed"])
def test_attacks_are_found_by_both_verifiers(attack: str, tmp_path: Path) -> None:
    """A stolen old key, a new key before its time, two successions, one that is not signed."""
    sim = company()
    now = LogKeys(sim.reader().keyring().signs).now
    rotate(sim)
    if attack in ("old key", "new key too early"):
        size, name = (4, ALICE) if attack == "old key" else (1, NEW)
        forged = sign_checkpoint(Checkpoint(ORIGIN, size, merkle.root(sim.store, size)), [signer_of(name)])
        sim.store.keep_checkpoint(size, forged)
    else:
        before = now if attack == "second succession" else LogKeys(sim.reader().keyring().signs).now
        old = signer_of(ALICE) if attack == "second succession" else None
        note = sign_succession(before, signer_of(BOB), old).decode()
        fields = {"key": signer_of(BOB).key_id, "note": note, "reason": "Mine."}
        force(sim.store, Hand(BOB), "key.appointed", "ledger", fields)
        sim._ledgers.clear()
        sim.ledger(NEW).checkpoint()
    ours, theirs = judged(write(sim, tmp_path / "b.zip"), sim.clock)
    assert ours == theirs == {"checkpoint.bad" if "key" in attack else "governance"}
