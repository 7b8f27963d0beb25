"""Outcomes: severities, waivers, what was not applied."""

from typing import Any

import pytest

from mledger.checks.engine import Checked, Outcome, check
from mledger.checks.world import World
from mledger.events.policy import Policy
from mledger.testing.bodies import DATASET, MODEL
from tests.checks.dossiers import Life, dossier, life
from tests.checks.test_rules import ISSUE

WAIVER = {"rule": "DATA-006", "reason": "The release cannot wait.", "until": "2026-12-31"}
POLICY = {"name": "p", "roles": {"owner": {"may": ["*"]}}}
AWAY = World(absent={"components": "no architecture.yaml here"})


def outcome(checked: Checked, rule: str) -> Outcome:
    """What came of one rule."""
    return next(outcome for outcome in checked.outcomes if outcome.rule.id == rule)


def troubled() -> tuple[Life, str]:
    """A life with a grave issue of the data, and its number."""
    told = life()
    return told, told.tell("dataset.issue", ISSUE, stream=DATASET)


def test_a_whole_life_passes() -> None:
    """Nothing is found, and what the world did not say is not applied, with the reason."""
    checked = check(dossier(life()), AWAY)
    assert not checked.failed
    assert (checked.exit_code, checked.count()["failed"], checked.count()["warned"]) == (0, 0, 0)
    assert outcome(checked, "ARCH-001").skipped == "no architecture.yaml here"
    assert outcome(checked, "LINK-003").skipped == "commits were not looked at"


def test_an_error_fails_and_a_warning_does_not() -> None:
    """Only rules of severity error decide the exit code."""
    told, number = troubled()
    checked = check(dossier(told), AWAY)
    assert (checked.exit_code, outcome(checked, "DATA-006").status) == (1, "failed")
    (found,) = outcome(checked, "DATA-006").found
    assert found.numbers == (number,)
    told = life()
    told.decide(expected_effects=[])
    checked = check(dossier(told), AWAY)
    assert (checked.exit_code, outcome(checked, "RAT-004").status) == (0, "warned")


@pytest.mark.parametrize(
    ("levels", "status", "code"),
    [({"RAT-004": "error"}, "failed", 1), ({"RAT-004": "off"}, "not applied", 0), ({}, "warned", 0)],
)
def test_the_policy_says_how_grave_a_rule_is(levels: dict[str, Any], status: str, code: int) -> None:
    """A rule is an error, a warning or off as the signed policy has it; that goes before a framework."""
    told = life()
    told.decide(expected_effects=[])
    policy = Policy.model_validate(POLICY | {"checks": levels})
    checked = check(dossier(told, policy=policy), AWAY)
    assert (outcome(checked, "RAT-004").status, checked.exit_code) == (status, code)
    if levels:
        against = check(dossier(told, policy=policy), AWAY, levels={"RAT-004": "warning"})
        assert outcome(against, "RAT-004").status == status
    assert outcome(check(dossier(told), AWAY, levels={"RAT-004": "error"}), "RAT-004").status == "failed"


@pytest.mark.parametrize("stream", [MODEL, DATASET, "ledger"])
def test_a_waiver_lets_a_finding_pass(stream: str) -> None:
    """A waiver on the model, its data or the ledger turns the failure into a listed waiver."""
    told, _ = troubled()
    number = told.tell("waiver.granted", WAIVER, stream=stream, by="Dora Example")
    checked = check(dossier(told), AWAY)
    found = outcome(checked, "DATA-006")
    assert (checked.exit_code, found.status, found.found) == (0, "waived", ())
    (waived,) = found.waived
    assert (waived.waiver.number, waived.waiver.by, waived.waiver.until) == (
        number,
        "Dora Example",
        "2026-12-31",
    )


@pytest.mark.parametrize(
    ("fields", "holds"),
    [
        ({"until": "2026-06-01"}, True),  # the last day on which it holds is today
        ({"until": "2026-05-31"}, False),
        ({"rule": "data-006"}, True),
        ({"rule": "DATA-008"}, False),
        ({"version": "1.0"}, True),
        ({"version": "0.9"}, False),
        ({"on": "ISSUE"}, True),
        ({"on": "UUID"}, True),
        ({"on": "0"}, False),
    ],
)
def test_a_waiver_covers_what_it_says(fields: dict[str, str], holds: bool) -> None:
    """Its rule, its day, its version and its event have to fit."""
    told, number = troubled()
    names = {"ISSUE": number, "UUID": told.id_of(number)}
    body = WAIVER | {name: names.get(value, value) for name, value in fields.items()}
    waiver = told.tell("waiver.granted", body)
    found = outcome(check(dossier(told), AWAY), "DATA-006")
    assert found.status == ("waived" if holds else "failed")
    assert [w.number for w in found.ended] == ([waiver] if fields.get("until") == "2026-05-31" else [])


def test_a_check_as_json_says_all() -> None:
    """The JSON has counts, versions, each rule with what it found, waivers that hold and that ended."""
    told, number = troubled()
    told.tell("waiver.granted", WAIVER | {"until": "2026-05-31"})
    data = check(dossier(told), AWAY, framework="internal").to_json()
    assert (data["stream"], data["versions"], data["exit_code"], data["framework"]) == (
        MODEL,
        ["1.0"],
        1,
        "internal",
    )
    (row,) = [row for row in data["rules"] if row["rule"] == "DATA-006"]
    assert row["found"][0]["events"] == [number]
    assert row["ended_waivers"][0]["until"] == "2026-05-31"
    assert sum(data["count"].values()) == len(data["rules"])
