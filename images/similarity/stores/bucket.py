"""Reads a bundle from an S3 bucket, and fetches what the engine maps into a file below /tmp or in memory."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from contract.bucket import GET_BYTES
from contract.environment import CREDENTIALS_URI, FETCH_INTO_MEMORY, REGION, S3_ENDPOINT, switched_on
from contract.readers import BUCKET
from similarity.base import log
from similarity.base.errors import Replaced, StoreError
from similarity.base.parallel import for_each
from similarity.bundle import byte_ranges
from similarity.bundle.byte_ranges import Range
from similarity.stores import Counter, readers
from similarity.stores.directory import FileWeights
from similarity.stores.fetched_file import FetchedFile, MemoryFile, TemporaryFile

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ClientConfig, RetryConfig, S3CredentialProvider, S3Store

PIECE = 1 << 18  # bytes from the connection to the file: small ones need no fresh memory (340 MB: 190 ms of CPU less)
# A store that hangs becomes an error that names the file, before the HTTP API gives up. One that is busy (503 SlowDown,
# 500, 429) or drops connections is asked again, at most a second apart, for 12 s: that is past INIT, which ends at 8 s
# and leaves loading to the first invocation, and the last try may hang and still end within the API's 28 s.
CLIENT: ClientConfig = {"connect_timeout": "3s", "timeout": "12s"}
PATIENCE = timedelta(seconds=12)
RETRIES: RetryConfig = {
    "max_retries": 100,  # the time is what counts
    "retry_timeout": PATIENCE,
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=1), "base": 2},
}


@dataclass(frozen=True)
class Version:
    """One state of an object, by its ETag (None if the store has none), and its size in bytes."""

    tag: str | None
    size: int


class BucketStore:
    """Objects `prefix/name` of `bucket`; credentials, region and endpoint come from the environment, as in any SDK."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self.bucket = bucket
        self.prefix = prefix
        self.fetched = Counter()
        self._client: S3Store | None = None
        self._opening = threading.Lock()
        self._file: FetchedFile | None = None

    @property
    def client(self) -> S3Store:
        """One for all threads, because each has connections of its own, and asks for credentials."""
        with self._opening:
            if self._client is None:
                self._client = self._open()
            return self._client

    def _open(self) -> S3Store:
        from obstore.store import S3Store  # 12 ms with the client, so not while the module is being imported

        endpoint = os.environ.get(S3_ENDPOINT)
        return S3Store(
            self.bucket,
            prefix=self.prefix,
            region=os.environ.get(REGION, "us-east-1"),
            endpoint=endpoint,
            client_options={**CLIENT, "allow_http": bool(endpoint and endpoint.startswith("http://"))},
            retry_config=RETRIES,
            credential_provider=_provider(),
        )

    def reopen(self) -> None:
        """The next request is the first of a new client: with connections and credentials of its own."""
        self._client = None

    def read(self, name: str) -> bytes:
        """A whole object; a large one, such as the vectors of a million incidents (3 GB), over several connections."""
        version, first = self._start_of(name, GET_BYTES)
        size = version.size
        self.fetched.add(len(first))
        if len(first) >= size:
            return first
        whole = io.BytesIO(first)  # returns its bytes without a copy, which would take the memory twice
        whole.seek(size - 1)
        whole.write(b"\0")

        def copy(wanted: Range) -> None:
            place = wanted.offset
            for piece in self.stream_range(name, wanted, version):
                memory[place : place + len(piece)] = piece
                place += len(piece)

        with whole.getbuffer() as memory:
            for_each(copy, byte_ranges.split([Range(len(first), size - len(first))], GET_BYTES), readers(BUCKET))
        return whole.getvalue()

    def read_range(self, name: str, wanted: Range, version: Version) -> bytes:
        """Bytes of this version of a large object; raises StoreError, Replaced if there is another one now."""
        return b"".join(self.stream_range(name, wanted, version))

    def stream_range(self, name: str, wanted: Range, version: Version) -> Iterator[bytes]:
        """Bytes of this version of a large object, uncopied, in pieces as they come; raises as `read_range` does."""
        import obstore

        received = 0
        try:
            answer = obstore.get(self.client, name, options=_ranged(wanted, version))
            for piece in answer.stream(min_chunk_size=PIECE):
                received += len(piece)
                yield piece
        except Exception as error:
            raise _unreadable(name, error) from None
        if received != wanted.size:
            raise StoreError(name, f"ends at byte {wanted.offset + received} of {wanted.end}")
        self.fetched.add(received)

    def weights(self, name: str, start: int, use: str) -> BucketWeights:
        version, first = self._start_of(name, start)
        self.fetched.add(len(first))
        with keeping(name):
            if self._file:
                self._file.close()  # of an attempt that failed
            self._file = self._new_file(name, version, use)
        return BucketWeights(self, name, version, first, self._file)

    def _new_file(self, name: str, version: Version, use: str) -> FetchedFile:
        key = _short_hash(f"{self.bucket}/{self.prefix}/{use}")
        if switched_on(os.environ.get(FETCH_INTO_MEMORY)):
            return MemoryFile(name, version.size, key)
        state = None if version.tag is None else _short_hash(f"{version.tag} {version.size}")
        return TemporaryFile(name, version.size, key, state)

    def _start_of(self, name: str, start: int) -> tuple[Version, bytes]:
        """The present version of an object and its first bytes, in one round trip."""
        import obstore

        try:
            answer = obstore.get(self.client, name, options={"range": (0, start)})
            return Version(answer.meta["e_tag"], answer.meta["size"]), bytes(answer.bytes())
        except Exception as error:  # obstore's own errors have no common base below Exception
            if _refused(error, 416):  # Range Not Satisfiable: there is an object, and it is empty
                return Version(None, 0), b""
            raise _unreadable(name, error) from None


