"""Markdown shows an escaped text as it is: no list, no heading, no mark of its own."""

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mledger.core.markdown import escaped

texts = st.text(st.sampled_from("ab 1-+.)=_*#|<>~[]`\\!"), max_size=12)


def shown(text: str) -> str:
    """What a page shows of Markdown."""
    return html.unescape(re.sub("<[^>]*>", "", MarkdownIt("commonmark").render(text))).strip()


@given(texts)
@example("1. item")
@example("2) item")
@example("1.")
@example("---")
@example("===")
@example("- item")
def test_a_text_is_shown_as_it_is(text: str) -> None:
    """By itself, and below a line of other text, where dashes would make a heading of that."""
    said = " ".join(text.split())
    assert shown(escaped(text)) == said
    assert shown(f"before\n{escaped(text)}").split() == f"before {said}".split()


@pytest.mark.parametrize(
    ("text", "written"), [("1. x", r"1\. x"), ("1.5", "1.5"), ("-5", "-5"), ("a = b", "a = b")]
)
def test_only_what_would_be_a_mark_is_escaped(text: str, written: str) -> None:
    """A number, a sign and an equation are written as they are."""
    assert escaped(text) == written
