"""Classes made from the schemas of a policy."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from mledger.events import base
from mledger.events.declared import declare
from mledger.events.declaring import declaring
from mledger.events.policy import TypeRule
from mledger.events.shape import faults
from tests import schemas


def _rule(schema, **fields):
    return TypeRule.model_validate({"title": "It happened.", "schema": schema} | fields)


@given(st.data())
def test_what_fits_the_schema_is_kept_as_it_is(data):
    """A value that fits makes a body whose bytes fit, and are read again as the same body."""
    schema = data.draw(schemas.schemas)
    value = data.draw(schemas.fitting(schema))
    rule = _rule(schema, version=3)
    with declaring(lambda: {"acme.done": rule}):
        body = base.build("acme.done", value)
        again = base.decode("acme.done", 3, body.to_bytes())

    assert again == body
    assert again.to_bytes() == body.to_bytes()
    assert body.schema_version == 3
    assert faults(schema, yaml.safe_load(body.to_bytes())) == {}


@given(st.data())
def test_forms_are_made_for_any_schema(data):
    """Fields are described in order, and the template loads as YAML with the required ones filled in."""
    schema = data.draw(schemas.schemas)
    rule = _rule(schema, help="Record it when it is done.")
    with declaring(lambda: {"acme.done": rule}):
        rows, template = base.describe("acme.done"), base.template("acme.done")

    assert [row.name for row in rows] == list(schema["properties"])
    assert all(row.type_text and row.help for row in rows)
    assert (yaml.safe_load(template) or {}).keys() >= set(schema.get("required", ()))
    assert "It happened." in template
    assert "Record it when it is done." in template


def test_any_name_may_be_a_field():
    """Names that mean something to Python, to pydantic or to us are fields like any other."""
    names = [
        "type",
        "class",
        "schema_version",
        "kinds",
        "model_config",
        "_private",
        "field_0",
        "with space",
        "",
    ]
    rule = _rule({"type": "object", "properties": {name: {"type": "integer"} for name in names}})
    fields = dict(zip(names, range(len(names)), strict=True))
    with declaring(lambda: {"acme.done": rule}):
        body = base.build("acme.done", fields | {"field_1": "another", "shape": 3})
        again = base.decode("acme.done", 1, body.to_bytes())

    assert yaml.safe_load(body.to_bytes()) == fields | {"field_1": "another", "shape": 3}
    assert again == body
    assert body.type == "acme.done"


def test_a_class_is_made_once():
    """The same rule gives the same class, so that many events cost one."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}

    assert declare("acme.done", _rule(schema)) is declare("acme.done", _rule(schema))
    assert declare("acme.done", _rule(schema)) is not declare("acme.done", _rule(schema, version=2))
    assert declare("acme.done", _rule(schema)) is not declare("acme.seen", _rule(schema))
