"""Measures the share of the processors: processor seconds per second, in INIT and after it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lab.check.dimension import Dimension, Reached, Wanted, too_slow
from lab.check.inside import Inside
from lab.shape.shape import Shape

SIZES_MB = (512, 1024, 1769, 3008)


@dataclass(frozen=True)
class ProcessorTime(Dimension):
    """What the runtime and a child that it has started get together, at these memory sizes, in so many seconds each."""

    sizes_mb: Sequence[int] = SIZES_MB
    seconds: float = 1.0

    def wanted(self, shape: Shape) -> Sequence[Wanted]:
        """A figure for INIT at the smallest size, and one for each size after it."""
        share = shape.processor
        if share is None:
            return ()
        least = self.sizes_mb[0]
        return (
            Wanted(f"processor in INIT, {least:,} MB", "cores", share.cores_in_init(least)),
            *(Wanted(f"processor, {size:,} MB", "cores", share.cores(size)) for size in self.sizes_mb),
        )

    async def reached(self, inside: Inside) -> Sequence[Reached]:
        """One environment for each size."""
        found = [await self._cores(inside, inside.shape, size) for size in self.sizes_mb]
        values = [found[0]["init"], *(each["invocation"] for each in found)]
        wanted = [each.value for each in self.wanted(inside.shape)]
        if not any(map(too_slow, values, wanted)):
            return [Reached(value) for value in values]
        alone = (await self._cores(inside, replace(inside.shape, processor=None), self.sizes_mb[-1]))["invocation"]
        why = f"without a quota, {alone:.2f} of the machine's {os.cpu_count()} cores are free"
        return [
            Reached(value, why if too_slow(value, want) and alone < want else None)
            for value, want in zip(values, wanted, strict=True)
        ]

    async def _cores(self, inside: Inside, shape: Shape, memory_mb: int) -> dict[str, float]:
        order = {"do": "burn", "with": {"seconds": self.seconds}}
        found: dict[str, float] = await inside.ask(order, shape=shape, memory_mb=memory_mb)
        return found
