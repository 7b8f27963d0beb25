"""Checks as JUnit XML, for whoever shows them as tests."""

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from mledger.checks.engine import Checked, Outcome

# What XML 1.0 cannot hold, not even as an escape.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(checks: Iterable[Checked]) -> bytes:
    """A test suite for each model and a test case for each rule; warnings are passed with their words."""
    top = ET.Element("testsuites", name="mledger check")
    totals = [0, 0, 0]
    for checked in checks:
        rows = [outcome.status for outcome in checked.outcomes]
        counts = [len(rows), rows.count("failed"), rows.count("not applied") + rows.count("waived")]
        suite = ET.SubElement(
            top,
            "testsuite",
            name=_text(checked.stream),
            tests=str(counts[0]),
            failures=str(counts[1]),
            errors="0",
            skipped=str(counts[2]),
            timestamp=checked.today[:19],
        )
        for outcome in checked.outcomes:
            _case(suite, checked, outcome)
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
    for name, total in zip(("tests", "failures", "skipped"), totals, strict=True):
        top.set(name, str(total))
    top.set("errors", "0")
    ET.indent(top)
    text = ET.tostring(top, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _case(suite: ET.Element, checked: Checked, outcome: Outcome) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_text(checked.stream.replace("/", ".")),
        name=_text(f"{outcome.rule.id} {outcome.rule.title}"),
        time="0",
    )
    lines = [f"{f.message} [{', '.join(f.numbers)}]\nfix: {f.fix}" for f in outcome.found]
    match outcome.status:
        case "failed":
            message = _text(outcome.found[0].message)
            ET.SubElement(case, "failure", message=message, type=outcome.rule.id).text = _text(
                "\n".join(lines)
            )
        case "warned":
            ET.SubElement(case, "system-out").text = _text("\n".join(lines))
        case "waived":
            w = outcome.waived[0].waiver
            ET.SubElement(case, "skipped", message=_text(f"waived until {w.until} by {w.by} ({w.number})"))
        case "not applied":
            ET.SubElement(case, "skipped", message=_text(f"not applied: {outcome.skipped}"))


def _text(text: str) -> str:
    """The text without what XML cannot hold."""
    return _FORBIDDEN.sub("\ufffd", text)
