"""mledger decision, decisions, why, comment, dissent, similar: what became of it, and why."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mledger.testing.bodies import FRAMED
from tests.cli.asking import ALICE, MODEL, Run, done, nothing_written, refused, refused_alike, told, works
from tests.cli.deciding import AS_BOB, BOB, DECISION, enrol_bob, ran, record, released


@pytest.fixture
def proposed(run: Run, begun: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model with its problem, event 2; Bob may accept, event 3; a decision of Alice's, event 4."""
    monkeypatch.setenv("MLEDGER_KEY", "alice-example")
    record(run, "problem.framed", FRAMED)
    enrol_bob(run)
    record(run, "decision.proposed", DECISION | {"business_outcome_ref": "2", "objectives": ["auc"]})
    return begun


def states(run: Run) -> dict[str, str]:
    """The state of each decision."""
    return {row["number"]: row["state"] for row in told(run("decisions", "--json"))}


# --- answers


def test_a_decision_lives_by_its_answers(run: Run, proposed: Path) -> None:
    """Accepted, reaffirmed with a day, invalidated: number, state and signer are printed each time."""
    line, title = done(run("decision", "accept", "decision:4", "--reason", "Seen.", *AS_BOB)).splitlines()
    assert line.startswith(f"decision 4  in force  event 5  signed {BOB}, approval  20")
    assert title == "  Deeper trees"
    args = ("--reason", "Holds.", "--checked", "AUC", "--review-by", "2099-01-01")
    row = told(run("decision", "reaffirm", "4", *args, *AS_BOB, "--json"))
    assert (row["decision"], row["state"], row["meaning"]) == ("4", "in force", "review")
    assert told(run("decisions", "--json"))[0]["review_by"] == "2099-01-01"
    done(
        run(
            "decision",
            "invalidate",
            "4",
            "--reason",
            "The data moved.",
            "--until-then",
            "2.0 stays.",
            *AS_BOB,
        )
    )
    assert states(run) == {"4": "invalidated"}
    refused(run("decision", "reaffirm", "4", "--reason", "x", *AS_BOB), "decision 4 is invalidated")


def test_a_rejected_decision_says_why(run: Run, proposed: Path) -> None:
    """A rejection needs its reason; further fields are set as in append."""
    refused(run("decision", "reject", "4", *AS_BOB), "decision.rejected: reason: is missing")
    link = 'refs=[{"rel": "see", "event": "2"}]'
    done(run("decision", "reject", "4", "--reason", "Not measured.", "--set", link, *AS_BOB))
    assert told(run("show", "5", "--json"))["data"]["refs"] == [{"rel": "see", "event": "2"}]
    assert states(run) == {"4": "rejected"}


def test_a_later_decision_takes_the_place_of_an_earlier_one(run: Run, proposed: Path) -> None:
    """Once it is in force itself; the earlier one stays readable and ends for good."""
    done(run("decision", "accept", "4", *AS_BOB))
    record(run, "decision.proposed", DECISION | {"title": "Five"})
    args = ["decision", "supersede", "4", "--by", "6", "--reason", "Learnt.", *AS_BOB]
    fix = refused_alike(run, args, "decision 6 is proposed, and cannot take the place of another yet")
    assert fix == "mledger decision accept 6"
    done(run("decision", "accept", "6", *AS_BOB))
    done(run(*args))
    assert states(run) == {"4": "superseded", "6": "in force"}
    refused(run("decision", "accept", "4", *AS_BOB), "decision 4 is superseded, and cannot be accepted")


def test_who_rejected_is_named_beside_rejected(run: Run, proposed: Path) -> None:
    """And not only who had accepted it before."""
    done(run("decision", "accept", "4", *AS_BOB))
    done(run("decision", "reject", "4", "--reason", "It fails.", *AS_BOB))
    assert f"accepted by {BOB}, rejected by {BOB}" in " ".join(done(run("decisions")).split())


