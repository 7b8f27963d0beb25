"""A ledger that others vouch for, and attacks on it."""

from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

from mledger.chain.verification import Verification
from mledger.chain.witness import cosign
from mledger.core.checkpoint import parse_checkpoint
from mledger.core.encoding import encode_base64
from mledger.core.moment import Moment, format_moment, later
from mledger.core.note import COSIGNATURE, Note, format_note, format_vkey, parse_note
from mledger.events.policy import Policy
from mledger.events.vouching import Witnesses
from mledger.keys.ed25519 import Ed25519Signer
from mledger.keys.signer import Signer
from mledger.opening import default_policy
from mledger.stores import open_store
from mledger.testing.authority import KIND, ROOT, root_of, stamp
from mledger.testing.simulator import Clock, signer_of
from mledger.testing.tamper.attack import ALL_KEYS, FORK, ROLLBACK, TIME, attack
from mledger.testing.tamper.histories import exchange
from mledger.testing.tamper.tools import Document, Hand, change_body, force, hands_on, rewrite
from mledger.testing.tamper.world import ALICE, CAROL, MODEL, PEOPLE, Company, World, copy_ledger
from mledger.verification.verifying import Trust

WITNESS = "witness.example/w1"
VKEY = format_vkey(WITNESS, signer_of(WITNESS).public, COSIGNATURE)
MALLORY = "Mallory Example"
MONTHS, EACH, DAYS, ANCHOR_DAYS = 6, 10, 25, 30
FOUNDED = 13
LAST_ANCHOR = FOUNDED + MONTHS * (EACH + 1) - 1
"""The entry of the last anchor: a few more come after it."""
SIZE = LAST_ANCHOR + 6
REMARK = 14
"""A comment of Carol's."""

_KEYS = {signer_of(name).key_id: signer_of(name) for name in PEOPLE}


class VouchedWorld(World):
    """A world whose ledger is anchored and cosigned: see `build_vouched`."""

    def verify(
        self, *, full: bool = False, memory: bool = False, checkpoint: bool = False, roots: bool = False
    ) -> Verification:
        """What a verification finds; with `roots` by whoever knows the authority better than the policy."""
        trust = Trust(self.kept if checkpoint else None, roots=(ROOT,) if roots else ())
        with self.reader(memory=memory) as reader:
            return reader.verify(full=full, trust=trust)


def build_vouched(folder: Path) -> VouchedWorld:
    """A new world in a folder; always the same. Its policy asks for an anchor every 30 days."""
    world = VouchedWorld(folder, Clock())
    with closing(open_store(world.path, create=True)) as store:
        company = Company(store, world.clock, "vouched")
        company.found(_policy(ROOT))
        _live(company, 3)
        copy_ledger(world.path, world.older)
        copy_ledger(world.path, world.fork)
        (folder / "kept.checkpoint").write_bytes(company.checkpoint())
        since = Clock(world.clock.now)
        _live(company, MONTHS - 3)
        company.carry_on(SIZE)
    with closing(open_store(world.fork)) as store:
        _live(Company(store, since, "fork"), MONTHS - 3, witnessed=False)
    with closing(open_store(world.folder / "late.db", create=True)) as store:
        company = Company(store, Clock(), "late")
        company.found(_policy(ROOT))
        company.carry_on(SIZE - 1)
        company.clock.now = world.clock.now
        anchor(company)
        have_cosigned(company)
    with closing(open_store(world.twin, create=True)) as store:
        company = Company(store, Clock(), "twin")
        company.found(_policy(root_of(signer_of(MALLORY)), witnessed=False))
        _live(company, MONTHS, witnessed=False, stamps=signer_of(MALLORY))
    world.clock.forward(hours=1)
    return world


def _policy(root: str, *, witnessed: bool = True) -> Policy:
    """The rules of such a ledger."""
    asked = {"anchor_days": ANCHOR_DAYS, "anchor_roots": (root,)}
    witnesses = Witnesses(keys=(VKEY,), needed=1, days=ANCHOR_DAYS)
    return default_policy().model_copy(update=asked | ({"witnesses": witnesses} if witnessed else {}))


def _live(
    company: Company, months: int, *, witnessed: bool = True, stamps: Ed25519Signer | None = None
) -> None:
    """Months of work, at the end of each a stamp, and a cosignature if the witness sees it."""
    for _ in range(months):
        company.carry_on(company.store.head().size + EACH)
        company.clock.forward(days=DAYS)
        anchor(company, stamps)
        if witnessed:
            have_cosigned(company)


def anchor(company: Company, stamps: Ed25519Signer | None = None) -> None:
    """Have all there is stamped now, and record it."""
    note = company.checkpoint()
    company.say(ALICE, "anchor.recorded", "ledger", stamped(note, format_moment(company.clock()), stamps))


