"""A decision asked for at a terminal, question by question."""

from collections.abc import Callable
from typing import Any, get_args

from mledger.errors import InputError
from mledger_cli import asking, effects
from mledger_cli.deciding import TYPE, Start, open_fields, told_parameter

Values = dict[str, Any]
Question = Callable[[Values], None]
Keep = Callable[[Values], None]
"""Takes what was answered so far, so that it is not lost."""

_NO_TERMINAL = "give the fields with --set FIELD=VALUE or --from FILE, or fill in a form with --edit"
_LABELS = {"data_quality_influence": "Data quality", "rationale": "Why this one", "review_by": "Review by"}


def fill_in(start: Start, keep: Keep, *, quick: bool) -> Values:
    """The values with what a person answers; those that are there are not asked for."""
    values = dict(start.values)
    if not asking.can_ask():
        needed = ("title", "category") if quick else ("title", "category", "choice")
        missing = [name for name in needed if not values.get(name)]
        told = {*values.get("open", ()), *(["alternatives"] if values.get("alternatives") else [])}
        missing += [] if quick else [name for name in open_fields(values) if name not in told]
        if missing:
            raise InputError(
                f"{TYPE}: {', '.join(missing)} must be said: there is no terminal to ask at", fix=_NO_TERMINAL
            )
        return values
    for question in _QUICK if quick else _ALL:
        question(values)
        keep(values)
    moved = [effect["metric"] for effect in values.get("expected_effects", ())]
    if not values.get("objectives"):
        # What a person expects of a measure of success is what the decision is to move.
        values["objectives"] = [name for name in start.objectives if name in moved]
    for name in start.required:
        _asked_for(name, values)
        keep(values)
    return values


# --- questions: each changes the values that it is given, unless they say it already


def _text(name: str, *, needed: bool = True) -> Question:
    label = _LABELS.get(name, name.capitalize())

    def question(values: Values) -> None:
        if not values.get(name) and (
            answer := asking.ask(label, needed=needed, check=lambda said: _wrong(name, said))
        ):
            values[name] = answer

    return question


def _wrong(name: str, value: object) -> str | None:
    """What a decision finds wrong with one of its fields."""
    from mledger.events.base import build

    try:
        build(TYPE, {name: value})
    except InputError as error:
        fields: Any = error.details.get("fields", {})
        return next((text for path, text in fields.items() if path.partition("[")[0] == name), None)
    return None


def _category(values: Values) -> None:
    from mledger.events.base import find

    if not values.get("category"):
        choices = get_args(find(TYPE).model_fields["category"].annotation)
        values["category"] = asking.choose("Category", choices)


def _alternatives(values: Values) -> None:
    if "alternatives" not in open_fields(values):
        return
    known = {option["name"]: option for option in values.get("alternatives") or ()}
    others = f" besides {', '.join(known)}" if known else ""
    asking.say(f"Which options were there{others}? Two or more in all; an empty line ends.")
    names = asking.several("Option", least=2, known=tuple(known), check=lambda name: _wrong("choice", name))
    choice = values.get("choice") or asking.choose("Chosen", names, default=names[0])
    values["choice"] = choice
    values["alternatives"] = [
        {"name": name} | known.get(name, {})
        if name == choice or known.get(name, {}).get("why_not")
        else {"name": name} | known.get(name, {}) | {"why_not": asking.ask(f"Why not {name}?")}
        for name in names
    ]


def _instead(values: Values) -> None:
    if values.get("alternatives"):
        return
    answer = asking.ask("Instead of what: why not", needed=False)
    name, _, why = (part.strip() for part in answer.partition(":"))
    if name:
        values["alternatives"] = [{"name": name} | ({"why_not": why} if why else {})]


def _parameters(values: Values) -> None:
    values["parameters"] = [
        parameter
        if parameter.get("justification")
        else parameter | {"justification": asking.ask(f"Why {told_parameter(parameter)}?")}
        for parameter in values.get("parameters", ())
    ]


def _effects(values: Values) -> None:
    if not values.get("expected_effects"):
        asking.say(f"What will it change? {effects.HOW}; an empty line ends.")
        values["expected_effects"] = [
            effects.read(one) for one in asking.several("Effect", check=effects.wrong)
        ]


def _evidence(values: Values) -> None:
    if values.get("refs"):
        return
    typed = asking.ask("Evidence, by event numbers", needed=False, check=_wrong_numbers)
    values["refs"] = [{"rel": "evidence", "event": number} for number in typed.split()]


def _wrong_numbers(typed: str) -> str | None:
    from mledger.core.names import parse_number

    try:
        for number in typed.split():
            parse_number(number)
    except InputError as error:
        return error.message
    return None


def _asked_for(name: str, values: Values) -> None:
    """A field for which the policy asks, and no question here does."""
    from mledger_cli.fields import assign

    if not values.get(name):
        answer = asking.ask(f"{name} (the policy asks for it)")
        assign(TYPE, values, f"{name}={answer}")


_QUICK: tuple[Question, ...] = (_text("title"), _category, _text("rationale", needed=False), _instead)
_ALL: tuple[Question, ...] = (
    _text("title"),
    _text("summary"),
    _category,
    _text("question"),
    _alternatives,
    _text("rationale"),
    _text("data_quality_influence"),
    _parameters,
    _effects,
    _evidence,
    _text("review_by", needed=False),
)
