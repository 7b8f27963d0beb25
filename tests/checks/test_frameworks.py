"""Profiles: each paragraph with the events that evidence it, and nothing claimed without."""

import pytest
from hypothesis import given, settings

from mledger.chain.history import Fact
from mledger.checks import base, framework
from mledger.checks.engine import check
from mledger.checks.framework import Assessment, Framework, assess
from mledger.checks.world import World
from mledger.errors import NotFoundError
from mledger.events import base as events
from tests.checks.dossiers import Life, dossier, life
from tests.checks.test_contract import any_dossier
from tests.projections.stories import histories

FRAMEWORKS = [pytest.param(framework.find(name), id=name) for name in framework.names()]
SEEN = World(components=(), hashes={}, commits={"3fa9c1e0" * 5: True}, changes=(), events={})


def assessed(name: str, story: Life, world: World = SEEN) -> Assessment:
    """What the records of a story show of a framework."""
    given = dossier(story)
    return assess(framework.find(name), given, check(given, world))


def statuses(found: Assessment) -> dict[str, str]:
    """The status of each paragraph."""
    return {one.paragraph.id: one.status for one in found.judged}


def test_the_frameworks_are_known() -> None:
    """Seven frameworks, and an unknown one has near ones."""
    names = ["eu-ai-act-annex-iv", "gxp", "internal", "iso-42001", "nist-ai-rmf", "part11", "sr-26-2"]
    assert framework.names() == names
    with pytest.raises(NotFoundError, match="nist-ai-rmf"):
        framework.find("nist-rmf")


@pytest.mark.parametrize("book", FRAMEWORKS)
def test_a_framework_asks_for_what_can_be_recorded(book: Framework) -> None:
    """Types, fields and rules that a framework names exist; paragraphs stand once; nothing promises a law."""
    ids = [paragraph.id for paragraph in book.paragraphs]
    assert len(set(ids)) == len(ids)
    for paragraph in book.paragraphs:
        assert paragraph.asks
        for ask in paragraph.asks:
            assert all(rule in base.names() for rule in ask.rules)
            for seen in ask.events:
                fields = events.find(seen.type).model_fields
                assert {*seen.fields, *(name for name, _ in seen.having)} <= set(fields), (paragraph.id, seen)
    assert "complian" not in f"{book.title} {book.scope}".lower()


@given(histories())
@settings(max_examples=30)
def test_nothing_is_evidenced_without_an_event(facts: list[Fact]) -> None:
    """Over any history, what is evidenced names events that are there, or rests on rules that passed."""
    given = any_dossier(facts, None)
    checked = check(given, SEEN)
    for name in framework.names():
        for one in assess(framework.find(name), given, checked).judged:
            assert set(one.numbers) <= set(given.ids)
            for answer in one.answers:
                assert not answer.shown or answer.numbers or answer.ask.rules


def test_every_rule_belongs_to_the_house() -> None:
    """The internal framework asks every rule once."""
    asked = [rule for p in framework.find("internal").paragraphs for ask in p.asks for rule in ask.rules]
    assert sorted(asked) == base.names()


def test_a_whole_life_is_in_order_for_the_house() -> None:
    """A life in which nothing is missing evidences each paragraph of the internal framework."""
    found = assessed("internal", life())
    assert set(statuses(found).values()) == {"evidenced"}
    assert found.exit_code == 0


def test_what_was_not_looked_at_is_not_evidenced() -> None:
    """A rule that could not be applied shows nothing."""
    found = assessed("internal", life(), World(absent={"components": "no architecture.yaml here"}))
    design = next(one for one in found.judged if one.paragraph.id == "design")
    assert design.status == "in part"
    assert any("(ARCH-001 not applied)" in words for words in design.missing)
    assert found.exit_code == 1


def test_paragraphs_name_their_events() -> None:
    """Annex IV 2(b): the decision and the problem are named, and what is missing as well."""
    story = life()
    found = assessed("eu-ai-act-annex-iv", story)
    said = {one.paragraph.id: one for one in found.judged}
    assert (said["2(b)"].status, said["2(b)"].numbers) == ("in part", ("3", "1"))
    assert said["2(b)"].missing == ("trade-offs (decision.proposed with tradeoffs)",)
    assert said["1(g)"].status == "not evidenced"
    assert "no event of mledger says this" in said["1(g)"].missing[0]
    story.decide(tradeoffs=["training takes twice as long"])
    assert statuses(assessed("eu-ai-act-annex-iv", story))["2(b)"] == "evidenced"


def test_a_paragraph_can_be_waived_until_a_day() -> None:
    """A signed waiver for FRAMEWORK/PARAGRAPH is listed as such, until it ends."""
    story = life()
    waiver = {"rule": "eu-ai-act-annex-iv/1(f)", "reason": "It is part of no product."}
    story.tell("waiver.granted", waiver | {"until": "2026-05-31"})
    assert statuses(assessed("eu-ai-act-annex-iv", story))["1(f)"] == "not evidenced"
    number = story.tell("waiver.granted", waiver | {"until": "2026-12-31"})
    found = assessed("eu-ai-act-annex-iv", story)
    assert statuses(found)["1(f)"] == "waived"
    row = next(row for row in found.to_json()["paragraphs"] if row["paragraph"] == "1(f)")
    assert row["waiver"]["number"] == number


def test_records_and_signatures_by_part_11_and_alcoa() -> None:
    """What a life without gaps shows of both, and what only a place outside of the ledger can."""
    story = life()
    found = {one.paragraph.id: one for one in assessed("part11", story).judged}
    assert found["11.10(f)"].status == "not evidenced"
    assert found["11.200"].status == "not evidenced"
    assert "keep it elsewhere" in found["11.200"].missing[0]
    story.approve(story.request("1.0"))
    later = {one.paragraph.id: one for one in assessed("part11", story).judged}
    assert later["11.10(f)"].status == "in part"
    assert later["11.50"].status == "evidenced"
    story.refuse("Bob had a part in it")
    story_ = statuses(assessed("part11", story))
    assert story_["11.10(f)"] == "not evidenced"
    whole = statuses(assessed("gxp", life()))
    assert {whole[name] for name in ("legible", "accurate", "complete", "original")} == {"evidenced"}
    assert whole["enduring"] == "not evidenced"
