"""Schemas of policies mean what a validator that we did not write takes them for."""

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mledger.events.shape import faults
from tests import schemas
from tests.strategies import free_values

pytestmark = pytest.mark.interop


@given(st.data())
@settings(max_examples=150)
def test_both_give_the_same_answer(data: st.DataObject) -> None:
    """A value fits a schema for us if and only if it does for the jsonschema package."""
    schema = data.draw(schemas.schemas)
    value = data.draw(schemas.fitting(schema) | schemas.fitting(data.draw(schemas.schemas)) | free_values)
    validator = jsonschema.Draft202012Validator(schema)

    assert (faults(schema, value) == {}) == validator.is_valid(value)


@given(st.data())
def test_the_schemas_are_schemas(data: st.DataObject) -> None:
    """Whatever a policy may hold is a schema by the schema of schemas."""
    jsonschema.Draft202012Validator.check_schema(data.draw(schemas.schemas))
