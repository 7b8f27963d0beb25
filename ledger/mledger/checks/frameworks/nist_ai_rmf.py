"""The AI Risk Management Framework of NIST, version 1.0."""

from mledger.checks.framework import Ask, Framework, Paragraph, Seen, register


def _one(id: str, title: str, *events: Seen, rules: tuple[str, ...] = ()) -> Paragraph:
    what = title if events else "no event of mledger says this"
    return Paragraph(id, title, (Ask(what, events, rules),))


FRAMEWORK = register(
    Framework(
        "nist-ai-rmf",
        "Records that support the NIST AI Risk Management Framework 1.0 (AI 100-1)",
        "Those of its subcategories that records of a model can show, paraphrased.",
        (
            _one("GOVERN 1.4", "a transparent process", Seen("ledger.opened"), Seen("policy.adopted")),
            _one("GOVERN 1.5", "periodic review is planned", Seen("review.scheduled")),
            _one("GOVERN 1.6", "an inventory", Seen("model.registered")),
            _one("GOVERN 1.7", "decommissioning", Seen("model.retired"), Seen("artifact.retired")),
            _one("GOVERN 2.1", "roles are documented", Seen("ledger.opened"), Seen("role.granted")),
            _one("GOVERN 4.2", "risks are documented", Seen("risk.assessed")),
            _one("MAP 1.1", "purpose and setting", Seen("model.registered", ("purpose", "intended_use"))),
            _one("MAP 1.6", "requirements", Seen("problem.framed"), Seen("plan.agreed")),
            _one("MAP 2.1", "tasks and methods", Seen("decision.proposed", ("rationale",))),
            _one("MAP 2.2", "limits of knowledge", Seen("version.released", ("limitations",))),
            _one("MAP 2.3", "how it is tested", Seen("plan.agreed", ("evaluation_protocol",))),
            _one("MAP 3.3", "scope of application", Seen("model.registered", ("out_of_scope",))),
            _one("MAP 4.1", "third-party technology and data"),
            _one("MEASURE 1.1", "metrics, and what is not measured", Seen("plan.agreed", ("not_measured",))),
            _one("MEASURE 2.1", "test sets and tools", Seen("evaluation.recorded", ("datasets", "tool"))),
            _one("MEASURE 2.3", "performance", Seen("evaluation.recorded"), rules=("DATA-007",)),
            _one(
                "MEASURE 2.5",
                "validity and its limits",
                Seen("decision.proposed", ("validity_conditions",)),
            ),
            _one(
                "MEASURE 2.9",
                "explanation",
                Seen("evidence.attached", (), (("kind", "explanation"),)),
            ),
            _one("MEASURE 2.11", "fairness", Seen("evaluation.recorded", ("slices",))),
            _one("MEASURE 2.12", "environmental impact", Seen("run.finished", ("resources",))),
            _one("MANAGE 1.1", "go or no-go", Seen("promotion.approved"), Seen("promotion.rejected")),
            _one("MANAGE 1.4", "residual risk", Seen("risk.mitigated", ("residual",))),
            _one("MANAGE 2.4", "taking out of use", Seen("rollback.executed"), Seen("model.retired")),
            _one("MANAGE 4.1", "monitoring after deployment", Seen("monitoring.reported")),
            _one("MANAGE 4.3", "incidents", Seen("incident.reported")),
        ),
    )
)
