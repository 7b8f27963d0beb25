"""The tests that every store must pass.

    class TestMine(StoreContract):
        def make(self) -> Store:
            return MyStore(...)

`make` gives a new, empty store at each call. pytest collects the methods; nothing here imports it.
"""

from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Barrier

from mledger.chain.entry import Entry, Head, Slot
from mledger.core.merkle import Node
from mledger.errors import ConflictError, InputError
from mledger.stores.base import EMPTY_HEAD, MAX_SLOTS, Store
from mledger.testing.samples import (
    append_retrying,
    head_after,
    refused,
    sample_entry,
    sample_run,
    sample_slot,
)

MEBIBYTE = 1 << 20
WRITERS = 8
EACH = 25


class StoreContract:
    """What `mledger.stores.base.Store` promises, as tests; a subclass says how a store is made."""

    @abstractmethod
    def make(self) -> Store:
        """A new, empty store."""

    def filled(self, *entries: Entry) -> Store:
        """A new store that holds these entries."""
        store = self.make()
        store.append(entries, [], after=store.head())
        return store

    # --- the empty store

    def test_a_new_store_is_empty(self) -> None:
        """A new store has no entries, no nodes and no events, and its head is 32 zero bytes."""
        store = self.make()
        assert store.head() == EMPTY_HEAD == Head(0, bytes(32))
        assert list(store.entries()) == list(store.entries(governance=True)) == []
        assert store.hashes(0, 0, 5) == store.hashes(8, 0, 5) == []
        assert store.find(bytes(16)) is None

    def test_appending_nothing_changes_nothing(self) -> None:
        """An append of no entries is judged by its head all the same, and leaves no trace."""
        store = self.make()
        store.append([], [], after=EMPTY_HEAD)
        assert store.head() == EMPTY_HEAD
        refused(ConflictError, lambda: store.append([], [], after=Head(1, bytes(32))))

    # --- what goes in comes out

    def test_entries_come_back_as_they_were(self) -> None:
        """Every field of every entry comes back, of the same type, in order."""
        run = sample_run(0, 20)
        found = list(self.filled(*run).entries())
        assert found == run
        for entry in found:
            assert type(entry) is Entry
            assert all(type(slot) is Slot and type(slot.governance) is bool for slot in entry.slots)

    def test_every_byte_survives(self) -> None:
        """Payload, signature and body are bytes like others: not text."""
        every = bytes(range(256))
        slot = Slot(every[:16], False, every[::-1][:16], every)
        entry = Entry(0, every[:32], b"\x00\xff" + every, every[:64], (slot,))
        assert list(self.filled(entry).entries()) == [entry]

    def test_empty_bodies_are_not_erased_ones(self) -> None:
        """A body of no bytes and a body that is gone are two things."""
        entry = sample_entry(0, sample_slot("empty", body=b""), sample_slot("gone", body=None))
        (found,) = self.filled(entry).entries()
        assert [slot.body for slot in found.slots] == [b"", None]
        assert found == entry

    def test_large_bodies_survive(self) -> None:
        """Bodies of one mebibyte come back as they were."""
        slots = [sample_slot(f"large {n}", body=bytes([65 + n]) * MEBIBYTE) for n in range(3)]
        entry = sample_entry(0, *slots)
        assert list(self.filled(entry).entries()) == [entry]

    def test_slots_keep_their_order(self) -> None:
        """The events of an entry come back in the order in which they were given, up to the most allowed."""
        entry = sample_entry(0, *(sample_slot(f"{MAX_SLOTS - n}") for n in range(MAX_SLOTS)))
        after = sample_entry(1)
        assert list(self.filled(entry, after).entries()) == [entry, after]

    def test_an_entry_may_carry_nothing(self) -> None:
        """An entry without slots, which no honest writer makes, does not disturb its neighbours."""
        run = [sample_entry(0), sample_entry(1)._replace(slots=()), sample_entry(2)]
        assert list(self.filled(*run).entries()) == run

    # --- appending

    def test_the_head_follows_each_append(self) -> None:
        """After an append the head is the number of entries and the leaf of the last."""
        store = self.make()
        for entry in sample_run(0, 5):
            store.append([entry], [], after=store.head())
            assert store.head() == Head(entry.seq + 1, entry.leaf)

    def test_an_append_after_an_older_head_is_a_conflict(self) -> None:
        """Whoever appends after a head that is not the last writes nothing and learns the new size."""
        store, run = self.make(), sample_run(0, 3)
        store.append(run[:1], [], after=EMPTY_HEAD)
        store.append(run[1:], [], after=head_after(run[:1]))
        late = sample_entry(1, by="late")
        error = refused(ConflictError, lambda: store.append([late], [], after=head_after(run[:1])))
        assert error.details["size"] == 3
        assert list(store.entries()) == run

    def test_an_append_after_another_leaf_is_a_conflict(self) -> None:
        """The right size with the wrong leaf is another history: nothing is written."""
        run = sample_run(0, 2)
        store = self.filled(*run)
        other = Head(2, bytes(32))
        refused(ConflictError, lambda: store.append([sample_entry(2)], [], after=other))
        assert list(store.entries()) == run

    def test_an_append_beyond_the_head_is_a_conflict(self) -> None:
        """Nobody appends after entries that are not there."""
        store = self.filled(sample_entry(0))
        ahead = sample_run(1, 2)
        refused(ConflictError, lambda: store.append(ahead[1:], [], after=head_after(ahead[:1])))
        assert store.head().size == 1

    def test_entries_must_follow_one_by_one(self) -> None:
        """A gap, a repetition or a wrong beginning is refused, and nothing is written."""
        store = self.make()
        for seqs in ([1], [0, 2], [0, 0], [1, 0], [-1]):
            run = [sample_entry(seq, by=str(place)) for place, seq in enumerate(seqs)]
            try:
                store.append(run, [], after=EMPTY_HEAD)
            except InputError:
                assert store.head() == EMPTY_HEAD
            else:
                raise AssertionError(f"positions {seqs} were taken")

    def test_too_many_slots_are_refused(self) -> None:
        """An entry of more events than the format can hold is refused, and nothing is written."""
        store = self.make()
        entry = sample_entry(0, *(sample_slot(str(n)) for n in range(MAX_SLOTS + 1)))
        try:
            store.append([entry], [], after=EMPTY_HEAD)
        except InputError:
            assert store.head() == EMPTY_HEAD
        else:
            raise AssertionError("the entry was taken")

    # --- event ids

    def test_an_id_of_an_earlier_append_is_a_conflict(self) -> None:
        """An id that is there already is refused, whatever else comes with it: all or nothing."""
        store = self.filled(*sample_run(0, 3))
        again = sample_entry(1).slots[0]
        run = [sample_entry(3), sample_entry(4, sample_slot("new"), again), sample_entry(5)]
        error = refused(ConflictError, lambda: store.append(run, [], after=store.head()))
        assert str(error.details["event"]).replace("-", "") == again.id.hex()
        assert list(error.details["number"]) == [1, 0]  # type: ignore[call-overload]
        assert list(store.entries()) == sample_run(0, 3)
        assert store.find(sample_slot("new").id) is None

    def test_an_id_twice_in_one_append_is_a_conflict(self) -> None:
        """An id that comes twice in one call is refused, in one entry as across two."""
        store = self.make()
        twin = sample_slot("twin")
        other = sample_slot("other")
        within = [sample_entry(0, other, twin, twin)]
        across = [sample_entry(0, twin), sample_entry(1, other, twin)]
        for run in (within, across):
            error = refused(ConflictError, lambda run=run: store.append(run, [], after=EMPTY_HEAD))  # type: ignore[misc]
            assert str(error.details["event"]).replace("-", "") == twin.id.hex()
            assert store.head() == EMPTY_HEAD
            assert store.find(twin.id) is None

    def test_a_store_goes_on_after_a_refusal(self) -> None:
        """A refused append does not stand in the way of the next."""
        store = self.filled(sample_entry(0))
        refused(
            ConflictError,
            lambda: store.append([sample_entry(1, *sample_entry(0).slots)], [], after=store.head()),
        )
        store.append([sample_entry(1)], [], after=store.head())
        assert list(store.entries()) == sample_run(0, 2)

    def test_events_are_found_by_id(self) -> None:
        """An id leads to the entry's position and the index in the entry."""
        slots = [sample_slot(f"slot {n}") for n in range(3)]
        store = self.filled(sample_entry(0), sample_entry(1, *slots), sample_entry(2))
        assert [store.find(slot.id) for slot in slots] == [(1, 0), (1, 1), (1, 2)]
        assert store.find(sample_entry(2).slots[0].id) == (2, 0)
        assert store.find(sample_slot("never").id) is None

    # --- reading

    def test_ranges_hold_what_lies_between(self) -> None:
        """Any range gives the entries from its start to before its stop; what is not there is passed over."""
        run = sample_run(0, 12)
        store = self.filled(*run)
        for start in (0, 1, 5, 11, 12, 13, 1 << 60, 1 << 70):
            for stop in (None, 0, 1, 5, 12, 13, 1 << 60, 1 << 70):
                assert list(store.entries(start, stop)) == run[start:stop], (start, stop)

    def test_negative_positions_are_refused(self) -> None:
        """Positions do not count from the end."""
        store = self.filled(sample_entry(0))
        for bounds in ((-1, None), (0, -1), (-1, -1)):
            for governance in (False, True):
                try:
                    store.entries(*bounds, governance=governance)
                except InputError:
                    continue
                raise AssertionError(f"{bounds} was taken")

    def test_governance_is_filtered_by_entry(self) -> None:
        """With `governance` come the entries that hold a marked event, whole, and no others."""

        def marked(name: str) -> Slot:
            return sample_slot(name, governance=True)

        plain = sample_slot
        run = [
            sample_entry(0, marked("a")),
            sample_entry(1, plain("b"), plain("c")),
            sample_entry(2, plain("d"), marked("e"), plain("f"), marked("g")),
            sample_entry(3, plain("h")),
            sample_entry(4, marked("i")),
        ]
        store = self.filled(*run)
        assert list(store.entries(governance=True)) == [run[0], run[2], run[4]]
        assert list(store.entries(1, 4, governance=True)) == [run[2]]
        assert list(store.entries(3, governance=True)) == [run[4]]
        assert list(store.entries(1, 2, governance=True)) == []

    def test_what_was_signed_comes_without_what_can_be_erased(self) -> None:
        """The same entries in the same ranges, each without its slots."""
        run = sample_run(0, 5)
        store, alone = self.filled(*run), [entry._replace(slots=()) for entry in run]
        for start, stop in ((0, None), (0, 3), (2, 4), (4, 9), (5, None), (1 << 70, None)):
            assert list(store.signed(start, stop)) == alone[start:stop], (start, stop)

    def test_leaves_are_the_nodes_of_level_0(self) -> None:
        """The leaves come in runs; beyond the end there are fewer."""
        run = sample_run(0, 10)
        store, leaves = self.filled(*run), [entry.leaf for entry in run]
        for start in range(12):
            for count in range(12):
                assert store.hashes(0, start, count) == leaves[start : start + count]
        assert store.hashes(0, 1 << 60, 1 << 70) == []

    def test_nodes_are_kept_by_level_and_index(self) -> None:
        """Nodes of an append come back by level, in the order of their indexes, and levels do not mix."""
        store = self.make()
        nodes = [
            Node(level, index, bytes([level, index]) * 16) for level in (8, 16, 24) for index in range(6)
        ]
        store.append([sample_entry(0)], nodes[::2], after=store.head())
        store.append([sample_entry(1)], nodes[1::2], after=store.head())
        for level in (8, 16, 24):
            expected = [bytes([level, index]) * 16 for index in range(6)]
            assert store.hashes(level, 0, 6) == expected
            assert store.hashes(level, 2, 3) == expected[2:5]
            assert store.hashes(level, 4, 100) == expected[4:]

    def test_nodes_of_a_refused_append_are_not_kept(self) -> None:
        """Nodes are part of all or nothing."""
        store = self.filled(sample_entry(0))
        node = Node(8, 0, bytes(32))
        refused(ConflictError, lambda: store.append([sample_entry(0)], [node], after=EMPTY_HEAD))
        twice = sample_entry(1, *sample_entry(0).slots)
        refused(ConflictError, lambda: store.append([twice], [node], after=store.head()))
        assert store.hashes(8, 0, 1) == []

    # --- snapshots

    def test_a_stream_sees_the_store_as_it_was_when_asked(self) -> None:
        """A stream shows what was there when it was asked for, begun or not, whatever is appended after."""
        run = sample_run(0, 50)
        store = self.filled(*run[:20])
        unbegun, begun = store.entries(), store.entries(5)
        assert next(begun) == run[5]
        store.append(run[20:40], [], after=head_after(run[:20]))
        newer = store.entries(0, 1 << 60)
        store.append(run[40:], [], after=head_after(run[:40]))
        assert list(unbegun) == run[:20]
        assert list(begun) == run[6:20]
        assert list(newer) == run[:40]
        assert list(store.entries()) == run

    def test_a_marked_stream_sees_the_store_as_it_was_when_asked(self) -> None:
        """The same holds for entries of governance."""
        run = [sample_entry(seq, sample_slot(str(seq), governance=True)) for seq in range(20)]
        store = self.filled(*run[:10])
        stream = store.entries(governance=True)
        store.append(run[10:], [], after=head_after(run[:10]))
        assert list(stream) == run[:10]

    def test_streams_that_are_left_do_no_harm(self) -> None:
        """Any number of streams may be left half-walked."""
        run = sample_run(0, 30)
        store = self.filled(*run)
        kept = [store.entries(start) for start in range(25)]
        for start, stream in enumerate(kept):
            assert next(stream) == run[start]
        store.append([sample_entry(30)], [], after=store.head())
        del kept
        assert list(store.entries()) == sample_run(0, 31)

    def test_a_stream_may_be_walked_by_another_thread(self) -> None:
        """A stream belongs to no thread."""
        run = sample_run(0, 30)
        stream = self.filled(*run).entries()
        assert next(stream) == run[0]
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(list, islice(stream, 10)).result() == run[1:11]
        assert list(stream) == run[11:]

    # --- several threads

    def test_threads_that_append_lose_and_double_nothing(self) -> None:
        """Eight threads that append and retry make one chain: every entry that was taken, once, in order."""
        store = self.make()
        start = Barrier(WRITERS)

        def write(writer: int) -> list[Entry]:
            start.wait()
            return [
                append_retrying(store, lambda seq, own=own: sample_entry(seq, by=own))  # type: ignore[misc]
                for own in (f"{writer} {number}" for number in range(EACH))
            ]

        with ThreadPoolExecutor(WRITERS) as pool:
            taken = [entry for written in pool.map(write, range(WRITERS)) for entry in written]
        found = list(store.entries())
        assert found == sorted(taken)
        assert [entry.seq for entry in found] == list(range(WRITERS * EACH))
        assert store.head() == head_after(found)

    def test_readers_see_whole_appends_in_order(self) -> None:
        """While one thread appends by tens, others see whole tens only, and never less than before."""
        store, run = self.make(), sample_run(0, 300)
        start = Barrier(4)

        def write() -> None:
            start.wait()
            for first in range(0, len(run), 10):
                store.append(run[first : first + 10], [], after=store.head())

        def read() -> None:
            start.wait()
            seen = 0
            while seen < len(run):
                head = store.head()
                found = list(store.entries())
                assert found == run[: len(found)]
                assert seen <= head.size <= len(found)
                assert len(found) % 10 == head.size % 10 == 0
                assert store.hashes(0, 0, head.size) == [entry.leaf for entry in run[: head.size]]
                seen = len(found)

        with ThreadPoolExecutor(4) as pool:
            for work in [pool.submit(write), *(pool.submit(read) for _ in range(3))]:
                work.result()
