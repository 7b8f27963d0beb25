"""mledger run: a command that nobody may change, recorded as a run."""

import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import KEY

if TYPE_CHECKING:
    from mledger.recording.run import Run
    from mledger.recording.wrapping import Ended


class _Before(Command):
    """A command that takes what stands behind `--` as it is."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Read what stands before it; without `--` the first word is the model, the others the command."""
        if "--" in args:
            place = args.index("--")
            context.meta[_BEHIND] = args[place + 1 :]
            args = args[:place]
        return super().parse_args(context, args)


_BEHIND = f"{__name__}.behind"


@click.command("run", cls=_Before)
@click.argument("model", required=False)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND...")
@click.option("--hypothesis", metavar="TEXT", help="What you expect, and why.")
@click.option("--criterion", "criteria", metavar="TEXT", multiple=True, help="What must come out: auc>=0.95.")
@click.option("--unstated", metavar="TEXT", help="Why there is no hypothesis, if there is none.")
@click.option("--name", metavar="NAME", help="How the run is called; else by its event number.")
@click.option("--decision", metavar="EVENT", help="The decision that it serves or tests.")
@click.option("--param", "params", metavar="NAME=VALUE", multiple=True, help="A parameter.")
@click.option("--config", metavar="FILE", multiple=True, help="A configuration file, kept with the record.")
@click.option("--data", metavar="NAME@VERSION", multiple=True, help="Data that it reads; role=NAME@VERSION.")
@click.option(
    "--metrics",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="JSON that it writes: names with numbers.",
)
@click.option("--listen", is_flag=True, help="Take metrics from lines of its output: mledger: auc=0.95.")
@click.option("--artifact", "artifacts", metavar="FILE", multiple=True, help="A file that it makes.")
@click.option("--strict", is_flag=True, help="Do not run it if the start cannot be recorded.")
@click.option("--as", "key", type=KEY, metavar="KEY", help="Sign with this key.")
@pass_settings
def command(settings: Settings, /, model: str | None, words: tuple[str, ...], **given: Any) -> None:
    r"""Run a command that nobody may change, and record it.

    COMMAND is recorded as a run of MODEL, which may be left out if the ledger has only one.

      mledger run credit-risk --hypothesis 'Depth 4 is enough.' \
        --criterion 'auc>=0.95' --metrics metrics.json -- python train.py --depth 4

    Its output, its input and its exit code are its own; signals are handed on. It is run even if the
    ledger cannot be written: events then wait for mledger spool push, unless --strict.
    """
    from mledger.recording.recorder import Recorder
    from mledger.recording.wrapping import Metrics, capture_of, run_command

    model, words = _meant(settings, model, words)
    recorder = Recorder(settings.path, key=given["key"], strict=given["strict"])
    with recorder:
        run = recorder.run(model, **_said(settings, given))
        run.start(lambda: capture_of(words))
        listen = (
            Metrics(lambda name, value, step: run.metric(name, value, step=step)) if given["listen"] else None
        )
        try:
            ended = run_command(words, None, listen)
        except BaseException as error:
            run.__exit__(type(error), error, error.__traceback__)
            raise
        _take(run, given)
        _close(run, words, ended)
    if ended.code:
        raise click.exceptions.Exit(ended.code)


def _meant(settings: Settings, model: str | None, words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The model, and the words of the command. Errors: InputError."""
    from mledger.errors import InputError
    from mledger_cli import opening

    behind = click.get_current_context().meta.get(_BEHIND)
    if behind is None and model is not None and shutil.which(model) and not _is_model(settings, model):
        fix = f"mledger run MODEL -- {shlex.join((model, *words))}"
        raise InputError(f"{model} is a program: the model comes first, then -- and the command", fix=fix)
    if behind is not None and words:
        raise InputError(f"{words[0]!r} stands before --", fix="mledger run MODEL -- COMMAND")
    words = words if behind is None else tuple(behind)
    if not words:
        raise InputError("there is no command to run", fix="mledger run MODEL -- python train.py")
    if model is None:
        with opening.reader(settings) as reader:
            model = opening.stream_of(reader, None)
    return model, words


def _is_model(settings: Settings, name: str) -> bool:
    """Whether a model is recorded that is called like a program."""
    from mledger_cli import opening

    with opening.reader(settings) as reader:
        return f"model/{name}" in reader.stream_names()


def _said(settings: Settings, given: dict[str, Any]) -> dict[str, Any]:
    """The options as keywords of a run."""
    from mledger.recording import typed

    said: dict[str, Any] = {"hypothesis": given["hypothesis"], "quiet": settings.quiet or settings.json}
    said["criteria"] = typed.typed_criteria(given["criteria"]) or None
    for name in ("unstated", "name", "decision"):
        if given[name]:
            said[name] = given[name]
    if given["params"]:
        said["params"] = typed.typed_params(given["params"])
    if given["config"]:
        said["config"] = given["config"]
    if given["data"]:
        said["datasets"] = typed.typed_data(given["data"])
    return said


def _take(run: "Run", given: dict[str, Any]) -> None:
    """Note the metrics and files that the command has written."""
    from mledger.errors import InputError
    from mledger.recording.wrapping import metrics_of

    if given["metrics"] is not None:
        try:
            for name, value in metrics_of(given["metrics"]).items():
                run.metric(name, value)
        except InputError as error:
            run.refuse(f"metrics: {error.message}", error.fix)
    for path in given["artifacts"]:
        run.artifact(path)


def _close(run: "Run", words: tuple[str, ...], ended: "Ended") -> None:
    """Record how the command ended."""
    if ended.code == 0:
        run.finish()
        return
    how = f"was ended by {ended.signal}" if ended.signal else f"ended with exit status {ended.code}"
    run.fail(ended.signal or "exit status", f"{Path(words[0]).name} {how}", ended.code)
