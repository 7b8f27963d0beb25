"""The tests that every store's attachments must pass; see `store_contract`."""

import hashlib
from abc import abstractmethod

from mledger.attachment import MAX_ATTACHMENT
from mledger.errors import ConflictError
from mledger.stores import LedgerStore
from mledger.stores.base import EMPTY_HEAD, Kept
from mledger.testing.samples import refused, sample_run


def kept(data: bytes) -> Kept:
    """These bytes under their name."""
    return Kept(hashlib.sha256(data).digest(), data)


class AttachmentContract:
    """What `mledger.stores.base.Attachments` promises, as tests."""

    @abstractmethod
    def make(self) -> LedgerStore:
        """A new, empty store."""

    def test_no_attachment_is_kept_at_first(self) -> None:
        """A new store keeps no file."""
        store = self.make()
        assert store.attachments() == []
        assert store.attachment(bytes(32)) is None

    def test_attachments_come_with_entries(self) -> None:
        """Files come back byte for byte, under their names, in the order of these."""
        store = self.make()
        files = [kept(data) for data in (b"", b"\0\xff\r\n", b"text", bytes(300_000))]
        store.append(sample_run(0, 2), [], after=EMPTY_HEAD, attachments=files)
        assert store.attachments() == sorted((file.sha256, len(file.data)) for file in files)
        assert [store.attachment(file.sha256) for file in files] == [file.data for file in files]

    def test_the_largest_attachment_is_kept(self) -> None:
        """A file of as many bytes as may be."""
        store, file = self.make(), kept(bytes(MAX_ATTACHMENT))
        store.append(sample_run(0, 1), [], after=EMPTY_HEAD, attachments=[file])
        assert store.attachment(file.sha256) == file.data

    def test_an_attachment_is_kept_once(self) -> None:
        """A file that is there already, or comes twice, is one file."""
        store, file = self.make(), kept(b"the same")
        store.append(sample_run(0, 1), [], after=EMPTY_HEAD, attachments=[file, file])
        store.append(sample_run(1, 1), [], after=store.head(), attachments=[file])
        assert store.attachments() == [(file.sha256, 8)]

    def test_an_append_that_fails_keeps_no_attachment(self) -> None:
        """With the entries the files are refused too."""
        store = self.make()
        store.append(sample_run(0, 1), [], after=EMPTY_HEAD)
        lost = [kept(b"lost")]
        refused(
            ConflictError,
            lambda: store.append(sample_run(0, 1), [], after=EMPTY_HEAD, attachments=lost),
        )
        assert store.attachments() == []
