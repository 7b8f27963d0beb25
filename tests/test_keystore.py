"""Private keys on disk: never overwritten, never readable by others, found by what people know."""

import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mledger.errors import InputError, KeyFileError, NotFoundError, StoreError
from mledger.keys.ed25519 import Ed25519Signer, verify
from mledger.keystore import KeyRecord, Keystore, read_comment

MESSAGE = b"what is signed"
ALICE = Ed25519Signer.from_seed(bytes(range(32)))
BOB = Ed25519Signer.from_seed(bytes(range(1, 33)))


def no_passphrase() -> str:
    """Fail: no passphrase may be asked for here."""
    pytest.fail("a passphrase was asked for")


@pytest.fixture
def keys(tmp_path: Path) -> Keystore:
    """An empty keystore in a folder that does not exist yet."""
    return Keystore(tmp_path / "config" / "keys")


@pytest.fixture
def alice(keys: Keystore) -> KeyRecord:
    """Alice's key, open."""
    return keys.add(ALICE, owner="Alice Example", email="alice@acme.test")


def signs(keys: Keystore, record: KeyRecord, passphrase: Callable[[], str] = no_passphrase) -> bool:
    """Whether the unlocked key makes a signature that its record's public key verifies."""
    return verify(record.public, MESSAGE, keys.unlock(record, passphrase).sign(MESSAGE))


def ssh_keygen(*arguments: str | Path) -> str:
    """What the real program prints."""
    return subprocess.run(
        ["ssh-keygen", *map(str, arguments)], check=True, capture_output=True, text=True
    ).stdout


def test_a_new_key_is_kept_as_two_files(keys: Keystore, alice: KeyRecord) -> None:
    """A key is kept as a private file and a public line that names its owner, and nothing else."""
    assert sorted(file.name for file in keys.folder.iterdir()) == ["alice-example.key", "alice-example.pub"]
    assert alice._replace(path=Path()) == KeyRecord(
        "alice-example", Path(), ALICE.public, ALICE.key_id, "Alice Example", "alice@acme.test", False
    )
    assert (keys.folder / "alice-example.pub").read_text().endswith(" Alice Example <alice@acme.test>\n")
    assert signs(keys, alice)


def test_only_the_owner_may_read_a_private_key(keys: Keystore, alice: KeyRecord) -> None:
    """The folder has mode 0700, the private file 0600, whatever the mask of the process is."""
    before = os.umask(0)
    try:
        bob = keys.add(BOB, owner="Bob Example")
    finally:
        os.umask(before)
    assert keys.folder.stat().st_mode & 0o777 == 0o700
    assert {record.path.stat().st_mode & 0o777 for record in (alice, bob)} == {0o600}


@pytest.mark.interop
def test_a_passphrase_locks_the_key(keys: Keystore, program: Callable[[str], str]) -> None:
    """An encrypted key asks for its passphrase, opens with it alone, and OpenSSH agrees."""
    program("ssh-keygen")
    record = keys.add(ALICE, owner="Alice Example", passphrase="open sesame")
    assert record.encrypted
    assert signs(keys, record, lambda: "open sesame")
    with pytest.raises(KeyFileError, match="passphrase of the key alice-example is wrong"):
        keys.unlock(record, lambda: "open barley")
    with pytest.raises(KeyFileError, match="protected by a passphrase"):
        keys.unlock(record)
    public = ssh_keygen("-y", "-P", "open sesame", "-f", record.path).split()[1]
    assert public in (keys.folder / "alice-example.pub").read_text()


@pytest.mark.interop
def test_openssh_reads_what_is_written(
    keys: Keystore, alice: KeyRecord, program: Callable[[str], str]
) -> None:
    """`ssh-keygen` derives the same public key and prints the same fingerprint."""
    program("ssh-keygen")
    assert ssh_keygen("-l", "-f", keys.folder / "alice-example.pub").split()[1] == alice.fingerprint
    assert ssh_keygen("-y", "-f", alice.path).split()[1] in (keys.folder / "alice-example.pub").read_text()


