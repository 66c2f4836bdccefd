"""The header of a safetensors file: where each tensor's bytes lie. Needs neither torch nor the safetensors package.

Format: https://huggingface.co/docs/safetensors (8 bytes little-endian header length, JSON, tensor data).
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass

PREFIX = 8
MAX_HEADER = 100_000_000  # the limit of the reference implementation


class DamagedHeader(ValueError):
    """The bytes are not the header of a safetensors file."""


@dataclass(frozen=True)
class Tensor:
    """Where a tensor lies: `offset` and `size` in bytes from the start of the file."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    size: int

    @property
    def end(self) -> int:
        return self.offset + self.size


@dataclass(frozen=True)
class Header:
    """All tensors of a file by name; `size` is the header's own length in bytes, its 8-byte prefix included."""

    size: int
    tensors: dict[str, Tensor]

    @property
    def file_size(self) -> int:
        return max((t.end for t in self.tensors.values()), default=self.size)


def header_size(start: bytes) -> int:
    """Bytes from the start of the file up to the first tensor; raises DamagedHeader."""
    if len(start) < PREFIX:
        raise DamagedHeader(f"only {len(start)} bytes long")
    (length,) = struct.unpack("<Q", start[:PREFIX])
    if length > MAX_HEADER:
        raise DamagedHeader(f"claims a header of {length} bytes")
    return PREFIX + int(length)


def parse(data: bytes) -> Header:
    """Parse the start of a file, which must hold the whole header; raises DamagedHeader."""
    size = header_size(data)
    if len(data) < size:
        raise DamagedHeader(f"header is cut off: {len(data)} of {size} bytes")
    try:
        entries = json.loads(data[PREFIX:size])
        tensors = {
            name: Tensor(
                dtype=entry["dtype"],
                shape=tuple(entry["shape"]),
                offset=size + entry["data_offsets"][0],
                size=entry["data_offsets"][1] - entry["data_offsets"][0],
            )
            for name, entry in entries.items()
            if name != "__metadata__"
        }
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise DamagedHeader(f"header is no valid JSON description of tensors: {error}") from None
    return Header(size, tensors)


def build(tensors: dict[str, tuple[int, ...]], itemsize: int = 4, dtype: str = "F32") -> bytes:
    """The header of a file that holds tensors of one dtype in the given order."""
    entries, offset = {}, 0
    for name, shape in tensors.items():
        size = itemsize
        for dimension in shape:
            size *= dimension
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps({"__metadata__": {"format": "pt"}, **entries}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text
