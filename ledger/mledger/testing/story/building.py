"""January and February: a reader that anybody can follow goes live."""

from mledger.testing.story.framing import OLD_TOWN
from mledger.testing.story.stage import BOB, CAROL, CI, ZONES, Stage
from mledger.testing.story.training import Experiment

LINEAR = Experiment("linear", "zones", 0.8, {"C": 1.0})

SWEEP = {
    "linear-0.1": "Held back so much, the model doubts half of all cards, and rightly reads the rest.",
    "linear-1": "C of 1 reads three cards of four alone, and one of seventy wrong.",
    "linear-10": "Loose weights read nine cards more of a hundred, and misread one in six of those.",
}


def play(on: Stage) -> None:
    """From the kind of model to the first version in production."""
    the_choice(on)
    the_baseline(on)
    the_sweep(on)
    the_weights(on)
    the_first_version(on)
    what_may_go_wrong(on)
    it_goes_live(on)


def the_choice(on: Stage) -> None:
    """The kind of model, under the goal; the data; and why not the others."""
    _, bob, carol, _, _ = on.cast
    on.at("2026-01-15 11:00")
    carol(
        "decision.proposed",
        ZONES,
        called="linear",
        title="Sixteen zones and a linear model",
        summary="The reader weighs the ink of sixteen squares. Anybody can check why it read a seven.",
        category="architecture",
        level="component",
        parent_decision=on["doubt"],
        question="Which kind of model reads the cards?",
        business_outcome_ref=on["problem"],
        objectives=["selective_accuracy", "coverage"],
        drivers=["reasons that can be shown", "selective accuracy"],
        alternatives=[
            {"name": "linear on zones", "pros": ["160 weights, on a page"], "cons": ["blind to strokes"]},
            {"name": "decision tree", "pros": ["a path for each card"], "why_not": "It is the baseline."},
            {
                "name": "nearest neighbours on pixels",
                "pros": ["shows the cards that this one resembles"],
                "why_not": "It keeps everybody's handwriting, and nobody had asked whether it may.",
            },
        ],
        choice="linear on zones",
        rationale="The simplest that may reach both thresholds.",
        data_quality_influence="With the hands of one district, few weights are the safer choice.",
        expected_effects=[
            {"metric": "selective_accuracy", "direction": "increase", "size": 0.1, "confidence": "medium"}
        ],
        validity_conditions=[
            {"dataset": "zones", "operator": "==", "value": "1"},
            {"metric": "selective_accuracy", "operator": ">=", "value": 0.95},
        ],
        review_by="2026-07-31",
        refs=[
            {"rel": "selects", "event": on["zones@1"], "title": "zones@1"},
            {"rel": "risk", "event": on["one district"], "title": "one district only"},
        ],
    )
    bob("decision.accepted", ZONES, decision=on["linear"], reason="I read five cards by the weights.")


def the_baseline(on: Stage) -> None:
    """A tree that is not good enough, and an idea that cannot work."""
    _, _, carol, _, _ = on.cast
    on.at("2026-01-19 09:00")
    uses = {"decision": on["linear"], "plan": on["plan"], "datasets": [on.use("zones@1", "train")]}
    tree = Experiment("tree", "zones", 0.8, {"max_depth": 6})
    on.begins("tree", ZONES, tree, "Six questions about ink are enough to read a digit.", **uses)
    on.ends("tree", ZONES, tree.across(OLD_TOWN))
    carol(
        "run.concluded",
        ZONES,
        run="tree",
        verdict="refuted",
        lesson="A tree is sure where it is wrong: its leaves hold too few cards to doubt.",
    )
    on.at("2026-01-19 15:00")
    counts = Experiment("counts", "zones", 0.8, {})
    on.begins("counts", ZONES, counts, "Ink is a count: naive Bayes reads it as such.", **uses)
    ci = on.voice(CI)
    try:
        counts.across(OLD_TOWN)
    except ValueError as error:
        message = str(error).splitlines()[-1]
        ci("run.failed", ZONES, run="counts", exit={"exception_type": "ValueError", "message": message})
    carol(
        "run.concluded",
        ZONES,
        run="counts",
        verdict="invalid",
        lesson="Standardised ink is no count any more: leave the scaler out, or use another model.",
    )


def the_sweep(on: Stage) -> None:
    """How much to hold the weights back: three values, one that reaches both thresholds."""
    carol = on.voice(CAROL)
    on.at("2026-01-21 09:00")
    tuning = {
        "method": "grid",
        "space": {"C": [0.1, 1.0, 10.0]},
        "objective": "the most coverage at a selective accuracy of 0.98",
        "budget": "3 runs",
        "trials": ["linear-0.1", "linear-1", "linear-10"],
    }
    for run, lesson in SWEEP.items():
        tries = Experiment("linear", "zones", 0.8, {"C": float(run.partition("-")[2])})
        on.begins(
            run,
            ZONES,
            tries,
            f"With C of {tries.params['C']:g} both thresholds are reached.",
            decision=on["linear"],
            plan=on["plan"],
            datasets=[on.use("zones@1", "train")],
            tuning=tuning,
            tags=["sweep"],
        )
        metrics = tries.across(OLD_TOWN)
        kept = tries.keep(OLD_TOWN, on.folder / "models" / f"{run}.pickle")
        verdict = on.ends(run, ZONES, metrics, artifacts=[kept])
        carol("run.concluded", ZONES, run=run, verdict=verdict, lesson=lesson)


