"""Private keys on disk, named by the people who hold them.

    <name>.key   private key in OpenSSH's form, mode 0600; or a link to a file that the owner keeps
    <name>.pub   its public key, an OpenSSH line with the comment `Alice Example <alice@acme.test>`
    <name>.ml-dsa, <name>.ml-dsa.pub   an ML-DSA-44 key that signs checkpoints beside it, in PKCS#8

A key file is never overwritten, and is used only if nobody else can read it. Any Ed25519 key file
in OpenSSH's or PKCS#8 form can also be used from where it is, named by its path.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mledger import folders
from mledger.core.names import is_address, is_printed
from mledger.errors import InputError, KeyFileError, NotFoundError
from mledger.keys import ed25519, mldsa
from mledger.keys.ed25519 import Ed25519Signer
from mledger.keys.signer import HeldSigner, Signer

MAX_FILE = 64 * 1024
SHORTEST_PREFIX = 8
LIST_COMMAND = "mledger key list"
BESIDE = ".ml-dsa"
AGENT = "agent"
"""What stands, with a colon, before the name of a key that an SSH agent holds."""
SIGNERS = "mledger.signers"
"""The entry points of other places that hold keys."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_COMMENT = re.compile(r"(.*?)\s*<([^\s<>]+)>")
_HEX = re.compile(r"[0-9a-f]+")
_PLACE = re.compile(r"[a-z][a-z0-9_-]{1,31}")

Passphrase = Callable[[], str]
Find = Callable[[str], HeldSigner]
"""The key that is meant, by a part of its comment or its fingerprint. Errors: NotFoundError, KeyFileError."""


class KeyRecord(NamedTuple):
    """A private key as it lies on disk, still locked."""

    name: str
    """The file's name without its ending."""
    path: Path
    public: bytes
    """The 32 bytes of the public key."""
    key_id: str
    owner: str
    """The printed name of the person or the machine."""
    email: str | None
    encrypted: bool

    @property
    def fingerprint(self) -> str:
        """The fingerprint as `ssh-keygen -l` prints it."""
        return ed25519.fingerprint(self.public)

    @property
    def public_line(self) -> str:
        """The public key as an OpenSSH line that names the owner."""
        return ed25519.dump_public(self.public, _comment(self.owner, self.email))

    def to_json(self) -> dict[str, object]:
        """The record as `--json` prints it."""
        return {
            "name": self.name,
            "owner": self.owner,
            "email": self.email,
            "key": self.key_id,
            "fingerprint": self.fingerprint,
            "encrypted": self.encrypted,
            "path": str(self.path),
            "public": self.public_line,
        }


