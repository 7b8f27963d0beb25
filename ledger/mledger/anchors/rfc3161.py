"""Time-stamps of an authority (RFC 3161), as banks and notaries use them.

The token is the authority's whole answer, over the SHA-256 of the checkpoint's bytes:
`openssl ts -verify -data CHECKPOINT -in TOKEN -CAfile ROOT` checks it as it is.
"""

from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mledger.anchors.base import Proved, Stamp, anchor
from mledger.core.moment import format_moment
from mledger.errors import InputError, MledgerError, ProofError, UnreachableError, UsageError
from mledger.exchange.post import post

if TYPE_CHECKING:
    from collections.abc import Iterator

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
GRANTED = 0
# The time in a token may be a whole second, and the token have been made at its end.
SECOND = 1.0


@anchor("rfc3161")
class TimeStamp:
    """A time-stamp over the checkpoint, checked against root certificates."""

    def make(self, note: bytes, where: str | None) -> Stamp:
        """The answer of the authority at the address `where`."""
        if not where:
            raise InputError(
                "a time-stamp needs the address of an authority", fix="mledger anchor --rfc3161 URL"
            )
        library = _library()
        request = (
            library.TimestampRequestBuilder()
            .data(note)
            .hash_algorithm(library.base.HashAlgorithm.SHA256)
            .build()
        )
        reply = post(where, request.as_bytes(), QUERY)
        if reply.status != 200 or reply.type != REPLY:
            raise UnreachableError(
                f"{where} answers with status {reply.status} and {reply.type}, and with no time-stamp",
                fix="make sure that this is the address of a time-stamping authority",
            )
        with _translated(f"the answer of {where} is no time-stamp"):
            found = library.decode_timestamp_response(reply.body)
            if found.status != GRANTED:
                said = "; ".join(found.status_string) or f"status {found.status}"
                raise InputError(f"{where} gives no time-stamp: {said}", fix="ask another authority")
            if found.tst_info.nonce != request.nonce:
                raise ProofError(f"{where} answers to another request than ours", fix="ask another authority")
        return Stamp(reply.body, where)

    def check(self, note: bytes, token: bytes, roots: Sequence[str]) -> Proved:
        """The time of the token, if a certificate under one of the roots has signed it."""
        library = _library()
        if not roots:
            raise InputError(
                "the root certificate of a time-stamping authority that is believed",
                fix="in the policy, or with --tsa-root FILE",
            )
        from cryptography.x509 import load_pem_x509_certificate

        with _translated("the time-stamp does not hold"):
            builder = library.VerifierBuilder(
                roots=[load_pem_x509_certificate(root.encode()) for root in roots]
            )
            found = library.decode_timestamp_response(token)
            builder.build().verify_message(found, note)
            info = found.tst_info
            accuracy = info.accuracy
            slack = accuracy.seconds + 1 if accuracy is not None else 0
            # Read anew: the package empties the set of signers as it verifies.
            name = _name(library.decode_timestamp_response(token))
            return Proved(format_moment(info.gen_time), SECOND + slack, name)


def _library() -> Any:
    """The package that reads time-stamps. Errors: UsageError."""
    try:
        import rfc3161_client
    except ImportError:
        raise UsageError(
            "rfc3161-client is needed for time-stamps, and is not installed",
            fix="pip install 'mledger[anchors]'",
        ) from None
    return rfc3161_client


@contextmanager
def _translated(what: str) -> "Iterator[None]":
    """Let no error of the package out, of whatever class: the bytes come from strangers."""
    try:
        yield
    except MledgerError:
        raise
    except Exception as error:
        raise ProofError(what, fix="ask another authority, or believe its root: --tsa-root FILE") from error


def _name(found: Any) -> str:
    """The name on the certificate that signed, whatever others the token brings along."""
    from cryptography.x509 import load_der_x509_certificate

    (signer,) = found.signed_data.signer_infos
    certificates = map(load_der_x509_certificate, found.signed_data.certificates)
    return next(
        one.subject.rfc4514_string()
        for one in certificates
        if (one.issuer, one.serial_number) == (signer.issuer, signer.serial_number)
    )
