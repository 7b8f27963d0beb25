"""What parts of a state say, one statement at a time."""

from collections.abc import Iterator
from typing import Any

from mledger.projections.base import Statement
from mledger.projections.decisions import Decision, Decisions
from mledger.projections.discussion import Discussion
from mledger.projections.statements import Trail


def shown(value: Any) -> str:
    """A value as people read it: lists by commas."""
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def decided(decisions: Decisions) -> Iterator[Statement]:
    """Each decision with its status; those of architecture and the parameters that they set also apart."""
    for number, decision in decisions.proposals.items():
        if decision.category == "architecture" and decision.status == "in force":
            yield Statement("architecture", f"{decision.title} ({number})", decision.choice, decision.numbers)
    for name, parameter in decisions.parameters.items():
        value = "dropped" if parameter.value is None else shown(parameter.value)
        yield Statement("parameters", name, value, (parameter.decision, parameter.source.number))
    for number, decision in decisions.proposals.items():
        yield Statement("decisions", f"{number} {decision.title}", status(decision), decision.numbers)


def status(decision: Decision) -> str:
    """What became of a decision, and by whom."""
    if decision.status == "superseded":
        return f"superseded by {decision.superseded_by}"
    verdict = "accepted" if decision.status == "in force" else decision.status
    people = dict.fromkeys(a.source.by for a in decision.answers if a.verdict == verdict)
    by = f" by {', '.join(people)}" if people else ""
    return f"in force, accepted{by}" if decision.status == "in force" else f"{decision.status}{by}"


def said(discussion: Discussion) -> Iterator[Statement]:
    """How much was said about each event; each dissent by name."""
    for number, talk in discussion.about.items():
        if talk.comments:
            yield Statement(
                "discussion", f"comments on {number}", str(len(talk.comments)), tuple(talk.comments)
            )
    for dissent in discussion.dissent:
        path = f"dissent of {dissent.source.by} from {dissent.on} ({dissent.source.number})"
        yield Statement("discussion", path, dissent.text, (dissent.source.number,))


def corrected(trail: Trail) -> Iterator[Statement]:
    """Each correction: what an event said, what it should have said."""
    for correction in trail.corrections:
        problem = f" (not applied: {correction.problem})" if correction.problem else ""
        value = f"{_quoted(correction.before)} -> {_quoted(correction.after)}{problem}"
        path = f"event {correction.event} {correction.path} (by {correction.source.number})"
        yield Statement("corrected", path, value, (correction.event, correction.source.number))


def _quoted(value: Any) -> str:
    return "nothing" if value is None else shown(value)


# Two fields of a registration whose names would not stand beside what they say.
_SHORT = {"problem_domain": "domain", "evaluation_criteria": "judged by"}


def label(field: str) -> str:
    """What a page calls a field of a registration."""
    return _SHORT.get(field, field.replace("_", " "))
