"""April and May: trials, an ablation, and a second model in production."""

from typing import Any

from mledger.testing.story.breaking import MARCH
from mledger.testing.story.building import goes_live
from mledger.testing.story.framing import OLD_TOWN
from mledger.testing.story.renewing import APRIL, BOTH
from mledger.testing.story.stage import CAROL, READER, Stage
from mledger.testing.story.training import Experiment

NEIGHBOURS = Experiment("neighbours", "pixels", 0.8, {"n_neighbors": 5})

LESSONS = {
    "forest": "A hundred trees are never sure of a new hand: four cards of ten.",
    "kernel": "Calibrated on Old Town, it is sure in Harbour where it should not be.",
    "neighbours-1": "One neighbour never doubts.",
    "neighbours-3": "Three that agree are right, but seldom all of them agree.",
    "neighbours-5": "Four of five that agree are enough: both thresholds, and the most coverage.",
    "neighbours-9": "Nine are more careful than they need be.",
}


def play(on: Stage) -> None:
    """From the first trial to production."""
    the_trials(on)
    a_night_lost(on)
    how_many(on)
    the_ablation(on)
    the_reader(on)
    no_and_yes(on)


def the_trials(on: Stage) -> None:
    """Two other kinds, then how many neighbours."""
    params: dict[str, dict[str, Any]] = {"forest": {"n_estimators": 100}, "kernel": {"C": 4.0}}
    on.at("2026-04-15 09:00")
    for run, lesson in LESSONS.items():
        kind, _, number = run.partition("-")
        tries = Experiment(kind, "pixels", 0.8, params.get(kind) or {"n_neighbors": int(number)})
        trial(on, run, tries, lesson, tags=["sweep"] if number else ["kinds"])


def a_night_lost(on: Stage) -> None:
    """A run that never ends, and is closed by hand."""
    carol = on.voice(CAROL)
    on.at("2026-04-16 20:00")
    bigger = Experiment("forest", "pixels", 0.8, {"n_estimators": 10_000})
    uses = {"decision": on["neighbours"], "plan": on["second plan"]}
    on.begins("forest-10000", READER, bigger, "Ten thousand trees doubt less than a hundred.", **uses)
    on.at("2026-04-17 08:00")
    carol(
        "run.abandoned",
        READER,
        run="forest-10000",
        reason="The machine was switched off at night.",
        lesson="The hundred trees were unsure for want of hands, not of trees: not tried again.",
    )


def how_many(on: Stage) -> None:
    """A parameter is decided, by what the sweep has shown."""
    _, bob, carol, _, _ = on.cast
    on.at("2026-04-17 10:00")
    sweep = [run for run in LESSONS if run.startswith("neighbours")]
    carol(
        "decision.proposed",
        READER,
        called="five",
        title="Five neighbours",
        summary="Five cards are asked; four of them must agree.",
        category="hyperparameter",
        level="parameter",
        parent_decision=on["neighbours"],
        question="How many neighbours are asked?",
        business_outcome_ref=on["second problem"],
        objectives=["selective_accuracy", "coverage"],
        alternatives=[
            {"name": "5"},
            {"name": "3", "why_not": "Reads two cards less of a hundred."},
            {"name": "9", "why_not": "Reads eight cards less of a hundred."},
            {"name": "1", "why_not": "Misses 0.98, and never doubts."},
        ],
        choice="5",
        rationale="The most coverage of those that reach 0.98 on hands that they had not seen.",
        data_quality_influence="Measured on the first month of Harbour alone.",
        parameters=[{"name": "n_neighbors", "to": 5, "justification": "0.9811 right, coverage 0.9345."}],
        expected_effects=[{"metric": "coverage", "direction": "increase", "size": 0.02}],
        refs=[{"rel": "evidence", "event": on[run], "title": run} for run in sweep],
    )
    bob("decision.accepted", READER, decision=on["five"], reason="The table of the sweep says it.")


