"""A log on object storage: an S3 server of moto's on loopback, spoken to by obstore."""

import http.client
import logging
from contextlib import closing

import pytest
from moto.server import ThreadedMotoServer

from mledger.core.tiles import CHECKPOINT
from mledger.errors import ConflictError, DivergedError, InputError, RetryError
from mledger.exchange.mirrors import Mirrors
from mledger.exchange.places import open_place
from mledger.following import Follower
from tests.exchange.test_mirror import notes_of, publish_to, vkey_of

BUCKET = "logs"


@pytest.fixture(scope="module")
def server():
    """A server that keeps objects in memory, with one bucket."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    url = f"http://{host}:{port}"
    with closing(http.client.HTTPConnection(host, port)) as door:
        door.request("PUT", f"/{BUCKET}")
        assert door.getresponse().status == 200
    yield url
    running.stop()


@pytest.fixture
def bucket(server, monkeypatch, request):
    """The address of an empty place in the bucket, and the environment that reaches it."""
    for name, value in (
        ("ENDPOINT_URL", server),
        ("ACCESS_KEY_ID", "test"),
        ("SECRET_ACCESS_KEY", "test"),
        ("REGION", "us-east-1"),
        ("ALLOW_HTTP", "true"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    return f"s3://{BUCKET}/{request.node.name}"


def test_a_log_is_published_to_a_bucket(company, bucket, tmp_path):
    """The log goes to a bucket as it goes to a folder, step by step, and is followed from there."""
    notes, vkey = notes_of(company.path), vkey_of(company.path)
    follower = Follower(Mirrors(tmp_path / "mirrors"), None, company.clock)
    for size in sorted(notes):
        done = publish_to(company.path, notes[size], bucket)
        assert done.size == size
        assert follower.follow(open_place(bucket), bucket, vkey).checkpoint.size == size
    assert publish_to(company.path, notes[size], bucket).files == 0
    folder = tmp_path / "log"
    publish_to(company.path, notes[size], folder)
    place = open_place(bucket)
    for file in folder.rglob("*"):
        if file.is_file():
            assert place.read(str(file.relative_to(folder))) == file.read_bytes()
    assert place.read("tile/7/000") is None


@pytest.mark.parametrize("other", ["fork", "stranger"])
def test_another_history_is_not_put_there(company, bucket, other):
    """What a bucket holds is not replaced by what does not extend it."""
    publish_to(company.path, max(notes_of(company.path).items())[1], bucket)
    held = open_place(bucket).read(CHECKPOINT)
    path = getattr(company, other)
    with pytest.raises(DivergedError):
        publish_to(path, max(notes_of(path).items())[1], bucket)
    assert open_place(bucket).read(CHECKPOINT) == held


def test_two_publish_to_a_bucket_at_once(bucket):
    """An object is never changed, and a checkpoint only if it is still the one that was read."""
    one, other = open_place(bucket), open_place(bucket)
    assert one.create("tile/0/000", b"x") is True
    assert other.create("tile/0/000", b"x") is False
    with pytest.raises(DivergedError):
        other.create("tile/0/000", b"y")
    one.replace(CHECKPOINT, b"first", None)
    with pytest.raises(ConflictError):
        other.replace(CHECKPOINT, b"second", None)
    assert one.read(CHECKPOINT) == other.read(CHECKPOINT) == b"first"
    one.replace(CHECKPOINT, b"second", b"first")
    with pytest.raises(ConflictError):
        other.replace(CHECKPOINT, b"third", b"first")
    assert other.read(CHECKPOINT) == b"second"


def test_a_bucket_that_is_not_there(bucket, server, monkeypatch):
    """A bucket that nobody made, or a server that is gone, is told in one line, to be tried again."""
    with pytest.raises(RetryError) as refused:
        open_place("s3://nobody/x").create("a", b"")
    assert "\n" not in refused.value.message
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(RetryError):
        open_place(bucket).read(CHECKPOINT)
    with pytest.raises(InputError):
        open_place("s3://")


def test_no_credentials_are_looked_for_elsewhere(bucket, monkeypatch):
    """Without credentials in the environment requests go unsigned, to the endpoint that was named alone."""
    open_place(bucket).create("a", b"private")
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.delenv(f"AWS_{name}")
    with pytest.raises(RetryError, match="privileges"):  # what the server itself says of an unsigned request
        open_place(bucket).read("a")
