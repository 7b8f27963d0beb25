"""The documents agree with the code and with each other."""

import re
import sqlite3
from pathlib import Path

import pytest

from mledger import errors
from mledger.chain.findings import RULES
from mledger.chain.statement import MAX_PAYLOAD, MEANINGS, open_payload
from mledger.chain.verification import LEVELS
from mledger.core.envelope import MAX_ENVELOPE, PAYLOAD_TYPE
from mledger.events.base import MAX_BODY
from mledger.stores.sqlite_schema import TABLES
from tests.architecture.tree import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
RECORDS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
FORMAT = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
HEADINGS = ["Context", "Decision", "Consequences", "Not chosen"]

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def _prose(path: Path) -> str:
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def _anchors(path: Path) -> set[str]:
    """The anchors that a reader of Markdown makes of a file's headings."""
    headings = re.findall(r"^#+ (.+)$", _prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", [pytest.param(d, id=str(d.relative_to(ROOT))) for d in DOCUMENTS])
def test_every_link_leads_somewhere(document: Path) -> None:
    """Each relative link of a document names a file that is there, and an anchor that it has."""
    broken = []
    for target in _LINK.findall(_prose(document)):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = (document.parent / name).resolve() if name else document
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            broken.append(target)
    assert not broken


def test_records_of_decisions_are_numbered_and_listed() -> None:
    """ADRs count from 0001 without gaps, and the index names each with its title."""
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    assert [record.name[:4] for record in RECORDS] == [f"{n:04}" for n in range(1, len(RECORDS) + 1)]
    for record in RECORDS:
        title = record.read_text(encoding="utf-8").splitlines()[0].partition(": ")[2]
        assert f"| [{record.name[:4]}]({record.name}) | {title} |" in index


@pytest.mark.parametrize("record", [pytest.param(r, id=r.stem) for r in RECORDS])
def test_a_record_says_why(record: Path) -> None:
    """Each ADR has its number, a dated status, and the four sections in order."""
    text = record.read_text(encoding="utf-8")
    assert text.startswith(f"# {record.name[:4]}: ")
    assert re.search(r"^Status: (accepted|replaced by \d{4}), \d{4}-\d\d-\d\d$", text, re.MULTILINE)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS


def test_the_glossary_is_in_order() -> None:
    """Words stand once each, in alphabetical order."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\*\*(.+?)\*\* ·", text, re.MULTILINE)
    assert len(words) > 40
    assert words == sorted(set(words), key=str.lower)


def test_the_threat_model_knows_every_finding() -> None:
    """Each finding that a verification can make is the answer to an attack in the threat model."""
    text = (ROOT / "docs" / "explanation" / "threat-model.md").read_text(encoding="utf-8")
    table = text.partition("| attack | finding |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z]+[.-][a-z.-]+|governance|reference)`", table)) == set(RULES)


def test_the_format_states_the_limits_of_the_code() -> None:
    """Limits, payload type and meanings in the specification are those that the code enforces."""
    assert f"at most {MAX_PAYLOAD:,} bytes" in FORMAT
    assert MAX_ENVELOPE == 48 * 1024
    assert "at most 48 KiB" in FORMAT
    assert MAX_BODY == 1 << 20
    assert "at most 1 MiB" in FORMAT
    assert PAYLOAD_TYPE in FORMAT
    assert all(f"`{meaning}`" in FORMAT for meaning in MEANINGS)


def test_the_payload_of_the_specification_is_one() -> None:
    """The example of a payload in the specification, its placeholders filled in, is read as a payload."""
    example = re.search(r"^```json\n(.*?)^```", FORMAT, re.MULTILINE | re.DOTALL)[1]
    filled = example.replace("<64 hex>", "ab" * 32).replace("<origin>", "acme.example/credit-risk")
    statement = open_payload(filled.replace("<uuid7>", "0192f0c1-2345-7abc-8def-0123456789ab").encode())
    assert (statement.seq, statement.events[0].type) == (41, "decision.accepted")


def test_the_format_names_every_table_and_column() -> None:
    """The specification lists the tables of a ledger's file with exactly their columns."""
    section = FORMAT.partition("| table | columns | holds |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", section, re.MULTILINE)
    stated = {table: re.findall(r"`(\w+)`", columns) for table, columns in rows}
    database = sqlite3.connect(":memory:")
    for sql in TABLES.values():
        database.execute(sql)
    made = {table: [row[1] for row in database.execute(f"PRAGMA table_xinfo({table})")] for table in TABLES}
    database.close()
    assert stated == made


def test_the_format_lists_levels_and_exit_codes() -> None:
    """The specification has a row for each level of trust and each exit code of an error."""
    assert set(re.findall(r"^\| (\d) \| (?:is|and) ", FORMAT, re.MULTILINE)) == {str(n) for n in LEVELS}
    section = FORMAT.partition("| exit code | meaning |")[2]
    codes = {
        error.exit_code
        for error in vars(errors).values()
        if isinstance(error, type) and error.__module__ == errors.__name__
    }
    assert {str(code) for code in codes | {0, 1}} == set(re.findall(r"^\| (\d) \|", section, re.MULTILINE))


def test_the_readme_shows_the_two_commands() -> None:
    """The README holds one line that tries mledger and one that tests it, as CI does."""
    lines = README.splitlines()
    install = "python3 -m venv .venv && .venv/bin/pip install -c constraints.txt"
    assert f'{install} ".[examples]" && .venv/bin/python examples/breast_cancer/run.py' in lines
    assert f'{install} ".[test]" && .venv/bin/python -m pytest' in lines
    assert "-m pytest" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
