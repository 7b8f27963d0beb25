"""Every error of mledger, grouped by what the caller must do.

    MledgerError
    ├── UsageError          exit 2   fix the request
    │   ├── InputError               a value or a field is not what it must be
    │   ├── FormatError              bytes are not of the format that they claim
    │   ├── NotFoundError            no such ledger, event, type, key
    │   ├── KeyFileError             a key file or its passphrase
    │   └── DeniedError              the key may not do this (a rule says why)
    ├── IntegrityError      exit 3   tell whoever answers for the ledger
    │   ├── ProofError               a signature or a proof does not hold (never says where)
    │   └── DivergedError            not an extension of a head that is known
    └── RetryError          exit 4   try again
        ├── ConflictError            somebody else appended first
        ├── LockedError              the store is held by another process
        ├── StoreError               the disk: full, read-only, failing
        └── UnreachableError         a server that does not answer, or not as it should

`message` is one line; `fix` is the command or the act that puts it right.
Findings of a verification are values, not errors: see `mledger.chain.findings`.
"""

from typing import ClassVar


class MledgerError(Exception):
    """The base of all errors that leave this library; never raised itself."""

    exit_code: ClassVar[int] = 2
    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, fix: str | None = None, **details: object) -> None:
        """Keep the line, the way out, and what `--json` prints beside them."""
        super().__init__(message)
        self.message = message
        self.details = details
        self.fix = fix

    @property
    def fix(self) -> str | None:
        """The way out; a traceback shows it below the message."""
        return self._fix

    @fix.setter
    def fix(self, fix: str | None) -> None:
        """Another way out, in the place of the one before."""
        told, self._fix = getattr(self, "_fix", None), fix
        others = [note for note in getattr(self, "__notes__", ()) if note != f"fix: {told}"]
        self.__notes__ = [*others, f"fix: {fix}"] if fix else others

    def to_json(self) -> dict[str, object]:
        """The error as `--json` prints it: `error`, `message`, `fix`, `exit_code` and details."""
        row: dict[str, object] = {"error": self.code, "message": self.message, "exit_code": self.exit_code}
        if self.fix:
            row["fix"] = self.fix
        return row | self.details


class UsageError(MledgerError):
    """The request is wrong: mend it and ask again."""

    code = "usage"


class InputError(UsageError):
    """A value or a field is not what it must be."""

    code = "input"


class FormatError(UsageError):
    """Bytes are not of the format that they claim to be."""

    code = "format"


class NotFoundError(UsageError):
    """There is no such ledger, event, event type or key."""

    code = "not-found"


class KeyFileError(UsageError):
    """A key file cannot be read, or its passphrase is wrong."""

    code = "key-file"


class DeniedError(UsageError):
    """The key that signs may not do this; `rule` in the details names the rule."""

    code = "denied"


class IntegrityError(MledgerError):
    """The ledger is not what was signed."""

    exit_code = 3
    code = "integrity"


class ProofError(IntegrityError):
    """A signature or a proof does not hold; it never says where, so that it is no oracle."""

    code = "proof"


class DivergedError(IntegrityError):
    """What is here does not extend a head that is known."""

    code = "diverged"


class RetryError(MledgerError):
    """Nothing was written; the same request may succeed later."""

    exit_code = 4
    code = "retry"


class ConflictError(RetryError):
    """Somebody else appended first."""

    code = "conflict"


class LockedError(RetryError):
    """Another process holds the store."""

    code = "locked"


class StoreError(RetryError):
    """The disk failed: full, read-only, or broken."""

    code = "store"


class UnreachableError(RetryError):
    """A server on the network does not answer, or not as it should."""

    code = "unreachable"
