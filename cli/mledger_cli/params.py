"""The values that commands take: checked at once, completed by shells."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from mledger.errors import InputError, MledgerError

if TYPE_CHECKING:
    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType  # no generic class in older clicks


HASH_DIGITS = 64


class _Checked(_ParamType):
    """A value that one function of the library reads; what it raises names the option as well."""

    def read(self, text: str) -> Any:
        """The value in the text. Errors: InputError."""
        return text

    def known(self, context: click.Context) -> Iterable[str]:  # noqa: ARG002  for those who override it
        """The values that exist already."""
        return ()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value; what was read already passes."""
        if not isinstance(value, str):
            return value
        try:
            return self.read(value)
        except InputError as error:
            hint = f"{param.get_error_hint(ctx)}: " if param and ctx else ""
            raise InputError(f"{hint}{error.message}", fix=error.fix) from None

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The known values that begin so; none where they cannot be read."""
        try:
            names = sorted(self.known(ctx))
        except MledgerError:
            names = []
        return [CompletionItem(name) for name in names if name.startswith(incomplete)] or (
            super().shell_complete(ctx, param, incomplete)
        )


class _Moment(_Checked):
    name = "moment"

    def read(self, text: str) -> str:
        from mledger.core.moment import read_moment

        return read_moment(text)


class _Cut(_Checked):
    name = "moment"

    def read(self, text: str) -> str:
        from mledger.core.moment import read_cut

        return read_cut(text)


class _Since(_Checked):
    name = "moment"

    def read(self, text: str) -> str:
        from mledger.core.moment import read_moment

        bare = len(text.strip()) == len("2026-11-23")
        return read_moment(f"{text.strip()}T00:00:00Z" if bare else text)


class _Uuid(_Checked):
    name = "uuid"

    def read(self, text: str) -> str:
        from mledger.chain.draft import format_id, read_id

        return format_id(read_id(text))


class _Hash(_Checked):
    name = "hash"

    def read(self, text: str) -> Any:
        if len(text) == HASH_DIGITS and all(digit in "0123456789abcdefABCDEF" for digit in text):
            return bytes.fromhex(text)
        raise InputError(
            f"{text[:70]!r} is not a hash of 64 hexadecimal digits", fix="mledger verify prints the head"
        )


class _EventNumber(_Uuid):
    name = "event"

    def read(self, text: str) -> str:
        from mledger.core.names import parse_number

        if "-" in text:
            return super().read(text)
        parse_number(text)
        return text


class _EventType(_Checked):
    name = "type"

    def read(self, text: str) -> str:
        from mledger.core.names import check_type

        return check_type(text, error=InputError)

    def known(self, context: click.Context) -> Iterable[str]:  # noqa: ARG002
        from mledger.events.base import names

        return names()


class _Stream(_Checked):
    name = "stream"

    def read(self, text: str) -> str:
        from mledger.core.names import check_stream

        return check_stream(text, error=InputError)

    def known(self, context: click.Context) -> Iterable[str]:
        from mledger.reader import Reader
        from mledger_cli.context import Settings

        with Reader.open(context.ensure_object(Settings).path) as reader:
            return {fact.stream for fact in reader.facts()}


class _Key(_Checked):
    name = "key"

    def known(self, context: click.Context) -> Iterable[str]:  # noqa: ARG002
        from mledger.keystore import Keystore

        return (record.name for record in Keystore().list())


MOMENT = _Moment()
"""When something happened: ISO 8601 with a zone."""
CUT = _Cut()
"""The end of what counts: as MOMENT, and a bare date is the whole of that day in UTC."""
SINCE = _Since()
"""The beginning of what counts: as MOMENT, and a bare date is the start of that day in UTC."""
HASH = _Hash()
"""The hash of an entry, whole: a part of it would be easier to forge."""
EVENT_NUMBER = _EventNumber()
"""An event: its number, 41 or 41.3, or its UUID."""
EVENT_TYPE = _EventType()
"""A type such as decision.accepted; whether it exists is for the command to find out."""
STREAM = _Stream()
"""What an event is about: model/<name>, dataset/<name>, ledger."""
UUID = _Uuid()
"""The id of an event, a UUID of version 7."""
KEY = _Key()
"""One of one's own keys, as `Keystore.find` understands it."""