def test_nobody_accepts_what_they_proposed(run: Run, proposed: Path) -> None:
    """The library's rule stands behind the command, and nothing is written."""
    with nothing_written(proposed.parent / "mledger.db"):
        refused_alike(
            run, ["decision", "accept", "4", "--reason", "Sure."], f"{ALICE} signed event 4 and cannot answer"
        )


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (("accept", "99"), "there is no entry 99"),
        (("accept", "2"), "event 2 is a problem.framed, and no decision"),
        (("accept", "four"), "DECISION: "),
        (("reaffirm", "4", "--reason", "x"), "decision 4 is proposed, and cannot be reaffirmed"),
        (("invalidate", "4", "--reason", "x"), "decision 4 is proposed, and cannot be invalidated"),
        (("supersede", "4", "--by", "99", "--reason", "x"), "there is no entry 99"),
        (("reaffirm", "4", "--review-by", "2020-01-01"), "decision 4 is proposed"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(run: Run, proposed: Path, args: tuple, line: str) -> None:
    """What is wrong and what puts it right; nothing is written."""
    with nothing_written(proposed.parent / "mledger.db"):
        refused_alike(run, ["decision", *args, *AS_BOB], line)


def test_a_decision_with_open_fields_is_not_accepted(run: Run, proposed: Path) -> None:
    """Once it is answered nobody can complete it: the author is asked to do that first."""
    record(run, "decision.proposed", DECISION | {"question": None, "open": ["question"]})
    for args in (
        ["decision", "accept", "5"],
        ["approve", "5", "--reason", "Good."],
        ["append", "decision.accepted", MODEL, "--set", "decision=5"],
    ):
        fix = refused_alike(run, [*args, *AS_BOB], "decision 5 leaves open: question")
        assert fix == "whoever proposed it completes it: mledger decide --complete 5"
    done(run("reject", "5", "--reason", "Say which question it answers.", *AS_BOB))


def test_an_answer_by_approve_fits_the_state_as_well(run: Run, proposed: Path) -> None:
    """What is in force is looked at again, and not accepted a second time, by either command."""
    done(run("approve", "4", "--reason", "Good.", *AS_BOB))
    for args in (["decision", "accept", "4"], ["approve", "4", "--reason", "Good."]):
        fix = refused_alike(run, [*args, *AS_BOB], "decision 4 is in force, and cannot be accepted")
        assert fix == "look at it again: mledger decision reaffirm 4"


def test_the_reason_is_asked_for_at_a_terminal(run: Run, proposed: Path, terminal: Callable) -> None:
    """With what is answered above it, so that nobody signs for the wrong one."""
    at = terminal("decision", "reject", "4", *AS_BOB)
    at.wait_for(f"Deeper trees (decision 4, by {ALICE})")
    at.wait_for("Reason")
    at.wait_for(" > ")
    at.type("Not measured.\n")
    code, shown = at.end()
    assert code == 0, shown
    assert told(run("show", "5", "--json"))["data"]["reason"] == "Not measured."


# --- lists


def test_decisions_are_listed_and_narrowed(run: Run, proposed: Path) -> None:
    """Number, state, category, level, day of review, title, who; filters by category and state."""
    done(run("decision", "accept", "4", *AS_BOB))
    other = {"category": "architecture", "title": "Trees", "level": "goal", "review_by": "2099-01-01"}
    record(run, "decision.proposed", DECISION | other)
    done(run("dissent", "4", "Too early.", *AS_BOB))
    shown = done(run("decisions", "credit-risk"))
    assert [line.split()[:3] for line in shown.splitlines()] == [
        ["decision", "state", "category"],
        ["4", "in", "force"],
        ["6", "proposed", "architecture"],
    ]
    assert f"Deeper trees: by {ALICE}, accepted by {BOB}; dissent of {BOB} (7)" in shown
    assert "goal       2099-01-01" in shown
    assert [r["number"] for r in told(run("decisions", "--category", "architecture", "--json"))] == ["6"]
    assert [r["number"] for r in told(run("decisions", "--state", "in force", "--json"))] == ["4"]
    row = told(run("decisions", "--state", "in force", "--json"))[0]
    assert row["parameters"] == [{"name": "max_depth", "from": 3, "to": 4}]
    assert (row["accepted_by"], row["dissent"]) == ([BOB], ["7"])
    refused(run("decisions", "--category", "architectur"), "did you mean architecture?")
    none = run("decisions", "--state", "rejected")
    assert (done(none), none.stderr) == ("", "no decision of that kind is recorded\n")


@pytest.mark.parametrize("columns", ["80", "120"])
def test_a_list_fits_the_screen(
    run: Run, proposed: Path, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 80 and at 120 columns no line of a list, a tree, a page or a walk is longer."""
    run_ = ran(run, "r1", {"max_depth": 4}, decision="4")
    released(run, "1.0", run_)
    monkeypatch.setenv("COLUMNS", columns)
    for args in (["decisions"], ["decisions", "--tree"], ["decision", "show", "4"], ["why", "credit-risk"]):
        result = run(*args)
        assert result.exit_code in {0, 1}
        assert max(map(len, result.stdout.splitlines())) <= int(columns), result.stdout


def test_decisions_grow_as_trees(run: Run, proposed: Path) -> None:
    """Goal, component, parameter: each below the one that it details, with the parameters that it sets."""
    goal = record(run, "decision.proposed", DECISION | {"title": "Goal", "level": "goal", "parameters": []})
    part = {"title": "Part", "parent_decision": goal, "parameters": []}
    below = record(run, "decision.proposed", DECISION | part)
    leaf = {"title": "Leaf", "level": "parameter", "parent_decision": below}
    record(run, "decision.proposed", DECISION | leaf)
    lines = done(run("decisions", "--tree")).splitlines()
    assert lines[2].startswith("- goal: Goal: ")
    assert lines[3].startswith("  - component: Part: ")
    assert lines[4].startswith("    - parameter: Leaf: ")
    assert lines[5] == "        max_depth 3 -> 4"
    trees = told(run("decisions", "--tree", "--json"))
    assert [tree["number"] for tree in trees] == ["4", "5"]
    assert trees[1]["below"][0]["below"][0]["title"] == "Leaf"
    assert trees[1]["below"][0]["parent"] == "5"
    empty = run("decisions", "--tree", "--state", "rejected")
    assert (done(empty), empty.stderr) == ("", "no decision of that kind is recorded\n")


# --- one decision


def test_a_decision_is_told_from_its_summary_on(run: Run, proposed: Path) -> None:
    """Summary, options with why not, story, answers, what people say; no hash is needed to read it."""
    done(run("decision", "accept", "4", "--reason", "Repeated it.", "--condition", "watch PSI", *AS_BOB))
    done(run("comment", "4", "Is it fair?"))
    done(run("comment", "6", "Yes.", *AS_BOB))
    done(run("dissent", "5", "Too early.", "--instead", "Wait.", *AS_BOB))
    shown = done(run("decision", "show", "4"))
    places = [shown.index(title) for title in ("\nSummary\n", "\nOptions\n", "\nThe story\n", "\nAnswers\n")]
    assert places == sorted(places)
    for words in (
        "three", "AUC 0.94 is below the agreed 0.95.", "max_depth 3 -> 4: Three is too few.",
        f"{BOB} accepted it on ", "Repeated it.; on condition: watch PSI", "answers: Yes.", "Instead: Wait.",
    ):  # fmt: skip
        assert words in shown, words
    assert shown == done(run("decision", "show", "4"))
    page = told(run("decision", "show", "4", "--json"))
    assert page["decision"]["state"] == "in force"
    assert 3 <= len(next(s for s in page["sections"] if s["title"] == "The story")["blocks"]) <= 5
    refused(run("decision", "show", "2"), "event 2 is a problem.framed, and no decision")


def test_only_a_decision_in_force_takes_the_place_of_another(run: Run, proposed: Path) -> None:
    """Also of another model: one that was rejected or not answered, or is the same, would leave nothing."""
    done(run("decision", "accept", "4", *AS_BOB))
    other = ("append", "decision.proposed", "model/other", "--from", "d.json")
    Path("d.json").write_text(json.dumps(DECISION))
    for _ in range(2):
        done(run(*other))
    done(run("decision", "reject", "7", "--reason", "No.", *AS_BOB))
    supersede = ["decision", "supersede", "4", "--reason", "Better.", *AS_BOB, "--by"]
    assert refused(run(*supersede, "6"), "decision 6 is proposed") == "mledger decision accept 6"
    assert refused(run(*supersede, "7"), "decision 7 is rejected") == "mledger decision show 7"
    refused(run(*supersede, "4"), "cannot take its own place")
    done(run("decision", "accept", "6", *AS_BOB))
    done(run(*supersede, "6"))


# --- what people say


def test_what_people_say_stands_below_the_event(run: Run, proposed: Path) -> None:
    """Comments and dissent with the answers to them, under names and numbers; dissent stays."""
    assert done(run("comment", "4", "Is it fair?")).startswith(f"comment 5  on event 4  signed {ALICE}")
    done(run("dissent", "4", "--from", "-", *AS_BOB, input="Two months\nare too few.\n"))
    done(run("comment", "6", "We wait one more."))
    lines = done(run("show", "4")).splitlines()[-4:]
    day = told(run("show", "4", "--json"))["time"][:10]
    assert lines == [
        "said",
        f"  - 5  {ALICE} says, {day}: Is it fair?",
        f"  - 6  {BOB} dissents, {day}: Two months are too few.",
        f"    - 7  {ALICE} answers, {day}: We wait one more.",
    ]
    said = told(run("show", "4", "--json"))["said"]
    assert [(one["kind"], one["event"], len(one["answers"])) for one in said] == [
        ("comment", "5", 0),
        ("dissent", "6", 1),
    ]
    change = '{"text": "Fine."}'
    record(run, "record.corrected", {"event": "6", "fields": json.loads(change), "reason": "x"})
    assert "Two months are too few." in done(run("show", "4"))


def test_a_comment_from_another_stream_is_shown_too(run: Run, proposed: Path) -> None:
    """Wherever it stands, what is said about an event is found with the event."""
    fields = ["--set", "on=4", "--set", "text=From afar."]
    done(run("append", "comment.added", "dataset/d", *fields))
    assert "From afar." in done(run("show", "4"))
    assert told(run("show", "3", "--json"))["said"] == []


def test_words_come_from_one_place(run: Run, proposed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text and file together, neither of them, text that is none, an event that is not there."""
    Path("text").write_bytes(b"\xff")
    for args, line in (
        (["comment", "4", "x", "--from", "text"], "the text is given twice"),
        (["comment", "4"], "TEXT is missing, and there is no terminal"),
        (["comment", "4", "--from", "text"], "text is not UTF-8 at byte 0"),
        (["dissent", "99", "x"], "there is no entry 99"),
        (["comment", "4", " "], "comment.added: text: should not be empty"),
    ):
        refused(run(*args), line)
    row = told(run("comment", "4", "x", "--json"))
    assert row["type"] == "comment.added"


def test_words_may_be_typed_into_an_editor(
    run: Run, proposed: Path, terminal: Callable, folder: Path
) -> None:
    """At a terminal, without TEXT; the lines that explain are not recorded."""
    script = folder / "editor.sh"
    script.write_text('#!/bin/sh\necho "Typed." >> "$1"\n')
    script.chmod(0o755)
    code, shown = terminal("dissent", "4", EDITOR=str(script), VISUAL="").end()
    assert code == 0, shown
    assert told(run("show", "5", "--json"))["data"] == {"on": "4", "text": "Typed."}


# --- why


@pytest.fixture
def shipped(run: Run, proposed: Path) -> Path:
    """Version 2.1 of a run that serves decision 4, accepted, with evidence and dissent."""
    done(run("decision", "accept", "4", *AS_BOB))
    nested = {"max_depth": 4, "sampler": {"subsample": 1.0}}
    ran(run, "r1", nested, decision="4", auc=0.9524)
    ablation = {
        "on": "4",
        "kind": "ablation",
        "title": "Depth alone",
        "finding": "It helps.",
        "weight": "supports",
    }
    record(run, "evidence.attached", ablation)
    released(run, "2.1", "r1")
    done(run("dissent", "4", "Too early.", *AS_BOB))
    return proposed


def test_why_walks_back_to_the_problem(run: Run, shipped: Path) -> None:
    """Artifact, run, parameter, decision, objective, problem, each with its events; and the story above."""
    page = told(run("why", "credit-risk@2.1:max_depth", "--json"))
    way = next(s for s in page["sections"] if s["title"] == "The way back")["blocks"]
    assert [(claim["label"], claim["events"]) for claim in way] == [
        ("artifact", ["9"]),
        ("run", ["6", "7"]),
        ("parameter", ["6"]),
        ("decision 4", ["4", "5"]),
        ("objective", ["4", "2", "7"]),
        ("problem", ["2"]),
        ("outcome", ["2"]),
    ]
    assert page["missing"] == []
    shown = done(run("why", "credit-risk@2.1:max_depth"))
    for words in (
        "max_depth is 4",
        "three",
        "AUC 0.94 is below",
        "Too early.",
        "ablation, supports: Depth alone",
    ):
        assert words in shown, words
    assert shown == done(run("why", "credit-risk:max_depth"))
    assert "why it is as it is" in done(run("why", "credit-risk"))


def test_what_is_missing_on_the_way_is_said(run: Run, shipped: Path) -> None:
    """A parameter that no decision names: said plainly, with the way out, and exit code 1."""
    result = run("why", "credit-risk@2.1:sampler.subsample")
    assert result.exit_code == 1
    assert "no decision names sampler.subsample" in result.stdout
    assert result.stderr == "fix: mledger decide credit-risk --quick\n"
    page = run("why", "credit-risk:sampler.subsample", "--json")
    assert page.exit_code == 1
    assert json.loads(page.stdout)["missing"][0]["what"] == "no decision names sampler.subsample"


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("credit-risk:max_dept", "says no parameter 'max_dept'; did you mean max_depth?"),
        ("credit-risk@2.2", "credit-risk has no version '2.2'; did you mean 2.1?"),
        ("credit-risc", "did you mean model/credit-risk?"),
    ],
)
def test_what_nobody_recorded_is_not_explained(run: Run, shipped: Path, what: str, line: str) -> None:
    """A version, a parameter, a model that is not there is refused with the nearest."""
    works(run, refused_alike(run, ["why", what], line))