class BucketWeights:
    """A weights object, and the file that its fetched ranges go into."""

    def __init__(self, store: BucketStore, name: str, version: Version, start: bytes, file: FetchedFile) -> None:
        self.size = version.size
        self.start = start
        self._version = version
        self._store = store
        self._name = name
        self._file = file
        self.directory, self.path = file.directory, file.path

    def read(self, wanted: Range) -> bytes:
        return self._store.read_range(self._name, wanted, self._version)

    def fetch(self, ranges: Sequence[Range]) -> None:
        if self._file.is_whole:
            self.read(Range(0, 1))  # this version must still be there after the manifest was read, as in a fetch
            FileWeights(self.directory, self._name, 0, BUCKET, Counter()).fetch(ranges)
            return
        # The kernel lets one writer into a file, and the others spin: here they sleep (20 % less CPU in all).
        writing = threading.Lock()
        with keeping(self._name, self._file.place), self.path.open("r+b", buffering=0) as file:

            def copy(wanted: Range) -> None:
                offset = wanted.offset
                for piece in self._store.stream_range(self._name, wanted, self._version):
                    with writing:
                        written = os.pwrite(file.fileno(), piece, offset)
                    if written != len(piece):
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    offset += len(piece)

            # A store that keeps the object on a disk reads ahead in the file's order: 8 % less time, with these chunks.
            for_each(copy, byte_ranges.split(byte_ranges.in_file_order(ranges), GET_BYTES), readers(BUCKET))
            self._file.keep()

    def check(self) -> None:
        """The mapped file is this process's own."""


@contextmanager
def keeping(name: str, place: str = TemporaryFile.place) -> Iterator[None]:
    """Distinguish failures of the place for what is fetched from those of the store."""
    try:
        yield
    except OSError as error:
        log.error(place, error)
        raise StoreError(name, f"cannot be kept in {place}: {error.strerror}") from None


def _provider() -> S3CredentialProvider | None:
    """Who gives the credentials; None if they are in the environment."""
    if CREDENTIALS_URI not in os.environ:
        return None
    from similarity.stores import credentials  # where Lambda takes snapshots, and nowhere else

    return credentials.present


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _ranged(wanted: Range, version: Version) -> GetOptions:
    """A range of one version: the store answers 412 if it has another one."""
    options: GetOptions = {"range": (wanted.offset, wanted.end)}
    if version.tag is not None:
        options["if_match"] = version.tag
    return options


def _refused(error: Exception, status: int) -> bool:
    """Whether the store's last answer had this HTTP status, which obstore reports only in text."""
    return f"returned non-2xx status code: {status} " in str(error)


def _unreadable(name: str, error: Exception) -> StoreError:
    log.error("store", error)
    # It uses the status, not obstore's classes: if a body broke off and the request for its rest was refused, the error
    # is a GenericError around the one that says why.
    if isinstance(error, FileNotFoundError) or _refused(error, 404):
        return StoreError(name, "is missing")
    if _refused(error, 412):
        return Replaced(name)
    return StoreError(name, f"cannot be read: {type(error).__name__}")
