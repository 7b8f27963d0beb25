"""Technical documentation: Annex IV of Regulation (EU) 2024/1689."""

from mledger.checks.framework import Ask, Framework, Paragraph, Seen, register

_UNSAID = "no event of mledger says this; keep it elsewhere, or waive it with the place"

FRAMEWORK = register(
    Framework(
        "eu-ai-act-annex-iv",
        "Records that support Annex IV of Regulation (EU) 2024/1689 (technical documentation)",
        "All nine points, paraphrased; 1 and 2 by letter. A status is about records, not about the law.",
        (
            Paragraph(
                "1(a)",
                "intended purpose, provider, version and its relation to earlier ones",
                (
                    Ask("intended purpose", (Seen("model.registered", ("purpose",)),)),
                    Ask("version", (Seen("version.released", ("version",)),)),
                    Ask(f"provider ({_UNSAID})"),
                ),
            ),
            Paragraph("1(b)", "interaction with hardware, software and other systems", (Ask(_UNSAID),)),
            Paragraph(
                "1(c)",
                "versions of software, and requirements for updates",
                (Ask("software around a run", (Seen("run.started", ("env",)),)),),
            ),
            Paragraph(
                "1(d)",
                "forms in which it is placed on the market",
                (Ask("where it serves", (Seen("deployment.recorded", ("environment",)),)),),
            ),
            Paragraph("1(e)", "hardware on which it is meant to run", (Ask(_UNSAID),)),
            Paragraph("1(f)", "pictures of products of which it is a part", (Ask(_UNSAID),)),
            Paragraph("1(g)", "user interface for the deployer", (Ask(_UNSAID),)),
            Paragraph("1(h)", "instructions for use", (Ask(_UNSAID),)),
            Paragraph(
                "2(a)",
                "methods and steps of development, third-party parts",
                (
                    Ask("methods", (Seen("plan.agreed"), Seen("transform.recorded"))),
                    Ask(f"third-party parts ({_UNSAID})"),
                ),
            ),
            Paragraph(
                "2(b)",
                "design choices with rationale, what is optimised, trade-offs",
                (
                    Ask("choices with rationale", (Seen("decision.proposed", ("rationale",)),)),
                    Ask("what is optimised", (Seen("problem.framed", ("metrics",)),)),
                    Ask("trade-offs", (Seen("decision.proposed", ("tradeoffs",)),)),
                ),
            ),
            Paragraph(
                "2(c)",
                "architecture, and computing resources used",
                (
                    Ask("architecture", (Seen("decision.proposed", (), (("category", "architecture"),)),)),
                    Ask(
                        "computing resources",
                        (Seen("run.finished", ("resources",)), Seen("run.started", ("hardware",))),
                    ),
                ),
            ),
            Paragraph(
                "2(d)",
                "data: origin, scope, selection, preparation",
                (
                    Ask("origin", (Seen("dataset.registered", ("origin", "collected_how")),)),
                    Ask("preparation", (Seen("transform.recorded", ("steps",)),)),
                    Ask("characteristics", (Seen("profile.recorded"),)),
                ),
            ),
            Paragraph(
                "2(e)",
                "human oversight",
                (Ask("assessment", (Seen("risk.assessed", (), (("kind", "oversight"),)),)),),
            ),
            Paragraph("2(f)", "changes that are determined beforehand", (Ask(_UNSAID),)),
            Paragraph(
                "2(g)",
                "validation and testing, test reports dated and signed",
                (
                    Ask("data and metrics of tests", (Seen("evaluation.recorded", ("metrics",)),)),
                    Ask("tests by group", (Seen("evaluation.recorded", ("slices",)),)),
                    Ask("signed reports", (Seen("evaluation.recorded", ("report",)),)),
                ),
            ),
            Paragraph(
                "2(h)",
                "cybersecurity",
                (Ask("measures", (Seen("risk.mitigated", (), (("kind", "security"),)),)),),
            ),
            Paragraph(
                "3",
                "monitoring, functioning and control: limits, groups, foreseeable misuse",
                (
                    Ask("limitations", (Seen("version.released", ("limitations",)),)),
                    Ask("accuracy by group", (Seen("evaluation.recorded", ("slices",)),)),
                    Ask("foreseeable misuse", (Seen("risk.assessed", (), (("kind", "misuse"),)),)),
                ),
            ),
            Paragraph(
                "4",
                "why the metrics are appropriate",
                (Ask("reasons", (Seen("decision.proposed", (), (("category", "evaluation"),)),)),),
            ),
            Paragraph(
                "5",
                "risk management",
                (Ask("risks", (Seen("risk.assessed"),)), Ask("measures", (Seen("risk.mitigated"),))),
            ),
            Paragraph(
                "6",
                "relevant changes through the lifecycle",
                (Ask("what changed", (Seen("version.released", ("notes",)),), ("PARAM-001",)),),
            ),
            Paragraph("7", "harmonised standards, or other solutions", (Ask(_UNSAID),)),
            Paragraph("8", "copy of the EU declaration of conformity", (Ask(_UNSAID),)),
            Paragraph(
                "9",
                "post-market monitoring",
                (
                    Ask("plan", (Seen("review.scheduled"),)),
                    Ask("what was seen", (Seen("monitoring.reported"),)),
                ),
            ),
        ),
    )
)
