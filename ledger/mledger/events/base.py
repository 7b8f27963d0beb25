"""What an event is: its class, its registry, its bytes.

A wire name is `family.verb`. The classes of one family live in a module of their own, see `module_of`,
which is imported when the first of its names is asked for. Other distributions add families by an
entry point of the group `mledger` that names a module to import.
"""

import functools
import importlib
import keyword
import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from mledger.core import canonical
from mledger.core.names import check_type
from mledger.errors import FormatError, InputError, NotFoundError
from mledger.events import messages
from mledger.events.checked import LIST_COMMAND, Checked, input_error
from mledger.events.governing import is_governance as is_governance  # noqa: PLC0414  others take it from here
from mledger.registry import Registry, unknown

if TYPE_CHECKING:
    from mledger.events.forms import Field

MAX_BODY = 1 << 20
ENTRY_POINTS = "mledger"

_RESERVED = frozenset({"type", "schema_version", "kinds", "answers", "meaning"})
# Modules of this folder that hold no family.
_TOOLS = frozenset(
    {"base", "checked", "fields", "forms", "free", "gaps", "governing", "links", "measures", "messages"}
    | {"decision_parts", "declared", "declaring", "run_fields", "run_parts", "shape", "vouching", "words"}
)
_FAMILY = re.compile("[a-z][a-z0-9_]*")

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
B = TypeVar("B", bound="type[EventBody]")


class Step(NamedTuple):
    """The way from one version of a type to the next, and the fields that are new there."""

    function: Upcaster
    new: frozenset[str]


_types: Registry["type[EventBody]"] = Registry("event type", fix=LIST_COMMAND)
_upcasters: dict[tuple[str, int], Step] = {}
DECLARED: ContextVar[Mapping[str, "type[EventBody]"]] = ContextVar("declared", default=MappingProxyType({}))
"""The classes of the types that the policy at hand declares; see `mledger.events.declaring`."""


class EventBody(Checked):
    """The content of one event: frozen, complete, and checked when it is made.

    A subclass registers with `@event(...)`, explains in its docstring when to record it and what
    good content looks like, and describes each field with an example. `schema_version` counts the
    schemas of the type (a field may well be called `version`), `kinds` names the kinds of stream
    that it may stand on. `answers` is set by a type that judges another event: the field that names
    it and the types that it may have. `meaning` is what a person's signature means unless they say
    otherwise.
    """

    type: ClassVar[str]
    schema_version: ClassVar[int]
    kinds: ClassVar[tuple[str, ...]]
    answers: ClassVar[tuple[str, ...] | None] = None
    meaning: ClassVar[str] = "authorship"

    def to_bytes(self) -> bytes:
        """The body as compact UTF-8 JSON without null fields; InputError beyond 1 MiB."""
        try:
            data = _to_json(self)
        except PydanticSerializationError as error:
            raise InputError(f"{self.type}: cannot be written as JSON: {messages.one_line(error)}") from None
        if len(data) > MAX_BODY:
            raise InputError(
                f"{self.type}: {len(data):,} bytes, and a body holds at most {MAX_BODY:,}",
                fix="attach the long part as a file and record its digest",
            )
        return data


def _to_json(body: EventBody) -> bytes:
    # A copy made with `model_copy(update=...)` has not been checked: what does not fit is an error.
    return body.__pydantic_serializer__.to_json(body, exclude_none=True, by_alias=True, warnings="error")


def event(type: str, *, version: int = 1, on: tuple[str, ...] = ("*",)) -> Callable[[B], B]:
    """A decorator that registers a class as the event `type`.

    `version` counts the schemas of this type, from 1; `on` names the kinds of stream that it may
    stand on ("model", "dataset", "ledger", or "*" for any). The name is chosen for ever.
    """
    family = check_type(type).partition(".")[0]

    def register(cls: B) -> B:
        if not cls.__module__.startswith("mledger.events."):
            if is_governance(type):
                raise AssertionError(f"bug: {type!r} is kept for mledger: its family governs the ledger")
            _import_family(family)
        if taken := _RESERVED & getattr(cls, "model_fields", {}).keys():
            raise AssertionError(f"bug: {type!r} has a field with the reserved name {min(taken)!r}")
        cls.type, cls.schema_version, cls.kinds = type, version, on
        _types.add(type, cls)
        return cls

    return register


