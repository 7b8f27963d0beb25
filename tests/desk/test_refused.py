"""An insider with an own program: what the rulebook refuses counts nowhere, and every reader says so."""

from contextlib import closing
from typing import Any

import pytest

from mledger.checking import check_models, models_of
from mledger.core.merkle import Frontier
from mledger.desk.answering import check_fits
from mledger.desk.dossier import dossier
from mledger.desk.history import history_of
from mledger.desk.inbox import inbox_of
from mledger.desk.register import register_of
from mledger.errors import InputError
from mledger.projections.lifecycle import model
from mledger.projections.model import ModelState
from mledger.reader import Reader
from mledger.reports.changelog import changelog
from mledger.reports.onboard import onboard
from mledger.reports.why import why
from mledger.stores import open_store
from mledger.testing.bodies import FILES
from mledger.testing.bodies import MODEL as STREAM
from mledger.testing.simulator import signer_of
from tests.chain.test_authority import force
from tests.desk.conftest import BOB, CAROL, DORA, PROPOSED, Company

REASON = {"reason": "Seen."}
LACKS = "lacks approvals, 2 by reviewer"


@pytest.fixture
def asked(company: Company) -> tuple[Company, str]:
    """Version 2.1 is released, and Carol asks for production."""
    company.say(CAROL, "model.registered", {"title": "M", "purpose": "P.", "owner": CAROL})
    company.say(CAROL, "version.released", {"version": "2.1", "artifacts": FILES, "notes": "x"})
    return company, company.ask()


