"""Registration, bytes, and what happens to bytes that our writer would not make."""

import json
import sys
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from mledger.core import canonical
from mledger.errors import FormatError, InputError, NotFoundError
from mledger.events import base, forms
from mledger.events.base import EventBody, event, upcast
from mledger.events.fields import Line, Params
from tests import strategies


@pytest.fixture
def registry(monkeypatch):
    """The registry as it is, of which a test may add types that leave with it."""
    base.import_all()
    monkeypatch.setattr(base._types, "_items", dict(base._types._items))
    monkeypatch.setattr(base, "_upcasters", dict(base._upcasters))


def _another():
    """A class as a plug-in would write it."""

    class Another(EventBody):
        """Something happened."""

    return Another


@pytest.fixture
def lighthouse(registry):
    """A type in its third version: `keeper` was `guard` before, and the first had no `height`."""

    @event("lighthouse.lit", version=3, on=("model",))
    class LighthouseLit(EventBody):
        """A lighthouse is lit."""

        keeper: Line = Field(description="who lit it", examples=["Alice Example"])
        height: int = Field(description="its height in metres", examples=[30])

    @upcast("lighthouse.lit", 1)
    def _with_height(fields: dict[str, Any]) -> dict[str, Any]:
        return fields | {"height": 10}

    @upcast("lighthouse.lit", 2)
    def _with_keeper(fields: dict[str, Any]) -> dict[str, Any]:
        rest = {name: value for name, value in fields.items() if name != "guard"}
        return rest | {"keeper": fields["guard"]}

    return LighthouseLit


def test_older_versions_are_brought_up(lighthouse):
    """Bodies of each older version decode to the present class, through every step in between."""
    first = base.decode("lighthouse.lit", 1, b'{"guard":"Bob"}')
    second = base.decode("lighthouse.lit", 2, b'{"guard":"Bob","height":20}')
    third = base.decode("lighthouse.lit", 3, b'{"keeper":"Bob","height":30}')

    assert [type(body) for body in (first, second, third)] == [lighthouse] * 3
    assert [(body.keeper, body.height) for body in (first, second, third)] == [
        ("Bob", 10),
        ("Bob", 20),
        ("Bob", 30),
    ]


@pytest.mark.parametrize(
    ("version", "data", "error", "text"),
    [
        (4, b"{}", NotFoundError, "version 4 is newer than this mledger, which knows 3"),
        (0, b"{}", NotFoundError, "version 0 cannot be read: no upcaster from 0"),
        (2, b'{"height":20}', FormatError, "does not fit version 2: KeyError: 'guard'"),
        (2, b'{"guard":"Bob","height":20,"x":1}', FormatError, "x: is not a field of lighthouse.lit"),
        (2, b'{"guard":"Bob","guard":"Eve","height":20}', FormatError, "twice"),
        (2, b'["guard"]', FormatError, "not a JSON object"),
        (3, b'{"keeper":"Bob","height":"30"}', FormatError, "height: "),
    ],
)
def test_what_no_version_fits_is_refused(lighthouse, version, data, error, text):
    """A newer version, a missing upcaster and a body that does not fit its version each say so."""
    with pytest.raises(error, match=text) as caught:
        base.decode("lighthouse.lit", version, data)

    assert "\n" not in caught.value.message


def test_upcaster_that_makes_no_json_is_refused(registry):
    """An upcaster whose result JSON cannot hold leads to a FormatError and nothing else."""

    @event("lamp.lit", version=2)
    class LampLit(EventBody):
        """A lamp is lit."""

        name: Line = Field(description="which", examples=["a"])

    upcast("lamp.lit", 1)(lambda fields: fields | {"name": float("nan")})

    with pytest.raises(FormatError, match="cannot be brought up to date"):
        base.decode("lamp.lit", 1, b"{}")


def test_one_upcaster_a_step(lighthouse):
    """A second upcaster for the same step is a bug that is told at once."""
    with pytest.raises(AssertionError, match=r"bug: .* two upcasters from version 1"):
        upcast("lighthouse.lit", 1)(dict)


def test_one_class_a_name(lighthouse):
    """A second class for the same wire name is a bug that is told at once."""
    with pytest.raises(AssertionError, match=r"bug: event type 'lighthouse\.lit' is registered twice"):
        event("lighthouse.lit")(_another())


@pytest.mark.parametrize("type", ["key.borrowed", "policy.ignored", "ledger.closed", "record.redacted"])
def test_governance_is_ours(registry, type):
    """No plug-in can add an event that would govern the ledger."""
    with pytest.raises(AssertionError, match="kept for mledger"):
        event(type)(_another())


def test_own_name_cannot_be_taken(registry):
    """A plug-in that takes a name of ours fails itself, and ours still stands."""
    with pytest.raises(AssertionError, match="registered twice"):
        event("decision.accepted")(_another())

    assert base.find("decision.accepted").__module__ == "mledger.events.decision"


