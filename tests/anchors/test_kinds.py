"""Time-stamps by a real authority on loopback, checked by ours and by openssl."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.anchors.base import Proved, anchor, find, names
from mledger.core.moment import parse_moment
from mledger.errors import InputError, NotFoundError, ProofError, UnreachableError, UsageError
from mledger.exchange.verify import open_stamp

NOTE = b"acme.example/credit\n2\naT2yc69CDNBT+h74pD4ecyjxnbXhc+2SV9uUEWO6VRk=\n\n\xe2\x80\x94 a b\n"


@pytest.fixture(scope="module")
def token(authority):
    """A time-stamp of the note."""
    return find("rfc3161").make(NOTE, authority.url).token


@pytest.fixture(scope="module")
def root(authority):
    """The authority's root certificate."""
    return authority.root.read_text()


def test_a_time_stamp_holds_here_and_for_openssl(authority, token, root):
    """The same bytes: our check gives the time and the name, and `openssl ts -verify` agrees."""
    proved = find("rfc3161").check(NOTE, token, [root])
    assert proved.by == "CN=Clock of tests"
    assert parse_moment(proved.time).year >= 2026
    assert proved.slack == 3
    assert authority.verify(NOTE, token)
    assert not authority.verify(NOTE + b"x", token)


def test_a_time_stamp_names_who_signed_it(authority, root):
    """A token that brings the chain along names its signer, by both verifiers, and not the first by name."""
    (authority.folder / "note").write_bytes(NOTE)
    query = authority.run("ts", "-query", "-data", "note", "-sha256", "-cert")
    # The root is the longer of the two: the package wants the shorter one first, as DER does.
    plainly, token = authority.stamp(query), authority.stamp(query, "-chain", "root.pem")
    assert token.count(b"Authority of tests") == plainly.count(b"Authority of tests") + 2
    assert find("rfc3161").check(NOTE, token, [root]).by == "CN=Clock of tests"
    assert open_stamp(token, NOTE, [root]).by == "Clock of tests"


@pytest.mark.parametrize("status", [1, 2])
def test_a_time_stamp_is_granted_as_asked_or_not_at_all(authority, token, root, status):
    """Granted with changes (1) is none, which the package does not check: here, there, and as an answer."""
    assert token.count(b"\x30\x03\x02\x01\x00") >= 1
    other = token.replace(b"\x30\x03\x02\x01\x00", bytes([0x30, 3, 2, 1, status]), 1)
    with pytest.raises(ProofError):
        find("rfc3161").check(NOTE, other, [root])
    with pytest.raises(ValueError, match="gave no time-stamp"):
        open_stamp(other, NOTE, [root])
    authority.answer = other
    try:
        with pytest.raises(InputError, match=f"status {status}"):
            find("rfc3161").make(NOTE, authority.url)
    finally:
        authority.answer = None


