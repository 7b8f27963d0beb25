from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.core.merkle import (
    EMPTY_ROOT,
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_proof,
    frontier,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
)
from mledger.errors import InputError, IntegrityError, ProofError
from tests.core.trees import Grown, leaves, mth, path, subproof
from tests.vectors.read import vectors

SIZES = range(1, 66)
BIG = 1_000_000


def flips(hashes: list[bytes], seed: int) -> list[list[bytes]]:
    """The lists that differ from `hashes` in one bit of one hash, a bit for each hash."""
    changed = []
    for at, value in enumerate(hashes):
        bit = (seed * 31 + at * 17) % 256
        other = bytearray(value)
        other[bit // 8] ^= 1 << bit % 8
        changed.append([*hashes[:at], bytes(other), *hashes[at + 1 :]])
    return changed


def holds(check, *args) -> bool:
    """Whether a check accepts."""
    try:
        check(*args)
    except ProofError:
        return False
    return True


@pytest.fixture(scope="module")
def million() -> Grown:
    """A tree of a million leaves."""
    return Grown(leaves(BIG))


def test_published_roots():
    """The roots of the published tree come out at each of its sizes."""
    known = vectors("rfc6962_tree")
    hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in known["leaves"]]
    grown = Frontier()

    roots = [grown.root()]
    for leaf in hashes:
        grown.append(leaf)
        roots.append(grown.root())

    assert [value.hex() for value in roots] == known["roots"]
    assert [root(Grown(hashes), size).hex() for size in range(9)] == known["roots"]


def test_published_proofs():
    """The published inclusion and consistency proofs are made and accepted."""
    known = vectors("rfc6962_tree")
    tree = Grown([leaf_hash(bytes.fromhex(leaf)) for leaf in known["leaves"]])
    roots = [bytes.fromhex(value) for value in known["roots"]]
    included = [b64decode(value) for value in known["inclusion"]["proof"]]
    consistent = [b64decode(value) for value in known["consistency"]["proof"]]

    assert inclusion_proof(tree, 0, 8) == included
    assert consistency_proof(tree, 1, 8) == consistent
    check_inclusion(tree.levels[0][0], 0, 8, included, roots[8])
    check_consistency(1, roots[1], 8, roots[8], consistent)


def test_published_log():
    """The roots of Tessera's test log come out of its leaves."""
    known = vectors("tessera_log")
    tree = Grown([leaf_hash(word.encode()) for word in known["leaves"]])

    assert {size: root(tree, int(size)) for size in known["roots"]} == {
        size: b64decode(value) for size, value in known["roots"].items()
    }


def test_a_leaf_is_no_node():
    """The two children of a node, taken as a leaf's data, hash to something else."""
    left, right = leaves(2)

    assert leaf_hash(left + right) != node_hash(left, right)


def test_roots_as_defined():
    """Grown, read back and recursively defined roots are one, at every size and over a tile's edge."""
    hashes = leaves(520)
    tree = Grown(hashes)

    for size in [*range(70), 255, 256, 257, 511, 512, 513, 520]:
        expected = mth(hashes[:size])
        assert root(tree, size) == expected
        assert frontier(tree, size).root() == expected
        assert Grown(hashes[:size]).frontier.root() == expected


def test_inclusion_everywhere():
    """Every leaf of every small tree has the proof that RFC 6962 defines, and it is accepted."""
    hashes = leaves(SIZES.stop)
    tree = Grown(hashes)

    for size in SIZES:
        top = mth(hashes[:size])
        for index in range(size):
            proof = inclusion_proof(tree, index, size)
            assert proof == path(index, hashes[:size])
            check_inclusion(hashes[index], index, size, proof, top)


def test_consistency_everywhere():
    """Every tree has, from every older one, the proof that RFC 6962 defines, and it is accepted."""
    hashes = leaves(SIZES.stop)
    tree = Grown(hashes)
    roots = [mth(hashes[:size]) for size in range(SIZES.stop)]

    for new in SIZES:
        for old in range(1, new + 1):
            proof = consistency_proof(tree, old, new)
            assert proof == subproof(old, hashes[:new])
            check_consistency(old, roots[old], new, roots[new], proof)