@pytest.mark.filterwarnings("ignore:Field name .* shadows an attribute")
@pytest.mark.parametrize("name", ["type", "kinds", "schema_version", "answers"])
def test_reserved_field_names(registry, name):
    """A field whose name would hide what the class says of itself is refused."""
    fields = {"__annotations__": {name: str}, "__module__": __name__, name: Field(description="x")}
    with pytest.raises(AssertionError, match=f"reserved name '{name}'"):
        event("lamp.broken")(type("LampBroken", (EventBody,), fields))


@pytest.mark.parametrize(
    ("type", "answer"),
    [
        ("key.enrolled", True),
        ("ledger.opened", True),
        ("role.unheard_of", True),
        ("record.redacted", True),
        ("anchor.recorded", True),
        ("record.corrected", False),
        ("decision.accepted", False),
        ("keyring.opened", False),
        ("", False),
    ],
)
def test_governance_is_told_by_name(type, answer):
    """What governs the ledger is told from the name alone, of types that nobody knows as well."""
    assert base.is_governance(type) is answer


@pytest.mark.parametrize(
    ("type", "hint"),
    [
        ("decision.acepted", "did you mean decision.accepted"),
        ("modell.registered", "did you mean model.registered"),
        ("base.find", "no event type is called 'base.find'"),
        ("__init__.x", "no event type"),
        ("../../etc.passwd", "no event type"),
        ("", "no event type is called ''"),
        ("decision", "no event type"),
    ],
)
def test_unknown_type_names_the_nearest(type, hint):
    """An unknown type leads to NotFoundError with the nearest names and the command that lists them."""
    with pytest.raises(NotFoundError, match=hint) as caught:
        base.find(type)

    assert caught.value.fix == "mledger types"
    assert not base.known(type)
    with pytest.raises(NotFoundError):
        base.build(type, {})
    with pytest.raises(NotFoundError):
        base.decode(type, 1, b"{}")


ACCEPTED = b'{"decision":"46","reason":"Repeated."}'


def test_writer_bytes_decode():
    """The plain case: bytes as our writer makes them give the body that made them."""
    body = base.decode("decision.accepted", 1, ACCEPTED)

    assert (body.decision, body.reason) == ("46", "Repeated.")
    assert body.to_bytes() == ACCEPTED


@pytest.mark.parametrize(
    "data",
    [
        b'{ "decision" : "46",\n "reason" : "Repeated." }',
        b'{"reason":"Repeated.","decision":"46"}',
        b'{"decision":"46","reason":"Repeated.","conditions":[],"refs":[]}',
        b'{"decision":"46","reason":"Rep\\u0065ated."}',
    ],
)
def test_other_writers_are_read(data):
    """Bytes of another writer that say the same are read the same."""
    assert base.decode("decision.accepted", 1, data) == base.decode("decision.accepted", 1, ACCEPTED)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "not JSON"),
        (b"[]", "the body of decision.accepted: should be an object"),
        (b"null", "should be an object"),
        (b'{"decision":"46","decision":"47"}', "decision' twice"),
        (b'{"decision":"46","refs":[{"rel":"see","event":"1","event":"2"}]}', "event' twice"),
        (b'\xef\xbb\xbf{"decision":"46"}', "byte order mark"),
        (b'{"decision":"\xff"}', "UTF-8"),
        (b'{"decision":"\\ud800"}', "surrogate"),
        (b'{"decision":46}', "decision: "),
        (b'{"decision":"46","surplus":1}', "surplus: is not a field"),
        (b'{"decision":"46","reason":"a\\u0007"}', "control character"),
        (b'{"decision":"46"} ', None),
        (b'{"decision":"46"}x', "not JSON"),
        (b'{"decision":"46","reason":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "deep|levels"),
        (b'{"decision":"46","reason":"' + b"a" * (1 << 20) + b'"}', "at most 1,048,576"),
    ],
)
def test_hostile_bytes(data, text):
    """Bytes that are no strict JSON of the type are a FormatError of one line that says what is wrong."""
    if text is None:
        assert base.decode("decision.accepted", 1, data).decision == "46"
        return
    with pytest.raises(FormatError, match=text) as caught:
        base.decode("decision.accepted", 1, data)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("type", "before", "after", "place"),
    [
        ("comment.added", b'"on":"46"', b'"on":46', "on: is not spelt"),
        ("comment.added", b'"text":"', b'"text":" ', "text: is not spelt"),
        ("comment.added", b'"text":"', b'"text":"e\xcc\x81', "text: is not spelt"),
        ("comment.added", b'"on":"46"', b'"on":"01936F2E-7B1C-7ABC-8DEF-0123456789AB"', "on: is not spelt"),
        ("comment.added", b'"title":"', b'"title":" ', r"refs\[0\].title: is not spelt"),
        ("run.started", b'"params":{', b'"params":{"e\xcc\x81":1,', "params.e\u0301: is not spelt"),
        ("run.finished", b'"value":0.013', b'"value":"0.013"', r"metrics\[1\].value"),
        ("dataset.registered", b'"rows":', b'"rows":1e1,"x":', "rows"),
    ],
)
def test_reading_changes_nothing(type, before, after, place):
    """What reading would have to put right is refused: the bytes that were signed say what they say."""
    data = base.build(type, forms.example(base.find(type))).to_bytes()
    assert data.count(before) == 1

    with pytest.raises(FormatError, match=place):
        base.decode(type, base.find(type).schema_version, data.replace(before, after))


