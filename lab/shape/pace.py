"""Says when a read of a block device is answered: by the chunks that it touches, or by the stream that it continues."""

from __future__ import annotations

import threading
from typing import Protocol

from lab.shape.shape import FileSystem, ImageChunks


class Pace(Protocol):
    """When reads are answered. All times are seconds of one clock; a pace never waits itself."""

    def due(self, offset: int, size: int, now: float) -> float:
        """The earliest time to answer a read of `size` bytes that arrives `now`."""

    def answered(self, offset: int, size: int) -> None:
        """Note that a read was answered."""


class Flags(Protocol):
    """A small number for each chunk: an array, or a file that is mapped into memory."""

    def __getitem__(self, chunk: int, /) -> int:
        """The flag of a chunk."""

    def __setitem__(self, chunk: int, flag: int, /) -> None:
        """Set it."""


class Chunks:
    """An image whose chunks one environment fetches when it first touches them.

    Chunks that follow one another come one after the other, as the published rates of one reader show, however far the
    kernel reads ahead; chunks apart come at the same time. A chunk comes from its origin if nobody has read it since
    the deployment, and from a cache afterwards. `cached` says which, by 1 or 0; all environments of the image share it.
    `own_ms` is what a chunk takes beside the wait: the first one of a reader waits for so much less.
    """

    def __init__(self, figures: ImageChunks, cached: Flags, own_ms: float = 0.0) -> None:
        self._figures = figures
        self._own = own_ms / 1e3
        self._cached = cached
        self._here: dict[int, float] = {}  # when each chunk that was asked for is in the environment
        self._lock = threading.Lock()

    def due(self, offset: int, size: int, now: float) -> float:
        """When the last of the read's chunks is there; a chunk that another read fetches comes with that one."""
        with self._lock:
            return max((self._arrival(chunk, now) for chunk in self._chunks(offset, size)), default=now)

    def answered(self, offset: int, size: int) -> None:
        """From now on the read's chunks are in the cache, for later environments, too."""
        for chunk in self._chunks(offset, size):
            self._cached[chunk] = 1

    def _arrival(self, chunk: int, now: float) -> float:
        if chunk not in self._here:
            figures = self._figures
            takes = (figures.later_ms if self._cached[chunk] else figures.first_ms) / 1e3
            before = self._here.get(chunk - 1, 0.0)
            self._here[chunk] = max(now + max(0.0, takes - self._own), before + takes if before > now else 0.0)
        return self._here[chunk]

    def _chunks(self, offset: int, size: int) -> range:
        return range(offset // self._figures.chunk, -(-(offset + size) // self._figures.chunk))


class Streams:
    """A file system over a network: reads that continue one another are a stream, which has a rate of its own.

    The kernel reads ahead, so the next read of a stream arrives before the last one is answered. It then waits for it,
    as on a connection. Streams do not wait for each other, until all together reach the client's limit.
    """

    def __init__(self, figures: FileSystem) -> None:
        self._figures = figures
        self._ends: dict[int, float] = {}  # by the offset at which a read ends: when it is answered
        self._client = 0.0  # when the client's link has carried everything so far
        self._lock = threading.Lock()

    def due(self, offset: int, size: int, now: float) -> float:
        """When the stream, and the client's link, have carried the read."""
        pieces = -(-size // self._figures.piece)
        with self._lock:
            self._client = max(self._client, now) + size / self._figures.client
            carried = max(now, self._ends.pop(offset, 0.0)) + pieces * self._figures.piece_ms / 1e3
            self._ends[offset + size] = max(carried, self._client)
            return self._ends[offset + size]

    def answered(self, offset: int, size: int) -> None:
        """Nothing to note: the file system has no cache for later environments."""