@pytest.mark.interop
@pytest.mark.parametrize("passphrase", ["", "open sesame"])
@pytest.mark.parametrize("form", ["RFC4716", "PKCS8"])
def test_a_key_of_openssh_is_used_from_where_it_is(
    keys: Keystore, tmp_path: Path, program: Callable[[str], str], passphrase: str, form: str
) -> None:
    """A key that `ssh-keygen` made signs by its path, and by name once it was adopted."""
    program("ssh-keygen")
    file = tmp_path / "id_ed25519"
    ssh_keygen("-q", "-t", "ed25519", "-m", form, "-C", "erik@laptop", "-N", passphrase, "-f", file)
    by_path = keys.find(str(file))
    assert (by_path.name, by_path.owner, by_path.email) == ("id_ed25519", "erik@laptop", None)
    assert by_path.encrypted == bool(passphrase)
    assert signs(keys, by_path, lambda: passphrase)
    adopted = keys.adopt(file, owner="Erik Example", email="erik@acme.test", passphrase=lambda: passphrase)
    assert adopted.public == by_path.public
    assert adopted.path.readlink() == file
    assert signs(keys, keys.find("erik@acme.test"), lambda: passphrase)


@pytest.mark.interop
def test_an_encrypted_key_without_its_public_line_says_how_to_make_it(
    keys: Keystore, tmp_path: Path, program: Callable[[str], str]
) -> None:
    """The command that the error names mends it."""
    program("ssh-keygen")
    file = tmp_path / "id"
    ssh_keygen("-q", "-t", "ed25519", "-N", "open sesame", "-f", file)
    (tmp_path / "id.pub").unlink()
    with pytest.raises(KeyFileError, match=r"has no id\.pub beside it") as caught:
        keys.find(str(file))
    assert caught.value.fix == f"ssh-keygen -y -f {file} > {file}.pub"
    (tmp_path / "id.pub").write_text(ssh_keygen("-y", "-P", "open sesame", "-f", file))
    assert signs(keys, keys.find(str(file)), lambda: "open sesame")


@pytest.mark.interop
def test_another_kind_of_key_is_refused(
    keys: Keystore, tmp_path: Path, program: Callable[[str], str]
) -> None:
    """An RSA key is no key of a ledger, by path or adopted."""
    program("ssh-keygen")
    file = tmp_path / "id_rsa"
    ssh_keygen("-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", file)
    with pytest.raises(KeyFileError, match="Ed25519"):
        keys.find(str(file))
    with pytest.raises(KeyFileError, match="another kind of key"):
        keys.adopt(file, owner="Erik Example")
    assert keys.list() == []


def test_a_key_is_never_overwritten(keys: Keystore, alice: KeyRecord) -> None:
    """A name that is taken, by either file, is refused with a way out, and the key stays."""
    with pytest.raises(InputError, match="alice-example exists already") as caught:
        keys.add(BOB, owner="Alice Example")
    assert caught.value.fix == "choose another name with --name"
    with pytest.raises(InputError):
        keys.adopt(alice.path, owner="Alice Example")
    alice.path.unlink()
    with pytest.raises(InputError):
        keys.add(BOB, owner="Alice Example")
    alice.path.symlink_to("nowhere")
    with pytest.raises(InputError):
        keys.add(BOB, owner="Alice Example")
    assert "Alice Example <alice@acme.test>" in (keys.folder / "alice-example.pub").read_text()
    assert keys.add(BOB, owner="Alice Example", name="alice.2").name == "alice.2"


