"""Histories from stories: what reports are given."""

from collections.abc import Iterator

from mledger.chain.history import Fact, History
from tests.projections.stories import Story


def history_of(story: Story) -> History:
    """The history of a story."""

    def read(stream: str | None, start: int, stop: int) -> Iterator[Fact]:
        return (f for f in story.facts if start <= f.seq < stop and stream in (None, f.stream))

    return History(read, len(story.facts), len(story.facts))
