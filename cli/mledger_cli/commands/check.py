"""mledger check: find what records of a model lack."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger_cli import opening, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.named import FRAMEWORK
from mledger_cli.params import SOME_STREAM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mledger.chain.history import History
    from mledger.checks.engine import Checked
    from mledger.reader import Reader

TREE = click.option(
    "--tree",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="FOLDER",
    help="The working tree whose files and commits are compared; else the current folder.",
)
WATCH = click.option(
    "--watch", multiple=True, metavar="PATTERN", help="Watch these paths for changes; can be repeated."
)
FORMATS = ("text", "json", "sarif", "junit", "md", "github")


@click.command("check", cls=Command)
@click.argument("model", type=SOME_STREAM, required=False)
@click.option("--model", "named", type=SOME_STREAM, metavar="MODEL", help="The same, as an option.")
@click.option("--release", metavar="VERSION", help="Look at this version only.")
@TREE
@WATCH
@click.option(
    "--framework",
    "--profile",
    "framework",
    type=FRAMEWORK,
    metavar="NAME",
    help="Go by the paragraphs of a framework instead.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="How to print it; else text.")
@click.option("--rules", is_flag=True, help="List the rules instead, with what each asks.")
@pass_settings
@click.pass_context
def command(
    context: click.Context,
    settings: Settings,
    model: str | None,
    named: str | None,
    release: str | None,
    tree: Path,
    watch: tuple[str, ...],
    framework: str | None,
    form: str | None,
    *,
    rules: bool,
) -> None:
    """Find what the records of a model lack.

    Reasons, approvals, data that nobody answers for.

    Without MODEL, all models are checked that are not retired. The ledger is verified first. Rules look
    at the version released last and at those that stand somewhere, or at --release. What they find is
    named with its events and the command that mends it; a waiver.granted lets it pass until a day. A
    policy says how grave each rule is.

    With --framework, each paragraph of a law, a standard or a guidance is shown with the events that
    evidence it: internal (the rules by what they are about), eu-ai-act-annex-iv, sr-26-2, nist-ai-rmf,
    iso-42001, part11 or gxp. A status is about records, never about a law.

    Exit code: 0 nothing but warnings, 1 a rule failed or a paragraph is not evidenced, 3 the ledger is
    broken.
    """
    if rules:
        _list(settings)
        return
    if framework is not None:
        context.exit(_assess(settings, framework, model or named, release, tree, watch, form))
    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        found = checked(reader, model or named, release, tree, watch)
    settings.out.raw(written(found, "json" if settings.json else form or "text", settings))
    if not found:
        settings.out.note("no model is in use: mledger append model.registered model/NAME --edit")
    context.exit(max((one.exit_code for one in found), default=0))


def checked(
    reader: "Reader",
    model: str | None,
    release: str | None,
    tree: Path,
    watch: tuple[str, ...],
    history: "History | None" = None,
) -> "list[Checked]":
    """What the rules find of one model, or of all. Errors: NotFoundError, InputError, IntegrityError."""
    from mledger.checking import check_models
    from mledger.worktree import WATCHED

    history = history or reader.history()
    streams = _streams(reader, model, release, history)
    watched = watch or WATCHED
    return check_models(reader, streams, version=release, tree=tree, watched=watched, history=history)


def _streams(reader: "Reader", model: str | None, release: str | None, history: "History") -> list[str]:
    """The streams of the models that are meant. Errors: NotFoundError, InputError."""
    from mledger.checking import models_of
    from mledger.errors import InputError

    if release is not None and model is None:
        raise InputError("--release needs a MODEL", fix="mledger check MODEL --release VERSION")
    name = opening.stream(reader, model)
    if name is not None and not name.startswith("model/"):
        raise InputError(f"{name} is no model", fix="mledger check model/NAME")
    return models_of(reader, history, in_use=True) if name is None else [name]


def _assess(
    settings: Settings,
    name: str,
    model: str | None,
    release: str | None,
    tree: Path,
    watch: tuple[str, ...],
    form: str | None,
) -> int:
    """Print what the records show of a framework; the exit code. Errors: as of `checked`."""
    from time import perf_counter

    from mledger.checking import assess_models
    from mledger.checks.framework import find
    from mledger.errors import InputError
    from mledger.worktree import WATCHED
    from mledger_cli.rendering_framework import framework_lines

    framework = find(name)
    if form not in {None, "text", "json"}:
        raise InputError(f"--format {form} is for rules, not for a framework", fix="--format text or json")
    began = perf_counter()
    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        history = reader.history()
        streams = _streams(reader, model, release, history)
        found = assess_models(
            reader, streams, framework, version=release, tree=tree, watched=watch or WATCHED, history=history
        )
    seconds = perf_counter() - began
    if settings.json or form == "json":
        settings.out.json(found)
    else:
        for one in found:
            settings.out.raw("\n".join([*framework_lines(one, seconds, screen.width() or 100), ""]))
    return max((one.exit_code for one in found), default=0)


def written(found: "Sequence[Checked]", form: str, settings: Settings) -> "str | bytes":
    """The checks in one of the formats."""
    from mledger_cli.output import dumps

    match form:
        case "json":
            return dumps(list(found), indent=2) + "\n"
        case "sarif":
            from mledger.checks.formats.sarif import sarif

            return dumps(sarif(found, str(settings.path)), indent=2) + "\n"
        case "junit":
            from mledger.checks.formats.junit import junit

            return junit(found)
        case "md":
            from mledger.checks.formats.markdown import markdown

            return markdown(found)
        case "github":
            from mledger.checks.formats.github import github

            return github(found)
        case _:
            from mledger_cli.rendering_checks import check_lines

            width = screen.width() or 100
            return "\n".join("\n".join([*check_lines(one, width), ""]) for one in found)


def _list(settings: Settings) -> None:
    """Print every rule with its severity and what holds if it is kept."""
    from mledger.checks import base
    from mledger_cli.tables import Column

    columns: list[Column[base.Rule]] = [
        Column("rule", lambda rule: rule.id),
        Column("severity", lambda rule: rule.severity),
        Column("asks", lambda rule: rule.title, lines=3),
    ]
    if settings.json:
        fields = ("id", "title", "severity", "why", "fix", "reads", "needs")
        settings.out.json([{name: getattr(rule, name) for name in fields} for rule in base.all()])
    else:
        settings.out.table(base.all(), columns)