class Keystore:
    """The private keys in one folder."""

    def __init__(self, folder: Path | None = None) -> None:
        """Use the folder, or else the user's own."""
        self.folder = folder or folders.keys_folder()

    def add(
        self,
        signer: Ed25519Signer,
        *,
        owner: str,
        email: str | None = None,
        passphrase: str | None = None,
        name: str | None = None,
    ) -> KeyRecord:
        """The record of a new key, written and durable; encrypted if there is a passphrase.

        `name` is made of the owner's if it is left out. InputError if the name is taken: a key is
        never overwritten. StoreError if the folder cannot be written.
        """
        if passphrase == "":
            raise InputError("an empty passphrase protects nothing", fix="give one, or say --no-passphrase")
        comment = _comment(owner, email)
        name = self.free_name(owner, email, name)
        private = ed25519.dump_private(signer, passphrase, comment)
        folders.make_private(self.folder)
        with _never_twice(name):
            folders.create(self._key(name), private)
            folders.create(self._pub(name), _line(signer.public, comment), mode=0o644)
        return self.get(name)

    def free_name(self, owner: str, email: str | None = None, name: str | None = None) -> str:
        """The name that a new key of that owner gets, or the name asked for.

        Worth asking before a person chooses a passphrase. InputError if it cannot name a key or is taken.
        """
        name = name or _slug(owner, email)
        if not _NAME.fullmatch(name):
            raise InputError(f"{name[:80]!r} cannot name a key: letters, digits, '.', '_' and '-' can")
        if any(os.path.lexists(path) for path in (self._key(name), self._pub(name))):
            raise _taken(name)
        return name

    def adopt(
        self,
        path: str | Path,
        *,
        owner: str,
        email: str | None = None,
        passphrase: Passphrase | None = None,
        name: str | None = None,
    ) -> KeyRecord:
        """The record of a key file that its owner keeps elsewhere: the keystore holds a link to it.

        The file is opened once, to know that it can be used. Errors: as `add`, and KeyFileError.
        """
        comment = _comment(owner, email)
        name = self.free_name(owner, email, name)
        file = Path(path).absolute()
        signer = ed25519.load_private(_read_private(file), passphrase, what=str(file))
        folders.make_private(self.folder)
        with _never_twice(name), folders.translated(self.folder, FileExistsError):
            self._key(name).symlink_to(file)
            folders.create(self._pub(name), _line(signer.public, comment), mode=0o644)
        return self.get(name)

    def get(self, name: str) -> KeyRecord:
        """The key of exactly that name. Errors: NotFoundError, KeyFileError if it cannot be read."""
        if not _NAME.fullmatch(name) or not os.path.lexists(self._key(name)):
            raise NotFoundError(f"no key is called {name!r}", fix=LIST_COMMAND)
        return _record(name, self._key(name), self._pub(name))

    def find(self, text: str) -> KeyRecord:
        """The key that somebody means: by name, id (8 or more digits), fingerprint, owner, e-mail or path.

        A word of the owner's name will do if no other key has it. `agent:TEXT` is a key of the SSH agent.

        NotFoundError if there is none, InputError if there are several, KeyFileError if it cannot be read.
        """
        if (found_elsewhere := _elsewhere(text)) is not None:
            return _offered(text, found_elsewhere)
        if _NAME.fullmatch(text) and os.path.lexists(self._key(text)):
            return self.get(text)
        records = self.list()
        found = [record for record in records if _is_meant(record, text)]
        path = folders.file_at(text)
        if not found and path is None:
            found = [record for record in records if text.casefold() in record.owner.casefold().split()]
        if len(found) > 1:
            names = ", ".join(record.name for record in found)
            raise InputError(f"{text!r} means several keys: {names}", fix="name one of them")
        if found:
            return found[0]
        if path is not None:
            return _record(path.stem, path, *_beside(path))
        raise NotFoundError(f"no key is called {text!r}, and no key file lies there", fix=LIST_COMMAND)

    def unlock(self, record: KeyRecord, passphrase: Passphrase | None = None) -> Signer:
        """The signer of a key; `passphrase` is called only if the file is encrypted.

        KeyFileError if others can read the file, the passphrase is wrong, or it is another key by now.
        """
        if (find := _elsewhere(record.name)) is not None:
            return _same(record, find(record.fingerprint))
        what = f"the key {record.name}"
        signer = ed25519.load_private(_read_private(record.path), passphrase, what=what)
        if signer.public != record.public:
            raise KeyFileError(
                f"{what} is not the one that its .pub file tells of: {record.path}",
                fix="put the file back that belongs there",
            )
        return signer

    def add_beside(self, record: KeyRecord, passphrase: str | None = None) -> mldsa.MlDsaSigner:
        """A new ML-DSA-44 key beside another, written and durable; encrypted if there is a passphrase.

        Errors: NotFoundError if there can be none, StoreError, also if there is one already.
        """
        signer, path = mldsa.MlDsaSigner.generate(), self.folder / f"{record.name}{BESIDE}"
        with folders.translated(path):
            folders.create(path, signer.dump(passphrase))
            folders.create(path.with_name(f"{path.name}.pub"), signer.public_line, mode=0o644)
        return signer

    def public_beside(self, record: KeyRecord, passphrase: Passphrase | None = None) -> bytes | None:
        """The public key of the ML-DSA-44 key beside another; None if there is none. Errors: KeyFileError.

        Where somebody was interrupted before the public file was written, the private one tells it.
        """
        private, file = (self.folder / f"{record.name}{BESIDE}{end}" for end in ("", ".pub"))
        if file.is_file():
            return mldsa.load_public(_read(file), what=str(file))
        if not private.is_file():
            return None
        signer = mldsa.load(_read_private(private), passphrase, what=f"the key {private.name}")
        folders.create(file, signer.public_line, mode=0o644)
        return signer.public

    def beside(self, public: bytes, passphrase: Passphrase | None = None) -> mldsa.MlDsaSigner:
        """The signer of an ML-DSA-44 key. Errors: NotFoundError, KeyFileError."""
        for file in sorted(self.folder.glob(f"*{BESIDE}.pub")):
            if mldsa.load_public(_read(file), what=str(file)) == public:
                private = file.with_name(file.name.removesuffix(".pub"))
                return mldsa.load(_read_private(private), passphrase, what=f"the key {private.name}")
        raise NotFoundError(
            "the ML-DSA-44 key that signs checkpoints beside the other is not at hand",
            fix=f"put its file into {self.folder}",
        )

    def problems(self) -> list[KeyFileError]:
        """Why each of the key files that `list` leaves out cannot be read."""
        return [found for found in self._scan() if isinstance(found, KeyFileError)]

    def list(self) -> list[KeyRecord]:
        """The keys that can be read, by name."""
        return [found for found in self._scan() if isinstance(found, KeyRecord)]

    def _key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def _pub(self, name: str) -> Path:
        return self.folder / f"{name}.pub"

    def _scan(self) -> Iterator[KeyRecord | KeyFileError]:
        """Each key file in order of the names, or why it cannot be read."""
        with folders.translated(self.folder):
            files = sorted(self.folder.glob("[!.]*.key"))
        for file in files:
            try:
                yield _record(file.stem, file, self._pub(file.stem))
            except KeyFileError as error:
                yield error


def _elsewhere(text: str) -> Find | None:
    """What finds keys in the place that a text begins with, such as `agent:`; None for all other texts.

    Others come as an entry point of the group `mledger.signers`, by the name of the place.
    """
    place, colon, _ = text.partition(":")
    if not colon or not _PLACE.fullmatch(place):
        return None
    if place == AGENT:
        from mledger import agent

        return agent.find
    from importlib.metadata import entry_points

    found = [point.load() for point in entry_points(group=SIGNERS, name=place)]
    return found[0] if found else None


