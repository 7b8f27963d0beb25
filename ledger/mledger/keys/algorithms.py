"""Signatures of notes: whichever algorithm the public key is of."""

from mledger.keys import ed25519, mldsa


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a public key signed a message: 32 bytes are of Ed25519, 1,312 of ML-DSA-44.

    Errors: UsageError if this installation cannot check ML-DSA-44.
    """
    if len(public) == mldsa.PUBLIC_BYTES:
        return mldsa.verify(public, message, signature)
    return ed25519.verify(public, message, signature)
