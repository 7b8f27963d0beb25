"""Half a year of two models, played once and read with every command."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from mledger import Fact, Reader
from mledger.events import base as events
from mledger.exchange import verify
from mledger.testing.story import HOME, PEOPLE, at_home, building, framing, play
from mledger.testing.story.stage import Stage

Ask = Callable[..., str]
PROGRAM = Path(verify.__file__)


@pytest.fixture
def facts(played: Path) -> Iterator[list[Fact]]:
    """Every event of the story."""
    with at_home(played / HOME), Reader.open(played / "mledger.db") as reader:
        yield list(reader.facts())


def test_it_uses_the_vocabulary(facts: list[Fact]) -> None:
    """Most types of event are told, and every kind of answer to a decision or a request."""
    told = {fact.type for fact in facts}
    assert len(told) >= 50
    answers = ("decision.", "promotion.", "run.", "review.", "audit.", "dataset.", "risk.")
    known = {name for name in events.names() if name.startswith(answers)}
    assert known - told == {"run.invalidated"}


def test_it_is_half_a_year_of_four_people(facts: list[Fact]) -> None:
    """Four people and a pipeline sign, from January to July, about two models and their data."""
    assert {fact.signer for fact in facts} == {*PEOPLE, "Pipeline"}
    assert (facts[0].time[:10], facts[-1].time[:10]) == ("2026-01-05", "2026-07-01")
    streams = {fact.stream for fact in facts} - {"ledger"}
    assert streams == {
        "model/card-zones", "model/card-reader", "dataset/cards", "dataset/zones", "dataset/harbour"
    }  # fmt: skip


def _metrics(facts: list[Fact], type: str, of: str) -> list[tuple[str, float]]:
    (found,) = [fact.data for fact in facts if fact.type == type and fact.data.run == of]
    return [(m.name, m.value) for m in found.metrics if m.slice is None]


@pytest.mark.parametrize(
    ("run", "accuracy", "coverage"),
    [
        ("tree", 0.8617, 0.716),
        ("linear-1", 0.9854, 0.753),
        ("linear-bolder", 0.957, 0.884),
        ("linear-both", 0.9797, 0.74),
        ("neighbours-5", 0.9811, 0.9345),
        ("reader", 0.9922, 0.965),
    ],
)
def test_what_people_say_was_measured(facts: list[Fact], run: str, accuracy: float, coverage: float) -> None:
    """The numbers that reasons and requests repeat are those that the training gave."""
    assert _metrics(facts, "run.finished", run) == [("selective_accuracy", accuracy), ("coverage", coverage)]


def test_the_dissent_comes_true(facts: list[Fact]) -> None:
    """What would settle the dissent, below 0.95 on the first cards of Harbour, is what was measured."""
    (dissent,) = [fact.data for fact in facts if fact.type == "dissent.recorded"]
    assert dissent.would_settle == "Below 0.95 on the first cards of Harbour."
    assert _metrics(facts, "evaluation.recorded", "linear-bolder")[0] == ("selective_accuracy", 0.8825)


def _told(folder: Path) -> list[tuple[object, ...]]:
    folder.mkdir()
    with threadpool_limits(1), at_home(folder / HOME):
        stage = Stage(folder)
        for act in (framing, building):
            act.play(stage)
        facts = list(stage.sim.reader().facts())
        stage.sim.store.close()
    return [(fact.number, fact.id, fact.time, fact.body) for fact in facts]


def test_each_performance_gives_the_same_history(tmp_path: Path) -> None:
    """Ids, times, bodies and hashes of the first acts are the same when they are played again."""
    assert _told(tmp_path / "one") == _told(tmp_path / "two")


@pytest.mark.slow
def test_the_whole_performance_gives_the_same_history(played: Path, tmp_path: Path) -> None:
    """The head of the ledger is the same when all is played again."""
    heads = []
    for folder in (played, tmp_path / "again"):
        if folder != played:
            play(folder)
        with Reader.open(folder / "mledger.db") as reader:
            heads.append(reader.head)
    assert heads[0] == heads[1]


# --- read with every command


def test_it_is_verified(ask: Ask) -> None:
    """Nothing is wrong with it, and it extends the head that this machine has seen."""
    assert "VERIFIED at level 2" in ask("verify --full")


def test_the_release_passes_the_gate(ask: Ask) -> None:
    """The released version lacks nothing; of the retired model nothing is asked any more."""
    assert "model/card-zones" not in ask("check")
    assert re.search(r"\d+ rules: \d+ passed", ask("gate --model card-reader --release 1.0"))


def test_why_leads_to_the_reason(ask: Ask) -> None:
    """From a parameter to its decision, to those not chosen, to the ablation, to the problem."""
    said = ask("why card-reader@1.0:n_neighbors")
    assert "In card-reader 1.0, made by run reader, n_neighbors is 5." in said
    assert "Nearest neighbours on pixels: nearest neighbours" in said
    assert "Misses 0.98, and never doubts." in said
    assert "ablation, supports: Zones instead of pixels" in said


def test_replay_knows_what_was_known(ask: Ask) -> None:
    """On each day the stage, the version in production and the state of decisions are those of that day."""
    for day, stage, version in (
        ("2026-01-20", "in development since 2026-01-12", None),
        ("2026-02-10", "production since 2026-02-04", "1.0"),
        ("2026-03-10", "production since 2026-03-04", "1.1"),
        ("2026-03-18", "production since 2026-03-17", "1.0"),
        ("2026-07-01", "retired since 2026-06-30", None),
    ):
        said = ask(f"replay card-zones --known-at {day}")
        assert re.search(r"^stage +(.+?) +\[", said, re.MULTILINE)[1] == stage, day
        serves = re.search(r"^production +(\S+) in", said, re.MULTILINE)
        assert (serves[1] if serves else None) == version, day


def test_the_inbox_holds_what_waits(ask: Ask) -> None:
    """On the last day Bob has a decision, a question and his reviews before him; Dora has nothing."""
    waiting = json.loads(ask("inbox --for bob --json"))
    assert {item["kind"] for item in waiting} == {"decision", "review", "review due"}
    assert json.loads(ask("inbox --for dora --json")) == []


def test_a_refresh_made_a_decision_stale(ask: Ask) -> None:
    """Between the refresh of the zones and the new decision the old one is due; a day before it was not."""
    stale = json.loads(ask("reviews due card-zones --known-at 2026-04-08 --json"))["due"]
    assert "Sixteen zones and a linear model" in {item["title"] for item in stale}
    before = json.loads(ask("reviews due card-zones --known-at 2026-03-01 --json"))["due"]
    assert before == []


def test_decisions_are_a_tree(ask: Ask) -> None:
    """Under the goal stands the component, and under that its parameters, whatever became of them."""
    said = ask("decisions card-zones --tree")
    titles = ("What the reader doubts", "Sixteen zones", "C of 1", "Read from a certainty of 0.6")
    indents = [re.search(rf"^( *)- \w+: {title}", said, re.MULTILINE)[1] for title in titles]
    assert list(map(len, indents)) == [0, 2, 4, 4]
    assert "invalidated" in said


def test_search_counts_by_facet(ask: Ask) -> None:
    """A word is found in both models, and facets say how often in which."""
    found = json.loads(ask("search doubt --json"))
    assert {row["stream"] for row in found} >= {"model/card-zones", "model/card-reader"}


def test_the_page_for_a_newcomer(ask: Ask) -> None:
    """Whoever is new reads what it is for, whom to ask, what did not work."""
    said = ask("onboard card-reader")
    for words in (
        "Whom to ask",
        "Carol Example",
        "What did not work",
        "not of",
        "Nearest neighbours on pixels",
    ):
        assert words in said


def test_the_changelog_between_two_versions(ask: Ask) -> None:
    """From 1.0 to 1.1 one parameter changed, by a decision that somebody accepted."""
    said = ask("changelog card-zones --from 1.0 --to 1.1")
    assert "  hyperparameter: Read from a certainty of 0.6 on: 0.6 (threshold 0.8" in said


def test_what_was_refused_is_on_record(ask: Ask) -> None:
    """Carol's approval of her own request was refused, and that somebody tried is said."""
    assert "Carol Example (engineer) may not record promotion.approved" in ask("log --type attempt.refused")


