"""What measured values say about criteria, and what differs between two runs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.events import base
from mledger.events.measures import Criterion, Metric
from mledger.projections.run_diff import GROUPS, Trial, deviations, differences, shown
from mledger.projections.verdicts import judge
from tests import strategies

OPERATORS = {"<": -1, "<=": -1, "==": 0, "!=": 1, ">=": 1, ">": 1}
numbers = st.floats(-1e6, 1e6)


def criterion(operator=">=", value=0.95, metric="auc", dataset=None):
    """A criterion on a metric."""
    return Criterion(metric=metric, operator=operator, value=value, dataset=dataset)


def trial(metrics=(), verdict=None, **said):
    """A run that has finished."""
    start = {"run": "r", "hypothesis": "x", "criteria": [{"metric": "auc", "operator": ">", "value": 0}]}
    end = {"run": "r", "metrics": [{"name": n, "value": v} for n, v in metrics], "verdict": verdict}
    return Trial(base.build("run.started", start | said), base.build("run.finished", end))


@given(st.sampled_from(sorted(OPERATORS)), numbers, numbers)
def test_a_criterion_is_met_as_arithmetic_says(operator, value, limit):
    """Whether one criterion is met is the comparison of two numbers."""
    judged = judge([criterion(operator, limit)], [Metric(name="auc", value=value)])
    met = {"<": value < limit, "<=": value <= limit, "==": value == limit, "!=": value != limit,
           ">=": value >= limit, ">": value > limit}[operator]  # fmt: skip
    assert judged.outcomes[0].met is met
    assert judged.verdict == ("supported" if met else "refuted")


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_meets_nothing(operator, value):
    """A metric that diverged meets no criterion, not even that it differs."""
    assert judge([criterion(operator)], [Metric(name="auc", value=value)]).verdict == "refuted"


def test_one_that_fails_outweighs_one_that_is_missing():
    """Refuted if one is not met, inconclusive if one was not measured, nothing where nothing was asked."""
    both = [criterion(), criterion("<=", 0.02, "gap")]
    good, bad = Metric(name="auc", value=0.96), Metric(name="auc", value=0.9)
    assert judge(both, [good]).verdict == "inconclusive"
    assert judge(both, [bad]).verdict == "refuted"
    assert judge(both, []).verdict == "inconclusive"
    assert [one.words for one in judge(both, [good]).unmeasured] == ["gap <= 0.02"]
    assert judge([], [good]).verdict is None


def test_the_last_step_counts_and_the_data_must_be_the_same():
    """Of values by step the last is judged; a criterion on a dataset wants that dataset, none a slice."""
    steps = [Metric(name="auc", value=0.9, step=9), Metric(name="auc", value=0.99, step=3)]
    assert judge([criterion()], steps).verdict == "refuted"
    assert judge([criterion()], [*steps, Metric(name="auc", value=0.97)]).verdict == "supported"
    assert judge([criterion(dataset="a@1")], steps).verdict == "inconclusive"
    assert (
        judge([criterion(dataset="a@1")], [Metric(name="auc", value=1, dataset="a@1")]).verdict == "supported"
    )
    assert judge([criterion()], [Metric(name="auc", value=1, slice="age < 25")]).verdict == "inconclusive"


@given(strategies.bodies("run.started"), strategies.bodies("run.finished") | strategies.bodies("run.failed"))
def test_a_run_does_not_differ_from_itself(begun, ended):
    """Whatever a run holds, it is the same as itself, and a repetition of itself."""
    one = Trial(begun, ended)
    assert differences(one, one) == []
    assert deviations(one, one, 0) == []


@given(strategies.params, strategies.params)
def test_parameters_that_differ_are_exactly_those_listed(one, two):
    """The parameters listed are those with other values, each with both of them."""
    first, second = trial(params=one), trial(params=two)
    held, other = first.begun.params, second.begun.params
    found = {row.name: (row.before, row.after) for row in differences(first, second)}
    wanted = {n: (held.get(n), other.get(n)) for n in {*held, *other} if held.get(n) != other.get(n)}
    assert found == wanted


def test_each_group_is_compared():
    """Data, seeds, code, environment, packages, machine, metrics and end are compared, in this order."""
    one = trial(
        [("auc", 0.9)],
        "refuted",
        git={"commit": "a" * 40},
        env={"python": "3.11", "packages": {"a": "1"}},
        hardware={"cpu": "x"},
        seeds={"numpy": 1},
        datasets=[{"name": "d", "version": "v1", "role": "train"}],
        params={"n": 1},
        code_digest="c" * 64,
        params_digest="d" * 64,
    )
    two = trial(
        [("auc", 0.96)],
        "supported",
        git={"commit": "b" * 40, "dirty": True},
        hardware={"cpu": "y"},
        env={"python": "3.12", "packages": {"a": "2"}, "container_digest": "e" * 64},
        seeds={"numpy": 2},
        datasets=[{"name": "d", "digest": "f" * 64, "role": "train"}],
        params={"n": 2},
    )
    rows = differences(one, two)
    groups = [row.group for row in rows]
    assert list(dict.fromkeys(groups)) == list(GROUPS)
    told = {row.name: (shown(row.before), shown(row.after)) for row in rows}
    assert told["commit"] == ("a" * 12, "b" * 12)
    assert told["changes since"] == ("none", "some")
    assert told["d (train)"] == ("v1", "f" * 12)
    assert told["container"] == ("-", "e" * 12)
    assert told["configuration file"] == ("d" * 12, "-")


@pytest.mark.parametrize(
    ("wanted", "got", "tolerance", "outside"),
    [
        (0.95, 0.95, 0, False),
        (0.3, 0.2, 0.1, False),
        (0.3, 0.1999, 0.1, True),
        (0.95, None, 1, True),
        ("NaN", "NaN", 0, False),
        ("NaN", 0.5, 9, True),
        (5, 5.0, 0, False),
    ],
)
def test_a_deviation_is_outside_the_tolerance(wanted, got, tolerance, outside):
    """A metric is outside if it is missing or farther away; NaN is near NaN alone."""
    first = trial([("auc", wanted)])
    second = trial([] if got is None else [("auc", got)])
    assert bool(deviations(first, second, tolerance)) is outside
