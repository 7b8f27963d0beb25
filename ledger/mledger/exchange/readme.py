"""What a bundle says to the person who opens it."""

from collections.abc import Mapping

from mledger.core.checkpoint import Checkpoint
from mledger.core.manifest import Choice

_TEXT = """\
Evidence from the ledger {origin}

This folder holds {size:,} signed entries with {events:,} events: what was decided about machine-learning
models, on which data, by whom, and what came of it. All of the log is here. Of the events themselves
{disclosed:,} can be read, {withheld:,} are withheld and present as hashes only, {erased:,} were erased.
{chosen}

To check it, with Python 3.8 or newer and nothing else, on a machine without network:

    python3 -I verify.py BUNDLE.zip --trust TRUST.json

Take verify.py from somebody you trust, or read it: it is one file. TRUST.json must have come to you by
another way than this bundle. Without it you learn that the bundle is consistent in itself, and not whose
it is. To read it like a ledger, install mledger and type

    mledger --ledger BUNDLE.zip replay

What is here

    checkpoint, tile/     the log in C2SP tlog-tiles; any client of that format reads it
    bodies/               one line of JSON for each event that is disclosed, with the salt of its hash
    attachments/          files that events name, each under its SHA-256
    keys/                 public keys, as openssl reads them
    checkpoints/          all checkpoints that the ledger keeps, with the cosignatures of witnesses
    anchors/              checkpoints that somebody outside has vouched for, each with the token; of a
                          time-stamping authority: openssl ts -verify -data N.checkpoint -in N.token
    reports/              what the events here tell together, made from them, signed by nobody:
                          mledger bundle verify makes them anew and compares
    manifest.json         every file with its SHA-256, and the events that are withheld

How to read it in many years, with no program of ours

    A file of tile/entries/ holds up to 256 entries, each after its length in two bytes, big-endian. An
    entry is a DSSE envelope: JSON whose payload in base64 was signed with Ed25519 (RFC 8032) by the key in
    keys/ that it names. The payload says who signed, when, after which entry (prev, the leaf hash of the
    one before), and for each event its type, what it is about, and the hash of its body.
    A body is a line of bodies/: SHA-256(salt || body), the salt as 16 bytes, is the hash in the payload.
    The leaf hash is SHA-256(0x00 || envelope), and the checkpoint signs the root over all of them
    (RFC 6962), in three lines and a signature (C2SP signed-note). verify.py does all of this, in order.
"""


def readme(checkpoint: Checkpoint, choice: Choice, counts: Mapping[str, int]) -> bytes:
    """The text of the file README.txt."""
    return _TEXT.format(
        origin=checkpoint.origin, size=checkpoint.size, chosen=_chosen(choice), **counts
    ).encode()


def _chosen(choice: Choice) -> str:
    """What was chosen, in a sentence."""
    if not choice.bodies:
        return "Disclosed is what governs the ledger, and no more."
    parts = []
    if choice.streams is not None:
        parts.append(f"what stands on {', '.join(choice.streams)}")
    if choice.version is not None:
        parts.append(f"what concerns version {choice.version}")
    if choice.types is not None:
        parts.append(f"events of {', '.join(choice.types)}")
    if not parts:
        return "Nothing was withheld by choice."
    return f"Disclosed are {', of that '.join(parts)}, and what governs the ledger."
