"""Measures the mounted file system: the rate of one stream of reads, and of four at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contract.storages import STORAGES
from lab.check.dimension import Dimension, Reached, Wanted, too_slow
from lab.check.inside import Inside
from lab.shape.shape import UNSHAPED, Shape

STORAGE = next(each for each in STORAGES.values() if each.opened == "directory" and not each.baked)
_STREAMS = (1, 4)


@dataclass(frozen=True)
class Streams(Dimension):
    """Each number of streams in an environment of its own; each stream reads so many bytes of one file."""

    size: int = 32 << 20

    def wanted(self, shape: Shape) -> Sequence[Wanted]:
        """A figure for each number of streams; the network's bucket stays fuller than they need."""
        limits = shape.file_system
        if limits is None:
            return ()
        return [
            Wanted(f"{STORAGE.label}, streams: {count}", "MB/s", min(count * limits.stream, limits.client) / 1e6)
            for count in _STREAMS
        ]

    async def reached(self, inside: Inside) -> Sequence[Reached]:
        """As a function of the lab gets them; without limits, too, where one is too slow."""
        rates = [await self._rate(inside, inside.shape, count) for count in _STREAMS]
        wanted = [each.value for each in self.wanted(inside.shape)]
        if not any(map(too_slow, rates, wanted)):
            return [Reached(rate) for rate in rates]
        alone = [await self._rate(inside, UNSHAPED, count) for count in _STREAMS]
        return [
            Reached(rate, f"without limits it is {free:,.0f} MB/s" if too_slow(rate, want) and free < want else None)
            for rate, want, free in zip(rates, wanted, alone, strict=True)
        ]

    async def _rate(self, inside: Inside, shape: Shape, streams: int) -> float:
        """MB/s of all streams together."""
        holding, name = await inside.holding(STORAGE, shape), inside.bundle.files[0].name
        order = {"do": "stream", "with": {"name": name, "streams": streams, "size": self.size}}
        return float(await inside.ask(order, shape=shape, holding=holding)) / 1e6
