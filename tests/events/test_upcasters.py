"""Bodies of older versions stay readable for ever."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.core import canonical
from mledger.errors import FormatError
from mledger.events import base, forms
from tests import strategies

HERE = Path(__file__).parent
ROWS = [json.loads(line) for line in (HERE / "recorded_v1.jsonl").read_text().splitlines()]
OUTDATED = [cls for cls in base.all() if cls.schema_version > 1]
STARTED = {
    "run": "r1",
    "hypothesis": "It works.",
    "criteria": [{"metric": "auc", "operator": ">", "value": 0.9}],
}


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{n}-{row['type']}") for n, row in enumerate(ROWS)])
def test_version_1_reads_as_it_always_did(row):
    """A body of version 1 decodes to the fields that it meant when it was recorded."""
    body = base.decode(row["type"], 1, canonical.encode(row["body"]))

    assert json.loads(body.to_bytes()) == row["means"]


def test_every_type_with_a_past_has_a_fixture():
    """Each type that is beyond version 1 has bodies of version 1 among the fixtures."""
    assert {row["type"] for row in ROWS} >= {cls.type for cls in OUTDATED}
    assert OUTDATED


@pytest.mark.parametrize("cls", OUTDATED, ids=[cls.type for cls in OUTDATED])
def test_every_older_version_leads_to_the_present(cls):
    """There is an upcaster for each step, and what is new in the next version was not in the one before."""
    for version in range(1, cls.schema_version):
        step = base._upcasters[cls.type, version]
        for name in step.new:
            assert name in cls.model_fields
            data = canonical.encode(forms.example(cls, optional=False) | {name: forms.example(cls)[name]})
            with pytest.raises(FormatError, match=f"version {version} has no field {name}"):
                base.decode(cls.type, version, data)


@given(reasons=strategies.params)
def test_any_reasons_of_version_1_are_read(reasons):
    """Version 1 of run.started took any value as a reason; each parameter keeps its name and its reason."""
    kept = base.build("run.started", STARTED | {"params": reasons}).params
    body = base.decode("run.started", 1, canonical.encode(STARTED | {"param_reasons": kept}))

    assert [row.name for row in body.param_reasons] == list(kept)
    for row, said in zip(body.param_reasons, kept.values(), strict=True):
        assert row.reason == (said.strip() if isinstance(said, str) and said.strip() else row.reason)
        assert row.decision is None
        if not isinstance(said, str) or not said.strip():
            assert json.loads(row.reason) == said
    assert base.decode("run.started", 2, body.to_bytes()) == body


@given(data=st.data())
def test_a_present_body_is_no_body_of_the_past(data):
    """Bodies of version 2 with what is new in it are refused under the number of version 1."""
    fields = data.draw(strategies.values(base.find("run.started")))
    body = base.build("run.started", fields)
    new = base._upcasters["run.started", 1].new & canonical.decode(body.to_bytes()).keys()
    if new or body.param_reasons:
        with pytest.raises(FormatError):
            base.decode("run.started", 1, body.to_bytes())
    else:
        assert base.decode("run.started", 1, body.to_bytes()) == body


@pytest.mark.parametrize("reasons", [3, ["max_depth"], "decision 46", [{"name": "depth", "reason": "x"}]])
def test_reasons_of_another_shape_do_not_fit(reasons):
    """What was no object of reasons in version 1 is refused, with the version that it does not fit."""
    with pytest.raises(FormatError, match="does not fit version 1"):
        base.decode("run.started", 1, canonical.encode(STARTED | {"param_reasons": reasons}))
