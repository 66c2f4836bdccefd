"""A bundle in an S3 bucket under a prefix. What the engine maps is fetched into a file below /tmp."""

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
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from similarity import log, plan
from similarity.errors import StoreError
from similarity.parallel import for_each
from similarity.plan import Range
from similarity.stores import Counter
from similarity.stores.directory import FileWeights

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Store

CHUNK = 16 << 20  # bytes a ranged GET: S3 gives a connection 85-90 MB/s, so each takes at most 0.2 s
PIECE = 1 << 18  # bytes from the connection to the file: small ones need no fresh memory (340 MB: 190 ms of CPU less)
CONNECTIONS = 8  # as many as fill the 1.2 GiB/s that a Lambda environment is given at the start
# A store that hangs becomes an error that names the file, before the HTTP API gives up.
CLIENT: ClientConfig = {"connect_timeout": "3s", "timeout": "12s"}
RETRIES: RetryConfig = {"max_retries": 2, "retry_timeout": timedelta(seconds=12)}


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
            from obstore.store import S3Store  # 12 ms with the client: not while the module is being imported

            endpoint = os.environ.get("AWS_ENDPOINT_URL_S3")
            self._client = S3Store(
                self.bucket,
                prefix=self.prefix,
                region=os.environ.get("AWS_REGION", "us-east-1"),
                endpoint=endpoint,
                client_options={**CLIENT, "allow_http": bool(endpoint and endpoint.startswith("http://"))},
                retry_config=RETRIES,
            )
        return self._client

    def read(self, name: str) -> bytes:
        """An object, whole; a large one, as the vectors of a million incidents are (3 GB), over all connections."""
        size, first = self._start_of(name, CHUNK)
        self.fetched.add(len(first))
        if len(first) >= size:
            return first
        whole = io.BytesIO(first)  # gives its bytes away without a copy, which would take the memory twice
        whole.seek(size - 1)
        whole.write(b"\0")

        def copy(wanted: Range) -> None:
            place = wanted.offset
            for piece in self.stream_range(name, wanted):
                memory[place : place + len(piece)] = piece
                place += len(piece)

        with whole.getbuffer() as memory:
            for_each(copy, plan.split([Range(len(first), size - len(first))], CHUNK), CONNECTIONS)
        return whole.getvalue()

    def read_range(self, name: str, wanted: Range) -> bytes:
        """Bytes of a large object; raises StoreError."""
        return b"".join(self.stream_range(name, wanted))

    def stream_range(self, name: str, wanted: Range) -> Iterator[bytes]:
        """Bytes of a large object, uncopied, in pieces as they come; raises StoreError."""
        import obstore

        received = 0
        try:
            answer = obstore.get(self.client, name, options={"range": (wanted.offset, wanted.end)})
            for piece in answer.stream(min_chunk_size=PIECE):
                received += len(piece)
                yield piece
        except Exception as error:
            raise _unreadable(name, error) from None
        if received != wanted.size:
            raise StoreError(name, f"ends at byte {wanted.offset + received} of {wanted.end}")
        self.fetched.add(received)

    def weights(self, name: str, start: int, use: str) -> BucketWeights:
        size, first = self._start_of(name, start)
        self.fetched.add(len(first))
        return BucketWeights(self, name, size, first, use)

    def _start_of(self, name: str, start: int) -> tuple[int, bytes]:
        """Size and first bytes of an object, in one round trip."""
        import obstore

        try:
            answer = obstore.get(self.client, name, options={"range": (0, start)})
            return answer.meta["size"], bytes(answer.bytes())
        except Exception as error:  # obstore's own family of errors has no common base below Exception
            if "status code: 416" in str(error):  # Range Not Satisfiable: there is an object, and it is empty
                return 0, b""
            raise _unreadable(name, error) from None


class BucketWeights:
    """A weights object and the sparse file that its fetched ranges go into, at their own offsets.

    The file lies in a directory of this process's own and gets its lasting name, a second link, when all ranges are
    there: under that name it is complete or not there at all. An environment whose process is started again finds it
    and fetches nothing. The first name stays, because a session may be opening the file at that very moment; what a
    failed attempt leaves there, the next one removes.
    """

    def __init__(self, store: BucketStore, name: str, size: int, start: bytes, use: str) -> None:
        self.size = size
        self.start = start
        self._store = store
        self._name = name
        temporary = Path(tempfile.gettempdir())
        key = hashlib.sha256(f"{store.bucket}/{store.prefix}/{use}".encode()).hexdigest()[:16]
        self._complete = temporary / f"model-{key}.safetensors"
        for leftover in temporary.glob(f"model-{key}.work-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        with self._kept():
            self.directory = Path(tempfile.mkdtemp(prefix=f"model-{key}.work-"))
            if self._complete.exists():
                os.link(self._complete, self.directory / name)
            else:
                with (self.directory / name).open("wb") as file:
                    file.truncate(size)

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Tells failures of the temporary directory from those of the store."""
        try:
            yield
        except OSError as error:
            log.error("temporary directory", error)
            raise StoreError(self._name, f"cannot be kept in the temporary directory: {error.strerror}") from None

    def read(self, wanted: Range) -> bytes:
        return self._store.read_range(self._name, wanted)

    def fetch(self, ranges: Sequence[Range]) -> None:
        if self._complete.exists():
            FileWeights(self.directory, self._name, 0, CONNECTIONS, Counter()).fetch(ranges)
            return
        # Of one file's writers the kernel lets one in, and the others spin: here they sleep (20 % less CPU for it all).
        writing = threading.Lock()
        with self._kept(), (self.directory / self._name).open("r+b", buffering=0) as file:

            def copy(wanted: Range) -> None:
                offset = wanted.offset
                for piece in self._store.stream_range(self._name, wanted):
                    with writing:
                        written = os.pwrite(file.fileno(), piece, offset)
                    if written != len(piece):
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    offset += len(piece)

            # A store that keeps the object on a disk reads ahead in the file's order: 8 % less, these chunks included.
            for_each(copy, plan.split(plan.in_file_order(ranges), CHUNK), CONNECTIONS)
            os.link(self.directory / self._name, self._complete)


def _unreadable(name: str, error: Exception) -> StoreError:
    log.error("store", error)
    if isinstance(error, FileNotFoundError):  # obstore's NotFoundError is one
        return StoreError(name, "is missing")
    return StoreError(name, f"cannot be read: {type(error).__name__}")
