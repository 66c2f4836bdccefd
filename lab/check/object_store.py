"""Measures the object store: the wait for an answer's first byte, and the rate of one connection."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from contract.storages import STORAGES
from lab.check.dimension import Dimension, Reached, Wanted, too_late, too_slow
from lab.check.inside import Inside
from lab.shape.shape import UNSHAPED, Shape

STORAGE = next(each for each in STORAGES.values() if each.opened == "bucket")
_ANSWERS = 5


@dataclass(frozen=True)
class ObjectStore(Dimension):
    """A range of so many bytes of an object, and some short ones, each over a connection of its own."""

    size: int = 64 << 20

    def wanted(self, shape: Shape) -> Sequence[Wanted]:
        """Two figures."""
        if shape.bucket is None:
            return ()
        return (
            Wanted(f"{STORAGE.label}, first byte", "ms", shape.bucket.first_byte_ms),
            Wanted(f"{STORAGE.label}, one connection", "MB/s", shape.bucket.connection / 1e6),
        )

    async def reached(self, inside: Inside) -> Sequence[Reached]:
        """As a function of the lab gets them; without limits, too, where this machine may be why they are not met."""
        first_byte, rate = await self._measured(inside, inside.shape)
        want_first, want_rate = (each.value for each in self.wanted(inside.shape))
        if not (too_late(first_byte, want_first) or too_slow(rate, want_rate)):
            return [Reached(first_byte), Reached(rate)]
        alone_first, alone_rate = await self._measured(inside, UNSHAPED)
        own = first_byte - alone_first <= want_first
        return [
            Reached(first_byte, f"{alone_first:.1f} ms of it are this machine's" if own else None),
            Reached(rate, f"without limits it is {alone_rate:,.0f} MB/s" if alone_rate < want_rate else None),
        ]

    async def _measured(self, inside: Inside, shape: Shape) -> tuple[float, float]:
        """The median wait for the first byte in ms, and the rate in MB/s."""
        holding, name = await inside.holding(STORAGE, shape), inside.bundle.files[0].name
        orders = [{"name": name, "first": at, "last": at + 1} for at in range(_ANSWERS)]
        order = {"do": "fetch", "with": {"ranges": [*orders, {"name": name, "first": 0, "last": self.size - 1}]}}
        found = await inside.ask(order, shape=shape, holding=holding)
        return statistics.median(each["first_byte"] for each in found[:-1]) * 1e3, found[-1]["rate"] / 1e6
