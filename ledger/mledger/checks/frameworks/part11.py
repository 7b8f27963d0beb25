"""Electronic records and signatures: 21 CFR Part 11."""

from mledger.checks.framework import Ask, Framework, Paragraph, Seen, register

_ELSEWHERE = "no event of mledger says this; keep it elsewhere, or waive it with the place"

FRAMEWORK = register(
    Framework(
        "part11",
        "Records that support 21 CFR Part 11 (electronic records, electronic signatures)",
        "By paragraph and paraphrased. What is built into every entry, such as the meaning of a signature,"
        " is shown by the events that carry it. A status is about records, not about the law.",
        (
            Paragraph(
                "11.10(a)",
                "validation, and that altered records are discerned",
                (
                    Ask("a verification on record", (Seen("verification.performed", ("program",)),)),
                    Ask(f"validation of the system in its use ({_ELSEWHERE})"),
                ),
            ),
            Paragraph(
                "11.10(b)",
                "accurate and complete copies for an inspection",
                (Ask("documents made from the records", (Seen("document.generated", ("sha256", "head")),)),),
            ),
            Paragraph(
                "11.10(c)",
                "records can be retrieved for as long as they are kept",
                (
                    Ask("a copy that was verified", (Seen("verification.performed", ("copy_of",)),)),
                    Ask(f"how long records are kept, and where ({_ELSEWHERE})"),
                ),
            ),
            Paragraph(
                "11.10(d)",
                "access is limited to those who are authorised",
                (Ask("keys enrolled by name", (Seen("key.enrolled"), Seen("ledger.opened"))),),
            ),
            Paragraph(
                "11.10(e)",
                "a time-stamped audit trail that obscures nothing earlier",
                (Ask("the chain of entries", (Seen("ledger.opened"),), ("APP-003",)),),
            ),
            Paragraph(
                "11.10(f)",
                "steps happen in the order that is permitted",
                (
                    Ask("the plan before the work", (Seen("plan.agreed"),), ("PLAN-001",)),
                    Ask("approvals before use", (Seen("promotion.approved"),), ("APP-001", "APP-002")),
                ),
            ),
            Paragraph(
                "11.10(g)",
                "only those who may do what they do",
                (
                    Ask(
                        "roles and policy",
                        (Seen("ledger.opened", ("policy",)), Seen("policy.adopted")),
                        ("APP-003",),
                    ),
                ),
            ),
            Paragraph("11.10(h)", "the source of an input is checked", (Ask(_ELSEWHERE),)),
            Paragraph(
                "11.10(i)",
                "people are trained for what they do",
                (Ask("training", (Seen("training.attested", ("subject", "completed")),)),),
            ),
            Paragraph(
                "11.10(j)",
                "who signs answers for it, by a written policy",
                (Ask("the policy was acknowledged", (Seen("training.attested", ("acknowledges",)),)),),
            ),
            Paragraph("11.10(k)", "control of the system's documentation", (Ask(_ELSEWHERE),)),
            Paragraph(
                "11.30",
                "open systems: authenticity and integrity from making to receipt",
                (Ask("time anchors of somebody outside", (Seen("anchor.recorded"),)),),
            ),
            Paragraph(
                "11.50",
                "name, time and meaning of each signature",
                (
                    Ask(
                        "signed answers",
                        (Seen("promotion.approved"), Seen("decision.accepted"), Seen("review.submitted")),
                    ),
                    Ask("each says why", (), ("RAT-001",)),
                ),
            ),
            Paragraph(
                "11.70",
                "a signature cannot be moved to another record",
                (Ask("signatures over the entry itself", (Seen("ledger.opened"),)),),
            ),
            Paragraph(
                "11.100",
                "a signature belongs to one person, whose identity was verified",
                (
                    Ask("a key for each person", (Seen("key.enrolled"),)),
                    Ask(f"how identities were verified, and the letter to the agency ({_ELSEWHERE})"),
                ),
            ),
            Paragraph(
                "11.200", "two components at signing, such as a key and its passphrase", (Ask(_ELSEWHERE),)
            ),
            Paragraph(
                "11.300",
                "controls for keys: unique, checked again, withdrawn when they are lost",
                (
                    Ask("unique keys", (Seen("key.enrolled"),)),
                    Ask("keys changed or withdrawn", (Seen("key.rotated"), Seen("key.revoked"))),
                ),
            ),
        ),
    )
)
