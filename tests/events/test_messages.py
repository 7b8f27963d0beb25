"""Errors of validation: one line, the path of the field, what was expected."""

import pytest

from mledger.errors import InputError
from mledger.events import base, forms, words


def _message(type, **changes):
    with pytest.raises(InputError) as caught:
        base.build(type, forms.example(base.find(type), optional=False) | changes)
    return caught.value


@pytest.mark.parametrize(
    ("type", "changes", "line"),
    [
        (
            "role.granted",
            {"key": "xyz"},
            "role.granted: key: should be a SHA-256 of 64 lower-case hex digits, not 'xyz'",
        ),
        (
            "role.granted",
            {"reson": "x"},
            "role.granted: reson: is not a field of role.granted; did you mean reason?",
        ),
        (
            "version.released",
            {"version": 2.1},
            "version.released: version: should be a name of one line, not 2.1 (put it in quotes)",
        ),
        ("comment.added", {"text": " "}, "comment.added: text: should not be empty, not ' '"),
        ("run.started", {"tags": "october"}, "run.started: tags: should be a list, not 'october'"),
        (
            "run.started",
            {"env": "conda"},
            "run.started: env: should be an object of names and values, not 'conda'",
        ),
        (
            "decision.proposed",
            {"refs": [{"rel": "evidence", "evnt": "40"}]},
            "decision.proposed: refs[0].evnt: is not a field here; did you mean event?",
        ),
        (
            "deployment.recorded",
            {"traffic": {"canary": 10}},
            "deployment.recorded: traffic: should be a line of text",
        ),
        (
            "dataset.refreshed",
            {"shift": [{"column": "a", "metric": "psi", "value": "big"}]},
            (
                "dataset.refreshed: shift[0].value: should be a number, or one of "
                '"NaN", "Infinity", "-Infinity", not \'big\''
            ),
        ),
        (
            "run.started",
            {"git": {"commit": "a" * 40, "dirty": "perhaps"}},
            "run.started: git.dirty: should be true or false, not 'perhaps'",
        ),
    ],
)
def test_lines(type, changes, line):
    """The message is the wire name, the path, what was expected, and what was there if it is short."""
    assert _message(type, **changes).message == line


def test_all_wrong_fields_in_one_line():
    """Every wrong field is told, in one line, and again one by one in the details."""
    error = _message("artifact.published", sha256="x", size=-1, media_type="json")

    assert error.message.count("; ") == 2
    assert list(error.details["fields"]) == ["sha256", "size", "media_type"]
    assert error.to_json()["fields"] == error.details["fields"]


def test_unknown_field_of_a_part_lists_the_known():
    """A field that a part does not have, and that is like none, is answered with those it has."""
    error = _message("decision.proposed", constraints={"zzz": 1})

    assert error.details["fields"]["constraints.zzz"].endswith(
        "known are memory_bytes, train_time_s, latency_ms, budget"
    )


def test_values_are_cut():
    """A long value is cut, so that the line stays a line."""
    error = _message("artifact.published", sha256="x" * 5000)

    assert len(error.message) < 300
    assert "..." in error.message


@pytest.mark.parametrize("value", ["a\nb", "a\u2028b", "\x1b[2J", "a\u202eb"])
def test_no_value_breaks_the_line(value):
    """What was there is shown escaped: it neither breaks the line nor moves the cursor."""
    message = _message("model.registered", title=value).message

    assert message.isprintable()


def test_names_that_are_no_text():
    """A field whose name is a number is told as such."""
    with pytest.raises(InputError, match=r"3\]?: .*strings"):
        base.build("comment.added", {"on": "1", "text": "a", 3: 4})


@pytest.mark.parametrize(
    ("type", "field", "answer"),
    [
        ("version.released", "version", True),
        ("version.released", "previous", True),
        ("comment.added", "on", True),
        ("run.finished", "verdict", True),
        ("model.retired", "retention_until", True),
        ("version.released", "artifacts", False),
        ("dataset.refreshed", "rows", False),
        ("run.started", "params", False),
        ("run.started", "nothing", False),
    ],
)
def test_typed_text(type, field, answer):
    """What people type for names, texts, days and choices is taken as it stands; the rest is JSON."""
    assert base.takes_text(type, field) is answer


@pytest.mark.parametrize(
    "loc", [("nothing",), ("title", "x"), ("alternatives", 0, "nothing"), ("title", 0, 1)]
)
def test_paths_that_lead_nowhere(loc):
    """A path that no field has is answered with nothing to say, and no error of its own."""
    cls = base.find("decision.proposed")

    assert words.wanted(cls, loc) is None
    assert words.names_beside(cls, (*loc, "x")) == []
    assert words.names_beside(cls, ("title", "x")) == []
