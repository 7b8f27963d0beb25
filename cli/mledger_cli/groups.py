"""Commands and groups of commands, found by name and imported when called."""

import importlib
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from mledger.errors import NotFoundError
from mledger_cli.context import CommonOption, Settings, common_options

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Common(click.Command):
    """What our commands and groups have in common: options, and errors that know where they arose."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what click's own takes."""
        kwargs["context_settings"] = CONTEXT | (kwargs.get("context_settings") or {})
        kwargs["params"] = [*(kwargs.get("params") or []), *common_options()]
        super().__init__(*args, **kwargs)
        self.help = inspect.cleandoc(self.help or "")

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; an error names this command, so that its fix can."""
        context.ensure_object(Settings).command = context.command_path
        try:
            return super().parse_args(context, args)
        except click.UsageError as error:
            error.ctx = error.ctx or context
            raise

    def format_help_text(self, context: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the paragraphs of the help; those that are indented, examples, stay as they are."""
        for paragraph in (self.help or "").split("\n\n"):
            formatter.write_paragraph()
            with formatter.indentation():
                if paragraph.startswith(" "):
                    indent = " " * formatter.current_indent
                    formatter.write("".join(f"{indent}{line}\n" for line in paragraph.split("\n")))
                else:
                    formatter.write_text(paragraph)

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of the command, then the common ones."""
        own: list[tuple[str, str]] = []
        common: list[tuple[str, str]] = []
        for parameter in self.get_params(context):
            if isinstance(parameter, click.Argument):
                continue  # the text above says what they are
            if (record := parameter.get_help_record(context)) is not None:
                (common if isinstance(parameter, CommonOption) else own).append(record)
        for title, records in (("Options", own), ("Common options", common)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class Command(_Common):
    """A command that also takes the common options, and lists them last in its help."""


class Group(_Common, click.Group):
    """A group of commands; called alone it shows its help."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what click's own takes."""
        super().__init__(*args, **(kwargs | {"no_args_is_help": False}))

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Show the help if nothing is asked for."""
        if not args and not context.resilient_parsing:
            click.echo(context.get_help(), color=context.color)
            context.exit()
        return super().parse_args(context, args)

    def list_commands(self, context: click.Context) -> list[str]:  # noqa: ARG002  click asks so
        """The names in the order in which they were added."""
        return list(self.commands)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named first; NotFoundError with the nearest names."""
        name = args[0]
        known = self.list_commands(context)
        if name not in known and not name.startswith("-") and not context.resilient_parsing:
            _unknown(context, name, known)
        return super().resolve_command(context, args)

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the options of the group, then the common ones."""
        self.format_commands(context, formatter)
        super().format_options(context, formatter)


def _unknown(context: click.Context, name: str, known: list[str]) -> NoReturn:
    import difflib

    near = difflib.get_close_matches(name, known, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise NotFoundError(f"no command is called {name!r}{hint}", fix=f"{context.command_path} --help")


class Lazy(NamedTuple):
    """A command that is not imported yet: its module, which holds it as `command`, and its one line."""

    module: str
    line: str


class LazyGroup(Group):
    """A group that lists its commands without importing them."""

    def __init__(self, *args: Any, sections: Mapping[str, Mapping[str, Lazy]], **kwargs: Any) -> None:
        """Take the commands by section, in the order of the help."""
        super().__init__(*args, **kwargs)
        self.sections = sections
        self.lazy = {name: lazy for section in sections.values() for name, lazy in section.items()}

    def list_commands(self, context: click.Context) -> list[str]:  # noqa: ARG002  click asks so
        """The names in the order of the help."""
        return list(self.lazy)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, imported now."""
        if name not in self.lazy:
            return None
        found: click.Command = importlib.import_module(self.lazy[name].module).command
        return found

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write each section with its commands."""
        space = max(map(len, self.lazy))
        for title, section in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(space), lazy.line) for name, lazy in section.items()])

    def shell_complete(self, context: click.Context, incomplete: str) -> "list[CompletionItem]":
        """The commands that begin so, without importing them, then the options."""
        from click.shell_completion import CompletionItem

        names = [name for name in self.lazy if name.startswith(incomplete)]
        found = [CompletionItem(name, help=self.lazy[name].line) for name in names]
        return [*found, *click.Command.shell_complete(self, context, incomplete)]
