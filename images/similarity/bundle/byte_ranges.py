"""Plans the fetch: which byte ranges of `model.safetensors` the first answer needs, in which order.

The encoder never reads Longformer's `*_global` projections (no token has global attention), a pooler or the head of
another task, and embedding tables are looked up by row, so of longformer-base-4096's 595 MB the plan takes 340 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from similarity.bundle.encoder_tensors import layer_of
from similarity.bundle.safetensors_header import Header, Tensor


@dataclass(frozen=True)
class Range:
    """Bytes `offset` to `offset + size` of the file."""

    offset: int
    size: int

    @property
    def end(self) -> int:
        return self.offset + self.size


def needed_tensors(header: Header) -> list[str]:
    """Names of the tensors that every answer reads whole, in the order in which the encoder reads them."""
    layers = {name: layer_of(name) for name in header.tensors}
    wanted = [(layer, header.tensors[name].offset, name) for name, layer in layers.items() if layer is not None]
    return [name for _, _, name in sorted(wanted)]


def coalesce(parts: Iterable[Tensor | Range], slack: int) -> list[Range]:
    """Join neighbours that are at most `slack` bytes apart; a join never goes backwards, so the order is kept."""
    ranges: list[Range] = []
    for part in parts:
        last = ranges[-1] if ranges else None
        if last and 0 <= part.offset - last.end <= slack:
            ranges[-1] = Range(last.offset, part.end - last.offset)
        else:
            ranges.append(Range(part.offset, part.size))
    return ranges


def in_file_order(ranges: Iterable[Range]) -> list[Range]:
    """The same ranges in the order of the file, for readers that need all of them anyway."""
    return sorted(ranges, key=lambda wanted: wanted.offset)


def split(ranges: Iterable[Range], chunk: int) -> list[Range]:
    """Cut ranges into requests of at most `chunk` bytes, in the same order."""
    return [
        Range(offset, min(chunk, whole.end - offset))
        for whole in ranges
        for offset in range(whole.offset, whole.end, chunk)
    ]


def share(ranges: Iterable[Range], readers: int, chunk: int) -> list[list[Range]]:
    """Give each reader a contiguous share of about equal size, in requests of at most `chunk` bytes."""
    requests = split(ranges, chunk)
    total = sum(request.size for request in requests)
    shares: list[list[Range]] = [[] for _ in range(readers)]
    before = 0
    for request in requests:
        shares[before * readers // total].append(request)
        before += request.size
    return [part for part in shares if part]


def align(ranges: Sequence[Range], page: int, file_size: int) -> list[Range]:
    """Widen ranges to whole pages, in the same order; a page that two of them share belongs to the earlier one.

    The last page may be cut by the file's end.
    """
    aligned: dict[int, Range] = {}
    covered = 0
    for index, wanted in sorted(enumerate(ranges), key=lambda item: item[1].offset):
        start = max(wanted.offset // page * page, covered)
        covered = max(covered, min(-(-wanted.end // page) * page, file_size))
        if start < covered:
            aligned[index] = Range(start, covered - start)
    return [aligned[index] for index in sorted(aligned)]


def fetch_plan(header: Header, slack: int = 1 << 16, page: int = 1 << 12) -> list[Range]:
    """The ONNX engine's ranges before its first answer: whole pages, with gaps of up to `slack` bytes included."""
    return align(coalesce((header.tensors[name] for name in needed_tensors(header)), slack), page, header.file_size)


def whole_file(header: Header) -> list[Range]:
    """The range for an engine that reads the checkpoint itself: all of it."""
    return [Range(0, header.file_size)]