def test_without_a_version_there_is_nothing_to_explain(run: Run, proposed: Path) -> None:
    """What is not released yet has decisions only."""
    assert refused(run("why", "credit-risk"), "no version of credit-risk is released yet") == (
        "mledger decisions credit-risk"
    )


# --- similar


def test_similar_decisions_of_other_models_are_found(run: Run, proposed: Path) -> None:
    """Earlier ones, the likest first, each with its reason."""
    fields = ["--set", "title=F", "--set", "purpose=p", "--set", f"owner={ALICE}"]
    done(run("append", "model.registered", "model/fraud", *fields))
    Path("d.json").write_text(json.dumps(DECISION | {"title": "Depth of fraud trees", "parameters": []}))
    done(run("append", "decision.proposed", "model/fraud", "--from", "d.json"))
    other = {
        "title": "Which region",
        "category": "feature",
        "summary": "s",
        "question": "q",
        "rationale": "r",
    }
    options = [{"name": "x"}, {"name": "y", "why_not": "z"}]
    record(
        run,
        "decision.proposed",
        DECISION | other | {"parameters": [], "alternatives": options, "choice": "x"},
    )
    record(run, "decision.proposed", DECISION | {"title": "Still deeper trees"})
    rows = told(run("similar", "decision:8", "--json"))
    assert [(row["number"], row["stream"]) for row in rows] == [("4", MODEL), ("6", "model/fraud")]
    assert rows[0]["parameters"] == ["max_depth"]
    assert rows[1]["reason"].startswith("same category, hyperparameter; says ")
    assert "sets max_depth too; same category, hyperparameter" in done(run("similar", "8", "--limit", "1"))
    none = run("similar", "4")
    assert (done(none), none.stderr) == ("", "no earlier decision is like it\n")
    refused(run("similar", "2"), "event 2 is a problem.framed, and no decision")


