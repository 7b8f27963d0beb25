"""The rules inside the events: what the fields together must say."""

import pytest

from mledger.errors import InputError
from mledger.events import base, forms
from mledger.events.key import EXAMPLE_ID, EXAMPLE_PUBLIC
from mledger.keys.ed25519 import key_id


def _wrong(type, **changes):
    """What is said of each wrong field of the example with some fields changed."""
    fields = forms.example(base.find(type), optional=False) | changes
    with pytest.raises(InputError) as caught:
        base.build(type, fields)
    assert "\n" not in caught.value.message
    for path, text in caught.value.details["fields"].items():
        assert f"{path}: {text}" in caught.value.message
    return caught.value.details["fields"]


def _right(type, **changes):
    return base.build(type, forms.example(base.find(type), optional=False) | changes)


def test_decision_with_one_alternative_asks_three_questions():
    """One alternative without a reason is refused with the three questions that a decision answers."""
    wrong = _wrong("decision.proposed", alternatives=[{"name": "a"}], choice="a")

    assert wrong.keys() == {"alternatives"}
    for question in ("why this one", "which alternatives", "quality of the data"):
        assert question in wrong["alternatives"]


def test_decision_with_one_alternative_and_a_reason():
    """One alternative is enough when the reason is given."""
    body = _right(
        "decision.proposed", alternatives=[{"name": "a"}], choice="a", single_option_reason="The law says so."
    )

    assert len(body.alternatives) == 1


def test_decision_needs_an_alternative():
    """A decision without any alternative is refused, reason or not."""
    assert _wrong("decision.proposed", alternatives=[], single_option_reason="x") == {
        "alternatives": "should have at least one item"
    }


def test_choice_is_an_alternative():
    """The choice is one of the alternatives, by its name; all that is wrong is said at once."""
    wrong = _wrong("decision.proposed", alternatives=[{"name": "a"}, {"name": "b"}], choice="c")

    assert wrong["choice"] == "should be the name of an alternative (a, b)"
    assert wrong.keys() == {"choice", "alternatives[0].why_not", "alternatives[1].why_not"}


def test_alternatives_not_chosen_say_why_not():
    """Each alternative that was not chosen says why; the choice need not."""
    options = [{"name": "a"}, {"name": "b", "why_not": "dear"}, {"name": "c"}]

    assert _wrong("decision.proposed", alternatives=options, choice="a").keys() == {"alternatives[2].why_not"}
    assert _right("decision.proposed", alternatives=options[:2], choice="a").choice == "a"


def test_choice_is_compared_as_it_is_kept():
    """The choice meets its alternative in any Unicode spelling."""
    options = [{"name": "Gr\u00f6\u00dfe"}, {"name": "b", "why_not": "dear"}]

    assert (
        _right("decision.proposed", alternatives=options, choice="Gro\u0308\u00dfe ").choice
        == "Gr\u00f6\u00dfe"
    )


def test_alternatives_have_distinct_names():
    """Two alternatives of one name are refused: the choice would not say which."""
    options = [{"name": "a"}, {"name": "a", "why_not": "x"}]

    assert "twice" in _wrong("decision.proposed", alternatives=options, choice="a")["alternatives"]


def test_summary_is_short():
    """A summary has at most 300 characters, and the error says how many there are."""
    wrong = _wrong("decision.proposed", summary="a" * 301)

    assert wrong["summary"].startswith("should have at most 300 characters, but has 301")
    assert len(_right("decision.proposed", summary="a" * 300).summary) == 300