def test_no_changed_inclusion():
    """A bit flipped in leaf, root or any hash breaks an inclusion proof, and so does a wrong index."""
    hashes = leaves(SIZES.stop)
    tree = Grown(hashes)

    for size in SIZES:
        top = mth(hashes[:size])
        for index in range(size):
            proof = inclusion_proof(tree, index, size)
            for leaf, end, *rest in flips([hashes[index], top, *proof], size + index):
                assert not holds(check_inclusion, leaf, index, size, rest, end)
            for other in range(-1, size + 2):
                assert holds(check_inclusion, hashes[index], other, size, proof, top) == (other == index)


def test_no_changed_consistency():
    """A bit flipped in either root or any hash breaks a consistency proof."""
    hashes = leaves(SIZES.stop)
    tree = Grown(hashes)
    roots = [mth(hashes[:size]) for size in range(SIZES.stop)]

    for new in SIZES:
        for old in range(1, new + 1):
            proof = consistency_proof(tree, old, new)
            for before, after, *rest in flips([roots[old], roots[new], *proof], old + new):
                assert not holds(check_consistency, old, before, new, after, rest)


def test_every_bit():
    """Each single bit of leaf, root and hashes counts, in an inclusion and a consistency proof."""
    hashes = leaves(7)
    tree = Grown(hashes)
    old, new = mth(hashes[:5]), mth(hashes)
    included, consistent = inclusion_proof(tree, 4, 7), consistency_proof(tree, 5, 7)

    for at in range(256):
        for leaf, top, *rest in flips([hashes[4], new, *included], at * 33):
            assert not holds(check_inclusion, leaf, 4, 7, rest, top)
        for before, after, *rest in flips([old, new, *consistent], at * 33):
            assert not holds(check_consistency, 5, before, 7, after, rest)


@given(size=st.integers(1, 300), pick=st.data())
def test_no_other_shape(size, pick):
    """A proof that is shorter, longer, reordered or holds a hash of another length is refused."""
    hashes = leaves(size)
    tree = Grown(hashes)
    index, old = pick.draw(st.integers(0, size - 1)), pick.draw(st.integers(1, size))
    included, consistent = inclusion_proof(tree, index, size), consistency_proof(tree, old, size)

    for proof, check in (
        (included, lambda p: check_inclusion(hashes[index], index, size, p, mth(hashes))),
        (consistent, lambda p: check_consistency(old, mth(hashes[:old]), size, mth(hashes), p)),
    ):
        check(proof)
        assert not holds(check, [*proof, hashes[0]])
        assert not holds(check, [hashes[0], *proof])
        if proof:
            assert not holds(check, proof[1:])
            assert not holds(check, proof[:-1])
            assert not holds(check, [proof[0][:-1], *proof[1:]])
            assert not holds(check, [proof[0] + b"\0", *proof[1:]])
        if len(proof) > 1:
            assert not holds(check, proof[::-1])


def test_no_higher_tree():
    """A proof with more hashes than its tree is high is refused, even if it leads to the root it is given."""
    hashes = leaves(SIZES.stop)
    tree, more = Grown(hashes), leaf_hash(b"more")

    for size in SIZES:
        top = mth(hashes[:size])
        for index in range(size):
            proof = [*inclusion_proof(tree, index, size), more]
            for over in (node_hash(more, top), node_hash(top, more)):
                assert not holds(check_inclusion, hashes[index], index, size, proof, over)
        for old in range(1, size):
            proof, before = [*consistency_proof(tree, old, size), more], mth(hashes[:old])
            for over in (before, node_hash(more, before), node_hash(before, more)):
                assert not holds(check_consistency, old, over, size, node_hash(more, top), proof)
                assert not holds(check_consistency, old, over, size, node_hash(top, more), proof)


