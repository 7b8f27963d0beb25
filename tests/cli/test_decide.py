"""mledger decide: a decision in seconds, whatever the person has at hand."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from time import sleep

import pytest

from mledger.testing.bodies import FRAMED
from tests.cli.asking import ALICE, MODEL, Run, done, nothing_written, refused, refused_alike, told
from tests.cli.deciding import BOB, DECISION, enrol_bob, ran, record, released


@pytest.fixture
def model(run: Run, begun: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model with its problem, event 2; Bob may accept, event 3."""
    monkeypatch.setenv("MLEDGER_KEY", "alice-example")
    record(run, "problem.framed", FRAMED)
    enrol_bob(run)
    return begun


def data(run: Run, number: str) -> dict:
    """The fields of an event."""
    return told(run("show", number, "--json"))["data"]


def write(name: str, values: object) -> str:
    """A file of JSON, which is YAML too."""
    Path(name).write_text(json.dumps(values))
    return name


# --- from a file


def test_a_decision_from_a_file_says_what_comes_next(run: Run, model: Path) -> None:
    """It prints number, state, who signed, what it sets, and who may accept it, the author aside."""
    result = run("decide", "credit-risk", "--from", write("d.json", DECISION))
    first, title, sets, needs = done(result).splitlines()
    assert first.startswith(f"decision 4  proposed  signed {ALICE}, authorship  20")
    assert (title, sets) == ("  Deeper trees", "  max_depth 3 -> 4")
    assert needs == f"needs acceptance by owner or reviewer, not by {ALICE} ({BOB} may)"
    assert result.stderr == "next: mledger decision accept 4\n"
    row = told(run("decide", "--from", "d.json", "--json"))
    assert (row["number"], row["state"], row["open"]) == ("5", "proposed", [])
    assert row["may_accept"] == {"roles": ["owner", "reviewer"], "people": [BOB], "not": [ALICE]}


def test_a_form_in_markdown_is_read_back(run: Run, model: Path) -> None:
    """Front matter and sections become the fields; texts keep their lines; explanations are left out."""
    Path("d.md").write_text(
        "---\ntitle: Deeper trees\ncategory: hyperparameter\nchoice: four\nalternatives:\n"
        "  - {name: four}\n  - {name: three, why_not: AUC is too low.}\nreview_by: 2099-12-31\n---\n\n"
        "## Summary\n\n<!-- in plain\nlanguage -->\nDeeper trees keep the quality.\n\n"
        "## question\n\nHow deep?\n\n```\n## not a heading\n```\n\n"
        "## Rationale\n\nIt is better.\n\n### In short\n\nYes.\n\n"
        "## Data quality influence\nNone.\n\n## Context\n"
    )
    done(run("decide", "--from", "d.md"))
    said = data(run, "4")
    assert said["question"] == "How deep?\n\n```\n## not a heading\n```"
    assert said["rationale"] == "It is better.\n\n### In short\n\nYes."
    assert (said["summary"], said["review_by"]) == ("Deeper trees keep the quality.", "2099-12-31")
    assert "context" not in said


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---\ntitle: x\n---\n\n## Questoin\n\nHow?\n", "d.md, line 5: 'Questoin' is no field of"),
        ("---\ntitle: x\n---\nloose words\n", "there is text before the first heading"),
        (
            "---\ntitle: x\nquestion: a\n---\n\n## Question\n\nb\n",
            "d.md, line 6: question stands there twice",
        ),
        ("---\ntitle: [x\n---\n", "d.md, line 2"),
        ("---\n- x\n---\n", "should hold names and their values, and holds a list"),
    ],
)
def test_a_form_that_cannot_be_read_names_the_line(run: Run, model: Path, text: str, line: str) -> None:
    """Nothing of it is guessed, and nothing is written."""
    Path("d.md").write_text(text)
    with nothing_written(model.parent):
        refused_alike(run, ["decide", "--from", "d.md"], line)


