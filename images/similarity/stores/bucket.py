"""Reads a bundle from an S3 bucket, and fetches what the engine maps into a file below /tmp."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from contract.bucket import GET_BYTES
from contract.environment import REGION, S3_ENDPOINT
from contract.readers import BUCKET
from similarity.base import log
from similarity.base.errors import Replaced, StoreError
from similarity.base.parallel import for_each
from similarity.bundle import byte_ranges
from similarity.bundle.byte_ranges import Range
from similarity.stores import Counter, readers
from similarity.stores.directory import FileWeights

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ClientConfig, RetryConfig, S3Store

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

    @property
    def client(self) -> S3Store:
        if self._client is None:
            from obstore.store import S3Store  # 12 ms with the client, so not while the module is being imported

            endpoint = os.environ.get(S3_ENDPOINT)
            self._client = S3Store(
                self.bucket,
                prefix=self.prefix,
                region=os.environ.get(REGION, "us-east-1"),
                endpoint=endpoint,
                client_options={**CLIENT, "allow_http": bool(endpoint and endpoint.startswith("http://"))},
                retry_config=RETRIES,
            )
        return self._client

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
        return BucketWeights(self, name, version, first, use)

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
    """A weights object and the sparse file that its fetched ranges go into, at their own offsets.

    The file lies in this process's own directory and gets its lasting name, a second link, when all ranges are there:
    under that name it is complete or absent. If the environment's process is started again, it finds the file and
    fetches nothing. The first name stays, because a session may be opening the file at that moment; the next attempt
    removes what a failed one leaves there. The lasting name contains the object's version, and a file of another
    version is removed: /tmp has room for one.
    """

    def __init__(self, store: BucketStore, name: str, version: Version, start: bytes, use: str) -> None:
        self.size = version.size
        self.start = start
        self._version = version
        self._store = store
        self._name = name
        temporary = Path(tempfile.gettempdir())
        key = hashlib.sha256(f"{store.bucket}/{store.prefix}/{use}".encode()).hexdigest()[:16]
        state = hashlib.sha256(f"{version.tag} {version.size}".encode()).hexdigest()[:16]
        self._complete = temporary / f"model-{key}-{state}.safetensors"
        for leftover in temporary.glob(f"model-{key}.work-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        for kept in temporary.glob(f"model-{key}-*.safetensors"):
            if kept != self._complete:
                kept.unlink(missing_ok=True)
        with self._kept():
            self.directory = Path(tempfile.mkdtemp(prefix=f"model-{key}.work-"))
            if self._kept_is_whole():
                os.link(self._complete, self.directory / name)
            else:
                with (self.directory / name).open("wb") as file:
                    file.truncate(version.size)

    def _kept_is_whole(self) -> bool:
        """Whether this version was fetched before; one without an ETag cannot be recognised."""
        return self._version.tag is not None and self._complete.exists()

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Distinguish failures of the temporary directory from those of the store."""
        try:
            yield
        except OSError as error:
            log.error("temporary directory", error)
            raise StoreError(self._name, f"cannot be kept in the temporary directory: {error.strerror}") from None

    def read(self, wanted: Range) -> bytes:
        return self._store.read_range(self._name, wanted, self._version)

    def fetch(self, ranges: Sequence[Range]) -> None:
        if self._kept_is_whole():
            self.read(Range(0, 1))  # this version must still be there after the manifest was read, as in a fetch
            FileWeights(self.directory, self._name, 0, BUCKET, Counter()).fetch(ranges)
            return
        # The kernel lets one writer into a file, and the others spin: here they sleep (20 % less CPU in all).
        writing = threading.Lock()
        with self._kept(), (self.directory / self._name).open("r+b", buffering=0) as file:

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
            self._complete.unlink(missing_ok=True)
            os.link(self.directory / self._name, self._complete)

    def check(self) -> None:
        """The mapped file is this process's own."""


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
