"""DSSE envelopes of entries: one payload, one signature, exact bytes.

    {"payload":"<base64>","payloadType":"<type>","signatures":[{"keyid":"<64 hex>","sig":"<base64>"}]}

Signed is the pre-authentication encoding of type and payload (DSSE v1, "Signature Definition").
The envelope's bytes are the leaf's data: there is one way to write them and only that is read.
"""

import re
from base64 import b64encode
from typing import NamedTuple

from mledger.core.encoding import decode_base64
from mledger.errors import FormatError

PAYLOAD_TYPE = "application/vnd.mledger.entry.v1+json"
# Readers of a tlog-proof take about 48 KiB, tiles 65,535 bytes an entry (C2SP).
MAX_ENVELOPE = 48 * 1024

_HEAD = b'{"payload":"'
_MIDDLE = b'","payloadType":"' + PAYLOAD_TYPE.encode() + b'","signatures":[{"keyid":"'
_SHAPE = re.compile(
    re.escape(_HEAD)
    + rb"([A-Za-z0-9+/]*={0,2})"
    + re.escape(_MIDDLE)
    + rb'([0-9a-f]{64})","sig":"([A-Za-z0-9+/]{86}==)"\}\]\}'
)


class Envelope(NamedTuple):
    """What an envelope holds: the signed payload, the key's id in hex, the raw signature."""

    payload: bytes
    keyid: str
    signature: bytes


def pae(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed: DSSE's pre-authentication encoding, lengths in bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def format_envelope(payload: bytes, keyid: str, signature: bytes) -> bytes:
    """The envelope's bytes, whatever the parts are.

    It does not judge, because an auditor makes the envelope of a damaged entry too and compares its
    leaf hash. `parse_envelope` refuses what is no envelope of an entry.
    """
    return b'%b%b%b%b","sig":"%b"}]}' % (
        _HEAD,
        b64encode(payload),
        _MIDDLE,
        keyid.encode(),
        b64encode(signature),
    )


def parse_envelope(data: bytes) -> Envelope:
    """The parts of an envelope; FormatError unless `data` is byte for byte what `format_envelope` makes."""
    if len(data) > MAX_ENVELOPE:
        raise FormatError(f"an envelope of {len(data)} bytes passes the limit of {MAX_ENVELOPE}")
    match = _SHAPE.fullmatch(data)
    if match is None:
        raise FormatError("these bytes are not an envelope of an entry")
    payload = decode_base64(match[1], "the envelope's payload")
    return Envelope(payload, match[2].decode(), decode_base64(match[3], "the envelope's signature"))