def _offered(text: str, find: Find) -> KeyRecord:
    """The key that is meant, of those in another place. Errors: NotFoundError, KeyFileError."""
    place, _, wanted = text.partition(":")
    key = find(wanted)
    parts = _COMMENT.fullmatch(key.comment)
    owner, email = parts.groups() if parts else (key.comment, None)
    where = Path(os.environ.get("SSH_AUTH_SOCK", "") if place == AGENT else place)
    name = f"{place}:{key.comment}"
    return KeyRecord(name, where, key.public, key.key_id, owner or key.comment, email, encrypted=False)


def _same(record: KeyRecord, signer: HeldSigner) -> Signer:
    if signer.public != record.public:
        raise KeyFileError(f"the key {record.name} is another one by now", fix="name it anew with --as")
    return signer


def read_comment(line: str) -> tuple[str | None, str | None]:
    """The owner's name and e-mail address that the comment of an OpenSSH public key says, if it does.

    What `ssh-keygen` writes by itself, `alice@laptop`, is neither.
    """
    comment = line.strip().partition(" ")[2].partition(" ")[2]
    if parts := _COMMENT.fullmatch(comment):
        return parts[1] or None, parts[2]
    return (None, None) if "@" in comment else (comment or None, None)


def _record(name: str, path: Path, *public_files: Path) -> KeyRecord:
    """What can be told of a key file without its passphrase. Errors: KeyFileError."""
    data = _read(path)
    line = next((_read(file).decode(errors="replace") for file in public_files if file.is_file()), None)
    encrypted = ed25519.is_encrypted(data)
    if line is not None:
        public = ed25519.load_public(line, what=f"the public key of {name}")
        comment = line.strip().partition(" ")[2].partition(" ")[2]
    elif encrypted:
        pub = public_files[0]
        raise KeyFileError(f"{path} has no {pub.name} beside it", fix=f"ssh-keygen -y -f {path} > {pub}")
    else:
        public, comment = ed25519.load_private(data, what=str(path)).public, ""
    parts = _COMMENT.fullmatch(comment)
    owner, email = parts.groups() if parts else (comment, None)
    return KeyRecord(name, path, public, ed25519.key_id(public), owner or name, email, encrypted)


def _beside(path: Path) -> Iterator[Path]:
    """Where the public key of a key file lies: as `ssh-keygen` names it, or as this store does."""
    yield path.with_name(f"{path.name}.pub")
    yield path.with_suffix(".pub")


def _read(path: Path) -> bytes:
    """The bytes of a small file, or KeyFileError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise KeyFileError(
            f"{path}: {reason}", fix="see that the file is there and that you may read it"
        ) from None
    if len(data) > MAX_FILE:
        raise KeyFileError(f"{path} is too large for a key file", fix="name a key file")
    return data


def _read_private(path: Path) -> bytes:
    """The bytes of a key file that nobody but its owner can read.

    The rule is OpenSSH's: it binds files of one's own, for those of others (a mounted secret) are not
    ours to judge.
    """
    data = _read(path)
    stat = path.stat()
    if os.name == "posix" and stat.st_uid == os.getuid() and stat.st_mode & 0o077:
        mode = f"{stat.st_mode & 0o777:04o}"
        raise KeyFileError(f"{path} can be read by others (mode {mode})", fix=f"chmod 600 {path}")
    return data


def _is_meant(record: KeyRecord, text: str) -> bool:
    folded = text.casefold()
    if len(folded) >= SHORTEST_PREFIX and _HEX.fullmatch(folded) and record.key_id.startswith(folded):
        return True
    names = (record.owner.casefold(), (record.email or record.owner).casefold())
    return folded in names or text == record.fingerprint


def _comment(owner: str, email: str | None) -> str:
    """The comment of a public key; InputError if it could not be read back."""
    owner = unicodedata.normalize("NFC", owner)
    if not is_printed(owner) or set(owner) & set("<>"):
        raise InputError(f"{owner[:80]!r} is not a printed name: a line of text without < and >")
    if email is None:
        return owner
    if not is_address(email):
        raise InputError(f"{email[:80]!r} is not an e-mail address")
    return f"{owner} <{email}>"


def _slug(owner: str, email: str | None) -> str:
    """A file name made of the owner's name, or of the address where that has no Latin letters."""
    for text in (owner, (email or "").partition("@")[0]):
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
        if name := re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64]:
            return name
    raise InputError(f"no file name can be made of {owner[:80]!r}", fix="choose one with --name")


def _line(public: bytes, comment: str) -> bytes:
    return ed25519.dump_public(public, comment).encode() + b"\n"


@contextmanager
def _never_twice(name: str) -> Iterator[None]:
    """Tell that a file of that name has come into being meanwhile."""
    try:
        yield
    except FileExistsError:
        raise _taken(name) from None


def _taken(name: str) -> InputError:
    return InputError(f"a key called {name} exists already", fix="choose another name with --name")