def test_a_time_stamp_of_something_else_is_refused(authority, token, root):
    """Other bytes, another root, a token cut short or made longer: ProofError alone."""
    other = authority.folder / "other.pem"
    subject = ["-subj", "/CN=Stranger", "-days", "9000", "-config", "tsa.cnf", "-extensions", "ca"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "other.key"]
    authority.run("req", "-x509", *curve, *subject, "-out", "other.pem")
    check = find("rfc3161").check
    for note, data, believed in (
        (NOTE + b"x", token, root),
        (NOTE, token[:-1], root),
        (NOTE, token + b"x", root),
        (NOTE, b"", root),
        (NOTE, token, other.read_text()),
        (NOTE, token, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ):
        with pytest.raises(ProofError):
            check(note, data, [believed])
    assert check(NOTE, token, [other.read_text(), root]).time
    with pytest.raises(UsageError, match="root certificate"):
        check(NOTE, token, [])


@given(data=st.data())
def test_a_damaged_token_never_leaks(token, root, data):
    """A token with bytes changed, or any bytes at all, is refused by ProofError, or proves the same time."""
    changed = bytearray(token)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    check = find("rfc3161").check
    good = check(NOTE, token, [root])
    for bytes_ in (bytes(changed), data.draw(st.binary(max_size=200))):
        try:
            found = check(NOTE, bytes_, [root])
        except ProofError:
            continue
        assert (found.time, found.slack) == (good.time, good.slack)


def test_an_authority_that_misbehaves_is_told(authority):
    """Another status, an answer that is none, one that refuses, one to another request, nobody there."""
    make = find("rfc3161").make
    with pytest.raises(InputError):
        make(NOTE, None)
    with pytest.raises(UnreachableError):
        make(NOTE, "http://127.0.0.1:1/tsr")
    query = authority.run("ts", "-query", "-data", "tsa.cnf", "-sha256", "-cert")
    stale = authority.stamp(query)
    md5 = authority.run("ts", "-query", "-data", "tsa.cnf", "-md5", "-cert")
    refusal = authority.stamp(md5)
    try:
        for answer, status, error in (
            (b"", 503, UnreachableError),
            (b"junk", 200, ProofError),
            (stale, 200, ProofError),
            (refusal, 200, (InputError, ProofError)),
        ):
            authority.answer, authority.status = answer, status
            with pytest.raises(error):
                make(NOTE, authority.url)
    finally:
        authority.answer, authority.status = None, 200


def test_kinds_are_found_by_name():
    """The kinds there are, one that is not, and one that somebody adds with the decorator."""
    assert {"rfc3161", "git"} <= set(names())
    for name in ("base", "nonsense", "../base", ""):
        with pytest.raises(NotFoundError):
            find(name)

    @anchor("tested_here")
    class Mine:
        def make(self, note, where):
            raise NotImplementedError

        def check(self, note, token, roots):
            return Proved(None, 0, "me")

    assert find("tested_here").check(b"", b"", ()).by == "me"
    assert isinstance(find("tested_here"), Mine)


# --- git


@pytest.fixture
def repository(program, tmp_path, monkeypatch):
    """A git repository with one commit, as the current folder."""
    git = program("git")
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Alice Example")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "alice@acme.example")
    monkeypatch.chdir(tmp_path)

    def run(*args):
        return subprocess.run([git, *args], check=True, capture_output=True).stdout

    run("init", "-q")
    run("commit", "-q", "--allow-empty", "-m", "begin")
    return run


def test_a_tag_holds_the_checkpoint(repository):
    """An annotated tag whose message is the checkpoint, byte for byte; a second of that name is refused."""
    stamp = find("git").make(NOTE, "v1")
    assert stamp.token.endswith(b"\n\n" + NOTE)
    assert repository("cat-file", "tag", "v1") == stamp.token
    assert find("git").check(NOTE, stamp.token, ()) == Proved(None, 0, "git")
    for name in ("v1", "a b", "-x", "a..b"):
        with pytest.raises(InputError):
            find("git").make(NOTE, name)


def test_a_tag_is_signed_if_git_is_so_configured(repository, program, tmp_path):
    """With SSH signing switched on, the tag carries the signature, and the checkpoint is found in it."""
    keygen = program("ssh-keygen")
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    for name, value in (
        ("gpg.format", "ssh"),
        ("user.signingKey", tmp_path / "key"),
        ("tag.gpgSign", "true"),
    ):
        repository("config", name, str(value))
    token = find("git").make(NOTE, "v1").token
    assert b"-----BEGIN SSH SIGNATURE-----" in token
    assert find("git").check(NOTE, token, ()).time is None


def test_a_note_holds_the_checkpoint(repository):
    """Without a name it becomes a note of the commit, and the next takes its place."""
    for note in (NOTE, NOTE.replace(b"\n2\n", b"\n3\n")):
        stamp = find("git").make(note, None)
        assert stamp.token == note == repository("notes", "--ref=mledger", "show")
        assert "refs/notes/mledger" in stamp.where
    with pytest.raises(ProofError):
        find("git").check(NOTE, b"another", ())


def test_without_a_repository_or_git_it_is_said(tmp_path, monkeypatch, program):
    """A folder outside of any repository, one without a commit, a machine without git."""
    git = program("git")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no git repository"):
        find("git").make(NOTE, None)
    subprocess.run([git, "init", "-q"], check=True)
    with pytest.raises(InputError, match="no commit"):
        find("git").make(NOTE, None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotFoundError, match="git"):
        find("git").make(NOTE, None)
