"""What every event type must be, whoever wrote it: a new one is tested by being there."""

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from mledger.core import canonical
from mledger.core.names import check_type
from mledger.errors import FormatError, InputError
from mledger.events import base, forms, words
from mledger.events.base import EventBody
from mledger.events.fields import Ref
from tests import strategies

HERE = Path(__file__).parent
NAMES = base.names()
EVENTS = pytest.mark.parametrize("cls", list(base.all()), ids=NAMES)
MEANINGS = {"authorship", "review", "approval", "rejection", "responsibility", "witness", "machine"}


def _parts(cls):
    """The class and every class of a part that it holds, each once."""
    found = {cls: None}
    for name, info in words.fields_of(cls):
        part, _ = words.part_of(words.type_of(info))
        if part is not None:
            found |= dict.fromkeys(_parts(part))
        assert name
    return list(found)


@given(strategies.bodies())
def test_any_body_survives_its_bytes(body):
    """A body is the same after to_bytes and decode, and after a plain JSON reader and build."""
    data = body.to_bytes()

    assert base.decode(body.type, body.schema_version, data) == body
    assert base.build(body.type, json.loads(data)) == body
    assert base.decode(body.type, body.schema_version, data).to_bytes() == data


@given(strategies.bodies())
def test_any_body_is_written_as_strict_json(body):
    """The bytes of a body are I-JSON, compact, in NFC, without a null or empty list among the fields."""
    data = body.to_bytes()
    fields = canonical.decode(data)

    assert canonical.is_clean(data.decode())
    assert None not in fields.values()
    assert [] not in [value for name, value in fields.items() if name not in {"fields", "four_eyes", "roles"}]
    assert not re.search(rb"\s", re.sub(rb'"(?:[^"\\]|\\.)*"', b"", data))


@EVENTS
@given(data=st.data())
@settings(max_examples=40)
def test_every_type_round_trips(cls, data):
    """Each type has valid bodies, and they survive their bytes."""
    body = data.draw(strategies.bodies(cls.type))

    assert type(body) is cls
    assert base.decode(cls.type, cls.schema_version, body.to_bytes()) == body


@EVENTS
def test_docstring_teaches(cls):
    """The docstring says in a first line what happened, and further on when to record it or what is good."""
    first, _, rest = (cls.__doc__ or "").strip().partition("\n")

    assert len(first) > 20
    assert first.endswith(".")
    assert re.search(r"[Rr]ecord(ed)?\b|Good content", rest)


@EVENTS
def test_every_field_is_explained_by_an_example(cls):
    """Every field of an event and of its parts says what it is and has an example that is valid alone."""
    for part in _parts(cls):
        assert part.__doc__, part
        for name, info in part.model_fields.items():
            where = f"{part.__name__}.{name}"
            assert info.description, where
            assert not info.description.endswith("."), where
            assert info.examples, where
            for example in info.examples:
                TypeAdapter(part.__annotations__.get(name, info.annotation)).validate_python(example)


@EVENTS
def test_examples_make_a_body(cls):
    """The examples together are a valid body, with and without the optional fields."""
    for optional in (True, False):
        fields = forms.example(cls, optional=optional)
        body = base.build(cls.type, fields)

        assert base.decode(cls.type, cls.schema_version, body.to_bytes()) == body
        assert body.model_fields_set == {n for n, i in cls.model_fields.items() if (i.alias or n) in fields}


@EVENTS
def test_template_is_valid_as_it_stands(cls):
    """A template loads as YAML into a valid body, and again with all optional fields uncommented."""
    text = base.template(cls.type)
    full = re.sub("(?m)^# ", "", text)

    assert base.build(cls.type, yaml.safe_load(text)) == base.build(
        cls.type, forms.example(cls, optional=False)
    )
    assert base.build(cls.type, yaml.safe_load(full)) == base.build(cls.type, forms.example(cls))
    assert max(map(len, text.splitlines())) <= 120


@EVENTS
def test_template_explains_every_field(cls):
    """The help of every field stands above it in the template."""
    text = " ".join(base.template(cls.type).replace("#", " ").split())

    for name, info in words.fields_of(cls):
        assert " ".join(info.description.split()) in text, name


