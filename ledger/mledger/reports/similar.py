"""Decisions that are like one: by category, by parameters, by words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mledger.chain.history import Fact
from mledger.errors import NotFoundError
from mledger.events.decision import DecisionProposed
from mledger.projections.statements import Citation, cite

MOST = 10
# Words that say nothing of what a decision is about.
_COMMON = frozenset(
    """about after again against also and any are because before been being between both but can could
    did does for from had has have how into its more most not now off one only other our out over same
    should some than that the their them then there these they this those through too two under until
    was were what when where which while who why will with would you your model models data new use used
    using keep better best""".split()
)
_WORD = re.compile(r"[^\W\d_][\w-]{2,}")
# A word in more than this part of all decisions tells none of them apart.
_FREQUENT = 0.2


@dataclass(frozen=True, slots=True)
class Match:
    """An earlier decision that is like the one asked about, and in what."""

    number: str
    stream: str
    title: str
    source: Citation
    parameters: tuple[str, ...]
    words: tuple[str, ...]
    category: str | None

    @property
    def reason(self) -> str:
        """In what the two are alike."""
        parts = []
        if self.parameters:
            parts.append(f"sets {', '.join(self.parameters)} too")
        if self.category:
            parts.append(f"same category, {self.category}")
        if self.words:
            parts.append(f"says {', '.join(self.words)}")
        return "; ".join(parts)

    def to_json(self) -> dict[str, object]:
        """The match as `--json` prints it."""
        return {
            "number": self.number,
            "stream": self.stream,
            "title": self.title,
            "by": self.source.by,
            "time": self.source.time,
            "parameters": list(self.parameters),
            "words": list(self.words),
            "category": self.category,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class _Read:
    fact: Fact
    body: DecisionProposed
    parameters: frozenset[str]
    words: frozenset[str]


def similar(facts: Iterable[Fact], number: str, most: int = MOST) -> list[Match]:
    """The decisions recorded before one that are most like it, the likest first.

    `facts` are the decisions of all models and datasets, in order. Shared parameters weigh more than
    shared words, and those more than the category; of two that are alike as much, the newer comes
    first. Errors: NotFoundError.
    """
    counted = (fact for fact in facts if fact.refused is None or fact.number == number)
    read = [found for fact in counted if (found := _read(fact)) is not None]
    asked = next((one for one in read if one.fact.number == number), None)
    if asked is None:
        raise NotFoundError(
            f"there is no decision {number} to be read", fix="mledger log --type decision.proposed"
        )
    frequent = _frequent(read)
    replaced = _earlier_forms(read, asked)
    matches = []
    for one in read:
        if one.fact[:2] >= asked.fact[:2] or one.fact.number in replaced:
            continue
        match = Match(
            one.fact.number,
            one.fact.stream,
            one.body.title,
            cite(one.fact),
            tuple(sorted(one.parameters & asked.parameters)),
            tuple(sorted((one.words & asked.words) - frequent)),
            asked.body.category if one.body.category == asked.body.category else None,
        )
        if match.reason:
            matches.append((_weight(match), one.fact.seq, one.fact.place, match))
    matches.sort(key=lambda row: row[:3], reverse=True)
    return [match for *_, match in matches[:most]]


def _weight(match: Match) -> int:
    return 10 * len(match.parameters) + 2 * len(match.words) + (3 if match.category else 0)


def _read(fact: Fact) -> _Read | None:
    body = fact.data
    if not isinstance(body, DecisionProposed):
        return None
    said = [body.title, body.summary, body.question, body.rationale, *body.tradeoffs]
    said += [option.name for option in body.alternatives]
    return _Read(fact, body, frozenset(p.name for p in body.parameters), words(" ".join(filter(None, said))))


def words(text: str) -> frozenset[str]:
    """The words of a text that may say what it is about, in small letters, plurals as singulars."""
    found = {word.casefold() for word in _WORD.findall(text)}
    return frozenset(_singular(word) for word in found - _COMMON) - _COMMON


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word


def _frequent(read: Sequence[_Read]) -> frozenset[str]:
    """The words that too many decisions have; of a few decisions none are."""
    counts: dict[str, int] = {}
    for one in read:
        for word in one.words:
            counts[word] = counts.get(word, 0) + 1
    limit = max(5, _FREQUENT * len(read))
    return frozenset(word for word, count in counts.items() if count > limit)


def _earlier_forms(read: Sequence[_Read], asked: _Read) -> set[str]:
    """The decisions that the one asked about completes: they are it."""
    by_number = {one.fact.number: one for one in read}
    chain = [asked]
    while (before := by_number.get(chain[-1].body.completes or "")) is not None and before not in chain:
        chain.append(before)
    return {later.fact.number for _, later in pairwise(chain)}
