"""A document says the same in JSON, in Markdown and on a screen."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.reports.base import Claim, Document, Row, Section, Table
from mledger_cli import text
from mledger_cli.rendering_document import document_lines

NUMBERS = st.lists(st.integers(0, 99).map(str), max_size=3).map(tuple)
# Words that no line has to break: a hash is shown whole even where it does not fit.
SHORT = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
WORDS = st.lists(SHORT, min_size=1, max_size=8).map(" ".join)
CLAIMS = st.builds(Claim, WORDS, NUMBERS, st.sampled_from(["", "auc", "Deeper trees"]))
TABLES = st.builds(
    Table,
    st.just(("metric", "value")),
    st.lists(st.builds(Row, st.tuples(WORDS, WORDS), NUMBERS), min_size=1, max_size=4).map(tuple),
)
SECTIONS = st.builds(Section, WORDS, st.lists(CLAIMS | TABLES, max_size=4).map(tuple))
DOCUMENTS = st.builds(
    Document, st.just("learning"), WORDS, st.just("model/m"), st.lists(SECTIONS, max_size=3).map(tuple)
)

SAMPLE = Document(
    "learning",
    "What was learnt",
    "model/credit-risk",
    (
        Section("Decisions", (Claim("auc rose by 0.004 | as *expected*", ("46", "49"), "Deeper trees"),)),
        Section("Runs", (Table(("run", "lesson"), (Row(("depth-4", "Deep enough."), ("47",)),)),)),
        Section("Dead ends", ()),
    ),
    "as known with entry 60",
)


def test_markdown_shows_every_part() -> None:
    """Titles, claims as a list, tables, empty sections and event numbers, with marks escaped."""
    assert SAMPLE.markdown() == (
        "# What was learnt\n\nas known with entry 60\n\n## Decisions\n\n"
        "- **Deeper trees** auc rose by 0.004 \\| as \\*expected\\* \\[46, 49\\]\n\n"
        "## Runs\n\n| run | lesson | events |\n| --- | --- | --- |\n| depth-4 | Deep enough. | 47 |\n\n"
        "## Dead ends\n\n_nothing recorded_\n"
    )


def test_a_screen_shows_every_part() -> None:
    """Titles, claims beside their labels, tables with events in front, empty sections."""
    assert document_lines(SAMPLE, 80) == [
        "model/credit-risk: What was learnt",
        "as known with entry 60",
        "",
        "Decisions",
        "Deeper trees  auc rose by 0.004 | as *expected*                         [46, 49]",
        "",
        "Runs",
        "events  run      lesson",
        "47      depth-4  Deep enough.",
        "",
        "Dead ends",
        "nothing recorded",
    ]


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


@given(DOCUMENTS)
def test_json_holds_every_text_and_every_event(document: Document) -> None:
    """The JSON of a document has its texts word for word, and all its events."""
    leaves = _leaves(json.loads(json.dumps(document.to_json())))
    for section in document.sections:
        assert section.title in leaves
        for block in section.blocks:
            words = [block.words] if isinstance(block, Claim) else [c for r in block.rows for c in r.cells]
            assert set(words) <= set(leaves)
    assert set(document.numbers) <= set(leaves)


@given(DOCUMENTS)
def test_markdown_is_one_line_a_statement(document: Document) -> None:
    """No text of a document breaks out of its line, its cell or its list in Markdown."""
    for line in document.markdown().splitlines():
        assert re.match(r"(# |## |- |\| .* \|$|_|$|\S)", line), line
    rows = [r for s in document.sections for b in s.blocks if isinstance(b, Table) for r in b.rows]
    shown = [line for line in document.markdown().split("\n") if re.match(r"\| ", line)]
    tables = [b for s in document.sections for b in s.blocks if isinstance(b, Table)]
    assert len(shown) == len(rows) + 2 * len(tables)
    assert all(len(re.findall(r"(?<!\\)\|", re.sub(r"\\\\", "", line))) == 4 for line in shown)


@given(DOCUMENTS, st.sampled_from([60, 80, 120]))
def test_lines_fit_the_screen(document: Document, width: int) -> None:
    """No line of a document is wider than the screen."""
    for line in document_lines(document, width):
        assert text.width(line) <= width, line


@pytest.mark.parametrize("number", ["46", "49", "47"])
def test_it_knows_its_events(number: str) -> None:
    """The numbers of a document are those of its claims and rows."""
    assert number in SAMPLE.numbers