def test_of_two_who_take_a_name_at_once_one_wins(keys: Keystore) -> None:
    """Threads that add a key under one name leave one whole key, and all but one are told."""
    outcomes: list[object] = []
    barrier = threading.Barrier(8)

    def add() -> None:
        signer = Ed25519Signer.generate()
        barrier.wait()
        try:
            outcomes.append(keys.add(signer, owner="Robot", name="robot").public)
        except InputError as error:
            outcomes.append(error.message)

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("a key called robot exists already") == 7
    (record,) = keys.list()
    assert record.public in outcomes
    assert signs(keys, record)
    assert len(list(keys.folder.iterdir())) == 2


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_key_that_others_can_read_is_not_used(keys: Keystore, alice: KeyRecord, mode: int) -> None:
    """As with OpenSSH any right of group or others is refused; the command that the error names mends it."""
    alice.path.chmod(mode)
    with pytest.raises(KeyFileError, match=f"can be read by others .mode {mode:04o}.") as caught:
        keys.unlock(alice)
    assert caught.value.fix == f"chmod 600 {alice.path}"
    alice.path.chmod(0o600)
    assert signs(keys, alice)


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root can give a file away")
def test_the_file_of_another_user_is_not_judged(keys: Keystore, alice: KeyRecord) -> None:
    """A secret that somebody else owns and mounted for us may have the mode that they gave it."""
    alice.path.chmod(0o644)
    os.chown(alice.path, 12345, 12345)
    assert signs(keys, alice)


def test_an_exchanged_private_file_is_noticed(keys: Keystore, alice: KeyRecord) -> None:
    """A private key that is not the one its public line tells of does not sign."""
    bob = keys.add(BOB, owner="Bob Example")
    bob.path.replace(alice.path)
    with pytest.raises(KeyFileError, match=r"is not the one that its \.pub file tells of"):
        keys.unlock(keys.get("alice-example"))


def test_a_key_is_found_by_what_people_know_of_it(keys: Keystore, alice: KeyRecord) -> None:
    """Name, id, first digits of it, fingerprint, owner, address and path each find the key."""
    keys.add(BOB, owner="Bob Example", email="bob@acme.test")
    for text in (
        "alice-example",
        alice.key_id,
        alice.key_id[:8].upper(),
        alice.fingerprint,
        "alice example",
        "alice",
        "Alice@ACME.test",
    ):
        assert keys.find(text) == alice, text
    assert keys.find("BOB").name == "bob-example"
    with pytest.raises(InputError, match="means several keys: alice-example, bob-example"):
        keys.find("example")
    by_path = keys.find(str(alice.path))
    assert (by_path.public, by_path.owner) == (alice.public, "Alice Example")


@pytest.mark.parametrize(
    "text",
    ["", "carol", "0" * 64, "SHA256:x", "/nowhere/key", "../keys", ".", "~nosuchuser/k", "a" * 5000, "a\0b"],
)
def test_a_key_that_nobody_has_is_not_found(keys: Keystore, alice: KeyRecord, text: str) -> None:
    """What names no key is an error that tells how to list them."""
    with pytest.raises(NotFoundError) as caught:
        keys.find(text)
    assert caught.value.fix == "mledger key list"


def test_what_means_two_keys_is_refused(keys: Keystore, alice: KeyRecord) -> None:
    """An owner with two keys must be asked which."""
    keys.add(BOB, owner="Alice Example", name="alice-hsm")
    with pytest.raises(InputError, match="several keys: alice-example, alice-hsm"):
        keys.find("Alice Example")


def test_seven_digits_of_an_id_are_too_few(keys: Keystore, alice: KeyRecord) -> None:
    """A prefix of the id counts from eight digits on."""
    with pytest.raises(NotFoundError):
        keys.find(alice.key_id[:7])


def test_one_bad_file_hides_no_other_key(keys: Keystore, alice: KeyRecord) -> None:
    """Files that cannot be read are told one by one, each by its path; the others are listed."""
    (keys.folder / "broken.key").write_text("no key\n")
    (keys.folder / "dangling.key").symlink_to("nowhere")
    (keys.folder / "folder.key").mkdir()
    (keys.folder / "large.key").write_bytes(b"-" * 70_000)
    (keys.folder / "odd.key").write_bytes(alice.path.read_bytes())
    (keys.folder / "odd.pub").write_text("ssh-rsa AAAA x\n")
    (keys.folder / "notes.txt").write_text("no key\n")
    assert keys.list() == [alice]
    assert keys.find("Alice Example") == alice
    problems = [error.message for error in keys.problems()]
    assert len(problems) == 5
    for line, name in zip(
        problems, ["broken.key", "dangling.key", "folder.key", "large.key", "odd"], strict=True
    ):
        assert name in line
        assert "\n" not in line
    with pytest.raises(KeyFileError):
        keys.find("broken")