@EVENTS
def test_description_lists_every_field(cls):
    """`describe` has a row for every field of the event, in order, with words for its type."""
    rows = base.describe(cls.type)

    assert [row.name for row in rows if not re.search(r"[.\[]", row.name)] == [
        n for n, _ in words.fields_of(cls)
    ]
    for row in rows:
        assert row.help
        assert row.type_text
        assert "typing" not in row.type_text
        assert "<class" not in row.type_text
        assert "\n" not in row.type_text


@EVENTS
def test_unknown_field_is_refused(cls):
    """A field that the type does not have is refused by name, with the command that lists those it has."""
    with pytest.raises(InputError, match="quux: is not a field of") as caught:
        base.build(cls.type, forms.example(cls) | {"quux": 1})

    assert caught.value.fix == f"mledger types {cls.type}"
    assert caught.value.details["fields"] == {"quux": f"is not a field of {cls.type}"}
    data = canonical.encode(forms.example(cls) | {"quux": 1})
    with pytest.raises(FormatError, match="quux"):
        base.decode(cls.type, cls.schema_version, data)


@EVENTS
def test_missing_field_is_named(cls):
    """Each required field that is left out is named, all in one line, with what it should be."""
    with pytest.raises(InputError) as caught:
        base.build(cls.type, {})

    required = {name for name, info in words.fields_of(cls) if info.is_required()}
    asked = {name for name, info in words.fields_of(cls) if words.is_asked(info)}
    assert required <= caught.value.details["fields"].keys() <= asked
    assert all("is missing, should be " in text for text in caught.value.details["fields"].values())
    assert "\n" not in caught.value.message


@EVENTS
def test_registration_is_complete(cls):
    """A type has a wire name of its family's module, a version, kinds of stream and a known meaning."""
    assert check_type(cls.type) == cls.type
    assert cls.__module__ == base.module_of(cls.type.partition(".")[0])
    assert cls.schema_version >= 1
    assert cls.kinds
    assert set(cls.kinds) <= {"model", "dataset", "ledger", "*"}
    assert cls.meaning in MEANINGS
    assert base.find(cls.type) is cls
    assert base.known(cls.type)


@EVENTS
def test_answer_names_its_field(cls):
    """A type that answers others names a required reference of its own, and types that exist."""
    if cls.answers is not None:
        field, *wanted = cls.answers
        assert words.type_of(cls.model_fields[field]) == words.type_of(Ref.model_fields["event"])
        assert cls.model_fields[field].is_required()
        assert wanted
        assert all(map(base.known, wanted))


@EVENTS
def test_body_is_frozen(cls):
    """A body cannot be changed once it is made."""
    body = base.build(cls.type, forms.example(cls))
    name = next(iter(cls.model_fields))

    with pytest.raises(ValueError, match="frozen"):
        setattr(body, name, getattr(body, name))


def test_wire_names_are_pinned():
    """The names and versions of all types are those of wire_names.txt: chosen for ever."""
    pinned = (HERE / "wire_names.txt").read_text().splitlines()

    assert [f"{cls.type} {cls.schema_version}" for cls in base.all()] == pinned


def _recorded():
    for number, line in enumerate((HERE / "recorded.jsonl").read_text().splitlines(), 1):
        row = json.loads(line)
        yield pytest.param(row, id=f"{row['type']}-{row['v']}-line-{number}")


@pytest.mark.parametrize("row", list(_recorded()))
def test_what_was_recorded_stays_readable(row):
    """A body recorded by any version of mledger decodes to this day; lines are only ever added."""
    data = canonical.encode(row["body"])
    body = base.decode(row["type"], row["v"], data)

    assert isinstance(body, EventBody)
    if row["v"] == body.schema_version:
        assert canonical.decode(body.to_bytes()) == row["body"]


def test_every_type_has_a_recorded_body():
    """Every type in its present version is among the recorded bodies."""
    rows = [json.loads(line) for line in (HERE / "recorded.jsonl").read_text().splitlines()]

    assert {(row["type"], row["v"]) for row in rows} >= {(c.type, c.schema_version) for c in base.all()}


def test_the_verifier_in_bundles_knows_what_answers_what() -> None:
    """`verify.py`, which stands alone, has the same table of answers as the types have themselves."""
    from mledger.exchange.verify import ANSWERS

    assert {cls.type: cls.answers for cls in base.all() if cls.answers is not None} == ANSWERS
