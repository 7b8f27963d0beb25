"""The signed payload of an entry, written and read strictly.

A payload is made once, when it is signed; a reader never makes it again in order to
check it. `open_payload` accepts the keys in any order, refuses duplicate and unknown keys
and any version but 1, and calls nothing valid that the format does not.
"""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

from mledger.chain.draft import Draft, format_id
from mledger.core import canonical
from mledger.core.moment import Moment, check_moment
from mledger.core.names import MAX_PRINTED, check_origin, check_stream, check_type, is_printed
from mledger.errors import FormatError, InputError

T = TypeVar("T")
VERSION = 1
MEANINGS = ("authorship", "review", "approval", "rejection", "responsibility", "witness", "machine")
NO_LEAF = bytes(32)
# An envelope of 48 KiB (the limit of tlog-proof readers) holds this much payload in base64.
MAX_PAYLOAD = (48 * 1024 - 300) // 4 * 3

_HEX64_TEXT = "[0-9a-f]{64}"
_UUID7_TEXT = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_HEX64 = re.compile(_HEX64_TEXT).fullmatch
_UUID7 = re.compile(_UUID7_TEXT).fullmatch
_KEYS = {"events", "key", "ledger", "meaning", "prev", "seq", "signer", "time", "v"}
_EVENT_KEYS = {"body", "id", "stream", "type", "v"}
_EVENT_KEYS_AT = _EVENT_KEYS | {"at"}
_TEXTS = ("key", "ledger", "meaning", "prev", "signer", "time")
_MOST_GOOD = 10_000
# What was found good before: a ledger repeats the same few thousand.
_good_streams: set[str] = set()
_good_types: set[str] = set()
_good_frames: set[tuple[str, str, str]] = set()


# After so many bytes it pays to import what reads them four times as fast.
_MANY = 100_000
_opened = [0]


@cache
def _quick() -> Callable[[bytes], Any]:
    """What `_strictly` demands, as a schema that is checked while the JSON is read."""
    from orjson import dumps
    from pydantic_core import SchemaValidator, core_schema

    def exactly(**fields: Any) -> Any:
        """An object of these fields and no other, in this order, which is that of our own writer."""
        return core_schema.typed_dict_schema(
            {name: core_schema.typed_dict_field(one, required=name != "at") for name, one in fields.items()},
            extra_behavior="forbid",
        )

    text = core_schema.str_schema(strict=True)
    hexa = core_schema.str_schema(strict=True, pattern=f"^{_HEX64_TEXT}$")
    uuid7 = core_schema.str_schema(strict=True, pattern=f"^{_UUID7_TEXT}$")
    whole = core_schema.int_schema(strict=True, ge=1, le=canonical.MAX_INTEGER)
    seq = core_schema.int_schema(strict=True, ge=0, le=canonical.MAX_INTEGER)
    only = core_schema.int_schema(strict=True, ge=VERSION, le=VERSION)
    event = exactly(at=text, body=hexa, id=uuid7, stream=text, type=text, v=whole)
    events = core_schema.list_schema(event, min_length=1)
    names = {"key": hexa, "ledger": text, "meaning": text, "prev": hexa, "seq": seq, "signer": text}
    shape = SchemaValidator(exactly(events=events, **names, time=text, v=only))

    def read(payload: bytes) -> Any:
        fields = shape.validate_json(payload)
        return fields if dumps(fields) == payload else None

    return read


class Signed(NamedTuple):
    """What an entry says of one event; `body` is the hex digest of the salted body."""

    type: str
    version: int
    stream: str
    id: bytes
    body: str
    at: Moment | None


class Statement(NamedTuple):
    """What an entry says: who signed which events, when, after what."""

    seq: int
    prev: bytes
    time: Moment
    key: str
    signer: str
    meaning: str
    ledger: str
    events: tuple[Signed, ...]

    @property
    def dated(self) -> bool:
        """Whether an event occurred at another time than it was recorded."""
        return any(event.at is not None for event in self.events)


class Author(NamedTuple):
    """Who signs, as it stands in the payload: key id, printed name, meaning."""

    key: str
    signer: str
    meaning: str


def quote(text: str) -> str:
    """A JSON string, non-ASCII unescaped, as the payload writes it."""
    return json.dumps(text, ensure_ascii=False)


def event_text(draft: Draft, salt: bytes) -> str:
    """The JSON of one event in the payload; its body appears as SHA-256(salt || body)."""
    type, version, stream, body, id, at = draft
    digest = hashlib.sha256(salt + body).hexdigest()
    occurred = f'"at":"{at}",' if at else ""
    return (
        f'{{{occurred}"body":"{digest}","id":"{format_id(id)}","stream":"{stream}",'
        f'"type":"{type}","v":{version}}}'
    )


