"""The words in which a check is summed up."""

from mledger.checks.engine import Checked, Status

_ORDER: tuple[Status, ...] = ("passed", "failed", "warned", "waived", "not applied")


def title(checked: Checked) -> str:
    """What was checked, in a line."""
    what = "version" if len(checked.versions) == 1 else "versions"
    named = f", {what} {', '.join(checked.versions)}" if checked.versions else ", nothing released"
    framework = f", framework {checked.framework}" if checked.framework else ""
    return f"{checked.stream}{named}, {checked.entries:,} entries{framework}"


def counted(checked: Checked) -> str:
    """How many rules came to what, in a line."""
    counts = checked.count()
    words: dict[Status, str] = {"warned": "warning" if counts["warned"] == 1 else "warnings"}
    parts = [f"{counts[status]} {words.get(status, status)}" for status in _ORDER if counts[status]]
    rules = "1 rule" if len(checked.outcomes) == 1 else f"{len(checked.outcomes)} rules"
    return f"{rules}: {', '.join(parts)}"
