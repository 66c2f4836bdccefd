"""Says how the lab limits its execution environments, from the published figures of Lambda."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contract.shapes import LAMBDA, NONE, PROCESSOR, SHAPES
from published.read import number

_MB, _KIB, _MIB = 10**6, 1 << 10, 1 << 20


@dataclass(frozen=True)
class Processor:
    """A core for so much memory, given out anew every `period_ms`; during INIT at least `init_cores`."""

    mb_per_core: float
    init_cores: float
    period_ms: float

    def cores(self, memory_mb: int) -> float:
        """The cores that an environment of this memory size gets after INIT."""
        return memory_mb / self.mb_per_core

    def cores_in_init(self, memory_mb: int) -> float:
        """The cores that it gets during INIT."""
        return max(self.init_cores, self.cores(memory_mb))


@dataclass(frozen=True)
class Network:
    """A full bucket of bytes that leaves at `burst`, then `steady`; both in bytes a second, towards the environment."""

    bucket: int
    burst: float
    steady: float


@dataclass(frozen=True)
class Bucket:
    """The object store: the wait for an answer's first byte, and the bytes a second of one connection."""

    first_byte_ms: float
    connection: float


@dataclass(frozen=True)
class FileSystem:
    """The mounted file system: a read of `piece` bytes takes `piece_ms`; all reads together get `client` bytes/s.

    One stream of reads, one after the other, gets `piece` bytes in `piece_ms`; several streams get as often as much.
    """

    piece: int
    piece_ms: float
    client: float

    @property
    def stream(self) -> float:
        """Bytes a second of one stream."""
        return self.piece / self.piece_ms * 1e3


@dataclass(frozen=True)
class ImageChunks:
    """The file system of the image: chunks of so many bytes, and what one takes from a cache or from its origin.

    `cached` says where the chunks are at first; each that is read comes from the cache afterwards.
    """

    chunk: int
    later_ms: float
    first_ms: float
    cached: bool = True


@dataclass(frozen=True)
class Shape:
    """The limits of every execution environment; None where the lab sets none."""

    name: str
    processor: Processor | None = None
    network: Network | None = None
    bucket: Bucket | None = None
    file_system: FileSystem | None = None
    image: ImageChunks | None = None


UNSHAPED = Shape(NONE)


def processor() -> Processor:
    """Lambda's processor share."""
    return Processor(number("mb-per-vcpu").value, number("init-vcpu").value, number("cpu-quantum").value)


def file_system(*, fast: bool) -> FileSystem:
    """EFS in one of the two modes that its reads were seen in: `fast` in 58 % of the environments."""
    stream = number("efs-stream-fast" if fast else "efs-stream-slow").value * _MIB
    return FileSystem(128 * _KIB, 128 * _KIB / stream * 1e3, number("efs-client").value * _MIB)


def like_lambda(*, fast_file_system: bool = True, cached_chunks: bool = True) -> Shape:
    """Lambda by the middle of the published figures.

    They show two modes of the file system, and chunks of the image that are cached or, after a deployment, are not.
    """
    return Shape(
        name=LAMBDA,
        processor=processor(),
        network=Network(
            int(number("network-bucket").value * _MB),
            number("network-burst").value * _MB,
            number("network-steady").value * _MB,
        ),
        bucket=Bucket(number("s3-first-byte").value, number("s3-connection").value * _MB),
        file_system=file_system(fast=fast_file_system),
        image=ImageChunks(
            int(number("image-chunk").value * _KIB),
            number("image-chunk-later").value,
            number("image-chunk-first").value,
            cached=cached_chunks,
        ),
    )


_SHAPES: Mapping[str, Callable[..., Shape]] = {
    UNSHAPED.name: lambda **_: UNSHAPED,
    PROCESSOR: lambda **_: Shape(PROCESSOR, processor()),
    LAMBDA: like_lambda,
}


def shape_named(name: str, *, fast_file_system: bool = True, cached_chunks: bool = True) -> Shape:
    """The limits of a shape; those of Lambda in one of their states. Raises ValueError for an unknown name."""
    if name not in _SHAPES:
        raise ValueError(f"unknown shape {name!r}: it is one of {', '.join(SHAPES)}")
    return _SHAPES[name](fast_file_system=fast_file_system, cached_chunks=cached_chunks)
