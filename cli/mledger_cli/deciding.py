"""What is known of a decision before a person says anything."""

from typing import TYPE_CHECKING, Any, NamedTuple

from mledger.errors import InputError, MledgerError
from mledger_cli import opening, text
from mledger_cli.context import Settings
from mledger_cli.rendering_notes import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mledger.events.base import EventBody
    from mledger.ledger import Ledger
    from mledger.projections.decisions import Decisions, Setting
    from mledger.projections.parameters import Known, ParamsOf
    from mledger.reader import Reader

TYPE = "decision.proposed"
TEXTS = ("summary", "question", "rationale", "data_quality_influence")


class Start(NamedTuple):
    """A decision that begins: its stream, what is known of it, what the policy asks for.

    `notes` is what a person should read first; `settled` says that there is nothing to decide;
    `objectives` are the measures of success of the problem.
    """

    stream: str
    values: dict[str, Any]
    required: tuple[str, ...]
    notes: tuple[str, ...] = ()
    settled: bool = False
    objectives: tuple[str, ...] = ()


class Wanted(NamedTuple):
    """What was asked for: the model, the decision to be completed, the parameter file, its parameters."""

    model: str | None
    completes: str | None = None
    diff: str | None = None
    params: tuple[str, ...] = ()


def begin(settings: Settings, wanted: Wanted, *, link: bool = True) -> Start:
    """What the ledger says already; with `link` also the problem that the model is to solve."""
    with opening.reader(settings) as reader:
        stream = opening.stream_of(reader, wanted.model)
        policy = reader.keyring().policy
        required = policy.required.get(TYPE, ()) if policy else ()
        values: dict[str, Any] = {}
        if not (link or wanted.completes or wanted.diff):
            return Start(stream, values, required)
        state = reader.replay(stream).state
        if link and getattr(state, "problems", None):
            values["business_outcome_ref"] = state.problems[-1].source.number
        if wanted.completes:
            values |= _completed(reader, stream, state.decisions, wanted.completes)
        objectives = tuple(one.name for one in getattr(state, "objectives", ()))
        if not wanted.diff:
            return Start(stream, values, required, objectives=objectives)
        found = _changed(reader, state, wanted)
    return Start(stream, values | found.values, required, found.notes, found.settled, objectives)


def _completed(reader: "Reader", stream: str, decisions: "Decisions", event: str) -> dict[str, Any]:
    """The decision that is to be completed, as it was recorded. Errors: InputError, NotFoundError."""
    number = reader.fact(event).number
    found = decisions.proposals.get(number)
    if found is None:
        raise InputError(f"event {event} is no decision on {stream}", fix=f"mledger decisions {stream}")
    if found.status != "proposed":
        raise InputError(
            f"decision {number} is {found.status} already and stays as it is",
            fix=f"record another: mledger decide {stream}",
        )
    body = reader.fact(number).data
    if body is None:
        raise InputError(f"decision {number} cannot be read any more", fix=f"mledger show {number}")
    fields = body.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {name: value for name, value in fields.items() if name != "open"} | {"completes": number}


def check_own(ledger: "Ledger", body: Any) -> None:
    """Nothing, unless it is to complete what somebody else proposed. Errors: InputError."""
    if body.completes is None:
        return
    draft, member = ledger.fact(body.completes), ledger.keyring().members.get(ledger.signer.key_id)
    if member is not None and member.name != draft.signer:
        raise InputError(
            f"decision {draft.number} is {draft.signer}'s, who alone can complete it",
            fix=f"record another: mledger decide {draft.stream}",
        )


# --- what changed


class _Found(NamedTuple):
    values: dict[str, Any]
    notes: tuple[str, ...]
    settled: bool


def _changed(reader: "Reader", state: Any, wanted: Wanted) -> _Found:
    """What a parameter file says differently from what was last said, and nobody has decided yet."""
    from mledger.projections.parameters import changes, decided, flat, last_known
    from mledger_cli.documents import Source, members

    source = Source(wanted.diff or "")
    try:
        after = flat(members(source.read(), source.name, TYPE))
    finally:
        source.close()
    before = last_known(state, params_of(reader)) if hasattr(state, "runs") else None
    found = changes(before.params if before else {}, after)
    if wanted.params:
        found = _only(found, wanted, before, after)
    known = {change.name: decided(state.decisions, change) for change in found}
    rows = [change for change in found if known[change.name] is None]
    notes = [
        f"{told(change)}: decided already, by decision {known[change.name]}"
        for change in found
        if known[change.name] is not None
    ]
    since = f"since {_since(before)}" if before else "and nothing was said of parameters before"
    if not rows:
        return _Found({}, (*notes, f"nothing changed {since}" if not notes else "nothing else changed"), True)
    lines = [f"changed {since}:", *(f"  {told(change)}" for change in rows)]
    return _Found(_values(rows), (*notes, *lines), False)