@pytest.mark.parametrize(
    ("condition", "ok"),
    [
        ({"metric": "auc", "operator": ">=", "value": 0.9}, True),
        ({"dataset": "applications", "operator": "<=", "value": "v4"}, True),
        ({"date": "2027-04-30"}, True),
        ({"metric": "auc", "operator": ">="}, False),
        ({"metric": "auc", "value": 1}, False),
        ({"date": "2027-04-30", "operator": "<=", "value": 1}, False),
        ({"metric": "auc", "dataset": "d", "operator": "<=", "value": 1}, False),
        ({"operator": "<=", "value": 1}, False),
        ({}, False),
    ],
)
def test_validity_conditions_can_be_evaluated(condition, ok):
    """A condition names one of metric, dataset and date, with what it takes to compare."""
    if ok:
        assert _right("decision.proposed", validity_conditions=[condition])
    else:
        assert _wrong("decision.proposed", validity_conditions=[condition]).keys() == {
            "validity_conditions[0]"
        }


def test_parameter_has_a_value_before_or_after():
    """A parameter may be new or dropped, and not neither."""
    change = {"name": "depth", "justification": "x"}

    assert _right("decision.proposed", parameters=[change | {"from": 3}]).parameters[0].before == 3
    assert _right("decision.proposed", parameters=[change | {"to": 4}]).parameters[0].to == 4
    assert _wrong("decision.proposed", parameters=[change]).keys() == {"parameters[0]"}
    assert "parameters[0].before" in _wrong("decision.proposed", parameters=[change | {"before": 3}])


def test_superseding_decision_is_another():
    """A decision cannot supersede itself."""
    assert _wrong("decision.superseded", decision="46", by=46).keys() == {"by"}


def test_key_id_fits_the_key():
    """The id of a key is computed from the key, and another is refused."""
    wrong = _wrong("key.enrolled", key={"id": "0" * 64, "public": EXAMPLE_PUBLIC, "name": "A"})
    body = _right("key.enrolled", key={"id": EXAMPLE_ID, "public": EXAMPLE_PUBLIC, "name": "A"})

    assert wrong == {"key.id": "should be the key id of public"}
    assert key_id(body.key.public_bytes) == body.key.id


@pytest.mark.parametrize(
    "public",
    [
        "",
        "A" * 43,
        EXAMPLE_PUBLIC[:-1],
        EXAMPLE_PUBLIC + "\n",
        EXAMPLE_PUBLIC[:-2] + "p=",
        "-" * 43 + "=",
        "ä" * 44,
    ],
)
def test_public_key_has_one_spelling(public):
    """A public key that is no canonical base64 of 32 bytes is refused."""
    wrong = _wrong("key.enrolled", key={"id": EXAMPLE_ID, "public": public, "name": "A"})

    assert wrong.keys() == {"key.public"}


def test_rotation_brings_another_key():
    """A key is not rotated into itself."""
    key = {"id": EXAMPLE_ID, "public": EXAMPLE_PUBLIC, "name": "A"}

    assert _wrong("key.rotated", old=EXAMPLE_ID, key=key).keys() == {"key.id"}


@pytest.mark.parametrize(("roles", "text"), [([], "nobody else"), (["ghost"], "'ghost' is not")])
def test_first_key_can_govern(roles, text):
    """The first key of a ledger has a role, and the policy has that role."""
    key = {"id": EXAMPLE_ID, "public": EXAMPLE_PUBLIC, "name": "A", "roles": roles}

    assert text in _wrong("ledger.opened", key=key)["key.roles"]


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\n", "e\u0301.example", "x" * 256, 3])
def test_origin_is_a_key_name(origin):
    """An origin that could not name the ledger's key in a signed note is refused."""
    assert _wrong("ledger.opened", origin=origin).keys() == {"origin"}


@pytest.mark.parametrize(
    ("pattern", "ok"),
    [
        ("*", True),
        ("decision.*", True),
        ("decision.accepted", True),
        ("!key.*", True),
        ("acme.lab.checked", True),
        ("decision", False),
        ("decision*", False),
        ("*.accepted", False),
        ("!!key.*", False),
        ("Decision.*", False),
        ("", False),
    ],
)
def test_patterns_of_roles(pattern, ok):
    """A role may record a type, a family or all; a leading ! takes away; anything else is a slip."""
    policy = {"name": "p", "roles": {"owner": {"may": [pattern]}}}
    if ok:
        assert _right("policy.adopted", policy=policy)
    else:
        assert _wrong("policy.adopted", policy=policy).keys() == {"policy.roles.owner.may[0]"}