@given(new=st.integers(2, 200), pick=st.data())
def test_a_rewritten_leaf_shows(new, pick):
    """No proof that a rewriter can make leads from the old root to a tree with an old leaf changed."""
    old = pick.draw(st.integers(1, new))
    changed = pick.draw(st.integers(0, old - 1))
    before = leaves(new)
    after = [*before[:changed], leaf_hash(b"rewritten"), *before[changed + 1 :]]

    forged = Grown(after)

    for size in {old, *pick.draw(st.lists(st.integers(1, new), max_size=5))}:
        proof = consistency_proof(forged, size, new)
        assert not holds(check_consistency, old, mth(before[:old]), new, mth(after), proof)


@given(
    sizes=st.tuples(st.integers(-3, 80), st.integers(-3, 80)),
    proof=st.lists(st.one_of(st.binary(max_size=40), st.just(bytes(32))), max_size=8),
    roots=st.tuples(*[st.one_of(st.binary(max_size=40), st.just(bytes(32)), st.just(EMPTY_ROOT))] * 2),
)
def test_checks_refuse_the_same_way(sizes, proof, roots):
    """Whatever is put to the checks, they accept or raise ProofError with one and the same line."""
    for check in (
        lambda: check_inclusion(roots[0], *sizes, proof, roots[1]),
        lambda: check_consistency(sizes[0], roots[0], sizes[1], roots[1], proof),
    ):
        try:
            check()
        except ProofError as error:
            assert error.message == "the proof does not hold"  # noqa: PT017 - it may also accept


def test_nothing_to_prove():
    """A proof of an empty tree, of a leaf beyond the tree, or of an older tree that is larger is refused."""
    tree = Grown(leaves(5))

    for index, size in ((0, 0), (5, 5), (-1, 5), (6, 5)):
        with pytest.raises(InputError):
            inclusion_proof(tree, index, size)
    for old, new in ((0, 5), (6, 5), (-1, 5), (0, 0)):
        with pytest.raises(InputError):
            consistency_proof(tree, old, new)


def test_an_empty_tree_proves_nothing():
    """A consistency check from size 0 fails, even with the right empty root and proof."""
    tree = Grown(leaves(3))

    assert not holds(check_consistency, 0, EMPTY_ROOT, 3, root(tree, 3), [])
    assert not holds(check_consistency, 0, EMPTY_ROOT, 0, EMPTY_ROOT, [])


def test_same_tree():
    """A tree is consistent with itself by no hashes at all, and with no other of its size."""
    one, other = leaves(1)[0], leaves(2)[1]

    check_consistency(4, one, 4, one, [])
    assert not holds(check_consistency, 4, one, 4, other, [])
    assert not holds(check_consistency, 4, one, 4, one, [other])


@given(sizes=st.tuples(st.integers(0, 700), st.integers(0, 700)).map(sorted))
def test_a_frontier_goes_on(sizes):
    """A frontier read back, or made of its peaks, grows to the same root and nodes as one never put down."""
    old, new = sizes
    hashes = leaves(new)
    tree = Grown(hashes)

    read = frontier(tree, old)
    made = Frontier.of(old, read.peaks)
    nodes = [node for leaf in hashes[old:] for node in read.append(leaf)]
    for leaf in hashes[old:]:
        made.append(leaf)

    assert (read.size, read.root(), read.peaks) == (new, tree.frontier.root(), tree.frontier.peaks)
    assert made.peaks == read.peaks
    assert [node.hash for node in nodes] == tree.levels[8][old >> 8 : new >> 8]


def test_copies_grow_alone():
    """A copy of a frontier leaves its original where it was."""
    first = Grown(leaves(3)).frontier
    before = first.root()

    second = first.copy()
    second.append(leaves(4)[3])

    assert (first.size, first.root()) == (3, before)
    assert (second.size, second.root()) == (4, mth(leaves(4)))


