"""mledger types: the vocabulary, explained and as forms."""

import json
from collections.abc import Callable

import pytest
import yaml

from mledger.events import base


def test_every_type_is_listed(run: Callable) -> None:
    """The listing has a line for each event type, with what it is recorded for."""
    lines = run("types").stdout.splitlines()[1:]
    assert [line.split()[0] for line in lines if line[0] != " "] == base.names()
    rows = json.loads(run("types", "--json").stdout)
    assert [row["type"] for row in rows] == base.names()
    assert all(row["about"] for row in rows)


@pytest.mark.parametrize("name", base.names())
def test_a_type_is_explained(run: Callable, name: str) -> None:
    """Each field of a type stands in its explanation, as text and as JSON."""
    shown = run("types", name).stdout
    told = json.loads(run("types", name, "--json").stdout)
    assert told["type"] == name
    assert [field["name"] for field in told["fields"]] == [field.name for field in base.describe(name)]
    for field in told["fields"]:
        assert field["name"] in shown


def test_forms_and_scripts_are_json_if_asked(run: Callable) -> None:
    """As every other command."""
    for args in (["types", "comment.added", "--template"], ["template", "show", "comment.added"]):
        printed = json.loads(run(*args, "--json").stdout)
        assert printed == {"type": "comment.added", "template": run(*args).stdout}
    assert (
        json.loads(run("completion", "bash", "--json").stdout)["script"] == run("completion", "bash").stdout
    )


@pytest.mark.parametrize("name", base.names())
def test_a_template_is_a_valid_form(run: Callable, name: str) -> None:
    """What --template prints is YAML that makes a valid event as it stands."""
    form = run("types", name, "--template")
    assert form.stderr == ""
    assert base.build(name, yaml.safe_load(form.stdout)).type == name


def test_a_misspelt_type_is_put_right(run: Callable) -> None:
    """An unknown type names the nearest and the command that lists them."""
    done = run("types", "decision.acepted")
    assert done.exit_code == 2
    assert "did you mean decision.accepted" in done.stderr
    assert "fix: mledger types\n" in done.stderr