def upcast(type: str, from_version: int, *, new: tuple[str, ...] = ()) -> Callable[[Upcaster], Upcaster]:
    """A decorator for the pure function that turns fields of `from_version` into those of the next.

    It must take whatever that version allowed, for ever. `new` are fields that only the next
    version has: a body of `from_version` with one of them is refused, as it was then.
    """

    def register(function: Upcaster) -> Upcaster:
        held = _upcasters.setdefault((type, from_version), Step(function, frozenset(new)))
        if held.function is not function:
            raise AssertionError(f"bug: {type!r} has two upcasters from version {from_version}")
        return function

    return register


def module_of(family: str) -> str:
    """The module that holds a family of our own: of its name, with _ behind a word of Python's."""
    return f"mledger.events.{family}{'_' * keyword.iskeyword(family)}"


def is_ours(type: str) -> bool:
    """Whether the family of this type is one of mledger's own."""
    from importlib.util import find_spec

    family = type.partition(".")[0]
    named = _FAMILY.fullmatch(family) is not None and family not in _TOOLS
    return named and find_spec(module_of(family)) is not None


def find(type: str) -> "type[EventBody]":
    """The class of the event `type`; NotFoundError names the nearest ones."""
    if type not in _types:
        _import_family(type.partition(".")[0])
        if type not in _types:
            if (own := DECLARED.get().get(type)) is not None:
                return own
            failures = import_all()
            if type not in _types:
                line = "; ".join((unknown("event type", type, names()), *failures))
                raise NotFoundError(line, fix=LIST_COMMAND)
    return _types.get(type)


def installed(type: str) -> "type[EventBody] | None":
    """The class that this installation has for the event `type`, whatever a policy declares; else None."""
    token = DECLARED.set({})
    try:
        return find(type) if known(type) else None
    finally:
        DECLARED.reset(token)


def known(type: str) -> bool:
    """Whether this version, with the plug-ins that are installed, knows the event `type`."""
    try:
        find(type)
    except NotFoundError:
        return False
    return True


def is_question(type: str) -> bool:
    """Whether events of this type are answered by others, as far as is known without importing more.

    A family brings its own answers along; those of others may be missed.
    """
    known(type)
    return any(type in (_types.get(name).answers or ())[1:] for name in _types)


def names() -> list[str]:
    """Every event type, sorted; imports all families and all plug-ins."""
    import_all()
    return sorted({*_types, *DECLARED.get()})


def all() -> Iterator["type[EventBody]"]:
    """The class of every event type, in the order of the names."""
    return map(find, names())


def build(type: str, fields: Mapping[Any, object]) -> EventBody:
    """The body of an event from Python or JSON values; InputError lists every wrong field in one line."""
    cls = find(type)
    if not isinstance(fields, Mapping):
        raise InputError(f"{type}: should be an object of names and values", fix=f"{LIST_COMMAND} {type}")
    try:
        # YAML 1.1 reads the bare word `on` as true, and comments have a field of that name.
        return cls.model_validate({"on" if name is True else name: fields[name] for name in fields})
    except ValidationError as error:
        raise input_error(cls, error) from None


def decode(type: str, version: int, data: bytes) -> EventBody:
    """The body of an event that was recorded, brought to the current version of its type.

    FormatError if the bytes are not strict JSON of that type; NotFoundError for a type or a
    version that this mledger does not know.
    """
    cls = find(type)
    if len(data) > MAX_BODY:
        raise FormatError(
            f"the body of {type} has {len(data):,} bytes, and a body holds at most {MAX_BODY:,}"
        )
    if version == cls.schema_version:
        try:
            body = cls.__pydantic_validator__.validate_json(data, strict=True)
        except ValidationError:
            body = None
        # Bytes that our own writer would make hold no duplicate key and no number out of range.
        if body is not None and _to_json(body) == data:
            return body  # type: ignore[no-any-return]
        return _read(cls, canonical.decode(data, what=f"body of {type}"))
    return _read(cls, _upcast(cls, version, canonical.decode(data, what=f"body of {type}")))