@pytest.mark.parametrize("number", [b"9007199254740993", b"1e999", b"NaN", b"-Infinity"])
def test_numbers_that_json_lacks_are_refused_on_reading(number):
    """A number that I-JSON does not allow is refused in the bytes, where it could be read in two ways."""
    fields = forms.example(base.find("run.started"), optional=False)
    data = base.build("run.started", fields | {"params": {"n": 4}}).to_bytes()

    with pytest.raises(FormatError):
        base.decode("run.started", 2, data.replace(b'"n":4', b'"n":' + number))


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_decode_or_are_refused(data):
    """No bytes at all make decode raise anything but FormatError."""
    try:
        body = base.decode("comment.added", 1, data)
    except FormatError:
        return
    assert base.decode("comment.added", 1, body.to_bytes()) == body


@given(strategies.bodies(), st.data())
def test_a_changed_byte_is_read_strictly(body, data):
    """One changed byte gives another body, the same content spelt in another way, or a FormatError."""
    before = body.to_bytes()
    place = data.draw(st.integers(0, len(before) - 1))
    after = before[:place] + bytes([data.draw(st.integers(0, 255))]) + before[place + 1 :]
    try:
        found = base.decode(body.type, body.schema_version, after)
    except FormatError:
        return
    assert canonical.decode(after)
    assert base.decode(body.type, body.schema_version, found.to_bytes()) == found


def test_largest_body():
    """A body holds 1 MiB and not a byte more; the error says where the rest belongs."""
    empty = len(base.build("comment.added", {"on": "1", "text": "a"}).to_bytes()) - 1
    fits = base.build("comment.added", {"on": "1", "text": "a" * ((1 << 20) - empty)})
    over = base.build("comment.added", {"on": "1", "text": "a" * ((1 << 20) - empty + 1)})

    assert len(fits.to_bytes()) == 1 << 20
    assert base.decode("comment.added", 1, fits.to_bytes()) == fits
    with pytest.raises(InputError, match="1,048,577 bytes") as caught:
        over.to_bytes()
    assert "attach" in caught.value.fix


@pytest.mark.parametrize("fields", [None, [], "text", 3, [("on", "1")]])
def test_fields_must_be_an_object(fields):
    """A document that is no object of names and values is refused as such."""
    with pytest.raises(InputError, match=r"comment\.added: should be an object of names and values"):
        base.build("comment.added", fields)


def test_yaml_reads_on_as_true():
    """`on: 46` in YAML 1.1 has the name True, and is understood."""
    assert base.build("comment.added", {True: 46, "text": "Yes."}).on == "46"


def test_made_by_hand():
    """A body made by calling its class is checked alike, and fails with our error."""
    cls = base.find("decision.accepted")

    assert cls(decision="46", reason="Repeated.").to_bytes() == ACCEPTED
    with pytest.raises(InputError, match=r"decision.accepted: decision: is missing") as caught:
        cls(reason="Repeated.")
    assert caught.value.fix == "mledger types decision.accepted"


def test_threads_may_decode_first(registry):
    """Many threads may be the first to use a class at once."""
    sample = {cls.type: base.build(cls.type, forms.example(cls)).to_bytes() for cls in base.all()}
    wrong = []

    @event("swarm.seen")
    class SwarmSeen(EventBody):
        """A swarm is seen."""

        params: Params = Field(description="what", examples=[{"bees": 1}])

    def work():
        for name, data in [("swarm.seen", b'{"params":{"bees":1}}'), *sample.items()]:
            try:
                base.decode(name, base.find(name).schema_version, data)
            except BaseException as error:  # noqa: BLE001 - whatever a thread raises would be lost
                wrong.append((name, error))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []


def test_bytes_are_what_json_reads():
    """The bytes are plain JSON: any reader sees the fields that were given."""
    body = base.build("comment.added", {"on": 46, "text": "Größe: 3 µm\n\tzweite Zeile"})

    assert json.loads(body.to_bytes()) == {"on": "46", "text": "Größe: 3 µm\n\tzweite Zeile"}
    assert "Größe" in body.to_bytes().decode()


@pytest.mark.parametrize("change", [{"decision": 3}, {"refs": ["40"]}, {"reason": object()}])
def test_unchecked_copy_is_not_written(change):
    """A copy that pydantic did not check is refused when it is written, if its types are wrong."""
    body = base.decode("decision.accepted", 1, ACCEPTED).model_copy(update=change)

    with pytest.raises(InputError, match="cannot be written as JSON") as caught:
        body.to_bytes()
    assert "\n" not in caught.value.message
