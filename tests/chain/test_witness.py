"""The witness rule: growth is cosigned, everything else is refused by its status."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.chain import witness as rule
from mledger.chain.fork import check_evidence, find_fork
from mledger.chain.witness import Log, cosign, judge
from mledger.core.checkpoint import Checkpoint, format_checkpoint
from mledger.core.evidence import Evidence, format_evidence
from mledger.core.merkle import EMPTY_ROOT, check_consistency
from mledger.core.note import (
    COSIGNATURE,
    Note,
    NoteSignature,
    format_note,
    format_vkey,
    key_hash,
    open_note,
    parse_note,
    parse_vkey,
)
from mledger.core.submission import Submission, format_submission
from mledger.errors import FormatError, ProofError
from mledger.keys.ed25519 import Ed25519Signer, verify
from tests.core.trees import Grown, leaves, mth, subproof

ORIGIN = "acme.example/credit"
OWNER, OTHER, WITNESS = (Ed25519Signer.from_seed(bytes([n]) * 32) for n in (1, 2, 3))
KEY = parse_vkey(format_vkey(ORIGIN, OWNER.public))
MOST = 20
TRUNK = leaves(MOST)
# Histories of one key that part after so many entries.
BRANCHES = {at: TRUNK[:at] + leaves(MOST - at, "other") for at in (0, 1, 3, 4, 7, 8, 13)}


def signed(tree, size, signer=OWNER, extension=""):
    """The checkpoint of the first leaves of a tree."""
    text = format_checkpoint(Checkpoint(ORIGIN, size, mth(tree[:size]))) + extension
    line = NoteSignature(ORIGIN, key_hash(ORIGIN, 1, signer.public), signer.sign(text.encode()))
    return format_note(Note(text, (line,)))


def send(old, size, tree=TRUNK, **how):
    """What a log sends to prove its growth."""
    hashes = tuple(subproof(old, tree[:size])) if 0 < old <= size else ()
    return format_submission(Submission(old, hashes, signed(tree, size, **how)))


def asked(data, kept=None, tree=TRUNK):
    """What the rule says, if it has cosigned so many entries before."""
    log = Log(ORIGIN, (KEY,), None if kept is None else signed(tree, kept))
    return judge(data, {ORIGIN: log}.get)


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_growth_is_cosigned(size):
    """From nothing, from itself and from every smaller size, an honest log is cosigned and kept."""
    for kept in (None, *range(size + 1)):
        verdict = asked(send(kept or 0, size), kept)
        assert verdict.status == rule.COSIGN, kept
        assert verdict.log.checkpoint.size == size
        assert verdict.evidence is None


@pytest.mark.parametrize("at", BRANCHES)
def test_a_fork_is_refused_and_proved(at):
    """Another history is never cosigned; what was sent proves it, unless the size kept is a power of two."""
    other = BRANCHES[at]
    for kept in range(at + 1, MOST + 1):
        for size in range(kept, MOST + 1):
            verdict = asked(send(kept, size, other), kept)
            assert verdict.status == (rule.CONFLICT if size == kept else rule.UNPROVED)
            if size == kept or kept & (kept - 1):
                fork = check_evidence(format_evidence(verdict.evidence), KEY)
                assert (fork.first.size, fork.second.size) == (kept, size)
                assert fork.root == mth(other[:kept]) != fork.first.root
            else:
                assert verdict.evidence is None


def test_an_older_head_is_refused():
    """A ledger that was put back is told the size that is known; one that admits it is beyond itself."""
    verdict = asked(send(5, 7), 9)
    assert (verdict.status, verdict.size) == (rule.CONFLICT, 9)
    assert asked(send(9, 7), 9).status == rule.MALFORMED
    assert asked(send(0, 12), 9).size == 9


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", rule.MALFORMED),
        (b"old 0\n\nnothing\n", rule.MALFORMED),
        (send(0, 3, signer=OTHER), rule.FORBIDDEN),
        (send(0, 3).replace(b"acme", b"acne", 1), rule.UNKNOWN),
        (format_submission(Submission(0, (bytes(32),), signed(TRUNK, 3))), rule.UNPROVED),
        (send(0, 3)[:-9] + b"AAAAAAA=\n", rule.FORBIDDEN),
    ],
)
def test_what_is_wrong_has_its_status(data, status):
    """Malformed, by an unknown log, by another key, with a proof from nothing."""
    assert asked(data).status == status


def test_an_empty_log_is_cosigned_only_as_empty():
    """A tree of no entries has one root."""
    assert asked(send(0, 0)).status == rule.COSIGN
    text = format_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)))
    line = NoteSignature(ORIGIN, KEY.hash, OWNER.sign(text.encode()))
    wrong = Submission(0, (), format_note(Note(text, (line,))))
    assert asked(format_submission(wrong)).status == rule.UNPROVED
    assert mth([]) == EMPTY_ROOT


def test_extension_lines_are_cosigned_with_the_rest():
    """A log that writes more lines than ours is read, and what is signed is its whole text."""
    verdict = asked(send(0, 3, extension="more\nlines\n"))
    line = cosign(verdict.log.kept, "w.example", WITNESS, 7)
    text = parse_note(verdict.log.kept).text
    key = parse_vkey(format_vkey("w.example", WITNESS.public, COSIGNATURE))
    assert text.endswith("\nmore\nlines\n")
    assert open_note(format_note(Note(text, (line,))), [key], verify).verified


def test_lines_of_strangers_are_not_kept():
    """What anybody may write under a note does not fill the witness's disk."""
    data = send(0, 3) + "— stranger.example AAAAAAAAAAAA\n".encode()
    assert parse_note(asked(data).log.kept).signatures == parse_note(signed(TRUNK, 3)).signatures