def params_of(reader: "Reader") -> "ParamsOf":
    """The parameters of a run, as its start says them."""

    def read(number: str) -> "Mapping[str, Any]":
        try:
            return getattr(reader.fact(number).data, "params", None) or {}
        except MledgerError:
            return {}

    return read


def _only(
    found: "list[Setting]", wanted: Wanted, before: "Known | None", after: "Mapping[str, Any]"
) -> "list[Setting]":
    """The changes of the parameters that were named. Errors: InputError for one that nobody knows."""
    known = {*after, *(before.params if before else ())}
    for name in wanted.params:
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, sorted(known), n=2)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise InputError(
                f"--param: {name!r} is no parameter in {wanted.diff}{hint}", fix="spell it as the file does"
            )
    return [change for change in found if change.name in wanted.params]


def _since(known: "Known") -> str:
    return f"{known.what} [{', '.join(known.numbers)}]"


def told(change: "Setting") -> str:
    """A change in words: `max_depth 3 -> 4`."""
    before = "not set" if change.before is None else shown(change.before)
    return f"{change.name} {before} -> {'dropped' if change.to is None else shown(change.to)}"


def told_parameter(parameter: "Mapping[str, Any]") -> str:
    """A parameter of a decision in words."""
    from mledger.projections.decisions import Setting

    return told(Setting(parameter["name"], parameter.get("from"), parameter.get("to")))


def _values(rows: "list[Setting]") -> dict[str, Any]:
    parameters = [
        {
            name: value
            for name, value in (("name", row.name), ("from", row.before), ("to", row.to))
            if value is not None
        }
        for row in rows
    ]
    return {"category": "hyperparameter", "level": "parameter", "parameters": parameters}


# --- in haste


def open_fields(values: dict[str, Any]) -> list[str]:
    """What a decision in haste leaves open: what is needed and is not there."""
    found = [name for name in TEXTS if not values.get(name)]
    options = values.get("alternatives") or []
    reasons = all(o.get("why_not") or o.get("name") == values.get("choice") for o in options)
    if (len(options) < 2 and not values.get("single_option_reason")) or not reasons:
        found.append("alternatives")
    if not all(p.get("justification") for p in values.get("parameters") or ()):
        found.append("parameters")
    return found


def in_haste(values: dict[str, Any]) -> dict[str, Any]:
    """The values, with the title as the choice if there is none, and what is missing named as open."""
    made = dict(values)
    title = made.get("title")
    if not made.get("choice") and title:
        made["choice"] = text.cut(str(title), 200)
    options = list(made.get("alternatives") or ())
    if made.get("choice") and not any(option.get("name") == made["choice"] for option in options):
        made["alternatives"] = [{"name": made["choice"]}, *options]
    # A list that says so by itself comes first; what was left out is added.
    made["open"] = list(dict.fromkeys([*(made.get("open") or ()), *open_fields(made)]))
    return made


# --- before and after


def check(settings: Settings, body: "EventBody", at: str | None) -> None:
    """What can be known to be wrong before anybody types a passphrase. Errors: InputError."""
    import json

    from mledger.chain.references import check_references
    from mledger.events import messages
    from mledger.ledger import What

    data = body.to_bytes()
    with opening.reader(settings, warn=False) as reader:
        policy = reader.keyring().policy
        item = What(body, "", at)  # type: ignore[arg-type]
        check_references([item], [None], reader.answered, lambda _: None, reader.now())
    wrong = policy.faults(TYPE, body.schema_version, json.loads(data)) if policy else {}
    if wrong:
        raise InputError(f"{TYPE}: {messages.join(wrong)}", fix="mledger template show decision")


def who_may_accept(reader: "Reader", author: str) -> dict[str, list[str]]:
    """The roles that may accept a decision, the people who have one, and who may not, under four eyes."""
    from mledger.keys.roles import may_record

    accepted = "decision.accepted"
    keyring = reader.keyring()
    four_eyes = keyring.policy is not None and accepted in keyring.policy.four_eyes
    people = {
        member.name
        for member in keyring.members.values()
        if member.revoked is None and member.kind == "person" and keyring.may(member, accepted)
    }
    if four_eyes:
        people.discard(author)
    roles = [name for name, may in keyring.roles().items() if may_record(may, accepted)]
    return {"roles": sorted(roles), "people": sorted(people), "not": [author] if four_eyes else []}


def needed(may: dict[str, list[str]]) -> str:
    """Who must accept it, in a sentence."""
    but = f", not by {' or '.join(may['not'])}" if may["not"] else ""
    people = f"({', '.join(may['people'])} may)" if may["people"] else "(nobody is enrolled who may)"
    return f"needs acceptance by {' or '.join(may['roles']) or 'some role'}{but} {people}"
