"""mledger waivers: which rules pass, and until when."""

from typing import TYPE_CHECKING, NamedTuple

import click

from mledger_cli import opening, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import SOME_STREAM
from mledger_cli.tables import Column, unprefixed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mledger.checks.engine import Waiver
    from mledger.reader import Reader


class Row(NamedTuple):
    """A waiver, where it stands, and whether it holds today."""

    stream: str
    waiver: "Waiver"
    holds: bool

    def to_json(self) -> dict[str, object]:
        """The waiver as `--json` prints it."""
        return {"stream": self.stream, "in_force": self.holds} | self.waiver._asdict()


@click.command("waivers", cls=Command)
@click.argument("stream", type=SOME_STREAM, required=False)
@pass_settings
def command(settings: Settings, stream: str | None) -> None:
    """List the rules that pass for now, and until when.

    Those in force come first, the next to end before the others; then those that ran out. STREAM is
    a model, a dataset, or ledger; without it all are listed.
    """
    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        found = list(_rows(reader, opening.stream(reader, stream)))
    found.sort(key=lambda row: row.waiver.until)
    rows = [row for row in found if row.holds] + [row for row in reversed(found) if not row.holds]
    columns = [
        Column[Row]("event", lambda row: row.waiver.number, right=True),
        Column[Row]("rule", lambda row: _what(row.waiver)),
        Column[Row]("stream", lambda row: row.stream, flexible=True, short=unprefixed),
        Column[Row]("until", lambda row: row.waiver.until if row.holds else f"OVER {row.waiver.until}"),
        Column[Row]("by", lambda row: row.waiver.by, flexible=True),
        Column[Row]("reason", lambda row: row.waiver.reason, lines=3),
    ]
    settings.out.table(rows, columns, none="no rule is waived")


def _rows(reader: "Reader", stream: str | None) -> "Iterator[Row]":
    """Every waiver as corrections have made it."""
    from mledger.checks.engine import waiver_of
    from mledger.events.waiver import WaiverGranted
    from mledger.projections.statements import Header, cite
    from mledger.reports.records import Records

    history, today = reader.history(), reader.now()[:10]
    facts = history.refusals(reader.of_types({WaiverGranted.type}))
    names = dict.fromkeys(fact.stream for fact in facts if stream in (None, fact.stream))
    for name in names:
        records = Records.of(name, history.of(name).facts())
        for number, body in records.of_type(WaiverGranted):
            waiver = waiver_of(Header(cite(records.by_number[number]), WaiverGranted.type, name), body)
            yield Row(name, waiver, waiver.until >= today)


def _what(waiver: "Waiver") -> str:
    """The rule, and what it is waived for if that is not everything."""
    version = f" of {waiver.version}" if waiver.version else ""
    return f"{waiver.rule}{version}{f' on {waiver.on}' if waiver.on else ''}"
