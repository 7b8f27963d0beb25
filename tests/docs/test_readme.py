"""Every command in the README, the tutorial and the how-tos is run, and prints what stands there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT
from tests.docs.transcript import COLUMNS, Command, Names, WrongError, blocks, check
from tests.standing import standing

RUN = [
    ROOT / "README.md",
    ROOT / "docs" / "tutorial.md",
    *sorted((ROOT / "docs" / "howto").glob("*.md")),
    ROOT / "docs" / "explanation" / "half-a-year.md",
]
# Blocks that nobody types into a shell: CI runs the two commands of the README, data is data.
QUIET = frozenset({"sh", "text", "json", "markdown", "python", "yaml", "toml"})
# Where `mledger` is the installed program; elsewhere it stands ready, which is four times as fast.
INSTALLED = ROOT / "README.md"


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a `mledger` that stands ready."""
    with standing(tmp_path_factory.mktemp("standing")) as found:
        yield found


@pytest.mark.parametrize("document", [pytest.param(d, id=str(d.relative_to(ROOT))) for d in RUN])
def test_a_document_does_what_it_says(document: Path, programs: Path) -> None:
    """Each command of the document, typed in order into an empty home, prints what the document shows."""
    assert check(document, None if document == INSTALLED else programs)


@pytest.mark.parametrize("document", [pytest.param(d, id=str(d.relative_to(ROOT))) for d in RUN])
def test_no_command_hides_from_the_test(document: Path) -> None:
    """Whatever is typed stands in a console block: other blocks are files or data."""
    text = document.read_text(encoding="utf-8")
    for block in blocks(text):
        shown = text[block.start : block.end]
        assert block.language == "console" or block.language in QUIET, shown
        assert block.language == "console" or not re.search(r"^\$ ", shown, re.MULTILINE), shown


@pytest.mark.parametrize("document", [pytest.param(d, id=str(d.relative_to(ROOT))) for d in RUN])
def test_commands_fit_the_screen(document: Path) -> None:
    """What is to be typed fits into 80 columns, unless a hash is too long for that."""
    steps = [step for block in blocks(document.read_text(encoding="utf-8")) for step in block.steps]
    typed = [line for step in steps if isinstance(step, Command) for line in step.shown.splitlines()]
    assert not [line for line in typed if len(line) > int(COLUMNS) and not re.search("[0-9a-f]{64}", line)]


def _document(folder: Path, *lines: str) -> Path:
    path = folder / "document.md"
    path.write_text("\n".join(["Some prose.", *lines, ""]), encoding="utf-8")
    return path


def test_what_is_not_printed_is_noticed(tmp_path: Path) -> None:
    """A document that shows other output than what is printed fails, at the line of the command."""
    document = _document(tmp_path, "```console", "$ echo one", "one", "$ echo two", "three", "```")
    with pytest.raises(WrongError, match=r"document\.md:5: "):
        check(document)


def test_a_failure_must_be_shown(tmp_path: Path) -> None:
    """A command that fails passes only if the document asks for its exit code."""
    with pytest.raises(WrongError, match="fails with 3"):
        check(_document(tmp_path, "```console", "$ (exit 3)", "```"))
    assert check(_document(tmp_path, "```console", "$ (exit 3)", "$ echo $?", "3", "```")) == 2


def test_a_shell_keeps_what_was_done(tmp_path: Path) -> None:
    """Folder, variables and files last from one block to the next; files are written where the reader is."""
    steps = ("```console", "$ mkdir there", "$ cd there && A='b c'", "```", "```text file.txt", "one", "```")
    more = ("```console", "$ cat file.txt", "one", '$ echo "$A"', "b c", "$ pwd", "/home/alice/there", "```")
    assert check(_document(tmp_path, *steps, *more)) == 5


def test_a_command_may_go_on(tmp_path: Path) -> None:
    """Lines that begin with `> ` belong to the command above."""
    steps = ("$ cat <<'END'", "> one", "> END", "one", "$ echo two \\", "> three", "two three")
    assert check(_document(tmp_path, "```console", *steps, "```")) == 2


A, B, C = ("a1" * 32, "b2" * 32, "c3" * 32)


def test_names_differ_from_run_to_run() -> None:
    """Hashes, ids and times may be others, but a time is no hash and a short hash is no long one."""
    assert Names().same(f"head {A}", f"head {B}")
    assert Names().same("at 2026-11-23T09:12:04Z", "at 2027-01-01T00:00:00Z")
    assert not Names().same(f"head {A}", "head 2026-11-23T09:12:04Z")
    assert not Names().same(f"head {A}", f"head {A[:12]}")
    assert not Names().same(f"head {A}", f"Head {B}")


def test_names_stay_the_same_within_a_run() -> None:
    """A hash that a document repeats must be repeated, and two that differ must differ, short or long."""
    names = Names()
    assert names.same(f"one {A}", f"one {B}")
    assert names.same(f"again {A[:12]}", f"again {B[:12]}")
    assert not names.same(f"again {A}", f"again {C}")
    assert not names.same(f"another {C}", f"another {B}")


def test_a_command_is_given_the_names_of_its_run() -> None:
    """What was printed under a name is what a later command gets; what was not printed stays."""
    names = Names()
    names.same(f"head {A} at 2026-11-23T09:12:04Z", f"head {B} at 2027-01-01T00:00:00Z")
    command = f"verify --expect-head {A[:12]} --since 2026-11-23T09:12:04Z --at 2020-01-01T00:00:00Z {C}"
    expected = f"verify --expect-head {B[:12]} --since 2027-01-01T00:00:00Z --at 2020-01-01T00:00:00Z {C}"
    assert names.fill_in(command) == expected


def test_keys_and_signatures_are_names() -> None:
    """Verifier keys, fingerprints and base64 are compared by kind, whatever stands around them."""
    one = f"acme.example/credit-risk+1a2b3c4d+{'A' * 44}"
    two = f"acme.example/credit-risk+4d3c2b1a+{'B' * 44}"
    assert Names().same(one, two)
    assert not Names().same(one, two.replace("acme", "acne"))
    assert Names().same(f"SHA256:{'a' * 43}", f"SHA256:{'b' * 43}")
    assert Names().same(f"{'QUJD' * 12}QQ==", f"{'REVG' * 12}Qg==")