@pytest.mark.parametrize(("size", "peaks"), [(0, 1), (1, 0), (2, 2), (7, 2), (-1, 1), (-1, 0)])
def test_peaks_must_fit(size, peaks):
    """A frontier has as many peaks as its size has binary ones."""
    with pytest.raises(InputError):
        Frontier.of(size, leaves(peaks))


def test_missing_nodes_show():
    """A store that holds fewer nodes than the size says is reported, not worked around."""
    short = Grown(leaves(100))

    for ask in (
        lambda: root(short, 101),
        lambda: frontier(short, 300),
        lambda: inclusion_proof(short, 3, 101),
        lambda: consistency_proof(short, 3, 101),
    ):
        with pytest.raises(IntegrityError):
            ask()


def test_a_million_leaves(million):
    """At a million leaves, a root reads three runs and a proof six at most, each once and none over 256."""
    top = million.frontier.root()
    asked = [0, 1, 255, 256, 65_535, 65_536, 524_287, 524_288, 777_777, 983_039, 983_040, 999_935, 999_999]

    million.runs.clear()
    assert root(million, BIG) == top
    assert [run[0] for run in sorted(million.runs)] == [0, 8, 16]
    for index in asked:
        million.runs.clear()
        proof = inclusion_proof(million, index, BIG)
        check_inclusion(million.levels[0][index], index, BIG, proof, top)
        assert_few(million.runs)
    for old in (1, 2, 255, 256, 257, 65_536, 65_537, 524_288, 777_777, 999_936, 999_999):
        before = root(million, old)
        million.runs.clear()
        proof = consistency_proof(million, old, BIG)
        check_consistency(old, before, BIG, top, proof)
        assert_few(million.runs)


def assert_few(runs: list[tuple[int, int, int]]) -> None:
    """Six runs at most, none read twice, each of a tile."""
    assert len(runs) <= 6
    assert len(runs) == len(set(runs))
    assert all(0 < count <= 256 and start % 256 == 0 for _, start, count in runs)


@pytest.mark.parametrize("size", [1 << 24, 1 << 32, (1 << 33) - 1, (1 << 40) + 3])
def test_trees_too_large_to_grow(size):
    """Proofs hold at sizes that nobody can store here, out of a tree whose leaves are all alike."""
    nodes = [leaf_hash(b"")]
    for _ in range(41):
        nodes.append(node_hash(nodes[-1], nodes[-1]))

    class Alike:
        def hashes(self, level: int, start: int, count: int) -> list[bytes]:
            assert level in {0, 8, 16, 24}
            assert 0 < count <= 256
            assert start + count <= size >> level
            return [nodes[level]] * count

    top, old = root(Alike(), size), size // 5
    for index in (0, size // 3, size - 1):
        check_inclusion(nodes[0], index, size, inclusion_proof(Alike(), index, size), top)
    check_consistency(old, root(Alike(), old), size, top, consistency_proof(Alike(), old, size))


@pytest.mark.parametrize("height", [8, 16, 24, 32, 40])
def test_nodes_to_store(height):
    """The leaf that fills a tree completes its stored nodes of the levels 8, 16 and 24, and no others."""
    grown = Frontier.of((1 << height) - 1, leaves(height))

    nodes = grown.append(leaf_hash(b"last"))

    assert [(node.level, node.index) for node in nodes] == [
        (level, (1 << height - level) - 1) for level in (8, 16, 24) if level <= height
    ]
    assert grown.peaks == (grown.root(),)


def test_above_the_top_level():
    """Nodes above level 24 are computed from those of level 24, each from its own."""
    top = leaves(1024)

    class Top:
        def hashes(self, level: int, start: int, count: int) -> list[bytes]:
            assert level == 24
            assert count <= 256
            return top[start : start + count]

    assert root(Top(), 1024 << 24) == mth(top)
    assert root(Top(), 999 << 24) == mth(top[:999])
    assert consistency_proof(Top(), 512 << 24, 1024 << 24) == [mth(top[512:])]
