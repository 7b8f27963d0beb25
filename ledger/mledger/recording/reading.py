"""Values of a training script, as a record holds them."""

import hashlib
import inspect
import mimetypes
import operator
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic_core import PydanticCustomError

from mledger.core.names import check_stream
from mledger.errors import InputError
from mledger.events import free
from mledger.events.fields import File
from mledger.events.measures import Metric
from mledger.recording.series import STEPS, Key

_DECISION = re.compile(r"(?:(?:decision|event)[: ]\s*)?((?:0|[1-9]\d*)(?:\.\d+)?)", re.IGNORECASE)
# Where an object lies in memory says nothing of it.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+>")
_SHOWN = 200
_PIECE = 1 << 20


def stream_of(model: Any) -> str:
    """The stream of a model by its name. Errors: InputError."""
    if not isinstance(model, str):
        raise InputError(f"{short(model)} is no name of a model", fix='mledger.run("credit-risk", …)')
    try:
        return check_stream(f"model/{model.removeprefix('model/')}", error=InputError)
    except InputError as error:
        raise InputError(error.message, fix="name the model like credit-risk") from None


def real(value: Any) -> float:
    """A measured value, of Python or of an array library; NaN and infinity are some. Errors: InputError."""
    if not isinstance(value, bool | str | bytes):
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError, RuntimeError):
            pass
    raise InputError(
        f"{short(value)} is not a number", fix="give one number: a float, or a scalar of numpy or torch"
    )


def whole_step(step: Any) -> int | None:
    """The step of a metric. Errors: InputError."""
    if step is None:
        return None
    try:
        number = operator.index(step)
    except TypeError:
        number = -1
    if isinstance(step, bool) or not 0 <= number < STEPS:
        raise InputError(f"step {short(step)} is not a whole number, 0 or more", fix="step=epoch")
    return number


def whole_seed(seed: Any) -> int:
    """A seed that all generators take. Errors: InputError."""
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if isinstance(seed, bool) or not 0 <= number < 1 << 32:
        raise InputError(f"seed {short(seed)} is not a whole number below 2**32", fix="seed=7")
    return number


def metric_key(name: Any, dataset: Any, slice: Any) -> Key:
    """Which metric is meant, in the spelling of a record. Errors: InputError."""
    try:
        found = Metric(name=name, value=0.0, dataset=dataset, slice=slice)
    except InputError as error:
        message = error.message.removeprefix(f"{Metric.__name__}: ")
        raise InputError(message, fix='run.metric("auc", 0.95, dataset="applications@3")') from None
    return Key(found.name, found.dataset, found.slice)


def words(text: Any) -> str:
    """A note. Errors: InputError."""
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"a note is text, not {short(text)}", fix='run.note("what you saw")')
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text).strip()


# --- parameters


def plain_params(params: Any) -> tuple[dict[str, Any], list[str]]:
    """Parameters as JSON says them, and a line for each that is there as text alone. Errors: InputError."""
    if not isinstance(params, Mapping):
        raise InputError(
            f"parameters are names with values, not {short(params)}", fix='run.params({"depth": 4})'
        )
    values: dict[str, Any] = {}
    odd: list[str] = []
    for name, value in params.items():
        label = free.text(str(name))
        try:
            values[label] = free.plain(value)
        except PydanticCustomError:
            values[label] = short(value)
            odd.append(f"parameter {label}: {type(value).__name__} is recorded as text")
    return values, odd


def reasons(why: Any) -> list[dict[str, Any]]:
    """Reasons of parameters: "decision:46" or a number names a decision, other text is a reason."""
    if not isinstance(why, Mapping):
        raise InputError(
            f"why is names with reasons, not {short(why)}", fix='why={"max_depth": "decision:46"}'
        )
    return [{"name": str(name)} | _reason(said) for name, said in why.items()]


def _reason(said: Any) -> dict[str, str]:
    number = reference(said)
    return {"reason": str(said)} if number is None else {"decision": number}


def reference(said: Any) -> str | None:
    """The event number in 46, "46", "decision:46" or "event 46"; None if it is none of these."""
    if isinstance(said, int) and not isinstance(said, bool):
        return str(said)
    found = _DECISION.fullmatch(said.strip()) if isinstance(said, str) else None
    return found[1] if found else None


def arguments(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments of a call by their names, defaults too; self and tables of data are left out."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return {name: value for name, value in bound.arguments.items() if name != "self" and _is_param(value)}


def _is_param(value: object) -> bool:
    """Whether a value is a parameter rather than data."""
    return getattr(value, "ndim", 0) == 0 and not hasattr(value, "__dataframe__")


# --- files and data


def artifact_row(path: Any, role: str | None, uri: str | None) -> dict[str, Any]:
    """A file as a row of `artifacts`. Errors: InputError."""
    try:
        place = Path(path)
    except TypeError:
        raise InputError(f"{short(path)} is no path", fix='run.artifact("model.pkl")') from None
    if place.is_dir():
        raise InputError(f"{place} is a folder", fix="name its files one by one, or pack it into one")
    digest, size = digest_of(place)
    said = {"media_type": _media_type(place.name), "role": role, "uri": uri}
    row = {"name": _called(place), "sha256": digest, "size": size} | {k: v for k, v in said.items() if v}
    try:
        return File(**row).model_dump(exclude_none=True)
    except InputError as error:
        message = error.message.removeprefix(f"{File.__name__}: ")
        raise InputError(message, fix='run.artifact("model.pkl", role="model")') from None


def _called(place: Path) -> str:
    """The path below the current folder, so that two files of one name are told apart; or else the name."""
    whole, here = os.path.abspath(place), os.path.join(os.path.abspath("."), "")  # noqa: PTH100, PTH118
    return Path(whole[len(here) :]).as_posix() if whole.startswith(here) else place.name


def digest_of(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file that stays as it is meanwhile. Errors: InputError."""
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            digest, size = hashlib.sha256(), 0
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
            after = path.stat()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", fix="name a file that is there"
        ) from None
    if (before.st_mtime_ns, before.st_size, before.st_ino) != (
        after.st_mtime_ns,
        after.st_size,
        after.st_ino,
    ):
        raise InputError(f"{path} changed while it was read", fix="name it when it is written to its end")
    return digest.hexdigest(), size


def _media_type(name: str) -> str | None:
    found = mimetypes.guess_type(name)[0]
    return found.lower() if found else None


def short(value: object) -> str:
    """A value in a message."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  a stranger's __repr__
        text = f"<{type(value).__name__}>"
    text = _ADDRESS.sub(">", text)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
