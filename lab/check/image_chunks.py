"""Measures the image's file system: what the first read of a chunk takes after a deployment, and what a later one."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from contract.shapes import TOLERANCE
from contract.storages import STORAGES
from lab.check.dimension import Dimension, Reached, Wanted
from lab.check.inside import Inside
from lab.shape.shape import UNSHAPED, Shape

STORAGE = next(each for each in STORAGES.values() if each.baked)


@dataclass(frozen=True)
class ChunkTimes(Dimension):
    """Reads of one page in so many chunks that were not read before, one after the other, in two environments.

    The lab takes off what such a read takes on this machine beside the wait, as it was when the image was made. A
    machine that was busy then and is not now, or the other way round, explains a difference of no more than that.
    """

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
        if not any(map(_off, times, wanted)):
            return [Reached(time) for time in times]
        own = await self._median_ms(inside, UNSHAPED)
        return [
            Reached(time, _bound(time - want, own) if _off(time, want) else None)
            for time, want in zip(times, wanted, strict=True)
        ]

    async def _median_ms(self, inside: Inside, shape: Shape) -> float:
        limits = inside.shape.image
        assert limits is not None  # noqa: S101 - or nothing would be wanted
        holding, name = await inside.holding(STORAGE, shape), inside.bundle.files[0].name
        order = {"do": "touch", "with": {"name": name, "chunk": limits.chunk, "count": self.count}}
        seconds: list[float] = await inside.ask(order, shape=shape, holding=holding)
        return statistics.median(seconds) * 1e3


def _off(time: float, want: float) -> bool:
    return abs(time / want - 1) > TOLERANCE


def _bound(late: float, own: float) -> str | None:
    """Why the machine is so many ms late, or early; None if what it takes itself does not explain that."""
    if 0 < late <= 2 * own:
        return f"{own:.2f} ms of it are this machine's"
    if -own <= late < 0:
        return f"the lab took more off than the {own:.2f} ms that are this machine's now"
    return None
