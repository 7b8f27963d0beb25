"""How fast words are found among all events, and how long indexing them takes."""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from benchmarks.ground import Ground, Place
from benchmarks.measuring import in_turns, median, once
from benchmarks.table import Row, show
from mledger.caches.search import Wanted
from mledger.reader import Reader

LIMIT = 0.2
SHOWN = 20
PHRASE = "heliotrope by mistake"
# Every fifth event or so says this.
FREQUENT = "training"


def among_all(ground: Ground, place: Place) -> Iterator[Row]:
    """A phrase that one event says, a word that many say, and the counts of all its facets; by both times.

    Indexing is there to be known. The phrase is recorded here: call this last.
    """
    with ground.open(place) as ledger:
        ledger.append("comment.added", "model/probe", {"on": "0", "text": f"Painted {PHRASE}."})
    with Reader.open(place.path) as reader:
        indexed = once(partial(_index, reader, place))
        yield Row("index the words of an event", show(indexed.wall), show(indexed.cpu), 1)
        frequent = Wanted(FREQUENT)
        asked = {
            "find a phrase that one event says": partial(_find, reader, Wanted(f'"{PHRASE}"')),
            "find a frequent word": partial(_find, reader, frequent),
            "count the facets of a frequent word": partial(_count, reader, frequent),
        }
        for what, ask in asked.items():
            (samples,) = in_turns([ask], ground.rounds(9))
            found = median(samples)
            row = Row(what, show(found.wall), show(LIMIT), found.wall / LIMIT, 1, at_least=False)
            yield row._replace(cpu=found.cpu / LIMIT, details=found._asdict())


def _index(reader: Reader, place: Place) -> int:
    if reader.words.head.size != reader.head.size:
        raise AssertionError("the index did not come to the end")
    return place.events


def _find(reader: Reader, wanted: Wanted) -> int:
    found = list(islice(reader.search(wanted), SHOWN))
    if not found:
        raise AssertionError(f"nothing says {wanted.text}")
    return 1


def _count(reader: Reader, wanted: Wanted) -> int:
    if not reader.words.count(wanted)["type"]:
        raise AssertionError(f"nothing says {wanted.text}")
    return 1