def test_policy_limits():
    """The limits of a policy are what a ledger can live with."""
    policy = {"name": "p", "roles": {"owner": {"may": ["*"]}}}

    assert _right("policy.adopted", policy=policy).policy.skew_seconds == 120
    for name, values in {"skew_seconds": [-1, 86_401, "9"], "anchor_days": [0, 3_651]}.items():
        for value in values:
            assert _wrong("policy.adopted", policy=policy | {name: value}).keys() == {f"policy.{name}"}
    assert _wrong("policy.adopted", policy=policy | {"roles": {}}).keys() == {"policy.roles"}
    assert _wrong("policy.adopted", policy=policy | {"roles": {"Big Boss": {"may": ["*"]}}}).keys() == {
        "policy.roles.Big Boss"
    }


def test_run_states_its_criteria():
    """A run says before it starts what would count as success, or why nobody says so."""
    text = "should be stated before the run; or say in unstated why there is none"
    assert _wrong("run.started", criteria=[]) == {"criteria": text}
    assert _wrong("run.started", hypothesis=None, criteria=[]) == {"hypothesis": text, "criteria": text}
    assert _right("run.started", hypothesis=None, criteria=[], unstated="imported")


def test_a_capture_says_something():
    """What was captured says how, or what could not be."""
    assert _wrong("run.started", captures=[{"name": "git"}]).keys() == {"captures[0]"}
    assert _right("run.started", captures=[{"name": "git", "how": "git status", "gap": "2 untracked files"}])


def test_metrics_are_distinct():
    """One metric may be there several times only if step, dataset or slice differ."""
    auc = {"name": "auc", "value": 0.9}

    assert _right("run.finished", metrics=[auc, auc | {"step": 1}, auc | {"slice": "age < 25"}])
    assert _wrong("run.finished", metrics=[auc, auc]).keys() == {"metrics[1]"}
    assert _wrong("run.failed", metrics=[auc | {"step": 1}, auc | {"step": 1}]).keys() == {"metrics[1]"}


@pytest.mark.parametrize("value", ["high", True, None, "1"])
def test_metrics_are_numbers(value):
    """A metric is a number or one of the three that JSON lacks."""
    assert _wrong("run.finished", metrics=[{"name": "auc", "value": value}]).keys() == {"metrics[0].value"}


def test_diverged_metric_is_kept():
    """A metric that diverged is recorded by name, not lost."""
    body = _right("run.failed", metrics=[{"name": "loss", "value": float("inf")}])

    assert body.metrics[0].value == "Infinity"
    assert b'"value":"Infinity"' in body.to_bytes()


