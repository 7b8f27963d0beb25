"""mledger decide: record a decision with its options and reasons."""

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER, KEY, MOMENT, SOME_STREAM

if TYPE_CHECKING:
    from mledger.events.base import EventBody
    from mledger.writing import Receipt
    from mledger_cli.deciding import Start


@click.command("decide", cls=Command)
@click.argument("model", type=SOME_STREAM, required=False)
@click.option("--from", "source", metavar="FILE", help="Read Markdown, YAML or JSON; - is standard input.")
@click.option("--edit", is_flag=True, help="Fill in a Markdown form in $EDITOR.")
@click.option("--quick", is_flag=True, help="Ask four questions at most; what is missing is named as open.")
@click.option("--from-diff", "diff", metavar="FILE", help="Take over what changed in a parameter file.")
@click.option("--param", "params", metavar="NAME", multiple=True, help="Of the changes, only this parameter.")
@click.option("--complete", type=EVENT_NUMBER, metavar="N", help="Fill in what your decision N left open.")
@click.option("--set", "sets", metavar="FIELD=VALUE", multiple=True, help="Set a field; a dot goes deeper.")
@click.option("--at", type=MOMENT, metavar="TIME", help="When it was taken, if not now; with a zone.")
@click.option("--as", "key", type=KEY, metavar="KEY", help="Sign with this key.")
@pass_settings
def command(
    settings: Settings,
    model: str | None,
    source: str | None,
    diff: str | None,
    params: tuple[str, ...],
    complete: str | None,
    sets: tuple[str, ...],
    at: str | None,
    key: str | None,
    *,
    edit: bool,
    quick: bool,
) -> None:
    """Record a decision: the question, the options, why this one.

      mledger decide credit-risk

    Without options it asks, line by line. MODEL may be left out where the ledger has one. The
    parameter file, YAML or JSON, is compared with the run of the last release, or else with the last
    run that finished, or else with the decisions in force.
    """
    from mledger_cli import deciding, fields

    click.get_current_context().with_resource(opening.declaring(settings))
    if params and not diff:
        raise click.UsageError("--param narrows --from-diff FILE")
    document = None
    if source is not None:
        from mledger_cli.documents import Source

        document = Source(source)
        click.get_current_context().call_on_close(document.close)
    given = fields.Given(document, ()).gather(deciding.TYPE)
    wanted = deciding.Wanted(model, complete, diff, params)
    start = deciding.begin(settings, wanted, link=document is None)
    if start.settled:
        if settings.json:
            settings.out.json({"recorded": False, "notes": start.notes})
            return
        for note in start.notes:
            settings.out.line(note)
        return
    for note in start.notes:
        settings.out.note(note)
    values = start.values | given
    for assignment in sets:
        fields.assign(deciding.TYPE, values, assignment)
    start = start._replace(values=values)
    how = _How(at, key)
    receipt, body = _record(settings, start, how, edit=edit, quick=quick, asked=document is None)
    _tell(settings, receipt, body)


class _How(NamedTuple):
    """What is said of the decision besides its fields."""

    at: str | None
    key: str | None


def _record(
    settings: Settings, start: "Start", how: _How, *, edit: bool, quick: bool, asked: bool
) -> "tuple[Receipt, EventBody]":
    """Let the person fill in what is missing, and record it; what they wrote is never lost."""
    from mledger_cli import deciding, documents, editor, interview, markdown

    if not edit and not asked:
        return _sign(settings, start, how, start.values, quick=quick)

    def form_of(values: "dict[str, Any]") -> str:
        return markdown.form(deciding.TYPE, values, required=start.required)

    again = f"mledger decide {start.stream}"
    with editor.form(form_of(start.values), again, suffix=".md") as form:
        if edit:
            values = documents.members(form.fill_in(), "the form", deciding.TYPE)
        else:
            values = interview.fill_in(start, lambda said: form.keep(form_of(said)), quick=quick)
        return _sign(settings, start, how, values, quick=quick)


def _sign(
    settings: Settings, start: "Start", how: _How, values: "dict[str, Any]", *, quick: bool
) -> "tuple[Receipt, EventBody]":
    """Check everything that can be checked, then ask for the passphrase, sign and record."""
    from mledger.events.base import build
    from mledger_cli import deciding

    body = build(deciding.TYPE, deciding.in_haste(values) if quick else values)
    deciding.check(settings, body, how.at)
    with opening.ledger(settings, how.key) as ledger:
        deciding.check_own(ledger, body)
        return ledger.append(body, start.stream, at=how.at), body


def _tell(settings: Settings, receipt: "Receipt", body: Any) -> None:
    """Print its number and state, who signed, what is open, and who must do what next."""
    from mledger_cli import deciding

    with opening.reader(settings, warn=False) as reader:
        may = deciding.who_may_accept(reader, receipt.signer)
    state = {"state": "proposed", "open": body.open, "may_accept": may}
    if settings.json:
        settings.out.json(receipt.to_json() | state)
        return
    out = settings.out
    signed = f"signed {receipt.signer}, {receipt.meaning}"
    out.parts(f"decision {receipt.number}", "proposed", signed, out.moment(receipt.time))
    out.prose(f"  {body.title}", hang=2)
    for parameter in body.parameters:
        change = {"name": parameter.name, "from": parameter.before, "to": parameter.to}
        out.prose(f"  {deciding.told_parameter(change)}", hang=4)
    if body.open:
        out.prose(f"  still open: {', '.join(body.open)}", hang=4)
        out.note(f"fill it in: mledger decide --complete {receipt.number}")
    out.prose(deciding.needed(may))
    if not body.open:
        out.note(f"next: mledger decision accept {receipt.number}")
