"""Moves of versions: what the state already knows."""

import shlex
from typing import TYPE_CHECKING

from mledger.errors import InputError, NotFoundError
from mledger.projections.model import ModelState, Version
from mledger.projections.moves import Place, Request
from mledger.registry import unknown

if TYPE_CHECKING:
    from mledger.events.policy import Policy

Fields = dict[str, object]
# Stages that everybody knows; a policy may name others, and so may a model, once.
USUAL = ("staging", "production")


def request(state: ModelState, version: str, stage: str, policy: "Policy | None", *, new: bool) -> Fields:
    """What is known of a request for a stage, which may be `new`.

    Errors: NotFoundError for a version nobody released, and for a stage that nobody knows.
    """
    _released(state, version)
    stage = _spelt(state, stage, policy, new=new)
    standing = [place.stage for place in state.stages.places if place.version == version]
    if stage.casefold() in map(str.casefold, standing):
        raise InputError(f"{version} stands in {stage} already", fix=_history(state, version))
    fields: Fields = {"version": version, "to_stage": stage}
    return fields | ({"from_stage": standing[-1]} if standing else {})


def _spelt(state: ModelState, stage: str, policy: "Policy | None", *, new: bool) -> str:
    """The stage as the life of the model spells it, or the policy, or everybody. Errors: NotFoundError."""
    places, steps = state.stages.places, state.stages.steps
    lived = [place.stage for place in places]
    lived += [name for step in steps for name in (step.from_stage, step.to_stage) if name]
    ruled = [name for rule in (policy.approvals if policy else ()) for name in rule.stages]
    known: dict[str, str] = {}
    for name in (*lived, *ruled, *USUAL):
        known.setdefault(name.casefold(), name)
    if stage.casefold() in known:
        return known[stage.casefold()]
    if not new:
        line = f"{unknown('stage', stage, known.values())}; there are {', '.join(known.values())}"
        raise NotFoundError(line, fix="if you mean a new one: --new-stage")
    return stage


def execute(state: ModelState, number: str) -> Fields:
    """What is known of the execution of a request, by its number.

    Where it was deployed, and nothing else, that may be said as well. Errors: InputError if it was moved
    on its approvals already, was rejected, or went back.
    """
    found = _request(state, number)
    moved = found.moved
    deployed = {step.source.number for step in state.stages.steps if step.what == "deployed"}
    done = moved is not None and moved.number not in deployed
    if moved is not None and done and (found.standing(moved.number) or not found.approvals):
        raise InputError(
            f"request {number} was moved already by event {moved.number}",
            fix=_history(state, found.version),
        )
    fields: Fields = {"request": number, "version": found.version, "to_stage": found.to_stage}
    if found.from_stage is not None:
        fields["from_stage"] = found.from_stage
    held = _before(state, found)
    return fields | ({"replaced": held} if held is not None else {})


def deploy(state: ModelState, number: str) -> Fields:
    """What is known of a deployment under a request, by its number. Errors: InputError."""
    found = _request(state, number)
    return {"request": number, "version": found.version, "stage": found.to_stage}


def unapproved(state: ModelState, number: str) -> str | None:
    """What is to be said of a move on a request that nobody has approved; None if somebody has."""
    found = state.stages.requests[number]
    if found.approvals:
        return None
    return f"nobody has approved request {number}, and the policy asks for no approval of {found.to_stage}"


def roll_back(state: ModelState, version: str, stage: str | None) -> Fields:
    """What is known of a rollback to a version: from which, in which stage, by which earlier request.

    Errors: InputError if nothing stands there; NotFoundError.
    """
    _released(state, version)
    if stage is None:
        place = state.stages.foremost
        if place is None:
            raise InputError(f"no version of {state.name} stands anywhere", fix=_history(state))
        stage = place.stage
    held = _holder(state, stage)
    if held is None:
        raise InputError(f"no version of {state.name} stands in {stage}", fix=_history(state))
    if held.version == version:
        raise InputError(f"{version} stands in {stage} now", fix=_history(state, version))
    fields: Fields = {"from_version": held.version, "to_version": version, "stage": held.stage}
    earlier = [
        number
        for number, asked in state.stages.requests.items()
        if (asked.version, asked.to_stage.casefold()) == (version, stage.casefold()) and asked.approvals
    ]
    return fields | ({"request": earlier[-1]} if earlier else {})


def _history(state: ModelState, version: str | None = None) -> str:
    """The command that shows how versions moved."""
    return f"mledger history {state.name}{f'@{version}' if version else ''}"


def _released(state: ModelState, version: str) -> Version:
    """The version, if it was released. Errors: NotFoundError with the nearest names."""
    found = state.versions.get(version)
    if found is None:
        raise NotFoundError(
            unknown("released version", version, state.versions),
            fix=f"mledger release {state.name}@{version} --run RUN --notes TEXT",
        )
    return found


def _request(state: ModelState, number: str) -> Request:
    found = state.stages.requests.get(number)
    if found is None:
        raise InputError(
            f"event {number} is no request for a stage of {state.name}",
            fix=f"mledger log {state.stream} --type promotion.requested",
        )
    what = shlex.quote(f"{state.name}@{found.version}")
    anew = f"ask anew: mledger promotion request {what} --to {shlex.quote(found.to_stage)} --reason TEXT"
    if found.status == "rejected":
        no = [answer.source for answer in found.answers if answer.kind == "rejected"][-1]
        raise InputError(f"request {number} was rejected by {no.by}, event {no.number}", fix=anew)
    if found.status == "rolled back" and not found.approvals:
        message = f"{found.version} was rolled back in event {found.voids[-1]}, and request {number} with it"
        raise InputError(message, fix=anew)
    return found


def _holder(state: ModelState, stage: str) -> Place | None:
    """The place that counts in a stage."""
    places = [place for place in state.stages.places if place.stage.casefold() == stage.casefold()]
    return places[-1] if places else None


def _before(state: ModelState, found: Request) -> str | None:
    """The version that came last into the stage of a request, before the one that it is about."""
    stage, steps = found.to_stage.casefold(), state.stages.steps
    came = [s.version for s in steps if (s.to_stage or "").casefold() == stage and s.version != found.version]
    return came[-1] if came and state.stages.retired is None else None