@pytest.mark.parametrize(
    ("type", "changes", "path"),
    [
        ("dataset.refreshed", {"version": "v3", "previous": "v3"}, "version"),
        ("dataset.registered", {"digests": []}, "digests"),
        ("dataset.registered", {"period": {"start": "2026-02-01", "end": "2026-01-31"}}, "period.end"),
        ("dataset.registered", {"rows": -1}, "rows"),
        ("version.released", {"version": "2.0", "previous": "2.0"}, "version"),
        ("version.released", {"artifacts": []}, "artifacts"),
        ("promotion.requested", {"from_stage": "production", "to_stage": "production"}, "to_stage"),
        ("rollback.executed", {"from_version": "2.0", "to_version": "2.0"}, "to_version"),
        ("record.corrected", {"fields": {}}, "fields"),
        ("problem.framed", {"metrics": []}, "metrics"),
        ("artifact.published", {"size": -1}, "size"),
        ("artifact.published", {"sha256": "AB" * 32}, "sha256"),
        ("model.retired", {"retention_until": "31.12.2036"}, "retention_until"),
        ("plan.agreed", {"signatories": []}, "signatories"),
        ("plan.agreed", {"signatories": ["Bob", "Bob"]}, "signatories"),
        ("plan.agreed", {"splits": []}, "splits"),
        ("plan.amended", {"metrics": []}, "metrics"),
        ("plan.amended", {"plan": "plan-1"}, "plan"),
        ("handover.recorded", {"to": "Carol Example"}, "to"),
        ("handover.recorded", {"duties": []}, "duties"),
        ("run.started", {"param_reasons": [{"name": "depth"}]}, "param_reasons[0]"),
        ("run.started", {"tuning": {"method": "grid", "space": {}}}, "tuning.space"),
        ("run.abandoned", {"metrics": [{"name": "a", "value": 1}] * 2}, "metrics[1]"),
        ("run.concluded", {"verdict": "maybe"}, "verdict"),
        ("evidence.attached", {"metrics": [{"name": "a", "value": 1}] * 2}, "metrics[1]"),
        ("dataset.issue", {"severity": "huge"}, "severity"),
        ("transform.recorded", {"inputs": []}, "inputs"),
        ("transform.recorded", {"code": {"path": "a.py"}}, "code"),
        ("profile.recorded", {"columns": []}, "columns"),
        ("evaluation.recorded", {"dimensions": []}, "dimensions"),
        ("evaluation.recorded", {"datasets": []}, "datasets"),
        ("evaluation.recorded", {"metrics": [{"name": "a", "value": 1}] * 2}, "metrics[1]"),
        ("risk.assessed", {"level": {"likelihood": "often", "impact": "low"}}, "level.likelihood"),
        ("waiver.granted", {"until": None}, "until"),
        ("release.bundled", {"version": "2.0", "supersedes": "2.0"}, "supersedes"),
        ("release.bundled", {"manifest": [{"name": "a", "sha256": "a" * 64, "size": 1}]}, "manifest[0].role"),
        ("review.scheduled", {"scope": []}, "scope"),
        ("review.completed", {"checked": []}, "checked"),
        ("promotion.executed", {"from_stage": "production"}, "to_stage"),
        ("artifact.retired", {"artifact": "38", "successor": 38}, "successor"),
        ("monitoring.reported", {"metrics": []}, "metrics"),
        ("drift.detected", {"shifts": []}, "shifts"),
        ("audit.opened", {"auditors": []}, "auditors"),
        ("verification.performed", {"level": "5"}, "level"),
        ("verification.performed", {"findings": [{"name": "a", "count": 0}]}, "findings[0].count"),
        ("import.performed", {"assurance": "certain"}, "assurance"),
    ],
)
def test_other_rules(type, changes, path):
    """What cannot be true together is refused at the field that must change."""
    assert _wrong(type, **changes).keys() == {path}


@pytest.mark.parametrize("type", base.names())
def test_names_in_lists_are_unique(type):
    """In every list of things that have names, each name is there once."""
    cls = base.find(type)
    for name, info in cls.model_fields.items():
        example = info.examples[0]
        named = isinstance(example, list) and isinstance(example[0], dict) and "name" in example[0]
        # A run may read one dataset in two roles, a transform may join two of its states.
        if named and name not in {"datasets", "inputs", "outputs"}:
            wrong = _wrong(type, **{name: [example[0], example[0]]})
            assert any(path in {name, f"{name}[1]"} and "twice" in text for path, text in wrong.items())


def test_signatures_on_one_plan():
    """All who sign the same plan sign the same digest, and another plan has another."""
    one, two = _right("plan.agreed"), _right("plan.agreed")

    assert one.digest == two.digest
    assert len(one.digest) == 64
    assert _right("plan.agreed", title="Another").digest != one.digest
    assert base.decode("plan.agreed", 1, one.to_bytes()).digest == one.digest


