"""Says in what parts the function reads a bucket, and how much the default model takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from contract.precisions import FP16, FP32, INT8

GET_BYTES = 16 << 20  # at most in one ranged GET: S3 gives a connection 85-90 MB/s, so each takes at most 0.2 s


class Plan(NamedTuple):
    """The bytes of each GET for an answer of longformer-base-4096, by stretches of the file between which are gaps."""

    stretches: tuple[tuple[int, ...], ...]

    @property
    def gets(self) -> tuple[int, ...]:
        """All of them, in the order in which they are asked for."""
        return tuple(size for stretch in self.stretches for size in stretch)

    @property
    def bytes_(self) -> int:
        """All bytes together."""
        return sum(self.gets)


_ROW, _LONG, _END, _START = (2_367_488,), (GET_BYTES, 6_856_704), (GET_BYTES, 2_125_824), (4_730_880,)
PLANS: Mapping[str, Plan] = {
    FP32: Plan((
        *((12_288,), (4_734_976,)),
        *(_ROW, _ROW, _LONG, _ROW, _ROW, _END, _START) * 2,
        *(_ROW, _ROW, _LONG) * 7,
        *(_ROW, _ROW, _END),
    )),
    # A reduced bundle has all numbers of a type together: those in fp32, then the matrices, by layers.
    FP16: Plan((
        (49_152, *(40_960, 36_864, 40_960, 40_960) * 2, 40_960, 36_864, 40_960),
        (14_159_872, *(14_155_776,) * 10, 14_152_616),
    )),
    INT8: Plan((
        (77_824, *(65_536, 69_632) * 5, 65_536),
        (7_081_984, *(7_077_888,) * 10, 7_073_984),
    )),
}  # fmt: skip
"""By the precision of the bundle."""
BUNDLE_BYTES = 598_582_390  # what the whole bundle of that model takes in fp32, with the sample of incidents
