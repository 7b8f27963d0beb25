"""mledger release: give a version its name."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger.errors import InputError
from mledger_cli import files, opening, recording, screen, text, versions
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER, RUN

if TYPE_CHECKING:
    from mledger.events.fields import File
    from mledger.events.version import VersionReleased
    from mledger.projections.model import ModelState
    from mledger.reader import Reader
    from mledger.recording.found import Found


@click.command("release", cls=Command)
@click.argument("version", metavar="MODEL@VERSION")
@click.option("--run", type=RUN, metavar="RUN", help="The run that made it, by its name or number.")
@click.option(
    "--file", "paths", type=files.EXISTING, multiple=True, metavar="PATH", help="Only this file of the run."
)
@click.option("--notes", metavar="TEXT", required=True, help="What changes for those who use it.")
@click.option(
    "--decision", "decisions", type=EVENT_NUMBER, multiple=True, help="One that went into it; else the run's."
)
@click.option("--previous", metavar="VERSION", help="The version that it follows.")
@click.option("--limitation", "limits", metavar="TEXT", multiple=True, help="Where it must not be trusted.")
@recording.AS
@pass_settings
def command(
    settings: Settings,
    version: str,
    run: str | None,
    paths: tuple[Path, ...],
    notes: str,
    decisions: tuple[str, ...],
    previous: str | None,
    limits: tuple[str, ...],
    key: str | None,
) -> None:
    """Give a version its name: these files, from this run.

      mledger release credit-risk@2.1 --run depth-4 --notes 'Knows the two new regions.'

    Its files are those that the run recorded, with their digests. With --file it is only these: each is
    hashed, and must be one that the run made. Where the run recorded none, or none is named, the
    files are taken as they lie there.
    """
    from mledger.recording.releasing import files_of

    model, name = versions.whole(version)
    with opening.reader(settings) as reader:
        state = versions.state_of(reader, model)
        _check_new(state, name, previous)
        found = _run(reader, state.stream, run)
        if found is None and not paths:
            raise InputError("nothing says which files it is", fix="name its run with --run, or --file PATH")
        with screen.progress("hashing", show=not settings.quiet) as progress:
            artifacts = files_of(found, paths, progress, _known(state, found))
        decided = [_decision(reader, state, number) for number in decisions] or _of_run(reader, state, found)
    fields = {
        "version": name,
        "previous": previous,
        "artifacts": [file.model_dump(mode="json", exclude_none=True) for file in artifacts],
        "run": found.number if found else None,  # not its name: by that nobody is known to have started it
        "decisions": decided,
        "notes": notes,
        "limitations": limits,
    }
    made = recording.body("version.released", fields)
    recording.record(settings, made, state.stream, key)
    _tell(settings, made, found)  # type: ignore[arg-type]


def _check_new(state: "ModelState", name: str, previous: str | None) -> None:
    """Nothing, if the version is still to be released. Errors: InputError, NotFoundError."""
    from mledger.errors import NotFoundError
    from mledger.registry import unknown

    if (held := state.versions.get(name)) is not None:
        number = held.source.number
        raise InputError(
            f"{state.name}@{name} was released already, by event {number}", fix=f"mledger show {number}"
        )
    if previous is not None and previous not in state.versions:
        line = unknown("released version", previous, state.versions)
        raise NotFoundError(f"--previous: {line}", fix=f"mledger replay {state.name}")


def _run(reader: "Reader", stream: str, run: str | None) -> "Found | None":
    """The run of this model that is meant. Errors: NotFoundError, InputError."""
    from mledger.recording.found import meant, runs

    if run is None:
        return None
    known = runs(reader, stream)
    found = meant(known, run)
    if found.run.name == run.strip().removeprefix("run:").rpartition(":")[2]:
        _check_newest(found, known)
    return found


def _check_newest(found: "Found", known: "list[Found]") -> None:
    """Nothing, if no later run was to be called so, and got a number to its name. Errors: InputError."""
    again = re.compile(re.escape(found.run.name) + r"-[1-9]\d*").fullmatch
    later = [one for one in known[known.index(found) + 1 :] if again(one.run.name)]
    if later:
        newest = f"{later[-1].run.name} is run {later[-1].number}"
        raise InputError(
            f"{found.run.name} is run {found.number}, and {newest}: it is not clear which is meant",
            fix=f"name it by its number: --run {later[-1].number}",
        )


def _known(state: "ModelState", found: "Found | None") -> "list[File]":
    """The checkpoints of a run, and what was published of it."""
    from mledger.events.fields import File
    from mledger.projections.making import made_by

    run = state.runs.started.get(found.number) if found is not None else None
    return [File(name=name, sha256=sha256) for sha256, name in made_by(state, run).items()] if run else []


def _of_run(reader: "Reader", state: "ModelState", found: "Found | None") -> list[str]:
    """The decision that the run was made for, if it says so, and it is one of the model."""
    said = found.run.decision if found else None
    answered = reader.answered(said) if said else None
    return [answered.number] if answered and answered.number in state.decisions.proposals else []


def _decision(reader: "Reader", state: "ModelState", number: str) -> str:
    fact = reader.fact(number)
    if fact.type != "decision.proposed":
        recording.wrong_event(number, fact.type, "decision.proposed", f"mledger decisions {state.name}")
    decision, fix = state.decisions.proposals.get(fact.number), f"mledger decisions {state.name}"
    if decision is None:
        other = fact.stream != state.stream
        why = f"is about {fact.stream.partition('/')[2]}" if other else "does not count"
        raise InputError(f"decision {fact.number} {why}, and went into no {state.name}", fix=fix)
    if decision.status == "rejected":
        raise InputError(f"decision {fact.number} was rejected by {decision.settled.by}", fix=fix)
    return fact.number


def _tell(settings: Settings, made: "VersionReleased", found: "Found | None") -> None:
    """What the release holds, and where it came from."""
    from mledger.core.digest import short

    for file in made.artifacts:
        settings.out.note(f"  {file.name}  {short(file.sha256)}{f'  {file.role}' if file.role else ''}")
    if found is not None and found.run.outcome != "finished":
        settings.out.note(f"run {found.number} did not finish: it {text.one_line(found.run.outcome)}")
    for number in made.decisions:
        settings.out.note(f"decision {number} went into it")
