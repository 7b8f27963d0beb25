"""Applies rules to a dossier: outcomes, severities, waivers, counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mledger.checks import base
from mledger.checks.base import Found, Rule, Severity
from mledger.checks.words import plain
from mledger.checks.world import World
from mledger.core.moment import Moment
from mledger.events.waiver import WaiverGranted
from mledger.projections.dossier import Dossier
from mledger.projections.statements import Header

Status = Literal["passed", "failed", "warned", "waived", "not applied"]
Level = Literal["error", "warning", "off"]
STATUSES: tuple[Status, ...] = ("failed", "warned", "waived", "not applied", "passed")


class Waiver(NamedTuple):
    """That a rule is not enforced until a day: by whom, for what, and why."""

    number: str
    rule: str
    until: str
    by: str
    reason: str
    on: str | None = None
    version: str | None = None


class Waived(NamedTuple):
    """What a rule found, and the waiver that lets it pass for now."""

    found: Found
    waiver: Waiver


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one rule. `ended` are waivers that would cover what it found and are over."""

    rule: Rule
    severity: Severity
    found: tuple[Found, ...] = ()
    waived: tuple[Waived, ...] = ()
    ended: tuple[Waiver, ...] = ()
    skipped: str | None = None

    @property
    def status(self) -> Status:
        """The outcome in a word."""
        if self.skipped is not None:
            return "not applied"
        if self.found:
            return "failed" if self.severity == "error" else "warned"
        return "waived" if self.waived else "passed"

    def to_json(self) -> dict[str, object]:
        """The outcome as `--json` prints it."""
        return {
            "rule": self.rule.id,
            "title": self.rule.title,
            "severity": self.severity,
            "status": self.status,
            "found": [_found(found) for found in self.found],
            "waived": [_found(w.found) | {"waiver": w.waiver._asdict()} for w in self.waived],
            "ended_waivers": [waiver._asdict() for waiver in self.ended],
            "not_applied": self.skipped,
        }


def _found(found: Found) -> dict[str, object]:
    return {
        "message": found.message,
        "events": list(found.numbers),
        "fix": found.fix,
        "where": found.where,
    }


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of one model found: an outcome for each rule, in the order of their names."""

    stream: str
    versions: tuple[str, ...]
    entries: int
    today: Moment
    outcomes: tuple[Outcome, ...]
    framework: str | None = None

    def count(self) -> dict[Status, int]:
        """How many rules came to each status."""
        found = [outcome.status for outcome in self.outcomes]
        return {status: found.count(status) for status in STATUSES}

    @property
    def failed(self) -> bool:
        """Whether a rule failed whose severity is error."""
        return any(outcome.status == "failed" for outcome in self.outcomes)

    @property
    def exit_code(self) -> int:
        """0 as it should be, warnings aside; 1 if a rule failed."""
        return int(self.failed)

    def to_json(self) -> dict[str, object]:
        """The check as `--json` prints it."""
        return {
            "stream": self.stream,
            "versions": list(self.versions),
            "entries": self.entries,
            "today": self.today,
            "framework": self.framework,
            "count": dict(self.count()),
            "exit_code": self.exit_code,
            "rules": [outcome.to_json() for outcome in self.outcomes],
        }


def check(
    dossier: Dossier, world: World, *, framework: str | None = None, levels: Mapping[str, Level] | None = None
) -> Checked:
    """The outcome of every rule for one model; `levels` changes how grave some of them are.

    What the policy in force says of a rule's severity goes before `levels`.
    """
    asked: dict[str, Level] = {**(levels or {}), **(dossier.policy.checks if dossier.policy else {})}
    waivers = list(waivers_of(dossier))
    outcomes = tuple(_outcome(rule, dossier, world, waivers, asked.get(rule.id)) for rule in base.all())
    versions = tuple(version.name for version in dossier.versions)
    return Checked(dossier.stream, versions, dossier.entries, dossier.today, outcomes, framework)


def _outcome(
    rule: Rule, dossier: Dossier, world: World, waivers: list[Waiver], level: Level | None
) -> Outcome:
    severity: Severity = rule.severity if level in {None, "off"} else level  # type: ignore[assignment]
    if level == "off":
        return Outcome(rule, severity, skipped="switched off by the policy")
    for need in rule.needs:
        if getattr(world, need) is None:
            return Outcome(rule, severity, skipped=world.absent.get(need, f"{need} were not looked at"))
    left: list[Found] = []
    waived: list[Waived] = []
    ended: dict[str, Waiver] = {}
    for found in _filled(rule, dossier, world):
        covering = [w for w in waivers if _covers(w, rule.id, found, dossier)]
        holding = [w for w in covering if w.until >= dossier.day]
        if holding:
            waived.append(Waived(found, max(holding, key=lambda w: w.until)))
        else:
            left.append(found)
            ended |= {w.number: w for w in covering}
    return Outcome(rule, severity, tuple(left), tuple(waived), tuple(ended.values()))


def _filled(rule: Rule, dossier: Dossier, world: World) -> Iterator[Found]:
    """What the rule finds, each with the command that mends it."""
    for found in rule.check(dossier, world):
        fix = found.fix or rule.fix.format(model=dossier.name, stream=dossier.stream)
        numbers = tuple(dict.fromkeys(found.numbers))
        yield Found(plain(found.message), numbers, plain(fix), found.where)


def _covers(waiver: Waiver, rule: str, found: Found, dossier: Dossier) -> bool:
    """Whether a waiver is about what a rule found."""
    if waiver.rule.casefold() != rule.casefold():
        return False
    if waiver.version is not None and waiver.version not in {v.name for v in dossier.versions}:
        return False
    return waiver.on is None or (dossier.resolve(waiver.on) or waiver.on) in found.numbers


def waivers_of(dossier: Dossier) -> Iterator[Waiver]:
    """The waivers that may concern the model: on its stream, on those of its datasets and of the ledger."""
    for event, body in dossier.around(WaiverGranted):
        yield waiver_of(event, body)


def waiver_of(event: Header, body: WaiverGranted) -> Waiver:
    """A waiver as checks read it."""
    return Waiver(event.number, body.rule, body.until, event.source.by, body.reason, body.on, body.version)
