"""Text for a screen: nothing in it commands the terminal, and widths are what one sees."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger_cli import text

anything = st.text(st.characters())
lines = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]))


@given(anything)
def test_what_is_escaped_commands_nothing(value: str) -> None:
    """No control, no surrogate and no mark that reorders a line passes; newlines pass if allowed."""
    for shown in (
        text.escaped(value),
        text.escaped(value, newlines=True).replace("\n", ""),
        text.one_line(value),
    ):
        assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in shown)
        assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])))
def test_what_is_harmless_is_shown_as_it_is(value: str) -> None:
    """Letters, marks and signs of every script stay."""
    assert text.escaped(value) == value


@given(
    st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_escaped_json_means_the_same(value: object) -> None:
    """A JSON text says the same after what a terminal would obey is escaped."""
    shown = text.json_escaped(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(shown) == value
    assert text.escaped(shown, newlines=True) == shown


@given(lines, st.integers(0, 40))
def test_a_cut_line_fits(value: str, columns: int) -> None:
    """A line that is cut fits; one that fits is not cut; what is missing shows."""
    shown = text.cut(value, columns)
    assert text.width(shown) <= columns
    if text.width(value) <= columns:
        assert shown == value
    elif columns:
        assert shown.endswith("…")
        assert value.startswith(shown[:-1])


@given(st.text("ab 雷e\u0301", max_size=15), st.integers(15, 40), st.booleans())
def test_a_padded_line_has_its_width(value: str, columns: int, right: bool) -> None:
    """A line that is padded takes exactly its columns."""
    if text.width(value) <= columns:
        assert text.width(text.padded(value, columns, right=right)) == columns
        assert value in text.padded(value, columns, right=right)


@given(st.text("ab \n雷", max_size=60), st.integers(4, 20))
def test_a_wrapped_paragraph_loses_no_word(value: str, columns: int) -> None:
    """Wrapping breaks only at spaces, keeps every word, and passes the edge only for a word that does."""
    shown = text.wrapped(value, columns)
    assert " ".join(shown).split() == value.split()
    assert all(text.width(line) <= columns or " " not in line.strip() for line in shown)


@pytest.mark.parametrize(
    ("value", "columns"),
    [("", 0), ("abc", 3), ("雷", 2), ("é", 1), ("e\u0301", 1), ("\u200b", 0), ("\uff21", 2)],
)
def test_width_is_what_a_terminal_takes(value: str, columns: int) -> None:
    """Wide characters take two columns, marks that join the one before take none."""
    assert text.width(value) == columns


def test_one_line_joins_lines() -> None:
    """Line breaks and tabs become a space, and escapes stay escapes."""
    assert text.one_line(" a\n\tb\x1b[m ") == "a b\\x1b[m"
    assert text.one_line("a  b") == "a  b"
