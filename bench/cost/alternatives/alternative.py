"""Says what an alternative is: another way to answer the same requests, which is priced and not measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.cost.keep_alive import KeepAlive
from bench.cost.model import Costs, Terms, Usage
from bench.cost.traffic import Traffic


@dataclass(frozen=True)
class Case:
    """What a month is priced for: the measured costs of a function, and a traffic."""

    costs: Costs
    terms: Terms
    traffic: Traffic
    keep_alive: KeepAlive

    @property
    def requests(self) -> float:
        """Requests a month."""
        return self.traffic.per_month


@dataclass(frozen=True)
class Waits:
    """What is known of how long a caller waits; with nothing of it, nothing is.

    `cold`, `warm` and `ready` (kept ready by provisioned concurrency): such requests take as long as those that were
    measured. `published` is the key of a figure of others, which stands for a cold start.
    """

    cold: bool = False
    warm: bool = False
    ready: bool = False
    published: str | None = None


def _nothing(_: Usage) -> str | None:
    return None


@dataclass(frozen=True)
class Alternative:
    """One way, called `name`.

    `usd` is a month of it. `needs` are the prices that it takes beside those of the function itself, by the function's
    usage. `barred` says why a function cannot be run so, if so. `assumed` says what the price rests on.
    """

    name: str
    usd: Callable[[Case], float]
    needs: Callable[[Usage], tuple[str, ...]]
    waits: Waits
    assumed: str
    barred: Callable[[Usage], str | None] = _nothing