def test_an_open_key_needs_no_public_line(keys: Keystore, alice: KeyRecord) -> None:
    """A private file alone is enough if it is open; its owner is then its name."""
    (keys.folder / "alice-example.pub").unlink()
    (record,) = keys.list()
    assert (record.public, record.owner, record.email) == (ALICE.public, "alice-example", None)


def test_an_empty_store_lists_nothing(keys: Keystore) -> None:
    """Looking makes no folder."""
    assert keys.list() == keys.problems() == []
    assert not keys.folder.exists()


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """Where no folder can be made, adding is a StoreError in one line."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        Keystore(tmp_path / "file" / "keys").add(ALICE, owner="Alice")


@pytest.mark.parametrize(
    ("owner", "email", "name"),
    [
        ("", None, None),
        (" Alice", None, None),
        ("Alice\nBob", None, None),
        ("Alice \x1b[31m", None, None),
        ("Alice <root@acme.test>", None, None),
        ("Alice", "alice", None),
        ("Alice", "a b@acme.test", None),
        ("Alice", "a@b>", None),
        ("Alice", "", None),
        ("Alice", None, "../alice"),
        ("Alice", None, ".alice"),
        ("Alice", None, "a" * 65),
        ("李雷", None, None),
    ],
)
def test_what_cannot_be_read_back_is_not_written(
    keys: Keystore, owner: str, email: str | None, name: str | None
) -> None:
    """An owner, address or name that would break the public line or the folder is refused before writing."""
    with pytest.raises(InputError):
        keys.add(ALICE, owner=owner, email=email, name=name)
    assert not keys.folder.exists()


def test_an_empty_passphrase_is_refused(keys: Keystore) -> None:
    """A key is locked or it is not; an empty passphrase is neither."""
    with pytest.raises(InputError, match="protects nothing"):
        keys.add(ALICE, owner="Alice", passphrase="")


def test_the_name_of_a_file_comes_from_the_owner(keys: Keystore) -> None:
    """Letters lose their accents; without any Latin letter the address gives the name."""
    assert keys.add(ALICE, owner="Zoë Ångström-Müller").name == "zoe-angstrom-muller"
    assert keys.add(BOB, owner="李雷", email="Li.Lei@acme.test").name == "li-lei"


printed = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)


@settings(max_examples=50)
@given(printed, st.none() | st.emails())
def test_the_owner_comes_back_as_written(
    tmp_path_factory: pytest.TempPathFactory, owner: str, email: str | None
) -> None:
    """Whatever owner and address are accepted, they are read back from the public line."""
    keys = Keystore(tmp_path_factory.mktemp("keys"))
    try:
        record = keys.add(ALICE, owner=owner, email=email, name="key")
    except InputError:
        return
    assert keys.list() == [record]
    assert record.email == email
    assert record.owner.casefold() == keys.find(record.owner).owner.casefold()
    assert "\n" not in record.owner


def test_keys_of_the_home_are_found(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLEDGER_HOME decides where keys lie; without it they lie in the user's home."""
    assert Keystore().folder.is_relative_to(home)
    monkeypatch.setenv("MLEDGER_HOME", str(home / "elsewhere"))
    assert Keystore().folder == home / "elsewhere" / "keys"


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("Alice Example <alice@acme.test>", ("Alice Example", "alice@acme.test")),
        ("Alice Example", ("Alice Example", None)),
        ("<alice@acme.test>", (None, "alice@acme.test")),
        ("alice@laptop", (None, None)),
        ("", (None, None)),
    ],
)
def test_a_public_key_tells_whose_it_is(comment: str, expected: tuple[str | None, str | None]) -> None:
    """A comment of ours names the owner, with or without an address; user@host names nobody."""
    assert read_comment(f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 {comment}\n") == expected