@pytest.mark.parametrize("places", [[0.5, 0.5], [0.9, 0.1], [0.5, 1.5]])
def test_quantiles_ascend(places):
    """The points of a distribution are shares, in order, each once."""
    column = {"name": "income", "quantiles": [{"at": at, "value": 1.0} for at in places]}

    (path,) = _wrong("profile.recorded", columns=[column])
    assert path.startswith("columns[0].quantiles")


def test_categories_are_kept_as_they_are():
    """A value of a column may be any text, the empty one too, and stands there once."""
    categories = [{"value": value, "rows": 1} for value in ("", " a ", "two\nlines")]
    body = _right("profile.recorded", columns=[{"name": "c", "categories": categories}])

    assert [c.value for c in body.columns[0].categories] == ["", " a ", "two\nlines"]
    wrong = _wrong("profile.recorded", columns=[{"name": "c", "categories": categories[:1] * 2}])
    assert wrong.keys() == {"columns[0].categories"}


@pytest.mark.parametrize(
    ("times", "path"),
    [
        ({"started_at": "2026-11-23T11:26:00Z"}, "started_at"),
        ({"started_at": "2026-11-23T10:00:00Z", "ended_at": "2026-11-23T09:00:00Z"}, "ended_at"),
    ],
)
def test_incidents_go_forward_in_time(times, path):
    """An incident is not noticed before it began, and does not end before it."""
    assert _wrong("incident.reported", **times).keys() == {path}
    assert _right("incident.reported", started_at="2026-11-23T13:00:00+02:00").started_at.endswith("Z")


def test_who_hands_over_is_spelt_as_json_has_it():
    """`from` and `to` are what JSON and messages say, whatever Python calls the fields."""
    body = _right("handover.recorded")

    assert b'"from":"Carol Example","to":"Bob Example"' in body.to_bytes()
    with pytest.raises(InputError, match="from: is missing"):
        base.build("handover.recorded", {"to": "Bob", "duties": ["all"]})


TEXTS = ("summary", "question", "rationale", "data_quality_influence")


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_decision_leaves_out_is_named_as_open(name):
    """A text of a decision is there, or is named in `open`; null is the same as absent."""
    wrong = _wrong("decision.proposed", **{name: None})

    assert wrong == {name: "is missing, should be text, or be named in open"}
    body = _right("decision.proposed", **{name: None, "open": [name]})
    assert getattr(body, name) is None
    assert base.decode(body.type, 1, body.to_bytes()) == body


def test_a_decision_in_haste_needs_a_title_a_category_and_a_choice():
    """With all that may be open left open, one option is enough, and none of them needs a reason."""
    least = {
        "title": "Trees",
        "category": "architecture",
        "alternatives": [{"name": "trees"}],
        "choice": "trees",
    }
    still = [*TEXTS, "alternatives"]
    assert base.build("decision.proposed", least | {"open": still}).open == tuple(still)
    both = [{"name": "trees"}, {"name": "scorecard"}]
    assert base.build("decision.proposed", least | {"open": still, "alternatives": both})
    with pytest.raises(InputError, match="why this one, which alternatives were there"):
        base.build("decision.proposed", least | {"open": list(TEXTS)})


def test_a_parameter_says_why_or_that_is_open():
    """The justification of a parameter may be left out if `open` names the parameters."""
    change = [{"name": "max_depth", "to": 4}]

    assert _wrong("decision.proposed", parameters=change) == {
        "parameters[0].justification": "is missing, should be text"
    }
    assert _right("decision.proposed", parameters=change, open=["parameters"]).parameters[0].to == 4


def test_forms_ask_for_what_may_be_open():
    """In templates and listings these fields are needed: leaving them open is said, not overlooked."""
    needed = {field.name for field in base.describe("decision.proposed") if field.required}

    assert {*TEXTS, "parameters[].justification", "title", "choice"} <= needed
    assert "open" not in needed
