"""All models and datasets, a few lines each."""

from typing import TYPE_CHECKING

from mledger_cli import text
from mledger_cli.page import Page

if TYPE_CHECKING:
    from mledger.projections.overview import DatasetRow, ModelRow, OverviewState
    from mledger.projections.people import PeopleState


def render(page: Page, state: "OverviewState", people: "PeopleState | None") -> None:
    """A few lines for each model and dataset, and one for the people."""
    if not state.models and not state.datasets:
        page.line("no model and no dataset is recorded yet")
    names = [f"{row.name} (data)" for row in state.datasets.values()]
    page.make_room([*(row.name for row in state.models.values()), *names])
    for row in state.models.values():
        _model(page, row)
    page.gap()
    for data in state.datasets.values():
        _dataset(page, data)
    page.gap()
    if people is not None and people.keys:
        ended = sum(key.ended is not None for key in people.keys.values())
        gone = f", {ended} ended" if ended else ""
        policy = f", policy {people.policy.value}" if people.policy else ""
        page.row("people", f"{text.counted(len(people.keys), 'key')}{gone}{policy}")
    others = {stream: count for stream, count in state.others.items() if stream != "ledger"}
    for place, (stream, count) in enumerate(others.items()):
        page.row("" if place else "others", f"{stream}: {text.counted(count, 'event')}")


def _model(page: Page, row: "ModelRow") -> None:
    if row.stage is not None:
        words = f"{row.stage.value} since {page.when(row.stage.source)}"
        page.row(row.name, words, row.stage.numbers)
    else:
        page.row(row.name, "not registered")
    for place in row.live:
        where = f" in {place.environment}" if place.environment else f", {place.how}, no deployment recorded"
        share = f" ({place.traffic})" if place.traffic else ""
        stage = "" if row.stage and place.stage == row.stage.value else f"{place.stage}: "
        against = ", NOT ALLOWED" if place.against is not None else ""
        page.row("", f"{stage}{place.version}{where}{share}{against}", place.numbers)
    if row.owner is not None:
        page.row("", f"owner {row.owner.value}", row.owner.numbers)
    if counts := _counts(row):
        page.row("", counts)
    if row.last is not None:
        page.row("", f"last {row.last.value} {page.when(row.last.source)}", row.last.numbers)


def _counts(row: "ModelRow") -> str:
    runs = [
        (row.runs_finished, "finished"),
        (row.runs_failed, "failed"),
        (row.runs_abandoned, "abandoned"),
        (row.runs_open, "open"),
    ]
    told = ", ".join(f"{count} {outcome}" for count, outcome in runs if count)
    parts = [
        *([f"runs: {told}"] if told else []),
        *([f"decisions: {', '.join(f'{n} {s}' for s, n in row.decisions.items())}"] if row.decisions else []),
        *([text.counted(row.requests_open, "open request")] if row.requests_open else []),
        *([text.counted(row.dissent, "dissent", "dissents")] if row.dissent else []),
        *([text.counted(row.corrected, "correction")] if row.corrected else []),
    ]
    return "; ".join(parts)


def _dataset(page: Page, row: "DatasetRow") -> None:
    label = f"{row.name} (data)"
    if row.version is not None:
        of = f" ({text.counted(row.versions, 'version')})"
        page.row(label, f"{row.version.value}{of}, {page.when(row.version.source)}", row.version.numbers)
    else:
        page.row(label, "no version recorded")
    if row.owner is not None:
        page.row("", f"owner {row.owner.value}", row.owner.numbers)
    if row.last is not None:
        page.row("", f"last {row.last.value} {page.when(row.last.source)}", row.last.numbers)
