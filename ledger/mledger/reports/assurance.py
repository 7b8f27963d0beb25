"""The assurance case of a version: claims, evidence, and holes.

At the top stands that the version is fit for its purpose. It rests on goals, each goal on claims, and
each claim on events: on rules that find nothing, and on what there is to show. What a rule finds, or
what nobody has recorded, is a hole. A waiver explains a hole, with its reason and its day; it does
not fill it. What only a working tree could show is said to be left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from mledger.checks.engine import Outcome, Waiver, check, waivers_of
from mledger.checks.words import quoted
from mledger.checks.world import World
from mledger.projections.dossier import Dossier
from mledger.reports.assurance_goals import GOALS, Case, Part
from mledger.reports.base import Claim, Document, Report, Section, known, register

NAME, TITLE = "assurance", "The case that a version is fit for its purpose, and its holes"

State = Literal["shown", "explained", "hole", "left out"]


@dataclass(frozen=True, slots=True)
class Hole:
    """What a claim lacks, with the command that fills it, or the waiver that explains it."""

    words: str
    numbers: tuple[str, ...]
    fix: str
    rule: str | None = None
    waiver: Waiver | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One claim: its number in the tree, what shows it, what it lacks, and which rules were not applied."""

    number: str
    part: Part
    evidence: tuple[Claim, ...]
    holes: tuple[Hole, ...]
    skipped: tuple[str, ...]

    @property
    def state(self) -> State:
        """What came of the claim, in a word."""
        if any(hole.waiver is None for hole in self.holes):
            return "hole"
        if self.holes:
            return "explained"
        return "left out" if self.skipped else "shown"

    def to_json(self) -> dict[str, object]:
        """The claim as `--json` prints it."""
        return {
            "number": self.number,
            "claim": self.part.claim,
            "state": self.state,
            "rules": list(self.part.rules),
            "evidence": [claim.to_json() for claim in self.evidence],
            "holes": [_hole(self, hole) for hole in self.holes],
            "not_applied": list(self.skipped),
        }


def assurance(dossier: Dossier, world: World) -> Document:
    """The case for the version that is asked about, or else for the one that counts.

    `data` holds the tree as `goals`, and `holes` that nothing explains.
    """
    case = _case(dossier)
    outcomes = {outcome.rule.id: outcome for outcome in check(case.dossier, world).outcomes}
    waivers = [waiver for waiver in waivers_of(dossier) if waiver.until >= dossier.day]
    tree = [
        (
            f"{n} {title}",
            [_judged(f"{n}.{m}", part, case, outcomes, waivers) for m, part in enumerate(parts, 1)],
        )
        for n, (title, parts) in enumerate((*GOALS, *_others(outcomes)), 1)
    ]
    judged = [one for _, found in tree for one in found]
    holes = [_hole(one, hole) for one in judged for hole in one.holes if hole.waiver is None]
    sections = [
        Section("The case", tuple(_top(case, judged))),
        *(Section(title, tuple(claim for one in found for claim in _told(one))) for title, found in tree),
        Section("Holes", tuple(_listed(judged)), "none"),
        Section("Not looked at here", tuple(_left_out(judged, outcomes)), "nothing"),
    ]
    goals = [{"goal": title, "claims": [one.to_json() for one in found]} for title, found in tree]
    about = f"{dossier.name} {case.version.name}" if case.version else dossier.name
    return Document(NAME, TITLE, about, tuple(sections), known(dossier), {"goals": goals, "holes": holes})


register(Report(NAME, TITLE, "version", assurance))


def _case(dossier: Dossier) -> Case:
    """The version that is meant, with its run; a model without one has no version yet."""
    current = dossier.state.current
    if dossier.asked is None and current is not None:
        dossier = replace(dossier, asked=current.name)
    version = next(iter(dossier.versions), None) if dossier.asked else None
    return Case(dossier, version, dossier.run_of(version))


def _others(outcomes: dict[str, Outcome]) -> Iterator[tuple[str, tuple[Part, ...]]]:
    """A goal for the rules of plug-ins, which no claim of ours rests on."""
    named = {rule for _, parts in GOALS for part in parts for rule in part.rules}
    others = tuple(Part(one.rule.title, (id_,)) for id_, one in outcomes.items() if id_ not in named)
    if others:
        yield "The rules of the house are kept", others


