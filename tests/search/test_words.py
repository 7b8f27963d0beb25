"""Events are found by their words and by what they belong to."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.caches.search import Wanted, words_file
from mledger.errors import InputError
from mledger.events import base as events
from mledger.ledger import Ledger, What
from mledger.reader import Reader
from mledger.testing.bodies import PROPOSED
from mledger.testing.simulator import Simulator, signer_of

CRITERIA = [{"metric": "auc", "operator": ">=", "value": 0.9}]
WORDS = ("early", "stopping", "drift", "région", "auc", "Shift")


def said(sim: Simulator, **wanted: object) -> list[str]:
    """The numbers of the events that match."""
    return [fact.number for fact in sim.reader().search(Wanted(**wanted))]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def sim() -> Simulator:
    """Two models of different kinds, their runs, and what people said."""
    sim = Simulator(seed="search")
    sim.enrol("Bob Example", "reviewer")
    model = {"purpose": "p", "owner": "Alice Example"}
    sim.append(
        "model.registered",
        "model/credit",
        {"title": "Credit", "problem_domain": "credit scoring", "model_type": "trees", **model},
    )
    sim.append(
        "model.registered", "model/churn", {"title": "Churn", "evaluation_criteria": ["AUC", "F1"], **model}
    )
    run = {
        "run": "r1",
        "hypothesis": "early stopping helps",
        "criteria": [{"metric": "auc", "operator": ">=", "value": 0.9}],
    }
    data = [{"name": "applications", "version": "3", "role": "train"}]
    sim.append("run.started", "model/credit", {**run, "datasets": data})
    sim.append(
        "comment.added",
        "model/credit",
        {"on": "4", "text": "Stopping early loses the région Süd."},
        by="Bob Example",
    )
    sim.append("comment.added", "model/churn", {"on": "3", "text": "Nothing to add."})
    for category in ("architecture", "regularization"):
        sim.append("decision.proposed", "model/churn", PROPOSED | {"category": category})
    return sim


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"text": "early stopping"}, ["5", "4"]),
        ({"text": '"early stopping"'}, ["4"]),
        ({"text": "REGION sud"}, ["5"]),
        ({"text": "stop*"}, ["5", "4"]),
        ({"text": "stop"}, []),
        ({"text": "early", "by": "bob example"}, ["5"]),
        ({"text": "early", "type": "run.started"}, ["4"]),
        ({"stream": "model/churn"}, ["8", "7", "6", "3"]),
        ({"marks": {"category": "Regularization"}}, ["8"]),
        ({"text": "deeper", "marks": {"category": "architecture"}}, ["7"]),
        ({"text": "nothing", "marks": {"category": "architecture"}}, []),
        ({"data": "applications"}, ["4"]),
        ({"facets": {"domain": "Credit Scoring"}}, ["5", "4", "2"]),
        ({"facets": {"criterion": "f1"}}, ["8", "7", "6", "3"]),
        ({"facets": {"domain": "credit scoring", "criterion": "f1"}}, []),
        ({"text": "early", "start": 5}, ["5"]),
        ({"text": "early", "stop": 5}, ["4"]),
        ({"text": 'a "b'}, []),
        ({"text": 'nothing OR early NEAR( -x ^ "'}, []),
    ],
)
def test_finds_by_words_and_by_what_they_belong_to(
    sim: Simulator, wanted: dict[str, object], numbers: list[str]
) -> None:
    """Words, phrases, beginnings, people, types, streams, data, facets and times narrow each other."""
    assert said(sim, **wanted) == numbers


def test_a_text_without_a_word_is_refused(sim: Simulator) -> None:
    """Signs alone match nothing, and the message says so."""
    with pytest.raises(InputError, match="no word"):
        said(sim, text='"-" **')


def test_counts_what_it_finds(sim: Simulator) -> None:
    """The counts of each facet are those of the events found."""
    counts = sim.reader().words.count(Wanted(text="early"))
    assert counts["type"] == {"comment.added": 1, "run.started": 1}
    assert counts["signer"] == {"Alice Example": 1, "Bob Example": 1}
    assert counts["domain"] == {"credit scoring": 2}
    assert counts["criterion"] == {}
    assert counts["data"] == {"applications": 1}
    counts = sim.reader().words.count(Wanted())
    assert counts["category"] == {"architecture": 1, "regularization": 1}


@given(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), min_size=1, max_size=12),
    st.sampled_from(WORDS),
)
def test_finds_exactly_what_says_the_word(texts: list[list[str]], word: str) -> None:
    """The events found are those whose text holds the word, newest first, however the ledger grew."""
    sim = Simulator(seed=repr((texts, word)))
    reader = sim.reader()
    half = len(texts) // 2
    for part in (texts[:half], texts[half:]):
        bodies = [events.build("comment.added", {"on": "0", "text": " ".join(text)}) for text in part]
        if bodies:
            sim.ledger().append_all([What(body, "model/m") for body in bodies])
        list(reader.search(Wanted(text=word, type="comment.added")))
    facts = [fact for fact in sim.reader().facts() if fact.type == "comment.added"]
    expected = [fact.number for fact, text in zip(facts, texts, strict=True) if word in text]
    assert [fact.number for fact in reader.search(Wanted(text=word, type="comment.added"))] == expected[::-1]
    reader.close()


@given(st.text(max_size=40))
def test_no_text_is_a_syntax_error(text: str) -> None:
    """Whatever somebody types is looked for as words, or refused for having none."""
    sim = Simulator(seed="text")
    if any(letter.isalnum() for letter in text):
        assert said(sim, text=text) == [] or text.strip()
    elif text.strip():
        with pytest.raises(InputError, match="no word"):
            said(sim, text=text)


# --- a cache that is not what the ledger says


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A ledger in a file, of which every word has been indexed."""
    path, owner = tmp_path / "mledger.db", "Alice Example"
    with Ledger.create(path, origin="a.example/x", signer=signer_of(owner), name=owner) as ledger:
        fields = {"title": "Credit", "purpose": "p", "owner": owner, "problem_domain": "credit scoring"}
        ledger.append("model.registered", "model/m", fields)
        ledger.append("decision.proposed", "model/m", PROPOSED)
        run = {"run": "r1", "hypothesis": "It drifts.", "criteria": CRITERIA}
        data = [{"name": "applications", "role": "train"}]
        ledger.append("run.started", "model/m", run | {"datasets": data})
    with Reader.open(path) as reader:
        assert [fact.number for fact in reader.search(Wanted(text="drifts"))] == ["3"]
    return path