@given(
    steps=st.lists(
        st.tuples(st.sampled_from([TRUNK, *BRANCHES.values()]), st.integers(0, MOST), st.integers(0, MOST)),
        max_size=12,
    )
)
def test_all_that_is_cosigned_fits(steps):
    """Whatever is sent in whatever order, each checkpoint that is cosigned extends all before it."""
    log, cosigned = Log(ORIGIN, (KEY,)), []
    for tree, old, size in steps:
        verdict = judge(send(old, size, tree), {ORIGIN: log}.get)
        if verdict.status == rule.COSIGN:
            log = verdict.log
            cosigned.append((tree, size))
    for (_, small), (tree, large) in pairwise(cosigned):
        assert small <= large
        if 0 < small < large:
            proof = subproof(small, tree[:large])
            check_consistency(small, _root(cosigned, small), large, mth(tree[:large]), proof)


def _root(cosigned, size):
    return next(mth(tree[:size]) for tree, known in cosigned if known == size)


@given(data=st.binary() | st.binary().map(lambda junk: b"old 0\n\n" + junk))
def test_the_rule_never_leaks(data):
    """Any bytes get a status."""
    assert asked(data).status in {rule.MALFORMED, rule.UNKNOWN, rule.FORBIDDEN}


# --- evidence


@pytest.mark.parametrize("at", BRANCHES)
def test_evidence_is_made_of_a_ledger_and_a_kept_checkpoint(at):
    """Any kept checkpoint that a ledger does not extend is evidence with a larger one of the ledger's."""
    other, tree = BRANCHES[at], Grown(BRANCHES[at])
    for kept in range(1, MOST + 1):
        for own in range(kept, MOST + 1):
            evidence = find_fork(signed(TRUNK, kept), signed(other, own), tree)
            assert (evidence is None) == (kept <= at)
            if evidence is not None:
                assert check_evidence(format_evidence(evidence), KEY).first.size == kept


def test_no_evidence_where_nothing_can_be_proved():
    """A smaller checkpoint, another origin or a broken tree prove nothing."""
    other = BRANCHES[3]
    assert find_fork(signed(TRUNK, 9), signed(other, 8), Grown(other)) is None
    assert find_fork(signed(TRUNK, 5), signed(other, 8), Grown(other[:6])) is None
    assert find_fork(signed(TRUNK, 5).replace(b"acme", b"acne"), signed(other, 8), Grown(other)) is None


def test_evidence_that_proves_nothing_is_refused():
    """Two checkpoints that fit, a root that nobody signed, another key: ProofError."""
    fits = Evidence(signed(TRUNK, 5), signed(TRUNK, 9), mth(TRUNK[:5]), tuple(subproof(5, TRUNK[:9])))
    other = BRANCHES[3]
    invented = Evidence(signed(TRUNK, 5), signed(TRUNK, 9), mth(other[:5]), tuple(subproof(5, TRUNK[:9])))
    unsigned = Evidence(signed(TRUNK, 5, signer=OTHER), signed(other, 5))
    same = Evidence(signed(TRUNK, 5), signed(TRUNK, 5))
    apart = Evidence(signed(TRUNK, 5), signed(other, 9))
    for evidence in (fits, invented, unsigned, same, apart):
        with pytest.raises(ProofError):
            check_evidence(format_evidence(evidence), KEY)
    with pytest.raises(FormatError):
        check_evidence(b"nothing", KEY)


@given(evidence=st.binary(max_size=200), change=st.data())
def test_evidence_never_leaks(evidence, change):
    """Evidence with a byte changed is refused by one of our errors, or says the same of the same notes."""
    other = BRANCHES[3]
    good = format_evidence(
        Evidence(signed(TRUNK, 5), signed(other, 9), mth(other[:5]), tuple(subproof(5, other[:9])))
    )
    data = bytearray(good)
    data[change.draw(st.integers(0, len(data) - 1))] ^= 1 << change.draw(st.integers(0, 7))
    for bytes_ in (evidence, bytes(data)):
        with pytest.raises((FormatError, ProofError)):
            check_evidence(bytes_, KEY)
