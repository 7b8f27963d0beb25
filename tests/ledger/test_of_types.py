"""Events of some types, with the cache of words and without it."""

from mledger.chain.entry import Entry
from mledger.reader import Reader
from tests.ledger.company import BOB, CAROL, MODEL, Company, comments

TYPES = ("comment.added", "model.registered")


def _numbers(company: Company, start: int = 0) -> list[str]:
    with company.reader() as reader:
        return [fact.number for fact in reader.of_types(TYPES, start)]


def test_a_cache_of_words_changes_nothing_but_the_time(company: Company) -> None:
    """The same events in the same order, from any entry on, before it is there, with it, and behind it."""
    with company.open(CAROL) as ledger:
        ledger.append_all(comments("one", "two"))
        ledger.append("dissent.recorded", MODEL, {"on": "3", "text": "No."})
    company.say("three", BOB)
    without = [_numbers(company, start) for start in range(8)]
    assert without[0] == ["3", "4.1", "4.2", "6"]
    with company.reader() as reader:
        assert reader.words.head.size == 7
    assert [_numbers(company, start) for start in range(8)] == without
    assert set(_numbers(company, 4)) == {"4.1", "4.2", "6"}
    company.say("four", BOB)
    assert _numbers(company) == [*without[0], "7"]


class Opening(Reader):
    """A reader that counts the entries it opens one by one."""

    opened = 0

    def entry(self, seq: int) -> Entry:
        """The entry, counted."""
        self.opened += 1
        return super().entry(seq)


def test_an_entry_is_opened_once_however_much_it_carries(company: Company) -> None:
    """Of fifty comments that were imported in one entry, none costs an opening of its own, judged or not."""
    with company.open(CAROL) as ledger:
        ledger.append_all(comments(*map(str, range(50))))
    with company.reader() as reader:
        assert reader.words.head.size == reader.head.size
    with Opening.open(company.path, clock=company.clock) as reader:
        found = list(reader.of_types({"comment.added"}))
        assert (len(found), reader.opened) == (50, 1)
        assert list(reader.judged(found)) == found
        assert reader.opened < 10