def _judged(
    number: str, part: Part, case: Case, outcomes: dict[str, Outcome], waivers: list[Waiver]
) -> Judged:
    """What came of one claim."""
    evidence = tuple(part.evidence(case)) if part.evidence else ()
    applied = [outcomes[rule] for rule in part.rules if rule in outcomes]
    holes = [hole for outcome in applied for hole in _found(outcome)]
    skipped = [outcome.rule.id for outcome in applied if outcome.skipped is not None]
    if not evidence and not holes and part.lacking is not None:
        words, fix = part.lacking
        covering = next((w for w in waivers if w.on is None and w.rule.upper() in part.rules), None)
        version = quoted(case.version.name) if case.version else "VERSION"
        filled = fix.format(model=case.dossier.name, stream=case.dossier.stream, version=version)
        holes.append(Hole(words, (), filled, waiver=covering))
    return Judged(number, part, evidence, tuple(holes), tuple(skipped))


def _found(outcome: Outcome) -> Iterator[Hole]:
    """What a rule found, whether it is waived or not."""
    for found in outcome.found:
        yield Hole(found.message, found.numbers, found.fix or outcome.rule.fix, outcome.rule.id)
    for found, waiver in outcome.waived:
        yield Hole(found.message, found.numbers, found.fix or outcome.rule.fix, outcome.rule.id, waiver)


def _hole(one: Judged, hole: Hole) -> dict[str, Any]:
    """A hole as `--json` prints it."""
    return {
        "claim": one.number,
        "what": hole.words,
        "rule": hole.rule,
        "events": list(hole.numbers),
        "fix": hole.fix,
        "waiver": hole.waiver._asdict() if hole.waiver else None,
    }


# --- what is said


def _top(case: Case, judged: list[Judged]) -> Iterator[Claim]:
    """The claim at the top, and how far it is carried."""
    name, purpose = case.dossier.name, case.dossier.state.profile.get("purpose")
    what = f"{name} {case.version.name}" if case.version else f"{name}, of which nothing is released,"
    released = (case.version.source.number,) if case.version else ()
    of_what = f": {purpose.value}" if purpose else ", which nobody has stated"
    numbers = (*released, *(purpose.numbers if purpose else ()))
    yield Claim(f"{what} is fit for its purpose{of_what}", numbers, "claim")
    states = [one.state for one in judged]
    parts = [f"{len(judged)} claims", f"{states.count('shown')} shown"]
    parts += [f"{n} {word}" for word in ("explained", "hole", "left out") if (n := states.count(word))]
    yield Claim(", ".join(parts).replace(" hole", " with a hole"), (), "standing")


def _told(one: Judged) -> Iterator[Claim]:
    """A claim, what shows it, and what it lacks."""
    bare = one.state == "shown" and not one.evidence
    against = ", nothing speaks against it" if bare else ""
    yield Claim(f"{one.part.claim}: {one.state}{against}", (), one.number)
    yield from (Claim(claim.words, claim.numbers, "evidence") for claim in one.evidence)
    for hole in one.holes:
        words = f"{hole.words} ({hole.rule})" if hole.rule else hole.words
        yield Claim(words, hole.numbers, "waived" if hole.waiver else "hole")
        if (waiver := hole.waiver) is not None:
            yield Claim(f"{waiver.reason} ({waiver.by}, until {waiver.until})", (waiver.number,), "because")


def _listed(judged: list[Judged]) -> Iterator[Claim]:
    """The holes that nothing explains, each with the claim that it is in."""
    for one in judged:
        for hole in one.holes:
            if hole.waiver is None:
                yield Claim(hole.words, hole.numbers, one.number)


def _left_out(judged: list[Judged], outcomes: dict[str, Outcome]) -> Iterator[Claim]:
    """The rules that were not applied, and why."""
    for one in judged:
        for rule in one.skipped:
            outcome = outcomes[rule]
            yield Claim(f"{outcome.rule.title} ({rule}): {outcome.skipped}", (), one.number)
