"""The parts of a dossier, each a list of claims."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mledger.chain import grave
from mledger.chain.agreeing import counts
from mledger.checking import dossier_in, gather
from mledger.checks.engine import check
from mledger.checks.summary import counted
from mledger.core.digest import short
from mledger.events.plan import PlanAgreed, PlanAmended
from mledger.projections.achieved import achieved
from mledger.projections.diff import Change
from mledger.projections.lapses import last_day
from mledger.projections.making import told_maker
from mledger.projections.model import ModelState, Version
from mledger.projections.model_told import reached
from mledger.projections.plans import amendments
from mledger.reports import reasons
from mledger.reports.base import Claim
from mledger.reports.reasons import LEFT_OPEN

if TYPE_CHECKING:
    from mledger.checks.base import Found
    from mledger.checks.engine import Outcome, Waived
    from mledger.desk.dossier import Case

# What makes a version another one; who said what about it stands elsewhere in the dossier.
_GROUPS = ("architecture", "parameters", "data", "evaluation", "purpose")
# Changes named one by one.
SHOWN = 20


def reason(case: "Case") -> Iterator[Claim]:
    """Why it is asked for, what may go wrong, how to go back."""
    body, own = case.body, (case.fact.number,)
    yield Claim(body.reason, own)
    for risk in body.risks:
        yield Claim(f"risk: {risk}", own)
    if body.rollback_plan:
        yield Claim(f"to go back: {body.rollback_plan}", own)


# --- an act that the policy calls grave


def why(case: "Case") -> Iterator[Claim]:
    """Why it should be done."""
    yield Claim(case.body.reason, (case.fact.number,))


def fields(case: "Case") -> Iterator[Claim]:
    """What exactly would be recorded."""
    for name, value in case.body.fields.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if (member := case.keyring.members.get(text)) is not None:
            text = f"{short(text)}, of {member.name}"
        yield Claim(f"{name}: {text}", (case.fact.number,))


def agreement(case: "Case") -> Iterator[Claim]:
    """Who has approved, and who is missing."""
    asked = case.keyring.requests.get(case.fact.number)
    if asked is None:
        yield Claim("it was done already")
        return
    for approval in grave.counted(case.keyring, asked):
        yield Claim(f"approved by {approval.name}", (approval.number,))
    if asked.void is not None:
        yield Claim("approvals before this count no more", (asked.void,))
    if lacks := grave.lacking(case.keyring, asked):
        yield Claim(f"missing: {counts(lacks)}")


# --- a version


def released(case: "Case") -> Version | None:
    """The version that a request is about, if it was released."""
    versions = getattr(case.state, "versions", {})
    found: Version | None = versions.get(case.body.version)
    return found


def version(case: "Case") -> Iterator[Claim]:
    """Its files by their digests, the run that made it, and on which data."""
    release = released(case)
    if release is None:
        yield Claim(f"{case.body.version} was never released: there is nothing to compare with")
        return
    for file in release.artifacts:
        yield Claim(f"{file.name}, sha256 {file.sha256[:12]}", (file.source.number,))
    run = case.state.maker_of(release)
    if run is None:
        yield Claim(f"run {release.run} is not recorded" if release.run else "the release names no run")
        return
    made = told_maker(case.state, release, run)
    yield Claim(f"{made}, {run.verdict or run.outcome}", run.numbers)
    for use in run.uses:
        data = case.datasets.get(use.name)
        state = data.versions.get(use.version) if data is not None and use.version else None
        digest = f", sha256 {state.digests[0].sha256[:12]}" if state is not None and state.digests else ""
        numbers = (state.source.number,) if state is not None else ()
        name = f"{use.name}@{use.version}" if use.version else f"{use.name}, of no stated version"
        yield Claim(f"{use.role} on {name}{digest}", numbers)


def objectives(case: "Case") -> Iterator[Claim]:
    """What was agreed, and whether the version reaches it."""
    for objective in achieved(case.state, released(case)):
        yield Claim(f"{objective.name} {reached(objective)}", objective.numbers)


def changed(case: "Case") -> Iterator[Claim]:
    """What is otherwise than when the version before was released."""
    release = released(case)
    before = None if release is None else _before(case.state, release)
    if before is None:
        return
    start = int(before.source.number.partition(".")[0])
    found = case.reader.diff(start, case.size - 1, case.fact.stream).changes
    changes = [change for change in found if change.group in _GROUPS]
    yield Claim(f"since {before.name}, {before.source.time[:10]}:", (before.source.number,))
    for change in changes[:SHOWN]:
        yield Claim(_change(change), change.numbers)
    if len(changes) > SHOWN:
        yield Claim(f"and {len(changes) - SHOWN} more: mledger diff {start} {case.size - 1} {case.model}")
    if not changes:
        yield Claim("no parameter, no data, no evaluation")


def _before(state: ModelState, release: Version) -> Version | None:
    """The version that a release follows: as it says, or else the one released before it."""
    if release.previous is not None:
        return state.versions.get(release.previous)
    names = list(state.versions)
    place = names.index(release.name)
    return state.versions[names[place - 1]] if place else None


def _change(change: Change) -> str:
    if change.before is None:
        return f"+ {change.path}: {change.after}"
    return f"- {change.path}" if change.after is None else f"{change.path}: {change.before} -> {change.after}"


def open_items(case: "Case") -> Iterator[Claim]:
    """Issues of the data that stand, decisions that nobody has answered, and those due to be looked at."""
    for name, data in case.datasets.items():
        for number, issue in data.standing_issues.items():
            if issue.status != "fixed":
                yield Claim(f"{name}: {issue.title}, {issue.severity}, {issue.status}", (number,))
    decisions = case.state.decisions
    for number, decision in decisions.by_status("proposed").items():
        if number != case.fact.number:
            yield Claim(f"decision {number} waits for an answer: {decision.title}", (number,))
    for number, decision in decisions.by_status("in force").items():
        if (day := last_day(decision)) is not None and day <= case.today:
            yield Claim(f"decision {number} was due for review on {day}", (number,))


def approvals(case: "Case") -> Iterator[Claim]:
    """Which approvals count under the policy, which do not and why, and what is missing."""
    asked = case.docket.asked(case.fact.number, case.size)
    standings = [] if asked is None else case.docket.standing(case.keyring, asked, case.size)
    if asked is None or not standings:
        found = case.state.stages.requests.get(case.fact.number)
        for one in found.approvals if found is not None else ():
            yield Claim(f"{one.by}, {one.meaning}", (one.number,))
        yield Claim(f"the policy asks for no number of approvals of {case.body.to_stage}")
        return
    for standing in standings:
        needs = _counts(standing.rule.needs)
        apart = ", by people who did not make it" if standing.rule.independent else ""
        yield Claim(f"needs: {needs}{apart}")
        for one in standing.counted:
            yield Claim(f"{one.name}, {', '.join(sorted(one.roles))}", (one.number,))
        for one, why in standing.others:
            yield Claim(f"{one.name} does not count: {why}", (one.number,))
        yield Claim(f"missing: {_counts(standing.missing)}" if standing.missing else "complete")
    if asked.void is not None:
        yield Claim("approvals before this do not count any more", (asked.void,))


def _counts(roles: Mapping[str, int]) -> str:
    return ", ".join(f"{role} {count}" for role, count in roles.items())


def checks(case: "Case") -> Iterator[Claim]:
    """What the rules find of the model and of the version that it is about, the worst first."""
    stream, version = case.fact.stream, getattr(case.body, "version", None)
    if not isinstance(case.state, ModelState):
        return
    history = case.reader.history().known_at(case.size)
    asked = version if version in case.state.versions else None
    known = dossier_in(case.reader, history, stream, asked, case.now)
    checked = check(known, gather(case.reader, known, None))
    yield Claim(counted(checked))
    lines = [
        *(_found(o, one) for o in checked.outcomes if o.status == "failed" for one in o.found),
        *(_found(o, one) for o in checked.outcomes if o.status == "warned" for one in o.found),
        *(_waived(o, one) for o in checked.outcomes for one in o.waived),
    ]
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield Claim(f"and {len(lines) - SHOWN} more: mledger check --model {case.model}")


def _found(outcome: "Outcome", found: "Found") -> Claim:
    return Claim(f"{outcome.rule.id} {outcome.status}: {found.message}", found.numbers)


def _waived(outcome: "Outcome", waived: "Waived") -> Claim:
    found, waiver = waived
    until = f"waived until {waiver.until} by {waiver.by}"
    return Claim(f"{outcome.rule.id} {until}: {found.message}", (*found.numbers, waiver.number))


# --- a decision, a review, a plan


def decision(case: "Case") -> Iterator[Claim]:
    """Its summary, the question, the choice and why."""
    body, own = case.body, (case.fact.number,)
    yield Claim(body.summary or LEFT_OPEN, own)
    yield Claim(f"question: {body.question or LEFT_OPEN}")
    yield Claim(f"choice: {body.choice}")
    yield Claim(f"because: {body.rationale or LEFT_OPEN}")
    yield Claim(f"data: {body.data_quality_influence or LEFT_OPEN}")


def options(case: "Case") -> Iterator[Claim]:
    """The alternatives, with what speaks against them."""
    for option in case.body.alternatives:
        chosen = option.name == case.body.choice
        yield Claim(f"{option.name}: {'chosen' if chosen else option.why_not or LEFT_OPEN}")


def expected(case: "Case") -> Iterator[Claim]:
    """The effects in numbers, the parameters, and what is given up."""
    for change in case.body.parameters:
        yield Claim(reasons.change(change))
    for effect in case.body.expected_effects:
        yield Claim(reasons.effect(effect))
    for line in case.body.tradeoffs:
        yield Claim(f"given up: {line}")


def evidence(case: "Case") -> Iterator[Claim]:
    """What the decision links to."""
    for ref in case.body.refs:
        where = f"event {ref.event}" if ref.event else reasons.target(ref)
        numbers = (ref.event,) if ref.event else ()
        yield Claim(f"{ref.rel}: {ref.title or where}", numbers)


def question(case: "Case") -> Iterator[Claim]:
    """What the reviewer is asked, about what, until when."""
    body, own = case.body, (case.fact.number,)
    yield Claim(body.question, own)
    yield Claim(f"about event {body.on}", (body.on,))
    if body.reviewers:
        yield Claim(f"asked: {', '.join(body.reviewers)}")
    if body.due:
        yield Claim(f"due {body.due}")
    for line in body.material:
        yield Claim(f"look at {line}")


def plan(body: Any) -> Iterator[Claim]:
    """What the plan says."""
    for label, values in (("data", body.data_sources), ("step", body.feature_steps)):
        for value in values:
            yield Claim(f"{label}: {value}")
    for split in body.splits:
        yield Claim(f"split {split.name}: {split.rule}")
    yield Claim(f"protocol: {body.evaluation_protocol}")
    for measure in body.metrics:
        yield Claim(f"{measure.metric} {measure.operator} {measure.value}")


def amended(case: "Case") -> Iterator[Claim]:
    """What an amended plan says otherwise than the one before it."""
    if isinstance(case.body, PlanAmended):
        earlier = case.reader.fact(case.body.plan)
        before = earlier.data
        if isinstance(before, PlanAgreed | PlanAmended):
            yield Claim(
                f"in the place of the plan of event {earlier.number}: {case.body.reason}", (earlier.number,)
            )
            yield from (Claim(one.words) for one in amendments(before, case.body))


def signed_plan(case: "Case") -> Iterator[Claim]:
    """Who has signed these words, and who has not."""
    found = {fact.signer: fact.number for fact in same_plan(case)}
    for name in case.body.signatories:
        if name in found:
            yield Claim(f"{name} signed", (found[name],))
        else:
            yield Claim(f"{name} has not signed")


def same_plan(case: "Case") -> Iterator[Any]:
    """The events that sign the same words."""
    facts = case.reader.facts(case.fact.stream, 0, case.size)
    same = (fact for fact in facts if fact.type == case.fact.type and fact.body == case.fact.body)
    return (fact for fact in case.reader.judged(same) if fact.refused is None)


# --- who has said what, who looks


def comments(case: "Case") -> Iterator[Claim]:
    """How many comments there are, and where."""
    talk = case.state.discussion.about.get(case.fact.number) if case.state is not None else None
    if talk is not None and talk.comments:
        yield Claim(f"{len(talk.comments)} on event {case.fact.number}", tuple(talk.comments))


def dissent(case: "Case") -> Iterator[Claim]:
    """What somebody objected to in this event, or in a decision behind the version."""
    about = {case.fact.number}
    if isinstance(case.state, ModelState) and (release := _release(case)) is not None:
        resolve = case.state.trail.resolve
        about |= {resolve(reference) or reference for reference in release.decisions}
    discussed = case.state.discussion.about if case.state is not None else {}
    for number, talk in discussed.items():
        if number not in about:
            continue
        for one in case.state.discussion.dissent:
            if one.source.number in talk.dissent:
                yield Claim(f"{one.source.by} on event {number}: {one.text}", (one.source.number,))


def _release(case: "Case") -> Version | None:
    return released(case) if case.fact.type == "promotion.requested" else None


def answers(case: "Case") -> Iterator[Claim]:
    """The answers that were given so far."""
    if case.fact.type == "decision.proposed":
        found = case.state.decisions.proposals.get(case.fact.number)
        for answer in found.answers if found is not None else ():
            yield Claim(f"{answer.verdict} by {answer.source.by}", (answer.source.number,))
    if case.fact.type == "promotion.requested":
        request = case.state.stages.requests.get(case.fact.number)
        for move in request.answers if request is not None else ():
            if move.kind == "rejected":
                yield Claim(f"rejected by {move.source.by}: {move.reason}", (move.source.number,))


def independence(case: "Case") -> Iterator[Claim]:
    """Whether who looks had a part in what is looked at."""
    person = case.person
    if person is None:
        return
    asked = case.keyring.members.get(case.fact.key)
    part = dict(makers_of(case))
    if (
        asked is not None
        and asked.person == person.person
        and case.fact.type not in {"plan.agreed", "plan.amended"}
    ):
        yield Claim(f"NOT independent: {person.name} signed event {case.fact.number}", (case.fact.number,))
    elif person.person in part:
        yield Claim(f"NOT independent: {person.name} signed {part[person.person]}")
    else:
        yield Claim(f"{case.fact.signer} asks, {person.name} answers")


def makers_of(case: "Case") -> dict[str, str]:
    """Everybody who has signed something behind the version, with what: more than the rulebook can tell."""
    if case.fact.type != "promotion.requested":
        return {}
    found = dict(case.docket.makers(case.fact.stream, case.body.version, case.size))
    release = released(case)
    run = None if release is None else case.state.maker_of(release)
    if run is not None:
        fact = case.reader.fact(run.source.number)
        member = case.keyring.members.get(fact.key)
        if member is not None:
            found.setdefault(member.person, f"run {run.name} (event {run.source.number})")
    return found
