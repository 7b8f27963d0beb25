"""A cell of a notebook as a run: `%%mledger`.

    %load_ext mledger

    %%mledger credit-risk --hypothesis "Depth 4 is enough." --criterion "auc>=0.95" --param max_depth=4
    model.fit(X, y)
    run.metric("auc", score(model))

In the cell, and after it, `run` is the run. What the cell raises is recorded as the end of a failed
run, and shown as ever.
"""

import argparse
import ast
import shlex
from typing import TYPE_CHECKING, Any, NoReturn

from mledger.errors import InputError, MledgerError
from mledger.recording import typed

if TYPE_CHECKING:
    from mledger.recording.run import Run


def load_ipython_extension(shell: Any) -> None:
    """Let a notebook know `%%mledger`; `%load_ext mledger` calls this."""
    shell.register_magic_function(lambda line, cell: mledger(shell, line, cell), "cell", "mledger")


def mledger(shell: Any, line: str, cell: str) -> object:
    """The value of a cell, run as a run; the line says of which model, and what is expected of it."""
    from IPython.core.error import UsageError

    try:
        run = _begun(line)
    except MledgerError as error:
        raise UsageError(error.message + (f"\n  fix: {error.fix}" if error.fix else "")) from None
    shell.push({"run": run})
    with run:
        return _value(shell, cell)


def _begun(line: str) -> "Run":
    """The run that a line asks for, started. Errors: InputError, and those of a strict start."""
    from mledger.recording.face import run

    given = _options().parse_args(_words(line))
    said: dict[str, Any] = {"hypothesis": given.hypothesis, "quiet": given.quiet}
    said["criteria"] = typed.typed_criteria(given.criterion) or None
    more = {
        "params": typed.typed_params(given.param),
        "datasets": typed.typed_data(given.data),
        "config": given.config,
    }
    more |= {name: getattr(given, name) for name in ("unstated", "name", "decision", "seed")}
    said |= {name: value for name, value in more.items() if value not in (None, [], {})}
    return run(given.model, ledger=given.ledger, key=given.key, strict=given.strict, **said).start()


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise InputError(
            f"%%mledger: {error}", fix='close the quote: --hypothesis "Depth 4 is enough."'
        ) from None


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are errors of ours."""

    def error(self, message: str) -> NoReturn:
        raise InputError(
            f"%%mledger: {message}", fix='%%mledger MODEL --hypothesis TEXT --criterion "auc>=0.95"'
        )


def _options() -> argparse.ArgumentParser:
    """The options of the magic, which are those of `mledger run`."""
    parser = _Parser(prog="%%mledger", add_help=False, allow_abbrev=False)
    parser.add_argument("model")
    for name in ("hypothesis", "unstated", "name", "decision", "ledger"):
        parser.add_argument(f"--{name}")
    for name in ("criterion", "param", "config", "data"):
        parser.add_argument(f"--{name}", action="append", default=[])
    parser.add_argument("--seed", type=int)
    parser.add_argument("--as", dest="key")
    for name in ("strict", "quiet"):
        parser.add_argument(f"--{name}", action="store_true")
    return parser


def _value(shell: Any, cell: str) -> object:
    """The value of the last line of a cell, which is run in the namespace of the notebook."""
    code = shell.transform_cell(cell)
    name = shell.compile.cache(code, shell.execution_count, raw_code=cell)  # for the lines of a traceback
    tree = shell.transform_ast(shell.compile.ast_parse(code, filename=name))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    space = shell.user_ns
    exec(shell.compile(tree, name, "exec"), space)  # noqa: S102  what the user typed
    if last is None:
        return None
    return eval(shell.compile(ast.Expression(last.value), name, "eval"), space)  # noqa: S307  the same
