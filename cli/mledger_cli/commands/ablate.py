"""mledger ablate: several runs beside each other, as evidence."""

from typing import TYPE_CHECKING, Any

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER, KEY
from mledger_cli.tables import Column

if TYPE_CHECKING:
    from mledger.recording.ablation import Ablation, Row
    from mledger.recording.found import Found

KINDS = ("ablation", "sensitivity", "robustness", "fairness", "benchmark")
WEIGHTS = ("supports", "opposes", "neutral")


@click.command("ablate", cls=Command)
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--metric", "metrics", metavar="NAME", multiple=True, help="Only this metric.")
@click.option("--on", type=EVENT_NUMBER, metavar="EVENT", help="Record it as evidence on this event.")
@click.option("--weight", type=click.Choice(WEIGHTS), help="What it says of that.")
@click.option("--kind", type=click.Choice(KINDS), default="ablation", help="What was done; else ablation.")
@click.option("--title", metavar="TEXT", help="The evidence in a phrase.")
@click.option("--finding", metavar="TEXT", help="What it shows; else the range of each metric.")
@click.option("--as", "key", type=KEY, metavar="KEY", help="Sign with this key.")
@pass_settings
def command(
    settings: Settings,
    /,
    runs: tuple[str, ...],
    metrics: tuple[str, ...],
    on: str | None,
    key: str | None,
    **said: Any,
) -> None:
    """Put runs beside each other: what was varied, what came out.

      mledger ablate 3..9 --on 46 --weight supports

    RUN is a number, a name, or numbers from 3..9. With --on the table is recorded as evidence, kept as
    a file, with the runs by their names.
    """
    from mledger.recording.ablation import summarize

    if on is None:
        with opening.reader(settings) as reader:
            _print(settings, summarize(_chosen(reader, runs), metrics))
        return
    if said["weight"] is None:
        raise click.UsageError(f"--on goes with --weight, one of {', '.join(WEIGHTS)}")
    from mledger_cli.commands.append import tell

    with opening.ledger(settings, key) as ledger:
        chosen = _chosen(ledger, runs)
        table = summarize(chosen, metrics)
        if not settings.json:
            _print(settings, table)
        file = table.file()
        fields = {
            "on": on,
            "kind": said["kind"],
            "title": said["title"] or f"{', '.join(table.varied) or 'The same'}, in {len(chosen)} runs",
            "finding": said["finding"] or table.finding(),
            "weight": said["weight"],
            "varied": ", ".join(table.varied) or None,
            "runs": [one.run.name for one in chosen],
            "metrics": table.metrics(),
            "files": [file.file.model_dump(exclude_none=True)],
        }
        tell(settings, ledger.append("evidence.attached", chosen[0].stream, fields, attach=[file]))


def _chosen(reader: Any, texts: tuple[str, ...]) -> "list[Found]":
    """The runs that are meant, each once, in the order given."""
    from mledger.recording.found import around, meant, span

    known = around(reader, *texts)
    found: dict[str, Found] = {}
    for text in texts:
        between = span(text.removeprefix("run:"))
        for one in [meant(known, text)] if between is None else _between(known, *between):
            found.setdefault(one.number, one)
    return list(found.values())


def _between(known: "list[Found]", first: int, last: int) -> "list[Found]":
    """The runs that started with an event from the first to the last number. Errors: NotFoundError."""
    from mledger.errors import NotFoundError

    within = [one for one in known if first <= int(one.number.partition(".")[0]) <= last]
    if not within:
        raise NotFoundError(f"no run started with an event from {first} to {last}", fix="mledger runs --all")
    return within


def _print(settings: Settings, table: "Ablation") -> None:
    if settings.json:
        settings.out.json(table)
        return
    columns: list[Column[Row]] = [Column("run", lambda row: row.number, right=True)]
    columns += [_column(name, n, "values") for n, name in enumerate(table.varied)]
    columns += [_column(name, n, "metrics") for n, name in enumerate(table.measured)]
    columns.append(Column("verdict", lambda row: row.fate))
    settings.out.table(table.rows, columns)


def _column(name: str, place: int, part: str) -> "Column[Row]":
    from mledger.projections.run_diff import shown

    def cell(row: "Row") -> str:
        value = getattr(row, part)[place]
        return shown(round(value, 6) if isinstance(value, float) else value) if part == "metrics" else value

    return Column(name, cell, flexible=True)