def cache_of(path: Path) -> Path:
    """The file of the cache of words."""
    with Reader.open(path) as reader:
        return words_file(reader.genesis.leaf)


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE about SET form = 1 WHERE n = 3000", "places events wrongly"),
        ("DELETE FROM about WHERE n = 3000", "places events wrongly"),
        ("UPDATE facet SET value = 'fraud'", "other facets"),
        ("UPDATE form SET stream = 'model/x' WHERE type = 'run.started'", "places events wrongly"),
        ("DELETE FROM label WHERE kind = 'data'", "other data or categories"),
        ("UPDATE label SET value = 'risk' WHERE kind = 'category'", "other data or categories"),
        ("INSERT INTO words (words, rowid, said) VALUES ('delete', 3000, 'r1\nIt drifts.')", "other words"),
        ("INSERT INTO words (rowid, said) VALUES (9000, 'zebra')", "other words"),
    ],
)
def test_an_edited_cache_is_found_and_made_anew(file: Path, sql: str, what: str) -> None:
    """A full verification compares the cache of words with the ledger, reports it, and throws it away."""
    with Reader.open(file) as reader:
        assert reader.verify(full=True).findings == []
    connection = sqlite3.connect(cache_of(file))
    connection.execute(sql)
    connection.commit()
    connection.close()
    with Reader.open(file) as reader:
        (finding,) = reader.verify(full=True).findings
        assert (finding.rule, finding.where) == ("cache.wrong", "the cache of words")
        assert what in finding.message
        assert reader.verify(full=True).findings == []
        assert [fact.number for fact in reader.search(Wanted(text="drifts"))] == ["3"]
        assert reader.verify(full=True).findings == []


def test_a_cache_of_another_history_is_not_called_wrong(file: Path) -> None:
    """A cache whose head is not in this ledger belongs to another history: it is made anew in silence."""
    connection = sqlite3.connect(cache_of(file))
    connection.execute("UPDATE head SET leaf = zeroblob(32)")
    connection.commit()
    connection.close()
    with Reader.open(file) as reader:
        assert reader.verify(full=True).findings == []
        assert [fact.number for fact in reader.search(Wanted(text="drifts"))] == ["3"]


def test_a_cache_of_an_older_layout_is_made_anew(file: Path) -> None:
    """A cache whose layout is another version's is dropped with all that FTS5 keeps, and filled again."""
    connection = sqlite3.connect(cache_of(file))
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    with Reader.open(file) as reader:
        assert [fact.number for fact in reader.search(Wanted(text="drifts"))] == ["3"]
    connection = sqlite3.connect(cache_of(file))
    assert connection.execute("SELECT count(*) FROM about").fetchone() == (4,)
    connection.close()
