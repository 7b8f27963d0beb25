"""DSSE envelopes of entries: one payload, one signature, exact bytes.

    {"payload":"<base64>","payloadType":"<type>","signatures":[{"keyid":"<64 hex>","sig":"<base64>"}]}

Signed is the pre-authentication encoding of type and payload (DSSE v1, "Signature Definition").
The envelope's bytes are the leaf's data: there is one way to write them and only that is read.
"""

import re
from base64 import b64decode, b64encode
from typing import NamedTuple

from mledger.errors import FormatError, InputError

PAYLOAD_TYPE = "application/vnd.mledger.entry.v1+json"
# Readers of a tlog-proof take about 48 KiB, tiles 65,535 bytes an entry (C2SP).
MAX_ENVELOPE = 48 * 1024
SIGNATURE_BYTES = 64

_KEYID = re.compile(r"[0-9a-f]{64}")
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
    """The envelope's bytes; InputError if a part has not its size or the whole passes 48 KiB."""
    if len(signature) != SIGNATURE_BYTES or not _KEYID.fullmatch(keyid):
        raise InputError("an envelope takes a key id of 64 lower-case hex digits and a 64-byte signature")
    data = b'%b%b%b%b","sig":"%b"}]}' % (
        _HEAD,
        b64encode(payload),
        _MIDDLE,
        keyid.encode(),
        b64encode(signature),
    )
    if len(data) > MAX_ENVELOPE:
        raise InputError(f"an envelope of {len(data)} bytes passes the limit of {MAX_ENVELOPE}")
    return data


def parse_envelope(data: bytes) -> Envelope:
    """The parts of an envelope; FormatError unless `data` is byte for byte what `format_envelope` makes."""
    if len(data) > MAX_ENVELOPE:
        raise FormatError(f"an envelope of {len(data)} bytes passes the limit of {MAX_ENVELOPE}")
    match = _SHAPE.fullmatch(data)
    if match is None:
        raise FormatError("these bytes are not an envelope of an entry")
    return Envelope(_decode(match[1]), match[2].decode(), _decode(match[3]))


def _decode(text: bytes) -> bytes:
    """The bytes of canonical base64: padded, and with no bit set that is not read (RFC 4648, 3.5)."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        data = b""
    if b64encode(data) != text:
        raise FormatError("an envelope's base64 is not canonical")
    return data
