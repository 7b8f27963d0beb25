"""Checks as SARIF 2.1.0, for whoever shows findings beside code."""

from collections.abc import Iterable
from typing import Any

from mledger._version import __version__
from mledger.checks.engine import Checked, Outcome, Waived
from mledger.core.digest import sha256_hex

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(checks: Iterable[Checked], ledger: str) -> dict[str, Any]:
    """One SARIF log with one run: each finding a result, each waived one a result that is suppressed.

    `ledger` is the ledger's file, as a URI relative to the working tree: there findings stand that
    are about no other file.
    """
    found = list(checks)
    rules = list({o.rule.id: o for checked in found for o in checked.outcomes}.values())
    places = {outcome.rule.id: n for n, outcome in enumerate(rules)}
    results = [
        result
        for checked in found
        for outcome in checked.outcomes
        for result in _results(checked, outcome, places[outcome.rule.id], ledger)
    ]
    driver = {"name": "mledger", "semanticVersion": __version__, "rules": list(map(_rule, rules))}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(outcome: Outcome) -> dict[str, Any]:
    rule = outcome.rule
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why}\n\nfix: {rule.fix}"},
        "defaultConfiguration": {"level": rule.severity},
    }


def _results(checked: Checked, outcome: Outcome, place: int, ledger: str) -> Iterable[dict[str, Any]]:
    rows: list[tuple[Any, Waived | None]] = [(found, None) for found in outcome.found]
    rows += [(waived.found, waived) for waived in outcome.waived]
    for found, waived in rows:
        events = ", ".join(found.numbers)
        said = f"{found.message} (event {events})" if events else found.message
        where = {"physicalLocation": {"artifactLocation": {"uri": found.where or ledger}}}
        names = [{"name": checked.stream, "kind": "module"}]
        names += [{"name": number, "fullyQualifiedName": f"event {number}"} for number in found.numbers]
        result = {
            "ruleId": outcome.rule.id,
            "ruleIndex": place,
            "level": outcome.severity,
            "message": {"text": f"{said}\nfix: {found.fix}"},
            "locations": [where | {"logicalLocations": names}],
            "partialFingerprints": {
                "mledger/v1": sha256_hex(f"{checked.stream}\n{outcome.rule.id}\n{found.message}".encode())
            },
        }
        if waived is not None:
            result["suppressions"] = [
                {
                    "kind": "external",
                    "status": "accepted",
                    "justification": f"{waived.waiver.reason} (event {waived.waiver.number},"
                    f" {waived.waiver.by}, until {waived.waiver.until})",
                }
            ]
        yield result