def payload_text(
    events: Sequence[str], author: Author, origin: str, prev: bytes, seq: int, time: Moment
) -> bytes:
    """The bytes to sign. Errors: InputError if they would not fit an envelope of 48 KiB."""
    data = (
        f'{{"events":[{",".join(events)}],"key":"{author.key}","ledger":{quote(origin)},'
        f'"meaning":"{author.meaning}","prev":"{prev.hex()}","seq":{seq},'
        f'"signer":{quote(author.signer)},"time":"{time}","v":{VERSION}}}'
    ).encode()
    if len(data) > MAX_PAYLOAD:
        raise InputError(f"an entry of {len(events)} events needs {len(data)} bytes, {MAX_PAYLOAD} fit")
    return data


def check_author(author: Author) -> None:
    """Refuse (InputError) a printed name or a meaning that no entry may carry."""
    if author.meaning not in MEANINGS:
        raise InputError(
            f"{author.meaning!r} is no meaning of a signature; it is one of {', '.join(MEANINGS)}"
        )
    if not is_printed(author.signer):
        raise InputError(
            f"{author.signer!r} cannot be a printed name: 1 to {MAX_PRINTED} visible characters on one line"
        )


def open_payload(payload: bytes) -> Statement:
    """The statement that the signed bytes make, or FormatError saying what is wrong with them."""
    if len(payload) > MAX_PAYLOAD:
        raise FormatError(f"the payload has {len(payload)} bytes, and {MAX_PAYLOAD} is the most")
    _opened[0] += len(payload)
    fields = (_quickly(payload) if _opened[0] > _MANY else None) or _strictly(payload)
    check_moment(fields["time"])
    frame = fields["ledger"], fields["meaning"], fields["signer"]
    if frame not in _good_frames:
        _check_frame(*frame)
    # Signed(...) and Statement(...) without their checks, here where every event of a ledger passes.
    made, events = tuple.__new__, []
    for event in fields["events"]:
        kind, stream, at = event["type"], event["stream"], event.get("at")
        if kind not in _good_types or stream not in _good_streams:
            _check_names(kind, stream)
        if at is not None:
            check_moment(at)
        name = bytes.fromhex(event["id"].replace("-", ""))
        events.append(made(Signed, (kind, event["v"], stream, name, event["body"], at)))
    return Statement(
        fields["seq"],
        bytes.fromhex(fields["prev"]),
        fields["time"],
        fields["key"],
        fields["signer"],
        fields["meaning"],
        fields["ledger"],
        tuple(events),
    )


def _quickly(payload: bytes) -> Any:
    """The fields of a payload as our own writer makes it: it reads back the same, so nothing stood twice.

    None for any other payload, which may still be good.
    """
    try:
        return _quick()(payload)
    except ValueError:
        return None


def _strictly(payload: bytes) -> dict[str, Any]:
    """The fields of a payload written in any order, or FormatError."""
    fields = canonical.decode(payload, what="payload")
    if not isinstance(fields, dict) or fields.keys() != _KEYS:
        raise FormatError("the payload of an entry must have exactly the keys " + ", ".join(sorted(_KEYS)))
    if type(fields["v"]) is not int or fields["v"] != VERSION:
        raise FormatError(f"the payload is of version {fields['v']!r}; this program reads version {VERSION}")
    if type(fields["seq"]) is not int or fields["seq"] < 0:
        raise FormatError("seq must be a whole number from 0")
    if not all(isinstance(fields[name], str) for name in _TEXTS):
        raise FormatError(f"{', '.join(_TEXTS)} must be strings")
    if not _HEX64(fields["prev"]) or not _HEX64(fields["key"]):
        raise FormatError("prev and key must be 64 lower-case hexadecimal digits")
    if not isinstance(fields["events"], list) or not fields["events"]:
        raise FormatError("an entry carries at least one event")
    for event in fields["events"]:
        _check_event(event)
    return fields


def _check_event(event: object) -> None:
    if not isinstance(event, dict) or not (event.keys() == _EVENT_KEYS or event.keys() == _EVENT_KEYS_AT):
        raise FormatError(
            "an event of an entry must have exactly the keys at (or not), body, id, stream, type, v"
        )
    if type(event["v"]) is not int or event["v"] < 1:
        raise FormatError("the version of an event type must be a whole number from 1")
    if not all(isinstance(event.get(name, ""), str) for name in ("at", "body", "id", "stream", "type")):
        raise FormatError("at, body, id, stream and type of an event must be strings")
    if not _HEX64(event["body"]):
        raise FormatError("body must be 64 lower-case hexadecimal digits")
    if not _UUID7(event["id"]):
        raise FormatError("the id of an event must be a UUIDv7 in lower case")


def _check_frame(ledger: str, meaning: str, signer: str) -> None:
    check_origin(ledger)
    if meaning not in MEANINGS or not is_printed(signer):
        raise FormatError("meaning or signer is not one that an entry may carry")
    _note(_good_frames, (ledger, meaning, signer))


def _check_names(kind: str, stream: str) -> None:
    if kind not in _good_types:
        check_type(kind)
        _note(_good_types, kind)
    if stream not in _good_streams:
        check_stream(stream)
        _note(_good_streams, stream)


def _note(good: set[T], value: T) -> None:
    """Remember what is good, as long as there is not too much of it."""
    if len(good) >= _MOST_GOOD:
        good.clear()
    good.add(value)
