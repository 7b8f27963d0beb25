"""The Merkle tree of RFC 6962: roots, proofs and their checks.

    leaf   SHA-256(0x00 || data)
    node   SHA-256(0x01 || left || right)
    root   of no leaves: SHA-256 of nothing

A complete node of `level` l and index i is the root of the leaves i * 2**l to (i + 1) * 2**l - 1.
What is stored is every complete node of the levels 0 (the leaves), 8, 16 and 24. Any other node
is computed from a run of at most 256 stored ones, so that a proof reads a few runs and no more.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple, Protocol

from mledger.errors import InputError, IntegrityError, ProofError

HASH_BYTES = 32
TILE_LEVELS = 8
TOP_LEVEL = 24
EMPTY_ROOT = sha256().digest()


class Node(NamedTuple):
    """One complete node of the tree: its level, its index in that level, its hash."""

    level: int
    index: int  # type: ignore[assignment]  # a field, over the method that every tuple has
    hash: bytes


class Hashes(Protocol):
    """The stored nodes of a tree."""

    def hashes(self, level: int, start: int, count: int) -> list[bytes]:
        """The `count` complete nodes of `level` (0, 8, 16 or 24) from index `start`, in order.

        Must give exactly the nodes that were stored; may give fewer where they are missing, and the
        caller then reports the tree as broken.
        """
        ...


def leaf_hash(data: bytes) -> bytes:
    """The 32-byte hash of a leaf's data (RFC 6962, section 2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The 32-byte hash of the node over two children (RFC 6962, section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: the roots of its perfect subtrees, largest first."""

    __slots__ = ("_peaks", "_size")

    def __init__(self) -> None:
        """Start with the empty tree."""
        self._size = 0
        self._peaks: list[bytes] = []

    @classmethod
    def of(cls, size: int, peaks: Iterable[bytes]) -> "Frontier":
        """The frontier of a tree of `size` leaves; InputError if the peaks are not as many as it has."""
        made = cls()
        made._size = size
        made._peaks = list(peaks)
        if size < 0 or len(made._peaks) != size.bit_count():
            raise InputError(f"{len(made._peaks)} peaks do not make a tree of {size} leaves")
        return made

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of the perfect subtrees, largest first."""
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> list[Node]:
        """The nodes to store that the leaf hash `leaf` completes, those of levels 8, 16 and 24."""
        peaks = self._peaks
        rest = self._size
        self._size = rest + 1
        if not rest & 1:
            peaks.append(leaf)
            return []
        done = []
        node, level, index = leaf, 0, rest
        while rest & 1:
            node = sha256(b"\x01" + peaks.pop() + node).digest()
            rest >>= 1
            level += 1
            if not level & 7 and level <= TOP_LEVEL:
                done.append(Node(level, index >> level, node))
        peaks.append(node)
        return done

    def root(self) -> bytes:
        """The 32-byte root of the tree."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in self._peaks[-2::-1]:
            root = node_hash(peak, root)
        return root

    def copy(self) -> "Frontier":
        """Another frontier of the same tree, that grows on its own."""
        return Frontier.of(self._size, self._peaks)


class _Tree:
    """The nodes of a tree of `size` leaves, out of runs of stored nodes, each run read once."""

    def __init__(self, hashes: Hashes, size: int) -> None:
        self._hashes = hashes
        self._size = size
        self._runs: dict[tuple[int, int], list[bytes]] = {}

    def node(self, level: int, index: int) -> bytes:
        """The complete node at `level` and `index`."""
        base = min(level - level % TILE_LEVELS, TOP_LEVEL)
        width = 1 << (level - base)
        start = index * width
        if width > 1 << TILE_LEVELS:
            return node_hash(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))
        run = self._run(base, start >> TILE_LEVELS)
        offset = start & ((1 << TILE_LEVELS) - 1)
        row = run[offset : offset + width]
        while len(row) > 1:
            # node_hash, spelled out: a proof at a million leaves takes some 700 of them.
            row = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row), 2)]
        return row[0]

    def _run(self, base: int, tile: int) -> list[bytes]:
        """Up to 256 stored nodes of level `base`: those of one tile that this tree has complete."""
        run = self._runs.get((base, tile))
        if run is None:
            start = tile << TILE_LEVELS
            count = min((self._size >> base) - start, 1 << TILE_LEVELS)
            run = self._hashes.hashes(base, start, count)
            if len(run) != count:
                raise IntegrityError(
                    f"the tree has no stored nodes of level {base} from {start} on",
                    fix="mledger verify --full",
                )
            self._runs[base, tile] = run
        return run

    def peaks(self, start: int, stop: int) -> list[bytes]:
        """The perfect subtrees' roots over leaves `start` to `stop`, where `start` begins the largest."""
        peaks = []
        while start < stop:
            level = (stop - start).bit_length() - 1
            peaks.append(self.node(level, start >> level))
            start += 1 << level
        return peaks

    def span(self, start: int, stop: int) -> bytes:
        """The root over the leaves `start` to `stop`, which is a node of the tree."""
        return Frontier.of(stop - start, self.peaks(start, stop)).root()


