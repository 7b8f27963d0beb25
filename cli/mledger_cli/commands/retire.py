"""mledger retire: what shall not be used any more."""

from typing import TYPE_CHECKING, NamedTuple

import click

from mledger.errors import InputError
from mledger_cli import opening, recording
from mledger_cli.context import Settings, pass_settings
from mledger_cli.days import DAY
from mledger_cli.groups import Command
from mledger_cli.page import marked
from mledger_cli.params import SOME_STREAM

if TYPE_CHECKING:
    from mledger.chain.history import History
    from mledger.projections.usage import Use
    from mledger.reader import Reader

NOT_A_THING = "name a model, a dataset, or the number of an artifact.published"


class Target(NamedTuple):
    """What is retired: the event that does it, on its stream, and what still uses the thing."""

    type: str
    stream: str
    title: str
    uses: "list[Use]"
    fields: dict[str, object]


@click.command("retire", cls=Command)
@click.argument("what", metavar="MODEL|DATASET|EVENT", type=SOME_STREAM)
@click.option("--reason", metavar="TEXT", required=True, help="Why it must not be used any more.")
@click.option("--version", metavar="NAME", help="Only this version of a dataset.")
@click.option("--successor", metavar="NAME|EVENT", help="What to use instead.")
@click.option("--until", type=DAY, metavar="DAY", help="How long records and files are kept.")
@click.option("--disposal", metavar="TEXT", help="What is destroyed, when, by whom, and how that is proved.")
@click.option("--still-used", metavar="TEXT", help="Why it is retired although something still uses it.")
@recording.YES
@recording.AS
@pass_settings
def command(
    settings: Settings,
    what: str,
    reason: str,
    version: str | None,
    successor: str | None,
    until: str | None,
    disposal: str | None,
    still_used: str | None,
    key: str | None,
    *,
    yes: bool,
) -> None:
    """Say that something shall not be used any more; its history stays.

      mledger retire credit-risk --reason 'Replaced by the scorecard of the group.'
        --successor group-scorecard --until 2036-12-31

    It is a model, a dataset (all of it, or one --version), or a file by the number of its
    artifact.published. What still uses it is listed, and must be gone first: a version that stands in a
    stage, a run that has not ended. To retire it all the same, say why with --still-used.
    """
    with opening.reader(settings) as reader:
        if until is not None:
            today = reader.now()[:10]
            recording.refuse_past("--until", until, today, f"name a day from {today} on")
        target = _target(reader, what, version, successor)
    if target.uses and still_used is None:
        first = target.uses[0]
        more = f", and {len(target.uses) - 1} more" if len(target.uses) > 1 else ""
        raise InputError(
            f"{target.title} is still used: {first.words} {marked(first.numbers)}{more}",
            fix="end that first, or say why it is retired all the same: --still-used TEXT",
        )
    fields = target.fields | {"reason": reason, "retention_until": until, "disposal": disposal}
    made = recording.body(target.type, fields | {"still_used": still_used if target.uses else None})
    if not settings.json:
        settings.out.line(f"{target.type}: {target.title}")
        for use in target.uses:
            settings.out.prose(f"  still used: {use.words} {marked(use.numbers)}", hang=2)
        recording.confirmed(yes=yes)
    recording.record(settings, made, target.stream, key)


def _target(reader: "Reader", what: str, version: str | None, successor: str | None) -> Target:
    """What is meant. Errors: NotFoundError, InputError."""
    number = what.replace(".", "").isdecimal() or what.count("-") == 4
    stream = None if number else opening.stream(reader, what)
    history = reader.history()
    if stream is not None and stream.startswith("dataset/"):
        return _dataset(reader, history, stream, version, successor)
    if version is not None:
        raise InputError("--version is for datasets", fix="leave --version out")
    if stream is not None and stream.startswith("model/"):
        return _model(history, stream, successor)
    if stream is not None:
        raise InputError(f"{stream} cannot be retired", fix=NOT_A_THING)
    return _artifact(reader, history, what, successor)


def _model(history: "History", stream: str, successor: str | None) -> Target:
    from mledger.projections.lifecycle import model
    from mledger.projections.usage import of_model

    state = model.fold(history.of(stream).facts())
    if state.stage is not None and state.stage.value == "retired":
        raise InputError(
            f"{stream} is retired already, by event {state.stage.source.number}",
            fix=f"mledger show {state.stage.source.number}",
        )
    return Target("model.retired", stream, stream, list(of_model(state)), {"successor": successor})


def _artifact(reader: "Reader", history: "History", what: str, successor: str | None) -> Target:
    from mledger.projections.lifecycle import model
    from mledger.projections.usage import of_artifact

    fact = reader.fact(what)
    if fact.type != "artifact.published":
        fix = f"mledger log {fact.stream} --type artifact"
        if fact.type == "decision.proposed":
            fix = f"mledger decision invalidate {fact.number} --reason TEXT"
        recording.wrong_event(what, fact.type, "artifact.published", fix)
    state = model.fold(history.of(fact.stream).facts())
    if (end := state.retired_files().get(fact.number)) is not None:
        raise InputError(
            f"event {fact.number} is retired already, by event {end.number}", fix=f"mledger show {end.number}"
        )
    if successor is not None:
        other = reader.fact(successor)
        if other.type != "artifact.published":
            fix = f"mledger log {fact.stream} --type artifact"
            recording.wrong_event(successor, other.type, "artifact.published", fix)
    file = state.artifacts.get(fact.number)
    title = f"{file.name if file else 'the file'} of event {fact.number}"
    fields: dict[str, object] = {"artifact": fact.number, "successor": successor}
    return Target("artifact.retired", fact.stream, title, list(of_artifact(state, fact.number)), fields)


def _dataset(
    reader: "Reader", history: "History", stream: str, version: str | None, successor: str | None
) -> Target:
    from mledger.projections.datasets import dataset
    from mledger.projections.lifecycle import model
    from mledger.projections.usage import of_dataset
    from mledger.registry import unknown

    state = dataset.fold(history.of(stream).facts())
    if version is not None and version not in state.versions:
        raise InputError(
            f"--version: {unknown('version', version, state.versions)}", fix=f"mledger replay {stream}"
        )
    for end in state.deprecations:
        if end.version in (None, version):
            raise InputError(
                f"{stream} {end.version or ''}".rstrip()
                + f" is deprecated already, by event {end.source.number}",
                fix=f"mledger show {end.source.number}",
            )
    models = [name for name in reader.stream_names() if name.startswith("model/")]
    folded = (model.fold(seen.of(name).facts()) for name, seen in history.each(models))
    title = f"{stream} {version}" if version else stream
    uses = list(of_dataset(state.name, version, folded))
    return Target("dataset.deprecated", stream, title, uses, {"version": version, "successor": successor})