# --- templates


def test_templates_are_listed_shown_and_written(run: Run, begun: Path) -> None:
    """Five forms; each shows every field with its help; an empty one goes into a file of its own."""
    names = [row["name"] for row in told(run("template", "list", "--json"))]
    assert names == ["decision", "plan", "dataset", "review", "retirement"]
    for name in names:
        shown = done(run("template", "show", name))
        fields = told(
            run("types", told(run("template", "list", "--json"))[names.index(name)]["type"], "--json")
        )
        for field in fields["fields"]:
            if "." not in field["name"] and "[" not in field["name"]:
                assert " ".join(field["help"].split()) in " ".join(shown.replace("##", "").split()), field[
                    "name"
                ]
    result = run("template", "new", "retirement")
    assert done(result) == "retirement form in retirement.md\n"
    assert result.stderr == "fill it in, then: mledger append model.retired STREAM --from retirement.md\n"
    refused_alike(run, ["template", "new", "retirement"], "retirement.md is there already")
    refused_alike(run, ["template", "show", "retirment"], "did you mean retirement?")
    Path("retirement.md").write_text("---\n# nothing here\n---\n\n## Reason\n\nReplaced.\n")
    done(run("append", "model.retired", MODEL, "--from", "retirement.md"))


@pytest.mark.parametrize("name", ["decision", "plan", "dataset", "review", "retirement"])
def test_a_template_with_its_examples_is_valid(run: Run, begun: Path, name: str) -> None:
    """What `show` prints is read back as the required fields of its type, as they stand."""
    from mledger.events import base, forms
    from mledger_cli.documents import members

    type = next(row["type"] for row in told(run("template", "list", "--json")) if row["name"] == name)
    data = done(run("template", "show", name)).encode()
    fields = members(data, "form", type)
    needed = forms.example(base.find(type), optional=False)
    assert {key: fields[key] for key in needed} == needed
    base.build(type, fields)


