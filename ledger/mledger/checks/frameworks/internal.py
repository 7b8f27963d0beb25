"""What this house asks of itself: every rule, by topic."""

from mledger.checks import base
from mledger.checks.framework import Ask, Framework, Paragraph, register


def _rules(id: str, title: str, *rules: str) -> Paragraph:
    return Paragraph(id, title, tuple(Ask(base.find(rule).title, (), (rule,)) for rule in rules))


FRAMEWORK = register(
    Framework(
        "internal",
        "What this house asks of itself",
        "Every rule of `mledger check`, by what it is about.",
        (
            _rules("goals", "Goals and objectives", "GOAL-001", "GOAL-002", "GOAL-003", "GOAL-004"),
            _rules("plan", "The plan before the work", "PLAN-001"),
            _rules("reasons", "Reasons of decisions", "RAT-001", "RAT-003", "RAT-004", "RAT-005"),
            _rules(
                "design", "Architecture, parameters, code", "ARCH-001", "PARAM-001", "OPT-002", "CODE-001"
            ),
            _rules("data", "Data", "DATA-002", "DATA-003", "DATA-004", "DATA-006", "DATA-007", "DATA-008"),
            _rules("runs", "Runs and what they taught", "RUN-001", "RUN-002", "RUN-003", "LIM-001"),
            _rules("releases", "Releases", "REL-001", "REL-002"),
            _rules("approvals", "Approvals", "APP-001", "APP-002", "APP-003"),
            _rules("risks", "Risks", "RISK-001", "RISK-002"),
            _rules("reviews", "Reviews", "REV-003", "REV-004", "REV-005"),
            _rules("links", "References", "LINK-001", "LINK-003", "LINK-004"),
        ),
    )
)
