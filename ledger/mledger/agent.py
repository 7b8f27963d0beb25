"""Keys that an SSH agent holds: on this machine, or in hardware.

The agent is asked over the socket that SSH_AUTH_SOCK names (the agent protocol of OpenSSH, as
draft-ietf-sshm-ssh-agent writes it down). It signs the bytes that it is given, so signatures are
those of any other key, and the private key never comes near this process.
"""

import os
import socket
import struct
from typing import NamedTuple

from mledger.errors import KeyFileError, NotFoundError
from mledger.keys import ed25519

VARIABLE = "SSH_AUTH_SOCK"
LONGEST = 256 * 1024
# A person may have to touch the key, or to type a PIN.
PATIENCE = 120.0

_ALGORITHM = b"ssh-ed25519"
_LIST, _KEYS, _SIGN, _SIGNED = 11, 12, 13, 14


class AgentKey(NamedTuple):
    """An Ed25519 key that the agent offers."""

    public: bytes
    """The 32 bytes of the public key."""
    comment: str

    @property
    def key_id(self) -> str:
        """The key's id, 64 hex digits."""
        return ed25519.key_id(self.public)

    def sign(self, message: bytes) -> bytes:
        """The agent's signature of exactly these bytes. Errors: KeyFileError."""
        blob = _string(_ALGORITHM) + _string(self.public)
        request = bytes([_SIGN]) + _string(blob) + _string(message) + bytes(4)
        answer = _Answer(_ask(request), _SIGNED, self.comment)
        parts = _Answer(answer.string(), None, self.comment)
        algorithm, signature = parts.string(), parts.string()
        if algorithm != _ALGORITHM or not ed25519.verify(self.public, message, signature):
            raise KeyFileError(
                f"the agent's signature with {self.comment} is none of that key", fix="ssh-add -l"
            )
        return signature


def keys() -> list[AgentKey]:
    """The Ed25519 keys that the agent offers, in its order. Errors: KeyFileError if there is no agent."""
    answer = _Answer(_ask(bytes([_LIST])), _KEYS, "its keys")
    found = []
    for _ in range(answer.number()):
        blob, comment = _Answer(answer.string(), None, "a key"), answer.string()
        if blob.string() == _ALGORITHM:
            found.append(AgentKey(blob.string(), comment.decode(errors="replace")))
    return found


def find(text: str) -> AgentKey:
    """The key that is meant: by a part of its comment, its fingerprint, or eight digits of its id.

    Errors: NotFoundError if there is none or several; KeyFileError if there is no agent.
    """
    offered = keys()
    exact = [key for key in offered if text in {key.comment, ed25519.fingerprint(key.public)}]
    found = exact or [
        key
        for key in offered
        if text.casefold() in key.comment.casefold() or (len(text) >= 8 and key.key_id.startswith(text))
    ]
    if len(found) != 1:
        what = "offers no Ed25519 key called" if not found else "offers several keys called"
        raise NotFoundError(f"the SSH agent {what} {text!r}", fix="ssh-add -l")
    return found[0]


class _Answer:
    """A message of the agent, read from its front. Errors: KeyFileError if it is not as it should be."""

    def __init__(self, data: bytes, kind: int | None, what: str) -> None:
        self._rest = memoryview(data)
        if kind is not None and (self._take(1)[0] != kind):
            raise KeyFileError(f"the SSH agent refuses: {what}", fix="ssh-add -l")

    def _take(self, size: int) -> bytes:
        if size > len(self._rest):
            raise KeyFileError("the SSH agent answers with half a message", fix="ssh-add -l")
        part, self._rest = self._rest[:size], self._rest[size:]
        return bytes(part)

    def number(self) -> int:
        return int.from_bytes(self._take(4), "big")

    def string(self) -> bytes:
        return self._take(self.number())


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _ask(message: bytes) -> bytes:
    """What the agent answers, without its length. Errors: KeyFileError."""
    path = os.environ.get(VARIABLE)
    if not path or not hasattr(socket, "AF_UNIX"):
        raise KeyFileError("there is no SSH agent", fix=f"start one that sets {VARIABLE}: eval $(ssh-agent)")
    try:
        with socket.socket(socket.AF_UNIX) as agent:
            agent.settimeout(PATIENCE)
            agent.connect(path)
            agent.sendall(_string(message))
            size = int.from_bytes(_read(agent, 4), "big")
            return _read(agent, min(size, LONGEST))
    except OSError as error:
        reason = error.strerror or str(error)
        raise KeyFileError(f"the SSH agent does not answer: {reason}", fix="ssh-add -l") from None


def _read(agent: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = agent.recv(size - len(data))
        if not part:
            raise KeyFileError("the SSH agent hangs up", fix="ssh-add -l")
        data += part
    return data
