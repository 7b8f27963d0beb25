"""Questions to a person at a terminal, each answer checked at once."""

import sys
from collections.abc import Callable, Sequence

import click

from mledger_cli import screen, text

# What stands between a question and its answer.
_MARK = " > "
_LABEL = 16
Check = Callable[[str], str | None]
"""What is wrong with an answer, in a few words; None if it is right."""


def can_ask() -> bool:
    """Whether somebody sits at a terminal and can answer."""
    return screen.is_terminal(sys.stdin) and screen.is_terminal(sys.stderr)


def say(line: str) -> None:
    """Tell the person something between two questions."""
    screen.warn(text.one_line(line))


def ask(label: str, *, default: str = "", needed: bool = True, check: Check | None = None) -> str:
    """The answer to one question, asked again until it is right; empty only if it is not `needed`."""
    shown = f"{label} [{default}]" if default else label
    while True:
        # click repeats a question that is answered with nothing, unless nothing is its default.
        answer: str = click.prompt(
            text.padded(shown, _LABEL), default=default, show_default=False, prompt_suffix=_MARK, err=True
        ).strip()
        wrong = check(answer) if answer and check else None
        if wrong is None and (answer or not needed):
            return answer
        say(f"  {wrong or 'this one is needed'}")


def choose(label: str, choices: Sequence[str], *, default: str = "") -> str:
    """One of the choices, named by its number or by its first letters."""
    say(f"{label}: {', '.join(choices)}")

    def check(answer: str) -> str | None:
        return None if _meant(answer, choices) else f"one of {', '.join(choices)}"

    return _meant(ask(label, default=default, check=check), choices) or default


def _meant(answer: str, choices: Sequence[str]) -> str | None:
    if answer in choices:
        return answer
    near = [choice for choice in choices if choice.casefold().startswith(answer.casefold())]
    return near[0] if len(near) == 1 else None


def several(
    label: str, *, least: int = 0, known: Sequence[str] = (), check: Check | None = None
) -> list[str]:
    """Answers until an empty line, after those known already, each once, at least so many in all."""
    found = [*known]

    def fits(answer: str) -> str | None:
        return "that is there already" if answer in found else check(answer) if check else None

    while True:
        answer = ask(f"{label} {len(found) + 1}", needed=len(found) < least, check=fits)
        if not answer:
            return found
        found.append(answer)
