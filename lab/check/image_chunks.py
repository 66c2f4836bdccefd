"""Measures the image's file system: what the first read of a chunk takes after a deployment, and what a later one."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from contract.storages import STORAGES
from lab.check.dimension import Dimension, Reached, Wanted, too_late
from lab.check.inside import Inside
from lab.shape.shape import UNSHAPED, Shape

STORAGE = next(each for each in STORAGES.values() if each.baked)


@dataclass(frozen=True)
class ChunkTimes(Dimension):
    """Reads of one page in so many chunks that were not read before, one after the other, in two environments."""

    count: int = 24

    def wanted(self, shape: Shape) -> Sequence[Wanted]:
        """Two figures."""
        if shape.image is None:
            return ()
        return (
            Wanted(f"{STORAGE.label}, chunk after a deployment", "ms", shape.image.first_ms),
            Wanted(f"{STORAGE.label}, chunk read before", "ms", shape.image.later_ms),
        )

    async def reached(self, inside: Inside) -> Sequence[Reached]:
        """The second environment reads the chunks that the first one has read."""
        times = [await self._median_ms(inside, inside.shape) for _ in range(2)]
        wanted = [each.value for each in self.wanted(inside.shape)]
        if not any(map(too_late, times, wanted)):
            return [Reached(time) for time in times]
        own = await self._median_ms(inside, UNSHAPED)
        return [
            Reached(time, f"{own:.2f} ms of it are this machine's" if 0 < time - want <= 2 * own else None)
            for time, want in zip(times, wanted, strict=True)
        ]

    async def _median_ms(self, inside: Inside, shape: Shape) -> float:
        limits = inside.shape.image
        assert limits is not None  # noqa: S101 - or nothing would be wanted
        holding, name = await inside.holding(STORAGE, shape), inside.bundle.files[0].name
        order = {"do": "touch", "with": {"name": name, "chunk": limits.chunk, "count": self.count}}
        seconds: list[float] = await inside.ask(order, shape=shape, holding=holding)
        return statistics.median(seconds) * 1e3
