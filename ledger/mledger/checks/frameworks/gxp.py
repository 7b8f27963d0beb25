"""Data integrity in regulated work (GxP): the attributes of ALCOA+."""

from mledger.checks.framework import Ask, Framework, Paragraph, Seen, register

_ELSEWHERE = "no event of mledger says this; keep it elsewhere, or waive it with the place"

FRAMEWORK = register(
    Framework(
        "gxp",
        "Records that support data integrity by ALCOA+ (MHRA 2018, PIC/S PI 041)",
        "By attribute and paraphrased, with what the drafts of EU GMP Annexes 11 and 22 ask of models."
        " A status is about records, not about a guidance.",
        (
            Paragraph(
                "attributable",
                "who did what, and in which role",
                (Ask("people and roles", (Seen("key.enrolled"), Seen("ledger.opened")), ("APP-003",)),),
            ),
            Paragraph(
                "legible",
                "records can be read and understood",
                (Ask("in plain language", (Seen("decision.proposed", ("summary",)),)),),
            ),
            Paragraph(
                "contemporaneous",
                "recorded when it happened",
                (
                    Ask("the plan and the goals before the work", (), ("PLAN-001", "GOAL-002")),
                    Ask("when it was recorded, by somebody outside", (Seen("anchor.recorded"),)),
                ),
            ),
            Paragraph(
                "original",
                "the first record, or a true copy",
                (
                    Ask("data by its digest", (Seen("dataset.registered", ("digests",)),), ("DATA-004",)),
                    Ask("what made it can be found again", (Seen("run.started", ("git",)),), ("REL-002",)),
                ),
            ),
            Paragraph(
                "accurate",
                "free of errors, and errors are put right in the open",
                (
                    Ask("quality of data", (Seen("dataset.registered"),), ("DATA-006",)),
                    Ask("references that hold", (), ("LINK-001",)),
                ),
            ),
            Paragraph(
                "complete",
                "nothing is left out, what failed included",
                (
                    Ask(
                        "each run has ended and taught something",
                        (Seen("run.started"),),
                        ("RUN-001", "RUN-002"),
                    ),
                    Ask("reasons", (Seen("decision.proposed", ("alternatives",)),), ("RAT-005",)),
                ),
            ),
            Paragraph(
                "consistent",
                "in order of time, by one clock",
                (Ask("the chain of entries", (Seen("ledger.opened"),)),),
            ),
            Paragraph(
                "enduring",
                "kept for as long as it is needed",
                (
                    Ask("a copy that was verified", (Seen("verification.performed", ("copy_of",)),)),
                    Ask(f"where, and on what ({_ELSEWHERE})"),
                ),
            ),
            Paragraph(
                "available",
                "at hand for review and inspection",
                (
                    Ask("audits", (Seen("audit.opened"), Seen("audit.closed"))),
                    Ask("documents", (Seen("document.generated"),)),
                ),
            ),
            Paragraph(
                "review",
                "the audit trail is looked at, and reviews come round",
                (
                    Ask("reviews on schedule", (Seen("review.scheduled"),), ("REV-003", "REV-005")),
                    Ask("reviews done", (Seen("review.completed", ("checked",)),)),
                ),
            ),
            Paragraph(
                "change control",
                "changes are asked for, judged and approved",
                (
                    Ask(
                        "changes with reasons",
                        (Seen("version.released", ("notes",)),),
                        ("PARAM-001", "CODE-001"),
                    ),
                    Ask("approvals", (Seen("promotion.approved"),), ("APP-001", "APP-002")),
                ),
            ),
            Paragraph(
                "model: intended use",
                "what it is for, and what not",
                (
                    Ask("purpose", (Seen("model.registered", ("purpose", "intended_use")),)),
                    Ask("not for", (Seen("model.registered", ("out_of_scope",)),)),
                ),
            ),
            Paragraph(
                "model: acceptance criteria",
                "stated before the test",
                (Ask("goals", (Seen("problem.framed", ("metrics",)),), ("GOAL-003", "GOAL-004")),),
            ),
            Paragraph(
                "model: test data",
                "independent of what it was trained on",
                (Ask("tests", (Seen("evaluation.recorded", ("datasets",)),), ("DATA-007",)),),
            ),
            Paragraph(
                "training",
                "people are qualified for their part",
                (Ask("training", (Seen("training.attested"),)),),
            ),
        ),
    )
)
