"""Model risk management: SR 26-2 and OCC Bulletin 2026-13."""

from mledger.checks.framework import Ask, Framework, Paragraph, Seen, register

FRAMEWORK = register(
    Framework(
        "sr-26-2",
        "Records that support SR 26-2 / OCC Bulletin 2026-13 (model risk management)",
        "By topic and paraphrased, not by paragraph. A status is about records, not about the guidance.",
        (
            Paragraph(
                "inventory",
                "an inventory with purpose and owner",
                (Ask("purpose and owner", (Seen("model.registered", ("purpose", "owner")),)),),
            ),
            Paragraph(
                "materiality",
                "exposure and purpose decide how much is asked",
                (Ask("class of risk", (Seen("model.registered", ("risk_class",)),)),),
            ),
            Paragraph(
                "development",
                "sound design, with evidence",
                (
                    Ask("design with reasons", (Seen("decision.proposed", ("rationale",)),)),
                    Ask("testing", (Seen("evaluation.recorded"),)),
                    Ask("data", (Seen("dataset.registered", ("origin",)),), ("DATA-006",)),
                ),
            ),
            Paragraph(
                "validation",
                "effective challenge by somebody independent",
                (Ask("independent review", (Seen("review.submitted", (), (("independent", True),)),)),),
            ),
            Paragraph(
                "monitoring",
                "ongoing monitoring and outcomes analysis",
                (Ask("reports", (Seen("monitoring.reported"),)),),
            ),
            Paragraph(
                "triggers",
                "what makes a model be validated again",
                (Ask("conditions", (Seen("decision.proposed", ("validity_conditions",)),)),),
            ),
            Paragraph(
                "change",
                "changes are controlled",
                (Ask("what changed", (Seen("version.released", ("notes",)),), ("PARAM-001", "CODE-001")),),
            ),
            Paragraph(
                "governance",
                "roles, policy, approvals",
                (
                    Ask("policy and roles", (Seen("ledger.opened"), Seen("policy.adopted"))),
                    Ask("approvals", (Seen("promotion.approved"),), ("APP-001",)),
                ),
            ),
            Paragraph("vendor", "models of others", (Ask("no event of mledger says this"),)),
        ),
    )
)
