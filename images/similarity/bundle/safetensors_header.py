"""Reads the header of a safetensors file, which says where each tensor's bytes lie, without torch or safetensors.

Format: https://huggingface.co/docs/safetensors (8 bytes little-endian header length, JSON, tensor data). Everything
that the reference implementation (safetensors 0.8, `SafeTensors::read_metadata` and `Metadata::validate`) refuses is
refused here, too: a header that lies about its tensors would give wrong weights, and nothing else would notice.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

PREFIX = 8
# The reference allows 100 MB, which would become gigabytes of Python objects; this has room for 30,000 tensors.
MAX_HEADER = 1 << 22
METADATA = "__metadata__"
BITS = {
    **{"BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64},
    **{"F16": 16, "BF16": 16, "F32": 32, "F64": 64, "C64": 64},
    **{"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6},
    **{"F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8},
}
"""Bits of an element, by the format's name of its dtype."""


class DamagedHeader(ValueError):
    """The bytes are not the header of a safetensors file."""


@dataclass(frozen=True)
class Tensor:
    """The place of a tensor: `offset` from the start of the file and `size`, in bytes."""

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
        raise DamagedHeader(f"claims a header of {length} bytes; at most {MAX_HEADER} are read")
    return PREFIX + int(length)


def parse(data: bytes) -> Header:
    """Parse the start of a file, which must hold the whole header; raises DamagedHeader.

    The tensors fill the file from the header to `file_size` without a gap or an overlap. The caller, who may hold its
    start alone, must check that the file ends there.
    """
    size = header_size(data)
    if len(data) < size:
        raise DamagedHeader(f"header is cut off: {len(data)} of {size} bytes")
    entries = _document(data[PREFIX:size])
    if not isinstance(entries, dict):
        raise DamagedHeader("header is not a JSON object")
    _check_metadata(entries.pop(METADATA, None))
    header = Header(size, {name: _tensor(name, entry, size) for name, entry in entries.items()})
    _check_layout(header)
    return header


def _document(text: bytes) -> Any:
    try:
        return json.loads(text.decode(), object_pairs_hook=_object, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise DamagedHeader(f"header is not valid JSON: {error}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    for name in found:
        name.encode()  # a lone surrogate is a ValueError
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


def _check_metadata(metadata: object) -> None:
    texts = [*metadata.values()] if isinstance(metadata, dict) else []
    if metadata is not None and not (isinstance(metadata, dict) and all(isinstance(text, str) for text in texts)):
        raise DamagedHeader(f"{METADATA} is not a table of texts")


def _tensor(name: str, entry: object, start: int) -> Tensor:
    if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= set(entry):
        raise DamagedHeader(f"tensor {name[:80]!r} has no dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise DamagedHeader(f"tensor {name[:80]!r} has the dtype {str(dtype)[:40]!r}, which is unknown")
    if not _counts(shape) or not _counts(offsets) or len(offsets) != 2:
        raise DamagedHeader(f"tensor {name[:80]!r}: shape and data_offsets must be whole numbers of 0 or more")
    begin, end = offsets
    bits = BITS[dtype]
    for dimension in shape:
        bits *= dimension
        if bits >= 1 << 64:
            raise DamagedHeader(f"tensor {name[:80]!r} has a shape that no file can hold")
    if bits % 8 or end - begin != bits // 8:
        raise DamagedHeader(f"tensor {name[:80]!r} takes {end - begin} bytes, its shape and dtype need {bits / 8:g}")
    return Tensor(dtype, tuple(shape), start + begin, end - begin)


def _counts(values: object) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 1 << 64 for value in values)


def _check_layout(header: Header) -> None:
    """Raise DamagedHeader unless each tensor begins where the one before it ends, the first one after the header."""
    expected = header.size
    for name, tensor in sorted(header.tensors.items(), key=lambda item: (item[1].offset, item[1].end)):
        if tensor.offset != expected:
            fault = "overlaps the one before it" if tensor.offset < expected else "leaves a gap before it"
            raise DamagedHeader(f"tensor {name[:80]!r} {fault}")
        expected = tensor.end


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
