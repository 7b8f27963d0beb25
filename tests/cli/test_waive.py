"""mledger waive and waivers: rules that pass for now."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.cli.asking import ALICE, MODEL, Run, done, nothing_written, refused, refused_alike, told

UNTIL = "2999-12-31"
WHY = ("--until", UNTIL, "--reason", "The release cannot wait.")


def day(days: int) -> str:
    """So many days from today."""
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def test_a_rule_passes_until_a_day(run: Run, begun: Path) -> None:
    """What the rule finds is waived from then on, and the waiver is listed; the way out of `check` works."""
    finding = "no problem is framed"
    assert run("check", "credit-risk").exit_code == 1
    more = ("--condition", "Scores of region 7 are checked by hand.")
    assert done(run("waive", "goal-001", "credit-risk", *WHY, *more)).startswith("event 2  ")
    checked = told(run("check", "credit-risk", "--json"))[0]["rules"]
    (rule,) = [rule for rule in checked if rule["rule"] == "GOAL-001"]
    assert (rule["status"], finding in rule["waived"][0]["message"]) == ("waived", True)
    (row,) = told(run("waivers", "--json"))
    assert (row["rule"], row["stream"], row["in_force"], row["by"]) == ("GOAL-001", MODEL, True, ALICE)
    assert told(run("show", "2", "--json"))["data"]["conditions"] == [more[1]]


def test_those_that_ran_out_come_last(run: Run, begun: Path) -> None:
    """A waiver whose day has passed is listed as over; a correction of its day counts."""
    done(run("waive", "GXP/Legible", "credit-risk", *WHY, "--on", "1"))
    done(run("waive", "GOAL-001", "ledger", "--until", day(1), "--reason", "x"))
    done(run("correct", "3", "--set", f"until={day(-1)}", "--reason", "x", "--yes"))
    first, second = done(run("waivers")).splitlines()[1:]
    assert first.split()[:5] == ["2", "gxp/legible", "on", "1", MODEL]
    assert f"OVER {day(-1)}" in second
    (row,) = told(run("waivers", "credit-risk", "--json"))
    assert row["number"] == "2"


SLIPS = [
    (("GAOL-001", "credit-risk", *WHY), "no rule is called 'GAOL-001'; did you mean GOAL-001"),
    (("gxp/99", "credit-risk", *WHY), "no paragraph of gxp is called '99'"),
    (("gpx/legible", "credit-risk", *WHY), "no framework is called 'gpx'; did you mean gxp?"),
    (("GOAL-001", "credit-risc", *WHY), "did you mean model/credit-risk?"),
    (("GOAL-001", "credit-risk@9.9", *WHY), "no released version is called '9.9'"),
    (("GOAL-001", "credit-risk", "--on", "99", *WHY), "there is no entry 99"),
    (("GOAL-001", "credit-risk", "--until", "2020-01-01", "--reason", "x"), "--until 2020-01-01 has passed"),
]


def test_a_waiver_without_effect_is_refused(run: Run, begun: Path) -> None:
    """An unknown rule, version or event, or a day that is over: nothing is signed, by `append` neither."""
    with nothing_written(begun.parent):
        for args, line in SLIPS:
            refused(run("waive", *args), line)
        grant = ["append", "waiver.granted", MODEL, "--set", "reason=x"]
        refused_alike(run, [*grant, "--set", "rule=GAOL-001", "--set", f"until={UNTIL}"], "no rule is called")
        refused_alike(run, [*grant, "--set", "rule=GOAL-001", "--set", "until=2020-01-01"], "has passed")