def trial(on: Stage, run: str, tries: Experiment, lesson: str, **more: Any) -> None:
    """A run that learns from Old Town and is judged in Harbour, and what it taught."""
    carol = on.voice(CAROL)
    on.begins(
        run,
        READER,
        tries,
        f"What {run} learns in Old Town holds in Harbour.",
        decision=on["neighbours"],
        plan=on["second plan"],
        datasets=[on.use("cards@1", "train"), on.use("harbour@1", "validation")],
        **more,
    )
    verdict = on.ends(run, READER, tries.on(MARCH, OLD_TOWN))
    carol("run.concluded", READER, run=run, verdict=verdict, lesson=lesson)


def the_ablation(on: Stage) -> None:
    """The same neighbours on sixteen zones: it is the strokes that count."""
    carol = on.voice(CAROL)
    on.at("2026-04-20 09:00")
    zones = NEIGHBOURS._replace(features="zones")
    trial(on, "neighbours-on-zones", zones, "It is the strokes that count, not the kind of model.")
    ablated = {row["name"]: row["value"] for row in zones.on(MARCH, OLD_TOWN) if "slice" not in row}
    carol(
        "evidence.attached",
        READER,
        on=on["neighbours"],
        kind="ablation",
        title="Zones instead of pixels, all else being the same",
        finding=f"On zones {ablated['selective_accuracy']} instead of 0.9811: it is the strokes.",
        weight="supports",
        varied="features",
        runs=["neighbours-5", "neighbours-on-zones"],
        metrics=[{"name": name, "value": value} for name, value in ablated.items()],
    )


def the_reader(on: Stage) -> None:
    """Trained on both districts, judged once on April's cards, released."""
    _, _, carol, _, ci = on.cast
    on.at("2026-05-04 09:00")
    on.begins(
        "reader",
        READER,
        NEIGHBOURS,
        "Trained on both districts, it reaches both thresholds on April's cards.",
        decision=on["five"],
        plan=on["second plan"],
        datasets=[on.use("cards@2", "train"), on.use("harbour@2", "test")],
    )
    file = NEIGHBOURS.keep(BOTH, on.folder / "models" / "reader.pickle")
    on.ends("reader", READER, NEIGHBOURS.on(APRIL, BOTH), artifacts=[file])
    lesson = "Seen hands or not, it holds: one misread card of 130."
    carol("run.concluded", READER, run="reader", verdict="supported", lesson=lesson)
    ci("artifact.published", READER, **file, media_type="application/octet-stream", run="reader")
    carol(
        "version.released",
        READER,
        version="1.0",
        artifacts=[file],
        run="reader",
        decisions=[on["neighbours"], on["five"]],
        notes="Reads both districts. In doubt it shows a person the five cards that this one resembles.",
        limitations=["districts that join must be in the data first"],
    )


def no_and_yes(on: Stage) -> None:
    """Bob says no, and what would change that; then yes."""
    alice, bob, carol, _, _ = on.cast
    on.at("2026-05-05 10:00")
    asked = {"version": "1.0", "to_stage": "production", "rollback_plan": "card-zones 1.0 stays loaded."}
    reason = "0.9922 right at a coverage of 0.965 on April's cards."
    request = carol("promotion.requested", READER, **asked, reason=reason)
    bob("promotion.rejected", READER, request=request, reason="Nobody has looked at the ones by themselves.")
    on.at("2026-05-12 09:00")
    measured = NEIGHBOURS.on(APRIL, BOTH)
    (ones,) = [row["value"] for row in measured if "slice" in row]
    evaluation = bob(
        "evaluation.recorded",
        READER,
        title="April's cards, and the ones by themselves",
        kind="holdout",
        dimensions=["performance", "fairness", "interpretability"],
        version="1.0",
        run="reader",
        datasets=[on.use("harbour@2", "")],
        metrics=measured,
        slices=[{"name": "digit 1", "rows": int((APRIL.digits == 1).sum())}],
        protocol="Scored once with the released file.",
        conclusion="All objectives are met, also for the ones.",
    )
    reason += f" Ones: {ones:g} (event {evaluation})."
    request = carol("promotion.requested", READER, **asked, reason=reason)
    bob("promotion.approved", READER, request=request, reason="I measured the ones myself.")
    on.at("2026-05-13 08:30")
    alice("promotion.approved", READER, request=request, reason="The typing room likes the five cards.")
    goes_live(on, READER, "1.0", request, replaced=None)