def test_one_alternative_is_asked_the_three_questions(run: Run, model: Path) -> None:
    """Why this one, which others, how did the data influence it: without a reason it is refused."""
    file = write("d.json", DECISION | {"alternatives": [{"name": "four"}]})
    with nothing_written(model.parent):
        line = "why this one, which alternatives were there, how did the quality of the data influence it?"
        refused(run("decide", "--from", file), line)
        sets = {name: value for name, value in DECISION.items() if isinstance(value, str)}
        args = [part for name, value in sets.items() for part in ("--set", f"{name}={value}")]
        refused(run("decide", "credit-risk", *args, "--set", 'alternatives=[{"name": "four"}]'), line)
    done(run("decide", "--from", "d.json", "--set", "single_option_reason=The law says so."))


def test_what_is_wrong_is_told_before_a_passphrase(
    run: Run, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reference to nothing and a day that is over are refused, though the key could not be opened."""
    monkeypatch.setenv("MLEDGER_KEY", "nobody")
    for field, value, line in (
        ("parent_decision", "99", "parent_decision: event 99 is not there"),
        ("review_by", "2020-01-01", "review_by: 2020-01-01 was over on 20"),
        ("parent_decision", "2", "should name a decision.proposed, and event 2 is a problem.framed"),
    ):
        refused_alike(run, ["decide", "--from", write("d.json", DECISION | {field: value})], line)


def test_what_the_policy_asks_for_is_asked_for(run: Run, model: Path) -> None:
    """An organisation's required field is enforced by the next decide, and stands in its form."""
    policy = told(run("show", "0", "--json"))["data"]["policy"]
    policy["required"] = {"decision.proposed": ["review_by"]}
    Path("p.json").write_text(json.dumps({"policy": policy, "reason": "Audit finding A-12."}))
    done(run("append", "policy.adopted", "ledger", "--from", "p.json"))
    args = ["decide", "--from", write("d.json", DECISION)]
    fix = refused_alike(run, args, "review_by: is missing, and the policy default asks for it")
    assert fix == "mledger template show decision"
    assert "\nreview_by:" in done(run("template", "new", "decision")) + Path("decision.md").read_text()
    done(run(*args, "--set", "review_by=2099-01-01"))


def test_the_only_model_need_not_be_named(run: Run, begun: Path) -> None:
    """With two models MODEL is needed, and the two are named; a model that is not there is refused."""
    done(run("decide", "--from", write("d.json", DECISION)))
    fields = ["--set", "title=B", "--set", "purpose=p", "--set", f"owner={ALICE}"]
    done(run("append", "model.registered", "model/other", *fields))
    refused(run("decide", "--from", "d.json"), "MODEL is missing: there are model/credit-risk, model/other")
    refused(run("decide", "credit-risc", "--from", "d.json"), "did you mean model/credit-risk?")
    done(run("decide", "other", "--from", "d.json"))


def test_without_a_model_there_is_nothing_to_decide(run: Run, folder: Path) -> None:
    """An empty ledger says what to do first."""
    done(run("init", "--origin", "a.example", "--name", ALICE, "--no-passphrase", "-q"))
    refused(run("decide", "--from", write("d.json", DECISION)), "no model is registered here")


# --- in haste


def test_a_quick_decision_names_what_it_leaves_open(run: Run, model: Path) -> None:
    """With options alone: title and category; the rest is named, and nothing is invented."""
    result = run("decide", "--quick", "--set", "title=Smaller steps", "--set", "category=hyperparameter")
    assert "still open: summary, question, rationale, data_quality_influence, alternatives" in done(result)
    assert "fill it in: mledger decide --complete 4" in result.stderr
    said = data(run, "4")
    assert said["open"] == ["summary", "question", "rationale", "data_quality_influence", "alternatives"]
    assert said["alternatives"] == [{"name": "Smaller steps"}]
    assert (said["choice"], said["business_outcome_ref"]) == ("Smaller steps", "2")
    assert said.keys() <= {
        "title",
        "open",
        "category",
        "alternatives",
        "choice",
        "level",
        "business_outcome_ref",
    }


def test_without_a_terminal_the_fields_must_be_given(run: Run, model: Path) -> None:
    """It says which, and how."""
    fix = refused(run("decide"), "title, category, choice, summary, question")
    assert "--from FILE" in fix
    refused(run("decide", "--quick"), "title, category must be said: there is no terminal")


def test_a_quick_decision_is_looked_at_and_answered(run: Run, model: Path) -> None:
    """What it leaves open is said to be so: to who answers, in the circumstances, to the newcomer."""
    sets = {
        "title": "Hasty",
        "category": "hyperparameter",
        "alternatives": '[{"name": "Hasty"}, {"name": "wait"}]',
        "choice": "Hasty",
        "parameters": '[{"name": "lr", "to": 0.5}]',
        "refs": '[{"rel": "evidence", "commit": "3fa9c1e03fa9c1e03fa9c1e03fa9c1e03fa9c1e0"}]',
    }
    done(run("decide", "--quick", *(f"--set={name}={value}" for name, value in sets.items())))
    shown = done(run("review", "4"))
    for line in (
        "question: left open",
        "wait: left open",
        "lr not set -> 0.5",
        "evidence: commit 3fa9c1e03fa9",
    ):
        assert line in shown, shown
    page = done(run("onboard", "credit-risk"))
    assert "Hasty: Hasty; not wait. The summary was left open." in " ".join(page.split())
    done(run("decision", "reject", "4", "--reason", "Say why.", "--as", "bob-example"))
    circumstances = done(run("show", "5", "--circumstances"))
    assert "because: left open" in circumstances
    assert "None" not in shown + page + circumstances


def test_nobody_completes_what_somebody_else_proposed(run: Run, model: Path) -> None:
    """It would be a decision beside the draft, which stayed open; nothing is signed."""
    done(run("decide", "--quick", "--set", "title=Deeper trees", "--set", "category=hyperparameter"))
    done(run("key", "grant", BOB, "engineer", "--reason", "He builds."))
    result = run("decide", "--complete", "4", "--quick", "--as", "bob-example")
    fix = refused(result, f"decision 4 is {ALICE}'s, who alone can complete it")
    assert fix == f"record another: mledger decide {MODEL}"


def test_a_quick_decision_is_completed_later(run: Run, model: Path) -> None:
    """The same person fills in what was open: a decision of its own, and the first is superseded."""
    done(run("decide", "--quick", "--set", "title=Deeper trees", "--set", "category=hyperparameter"))
    rest = {name: DECISION[name] for name in ("summary", "question", "rationale", "data_quality_influence")}
    sets = [f"--set={name}={value}" for name, value in rest.items()]
    options = json.dumps([{"name": "Deeper trees"}, {"name": "keep", "why_not": "AUC is too low."}])
    done(run("decide", "--complete", "4", *sets, f"--set=alternatives={options}"))
    said = data(run, "5")
    assert said["completes"] == "4"
    assert "open" not in said
    rows = told(run("decisions", "--json"))
    assert [(row["number"], row["state"], row["superseded_by"]) for row in rows] == [
        ("4", "superseded", "5"),
        ("5", "proposed", None),
    ]
    refused(
        run("decide", "--complete", "4", "--quick"), "decision 4 is superseded already and stays as it is"
    )
    refused(run("decide", "--complete", "2", "--quick"), "event 2 is no decision on model/credit-risk")


# --- what changed


def params(**values: object) -> str:
    """A parameter file."""
    return write("params.yaml", values)


def test_what_changed_since_the_last_release_is_taken_over(run: Run, model: Path) -> None:
    """Nested parameters are compared by their paths, with the run of the last release, not a later one."""
    ran(run, "old", {"max_depth": 3, "lr": 0.1, "sampler": {"subsample": 1.0, "kind": "rows"}, "gone": 1})
    released(run, "2.0", "old")
    ran(run, "later", {"max_depth": 9})
    file = params(max_depth=4, lr=0.1, sampler={"subsample": 0.8, "kind": "rows"}, new=True)
    result = run("decide", "--from-diff", file, "--quick", "--set", "title=Changes")
    assert "changed since release 2.0, run old [6, 4]:\n" in result.stderr
    assert "  sampler.subsample 1.0 -> 0.8\n" in result.stderr
    assert "  gone 1 -> dropped" in done(result)
    said = data(run, "9")
    assert (said["category"], said["level"]) == ("hyperparameter", "parameter")
    assert said["parameters"] == [
        {"name": "gone", "from": 1},
        {"name": "max_depth", "from": 3, "to": 4},
        {"name": "new", "to": True},
        {"name": "sampler.subsample", "from": 1.0, "to": 0.8},
    ]
    assert "parameters" in said["open"]


def test_without_a_release_the_last_finished_run_counts(run: Run, model: Path) -> None:
    """And without a run the decisions in force do; without these everything is new."""
    result = run("decide", "--from-diff", params(depth=5), "--quick", "--set", "title=First")
    assert "changed and nothing was said of parameters before:\n  depth not set -> 5\n" in result.stderr
    done(
        run(
            "decide",
            "--complete",
            "4",
            "--from",
            write("d.json", DECISION | {"parameters": [{"name": "depth", "to": 5, "justification": "x"}]}),
        )
    )
    done(run("decision", "accept", "5", "--as", "bob-example"))
    result = run("decide", "--from-diff", params(depth=6), "--quick", "--set", "title=Second")
    assert "changed since decisions in force [5]:\n  depth 5 -> 6\n" in result.stderr
    ran(run, "r1", {"depth": 7})
    result = run("decide", "--from-diff", params(depth=8), "--quick", "--set", "title=Third")
    assert "changed since run r1 [8]:\n  depth 7 -> 8\n" in result.stderr


def test_nothing_changed_is_said_and_nothing_recorded(run: Run, model: Path) -> None:
    """The same values, 1 for 1.0 among them, are no change; a decision that says it already is named."""
    ran(run, "r1", {"depth": 3, "rate": 1.0})
    with nothing_written(model.parent / "mledger.db"):
        result = run("decide", "--from-diff", params(depth=3, rate=1))
        assert done(result) == "nothing changed since run r1 [4]\n"
        row = told(run("decide", "--from-diff", "params.yaml", "--json"))
        assert row == {"recorded": False, "notes": ["nothing changed since run r1 [4]"]}
    done(run("decide", "--from-diff", params(depth=4, rate=1), "--quick", "--set", "title=Deeper"))
    said = done(run("decide", "--from-diff", "params.yaml")).splitlines()
    assert said == ["depth 3 -> 4: decided already, by decision 6", "nothing else changed"]


def test_one_parameter_may_be_picked_out(run: Run, model: Path) -> None:
    """--param takes only that change; a name that nobody knows is refused with the nearest."""
    ran(run, "r1", {"depth": 3, "rate": 0.1})
    file = params(depth=4, rate=0.2)
    args = ["decide", "--from-diff", file, "--quick", "--set", "title=Rate"]
    refused(run(*args, "--param", "rat"), "'rat' is no parameter in params.yaml; did you mean rate?")
    done(run(*args, "--param", "rate"))
    assert [p["name"] for p in data(run, "6")["parameters"]] == ["rate"]
    refused(run("decide", "--param", "rate"), "--param narrows --from-diff FILE")


# --- in an editor


def editor(folder: Path, script: str) -> str:
    """An editor that does what a shell script says to the file $1."""
    path = folder / "editor.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_the_editor_opens_a_form_of_the_types_own_fields(
    run: Run, model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is known is filled in, each field is explained, and what is saved is recorded."""
    Path("whole.md").write_text(
        "---\n"
        + json.dumps({k: v for k, v in DECISION.items() if k != "question"})
        + "\n---\n\n## Question\n\nQ?\n"
    )
    monkeypatch.setenv("EDITOR", editor(folder, f'cp "$1" {folder}/seen.md; cp {folder}/whole.md "$1"'))
    monkeypatch.delenv("VISUAL", raising=False)
    done(run("decide", "--edit"))
    assert data(run, "4")["question"] == "Q?"
    seen = Path("seen.md").read_text()
    assert "business_outcome_ref: '2'" in seen
    assert "## Question\n\n<!-- the question that it answers. For example: " in seen


def test_what_was_written_is_never_lost(
    run: Run, model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A form that cannot be recorded is kept; the way out names it, and works when it is mended."""
    Path("half.md").write_text("---\ntitle: Deeper trees\n---\n\n## Question\n\nLong thoughts.\n")
    monkeypatch.setenv("EDITOR", editor(folder, f'cp {folder}/half.md "$1"'))
    monkeypatch.delenv("VISUAL", raising=False)
    fix = refused(run("decide", "--edit"), "category: is missing")
    assert fix.startswith("what you wrote is kept: mend ")
    kept = Path(fix.split("mend ")[1].split(", then ")[0])
    assert "Long thoughts." in kept.read_text()
    assert f"mledger decide {MODEL} --from {kept}" in fix
    kept.write_text(f"---\n{json.dumps(DECISION)}\n---\n")
    done(run("decide", MODEL, "--from", kept))
    kept.unlink()


def test_a_form_left_as_it_is_records_nothing(
    run: Run, model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it was filled in with what changed: nobody signs what they have not touched."""
    ran(run, "r1", {"depth": 3})
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.delenv("VISUAL", raising=False)
    refused(run("decide", "--edit", "--from-diff", params(depth=4), "-q"), "the form was left as it was")


# --- at a terminal


def test_a_person_is_asked_for_the_whole(model: Path, run: Run, terminal: Callable) -> None:
    """Few questions in order; wrong answers are asked again; options end with an empty line."""
    at = terminal("decide", "credit-risk")
    for prompt, answers in (
        ("Title", [""]),
        ("this one is needed", []),
        ("Title", ["Deeper trees"]),
        ("Summary", ["x" * 301]),
        ("at most 300 characters", []),
        ("Summary", ["Deeper trees keep the quality."]),
        ("Category", []),
        ("Category", ["hyper"]),
        ("Question", ["How deep?"]),
        ("Option 1", ["four"]),
        ("Option 2", ["four"]),
        ("that is there already", []),
        ("Option 2", ["three"]),
        ("Option 3", [""]),
        ("Chosen", []),
        ("Chosen", ["four"]),
        ("Why not three?", ["AUC is too low."]),
        ("Why this one", ["It alone reaches the objective."]),
        ("Data quality", ["None."]),
        ("Effect 1", ["auc sideways"]),
        ("'sideways' is no size, direction or confidence", []),
        ("Effect 1", ["auc +0.004 medium"]),
        ("Effect 2", [""]),
        ("Evidence", ["two"]),
        ("Evidence", ["2"]),
        ("Review by", ["2020-13-01"]),
        ("Review by", ["2099-01-01"]),
    ):
        at.wait_for(prompt)
        for answer in answers:
            at.wait_for(" > ")
            at.type(f"{answer}\n")
    code, shown = at.end()
    assert code == 0, shown
    assert "decision 4  proposed" in shown
    said = data(run, "4")
    assert said["alternatives"] == [{"name": "four"}, {"name": "three", "why_not": "AUC is too low."}]
    assert said["expected_effects"] == [
        {"metric": "auc", "direction": "increase", "size": 0.004, "confidence": "medium"}
    ]
    assert said["refs"] == [{"rel": "evidence", "event": "2"}]
    assert (said["category"], said["review_by"]) == ("hyperparameter", "2099-01-01")
    assert (said["objectives"], said["business_outcome_ref"]) == (["auc"], "2")


def test_a_quick_decision_asks_four_questions(model: Path, run: Run, terminal: Callable) -> None:
    """Title, category, why, and what else there was; then it is recorded."""
    at = terminal("decide", "--quick")
    for prompt, answer in (
        ("Title", "Smaller steps"),
        ("Category", None),
        ("Category", "opt"),
        ("Why this one", ""),
        ("Instead of what", "keep 0.1: it overshoots"),
    ):
        at.wait_for(prompt)
        if answer is not None:
            at.wait_for(" > ")
            at.type(f"{answer}\n")
    code, shown = at.end()
    assert (code, shown.count(" > ")) == (0, 4)
    said = data(run, "4")
    assert said["alternatives"] == [
        {"name": "Smaller steps"},
        {"name": "keep 0.1", "why_not": "it overshoots"},
    ]
    assert said["open"] == ["summary", "question", "rationale", "data_quality_influence"]


def test_a_draft_is_completed_question_by_question(model: Path, run: Run, terminal: Callable) -> None:
    """Only what is open is asked for: the other options, and why each parameter has its value."""
    ran(run, "r1", {"max_depth": 3})
    why = ["--set", "rationale=It is better.", "--set", "title=Deeper trees"]
    done(run("decide", "--from-diff", params(max_depth=4), "--quick", *why))
    at = terminal("decide", "--complete", "6")
    for prompt, answer in (
        ("Summary", "S."),
        ("Question", "Q?"),
        ("besides Deeper trees? Two or more in all", None),
        ("Option 2", "keep"),
        ("Option 3", ""),
        ("Why not keep?", "AUC is too low."),
        ("Data quality", "None."),
        ("Why max_depth 3 -> 4?", "Three is too few."),
        ("Effect 1", ""),
        ("Evidence", ""),
        ("Review by", ""),
    ):
        at.wait_for(prompt)
        if answer is not None:
            at.wait_for(" > ")
            at.type(f"{answer}\n")
    code, shown = at.end()
    assert code == 0, shown
    said = data(run, "7")
    assert said["completes"] == "6"
    assert said["alternatives"] == [{"name": "Deeper trees"}, {"name": "keep", "why_not": "AUC is too low."}]
    assert said["parameters"][0]["justification"] == "Three is too few."
    assert "open" not in said


def test_what_was_answered_is_kept_when_somebody_stops(model: Path, run: Run, terminal: Callable) -> None:
    """Ctrl-C leaves a form with the answers so far, and names it."""
    at = terminal("decide")
    at.wait_for("Title")
    at.wait_for(" > ")
    at.type("Deeper trees\n")
    at.wait_for("Summary")
    at.wait_for(" > ")
    sleep(0.3)  # a signal between the prompt and the reading of the answer would wait for the answer
    at.type("\x03")
    code, shown = at.end()
    assert code == 130
    assert "what you wrote is kept; to record it: mledger decide model/credit-risk --from " in shown
    kept = Path(shown.split("--from ")[1].split()[0])
    assert "title: Deeper trees" in kept.read_text()
    kept.unlink()


def test_a_check_lists_what_is_open_until_it_is_filled_in(run: Run, model: Path) -> None:
    """The finding names the fields, and its way out is the command that completes the decision."""
    done(run("decide", "--quick", "--set", "title=Deeper trees", "--set", "category=hyperparameter"))

    def gaps() -> list[dict]:
        rules = json.loads(run("check", "credit-risk", "--json").stdout)[0]["rules"]
        return next(one["found"] for one in rules if one["rule"] == "RAT-005")

    (gap,) = gaps()
    assert "summary, question, rationale, data_quality_influence, alternatives open" in gap["message"]
    assert gap["fix"] == "mledger decide --complete 4"
    done(run("decide", "--complete", "4", "--from", write("d.json", DECISION)))
    assert gaps() == []
