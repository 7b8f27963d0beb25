"""mledger data show: one state of a dataset, whole."""

from typing import TYPE_CHECKING, Any

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import DATASET_STATE
from mledger_cli.tables import Column

if TYPE_CHECKING:
    from mledger.events.profile import ColumnProfile, ProfileRecorded
    from mledger.projections.datasets import DatasetState, DatasetVersion


@click.command("show", cls=Command)
@click.argument("dataset", type=DATASET_STATE, metavar="NAME[@VERSION]")
@pass_settings
def command(settings: Settings, dataset: str) -> None:
    """Show a state: where it comes from, digests, profile, groups, issues.

    NAME alone is the newest state.
    """
    from mledger import datasets
    from mledger.datasets.comparing import profile_of
    from mledger.projections.statements import to_json
    from mledger_cli import rendering_data

    with opening.reader(settings) as reader:
        found = datasets.resolve(reader, dataset)
        state = datasets.read(reader, found.name)
        version = state.versions[str(found.version)]
        profile = profile_of(reader, state, version.name)
    if settings.json:
        plain: Any = to_json(state)
        row = {name: plain[name] for name in ("stream", "profile", "issues", "deprecations")}
        body = None if profile is None else profile.model_dump(mode="json", exclude_none=True)
        settings.out.json(row | {"version": to_json(version), "profiled": body})
        return
    out = settings.out
    out.parts(f"{state.name}@{version.name}", f"event {version.source.number}", f"signed {version.source.by}")
    out.facts(_facts(settings, state, version, profile))
    if profile is not None:
        columns: list[Column[ColumnProfile]] = [
            Column("column", lambda column: column.name, flexible=True),
            Column("type", lambda column: column.dtype or "", flexible=True),
            Column("missing", lambda column: _missing(column, profile.rows), right=True),
            Column("different", _different, right=True),
            Column("distribution", rendering_data.distribution, lines=3),
        ]
        out.line()
        out.table(profile.columns, columns)


def _facts(
    settings: Settings, state: "DatasetState", version: "DatasetVersion", profile: "ProfileRecorded | None"
) -> dict[str, object]:
    """What is known of the state, and of the dataset."""
    from mledger_cli.rendering_data import percent

    said = {name.replace("_", " "): str(cited.value) for name, cited in state.profile.items()}
    return said | {
        "recorded": settings.out.moment(version.source.time),
        "why": version.why,
        "digests": "\n".join(f"{digest.name}  sha256 {digest.sha256}" for digest in version.digests),
        "where": version.location,
        "rows": None if version.rows is None else f"{version.rows:,}",
        "period": None if version.period is None else " to ".join(version.period),
        "groups": "\n".join(f"{g.name}  {percent(g.share)}" for g in profile.groups) or None
        if profile
        else None,
        "known issues": "\n".join(version.known_issues) or None,
        "issues": "\n".join(
            f"{number}  {issue.title} ({issue.kind}, {issue.severity}, {issue.status})"
            for number, issue in state.standing_issues.items()
            if not issue.versions or version.name in issue.versions
        )
        or None,
        "deprecated": "\n".join(
            f"{ended.reason} (event {ended.source.number})"
            for ended in state.deprecations
            if ended.version in {None, version.name}
        )
        or None,
        "not known": None if profile else "no profile is recorded of it",
    }


def _missing(column: "ColumnProfile", rows: int) -> str:
    from mledger_cli.rendering_data import percent

    return percent(column.missing / rows) if column.missing and rows else ""


def _different(column: "ColumnProfile") -> str:
    if column.distinct_above is not None:
        return f"> {column.distinct_above:,}"
    return "" if column.distinct is None else f"{column.distinct:,}"
