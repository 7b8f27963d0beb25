"""mledger data add: record a state of a dataset."""

import sys
from collections.abc import Callable
from shlex import quote
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from mledger.errors import MledgerError
from mledger_cli import opening, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import DATASET, DATASET_STATE, KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mledger.datasets import Added
    from mledger.ledger import Ledger
    from mledger.projections.datasets import DatasetState

F = TypeVar("F", bound=Callable[..., Any] | click.Command)

# What is said of a dataset once, when it is new: the option, the field, what is asked at a terminal.
ABOUT = {
    "origin": ("--origin", "Where does the data come from?"),
    "collected_how": ("--collected", "How was it collected, and who is missing?"),
    "by_whom": ("--by-whom", "Who collected it?"),
    "licence": ("--licence", "Under which terms may it be used?"),
}
_WHY = "Why was it refreshed?"


def _text(option: str, field: str, help: str) -> Callable[[F], F]:
    return click.option(option, field, metavar="TEXT", help=help)


@click.command("add", cls=Command)
@click.argument("what")
@click.option("--as", "name", type=DATASET, metavar="NAME", required=True, help="The dataset's name here.")
@click.option("--refresh", is_flag=True, help="It is the next state of a dataset that is there already.")
@_text("--why", "why", "Why it was refreshed.")
@click.option("--version", metavar="NAME", help="What to call this state; else it is counted.")
@click.option(
    "--group",
    "groups",
    metavar="COLUMN|RULE",
    multiple=True,
    help="Record shares: of each value, or of age<25.",
)
@click.option("--time", metavar="COLUMN", help="The column that tells which days it covers.")
@click.option(
    "--like",
    type=DATASET_STATE,
    metavar="NAME@VERSION",
    help="A new dataset: with the groups and bins of another, to be compared with it.",
)
@_text("--title", "title", "A new dataset: what people call it.")
@_text("--origin", "origin", "A new dataset: where it comes from.")
@_text("--collected", "collected_how", "A new dataset: how, and who is missing.")
@_text("--by-whom", "by_whom", "A new dataset: who collected it.")
@_text("--licence", "licence", "A new dataset: under which terms it may be used.")
@_text("--legal-basis", "legal_basis", "A new dataset: by what right personal data is in it.")
@_text("--intended-use", "intended_use", "A new dataset: what it is for, and what not.")
@_text("--owner", "owner", "A new dataset: who answers for it.")
@_text("--preprocessing", "preprocessing", "What was done to it before.")
@click.option("--known-issue", "known_issues", metavar="TEXT", multiple=True, help="What is wrong with it.")
@click.option(
    "--key", type=KEY, metavar="KEY", help="Sign with this key; else $MLEDGER_KEY, or your only one."
)
@pass_settings
def command(
    settings: Settings,
    /,
    what: str,
    name: str,
    why: str | None,
    version: str | None,
    groups: tuple[str, ...],
    time: str | None,
    like: str | None,
    key: str | None,
    *,
    refresh: bool,
    **about: Any,
) -> None:
    """Record a state of a dataset: a file, a folder, or a URI.

      mledger data add data/applications.parquet --as applications --refresh --why 'October came in'

    WHAT is hashed. A table (Parquet, Arrow, Feather, CSV) is also read: rows, schema, days, a profile
    of each column without any row, and how far it moved since the state before. A folder is known by
    the manifest of its files. Data that is recorded already is not recorded twice.
    """
    from mledger import datasets

    with opening.reader(settings) as reader:
        state = datasets.read(reader, name)
    given = {field: value for field, value in about.items() if value}
    asked = _asked(state, _Said(why, refresh, given), what)
    with (
        _opened(settings, key) as ledger,
        screen.progress(f"reading {what}", show=not settings.quiet) as progress,
    ):
        added = datasets.add(
            ledger,
            what,
            name,
            why=asked.why,
            about=asked.about,
            version=version,
            groups=groups,
            time=time,
            like=like,
            progress=progress,
        )
    tell(settings, added)


def _opened(settings: Settings, key: str | None) -> "Ledger":
    """The ledger with the key; `--as` is the dataset here, so what goes wrong names `--key`."""
    try:
        return opening.ledger(settings, key)
    except MledgerError as error:
        if error.fix and "--as KEY" in error.fix:
            error.fix = error.fix.replace("--as KEY", "--key KEY")
        raise


class _Said(NamedTuple):
    """What the person says of the data."""

    why: str | None
    refresh: bool
    about: "Mapping[str, Any]"


def _asked(state: "DatasetState", said: _Said, what: str) -> _Said:
    """What is said with options, and what is answered at a terminal. Errors: InputError."""
    from mledger.errors import InputError

    alone = not (sys.stdin and sys.stdin.isatty())
    if state.current is None:
        if said.refresh or said.why:
            raise InputError(
                f"nothing is recorded as {state.name} yet, so it cannot be refreshed",
                fix=f"leave --refresh and --why out: mledger data add {quote(what)} --as {state.name}",
            )
        missing = [] if alone else [field for field in ABOUT if field not in said.about]
        return said._replace(about={**said.about, **{field: _ask(ABOUT[field][1]) for field in missing}})
    if said.refresh and not said.why:
        if alone:
            raise InputError(
                f"why {state.name} was refreshed must be said",
                fix=f"mledger data add {quote(what)} --as {state.name} --refresh --why 'WHY'",
            )
        return said._replace(why=_ask(_WHY))
    return said if said.refresh else said._replace(why=None)


def _ask(question: str) -> str:
    return str(click.prompt(question, err=True))


def tell(settings: Settings, added: "Added") -> None:
    """Print the state, what moved, and whom that concerns."""
    from mledger_cli import rendering_data

    if settings.json:
        settings.out.json(rendering_data.added_row(added))
        return
    if not added.receipts:
        settings.out.parts(
            f"{added.name}  version {added.version}",
            f"is recorded already, by event {added.event}",
            "nothing new",
        )
        return
    first = added.receipts[0]
    before = f" ← {added.previous.name}" if added.previous else ""
    settings.out.parts(
        f"{added.name}  version {added.version}{before}",
        f"event {first.number}",
        first.type,
        f"signed {first.signer}",
    )
    settings.out.facts(rendering_data.added_facts(added))
    for note in added.captured.notes:
        settings.out.note(note)