def test_types_of_the_policy_are_templates_too(run: Run, begun: Path) -> None:
    """A type that the policy declares is listed and has its form; a field that it asks for is needed."""
    policy = told(run("show", "0", "--json"))["data"]["policy"]
    shape = {"type": "object", "properties": {"outcomeText": {"type": "string"}}, "required": ["outcomeText"]}
    policy["types"] = {"acme.met": {"title": "They met.", "schema": shape}}
    policy["required"] = {"model.retired": ["successor"]}
    Path("p.json").write_text(json.dumps({"policy": policy, "reason": "r"}))
    done(run("append", "policy.adopted", "ledger", "--from", "p.json"))
    assert "acme.met" in done(run("template", "list"))
    assert "\n## OutcomeText\n\n<!-- outcomeText -->\n\ntext\n" in done(run("template", "show", "acme.met"))
    done(run("template", "new", "acme.met"))
    Path("acme.met.md").write_text(Path("acme.met.md").read_text() + "\nGo on.\n")
    done(run("append", "acme.met", MODEL, "--from", "acme.met.md"))
    assert told(run("show", "3", "--json"))["data"] == {"outcomeText": "Go on."}
    done(run("template", "new", "model.retired"))
    assert "\nsuccessor:\n" in Path("retirement.md").read_text()