def moved(request: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """The events that bring 2.1 into production, each in its own way."""
    put = {"version": "2.1", "environment": "eu-west", "stage": "production", "request": request}
    back = {"from_version": "2.0", "to_version": "2.1", "stage": "production", "request": request}
    return {
        "executed": (
            "promotion.executed",
            {"request": request, "version": "2.1", "to_stage": "production"},
        ),
        "deployed": ("deployment.recorded", put),
        "rolled back": ("rollback.executed", back | REASON),
    }


@pytest.mark.parametrize("how", ["executed", "deployed", "rolled back"])
def test_every_reader_says_that_a_move_was_not_allowed(asked: tuple[Company, str], how: str) -> None:
    """The version is shown where it was put, with what the rulebook says, by state, check and report."""
    company, request = asked
    event, fields = moved(request)[how]
    number = force(company.sim, event, STREAM, fields, CAROL)
    reader = company.sim.reader()
    state = reader.replay(STREAM).state
    (place,) = state.stages.places
    assert LACKS in place.against
    assert [note.numbers for note in state.trail.refused] == [[number]]
    assert LACKS in state.path[-1].against
    (place,) = reader.replay().state.models[STREAM].live
    assert LACKS in place.against
    assert _says(_statements(state))
    history = reader.history()
    facts = list(history.of(STREAM).facts())
    for document in (
        onboard(history, STREAM),
        why(STREAM, facts),
        changelog(history, STREAM, 0, history.size),
    ):
        assert LACKS in str(document), document.kind
    assert any(LACKS in (stop.against or "") for stop in history_of(reader, STREAM))
    (checked,) = check_models(reader, [STREAM])
    failed = {outcome.rule.id: outcome for outcome in checked.outcomes if outcome.status == "failed"}
    assert LACKS in failed["APP-003"].found[0].message
    assert failed["APP-003"].found[0].numbers == (number,)
    assert "APP-002" in failed
    assert request in {item.number for item in inbox_of(reader, [signer_of(BOB).key_id])}
    assert reader.replay(STREAM, known_at=int(number) - 1).state.stages.places == []


def _statements(state: ModelState) -> list[str]:
    return [str(one.value) for one in model.statements(state)]


def _says(values: list[str]) -> bool:
    return any("NOT ALLOWED" in value for value in values)


def test_an_approval_that_the_rulebook_refuses_counts_nowhere(asked: tuple[Company, str]) -> None:
    """Carol approves her own request beside Bob: it stays open, and the register says why."""
    company, request = asked
    own = force(company.sim, "promotion.approved", STREAM, {"request": request} | REASON, CAROL)
    company.say(BOB, "promotion.approved", {"request": request} | REASON)
    reader = company.sim.reader()
    found = reader.replay(STREAM).state.stages.requests[request]
    assert (found.status, [one.by for one in found.approvals]) == ("open", [BOB])
    assert [answer.source.number for answer in found.against] == [own]
    rows = {row.number: row.refused for row in register_of(reader)}
    assert "may not record promotion.approved" in rows.pop(own)
    assert set(rows.values()) == {None}
    stops = {stop.number: stop for stop in history_of(reader, STREAM)}
    assert (stops[own].approved, bool(stops[own].against)) == ((), True)
    company.say(DORA, "promotion.approved", {"request": request} | REASON)
    company.say(CAROL, "promotion.executed", {"request": request, "version": "2.1", "to_stage": "production"})
    (place,) = company.sim.reader().replay(STREAM).state.stages.places
    assert (place.version, place.against) == ("2.1", None)


def test_a_rejection_by_who_may_not_reject_takes_nothing_away(asked: tuple[Company, str]) -> None:
    """State and rulebook agree: neither counts it."""
    company, request = asked
    for name in (BOB, DORA):
        company.say(name, "promotion.approved", {"request": request} | REASON)
    force(company.sim, "promotion.rejected", STREAM, {"request": request} | REASON, CAROL)
    assert company.sim.reader().replay(STREAM).state.stages.requests[request].status == "approved"
    moved_ = {"request": request, "version": "2.1", "to_stage": "production"}
    company.say(CAROL, "promotion.executed", moved_)  # the rulebook lets it


def test_own_decisions_waivers_and_corrections_count_nowhere(asked: tuple[Company, str]) -> None:
    """Whatever no role or four eyes allow is left out of states and of what rules look at."""
    company, _ = asked
    decision = company.say(CAROL, "decision.proposed", PROPOSED)
    accepted = force(
        company.sim, "decision.accepted", STREAM, {"decision": decision}, CAROL, meaning="approval"
    )
    waiver = {"rule": "GOAL-001", "until": "2999-01-01", "reason": "Because."}
    waived = force(company.sim, "waiver.granted", STREAM, waiver, CAROL)
    grant = {"key": signer_of(CAROL).key_id, "role": "owner", "reason": "Because I can."}
    granted = force(company.sim, "role.granted", "ledger", grant, CAROL)
    reader = company.sim.reader()
    state = reader.replay(STREAM).state
    assert state.decisions.proposals[decision].status == "proposed"
    assert {n for note in state.trail.refused for n in note.numbers} == {accepted, waived}
    holder = reader.replay().people.keys[signer_of(CAROL).key_id]
    assert "owner" not in str(holder)
    (checked,) = check_models(reader, [STREAM])
    assert not any(outcome.waived for outcome in checked.outcomes)
    (refused,) = (outcome for outcome in checked.outcomes if outcome.rule.id == "APP-003")
    assert {n for found in refused.found for n in found.numbers} == {accepted, waived, granted}


def test_a_model_that_nobody_may_register_is_none(asked: tuple[Company, str]) -> None:
    """It is checked only if somebody asks for it, or if a version stands there against the rules."""
    company, request = asked
    registered = {"title": "G", "purpose": "P.", "owner": BOB}
    force(company.sim, "model.registered", "model/ghost", registered, BOB)
    reader = company.sim.reader()
    assert models_of(reader, reader.history(), in_use=True) == [STREAM]
    event, fields = moved(request)["deployed"]
    force(company.sim, event, "model/ghost", fields, BOB)
    reader = company.sim.reader()
    assert models_of(reader, reader.history(), in_use=True) == [STREAM, "model/ghost"]


def test_one_event_is_judged_alone_as_among_all(asked: tuple[Company, str]) -> None:
    """What `mledger show` says of an event is what a verification finds of it."""
    company, request = asked
    number = force(company.sim, *_on(moved(request)["executed"]), CAROL)
    own = force(company.sim, "promotion.approved", STREAM, {"request": request} | REASON, CAROL)
    reader = company.sim.reader()
    found = {f.number: f.refused for f in reader.history().facts()}
    assert {fact.number: fact.refused for fact in reader.judged(reader.facts())} == found
    assert [n for n, why in found.items() if why] == [number, own]


def test_a_decision_that_nobody_may_propose_is_not_answered(asked: tuple[Company, str]) -> None:
    """It has a page like others, which says so, and no answer fits it."""
    company, _ = asked
    number = force(company.sim, "decision.proposed", STREAM, PROPOSED, BOB)
    reader = company.sim.reader()
    assert dossier(reader, reader.fact(number)).data["answered"]
    with pytest.raises(InputError, match="does not count"):
        check_fits(reader.replay(STREAM).state, number, "accepted")


def test_a_file_says_the_same_as_a_store_in_memory(
    asked: tuple[Company, str], tmp_path: Any, home: Any
) -> None:
    """With the caches of streams and snapshots between, and on the second look too."""
    company, request = asked
    number = force(company.sim, *_on(moved(request)["executed"]), CAROL)
    path = tmp_path / "copy.db"
    with closing(open_store(path, create=True)) as store:
        _copy(store, list(company.sim.store.entries()))
    for _ in range(2):
        with Reader.open(path, clock=company.sim.clock) as reader:
            (place,) = reader.replay().state.models[STREAM].live
            assert LACKS in place.against
            (place,) = reader.replay(STREAM).state.stages.places
            assert (place.since.number, LACKS in place.against) == (number, True)
            assert reader.verify(full=True).exit_code == 1


def _on(move: tuple[str, dict[str, Any]]) -> tuple[str, str, dict[str, Any]]:
    return move[0], STREAM, move[1]


def _copy(store: Any, entries: list[Any]) -> None:
    frontier = Frontier()
    nodes = [node for entry in entries for node in frontier.append(entry.leaf)]
    store.append(entries, nodes, after=store.head())
