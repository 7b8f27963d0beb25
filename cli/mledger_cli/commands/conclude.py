"""mledger conclude: what a run taught."""

from typing import TYPE_CHECKING, Any

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import KEY, RUN

if TYPE_CHECKING:
    from mledger.recording.found import Found

VERDICTS = ("supported", "refuted", "inconclusive", "invalid")


@click.command("conclude", cls=Command)
@click.argument("run", type=RUN)
@click.option(
    "--verdict",
    type=click.Choice(VERDICTS),
    help="What it says of the hypothesis; else as criteria say.",
)
@click.option("--lesson", metavar="TEXT", required=True, help="What you know now and did not before.")
@click.option("--next", "next_", metavar="TEXT", help="What follows: a decision, another run, nothing.")
@click.option("--as", "key", type=KEY, metavar="KEY", help="Sign with this key.")
@pass_settings
def command(
    settings: Settings, run: str, verdict: str | None, lesson: str, next_: str | None, key: str | None
) -> None:
    """Say what a run taught.

      mledger conclude 47 --verdict supported --lesson 'The gain comes from two regions.'

    RUN is its number, or its name. Each criterion is recorded with what came of it.
    """
    from mledger.errors import InputError
    from mledger.recording.found import find
    from mledger_cli.commands.append import tell

    with opening.ledger(settings, key) as ledger:
        found = find(ledger, run)
        _check(found)
        judged = _judged(found)
        verdict = verdict or judged.verdict
        if verdict is None:
            raise InputError(
                f"run {found.number} has no criteria that would tell its verdict",
                fix=f"say one: --verdict {'|'.join(VERDICTS)}",
            )
        if judged.verdict not in (None, verdict) and verdict != "invalid":
            settings.out.note(f"by its criteria the run is {judged.verdict}: {_words(judged)}")
        outcomes = [
            {"metric": one.criterion.metric, "value": one.value, "met": one.met}
            for one in judged.outcomes
            if one.met is not None
        ]
        fields = {
            "run": found.reference,
            "verdict": verdict,
            "lesson": lesson,
            "outcomes": outcomes,
            "next": next_,
        }
        tell(settings, ledger.append("run.concluded", found.stream, fields))


def _check(found: "Found") -> None:
    """Refuse a run that is open, or concluded already. Errors: InputError."""
    from mledger.errors import InputError

    if found.ended is None:
        fix = f"if its process is gone: mledger abandon {found.number} --reason …"
        raise InputError(f"run {found.number} has not ended", fix=fix)
    for judgement in found.run.judgements:
        number, by = judgement.source.number, judgement.source.by
        line = f"run {found.number} is concluded by event {number}, {judgement.verdict}, signed {by}"
        correct = f"mledger correct {number} --set FIELD=VALUE --reason TEXT"
        raise InputError(line, fix=f"mledger show {number}; to put it right: {correct}")


def _judged(found: "Found") -> Any:
    from mledger.projections.verdicts import judge

    return judge(found.begun.criteria, found.ended.metrics if found.ended else ())


def _words(judged: Any) -> str:
    marks = {True: "met", False: "not met", None: "never measured"}
    return ", ".join(f"{one.words} {marks[one.met]}" for one in judged.outcomes)
