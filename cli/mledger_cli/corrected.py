"""What was put right in an event, beside what it says."""

from typing import TYPE_CHECKING

from mledger_cli.stories import told as value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mledger.chain.history import Fact
    from mledger.projections.statements import Correction
    from mledger.reader import Reader

CORRECTED = "record.corrected"


def corrections_of(reader: "Reader", fact: "Fact") -> "tuple[Correction, ...]":
    """What later events put right in this one; of a correction, what it puts right itself."""
    from mledger.projections.corrections import amendments

    # A correction stands behind what it puts right: of another event nothing before it matters.
    start = 0 if fact.type == CORRECTED else fact.seq
    facts = reader.judged(reader.facts(fact.stream, start), {CORRECTED})
    found = amendments(list(facts)).get(fact.number)
    return found.corrections if found else ()


def row(correction: "Correction") -> dict[str, object]:
    """A correction as `--json` prints it."""
    names = ("event", "path", "before", "after", "reason", "problem")
    return {"by": correction.source.number} | {name: getattr(correction, name) for name in names}


def told(corrections: "Iterable[Correction]", fact: "Fact") -> dict[str, object]:
    """The corrections as a block among facts."""
    label = "corrects" if fact.type == CORRECTED else "corrected"
    return {label: "\n" + "\n".join(_told(one, fact) for one in corrections)}


def _told(correction: "Correction", fact: "Fact") -> str:
    """A correction in words: what was said, what should have been, by which event of whom, why."""
    source = correction.source
    change = (
        f"{correction.path}: it says {value(correction.before)}, and should say {value(correction.after)}"
    )
    where = f"of event {correction.event}" if source.number == fact.number else f"by event {source.number}"
    not_applied = f"; not applied: {correction.problem}" if correction.problem else ""
    return f"{change} ({where}, {source.by}: {correction.reason}{not_applied})"
