"""mledger runs: what was tried, and what came of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.failures import Exit
from mledger_cli.groups import Group
from mledger_cli.params import RUN, SINCE_OR_AGO, SOME_STREAM
from mledger_cli.tables import Column, day
from mledger_cli.text import counted

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from mledger.recording.found import Found

# What a listing folds: the map of what does not work is a page of its own.
LIMIT = 30
TIMES = "\N{MULTIPLICATION SIGN}"
FOLDED = ("refuted", "invalid", "failed", "abandoned")


class _Listing(Group):
    """A group that lists unless one of its other commands is named."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        named = next(self._words(context, args), None)
        if context.resilient_parsing and named is None:
            return super().parse_args(context, args)  # a shell asks what may follow: commands, too
        if named not in self.commands and not {"-h", "--help"} & set(args):
            args = ["list", *args]
        return super().parse_args(context, args)

    def shell_complete(self, context: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Its commands, and what `list` takes, which may be left out."""
        found = super().shell_complete(context, incomplete)
        models = SOME_STREAM.shell_complete(context, click.Argument(["model"]), incomplete)
        return found if incomplete.startswith("-") else [*found, *models]

    def _words(self, context: click.Context, args: list[str]) -> Iterator[str]:
        """The words that are neither an option nor the value of a common one."""
        options = [one for one in self.get_params(context) if isinstance(one, click.Option)]
        valued = {name for one in options if not one.is_flag for name in one.opts}
        words = iter(args)
        for word in words:
            if word in valued:
                next(words, None)
            elif not word.startswith("-"):
                yield word


@click.group("runs", cls=_Listing)
def command() -> None:
    """List what was tried and what came of it, or compare two runs.

      mledger runs credit-risk --since 30d

    Refuted and failed runs are counted; --all lists them. `list` may be left out.
    """


@command.command("list")
@click.argument("model", type=SOME_STREAM, required=False)
@click.option("--open", "only_open", is_flag=True, help="Only those that started and did not end.")
@click.option("--all", "everything", is_flag=True, help="Refuted, failed and abandoned ones too.")
@click.option("--since", type=SINCE_OR_AGO, metavar="TIME", help="Only what started since: 30d, or a day.")
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=LIMIT,
    metavar="N",
    help=f"At most so many, 0 for all; else {LIMIT}.",
)
@pass_settings
def list_(
    settings: Settings, model: str | None, since: str | None, limit: int, *, only_open: bool, everything: bool
) -> None:
    """List runs, the newest first.

    MODEL is credit-risk, or whole: model/credit-risk. TIME is 30d, 12h, 2w, or a day in UTC. JSON holds
    all of them, or as many as --limit says.
    """
    from mledger.recording.found import runs

    with opening.reader(settings) as reader:
        stream = opening.stream(reader, model)
        found = runs(reader, stream, since)[::-1]
    if only_open:
        found = [one for one in found if one.run.outcome == "open"]
    shown = found if everything or only_open else _unfolded(found)
    cut = shown[:limit] if limit else shown
    if settings.json:
        asked = click.get_current_context().get_parameter_source("limit") is ParameterSource.COMMANDLINE
        settings.out.json([row(one) | _left(one) for one in found[: limit if asked and limit else None]])
        return
    none = "no run is open" if only_open else "no run is recorded"
    columns = _columns(settings, whole=stream is None)
    if only_open:
        columns.append(Column("until now", lambda one: _until_now(settings, one), lines=4))
    settings.out.table(cut, columns, none=none)
    if len(cut) < len(shown):
        settings.out.note(f"{len(shown) - len(cut):,} older ones: --limit 0, or --since TIME")
    if hidden := _hidden(found, shown):
        settings.out.prose(f"… {folded(hidden)}  show: --all", hang=2)
    if only_open and found:
        settings.out.note(f"a run whose process is gone: mledger abandon {found[-1].number} --reason …")


@command.command("compare")
@click.argument("a", type=RUN)
@click.argument("b", type=RUN)
@pass_settings
def compare(settings: Settings, a: str, b: str) -> None:
    """List exactly what differs between two runs.

    That is parameters, data, seeds, code, packages, machine, metrics, and how they ended.

    If B repeats A, metrics outside its tolerance are named: exit code 1.
    """
    from mledger.projections.run_diff import Trial, differences
    from mledger.recording.found import around, meant

    with opening.reader(settings) as reader:
        known = around(reader, a, b)
    one, two = meant(known, a), meant(known, b)
    found = differences(Trial(one.begun, one.ended), Trial(two.begun, two.ended))
    outside = deviations_of(two, one)
    if settings.json:
        settings.out.json({"a": one.number, "b": two.number, "differences": found, "outside": outside})
    else:
        from mledger_cli.differing import columns

        settings.out.table(found, columns(one.number, two.number), none="nothing differs")
        tell_outside(settings, two, outside)
    if outside:
        raise click.exceptions.Exit(Exit.FINDINGS)


def deviations_of(reproduction: "Found", original: "Found") -> list[Any]:
    """The metrics in which a run that repeats the other is outside its tolerance."""
    from mledger.projections.run_diff import Trial, deviations

    if reproduction.begun.reproduces not in original.run.numbers:
        return []
    tolerance = reproduction.begun.tolerance or 0.0
    trials = Trial(original.begun, original.ended), Trial(reproduction.begun, reproduction.ended)
    return deviations(*trials, tolerance)


def tell_outside(settings: Settings, reproduction: "Found", outside: list[Any]) -> None:
    """Name what is outside the tolerance of a reproduction."""
    from mledger.projections.run_diff import shown

    for one in outside:
        got = "is missing" if one.got is None else shown(one.got)
        allowed = f"{reproduction.begun.tolerance or 0:g}"
        settings.out.line(f"outside the tolerance of {allowed}: {one.metric} {got}, not {shown(one.wanted)}")


def _unfolded(found: "list[Found]") -> "list[Found]":
    """The runs that a short listing shows: what is open or still believed, and the newest whatever it is."""
    return [one for n, one in enumerate(found) if n == 0 or fate(one) not in FOLDED]


def _hidden(found: "list[Found]", shown: "list[Found]") -> "list[Found]":
    """The runs that are folded."""
    numbers = {one.number for one in shown}
    return [one for one in found if one.number not in numbers]


def fate(one: "Found") -> str:
    """What became of a run, in a word."""
    return one.run.verdict or one.run.outcome


def folded(hidden: "list[Found]") -> str:
    """How many runs are not shown, by what became of them: 9 more: 6 refuted, 2 failed (MemoryError)."""
    from collections import Counter

    parts = []
    for word in FOLDED:
        some = [one for one in hidden if fate(one) == word]
        if not some:
            continue
        reasons = Counter(_exception(one) for one in some if word == "failed")
        told = ", ".join(
            f"{name} {TIMES}{count}" if count > 1 else name for name, count in reasons.most_common(3)
        )
        parts.append(f"{len(some)} {word}{f' ({told})' if told else ''}")
    return f"{len(hidden)} more: {', '.join(parts)}"


def _exception(one: "Found") -> str:
    failure = one.run.end.failure if one.run.end else None
    return (failure or "").partition(":")[0].rpartition(".")[2]


def row(one: "Found") -> dict[str, object]:
    """A run as `--json` prints it."""
    run = one.run
    return {
        "run": one.number,
        "name": run.name,
        "model": one.model,
        "started": run.source.occurred,
        "by": run.source.by,
        "outcome": run.outcome,
        "verdict": run.verdict,
        "hypothesis": one.begun.hypothesis,
        "unstated": run.unstated,
        "criteria": run.criteria,
        "params": run.params,
        "metrics": [
            {"name": m.name, "value": m.value, "dataset": m.dataset, "slice": m.slice} for m in _measures(one)
        ],
        "failure": run.end.failure if run.end else None,
        "restated": run.restated,
        "lesson": run.lesson,
        "reproduces": run.reproduces,
        "gaps": run.gaps,
        "events": run.numbers,
    }


def _left(one: "Found") -> dict[str, object]:
    """What the process of a run without an end left on this machine, as `--json` prints it."""
    from mledger.recording.journal import left

    return {"journal": left(one.id)} if one.run.end is None else {}


def _until_now(settings: Settings, one: "Found") -> str:
    """What a run without an end was told, and whether its process lives."""
    from mledger.recording.journal import left

    found = left(one.id)
    if found is None:
        return "nothing told on this machine"
    lives = "runs" if found.alive else f"is gone, heard until {settings.out.moment(found.last)}"
    told = [_last(row) for row in found.told.measured.metrics()]
    if notes := len(found.told.fields().get("notes", ())):
        told.append(counted(notes, "note"))
    return f"{', '.join(told) or 'nothing measured'}; process {found.pid} {lives}"


def _last(metric: dict[str, Any]) -> str:
    """The last value of a metric, with its step if it has one."""
    value, step = metric["value"], metric.get("step")
    shown = value if isinstance(value, str) else f"{value:.4g}"
    return f"{metric['name']} {shown}{'' if step is None else f' at step {step}'}"


def _measures(one: "Found") -> tuple[Any, ...]:
    return one.run.end.measures if one.run.end else ()


def _columns(settings: Settings, *, whole: bool) -> "list[Column[Found]]":
    found: list[Column[Found]] = [
        Column("run", lambda one: one.number, right=True),
        Column("started", lambda one: settings.out.moment(one.run.source.occurred), short=day),
        Column("verdict", fate),
        Column("measured", _measured, flexible=True),
        Column("expected", lambda one: one.run.expected, lines=1),
    ]
    if whole:
        found.insert(2, Column("model", lambda one: one.model, flexible=True))
    return found


def _measured(one: "Found") -> str:
    """The metrics that were judged, or else the first; of a failed run what broke it."""
    run = one.run
    if run.outcome == "failed" and run.end and run.end.failure:
        return _short(run.end.failure)
    judged = {criterion.metric for criterion in one.begun.criteria}
    measures = [m for m in _measures(one) if m.slice is None]
    told = [m for m in measures if m.name in judged] or measures[:1]
    return ", ".join(f"{m.name} {m.value if isinstance(m.value, str) else f'{m.value:.4g}'}" for m in told)


def _short(failure: str) -> str:
    """An exception without the module of its class."""
    kind, mark, message = failure.partition(":")
    return f"{kind.rpartition('.')[2]}{mark}{message}"
