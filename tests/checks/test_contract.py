"""What every rule keeps, over any history."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mledger.chain.history import Fact
from mledger.checks import base
from mledger.checks.base import Found, Rule
from mledger.checks.world import Change, World
from mledger.core.moment import read_moment
from mledger.errors import NotFoundError
from mledger.projections.dossier import Dossier, dossier_of
from mledger.testing.bodies import MODEL
from mledger.testing.rule_contract import keep_the_contract, keeps_its_form
from mledger_cli.main import SECTIONS
from tests.checks.dossiers import TODAY, dossier, life
from tests.checks.test_rules import CASES, WORLD
from tests.projections.stories import histories

COMMANDS = {name for section in SECTIONS.values() for name in section}
RULES = [pytest.param(base.find(name), id=name) for name in base.names()]
WORLDS = st.builds(
    World,
    components=st.none() | st.lists(st.text(min_size=1, max_size=8), max_size=3).map(tuple),
    hashes=st.none() | st.just({"content": "00" * 32}),
    commits=st.none() | st.dictionaries(st.just("3fa9c1e0" * 5), st.booleans()),
    changes=st.none() | st.just((Change("params.yaml", None, "11" * 32),)),
    events=st.none() | st.just({}),
)


def any_dossier(facts: list[Fact], asked: str | None) -> Dossier:
    """The dossier of the model in a history."""
    return dossier_of(
        MODEL,
        lambda stream: [fact for fact in facts if fact.stream == stream],
        today=read_moment(TODAY),
        entries=len(facts),
        asked=asked,
    )


@pytest.mark.parametrize("rule", RULES)
def test_it_says_what_it_is(rule: Rule) -> None:
    """A rule has a name, a title, a reason, a command that is there, and reads what there is."""
    keeps_its_form(rule, COMMANDS)


@given(histories(), st.sampled_from([None, None, "1.0", "9.9"]), WORLDS)
@settings(max_examples=60)
def test_it_is_a_function_of_what_it_is_given(facts: list[Fact], asked: str | None, world: World) -> None:
    """Over any history and any world, each rule gives the same findings again, about events that exist."""
    keep_the_contract(base.all(), any_dossier(facts, asked), world, COMMANDS)


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_it_finds_is_told_as_it_should_be(name: str) -> None:
    """Where a rule finds its gap, the line, the events and the command are in order."""
    told = life()
    CASES[name][0](told)
    keep_the_contract([base.find(name)], dossier(told), WORLD, COMMANDS)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Found("two\nlines", ("0",)), "two"),
        (Found("stranger", ("99",)), "99"),
        (Found("nowhere"), "neither"),
        (Found("no way out", ("0",), "pray"), "pray"),
        (Found("no such command", ("0",), "mledger pray"), "pray"),
    ],
)
def test_the_contract_is_not_empty(found: Found, words: str) -> None:
    """A rule that breaks the contract is told so."""
    rule = base.find("GOAL-001")._replace(check=lambda _dossier, _world: iter([found]))
    with pytest.raises(AssertionError, match=words):
        keep_the_contract([rule], dossier(life()), World(), COMMANDS)


def test_a_rule_that_changes_what_it_is_given_is_found_out() -> None:
    """Purity is checked, not believed."""

    def greedy(given: Dossier, _world: World) -> Any:
        given.state.problems.clear()
        return iter(())

    rule = base.find("GOAL-001")._replace(check=greedy)
    with pytest.raises(AssertionError, match="changed"):
        keep_the_contract([rule], dossier(life()), World(), COMMANDS)


def test_an_unknown_rule_has_near_ones() -> None:
    """Asking for a rule that is not there names those that are near."""
    with pytest.raises(NotFoundError, match="DATA-006"):
        base.find("DATA-005")