def stamped(note: bytes, time: Moment, stamps: Ed25519Signer | None = None) -> dict[str, object]:
    """The fields of an anchor over a checkpoint, at any time."""
    size = parse_checkpoint(parse_note(note).text).size
    token = encode_base64(stamp(note, time, stamps))
    return {"kind": KIND, "size": size, "checkpoint": note.decode(), "token": token, "time": time}


def have_cosigned(company: Company) -> None:
    """Have the witness cosign all there is."""
    note = company.checkpoint()
    line = cosign(note, WITNESS, signer_of(WITNESS), int(company.clock().timestamp()))
    parsed = parse_note(note)
    whole = format_note(Note(parsed.text, (parsed.signatures[0], line)))
    company.store.keep_checkpoint(parse_checkpoint(parsed.text).size, whole)


_vouched = partial(attack, world="vouched")


@_vouched(ALL_KEYS, "head.diverged", refused=True)
def all_keys_rewrite_under_the_anchors(world: World) -> None:
    """Somebody with all keys changes a word, has everybody sign again, and leaves the anchors."""
    with hands_on(world) as db:
        change_body(db, REMARK * 1000, b"(", b"[")
        rewrite(db, REMARK, lambda statement: _KEYS[statement["key"]])
        db.execute("DELETE FROM checkpoint WHERE size > ?", (REMARK,))


@_vouched(ALL_KEYS, "anchor.overdue", exit_code=1, refused=True)
def all_keys_invent_a_past(world: World) -> None:
    """Somebody with all keys writes half a year anew, and has it stamped, which is possible only now."""
    exchange(world, world.folder / "late.db")


@_vouched(ALL_KEYS, "anchor.bad", "roots", exit_code=1, refused=True)
def all_keys_and_a_clock_of_their_own(world: World) -> None:
    """Somebody with all keys writes another history, and stamps it with a clock that its policy believes."""
    exchange(world, world.twin)


@_vouched(ROLLBACK, "anchor.overdue", exit_code=1, refused=True)
def stale_copy_put_back(world: World) -> None:
    """A copy of months ago is put back, and shown to somebody who has never seen the ledger."""
    exchange(world, world.older)


@_vouched(FORK, "witness.overdue", exit_code=1, refused=True)
def branch_that_no_witness_saw(world: World) -> None:
    """The other branch of a fork is shown: stamped in time, but the witness has cosigned the first."""
    exchange(world, world.fork)


@_vouched(FORK, "witness.bad", exit_code=1)
def cosignature_forged(world: World) -> None:
    """The first key's holder writes the witness's line under a checkpoint with a key of her own."""
    with hands_on(world) as db:
        for size, note in db.execute("SELECT size, note FROM checkpoint").fetchall():
            parsed = parse_note(note)
            own = cosign(note, WITNESS, signer_of(MALLORY), 1_780_000_000).signature
            lines = (parsed.signatures[0], *(line._replace(signature=own) for line in parsed.signatures[1:]))
            forged = format_note(Note(parsed.text, lines))
            db.execute(
                "UPDATE checkpoint SET note = CAST(? AS TEXT) WHERE size = ? AND note = CAST(? AS TEXT)",
                (forged, size, note),
            )


@_vouched(TIME, "time.anchored", refused=True)
def back_dated_behind_an_anchor(world: World) -> None:
    """Somebody with all keys signs again what came after the last anchor, as if twenty days earlier."""

    def choose(statement: Document) -> Signer:
        statement["time"] = later(statement["time"], -20 * 86_400)
        return _KEYS[statement["key"]]

    with hands_on(world) as db:
        rewrite(db, LAST_ANCHOR, choose)


@_vouched(TIME, "time.anchored")
def post_dated_before_an_anchor(world: World) -> None:
    """Carol records with a clock ten days ahead; the next anchor proves that it was there already."""
    with closing(open_store(world.path)) as store:
        remark = {"on": "5", "text": "As if later."}
        force(store, Hand(CAROL, late=10 * 86_400), "comment.added", MODEL, remark)
        company = Company(store, Clock(world.clock.now + timedelta(days=10)))
        fields = stamped(company.checkpoint(), format_moment(world.clock.now))
        force(store, Hand(ALICE), "anchor.recorded", "ledger", fields)
    world.clock.forward(days=12)


@_vouched(TIME, "anchor.bad", exit_code=1)
def stamped_by_a_clock_of_their_own(world: World) -> None:
    """Alice records an anchor by a clock that the policy does not believe, dated as she likes."""
    with closing(open_store(world.path)) as store:
        note = Company(store, world.clock).checkpoint()
        fields = stamped(note, format_moment(world.clock.now - timedelta(days=3)), signer_of(MALLORY))
        force(store, Hand(ALICE), "anchor.recorded", "ledger", fields)