def root(hashes: Hashes, size: int) -> bytes:
    """The 32-byte root of the first `size` leaves."""
    return _Tree(hashes, size).span(0, size)


def frontier(hashes: Hashes, size: int) -> Frontier:
    """The frontier of the first `size` leaves, to append to."""
    return Frontier.of(size, _Tree(hashes, size).peaks(0, size))


def inclusion_proof(hashes: Hashes, index: int, size: int) -> list[bytes]:
    """The hashes that prove leaf `index` in the tree of `size` leaves, from its sibling upwards.

    InputError where there is nothing to prove: an empty tree, or a leaf beyond it.
    Source: RFC 6962, section 2.1.1.
    """
    if not 0 <= index < size:
        raise InputError(f"a tree of {size} leaves has no leaf {index} to prove")
    tree = _Tree(hashes, size)
    proof = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            proof.append(tree.span(middle, stop))
            stop = middle
        else:
            proof.append(tree.span(start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(hashes: Hashes, old: int, new: int) -> list[bytes]:
    """The hashes that prove the tree of `new` leaves to extend the one of `old`; none if they are one.

    InputError for an empty old tree, which proves nothing, and for one larger than the new.
    Source: RFC 6962, section 2.1.2.
    """
    if not 0 < old <= new:
        raise InputError(f"no proof leads from a tree of {old} leaves to one of {new}")
    tree = _Tree(hashes, new)
    proof = []
    start, stop = 0, new
    while stop != old:
        middle = start + _split(stop - start)
        if old <= middle:
            proof.append(tree.span(middle, stop))
            stop = middle
        else:
            proof.append(tree.span(start, middle))
            start = middle
    if start:
        proof.append(tree.span(start, stop))
    return proof[::-1]


def _split(size: int) -> int:
    """The largest power of two below `size`: how many leaves stand under the left child."""
    return 1 << ((size - 1).bit_length() - 1)


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Nothing, if the proof leads from the leaf hash to the root; ProofError if it does not.

    Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        raise _broken()
    place, last, node = index, size - 1, leaf
    for other in proof:
        if not last:
            raise _broken()
        if place & 1 or place == last:
            node = node_hash(other, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, other)
        place, last = place >> 1, last >> 1
    if last or node != root:
        raise _broken()


def check_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Nothing, if the proof leads from the old root to the new; ProofError if it does not.

    Source: RFC 9162, section 2.1.4.2.
    """
    if not 0 < old_size <= new_size or not _are_hashes(old_root, new_root, *proof):
        raise _broken()
    if old_size == new_size:
        if proof or old_root != new_root:
            raise _broken()
        return
    if consistency_roots(old_size, old_root, new_size, proof) != (old_root, new_root):
        raise _broken()


def consistency_roots(
    old_size: int, old_root: bytes, new_size: int, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """The old and the new root that a proof leads to; ProofError if none has its form.

    `old_root` is where it begins if the old size is a power of two, and otherwise not looked at.
    Source: RFC 9162, section 2.1.4.2.
    """
    if not 0 < old_size < new_size or not _are_hashes(old_root, *proof):
        raise _broken()
    # The old tree is itself a node of the new one if its size is a power of two.
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not path:
        raise _broken()
    old = new = path[0]
    for other in path[1:]:
        if not last:
            raise _broken()
        if place & 1 or place == last:
            old, new = node_hash(other, old), node_hash(other, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, other)
        place, last = place >> 1, last >> 1
    if last:
        raise _broken()
    return old, new


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)


def _broken() -> ProofError:
    return ProofError("the proof does not hold")
