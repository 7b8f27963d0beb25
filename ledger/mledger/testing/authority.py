r"""A clock of simulations that stamps checkpoints: a kind of anchor.

    token   <moment>\n || Ed25519 over "simulated\n" || <moment> || "\n" || <the checkpoint>

Its root "certificate" is the public key alone. Never to be trusted: everybody has the key.
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence

from mledger.anchors.base import Proved, Stamp, anchor
from mledger.core.moment import Moment, check_moment
from mledger.errors import FormatError, InputError, ProofError
from mledger.keys.ed25519 import Ed25519Signer, verify
from mledger.testing.simulator import signer_of

KIND = "simulated"
NAME = "Clock of simulations"
_BEGIN, _END = "-----BEGIN CERTIFICATE-----\n", "\n-----END CERTIFICATE-----\n"


def root_of(signer: Ed25519Signer) -> str:
    """The root of an authority that stamps with this key."""
    return f"{_BEGIN}{b64encode(signer.public).decode()}{_END}"


ROOT = root_of(signer_of(NAME))


def stamp(note: bytes, time: Moment, signer: Ed25519Signer | None = None) -> bytes:
    """A token for a checkpoint at any time, by the authority or by whoever else has a key."""
    return f"{time}\n".encode() + (signer or signer_of(NAME)).sign(_signed(note, time))


@anchor(KIND)
class SimulatedStamp:
    """A stamp by a key, at a time that a simulation sets."""

    def make(self, note: bytes, where: str | None) -> Stamp:
        """The stamp of the moment `where`."""
        try:
            return Stamp(stamp(note, check_moment(where)), NAME)
        except FormatError as error:
            raise InputError(error.message, fix="name a moment") from None

    def check(self, note: bytes, token: bytes, roots: Sequence[str]) -> Proved:
        """The moment of the token, if the key of a root signed it."""
        text, _, signature = token.partition(b"\n")
        try:
            time = check_moment(text.decode())
        except (FormatError, UnicodeDecodeError):
            raise ProofError("no stamp of the simulated clock") from None
        keys = (b64decode(root.removeprefix(_BEGIN).removesuffix(_END)) for root in roots)
        if not any(verify(key, _signed(note, time), signature) for key in keys):
            raise ProofError("the stamp is by no clock that is believed")
        return Proved(time, 0, NAME)


def _signed(note: bytes, time: Moment) -> bytes:
    return f"simulated\n{time}\n".encode() + note