def the_weights(on: Stage) -> None:
    """A parameter is decided, by what the sweep has shown."""
    _, bob, carol, _, _ = on.cast
    on.at("2026-01-22 10:00")
    carol(
        "decision.proposed",
        ZONES,
        called="weights",
        title="C of 1",
        summary="The weights are held back moderately: three cards of four need nobody.",
        category="regularization",
        level="parameter",
        parent_decision=on["linear"],
        question="How much are the weights held back?",
        objectives=["selective_accuracy", "coverage"],
        business_outcome_ref=on["problem"],
        alternatives=[
            {"name": "1"},
            {"name": "0.1", "why_not": f"Coverage is 0.5 (run {on['linear-0.1']})."},
            {"name": "10", "why_not": f"Misses 0.98 (run {on['linear-10']})."},
        ],
        choice="1",
        rationale="The only one of three that reaches both thresholds.",
        data_quality_influence="None: all were measured on the same folds.",
        parameters=[{"name": "C", "to": 1.0, "justification": "0.9854 right at a coverage of 0.753."}],
        expected_effects=[{"metric": "coverage", "direction": "increase", "size": 0.25}],
        refs=[{"rel": "evidence", "event": on[run], "title": run} for run in SWEEP],
    )
    bob("decision.accepted", ZONES, decision=on["weights"], reason="Ran linear-1 again: the same numbers.")


def the_first_version(on: Stage) -> None:
    """A file, and the version that it is."""
    _, _, carol, _, ci = on.cast
    on.at("2026-02-02 09:00")
    file = on.files["linear-1"]
    media = "application/octet-stream"
    ci("artifact.published", ZONES, called="careful file", **file, media_type=media, run="linear-1")
    carol(
        "version.released",
        ZONES,
        called="1.0",
        version="1.0",
        artifacts=[file],
        run="linear-1",
        decisions=[on["linear"], on["weights"]],
        notes="The first reader. It reads three cards of four, and leaves the rest to people.",
        limitations=["has seen the hands of Old Town alone"],
    )


def what_may_go_wrong(on: Stage) -> None:
    """A risk, a rule that waits for Harbour, and who answers for both."""
    alice, _, carol, _, _ = on.cast
    carol(
        "risk.assessed",
        ZONES,
        called="risk",
        risk="R-1",
        title="Somebody is billed for water that nobody used",
        kind="performance",
        description="A digit is misread and nobody doubts it; the customer pays, or complains.",
        level={"likelihood": "possible", "impact": "medium"},
        affected=["customers whose ones have a foot"],
        signs="A bill of more than three times the last one.",
        treatment="mitigate",
        owner=CAROL,
        review_by="2026-09-30",
    )
    carol(
        "risk.mitigated",
        ZONES,
        risk=on["risk"],
        measure="Bills of more than three times the last one are held for a day and looked at.",
        kind="process",
        residual={"likelihood": "unlikely", "impact": "medium"},
        verified="Twelve such bills of January: four were misread, all four were held.",
    )
    alice(
        "waiver.granted",
        ZONES,
        rule="DATA-006",
        on=on["one district"],
        reason="Harbour sends no card before March; Old Town need not wait for it.",
        until="2026-03-31",
        conditions=["cards of Harbour go to people"],
        requested_by=CAROL,
    )


def it_goes_live(on: Stage) -> None:
    """Carol asks, and may not answer herself; Bob and Alice do."""
    alice, bob, carol, _, _ = on.cast
    on.at("2026-02-03 09:00")
    request = carol(
        "promotion.requested",
        ZONES,
        called="ask 1.0",
        version="1.0",
        to_stage="production",
        reason="0.9854 right at a coverage of 0.753; thresholds 0.98 and 0.7.",
        risks=["cards of other districts"],
        rollback_plan="The typing room types all cards, as before.",
    )
    carol.may_not("promotion.approved", ZONES, request=request, reason="It is late.")
    bob(
        "promotion.approved",
        ZONES,
        request=request,
        reason="Read a hundred cards beside it: it was wrong once, where I was, too.",
        conditions=["bills above three times the last one are held"],
    )
    on.at("2026-02-04 08:30")
    alice("promotion.approved", ZONES, request=request, reason="The typing room has agreed.")
    goes_live(on, ZONES, "1.0", request, replaced=None)
    bob(
        "review.scheduled",
        ZONES,
        called="review",
        title="Quarterly review of card-zones",
        scope=["decisions in force hold", "complaints of the quarter", "owners are still here"],
        owner=BOB,
        cadence="quarterly",
        due="2026-05-15",
    )


def goes_live(on: Stage, model: str, version: str, request: str, *, replaced: str | None) -> None:
    """The pipeline moves an approved version to production."""
    ci = on.voice(CI)
    on.sim.clock.forward(minutes=10)
    more = {"replaced": replaced} if replaced else {}
    job = "pipeline release, job "
    ci(
        "promotion.executed",
        model,
        request=request,
        version=version,
        to_stage="production",
        how=job + request,
        **more,
    )
    ci(
        "deployment.recorded",
        model,
        version=version,
        environment="billing, both centres",
        stage="production",
        request=request,
    )
