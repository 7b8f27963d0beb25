"""What others say of a ledger: time anchors and cosignatures, checked."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mledger.anchors.base import Proved, find
from mledger.chain.anchored import (
    DAY,
    Anchored,
    Interval,
    Term,
    counted,
    interval,
    misdated,
    overdue,
    read_anchor,
)
from mledger.chain.cosigned import newest
from mledger.chain.findings import Finding
from mledger.chain.history import Fact
from mledger.chain.keyring import Keyring
from mledger.chain.trust import Trust
from mledger.core import merkle
from mledger.core.moment import Moment, is_later, later
from mledger.core.note import NoteKey, parse_vkey
from mledger.errors import DivergedError, FormatError, InputError, MledgerError, ProofError, UsageError

if TYPE_CHECKING:
    from mledger.events.anchor import AnchorRecorded
    from mledger.events.policy import Policy
    from mledger.reader import Reader

OVERDUE = "a time anchor that is not overdue: mledger anchor --rfc3161 URL"


class Claim(NamedTuple):
    """An anchor as it stands in the ledger, with the roots and the skew of the policy in force there."""

    fact: Fact
    body: "AnchorRecorded"
    roots: tuple[str, ...]
    skew: int


@dataclass(slots=True)
class Claims:
    """The anchors of a ledger, and within how many days its policies asked for one."""

    anchors: list[Claim] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)


class Position(NamedTuple):
    """The ledger as it was read: its size, the root at any size, and how far it was verified before."""

    size: int
    root: Callable[[int], bytes | None]
    known: int = 0


@dataclass(slots=True)
class Anchoring:
    """The anchors that hold, what is wrong with others, and why level 3 is not reached, if it is not."""

    held: list[Anchored] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    lacks: str | None = None
    unchecked: list[str] = field(default_factory=list)
    """Why each anchor that could not be checked here could not."""

    @property
    def settled(self) -> bool:
        """Whether each anchor holds, so that the next verification may take them all as proved."""
        return not self.unchecked and all(finding.rule != "anchor.bad" for finding in self.findings)

    @property
    def rests(self) -> list[str]:
        """What level 3 rests on, for people, and what else there is that nobody could check."""
        if not self.held:
            return []
        last = max(self.held, key=lambda one: one.time)
        count = "1 time anchor" if len(self.held) == 1 else f"{len(self.held)} time anchors"
        more = [f"not on {len(self.unchecked)} more: {self.unchecked[-1]}"] if self.unchecked else []
        return [f"{count}, the last of {last.time[:10]} over {_entries(last.size)}, by {last.by}", *more]


@dataclass(slots=True)
class Cosigning:
    """The checkpoint that enough witnesses have cosigned, and why level 4 is not reached, if it is not."""

    rests: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    lacks: str | None = None


@dataclass(slots=True)
class Vouched:
    """What others vouch for, and how far that leads."""

    anchoring: Anchoring
    cosigning: Cosigning

    @property
    def findings(self) -> list[Finding]:
        """What is wrong with it."""
        return [*self.anchoring.findings, *self.cosigning.findings]

    def raised(self, level: int) -> int:
        """The level that is reached from another: 3 and 4 only from the one below."""
        if level == 2 and self.anchoring.rests and not self.anchoring.lacks:
            level = 3
        return 4 if level == 3 and self.cosigning.rests and not self.cosigning.lacks else level

    def rests(self) -> dict[int, list[str]]:
        """What each level rests on."""
        return {3: self.anchoring.rests, 4: self.cosigning.rests}

    def lacks(self) -> dict[int, str]:
        """What each level lacks, where there is more to say than in general."""
        both = {3: self.anchoring.lacks, 4: self.cosigning.lacks}
        return {level: text for level, text in both.items() if text}


def vouch(reader: "Reader", claims: Claims, there: Position, trust: Trust, keyring: Keyring) -> Vouched:
    """What others vouch for, all of it checked."""
    anchoring = check_anchors(reader, claims, there, trust.believed)
    asked, skew = _asked(trust, keyring.policy), keyring.skew(there.size)
    return Vouched(anchoring, check_cosigned(reader, there, asked, skew) if asked else Cosigning())


class Asked(NamedTuple):
    """Who must have cosigned."""

    keys: tuple[NoteKey, ...]
    needed: int
    days: int | None


def _asked(trust: Trust, policy: "Policy | None") -> Asked | None:
    asked = trust.required or (policy.witnesses if policy is not None else None)
    return Asked(tuple(map(parse_vkey, asked.keys)), asked.needed, asked.days) if asked else None


def check_cosigned(reader: "Reader", there: Position, asked: Asked, skew: float) -> Cosigning:
    """Whether enough of those who are asked for have cosigned a checkpoint, and lately enough."""
    notes = []
    for size, note in reader.store.checkpoints():
        with suppress(MledgerError):  # a checkpoint that is none was found already
            checkpoint = reader.read_checkpoint(note)
            if size <= there.size and there.root(checkpoint.size) == checkpoint.root:
                notes.append((checkpoint, note))
    now = reader.now()
    best, bad = newest(notes, asked.keys, asked.needed, later(now, skew))
    found = Cosigning([], [Finding("witness.bad", "a cosignature", f"by {one} does not hold") for one in bad])
    found.lacks = f"cosignatures of {_witnesses(asked)}: mledger witness ask URL"
    if best is not None:
        since = best.since(asked.needed)
        names = ", ".join(sorted(best.witnesses))
        found.rests = [f"{_entries(best.checkpoint.size)} by {names}, {since[:10]}"]
        found.lacks = None
        if asked.days and is_later(now, since, asked.days * DAY):
            found.lacks = f"newer cosignatures of {_witnesses(asked)}: mledger witness ask URL"
            message = f"of {since[:10]}; the policy asks for newer ones every {counted(asked.days)}"
            found.findings.append(Finding("witness.overdue", "the cosignatures", message))
    elif asked.days:
        message = f"no checkpoint is cosigned by {_witnesses(asked)}, as the policy asks"
        found.findings.append(Finding("witness.overdue", "the cosignatures", message))
    return found


def _witnesses(asked: Asked) -> str:
    names = ", ".join(key.name for key in asked.keys)
    return names if asked.needed == len(asked.keys) else f"{asked.needed} of {names}"


def _entries(size: int) -> str:
    return "1 entry" if size == 1 else f"{size:,} entries"


def gather(reader: "Reader", size: int | None = None) -> Claims:
    """What the ledger records of anchors, by the policies of their positions. Nothing is checked."""
    claims, keyring, days = Claims(), Keyring(), None
    try:
        for facts in reader.governing(keyring, size):
            policy = keyring.policy
            if policy is not None and policy.anchor_days != days:
                days = policy.anchor_days
                claims.terms.append(Term(facts[0].seq, days))
            claims.anchors += [
                Claim(fact, body, policy.anchor_roots if policy else (), keyring.skew(fact.seq))
                for fact in facts
                if (body := read_anchor(fact)) is not None
            ]
    except MledgerError:  # what cannot be read is found by the pass over all entries
        return claims
    return claims


def check_anchors(reader: "Reader", claims: Claims, there: Position, roots: Sequence[str]) -> Anchoring:
    """Which anchors hold, and whether the recorded times are within what they prove."""
    found, fresh = Anchoring(), []
    for claim in claims.anchors:
        if claim.fact.seq < there.known and claim.roots and not roots and claim.body.time:
            found.held.append(_anchored(claim, Moment(claim.body.time), 0, "an authority"))
        elif (one := _check(reader, claim, there, roots, found)) is not None:
            found.held.append(one)
            fresh.append(one)

    def time_of(seq: int) -> Moment | None:
        try:
            return reader.statement(seq).time
        except (MledgerError, ValueError):
            return None

    found.findings += misdated(fresh, there.size, time_of)
    late = list(overdue(found.held, claims.terms, there.size, time_of, reader.now()))
    found.findings += [one.finding for one in late]
    if found.held:
        found.lacks = OVERDUE if any(one.waiting for one in late) else None
    return found


def _check(
    reader: "Reader", claim: Claim, there: Position, roots: Sequence[str], found: Anchoring
) -> Anchored | None:
    """The anchor, if it holds and proves a time; what is wrong with it is noted."""
    where = claim.fact.number
    try:
        proved = _prove(reader, claim, there, tuple(roots) or claim.roots)
    except DivergedError as error:
        found.findings.append(Finding("head.diverged", where, error.message))
    except (ProofError, FormatError) as error:
        found.findings.append(Finding("anchor.bad", where, f"this anchor proves nothing: {error.message}"))
    except UsageError as error:  # a kind that is not known here, a package or a root that is missing
        needed = "" if isinstance(error, InputError) else "an anchor that can be checked here; "
        found.unchecked.append(error.message)
        found.lacks = f"{needed}{error.message}: {error.fix}"
    else:
        if proved.time is not None:
            return _anchored(claim, proved.time, proved.slack, proved.by)
    return None


def _prove(reader: "Reader", claim: Claim, there: Position, roots: Sequence[str]) -> Proved:
    """What an anchor proves. Errors: DivergedError, ProofError, FormatError, UsageError."""
    body, note = claim.body, claim.body.checkpoint.encode()
    covered = reader.read_checkpoint(note)
    if covered.size > claim.fact.seq:
        raise ProofError("it covers entries that come after it")
    if there.root(covered.size) != covered.root:
        raise DivergedError(f"another history of {covered.size} entries was anchored")
    proved = find(body.kind).check(note, body.token_bytes, roots)
    if body.time != proved.time:
        raise ProofError(f"it says {body.time}, and proves {proved.time}")
    return proved


def _anchored(claim: Claim, time: Moment, slack: float, by: str) -> Anchored:
    return Anchored(claim.fact.seq, claim.fact.number, claim.body.size, time, claim.skew + slack, by)


def _root(reader: "Reader", size: int) -> bytes | None:
    try:
        return merkle.root(reader.store, size)
    except MledgerError:  # a tree that is broken is for a verification to tell
        return None


def prove_interval(reader: "Reader", seq: int, roots: Sequence[str] = ()) -> Interval | None:
    """Between which time anchors an entry was made; None if the ledger has none that can be checked."""
    if not any(b'"anchor.recorded"' in entry.payload for entry in reader.store.entries(governance=True)):
        return None
    there = Position(reader.head.size, lambda size: _root(reader, size))
    found = Anchoring()
    held = [_check(reader, claim, there, roots, found) for claim in gather(reader).anchors]
    known = [one for one in held if one is not None]
    return interval(known, seq) if known else None
