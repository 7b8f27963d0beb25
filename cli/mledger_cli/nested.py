"""Values inside values, written with indentation for people."""

import json
from collections.abc import Iterator

STEP = "  "


def told(value: object) -> object:
    """A field's value among facts: text as it is, what holds others as a block, the rest as JSON has it."""
    if isinstance(value, str):
        return value
    return "\n" + "\n".join(lines(value)) if isinstance(value, dict | list) and value else _flat(value)


def lines(value: object) -> Iterator[str]:
    """The lines of an object or a list, one member or item after the other."""
    if not value:
        yield from _text(value)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _member(f"{name}:", item)
    elif isinstance(value, list):
        for item in value:
            yield from _item(item)
    else:
        yield from _text(value)


def _member(label: str, value: object) -> Iterator[str]:
    first, *others = [""] if _is_block(value) else _text(value)
    yield f"{label} {first}".rstrip()
    yield from (STEP + line for line in (lines(value) if _is_block(value) else others))


def _item(value: object) -> Iterator[str]:
    first, *others = lines(value)
    yield f"- {first}"
    yield from (STEP + line for line in others)


def _is_block(value: object) -> bool:
    """Whether the value needs lines of its own; a list of bare words does not."""
    return isinstance(value, dict | list) and bool(value) and not _are_words(value)


def _are_words(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(i, str | int | float) and " " not in str(i) for i in value
    )


def _text(value: object) -> list[str]:
    return str(_flat(value)).split("\n")


def _flat(value: object) -> str:
    if isinstance(value, str):
        return value
    if _are_words(value) and value:
        return ", ".join(map(_flat, value))  # type: ignore[call-overload]
    return json.dumps(value, ensure_ascii=False)
