"""Computes what a backend costs on AWS: pure arithmetic on measured durations and a price table.

A bill is a sum, so a request costs what the mean of all billed requests costs, not the median one. A GB is 2**30 bytes,
as AWS bills it (https://aws.amazon.com/s3/faqs/: "1 GB / 1,073,741,824 bytes").

Assumes: INIT is billed (for every package type since 2025-08-01); Lambda bills whole milliseconds; reading S3 from
Lambda in the same region through a gateway endpoint is free but for the GETs; EFS has elastic throughput; pulling an
image is free; no free tier.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.cost.prices import Prices
from bench.process.errors import UsageError
from bench.stats.clusters import mean_interval
from bench.stats.quantiles import Interval
from contract.bucket import PLAN_BYTES, PLAN_GETS
from contract.storages import Charges, storage

HOURS_PER_MONTH = 730
_GB = 2**30
FREE_EPHEMERAL_MB = 512


@dataclass(frozen=True)
class Assumptions:
    """Values that a run cannot measure. Sizes in bytes; `endpoints` counts interface endpoints times zones."""

    stored_bytes: float = 620e6
    image_base_bytes: float = 250e6
    get_bytes: float = PLAN_BYTES / PLAN_GETS
    log_bytes_per_request: float = 600.0
    endpoints: int = 0


@dataclass(frozen=True)
class Usage:
    """What Lambda's bill for a backend depends on, apart from its requests."""

    backend: str
    architecture: str
    memory_mb: int
    ephemeral_mb: int = FREE_EPHEMERAL_MB


@dataclass(frozen=True)
class Billed:
    """One request as it is billed: ms (INIT included) and the bytes that it read from the store."""

    ms: float
    fetched_bytes: float = 0.0


@dataclass(frozen=True)
class Costs:
    """In USD, means: one cold start (request included), one warm request, and a month without any request.

    The intervals (95 %) are of the means, with visits as the units; None where there were too few visits.
    """

    cold_start: float
    warm_request: float
    idle_month: float
    cold_start_interval: Interval | None = None
    warm_request_interval: Interval | None = None

    def thousand(self, cold_share: float) -> float:
        """A thousand requests of which this share are cold starts."""
        return 1000 * (cold_share * self.cold_start + (1 - cold_share) * self.warm_request)

    def month(self, requests: float, cold_share: float) -> float:
        """A month with so many requests."""
        return self.idle_month + requests / 1000 * self.thousand(cold_share)

    def month_interval(self, requests: float, cold_share: float) -> Interval | None:
        """The interval (95 %) of `month`: cold starts and warm requests are measured apart, so squares add."""
        cold, warm = self.cold_start_interval, self.warm_request_interval
        if cold is None or warm is None:
            return None
        warm_share, middle = 1 - cold_share, self.month(requests, cold_share)
        below = math.hypot(cold_share * (self.cold_start - cold.low), warm_share * (self.warm_request - warm.low))
        above = math.hypot(cold_share * (cold.high - self.cold_start), warm_share * (warm.high - self.warm_request))
        return Interval(max(self.idle_month, middle - requests * below), middle + requests * above)


def costs(
    usage: Usage,
    cold: Sequence[Sequence[Billed]],
    warm: Sequence[Sequence[Billed]],
    prices: Prices,
    assumptions: Assumptions,
) -> Costs:
    """The costs of a backend from its cold and warm requests, grouped by visit. Raises ValueError if there are none."""
    usd = [[[request_usd(usage, one, prices, assumptions) for one in v] for v in state] for state in (cold, warm)]
    idle = assumptions.endpoints * HOURS_PER_MONTH * prices["interface_endpoint_hour"]
    return Costs(
        cold_start=_mean(usd[0]),
        warm_request=_mean(usd[1]),
        idle_month=_storage_usd(usage.backend, prices, assumptions) + idle,
        cold_start_interval=_interval(usd[0]),
        warm_request_interval=_interval(usd[1]),
    )


def request_usd(usage: Usage, billed: Billed, prices: Prices, assumptions: Assumptions) -> float:
    """One request: Lambda and API, logs, compute, and what the store charges for reading."""
    logs = assumptions.log_bytes_per_request / _GB * prices["logs_ingested_gb"]
    return (
        prices["lambda_request"]
        + prices["http_api_request"]
        + logs
        + compute_usd(usage, billed.ms, prices)
        + _fetch_usd(usage.backend, billed.fetched_bytes, prices, assumptions)
    )


def compute_usd(usage: Usage, billed_ms: float, prices: Prices) -> float:
    """Memory (and /tmp above what is free) for the duration of one request, rounded up to a whole millisecond."""
    seconds = math.ceil(billed_ms) / 1e3
    memory_gb = usage.memory_mb / 1024
    ephemeral_gb = max(0, usage.ephemeral_mb - FREE_EPHEMERAL_MB) / 1024
    rate = memory_gb * prices[f"lambda_gb_second_{usage.architecture}"]
    return seconds * (rate + ephemeral_gb * prices["lambda_ephemeral_gb_second"])


def _mean(visits: Sequence[Sequence[float]]) -> float:
    if not any(visits):
        raise ValueError("without requests nothing can be priced")
    return statistics.fmean(value for visit in visits for value in visit)


def _interval(visits: Sequence[Sequence[float]]) -> Interval | None:
    found = mean_interval(visits)
    return found and Interval(max(0.0, found.low), found.high)


def _fetch_usd(backend: str, fetched_bytes: float, prices: Prices, assumptions: Assumptions) -> float:
    """The store's charge for the bytes that one request reads."""
    charges, usd = _charges(backend), 0.0
    if charges.get:
        usd += math.ceil(fetched_bytes / assumptions.get_bytes) * prices[charges.get]
    if charges.gb_read:
        usd += fetched_bytes / _GB * prices[charges.gb_read]
    return usd


def _storage_usd(backend: str, prices: Prices, assumptions: Assumptions) -> float:
    """The cost of storing the weights and the function's image for a month."""
    images = assumptions.image_base_bytes / _GB * prices["ecr_storage_gb_month"]
    return images + assumptions.stored_bytes / _GB * prices[_charges(backend).gb_month]


def _charges(backend: str) -> Charges:
    """What AWS charges for a storage. Raises UsageError for one that is not in the list."""
    try:
        return storage(backend).charges
    except ValueError as error:
        raise UsageError(f"what {backend} costs is not known: {error}") from error


def break_even(a: Costs, b: Costs, cold_share: float) -> float | None:
    """Requests per month at which `a` and `b` cost the same; None if one is cheaper at any traffic."""
    per_request = (a.thousand(cold_share) - b.thousand(cold_share)) / 1000
    fixed = b.idle_month - a.idle_month
    if per_request == 0 or fixed / per_request <= 0:
        return None
    return fixed / per_request
