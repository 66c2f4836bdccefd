"""Measures the data link: a full bucket of bytes at the burst's rate, then the steady rate."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contract.shapes import TOLERANCE
from lab.check import sender
from lab.check.dimension import Dimension, Reached, Wanted, too_slow
from lab.check.inside import Inside
from lab.host.ports import free_ports
from lab.shape.links import SERVERS
from lab.shape.shape import Network, Shape


@dataclass(frozen=True)
class Line:
    """What a link let through: `bucket` bytes before the rate fell from `burst` to `steady`, in bytes a second."""

    burst: float
    bucket: float
    steady: float


def line_of(seen: Sequence[tuple[float, int]], limits: Network) -> Line:
    """The line that a watched transfer follows: pairs of seconds and bytes so far.

    The end gives the steady rate. Continued back to the beginning, it gives the bytes that were there beside it, from
    which those follow that leave at the wanted burst's rate before it falls. The middle of the first bucket gives the
    burst's rate. A transfer that is over at once has one rate, and all of it was in the bucket.
    """
    first = [each for each in seen if 0.1 * limits.bucket <= each[1] <= 0.8 * limits.bucket]
    past = _emptied(limits) + 0.2 * (seen[-1][1] - _emptied(limits))
    last = [each for each in seen if each[1] >= past]
    if len(first) < 2 or len(last) < 2:
        seconds, size = seen[-1]
        return Line(size / seconds, size, size / seconds)
    steady = _slope(last)
    beside = last[0][1] - steady * last[0][0]
    return Line(_slope(first), beside / (1 - min(steady / limits.burst, 0.99)), steady)


def _emptied(limits: Network) -> float:
    """The bytes after which the bucket is empty, even where the machine carries half of the burst's rate."""
    return limits.bucket * (1 + 2 * limits.steady / limits.burst)


def _slope(points: Sequence[tuple[float, int]]) -> float:
    (began, least), (ended, most) = points[0], points[-1]
    return (most - least) / (ended - began)


def _limits(inside: Inside) -> Network:
    limits = inside.shape.network
    assert limits is not None  # noqa: S101 - or nothing would be wanted
    return limits


@dataclass(frozen=True)
class DataLink(Dimension):
    """The bytes of one connection through the link, from a sender that is faster than it.

    The link is watched until the steady rate has lasted for `seconds`.
    """

    seconds: float = 2.0

    def wanted(self, shape: Shape) -> Sequence[Wanted]:
        """Three figures."""
        limits = shape.network
        if limits is None:
            return ()
        return (
            Wanted("network, burst", "MB/s", limits.burst / 1e6),
            Wanted("network, bucket", "MB", limits.bucket / 1e6),
            Wanted("network, steady", "MB/s", limits.steady / 1e6),
        )

    async def reached(self, inside: Inside) -> Sequence[Reached]:
        """One transfer; another one without limits if this one was too slow."""
        limits = _limits(inside)
        line = line_of(await self._transfer(inside, inside.shape), limits)
        why = None
        if too_slow(line.burst, limits.burst):
            free = await self._transfer(inside, replace(inside.shape, network=None))
            alone = free[-1][1] / free[-1][0]
            why = f"without limits, this link carries {alone / 1e6:,.0f} MB/s" if alone < limits.burst * 1.05 else None
        return [
            Reached(value / 1e6, why if abs(value / want - 1) > TOLERANCE else None)
            for value, want in ((line.burst, limits.burst), (line.bucket, limits.bucket), (line.steady, limits.steady))
        ]

    async def _transfer(self, inside: Inside, shape: Shape) -> list[tuple[float, int]]:
        limits = _limits(inside)
        size = int(_emptied(limits) + limits.steady * self.seconds)
        (port,) = free_ports(1)
        servers = inside.site.servers
        assert servers is not None  # noqa: S101 - a limited network has them
        command = servers.inside(sys.executable, "-I", Path(sender.__file__), SERVERS, str(port))
        process = await inside.site.workspace.serve("shape-check-sender", command)
        try:
            order = {"do": "receive", "with": {"host": SERVERS, "port": port, "size": size}}
            seen = await inside.ask(order, shape=shape)
        finally:
            process.kill()
            await process.wait()
        return [(float(at), int(count)) for at, count in seen]
