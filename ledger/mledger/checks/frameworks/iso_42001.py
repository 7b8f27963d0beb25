"""Management of AI systems: ISO/IEC 42001:2023, Annex A."""

from mledger.checks.framework import Ask, Framework, Paragraph, Seen, register


def _one(id: str, title: str, *events: Seen, rules: tuple[str, ...] = ()) -> Paragraph:
    return Paragraph(id, title, (Ask(title, events, rules),))


FRAMEWORK = register(
    Framework(
        "iso-42001",
        "Records that support ISO/IEC 42001:2023, clause 7.5 and Annex A",
        "Those of its controls that records of a model can show, paraphrased from their titles.",
        (
            _one("7.5", "documented information", Seen("document.generated")),
            _one("A.4.3", "data resources", Seen("dataset.registered")),
            _one("A.4.4", "tooling resources", Seen("run.started", ("env",))),
            _one("A.4.5", "computing resources", Seen("run.started", ("hardware",))),
            _one("A.4.6", "human resources", Seen("training.attested"), Seen("key.enrolled")),
            _one("A.5.3", "assessment of impact", Seen("risk.assessed")),
            _one("A.6.2.3", "design and development", Seen("decision.proposed", ("rationale",))),
            _one("A.6.2.4", "verification and validation", Seen("evaluation.recorded")),
            _one("A.6.2.5", "deployment", Seen("deployment.recorded"), rules=("APP-001",)),
            _one("A.6.2.6", "operation and monitoring", Seen("monitoring.reported")),
            _one("A.6.2.7", "technical documentation", Seen("document.generated")),
            _one("A.6.2.8", "event logs", Seen("ledger.opened")),
            _one("A.7.2", "management of data", Seen("dataset.registered", ("owner",))),
            _one("A.7.3", "acquisition of data", Seen("dataset.registered", ("origin", "licence"))),
            _one("A.7.4", "quality of data", Seen("profile.recorded"), rules=("DATA-006",)),
            _one(
                "A.7.5",
                "provenance of data",
                Seen("dataset.registered", ("digests",)),
                rules=("DATA-003",),
            ),
            _one("A.7.6", "preparation of data", Seen("transform.recorded")),
        ),
    )
)
