"""What a verifier brings along from elsewhere."""

from typing import NamedTuple

from mledger.core.trust import Pinned, Required


class Trust(NamedTuple):
    """What the verifier brings along: what it keeps of the ledger, and whom it believes."""

    checkpoint: bytes | None = None
    head: bytes | None = None
    pinned: Pinned | None = None
    roots: tuple[str, ...] = ()
    """Roots of time-stamping authorities in PEM, believed in the place of all others."""
    witnesses: tuple[str, ...] = ()
    """Verifier keys of witnesses that must all have cosigned, in the place of all others."""

    @property
    def believed(self) -> tuple[str, ...]:
        """The roots that are believed in the place of the policy's: given, or of the trust file."""
        return self.roots or (self.pinned.roots if self.pinned else ())

    @property
    def required(self) -> Required | None:
        """The witnesses that must have cosigned in the place of the policy's, likewise."""
        if self.witnesses:
            keys = tuple(dict.fromkeys(self.witnesses))
            return Required(keys, len(keys))
        return self.pinned.witnesses if self.pinned else None

    @property
    def own(self) -> bool:
        """Whether others are believed than those whom the policy names."""
        return bool(self.believed) or self.required is not None
