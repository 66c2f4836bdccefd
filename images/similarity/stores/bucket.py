"""A bundle in an S3 bucket under a prefix. What the engine maps is fetched into a file below /tmp."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from similarity import plan
from similarity.errors import StoreError
from similarity.parallel import for_each
from similarity.plan import Range
from similarity.stores import Counter
from similarity.stores.directory import FileWeights

if TYPE_CHECKING:
    from obstore import Bytes
    from obstore.store import S3Store

CHUNK = 8 << 20  # bytes a ranged GET: S3 gives a connection 85-90 MB/s, so each takes about 0.1 s
CONNECTIONS = 8  # as many as fill the 1.2 GiB/s that a Lambda environment is given at the start


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
            from obstore.store import S3Store  # 40 ms: not while the module is being imported

            endpoint = os.environ.get("AWS_ENDPOINT_URL_S3")
            self._client = S3Store(
                self.bucket,
                prefix=self.prefix,
                region=os.environ.get("AWS_REGION", "us-east-1"),
                endpoint=endpoint,
                client_options={"allow_http": bool(endpoint and endpoint.startswith("http://"))},
            )
        return self._client

    def read(self, name: str) -> bytes:
        import obstore

        try:
            data = bytes(obstore.get(self.client, name).bytes())
        except Exception as error:  # obstore's own family of errors has no common base below Exception
            raise _unreadable(name, error) from None
        self.fetched.add(len(data))
        return data

    def read_range(self, name: str, wanted: Range) -> Bytes:
        """Bytes of a large object, uncopied; raises StoreError."""
        import obstore

        try:
            data = obstore.get_range(self.client, name, start=wanted.offset, length=wanted.size)
        except Exception as error:
            raise _unreadable(name, error) from None
        if len(data) != wanted.size:
            raise StoreError(name, f"ends at byte {wanted.offset + len(data)} of {wanted.end}")
        self.fetched.add(len(data))
        return data

    def weights(self, name: str, start: int) -> BucketWeights:
        import obstore

        try:
            answer = obstore.get(self.client, name, options={"range": (0, start)})
            size, first = answer.meta["size"], bytes(answer.bytes())
        except Exception as error:
            raise _unreadable(name, error) from None
        self.fetched.add(len(first))
        return BucketWeights(self, name, size, first)


class BucketWeights:
    """A weights object and the sparse file that its fetched ranges go into, at their own offsets.

    The file lies in a directory of this process's own and gets its lasting name, a second link, when all ranges are
    there: under that name it is complete or not there at all. An environment whose process is started again finds it
    and fetches nothing (its engine, and so the plan, never changes). The first name stays, because a session may be
    opening the file at that very moment; what a failed attempt leaves there, the next one removes.
    """

    def __init__(self, store: BucketStore, name: str, size: int, start: bytes) -> None:
        self.size = size
        self.start = start
        self._store = store
        self._name = name
        temporary = Path(tempfile.gettempdir())
        self._complete = temporary / f"model-{store.prefix}.safetensors"
        for leftover in temporary.glob(f"model-{store.prefix}.work-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        self.directory = Path(tempfile.mkdtemp(prefix=f"model-{store.prefix}.work-"))
        if self._complete.exists():
            os.link(self._complete, self.directory / name)
        else:
            with (self.directory / name).open("wb") as file:
                file.truncate(size)

    def read(self, wanted: Range) -> bytes:
        return bytes(self._store.read_range(self._name, wanted))

    def fetch(self, ranges: Sequence[Range]) -> None:
        if self._complete.exists():
            FileWeights(self.directory, self._name, 0, CONNECTIONS, Counter()).fetch(ranges)
            return
        descriptor = os.open(self.directory / self._name, os.O_WRONLY)

        def copy(wanted: Range) -> None:
            data = self._store.read_range(self._name, wanted)
            try:
                written = os.pwrite(descriptor, data, wanted.offset)
            except OSError as error:
                raise StoreError(self._name, f"cannot be kept in the temporary directory: {error.strerror}") from None
            if written != len(data):
                raise StoreError(self._name, "does not fit into the temporary directory")

        try:
            for_each(copy, plan.split(ranges, CHUNK), CONNECTIONS)
            os.link(self.directory / self._name, self._complete)
        finally:
            os.close(descriptor)


def _unreadable(name: str, error: Exception) -> StoreError:
    if isinstance(error, FileNotFoundError):  # obstore's NotFoundError is one
        return StoreError(name, "is missing")
    return StoreError(name, f"cannot be read: {type(error).__name__}")
