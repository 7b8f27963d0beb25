"""Trees to test against: the recursive definitions of RFC 6962, and readers that count."""

from hashlib import sha256

from mledger.core.merkle import Frontier


def leaves(count: int, salt: str = "") -> list[bytes]:
    """That many leaf hashes, each different."""
    return [sha256(f"{salt}{number}".encode()).digest() for number in range(count)]


def mth(hashes: list[bytes]) -> bytes:
    """The root as RFC 6962, section 2.1, defines it, over leaf hashes."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = below(len(hashes))
    return sha256(b"\x01" + mth(hashes[:k]) + mth(hashes[k:])).digest()


def path(m: int, hashes: list[bytes]) -> list[bytes]:
    """The inclusion proof as section 2.1.1 defines it."""
    if len(hashes) == 1:
        return []
    k = below(len(hashes))
    if m < k:
        return [*path(m, hashes[:k]), mth(hashes[k:])]
    return [*path(m - k, hashes[k:]), mth(hashes[:k])]


def subproof(m: int, hashes: list[bytes], whole: bool = True) -> list[bytes]:
    """The consistency proof as section 2.1.2 defines it."""
    if m == len(hashes):
        return [] if whole else [mth(hashes)]
    k = below(len(hashes))
    if m <= k:
        return [*subproof(m, hashes[:k], whole), mth(hashes[k:])]
    return [*subproof(m - k, hashes[k:], False), mth(hashes[:k])]


def below(size: int) -> int:
    """The largest power of two smaller than `size`."""
    k = 1
    while 2 * k < size:
        k *= 2
    return k


class Grown:
    """A tree grown leaf by leaf, that stores what the frontier says and counts what is read of it."""

    def __init__(self, leaf_hashes: list[bytes]) -> None:
        """Grow the tree."""
        self.frontier = Frontier()
        self.levels: dict[int, list[bytes]] = {0: leaf_hashes, 8: [], 16: [], 24: []}
        self.runs: list[tuple[int, int, int]] = []
        for leaf in leaf_hashes:
            for node in self.frontier.append(leaf):
                assert node.index == len(self.levels[node.level]), "a node came out of order"
                self.levels[node.level].append(node.hash)

    def hashes(self, level: int, start: int, count: int) -> list[bytes]:
        self.runs.append((level, start, count))
        return self.levels[level][start : start + count]
