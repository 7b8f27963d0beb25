"""mledger review: see what an answer rests on, and answer."""

from typing import TYPE_CHECKING

import click

from mledger_cli import opening, screen
from mledger_cli.commands import answering
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER

if TYPE_CHECKING:
    from mledger.chain.history import Fact
    from mledger.chain.keyring import Member
    from mledger.reader import Reader


@click.command("review", cls=Command)
@click.argument("event", type=EVENT_NUMBER)
@answering.AS
@pass_settings
def command(settings: Settings, event: str, key: str | None) -> None:
    """Show all that an answer rests on, and answer.

    EVENT is the number of a promotion.requested, a decision.proposed, a review.requested, an
    act.requested or a plan, as `mledger inbox` lists it. At a terminal you are then asked what to do,
    and before you sign, what exactly that is; the passphrase is asked for each time. Without a terminal
    the page is shown, and `mledger approve` and `mledger reject` sign.
    """
    from mledger.desk.dossier import dossier
    from mledger_cli.rendering_dossier import dossier_lines

    with opening.reader(settings) as reader:
        with screen.progress("verifying", show=not settings.quiet) as reader.progress:
            question = answering.asked(reader, event)
            document = dossier(reader, question, person=_person(reader, key))
        reader.progress = None  # a bar that is drawn over a question hides it
        if settings.json:
            settings.out.json(document)
            return
        settings.out.raw("\n".join(dossier_lines(document, screen.width() or 100)) + "\n")
        if answering.is_attended():
            from mledger_cli.commands.reviewing import Review

            Review(settings, reader, question, document, key).ask()
        elif not document.data["answered"]:
            settings.out.note(_ways(question))


def _ways(question: "Fact") -> str:
    """The commands that answer: everybody signs a plan as it stands, and gives a reason for the rest."""
    from mledger.desk.dossier import PLANS

    number = question.number
    if question.type in PLANS:
        return f"answer: mledger approve {number}, or mledger dissent {number} TEXT"
    return f"answer: mledger approve {number} --reason TEXT, or mledger reject"


def _person(reader: "Reader", key: str | None) -> "Member | None":
    """Who looks, if it can be told without a passphrase."""
    from mledger.errors import MledgerError
    from mledger.keystore import Keystore
    from mledger.opening import find_record

    try:
        record = find_record(reader, key or opening.chosen_key(), Keystore())
    except MledgerError:
        if key is not None:
            raise
        return None
    return reader.keyring().members.get(record.key_id)