def test_what_was_erased_is_gone(ask: Ask, played: Path) -> None:
    """The customer's name stands nowhere in the file, and that something was erased is said."""
    assert b"Keel" not in (played / "mledger.db").read_bytes()
    assert "erased" in ask("replay card-zones")


def test_a_bundle_of_it_is_verified(ask: Ask, tmp_path: Path) -> None:
    """All of it fits into one file, which is checked without the ledger."""
    bundle = tmp_path / "half-a-year.bundle.zip"
    ask("bundle create --all -o", str(bundle))
    assert "VERIFIED" in ask("bundle verify", str(bundle))
    for how in ("--all", "card-reader@1.0"):
        ask(f"bundle create {how} -o", str(tmp_path / f"{how}.zip"))
        done = subprocess.run(
            [sys.executable, "-I", str(PROGRAM), str(tmp_path / f"{how}.zip"), "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        row = json.loads(done.stdout)
        assert (row["exit_code"], row["findings"]) == (0, [])
        assert row["events"] == row["bodies"] + row["withheld"] + row["erased"]


READING = [
    "log --limit 0",
    *(f"show {number}" for number in (0, 5, 17, 51, 55, 73)),
    "replay",
    "replay card-zones",
    "replay card-reader",
    "lineage card-zones@1.0",
    "lineage card-reader@1.0",
    "diff 2026-03-01 2026-06-01 card-zones",
    "decisions card-zones",
    "decision show 51",
    "similar 51",
    "onboard card-zones",
    "changelog card-zones",
    "search harbour",
    "report objectives card-reader",
    "report learning card-zones",
    "report dead-ends card-zones",
    "approvals",
    "history card-zones",
    "inbox",
    "review 51",
    "runs --all",
    "runs compare linear-1 linear-10",
    "ablate neighbours-5 neighbours-on-zones",
    "reviews due",
    "audit list",
    "data list",
    "data show zones",
    "data diff zones@1 zones@2",
    "report data-story zones",
    "key list",
]


@pytest.mark.parametrize("command", READING)
def test_it_fits_the_screen(ask: Ask, command: str) -> None:
    """No reading command is wider than 80 columns, and no name of a person is cut."""
    said = ask(command)
    wide = [line for line in said.splitlines() if len(line) > 80 and not re.search("[0-9a-f]{64}", line)]
    assert not wide
    assert not re.search(r"(Alice|Bob|Carol|Dora) E?x?a?m?p?l?…", said)