def describe(type: str) -> "list[Field]":
    """The fields of an event type with type, help and example, those of its parts included."""
    from mledger.events import forms  # only people who ask pay for it

    return forms.describe(find(type))


def template(type: str) -> str:
    """A commented YAML document for an event type, valid as it stands; see `mledger.events.forms`."""
    from mledger.events import forms

    return forms.template(find(type), type)


def takes_text(type: str, path: str) -> bool:
    """Whether text that somebody types is the value of a field as it stands, and no JSON to be read.

    A path like `alternatives.0.name` leads into lists and parts.
    """
    from mledger.events import words

    return words.takes_text(find(type), path)


def is_list(type: str, path: str) -> bool:
    """Whether the field at a path like `alternatives` or `alternatives.0.pros` is a list."""
    from mledger.events import words

    return words.is_list(find(type), path)


def _read(cls: "type[EventBody]", fields: object) -> EventBody:
    """The body that strict JSON of any writer makes, if nothing in it had to be changed for that."""
    try:
        data = canonical.encode(fields)
        body = cls.model_validate_json(data, strict=True)
    except InputError as error:
        raise FormatError(f"the body of {cls.type} cannot be brought up to date: {error.message}") from None
    except ValidationError as error:
        line = messages.join(messages.wrong_fields(cls, error))
        raise FormatError(f"the body of {cls.type}: {line}") from None
    if place := _changed(fields, canonical.decode(_to_json(body))):
        raise FormatError(f"the body of {cls.type}: {place.lstrip('.')}: is not spelt as the format wants it")
    return body


def _changed(given: object, kept: object, place: str = "") -> str:
    """The path of the first value that reading changed; what is null, empty or absent is all one."""
    if isinstance(given, dict) and isinstance(kept, dict):
        pairs = ((f".{name}", value, kept.get(name)) for name, value in given.items())
        return next((found for step, one, two in pairs if (found := _changed(one, two, place + step))), "")
    if isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        rows = enumerate(zip(given, kept, strict=True))
        return next((found for n, pair in rows if (found := _changed(*pair, f"{place}[{n}]"))), "")
    return "" if given == kept or (kept is None and not given) else place


def _upcast(cls: "type[EventBody]", version: int, fields: object) -> dict[str, Any]:
    """The fields as the current version writes them."""
    if version > cls.schema_version:
        raise NotFoundError(
            f"{cls.type} version {version} is newer than this mledger, which knows {cls.schema_version}",
            fix="install a newer mledger",
        )
    if not isinstance(fields, dict):
        raise FormatError(f"the body of {cls.type}: not a JSON object")
    for step in range(version, cls.schema_version):
        way = _upcasters.get((cls.type, step))
        if way is None:
            raise NotFoundError(f"{cls.type} version {version} cannot be read: no upcaster from {step}")
        if early := way.new & fields.keys():
            raise FormatError(f"the body of {cls.type}: version {step} has no field {min(early)}")
        try:
            fields = way.function(fields)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            line = f"the body of {cls.type} does not fit version {step}: {messages.one_line(error)}"
            raise FormatError(line) from None
    return fields


def import_all() -> tuple[str, ...]:
    """Import every family and every plug-in; a line for each plug-in that failed, which also warns."""
    import pkgutil

    package = importlib.import_module("mledger.events")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name not in _TOOLS:
            importlib.import_module(f"mledger.events.{module.name}")
    return _import_plugins()


def _import_family(family: str) -> None:
    """Import the module of a family of our own, if there is one."""
    if _FAMILY.fullmatch(family) and family not in _TOOLS:
        name = module_of(family)
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise


@functools.cache
def _import_plugins() -> tuple[str, ...]:
    """Import what other distributions register, once; a line for each plug-in that failed."""
    import warnings
    from importlib.metadata import entry_points

    failures = []
    for point in entry_points(group=ENTRY_POINTS):
        try:
            importlib.import_module(point.module)
        except Exception as error:  # noqa: BLE001 - a stranger's broken module must not close a ledger
            line = f"plug-in {point.name!r} ({point.module}) did not load: {messages.one_line(error)}"
            failures.append(line)
            warnings.warn(line, RuntimeWarning, stacklevel=2)
    return tuple(failures)
