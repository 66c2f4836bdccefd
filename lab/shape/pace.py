"""Says when a read of a block device is answered: by the chunks that it touches, or by the stream that it continues."""

from __future__ import annotations

import threading
from dataclasses import dataclass
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
    kernel reads ahead, and whichever of its reads arrives first; chunks apart come at the same time. A chunk comes from
    its origin if nobody has read it since the deployment, and from a cache afterwards. `cached` says which, by 1 or 0;
    all environments of the image share it.
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
            takes = self._takes(chunk)
            before = self._here.get(chunk - 1, 0.0)
            self._here[chunk] = max(now + max(0.0, takes - self._own), before + takes if before > now else 0.0)
            self._put_off(chunk + 1, now)
        return self._here[chunk]

    def _put_off(self, chunk: int, now: float) -> None:
        """Let the chunks from this one on come after the one before them, if they are on their way and overtook it."""
        while now < self._here.get(chunk, 0.0) < (after := self._here[chunk - 1] + self._takes(chunk)):
            self._here[chunk] = after
            chunk += 1

    def _takes(self, chunk: int) -> float:
        return (self._figures.later_ms if self._cached[chunk] else self._figures.first_ms) / 1e3

    def _chunks(self, offset: int, size: int) -> range:
        return range(offset // self._figures.chunk, -(-(offset + size) // self._figures.chunk))


@dataclass
class _Stream:
    """Reads that continue one another: where and when the first arrived, when it and the last are answered."""

    start: int
    begun: float
    first: float
    last: float


class Streams:
    """A file system over a network: reads that continue one another are a stream, which has a rate of its own.

    The kernel reads ahead, so the next read of a stream arrives before the last one is answered. It then waits for it,
    as on a connection. A read may also arrive before the one that it continues: what follows then waits for both.
    Streams do not wait for each other, until all together reach the client's limit.
    """

    def __init__(self, figures: FileSystem) -> None:
        self._figures = figures
        self._by_start: dict[int, _Stream] = {}
        self._by_end: dict[int, _Stream] = {}
        self._client = 0.0  # when the client's link has carried everything so far
        self._lock = threading.Lock()

    def due(self, offset: int, size: int, now: float) -> float:
        """When the stream, and the client's link, have carried the read."""
        takes = -(-size // self._figures.piece) * self._figures.piece_ms / 1e3
        with self._lock:
            self._client = max(self._client, now) + size / self._figures.client
            stream = self._by_end.pop(offset, None)
            answered = max((max(now, stream.last) if stream else now) + takes, self._client)
            if stream:
                stream.last = answered
            else:
                stream = self._by_start[offset] = _Stream(offset, now, answered, answered)
            self._join(stream, offset + size, now)
            return answered

    def _join(self, stream: _Stream, end: int, now: float) -> None:
        """Note where the stream ends, or put what overtook its last read, and is still on its way, behind it."""
        later = self._by_start.get(end)
        if later is None or later.first <= now:
            self._by_end[end] = stream
            return
        later.last += stream.last - later.begun
        later.start, later.begun, later.first = stream.start, stream.begun, stream.first
        self._by_start[later.start] = later
        del self._by_start[end]

    def answered(self, offset: int, size: int) -> None:
        """Nothing to note: the file system has no cache for later environments."""
