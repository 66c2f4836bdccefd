"""Reads a bundle from a mounted file system in whole pieces, for one that serves small reads in another way."""

from __future__ import annotations

from collections.abc import Sequence

from contract.readers import NFS
from similarity.bundle import byte_ranges
from similarity.bundle.byte_ranges import Range
from similarity.stores.directory import DirectoryStore, FileWeights


class PieceStore(DirectoryStore):
    """Files directly below `path`, of whose weights every read is of whole pieces of `piece` bytes."""

    def __init__(self, path: str, piece: int) -> None:
        super().__init__(path, NFS, copying=True)
        self._piece = piece

    def weights(self, name: str, start: int, use: str) -> PieceWeights:
        return PieceWeights(self, name, start, self._piece)


class PieceWeights(FileWeights):
    """A weights file that is read by plan and not by page faults, in pieces.

    A range is widened to the pieces that it touches, and pieces that are neighbours are read together. The last piece
    of the file may be shorter.
    """

    def __init__(self, store: PieceStore, name: str, start: int, piece: int) -> None:
        self._piece = piece
        super().__init__(store.path, name, start, store.readers, store.fetched, store.copying)

    def read(self, wanted: Range) -> bytes:
        whole = widened(wanted, self._piece, self.size)
        skipped = wanted.offset - whole.offset
        return super().read(whole)[skipped : skipped + wanted.size]

    def fetch(self, ranges: Sequence[Range]) -> None:
        whole = [widened(each, self._piece, self.size) for each in byte_ranges.in_file_order(ranges)]
        super().fetch(_joined(whole))


def widened(wanted: Range, piece: int, size: int) -> Range:
    """The pieces of a file of `size` bytes that a range touches; a range of no bytes stays as it is."""
    if not wanted.size:
        return wanted
    start, end = wanted.offset // piece * piece, min(-(-wanted.end // piece) * piece, size)
    return Range(start, max(end, wanted.end) - start)


def _joined(ranges: Sequence[Range]) -> list[Range]:
    """Ranges in the order of the file without what two of them share."""
    joined: list[Range] = []
    for each in ranges:
        if joined and each.offset <= joined[-1].end:
            last = joined.pop()
            each = Range(last.offset, max(last.end, each.end) - last.offset)
        joined.append(each)
    return joined
