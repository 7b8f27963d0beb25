"""Models and their versions, as people name them: credit-risk@2.1."""

from typing import TYPE_CHECKING, NamedTuple

from mledger.errors import InputError

if TYPE_CHECKING:
    from mledger.projections.model import ModelState
    from mledger.reader import Reader


class Named(NamedTuple):
    """A model, by its name or its stream, and one of its versions if one is named."""

    model: str
    version: str | None


def parse(text: str) -> Named:
    """What somebody means by MODEL or MODEL@VERSION."""
    model, at, version = text.partition("@")
    if not model or (at and not version):
        raise InputError(f"{text!r} names no version", fix="write it like credit-risk@2.1")
    return Named(model, version or None)


def whole(text: str) -> tuple[str, str]:
    """A model and its version, both named. Errors: InputError."""
    model, version = parse(text)
    if version is None:
        raise InputError(f"{text!r} names no version", fix=f"write it like {model}@2.1")
    return model, version


def state_of(reader: "Reader", model: str) -> "ModelState":
    """The verified state of a model. Errors: NotFoundError, InputError if it is no model."""
    from mledger.projections.model import ModelState
    from mledger_cli import opening

    stream = opening.stream(reader, model) or model
    state = reader.replay(stream).state
    if not isinstance(state, ModelState):
        raise InputError(f"{stream} is no model", fix="mledger replay")
    return state
