"""The command `mledger`: its table of commands and its way in."""

import gc
import io
import os
import sys
import warnings
from collections.abc import Sequence
from typing import IO, Never

import click

from mledger._version import __version__
from mledger_cli import failures, late, screen, text
from mledger_cli.context import Settings
from mledger_cli.groups import Lazy, LazyGroup

COMPLETE = "_MLEDGER_COMPLETE"


def _table(**commands: str) -> dict[str, Lazy]:
    return {
        name.replace("_", "-"): Lazy(f"mledger_cli.commands.{name}", line) for name, line in commands.items()
    }


SECTIONS = {
    "Record": _table(
        init="Begin a ledger.",
        append="Record an event, signed.",
        redact="Erase the content of an event; that it was there, and why, stays.",
        data="Record where data came from, what it looks like, how it moved.",
        decide="Record a decision: the question, the options, why this one.",
        decision="Accept, reject or end a decision, or read one.",
        comment="Say something about an event, under your name.",
        dissent="Disagree with an event, so that it stays visible.",
    ),
    "Read": _table(
        log="List what was recorded, the newest first.",
        show="Show one event: who signed what, when, and all its fields.",
        replay="Rebuild the state of one model, or of all, from the events.",
        lineage="Show from which data a version came, step by step.",
        diff="Say what changed between two moments in what was known.",
        decisions="List the decisions of a model: their state, and who agreed.",
        similar="Find earlier decisions like one, of other models too.",
        why="Walk from a version back to its reasons and its problem.",
        onboard="Print the page for a newcomer to a model.",
        changelog="Say what changed of a model, in lanes.",
        search="Find events by their words and by what they belong to.",
        report="Say what the events of a model or of a dataset tell together.",
        attachment="List the files kept inside the ledger, or take one out.",
    ),
    "Check": _table(
        check="Find what the records of a model lack.",
        refs="Resolve every reference of a model: events, commits, files, links.",
        gate="Verify and check a release; stop a pipeline if it is not in order.",
        waive="Let a rule pass until a day; you answer for it.",
        waivers="List the rules that pass for now, and until when.",
    ),
    "Answer": _table(
        inbox="List what waits for you: to be approved, accepted, signed.",
        review="Show all that an answer rests on, and answer.",
        approve="Approve what was asked for, signed.",
        reject="Reject what was asked for, signed.",
        execute="Do what was asked for and agreed to, exactly that.",
        approvals="List who let what pass: in which role, when, why.",
    ),
    "Go live": _table(
        release="Give a version its name: these files, from this run.",
        promotion="Ask for a stage, and move a version there.",
        rollback="Put an earlier version back.",
        restore="Put the files of a version into a folder, each checked.",
        history="List how versions moved toward a stage and away from it.",
    ),
    "Runs": _table(
        run="Run a command that nobody may change, and record it.",
        runs="List what was tried and what came of it, or compare two runs.",
        conclude="Say what a run taught.",
        abandon="Close a run that will not end by itself.",
        ablate="Put runs beside each other: what was varied, what came out.",
        repro="Print how to run something again, or do it.",
        env="Compare the software around two runs.",
        spool="List events that wait to be signed, push them, or drop them.",
    ),
    "Look after": _table(
        reviews="Schedule reviews, and list what is due or stale.",
        handover="Let somebody take over what somebody else answered for.",
        audit="Open an audit, draw its sample, record findings and answers.",
        retention="List the events whose content need not be kept any longer.",
        retire="Say that something shall not be used any more; its history stays.",
        correct="Put right what an event says; both values stay.",
    ),
    "Prove": _table(
        verify="Find whatever was changed, removed, slipped in or back-dated.",
        checkpoint="Sign the state of the ledger, to be kept elsewhere.",
        prove="Write a receipt of an event, or of the growth since.",
        check_proof="Check a receipt or a checkpoint without the ledger.",
        anchor="Let somebody outside vouch for what is recorded, and when.",
        witness="Vouch for the ledgers of others, or let others vouch.",
        publish="Write the log to where others can follow it.",
        follow="Check a published log, and remember what it showed.",
        bundle="Put evidence into one file, or check such a file.",
        trust="Write down what to trust, to be handed over.",
        heads="List what this machine remembers of ledgers, or forget.",
        rebuild="Throw away what was derived from the ledger, and derive it again.",
    ),
    "People and keys": _table(
        key="Make keys, list them, and say which may sign in the ledger.",
        policy="Show the rules in force, or adopt new ones.",
    ),
    "Help": _table(
        demo="Fill a folder with half a year of two models, to try it all.",
        template="Print forms to fill in, in Markdown with front matter.",
        types="List what can be recorded, or explain one type of event.",
        completion="Print a script that completes commands in a shell.",
    ),
}


class Program(LazyGroup):
    """The whole command line; every failure ends in one place."""

    def main(self, args: Sequence[str] | None = None, *_: object, **__: object) -> Never:
        """Run and leave with an exit code."""
        arguments = list(sys.argv[1:] if args is None else args)
        if COMPLETE in os.environ:
            self._complete()

        settings = Settings()

        def body() -> None:
            with self.make_context("mledger", [*arguments], obj=settings) as context:
                self.invoke(context)

        sys.exit(failures.run(body, arguments, settings))

    def _complete(self) -> None:
        """Answer the shell, which asks through the environment."""
        from click.shell_completion import shell_complete

        sys.exit(shell_complete(self, {"obj": Settings()}, "mledger", COMPLETE, os.environ[COMPLETE]))


@click.group(cls=Program, sections=SECTIONS)
@click.version_option(__version__, prog_name="mledger", message="%(prog)s %(version)s")
def program() -> None:
    """Keep the audit ledger of machine-learning models: signed, hash-chained, replayable."""


def main() -> None:
    """Run `mledger` with the arguments of this process."""
    # What is made while modules are imported is no garbage: looking for some would delay every command.
    gc.set_threshold(100_000, 20, 20)
    warnings.showwarning = _show_warning
    # Nobody else's code takes part in checking events; and looking for it costs a tenth of `append`.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    late.postpone_metadata()
    for stream in (sys.stdout, sys.stderr):
        _never_fail_to_encode(stream)
    program()


def _never_fail_to_encode(stream: IO[str] | None) -> None:
    """Let a terminal of another encoding than UTF-8 show what it cannot as escapes."""
    if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower().replace("-", "") != "utf8":
        stream.reconfigure(errors="backslashreplace")


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    screen.warn(f"mledger: warning: {text.one_line(str(message))}")
