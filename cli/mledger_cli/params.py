"""The values that commands take: checked at once, completed by shells."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from mledger.errors import InputError, MledgerError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from mledger.reader import Reader

    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType  # no generic class in older clicks


HASH_DIGITS = 64
# People may say what an event is: decision:46.
_KIND = re.compile("^[a-z]+:(?=[0-9])")
DATE = "2026-11-23"
# Hours of the units in which a while is given.
UNITS = {"h": 1, "d": 24, "w": 168}


class _Checked(_ParamType):
    """A value that one function of the library reads; what it raises names the option as well."""

    fix: str | None = None

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
            hint = f"{_label(param)}: " if param and ctx else ""
            raise InputError(f"{hint}{error.message}", fix=error.fix or self.fix) from None

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """The known values that begin so; none where they cannot be read."""
        from click.shell_completion import CompletionItem

        try:
            names = sorted(self.known(ctx))
        except MledgerError:
            names = []
        return [CompletionItem(name) for name in names if name.startswith(incomplete)] or (
            super().shell_complete(ctx, param, incomplete)
        )


def _label(param: click.Parameter) -> str:
    """What a person calls a parameter: --at, or STREAM."""
    if isinstance(param, click.Argument):
        return (param.name or "").upper()
    return max(param.opts, key=len)


def _reader(context: click.Context) -> "Reader":
    """The ledger that is meant, for completion."""
    from mledger.reader import Reader

    return Reader.open(context.find_root().obj.path)


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

        bare = len(text.strip()) == len(DATE)
        return read_moment(f"{text.strip()}T00:00:00Z" if bare else text)


class _SinceOrAgo(_Since):
    fix = "write 30d, 12h, 2w, or a day like 2026-11-23"

    def read(self, text: str) -> str:
        count, unit = text.strip()[:-1], text.strip()[-1:]
        if unit not in UNITS or not count.isdecimal() or len(count) > 5:
            try:
                return super().read(text)
            except InputError as error:
                raise InputError(error.message, fix=self.fix) from None
        from datetime import UTC, datetime, timedelta

        from mledger.core.moment import format_moment

        return format_moment(datetime.now(UTC) - timedelta(hours=int(count) * UNITS[unit]))


class _Uuid(_Checked):
    name = "uuid"

    def read(self, text: str) -> str:
        from mledger.chain.draft import format_id, read_id

        return format_id(read_id(text))


class _Hash(_Checked):
    name = "hash"
    fix = "mledger show 0 prints a whole hash; verify that of the head"

    def read(self, text: str) -> Any:
        if len(text) == HASH_DIGITS and all(digit in "0123456789abcdefABCDEF" for digit in text):
            return bytes.fromhex(text)
        raise InputError(f"{text[:70]!r} is not a hash of {HASH_DIGITS} hexadecimal digits")


class _Run(_Checked):
    name = "run"
    fix = "mledger runs --all"

    def known(self, context: click.Context) -> Iterable[str]:
        from mledger.recording.found import runs

        with _reader(context) as reader:
            found = runs(reader)
            return [one.number for one in found] + [one.run.name for one in found if " " not in one.run.name]


class _EventNumber(_Checked):
    name = "event"
    fix = "mledger log"

    def read(self, text: str) -> str:
        from mledger.core.names import parse_number

        text = _KIND.sub("", text)
        if text.count("-") == 4:
            from mledger.chain.draft import format_id, read_id

            try:
                return format_id(read_id(text))
            except InputError as error:
                raise InputError(error.message) from None
        parse_number(text)
        return text


class _EventOrVersion(_EventNumber):
    def read(self, text: str) -> str:
        return text if "@" in text else super().read(text)


class _EventType(_Checked):
    name = "type"
    fix = "mledger types"

    def read(self, text: str) -> str:
        from mledger.core.names import check_type

        return check_type(text, error=InputError)

    def known(self, context: click.Context) -> Iterable[str]:  # noqa: ARG002
        from mledger.events.base import names

        return names()


class _AnyType(_EventType):
    def read(self, text: str) -> str:
        return text


class _EventTypes(_EventType):
    def read(self, text: str) -> str:
        family = text.removesuffix(".*").removesuffix(".")
        return family if family.isidentifier() and family.islower() else super().read(text)


class _Stream(_Checked):
    name = "stream"

    def read(self, text: str) -> str:
        from mledger.core.names import check_stream

        return check_stream(text, error=InputError)

    def known(self, context: click.Context) -> Iterable[str]:
        with _reader(context) as reader:
            return reader.stream_names()


class _AnyStream(_Stream):
    def read(self, text: str) -> str:
        return text


class _SomeStream(_Stream):
    fix = "mledger log"

    def read(self, text: str) -> str:
        return text if "/" not in text and text.isprintable() and text else super().read(text)


class _Dataset(_Checked):
    name = "dataset"
    fix = "name it in letters, digits, '.', '_', '-': applications, or credit/applications"

    def read(self, text: str) -> str:
        from mledger.core.names import check_stream

        try:
            check_stream(f"dataset/{text.removeprefix('dataset/')}", error=InputError)
        except InputError:
            raise InputError(f"{text[:60]!r} is no name of a dataset") from None
        return text

    def known(self, context: click.Context) -> Iterable[str]:
        from mledger.datasets import names

        with _reader(context) as reader:
            return names(reader)


class _DatasetState(_Dataset):
    fix = "mledger data list"

    def read(self, text: str) -> str:
        name, mark, _ = text.rpartition("@")
        super().read(name if mark else text)
        return text


class _Key(_Checked):
    name = "key"

    def known(self, context: click.Context) -> Iterable[str]:  # noqa: ARG002
        from mledger.keystore import Keystore

        return (record.name for record in Keystore().list())


class _Person(_Checked):
    fix = "mledger key list --enrolled"

    def read(self, text: str) -> str:
        if not text.strip():
            raise InputError("the name is empty, and says nobody")
        return text


class _Member(_Person):
    name = "member"

    def known(self, context: click.Context) -> Iterable[str]:
        with _reader(context) as reader:
            members = reader.keyring().members.values()
            # A shell would take a name with a space in it for two words.
            return {m.email or (m.name if m.name.isidentifier() else m.id[:12]) for m in members}


class _Signer(_Person):
    name = "name"

    def known(self, context: click.Context) -> Iterable[str]:
        with _reader(context) as reader:
            return {member.name.split(maxsplit=1)[0] for member in reader.keyring().members.values()}


class _Memory(_Checked):
    name = "memory"

    def known(self, context: click.Context) -> Iterable[str]:  # noqa: ARG002
        from mledger.heads import Heads

        return (memory.genesis.hex()[:12] for memory in Heads().all())


class _Role(_Checked):
    name = "role"

    def known(self, context: click.Context) -> Iterable[str]:
        with _reader(context) as reader:
            policy = reader.keyring().policy
            return policy.roles if policy else ()


class _Meaning(_Checked):
    name = "meaning"
    fix = "leave --meaning out"

    def read(self, text: str) -> str:
        from mledger.chain.statement import MEANINGS

        if text not in MEANINGS:
            raise InputError(f"{text[:40]!r} is none of {', '.join(MEANINGS)}")
        return text

    def known(self, context: click.Context) -> Iterable[str]:  # noqa: ARG002
        from mledger.chain.statement import MEANINGS

        return MEANINGS


class _Zone(_Checked):
    name = "zone"
    fix = "name one like Europe/Berlin"

    def read(self, text: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(text)
        except (LookupError, ValueError, OSError):
            raise InputError(f"no time zone is called {text!r}") from None
        return text

    def known(self, context: click.Context) -> Iterable[str]:  # noqa: ARG002
        from zoneinfo import available_timezones

        return available_timezones()


ZONE = _Zone()
"""A time zone by its name, like Europe/Berlin."""
MOMENT = _Moment()
"""When something happened: ISO 8601 with a zone."""
CUT = _Cut()
"""The end of what counts: as MOMENT, and a bare date is the whole of that day in UTC."""
SINCE = _Since()
"""The beginning of what counts: as MOMENT, and a bare date is the start of that day in UTC."""
SINCE_OR_AGO = _SinceOrAgo()
"""The beginning of what counts: as SINCE, or so long ago, like 30d."""
HASH = _Hash()
"""The hash of an entry, whole: a part of it would be easier to forge."""
RUN = _Run()
"""A run: the number of its start, or its name, as `mledger.recording.found` understands it."""
EVENT_NUMBER = _EventNumber()
"""An event: its number, 41 or 41.3, or its UUID; what it is may stand before: decision:41."""
EVENT_OR_VERSION = _EventOrVersion()
"""An event, or a version of a model: credit-risk@2.1."""
EVENT_TYPE = _EventType()
"""A type such as decision.accepted; whether it exists is for the command to find out."""
ANY_TYPE = _AnyType()
"""What may be a type: `mledger_cli.address` judges it together with the stream."""
EVENT_TYPES = _EventTypes()
"""A type such as decision.accepted, or all of a family: decision."""
STREAM = _Stream()
"""What an event is about: model/<name>, dataset/<name>, ledger."""
ANY_STREAM = _AnyStream()
"""What may be a stream: `mledger_cli.address` judges it together with the type."""
SOME_STREAM = _SomeStream()
"""A stream that is there already; its kind may be left out, see `opening.stream`."""
DATASET = _Dataset()
"""A dataset by its name, without or with the kind of its stream."""
DATASET_STATE = _DatasetState()
"""A dataset, or one of its states: NAME@VERSION; whether it exists is for the command to find out."""
UUID = _Uuid()
"""The id of an event, a UUID of version 7."""
KEY = _Key()
"""One of one's own keys, as `Keystore.find` understands it."""
MEMBER = _Member()
"""Whose key of the ledger is meant: a name, an e-mail address, digits of the id."""
SIGNER = _Signer()
"""Who signed, or a part of the printed name."""
MEMORY = _Memory()
"""A ledger that this machine remembers, as `Heads.find` understands it."""
ROLE = _Role()
"""A role that the ledger's policy knows."""
MEANING = _Meaning()
"""What a signature means."""
