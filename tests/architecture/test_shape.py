"""Files and functions stay small, and each says what it is."""

import ast

import pytest

from tests.architecture.tree import COMMAND, LIBRARY, TESTS, Source, functions, sources

FILE_LINES = 400
FUNCTION_LINES = 45
FIRST_LINE_WORDS = 12
# Handed out alone, to people who have nothing else: one file by design.
ALONE = "ledger/mledger/exchange/verify.py"
# `testing` is a product; what lies under tests/ may be long where a table is long.
SHIPPED = [*sources(LIBRARY), *sources(COMMAND)]
TEST_FILES = sources(TESTS)

shipped = pytest.mark.parametrize("source", [pytest.param(s, id=s.path) for s in SHIPPED])
every_test_file = pytest.mark.parametrize("source", [pytest.param(s, id=s.path) for s in TEST_FILES])


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, less those of the docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def _undocumented(node: ast.AST, path: str = "") -> list[str]:
    """Public classes and functions below `node` without a docstring; overloads have none."""
    found = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{path}{child.name}"
            overload = any("overload" in ast.unparse(d) for d in child.decorator_list)
            if child.name.startswith("_") or overload:
                continue
            if ast.get_docstring(child) is None:
                found.append(f"{child.lineno}: {name}")
            if isinstance(child, ast.ClassDef):
                found += _undocumented(child, f"{name}.")
        elif isinstance(child, ast.If | ast.Try | ast.With):
            found += _undocumented(child, path)
    return found


@shipped
def test_a_file_holds_one_idea(source: Source) -> None:
    """No file of the library or the command line passes 400 lines, but the one that is handed out alone."""
    if source.path == ALONE:
        return
    lines = len(source.text.splitlines())
    assert lines <= FILE_LINES, f"{lines} lines"


@shipped
def test_a_function_fits_on_a_screen(source: Source) -> None:
    """No function passes 45 lines, its docstring aside."""
    found = [
        f"{function.lineno}: {function.name} has {_length(function)} lines"
        for function in functions(source)
        if _length(function) > FUNCTION_LINES
    ]
    assert not found


@shipped
def test_a_module_says_its_idea_in_its_first_line(source: Source) -> None:
    """Each module begins with a sentence of at most twelve words."""
    docstring = ast.get_docstring(source.tree)
    assert docstring, "no docstring"
    first = docstring.splitlines()[0]
    words = len(first.split())
    assert words <= FIRST_LINE_WORDS, f"{words} words: {first}"
    assert first.endswith((".", ":")), first


@shipped
def test_what_is_public_is_documented(source: Source) -> None:
    """Each public class and function has a docstring."""
    assert not _undocumented(source.tree)


@shipped
def test_nobody_prints(source: Source) -> None:
    """Only the command line's output module writes to the screen, and not with print()."""
    found = [
        node.lineno
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not found


@every_test_file
def test_a_test_states_the_fact_that_it_proves(source: Source) -> None:
    """Each test has a docstring whose first line is a sentence."""
    found = []
    for function in functions(source):
        if function.name.startswith("test_"):
            fact = (ast.get_docstring(function) or "").partition("\n\n")[0]
            if not fact.endswith((".", "!", "?")):
                found.append(f"{function.lineno}: {function.name}")
    assert not found


@every_test_file
def test_nobody_mocks_our_own_code(source: Source) -> None:
    """No test imports unittest.mock: the simulator is our only double."""
    mocks = ("unittest.mock", "mock", "pytest_mock")
    found = [
        node.lineno
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Import) and any(alias.name in mocks for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module in mocks)
    ]
    assert not found
