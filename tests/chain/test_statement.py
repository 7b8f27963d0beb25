"""The payload of an entry is read strictly."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.chain import statement
from mledger.chain.draft import Draft, format_id, new_ids, read_id
from mledger.chain.statement import Author, check_author, event_text, open_payload, payload_text
from mledger.core.moment import Moment
from mledger.errors import FormatError, InputError

AUTHOR = Author("ab" * 32, "Alice Example", "authorship")
TIME = Moment("2026-11-23T09:12:04.123456Z")
ID = new_ids(1_790_000_000_000, bytes(10), 1)[0]


def payload(**changes: object) -> bytes:
    """A payload of one event, with some fields of it exchanged."""
    text = payload_text(
        [event_text(Draft("comment.added", 1, "ledger", b"{}", ID), bytes(16))],
        AUTHOR,
        "o",
        bytes(32),
        3,
        TIME,
    )
    return json.dumps(json.loads(text) | changes, separators=(",", ":")).encode()


def event(**changes: object) -> bytes:
    """A payload whose one event has some fields exchanged, or left out if None."""
    fields = json.loads(payload())["events"][0] | changes
    return payload(events=[{name: value for name, value in fields.items() if value is not None}])


def test_reads_what_is_written() -> None:
    """The statement says what was put into the payload."""
    draft = Draft("run.started", 2, "model/credit-risk", b'{"a":1}', ID, TIME)
    data = payload_text([event_text(draft, b"s" * 16)], AUTHOR, "acme.example/x", b"p" * 32, 41, TIME)
    said = open_payload(data)
    assert said[:7] == (41, b"p" * 32, TIME, AUTHOR.key, AUTHOR.signer, AUTHOR.meaning, "acme.example/x")
    (signed,) = said.events
    assert signed[:4] == ("run.started", 2, "model/credit-risk", ID)
    assert signed.at == TIME


def test_order_of_keys_is_the_writers() -> None:
    """A payload whose keys stand in another order is as good, and one with white space too."""
    fields = json.loads(payload())
    turned = json.dumps(dict(reversed(fields.items())), indent=1).encode()
    assert open_payload(turned) == open_payload(payload())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        payload()[:-1] + b',"x":1}',
        payload()[:-1] + b',"v":1}',
        payload(v=2),
        payload(v=True),
        payload(v=1.0),
        payload(seq=-1),
        payload(seq=1.5),
        payload(seq="1"),
        payload(prev="AB" * 32),
        payload(prev="ab"),
        payload(key=None),
        payload(time="2026-11-23T09:12:04Z"),
        payload(time="2026-02-30T09:12:04.000000Z"),
        payload(ledger="a b"),
        payload(ledger=""),
        payload(meaning="witnessing"),
        payload(signer=""),
        payload(signer="Alice\nExample"),
        payload(signer=" Alice"),
        payload(signer="Alice\u202eExample"),
        payload(events=[]),
        payload(events=json.loads(payload())["events"] * 300),
        payload(events={}),
        payload(events=[1]),
        event(id="x"),
        event(id=format_id(ID).upper()),
        event(id=None),
        event(body="AB" * 32),
        event(stream="nothing here"),
        event(stream=None),
        event(type="Comment"),
        event(v=0),
        event(v=2**60),
        event(v="1"),
        event(at="soon"),
        event(at=""),
        event(at=3),
        event(more=1),
        payload().replace(b'"v":1', b'"v":1,"v":1', 1),
        payload().replace(b'"seq":3', b'"seq":NaN'),
        payload().replace(b"Alice", b"Al\xff\xfece"),
    ],
)
def test_refuses_anything_else(data: bytes) -> None:
    """What is not exactly an entry of version 1 is a FormatError."""
    for read in (0, statement._MANY):
        statement._opened[0] = read  # what is good must not depend on how much was read before
        with pytest.raises(FormatError):
            open_payload(data)


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_a_format_error(data: bytes) -> None:
    """No bytes make the reader fail in any other way."""
    with pytest.raises(FormatError):
        open_payload(data)


@given(st.data())
def test_a_changed_byte_is_refused_or_read_as_another_statement(data: st.DataObject) -> None:
    """No two payloads that differ in one byte state the same, so a change cannot hide."""
    good = payload()
    place = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != good[place]))
    changed = good[:place] + bytes([byte]) + good[place + 1 :]
    try:
        other = open_payload(changed)
    except FormatError:
        return
    assert other != open_payload(good) or json.loads(changed) == json.loads(good)


def test_an_entry_has_a_limit() -> None:
    """More events than an envelope of 48 KiB holds are refused before they are signed."""
    texts = [event_text(Draft("comment.added", 1, "ledger", b"{}", ID), bytes(16))] * 300
    with pytest.raises(InputError, match="36"):
        payload_text(texts, AUTHOR, "o", bytes(32), 0, TIME)


@pytest.mark.parametrize(
    "author", [Author("k", "", "authorship"), Author("k", "A", "love"), Author("k", "A\tB", "review")]
)
def test_an_author_who_cannot_be_printed_is_refused(author: Author) -> None:
    """Printed names and meanings are checked before anything is signed."""
    with pytest.raises(InputError):
        check_author(author)


@given(st.integers(0, 2**48 - 10), st.binary(min_size=10 * 50, max_size=10 * 50))
def test_ids_made_together_ascend_and_are_uuid7(milliseconds: int, random: bytes) -> None:
    """Ids of one call are distinct, in order, of version 7, and read back from their text."""
    ids = new_ids(milliseconds, random, 50)
    assert ids == sorted(set(ids))
    assert [read_id(format_id(one)) for one in ids] == ids
    assert int.from_bytes(ids[0][:6]) in (milliseconds, milliseconds + 1)


@pytest.mark.parametrize("text", ["", "x", "0190", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"])
def test_an_id_of_another_kind_is_refused(text: str) -> None:
    """Only a UUID of version 7 is an event id."""
    with pytest.raises(InputError):
        read_id(text)
